//! Pins: targets that were rolled back and keep their generation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// A row of `pin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub target: String,
    pub generation: String,
    /// The end of the pin; `None` = until it is unpinned.
    pub until: Option<Timestamp>,
    /// The reason; may be empty.
    pub reason: String,
    pub by: String,
    /// The time of the rollback.
    pub at: Timestamp,
}

/// Returns the active pins by target.
pub(crate) fn active(tx: &Tx<'_>, now: Timestamp) -> Result<BTreeMap<String, Pin>, DbError> {
    let rows: Vec<Pin> = tx.rows(
        "SELECT target, generation, pinned_until AS until, reason, pinned_by AS by, pinned_at AS at FROM pin \
         WHERE pinned_until IS NULL OR pinned_until > $1",
        params![now],
    )?;
    Ok(rows.into_iter().map(|p| (p.target.clone(), p)).collect())
}

/// Pins a target, or replaces its pin.
pub(crate) fn put(tx: &Tx<'_>, p: &Pin) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO pin (target, generation, pinned_until, reason, pinned_by, pinned_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (target) DO UPDATE SET generation = excluded.generation, pinned_until = excluded.pinned_until, \
         reason = excluded.reason, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at",
        params![&p.target, &p.generation, p.until, &p.reason, &p.by, p.at],
    )
}

/// Unpins a target. Returns true if it was pinned.
pub(crate) fn remove(tx: &Tx<'_>, target: &str) -> Result<bool, DbError> {
    Ok(tx.execute_counted("DELETE FROM pin WHERE target = $1", params![target])? > 0)
}
