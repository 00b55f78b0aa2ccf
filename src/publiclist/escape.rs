//! Escaping for HTML: text, and attributes in quotes.

use std::fmt::{self, Write};

use minijinja::value::Value;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State};

/// Writes a value into a page. Everything is escaped but what a template itself wrote; a slash stays readable.
pub(super) fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) {
        write!(out, "{value}")
    } else {
        html(out, &value.to_string())
    };
    written.map_err(|e| Error::new(ErrorKind::WriteFailure, "cannot write the page").with_source(e))
}

fn html(out: &mut impl Write, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            '\'' => out.write_str("&#39;")?,
            other => out.write_char(other)?,
        }
    }
    Ok(())
}
