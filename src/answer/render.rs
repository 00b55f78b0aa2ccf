//! MirrorManager's response formats: the mirrorlist, and metalink 3.0 with its `mm0:` extension.

use bytes::Bytes;

use crate::model::Timestamp;

use super::encode::{comment_text, escape, escape_into, http_date};
use super::index::{IndexedDirectory, RenderedUrls, Url};
use super::response_buffer::{RepeatedText, ResponseBuffer};

fn metalink_head(now: Timestamp) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" type=\"dynamic\" \
         pubdate=\"{}\" generator=\"mirrormanager\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n",
        http_date(now)
    )
}

/// Returns a metalink that contains only a comment: a message, and lines that are valid in a comment as they are.
pub(crate) fn metalink_message(text: &str, valid_lines: &str, now: Timestamp) -> String {
    let head = metalink_head(now);
    [&head, "<!-- ", &comment_text(text), valid_lines, "\n-->\n</metalink>\n"].concat()
}

/// Returns what follows the base URL of a mirror: the encoded path of a directory, and of a file in it (empty = none).
pub(crate) fn url_suffix(directory: &IndexedDirectory, file: &str) -> String {
    let subpath = &*directory.subpath;
    let slash = if subpath.is_empty() { "" } else { "/" };
    [slash, subpath, "/", file].concat()
}

/// Text before every URL in a metalink.
const URL_OPEN: &str = "    <url protocol=\"";

/// Preferences in a metalink as text.
const PREFERENCES: [&str; 100] = [
    "100", "99", "98", "97", "96", "95", "94", "93", "92", "91", "90", "89", "88", "87", "86", "85", "84", "83", "82",
    "81", "80", "79", "78", "77", "76", "75", "74", "73", "72", "71", "70", "69", "68", "67", "66", "65", "64", "63",
    "62", "61", "60", "59", "58", "57", "56", "55", "54", "53", "52", "51", "50", "49", "48", "47", "46", "45", "44",
    "43", "42", "41", "40", "39", "38", "37", "36", "35", "34", "33", "32", "31", "30", "29", "28", "27", "26", "25",
    "24", "23", "22", "21", "20", "19", "18", "17", "16", "15", "14", "13", "12", "11", "10", "9", "8", "7", "6", "5",
    "4", "3", "2", "1",
];

/// Writer of a mirrorlist: the comment, and one URL per line.
#[derive(Debug)]
pub(crate) struct Mirrorlist {
    out: ResponseBuffer,
    /// Text after each base URL.
    path_suffix: RepeatedText,
}

impl Mirrorlist {
    /// Continues a buffer that contains the comment. `url_suffix` follows each base URL.
    pub(crate) fn new(mut out: ResponseBuffer, url_suffix: &str) -> Self {
        out.push_bytes(b"\n");
        let mut end = String::with_capacity(url_suffix.len() + 160);
        end.extend([url_suffix, "\n"]);
        Self {
            out,
            path_suffix: end.into(),
        }
    }

    /// Adds the first http, https or ftp URL of a mirror; returns false if it has none.
    #[inline]
    pub(crate) fn write_first_url(&mut self, urls: &RenderedUrls, mirror: u32) -> bool {
        let has_url = urls.write_base(&mut self.out, mirror);
        if has_url {
            self.out.push_repeated(&self.path_suffix);
        }
        has_url
    }

    pub(crate) fn write_url(&mut self, url: &Url) {
        self.out.push_bytes(url.base.as_bytes());
        self.out.push_repeated(&self.path_suffix);
    }

    pub(crate) fn finish(self) -> Bytes {
        self.out.finish()
    }
}

/// Writer of a metalink for one file.
#[derive(Debug)]
pub(crate) struct Metalink {
    out: ResponseBuffer,
    /// Text after each base URL, up to the start of the next one.
    path_suffix: RepeatedText,
    /// Hosts written so far.
    hosts: usize,
}

impl Metalink {
    /// Starts the metalink of the file `name` with its rendered versions, `details`. `url_suffix` follows each base
    /// URL.
    pub(crate) fn new(name: &str, details: &str, url_suffix: &str, now: Timestamp) -> Self {
        let mut end = String::with_capacity(url_suffix.len() + 192);
        escape_into(&mut end, url_suffix);
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

    /// Adds a host with all of its URLs; returns false if it has none.
    #[inline]
    pub(crate) fn write_all_urls(&mut self, urls: &RenderedUrls, mirror: u32) -> bool {
        let preference = PREFERENCES.get(self.hosts).copied().unwrap_or("1");
        let has_any = urls.write_all(&mut self.out, mirror, preference.as_bytes(), &self.path_suffix);
        self.hosts += usize::from(has_any);
        has_any
    }

    /// Adds a host with some of its URLs; returns false if there are none.
    pub(crate) fn write_urls(&mut self, urls: &RenderedUrls, selected: impl Iterator<Item = u32>) -> bool {
        let preference = PREFERENCES.get(self.hosts).copied().unwrap_or("1");
        let mut has_any = false;
        for url in selected {
            urls.write_url(&mut self.out, url, preference.as_bytes());
            self.out.push_repeated(&self.path_suffix);
            has_any = true;
        }
        self.hosts += usize::from(has_any);
        has_any
    }

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
    fn a_message_cannot_end_its_comment() {
        let xml = metalink_message("a --> <b> --- -", "", Timestamp(0));
        assert_eq!(xml.matches("-->").count(), 1, "{xml}");
        assert!(!xml.replace("-->", "").replace("<!--", "").contains("--"), "{xml}");
    }

    proptest! {
        #[test]
        fn every_message_is_valid_xml(text in ".{0,60}") {
            let xml = metalink_message(&text, "", Timestamp(0));
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
