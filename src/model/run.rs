//! Runs: one row for each execution of a job.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::ids::RunId;

/// The statistic that is true for a run which could not do what it was asked for.
pub(crate) const NOTHING_DONE: &str = "nothing_done";

/// One run of a program: a row of `run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub id: RunId,
    /// The job, such as `crawl`.
    pub job: String,
    /// The scope, such as a category; empty = everything.
    pub scope: String,
    pub started_at: Timestamp,
    /// The end of the run; `None` while it is running, or if it was killed.
    pub ended_at: Option<Timestamp>,
    pub exit: Option<i64>,
    pub pid: i64,
    pub user: String,
    /// Statistics of the run, as JSON.
    pub stats: serde_json::Value,
    /// The last reported message, one line.
    pub message: String,
}

impl Run {
    /// Returns true if there was nothing to do of what the run was asked for: it says nothing about the state of the job.
    pub(crate) fn is_nothing_done(&self) -> bool {
        self.stats.get(NOTHING_DONE) == Some(&true.into())
    }
}
