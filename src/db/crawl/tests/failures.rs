//! Failed crawls: disabling and re-enabling hosts.

use super::*;

#[test]
fn an_unreachable_host_is_disabled_and_reenabled() {
    let mut w = fixture();
    let host = w.host(2);
    let failed = result(&host, CategoryOutcome::Inconclusive, inventory_with(&host, &[1]), &[]);
    assert!(w.commit(&host, &failed).disabled.is_none());
    assert!(w.commit(&host, &failed).disabled.is_some());
    assert_eq!(w.number("SELECT user_active FROM host WHERE id = 2"), 0);
    assert_eq!(w.number("SELECT crawl_failures FROM host WHERE id = 2"), 2);
    assert_eq!(
        w.number("SELECT count(*) FROM host WHERE id = 2 AND disable_reason IS NOT NULL"),
        1
    );
    assert!(w.commit(&host, &failed).disabled.is_none(), "only once");
    let host = w.host(2);
    assert_eq!(w.plan(&Selection::default()).disabled, [HostId(2), HostId(6)].into());
    let good = result(&host, CategoryOutcome::Complete, inventory_with(&host, &[1]), &[]);
    assert!(w.commit(&host, &good).reenabled);
    assert_eq!(
        w.number("SELECT user_active FROM host WHERE id = 2 AND disabled_by IS NULL"),
        1
    );
    assert_eq!(w.number("SELECT count(*) FROM audit_log WHERE entity = 'host'"), 2);
}

#[test]
fn hosts_disabled_by_admin_or_owner_stay_disabled() {
    let mut w = fixture();
    let all = Selection {
        include_disabled: true,
        ..Selection::default()
    };
    let plan = w.plan(&all);
    let host = plan.hosts.iter().find(|h| h.id == HostId(5)).unwrap();
    let good = result(host, CategoryOutcome::Complete, inventory_with(host, &[1]), &[]);
    assert!(!w.commit(host, &good).reenabled);
    assert_eq!(w.number("SELECT user_active FROM host WHERE id = 5"), 0);
    let failed = result(host, CategoryOutcome::Inconclusive, inventory_with(host, &[1]), &[]);
    for _ in 0..3 {
        assert!(w.commit(host, &failed).disabled.is_none());
    }
    assert_eq!(
        w.number("SELECT count(*) FROM host WHERE id = 5 AND disabled_by = 'admin'"),
        1
    );
}

/// A host with two categories, of which one is crawled at a time.
#[test]
fn one_responding_category_prevents_disabling() {
    let mut w = fixture();
    w.sql("INSERT INTO host_category_url (host_category_id, url) VALUES (11, 'http://other.org/x')");
    let host = w.host(1);
    let mut other = Inventory::new(HostCategoryId(11));
    let failed = result(&host, CategoryOutcome::Inconclusive, inventory_with(&host, &[1]), &[]);
    let mut failures = |checked_at: i64, tries: u32, always: i64| {
        w.sql(&format!(
            "UPDATE host_category SET always_up2date = {always} WHERE id = 11; UPDATE host SET crawl_failures = 0"
        ));
        (other.checked_at, other.inconclusive_tries) = (Timestamp(checked_at), tries);
        w.db.write(|tx| inventory::put(tx, &other)).unwrap();
        w.commit(&host, &failed);
        w.number("SELECT crawl_failures FROM host WHERE id = 1")
    };
    assert_eq!(
        failures(NOW.0 - 99, 0, 0),
        0,
        "the other category responded to its last crawl"
    );
    assert_eq!(failures(NOW.0 - 99, 1, 0), 1, "it did not");
    assert_eq!(failures(0, 0, 0), 1, "it was never crawled");
    assert_eq!(failures(NOW.0 - 99, 0, 1), 1, "it is not crawled");
}

#[test]
fn downtime_that_begins_during_the_host_crawl_is_used() {
    let mut w = fixture();
    let host = w.host(2);
    w.sql("INSERT INTO host_downtime (host_id, starts_at, ends_at) VALUES (2, 1000010, 1000030)");
    let failed = result(&host, CategoryOutcome::Inconclusive, inventory_with(&host, &[1]), &[]);
    for _ in 0..3 {
        assert_eq!(w.commit(&host, &failed), Committed::default());
    }
    assert_eq!(w.number("SELECT crawl_failures FROM host WHERE id = 2"), 0);
    w.sql("DELETE FROM host_downtime; UPDATE host SET user_active = 0, disabled_by = 'crawler' WHERE id = 2");
    w.sql("INSERT INTO host_downtime (host_id, starts_at, ends_at) VALUES (2, 1000010, 1000030)");
    let good = result(&host, CategoryOutcome::Complete, inventory_with(&host, &[1]), &[]);
    assert!(!w.commit(&host, &good).reenabled);
    w.sql("DELETE FROM host_downtime");
    assert!(w.commit(&host, &good).reenabled);
}

#[test]
fn a_disabled_host_is_not_warned() {
    let mut w = fixture();
    let host = w.host(2);
    let failed = result(&host, CategoryOutcome::Inconclusive, inventory_with(&host, &[1]), &[]);
    for (warn_after_failures, warned) in [(1, [true, false]), (2, [false, false])] {
        w.sql("UPDATE host SET crawl_failures = 0, user_active = 1, disabled_by = NULL WHERE id = 2");
        let rules = CommitOptions {
            warn_after_failures,
            ..rules()
        };
        for (n, warned) in warned.into_iter().enumerate() {
            let committed = w.db.write(|tx| commit(tx, &host, &failed, &rules)).unwrap();
            assert_eq!((committed.warned, committed.disabled.is_some()), (warned, n == 1));
        }
    }
}
