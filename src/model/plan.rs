//! Crawl plans and crawl results.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::Timestamp;
use crate::model::file::{FileDetail, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, FileDetailId, HostCategoryId, HostId, RunId, ScanSeq};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{DirPath, HostName, MirrorUrl};
use crate::model::registry::Host;

mod files;

pub use files::{PlannedFile, PlannedFiles};

/// A directory that mirrors should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDirectory {
    /// The ID of the row.
    pub id: DirectoryId,
    /// The path below the topdir.
    pub path: DirPath,
    /// True if it is world-readable on the master.
    pub readable: bool,
    /// The scan sequence of its last change.
    pub changed_seq: ScanSeq,
    /// The files to compare.
    pub files: PlannedFiles,
    /// All known versions of its `repomd.xml`, in any order; empty if it has none.
    pub repomd: Vec<FileDetail>,
    /// The SHA-256 digests of versions of its `repomd.xml` that are not offered, although the master has or had them.
    pub refused: Vec<String>,
}

/// One category, shared by the crawls of all its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryPlan {
    /// The ID of the row.
    pub id: CategoryId,
    /// The name of it.
    pub name: String,
    /// The scan sequence at which this plan was read.
    pub scan_seq: ScanSeq,
    /// Retention of older versions.
    pub retention: VersionRetention,
    /// Directories present on the master, sorted by path, parents before children.
    pub directories: Vec<PlannedDirectory>,
}

/// A host category to crawl.
#[derive(Debug, Clone)]
pub(crate) struct HostCategoryPlan {
    pub id: HostCategoryId,
    /// The expected content of the category.
    pub category: Arc<CategoryPlan>,
    /// HTTP(S) URLs, including private ones, in the order to try.
    pub urls: Vec<MirrorUrl>,
    pub rsync: Vec<MirrorUrl>,
    pub previous: Inventory,
}

/// One host to crawl.
#[derive(Debug, Clone)]
pub(crate) struct HostPlan {
    pub id: HostId,
    pub name: HostName,
    /// The duration of the last crawl in seconds; the slowest hosts are started first.
    pub last_duration: u32,
    /// The number of requests in the last 24 hours.
    pub requests_last_24h: u64,
    pub host: Host,
    pub site: String,
    /// The categories to crawl, the one with the oldest result first.
    pub categories: Vec<HostCategoryPlan>,
}

impl HostPlan {
    pub(crate) fn category(&self, id: HostCategoryId) -> Option<&HostCategoryPlan> {
        self.categories.iter().find(|c| c.id == id)
    }
}

impl HostCategoryPlan {
    pub(crate) fn had_unknown_hash(&self, id: DirectoryId) -> bool {
        let exception = self.previous.exceptions.get(&id);
        exception.is_some_and(|e| e.state == ExceptionState::UnknownHash)
    }
}

/// The reason why a directory, or a category as a whole, is not current or inconclusive: a row of `finding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// The directory; `None` for the category as a whole.
    pub directory: Option<DirectoryId>,
    pub url: String,
    /// The finding code, such as `missing`, `size`, `unknown-hash`, `timeout` or `tls`.
    #[serde(rename = "reason")]
    pub code: String,
    /// The value on the master.
    pub expected: String,
    /// The value on the mirror.
    #[serde(rename = "seen")]
    pub received: String,
}

impl Finding {
    /// A finding about the category as a whole.
    pub(crate) fn new(
        url: impl Into<String>,
        code: &str,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Self {
        Self {
            directory: None,
            url: url.into(),
            code: code.to_owned(),
            expected: expected.into(),
            received: received.into(),
        }
    }
}

/// The outcome of a category probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(crate) enum CategoryOutcome {
    /// Probed to the end.
    Complete,
    /// The base URL returns 404 or the like.
    CategoryMissing,
    /// No reliable response; the last known facts are kept.
    #[default]
    Inconclusive,
}

/// The result of a category probe, committed in one transaction with its host.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct CategoryResult {
    pub host_category: HostCategoryId,
    pub category: CategoryId,
    pub outcome: CategoryOutcome,
    /// The new inventory. If `Inconclusive`, the previous one with increased counters.
    pub inventory: Inventory,
    /// Negative results. Those of directories that the master changed since the plan are dropped at commit.
    pub negatives: NegativeResults,
    /// The findings, capped in number.
    pub findings: Vec<Finding>,
    /// The number of findings beyond the cap.
    pub omitted_findings: u64,
    /// Directories that were not probed: their status and findings are kept.
    #[serde(default)]
    pub unprobed: RoaringBitmap,
    /// The maximum number of earlier findings about them to keep.
    #[serde(default)]
    pub retained_findings: u64,
    pub counts: StatusCounts,
    pub requests: u64,
    #[serde(rename = "probed")]
    pub probed_directories: u64,
    /// The method that probed most directories: `index`, `head`, `rsync` or `list`; empty if none was probed.
    #[serde(rename = "method")]
    pub probe_method: Cow<'static, str>,
}

/// Directories that a crawl found other than current, by status.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct NegativeResults {
    /// An older version that is still offered.
    pub outdated_allowed: RoaringBitmap,
    /// Missing, incomplete or no longer offered.
    pub outdated: RoaringBitmap,
    /// Content that the master never had.
    pub unknown_hash: RoaringBitmap,
    /// Unreadable, as on the master.
    pub staged: RoaringBitmap,
}

impl NegativeResults {
    /// Returns true if there is a negative result for the directory.
    pub(crate) fn contains(&self, id: DirectoryId) -> bool {
        [&self.outdated_allowed, &self.outdated, &self.unknown_hash, &self.staged]
            .iter()
            .any(|set| set.contains(id.0))
    }
}

impl CategoryResult {
    /// Retracts the results of these directories: their findings are removed and they count as inconclusive. The
    /// facts that were known before are kept.
    pub(crate) fn retract(&mut self, directories: &RoaringBitmap) {
        let (sets, counts) = (&mut self.negatives, &mut self.counts);
        let kinds = [
            (&mut sets.outdated_allowed, &mut counts.outdated_allowed),
            (&mut sets.outdated, &mut counts.outdated),
            (&mut sets.unknown_hash, &mut counts.unknown_hash),
            (&mut sets.staged, &mut counts.staged),
        ];
        for (set, count) in kinds {
            let taken = set.intersection_len(directories);
            *set -= directories;
            *count = count.saturating_sub(taken);
            counts.inconclusive += taken;
        }
        self.findings
            .retain(|f| f.directory.is_none_or(|id| !directories.contains(id.0)));
        self.unprobed |= directories;
    }
}

/// The number of directories of each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StatusCounts {
    /// The content of the last scan.
    pub current: u64,
    /// An older version that is still offered.
    pub outdated_allowed: u64,
    /// Missing, incomplete or no longer offered.
    pub outdated: u64,
    /// Content that the master never had.
    pub unknown_hash: u64,
    /// Unreadable, as on the master.
    pub staged: u64,
    /// Without a conclusive result.
    pub inconclusive: u64,
}

impl AddAssign for StatusCounts {
    fn add_assign(&mut self, other: Self) {
        self.current += other.current;
        self.outdated_allowed += other.outdated_allowed;
        self.outdated += other.outdated;
        self.unknown_hash += other.unknown_hash;
        self.staged += other.staged;
        self.inconclusive += other.inconclusive;
    }
}

/// The result of a host crawl.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HostResult {
    pub host: HostId,
    pub run: RunId,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub requests: u64,
    pub categories: Vec<CategoryResult>,
    /// Directories of repositories whose `repomd.xml` differs from the one that the last scan recorded and equals the one on
    /// the master: they need a scan.
    pub needs_scan: BTreeMap<DirectoryId, CategoryId>,
    /// True if the crawl covered everything that may have changed: only such crawls count as failed or successful.
    pub is_complete: bool,
}

/// A version of a `repomd.xml` on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MirroredVersion {
    /// A version that a scan has recorded.
    Recorded(FileDetailId),
    /// The SHA-256 of a version that no scan has recorded yet.
    Unrecorded(String),
}

/// Returns the version of `repomd.xml` that a host has in a directory that is present in its inventory: the version that
/// the exception names, else the newest at the scan sequence. `None` if the directory has no `repomd.xml`.
pub(crate) fn mirrored_version(inventory: &Inventory, directory: &PlannedDirectory) -> Option<MirroredVersion> {
    let exception = inventory.exceptions.get(&directory.id);
    let latest = |is_wanted: &dyn Fn(&FileDetail) -> bool| {
        let versions = directory.repomd.iter().filter(|d| is_wanted(d));
        versions.map(|d| d.id).max()
    };
    if let Some(sha256) = exception.and_then(|e| e.sha256.as_ref()) {
        // A scan may have recorded it in the meantime.
        let recorded = latest(&|d| d.file.hashes.sha256.as_ref() == Some(sha256));
        return Some(recorded.map_or_else(
            || MirroredVersion::Unrecorded(sha256.clone()),
            MirroredVersion::Recorded,
        ));
    }
    let detail = exception.and_then(|e| e.detail);
    let detail = detail.or_else(|| latest(&|d| d.is_newest_at(inventory.scan_seq)));
    detail.map(MirroredVersion::Recorded)
}
