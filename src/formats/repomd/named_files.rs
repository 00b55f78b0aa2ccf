//! The files that a `repomd.xml` names, in the `<data>` elements that `createrepo_c` writes:
//! <https://github.com/rpm-software-management/createrepo_c>, `src/xml_dump_repomd.c`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

use crate::formats::checksum_file::set_hash;
use crate::model::file::Hashes;

/// The number of files of the largest `repomd.xml` that is accepted: real ones name at most 40.
const MAX_FILES: usize = 1_000;

/// A file of the metadata of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NamedFile {
    /// The type, such as `primary`.
    pub(crate) kind: String,
    /// The path relative to the repository, such as `repodata/….xml.zst`. It stays below the repository.
    pub(crate) path: String,
    /// Length in bytes.
    pub(crate) size: u64,
    /// The digest in the document; the others are unknown.
    pub(crate) hashes: Hashes,
}

/// The reason why the files of a `repomd.xml` cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum RepomdError {
    #[error("invalid XML: {0}")]
    Xml(String),
    #[error("truncated")]
    Truncated,
    #[error("data of type {0:?} has no usable path, size or checksum")]
    Incomplete(String),
    #[error("more than {MAX_FILES} files")]
    TooMany,
}

/// Parses the files of a `repomd.xml`, in the order of the document. A path that leaves the repository is an error, because the
/// document may come from a mirror.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<NamedFile>, RepomdError> {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut files = Vec::new();
    let mut current: Option<DataElement> = None;
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|e| RepomdError::Xml(e.to_string()))? {
            Event::Start(start) => {
                depth += 1;
                if start.local_name().as_ref() == "data" {
                    current = Some(DataElement::new(&start));
                } else if let Some(data) = &mut current {
                    data.open(&start);
                }
            }
            Event::Empty(start) => {
                if let Some(data) = &mut current {
                    data.open(&start);
                    data.close();
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if end.local_name().as_ref() == "data" {
                    files.extend(current.take().map(DataElement::finish).transpose()?);
                    if files.len() > MAX_FILES {
                        return Err(RepomdError::TooMany);
                    }
                } else if let Some(data) = &mut current {
                    data.close();
                }
            }
            Event::Text(piece) => {
                if let Some(data) = &mut current {
                    data.text.push_str(piece.trim());
                }
            }
            Event::Eof if depth == 0 => return Ok(files),
            Event::Eof => return Err(RepomdError::Truncated),
            Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// An open `<data>` element.
#[derive(Debug, Default)]
struct DataElement {
    file: NamedFile,
    size: Option<u64>,
    /// The name of the open child element.
    child: String,
    /// The attribute `type` of the open child element.
    algorithm: String,
    text: String,
}

impl DataElement {
    fn new(start: &BytesStart<'_>) -> Self {
        let kind = attribute(start, "type").unwrap_or_default();
        let file = NamedFile {
            kind,
            ..NamedFile::default()
        };
        Self {
            file,
            ..Self::default()
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) {
        start.local_name().as_ref().clone_into(&mut self.child);
        self.algorithm = attribute(start, "type").unwrap_or_default();
        self.text.clear();
        if self.child == "location"
            && let Some(path) = attribute(start, "href")
        {
            self.file.path = path;
        }
    }

    fn close(&mut self) {
        match self.child.as_str() {
            "size" => self.size = self.text.parse().ok(),
            "checksum" => {
                // Old versions of createrepo write "sha" for SHA-1.
                let name = if self.algorithm == "sha" {
                    "sha1"
                } else {
                    &self.algorithm
                };
                if let Ok(algorithm) = name.parse() {
                    set_hash(&mut self.file.hashes, algorithm, &self.text);
                }
            }
            _ => {}
        }
        self.child.clear();
    }

    fn finish(self) -> Result<NamedFile, RepomdError> {
        let is_known = self.file.hashes != Hashes::default();
        match self.size {
            Some(size) if is_known && is_below_repository(&self.file.path) => Ok(NamedFile { size, ..self.file }),
            Some(_) | None => Err(RepomdError::Incomplete(self.file.kind)),
        }
    }
}

fn is_below_repository(path: &str) -> bool {
    !path.is_empty()
        && !path.contains([':', '\\', '?', '#'])
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        && !path.contains(char::is_control)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    Some(
        attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRIMARY: &str = "<data type=\"primary\"><checksum type=\"sha256\">AB12</checksum><open-checksum type=\"sha256\">ff</open-checksum>\
                           <location href=\"repodata/ab12-primary.xml.zst\"/><timestamp>1700000000</timestamp><size>42</size>\
                           <open-size>420</open-size></data>";

    fn document(data: &str) -> Vec<u8> {
        format!("<?xml version=\"1.0\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\"><revision>1</revision>{data}</repomd>\n")
            .into_bytes()
    }

    #[test]
    fn path_size_and_digest_of_each_file() {
        let old = PRIMARY.replace("primary", "filelists").replace("sha256", "sha");
        let files = parse(&document(&format!("{PRIMARY}{old}"))).unwrap();
        let [primary, filelists] = &files[..] else {
            panic!("{files:?}")
        };
        assert_eq!((primary.kind.as_str(), primary.size), ("primary", 42));
        assert_eq!(primary.path, "repodata/ab12-primary.xml.zst");
        assert_eq!(primary.hashes.sha256.as_deref(), Some("ab12"));
        assert_eq!(filelists.hashes.sha1.as_deref(), Some("ab12"));
        assert_eq!(parse(&document("")).unwrap(), []);
    }

    #[test]
    fn incomplete_documents_are_refused() {
        for (from, to) in [
            ("<size>42</size>", ""),
            ("<size>42</size>", "<size>-1</size>"),
            ("<checksum type=\"sha256\">AB12</checksum>", ""),
            ("type=\"sha256\">AB12", "type=\"crc32\">AB12"),
            ("repodata/ab12-primary", "../../secret"),
            ("repodata/ab12-primary", "/etc/passwd"),
            ("repodata/ab12-primary", "http://other.example.org/x"),
            ("href=\"repodata/ab12-primary.xml.zst\"", ""),
        ] {
            let result = parse(&document(&PRIMARY.replace(from, to)));
            assert_eq!(result, Err(RepomdError::Incomplete("primary".to_owned())), "{to}");
        }
        assert_eq!(parse(b"<repomd><data>"), Err(RepomdError::Truncated));
        assert!(matches!(parse(b"<repomd></data>"), Err(RepomdError::Xml(_))));
        assert_eq!(
            parse(&document(&PRIMARY.repeat(MAX_FILES + 1))),
            Err(RepomdError::TooMany)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(files) = parse(&bytes) {
                prop_assert!(files.iter().all(|f| is_below_repository(&f.path)));
            }
        }
    }
}
