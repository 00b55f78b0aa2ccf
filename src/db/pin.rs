//! Pins: targets that were rolled back and keep their generation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// The name of pins in the audit log; the key is the target.
pub(crate) const ENTITY: &str = "pin";

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

/// Returns the pin of a target, also an expired one.
fn find(tx: &Tx<'_>, target: &str) -> Result<Option<Pin>, DbError> {
    tx.optional_row(
        "SELECT target, generation, pinned_until AS until, reason, pinned_by AS by, pinned_at AS at FROM pin WHERE target = $1",
        params![target],
    )
}

/// Pins a target, or replaces its pin.
pub(crate) fn put(tx: &Tx<'_>, author: &Author, p: &Pin) -> Result<(), DbError> {
    let before = find(tx, &p.target)?;
    tx.execute(
        "INSERT INTO pin (target, generation, pinned_until, reason, pinned_by, pinned_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (target) DO UPDATE SET generation = excluded.generation, pinned_until = excluded.pinned_until, \
         reason = excluded.reason, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at",
        params![&p.target, &p.generation, p.until, &p.reason, &p.by, p.at],
    )?;
    audit_log::record(tx, author, ENTITY, &p.target, before.as_ref(), Some(p))
}

/// Unpins a target, if it is pinned.
pub(crate) fn remove(tx: &Tx<'_>, author: &Author, target: &str) -> Result<(), DbError> {
    let Some(before) = find(tx, target)? else {
        return Ok(());
    };
    tx.execute("DELETE FROM pin WHERE target = $1", params![target])?;
    audit_log::record(tx, author, ENTITY, target, Some(&before), None)
}
