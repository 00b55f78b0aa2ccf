//! Crawl results and findings of a host, for reports.

use std::collections::BTreeMap;

use serde::Serialize;

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::history::HostDowntime;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, RunId};

/// The result of a category probe: a row of `crawl_result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CrawlResult {
    pub run: RunId,
    /// The outcome of the probe.
    pub outcome: String,
    /// The start of the host crawl.
    pub started_at: Timestamp,
    /// The end of the host crawl.
    pub ended_at: Timestamp,
    /// The method of most probes: rsync, index, head or list; empty if none was made.
    pub method: String,
    /// Number of probed directories.
    pub probed: i64,
    /// Number of requests made.
    pub requests: i64,
    /// Number of current directories.
    pub current: i64,
    /// Number of directories with an older version that is offered.
    pub outdated_allowed: i64,
    /// Number of outdated or missing directories.
    pub outdated: i64,
    /// Number of directories with a repomd.xml that the master never had.
    pub unknown_hash: i64,
    /// Number of directories that are unreadable, as on the master.
    pub staged: i64,
    /// Number of directories without a conclusive result.
    pub inconclusive: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FindingRow {
    /// The time of the probe.
    pub seen_at: Timestamp,
    /// The path of the directory below the topdir; `None` for the category as a whole.
    pub directory: Option<String>,
    /// The URL that was probed.
    pub url: String,
    /// The code of the finding.
    pub reason: String,
    /// The value on the master.
    pub expected: String,
    /// The value on the mirror.
    pub seen: String,
}

/// Returns the last `n` results of one category of a host, newest first.
pub(crate) fn history(tx: &Tx<'_>, host: HostId, category: CategoryId, n: u32) -> Result<Vec<CrawlResult>, DbError> {
    tx.all(
        "SELECT run_id, outcome, started_at, ended_at, method, probed, requests, \"current\", outdated_allowed, outdated, \
         unknown_hash, staged, inconclusive FROM crawl_result WHERE host_id = $1 AND category_id = $2 ORDER BY id DESC LIMIT $3",
        params![host, category, n],
        |r| {
            Ok(CrawlResult {
                run: RunId(r.get(0)?),
                outcome: r.get(1)?,
                started_at: Timestamp(r.get(2)?),
                ended_at: Timestamp(r.get(3)?),
                method: r.get(4)?,
                probed: r.get(5)?,
                requests: r.get(6)?,
                current: r.get(7)?,
                outdated_allowed: r.get(8)?,
                outdated: r.get(9)?,
                unknown_hash: r.get(10)?,
                staged: r.get(11)?,
                inconclusive: r.get(12)?,
            })
        },
    )
}

/// Returns the end and the number of requests of each crawl of a host that ended after `since`, oldest first.
pub(crate) fn requests_since(tx: &Tx<'_>, host: HostId, since: Timestamp) -> Result<Vec<(Timestamp, u64)>, DbError> {
    tx.all(
        "SELECT ended_at, requests FROM crawl_result WHERE host_id = $1 AND ended_at > $2 ORDER BY ended_at, id",
        params![host, since],
        |r| Ok((Timestamp(r.get(0)?), r.int("crawl_result", 1)?)),
    )
}

/// Returns the current and future downtimes of a host at `now`, by start.
pub(crate) fn downtimes(tx: &Tx<'_>, host: HostId, now: Timestamp) -> Result<Vec<HostDowntime>, DbError> {
    tx.all(
        "SELECT starts_at, ends_at, reason FROM host_downtime WHERE host_id = $1 AND ends_at > $2 ORDER BY starts_at, id",
        params![host, now],
        |r| {
            Ok(HostDowntime {
                starts_at: Timestamp(r.get(0)?),
                ends_at: Timestamp(r.get(1)?),
                reason: r.get(2)?,
            })
        },
    )
}

pub(crate) fn findings(tx: &Tx<'_>, host_category: HostCategoryId) -> Result<Vec<FindingRow>, DbError> {
    tx.all(
        "SELECT f.seen_at, d.path, f.url, f.reason, f.expected, f.seen FROM finding f \
         LEFT JOIN directory d ON d.id = f.directory_id WHERE f.host_category_id = $1 ORDER BY f.id",
        params![host_category],
        |r| {
            Ok(FindingRow {
                seen_at: Timestamp(r.get(0)?),
                directory: r.get(1)?,
                url: r.get(2)?,
                reason: r.get(3)?,
                expected: r.get(4)?,
                seen: r.get(5)?,
            })
        },
    )
}

/// Returns the finding about a directory for each host category; without one, the finding about the category as
/// a whole.
pub(crate) fn findings_at(
    tx: &Tx<'_>,
    directory: DirectoryId,
    category: CategoryId,
) -> Result<BTreeMap<HostCategoryId, FindingRow>, DbError> {
    let rows = tx.all(
        "SELECT f.host_category_id, f.seen_at, d.path, f.url, f.reason, f.expected, f.seen FROM finding f \
         JOIN host_category hc ON hc.id = f.host_category_id LEFT JOIN directory d ON d.id = f.directory_id \
         WHERE hc.category_id = $2 AND (f.directory_id = $1 OR f.directory_id IS NULL) \
         ORDER BY f.directory_id IS NULL DESC, f.id DESC",
        params![directory, category],
        |r| {
            let finding = FindingRow {
                seen_at: Timestamp(r.get(1)?),
                directory: r.get(2)?,
                url: r.get(3)?,
                reason: r.get(4)?,
                expected: r.get(5)?,
                seen: r.get(6)?,
            };
            Ok((HostCategoryId(r.get(0)?), finding))
        },
    )?;
    // The first finding of each kind is last, and after all the one that names the directory.
    Ok(rows.into_iter().collect())
}
