//! Encoding of paths, texts and dates in responses.

use crate::model::Timestamp;

/// Percent-encodes what cannot stand in the path of a URL. A `%` that two hexadecimal digits follow is an escape already, as
/// paths of directories hold them for bytes that are no UTF-8.
pub(crate) fn encode_path(path: &str) -> String {
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
pub(crate) fn escape_into(out: &mut String, text: &str) {
    let is_plain = |b: &u8| matches!(b, b' '..=b'~') && !b"&<>\"'".contains(b);
    if text.as_bytes().iter().all(is_plain) {
        return out.push_str(text);
    }
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
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// `text` so that it can stand in an XML comment: no two hyphens in a row, none at its end.
pub(crate) fn comment_text(text: &str) -> String {
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

/// `Tue, 24 Nov 2026 02:00:00 GMT` (RFC 9110, section 5.6.7).
pub(crate) fn http_date(at: Timestamp) -> String {
    const PRINTER: jiff::fmt::rfc2822::DateTimePrinter = jiff::fmt::rfc2822::DateTimePrinter::new();
    let text = jiff::Timestamp::from_second(at.0).and_then(|t| PRINTER.timestamp_to_rfc9110_string(&t));
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quick_xml::events::Event;

    #[test]
    fn urls_hold_no_blank_and_keep_what_may_stand() {
        assert_eq!(encode_path("pub/c++/a b#ü%41%zz"), "pub/c++/a%20b%23%C3%BC%41%25zz");
    }

    #[test]
    fn dates_are_as_http_writes_them() {
        assert_eq!(http_date(Timestamp(1_700_000_000)), "Tue, 14 Nov 2023 22:13:20 GMT");
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "[ -~äö€]{0,40}") {
            let xml = format!("<a>{}</a>", escape(&text));
            let mut reader = quick_xml::Reader::from_str(&xml);
            let mut got = String::new();
            loop {
                let event = reader.read_event().unwrap();
                if matches!(event, Event::Eof) {
                    break;
                } else if let Event::Text(t) = event {
                    got.push_str(&t);
                } else if let Event::GeneralRef(r) = event {
                    got.push_str(quick_xml::escape::resolve_xml_entity(&r).unwrap());
                }
            }
            prop_assert_eq!(got, text);
        }
    }
}
