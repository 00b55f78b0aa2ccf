//! MirrorManager's texts and XML: the mirrorlist and metalink 3.0 with its `mm0:` extension.

use crate::model::Epoch;

use super::index::{Directory, Host, Url, Version};

/// Percent-encodes what cannot stand in the path of a URL. A `%` that two hexadecimal digits follow is an escape already, as
/// paths of directories hold them for bytes that are no UTF-8.
pub fn encode_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    for (place, byte) in bytes.iter().enumerate() {
        let hex = |ahead: usize| bytes.get(place + ahead).is_some_and(u8::is_ascii_hexdigit);
        let keep = match byte {
            b'%' => hex(1) && hex(2),
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#' | b'?' => false,
            b => b.is_ascii_graphic(),
        };
        if keep {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([*byte]));
        }
    }
    out
}

/// Puts `text` into `out` so that it can stand in XML, in an attribute too. Characters that XML 1.0 cannot hold become blanks.
pub fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
}

/// `text` so that it can stand in XML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// `text` so that it can stand in an XML comment: no two hyphens in a row, none at its end.
fn comment_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '-' && out.ends_with('-') {
            out.push(' ');
        }
        let odd = (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        out.push(if odd { ' ' } else { c });
    }
    if out.ends_with('-') {
        out.push(' ');
    }
    out
}

/// `Tue, 24 Nov 2026 02:00:00 GMT`.
pub fn http_date(at: Epoch) -> String {
    let text = jiff::Timestamp::from_second(at.0).map(|t| t.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

/// The versions of a file as they stand in a metalink: the newest inline, the others as alternates.
pub(super) fn versions(versions: &[Version]) -> String {
    let mut out = String::new();
    let mut rest = versions.iter();
    if let Some(newest) = rest.next() {
        version_into(&mut out, newest, "   ");
    }
    if rest.len() > 0 {
        out.push_str("   <mm0:alternates>\n");
        for version in rest {
            out.push_str("    <mm0:alternate>\n");
            version_into(&mut out, version, "     ");
            out.push_str("    </mm0:alternate>\n");
        }
        out.push_str("   </mm0:alternates>\n");
    }
    out
}

fn version_into(out: &mut String, version: &Version, indent: &str) {
    let mut element = |name: &str, text: &str| {
        out.extend([indent, "<", name, ">", text, "</", name, ">\n"]);
    };
    if version.timestamp > 0 {
        element("mm0:timestamp", &version.timestamp.to_string());
    }
    if version.size > 0 {
        element("size", &version.size.to_string());
    }
    out.extend([indent, "<verification>\n"]);
    for (kind, digest) in [
        ("md5", &version.md5),
        ("sha1", &version.sha1),
        ("sha256", &version.sha256),
        ("sha512", &version.sha512),
    ] {
        if !digest.is_empty() {
            out.extend([indent, " <hash type=\"", kind, "\">", &escape(digest), "</hash>\n"]);
        }
    }
    out.extend([indent, "</verification>\n"]);
}

/// What every metalink begins with.
fn metalink_head(now: Epoch) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" type=\"dynamic\" \
         pubdate=\"{}\" generator=\"mirrormanager\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n",
        http_date(now)
    )
}

/// A metalink that holds nothing but a remark.
pub fn metalink_remark(text: &str, now: Epoch) -> String {
    format!("{}<!-- {}\n-->\n</metalink>\n", metalink_head(now), comment_text(text))
}

/// A host in an answer with those of its URLs that are given out.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The host.
    pub host: &'a Host,
    /// Whether everybody may be sent to it.
    pub public: bool,
    /// In the order in which they are given out.
    pub urls: Vec<&'a Url>,
}

/// The full address of a directory (`file` empty) or of a file in it.
pub fn full_url(url: &Url, directory: &Directory, file: &str) -> String {
    let mut out = String::with_capacity(url.base.len() + directory.below().len() + file.len() + 2);
    out.push_str(&url.base);
    if !directory.below().is_empty() {
        out.push('/');
        out.push_str(directory.below());
    }
    out.push('/');
    out.push_str(file);
    out
}

/// A mirrorlist: the remark, and one URL a line.
pub fn mirrorlist(header: &str, urls: &[String]) -> String {
    let length = urls.iter().map(|u| u.len() + 1).sum::<usize>();
    let mut out = String::with_capacity(header.len() + length + 1);
    out.push_str(header);
    out.push('\n');
    for url in urls {
        out.push_str(url);
        out.push('\n');
    }
    out
}

/// A metalink for one file. `details` are its prepared versions, `file` its name as it stands in URLs.
pub fn metalink(
    name: &str,
    details: &str,
    entries: &[Entry<'_>],
    directory: &Directory,
    file: &str,
    now: Epoch,
) -> String {
    let mut out = metalink_head(now);
    out.reserve(entries.len() * 200 + details.len() + 500);
    out.push_str(" <files>\n  <file name=\"");
    escape_into(&mut out, name);
    out.push_str("\">\n");
    out.push_str(details);
    out.push_str("   <resources maxconnections=\"1\">\n");
    let mut preference = 100_u8;
    for entry in entries {
        for url in &entry.urls {
            let scheme = escape(&url.scheme);
            out.extend(["    <url protocol=\"", &scheme, "\" type=\"", &scheme, "\" location=\""]);
            escape_into(&mut out, &entry.host.location);
            out.extend(["\" preference=\"", &preference.to_string(), "\""]);
            out.push_str(if entry.public { ">" } else { " mm0:private=\"True\">" });
            escape_into(&mut out, &full_url(url, directory, file));
            out.push_str("</url>\n");
        }
        preference = (preference - 1).max(1);
    }
    out.push_str("   </resources>\n  </file>\n </files>\n</metalink>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_hold_no_blank_and_keep_what_may_stand() {
        assert_eq!(encode_path("pub/c++/a b#ü%41%zz"), "pub/c++/a%20b%23%C3%BC%41%25zz");
    }

    #[test]
    fn dates_are_as_http_writes_them() {
        assert_eq!(http_date(Epoch(1_700_000_000)), "Tue, 14 Nov 2023 22:13:20 GMT");
    }

    #[test]
    fn a_remark_cannot_end_its_comment() {
        let xml = metalink_remark("a --> <b> --- -", Epoch(0));
        assert_eq!(xml.matches("-->").count(), 1, "{xml}");
        assert!(!xml.replace("-->", "").replace("<!--", "").contains("--"), "{xml}");
    }

    proptest! {
        #[test]
        fn every_remark_is_sound_xml(text in ".{0,60}") {
            let xml = metalink_remark(&text, Epoch(0));
            let mut reader = quick_xml::Reader::from_str(&xml);
            reader.config_mut().check_comments = true;
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(e) => prop_assert!(false, "{e}: {xml}"),
                }
            }
        }

        #[test]
        fn escaped_text_comes_back(text in "[ -~äö€]{0,40}") {
            let xml = format!("<a>{}</a>", escape(&text));
            let mut reader = quick_xml::Reader::from_str(&xml);
            let mut got = String::new();
            loop {
                match reader.read_event().unwrap() {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Text(t) => got.push_str(&t),
                    quick_xml::events::Event::GeneralRef(r) => {
                        let name = r.to_string();
                        got.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap());
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(got, text);
        }
    }
}
