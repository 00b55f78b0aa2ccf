//! `repodata/repomd.xml`, the index of a repository (createrepo's format, no schema exists).
//!
//! Read from it are the largest `<timestamp>` of its `<data>` elements, which metalinks carry, and whether it is one at all.
//! Entities are never expanded and a document type is passed over, so nothing grows.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The longest `repomd.xml` that is read: real ones have some 10 kB.
pub const MAX_BYTES: u64 = 64 << 20;

/// The longest text of a `<timestamp>` that is looked at.
const MAX_DIGITS: usize = 64;

/// The largest `<timestamp>` of all `<data>` elements, in epoch seconds: decimals cut off, a negative one taken as 0. 0 when
/// there is none, or when this is no well-formed XML.
pub fn timestamp(bytes: &[u8]) -> i64 {
    newest(&String::from_utf8_lossy(bytes)).unwrap_or(0)
}

/// Whether the bytes begin as a `repomd.xml` does, with an element of that name; a web page does not.
pub fn looks_like_repomd(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| first_element(text) == Some(true))
}

/// Whether the bytes may be the beginning of a `repomd.xml`, and not all of it.
pub fn is_truncated(bytes: &[u8]) -> bool {
    let whole = bytes.trim_ascii_end().ends_with(b"repomd>");
    first_element(&String::from_utf8_lossy(bytes)) != Some(false) && !whole
}

/// Whether the first element opens a `repomd.xml`; `None` = there is none.
fn first_element(text: &str) -> Option<bool> {
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

fn newest(text: &str) -> Result<i64, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    // For every open element: whether it is a <data>.
    let mut open: Vec<bool> = Vec::new();
    // The text of the <timestamp> that is being read, and the depth it stands at.
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
                    newest = newest.max(seconds(digits));
                    reading = None;
                }
            }
            Event::Text(piece) => append(&mut reading, &piece.into_inner()),
            Event::CData(piece) => append(&mut reading, &piece.into_inner()),
            Event::Eof if open.is_empty() => return Ok(newest),
            // Cut off in the middle: not well-formed.
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

/// Whole seconds of `1700000000` or `1700000000.123`; 0 for what is neither, and for what does not fit.
fn seconds(text: &str) -> i64 {
    let whole = text.trim().split('.').next().unwrap_or_default();
    whole.parse::<i64>().unwrap_or(0).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(data: &str) -> i64 {
        timestamp(
            format!("<?xml version=\"1.0\"?><repomd xmlns=\"http://linux.duke.edu/metadata/repo\">{data}</repomd>")
                .as_bytes(),
        )
    }

    #[test]
    fn a_part_is_no_whole() {
        let whole =
            "<?xml version=\"1.0\"?>\n<repomd xmlns=\"u\"><data type=\"pr\u{fc}f\"><size>1</size></data></repomd>\n";
        let end = whole.trim_end().len();
        for at in 0..whole.len() {
            assert_eq!(is_truncated(&whole.as_bytes()[..at]), at < end, "{at}");
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
    fn a_page_is_no_repomd() {
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
    fn the_largest_data_timestamp_counts() {
        let t = of(
            "<revision>99</revision><data type=\"a\"><timestamp>5</timestamp></data>\
                    <data type=\"b\"><timestamp> 1700000000.75 </timestamp><x><timestamp>1800000000</timestamp></x></data>\
                    <timestamp>1900000000</timestamp>",
        );
        assert_eq!(t, 1_700_000_000);
    }

    #[test]
    fn what_is_no_time_is_zero() {
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
            assert_eq!(of(bad), 0, "{bad}");
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
        fn any_bytes_give_a_time(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(timestamp(&bytes) >= 0);
        }

        #[test]
        fn any_markup_gives_a_time(
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
