//! What a crawl has to say at its end.

use serde::Serialize;

use crate::model::ids::RunId;
use crate::model::plan::{CategoryOutcome, StatusCounts};

/// What became of a host, or of one of its categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CategoryStatus {
    /// Looked at to the end.
    Complete,
    /// The category is not there.
    CategoryMissing,
    /// No answer to rely on; the facts stand.
    Inconclusive,
    /// Another run had its turn with the host.
    Locked,
    /// The run ended before.
    Skipped,
    /// Our own mistake; nothing was written.
    Error,
    /// What is bad in it was not written, because our own network seemed to be down.
    Discarded,
    /// What is bad in it waits for a person.
    PendingConfirmation,
}

impl CategoryStatus {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CategoryMissing => "category-missing",
            Self::Inconclusive => "inconclusive",
            Self::Locked => "locked",
            Self::Skipped => "skipped",
            Self::Error => "error",
            Self::Discarded => "discarded",
            Self::PendingConfirmation => "pending-confirmation",
        }
    }
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

/// One category of one host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryReport {
    /// The host.
    pub host: String,
    /// The category; empty where the host as a whole is meant.
    pub category: String,
    /// What became of it.
    pub outcome: CategoryStatus,
    /// How many directories got which verdict.
    pub directories: StatusCounts,
    /// Directories that were asked for; the others are as they were.
    pub probed: u64,
    /// How most was found out: `index`, `head`, `rsync`.
    pub method: String,
    /// Requests made for it.
    pub requests: u64,
    /// How long the host's turn took, all its categories together.
    pub seconds: f64,
    /// Why, where there is something to say.
    pub reason: String,
}

impl CategoryReport {
    /// Of what was not asked.
    pub(super) fn bare(host: &str, category: &str, outcome: CategoryStatus, why: &str) -> Self {
        Self {
            host: host.to_owned(),
            category: category.to_owned(),
            outcome,
            directories: StatusCounts::default(),
            probed: 0,
            method: String::new(),
            requests: 0,
            seconds: 0.0,
            reason: why.to_owned(),
        }
    }
}

/// A `repomd.xml` that the master never had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownHashAlarm {
    /// The host.
    pub host: String,
    /// Where.
    pub url: String,
    /// The master's SHA-256.
    pub expected: String,
    /// The mirror's.
    pub seen: String,
}

/// The sums.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Hosts in the plan.
    pub hosts: u64,
    /// Hosts of which at least one category was looked at to the end or found gone.
    pub answered: u64,
    /// Hosts that gave no answer to rely on.
    pub inconclusive: u64,
    /// Of these, hosts that the crawler had switched off before: asked only to see whether they are back.
    pub still_disabled: u64,
    /// Hosts that were not probed, or not to the end of what was planned.
    pub incomplete: u64,
    /// Directories by verdict, over all hosts.
    pub directories: StatusCounts,
    /// Requests made.
    pub requests: u64,
    /// How long the run took.
    pub seconds: f64,
    /// Requests per second.
    pub requests_per_second: f64,
}

/// A crawl.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrawlReport {
    /// Its row.
    pub run: RunId,
    /// In the order in which the hosts were done.
    pub lines: Vec<CategoryReport>,
    /// Alarms: what was taken off the list at once.
    pub unknown_hash: Vec<UnknownHashAlarm>,
    /// Hosts that will be switched off soon.
    pub warned: Vec<String>,
    /// Hosts of which what is bad waits for a person, because too many lost too much.
    pub pending: Vec<String>,
    /// Of these, hosts of which it waits under this run; of the others it waits since an earlier one.
    pub newly_pending: u64,
    /// Why it waits, in words; empty = nothing does.
    pub pending_reason: String,
    /// Hosts that this crawl switched off.
    pub disabled: Vec<String>,
    /// Hosts that it switched on again.
    pub reenabled: Vec<String>,
    /// Calls of the hook that errors, or came too late.
    pub hook_failed: u64,
    /// Hosts whose turn another run had.
    pub locked: Vec<String>,
    /// Hosts whose turn failed by a mistake of ours, with what is known of it.
    pub errors: Vec<String>,
    /// Directories in which the mirrors are ahead of our last scan.
    pub needs_scan: u64,
    /// Negatives that were dropped because a scan changed the directory in the meantime.
    pub retracted: u64,
    /// The run ended before all hosts were done.
    pub interrupted: bool,
    /// Our own network failed in the whole run or in a part of it: what was found then was not held against anybody.
    pub uplink_down: bool,
    /// The sums.
    pub totals: Totals,
}

pub(super) fn add(sum: &mut StatusCounts, n: StatusCounts) {
    sum.current += n.current;
    sum.outdated_allowed += n.outdated_allowed;
    sum.outdated += n.outdated;
    sum.unknown_hash += n.unknown_hash;
    sum.staged += n.staged;
    sum.inconclusive += n.inconclusive;
}

impl Default for CrawlReport {
    fn default() -> Self {
        Self {
            run: RunId(0),
            lines: Vec::new(),
            unknown_hash: Vec::new(),
            warned: Vec::new(),
            pending: Vec::new(),
            newly_pending: 0,
            pending_reason: String::new(),
            disabled: Vec::new(),
            reenabled: Vec::new(),
            hook_failed: 0,
            locked: Vec::new(),
            errors: Vec::new(),
            needs_scan: 0,
            retracted: 0,
            interrupted: false,
            uplink_down: false,
            totals: Totals::default(),
        }
    }
}
