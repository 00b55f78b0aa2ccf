//! Crawl plans, read in one short transaction, and host results, each committed in one short transaction.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use super::{directory, inventory, registry};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, ScanSeq};
use crate::model::plan::{CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, HostPlan, HostResult};
use crate::model::registry::{DisabledBy, Host};

mod pending;
mod plan;
mod retract;
mod revert;

use pending::remove_superseded;
pub(crate) use pending::{
    Confirmed, MIN_AGREEMENTS, PendingRun, confirm, confirm_agreed, hosts_of_run, item_id, pending, pending_categories,
    pending_runs, reject, store,
};
pub(crate) use plan::{CRAWLED_RECENTLY, DISABLED, OUTSIDE_WINDOW, Plan, Selection, category_plan, plan, reread};
pub(crate) use retract::positive_only;
pub(crate) use revert::{Reverted, revert};

/// Options for committing the result of a host.
#[derive(Debug, Clone)]
pub(crate) struct CommitOptions {
    /// Consecutive failed crawls after which a host is disabled; 0 = never.
    pub disable_after_failures: u32,
    /// Consecutive failed crawls after which a host is reported; 0 = never.
    pub warn_after_failures: u32,
    pub author: Author,
}

/// Effects of committing the result of a host.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Committed {
    /// True if the host is no longer registered: nothing was written.
    pub host_removed: bool,
    /// Directories whose negative results were dropped, as the master changed them since the plan; by host category.
    pub retracted: BTreeMap<HostCategoryId, RoaringBitmap>,
    /// Consecutive failed crawls, including this one.
    pub failures: u32,
    /// True if the failures reached the warning limit.
    pub warned: bool,
    pub disabled: Option<String>,
    pub reenabled: bool,
}

/// Commits the result of one host, which was crawled with `plan`.
pub(crate) fn commit(
    tx: &Tx<'_>,
    plan: &HostPlan,
    result: &HostResult,
    rules: &CommitOptions,
) -> Result<Committed, DbError> {
    let mut out = Committed::default();
    let Some(host) = registry::host(tx, result.host)? else {
        out.host_removed = true;
        return Ok(out);
    };
    let present: BTreeSet<HostCategoryId> = registry::categories_of(tx, host.id)?
        .into_iter()
        .map(|hc| hc.id)
        .collect();
    for category in result.categories.iter().filter(|c| present.contains(&c.host_category)) {
        let planned = plan.categories.iter().find(|p| p.id == category.host_category);
        let mut category = category.clone();
        let retracted = put_category(tx, planned, &mut category, result)?;
        if !retracted.is_empty() {
            out.retracted.insert(category.host_category, retracted);
        }
    }
    for id in result.needs_scan.keys() {
        tx.execute("UPDATE directory SET needs_scan = 1 WHERE id = $1", params![*id])?;
    }
    remove_superseded(tx, result.host)?;
    count_failure(tx, &host, result, rules, &mut out)?;
    Ok(out)
}

/// Writes inventory, findings and counts of a category. Returns the directories whose negative results were dropped.
fn put_category(
    tx: &Tx<'_>,
    planned: Option<&HostCategoryPlan>,
    result: &mut CategoryResult,
    host: &HostResult,
) -> Result<RoaringBitmap, DbError> {
    let mut retracted = RoaringBitmap::new();
    if result.outcome == CategoryOutcome::Complete
        && let Some(planned) = planned
    {
        let changed = changed_since(tx, result.category, result.inventory.scan_seq)?;
        retracted = retract::retract(
            &mut result.inventory,
            planned,
            &result.negatives,
            &changed,
            host.ended_at,
        );
        result.retract(&retracted);
        result.inventory.pending_probe |= &retracted;
    }
    inventory::put(tx, &result.inventory)?;
    remove_findings(tx, result)?;
    put_findings(tx, result.host_category, &result.findings, host)?;
    put_result(tx, result, host)?;
    Ok(retracted)
}

fn put_findings(tx: &Tx<'_>, id: HostCategoryId, findings: &[Finding], host: &HostResult) -> Result<(), DbError> {
    for f in findings {
        // A scan may have removed the directory in the meantime.
        tx.execute(
            "INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
             WHERE $2 IS NULL OR EXISTS (SELECT 1 FROM directory WHERE id = $2)",
            params![
                id,
                f.directory,
                host.run,
                host.ended_at,
                &f.url,
                &f.code,
                &f.expected,
                &f.received
            ],
        )?;
    }
    Ok(())
}

/// Writes the `crawl_result` row, one for each host, category and run: applying pending results replaces it, so that
/// requests are counted once.
fn put_result(tx: &Tx<'_>, result: &CategoryResult, host: &HostResult) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM crawl_result WHERE run_id = $1 AND host_id = $2 AND category_id = $3",
        params![host.run, host.host, result.category],
    )?;
    let n = result.counts;
    tx.execute(
        "INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", \
         outdated_allowed, outdated, unknown_hash, staged, inconclusive, method, probed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            host.run,
            host.host,
            result.category,
            result.outcome.into_str(),
            host.started_at,
            host.ended_at,
            result.requests,
            n.current,
            n.outdated_allowed,
            n.outdated,
            n.unknown_hash,
            n.staged,
            n.inconclusive,
            &*result.probe_method,
            result.probed_directories
        ],
    )
}

/// Removes the findings of earlier crawls, except those about directories that were not probed.
fn remove_findings(tx: &Tx<'_>, result: &CategoryResult) -> Result<(), DbError> {
    let known: Vec<(i64, Option<DirectoryId>)> = tx.rows(
        "SELECT id, directory_id FROM finding WHERE host_category_id = $1 ORDER BY id DESC",
        params![result.host_category],
    )?;
    let mut left = result.retained_findings;
    for (id, directory) in known {
        if left > 0 && directory.is_some_and(|d| result.unprobed.contains(d.0)) {
            left -= 1;
        } else {
            tx.execute("DELETE FROM finding WHERE id = $1", params![id])?;
        }
    }
    Ok(())
}

/// Returns the directories that the master changed after the plan was read. Every change increases the scan sequence of the
/// category, so that an unchanged sequence needs no further query.
fn changed_since(tx: &Tx<'_>, category: CategoryId, generation: ScanSeq) -> Result<BTreeSet<DirectoryId>, DbError> {
    if directory::scan_seq(tx, category)? <= generation {
        return Ok(BTreeSet::new());
    }
    let ids = tx.rows(
        "SELECT id FROM directory WHERE category_id = $1 AND changed_seq > $2",
        params![category, generation],
    )?;
    Ok(ids.into_iter().collect())
}

/// Updates the counters of the host, and disables or re-enables it.
fn count_failure(
    tx: &Tx<'_>,
    host: &Host,
    result: &HostResult,
    rules: &CommitOptions,
    out: &mut Committed,
) -> Result<(), DbError> {
    if result.categories.is_empty() {
        return Ok(());
    }
    let is = |o: CategoryOutcome| move |c: &CategoryResult| c.outcome == o;
    let failed = result.categories.iter().all(is(CategoryOutcome::Inconclusive));
    let good = result.categories.iter().any(is(CategoryOutcome::Complete));
    let is_down = plan::hosts_in_downtime(tx, result.ended_at)?.contains(&host.id);
    if !result.is_complete || is_down || (failed && has_responding_category(tx, host.id, result)?) {
        // Partial crawls, crawls in a downtime, and an inconclusive category while another one responds are neither failures nor
        // successes.
        let failures = if failed { host.crawl_failures } else { 0 };
        tx.execute(
            "UPDATE host SET crawl_failures = $2 WHERE id = $1",
            params![host.id, failures],
        )?;
        return Ok(());
    }
    let mut after = host.clone();
    after.crawl_failures = if failed {
        host.crawl_failures.saturating_add(1)
    } else {
        0
    };
    let limit = rules.disable_after_failures;
    out.failures = after.crawl_failures;
    if failed && limit > 0 && after.crawl_failures >= limit && host.user_active {
        after.user_active = false;
        after.disabled_by = Some(DisabledBy::Crawler);
        after.disable_reason = Some(format!(
            "{} consecutive crawls got no response, the last at {}",
            after.crawl_failures, result.ended_at
        ));
        out.disabled.clone_from(&after.disable_reason);
    }
    let at_limit = rules.warn_after_failures > 0 && after.crawl_failures == rules.warn_after_failures;
    out.warned = failed && at_limit && host.user_active && out.disabled.is_none();
    if good && !host.user_active && host.disabled_by == Some(DisabledBy::Crawler) {
        after.user_active = true;
        after.disabled_by = None;
        after.disable_reason = None;
        out.reenabled = true;
    }
    let seconds = result.ended_at.since(result.started_at).as_secs();
    tx.execute(
        "UPDATE host SET last_crawled = $2, last_crawl_duration = $3, crawl_failures = $4 WHERE id = $1",
        params![host.id, result.ended_at, seconds, after.crawl_failures],
    )?;
    if out.disabled.is_some() || out.reenabled {
        write_status(tx, &rules.author, host, &after)?;
    }
    Ok(())
}

/// Writes the status of a host that the crawler disabled or re-enabled.
fn write_status(tx: &Tx<'_>, author: &Author, before: &Host, after: &Host) -> Result<(), DbError> {
    let by = after.disabled_by.map(|_| "crawler");
    tx.execute(
        "UPDATE host SET user_active = $2, disabled_by = $3, disable_reason = $4, crawl_failures = $5 WHERE id = $1",
        params![
            after.id,
            after.user_active,
            by,
            after.disable_reason.as_deref(),
            after.crawl_failures
        ],
    )?;
    audit_log::record(tx, author, "host", before.name.as_str(), Some(before), Some(after))
}

/// Returns true if another category of the host, not in this result, responded to its last crawl.
fn has_responding_category(tx: &Tx<'_>, host: HostId, result: &HostResult) -> Result<bool, DbError> {
    let with_url: BTreeSet<HostCategoryId> = registry::urls(tx)?.into_iter().map(|u| u.host_category).collect();
    for hc in registry::host_categories(tx)? {
        let is_other = hc.host == host && !hc.always_current && with_url.contains(&hc.id);
        if is_other
            && !result.categories.iter().any(|c| c.host_category == hc.id)
            && let Some(state) = inventory::find(tx, hc.id)?
            && state.checked_at.0 > 0
            && state.inconclusive_tries == 0
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
