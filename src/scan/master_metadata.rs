//! The check of a `repomd.xml` of the master: a version is offered only if it is a complete document, and the master has the files
//! that it names in the same directory. Files elsewhere are left to the crawl.

use crate::formats::repomd::named_files::{self, NamedFile};
use crate::model::file::{REPOMD, SampledFile};
use crate::model::names::escape_name;
use crate::model::refused::{DIFFERS_FROM_LIST, RefusalReason};

/// The number of files that a message names.
const MAX_NAMED: usize = 3;

/// What the listing says of a `repomd.xml` that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedFile {
    pub size: Option<u64>,
    /// The modification time, in epoch seconds.
    pub timestamp: i64,
    /// True if the digest in the file list is that of the bytes, or the list has none.
    pub has_digest: bool,
    /// True if the listing was made by another program, before the file was read.
    pub is_from_list: bool,
}

/// Returns the reason and the explanation why a version is not offered; `None` if it is good. `files` are all files of its directory;
/// `modified` is the modification time of the bytes, if it is known.
pub(super) fn find_refusal(
    bytes: &[u8],
    listed: ListedFile,
    modified: Option<i64>,
    files: &[SampledFile],
) -> Option<(RefusalReason, String)> {
    let named = match named_files::parse(bytes) {
        Ok(named) => named,
        Err(why) => return Some((RefusalReason::MasterInvalid, why.to_string())),
    };
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let differs = !listed.has_digest || listed.size.is_some_and(|size| size != length);
    let is_newer = modified.is_some_and(|time| time > listed.timestamp);
    if listed.is_from_list && is_newer {
        return Some((
            RefusalReason::NewerThanList,
            "was written after the file list".to_owned(),
        ));
    }
    if listed.is_from_list && differs {
        let explanation = format!("{DIFFERS_FROM_LIST}, which names another digest or size ({length} bytes were read)");
        return Some((RefusalReason::MasterInvalid, explanation));
    }
    let wrong: Vec<String> = named.iter().filter_map(|file| describe_problem(file, files)).collect();
    let first = wrong.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match wrong.len() {
        0 => None,
        n if n > MAX_NAMED => Some((
            RefusalReason::MasterIncomplete,
            format!("names files that the master lacks: {first} and {} more", n - MAX_NAMED),
        )),
        _ => Some((
            RefusalReason::MasterIncomplete,
            format!("names files that the master lacks: {first}"),
        )),
    }
}

/// Describes a named file that the directory lacks, or has in another size.
fn describe_problem(file: &NamedFile, files: &[SampledFile]) -> Option<String> {
    let name = file.path()?.strip_prefix("repodata/").filter(|n| !n.contains('/'))?;
    let escaped = escape_name(name.as_bytes());
    if escaped == REPOMD {
        return None;
    }
    let Some(found) = files.iter().find(|f| f.name == escaped) else {
        return Some(escaped);
    };
    match (file.size, found.size) {
        (Some(size), Some(other)) if size != other => Some(format!("{escaped} ({other} bytes instead of {size})")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: ListedFile = ListedFile {
        size: None,
        timestamp: 100,
        has_digest: true,
        is_from_list: false,
    };

    fn document(files: &[(&str, &str)]) -> String {
        let data = files
            .iter()
            .map(|(href, size)| format!("<data type=\"x\"><location href=\"{href}\"/>{size}</data>"));
        format!("<repomd>{}</repomd>", data.collect::<String>())
    }

    fn file(name: &str, size: Option<u64>) -> SampledFile {
        SampledFile {
            name: name.to_owned(),
            size,
            timestamp: 7,
        }
    }

    fn find(text: &str, listed: ListedFile, modified: Option<i64>) -> Option<(RefusalReason, String)> {
        let files = [
            file("a.xml", Some(5)),
            file("link", None),
            file("repomd.xml", Some(9)),
            file("b%00", Some(1)),
        ];
        find_refusal(text.as_bytes(), listed, modified, &files)
    }

    #[test]
    fn files_of_the_directory_are_compared() {
        use RefusalReason::MasterIncomplete;
        for (files, expected) in [
            (&[][..], None),
            (&[("repodata/a.xml", "<size>5</size>")], None),
            (&[("repodata/a.xml", "")], None),
            (&[("repodata/link", "<size>5</size>")], None),
            (&[("repodata/repomd.xml", "<size>5</size>")], None),
            // Not in this directory: left to the crawl.
            (&[("other/a.xml", "<size>6</size>"), ("repodata/below/a.xml", "")], None),
            (&[("http://other.example.org/a", "")], None),
            (
                &[("repodata/a.xml", "<size>6</size>")],
                Some((MasterIncomplete, "a.xml (5 bytes instead of 6)")),
            ),
            (&[("repodata/gone.xml", "")], Some((MasterIncomplete, "gone.xml"))),
        ] {
            let found = find(&document(files), LISTED, None);
            let expected =
                expected.map(|(reason, what)| (reason, format!("names files that the master lacks: {what}")));
            assert_eq!(found, expected, "{files:?}");
        }
        let many: Vec<String> = (0..9).map(|n| format!("repodata/{n}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
        let (_, text) = find(&document(&many), LISTED, None).unwrap();
        assert!(text.ends_with("0, 1, 2 and 6 more"), "{text}");
    }

    #[test]
    fn invalid_documents_and_other_files_than_listed_are_refused() {
        let (reason, why) = find("", LISTED, None).unwrap();
        assert_eq!((reason, why.as_str()), (RefusalReason::MasterInvalid, "is empty"));
        let text = document(&[]);
        let list = ListedFile {
            size: Some(u64::try_from(text.len()).unwrap()),
            is_from_list: true,
            ..LISTED
        };
        let smaller = ListedFile { size: Some(1), ..list };
        let digest = ListedFile {
            has_digest: false,
            ..list
        };
        let reason = |listed, modified| find(&text, listed, modified).map(|(reason, _)| reason);
        for (listed, modified, expected) in [
            (list, None, None),
            (list, Some(100), None),
            (list, Some(101), Some(RefusalReason::NewerThanList)),
            (smaller, Some(101), Some(RefusalReason::NewerThanList)),
            (smaller, Some(100), Some(RefusalReason::MasterInvalid)),
            (digest, None, Some(RefusalReason::MasterInvalid)),
            // A walk lists and reads at the same time.
            (
                ListedFile {
                    is_from_list: false,
                    ..smaller
                },
                Some(101),
                None,
            ),
        ] {
            assert_eq!(reason(listed, modified), expected, "{listed:?} {modified:?}");
        }
    }
}
