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

/// A directory of the master: its path, whether it is open, its files with their sizes.
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

fn tree_of(dirs: &[Dir<'_>]) -> Tree {
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

fn refusal(tree: &Tree, text: &str, caps: ListingLimits) -> String {
    parser::read(tree, &mut text.as_bytes(), caps, &mut ListingState::new(tree)).unwrap_err()
}

fn verdict(listing: &MirrorListing, tree: &Tree, path: &str) -> String {
    let at = tree.find(path).unwrap();
    let expected = Expected::of(tree.directory(at).unwrap(), Timestamp(0), tree.plan.retention);
    match classify(&expected, &listing.evidence(tree, at)) {
        Classification::Current => "current".to_owned(),
        Classification::Outdated(f) => format!("not current: {} {} {}", f.file, f.reason, f.seen),
        Classification::Missing(f) => format!("missing: {}", f.file),
        Classification::Staged => "staged".to_owned(),
        Classification::Leaked(_) => "leaked".to_owned(),
        Classification::Inconclusive(f) => format!("unanswered: {} {}", f.file, f.reason),
        Classification::NeedsContext(f) => format!("undecided: {}", f.reason),
        other @ (Classification::Ahead(_) | Classification::OutdatedAllowed(..) | Classification::UnknownHash(_)) => {
            panic!("{other:?}")
        }
    }
}

fn part() -> ListingEnd {
    ListingEnd::InPart("a directory cannot be read".to_owned())
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
fn a_good_mirror_is_current_wherever_the_listing_tells() {
    let tree = tree_of(&HAS);
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
    let seen = read(&tree, &text, ListingEnd::Whole);
    let all = |path: &str| verdict(&seen, &tree, path);
    assert_eq!(
        (all(""), all("a"), all("a/os")),
        ("current".into(), "current".into(), "current".into())
    );
    assert_eq!(all("b-c"), "current");
    assert_eq!(all("next"), "staged");
    assert_eq!(
        (all("b"), all("b/deep")),
        ("missing: x.rpm".into(), "missing: w.rpm".into())
    );
    // Its files are as they should be; which repomd.xml it has is still to be asked.
    assert_eq!(all("a/os/repodata"), "unanswered:  not-probed");
    let at = tree.find("a/os/repodata").unwrap();
    let evidence = seen.evidence(&tree, at);
    assert_eq!((evidence.files.len(), evidence.repomd), (1, None));
    assert_eq!(seen.repomd(at), Some((11, 60)));
    assert_eq!((seen.repomd(0), seen.entries()), (None, 13));
    assert!(!seen.is_bare(&tree));
    // Of one that was read in part, only what was seen counts.
    let seen = read(&tree, &text, part());
    let all = |path: &str| verdict(&seen, &tree, path);
    assert_eq!(
        (all("a/os"), all("b-c"), all("next")),
        ("current".into(), "current".into(), "staged".into())
    );
    assert_eq!(
        (all("b"), all("b/deep")),
        ("unanswered: x.rpm rsync".into(), "unanswered: w.rpm rsync".into())
    );
}

#[test]
fn what_is_wrong_is_told_with_what_was_seen() {
    let tree = tree_of(&HAS);
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
    for end in [ListingEnd::Whole, part()] {
        let seen = read(&tree, &text, end.clone());
        let all = |path: &str| verdict(&seen, &tree, path);
        assert_eq!(all("b"), "not current: y.rpm size 20 bytes");
        assert_eq!(all("next"), "leaked");
        if end == ListingEnd::Whole {
            assert_eq!(all("b/deep"), "not current: w.rpm missing status 404");
            assert_eq!(all("a/os"), "not current: boot.iso missing status 404");
            assert_eq!(all("a/os/repodata"), "not current: repomd.xml missing status 404");
            // A file where the directory should be.
            assert_eq!(all("b-c"), "missing: z.rpm");
        } else {
            assert_eq!(all("a/os/repodata"), "unanswered: repomd.xml rsync");
        }
    }
}

#[test]
fn links_and_what_is_closed_there_are_left_to_who_can_ask() {
    let tree = tree_of(&HAS);
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
    for end in [ListingEnd::Whole, part()] {
        let seen = read(&tree, &text, end);
        let all = |path: &str| verdict(&seen, &tree, path);
        assert_eq!(all("a"), "undecided: symlink");
        assert_eq!(all("a/os"), "unanswered: boot.iso symlink");
        assert_eq!(all("a/os/repodata"), "unanswered: repomd.xml symlink");
        assert_eq!(
            (all("b"), all("b/deep")),
            (
                "unanswered: x.rpm unreadable-directory".into(),
                "unanswered: w.rpm unreadable-directory".into()
            )
        );
        assert_eq!(all("b-c"), "unanswered: z.rpm unreadable-directory");
    }
    // A link in the place of a file may lead nowhere.
    let text = format!("{TOP}lrwxrwxrwx           3 2026/11/25 14:42:43 b-c/z.rpm\n");
    let seen = read(&tree, &text, ListingEnd::Whole);
    assert_eq!(verdict(&seen, &tree, "b-c"), "unanswered: z.rpm symlink");
    // Also where the link stands above what is expected, and is not expected itself.
    let deep = tree_of(&[("", true, &[]), ("x/y", true, &[("f", None)])]);
    let seen = read(
        &deep,
        "lrwxrwxrwx           3 2026/11/25 14:42:43 x\n",
        ListingEnd::Whole,
    );
    assert_eq!(verdict(&seen, &deep, "x/y"), "unanswered: f symlink");
    assert_eq!(verdict(&read(&deep, "", ListingEnd::Whole), &deep, "x/y"), "missing: f");
}

#[test]
fn what_is_closed_there_leaves_the_rest_whole() {
    let tree = tree_of(&HAS);
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
        let known = are_listed(&[b"next", path.as_bytes()], below, &marks.closed);
        assert_eq!(known, whole, "{path} {below}");
    }
}

#[test]
fn an_empty_mirror_is_bare() {
    let tree = tree_of(&HAS);
    let bare = "drwxr-xr-x        4096 2026/11/25 14:42:43 .\ndrwxr-xr-x        4096 2026/11/25 14:42:43 lost+found\n";
    let seen = read(&tree, bare, ListingEnd::Whole);
    assert!(seen.is_bare(&tree));
    assert_eq!(verdict(&seen, &tree, "b"), "missing: x.rpm");
    assert!(!read(&tree, TOP, ListingEnd::Whole).is_bare(&tree));
    let one = "drwxr-xr-x        4096 2026/11/25 14:42:43 b\n";
    assert!(!read(&tree, one, ListingEnd::Whole).is_bare(&tree));
}

#[test]
fn garbage_and_floods_are_no_listing() {
    let tree = tree_of(&HAS);
    for garbage in [
        format!("{TOP}welcome to our mirror\n"),
        "drwxr-xr-x\t4096\n".to_owned(),
        format!("{TOP}drwxr-xr-x        4096 2026/11/25 14:42:43 a\n-rw-r--r--    "),
        "\u{0}\u{1}".to_owned(),
    ] {
        let why = refusal(&tree, &garbage, WIDE);
        assert!(why.contains("it is no line of a listing"), "{why}");
    }
    let long = format!("-rw-r--r--           1 2026/11/25 14:42:43 {}\n", "x".repeat(400_000));
    assert!(refusal(&tree, &long, WIDE).contains("longer than"));
    let line = "-rw-r--r--           1 2026/11/25 14:42:43 x\n";
    let few = ListingLimits { lines: 3, ..WIDE };
    assert!(refusal(&tree, &line.repeat(4), few).contains("more than 3 entries"));
    let short = ListingLimits { bytes: 100, ..WIDE };
    assert!(refusal(&tree, &line.repeat(4), short).contains("100 bytes"));
}

/// A text that is made as it is read.
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
fn what_is_kept_does_not_grow_with_what_a_mirror_lists() {
    let tree = tree_of(&HAS);
    let mut marks = ListingState::new(&tree);
    let mut flood = Flood {
        lines: 300_000,
        pending: Vec::new(),
        at: 0,
    };
    parser::read(&tree, &mut flood, CAPS, &mut marks).unwrap();
    assert_eq!(marks.lines, 300_000);
    assert_eq!((marks.wrong.capacity(), marks.repomd.capacity()), (0, 0));
    assert!(marks.closed.capacity() <= 64);
    // A file that comes again and again is kept once.
    let again = "-rw-r--r--           9 2026/11/25 14:42:43 b/x.rpm\n".repeat(900);
    let seen = read(&tree, &again, ListingEnd::Whole);
    assert_eq!(seen.marks.wrong.len(), 1);
}

mod model;
