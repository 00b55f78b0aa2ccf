//! The audit log of the registry: every change with its author, and the row before and after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// The author of the changes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    /// The user, from `sudo` or the login.
    pub user: String,
    pub program: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditEntry {
    pub id: i64,
    /// The first entry of its transaction; the entries of a transaction are undone together.
    pub group: i64,
    /// The group that this entry undoes, if it is an undo.
    pub undoes: Option<i64>,
    pub changed_at: Timestamp,
    pub changed_by: String,
    pub program: String,
    /// The kind of row, as `mm-admin` names it.
    pub entity: String,
    /// The ID of the row, if it was recorded.
    #[serde(skip_serializing)]
    pub row_id: Option<i64>,
    pub key: String,
    /// The row before, as JSON; `None` if it did not exist.
    pub old: Option<serde_json::Value>,
    /// The row after; `None` if it was removed.
    pub new: Option<serde_json::Value>,
}

/// Writes one entry, in the transaction of the change. The entries of a transaction are one group.
pub(crate) fn record<T: Serialize>(
    tx: &Tx<'_>,
    author: &Author,
    entity: &str,
    key: &str,
    old: Option<&T>,
    new: Option<&T>,
) -> Result<(), DbError> {
    record_row(tx, author, (entity, key, None), old, new)
}

/// Writes one entry like [`record`], for (entity, key, ID of the row).
pub(super) fn record_row<T: Serialize>(
    tx: &Tx<'_>,
    author: &Author,
    (entity, key, row): (&str, &str, Option<i64>),
    old: Option<&T>,
    new: Option<&T>,
) -> Result<(), DbError> {
    let json = |v: Option<&T>| v.map(serde_json::to_string).transpose();
    let (old, new) = (json(old)?, json(new)?);
    let group = tx.change_group.get();
    let id = tx.insert(
        "INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new, group_id, row_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        params![
            author.at,
            &author.user,
            &author.program,
            entity,
            key,
            old,
            new,
            group,
            row
        ],
    )?;
    if group.is_none() {
        tx.execute("UPDATE audit_log SET group_id = $1 WHERE id = $1", params![id])?;
        tx.change_group.set(Some(id));
    }
    Ok(())
}

/// Marks the entries of this transaction as the undo of a group.
pub(super) fn mark_undo(tx: &Tx<'_>, undone: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE audit_log SET undoes = $1 WHERE group_id = $2",
        params![undone, tx.change_group.get()],
    )
}

/// Returns the last `limit` entries, newest first; only those of one entity or key if given.
pub(crate) fn recent(
    tx: &Tx<'_>,
    entity: Option<&str>,
    key: Option<&str>,
    limit: u32,
) -> Result<Vec<AuditEntry>, DbError> {
    tx.rows(
        "SELECT id, coalesce(group_id, id) AS \"group\", undoes, changed_at, changed_by, program, entity, row_id, \"key\", old, new FROM audit_log \
         WHERE ($1 IS NULL OR entity = $1) AND ($2 IS NULL OR \"key\" = $2) ORDER BY id DESC LIMIT $3",
        params![entity, key, limit],
    )
}

/// Returns when a program last changed each row of an entity, by key.
pub(crate) fn last_changes(tx: &Tx<'_>, entity: &str, program: &str) -> Result<BTreeMap<String, Timestamp>, DbError> {
    let rows: Vec<(String, Timestamp)> = tx.rows(
        "SELECT \"key\", max(changed_at) FROM audit_log WHERE entity = $1 AND program = $2 GROUP BY \"key\"",
        params![entity, program],
    )?;
    Ok(rows.into_iter().collect())
}

/// Returns the group of entry `id`, oldest first; empty if the entry does not exist.
pub(crate) fn entries_of_group(tx: &Tx<'_>, id: i64) -> Result<Vec<AuditEntry>, DbError> {
    tx.rows(
        "SELECT id, coalesce(group_id, id) AS \"group\", undoes, changed_at, changed_by, program, entity, row_id, \"key\", old, new FROM audit_log \
         WHERE coalesce(group_id, id) = (SELECT coalesce(group_id, id) FROM audit_log WHERE id = $1) ORDER BY id",
        params![id],
    )
}

/// Returns the entries of one row after entry `id`, oldest first.
pub(crate) fn entries_after(tx: &Tx<'_>, entity: &str, key: &str, id: i64) -> Result<Vec<AuditEntry>, DbError> {
    tx.rows(
        "SELECT id, coalesce(group_id, id) AS \"group\", undoes, changed_at, changed_by, program, entity, row_id, \"key\", old, new FROM audit_log \
         WHERE entity = $1 AND \"key\" = $2 AND id > $3 ORDER BY id",
        params![entity, key, id],
    )
}

/// Returns every undo as (its group, the undone group), newest first.
pub(crate) fn undos(tx: &Tx<'_>) -> Result<Vec<(i64, i64)>, DbError> {
    tx.rows(
        "SELECT DISTINCT group_id, undoes FROM audit_log WHERE undoes IS NOT NULL ORDER BY group_id DESC",
        params![],
    )
}
