//! Directories of the master, for reading. [`crate::db::scan`] writes them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::connection::{DbError, Tx, params};
use crate::formats::file_sample;
use crate::model::Timestamp;
use crate::model::file::SampledFile;
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::names::DirPath;
use crate::model::registry_data::PublishedDirectory;

/// A row of `directory`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DirectoryRow {
    /// The ID of the row.
    pub id: DirectoryId,
    /// The category it belongs to.
    pub category: CategoryId,
    /// The path below the topdir.
    pub path: DirPath,
    /// True if it is world-readable, with all directories above it.
    pub readable: bool,
    /// The later of change and modification time.
    pub ctime: i64,
    /// The file sample, sorted by name.
    pub files: Vec<SampledFile>,
    /// The scan sequence of its last change.
    pub changed_seq: ScanSeq,
    /// The time of the scan that first saw it.
    pub first_seen: Timestamp,
    /// The time since which it is missing from the master.
    pub vanished_at: Option<Timestamp>,
}

/// An entry of a file sample, of which only the name is kept; the other fields are checked.
#[derive(Debug, Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "size")]
    _size: Option<u64>,
    #[serde(rename = "timestamp")]
    _timestamp: i64,
}

/// Returns all directories of a category, including vanished ones, in no particular order.
pub fn of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<DirectoryRow>, DbError> {
    made_of_category(tx, category, |directory| directory)
}

/// Maps each directory of a category by `make`, one after the other, so that not all file samples are in memory at the same
/// time.
pub(super) fn made_of_category<T>(
    tx: &Tx<'_>,
    category: CategoryId,
    mut make: impl FnMut(DirectoryRow) -> T,
) -> Result<Vec<T>, DbError> {
    tx.all(
        "SELECT id, category_id, path, readable, ctime, files, changed_seq, first_seen, vanished_at FROM directory \
         WHERE category_id = $1",
        params![category],
        |r| r.read().map(&mut make),
    )
}

/// Returns the directories of a category for publishing, in no particular order, without vanished ones.
pub(super) fn published_of_category(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<PublishedDirectory>, DbError> {
    tx.all(
        "SELECT id, category_id, path, readable, files, changed_seq FROM directory \
         WHERE category_id = $1 AND vanished_at IS NULL",
        params![category],
        |r| {
            let (id, category, path, readable, files, changed_seq) = r.read::<(_, _, _, _, Vec<Named<'_>>, _)>()?;
            // The samples of most large directories are incomplete: they are useless here, and very many.
            let whole = file_sample::is_complete(files.iter().map(|n| &*n.name));
            Ok(PublishedDirectory {
                id,
                category,
                path,
                readable,
                files: whole.then(|| files.into_iter().map(|n| n.name.into_owned()).collect()),
                changed_seq,
            })
        },
    )
}

/// A directory that was staged on the master and became world-readable: the topmost of its tree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OpenedDirectory {
    pub id: DirectoryId,
    pub category: CategoryId,
    pub path: DirPath,
    /// The scan sequence of its last change.
    pub changed_seq: ScanSeq,
    /// The time of the scan that found it world-readable.
    pub opened_at: Timestamp,
}

/// Returns the directories that became world-readable after `since`, and still are.
pub(crate) fn opened_since(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<OpenedDirectory>, DbError> {
    tx.rows(
        "SELECT id, category_id, path, changed_seq, opened_at FROM directory \
         WHERE opened_at > $1 AND readable = 1 AND vanished_at IS NULL ORDER BY id",
        params![since],
    )
}

/// Returns the readable ones of these directories, whenever they were opened.
pub(crate) fn opened_at_paths(
    tx: &Tx<'_>,
    paths: &BTreeMap<CategoryId, Vec<DirPath>>,
) -> Result<Vec<OpenedDirectory>, DbError> {
    let mut out = Vec::new();
    for (category, path) in paths
        .iter()
        .flat_map(|(id, paths)| paths.iter().map(move |path| (*id, path)))
    {
        let found: Option<OpenedDirectory> = tx.optional_row(
            "SELECT id, category_id, path, changed_seq, coalesce(opened_at, 0) AS opened_at FROM directory \
             WHERE category_id = $1 AND path = $2 AND readable = 1 AND vanished_at IS NULL",
            params![category, path.as_str()],
        )?;
        out.extend(found);
    }
    Ok(out)
}

/// Returns the directories that the last scan could not read, each with its category.
pub(crate) fn unread(tx: &Tx<'_>) -> Result<Vec<(CategoryId, DirPath)>, DbError> {
    tx.rows(
        "SELECT category_id, path FROM directory WHERE ctime = 0 AND fingerprint IS NULL AND vanished_at IS NULL ORDER BY id",
        params![],
    )
}

/// Returns the scan sequence of a category.
pub fn scan_seq(tx: &Tx<'_>, category: CategoryId) -> Result<ScanSeq, DbError> {
    tx.row("SELECT scan_seq FROM category WHERE id = $1", params![category])
}
