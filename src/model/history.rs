//! What the public pages tell beside the [`RegistryData`](crate::model::registry_data::RegistryData): how crawls went, what they found wrong, when
//! hosts are down, and how pushes spread.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId, RepositoryId};
use crate::model::plan::CategoryOutcome;
use crate::model::propagation::PropagationSample;

/// So many of the last crawls of a category of a host are kept here.
pub const MAX_CRAWLS: u32 = 30;

/// All of it, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The last [`MAX_CRAWLS`] crawls of each category of a host, oldest first.
    pub crawls: BTreeMap<HostCategoryId, Vec<PastCrawl>>,
    /// What stands against each category of a host, in the order in which it was found.
    pub findings: BTreeMap<HostCategoryId, Vec<PastFinding>>,
    /// Downtimes that are not over, in order of their beginnings.
    pub downtimes: BTreeMap<HostId, Vec<HostDowntime>>,
    /// How far the pushes of each repository had come, the oldest first.
    pub propagation: BTreeMap<RepositoryId, Vec<PropagationSample>>,
}

/// One crawl of a category of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastCrawl {
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: CategoryOutcome,
    /// Directories that were current.
    pub current: u64,
    /// Directories that held an older version that is still offered.
    pub outdated_allowed: u64,
    /// Directories that were not current.
    pub outdated: u64,
    /// Directories with a `repomd.xml` that the master never had.
    pub unknown_hash: u64,
    /// Directories that gave no answer.
    pub inconclusive: u64,
}

/// What is wrong with a directory, or with a category as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFinding {
    /// The directory; none where it is about the whole.
    pub directory: Option<DirectoryId>,
    /// A short stable word. What there is: `crawl::classify::Fault`.
    pub reason: Arc<str>,
    /// What the master has.
    pub expected: String,
    /// What the mirror has. May hold addresses that are nobody else's business.
    pub seen: String,
    /// When it was seen.
    pub seen_at: Timestamp,
}

/// A period in which a host is not crawled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostDowntime {
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}
