//! Listings against what is known.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::config::CategoryConfig;
use crate::model::file::{Hashes, ShortFile};
use crate::model::ids::{CategoryId, ScanGeneration};
use crate::model::listing::DirectoryContent;

const NOW: Epoch = Epoch(10_000_000);

fn known(paths: &[&str]) -> KnownCategory {
    let directory = |(n, path): (usize, &&str)| {
        let known = KnownDirectory {
            id: DirectoryId(u32::try_from(n).unwrap() + 1),
            readable: true,
            ctime: 100,
            repomd: None,
            vanished_at: None,
            wants_scan: false,
        };
        (path.parse().unwrap(), known)
    };
    KnownCategory {
        id: CategoryId(1),
        generation: ScanGeneration(3),
        directories: paths.iter().enumerate().map(directory).collect(),
    }
}

fn seen(ctime: i64) -> ScannedDirectory {
    ScannedDirectory {
        readable: true,
        ctime,
        content: None,
    }
}

fn listing(paths: &[&str]) -> Listing {
    Listing {
        taken_at: NOW,
        directories: paths.iter().map(|p| (p.parse().unwrap(), seen(100))).collect(),
    }
}

fn excludes(patterns: &[&str]) -> Excludes {
    let config = CategoryConfig {
        exclude: patterns.iter().map(|p| (*p).to_owned()).collect(),
        ..CategoryConfig::default()
    };
    config.excludes().unwrap()
}

fn planned(known: &KnownCategory, listing: Listing, excludes: &Excludes) -> ScanPlan {
    let policy = Policy {
        excludes,
        grace: Duration::from_hours(168),
        confirmed: false,
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
fn new_changed_and_missing_directories_are_told_apart() {
    let mut now = listing(&["", "new", "touched"]);
    now.directories.insert("touched".parse().unwrap(), seen(101));
    let plan = planned(&known(&["", "gone", "touched"]), now, &excludes(&[]));
    assert_eq!(plan.added.len(), 1);
    assert_eq!(plan.changed.len(), 1);
    assert_eq!(plan.vanished, [DirectoryId(2)]);
}

#[test]
fn excluded_directories_stay_as_they_are() {
    let plan = planned(&known(&["", "priv", "priv/x"]), listing(&[""]), &excludes(&["^priv$"]));
    assert!(!plan.changes_something());
}

#[test]
fn a_missing_directory_goes_after_the_grace_and_not_before() {
    let mut before = known(&["", "old", "recent"]);
    let week = 7 * 86_400;
    before.directories.get_mut(&"old".parse().unwrap()).unwrap().vanished_at = Some(Epoch(NOW.0 - week));
    before
        .directories
        .get_mut(&"recent".parse().unwrap())
        .unwrap()
        .vanished_at = Some(Epoch(NOW.0 - week + 1));
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
    assert_eq!(plan.outcome(ScanGeneration(4)).returned, 1);
}

#[test]
fn without_its_top_a_listing_is_refused() {
    let excludes = excludes(&[]);
    let policy = Policy {
        excludes: &excludes,
        grace: Duration::ZERO,
        confirmed: true,
        now: NOW,
    };
    let got = plan(&known(&["", "a"]), listing(&["a"]), &StoredContent::default(), policy);
    assert_eq!(got, Err(Implausible::NoTop));
}

#[test]
fn mass_removals_wait_or_are_refused() {
    assert_eq!(judge(50, 60, false), Ok(None));
    assert_eq!(judge(51, 511, false), Ok(None));
    assert_eq!(judge(52, 511, false), Ok(Some(HeldBack { gone: 52, known: 511 })));
    assert_eq!(judge(52, 511, true), Ok(None));
    assert_eq!(judge(51, 102, true), Ok(None));
    assert_eq!(
        judge(51, 101, true),
        Err(Implausible::MostGone { gone: 51, known: 101 })
    );
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

fn with_repomd(sha256: &str) -> Listing {
    let mut now = listing(&["", "repodata"]);
    let content = DirectoryContent {
        files: vec![ShortFile {
            name: "repomd.xml".to_owned(),
            size: Some(1),
            timestamp: 5,
        }],
        details: vec![detail(sha256)],
    };
    now.directories.get_mut(&"repodata".parse().unwrap()).unwrap().content = Some(content);
    now
}

#[test]
fn only_another_newest_version_is_written() {
    let before = known(&["", "repodata"]);
    let excludes = excludes(&[]);
    let policy = Policy {
        excludes: &excludes,
        grace: Duration::ZERO,
        confirmed: false,
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
fn what_was_written_while_listed_is_looked_at_again() {
    let mut before = known(&["", "repodata"]);
    before
        .directories
        .get_mut(&"repodata".parse().unwrap())
        .unwrap()
        .wants_scan = true;
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
        excludes: &excludes,
        grace: Duration::ZERO,
        confirmed: false,
        now: NOW,
    };
    let (settled, _) = plan(&before, now.clone(), &stored, policy).unwrap();
    assert_eq!(settled.marks, [(DirectoryId(2), false)]);
    let mut early = now;
    early.taken_at = Epoch(30);
    let (unsettled, _) = plan(&before, early, &stored, policy).unwrap();
    assert!(unsettled.marks.is_empty() && !unsettled.changes_something());
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
            directory.vanished_at = (*days > 0).then(|| Epoch(NOW.0 - days * 86_400));
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
