//! Data of the public pages in addition to [`RegistryData`](crate::model::registry_data::RegistryData): crawls, findings,
//! downtimes and the propagation of pushes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, HostCategoryId, RepositoryId};
use crate::model::plan::CategoryOutcome;
use crate::model::propagation::PropagationSample;

/// Maximum number of crawls of each host category in [`PageHistory`].
pub(crate) const MAX_CRAWLS_PER_HOST_CATEGORY: u32 = 30;

/// The data of all hosts and repositories that change with time, as pages show them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageHistory {
    /// The last [`MAX_CRAWLS_PER_HOST_CATEGORY`] crawls of each host category, oldest first.
    pub crawls: BTreeMap<HostCategoryId, Vec<PastCrawl>>,
    /// The findings of the last crawl of each host category, and earlier ones about directories that it did not probe; oldest
    /// first.
    pub findings: BTreeMap<HostCategoryId, Vec<PastFinding>>,
    /// The propagation of pushes of each repository, oldest first.
    pub propagation: BTreeMap<RepositoryId, Vec<PropagationSample>>,
}

/// One crawl of a host category. The fields are named as the columns of `crawl_result` and in the JSON of the pages.
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

/// A finding about a directory of a host category, or about the host category as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastFinding {
    /// The directory; `None` for the host category as a whole.
    pub directory: Option<DirectoryId>,
    /// The kind of the finding, such as `size` or `timeout`.
    pub code: Arc<str>,
    /// What was expected, such as the size on the master.
    pub expected: String,
    /// What was received. It may contain private URLs, so that pages show it for some codes only.
    pub received: String,
}

/// A period in which a host is not crawled, and not listed unless its administrator wants that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDowntime {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) reason: Option<String>,
    pub(crate) keep_listed: bool,
}

impl HostDowntime {
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Describes it while it is active: the word `downtime`, its end and the reason.
    pub(crate) fn describe(&self) -> String {
        format!("downtime until {}{}", self.ends_at, self.reason_in_parentheses())
    }

    pub(crate) fn reason_in_parentheses(&self) -> String {
        let reason = self.reason.as_ref().filter(|r| !r.trim().is_empty());
        reason.map_or(String::new(), |r| format!(" ({r})"))
    }
}

/// Returns the downtime of a host that takes it off at `now`: of those that overlap, the one that ends last. The host stays listed if
/// one of them says so.
pub(crate) fn unlisting_downtime(downtimes: &[HostDowntime], now: Timestamp) -> Option<&HostDowntime> {
    let active = || downtimes.iter().filter(|d| d.is_active(now));
    let last = active().max_by_key(|d| d.ends_at)?;
    (!active().any(|d| d.keep_listed)).then_some(last)
}
