//! The file sample: the files of a directory that a crawl compares.
//!
//! A mirror that has the newest files of a directory has the others too, so directories with thousands of packages need not be compared
//! file by file. The sample contains at most the ten newest files of each bulk type (`.rpm`, `.drpm`, `.hdr`, `.html`), and the hundred
//! newest other files. `repomd.xml` is always included. (MirrorManager2 keeps three or ten files of the whole directory, depending on
//! the scanner; separate types keep an `index.html` from displacing packages.)

use std::cmp::Reverse;

use crate::model::file::SampledFile;

/// Types of which a directory may contain thousands of files.
const CAPPED_EXTENSIONS: [&str; 4] = [".rpm", ".drpm", ".hdr", ".html"];
const MAX_BULK_FILES: usize = 10;
const MAX_OTHER_FILES: usize = 100;

/// Returns true for the name of a file that rsync is transferring (`.NAME.XXXXXX`), which no mirror ever has.
pub(crate) fn is_partial_transfer(name: &[u8]) -> bool {
    let rest = name.strip_prefix(b".").unwrap_or_default();
    let dot = rest.iter().rposition(|b| *b == b'.').unwrap_or_default();
    let (stem, end) = rest.split_at(dot);
    !stem.is_empty() && end.len() == 7 && end.iter().skip(1).all(u8::is_ascii_alphanumeric)
}

/// Returns true for names that exist on the machines of the master only: temporary files of rsync (`.~tmp~`) and NFS (`.nfs…`), and
/// snapshots of file servers.
pub(crate) fn is_ignored(name: &[u8]) -> bool {
    matches!(name, b".~tmp~" | b".snapshot") || name.starts_with(b".nfs")
}

/// Selects the sample of a directory with these files, sorted by name.
pub(crate) fn select(files: Vec<SampledFile>) -> Vec<SampledFile> {
    let mut groups: [Vec<SampledFile>; CAPPED_EXTENSIONS.len()] = Default::default();
    let (mut others, mut out) = (Vec::new(), Vec::new());
    for file in files {
        let group = CAPPED_EXTENSIONS.iter().position(|end| file.name.ends_with(end));
        match group.and_then(|k| groups.get_mut(k)) {
            Some(group) => group.push(file),
            None if file.name == "repomd.xml" => out.push(file),
            None => others.push(file),
        }
    }
    for group in groups {
        out.extend(select_newest(group, MAX_BULK_FILES));
    }
    out.extend(select_newest(others, MAX_OTHER_FILES));
    out.sort();
    out
}

/// Returns true if a sample with these names is certain to contain every file of the directory, because no limit was reached.
pub(crate) fn is_complete<'a, I: IntoIterator<Item = &'a str>>(names: I) -> bool {
    let (mut bulk, mut others) = ([0_usize; CAPPED_EXTENSIONS.len()], 0_usize);
    for name in names {
        let group = CAPPED_EXTENSIONS.iter().position(|end| name.ends_with(end));
        *group.and_then(|k| bulk.get_mut(k)).unwrap_or(&mut others) += 1;
    }
    bulk.iter().all(|n| *n < MAX_BULK_FILES) && others < MAX_OTHER_FILES
}

/// Selects the `n` newest files; files of the same time by name.
fn select_newest(mut files: Vec<SampledFile>, n: usize) -> Vec<SampledFile> {
    if files.len() > n {
        files.sort_by(|a, b| (Reverse(a.timestamp), &a.name).cmp(&(Reverse(b.timestamp), &b.name)));
        files.truncate(n);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_is_complete_while_no_limit_is_reached() {
        let names = |n: usize, end: &str| (0..n).map(|i| format!("{i}{end}")).collect::<Vec<_>>();
        let is_complete = |names: &[String]| is_complete(names.iter().map(String::as_str));
        assert!(is_complete(&[]));
        assert!(is_complete(&names(9, ".rpm")));
        assert!(!is_complete(&names(10, ".rpm")));
        assert!(is_complete(&names(99, ".iso")));
        assert!(!is_complete(&names(100, ".iso")));
        assert!(is_complete(&[names(9, ".rpm"), names(99, "")].concat()));
    }

    fn file(name: &str, timestamp: i64) -> SampledFile {
        SampledFile {
            name: name.to_owned(),
            size: Some(1),
            timestamp,
        }
    }

    #[test]
    fn few_files_are_all_selected_and_sorted() {
        let out = select(vec![file("b.rpm", 1), file("a.rpm", 2), file("repomd.xml", 3)]);
        let names: Vec<&str> = out.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a.rpm", "b.rpm", "repomd.xml"]);
    }

    #[test]
    fn ten_newest_of_many_packages_are_selected() {
        let mut all: Vec<SampledFile> = (0..50).map(|n| file(&format!("p{n:02}.rpm"), n)).collect();
        all.push(file("COMPOSE_ID", 0));
        let out = select(all);
        assert_eq!(out.len(), 11);
        assert_eq!(out[0].name, "COMPOSE_ID");
        assert_eq!(out[1].name, "p40.rpm");
    }

    #[test]
    fn repomd_is_always_selected() {
        let mut all: Vec<SampledFile> = (1..300).map(|n| file(&format!("{n:03}-primary.xml.gz"), n)).collect();
        all.push(file("repomd.xml", 0));
        let out = select(all);
        assert_eq!(out.len(), 101);
        assert!(out.iter().any(|f| f.name == "repomd.xml"));
    }

    #[test]
    fn partial_transfers_are_recognized_by_name() {
        for yes in [".bash-5.rpm.Ab3xYz", ".a.000000"] {
            assert!(is_partial_transfer(yes.as_bytes()), "{yes}");
        }
        for no in [".treeinfo", ".discinfo", "a.Ab3xYz", ".Ab3xYz", ".a.toolong7", "", "."] {
            assert!(!is_partial_transfer(no.as_bytes()), "{no}");
        }
    }
}
