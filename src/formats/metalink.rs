//! Metalink 3.0 documents, as MirrorManager and this program write them for one file: which versions of it are promised, and where
//! it lies.
//!
//! A stream of XML events: no entity of a document type is expanded, and what is not known is passed over.

use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// A longer document is none of ours: a thousand hosts of four URLs each have some 600 kB.
pub const MAX_BYTES: u64 = 16 << 20;

/// One version of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetalinkVersion {
    /// Length in bytes, where it is told.
    pub size: Option<u64>,
    /// Lower-case hexadecimal, where it is told.
    pub sha256: Option<String>,
}

/// Where the file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The whole address.
    pub address: String,
    /// `https`, `http`, `ftp`, `rsync` …
    pub protocol: String,
    /// The country of the host; may be empty.
    pub location: String,
}

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metalink {
    /// What the file is called.
    pub file: String,
    /// The newest first; the others are the alternates.
    pub versions: Vec<MetalinkVersion>,
    /// In the order of the document.
    pub urls: Vec<Url>,
}

/// Why a text is no such document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MetalinkError {
    /// No XML, or it was cut off.
    #[error("it is no sound XML: {0}")]
    Xml(String),
    /// Another document.
    #[error("it is no metalink: its first element is {0:?}")]
    Other(String),
    /// It names no file; MirrorManager says why in a comment.
    #[error("it names no file{0}")]
    Empty(String),
}

/// Reads a document.
pub fn parse(text: &str) -> Result<Metalink, MetalinkError> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut out = MetalinkParser::default();
    loop {
        let event = reader.read_event().map_err(|e| MetalinkError::Xml(e.to_string()))?;
        match event {
            Event::Eof => break,
            Event::Start(e) => out.start(&e)?,
            Event::Empty(e) => {
                out.start(&e)?;
                out.end();
            }
            Event::End(_) => out.end(),
            Event::Text(t) => out.text.push_str(&t),
            Event::GeneralRef(r) => {
                let known = quick_xml::escape::resolve_xml_entity(&r).map(str::to_owned);
                let character = || r.resolve_char_ref().ok().flatten().map(String::from);
                out.text.push_str(&known.or_else(character).unwrap_or_default());
            }
            Event::Comment(c) => out.remark = format!(": {}", c.trim()),
            Event::CData(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !out.path.is_empty() {
        return Err(MetalinkError::Xml("it ends in the middle".to_owned()));
    }
    if out.found.file.is_empty() {
        return Err(MetalinkError::Empty(out.remark));
    }
    Ok(out.found)
}

#[derive(Default)]
struct MetalinkParser {
    found: Metalink,
    path: Vec<String>,
    text: String,
    /// `type` of a hash.
    kind: String,
    url: Option<Url>,
    remark: String,
}

impl MetalinkParser {
    fn start(&mut self, e: &BytesStart<'_>) -> Result<(), MetalinkError> {
        let name = e.name().as_ref().to_owned();
        if self.path.is_empty() && name != "metalink" {
            return Err(MetalinkError::Other(name));
        }
        let attribute = |wanted: &str| -> String {
            let found = e.attributes().flatten().find(|a| a.key.as_ref() == wanted);
            let value = found.and_then(|a| {
                quick_xml::escape::unescape(&a.value)
                    .map(std::borrow::Cow::into_owned)
                    .ok()
            });
            value.unwrap_or_default()
        };
        match name.as_str() {
            "file" => {
                self.found.file = attribute("name");
                self.found.versions.push(MetalinkVersion::default());
            }
            "mm0:alternate" => self.found.versions.push(MetalinkVersion::default()),
            "hash" => self.kind = attribute("type"),
            "url" => {
                self.url = Some(Url {
                    address: String::new(),
                    protocol: attribute("protocol"),
                    location: attribute("location"),
                });
            }
            _ => {}
        }
        self.text.clear();
        self.path.push(name);
        Ok(())
    }

    fn end(&mut self) {
        let text = self.text.trim();
        let version = self.found.versions.last_mut();
        match (self.path.pop().as_deref(), version) {
            (Some("size"), Some(version)) => version.size = text.parse().ok(),
            (Some("hash"), Some(version)) if self.kind == "sha256" => version.sha256 = Some(text.to_ascii_lowercase()),
            (Some("url"), _) => {
                if let Some(mut url) = self.url.take() {
                    text.clone_into(&mut url.address);
                    self.found.urls.push(url);
                }
            }
            _ => {}
        }
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic" xmlns:mm0="http://fedorahosted.org/mirrormanager">
 <files>
  <file name="repomd.xml">
   <mm0:timestamp>7</mm0:timestamp>
   <size>4000</size>
   <verification>
    <hash type="md5">aa</hash>
    <hash type="sha256">BB</hash>
   </verification>
   <mm0:alternates>
    <mm0:alternate>
     <size>3000</size>
     <verification><hash type="sha256">cc</hash></verification>
    </mm0:alternate>
   </mm0:alternates>
   <resources maxconnections="1">
    <url protocol="https" type="https" location="DE" preference="100">https://a.example.org/x?a=1&amp;b=2&#43;</url>
    <url protocol="rsync" type="rsync" location="" preference="99">rsync://b.example.org/x</url>
   </resources>
  </file>
 </files>
</metalink>
"#;

    #[test]
    fn versions_and_addresses_are_read() {
        let found = parse(GOOD).unwrap();
        assert_eq!(found.file, "repomd.xml");
        let version = |size, sha: &str| MetalinkVersion {
            size: Some(size),
            sha256: Some(sha.to_owned()),
        };
        assert_eq!(found.versions, [version(4_000, "bb"), version(3_000, "cc")]);
        let urls: Vec<_> = (found.urls.iter())
            .map(|u| (u.address.as_str(), u.protocol.as_str(), u.location.as_str()))
            .collect();
        assert_eq!(
            urls,
            [
                ("https://a.example.org/x?a=1&b=2+", "https", "DE"),
                ("rsync://b.example.org/x", "rsync", "")
            ]
        );
    }

    #[test]
    fn what_is_no_metalink_is_named() {
        for (text, says) in [
            ("", "names no file"),
            ("<html><body/></html>", "first element is \"html\""),
            ("<metalink><files/></metalink><!-- x -->", "names no file: x"),
            (
                "<metalink><!--\n# repo = R error: invalid repo or arch\n--></metalink>",
                "invalid repo or arch",
            ),
            ("<metalink><files>", "in the middle"),
            ("<metalink></files>", "no sound XML"),
        ] {
            let e = parse(text).unwrap_err().to_string();
            assert!(e.contains(says), "{text}: {e}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_fatal(cut in 0..GOOD.len(), at in 0..GOOD.len(), byte in any::<u8>()) {
            drop(parse(&String::from_utf8_lossy(&GOOD.as_bytes()[..cut])));
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            drop(parse(&String::from_utf8_lossy(&bytes)));
        }
    }
}
