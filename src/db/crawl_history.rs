//! Crawl results and findings of a host, for reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::history::HostDowntime;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, RunId};

/// The result of a category probe: a row of `crawl_result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrawlResult {
    pub run: RunId,
    pub outcome: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// The method of most probes: rsync, index, head or list; empty if none was made.
    pub method: String,
    pub probed: i64,
    pub requests: i64,
    pub current: i64,
    pub outdated_allowed: i64,
    /// Number of outdated or missing directories.
    pub outdated: i64,
    /// Number of directories with a repomd.xml that the master never had.
    pub unknown_hash: i64,
    /// Number of directories that are unreadable, as on the master.
    pub staged: i64,
    pub inconclusive: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FindingRow {
    pub seen_at: Timestamp,
    /// The path of the directory below the topdir; `None` for the category as a whole.
    pub directory: Option<String>,
    pub url: String,
    #[serde(rename = "reason")]
    pub code: String,
    pub expected: String,
    #[serde(rename = "seen")]
    pub received: String,
}

/// Returns the last `n` results of one category of a host, newest first.
pub(crate) fn history(tx: &Tx<'_>, host: HostId, category: CategoryId, n: u32) -> Result<Vec<CrawlResult>, DbError> {
    tx.rows(
        "SELECT run_id, outcome, started_at, ended_at, method, probed, requests, \"current\", outdated_allowed, outdated, \
         unknown_hash, staged, inconclusive FROM crawl_result WHERE host_id = $1 AND category_id = $2 ORDER BY id DESC LIMIT $3",
        params![host, category, n],
    )
}

/// Returns the end and the number of requests of each crawl of a host that ended after `since`, oldest first.
pub(crate) fn requests_since(tx: &Tx<'_>, host: HostId, since: Timestamp) -> Result<Vec<(Timestamp, u64)>, DbError> {
    tx.rows(
        "SELECT ended_at, requests FROM crawl_result WHERE host_id = $1 AND ended_at > $2 ORDER BY ended_at, id",
        params![host, since],
    )
}

/// Returns the current and future downtimes of a host at `now`, by start.
pub(crate) fn downtimes(tx: &Tx<'_>, host: HostId, now: Timestamp) -> Result<Vec<HostDowntime>, DbError> {
    Ok(all_downtimes(tx, now)?.remove(&host).unwrap_or_default())
}

/// Returns the current and future downtimes of all hosts at `now`, by start.
pub(crate) fn all_downtimes(tx: &Tx<'_>, now: Timestamp) -> Result<BTreeMap<HostId, Vec<HostDowntime>>, DbError> {
    let rows: Vec<(HostId, HostDowntime)> = tx.rows(
        "SELECT host_id, starts_at, ends_at, reason, keep_listed FROM host_downtime WHERE ends_at > $1 \
         ORDER BY starts_at, id",
        params![now],
    )?;
    let mut out: BTreeMap<HostId, Vec<HostDowntime>> = BTreeMap::new();
    for (host, downtime) in rows {
        out.entry(host).or_default().push(downtime);
    }
    Ok(out)
}

pub(crate) fn findings(tx: &Tx<'_>, host_category: HostCategoryId) -> Result<Vec<FindingRow>, DbError> {
    tx.rows(
        "SELECT f.seen_at, d.path AS directory, f.url, f.reason, f.expected, f.seen FROM finding f \
         LEFT JOIN directory d ON d.id = f.directory_id WHERE f.host_category_id = $1 ORDER BY f.id",
        params![host_category],
    )
}

/// Returns the findings with a code about all hosts, each with the name of the host, by host.
pub(crate) fn findings_with_code(tx: &Tx<'_>, code: &str) -> Result<Vec<(String, FindingRow)>, DbError> {
    tx.rows(
        "SELECT h.name, f.seen_at, d.path AS directory, f.url, f.reason, f.expected, f.seen FROM finding f \
         JOIN host_category hc ON hc.id = f.host_category_id JOIN host h ON h.id = hc.host_id \
         LEFT JOIN directory d ON d.id = f.directory_id WHERE f.reason = $1 ORDER BY h.name, f.id",
        params![code],
    )
}

/// Returns the directories that hosts serve while they are unreadable on the master.
pub(crate) fn leaked_directories(tx: &Tx<'_>) -> Result<BTreeSet<(HostId, DirectoryId)>, DbError> {
    let rows = tx.rows(
        "SELECT hc.host_id, f.directory_id FROM finding f JOIN host_category hc ON hc.id = f.host_category_id \
         WHERE f.reason = 'leaked' AND f.directory_id IS NOT NULL",
        params![],
    )?;
    Ok(rows.into_iter().collect())
}

/// Returns the finding about a directory for each host category; without one, the finding about the category as
/// a whole.
pub(crate) fn findings_at(
    tx: &Tx<'_>,
    directory: DirectoryId,
    category: CategoryId,
) -> Result<BTreeMap<HostCategoryId, FindingRow>, DbError> {
    let rows = tx.rows(
        "SELECT f.host_category_id, f.seen_at, d.path AS directory, f.url, f.reason, f.expected, f.seen FROM finding f \
         JOIN host_category hc ON hc.id = f.host_category_id LEFT JOIN directory d ON d.id = f.directory_id \
         WHERE hc.category_id = $2 AND (f.directory_id = $1 OR f.directory_id IS NULL) \
         ORDER BY f.directory_id IS NULL DESC, f.id DESC",
        params![directory, category],
    )?;
    // The first finding of each kind is last, and after all the one that names the directory.
    Ok(rows.into_iter().collect())
}
