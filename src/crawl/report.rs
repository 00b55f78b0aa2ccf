//! The report of a crawl run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::ids::RunId;
use crate::model::plan::{CategoryOutcome, StatusCounts};

/// The outcome for a host or for one of its categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum CategoryStatus {
    /// Probed to the end.
    Complete,
    /// The mirror does not have the category.
    CategoryMissing,
    /// No reliable result; the last known state is kept.
    Inconclusive,
    /// Another run was crawling the host.
    Locked,
    /// The run or the time of the host ended before.
    Skipped,
    /// A local error; nothing was stored.
    Error,
    /// Negative results were discarded, because the local network may have failed.
    Discarded,
    /// Negative results are pending until an operator confirms them.
    PendingConfirmation,
}

impl From<CategoryOutcome> for CategoryStatus {
    fn from(o: CategoryOutcome) -> Self {
        match o {
            CategoryOutcome::Complete => Self::Complete,
            CategoryOutcome::CategoryMissing => Self::CategoryMissing,
            CategoryOutcome::Inconclusive => Self::Inconclusive,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CategoryReport {
    pub host: String,
    /// The name of the category; empty in a line about the whole host.
    pub category: String,
    pub outcome: CategoryStatus,
    pub directories: StatusCounts,
    /// The number of directories that were probed; the others keep their status.
    pub probed: u64,
    /// The main probe method: `index`, `head`, `rsync` or `list`.
    pub method: String,
    pub requests: u64,
    /// Duration of the host crawl, all categories included.
    pub seconds: f64,
    /// The reason for the outcome; may be empty.
    pub reason: String,
}

impl CategoryReport {
    pub(super) fn without_results(host: &str, category: &str, outcome: CategoryStatus, reason: &str) -> Self {
        Self {
            host: host.to_owned(),
            category: category.to_owned(),
            outcome,
            directories: StatusCounts::default(),
            probed: 0,
            method: String::new(),
            requests: 0,
            seconds: 0.0,
            reason: reason.to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnknownHashAlarm {
    pub host: String,
    pub url: String,
    pub expected: String,
    #[serde(rename = "seen")]
    pub received: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Totals {
    pub hosts: u64,
    /// Hosts with a conclusive result for at least one category.
    pub answered: u64,
    /// Hosts without any conclusive result.
    pub inconclusive: u64,
    /// Inconclusive hosts that the crawler had disabled before; they are probed to detect their return.
    pub still_disabled: u64,
    /// Hosts that were not probed, or not to the end of what was planned.
    pub incomplete: u64,
    pub directories: StatusCounts,
    pub requests: u64,
    pub seconds: f64,
    pub requests_per_second: f64,
}

/// The report of a run. Hosts are named.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct CrawlReport {
    pub run: RunId,
    /// One line per category, in the order in which the hosts were committed.
    pub lines: Vec<CategoryReport>,
    /// Files with an unknown hash; their directories are unlisted immediately.
    pub unknown_hash: Vec<UnknownHashAlarm>,
    /// Hosts that serve directories which the master keeps unreadable, each with the first URL.
    pub leaked: BTreeMap<String, String>,
    /// Hosts that will be disabled after further failures.
    pub warned: Vec<String>,
    /// Hosts whose negative results are pending because of a mass loss.
    pub pending: Vec<String>,
    /// The number of hosts in `pending` whose results are stored under this run; the others are pending since an earlier run.
    pub newly_pending: u64,
    /// The reason why results are pending; empty if none are.
    pub pending_reason: String,
    pub disabled: Vec<String>,
    pub reenabled: Vec<String>,
    /// Calls of the hook that failed, or came too late.
    pub hook_failed: u64,
    /// The reason why the hook is not run; empty if it is.
    pub hook_refused: String,
    pub locked: Vec<String>,
    /// Hosts that could not be crawled because of a local error, with the error.
    pub errors: Vec<String>,
    /// The number of directories in which mirrors are ahead of the last scan.
    pub needs_scan: u64,
    /// The number of negative results that were dropped because a scan changed the directory during the crawl.
    pub retracted: u64,
    /// The run ended before all hosts were crawled.
    pub interrupted: bool,
    /// The local network may have failed during the run; negative results from that period were discarded.
    pub uplink_down: bool,
    /// The first failure to write the log of a host.
    pub log_failure: Option<String>,
    pub totals: Totals,
}

impl CrawlReport {
    /// Returns true if all hosts were crawled and neither an outage of the local network nor a mass loss is suspected.
    pub(crate) fn is_trusted(&self) -> bool {
        !self.interrupted && !self.uplink_down && self.pending.is_empty()
    }
}
