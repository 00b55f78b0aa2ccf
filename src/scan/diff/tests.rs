//! Listings compared with the recorded tree.

use crate::model::refused::RefusalReason;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::config::CategoryConfig;
use crate::model::file::{Hashes, SampledFile};
use crate::model::ids::{CategoryId, ScanSeq};
use crate::model::listing::DirectoryContent;

mod removals;

const NOW: Timestamp = Timestamp(10_000_000);

fn known(paths: &[&str]) -> KnownCategory {
    let directory = |(n, path): (usize, &&str)| {
        let known = KnownDirectory {
            id: DirectoryId(u32::try_from(n).unwrap() + 1),
            readable: true,
            ctime: 100,
            fingerprint: None,
            repomd: None,
            vanished_at: None,
            needs_scan: false,
        };
        (path.parse().unwrap(), known)
    };
    KnownCategory {
        id: CategoryId(1),
        scan_seq: ScanSeq(3),
        directories: paths.iter().enumerate().map(directory).collect(),
        pending: BTreeSet::new(),
        rejected: BTreeSet::new(),
        repositories: BTreeMap::new(),
        expected: Vec::new(),
        decisions: BTreeMap::new(),
        refused: BTreeSet::new(),
    }
}

fn seen(ctime: i64) -> ScannedDirectory {
    ScannedDirectory {
        readable: true,
        ctime,
        fingerprint: None,
        content: None,
    }
}

fn listing(paths: &[&str]) -> MasterListing {
    MasterListing {
        taken_at: NOW,
        directories: paths.iter().map(|p| (p.parse().unwrap(), seen(100))).collect(),
    }
}

fn excludes(patterns: &[&str]) -> PathFilter {
    let config = CategoryConfig {
        exclude: patterns.iter().map(|p| (*p).to_owned()).collect(),
        ..CategoryConfig::default()
    };
    config.scope(DirPath::top()).unwrap()
}

fn planned(known: &KnownCategory, listing: MasterListing, scope: &PathFilter) -> ScanPlan {
    let policy = Policy {
        scope,
        removal_percent: 10,
        retention: Duration::from_hours(168),
        confirmation: None,
        now: NOW,
    };
    plan(known, listing, &StoredContent::default(), policy).unwrap().0
}

#[test]
fn the_same_listing_changes_nothing() {
    let plan = planned(&known(&["", "a"]), listing(&["", "a"]), &excludes(&[]));
    assert!(!plan.changes_something());
    assert_eq!(plan.directories, 2);
}

#[test]
fn new_changed_and_missing_directories_are_distinguished() {
    let mut now = listing(&["", "new", "touched"]);
    now.directories.insert("touched".parse().unwrap(), seen(101));
    let plan = planned(&known(&["", "gone", "touched"]), now, &excludes(&[]));
    assert_eq!(plan.added.len(), 1);
    assert_eq!(plan.touched.len(), 1, "another time alone is nothing to mirrors");
    assert_eq!(plan.vanished, [DirectoryId(2)]);
}

#[test]
fn excluded_directories_stay_as_they_are() {
    let plan = planned(&known(&["", "priv", "priv/x"]), listing(&[""]), &excludes(&["^priv$"]));
    assert!(!plan.changes_something());
}

#[test]
fn a_missing_directory_is_removed_after_the_retention() {
    let mut before = known(&["", "old", "recent"]);
    let week = 7 * 86_400;
    before.directories.get_mut(&"old".parse().unwrap()).unwrap().vanished_at = Some(Timestamp(NOW.0 - week));
    before
        .directories
        .get_mut(&"recent".parse().unwrap())
        .unwrap()
        .vanished_at = Some(Timestamp(NOW.0 - week + 1));
    let plan = planned(&before, listing(&[""]), &excludes(&[]));
    assert_eq!(plan.removed, [DirectoryId(2)]);
    assert!(plan.vanished.is_empty());
}

#[test]
fn a_returned_directory_keeps_its_row() {
    let mut before = known(&["", "a"]);
    before.directories.get_mut(&"a".parse().unwrap()).unwrap().vanished_at = Some(NOW);
    let plan = planned(&before, listing(&["", "a"]), &excludes(&[]));
    assert!(plan.changed[0].returned && plan.changed[0].id == DirectoryId(2));
    assert_eq!(plan.outcome(ScanSeq(4)).returned, 1);
}

#[test]
fn a_listing_without_its_top_is_rejected() {
    let excludes = excludes(&[]);
    let policy = Policy {
        scope: &excludes,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: Some(Confirmation::Uncounted),
        now: NOW,
    };
    let got = plan(&known(&["", "a"]), listing(&["a"]), &StoredContent::default(), policy);
    assert_eq!(got, Err(Implausible::NoTop));
}

#[test]
fn missing_directories_are_reported_by_their_topmost() {
    let before = known(&["", "a", "a/b", "a/b/c", "d"]);
    let scope = excludes(&[]);
    let policy = Policy {
        scope: &scope,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: None,
        now: NOW,
    };
    let (_, held) = plan(&before, listing(&[""]), &StoredContent::default(), policy).unwrap();
    let shown: Vec<(String, u64)> = held
        .unwrap()
        .topmost
        .into_iter()
        .map(|(p, n)| (p.to_string(), n))
        .collect();
    assert_eq!(shown, [("a".to_owned(), 3), ("d".to_owned(), 1)]);
}

#[test]
fn a_scan_of_a_subtree_touches_nothing_else() {
    let mut before = known(&["", "a", "a/b", "c", "d"]);
    before.pending = [DirectoryId(3), DirectoryId(4)].into();
    let scope = CategoryConfig::default().scope("a".parse().unwrap()).unwrap();
    let got = planned(&before, listing(&["a"]), &scope);
    assert_eq!(got.vanished, [DirectoryId(3)]);
    assert_eq!(got.pending, [DirectoryId(4)].into(), "what waits elsewhere waits on");
}

fn detail(sha256: &str) -> ScannedDetail {
    ScannedDetail {
        filename: "repomd.xml".to_owned(),
        timestamp: 1,
        size: 1,
        hashes: Hashes {
            sha256: Some(sha256.to_owned()),
            ..Hashes::default()
        },
    }
}

fn with_repomd(sha256: &str) -> MasterListing {
    let mut now = listing(&["", "repodata"]);
    let content = DirectoryContent {
        files: vec![SampledFile {
            name: "repomd.xml".to_owned(),
            size: Some(1),
            timestamp: 5,
        }],
        details: vec![detail(sha256)],
        refused: None,
    };
    now.directories.get_mut(&"repodata".parse().unwrap()).unwrap().content = Some(content);
    now
}

#[test]
fn only_a_new_newest_version_is_written() {
    let before = known(&["", "repodata"]);
    let excludes = excludes(&[]);
    let policy = Policy {
        scope: &excludes,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: None,
        now: NOW,
    };
    let now = with_repomd("a");
    assert_eq!(to_compare(&before, &now), [DirectoryId(2)]);
    let files = now.directories.values().find_map(|d| d.content.clone()).unwrap().files;
    let stored = StoredContent {
        files: BTreeMap::from([(DirectoryId(2), files)]),
        details: BTreeMap::from([(DirectoryId(2), vec![detail("a")])]),
    };
    let (same, _) = plan(&before, now, &stored, policy).unwrap();
    assert!(!same.changes_something());
    let (other, _) = plan(&before, with_repomd("b"), &stored, policy).unwrap();
    assert_eq!(other.details, [(DirectoryId(2), detail("b"))]);
    assert_eq!(other.changed.len(), 1);
}

#[test]
fn a_directory_written_during_the_scan_is_scanned_again() {
    let mut before = known(&["", "repodata"]);
    before
        .directories
        .get_mut(&"repodata".parse().unwrap())
        .unwrap()
        .needs_scan = true;
    let now = with_repomd("a");
    let stored = StoredContent {
        files: BTreeMap::from([(
            DirectoryId(2),
            now.directories.values().find_map(|d| d.content.clone()).unwrap().files,
        )]),
        details: BTreeMap::from([(DirectoryId(2), vec![detail("a")])]),
    };
    let excludes = excludes(&[]);
    let policy = Policy {
        scope: &excludes,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: None,
        now: NOW,
    };
    let (settled, _) = plan(&before, now.clone(), &stored, policy).unwrap();
    let touched: Vec<DirectoryId> = settled.touched.iter().map(|(id, _)| *id).collect();
    assert_eq!(touched, [DirectoryId(2)]);
    assert!(!settled.changes_something());
    let mut early = now;
    early.taken_at = Timestamp(30);
    let (unsettled, _) = plan(&before, early, &stored, policy).unwrap();
    assert!(unsettled.touched.is_empty() && !unsettled.changes_something());
}

#[test]
fn a_removed_repomd_is_no_longer_the_newest() {
    let before = known(&["", "repodata"]);
    let scope = excludes(&[]);
    let policy = Policy {
        scope: &scope,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: None,
        now: NOW,
    };
    let stored = StoredContent {
        files: BTreeMap::new(),
        details: BTreeMap::from([(DirectoryId(2), vec![detail("a")])]),
    };
    let mut now = listing(&["", "repodata"]);
    let repodata: DirPath = "repodata".parse().unwrap();
    now.directories.get_mut(&repodata).unwrap().content = Some(DirectoryContent::default());
    let (settled, _) = plan(&before, now.clone(), &stored, policy).unwrap();
    assert_eq!(settled.gone, [(DirectoryId(2), "repomd.xml".to_owned())]);
    now.directories.get_mut(&repodata).unwrap().ctime = NOW.0;
    let (swapped, _) = plan(&before, now, &stored, policy).unwrap();
    assert!(swapped.gone.is_empty(), "it may be missing for a moment only");
}

proptest! {
    /// Every known directory is either listed, left alone, or accounted for; nothing is both kept and removed.
    #[test]
    fn every_directory_is_accounted_for(
        before in proptest::collection::btree_set("[ab]/[cd]|[abe]", 0..9),
        after in proptest::collection::btree_set("[ab]/[cd]|[abe]", 0..9),
        gone_for in proptest::collection::vec(0_i64..20, 10),
    ) {
        let mut all: Vec<&str> = vec![""];
        all.extend(before.iter().map(String::as_str));
        let mut was = known(&all);
        for (directory, days) in was.directories.values_mut().zip(&gone_for) {
            directory.vanished_at = (*days > 0).then(|| Timestamp(NOW.0 - days * 86_400));
        }
        let mut listed: Vec<&str> = vec![""];
        listed.extend(after.iter().map(String::as_str));
        let got = planned(&was, listing(&listed), &excludes(&["^e$"]));
        let added: Vec<String> = got.added.iter().map(|(p, _)| p.to_string()).collect();
        for path in &after {
            prop_assert_eq!(added.contains(path), !before.contains(path));
        }
        for (path, directory) in &was.directories {
            let there = listed.contains(&path.as_str());
            let (vanished, removed) = (got.vanished.contains(&directory.id), got.removed.contains(&directory.id));
            prop_assert!(!(vanished && removed));
            prop_assert!(!there || !(vanished || removed));
            prop_assert!(path.as_str() != "e" || !(vanished || removed));
            prop_assert!(!vanished || directory.vanished_at.is_none());
            prop_assert!(!removed || directory.vanished_at.is_some_and(|t| NOW.since(t) >= Duration::from_hours(168)));
        }
    }
}

fn refused(sha256: &str) -> RefusedVersion {
    RefusedVersion {
        version: detail(sha256),
        reason: RefusalReason::MasterIncomplete,
        explanation: "names files that the master lacks: x".to_owned(),
    }
}

/// A listing whose `repomd.xml` is refused.
fn with_refused(sha256: &str) -> MasterListing {
    let mut now = with_repomd(sha256);
    let repodata = now.directories.get_mut(&"repodata".parse().unwrap()).unwrap();
    let content = repodata.content.as_mut().unwrap();
    content.details.clear();
    content.refused = Some(refused(sha256));
    now
}

#[test]
fn refused_metadata_leaves_what_is_recorded() {
    let excludes = excludes(&[]);
    let policy = Policy {
        scope: &excludes,
        retention: Duration::ZERO,
        removal_percent: 5,
        confirmation: None,
        now: NOW,
    };
    let planned = |known: &KnownCategory, listing| plan(known, listing, &StoredContent::default(), policy).unwrap().0;
    let mut before = known(&["", "repodata"]);
    let id = before.directories[&"repodata".parse::<DirPath>().unwrap()].id;
    let bad = planned(&before, with_refused("bad"));
    assert_eq!(bad.refused, [(id, refused("bad"))]);
    assert!(bad.changed.is_empty() && bad.details.is_empty() && bad.gone.is_empty());

    before.refused.insert(id);
    let good = planned(&before, with_repomd("good"));
    assert_eq!((good.repaired, good.refused), (vec![id], vec![]));
    assert_eq!(good.details.len(), 1);

    // Operators decide.
    let decide = |sha256: &str, is_accepted, until: Option<i64>| {
        let decision = VersionDecision {
            sha256: sha256.to_owned(),
            is_accepted,
            until: until.map(|seconds| Timestamp(NOW.0 + seconds)),
        };
        KnownCategory {
            decisions: BTreeMap::from([(id, vec![decision])]),
            ..before.clone()
        }
    };
    let accepted = planned(&decide("bad", true, None), with_refused("bad"));
    assert_eq!((accepted.details.len(), accepted.refused.len()), (1, 0));
    let other = planned(&decide("other", true, None), with_refused("bad"));
    assert_eq!((other.details.len(), other.refused.len()), (0, 1));
    let blocked = planned(&decide("good", false, Some(1)), with_repomd("good"));
    assert_eq!(blocked.refused[0].1.reason, RefusalReason::Blocked);
    let over = planned(&decide("good", false, Some(0)), with_repomd("good"));
    assert_eq!((over.details.len(), over.refused.len()), (1, 0));

    // A new directory is not a repository before its metadata is good.
    let new = planned(&known(&[""]), with_refused("bad"));
    let content = new.added[0].1.content.as_ref().unwrap();
    assert!(content.files.is_empty() && content.details.is_empty());
    assert_eq!(new.outcome(ScanSeq(4)).refused, 1);
}
