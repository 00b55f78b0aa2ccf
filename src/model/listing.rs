//! What a scan of the master hands to the database: the directories of one category, whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::file::{SampledFile, ScannedDetail};
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::names::DirPath;

/// One directory as the master shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedDirectory {
    /// World readable and searchable, and so are all directories above it.
    pub readable: bool,
    /// The time by which a change is noticed: the later of change and modification time, in epoch seconds.
    pub ctime: i64,
    /// Where the listing names every file on every scan: a number made of all that it says of the directory's entries, so that
    /// an unchanged one is known without a look at its files. Means nothing but equal or not.
    pub fingerprint: Option<i64>,
    /// What lies in it; `None` when the directory is as the last scan left it.
    pub content: Option<DirectoryContent>,
}

/// Times so close before a listing that a change within the same tick of a file server's clock may have escaped it.
const UNSTABLE_AGE: std::time::Duration = std::time::Duration::from_mins(1);

impl ScannedDirectory {
    /// Whether it was perhaps still being written when it was listed: it must be looked at again, whatever its time says then.
    /// A file can grow, and a second change can fall into the same second, without the directory's time showing it.
    pub fn is_unstable(&self, taken_at: Timestamp) -> bool {
        let limit = taken_at.minus(UNSTABLE_AGE).0;
        let files = self.content.iter().flat_map(|c| &c.files);
        self.ctime >= limit || files.into_iter().any(|f| f.timestamp >= limit)
    }
}

/// The files of a directory that matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryContent {
    /// The short list, sorted by name.
    pub files: Vec<SampledFile>,
    /// Details of `repodata/repomd.xml` and of files that a checksum list names.
    pub details: Vec<ScannedDetail>,
}

/// A clean, complete listing of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterListing {
    /// When the listing began.
    pub taken_at: Timestamp,
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
    /// As in [`ScannedDirectory`].
    pub fingerprint: Option<i64>,
    /// Size and modification time of the `repomd.xml` that was hashed last, to notice one rewritten in place.
    pub repomd: Option<(u64, i64)>,
    /// Set while it is missing from the master.
    pub vanished_at: Option<Timestamp>,
    /// Its content must be looked at whatever its time says: a crawl saw that the master changed it, or the last scan saw it
    /// while it was being written.
    pub needs_scan: bool,
}

/// A category as the database knows it before a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCategory {
    /// Its row.
    pub id: CategoryId,
    /// Its generation.
    pub scan_seq: ScanSeq,
    /// Its directories, vanished ones too.
    pub directories: BTreeMap<DirPath, KnownDirectory>,
    /// The missing ones whose removal waits for a person.
    pub pending: BTreeSet<DirectoryId>,
}

/// What the database holds of the directories whose content a listing gives anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredContent {
    /// Their short lists.
    pub files: BTreeMap<DirectoryId, Vec<SampledFile>>,
    /// The newest versions of their files with details.
    pub details: BTreeMap<DirectoryId, Vec<ScannedDetail>>,
}

/// A directory that a scan changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDirectory {
    /// Its row.
    pub id: DirectoryId,
    /// Its new state; without content its files stay as they are.
    pub now: ScannedDirectory,
    /// Whether it was missing before.
    pub returned: bool,
}

/// What a scan is going to write: computed before the transaction, so that this is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPlan {
    /// Of which category.
    pub category: CategoryId,
    /// The generation it was computed from; another one in the database means that somebody else scanned meanwhile.
    pub base_seq: ScanSeq,
    /// When the listing began.
    pub taken_at: Timestamp,
    /// Directories in the listing.
    pub directories: u64,
    /// New directories; parents come before their children.
    pub added: Vec<(DirPath, ScannedDirectory)>,
    /// Known ones that differ.
    pub changed: Vec<ChangedDirectory>,
    /// New versions of files: the ones they take the place of are superseded.
    pub details: Vec<(DirectoryId, ScannedDetail)>,
    /// Files whose newest version is gone without another in its place.
    pub gone: Vec<(DirectoryId, String)>,
    /// Known ones of which only what tells changes to us is different: nothing that a mirror must follow.
    pub touched: Vec<(DirectoryId, ScannedDirectory)>,
    /// Present ones that the listing lacks.
    pub vanished: Vec<DirectoryId>,
    /// Present ones that the listing lacks and whose removal waits for a person.
    pub pending: BTreeSet<DirectoryId>,
    /// Ones that are missing for longer than the grace.
    pub removed: Vec<DirectoryId>,
}

impl ScanPlan {
    /// Whether it changes what others see of the category.
    pub fn changes_something(&self) -> bool {
        !(self.added.is_empty()
            && self.changed.is_empty()
            && self.details.is_empty()
            && self.gone.is_empty()
            && self.vanished.is_empty()
            && self.removed.is_empty())
    }

    /// Its numbers, with the category's generation after it.
    pub fn outcome(&self, generation: ScanSeq) -> ScanOutcome {
        let n = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let returned = self.changed.iter().filter(|c| c.returned).count();
        let with_added = self.added.iter().filter_map(|(_, d)| d.content.as_ref());
        ScanOutcome {
            scan_seq: generation,
            directories: self.directories,
            added: n(self.added.len()),
            changed: n(self.changed.len() - returned),
            returned: n(returned),
            vanished: n(self.vanished.len()),
            removed: n(self.removed.len()),
            new_details: n(self.details.len() + with_added.map(|c| c.details.len()).sum::<usize>()),
        }
    }
}

/// What applying a listing did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ScanOutcome {
    /// The category's generation after it.
    pub scan_seq: ScanSeq,
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

/// A full time list that the master had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownFileList {
    /// The last scan that read it.
    pub scan_seq: ScanSeq,
    /// In bytes, as it lies on the master.
    pub size: u64,
    /// When it was written.
    pub timestamp: Timestamp,
}
