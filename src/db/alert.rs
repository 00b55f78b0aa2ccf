//! Problems that last: so that a job run by cron says each when it begins, changes, ends, and once a day.

use std::collections::BTreeMap;

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// What became of a problem with this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertChange {
    /// It is new, or its text changed.
    Opened(String),
    /// It has lasted a day since it was last said.
    StillOpen(String, Timestamp),
    /// It is over.
    Resolved(String, Timestamp),
}

/// Compares what a run found (`key` → message) with what the last ones said, stores the new state, and returns what is worth
/// saying now. A problem that was not found is over only where the run looked: `judged` says so of its key.
pub fn update(
    tx: &Tx<'_>,
    job: &str,
    scope: &str,
    found: &BTreeMap<String, String>,
    judged: &dyn Fn(&str) -> bool,
    now: Timestamp,
) -> Result<Vec<AlertChange>, DbError> {
    const DAY: std::time::Duration = std::time::Duration::from_hours(24);
    let known: BTreeMap<String, (String, Timestamp, Timestamp)> = tx
        .all(
            "SELECT \"key\", message, since, notified_at FROM alert WHERE job = $1 AND scope = $2",
            params![job, scope],
            |r| Ok((r.get(0)?, (r.get(1)?, Timestamp(r.get(2)?), Timestamp(r.get(3)?)))),
        )?
        .into_iter()
        .collect();
    let mut news = Vec::new();
    for (key, message) in found {
        let since = match known.get(key) {
            Some((old, since, said)) if old == message => {
                if now.since(*said) < DAY {
                    continue;
                }
                news.push(AlertChange::StillOpen(message.clone(), *since));
                *since
            }
            Some((_, since, _)) => {
                news.push(AlertChange::Opened(message.clone()));
                *since
            }
            None => {
                news.push(AlertChange::Opened(message.clone()));
                now
            }
        };
        tx.execute(
            "INSERT INTO alert (job, scope, \"key\", message, since, notified_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (job, scope, \"key\") DO UPDATE SET message = excluded.message, notified_at = excluded.notified_at",
            params![job, scope, key, message, since, now],
        )?;
    }
    for (key, (message, since, _)) in &known {
        if !found.contains_key(key) && judged(key) {
            tx.execute(
                "DELETE FROM alert WHERE job = $1 AND scope = $2 AND \"key\" = $3",
                params![job, scope, key],
            )?;
            news.push(AlertChange::Resolved(message.clone(), *since));
        }
    }
    Ok(news)
}
