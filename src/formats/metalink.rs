//! Metalink 3.0 documents for one file, as written by MirrorManager and this program: the versions of the file and its URLs.
//!
//! The parser reads a stream of XML events. Entities of a document type are not expanded, and unknown elements are ignored.

use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// The size in bytes of the longest document that is read: a thousand hosts with four URLs each need some 600 kB.
pub(crate) const MAX_BYTES: u64 = 16 << 20;

/// One version of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetalinkVersion {
    /// Length in bytes, if the document has it.
    pub size: Option<u64>,
    /// Lower-case hexadecimal, if the document has it.
    pub sha256: Option<String>,
}

/// A URL of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetalinkUrl {
    /// The complete URL.
    pub address: String,
    /// The scheme, such as `https` or `rsync`.
    pub protocol: String,
    /// The country of the host; may be empty.
    pub location: String,
}

/// A metalink for one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metalink {
    /// The name of the file.
    pub file: String,
    /// The versions: the newest first, then the alternates.
    pub versions: Vec<MetalinkVersion>,
    /// The URLs in the order of the document.
    pub urls: Vec<MetalinkUrl>,
}

/// The reason why a document is not a usable metalink.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MetalinkError {
    /// The XML is not well-formed or truncated.
    #[error("invalid XML: {0}")]
    Xml(String),
    /// The document has another root element.
    #[error("not a metalink: the root element is {0:?}")]
    Other(String),
    /// The document has no file; MirrorManager gives the reason in a comment.
    #[error("no file{0}")]
    Empty(String),
}

/// Parses a metalink document.
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
                let known = resolve_xml_entity(&r).map(str::to_owned);
                let character = || r.resolve_char_ref().ok().flatten().map(String::from);
                out.text.push_str(&known.or_else(character).unwrap_or_default());
            }
            Event::Comment(c) => out.comment = format!(": {}", c.trim()),
            Event::CData(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !out.path.is_empty() {
        return Err(MetalinkError::Xml("truncated".to_owned()));
    }
    if out.metalink.file.is_empty() {
        return Err(MetalinkError::Empty(out.comment));
    }
    Ok(out.metalink)
}

#[derive(Default)]
struct MetalinkParser {
    metalink: Metalink,
    path: Vec<String>,
    text: String,
    /// The `type` of the current hash.
    hash_type: String,
    url: Option<MetalinkUrl>,
    comment: String,
}

impl MetalinkParser {
    fn start(&mut self, e: &BytesStart<'_>) -> Result<(), MetalinkError> {
        let name = e.name().as_ref().to_owned();
        if self.path.is_empty() && name != "metalink" {
            return Err(MetalinkError::Other(name));
        }
        let attribute = |wanted: &str| -> String {
            let found = e.attributes().flatten().find(|a| a.key.as_ref() == wanted);
            let value = found.and_then(|a| Some(unescape(&a.value).ok()?.into_owned()));
            value.unwrap_or_default()
        };
        match name.as_str() {
            "file" => {
                self.metalink.file = attribute("name");
                self.metalink.versions.push(MetalinkVersion::default());
            }
            "mm0:alternate" => self.metalink.versions.push(MetalinkVersion::default()),
            "hash" => self.hash_type = attribute("type"),
            "url" => {
                self.url = Some(MetalinkUrl {
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
        let version = self.metalink.versions.last_mut();
        match (self.path.pop().as_deref(), version) {
            (Some("size"), Some(version)) => version.size = text.parse().ok(),
            (Some("hash"), Some(version)) if self.hash_type == "sha256" => {
                version.sha256 = Some(text.to_ascii_lowercase());
            }
            (Some("url"), _) => {
                if let Some(mut url) = self.url.take() {
                    text.clone_into(&mut url.address);
                    self.metalink.urls.push(url);
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
    fn versions_and_urls_are_parsed() {
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
    fn unusable_document_is_rejected_with_a_reason() {
        for (text, expected) in [
            ("", "no file"),
            ("<html><body/></html>", "root element is \"html\""),
            ("<metalink><files/></metalink><!-- x -->", "no file: x"),
            (
                "<metalink><!--\n# repo = R error: invalid repo or arch\n--></metalink>",
                "invalid repo or arch",
            ),
            ("<metalink><files>", "truncated"),
            ("<metalink></files>", "invalid XML"),
        ] {
            let e = parse(text).unwrap_err().to_string();
            assert!(e.contains(expected), "{text}: {e}");
        }
    }

    proptest! {
        #[test]
        fn damaged_documents_never_panic(cut in 0..GOOD.len(), at in 0..GOOD.len(), byte in any::<u8>()) {
            drop(parse(&String::from_utf8_lossy(&GOOD.as_bytes()[..cut])));
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            drop(parse(&String::from_utf8_lossy(&bytes)));
        }
    }
}
