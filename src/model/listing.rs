//! What a scan of the master hands to the database: the directories of one category, whole or not at all.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Epoch;
use crate::model::file::{ScannedDetail, ShortFile};
use crate::model::ids::{DirectoryId, ScanGeneration};
use crate::model::names::DirPath;

/// One directory as the master shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedDirectory {
    /// World readable and searchable, and so are all directories above it.
    pub readable: bool,
    /// The time by which a change is noticed: the later of change and modification time, in epoch seconds.
    pub ctime: i64,
    /// What lies in it; `None` when the directory is as the last scan left it.
    pub content: Option<DirectoryContent>,
}

/// The files of a directory that matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryContent {
    /// The short list, sorted by name.
    pub files: Vec<ShortFile>,
    /// Details of `repodata/repomd.xml` and of files that a checksum list names.
    pub details: Vec<ScannedDetail>,
}

/// A clean, complete listing of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// When the listing began.
    pub taken_at: Epoch,
    /// Every directory, the top (empty path) among them.
    pub directories: BTreeMap<DirPath, ScannedDirectory>,
}

/// What the database knows of a directory before a scan: enough to skip what did not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDirectory {
    /// Its row.
    pub id: DirectoryId,
    /// As in [`ScannedDirectory`].
    pub readable: bool,
    /// As in [`ScannedDirectory`].
    pub ctime: i64,
    /// Size and modification time of the `repomd.xml` that was hashed last, to notice one rewritten in place.
    pub repomd: Option<(u64, i64)>,
    /// Set while it is missing from the master.
    pub vanished_at: Option<Epoch>,
}

/// What applying a listing did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScanOutcome {
    /// The category's generation after it.
    pub generation: ScanGeneration,
    /// Directories in the listing.
    pub directories: u64,
    /// New ones.
    pub added: u64,
    /// Ones whose files, time or readability changed.
    pub changed: u64,
    /// Ones that were missing and are back.
    pub returned: u64,
    /// Ones that are missing since this scan.
    pub vanished: u64,
    /// Ones removed for good: missing longer than the grace.
    pub removed: u64,
    /// New versions of files with details.
    pub new_details: u64,
}
