//! Reads crawls, findings and propagation for the public pages, with few statements for all hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::connection::{Db, DbError, Tx, params};
use super::propagation;
use crate::model::history::{MAX_CRAWLS_PER_HOST_CATEGORY, PageHistory, PastCrawl, PastFinding};
use crate::model::ids::HostCategoryId;

/// Returns the data of the pages, and a warning for each unreadable row.
pub(crate) fn read(db: &mut Db) -> Result<(PageHistory, Vec<String>), DbError> {
    let (history, bad) = db.read_tolerant(read_all)?;
    let warnings = bad.iter().map(|row| format!("left out of the pages: {}", row.what));
    Ok((history, warnings.collect()))
}

fn read_all(tx: &Tx<'_>) -> Result<PageHistory, DbError> {
    Ok(PageHistory {
        crawls: grouped(crawls(tx)?),
        findings: grouped(findings(tx)?),
        propagation: grouped(propagation::all(tx)?),
    })
}

/// Groups rows by key, in their order.
fn grouped<K: Ord, V>(rows: Vec<(K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut out: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, row) in rows {
        out.entry(key).or_default().push(row);
    }
    out
}

fn crawls(tx: &Tx<'_>) -> Result<Vec<(HostCategoryId, PastCrawl)>, DbError> {
    // The oldest row to read for each host category comes from the index on (host_id, id), so that years of crawls cost no more.
    // It is materialized: otherwise it would be computed again for every row.
    tx.rows(
        "WITH wanted AS MATERIALIZED (SELECT hc.id, hc.host_id, hc.category_id, COALESCE((SELECT o.id FROM crawl_result o \
         WHERE o.host_id = hc.host_id AND o.category_id = hc.category_id ORDER BY o.id DESC LIMIT 1 OFFSET $1), 0) AS oldest \
         FROM host_category hc) \
         SELECT w.id, r.ended_at, r.outcome, r.\"current\", r.outdated_allowed, r.outdated, r.unknown_hash, r.inconclusive \
         FROM wanted w JOIN crawl_result r ON r.host_id = w.host_id AND r.category_id = w.category_id AND r.id >= w.oldest \
         ORDER BY r.id",
        params![MAX_CRAWLS_PER_HOST_CATEGORY - 1],
    )
}

fn findings(tx: &Tx<'_>) -> Result<Vec<(HostCategoryId, PastFinding)>, DbError> {
    // A hundred thousand rows contain few different codes.
    let mut codes: BTreeSet<Arc<str>> = BTreeSet::new();
    tx.all(
        "SELECT host_category_id, directory_id, reason, expected, seen FROM finding ORDER BY id",
        params![],
        |r| {
            let (id, directory, code, expected, received) = r.read::<(_, _, &str, _, _)>()?;
            let code = codes.get(code).map_or_else(|| Arc::from(code), Arc::clone);
            codes.insert(Arc::clone(&code));
            let finding = PastFinding {
                directory,
                code,
                expected,
                received,
            };
            Ok((id, finding))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::db;
    use crate::model::ids::DirectoryId;
    use crate::model::plan::CategoryOutcome;

    const ROWS: &str = "INSERT INTO product (id, name) VALUES (1, 'Fedora');
        INSERT INTO category (id, name, product_id, topdir) VALUES (1, 'Linux', 1, 'a'), (2, 'EPEL', 1, 'b');
        INSERT INTO directory (id, category_id, path, readable, ctime, changed_seq, first_seen) VALUES (7, 1, 'x', 1, 1, 1, 1);
        INSERT INTO site (id, name) VALUES (1, 'Site');
        INSERT INTO host (id, site_id, name) VALUES (1, 1, 'a.example.org'), (2, 1, 'b.example.org');
        INSERT INTO host_category (id, host_id, category_id) VALUES (11, 1, 1), (12, 1, 2), (21, 2, 1);
        INSERT INTO finding (host_category_id, directory_id, seen_at, url, reason, expected, seen) VALUES
          (11, 7, 5, 'u', 'size', '2 bytes', '1 bytes'), (11, NULL, 6, 'u', 'timeout', 'an answer', 'none');";

    fn database() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            database: format!("sqlite:{}", dir.path().join("mm.db").display()),
            ..Config::default()
        };
        db::init(&config).unwrap();
        let mut db = Db::open(&config).unwrap();
        let conn = db.connection();
        conn.execute_batch(ROWS).unwrap();
        for n in 1..=40_i64 {
            conn.execute(
                "INSERT INTO run (id, job, scope, started_at, pid, \"user\") VALUES (?1, 'crawl', '', ?1, 1, 'me')",
                [n],
            )
            .unwrap();
            for (host, category) in [(1, 1), (1, 2)] {
                let outcome = ["complete", "category-missing", "inconclusive"][usize::try_from(n % 3).unwrap()];
                conn.execute(
                    "INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \
                     \"current\", outdated_allowed, outdated, unknown_hash, staged, inconclusive) \
                     VALUES (?1, ?2, ?3, ?4, ?1, ?1, 1, 10, 2, 3, 4, 5, 6)",
                    rusqlite::params![n, host, category, outcome],
                )
                .unwrap();
            }
        }
        (dir, db)
    }

    #[test]
    fn the_last_crawls_of_each_category_are_sorted_oldest_first() {
        let (_dir, mut db) = database();
        let (history, warnings) = read(&mut db).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(history.crawls.len(), 2);
        for id in [11, 12] {
            let crawls = &history.crawls[&HostCategoryId(id)];
            let at: Vec<i64> = crawls.iter().map(|c| c.ended_at.0).collect();
            assert_eq!(at, (11..=40).collect::<Vec<_>>());
            let last = crawls.last().unwrap();
            assert_eq!(
                (last.outcome, last.current, last.inconclusive),
                (CategoryOutcome::CategoryMissing, 10, 6)
            );
            assert_eq!(crawls[28].outcome, CategoryOutcome::Complete);
        }
    }

    #[test]
    fn findings_are_grouped() {
        let (_dir, mut db) = database();
        let (history, _) = read(&mut db).unwrap();
        let found = &history.findings[&HostCategoryId(11)];
        assert_eq!(found[0].directory, Some(DirectoryId(7)));
        assert_eq!((&*found[0].code, &*found[0].received), ("size", "1 bytes"));
        assert_eq!((found[1].directory, &*found[1].code), (None, "timeout"));
    }

    #[test]
    fn unreadable_rows_are_left_out_with_a_warning() {
        let (_dir, mut db) = database();
        db.connection()
            .execute_batch("UPDATE crawl_result SET outdated_allowed = -1 WHERE id = 80")
            .unwrap();
        let (history, warnings) = read(&mut db).unwrap();
        assert_eq!(history.crawls[&HostCategoryId(12)].len(), 29);
        assert!(
            warnings.len() == 1 && warnings[0].contains("crawl_result"),
            "{warnings:?}"
        );
    }
}
