//! Plans and commits against a real database file.

use std::time::Duration;

use roaring::RoaringBitmap;

use super::*;
use crate::config::Config;
use crate::db::crawl::plan::{CRAWLED_RECENTLY, OUTSIDE_WINDOW};
use crate::db::{self, Db};
use crate::model::Timestamp;
use crate::model::file::VersionRetention;
use crate::model::ids::{HostId, RunId};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::names::MirrorUrl;
use crate::model::plan::{Finding, NegativeResults, StatusCounts};

mod failures;
mod pending_results;

const NOW: Timestamp = Timestamp(1_000_000);

struct Fixture {
    _dir: tempfile::TempDir,
    db: Db,
}

/// Creates one category of four directories at scan sequence 5 (3 has two versions of a repomd.xml), and hosts of every kind.
fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        database: format!("sqlite:{}", dir.path().join("mm.db").display()),
        ..Config::default()
    };
    db::init(&config).unwrap();
    let mut db = Db::open(&config).unwrap();
    db.connection()
        .execute_batch(
            "INSERT INTO product (id, name) VALUES (1, 'P');
             INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES (1, 'C', 1, 'pub', 5), (2, 'D', 1, 'x', 0);
             INSERT INTO directory (id, category_id, path, readable, ctime, files, changed_seq, first_seen, vanished_at) VALUES
                (1, 1, '', 1, 0, '[]', 1, 0, NULL),
                (2, 1, 'a', 1, 0, '[{\"name\":\"f\",\"size\":3,\"timestamp\":0},
                    {\"name\":\"link\",\"size\":null,\"timestamp\":0}]', 1, 0, NULL),
                (3, 1, 'a/repodata', 1, 0, '[]', 3, 0, NULL),
                (4, 1, 'category-missing', 1, 0, '[]', 1, 0, 7);
             INSERT INTO file_detail (id, directory_id, filename, timestamp, size, sha256, first_seq, superseded_seq,
                first_seen, superseded_at) VALUES
                (40, 3, 'repomd.xml', 0, 1, 'old', 1, 3, 0, 900000),
                (41, 3, 'repomd.xml', 0, 1, 'new', 3, NULL, 900000, NULL);
             INSERT INTO site (id, name) VALUES (1, 'S'), (2, 'off');
             UPDATE site SET user_active = 0 WHERE id = 2;
             INSERT INTO host (id, site_id, name, last_crawl_duration) VALUES
                (1, 1, 'good.org', 10), (2, 1, 'slow.org', 500), (3, 1, 'private.org', 1), (4, 1, 'down.org', 1),
                (5, 1, 'admin-off.org', 1), (6, 1, 'crawler-off.org', 1), (7, 2, 'site-off.org', 1),
                (8, 1, 'rsync.org', 1), (9, 1, 'always.org', 1);
             UPDATE host SET private = 1 WHERE id = 3;
             UPDATE host SET user_active = 0, disabled_by = 'admin' WHERE id = 5;
             UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'x', crawl_failures = 4 WHERE id = 6;
             INSERT INTO host_downtime (host_id, starts_at, ends_at) VALUES (4, 999000, 1000001), (1, 1, 2);
             INSERT INTO host_category (id, host_id, category_id) SELECT id * 10, id, 1 FROM host;
             UPDATE host_category SET always_up2date = 1 WHERE host_id = 9;
             INSERT INTO host_category (id, host_id, category_id) VALUES (11, 1, 2);
             INSERT INTO host_category_url (host_category_id, url, private)
                SELECT id, 'http://h' || id || '.org/pub', 0 FROM host_category WHERE host_id <> 8;
             INSERT INTO host_category_url (host_category_id, url, private) VALUES
                (10, 'https://h10.org/pub', 0), (10, 'https://secret.h10.org/pub', 1), (10, 'rsync://h10.org/pub', 0),
                (80, 'rsync://h80.org/pub', 0);
             INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (1, 'crawl', '', 0, 1, 'u');",
        )
        .unwrap();
    Fixture { _dir: dir, db }
}

fn retention(_: &str) -> VersionRetention {
    VersionRetention {
        previous: Duration::from_hours(48),
        older: Duration::from_hours(72),
    }
}

impl Fixture {
    fn plan(&mut self, selection: &Selection) -> Plan {
        self.db.read(|tx| plan(tx, selection, NOW, &retention)).unwrap()
    }

    fn host(&mut self, id: i64) -> HostPlan {
        let plan = self.plan(&Selection::default());
        plan.hosts.into_iter().find(|h| h.id == HostId(id)).unwrap()
    }

    fn commit(&mut self, plan: &HostPlan, result: &HostResult) -> Committed {
        self.db.write(|tx| commit(tx, plan, result, &rules())).unwrap()
    }

    fn inventory(&mut self, id: i64) -> Inventory {
        self.db
            .read(|tx| inventory::find(tx, HostCategoryId(id)))
            .unwrap()
            .unwrap()
    }

    fn sql(&mut self, sql: &str) {
        self.db.connection().execute_batch(sql).unwrap();
    }

    fn number(&mut self, sql: &'static str) -> i64 {
        self.db.read(|tx| tx.row(sql, params![])).unwrap()
    }
}

fn rules() -> CommitOptions {
    CommitOptions {
        warn_after_failures: 0,
        disable_after_failures: 2,
        author: Author {
            user: "u".to_owned(),
            program: "mm-crawl".to_owned(),
            at: NOW,
        },
    }
}

fn result(plan: &HostPlan, outcome: CategoryOutcome, inventory: Inventory, negatives: &[u32]) -> HostResult {
    let category = &plan.categories[0];
    HostResult {
        host: plan.id,
        run: RunId(1),
        started_at: NOW,
        ended_at: Timestamp(NOW.0 + 20),
        requests: 9,
        categories: vec![CategoryResult {
            host_category: category.id,
            category: category.category.id,
            outcome,
            inventory,
            negatives: NegativeResults {
                outdated: negatives.iter().copied().collect(),
                ..NegativeResults::default()
            },
            findings: vec![Finding {
                directory: Some(DirectoryId(2)),
                url: "http://h/".to_owned(),
                code: "size".to_owned(),
                expected: "3".to_owned(),
                received: "4".to_owned(),
            }],
            omitted_findings: 0,
            unprobed: RoaringBitmap::new(),
            retained_findings: 0,
            counts: StatusCounts {
                outdated: u64::try_from(negatives.len()).unwrap(),
                ..StatusCounts::default()
            },
            requests: 9,
            probed_directories: 3,
            probe_method: "head".into(),
        }],
        needs_scan: [(DirectoryId(3), CategoryId(1))].into(),
        is_complete: true,
    }
}

fn inventory_with(plan: &HostPlan, present: &[u32]) -> Inventory {
    let mut h = Inventory::new(plan.categories[0].id);
    h.scan_seq = plan.categories[0].category.scan_seq;
    h.present.extend(present);
    h
}

#[test]
fn plan_has_selected_hosts_slowest_first() {
    let mut w = fixture();
    let plan = w.plan(&Selection::default());
    let names: Vec<&str> = plan.hosts.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["slow.org", "good.org", "crawler-off.org", "rsync.org"]);
    assert_eq!(plan.disabled, [HostId(6)].into());
    let left: BTreeMap<String, &str> = plan.skipped.into_iter().collect();
    assert_eq!(left["private.org"], "private");
    assert_eq!(left["down.org"], "in a downtime");
    assert_eq!((left["admin-off.org"], left["site-off.org"]), ("disabled", "disabled"));
    assert_eq!(left["always.org"], "always current");
    assert_eq!(plan.hosts[3].categories[0].rsync.len(), 1);
    let good = &plan.hosts[1].categories;
    assert_eq!(good.len(), 1, "a category that was never scanned is not crawled");
    let urls: Vec<&str> = good[0].urls.iter().map(MirrorUrl::as_str).collect();
    assert_eq!(urls, ["https://h10.org/pub", "http://h10.org/pub"]);
    let category = &good[0].category;
    assert_eq!(category.scan_seq, ScanSeq(5));
    let paths: Vec<&str> = category.directories.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(paths, ["", "a", "a/repodata"]);
    assert_eq!(category.directories[2].repomd.len(), 2);
    let files: Vec<&str> = category.directories[1].files.iter().map(|f| f.name).collect();
    assert_eq!(files, ["f"], "links are not compared");
}

#[test]
fn hosts_with_staged_directories_that_opened_are_first() {
    let mut w = fixture();
    let host = w.host(1);
    let mut staged = inventory_with(&host, &[1]);
    let exception = DirectoryException {
        state: ExceptionState::Staged,
        since: NOW,
        tries: 1,
        detail: None,
        sha256: None,
    };
    staged.exceptions.insert(DirectoryId(2), exception);
    w.db.write(|tx| inventory::put(tx, &staged)).unwrap();
    let mut first = |readable: i64| {
        w.sql(&format!("UPDATE directory SET readable = {readable} WHERE id = 2"));
        w.plan(&Selection::default()).hosts[0].name.to_string()
    };
    assert_eq!((first(0).as_str(), first(1).as_str()), ("slow.org", "good.org"));
}

#[test]
fn categories_with_the_oldest_result_are_first() {
    let mut w = fixture();
    w.sql(
        "INSERT INTO directory (id, category_id, path, readable, ctime, changed_seq, first_seen) VALUES (5, 2, '', 1, 0, 1, 0);
         INSERT INTO host_category_url (host_category_id, url) VALUES (11, 'http://other.org/x')",
    );
    let mut order = |ten: i64, eleven: i64| {
        for (id, at) in [(10, ten), (11, eleven)] {
            let mut h = Inventory::new(HostCategoryId(id));
            h.checked_at = Timestamp(at);
            h.resume_directory = Some(DirectoryId(2));
            w.db.write(|tx| inventory::put(tx, &h)).unwrap();
        }
        let categories = w.host(1).categories;
        assert_eq!(categories[0].previous.resume_directory, Some(DirectoryId(2)));
        categories.iter().map(|c| c.id.0).collect::<Vec<_>>()
    };
    assert_eq!((order(1, 2), order(2, 1)), (vec![10, 11], vec![11, 10]));
}

#[test]
fn a_selection_narrows_the_plan() {
    let mut w = fixture();
    let all = Selection {
        include_disabled: true,
        ..Selection::default()
    };
    assert_eq!(w.plan(&all).hosts.len(), 6);
    let one = Selection {
        hosts: Some([HostId(2)].into()),
        ..Selection::default()
    };
    assert_eq!(w.plan(&one).hosts.len(), 1);
    let other = Selection {
        categories: Some([CategoryId(2)].into()),
        ..Selection::default()
    };
    assert!(w.plan(&other).hosts.is_empty());
    let parts: Vec<usize> = (1..=3)
        .map(|i| {
            let part = Selection {
                fraction: Some((i, 3)),
                ..Selection::default()
            };
            w.plan(&part).hosts.len()
        })
        .collect();
    assert_eq!(
        (parts.iter().sum::<usize>(), parts.contains(&4)),
        (4, false),
        "{parts:?}"
    );
    w.sql("UPDATE host SET country = 'FR' WHERE id = 2");
    let french = Selection {
        countries: Some(["FR".parse().unwrap()].into()),
        ..Selection::default()
    };
    let names: Vec<String> = w.plan(&french).hosts.iter().map(|h| h.name.to_string()).collect();
    assert_eq!(names, ["slow.org"]);
}

#[test]
fn recently_crawled_hosts_and_closed_windows_are_skipped() {
    let mut w = fixture();
    let mut known = inventory_with(&w.host(1), &[1]);
    known.checked_at = Timestamp(NOW.0 - 3600);
    w.db.write(|tx| inventory::put(tx, &known)).unwrap();
    // NOW is 13:46:40 in UTC.
    w.sql("UPDATE host SET crawl_window = '14:00-15:00' WHERE id = 2");
    let recent = |hours: u64| Selection {
        min_age: Some(Duration::from_hours(hours)),
        ..Selection::default()
    };
    let reasons: BTreeMap<String, &str> = w.plan(&recent(2)).skipped.into_iter().collect();
    assert_eq!(
        (reasons["good.org"], reasons["slow.org"]),
        (CRAWLED_RECENTLY, OUTSIDE_WINDOW)
    );
    assert_eq!(w.plan(&recent(1)).hosts[0].id, HostId(1));
    let named = Selection {
        hosts: Some([HostId(2)].into()),
        ..Selection::default()
    };
    assert_eq!(
        w.plan(&named).hosts.len(),
        1,
        "a named host is crawled outside of its window"
    );
}

#[test]
fn a_result_is_stored_completely() {
    let mut w = fixture();
    let host = w.host(1);
    let r = result(&host, CategoryOutcome::Complete, inventory_with(&host, &[1, 2, 3]), &[]);
    assert_eq!(w.commit(&host, &r), Committed::default());
    assert_eq!(w.inventory(10).present.iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(w.number("SELECT count(*) FROM finding"), 1);
    assert_eq!(w.number("SELECT requests FROM crawl_result"), 9);
    assert_eq!(w.number("SELECT last_crawl_duration FROM host WHERE id = 1"), 20);
    assert_eq!(w.number("SELECT needs_scan FROM directory WHERE id = 3"), 1);
    // The findings of the next crawl replace these; a finding about a removed directory is left out.
    w.sql("DELETE FROM directory WHERE id = 2");
    w.commit(&host, &r);
    assert_eq!(w.number("SELECT count(*) FROM finding"), 0);
    w.sql("DELETE FROM host WHERE id = 1");
    assert!(w.commit(&host, &r).host_removed);
}

#[test]
fn a_scan_between_plan_and_commit_unlists_no_good_mirror() {
    let mut w = fixture();
    let host = w.host(1);
    // It had everything at scan sequence 2, when version 40 was the newest.
    let mut before = inventory_with(&host, &[1, 2, 3]);
    before.scan_seq = ScanSeq(2);
    w.db.write(|tx| inventory::put(tx, &before)).unwrap();
    let host = w.host(host.id.0);
    // The crawl found the directory with the file and all below it missing, and meanwhile a scan saw the master change it.
    let mut found = inventory_with(&host, &[1]);
    found.missing.insert(2);
    let r = result(&host, CategoryOutcome::Complete, found.clone(), &[2, 3]);
    w.sql("UPDATE category SET scan_seq = 6 WHERE id = 1; UPDATE directory SET changed_seq = 6 WHERE id = 2");
    let retracted = w.commit(&host, &r).retracted;
    assert_eq!(retracted, [(HostCategoryId(10), RoaringBitmap::from([2, 3]))].into());
    // A dropped result has no finding and no count.
    assert_eq!(w.number("SELECT count(*) FROM finding"), 0);
    assert_eq!(
        w.number("SELECT outdated * 10 + inconclusive FROM crawl_result ORDER BY id DESC LIMIT 1"),
        2
    );
    let after = w.inventory(10);
    assert_eq!(after.present.iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert!(after.missing.is_empty());
    let pinned = &after.exceptions[&DirectoryId(3)];
    assert_eq!((pinned.state, pinned.tries), (ExceptionState::Inconclusive, 0));
    assert_eq!(
        pinned.detail.map(|d| d.0),
        Some(40),
        "it was never verified to have version 41"
    );
    // Without the scan the same result counts.
    w.sql("UPDATE directory SET changed_seq = 5 WHERE id = 2");
    let host = w.host(1);
    assert!(w.commit(&host, &r).retracted.is_empty());
    assert_eq!(w.number("SELECT count(*) FROM finding"), 1);
    assert_eq!(w.inventory(10).present.iter().collect::<Vec<_>>(), [1]);
}
