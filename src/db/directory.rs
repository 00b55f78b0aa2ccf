//! Directories of the master, as every stage reads them. [`crate::db::scan`] writes them.

use std::borrow::Cow;

use serde::Deserialize;

use super::connection::{DbError, ResultRow, Tx, params};
use crate::formats::file_sample;
use crate::model::Timestamp;
use crate::model::file::SampledFile;
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::names::DirPath;
use crate::model::registry_data::PublishedDirectory;

/// A row of `directory`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Its row.
    pub id: DirectoryId,
    /// In which category.
    pub category: CategoryId,
    /// Below its top.
    pub path: DirPath,
    /// Whether the world may read it.
    pub readable: bool,
    /// The time by which a change is noticed.
    pub ctime: i64,
    /// The short list, sorted by name.
    pub files: Vec<SampledFile>,
    /// The generation in which it last changed.
    pub changed_seq: ScanSeq,
    /// When our scans saw it first.
    pub first_seen: Timestamp,
    /// Since when it is missing from the master.
    pub vanished_at: Option<Timestamp>,
}

/// The name of an entry of a short list, and that the rest of it is as it should be.
#[derive(Debug, Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "size")]
    _size: Option<u64>,
    #[serde(rename = "timestamp")]
    _timestamp: i64,
}

fn row(r: &ResultRow<'_, '_>) -> Result<DirectoryRow, DbError> {
    let files: String = r.get(5)?;
    let id = DirectoryId(r.int("directory", 0)?);
    Ok(DirectoryRow {
        id,
        category: CategoryId(r.get(1)?),
        path: r.parsed("directory", 2)?,
        readable: r.get(3)?,
        ctime: r.get(4)?,
        files: serde_json::from_str(&files).map_err(|e| DbError::BadRow {
            table: "directory",
            what: format!("files of {id}: {e}"),
        })?,
        changed_seq: ScanSeq(r.get(6)?),
        first_seen: Timestamp(r.get(7)?),
        vanished_at: r.get::<Option<i64>>(8)?.map(Timestamp),
    })
}

/// All directories of a category, vanished ones too, in no particular order.
pub fn of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<DirectoryRow>, DbError> {
    made_of_category(tx, category, |directory| directory)
}

/// What `make` makes of each directory of a category, one after the other: short lists are long, and not all of them are in memory at
/// once.
pub(super) fn made_of_category<T>(
    tx: &Tx<'_>,
    category: CategoryId,
    mut make: impl FnMut(DirectoryRow) -> T,
) -> Result<Vec<T>, DbError> {
    tx.all(
        "SELECT id, category_id, path, readable, ctime, files, changed_seq, first_seen, vanished_at FROM directory \
         WHERE category_id = $1",
        params![category],
        |r| row(r).map(&mut make),
    )
}

/// What publishing wants of the directories of a category, in no particular order; vanished ones are left out.
pub(super) fn published_of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<PublishedDirectory>, DbError> {
    tx.all(
        "SELECT id, category_id, path, readable, files, changed_seq FROM directory \
         WHERE category_id = $1 AND vanished_at IS NULL",
        params![category],
        |r| {
            let id = DirectoryId(r.int("directory", 0)?);
            let bad = |e: &dyn std::fmt::Display| DbError::BadRow {
                table: "directory",
                what: format!("files of {id}: {e}"),
            };
            let names: Vec<Named<'_>> = serde_json::from_str(r.text("directory", 4)?).map_err(|e| bad(&e))?;
            // Of most large directories a few names are known: these are of no use, and very many.
            let whole = file_sample::is_complete(names.iter().map(|n| &*n.name));
            Ok(PublishedDirectory {
                id,
                category: CategoryId(r.get(1)?),
                path: r.parsed("directory", 2)?,
                readable: r.get(3)?,
                files: whole.then(|| names.into_iter().map(|n| n.name.into_owned()).collect()),
                changed_seq: ScanSeq(r.get(5)?),
            })
        },
    )
}

/// The category's scan generation.
pub fn scan_seq(tx: &Tx<'_>, category: CategoryId) -> Result<ScanSeq, DbError> {
    tx.one("SELECT scan_seq FROM category WHERE id = $1", params![category], |r| {
        r.get(0)
    })
    .map(ScanSeq)
}
