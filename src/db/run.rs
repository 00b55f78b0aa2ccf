//! Runs of jobs: rows of `run`.

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::clock::RecordedRun;
use crate::model::ids::RunId;
use crate::model::run::Run;

/// Records the start of a run.
pub(crate) fn begin(tx: &Tx<'_>, job: &str, scope: &str, now: Timestamp, user: &str) -> Result<RunId, DbError> {
    tx.insert(
        "INSERT INTO run (job, scope, started_at, pid, \"user\") VALUES ($1, $2, $3, $4, $5) RETURNING id",
        params![job, scope, now, std::process::id(), user],
    )
    .map(RunId)
}

/// Records the end of a run, with exit status, statistics and message.
pub(crate) fn end(
    tx: &Tx<'_>,
    run: RunId,
    now: Timestamp,
    exit: i64,
    counts: &serde_json::Value,
    message: &str,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE run SET ended_at = $2, exit = $3, stats = $4, message = $5 WHERE id = $1",
        params![run, now, exit, counts.to_string(), message],
    )
}

pub(crate) fn find(tx: &Tx<'_>, id: RunId) -> Result<Option<Run>, DbError> {
    tx.optional_row(
        "SELECT id, job, scope, started_at, ended_at, exit, pid, \"user\", stats, message FROM run WHERE id = $1",
        params![id],
    )
}

/// Returns the last `limit` runs, newest first; only those of one job if given.
pub(crate) fn latest(tx: &Tx<'_>, job: Option<&str>, limit: u32) -> Result<Vec<Run>, DbError> {
    tx.rows(
        "SELECT id, job, scope, started_at, ended_at, exit, pid, \"user\", stats, message FROM run \
         WHERE $1 IS NULL OR job = $1 ORDER BY id DESC LIMIT $2",
        params![job, limit],
    )
}

/// Returns the last time that the run with the highest ID recorded. Older runs do not matter: one that was accepted with a wrong time
/// would be compared with for ever.
pub(crate) fn newest(tx: &Tx<'_>) -> Result<Option<RecordedRun>, DbError> {
    tx.optional_row(
        "SELECT id, coalesce(ended_at, started_at) AS at FROM run ORDER BY id DESC LIMIT 1",
        params![],
    )
}
