//! Alerts: a job reports a problem when it appears, changes or is resolved, and once a day while it persists.

use std::collections::BTreeMap;

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// A change of an alert that is to be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AlertChange {
    /// A new problem, or a changed message.
    Opened(String),
    /// A problem that persists a day after its last report, with its start.
    StillOpen(String, Timestamp),
    /// A resolved problem, with its start.
    Resolved(String, Timestamp),
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
    const DAY: std::time::Duration = std::time::Duration::from_hours(24);
    let known: BTreeMap<String, (String, Timestamp, Timestamp)> = tx
        .rows(
            "SELECT \"key\", message, since, notified_at FROM alert WHERE job = $1 AND scope = $2",
            params![job, scope],
        )?
        .into_iter()
        .collect();
    let mut changes = Vec::new();
    for (key, message) in found {
        let old = known.get(key);
        // A time of the future was recorded with a wrong clock: the alert must not stay silent until then.
        let since = old.map_or(now, |(_, since, _)| *since).min(now);
        match old.filter(|(old, ..)| old == message) {
            Some((.., notified)) if *notified <= now && now.since(*notified) < DAY => continue,
            Some(_) => changes.push(AlertChange::StillOpen(message.clone(), since)),
            None => changes.push(AlertChange::Opened(message.clone())),
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
            tx.execute(
                "DELETE FROM alert WHERE job = $1 AND scope = $2 AND \"key\" = $3",
                params![job, scope, key],
            )?;
            changes.push(AlertChange::Resolved(message.clone(), *since));
        }
    }
    Ok(changes)
}
