//! The short list: the files of a directory that a crawl looks for.
//!
//! A mirror that has the newest files of a directory has the others too, so directories with thousands of packages need
//! not be compared file by file. Kept are all files, but of each bulk kind (`.rpm`, `.drpm`, `.hdr`, `.html`) of which there are
//! more than ten only the ten newest, and of everything else at most the hundred newest. `repomd.xml` is always kept.
//! (MirrorManager2 keeps three or ten of the whole directory then, depending on the scanner; a kind of its own keeps an
//! `index.html` beside packages from crowding them out.)

use std::cmp::Reverse;

use crate::model::file::SampledFile;

/// Kinds of files that come in thousands.
const CAPPED_EXTENSIONS: [&str; 4] = [".rpm", ".drpm", ".hdr", ".html"];
/// How many files of a bulk kind are kept.
const KEPT_OF_BULK: usize = 10;
/// How many other files are kept.
const KEPT_OF_OTHERS: usize = 100;

/// Whether a name is that of a file which is being transferred by rsync (`.NAME.XXXXXX`): no mirror will ever have it.
pub fn is_transfer(name: &[u8]) -> bool {
    let Some((b'.', rest)) = name.split_first() else {
        return false;
    };
    let Some(dot) = rest.iter().rposition(|b| *b == b'.') else {
        return false;
    };
    let (stem, end) = rest.split_at(dot);
    !stem.is_empty() && end.len() == 7 && end.iter().skip(1).all(u8::is_ascii_alphanumeric)
}

/// Whether a name is that of what only the master's own machines know: files that rsync (`.~tmp~`) or NFS (`.nfs…`) keep for a
/// while, and the snapshots of file servers.
pub fn is_ignored(name: &[u8]) -> bool {
    matches!(name, b".~tmp~" | b".snapshot") || name.starts_with(b".nfs")
}

/// The short list of a directory with these files, sorted by name.
pub fn of(files: Vec<SampledFile>) -> Vec<SampledFile> {
    let mut groups: [Vec<SampledFile>; CAPPED_EXTENSIONS.len()] = Default::default();
    let (mut others, mut out) = (Vec::new(), Vec::new());
    for file in files {
        let kind = CAPPED_EXTENSIONS.iter().position(|end| file.name.ends_with(end));
        match kind.and_then(|k| groups.get_mut(k)) {
            Some(group) => group.push(file),
            None if file.name == "repomd.xml" => out.push(file),
            None => others.push(file),
        }
    }
    for group in groups {
        out.extend(newest(group, KEPT_OF_BULK));
    }
    out.extend(newest(others, KEPT_OF_OTHERS));
    out.sort();
    out
}

/// Whether a short list with these names surely names every file of its directory: no group is as full as it can be.
pub fn is_whole<'a, I: IntoIterator<Item = &'a str>>(names: I) -> bool {
    let (mut bulk, mut others) = ([0_usize; CAPPED_EXTENSIONS.len()], 0_usize);
    for name in names {
        let kind = CAPPED_EXTENSIONS.iter().position(|end| name.ends_with(end));
        *kind.and_then(|k| bulk.get_mut(k)).unwrap_or(&mut others) += 1;
    }
    bulk.iter().all(|n| *n < KEPT_OF_BULK) && others < KEPT_OF_OTHERS
}

/// The `n` newest by time, then by name.
fn newest(mut files: Vec<SampledFile>, n: usize) -> Vec<SampledFile> {
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
    fn a_list_is_whole_while_no_group_is_full() {
        let names = |n: usize, end: &str| (0..n).map(|i| format!("{i}{end}")).collect::<Vec<_>>();
        let is_whole = |names: &[String]| is_whole(names.iter().map(String::as_str));
        assert!(is_whole(&[]));
        assert!(is_whole(&names(9, ".rpm")));
        assert!(!is_whole(&names(10, ".rpm")));
        assert!(is_whole(&names(99, ".iso")));
        assert!(!is_whole(&names(100, ".iso")));
        assert!(is_whole(&[names(9, ".rpm"), names(99, "")].concat()));
    }

    fn file(name: &str, timestamp: i64) -> SampledFile {
        SampledFile {
            name: name.to_owned(),
            size: Some(1),
            timestamp,
        }
    }

    #[test]
    fn a_few_files_stay_all_sorted_by_name() {
        let out = of(vec![file("b.rpm", 1), file("a.rpm", 2), file("repomd.xml", 3)]);
        let names: Vec<&str> = out.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a.rpm", "b.rpm", "repomd.xml"]);
    }

    #[test]
    fn of_many_packages_the_ten_newest_stay() {
        let mut all: Vec<SampledFile> = (0..50).map(|n| file(&format!("p{n:02}.rpm"), n)).collect();
        all.push(file("COMPOSE_ID", 0));
        let out = of(all);
        assert_eq!(out.len(), 11);
        assert_eq!(out[0].name, "COMPOSE_ID");
        assert_eq!(out[1].name, "p40.rpm");
    }

    #[test]
    fn repomd_stays_among_hundreds() {
        let mut all: Vec<SampledFile> = (1..300).map(|n| file(&format!("{n:03}-primary.xml.gz"), n)).collect();
        all.push(file("repomd.xml", 0));
        let out = of(all);
        assert_eq!(out.len(), 101);
        assert!(out.iter().any(|f| f.name == "repomd.xml"));
    }

    #[test]
    fn files_in_transfer_are_known_by_their_names() {
        for yes in [".bash-5.rpm.Ab3xYz", ".a.000000"] {
            assert!(is_transfer(yes.as_bytes()), "{yes}");
        }
        for no in [".treeinfo", ".discinfo", "a.Ab3xYz", ".Ab3xYz", ".a.toolong7", "", "."] {
            assert!(!is_transfer(no.as_bytes()), "{no}");
        }
    }
}
