//! Encoding of paths, texts and dates in responses.

use crate::model::Timestamp;

/// Percent-encodes characters that are not allowed in the path of a URL. A `%` followed by two hexadecimal digits is
/// an escape already: directory paths contain them for bytes that are not UTF-8.
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

/// Appends `text` to `out`, escaped for XML text and attributes. Characters that XML 1.0 does not allow become blanks.
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

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// Returns `text` for an XML comment: without two consecutive hyphens or a hyphen at the end.
pub(crate) fn comment_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '-' && out.ends_with('-') {
            out.push(' ');
        }
        let is_forbidden = (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        out.push(if is_forbidden { ' ' } else { c });
    }
    if out.ends_with('-') {
        out.push(' ');
    }
    out
}

/// Formats a time as `Tue, 24 Nov 2026 02:00:00 GMT` (RFC 9110, section 5.6.7).
pub(crate) fn http_date(time: Timestamp) -> String {
    const PRINTER: jiff::fmt::rfc2822::DateTimePrinter = jiff::fmt::rfc2822::DateTimePrinter::new();
    let text = jiff::Timestamp::from_second(time.0).and_then(|t| PRINTER.timestamp_to_rfc9110_string(&t));
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quick_xml::events::Event;

    #[test]
    fn paths_are_percent_encoded() {
        assert_eq!(encode_path("pub/c++/a b#ü%41%zz"), "pub/c++/a%20b%23%C3%BC%41%25zz");
    }

    #[test]
    fn http_dates_are_formatted() {
        assert_eq!(http_date(Timestamp(1_700_000_000)), "Tue, 14 Nov 2023 22:13:20 GMT");
    }

    proptest! {
        #[test]
        fn escaped_text_is_restored_by_a_parser(text in "[ -~äö€]{0,40}") {
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
