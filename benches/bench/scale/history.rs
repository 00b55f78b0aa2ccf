//! Crawl results, thirty for each host category, and the findings of the last one.

use mirrormanager::model::Timestamp;
use rusqlite::{Transaction, params};

use super::random::Random;
use super::tree::{Tree, category_id};

const CRAWLS: i64 = 30;
const HOUR: i64 = 3_600;
/// (percent, number of findings) of the host categories with findings.
const FINDING_COUNTS: [(usize, usize); 4] = [(40, 3), (30, 12), (20, 40), (10, 100)];
/// (percent, code of the finding)
const CODES: [(usize, &str); 5] = [
    (50, "missing"),
    (20, "size"),
    (15, "repomd-outdated"),
    (10, "forbidden"),
    (5, "timeout"),
];

pub(super) fn write(tx: &Transaction<'_>, tree: &Tree, now: Timestamp) {
    for run in 1..=CRAWLS {
        let at = now.0 - (CRAWLS - run) * 12 * HOUR;
        tx.execute(
            "INSERT INTO run (id, job, scope, started_at, ended_at, exit, pid, \"user\") VALUES (?, 'crawl', '', ?, ?, 0, 1, 'mm')",
            params![run, at - HOUR, at],
        )
        .unwrap();
    }
    let mut random = Random::from_seed(11);
    for (id, host, category) in crawled(tx) {
        crawls(tx, &mut random, host, category, now);
        // One in three has findings.
        if random.chance_percent(33) {
            let count = *random.weighted(&FINDING_COUNTS);
            findings(tx, &mut random, tree, (id, category), count, now);
        }
    }
}

/// Returns the host categories that are crawled: (id, host, category).
fn crawled(tx: &Transaction<'_>) -> Vec<(i64, i64, i64)> {
    let mut all = tx
        .prepare("SELECT id, host_id, category_id FROM host_category WHERE NOT always_up2date ORDER BY id")
        .unwrap();
    let rows = all.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn crawls(tx: &Transaction<'_>, random: &mut Random, host: i64, category: i64, now: Timestamp) {
    let mut insert = tx
        .prepare_cached(
            "INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", \
             outdated_allowed, outdated, unknown_hash, staged, inconclusive) VALUES (?, ?, ?, ?, ?, ?, 200, ?, ?, ?, 0, 0, ?)",
        )
        .unwrap();
    for run in 1..=CRAWLS {
        let at = now.0 - (CRAWLS - run) * 12 * HOUR - i64::try_from(random.below(3_600)).unwrap();
        let outcome = if random.chance_percent(96) {
            "complete"
        } else {
            "inconclusive"
        };
        let unanswered = i64::try_from(random.below(2)).unwrap();
        let lagging = [0, 0, 0, 3][usize::try_from(run % 4).unwrap()];
        insert
            .execute(params![
                run,
                host,
                category,
                outcome,
                at - 60,
                at,
                9_000 + run,
                lagging,
                40,
                unanswered
            ])
            .unwrap();
    }
}

fn findings(
    tx: &Transaction<'_>,
    random: &mut Random,
    tree: &Tree,
    (id, category): (i64, i64),
    count: usize,
    now: Timestamp,
) {
    let own: Vec<(usize, &str)> = (tree.directories.iter().enumerate())
        .filter(|(_, d)| category_id(d.category) == category)
        .map(|(place, d)| (place + 1, d.path.as_str()))
        .collect();
    let mut insert = tx
        .prepare_cached(
            "INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen) \
             VALUES (?, ?, ?, ?, ?, ?, '1234567 bytes', '1200000 bytes')",
        )
        .unwrap();
    for _ in 0..count {
        let (directory, path) = own[random.below(own.len())];
        let url = format!("https://mirror.example.org/pub/{path}/");
        let reason = random.weighted(&CODES);
        insert
            .execute(params![
                id,
                i64::try_from(directory).unwrap(),
                CRAWLS,
                now.0 - HOUR,
                url,
                reason
            ])
            .unwrap();
    }
}
