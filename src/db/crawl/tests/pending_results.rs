//! Results awaiting confirmation.

use super::*;

#[test]
fn pending_results_are_applied_only_if_not_superseded() {
    let mut w = fixture();
    let plan = w.host(1);
    let before = inventory_with(&plan, &[1, 2, 3]);
    w.db.write(|tx| inventory::put(tx, &before)).unwrap();
    let plan = HostPlan {
        categories: w.host(1).categories,
        ..plan
    };
    w.sql("INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (2, 'crawl', '', 0, 1, 'u')");
    let mut lost = result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1]), &[2, 3]);
    (lost.run, lost.categories[0].inventory.run) = (RunId(2), Some(RunId(2)));
    let wait = |w: &mut Fixture| {
        let good = positive_only(&plan, &lost, false).unwrap();
        assert!(
            good.categories[0].inventory.present.contains(3)
                && good.categories[0].negatives == NegativeResults::default()
        );
        w.commit(&plan, &good);
        w.db.write(|tx| store(tx, &plan, &lost)).unwrap();
        assert_eq!(w.db.read(pending).unwrap().len(), 1);
    };
    wait(&mut w);
    assert_eq!(w.inventory(10).present.len(), 3, "nothing is lost yet");
    let confirmed =
        w.db.write(|tx| confirm(tx, RunId(2), &retention, &rules().author))
            .unwrap();
    assert_eq!(confirmed.hosts, ["good.org"]);
    assert_eq!(w.inventory(10).present.iter().collect::<Vec<_>>(), [1]);
    assert!(w.db.read(pending).unwrap().is_empty());
    // A revert removes all inventories of the run.
    let reverted = w.db.write(|tx| revert(tx, RunId(2), &[], &rules().author)).unwrap();
    assert_eq!((reverted.reverted, w.inventory(10).present.len()), (2, 3));
    // A later crawl supersedes the pending result.
    wait(&mut w);
    let mut again = result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1, 2]), &[3]);
    again.categories[0].inventory.run = Some(RunId(1));
    w.commit(&plan, &again);
    assert!(w.db.read(pending).unwrap().is_empty(), "nothing of it is open any more");
    let confirmed =
        w.db.write(|tx| confirm(tx, RunId(2), &retention, &rules().author))
            .unwrap();
    assert_eq!(confirmed, Confirmed::default());
    assert_eq!(w.inventory(10).present.len(), 2);
    let reverted = w.db.write(|tx| revert(tx, RunId(2), &[], &rules().author)).unwrap();
    assert_eq!(
        (reverted.reverted, reverted.superseded, w.inventory(10).present.len()),
        (0, 1, 2)
    );
}

/// Host 1 had all three directories; each of two runs finds more of them lost.
struct TwoRuns {
    w: Fixture,
    first: HostResult,
    second: HostResult,
}

impl TwoRuns {
    fn new() -> Self {
        let mut w = fixture();
        w.sql(
            "INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (2, 'crawl', 'C', 0, 1, 'u'), \
             (3, 'crawl', 'C', 0, 1, 'u'), (4, 'crawl', 'C', 0, 1, 'u')",
        );
        let plan = w.host(1);
        w.db.write(|tx| inventory::put(tx, &inventory_with(&plan, &[1, 2, 3])))
            .unwrap();
        let mut runs = Self {
            first: result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1, 2]), &[3]),
            second: result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1]), &[2, 3]),
            w,
        };
        for (night, run) in [(&mut runs.first, 2), (&mut runs.second, 3)] {
            night.run = RunId(run);
            night.categories[0].inventory.run = Some(RunId(run));
        }
        runs
    }

    /// Stores a result as pending, as a run does. Returns true if it is stored under this run.
    fn store_pending(&mut self, result: &HostResult) -> bool {
        let plan = self.w.host(1);
        let good = positive_only(&plan, result, false).unwrap();
        self.w.commit(&plan, &good);
        self.w.db.write(|tx| store(tx, &plan, result)).unwrap()
    }

    fn runs(&mut self) -> Vec<i64> {
        self.w.db.read(pending).unwrap().into_iter().map(|p| p.run.0).collect()
    }

    fn present(&mut self) -> Vec<u32> {
        self.w.inventory(10).present.iter().collect()
    }

    fn confirm(&mut self, run: i64) -> Confirmed {
        self.w
            .db
            .write(|tx| confirm(tx, RunId(run), &retention, &rules().author))
            .unwrap()
    }
}

#[test]
fn repeated_losses_stay_pending_under_the_first_run() {
    let mut runs = TwoRuns::new();
    let (first, second) = (runs.first.clone(), runs.second.clone());
    assert!(runs.store_pending(&first));
    assert!(!runs.store_pending(&second), "it is already pending");
    assert_eq!((runs.runs(), runs.present()), (vec![2], vec![1, 2, 3]));
    let waits = runs.w.db.read(|tx| pending_categories(tx, HostId(1))).unwrap();
    assert_eq!(waits[0].lost.iter().collect::<Vec<_>>(), [3]);
    assert_eq!(runs.w.db.read(pending_runs).unwrap()[0].hosts, 1);
    // The first result is applied, not the later one.
    assert_eq!(runs.confirm(2).hosts, ["good.org"]);
    assert_eq!((runs.runs(), runs.present()), (vec![], vec![1, 2]));
    assert!(runs.w.inventory(10).pending_probe.contains(2) && !runs.w.inventory(10).pending_probe.contains(3));
    assert_eq!(runs.w.inventory(10).run, Some(RunId(2)));
    // And it can be reverted.
    let reverted = runs
        .w
        .db
        .write(|tx| revert(tx, RunId(2), &[], &rules().author))
        .unwrap();
    assert_eq!((reverted.reverted, runs.present()), (1, vec![1, 2, 3]));
}

#[test]
fn directories_found_present_or_changed_since_are_not_applied() {
    let mut runs = TwoRuns::new();
    let second = runs.second.clone();
    assert!(runs.store_pending(&second));
    // A later partial crawl finds one of them present: the other is still pending.
    let plan = runs.w.host(1);
    let mut later = result(
        &plan,
        CategoryOutcome::Complete,
        plan.categories[0].previous.clone(),
        &[],
    );
    later.run = RunId(4);
    later.categories[0].inventory.run = Some(RunId(4));
    later.categories[0].inventory.pending_probe.remove(2);
    runs.w.commit(&plan, &later);
    assert_eq!(runs.runs(), [3]);
    assert_eq!(runs.confirm(3).hosts, ["good.org"]);
    assert_eq!(runs.present(), [1, 2]);

    let mut runs = TwoRuns::new();
    assert!(runs.store_pending(&second));
    runs.w.commit(&plan, &later);
    runs.w
        .sql("UPDATE category SET scan_seq = 6 WHERE id = 1; UPDATE directory SET changed_seq = 6 WHERE id = 3");
    runs.confirm(3);
    assert_eq!(runs.present(), [1, 2, 3], "the master has changed it since");

    // All of them are present: nothing is pending.
    let mut runs = TwoRuns::new();
    assert!(runs.store_pending(&second));
    later.categories[0].inventory.pending_probe.clear();
    runs.w.commit(&plan, &later);
    assert_eq!(runs.runs(), [0; 0]);
}

#[test]
fn requests_of_pending_results_are_counted_once() {
    let mut runs = TwoRuns::new();
    let first = runs.first.clone();
    runs.store_pending(&first);
    runs.confirm(2);
    assert_eq!(
        runs.w.number("SELECT sum(requests) FROM crawl_result WHERE run_id = 2"),
        9
    );
    assert_eq!(runs.w.number("SELECT outdated FROM crawl_result WHERE run_id = 2"), 1);
    let plan = runs.w.host(1);
    let mut missing = result(&plan, CategoryOutcome::CategoryMissing, inventory_with(&plan, &[]), &[]);
    (missing.run, missing.categories[0].inventory.run) = (RunId(4), Some(RunId(4)));
    assert!(positive_only(&plan, &missing, false).is_none());
    assert!(runs.w.db.write(|tx| store(tx, &plan, &missing)).unwrap());
    assert_eq!(
        runs.w.number("SELECT sum(requests) FROM crawl_result WHERE run_id = 4"),
        9
    );
    assert_eq!((runs.present(), runs.runs()), (vec![1, 2], vec![4]));
    runs.confirm(4);
    assert_eq!(runs.present(), [0; 0]);
    assert_eq!(runs.w.number("SELECT count(*) FROM crawl_result WHERE run_id = 4"), 1);
}

#[test]
fn unknown_hashes_are_unlisted_at_once_if_allowed() {
    let mut w = fixture();
    let plan = w.host(1);
    w.db.write(|tx| inventory::put(tx, &inventory_with(&plan, &[1, 2, 3])))
        .unwrap();
    let plan = w.host(1);
    let mut bad = result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1]), &[2]);
    bad.categories[0].negatives.unknown_hash.insert(3);
    for (keep_unknown_hash, present) in [(true, vec![1, 2]), (false, vec![1, 2, 3])] {
        let good = positive_only(&plan, &bad, keep_unknown_hash).unwrap();
        assert_eq!(good.categories[0].inventory.present.iter().collect::<Vec<_>>(), present);
        assert_eq!(
            good.categories[0].negatives.unknown_hash.len(),
            u64::from(keep_unknown_hash)
        );
    }
}

#[test]
fn losses_that_two_later_runs_found_again_are_applied_after_a_time() {
    const HOURS: Duration = Duration::from_hours(48);
    let mut runs = TwoRuns::new();
    let first = runs.first.clone();
    let again = |run: i64| {
        let mut later = first.clone();
        later.run = RunId(run);
        later.categories[0].inventory.run = Some(RunId(run));
        later
    };
    let apply = |runs: &mut TwoRuns, scope: &str, hours: i64| {
        let at = Timestamp(first.ended_at.0 + hours * 3_600);
        let author = Author { at, ..rules().author };
        let scopes = [scope.to_owned()];
        let work = |tx: &Tx<'_>| confirm_agreed(tx, &scopes, HOURS, &retention, &author);
        runs.w.db.write(work).unwrap()
    };
    assert!(runs.store_pending(&first));
    // A run counts once, and only if it found the same.
    for _ in 0..2 {
        runs.store_pending(&again(3));
    }
    let plan = runs.w.host(1);
    let mut other = result(&plan, CategoryOutcome::Complete, inventory_with(&plan, &[1, 3]), &[2]);
    other.run = RunId(4);
    runs.w.db.write(|tx| store(tx, &plan, &other)).unwrap();
    assert!(apply(&mut runs, "C", 49).is_empty(), "one run agrees");
    runs.store_pending(&again(4));
    assert!(apply(&mut runs, "C", 47).is_empty(), "too early");
    assert!(
        apply(&mut runs, "D", 49).is_empty(),
        "the lock of its scope is not held"
    );
    assert_eq!(runs.present(), [1, 2, 3]);
    let applied = apply(&mut runs, "C", 49);
    assert_eq!(applied[&RunId(2)].hosts, ["good.org"]);
    assert_eq!((runs.runs(), runs.present()), (vec![], vec![1, 2]));
    let logged = runs
        .w
        .number("SELECT count(*) FROM audit_log WHERE entity = 'pending' AND \"key\" = 'crawl-2'");
    assert_eq!(logged, 1);
}

#[test]
fn rejected_results_are_discarded() {
    let mut runs = TwoRuns::new();
    let first = runs.first.clone();
    assert!(runs.store_pending(&first));
    let rejected = runs.w.db.write(|tx| reject(tx, RunId(2), &rules().author)).unwrap();
    assert_eq!((rejected, runs.present()), (vec!["good.org".to_owned()], vec![1, 2, 3]));
    assert!(runs.store_pending(&runs.second.clone()), "a later run finds them again");
}
