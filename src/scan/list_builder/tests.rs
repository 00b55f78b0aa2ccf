//! Listings built from text lists.

use crate::model::refused::RefusalReason;
use proptest::prelude::*;

use super::*;
use crate::config::CategoryConfig;
use crate::formats::filelist::FileListParser;
use crate::model::ids::{CategoryId, ScanSeq};
use crate::model::listing::KnownDirectory;
use crate::sys::origin::ReadOutcome;

/// A list in memory.
struct Text(String);

impl RecordSource for Text {
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError> {
        let rejected = |why: String| ScanError::Rejected {
            what: "text".to_owned(),
            why,
        };
        let mut parser = FileListParser::default();
        for line in self.0.lines() {
            let parsed = parser
                .parse_line(line.as_bytes())
                .map_err(|e| rejected(e.to_string()))?;
            take(line.as_bytes(), parsed).map_err(rejected)?;
        }
        Ok(())
    }

    fn name(&self) -> String {
        "text".to_owned()
    }
}

fn nothing_known() -> KnownCategory {
    KnownCategory {
        id: CategoryId(1),
        scan_seq: ScanSeq(0),
        directories: BTreeMap::new(),
        pending: BTreeSet::new(),
        rejected: BTreeSet::new(),
        repositories: BTreeMap::new(),
        expected: Vec::new(),
        decisions: BTreeMap::new(),
        refused: BTreeSet::new(),
    }
}

const REPOMD_TEXT: &str = "<repomd><data><timestamp>5</timestamp></data></repomd>";

/// The listing of a list, and the files of the master that were read for it.
fn listed(
    text: &str,
    known: &KnownCategory,
    config: &CategoryConfig,
    below: &str,
) -> Result<(ListingResult, Vec<String>), String> {
    let read = std::sync::Mutex::new(Vec::new());
    let read_file = |dir: &DirPath, name: &str, _cap: u64| {
        read.lock().unwrap().push(format!("{dir}/{name}"));
        Ok(match name {
            REPOMD => ReadOutcome::Read {
                bytes: REPOMD_TEXT.as_bytes().to_vec(),
                modified: None,
            },
            _ => ReadOutcome::Absent,
        })
    };
    let gather = ListingBuilder {
        scope: &config.scope(below.parse().unwrap()).unwrap(),
        known,
        base: DirPath::top(),
        parents_readable: true,
        top_has_line: false,
        read_file: &read_file,
        workers: 2,
        stop: &ShutdownFlag::default(),
    };
    let mut text = Text(format!("[Files]\n{text}[End]\n"));
    let mut stored = |_: &[DirectoryId]| Ok(StoredContent::default());
    let found = gather.run(&mut text, &mut stored, Timestamp(10_000));
    let found = found.map_err(|e| e.to_string())?;
    Ok((found, read.into_inner().unwrap()))
}

fn plain(text: &str) -> ListingResult {
    listed(text, &nothing_known(), &CategoryConfig::default(), "")
        .unwrap()
        .0
}

fn paths(listed: &ListingResult) -> Vec<&str> {
    listed.listing.directories.keys().map(DirPath::as_str).collect()
}

fn names(listed: &ListingResult, path: &str) -> Vec<String> {
    let directory = &listed.listing.directories[&path.parse().unwrap()];
    let content = directory.content.as_ref().unwrap();
    content.files.iter().map(|f| f.name.clone()).collect()
}

/// The stored rows after this listing.
fn knowing(listed: &ListingResult) -> KnownCategory {
    let known = |(n, (path, d)): (usize, (&DirPath, &ScannedDirectory))| {
        let known = KnownDirectory {
            id: DirectoryId(u32::try_from(n).unwrap() + 1),
            readable: d.readable,
            ctime: d.ctime,
            fingerprint: d.fingerprint,
            repomd: None,
            vanished_at: None,
            needs_scan: false,
        };
        (path.clone(), known)
    };
    KnownCategory {
        directories: listed.listing.directories.iter().enumerate().map(known).collect(),
        ..nothing_known()
    }
}

#[test]
fn a_list_gives_the_same_listing_as_a_walk() {
    let found = plain(
        "9\tf\t3\ttop file\n1\tf\t54\tos/repodata/repomd.xml\n2\td\t0\tos\n3\td\t0\tos/repodata\n4\td-\t0\tclosed\n\
         5\td*\t0\tclosed/below\n6\tf*\t7\tclosed/below/x\n7\tl\t1\tos/link\n8\tf-\t1\tos/secret\n8\tf\t1\tos/.a.rpm.Xy12Zz\n\
         1\td\t0\tos/.~tmp~\n1\tf\t1\tos/.~tmp~/a/b\n1\tf\t1\tos/.nfs0001\n",
    );
    assert_eq!(paths(&found), ["", "closed", "closed/below", "os", "os/repodata"]);
    let readable: Vec<bool> = found.listing.directories.values().map(|d| d.readable).collect();
    assert_eq!(readable, [true, false, false, true, true]);
    assert_eq!(names(&found, ""), ["top file"]);
    assert_eq!(names(&found, "os"), ["link"]);
    assert_eq!(names(&found, "closed/below"), ["x"]);
    let repodata = &found.listing.directories[&"os/repodata".parse().unwrap()];
    let content = repodata.content.as_ref().unwrap();
    assert_eq!((content.details[0].timestamp, content.details[0].size), (5, 54));
    assert_eq!((content.files[0].size, &content.refused), (Some(54), &None));
    assert!(found.warnings.is_empty());
}

#[test]
fn metadata_that_differs_from_the_list_is_refused() {
    let digest = |hash: &str| format!("[Checksums SHA1]\n{hash}\tos/repodata/repomd.xml\n");
    let right = crate::formats::digest::compute_hashes(REPOMD_TEXT.as_bytes())
        .sha1
        .unwrap();
    for (size, digests, is_good) in [
        (54, String::new(), true),
        (54, digest(&right), true),
        (5, String::new(), false),
        (54, digest(&"a".repeat(40)), false),
    ] {
        let list = format!("2\td\t0\tos\n3\td\t0\tos/repodata\n1\tf\t{size}\tos/repodata/repomd.xml\n{digests}");
        let found = plain(&list);
        let repodata = &found.listing.directories[&"os/repodata".parse().unwrap()];
        let content = repodata.content.as_ref().unwrap();
        let reason = content.refused.as_ref().map(|r| r.reason);
        assert_eq!(reason, (!is_good).then_some(RefusalReason::MasterInvalid), "{list}");
        assert_eq!(content.details.len(), usize::from(is_good), "{list}");
    }
}

#[test]
fn only_changed_directories_are_read() {
    let text = "2\td\t0\ta\n1\tf\t5\ta/x\n2\td\t0\trepodata\n1\tf\t5\trepodata/repomd.xml\n";
    let first = plain(text);
    let known = knowing(&first);
    let again = |text: &str| {
        let (found, read) = listed(text, &known, &CategoryConfig::default(), "").unwrap();
        let changed: Vec<String> = found
            .listing
            .directories
            .iter()
            .filter(|(_, d)| d.content.is_some())
            .map(|(p, _)| p.to_string())
            .collect();
        (changed, read)
    };
    assert_eq!(again(text), (vec![], vec![]));
    let reordered = "2\td\t0\trepodata\n1\tf\t5\trepodata/repomd.xml\n1\tf\t5\ta/x\n2\td\t0\ta\n";
    assert_eq!(again(reordered), (vec![], vec![]));
    assert_eq!(again(&text.replace("5\ta/x", "6\ta/x")).0, ["a"]);
    assert_eq!(again(&text.replace("f\t5\ta/x", "l\t5\ta/x")).0, ["a"]);
    assert_eq!(again(&text.replace("2\td\t0\ta", "2\td-\t0\ta")).0, ["a"]);
    let pushed = text.replace("1\tf\t5\trepodata", "3\tf\t5\trepodata");
    assert_eq!(
        again(&pushed),
        (vec!["repodata".to_owned()], vec!["repodata/repomd.xml".to_owned()])
    );
}

#[test]
fn a_digest_in_the_list_marks_a_change() {
    let hash = |c: &str| c.repeat(40);
    let text = |c: &str| {
        format!(
            "2\td\t0\trepodata\n1\tf\t5\trepodata/repomd.xml\n[Checksums SHA1]\n{}\trepodata/repomd.xml\n",
            hash(c)
        )
    };
    let known = knowing(&plain(&text("a")));
    let read = |c: &str| {
        listed(&text(c), &known, &CategoryConfig::default(), "")
            .unwrap()
            .1
            .len()
    };
    assert_eq!((read("a"), read("b")), (0, 1));
}

#[test]
fn exclusions_inclusions_and_subtrees_apply() {
    let text = "1\td\t0\ta\n1\td\t0\ta/b\n1\td\t0\ta/b/c\n1\td\t0\td\n1\td\t0\td/x\n1\tf\t1\td/x/y/z\n";
    let config = |include: &str, exclude: &str| {
        let list = |s: &str| s.split_whitespace().map(str::to_owned).collect();
        CategoryConfig {
            include: list(include),
            exclude: list(exclude),
            ..CategoryConfig::default()
        }
    };
    let of = |config: &CategoryConfig, below: &str| {
        let (found, _) = listed(text, &nothing_known(), config, below).unwrap();
        paths(&found).join(" ")
    };
    assert_eq!(of(&config("", "x$"), ""), " a a/b a/b/c d");
    assert_eq!(of(&config("^a/b$", "x$"), ""), " a a/b a/b/c");
    assert_eq!(of(&config("", "x$"), "a"), "a a/b a/b/c");
    let unlisted = listed(text, &nothing_known(), &config("", ""), "").unwrap_err();
    assert!(unlisted.contains("d/x/y but not that directory"), "{unlisted}");
}

#[test]
fn invalid_paths_are_rejected() {
    for path in ["a/../b", "../x", "a/./b", "a//b", "..", "a/..", "a/b\0"] {
        let text = format!("1\td\t0\ta\n1\tf\t1\t{path}\n");
        let found = listed(&text, &nothing_known(), &CategoryConfig::default(), "");
        assert!(found.is_err(), "{path:?} was taken: {:?}", found.map(|f| f.0.listing));
    }
    let long = format!("1\tf\t1\t{}/x\n", "a/".repeat(3000));
    assert!(listed(&long, &nothing_known(), &CategoryConfig::default(), "").is_err());
    let empty = listed("", &nothing_known(), &CategoryConfig::default(), "").unwrap_err();
    assert!(empty.contains("top"), "{empty}");
}

#[test]
fn a_directory_with_an_unreadable_file_is_read_by_the_next_scan() {
    let text = "1\td\t0\trepodata\n1\tf\t54\trepodata/repomd.xml\n1\tf\t5\trepodata/x-CHECKSUM\n";
    let found = plain(text);
    let repodata: DirPath = "repodata".parse().unwrap();
    assert!(found.warnings[&repodata].contains("x-CHECKSUM is listed but does not exist"));
    assert_eq!(found.listing.directories[&repodata].fingerprint, None);
    assert_eq!(
        found.listing.directories[&repodata]
            .content
            .as_ref()
            .unwrap()
            .details
            .len(),
        1
    );
}

proptest! {
    /// Whatever the lines are, there is a listing with its top, or none.
    #[test]
    fn any_lines_make_a_listing_or_none(
        lines in proptest::collection::vec(
            ("[0-9]{1,3}", "[fdl][-*]?", "[0-9]{1,3}", "(a|b|\\.\\.|repodata|x-CHECKSUM|)(/(a|b|\\.|repomd\\.xml|)){0,3}"),
            0..12,
        )
    ) {
        let lines: Vec<String> = lines.iter().map(|(t, k, s, p)| format!("{t}\t{k}\t{s}\t{p}\n")).collect();
        let text = lines.concat();
        if let Ok((found, _)) = listed(&text, &nothing_known(), &CategoryConfig::default(), "") {
            prop_assert!(found.listing.directories.contains_key(&DirPath::top()));
            for path in found.listing.directories.keys() {
                prop_assert!(path.parent().is_none_or(|p| found.listing.directories.contains_key(&p)), "{path}");
            }
        }
    }
}
