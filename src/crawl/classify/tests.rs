//! The rules one by one, and all together against a slow and naive model of them.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, SampledFile, ScannedDetail, VersionRetention};
use crate::model::ids::{DirectoryId, ScanSeq};
use crate::model::names::DirPath;
use crate::model::plan::PlannedDirectory;

const NOW: Timestamp = Timestamp(10_000_000);
const AGEING: VersionRetention = VersionRetention {
    previous: Duration::from_hours(48),
    older: Duration::from_hours(72),
};

fn version(id: i64, hash: &str, superseded_hours_ago: Option<i64>) -> FileDetail {
    FileDetail {
        id: FileDetailId(id),
        directory: DirectoryId(1),
        file: ScannedDetail {
            filename: REPOMD.to_owned(),
            timestamp: 0,
            size: 10,
            hashes: Hashes {
                sha256: Some(hash.to_owned()),
                ..Hashes::default()
            },
        },
        first_seq: ScanSeq(id),
        superseded_seq: superseded_hours_ago.map(|_| ScanSeq(id + 1)),
        first_seen: Timestamp(0),
        superseded_at: superseded_hours_ago.map(|h| Timestamp(NOW.0 - h * 3600)),
    }
}

fn repodata() -> PlannedDirectory {
    PlannedDirectory {
        id: DirectoryId(1),
        path: "os/repodata".parse().unwrap(),
        readable: true,
        changed_seq: ScanSeq(1),
        files: vec![short("primary.xml", Some(5)), short(REPOMD, Some(10))].into(),
        repomd: vec![
            version(1, "ancient", Some(1000)),
            version(2, "older", Some(5)),
            version(3, "newest", None),
        ],
        refused: vec!["incomplete".to_owned()],
    }
}

fn short(name: &str, size: Option<u64>) -> SampledFile {
    SampledFile {
        name: name.to_owned(),
        size,
        timestamp: 0,
    }
}

fn plain(files: Vec<SampledFile>, readable: bool) -> PlannedDirectory {
    PlannedDirectory {
        id: DirectoryId(1),
        path: DirPath::top(),
        readable,
        changed_seq: ScanSeq(1),
        files: files.into(),
        repomd: Vec::new(),
        refused: Vec::new(),
    }
}

fn verdict(directory: &PlannedDirectory, evidence: &Evidence) -> Classification {
    classify(&Expected::new(directory, NOW, AGEING), evidence)
}

fn repomd(hash: &str, master: Option<MasterComparison>) -> Evidence {
    Evidence {
        repomd: Some(RepomdProbe::Hash(hash.to_owned())),
        files: vec![(0, ProbeResult::Present(Some(5)))],
        master,
        ..Evidence::default()
    }
}

#[test]
fn hash_decides_about_a_repository() {
    let d = repodata();
    assert_eq!(verdict(&d, &repomd("newest", None)), Classification::Current);
    assert!(matches!(
        verdict(&d, &repomd("older", None)),
        Classification::OutdatedAllowed(FileDetailId(2), _)
    ));
    assert!(
        matches!(verdict(&d, &repomd("ancient", None)), Classification::Outdated(f) if f.code == "repomd-outdated")
    );
    // The master has it: it needs no comparison.
    assert!(
        matches!(verdict(&d, &repomd("incomplete", None)), Classification::Outdated(f) if f.code == "refused-version")
    );
}

#[test]
fn unknown_hash_is_never_current_without_the_master() {
    let d = repodata();
    assert!(matches!(
        verdict(&d, &repomd("x", None)),
        Classification::Inconclusive(_)
    ));
    assert_eq!(
        verdict(&d, &repomd("x", Some(MasterComparison::Same))),
        Classification::Ahead("x".to_owned())
    );
    let other = Some(MasterComparison::Other("newest".to_owned()));
    assert!(
        matches!(verdict(&d, &repomd("x", other)), Classification::UnknownHash(f) if f.received == "x" && f.expected == "newest")
    );
    let unreadable = Some(MasterComparison::Unreadable("no disk".to_owned()));
    assert!(
        matches!(verdict(&d, &repomd("x", unreadable)), Classification::Inconclusive(f) if f.code == "master-unreadable")
    );
}

/// A listing has lengths and modification times, which differ from the timestamp inside a `repomd.xml`.
#[test]
fn version_is_found_by_length_and_time_if_unique() {
    let mut d = repodata();
    let mut newest = short(REPOMD, Some(10));
    newest.timestamp = 905;
    d.files = vec![short("primary.xml", Some(5)), newest].into();
    for (version, (written, seen)) in d.repomd.iter_mut().zip([(100, 200), (500, 600), (900, 1000)]) {
        (version.file.timestamp, version.first_seen) = (written, Timestamp(seen));
    }
    let like = |d: &PlannedDirectory, size, timestamp| {
        let mut evidence = repomd("", None);
        evidence.repomd = Some(RepomdProbe::Metadata { size, timestamp });
        verdict(d, &evidence)
    };
    assert_eq!(like(&d, 10, 905), Classification::Current);
    for unread in [(10, 904), (10, 499), (10, 601), (11, 905)] {
        let found = like(&d, unread.0, unread.1);
        assert!(
            matches!(&found, Classification::Inconclusive(f) if f.code == "unverifiable"),
            "{found:?}"
        );
    }
    for time in [500, 505, 600] {
        let found = like(&d, 10, time);
        assert!(
            matches!(&found, Classification::OutdatedAllowed(FileDetailId(2), f) if f.expected.contains("00:15:05")),
            "{found:?}"
        );
    }
    assert!(matches!(like(&d, 10, 105), Classification::Outdated(f) if f.code == "repomd-outdated"));
    // Two candidates are ambiguous unless they have the same hash.
    d.repomd[1].file.timestamp = 150;
    assert!(matches!(like(&d, 10, 160), Classification::Inconclusive(_)));
    assert!(matches!(like(&d, 10, 149), Classification::Outdated(_)));
    d.repomd[1].file.hashes = d.repomd[0].file.hashes.clone();
    assert!(matches!(
        like(&d, 10, 160),
        Classification::OutdatedAllowed(FileDetailId(2), _)
    ));
    // A version that the master returned to is the newest.
    d.repomd[1].file.hashes = d.repomd[2].file.hashes.clone();
    assert_eq!(like(&d, 10, 210), Classification::Current);
}

#[test]
fn newest_repomd_with_a_missing_file_is_outdated() {
    let mut evidence = repomd("newest", None);
    evidence.files = vec![(0, ProbeResult::Absent(404))];
    assert!(matches!(verdict(&repodata(), &evidence), Classification::Outdated(f) if f.file == "primary.xml"));
}

#[test]
fn directory_is_missing_only_if_every_probe_is() {
    let d = plain(vec![short("a", Some(1)), short("b", Some(2))], true);
    let vanished = || ProbeResult::Absent(404);
    let mut e = Evidence {
        index: Some(vanished()),
        files: vec![(0, vanished()), (1, vanished())],
        below: ChildProbes::Probed(vec![vanished(), vanished()]),
        ..Evidence::default()
    };
    assert!(matches!(verdict(&d, &e), Classification::Missing(_)));
    for there in [
        ChildProbes::Probed(vec![vanished(), ProbeResult::Present(None)]),
        ChildProbes::NotProbed,
    ] {
        e.below = there;
        assert!(matches!(verdict(&d, &e), Classification::Outdated(_)));
    }
    e.below = ChildProbes::NoChildren;
    assert!(matches!(verdict(&d, &e), Classification::Missing(_)));
    e.index = Some(ProbeResult::Present(None));
    assert!(matches!(verdict(&d, &e), Classification::Outdated(_)));
}

#[test]
fn sizes_are_compared_where_both_are_known() {
    let d = plain(vec![short("a", Some(1)), short("link", None)], true);
    let seen = |a: Option<u64>, link: Option<u64>| Evidence {
        files: vec![(0, ProbeResult::Present(a)), (1, ProbeResult::Present(link))],
        ..Evidence::default()
    };
    assert_eq!(verdict(&d, &seen(Some(1), Some(77))), Classification::Current);
    assert_eq!(verdict(&d, &seen(None, None)), Classification::Current);
    assert!(matches!(verdict(&d, &seen(Some(2), None)), Classification::Outdated(f) if f.code == "size"));
}

#[test]
fn directory_in_place_of_a_file_is_outdated() {
    let d = plain(vec![short("a", Some(1))], true);
    let e = Evidence {
        index: Some(ProbeResult::Absent(404)),
        files: vec![(0, ProbeResult::Absent(STATUS_IS_DIRECTORY))],
        below: ChildProbes::NoChildren,
        ..Evidence::default()
    };
    let found = verdict(&d, &e);
    assert!(
        matches!(&found, Classification::Outdated(f) if f.received == "a directory"),
        "{found:?}"
    );
    let mut tree = repomd("newest", None);
    tree.repomd = Some(RepomdProbe::Absent(STATUS_IS_DIRECTORY));
    assert!(matches!(verdict(&repodata(), &tree), Classification::Outdated(f) if f.code == "missing"));
}

#[test]
fn unreadable_directory_is_staged_if_unreadable_on_the_mirror() {
    let d = plain(vec![short("a", Some(1))], false);
    let page = |seen| Evidence {
        index: Some(seen),
        ..Evidence::default()
    };
    assert_eq!(verdict(&d, &page(ProbeResult::Absent(403))), Classification::Staged);
    // The index page proves nothing about the content, so the directory is not present.
    let shown = verdict(&d, &page(ProbeResult::Present(None)));
    assert!(
        matches!(&shown, Classification::Leaked(f) if f.code == "leaked"),
        "{shown:?}"
    );
    assert!(matches!(
        verdict(&d, &page(ProbeResult::Absent(404))),
        Classification::Missing(_)
    ));
}

#[test]
fn directory_without_files_is_classified_by_its_index() {
    let d = plain(Vec::new(), true);
    let e = |index, below| Evidence {
        index: Some(index),
        below,
        ..Evidence::default()
    };
    let vanished = || ProbeResult::Absent(404);
    let not_asked = || ChildProbes::NotProbed;
    assert_eq!(
        verdict(&d, &e(ProbeResult::Present(None), not_asked())),
        Classification::Current
    );
    for missing in [
        ChildProbes::NoChildren,
        ChildProbes::Probed(vec![vanished(), vanished()]),
    ] {
        assert!(matches!(
            verdict(&d, &e(vanished(), missing)),
            Classification::Missing(_)
        ));
    }
    // Without a conclusive index page the descendants decide; all of them must be missing.
    for open in [
        not_asked(),
        ChildProbes::Probed(vec![vanished(), ProbeResult::Present(None)]),
    ] {
        assert!(matches!(
            verdict(&d, &e(vanished(), open)),
            Classification::NeedsContext(_)
        ));
    }
    assert!(matches!(
        verdict(&d, &e(ProbeResult::Absent(403), ChildProbes::NoChildren)),
        Classification::NeedsContext(_)
    ));
}

fn any_below() -> impl Strategy<Value = ChildProbes> {
    prop_oneof![
        Just(ChildProbes::NotProbed),
        Just(ChildProbes::NoChildren),
        proptest::collection::vec(any_seen(), 0..3).prop_map(ChildProbes::Probed),
    ]
}

fn any_seen() -> impl Strategy<Value = ProbeResult> {
    prop_oneof![
        Just(ProbeResult::Present(None)),
        (0_u64..3).prop_map(|n| ProbeResult::Present(Some(n))),
        prop_oneof![Just(403_u16), Just(404), Just(410)].prop_map(ProbeResult::Absent),
        Just(ProbeResult::Unclear(ProbeError {
            code: "timeout",
            message: String::new()
        })),
    ]
}

fn any_repomd() -> impl Strategy<Value = RepomdProbe> {
    prop_oneof![
        prop_oneof![Just("newest"), Just("older"), Just("ancient"), Just("x")]
            .prop_map(|h| RepomdProbe::Hash(h.to_owned())),
        prop_oneof![Just(403_u16), Just(404)].prop_map(RepomdProbe::Absent),
        Just(RepomdProbe::TooLong(9)),
        Just(RepomdProbe::Unclear(ProbeError {
            code: "timeout",
            message: String::new()
        })),
    ]
}

fn any_master() -> impl Strategy<Value = MasterComparison> {
    prop_oneof![
        Just(MasterComparison::Same),
        Just(MasterComparison::Other("m".to_owned())),
        Just(MasterComparison::Unreadable("u".to_owned()))
    ]
}

/// The kind of a classification as one letter.
fn letter(v: &Classification) -> char {
    match v {
        Classification::Current => 'C',
        Classification::Ahead(_) => 'A',
        Classification::OutdatedAllowed(..) => 'L',
        Classification::Outdated(_) => 'N',
        Classification::Missing(_) => 'M',
        Classification::UnknownHash(_) => 'F',
        Classification::Staged => 'S',
        Classification::Leaked(_) => 'E',
        Classification::NeedsContext(_) => 'D',
        Classification::Inconclusive(_) => 'U',
    }
}

/// The rules as a list of conditions from top to bottom.
fn naive(d: &PlannedDirectory, e: &Evidence) -> char {
    let vanished = |s: &Option<ProbeResult>| matches!(s, Some(ProbeResult::Absent(404 | 410)));
    let unclear = |s: &Option<ProbeResult>| matches!(s, Some(ProbeResult::Unclear(_)));
    let there = |s: &Option<ProbeResult>| matches!(s, Some(ProbeResult::Present(_)));
    let below_gone = match &e.below {
        ChildProbes::NotProbed => false,
        ChildProbes::NoChildren => true,
        ChildProbes::Probed(all) => !all.iter().any(|s| !vanished(&Some(s.clone()))),
    };
    let everything_gone = vanished(&e.index)
        && below_gone
        && e.files.iter().all(|f| vanished(&Some(f.1.clone())))
        && matches!(e.repomd, None | Some(RepomdProbe::Absent(404 | 410)));
    if !d.readable {
        return match () {
            () if there(&e.index) => 'E',
            () if vanished(&e.index) => 'M',
            () if unclear(&e.index) || e.index.is_none() => 'U',
            () => 'S',
        };
    }
    let has_repomd = !d.repomd.is_empty();
    if has_repomd {
        let kind = match &e.repomd {
            Some(RepomdProbe::Hash(h)) if h == "newest" => None,
            Some(RepomdProbe::Hash(h)) if h == "older" => Some('L'),
            Some(RepomdProbe::Hash(h)) if h == "ancient" => Some('N'),
            Some(RepomdProbe::Hash(_)) => Some(match e.master {
                Some(MasterComparison::Same) => 'A',
                Some(MasterComparison::Other(_)) => 'F',
                _ => 'U',
            }),
            Some(RepomdProbe::TooLong(_)) => Some('N'),
            Some(RepomdProbe::Absent(_)) => Some(if everything_gone { 'M' } else { 'N' }),
            _ => Some('U'),
        };
        if let Some(kind) = kind {
            return kind;
        }
    } else if d.files.is_empty() {
        return match () {
            () if there(&e.index) => 'C',
            () if vanished(&e.index) && below_gone => 'M',
            () if e.index.is_some() => 'D',
            () => 'U',
        };
    }
    let wanted: Vec<_> = d.files.iter().collect();
    let wrong_size = e.files.iter().any(|(i, s)| {
        let ProbeResult::Present(Some(n)) = s else { return false };
        wanted[*i].size.is_some_and(|size| size != *n)
    });
    let some_absent = e.files.iter().any(|(_, s)| matches!(s, ProbeResult::Absent(_)));
    let some_unclear = e.files.iter().any(|(_, s)| matches!(s, ProbeResult::Unclear(_)));
    let unasked = (0..wanted.len())
        .filter(|i| !(has_repomd && wanted[*i].name == REPOMD))
        .any(|i| !e.files.iter().any(|(j, _)| *j == i));
    match () {
        () if wrong_size => 'N',
        () if some_absent && everything_gone => 'M',
        () if some_absent => 'N',
        () if some_unclear || unasked => 'U',
        () => 'C',
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn classification_equals_the_naive_model(
        readable in any::<bool>(),
        kind in 0..3_u8,
        index in proptest::option::of(any_seen()),
        below in any_below(),
        first in proptest::option::of(any_seen()),
        second in proptest::option::of(any_seen()),
        repomd in proptest::option::of(any_repomd()),
        master in proptest::option::of(any_master()),
    ) {
        let mut d = match kind {
            0 => plain(Vec::new(), readable),
            1 => plain(vec![short("a", Some(1)), short("b", None)], readable),
            _ => repodata(),
        };
        d.readable = readable;
        let files = if kind == 0 { Vec::new() } else {
            let mut all: Vec<(usize, ProbeResult)> = first.map(|s| (0, s)).into_iter().collect();
            if kind == 1 {
                all.extend(second.map(|s| (1, s)));
            }
            all
        };
        let e = Evidence { index, below, files, repomd: if kind == 2 { repomd } else { None }, master };
        prop_assert_eq!(letter(&verdict(&d, &e)), naive(&d, &e), "{:?} {:?}", d, e);
    }

    #[test]
    fn inconclusive_probe_loses_nothing(readable in any::<bool>(), kind in 0..3_u8) {
        let trouble = || ProbeResult::Unclear(ProbeError { code: "timeout", message: String::new() });
        let mut d = match kind {
            0 => plain(Vec::new(), readable),
            1 => plain(vec![short("a", Some(1))], readable),
            _ => repodata(),
        };
        d.readable = readable;
        let e = Evidence {
            index: Some(trouble()),
            files: vec![(0, trouble())],
            repomd: Some(RepomdProbe::Unclear(ProbeError { code: "timeout", message: String::new() })),
            ..Evidence::default()
        };
        prop_assert!(matches!(letter(&verdict(&d, &e)), 'U' | 'D'));
    }
}
