//! A strict metalink parser.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support"
)]

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) timestamp: Option<String>,
    pub(crate) size: Option<String>,
    pub(crate) hashes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Url {
    pub(crate) address: String,
    pub(crate) protocol: String,
    pub(crate) kind: String,
    pub(crate) location: String,
    pub(crate) preference: u32,
    pub(crate) private: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Metalink {
    pub(crate) root: BTreeMap<String, String>,
    pub(crate) file: String,
    pub(crate) newest: Version,
    pub(crate) alternates: Vec<Version>,
    pub(crate) maxconnections: String,
    pub(crate) urls: Vec<Url>,
}

fn attributes(e: &BytesStart<'_>) -> BTreeMap<String, String> {
    e.attributes()
        .map(|a| {
            let a = a.unwrap();
            let value = quick_xml::escape::unescape(&a.value).unwrap().into_owned();
            (a.key.as_ref().to_owned(), value)
        })
        .collect()
}

/// Parses the XML; panics on anything invalid or out of place.
pub(crate) fn read(xml: &str) -> Metalink {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut out = Metalink::default();
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut attrs: BTreeMap<String, String> = BTreeMap::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(e) => {
                let name = e.name().as_ref().to_owned();
                attrs = attributes(&e);
                text.clear();
                match name.as_str() {
                    "metalink" => out.root = attrs.clone(),
                    "file" => out.file.clone_from(&attrs["name"]),
                    "resources" => out.maxconnections.clone_from(&attrs["maxconnections"]),
                    "mm0:alternate" => out.alternates.push(Version::default()),
                    _ => {}
                }
                path.push(name);
            }
            Event::Text(t) => text.push_str(&t),
            Event::GeneralRef(r) => {
                text.push_str(quick_xml::escape::resolve_xml_entity(&r).unwrap());
            }
            Event::End(_) => {
                let name = path.pop().unwrap();
                take(&mut out, &path, &name, &attrs, &text);
            }
            Event::Comment(_) | Event::Decl(_) => {}
            other @ (Event::Empty(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_)) => {
                panic!("unexpected {other:?}")
            }
        }
    }
    out
}

fn take(out: &mut Metalink, path: &[String], name: &str, attrs: &BTreeMap<String, String>, text: &str) {
    let within = |what: &str| path.iter().any(|p| p == what);
    if name == "url" {
        assert_eq!(path, ["metalink", "files", "file", "resources"]);
        out.urls.push(Url {
            address: text.to_owned(),
            protocol: attrs["protocol"].clone(),
            kind: attrs["type"].clone(),
            location: attrs["location"].clone(),
            preference: attrs["preference"].parse().unwrap(),
            private: attrs.get("mm0:private").cloned(),
        });
        return;
    }
    let version = if within("mm0:alternate") {
        out.alternates.last_mut().unwrap()
    } else {
        &mut out.newest
    };
    match name {
        "mm0:timestamp" => version.timestamp = Some(text.to_owned()),
        "size" => version.size = Some(text.to_owned()),
        "hash" => {
            assert!(within("verification"));
            version.hashes.insert(attrs["type"].clone(), text.to_owned());
        }
        _ => {}
    }
}
