//! Results of a scan: the directories of one category, stored atomically.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::file::{SampledFile, ScannedDetail};
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::names::DirPath;
use crate::model::refused::{RefusedVersion, VersionDecision};

/// One directory of the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScannedDirectory {
    /// World-readable and searchable, with all directories above it.
    pub readable: bool,
    /// The later of change and modification time, in epoch seconds; a change of it shows a change of the directory.
    pub ctime: i64,
    /// A hash of all entries of the directory, if the listing names every file: it shows that the directory is unchanged
    /// without reading its files. Only equality is meaningful.
    pub fingerprint: Option<i64>,
    /// The files in it; `None` if unchanged since the last scan.
    pub content: Option<DirectoryContent>,
}

/// Minimum age of a stable directory: a listing may miss changes within one clock tick of a file server.
const UNSTABLE_AGE: std::time::Duration = std::time::Duration::from_mins(1);

impl ScannedDirectory {
    /// Returns true if it may have been written to during the listing, so that the next scan must read it again.
    /// A file can grow, and a second change can fall into the same second, without the directory's time showing it.
    pub(crate) fn is_unstable(&self, taken_at: Timestamp) -> bool {
        let limit = taken_at.minus(UNSTABLE_AGE).0;
        let files = self.content.iter().flat_map(|c| &c.files);
        self.ctime >= limit || files.into_iter().any(|f| f.timestamp >= limit)
    }
}

/// The recorded files of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DirectoryContent {
    /// The file sample, sorted by name.
    pub files: Vec<SampledFile>,
    /// Details of `repodata/repomd.xml` and of files in checksum lists.
    pub details: Vec<ScannedDetail>,
    /// The `repomd.xml`, if it is not offered; it is not among `details` then.
    pub refused: Option<RefusedVersion>,
}

/// A clean, complete listing of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterListing {
    /// The start of the listing.
    pub taken_at: Timestamp,
    /// Every directory, including the topdir (empty path).
    pub directories: BTreeMap<DirPath, ScannedDirectory>,
}

/// A directory as recorded before a scan: enough to skip unchanged ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownDirectory {
    pub id: DirectoryId,
    /// See the same field of [`ScannedDirectory`].
    pub readable: bool,
    /// See the same field of [`ScannedDirectory`].
    pub ctime: i64,
    /// See the same field of [`ScannedDirectory`].
    pub fingerprint: Option<i64>,
    /// Size and modification time of the `repomd.xml` that was hashed last, to detect one rewritten in place.
    pub repomd: Option<(u64, i64)>,
    /// The time when it was first missing from the master.
    pub vanished_at: Option<Timestamp>,
    /// The scan must read its files in any case: a crawl saw that the master changed it, or the last scan saw it
    /// being written.
    pub needs_scan: bool,
}

/// A category as recorded before a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownCategory {
    pub id: CategoryId,
    pub scan_seq: ScanSeq,
    /// All directories, including vanished ones.
    pub directories: BTreeMap<DirPath, KnownDirectory>,
    /// The directories whose removal needs confirmation, or that lost the `repomd.xml` of a repository.
    pub pending: BTreeSet<DirectoryId>,
    /// The part of `pending` that an operator rejected: it stays recorded, and is not reported.
    pub rejected: BTreeSet<DirectoryId>,
    /// The directories of the repositories that clients can request, with their names as `prefix/arch`.
    pub repositories: BTreeMap<DirPath, Vec<String>>,
    /// The announced removals, including expired ones.
    pub expected: Vec<ExpectedRemoval>,
    /// Decisions of operators about versions of `repomd.xml`, including expired ones.
    pub decisions: BTreeMap<DirectoryId, Vec<VersionDecision>>,
    /// The directories whose `repomd.xml` was refused by the last scan.
    pub refused: BTreeSet<DirectoryId>,
}

/// A removal that an operator announced: it needs no confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExpectedRemoval {
    /// The directory that is going to be removed with everything below it, relative to the topdir.
    pub path: DirPath,
    /// The end of the announcement.
    pub until: Timestamp,
    /// The number of repositories in it that clients can request and that may lose their directory.
    pub repositories: u64,
}

/// The recorded content of directories that a listing reports again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StoredContent {
    pub files: BTreeMap<DirectoryId, Vec<SampledFile>>,
    /// The newest versions of the files with details.
    pub details: BTreeMap<DirectoryId, Vec<ScannedDetail>>,
}

/// A directory that a scan changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedDirectory {
    pub id: DirectoryId,
    /// The new state; without content the recorded files are kept.
    pub now: ScannedDirectory,
    /// True if it was missing before.
    pub returned: bool,
    /// True if it was staged before, and the directory above it was not: the topmost directory of an opened tree.
    pub opened: bool,
}

/// The changes that a scan writes, computed before the transaction to keep it short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScanPlan {
    pub category: CategoryId,
    /// The scan sequence that it was computed from; another one in the database means a concurrent scan.
    pub base_seq: ScanSeq,
    /// The start of the listing.
    pub taken_at: Timestamp,
    pub directories: u64,
    /// New directories, parents before children.
    pub added: Vec<(DirPath, ScannedDirectory)>,
    /// Known directories that differ.
    pub changed: Vec<ChangedDirectory>,
    /// New versions of files, which supersede the previous ones.
    pub details: Vec<(DirectoryId, ScannedDetail)>,
    /// Files that were removed without a new version.
    pub gone: Vec<(DirectoryId, String)>,
    /// Directories of which only time or fingerprint changed: nothing that mirrors must follow.
    pub touched: Vec<(DirectoryId, ScannedDirectory)>,
    /// Directories that the listing lacks.
    pub vanished: Vec<DirectoryId>,
    /// Directories that the listing lacks and whose removal needs confirmation, and those that lost the `repomd.xml` of a
    /// repository.
    pub pending: BTreeSet<DirectoryId>,
    /// Directories that have been missing longer than the retention time.
    pub removed: Vec<DirectoryId>,
    /// Known directories with a `repomd.xml` that is not offered: their recorded content stays. For new ones see
    /// [`DirectoryContent::refused`].
    pub refused: Vec<(DirectoryId, RefusedVersion)>,
    /// Directories whose `repomd.xml` was refused by the last scan and is good now, or is gone.
    pub repaired: Vec<DirectoryId>,
}

impl ScanPlan {
    /// Returns true if it changes what mirrors must follow.
    pub(crate) fn changes_something(&self) -> bool {
        !(self.added.is_empty()
            && self.changed.is_empty()
            && self.details.is_empty()
            && self.gone.is_empty()
            && self.vanished.is_empty()
            && self.removed.is_empty())
    }

    /// Returns how many of these directories the plan removes, or the `repomd.xml` in them.
    pub(crate) fn removed_of(&self, directories: &BTreeSet<DirectoryId>) -> u64 {
        let removed = self.vanished.iter().chain(self.gone.iter().map(|(id, _)| id));
        u64::try_from(removed.filter(|id| directories.contains(id)).count()).unwrap_or(u64::MAX)
    }

    /// Returns the numbers of the plan, with the scan sequence after it.
    pub(crate) fn outcome(&self, scan_seq: ScanSeq) -> ScanOutcome {
        let n = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let returned = self.changed.iter().filter(|c| c.returned).count();
        let opened = self.changed.iter().filter(|c| c.opened).count();
        let with_added = self.added.iter().filter_map(|(_, d)| d.content.as_ref());
        ScanOutcome {
            scan_seq,
            directories: self.directories,
            added: n(self.added.len()),
            changed: n(self.changed.len() - returned),
            returned: n(returned),
            vanished: n(self.vanished.len()),
            removed: n(self.removed.len()),
            opened: n(opened),
            new_details: n(self.details.len() + with_added.clone().map(|c| c.details.len()).sum::<usize>()),
            refused: n(self.refused.len() + with_added.filter(|c| c.refused.is_some()).count()),
        }
    }
}

/// Numbers of an applied scan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct ScanOutcome {
    pub scan_seq: ScanSeq,
    pub directories: u64,
    pub added: u64,
    /// Number of directories whose files, time or readability changed.
    pub changed: u64,
    /// Number of directories that were missing and have returned.
    pub returned: u64,
    /// Number of directories that went missing.
    pub vanished: u64,
    /// Number of directories that were deleted after the retention time.
    pub removed: u64,
    /// Number of staged trees that became world-readable.
    pub opened: u64,
    /// Number of new versions of files with details.
    pub new_details: u64,
    /// Number of repositories whose `repomd.xml` is refused.
    pub refused: u64,
}

/// A file list that the master had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct KnownFileList {
    /// The scan sequence after the last scan that read it.
    pub scan_seq: ScanSeq,
    /// The size in bytes on the master.
    pub size: u64,
    /// The modification time of the list.
    pub timestamp: Timestamp,
}
