//! MirrorManager's texts and XML: the mirrorlist and metalink 3.0 with its `mm0:` extension.

use bytes::Bytes;

use crate::model::Timestamp;

use super::encode::{comment_text, escape, escape_into, http_date};
use super::index::{IndexedDirectory, RenderedUrls, Url};
use super::response_buffer::{RepeatedText, ResponseBuffer};

/// What every metalink begins with.
fn metalink_head(now: Timestamp) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" type=\"dynamic\" \
         pubdate=\"{}\" generator=\"mirrormanager\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n",
        http_date(now)
    )
}

/// A metalink that holds nothing but a remark.
pub(crate) fn metalink_message(text: &str, now: Timestamp) -> String {
    metalink_remark_with(text, "", now)
}

/// The same, with more lines, which can stand in a comment as they are.
pub(crate) fn metalink_remark_with(text: &str, sound: &str, now: Timestamp) -> String {
    let head = metalink_head(now);
    [&head, "<!-- ", &comment_text(text), sound, "\n-->\n</metalink>\n"].concat()
}

/// What follows the base of a mirror: a directory, and a file in it (empty = none), as they stand in URLs.
pub(crate) fn tail(directory: &IndexedDirectory, file: &str) -> String {
    let below = directory.below();
    let slash = if below.is_empty() { "" } else { "/" };
    [slash, below, "/", file].concat()
}

/// What stands in a metalink before every address.
const URL_OPEN: &str = "    <url protocol=\"";

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
    }
}
