//! HTML escaping of text and quoted attributes.

use std::fmt::{self, Write};

use minijinja::value::Value;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State};

/// Writes a value to a page. Escapes everything except values that a template marked as safe; slashes stay readable.
pub(super) fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) {
        write!(out, "{value}")
    } else {
        html(out, &value.to_string())
    };
    written.map_err(|e| Error::new(ErrorKind::WriteFailure, "cannot write the page").with_source(e))
}

fn html(out: &mut impl Write, text: &str) -> fmt::Result {
    // Text without special characters is written at once.
    for piece in text.split_inclusive(['&', '<', '>', '"', '\'']) {
        let plain = piece.trim_end_matches(['&', '<', '>', '"', '\'']);
        out.write_str(plain)?;
        match piece.as_bytes().get(plain.len()) {
            Some(b'&') => out.write_str("&amp;")?,
            Some(b'<') => out.write_str("&lt;")?,
            Some(b'>') => out.write_str("&gt;")?,
            Some(b'"') => out.write_str("&quot;")?,
            Some(_) => out.write_str("&#39;")?,
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        let escaped = |text: &str| {
            let mut out = String::new();
            html(&mut out, text).unwrap();
            out
        };
        assert_eq!(escaped("https://ä.example/a/b"), "https://ä.example/a/b");
        assert_eq!(escaped(r#"&<>"'"#), "&amp;&lt;&gt;&quot;&#39;");
        assert_eq!(escaped("<b>a & b</b>'"), "&lt;b&gt;a &amp; b&lt;/b&gt;&#39;");
        assert_eq!(escaped(""), "");
    }
}
