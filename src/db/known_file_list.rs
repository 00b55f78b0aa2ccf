//! File lists that the master had. A mirror with the same list has followed the master up to that scan.

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::CategoryId;
use crate::model::listing::KnownFileList;

/// The number of lists kept for each category.
const KEPT: i64 = 20;

/// Records the list that a scan read. A list that is read again gets the later scan sequence.
pub(crate) fn put(tx: &Tx<'_>, category: CategoryId, list: KnownFileList, at: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO known_file_list (category_id, scan_seq, size, \"timestamp\", seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (category_id, size, \"timestamp\") DO UPDATE SET scan_seq = excluded.scan_seq, \
         seen_at = excluded.seen_at",
        params![category, list.scan_seq, list.size, list.timestamp, at],
    )?;
    tx.execute(
        "DELETE FROM known_file_list WHERE category_id = $1 AND id NOT IN \
         (SELECT id FROM known_file_list WHERE category_id = $1 ORDER BY scan_seq DESC, id DESC LIMIT $2)",
        params![category, KEPT],
    )
}

/// Returns all lists of a category, in no particular order.
pub(crate) fn of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<KnownFileList>, DbError> {
    tx.rows(
        "SELECT scan_seq, size, \"timestamp\" FROM known_file_list WHERE category_id = $1",
        params![category],
    )
}
