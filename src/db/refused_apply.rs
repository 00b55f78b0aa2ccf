//! Registry files that `mm-admin apply` did not apply, because too many hosts are affected: an operator decides on them.
//!
//! Only the path and the hash of a file are kept, and not its content, in which there are addresses of people.

use serde::Deserialize;

use super::audit_log::Author;
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// A row of `refused_apply`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RefusedApply {
    pub id: i64,
    /// The absolute path.
    pub file: String,
    /// The SHA-256 of the file as it was, in hexadecimal.
    pub sha256: String,
    pub prune: bool,
    pub force: bool,
    /// The number of affected hosts, which a confirmation must name.
    pub affected: u64,
    /// The number of all hosts at that time.
    pub hosts: u64,
    pub refused_at: Timestamp,
    pub user: String,
}

/// Returns what was refused after `since`, oldest first.
pub(crate) fn all(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<RefusedApply>, DbError> {
    tx.rows(
        "SELECT id, file, sha256, prune, force, affected, hosts, refused_at, refused_by AS \"user\" FROM refused_apply \
         WHERE refused_at > $1 ORDER BY id",
        params![since],
    )
}

/// Records that a file was refused, instead of what was recorded about it before, whose ID stays. The ID of `row` is not used.
pub(crate) fn put(tx: &Tx<'_>, author: &Author, row: &RefusedApply) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO refused_apply (file, sha256, prune, force, affected, hosts, refused_at, refused_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (file) DO UPDATE SET sha256 = excluded.sha256, \
         prune = excluded.prune, force = excluded.force, affected = excluded.affected, hosts = excluded.hosts, \
         refused_at = excluded.refused_at, refused_by = excluded.refused_by",
        params![
            &row.file,
            &row.sha256,
            row.prune,
            row.force,
            row.affected,
            row.hosts,
            author.at,
            &author.user
        ],
    )
}

/// Removes what is recorded about a file: it was applied, or an operator rejected it.
pub(crate) fn remove(tx: &Tx<'_>, file: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM refused_apply WHERE file = $1", params![file])
}
