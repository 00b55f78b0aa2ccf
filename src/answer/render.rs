//! MirrorManager's texts and XML: the mirrorlist and metalink 3.0 with its `mm0:` extension.

use bytes::Bytes;

use crate::model::Timestamp;

use super::index::{FileVersion, IndexedDirectory, RenderedUrls, Url};
use super::response_buffer::{RepeatedText, ResponseBuffer};

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
pub fn escape(text: &str) -> String {
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
pub fn http_date(at: Timestamp) -> String {
    const PRINTER: jiff::fmt::rfc2822::DateTimePrinter = jiff::fmt::rfc2822::DateTimePrinter::new();
    let text = jiff::Timestamp::from_second(at.0).and_then(|t| PRINTER.timestamp_to_rfc9110_string(&t));
    text.unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())
}

/// The versions of a file as they stand in a metalink: the newest inline, the others as alternates.
pub(crate) fn versions(versions: &[FileVersion]) -> String {
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

fn version_into(out: &mut String, version: &FileVersion, indent: &str) {
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
fn metalink_head(now: Timestamp) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" type=\"dynamic\" \
         pubdate=\"{}\" generator=\"mirrormanager\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n",
        http_date(now)
    )
}

/// A metalink that holds nothing but a remark.
pub fn metalink_message(text: &str, now: Timestamp) -> String {
    metalink_remark_with(text, "", now)
}

/// The same, with more lines, which can stand in a comment as they are.
pub(crate) fn metalink_remark_with(text: &str, sound: &str, now: Timestamp) -> String {
    let head = metalink_head(now);
    [&head, "<!-- ", &comment_text(text), sound, "\n-->\n</metalink>\n"].concat()
}

/// What follows the base of a mirror: a directory, and a file in it (empty = none), as they stand in URLs.
pub fn tail(directory: &IndexedDirectory, file: &str) -> String {
    let below = directory.below();
    let slash = if below.is_empty() { "" } else { "/" };
    [slash, below, "/", file].concat()
}

/// What stands in a metalink before every address.
const URL_OPEN: &str = "    <url protocol=\"";

/// What stands there from behind that to the preference.
pub(crate) fn url_head(url: &Url, location: &str) -> String {
    let (scheme, location) = (escape(&url.scheme), escape(location));
    format!("{scheme}\" type=\"{scheme}\" location=\"{location}\" preference=\"")
}

/// What stands there from behind the preference to the end of the base.
pub(crate) fn url_tail(url: &Url, public: bool) -> String {
    let mark = if public { "" } else { " mm0:private=\"True\"" };
    format!("\"{mark}>{}", escape(&url.base))
}

/// The preferences that a metalink can give, as text.
const PREFERENCES: [&str; 100] = [
    "100", "99", "98", "97", "96", "95", "94", "93", "92", "91", "90", "89", "88", "87", "86", "85", "84", "83", "82",
    "81", "80", "79", "78", "77", "76", "75", "74", "73", "72", "71", "70", "69", "68", "67", "66", "65", "64", "63",
    "62", "61", "60", "59", "58", "57", "56", "55", "54", "53", "52", "51", "50", "49", "48", "47", "46", "45", "44",
    "43", "42", "41", "40", "39", "38", "37", "36", "35", "34", "33", "32", "31", "30", "29", "28", "27", "26", "25",
    "24", "23", "22", "21", "20", "19", "18", "17", "16", "15", "14", "13", "12", "11", "10", "9", "8", "7", "6", "5",
    "4", "3", "2", "1",
];

/// A mirrorlist in the making: the remark, and one URL a line.
#[derive(Debug)]
pub(crate) struct Mirrorlist {
    out: ResponseBuffer,
    /// What follows each base.
    path_suffix: RepeatedText,
}

impl Mirrorlist {
    /// With its remark, so far. `tail` follows each base.
    pub(crate) fn new(mut out: ResponseBuffer, tail: &str) -> Self {
        out.push_bytes(b"\n");
        let mut end = String::with_capacity(tail.len() + 160);
        end.extend([tail, "\n"]);
        Self {
            out,
            path_suffix: end.into(),
        }
    }

    /// Adds the first address that package managers take of the carrier at `place`; false when it has none.
    #[inline]
    pub(crate) fn first(&mut self, lines: &RenderedUrls, place: u32) -> bool {
        let has_one = lines.base(&mut self.out, place);
        if has_one {
            self.out.push_repeated(&self.path_suffix);
        }
        has_one
    }

    /// Adds an address.
    pub(crate) fn url(&mut self, url: &Url) {
        self.out.push_bytes(url.base.as_bytes());
        self.out.push_repeated(&self.path_suffix);
    }

    /// The text.
    pub(crate) fn finish(self) -> Bytes {
        self.out.finish()
    }
}

/// A metalink for one file, in the making.
#[derive(Debug)]
pub(crate) struct Metalink {
    out: ResponseBuffer,
    /// What follows each base, to where the next address begins.
    path_suffix: RepeatedText,
    /// How many there are so far.
    hosts: usize,
}

impl Metalink {
    /// Of the file `name` with its prepared versions, `details`. `tail` follows each base.
    pub(crate) fn new(name: &str, details: &str, tail: &str, now: Timestamp) -> Self {
        let mut end = String::with_capacity(tail.len() + 192);
        escape_into(&mut end, tail);
        end.extend(["</url>\n", URL_OPEN]);
        let mut out = ResponseBuffer::new();
        for text in [
            &metalink_head(now),
            " <files>\n  <file name=\"",
            &escape(name),
            "\">\n",
            details,
            "   <resources maxconnections=\"1\">\n",
            URL_OPEN,
        ] {
            out.push_bytes(text.as_bytes());
        }
        Self {
            out,
            path_suffix: end.into(),
            hosts: 0,
        }
    }

    /// Adds a host with all of its addresses; false when it has none.
    #[inline]
    pub(crate) fn write_all_urls(&mut self, lines: &RenderedUrls, place: u32) -> bool {
        let preference = PREFERENCES.get(self.hosts).copied().unwrap_or("1");
        let has_any = lines.host(&mut self.out, place, preference.as_bytes(), &self.path_suffix);
        self.hosts += usize::from(has_any);
        has_any
    }

    /// Adds a host with some of its addresses; false when there are none.
    pub(crate) fn host(&mut self, lines: &RenderedUrls, addresses: impl Iterator<Item = u32>) -> bool {
        let preference = PREFERENCES.get(self.hosts).copied().unwrap_or("1");
        let mut has_any = false;
        for address in addresses {
            lines.metalink(&mut self.out, address, preference.as_bytes());
            self.out.push_repeated(&self.path_suffix);
            has_any = true;
        }
        self.hosts += usize::from(has_any);
        has_any
    }

    /// The XML.
    pub(crate) fn finish(mut self) -> Bytes {
        self.out.truncate_end(URL_OPEN.len());
        self.out
            .push_bytes(b"   </resources>\n  </file>\n </files>\n</metalink>\n");
        self.out.finish()
    }
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

    #[test]
    fn a_remark_cannot_end_its_comment() {
        let xml = metalink_message("a --> <b> --- -", Timestamp(0));
        assert_eq!(xml.matches("-->").count(), 1, "{xml}");
        assert!(!xml.replace("-->", "").replace("<!--", "").contains("--"), "{xml}");
    }

    proptest! {
        #[test]
        fn every_remark_is_sound_xml(text in ".{0,60}") {
            let xml = metalink_message(&text, Timestamp(0));
            let mut reader = quick_xml::Reader::from_str(&xml);
            reader.config_mut().check_comments = true;
            loop {
                match reader.read_event() {
                    Ok(Event::Eof) => break,
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
