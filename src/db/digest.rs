//! What happened since a time, for the digest.

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;

/// The runs of one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobSummary {
    pub job: String,
    pub runs: u64,
    /// Runs with exit status 3.
    pub incomplete: u64,
    /// Runs that failed, or were killed.
    pub failed: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MirrorCounts {
    pub hosts: u64,
    /// Neither the host nor its site is disabled.
    pub active: u64,
    /// Active hosts whose last crawl failed.
    pub failing: u64,
    /// Hosts in the published generation; `None` without one.
    pub listed: Option<u64>,
}

/// Returns the runs that started after `since`, by job in the order of the pipeline. Runs in progress do not count.
pub(crate) fn jobs(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<JobSummary>, DbError> {
    tx.rows(
        "SELECT job, count(*) AS runs, count(CASE WHEN exit = 3 THEN 1 END) AS incomplete, \
         count(CASE WHEN exit NOT IN (0, 3) THEN 1 END) AS failed FROM run \
         WHERE started_at > $1 AND ended_at IS NOT NULL GROUP BY job \
         ORDER BY CASE job WHEN 'scan' THEN 1 WHEN 'detect' THEN 2 WHEN 'crawl' THEN 3 WHEN 'update' THEN 4 ELSE 5 END, job",
        params![since],
    )
}

/// Returns the statistics of crawls that started after `since`, oldest first.
pub(crate) fn crawl_stats(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<serde_json::Value>, DbError> {
    let rows: Vec<(serde_json::Value,)> = tx.rows(
        "SELECT stats FROM run WHERE job = 'crawl' AND started_at > $1 AND ended_at IS NOT NULL ORDER BY id",
        params![since],
    )?;
    Ok(rows.into_iter().map(|(stats,)| stats).collect())
}

pub(crate) fn mirrors(tx: &Tx<'_>) -> Result<MirrorCounts, DbError> {
    tx.row(
        "SELECT count(*) AS hosts, count(CASE WHEN is_active THEN 1 END) AS active, \
         count(CASE WHEN is_active AND crawl_failures > 0 THEN 1 END) AS failing, \
         (SELECT hosts FROM published_generation ORDER BY id DESC LIMIT 1) AS listed \
         FROM (SELECT h.crawl_failures, h.admin_active AND h.user_active AND s.admin_active AND s.user_active AS is_active \
         FROM host h JOIN site s ON s.id = h.site_id) AS all_hosts",
        params![],
    )
}

/// Returns the names of hosts that the crawler disabled.
pub(crate) fn disabled_hosts(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all_rows("SELECT name FROM host WHERE disabled_by = 'crawler' ORDER BY name")?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Returns how many generations were published after `since`.
pub(crate) fn generations(tx: &Tx<'_>, since: Timestamp) -> Result<u64, DbError> {
    tx.row(
        "SELECT count(*) FROM published_generation WHERE published_at > $1",
        params![since],
    )
}

/// Returns how many registry changes each user made after `since`.
pub(crate) fn changes(tx: &Tx<'_>, since: Timestamp) -> Result<Vec<(String, u64)>, DbError> {
    tx.rows(
        "SELECT changed_by, count(*) FROM audit_log WHERE changed_at > $1 AND program = 'mm-admin' \
         GROUP BY changed_by ORDER BY changed_by",
        params![since],
    )
}
