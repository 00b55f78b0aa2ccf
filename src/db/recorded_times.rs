//! Times that programs recorded. If one is later than the clock, it was recorded with a wrong clock; whatever is computed from it
//! stands still until that time comes. An operator who accepts the clock sets such times back.

use serde_json::Value;

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// A column of times, with its statements: `$1` is the present time.
struct TimeColumn {
    #[cfg(test)]
    name: &'static str,
    count: &'static str,
    set_back: &'static str,
}

macro_rules! time_columns {
    ($($table:literal: $($column:literal),+;)+) => {
        [$($(TimeColumn {
            #[cfg(test)]
            name: concat!($table, ".", $column),
            count: concat!("SELECT count(*) FROM ", $table, " WHERE \"", $column, "\" > $1"),
            set_back: concat!("UPDATE ", $table, " SET \"", $column, "\" = $1 WHERE \"", $column, "\" > $1"),
        },)+)+]
    };
}

/// All columns with the time of something that happened.
const COLUMNS: &[TimeColumn] = &time_columns! {
    "version": "first_seen";
    "category": "scanned_at";
    "directory": "first_seen", "vanished_at", "opened_at";
    "file_detail": "first_seen", "superseded_at";
    "refused_version": "first_seen", "ended_at";
    "pending_removal": "since", "rejected_at";
    "pending_result": "stored_at";
    "proposed_move": "since", "rejected_at";
    "refused_apply": "refused_at";
    "scan_watch": "seen_at";
    "known_file_list": "seen_at";
    "repository": "first_seen";
    "unresolved_directory": "first_seen", "last_seen", "acknowledged_at";
    "host": "last_crawled";
    "run": "started_at", "ended_at";
    "inventory": "checked_at", "inconclusive_since", "last_full_probe_at";
    "crawl_result": "started_at", "ended_at";
    "finding": "seen_at";
    "published_generation": "published_at";
    "alert": "since", "notified_at";
    "alert_event": "since", "happened_at";
    "mail_queue": "queued_at", "next_attempt_at", "claimed_until", "failed_at";
    "mail_digest": "created_at";
    "owner_notice": "since";
};

/// Statements that come first: periods that began in the future keep their length, and statistics, of which there is one row for
/// each time, are removed.
const PERIODS: [(&str, &str); 5] = [
    (
        "SELECT count(*) FROM expected_removal WHERE announced_at > $1",
        "UPDATE expected_removal SET expires_at = expires_at - (announced_at - $1), announced_at = $1 WHERE announced_at > $1",
    ),
    (
        "SELECT count(*) FROM version_decision WHERE decided_at > $1",
        "UPDATE version_decision SET expires_at = expires_at - (decided_at - $1), decided_at = $1 WHERE decided_at > $1",
    ),
    (
        "SELECT count(*) FROM job_pause WHERE paused_at > $1",
        "UPDATE job_pause SET paused_until = paused_until - (paused_at - $1), paused_at = $1 WHERE paused_at > $1",
    ),
    (
        "SELECT count(*) FROM pin WHERE pinned_at > $1",
        "UPDATE pin SET pinned_until = pinned_until - (pinned_at - $1), pinned_at = $1 WHERE pinned_at > $1",
    ),
    (
        "SELECT count(*) FROM propagation_stat WHERE taken_at > $1",
        "DELETE FROM propagation_stat WHERE taken_at > $1",
    ),
];

/// Keys of times in columns with JSON.
const JSON_KEYS: [&str; 6] = [
    "since",
    "checked_at",
    "inconclusive_since",
    "last_full_probe_at",
    "started_at",
    "ended_at",
];

/// Returns the number of recorded times that are later than `now`.
pub(crate) fn count_after(tx: &Tx<'_>, now: Timestamp) -> Result<u64, DbError> {
    let periods = PERIODS.iter().map(|(count, _)| *count);
    let counts = periods.chain(COLUMNS.iter().map(|c| c.count));
    counts.map(|sql| tx.row::<u64>(sql, params![now])).sum()
}

/// Sets all recorded times that are later than `now` to `now`, and returns their number. Not in the audit log, which is never
/// rewritten; nothing is computed from its times.
pub(crate) fn set_back(tx: &Tx<'_>, now: Timestamp) -> Result<u64, DbError> {
    let periods = PERIODS.iter().map(|(_, set_back)| *set_back);
    let statements = periods.chain(COLUMNS.iter().map(|c| c.set_back));
    let changed: Result<u64, DbError> = statements.map(|sql| tx.execute_counted(sql, params![now])).sum();
    Ok(changed? + set_back_exceptions(tx, now)? + set_back_pending_results(tx, now)?)
}

fn set_back_exceptions(tx: &Tx<'_>, now: Timestamp) -> Result<u64, DbError> {
    let rows: Vec<(i64, i64, String)> = tx.rows(
        "SELECT host_category_id, seq, exceptions FROM inventory WHERE exceptions <> '{}'",
        params![],
    )?;
    let mut changed = 0;
    for (host_category, seq, text) in rows {
        if let Some((text, count)) = set_back_json(&text, now) {
            tx.execute(
                "UPDATE inventory SET exceptions = $3 WHERE host_category_id = $1 AND seq = $2",
                params![host_category, seq, text],
            )?;
            changed += count;
        }
    }
    Ok(changed)
}

fn set_back_pending_results(tx: &Tx<'_>, now: Timestamp) -> Result<u64, DbError> {
    let rows: Vec<(i64, String)> = tx.rows("SELECT id, result FROM pending_result", params![])?;
    let mut changed = 0;
    for (id, text) in rows {
        if let Some((text, count)) = set_back_json(&text, now) {
            tx.execute("UPDATE pending_result SET result = $2 WHERE id = $1", params![id, text])?;
            changed += count;
        }
    }
    Ok(changed)
}

/// Returns the JSON text with the times set back, and their number; `None` if there are none, or the text is invalid.
fn set_back_json(text: &str, now: Timestamp) -> Option<(String, u64)> {
    fn walk(value: &mut Value, now: Timestamp) -> u64 {
        match value {
            Value::Object(fields) => fields
                .iter_mut()
                .map(|(key, value)| {
                    let is_late = value.as_i64().is_some_and(|t| t > now.0);
                    if is_late && JSON_KEYS.contains(&key.as_str()) {
                        *value = now.0.into();
                        return 1;
                    }
                    walk(value, now)
                })
                .sum(),
            Value::Array(values) => values.iter_mut().map(|value| walk(value, now)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }
    let mut value = serde_json::from_str(text).ok()?;
    let changed = walk(&mut value, now);
    (changed > 0).then(|| (value.to_string(), changed))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Config;
    use crate::db::{self, Db};

    /// Columns whose times are no record of what happened here: facts about files of the master, and announced times.
    const OTHER: [&str; 11] = [
        "directory.ctime",
        "file_detail.timestamp",
        "known_file_list.timestamp",
        "repository.newest_only_until",
        "host_downtime.starts_at",
        "host_downtime.ends_at",
        // An announced time that is set by hand.
        "job_pause.paused_until",
        "pin.pinned_until",
        "expected_removal.expires_at",
        "version_decision.expires_at",
        "refused_version.timestamp",
    ];
    /// Columns of [`PERIODS`], and the audit log.
    const SPECIAL: [&str; 6] = [
        "expected_removal.announced_at",
        "job_pause.paused_at",
        "version_decision.decided_at",
        "pin.pinned_at",
        "propagation_stat.taken_at",
        "audit_log.changed_at",
    ];

    const NOW: i64 = 1000;

    const ROWS: &str = "INSERT INTO product (id, name) VALUES (1, 'P');
        INSERT INTO category (id, name, product_id, topdir, scanned_at) VALUES (1, 'C', 1, 'c', 2000);
        INSERT INTO version (id, product_id, name, first_seen) VALUES (1, 1, '43', 2000);
        INSERT INTO arch (id, name) VALUES (1, 'x86_64');
        INSERT INTO directory (id, category_id, path, readable, ctime, changed_seq, first_seen, vanished_at) VALUES (1, 1, '', 1, 3000, 1, 900, 2000);
        INSERT INTO repository (id, name, category_id, version_id, arch_id, first_seen) VALUES (1, 'r', 1, 1, 1, 2000);
        INSERT INTO site (id, name) VALUES (1, 'S');
        INSERT INTO host (id, site_id, name, last_crawled) VALUES (1, 1, 'h.example.org', 2000);
        INSERT INTO host_category (id, host_id, category_id) VALUES (1, 1, 1);
        INSERT INTO run (id, job, scope, started_at, ended_at, pid, \"user\") VALUES (1, 'scan', '', 900, 950, 1, 'u'),
          (2, 'scan', '', 950, 2000, 1, 'u');
        INSERT INTO inventory (host_category_id, seq, scan_seq, checked_at, present, missing, exceptions) VALUES
          (1, 1, 1, 2000, x'', x'', '{\"1\":{\"state\":\"inconclusive\",\"since\":2000,\"tries\":5000,\"detail\":null}}');
        INSERT INTO pending_result (run_id, host_id, result, stored_at) VALUES (2, 1, '{\"result\":{\"ended_at\":2000,\"directory\":3000}}', 2000);
        INSERT INTO expected_removal (category_id, path, expires_at, repositories, announced_by, announced_at) VALUES (1, 'old', 2600, 0, 'u', 2000);
        INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, inconclusive) VALUES
          (1, 900, 1, 1, 1, 1, 1), (1, 2000, 1, 1, 1, 1, 1), (1, 2001, 1, 1, 1, 1, 1);
        INSERT INTO pin VALUES ('t', 'g', 2600, '', 'u', 2000), ('endless', 'g', NULL, '', 'u', 2000), ('right', 'g', 3000, '', 'u', 900);
        INSERT INTO job_pause (job, paused_until, reason, paused_by, paused_at) VALUES ('crawl', 2600, '', 'u', 2000);
        INSERT INTO alert VALUES ('scan', '', 'k', 'm', 2000, 2000);
        INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\") VALUES (2000, 'u', 'p', 'e', 'k');";

    fn database() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            database: format!("sqlite:{}", dir.path().join("mm.db").display()),
            ..Config::default()
        };
        db::init(&config).unwrap();
        (dir, Db::open(&config).unwrap())
    }

    #[test]
    fn every_column_with_a_time_is_listed() {
        let (_dir, mut db) = database();
        let columns: Vec<String> = db
            .read(|tx| {
                tx.rows(
                    "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
                     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.type = 'INTEGER'",
                    params![],
                )
            })
            .unwrap();
        let is_time = |column: &&String| {
            let name = column.split('.').next_back().unwrap_or_default();
            ["_at", "_seen", "_until", "_since"]
                .iter()
                .any(|end| name.ends_with(end))
                || ["since", "until", "timestamp", "ctime", "last_crawled"].contains(&name)
        };
        let found: BTreeSet<&str> = columns.iter().filter(is_time).map(String::as_str).collect();
        let listed = COLUMNS.iter().map(|c| c.name).chain(OTHER).chain(SPECIAL);
        assert_eq!(
            found,
            listed.collect(),
            "add new columns to COLUMNS, or explain in OTHER why not"
        );
    }

    #[test]
    fn times_of_the_future_are_set_back_once() {
        let (_dir, mut db) = database();
        db.connection().execute_batch(ROWS).unwrap();
        let now = Timestamp(NOW);
        assert!(db.read(|tx| count_after(tx, now)).unwrap() > 10);
        let changed = db.write(|tx| set_back(tx, now)).unwrap();
        assert!(changed > 10, "{changed}");
        assert_eq!(db.read(|tx| count_after(tx, now)).unwrap(), 0);
        assert_eq!(db.write(|tx| set_back(tx, now)).unwrap(), 0);
        let mut number = |sql: &'static str| -> Option<i64> { db.read(|tx| tx.row(sql, params![])).unwrap() };
        for (sql, expected) in [
            ("SELECT started_at FROM run WHERE id = 1", Some(900)),
            ("SELECT ended_at FROM run WHERE id = 1", Some(950)),
            ("SELECT ended_at FROM run WHERE id = 2", Some(NOW)),
            ("SELECT vanished_at FROM directory", Some(NOW)),
            ("SELECT first_seen FROM directory", Some(900)),
            ("SELECT ctime FROM directory", Some(3000)),
            ("SELECT json_extract(exceptions, '$.1.since') FROM inventory", Some(NOW)),
            (
                "SELECT json_extract(exceptions, '$.1.tries') FROM inventory",
                Some(5000),
            ),
            (
                "SELECT json_extract(result, '$.result.ended_at') FROM pending_result",
                Some(NOW),
            ),
            (
                "SELECT json_extract(result, '$.result.directory') FROM pending_result",
                Some(3000),
            ),
            ("SELECT count(*) FROM propagation_stat", Some(1)),
            // Ten minutes, from now.
            ("SELECT paused_until FROM job_pause", Some(NOW + 600)),
            ("SELECT expires_at FROM expected_removal", Some(NOW + 600)),
            ("SELECT stored_at FROM pending_result", Some(NOW)),
            ("SELECT pinned_until FROM pin WHERE target = 't'", Some(NOW + 600)),
            ("SELECT pinned_until FROM pin WHERE target = 'endless'", None),
            ("SELECT pinned_until FROM pin WHERE target = 'right'", Some(3000)),
            ("SELECT changed_at FROM audit_log", Some(2000)),
        ] {
            assert_eq!(number(sql), expected, "{sql}");
        }
    }
}
