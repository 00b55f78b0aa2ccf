//! Runs: one row for every run of every program that changes something.

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::RunId;

/// One run of a program: a row of `run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its row.
    pub id: RunId,
    /// The job, such as `crawl`.
    pub job: String,
    /// What it was limited to, such as a category; empty = everything.
    pub scope: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs, or when it died.
    pub ended_at: Option<Timestamp>,
    /// Its exit status.
    pub exit: Option<i64>,
    /// The process.
    pub pid: i64,
    /// Who started it.
    pub user: String,
    /// Its own numbers, as JSON.
    pub stats: serde_json::Value,
    /// What it said last, one line.
    pub message: String,
}
