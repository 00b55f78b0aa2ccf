use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;

use super::*;
use crate::crawl::classify::{Classification, Expected, classify};
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, SampledFile, ScannedDetail, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, FileDetailId, ScanSeq};
use crate::model::names::DirPath;
use crate::model::plan::CategoryPlan;

/// A directory of the master: path, world-readable, files with their sizes.
type Dir<'a> = (&'a str, bool, &'a [(&'a str, Option<u64>)]);

fn planned(id: u32, path: DirPath, readable: bool, mut files: Vec<SampledFile>) -> PlannedDirectory {
    files.sort();
    let repomd = files.iter().find(|f| f.name == REPOMD).map(|f| FileDetail {
        id: FileDetailId(i64::from(id)),
        directory: DirectoryId(id),
        file: ScannedDetail {
            filename: REPOMD.to_owned(),
            timestamp: 0,
            size: f.size.unwrap_or_default(),
            hashes: Hashes::default(),
        },
        first_seq: ScanSeq(1),
        superseded_seq: None,
        first_seen: Timestamp(0),
        superseded_at: None,
    });
    PlannedDirectory {
        id: DirectoryId(id),
        path,
        readable,
        changed_seq: ScanSeq(1),
        files: files.into(),
        repomd: repomd.into_iter().collect(),
        refused: Vec::new(),
    }
}

fn category(mut directories: Vec<PlannedDirectory>) -> Tree {
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    Tree::new(Arc::new(CategoryPlan {
        id: CategoryId(1),
        name: "c".to_owned(),
        scan_seq: ScanSeq(1),
        retention: VersionRetention {
            previous: Duration::ZERO,
            older: Duration::ZERO,
        },
        directories,
    }))
}

fn tree_with(dirs: &[Dir<'_>]) -> Tree {
    let directories = dirs.iter().zip(1..).map(|((path, readable, files), id)| {
        let files = files.iter().map(|(name, size)| SampledFile {
            name: (*name).to_owned(),
            size: *size,
            timestamp: 0,
        });
        planned(id, path.parse().unwrap(), *readable, files.collect())
    });
    category(directories.collect())
}

const WIDE: ListingLimits = ListingLimits {
    lines: 1_000,
    bytes: 1 << 20,
};

fn read(tree: &Tree, text: &str, end: ListingEnd) -> MirrorListing {
    let mut marks = ListingState::new(tree);
    parser::read(tree, &mut text.as_bytes(), WIDE, &mut marks).unwrap();
    MirrorListing::new(tree, end, marks)
}

fn rejection(tree: &Tree, text: &str, limits: ListingLimits) -> String {
    parser::read(tree, &mut text.as_bytes(), limits, &mut ListingState::new(tree)).unwrap_err()
}

fn describe(listing: &MirrorListing, tree: &Tree, path: &str) -> String {
    let at = tree.find(path).unwrap();
    let expected = Expected::new(tree.directory(at).unwrap(), Timestamp(0), tree.plan.retention);
    match classify(&expected, &listing.evidence(tree, at)) {
        Classification::Current => "current".to_owned(),
        Classification::Outdated(f) => format!("outdated: {} {} {}", f.file, f.code, f.received),
        Classification::Missing(f) => format!("missing: {}", f.file),
        Classification::Staged => "staged".to_owned(),
        Classification::Leaked(_) => "leaked".to_owned(),
        Classification::Inconclusive(f) => format!("inconclusive: {} {}", f.file, f.code),
        Classification::NeedsContext(f) => format!("needs context: {}", f.code),
        other @ (Classification::Ahead(_) | Classification::OutdatedAllowed(..) | Classification::UnknownHash(_)) => {
            panic!("{other:?}")
        }
    }
}

fn partial() -> ListingEnd {
    ListingEnd::Partial("a directory cannot be read".to_owned())
}

const HAS: [Dir<'static>; 9] = [
    ("", true, &[("README", Some(5))]),
    ("a", true, &[]),
    ("a/os", true, &[("boot.iso", Some(10)), ("link", None)]),
    ("a/os/repodata", true, &[("primary.xml.gz", Some(7)), (REPOMD, Some(9))]),
    ("b", true, &[("x.rpm", Some(1)), ("y.rpm", Some(2))]),
    ("b-c", true, &[("z.rpm", Some(3))]),
    ("b/deep", true, &[("w.rpm", Some(4))]),
    ("next", false, &[("n.iso", Some(1))]),
    ("next/os", true, &[("n.iso", Some(1))]),
];

const TOP: &str = "drwxr-xr-x        4096 2026/11/25 14:42:43 .\n-rw-r--r--           5 2026/11/25 14:42:43 README\n";

#[test]
fn correct_mirror_is_current_as_far_as_the_listing_shows() {
    let tree = tree_with(&HAS);
    let text = format!(
        "{TOP}\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b-c\n\
         -rw-r--r--           3 2026/11/25 14:42:43 b-c/z.rpm\n\
         -rw-r--r--         999 2026/11/25 14:42:43 b-c/extra.rpm\n\
         drwx------        4096 2026/11/25 14:42:43 next\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a/os\n\
         -rw-r--r--          10 2026/11/25 14:42:43 a/os/boot.iso\n\
         lrwxrwxrwx           8 2026/11/25 14:42:43 a/os/link\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a/os/repodata\n\
         -rw-r--r--           7 2026/11/25 14:42:43 a/os/repodata/primary.xml.gz\n\
         -rw-r--r--          11 1970/01/01 00:01:00 a/os/repodata/repomd.xml\n"
    );
    let seen = read(&tree, &text, ListingEnd::Complete);
    let status = |path: &str| describe(&seen, &tree, path);
    assert_eq!(
        (status(""), status("a"), status("a/os")),
        ("current".into(), "current".into(), "current".into())
    );
    assert_eq!(status("b-c"), "current");
    assert_eq!(status("next"), "staged");
    assert_eq!(
        (status("b"), status("b/deep")),
        ("missing: x.rpm".into(), "missing: w.rpm".into())
    );
    // The files match; the version of the repomd.xml needs another probe.
    assert_eq!(status("a/os/repodata"), "inconclusive:  not-probed");
    let at = tree.find("a/os/repodata").unwrap();
    let evidence = seen.evidence(&tree, at);
    assert_eq!((evidence.files.len(), evidence.repomd), (1, None));
    assert_eq!(seen.repomd(at), Some((11, 60)));
    assert_eq!((seen.repomd(0), seen.entries()), (None, 13));
    assert!(!seen.is_bare(&tree));
    // In a partial listing, only present files count.
    let seen = read(&tree, &text, partial());
    let status = |path: &str| describe(&seen, &tree, path);
    assert_eq!(
        (status("a/os"), status("b-c"), status("next")),
        ("current".into(), "current".into(), "staged".into())
    );
    assert_eq!(
        (status("b"), status("b/deep")),
        ("inconclusive: x.rpm rsync".into(), "inconclusive: w.rpm rsync".into())
    );
}

#[test]
fn faults_have_the_listed_values() {
    let tree = tree_with(&HAS);
    let text = format!(
        "{TOP}\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b\n\
         -rw-r--r--           1 2026/11/25 14:42:43 b/x.rpm\n\
         -rw-r--r--          20 2026/11/25 14:42:43 b/y.rpm\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b/deep\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b/deep/w.rpm\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 next\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a/os\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 a/os/repodata\n\
         -rw-r--r--           7 2026/11/25 14:42:43 a/os/repodata/primary.xml.gz\n\
         -rw-r--r--           3 2026/11/25 14:42:43 b-c\n"
    );
    for end in [ListingEnd::Complete, partial()] {
        let seen = read(&tree, &text, end.clone());
        let status = |path: &str| describe(&seen, &tree, path);
        assert_eq!(status("b"), "outdated: y.rpm size 20 bytes");
        assert_eq!(status("next"), "leaked");
        if end == ListingEnd::Complete {
            assert_eq!(status("b/deep"), "outdated: w.rpm missing status 404");
            assert_eq!(status("a/os"), "outdated: boot.iso missing status 404");
            assert_eq!(status("a/os/repodata"), "outdated: repomd.xml missing status 404");
            // A file in the place of the directory.
            assert_eq!(status("b-c"), "missing: z.rpm");
        } else {
            assert_eq!(status("a/os/repodata"), "inconclusive: repomd.xml rsync");
        }
    }
}

#[test]
fn symlinks_and_unreadable_directories_are_inconclusive() {
    let tree = tree_with(&HAS);
    let text = format!(
        "{TOP}\
         lrwxrwxrwx           3 2026/11/25 14:42:43 a\n\
         drwxr-x---        4096 2026/11/25 14:42:43 b\n\
         -rw-r--r--           1 2026/11/25 14:42:43 b/x.rpm\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b/deep\n\
         -rw-r--r--           4 2026/11/25 14:42:43 b/deep/w.rpm\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b-c\n\
         -rw-r-----           3 2026/11/25 14:42:43 b-c/z.rpm\n"
    );
    for end in [ListingEnd::Complete, partial()] {
        let seen = read(&tree, &text, end);
        let status = |path: &str| describe(&seen, &tree, path);
        assert_eq!(status("a"), "needs context: symlink");
        assert_eq!(status("a/os"), "inconclusive: boot.iso symlink");
        assert_eq!(status("a/os/repodata"), "inconclusive: repomd.xml symlink");
        assert_eq!(
            (status("b"), status("b/deep")),
            (
                "inconclusive: x.rpm unreadable-directory".into(),
                "inconclusive: w.rpm unreadable-directory".into()
            )
        );
        assert_eq!(status("b-c"), "inconclusive: z.rpm unreadable-directory");
    }
    // A link in the place of a file may be broken.
    let text = format!("{TOP}lrwxrwxrwx           3 2026/11/25 14:42:43 b-c/z.rpm\n");
    let seen = read(&tree, &text, ListingEnd::Complete);
    assert_eq!(describe(&seen, &tree, "b-c"), "inconclusive: z.rpm symlink");
    // A link above an expected directory that is not expected itself.
    let deep = tree_with(&[("", true, &[]), ("x/y", true, &[("f", None)])]);
    let seen = read(
        &deep,
        "lrwxrwxrwx           3 2026/11/25 14:42:43 x\n",
        ListingEnd::Complete,
    );
    assert_eq!(describe(&seen, &deep, "x/y"), "inconclusive: f symlink");
    assert_eq!(
        describe(&read(&deep, "", ListingEnd::Complete), &deep, "x/y"),
        "missing: f"
    );
}

#[test]
fn listed_unreadable_directories_leave_the_listing_complete() {
    let tree = tree_with(&HAS);
    let mut marks = ListingState::new(&tree);
    let text = format!(
        "{TOP}\
         drwx------        4096 2026/11/25 14:42:43 next\n\
         drwxr-x---        4096 2026/11/25 14:42:43 caf\\#351\n\
         drwxr-xr-x        4096 2026/11/25 14:42:43 b\n"
    );
    parser::read(&tree, &mut text.as_bytes(), WIDE, &mut marks).unwrap();
    for (path, below, whole) in [
        ("next", "", true),
        ("/next", "", true),
        ("pub/next", "pub", true),
        ("/pub/next", "pub", true),
        ("next", "pub", true),
        ("/caf\\#351", "", true),
        ("b", "", false),
        ("pub/b", "pub", false),
        ("b/next", "", false),
        ("pub/next", "", false),
        ("pubnext", "pub", false),
    ] {
        let known = are_listed(&[b"next", path.as_bytes()], below, &marks.unreadable);
        assert_eq!(known, whole, "{path} {below}");
    }
}

#[test]
fn empty_mirror_is_bare() {
    let tree = tree_with(&HAS);
    let bare = "drwxr-xr-x        4096 2026/11/25 14:42:43 .\ndrwxr-xr-x        4096 2026/11/25 14:42:43 lost+found\n";
    let seen = read(&tree, bare, ListingEnd::Complete);
    assert!(seen.is_bare(&tree));
    assert_eq!(describe(&seen, &tree, "b"), "missing: x.rpm");
    assert!(!read(&tree, TOP, ListingEnd::Complete).is_bare(&tree));
    let one = "drwxr-xr-x        4096 2026/11/25 14:42:43 b\n";
    assert!(!read(&tree, one, ListingEnd::Complete).is_bare(&tree));
}

#[test]
fn garbage_and_floods_are_rejected() {
    let tree = tree_with(&HAS);
    for garbage in [
        format!("{TOP}welcome to our mirror\n"),
        "drwxr-xr-x\t4096\n".to_owned(),
        format!("{TOP}drwxr-xr-x        4096 2026/11/25 14:42:43 a\n-rw-r--r--    "),
        "\u{0}\u{1}".to_owned(),
    ] {
        let why = rejection(&tree, &garbage, WIDE);
        assert!(why.contains("not a line of an rsync listing"), "{why}");
    }
    let long = format!("-rw-r--r--           1 2026/11/25 14:42:43 {}\n", "x".repeat(400_000));
    assert!(rejection(&tree, &long, WIDE).contains("longer than"));
    let line = "-rw-r--r--           1 2026/11/25 14:42:43 x\n";
    let few = ListingLimits { lines: 3, ..WIDE };
    assert!(rejection(&tree, &line.repeat(4), few).contains("more than 3 entries"));
    let short = ListingLimits { bytes: 100, ..WIDE };
    assert!(rejection(&tree, &line.repeat(4), short).contains("100 bytes"));
}

/// A listing that is generated while it is read.
struct Flood {
    lines: u64,
    pending: Vec<u8>,
    at: usize,
}

impl Read for Flood {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.pending.len() {
            self.pending.clear();
            self.at = 0;
            for _ in 0..self.lines.min(1_000) {
                self.lines -= 1;
                let n = self.lines;
                let kind = ["-rw-r--r--", "lrwxrwxrwx", "drwx------"][usize::try_from(n % 3).unwrap()];
                let mut line = String::new();
                writeln!(line, "{kind}           1 2026/11/25 14:42:43 b/{n}").unwrap();
                self.pending.extend_from_slice(line.as_bytes());
            }
        }
        let left = &self.pending[self.at..];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.at += n;
        Ok(n)
    }
}

#[test]
fn memory_does_not_grow_with_the_listing() {
    let tree = tree_with(&HAS);
    let mut marks = ListingState::new(&tree);
    let mut flood = Flood {
        lines: 300_000,
        pending: Vec::new(),
        at: 0,
    };
    parser::read(&tree, &mut flood, LIMITS, &mut marks).unwrap();
    assert_eq!(marks.lines, 300_000);
    assert_eq!((marks.wrong_sizes.capacity(), marks.repomd.capacity()), (0, 0));
    assert!(marks.unreadable.capacity() <= 64);
    // A repeated file is kept once.
    let repeated = "-rw-r--r--           9 2026/11/25 14:42:43 b/x.rpm\n".repeat(900);
    let seen = read(&tree, &repeated, ListingEnd::Complete);
    assert_eq!(seen.marks.wrong_sizes.len(), 1);
}

mod model;
