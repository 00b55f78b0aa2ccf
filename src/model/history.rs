//! Data of the public pages in addition to [`RegistryData`](crate::model::registry_data::RegistryData): crawls, findings,
//! downtimes and the propagation of pushes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId, RepositoryId};
use crate::model::plan::CategoryOutcome;
use crate::model::propagation::PropagationSample;

/// Maximum number of crawls of each host category in [`History`].
pub(crate) const MAX_CRAWLS: u32 = 30;

/// The history of all hosts at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// The last [`MAX_CRAWLS`] crawls of each host category, oldest first.
    pub crawls: BTreeMap<HostCategoryId, Vec<PastCrawl>>,
    /// The findings of each host category, oldest first.
    pub findings: BTreeMap<HostCategoryId, Vec<PastFinding>>,
    /// Current and future downtimes, by start.
    pub downtimes: BTreeMap<HostId, Vec<HostDowntime>>,
    /// The propagation of pushes of each repository, oldest first.
    pub propagation: BTreeMap<RepositoryId, Vec<PropagationSample>>,
}

/// One crawl of a host category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastCrawl {
    pub ended_at: Timestamp,
    pub outcome: CategoryOutcome,
    /// Number of current directories.
    pub current: u64,
    /// Number of directories with an older version that is still offered.
    pub outdated_allowed: u64,
    /// Number of outdated or missing directories.
    pub outdated: u64,
    /// Number of directories with a `repomd.xml` that the master never had.
    pub unknown_hash: u64,
    /// Number of directories without a conclusive result.
    pub inconclusive: u64,
}

/// The reason why a directory, or a category as a whole, is not current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastFinding {
    /// The directory; `None` for the category as a whole.
    pub directory: Option<DirectoryId>,
    /// The code of the finding.
    pub reason: Arc<str>,
    /// The value on the master.
    pub expected: String,
    /// The value on the mirror. May contain private addresses.
    pub seen: String,
    pub seen_at: Timestamp,
}

/// A period in which a host is not crawled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostDowntime {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub reason: Option<String>,
}
