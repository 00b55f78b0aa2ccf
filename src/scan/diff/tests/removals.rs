//! Removals that need confirmation.

use super::*;
use crate::model::listing::ExpectedRemoval;

/// The result for `gone` missing directories of `present` if `pending` of them were confirmed: how many vanish, and how many are
/// pending.
fn judged(gone: usize, present: usize, pending: Option<usize>) -> (usize, usize) {
    let paths: Vec<String> = (1..present).map(|n| format!("d{n:04}")).collect();
    let all: Vec<&str> = std::iter::once("").chain(paths.iter().map(String::as_str)).collect();
    let mut before = known(&all);
    let ids = before.directories.values().map(|d| d.id);
    before.pending = ids.skip(1).take(pending.unwrap_or(0)).collect();
    let mut left = all.clone();
    left.drain(1..=gone);
    let scope = excludes(&[]);
    let policy = Policy {
        scope: &scope,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation: pending.map(|n| Confirmation::Count(u64::try_from(n).unwrap())),
        now: NOW,
    };
    let (plan, held) = plan(&before, listing(&left), &StoredContent::default(), policy).unwrap();
    assert_eq!(held.map_or(0, |h| h.gone), u64::try_from(plan.pending.len()).unwrap());
    (plan.vanished.len(), plan.pending.len())
}

#[test]
fn mass_removals_are_pending() {
    assert_eq!(judged(50, 60, None), (50, 0));
    assert_eq!(judged(51, 511, None), (51, 0));
    assert_eq!(judged(52, 511, None), (0, 52));
    assert_eq!(judged(52, 511, Some(52)), (52, 0));
    assert_eq!(judged(7, 8, None), (0, 7), "nothing but the top is left");
    assert_eq!(judged(7, 8, Some(7)), (7, 0));
    assert_eq!(judged(1, 2, None), (1, 0));
    assert_eq!(judged(60, 101, None), (0, 60), "more than half is pending as well");
    assert_eq!(judged(60, 101, Some(60)), (60, 0));
}

#[test]
fn a_confirmation_applies_to_the_reported_removals_only() {
    assert_eq!(judged(100, 511, Some(0)), (0, 100), "nothing was shown");
    assert_eq!(judged(100, 511, Some(40)), (40, 60), "60 more than shown");
    assert_eq!(judged(100, 511, Some(50)), (100, 0), "50 more are few");
}

#[test]
fn a_confirmation_of_more_than_half_must_name_the_number() {
    let paths: Vec<String> = (1..101).map(|n| format!("d{n:04}")).collect();
    let all: Vec<&str> = std::iter::once("").chain(paths.iter().map(String::as_str)).collect();
    let check = |pending: usize, confirmation| {
        let mut known = known(&all);
        known.pending = known.directories.values().map(|d| d.id).take(pending).collect();
        check_confirmation(&known, &excludes(&[]), confirmation).map_err(|e| e.to_string())
    };
    assert_eq!(check(50, Confirmation::Uncounted), Ok(()));
    assert!(
        check(60, Confirmation::Uncounted)
            .unwrap_err()
            .ends_with("--confirm-removals=60")
    );
    assert_eq!(check(60, Confirmation::Count(60)), Ok(()));
    for (pending, named) in [(60, 59), (60, 61), (0, 1)] {
        let refused = check(pending, Confirmation::Count(named)).unwrap_err();
        assert!(refused.contains(&format!("{pending} are pending now")), "{refused}");
    }
    // Only the scanned subtree counts.
    let mut known = known(&all);
    known.pending = known.directories.values().map(|d| d.id).collect();
    let below = CategoryConfig::default().scope("d0001".parse().unwrap()).unwrap();
    assert_eq!(check_confirmation(&known, &below, Confirmation::Count(1)), Ok(()));
}

/// The paths of the pending and of the vanished directories after a listing of `left`.
fn decided(before: &KnownCategory, left: &[&str], confirmation: Option<Confirmation>) -> (Vec<String>, Vec<String>) {
    let scope = excludes(&[]);
    let policy = Policy {
        scope: &scope,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation,
        now: NOW,
    };
    let (plan, held) = plan(before, listing(left), &StoredContent::default(), policy).unwrap();
    assert_eq!(held.is_some(), !plan.pending.is_empty());
    let paths = |is_wanted: &dyn Fn(&DirectoryId) -> bool| {
        let found = before.directories.iter().filter(|(_, d)| is_wanted(&d.id));
        found.map(|(p, _)| p.to_string()).collect()
    };
    (
        paths(&|id| plan.pending.contains(id)),
        paths(&|id| plan.vanished.contains(id)),
    )
}

#[test]
fn what_a_repository_needs_is_always_pending() {
    let tree = [
        "",
        "38",
        "38/os",
        "38/os/Packages",
        "38/os/repodata",
        "39",
        "39/os",
        "39/os/repodata",
    ];
    let mut before = known(&tree);
    before.repositories = BTreeMap::from([("38/os".parse().unwrap(), vec!["fedora-38/x86_64".to_owned()])]);
    let all = ["38", "38/os", "38/os/Packages", "38/os/repodata"];
    // The whole tree above it is kept, and another one goes.
    let (pending, vanished) = decided(&before, &["", "39"], None);
    assert_eq!(
        (pending, vanished),
        (
            all.map(str::to_owned).to_vec(),
            vec!["39/os".to_owned(), "39/os/repodata".to_owned()]
        )
    );
    // Its metadata alone is enough, its packages are not.
    let left = ["", "38", "38/os", "39", "39/os", "39/os/repodata"];
    assert_eq!(
        decided(&before, &left, None),
        (vec!["38/os/repodata".to_owned()], vec!["38/os/Packages".to_owned()])
    );
    // It goes if it was confirmed, or announced together with the repository.
    let left = ["", "39", "39/os", "39/os/repodata"];
    before.pending = decided_ids(&before, &all);
    assert_eq!(
        decided(&before, &left, Some(Confirmation::Count(4))).0,
        Vec::<String>::new()
    );
    for (path, until, repositories, pending) in [
        ("38", NOW.0 + 1, 1, 0),
        ("38", NOW.0 + 1, 0, 4),
        ("38", NOW.0, 1, 4),
        ("39", NOW.0 + 1, 1, 4),
    ] {
        before.expected = vec![ExpectedRemoval {
            path: path.parse().unwrap(),
            until: Timestamp(until),
            repositories,
        }];
        assert_eq!(
            decided(&before, &left, None).0.len(),
            pending,
            "{path} {until} {repositories}"
        );
    }
}

fn decided_ids(known: &KnownCategory, paths: &[&str]) -> BTreeSet<DirectoryId> {
    let of = |path: &&str| known.directories[&path.parse::<DirPath>().unwrap()].id;
    paths.iter().map(of).collect()
}

#[test]
fn announced_removals_need_no_confirmation_however_many() {
    let old: Vec<String> = (0..70).map(|n| format!("old/{n:02}")).collect();
    let new: Vec<String> = (0..40).map(|n| format!("new/{n:02}")).collect();
    let all: Vec<&str> = ["", "new", "old"]
        .into_iter()
        .chain(old.iter().chain(&new).map(String::as_str))
        .collect();
    let left: Vec<&str> = ["", "new"].into_iter().chain(new.iter().map(String::as_str)).collect();
    let mut before = known(&all);
    assert_eq!(decided(&before, &left, None).0.len(), 71);
    before.expected = vec![ExpectedRemoval {
        path: "old".parse().unwrap(),
        until: Timestamp(NOW.0 + 60),
        repositories: 0,
    }];
    assert_eq!(decided(&before, &left, None).1.len(), 71);
    // The rest is judged as usual.
    let (pending, vanished) = decided(&before, &["", "new"], None);
    assert_eq!((pending.len(), vanished.len()), (0, 111), "40 more are few");
}

#[test]
fn a_rejected_removal_stays_pending_and_does_not_count() {
    let paths: Vec<String> = (1..200).map(|n| format!("d{n:04}")).collect();
    let all: Vec<&str> = std::iter::once("").chain(paths.iter().map(String::as_str)).collect();
    let mut before = known(&all);
    before.pending = before.directories.values().map(|d| d.id).skip(1).take(60).collect();
    before.rejected = before.pending.clone();
    let left: Vec<&str> = std::iter::once("").chain(all[62..].iter().copied()).collect();
    let (pending, vanished) = decided(&before, &left, None);
    assert_eq!(
        (pending.len(), vanished),
        (60, vec!["d0061".to_owned()]),
        "one more is few"
    );
    let (pending, vanished) = decided(&before, &left, Some(Confirmation::Count(60)));
    assert_eq!((pending.len(), vanished.len()), (0, 61), "a rejection can be revised");
}

#[test]
fn a_removed_repomd_of_a_repository_needs_confirmation() {
    let mut before = known(&["", "repodata"]);
    before.repositories = BTreeMap::from([(DirPath::top(), vec!["fedora-43/x86_64".to_owned()])]);
    let scope = excludes(&[]);
    let policy = |confirmation| Policy {
        scope: &scope,
        retention: Duration::ZERO,
        removal_percent: 10,
        confirmation,
        now: NOW,
    };
    let stored = StoredContent {
        files: BTreeMap::new(),
        details: BTreeMap::from([(DirectoryId(2), vec![detail("a")])]),
    };
    let mut now = listing(&["", "repodata"]);
    let repodata: DirPath = "repodata".parse().unwrap();
    now.directories.get_mut(&repodata).unwrap().content = Some(DirectoryContent::default());
    let (held, report) = plan(&before, now.clone(), &stored, policy(None)).unwrap();
    assert_eq!((held.pending.len(), held.changes_something()), (1, false));
    assert_eq!(report.unwrap().repositories, ["fedora-43/x86_64".to_owned()].into());
    before.pending = [DirectoryId(2)].into();
    let (unread, _) = plan(&before, listing(&["", "repodata"]), &stored, policy(None)).unwrap();
    assert_eq!(
        unread.pending.len(),
        1,
        "a listing that did not read it resolves nothing"
    );
    let (confirmed, report) = plan(&before, now, &stored, policy(Some(Confirmation::Count(1)))).unwrap();
    assert_eq!(
        (confirmed.gone.len(), confirmed.removed_of(&before.pending), report),
        (1, 1, None)
    );
    let (back, report) = plan(&before, with_repomd("a"), &stored, policy(None)).unwrap();
    assert_eq!((back.pending.len(), report), (0, None));
}
