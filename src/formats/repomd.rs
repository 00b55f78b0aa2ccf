//! `repodata/repomd.xml`, the index of a repository (createrepo's format, no schema exists).
//!
//! The parser determines the newest `<timestamp>` of the `<data>` elements, which metalinks contain. Entities are never expanded and a
//! document type is ignored, so memory does not grow.

use quick_xml::Reader;
use quick_xml::events::Event;

pub(crate) mod named_files;

/// The size in bytes of the longest `repomd.xml` that is read: real ones have some 10 kB.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// The length in bytes of the longest `<timestamp>` that is parsed.
const MAX_DIGITS: usize = 64;

/// The newest `<timestamp>` of all `<data>` elements, in epoch seconds, without decimals; 0 if there is none, it is negative, or the XML
/// is not well-formed.
pub fn timestamp(bytes: &[u8]) -> i64 {
    find_newest(&String::from_utf8_lossy(bytes)).unwrap_or(0)
}

/// Returns true if the first element is `repomd`, unlike in a web page.
pub fn looks_like_repomd(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| opens_with_repomd(text) == Some(true))
}

/// Returns true if the bytes may be the beginning of a `repomd.xml` without its end.
pub(crate) fn is_truncated(bytes: &[u8]) -> bool {
    let is_complete = bytes.trim_ascii_end().ends_with(b"repomd>");
    opens_with_repomd(&String::from_utf8_lossy(bytes)) != Some(false) && !is_complete
}

/// Returns true if the first element opens a `repomd.xml`; `None` without any element.
fn opens_with_repomd(text: &str) -> Option<bool> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => return Some(start.local_name().as_ref() == "repomd"),
            Ok(Event::Empty(_) | Event::End(_)) => return Some(false),
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn find_newest(text: &str) -> Result<i64, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    // For every open element: true if it is a <data>.
    let mut open: Vec<bool> = Vec::new();
    // The depth and text of the current <timestamp>.
    let mut reading: Option<(usize, String)> = None;
    let mut newest = 0;
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                let name = start.local_name();
                if name.as_ref() == "timestamp" && open.last() == Some(&true) {
                    reading = Some((open.len(), String::new()));
                }
                open.push(name.as_ref() == "data");
            }
            Event::End(_) => {
                open.pop();
                if let Some((depth, digits)) = &reading
                    && *depth == open.len()
                {
                    newest = newest.max(parse_seconds(digits));
                    reading = None;
                }
            }
            Event::Text(piece) => append(&mut reading, &piece.into_inner()),
            Event::CData(piece) => append(&mut reading, &piece.into_inner()),
            Event::Eof if open.is_empty() => return Ok(newest),
            // Truncated.
            Event::Eof => return Ok(0),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

fn append(reading: &mut Option<(usize, String)>, piece: &str) {
    if let Some((_, digits)) = reading
        && digits.len() + piece.len() <= MAX_DIGITS
    {
        digits.push_str(piece);
    }
}

/// Parses the whole seconds of `1700000000` or `1700000000.123`; 0 for anything else.
fn parse_seconds(text: &str) -> i64 {
    let whole = text.trim().split('.').next().unwrap_or_default();
    whole.parse::<i64>().unwrap_or(0).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data_timestamp(data: &str) -> i64 {
        timestamp(
            format!("<?xml version=\"1.0\"?><repomd xmlns=\"http://linux.duke.edu/metadata/repo\">{data}</repomd>")
                .as_bytes(),
        )
    }

    #[test]
    fn incomplete_document_is_truncated() {
        let complete =
            "<?xml version=\"1.0\"?>\n<repomd xmlns=\"u\"><data type=\"pr\u{fc}f\"><size>1</size></data></repomd>\n";
        let end = complete.trim_end().len();
        for at in 0..complete.len() {
            assert_eq!(is_truncated(&complete.as_bytes()[..at]), at < end, "{at}");
        }
        for other in [
            "<!DOCTYPE html><html>",
            "<html>moved",
            "<repomd/>",
            "<error code=\"1\"/>",
        ] {
            assert!(!is_truncated(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn web_page_does_not_look_like_repomd() {
        for yes in [
            "<repomd>",
            "<?xml version=\"1.0\"?>\n<!-- x --><repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><data/>",
            "<r:repomd xmlns:r=\"u\">",
        ] {
            assert!(looks_like_repomd(yes.as_bytes()), "{yes}");
        }
        for no in [
            "",
            "hello",
            "<!DOCTYPE html><html>",
            "<html><repomd>",
            "<repomd/>",
            "<<",
            "{}",
        ] {
            assert!(!looks_like_repomd(no.as_bytes()), "{no}");
        }
        assert!(!looks_like_repomd(b"<repomd>\xff"));
    }

    #[test]
    fn newest_timestamp_of_data_elements_is_used() {
        let t = data_timestamp(
            "<revision>99</revision><data type=\"a\"><timestamp>5</timestamp></data>\
                    <data type=\"b\"><timestamp> 1700000000.75 </timestamp><x><timestamp>1800000000</timestamp></x></data>\
                    <timestamp>1900000000</timestamp>",
        );
        assert_eq!(t, 1_700_000_000);
    }

    #[test]
    fn invalid_timestamp_is_zero() {
        for bad in [
            "",
            "<data/>",
            "<data><timestamp/></data>",
            "<data><timestamp>-5</timestamp></data>",
            "<data><timestamp>soon</timestamp></data>",
            "<data><timestamp>99999999999999999999999999</timestamp></data>",
            "<data><timestamp>5</data>",
            "<data><timestamp>5</timestamp>",
        ] {
            assert_eq!(data_timestamp(bad), 0, "{bad}");
        }
        assert_eq!(timestamp(b""), 0);
        assert_eq!(timestamp(b"<repomd><data><timestamp>5</timestamp></data>"), 0);
        assert_eq!(timestamp(&[0xff, 0xfe, b'<', 0]), 0);
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"9999\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                    <r><data><timestamp>1&b;</timestamp></data></r>";
        assert_eq!(timestamp(bomb.as_bytes()), 1);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_have_a_timestamp(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(timestamp(&bytes) >= 0);
        }

        #[test]
        fn arbitrary_markup_has_a_timestamp(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("<repomd>"), Just("</repomd>"), Just("<data>"), Just("</data>"), Just("<timestamp>"),
                    Just("</timestamp>"), Just("<timestamp/>"), Just("17.5"), Just("-1"), Just("&x;"), Just("<![CDATA[3]]>"),
                    Just("<!--"), Just("-->"), Just("<!DOCTYPE x ["), Just("]>"), Just("\u{0}"), Just("<"),
                ],
                0..40,
            )
        ) {
            prop_assert!(timestamp(parts.concat().as_bytes()) >= 0);
        }
    }
}
