//! The files that a `repomd.xml` names, in the `<data>` elements that `createrepo_c` writes:
//! <https://github.com/rpm-software-management/createrepo_c>, `src/xml_dump_repomd.c`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

use crate::formats::checksum_file::set_hash;
use crate::model::file::Hashes;

/// The number of files of the largest `repomd.xml` that is accepted: real ones name at most 40.
const MAX_FILES: usize = 1_000;
/// The length in bytes of the longest text of an element that is kept: a SHA-512 digest has 128 digits.
const MAX_TEXT: usize = 1_000;

/// A file of the metadata of a repository. Old versions of createrepo write neither size nor checksum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NamedFile {
    /// The type, such as `primary`.
    pub(crate) kind: String,
    pub(crate) location: Location,
    /// Length in bytes.
    pub(crate) size: Option<u64>,
    /// The digest in the document; the others are unknown.
    pub(crate) hashes: Hashes,
}

/// The place of a named file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Location {
    /// On another server, by `xml:base` or an absolute URL.
    #[default]
    External,
    /// A path relative to the repository, such as `repodata/….xml.zst`, that stays below it.
    Below(String),
}

impl NamedFile {
    /// The path relative to the repository; `None` if the file is on another server.
    pub(crate) fn path(&self) -> Option<&str> {
        match &self.location {
            Location::External => None,
            Location::Below(path) => Some(path),
        }
    }
}

/// The reason why the files of a `repomd.xml` cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum RepomdError {
    #[error("is empty")]
    Empty,
    #[error("is not XML: {0}")]
    Xml(String),
    #[error("is XML of another kind: <{0}>")]
    OtherRoot(String),
    #[error("is truncated")]
    Truncated,
    #[error("names a file of type {0:?} without a path below the repository")]
    Path(String),
    #[error("names a file of type {0:?} with an invalid size")]
    Size(String),
    #[error("names more than {MAX_FILES} files")]
    TooMany,
}

/// Parses the files of a `repomd.xml`, in the order of the document. A path that leaves the repository is an error, because the
/// document may come from a mirror.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<NamedFile>, RepomdError> {
    if bytes.iter().all(|b| *b == 0 || b.is_ascii_whitespace()) {
        return Err(RepomdError::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| RepomdError::Xml(e.to_string()))?;
    let mut reader = Reader::from_str(text);
    let mut document = Document::default();
    loop {
        match reader.read_event().map_err(|e| RepomdError::Xml(e.to_string()))? {
            Event::Start(start) => document.open(&start)?,
            Event::Empty(start) => {
                document.open(&start)?;
                document.close()?;
            }
            Event::End(_) => document.close()?,
            Event::Text(piece) => document.append(&piece)?,
            Event::Eof => return document.finish(),
            Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// The state of the parser.
#[derive(Debug, Default)]
struct Document {
    files: Vec<NamedFile>,
    current: Option<DataElement>,
    /// The number of open elements.
    depth: usize,
    has_root: bool,
}

impl Document {
    /// The depth of `<data>`, and of its children.
    const DATA: usize = 1;
    const CHILD: usize = 2;

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), RepomdError> {
        let name = start.local_name();
        match self.depth {
            0 if name.as_ref() == "repomd" && !self.has_root => self.has_root = true,
            0 => return Err(RepomdError::OtherRoot(name.as_ref().chars().take(40).collect())),
            Self::DATA if name.as_ref() == "data" => self.current = Some(DataElement::new(start)),
            Self::CHILD => {
                if let Some(data) = &mut self.current {
                    data.open(start);
                }
            }
            _ => {}
        }
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), RepomdError> {
        self.depth = self.depth.saturating_sub(1);
        match self.depth {
            Self::DATA => {
                let file = self.current.take().map(DataElement::finish).transpose()?;
                self.files.extend(file.flatten());
                if self.files.len() > MAX_FILES {
                    return Err(RepomdError::TooMany);
                }
            }
            Self::CHILD => {
                if let Some(data) = &mut self.current {
                    data.close();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn append(&mut self, piece: &str) -> Result<(), RepomdError> {
        if !self.has_root && !piece.trim().trim_start_matches('\u{feff}').is_empty() {
            return Err(RepomdError::Xml("text before the first element".to_owned()));
        }
        if let Some(data) = &mut self.current
            && data.text.len() + piece.len() <= MAX_TEXT
        {
            data.text.push_str(piece.trim());
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<NamedFile>, RepomdError> {
        match (self.has_root, self.depth) {
            (false, _) => Err(RepomdError::Xml("no element".to_owned())),
            (true, 0) => Ok(self.files),
            (true, _) => Err(RepomdError::Truncated),
        }
    }
}

/// An open `<data>` element.
#[derive(Debug, Default)]
struct DataElement {
    file: NamedFile,
    /// The attribute `href` of its location.
    href: Option<String>,
    is_external: bool,
    size: Option<String>,
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
        if self.child == "location" {
            self.is_external |= attribute(start, "xml:base").is_some_and(|base| !base.is_empty());
            self.href = Some(attribute(start, "href").unwrap_or_default());
        }
    }

    fn close(&mut self) {
        match self.child.as_str() {
            "size" => self.size = Some(std::mem::take(&mut self.text)),
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

    /// Returns the file; `None` if the element has no location.
    fn finish(self) -> Result<Option<NamedFile>, RepomdError> {
        let Self { file, href, size, .. } = self;
        let Ok(size) = size.map(|text| text.parse()).transpose() else {
            return Err(RepomdError::Size(file.kind));
        };
        let location = match href {
            None => return Ok(None),
            Some(href) if self.is_external || is_absolute_url(&href) => Location::External,
            Some(path) if is_below_repository(&path) => Location::Below(path),
            Some(_) => return Err(RepomdError::Path(file.kind)),
        };
        Ok(Some(NamedFile { location, size, ..file }))
    }
}

fn is_absolute_url(href: &str) -> bool {
    ["http://", "https://", "ftp://"]
        .iter()
        .any(|scheme| href.starts_with(scheme))
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
        assert_eq!((primary.kind.as_str(), primary.size), ("primary", Some(42)));
        assert_eq!(primary.path(), Some("repodata/ab12-primary.xml.zst"));
        assert_eq!(primary.hashes.sha256.as_deref(), Some("ab12"));
        assert_eq!(filelists.hashes.sha1.as_deref(), Some("ab12"));
        assert_eq!(parse(&document("")).unwrap(), []);
        assert_eq!(parse(b"\xef\xbb\xbf<repomd/>").unwrap(), []);
    }

    #[test]
    fn size_and_digest_may_be_unknown() {
        for (from, to) in [
            ("<size>42</size>", ""),
            ("<checksum type=\"sha256\">AB12</checksum>", ""),
            ("type=\"sha256\">AB12", "type=\"crc32\">AB12"),
        ] {
            let files = parse(&document(&PRIMARY.replace(from, to))).unwrap();
            assert_eq!(files[0].path(), Some("repodata/ab12-primary.xml.zst"), "{to}");
            assert!(files[0].size.is_none() || files[0].hashes == Hashes::default(), "{to}");
        }
    }

    #[test]
    fn files_on_other_servers_have_no_path() {
        for (from, to) in [
            (
                "href=\"repodata",
                "xml:base=\"http://other.example.org/\" href=\"repodata",
            ),
            ("repodata/ab12-primary", "http://other.example.org/x"),
        ] {
            let files = parse(&document(&PRIMARY.replace(from, to))).unwrap();
            assert_eq!((files[0].path(), files[0].size), (None, Some(42)), "{to}");
        }
    }

    #[test]
    fn paths_out_of_the_repository_and_invalid_sizes_are_refused() {
        for path in [
            "../../secret",
            "/etc/passwd",
            "repodata/../../x",
            "repodata//x",
            "a:b",
            "x&#0;y",
            "a?b",
            "",
        ] {
            let text = PRIMARY.replace("repodata/ab12-primary.xml.zst", path);
            let result = parse(&document(&text));
            assert_eq!(result, Err(RepomdError::Path("primary".to_owned())), "{path}");
        }
        let without = PRIMARY.replace("<location href=\"repodata/ab12-primary.xml.zst\"/>", "");
        assert_eq!(parse(&document(&without)), Ok(Vec::new()));
        for size in ["-1", "x", "99999999999999999999999", ""] {
            let result = parse(&document(&PRIMARY.replace(">42<", &format!(">{size}<"))));
            assert_eq!(result, Err(RepomdError::Size("primary".to_owned())), "{size}");
        }
    }

    #[test]
    fn other_documents_are_refused() {
        for empty in ["", "\n", "\0\0\0\0"] {
            assert_eq!(parse(empty.as_bytes()), Err(RepomdError::Empty));
        }
        assert_eq!(parse(b"<repomd><data>"), Err(RepomdError::Truncated));
        assert_eq!(
            parse(b"<!DOCTYPE html><html><repomd></repomd></html>"),
            Err(RepomdError::OtherRoot("html".to_owned()))
        );
        assert_eq!(
            parse(b"<repomd></repomd><repomd></repomd>"),
            Err(RepomdError::OtherRoot("repomd".to_owned()))
        );
        for other in [
            &b"hello"[..],
            b"{\"a\": 1}",
            b"<repomd></other>",
            b"\x1f\x8b\x08\x00",
            b"<!-- x -->",
        ] {
            assert!(matches!(parse(other), Err(RepomdError::Xml(_))), "{other:?}");
        }
        let whole = document(PRIMARY);
        for end in 1..whole.trim_ascii_end().len() {
            let cut = parse(whole.get(..end).unwrap());
            assert!(
                matches!(cut, Err(RepomdError::Xml(_) | RepomdError::Truncated)),
                "{end}: {cut:?}"
            );
        }
    }

    #[test]
    fn the_number_of_files_is_limited_and_entities_are_not_expanded() {
        let many = PRIMARY.repeat(MAX_FILES + 1);
        assert_eq!(parse(&document(&many)), Err(RepomdError::TooMany));
        let bomb = "<!DOCTYPE r [<!ENTITY a \"9\"><!ENTITY b \"&a;&a;\">]>\
                    <repomd><data><size>1&b;</size><location href=\"r/x\"/></data></repomd>";
        assert_eq!(parse(bomb.as_bytes()).unwrap()[0].size, Some(1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(files) = parse(&bytes) {
                prop_assert!(files.iter().filter_map(NamedFile::path).all(is_below_repository));
            }
        }
    }
}
