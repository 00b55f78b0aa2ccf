//! File details, for reading. [`crate::db::scan`] writes them.

use super::connection::{DbError, Tx, params};
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId};

/// Returns all versions of all files of a category, oldest first.
pub fn of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<FileDetail>, DbError> {
    tx.rows(
        "SELECT f.id, f.directory_id, f.filename, f.timestamp, f.size, f.md5, f.sha1, f.sha256, f.sha512, f.first_seq, \
         f.superseded_seq, f.first_seen, f.superseded_at \
         FROM file_detail f JOIN directory d ON d.id = f.directory_id WHERE d.category_id = $1 ORDER BY f.id",
        params![category],
    )
}

/// Returns the newest version of each file with details in one directory.
pub(crate) fn newest_of(tx: &Tx<'_>, directory: DirectoryId) -> Result<Vec<FileDetail>, DbError> {
    tx.rows(
        "SELECT id, directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, superseded_seq, \
         first_seen, superseded_at FROM file_detail WHERE directory_id = $1 AND superseded_seq IS NULL ORDER BY id",
        params![directory],
    )
}
