//! The inventory after a merge, for each kind of result.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::*;
use crate::model::file::{FileDetail, Hashes, ScannedDetail, VersionRetention};
use crate::model::ids::{CategoryId, HostCategoryId, ScanSeq};
use crate::model::plan::{CategoryPlan, NegativeResults, PlannedFiles};

fn repomd(directory: u32, id: i64, from: i64, to: Option<i64>) -> FileDetail {
    FileDetail {
        id: FileDetailId(id),
        directory: DirectoryId(directory),
        file: ScannedDetail {
            filename: "repomd.xml".to_owned(),
            timestamp: 0,
            size: 1,
            hashes: Hashes::default(),
        },
        first_seq: ScanSeq(from),
        superseded_seq: to.map(ScanSeq),
        first_seen: Timestamp(0),
        superseded_at: to.map(Timestamp),
    }
}

/// Directories 1 (top), 2, 3 (below 2), 4 with a repomd.xml of two versions; the plan has scan sequence 5.
fn plan(previous: Inventory) -> HostCategoryPlan {
    let directories = [(1, ""), (2, "a"), (3, "a/b"), (4, "repodata")]
        .map(|(id, path)| PlannedDirectory {
            id: DirectoryId(id),
            path: path.parse().unwrap(),
            readable: true,
            changed_seq: ScanSeq(1),
            files: PlannedFiles::default(),
            repomd: if id == 4 {
                vec![repomd(4, 40, 1, Some(3)), repomd(4, 41, 3, None)]
            } else {
                Vec::new()
            },
            refused: Vec::new(),
        })
        .to_vec();
    HostCategoryPlan {
        id: HostCategoryId(9),
        category: Arc::new(CategoryPlan {
            id: CategoryId(1),
            name: "c".to_owned(),
            scan_seq: ScanSeq(5),
            retention: VersionRetention {
                previous: Duration::ZERO,
                older: Duration::ZERO,
            },
            directories,
        }),
        urls: Vec::new(),
        rsync: Vec::new(),
        previous,
    }
}

fn held(ids: &[u32], generation: i64) -> Inventory {
    let mut h = Inventory::new(HostCategoryId(9));
    h.scan_seq = ScanSeq(generation);
    h.present.extend(ids);
    h
}

fn fault(code: &'static str) -> DirectoryIssue {
    DirectoryIssue {
        file: String::new(),
        code,
        expected: String::new(),
        received: String::new(),
    }
}

fn probe(found: Vec<DirectoryResult>, ended: Option<Interruption>) -> CategoryProbe {
    let is_sure = |f: &DirectoryResult| match f {
        DirectoryResult::Classified(v) => {
            !matches!(v, Classification::Inconclusive(_) | Classification::NeedsContext(_))
        }
        DirectoryResult::BelowMissing | DirectoryResult::BelowClosed | DirectoryResult::Confirmed => true,
        DirectoryResult::Unchanged | DirectoryResult::NotProbed => false,
    };
    let nothing_wanted = ended.is_none() && found.iter().all(|f| *f == DirectoryResult::Unchanged);
    CategoryProbe {
        is_conclusive: nothing_wanted || found.iter().any(is_sure),
        results: found.into(),
        interruption: ended,
        requests: 7,
        base_url: "http://m".to_owned(),
        last_response: Some(std::time::Instant::now()),
        is_full: true,
        method: "head",
        ..CategoryProbe::default()
    }
}

fn merged(previous: Inventory, looked: &CategoryProbe) -> Option<CategoryResult> {
    let plan = plan(previous);
    let tree = Tree::new(Arc::clone(&plan.category));
    let setting = MergeContext {
        run: RunId(3),
        mode: &CrawlMode::Full,
        now: Timestamp(1000),
        max_findings: 2,
    };
    merge_results(&plan, &tree, looked, &setting)
}

fn current() -> DirectoryResult {
    DirectoryResult::Classified(Classification::Current)
}

fn inconclusive_result() -> DirectoryResult {
    DirectoryResult::Classified(Classification::Inconclusive(fault("timeout")))
}

fn ids(h: &RoaringBitmap) -> Vec<u32> {
    h.iter().collect()
}

#[test]
fn current_directories_are_present_and_missing_ones_are_not() {
    let found = vec![
        current(),
        DirectoryResult::Classified(Classification::Missing(fault("missing"))),
        DirectoryResult::BelowMissing,
        current(),
    ];
    let r = merged(held(&[2, 3, 77], 4), &probe(found, None)).unwrap();
    assert_eq!(r.outcome, CategoryOutcome::Complete);
    // 77 is not in the plan: a directory that vanished for a while keeps its state.
    assert_eq!(ids(&r.inventory.present), [1, 4, 77]);
    assert_eq!(ids(&r.inventory.missing), [2]);
    assert_eq!(ids(&r.negatives.outdated), [2, 3]);
    assert_eq!(r.inventory.scan_seq, ScanSeq(5));
    assert_eq!((r.counts.current, r.counts.outdated, r.requests), (2, 2, 7));
    assert_eq!(r.findings.len(), 1);
}

#[test]
fn inconclusive_result_keeps_the_directory_and_pins_its_version() {
    let found = vec![current(), current(), current(), inconclusive_result()];
    // Present since scan sequence 2, when version 40 was the newest; in the plan, of sequence 5, it is 41.
    let r = merged(held(&[4], 2), &probe(found.clone(), None)).unwrap();
    let e = &r.inventory.exceptions[&DirectoryId(4)];
    assert_eq!(
        (e.state, e.detail, e.tries),
        (ExceptionState::Inconclusive, Some(FileDetailId(40)), 1)
    );
    assert!(r.inventory.present.contains(4));
    let again = merged(r.inventory.clone(), &probe(found.clone(), None)).unwrap();
    let e = &again.inventory.exceptions[&DirectoryId(4)];
    assert_eq!(
        (e.detail, e.tries, e.since),
        (Some(FileDetailId(40)), 2, Timestamp(1000))
    );
    let never = merged(held(&[], 2), &probe(found, None)).unwrap();
    assert!(!never.inventory.present.contains(4) && never.inventory.exceptions.is_empty());
}

#[test]
fn unprobed_category_does_not_count_as_a_try() {
    let trouble = || ProbeError {
        code: "timeout",
        message: "timed out".to_owned(),
    };
    let found = vec![
        current(),
        inconclusive_result(),
        DirectoryResult::NotProbed,
        DirectoryResult::NotProbed,
    ];
    for end in [
        Interruption::Stopped,
        Interruption::HostDeadline,
        Interruption::Silent(trouble()),
    ] {
        let mut look = probe(found.clone(), Some(end));
        look.resume_at = Some(2);
        let r = merged(held(&[2, 4], 2), &look).unwrap();
        assert_eq!(ids(&r.inventory.present), [1, 2, 4]);
        let tries = |id| r.inventory.exceptions[&DirectoryId(id)].tries;
        assert_eq!((tries(2), tries(4)), (1, 0));
        assert_eq!(
            r.inventory.resume_directory,
            Some(DirectoryId(3)),
            "the next crawl begins there"
        );
        let whole = probe(vec![current(); 4], None);
        assert_eq!(merged(r.inventory, &whole).unwrap().inventory.resume_directory, None);
    }
    let nothing = || vec![DirectoryResult::NotProbed; 4];
    let little = vec![
        DirectoryResult::Unchanged,
        DirectoryResult::NotProbed,
        DirectoryResult::Unchanged,
        DirectoryResult::NotProbed,
    ];
    for end in [Interruption::Stopped, Interruption::HostDeadline, Interruption::Budget] {
        for found in [nothing(), little.clone()] {
            assert!(
                merged(held(&[2], 2), &probe(found, Some(end.clone()))).is_none(),
                "{end:?}"
            );
        }
    }
    // The failure of one of two URLs does not matter if the requests were used up.
    let mut used_up = probe(nothing(), Some(Interruption::Budget));
    used_up.url_errors.push(("http://m".to_owned(), trouble()));
    assert!(merged(held(&[2], 2), &used_up).is_none());
    // A deadline that was reached because the mirror failed counts.
    let mut late = probe(nothing(), Some(Interruption::HostDeadline));
    late.url_errors.push(("http://m".to_owned(), trouble()));
    assert_eq!(merged(held(&[2], 2), &late).unwrap().inventory.inconclusive_tries, 1);
    late.interruption = Some(Interruption::Silent(trouble()));
    late.requests = 0;
    assert!(merged(held(&[2], 2), &late).is_none());
    // A rate-limited mirror counts as inconclusive.
    let mut alone = probe(
        nothing(),
        Some(Interruption::Silent(ProbeError {
            code: RATE_LIMITED,
            ..trouble()
        })),
    );
    alone.requests = 0;
    assert_eq!(merged(held(&[2], 2), &alone).unwrap().inventory.inconclusive_tries, 1);
}

#[test]
fn inconclusive_category_keeps_its_inventory_and_scan_seq() {
    let trouble = ProbeError {
        code: "timeout",
        message: "timed out".to_owned(),
    };
    let look = probe(vec![DirectoryResult::NotProbed; 4], Some(Interruption::Silent(trouble)));
    let first = merged(held(&[2, 4], 2), &look).unwrap();
    assert_eq!(first.outcome, CategoryOutcome::Inconclusive);
    assert_eq!(
        (ids(&first.inventory.present), first.inventory.scan_seq),
        (vec![2, 4], ScanSeq(2))
    );
    assert_eq!(
        (first.inventory.inconclusive_since, first.inventory.inconclusive_tries),
        (Some(Timestamp(1000)), 1)
    );
    assert_eq!(merged(first.inventory, &look).unwrap().inventory.inconclusive_tries, 2);
    assert_eq!(first.findings[0].code, "timeout");
}

#[test]
fn missing_category_clears_the_inventory() {
    let mut look = probe(vec![DirectoryResult::NotProbed; 4], None);
    look.category_missing = true;
    let r = merged(held(&[2, 4], 2), &look).unwrap();
    assert_eq!(
        (r.outcome, ids(&r.inventory.present)),
        (CategoryOutcome::CategoryMissing, vec![])
    );
    assert_eq!(
        (ids(&r.inventory.missing), r.findings[0].code.as_str()),
        (vec![1], "category-missing")
    );
}

#[test]
fn unknown_hash_and_outdated_allowed_become_exceptions() {
    let found = vec![
        current(),
        current(),
        DirectoryResult::Classified(Classification::UnknownHash(fault("unknown-hash"))),
        DirectoryResult::Classified(Classification::OutdatedAllowed(
            FileDetailId(40),
            fault("outdated-allowed"),
        )),
    ];
    let r = merged(held(&[3], 4), &probe(found, None)).unwrap();
    assert_eq!(ids(&r.inventory.present), [1, 2, 4]);
    assert_eq!(
        r.inventory.exceptions[&DirectoryId(3)].state,
        ExceptionState::UnknownHash
    );
    assert_eq!(r.inventory.exceptions[&DirectoryId(4)].detail, Some(FileDetailId(40)));
    assert_eq!(
        (ids(&r.negatives.unknown_hash), ids(&r.negatives.outdated_allowed)),
        (vec![3], vec![4])
    );
    assert_eq!(r.findings[0].code, "unknown-hash");
}

#[test]
fn directory_ahead_of_the_scan_is_present_with_its_hash() {
    let ahead = |sha256: &str| DirectoryResult::Classified(Classification::Ahead(sha256.to_owned()));
    let found = vec![current(), current(), current(), ahead("new")];
    let r = merged(held(&[4], 2), &probe(found, None)).unwrap();
    let e = &r.inventory.exceptions[&DirectoryId(4)];
    assert_eq!(
        (e.state, e.detail, e.sha256.as_deref()),
        (ExceptionState::Ahead, None, Some("new"))
    );
    assert!(r.inventory.present.contains(4) && r.negatives == NegativeResults::default());
    assert_eq!(r.counts.current, 4);
    // Inconclusive afterwards: its version is still known.
    let silent = vec![current(), current(), current(), inconclusive_result()];
    let again = merged(r.inventory, &probe(silent.clone(), None)).unwrap();
    let e = &again.inventory.exceptions[&DirectoryId(4)];
    assert_eq!(
        (e.state, e.detail, e.sha256.as_deref()),
        (ExceptionState::Inconclusive, None, Some("new"))
    );
    // A scan has recorded that version meanwhile.
    let mut recorded = plan(again.inventory);
    let mut category = (*recorded.category).clone();
    category.directories[3].repomd[1].file.hashes.sha256 = Some("new".to_owned());
    recorded.category = Arc::new(category);
    let tree = Tree::new(Arc::clone(&recorded.category));
    let setting = MergeContext {
        run: RunId(3),
        mode: &CrawlMode::Full,
        now: Timestamp(1000),
        max_findings: 2,
    };
    let last = merge_results(&recorded, &tree, &probe(silent, None), &setting).unwrap();
    let e = &last.inventory.exceptions[&DirectoryId(4)];
    assert_eq!((e.detail, e.sha256.as_deref()), (Some(FileDetailId(41)), None));
}

#[test]
fn findings_are_capped() {
    let found = vec![DirectoryResult::Classified(Classification::Outdated(fault("size"))); 4];
    let r = merged(held(&[], 4), &probe(found, None)).unwrap();
    assert_eq!((r.findings.len(), r.omitted_findings), (2, 2));
}

proptest! {
    #[test]
    fn every_directory_matches_its_classification(
        kinds in proptest::collection::vec(0..11_u8, 4),
        before in proptest::collection::btree_set(1..6_u32, 0..5),
    ) {
        let before: Vec<u32> = before.into_iter().collect();
        let found: Vec<DirectoryResult> = kinds.iter().map(|k| match k {
            0 => current(),
            1 => DirectoryResult::Classified(Classification::OutdatedAllowed(FileDetailId(40), fault("outdated-allowed"))),
            2 => DirectoryResult::Classified(Classification::Outdated(fault("size"))),
            3 => DirectoryResult::Classified(Classification::Missing(fault("missing"))),
            4 => DirectoryResult::Classified(Classification::UnknownHash(fault("unknown-hash"))),
            5 => DirectoryResult::Classified(Classification::Staged),
            6 => DirectoryResult::BelowMissing,
            7 => DirectoryResult::NotProbed,
            9 => DirectoryResult::Classified(Classification::Ahead("new".to_owned())),
            10 => DirectoryResult::Classified(Classification::Leaked(fault("leaked"))),
            _ => inconclusive_result(),
        }).collect();
        let r = merged(held(&before, 2), &probe(found, None)).unwrap();
        for (id, kind) in (1..5_u32).zip(&kinds) {
            let want = match kind { 0 | 1 | 9 => true, 2..=6 | 10 => false, _ => before.contains(&id) };
            prop_assert_eq!(r.inventory.present.contains(id), want, "{} {}", id, kind);
            prop_assert!(!(r.inventory.present.contains(id) && r.inventory.missing.contains(id)) || matches!(kind, 7 | 8));
        }
        prop_assert_eq!(r.inventory.present.contains(5), before.contains(&5));
    }
}
