//! Files with known digests, rendered for metalinks.

use serde::Serialize;

use crate::answer::encode::escape;
use crate::snapshot;

/// A file with known digests, rendered for a metalink.
#[derive(Debug)]
pub(crate) struct IndexedFile {
    pub(crate) name: Box<str>,
    /// The XML from `<mm0:timestamp>` to the end of `<mm0:alternates>`.
    pub(crate) xml: Box<str>,
    /// Known versions, newest first.
    pub(crate) versions: Box<[FileVersion]>,
}

/// One version of a file, with hexadecimal digests; unknown fields are zero or empty. Tags as in MirrorManager2's cache.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
pub(crate) struct FileVersion {
    #[prost(uint64, required, tag = "1")]
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) timestamp: u64,
    #[prost(uint64, required, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) size: u64,
    #[prost(string, tag = "4")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) md5: String,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) sha1: String,
    #[prost(string, tag = "5")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) sha256: String,
    #[prost(string, tag = "6")]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) sha512: String,
}

impl From<&snapshot::FileVersion> for FileVersion {
    fn from(v: &snapshot::FileVersion) -> Self {
        Self {
            timestamp: u64::try_from(v.timestamp).unwrap_or(0),
            size: v.size,
            md5: hex::encode(&v.md5),
            sha1: hex::encode(&v.sha1),
            sha256: hex::encode(&v.sha256),
            sha512: hex::encode(&v.sha512),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl IndexedFile {
    /// Returns none if the file has no versions.
    pub(crate) fn new(name: &str, versions: impl Iterator<Item = FileVersion>) -> Option<Self> {
        let versions: Box<[FileVersion]> = versions.collect();
        let xml = render_versions(&versions).into();
        let name = name.into();
        (!versions.is_empty()).then_some(Self { name, xml, versions })
    }
}

/// Renders the versions of a file for a metalink: the newest inline, the others as alternates.
fn render_versions(versions: &[FileVersion]) -> String {
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
