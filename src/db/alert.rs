//! Alerts: a job reports a problem when it appears, changes or is resolved, and once a day while it persists.
//!
//! `alert` has the open problems; `alert_event` keeps what happened to them, for the digest.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::alert::{AlertChange, AlertKind, AlertState};

const DAY: Duration = Duration::from_hours(24);
/// Retention of events.
const EVENT_RETENTION: Duration = Duration::from_hours(24 * 30);

/// An open problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenAlert {
    pub job: String,
    pub key: String,
    pub message: String,
    pub since: Timestamp,
}

/// Something that happened to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlertEvent {
    pub happened_at: Timestamp,
    pub job: String,
    pub key: String,
    pub message: String,
    pub since: Timestamp,
    pub is_resolved: bool,
}

/// Returns when the problem of a job with this key appeared.
pub(crate) fn since(tx: &Tx<'_>, job: &str, key: &str) -> Result<Option<Timestamp>, DbError> {
    tx.row(
        "SELECT min(since) FROM alert WHERE job = $1 AND \"key\" = $2",
        params![job, key],
    )
}

/// Compares the problems of a run (`key` → message) with the stored alerts, stores the new state, and returns the changes to
/// report. A problem that was not found is resolved only if the run checked for it: if `judged` returns true for its key.
pub(crate) fn update(
    tx: &Tx<'_>,
    job: &str,
    scope: &str,
    found: &BTreeMap<String, String>,
    judged: &dyn Fn(&str) -> bool,
    now: Timestamp,
) -> Result<Vec<AlertChange>, DbError> {
    let known: BTreeMap<String, (String, Timestamp, Timestamp)> = tx
        .rows(
            "SELECT \"key\", message, since, notified_at FROM alert WHERE job = $1 AND scope = $2",
            params![job, scope],
        )?
        .into_iter()
        .collect();
    let mut changes = Vec::new();
    let mut report = |key: &str, state, message: &str, since| -> Result<(), DbError> {
        if state != AlertState::StillOpen {
            record_event(tx, job, key, message, since, state == AlertState::Resolved, now)?;
        }
        changes.push(AlertChange {
            kind: AlertKind::new(job, key),
            state,
            message: message.to_owned(),
            since,
        });
        Ok(())
    };
    for (key, message) in found {
        let old = known.get(key);
        // A time of the future was recorded with a wrong clock: the alert must not stay silent until then.
        let since = old.map_or(now, |(_, since, _)| *since).min(now);
        match old.filter(|(old, ..)| old == message) {
            Some((.., notified)) if *notified <= now && now.since(*notified) < DAY => continue,
            Some(_) => report(key, AlertState::StillOpen, message, since)?,
            None => report(key, AlertState::Opened, message, since)?,
        }
        tx.execute(
            "INSERT INTO alert (job, scope, \"key\", message, since, notified_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (job, scope, \"key\") DO UPDATE SET message = excluded.message, since = excluded.since, \
             notified_at = excluded.notified_at",
            params![job, scope, key, message, since, now],
        )?;
    }
    for (key, (message, since, _)) in &known {
        if !found.contains_key(key) && judged(key) {
            remove(tx, job, scope, key)?;
            report(key, AlertState::Resolved, message, *since)?;
        }
    }
    Ok(changes)
}

/// Removes an alert without a report.
pub(crate) fn remove(tx: &Tx<'_>, job: &str, scope: &str, key: &str) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM alert WHERE job = $1 AND scope = $2 AND \"key\" = $3",
        params![job, scope, key],
    )
}

/// Records that a problem is over which could not be recorded while it lasted.
pub(crate) fn record_resolved(
    tx: &Tx<'_>,
    job: &str,
    key: &str,
    change: &AlertChange,
    now: Timestamp,
) -> Result<(), DbError> {
    record_event(tx, job, key, &change.message, change.since, true, now)
}

fn record_event(
    tx: &Tx<'_>,
    job: &str,
    key: &str,
    message: &str,
    since: Timestamp,
    is_resolved: bool,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM alert_event WHERE happened_at < $1",
        params![now.minus(EVENT_RETENTION)],
    )?;
    tx.execute(
        "INSERT INTO alert_event (happened_at, job, \"key\", message, since, is_resolved) VALUES ($1, $2, $3, $4, $5, $6)",
        params![now, job, key, message, since, is_resolved],
    )
}

/// Returns all open problems, the oldest first.
pub(crate) fn open(tx: &Tx<'_>) -> Result<Vec<OpenAlert>, DbError> {
    tx.all_rows("SELECT job, \"key\", message, since FROM alert ORDER BY since, job, \"key\"")
}

/// Returns what happened after `since`, oldest first.
pub(crate) fn events_since(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<AlertEvent>, DbError> {
    tx.rows(
        "SELECT happened_at, job, \"key\", message, since, is_resolved FROM alert_event WHERE happened_at > $1 ORDER BY id",
        params![since],
    )
}
