//! What a crawl is asked to look at, and what it brings back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::file::{FileDetail, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, FileDetailId, HostCategoryId, HostId, RunId, ScanSeq};
use crate::model::inventory::Inventory;
use crate::model::names::{DirPath, HostName, MirrorUrl};
use crate::model::registry::Host;

mod files;

pub use files::{PlannedFile, PlannedFiles};

/// A directory that mirrors should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDirectory {
    /// Its row.
    pub id: DirectoryId,
    /// Where it lies below the category's top.
    pub path: DirPath,
    /// Whether the world may read it on the master.
    pub readable: bool,
    /// The scan generation in which it last changed.
    pub changed_seq: ScanSeq,
    /// The files to look for.
    pub files: PlannedFiles,
    /// All known versions of its `repomd.xml`, in any order; empty where it has none.
    pub repomd: Vec<FileDetail>,
}

/// One category as the crawl of all its hosts sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryPlan {
    /// Its row.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// The scan generation this plan was read at.
    pub scan_seq: ScanSeq,
    /// How long old versions are offered.
    pub retention: VersionRetention,
    /// Directories present on the master, sorted by path, parents before children.
    pub directories: Vec<PlannedDirectory>,
}

/// One category of one host.
#[derive(Debug, Clone)]
pub struct HostCategoryPlan {
    /// Its row.
    pub id: HostCategoryId,
    /// What it should hold.
    pub category: Arc<CategoryPlan>,
    /// Where it is served over HTTP(S), private addresses included, in the order to try.
    pub urls: Vec<MirrorUrl>,
    /// Where it is served by rsync.
    pub rsync: Vec<MirrorUrl>,
    /// What is known so far.
    pub previous: Inventory,
}

/// One host to crawl.
#[derive(Debug, Clone)]
pub struct HostPlan {
    /// Its row.
    pub id: HostId,
    /// Its name.
    pub name: HostName,
    /// How long its last crawl took, in seconds; the slowest are started first.
    pub last_duration: u32,
    /// Requests that it got in the last 24 hours.
    pub requests_last_24h: u64,
    /// The host as the registry has it.
    pub host: Host,
    /// The name of its site.
    pub site: String,
    /// The categories to look at, in this order: the one that was checked the longest ago first.
    pub categories: Vec<HostCategoryPlan>,
}

/// Why a directory, or a whole category, is not current or gave no answer: a row of `finding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The directory; `None` for the category as a whole.
    pub directory: Option<DirectoryId>,
    /// The URL that was asked.
    pub url: String,
    /// What is wrong, as a short stable word such as `missing`, `size`, `repomd`, `foreign`, `timeout`, `tls`.
    pub reason: String,
    /// What the master has.
    pub expected: String,
    /// What the mirror has.
    pub seen: String,
}

/// What became of one category of one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CategoryOutcome {
    /// Looked at to the end.
    Complete,
    /// Not there: its base answers 404 or the like.
    CategoryMissing,
    /// No answer to rely on; the facts stand.
    Inconclusive,
}

impl CategoryOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Complete, Self::CategoryMissing, Self::Inconclusive];

    /// Returns the word that is stored and reported.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CategoryMissing => "category-missing",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl FromStr for CategoryOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|o| o.as_str() == text);
        found.ok_or_else(|| format!("invalid outcome {text:?}"))
    }
}

/// What a crawl found out about one category of one host; committed as one transaction with its host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CategoryResult {
    /// Which.
    pub host_category: HostCategoryId,
    /// The category.
    pub category: CategoryId,
    /// What became of it.
    pub outcome: CategoryOutcome,
    /// The new state. For `Inconclusive` the previous one with the counters raised.
    pub inventory: Inventory,
    /// What this crawl found other than current: dropped at commit where the master changed the directory since the plan.
    pub negatives: NegativeResults,
    /// Why, capped.
    pub findings: Vec<Finding>,
    /// How many findings the cap cut off.
    pub omitted_findings: u64,
    /// Directories that were not asked for: what is known of them stands, and so does why.
    #[serde(default)]
    pub unprobed: RoaringBitmap,
    /// How many findings about these may stand.
    #[serde(default)]
    pub retained_findings: u64,
    /// Counts by verdict.
    pub counts: StatusCounts,
    /// Requests made for it.
    pub requests: u64,
    /// Directories that were asked for; the others are as they were.
    pub probed: u64,
    /// How most was found out: `index`, `head`, `rsync`; empty where nothing was.
    pub method: Cow<'static, str>,
}

/// Directories that a crawl found other than current, by what it found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NegativeResults {
    /// Hold an older version that is still offered.
    pub outdated_allowed: RoaringBitmap,
    /// Hold it not, or wrongly.
    pub outdated: RoaringBitmap,
    /// Serve what the master never had.
    pub unknown_hash: RoaringBitmap,
    /// Closed, as on the master.
    pub staged: RoaringBitmap,
}

impl NegativeResults {
    /// Whether anything was found of a directory.
    pub fn contains(&self, id: DirectoryId) -> bool {
        [&self.outdated_allowed, &self.outdated, &self.unknown_hash, &self.staged]
            .iter()
            .any(|set| set.contains(id.0))
    }
}

impl CategoryResult {
    /// Takes back what was found of these directories: no finding tells of it, and they count as unanswered. What was known of them
    /// before stands.
    pub fn retract(&mut self, directories: &RoaringBitmap) {
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

/// How many directories got which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatusCounts {
    /// Hold the newest.
    pub current: u64,
    /// Hold an older version that is still offered.
    pub outdated_allowed: u64,
    /// Hold it not, or wrongly.
    pub outdated: u64,
    /// Serve what the master never had.
    pub unknown_hash: u64,
    /// Closed, as on the master.
    pub staged: u64,
    /// Could not be found out.
    pub inconclusive: u64,
}

/// What a crawl found out about one host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HostResult {
    /// Which.
    pub host: HostId,
    /// The crawl.
    pub run: RunId,
    /// When the host's turn began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Requests made.
    pub requests: u64,
    /// One per category looked at.
    pub categories: Vec<CategoryResult>,
    /// Repositories whose `repomd.xml` was seen to differ from what the last scan recorded, though the master has it so:
    /// their directories wait for a scan.
    pub needs_scan: BTreeMap<DirectoryId, CategoryId>,
    /// The crawl was for all that may have changed: only such a one counts for or against the host.
    pub is_complete: bool,
}

/// A version of a `repomd.xml` that a host holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirroredVersion {
    /// One that a scan has recorded.
    Recorded(FileDetailId),
    /// One that the master had before a scan recorded it: its SHA-256.
    Unrecorded(String),
}

/// Which version of its `repomd.xml` a host holds in a directory, by a state that says that it holds the directory: the one that
/// the exception names, else the newest at the state's generation. `None` where the directory has no `repomd.xml`.
pub fn mirrored_version(holding: &Inventory, directory: &PlannedDirectory) -> Option<MirroredVersion> {
    let exception = holding.exceptions.get(&directory.id);
    if let Some(sha256) = exception.and_then(|e| e.sha256.as_ref()) {
        // A scan may have recorded it in the meantime.
        let recorded = directory
            .repomd
            .iter()
            .filter(|d| d.file.hashes.sha256.as_ref() == Some(sha256))
            .map(|d| d.id)
            .max();
        return Some(recorded.map_or_else(
            || MirroredVersion::Unrecorded(sha256.clone()),
            MirroredVersion::Recorded,
        ));
    }
    let newest = || {
        directory
            .repomd
            .iter()
            .filter(|d| d.is_newest_at(holding.scan_seq))
            .map(|d| d.id)
            .max()
    };
    exception
        .and_then(|e| e.detail)
        .or_else(newest)
        .map(MirroredVersion::Recorded)
}
