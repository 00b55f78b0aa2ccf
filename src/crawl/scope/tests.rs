//! Selections by kind of directory, and all kinds together over many crawls.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::file::{FileDetail, Hashes, ScannedDetail, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, FileDetailId, HostCategoryId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState};
use crate::model::plan::{CategoryPlan, PlannedDirectory, PlannedFiles};

const DAY: Duration = Duration::from_hours(24);
const NOW: Timestamp = Timestamp(10_000_000);

fn directory(id: u32, path: &str, changed: i64) -> PlannedDirectory {
    PlannedDirectory {
        id: DirectoryId(id),
        path: path.parse().unwrap(),
        readable: true,
        changed_seq: ScanSeq(changed),
        files: PlannedFiles::default(),
        repomd: Vec::new(),
        refused: Vec::new(),
    }
}

/// A recorded version of a `repomd.xml`.
fn repomd_version() -> FileDetail {
    FileDetail {
        id: FileDetailId(1),
        directory: DirectoryId(1),
        file: ScannedDetail {
            filename: "repomd.xml".to_owned(),
            timestamp: 1,
            size: 1,
            hashes: Hashes::default(),
        },
        first_seq: ScanSeq(1),
        first_seen: Timestamp(1),
        superseded_seq: None,
        superseded_at: None,
    }
}

fn tree(mut directories: Vec<PlannedDirectory>) -> Tree {
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    Tree::new(Arc::new(CategoryPlan {
        id: CategoryId(1),
        name: "c".to_owned(),
        scan_seq: ScanSeq(9),
        retention: VersionRetention {
            previous: Duration::ZERO,
            older: Duration::ZERO,
        },
        directories,
    }))
}

/// An inventory of scan sequence 5, crawled an hour ago.
fn seen(held: &[u32]) -> Inventory {
    let mut h = Inventory::new(HostCategoryId(1));
    h.scan_seq = ScanSeq(5);
    h.last_full_probe_at = Timestamp(NOW.0 - 3600);
    // A part of the rotating sample that contains none of these.
    h.sample_rotation = 49;
    h.present.extend(held);
    h
}

fn ids(tree: &Tree, positions: &RoaringBitmap) -> Vec<u32> {
    let mut out: Vec<u32> = positions
        .iter()
        .map(|at| tree.directory(usize::try_from(at).unwrap()).unwrap().id.0)
        .collect();
    out.sort_unstable();
    out
}

fn incremental(tree: &Tree, previous: &Inventory) -> Vec<u32> {
    let aim = CrawlMode::Incremental { full_every: DAY };
    ids(tree, &select_directories(tree, previous, &aim, NOW).wanted)
}

/// 1 top, 2 a, 3 a/b, 4 a/b/c, 5 d, 6 d/e; 6 changed in scan sequence 7.
fn small() -> Tree {
    let paths = [
        (1, "", 1),
        (2, "a", 1),
        (3, "a/b", 1),
        (4, "a/b/c", 1),
        (5, "d", 1),
        (6, "d/e", 7),
    ];
    tree(paths.map(|(id, path, changed)| directory(id, path, changed)).to_vec())
}

#[test]
fn changed_directories_are_probed_and_present_ones_are_not() {
    let t = small();
    assert_eq!(incremental(&t, &seen(&[1, 2, 3, 4, 5, 6])), [6]);
    let mut due = seen(&[1, 2, 3, 4, 5, 6]);
    due.pending_probe.insert(3);
    assert_eq!(incremental(&t, &due), [3, 6]);
}

#[test]
fn topmost_missing_directory_is_probed() {
    let t = small();
    let mut h = seen(&[1, 5, 6]);
    h.missing.insert(2);
    assert_eq!(incremental(&t, &h), [2, 6]);
    // Outdated but not missing: each is probed.
    assert_eq!(incremental(&t, &seen(&[1, 5, 6])), [2, 3, 4, 6]);
}

/// 1 top, 2 closed, 3 closed/44, 4 closed/44/os, 5 closed/44/os/repodata, 6 closed/44/os/images; 7 open.
fn staged() -> Tree {
    let paths = [
        "",
        "closed",
        "closed/44",
        "closed/44/os",
        "closed/44/os/repodata",
        "closed/44/os/images",
        "open",
    ];
    let directories = paths.iter().zip(1..).map(|(path, id)| {
        let mut out = directory(id, path, 1);
        out.readable = !path.starts_with("closed");
        if path.ends_with("repodata") {
            out.repomd.push(repomd_version());
        }
        out
    });
    tree(directories.collect())
}

#[test]
fn metadata_of_a_staged_tree_is_probed_each_time_and_the_rest_in_turn() {
    let t = staged();
    let mut h = seen(&[1, 7]);
    // The topmost directory, and metadata.
    assert_eq!(incremental(&t, &h), [2, 5]);
    let mut all = std::collections::BTreeSet::new();
    for rotation in 0..SAMPLE_ROTATION {
        h.sample_rotation = rotation;
        all.extend(incremental(&t, &h));
    }
    assert_eq!(
        all.into_iter().collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7],
        "every level"
    );
    // One that was leaked is due until it is closed.
    h.sample_rotation = 49;
    h.pending_probe.insert(6);
    assert_eq!(incremental(&t, &h), [2, 5, 6]);
}

#[test]
fn release_probes_cover_repositories_and_what_leads_to_them() {
    let mut paths = vec![
        directory(1, "", 1),
        directory(2, "44", 9),
        directory(3, "44/Everything", 9),
    ];
    for (id, path) in [
        (4, "44/Everything/os"),
        (5, "44/Everything/os/Packages"),
        (6, "44/Everything/os/repodata"),
    ] {
        paths.push(directory(id, path, 9));
    }
    paths.extend([
        directory(7, "44/iso", 9),
        directory(8, "45", 9),
        directory(9, "45/iso", 9),
    ]);
    paths
        .iter_mut()
        .filter(|d| d.id.0 == 6)
        .for_each(|d| d.repomd.push(repomd_version()));
    let t = tree(paths);
    let probed = |paths: &[&str]| {
        let mode = CrawlMode::Opened(paths.iter().map(|p| p.parse().unwrap()).collect());
        ids(&t, &select_directories(&t, &seen(&[1]), &mode, NOW).wanted)
    };
    assert_eq!(probed(&["44"]), [2, 3, 4, 6]);
    assert_eq!(probed(&["44/Everything/os"]), [4, 6]);
    assert_eq!(probed(&["45"]), [8, 9], "without a repository, everything");
    assert_eq!(probed(&["44", "45"]), [2, 3, 4, 6, 8, 9]);
    assert_eq!(probed(&["46"]), [0_u32; 0]);
}

#[test]
fn exceptions_are_probed() {
    let t = small();
    let mut h = seen(&[1, 2, 3, 4, 5, 6]);
    let exception = DirectoryException {
        state: ExceptionState::OutdatedAllowed,
        since: NOW,
        tries: 1,
        detail: None,
        sha256: None,
    };
    h.exceptions.insert(DirectoryId(4), exception);
    assert_eq!(incremental(&t, &h), [4, 6]);
}

#[test]
fn everything_is_probed_after_full_every_and_on_a_new_mirror() {
    let t = small();
    let mut h = seen(&[1]);
    h.last_full_probe_at = Timestamp(NOW.0 - 24 * 3600);
    assert_eq!(incremental(&t, &h).len(), 6);
    assert_eq!(incremental(&t, &Inventory::new(HostCategoryId(1))).len(), 6);
    let all = select_directories(&t, &seen(&[1]), &CrawlMode::Full, NOW);
    assert!(all.all && all.sample.is_empty() && all.wanted.len() == 6);
}

#[test]
fn partial_crawl_also_probes_missing_ancestors() {
    let t = small();
    let mut h = seen(&[1, 5, 6]);
    h.missing.insert(2);
    let part = |aim: CrawlMode| ids(&t, &select_directories(&t, &h, &aim, NOW).wanted);
    assert_eq!(part(CrawlMode::Below(vec!["a/b".parse().unwrap()])), [2, 3, 4]);
    assert_eq!(part(CrawlMode::Below(vec!["d".parse().unwrap()])), [5, 6]);
    assert_eq!(part(CrawlMode::Changed), [6]);
    assert_eq!(part(CrawlMode::Repodata), [0_u32; 0]);
    assert_eq!(part(CrawlMode::Canary), [0_u32; 0]);
}

#[test]
fn one_part_of_very_many_absent_directories_is_probed() {
    let t = tree((1..=5000).map(|id| directory(id, &format!("d{id}"), 1)).collect());
    let mut h = seen(&[]);
    let mut asked = RoaringBitmap::new();
    for turn in 0..ABSENT_ROTATION {
        h.sample_rotation = turn;
        let scope = select_directories(&t, &h, &CrawlMode::Incremental { full_every: DAY }, NOW);
        assert!(scope.wanted.len() <= 600, "{}", scope.wanted.len());
        assert_eq!(scope.wanted, scope.sample, "one that is there again is a surprise");
        asked |= scope.wanted;
    }
    assert_eq!(asked.len(), 5000);
}

proptest! {
    /// Within one rotation every present directory is probed once, and every changed one in each crawl.
    #[test]
    fn every_directory_is_probed_within_one_rotation(
        kinds in proptest::collection::vec(0..6_u8, 1..300),
        parents in proptest::collection::vec(any::<prop::sample::Index>(), 300),
    ) {
        let mut paths: Vec<String> = vec![String::new()];
        for (n, up) in (1..kinds.len()).zip(&parents) {
            let up = paths[up.index(paths.len())].clone();
            paths.push(if up.is_empty() { format!("d{n}") } else { format!("{up}/d{n}") });
        }
        let t = tree((1..).zip(&paths).zip(&kinds)
            .map(|((id, path), kind)| directory(id, path, if *kind == 1 { 7 } else { 1 }))
            .collect());
        let mut h = seen(&[]);
        for (id, kind) in (1_u32..).zip(&kinds) {
            match kind {
                0 | 1 => { h.present.insert(id); }
                2 => { h.missing.insert(id); }
                3 => { h.pending_probe.insert(id); }
                4 => {
                    let exception = DirectoryException { state: ExceptionState::UnknownHash, since: NOW, tries: 1, detail: None, sha256: None };
                    h.exceptions.insert(DirectoryId(id), exception);
                }
                _ => {}
            }
        }
        let mut times = vec![0; kinds.len()];
        for turn in 0..SAMPLE_ROTATION {
            h.sample_rotation = turn;
            for id in incremental(&t, &h) {
                times[usize::try_from(id - 1).unwrap()] += 1;
            }
        }
        let below_missing = |path: &str| h.missing.iter().any(|id| {
            let up = &paths[usize::try_from(id - 1).unwrap()];
            up != path && (up.is_empty() || path.starts_with(&format!("{up}/")))
        });
        for ((path, kind), times) in paths.iter().zip(&kinds).zip(times) {
            let want = match kind {
                0 => 1,
                5 if below_missing(path) => 0,
                _ => SAMPLE_ROTATION,
            };
            prop_assert_eq!(times, want, "{:?} {}", path, kind);
        }
    }
}
