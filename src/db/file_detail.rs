//! File details, for reading. [`crate::db::scan`] writes them.

use super::connection::{DbError, ResultRow, Tx, params};
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, ScannedDetail};
use crate::model::ids::{CategoryId, DirectoryId, FileDetailId, ScanSeq};

fn row(r: &ResultRow<'_, '_>) -> Result<FileDetail, DbError> {
    Ok(FileDetail {
        id: FileDetailId(r.get(0)?),
        directory: DirectoryId(r.int("file_detail", 1)?),
        file: ScannedDetail {
            filename: r.get(2)?,
            timestamp: r.get(3)?,
            size: r.int("file_detail", 4)?,
            hashes: Hashes {
                md5: r.get(5)?,
                sha1: r.get(6)?,
                sha256: r.get(7)?,
                sha512: r.get(8)?,
            },
        },
        first_seq: ScanSeq(r.get(9)?),
        superseded_seq: r.get::<Option<i64>>(10)?.map(ScanSeq),
        first_seen: Timestamp(r.get(11)?),
        superseded_at: r.get::<Option<i64>>(12)?.map(Timestamp),
    })
}

/// Returns all versions of all files of a category, oldest first.
pub fn of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<FileDetail>, DbError> {
    tx.all(
        "SELECT f.id, f.directory_id, f.filename, f.timestamp, f.size, f.md5, f.sha1, f.sha256, f.sha512, f.first_seq, \
         f.superseded_seq, f.first_seen, f.superseded_at \
         FROM file_detail f JOIN directory d ON d.id = f.directory_id WHERE d.category_id = $1 ORDER BY f.id",
        params![category],
        row,
    )
}

/// Returns the newest version of each file with details in one directory.
pub(crate) fn newest_of(tx: &Tx<'_>, directory: DirectoryId) -> Result<Vec<FileDetail>, DbError> {
    tx.all(
        "SELECT id, directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, superseded_seq, \
         first_seen, superseded_at FROM file_detail WHERE directory_id = $1 AND superseded_seq IS NULL ORDER BY id",
        params![directory],
        row,
    )
}
