//! Crawl results awaiting confirmation.
//!
//! A pending result is one JSON text with the runs it was based on. It belongs to the run that found it first, however often
//! it is found again, so that an operator can confirm what was reported. Confirming applies what was found then and is not
//! superseded: directories that a later crawl found present, or stored otherwise, are left out; losses that a later crawl found
//! in addition are left to the next one. Later runs that find the same are counted: with [`MIN_AGREEMENTS`] of them a result is
//! applied without an operator after a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::plan::CategoryPlans;
use super::{changed_since, put_category, put_findings, put_result};
use crate::db::audit_log::Author;
use crate::db::connection::{DbError, Tx, params};
use crate::db::pending::record_decision;
use crate::db::{inventory, registry};
use crate::model::file::VersionRetention;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId, RunId};
use crate::model::inventory::Inventory;
use crate::model::plan::{
    CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, HostPlan, HostResult, NegativeResults,
};

/// The number of later runs that must find the same as a pending result before it is applied without an operator.
pub(crate) const MIN_AGREEMENTS: u64 = 2;

/// Returns the ID of a run's results in the list of pending items.
pub(crate) fn item_id(run: RunId) -> String {
    format!("crawl-{run}")
}

#[derive(Serialize, Deserialize)]
struct StoredResult {
    result: HostResult,
    /// The run that wrote the state which each category had before.
    based_on: BTreeMap<HostCategoryId, Option<RunId>>,
}

/// The part of a pending result that is still unresolved.
enum Unresolved {
    /// Nothing: superseded by later results.
    Nothing,
    /// All of it: no crawl since.
    All,
    /// These directories: not found present since, and not stored otherwise.
    Only(RoaringBitmap),
}

impl StoredResult {
    fn parse(text: &str) -> Result<Self, DbError> {
        serde_json::from_str(text).map_err(|e| DbError::BadRow {
            table: "pending_result",
            what: e.to_string(),
        })
    }

    /// Returns the unresolved part of a category result, given the current inventory.
    fn open(&self, category: &CategoryResult, now: &Inventory) -> Unresolved {
        let before = self.based_on.get(&category.host_category).copied().flatten();
        if now.run == before {
            return Unresolved::All;
        }
        match category.outcome {
            CategoryOutcome::Complete if now.run == Some(self.result.run) => Unresolved::All,
            CategoryOutcome::Complete => {
                let rest = all(&category.negatives) & &now.pending_probe;
                if rest.is_empty() {
                    Unresolved::Nothing
                } else {
                    Unresolved::Only(rest)
                }
            }
            CategoryOutcome::CategoryMissing | CategoryOutcome::Inconclusive => Unresolved::Nothing,
        }
    }
}

fn all(negatives: &NegativeResults) -> RoaringBitmap {
    let n = negatives;
    [&n.outdated_allowed, &n.outdated, &n.unknown_hash, &n.staged]
        .into_iter()
        .fold(RoaringBitmap::new(), |all, some| all | some)
}

fn current_inventory(tx: &Tx<'_>, id: HostCategoryId) -> Result<Inventory, DbError> {
    Ok(inventory::find(tx, id)?.unwrap_or_else(|| Inventory::new(id)))
}

/// A host with a pending result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingHost {
    pub run: RunId,
    pub host: String,
}

/// A run with pending results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingRun {
    pub run: RunId,
    pub scope: String,
    pub hosts: u64,
    /// The statistics of the run; null while it is running.
    pub counts: serde_json::Value,
}

/// Returns the pending results of a host, with the IDs of their rows.
fn of_host(tx: &Tx<'_>, host: HostId) -> Result<Vec<(i64, StoredResult)>, DbError> {
    let rows: Vec<(i64, String)> = tx.rows(
        "SELECT id, result FROM pending_result WHERE host_id = $1 ORDER BY id",
        params![host],
    )?;
    // An invalid one must not prevent crawls.
    let parsed = rows.into_iter().map(|(row, text)| match StoredResult::parse(&text) {
        Ok(kept) => Some((row, kept)),
        Err(e) => {
            tracing::warn!(row, error = %e, "invalid pending result of a host; drop it with mm-crawl --revert RUN");
            None
        }
    });
    Ok(parsed.flatten().collect())
}

/// Stores the negative part of a host's result as pending. Returns true if anything was stored. Results that are already
/// pending stay with the run that found them first, and this run is counted if it found the same. The local uplink worked
/// during the crawl of the host.
pub(crate) fn store(tx: &Tx<'_>, planned: &HostPlan, result: &HostResult) -> Result<bool, DbError> {
    count_agreement(tx, result)?;
    let pending = pending_categories(tx, result.host)?.into_iter();
    let pending: BTreeSet<HostCategoryId> = pending.map(|c| c.host_category).collect();
    let incomplete = |c: &&CategoryResult| c.outcome != CategoryOutcome::Complete;
    for category in result.categories.iter().filter(incomplete) {
        put_result(tx, category, result)?;
    }
    let mut kept = StoredResult {
        result: result.clone(),
        based_on: planned.categories.iter().map(|c| (c.id, c.previous.run)).collect(),
    };
    kept.result
        .categories
        .retain(|c| !pending.contains(&c.host_category) && is_negative(planned, c));
    if kept.result.categories.is_empty() {
        return Ok(false);
    }
    let text = serde_json::to_string(&kept)?;
    tx.execute(
        "INSERT INTO pending_result (run_id, host_id, result, stored_at) VALUES ($1, $2, $3, $4)",
        params![result.run, result.host, text, result.ended_at],
    )?;
    Ok(true)
}

/// Counts a later run that found the same as pending results of a host, once per run.
fn count_agreement(tx: &Tx<'_>, later: &HostResult) -> Result<(), DbError> {
    let open = pending_categories(tx, later.host)?;
    for (row, kept) in of_host(tx, later.host)? {
        let of_row: Vec<&PendingCategory> = open.iter().filter(|c| c.run == kept.result.run).collect();
        let agrees = !of_row.is_empty() && of_row.iter().all(|c| found_again(c, &kept.result, later));
        if agrees && kept.result.run != later.run {
            tx.execute(
                "UPDATE pending_result SET agreements = agreements + 1, agreed_run_id = $2 \
                 WHERE id = $1 AND (agreed_run_id IS NULL OR agreed_run_id <> $2)",
                params![row, later.run],
            )?;
        }
    }
    Ok(())
}

/// Returns true if a later result of the host category confirms everything that is pending.
fn found_again(open: &PendingCategory, first: &HostResult, later: &HostResult) -> bool {
    let category = |r: &HostResult| {
        r.categories
            .iter()
            .find(|c| c.host_category == open.host_category)
            .cloned()
    };
    let (Some(first), Some(later)) = (category(first), category(later)) else {
        return false;
    };
    match later.outcome {
        CategoryOutcome::Inconclusive => first.outcome == CategoryOutcome::Inconclusive,
        CategoryOutcome::CategoryMissing => first.outcome != CategoryOutcome::Inconclusive,
        CategoryOutcome::Complete => {
            first.outcome == CategoryOutcome::Complete
                && open.lost.is_disjoint(&later.inventory.present)
                && first.negatives.unknown_hash.is_subset(&later.negatives.unknown_hash)
        }
    }
}

fn is_negative(planned: &HostPlan, result: &CategoryResult) -> bool {
    let before = planned.categories.iter().find(|p| p.id == result.host_category);
    let loses = before.is_some_and(|p| !p.previous.present.is_subset(&result.inventory.present));
    result.outcome != CategoryOutcome::Complete || loses || !result.negatives.unknown_hash.is_empty()
}

/// Deletes pending results of a host that are superseded in all categories.
pub(super) fn remove_superseded(tx: &Tx<'_>, host: HostId) -> Result<(), DbError> {
    let pending: BTreeSet<RunId> = pending_categories(tx, host)?.into_iter().map(|w| w.run).collect();
    for (row, kept) in of_host(tx, host)? {
        if !pending.contains(&kept.result.run) {
            tx.execute("DELETE FROM pending_result WHERE id = $1", params![row])?;
        }
    }
    Ok(())
}

/// The pending result of one host category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PendingCategory {
    /// The crawl run that found it first.
    pub run: RunId,
    pub host_category: HostCategoryId,
    pub outcome: CategoryOutcome,
    /// The directories that the host would lose.
    pub lost: RoaringBitmap,
}

pub(crate) fn pending_categories(tx: &Tx<'_>, host: HostId) -> Result<Vec<PendingCategory>, DbError> {
    let mut out = Vec::new();
    for (_, kept) in of_host(tx, host)? {
        for category in &kept.result.categories {
            let now = current_inventory(tx, category.host_category)?;
            let lost = &now.present - &category.inventory.present;
            let lost = match kept.open(category, &now) {
                Unresolved::Nothing => continue,
                Unresolved::All => lost,
                Unresolved::Only(rest) => lost & rest,
            };
            out.push(PendingCategory {
                run: kept.result.run,
                host_category: category.host_category,
                outcome: category.outcome,
                lost,
            });
        }
    }
    Ok(out)
}

pub(crate) fn pending(tx: &Tx<'_>) -> Result<Vec<PendingHost>, DbError> {
    tx.rows(
        "SELECT p.run_id, h.name AS host FROM pending_result p JOIN host h ON h.id = p.host_id ORDER BY p.run_id, p.id",
        params![],
    )
}

pub(crate) fn pending_runs(tx: &Tx<'_>) -> Result<Vec<PendingRun>, DbError> {
    tx.rows(
        "SELECT r.id AS run_id, r.scope, count(*) AS hosts, r.stats AS counts FROM pending_result p JOIN run r ON r.id = p.run_id \
         GROUP BY r.id, r.scope, r.stats ORDER BY r.id",
        params![],
    )
}

/// Effects of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Confirmed {
    /// Hosts whose results were applied, as far as they were not superseded.
    pub hosts: Vec<String>,
    /// Hosts whose results were superseded: nothing was applied.
    pub superseded: Vec<String>,
}

/// A row of `pending_result` with the name of its host.
#[derive(Deserialize)]
struct PendingRow {
    id: i64,
    name: String,
    result: String,
}

/// Applies the pending results of a run. Results of directories that the master changed since are dropped.
pub(crate) fn confirm(
    tx: &Tx<'_>,
    run: RunId,
    retention: &dyn Fn(&str) -> VersionRetention,
    author: &Author,
) -> Result<Confirmed, DbError> {
    let rows: Vec<PendingRow> = tx.rows(
        "SELECT p.id, h.name, p.result FROM pending_result p JOIN host h ON h.id = p.host_id WHERE p.run_id = $1 ORDER BY p.id",
        params![run],
    )?;
    let out = apply_rows(tx, rows, retention)?;
    record_decision(tx, author, &item_id(run), "confirmed", &out)?;
    Ok(out)
}

/// Applies the results that have been pending for `min_age` and that [`MIN_AGREEMENTS`] later runs found again, of runs within
/// these scopes. Returns the effects by run.
pub(crate) fn confirm_agreed(
    tx: &Tx<'_>,
    scopes: &[String],
    min_age: Duration,
    retention: &dyn Fn(&str) -> VersionRetention,
    author: &Author,
) -> Result<BTreeMap<RunId, Confirmed>, DbError> {
    let runs: Vec<(RunId, String)> = tx.rows(
        "SELECT DISTINCT r.id, r.scope FROM pending_result p JOIN run r ON r.id = p.run_id \
         WHERE p.stored_at <= $1 AND p.agreements >= $2 ORDER BY r.id",
        params![author.at.minus(min_age), MIN_AGREEMENTS],
    )?;
    let mut out = BTreeMap::new();
    for (run, scope) in runs {
        if !scope.split(", ").all(|s| scopes.iter().any(|known| known == s)) {
            continue;
        }
        let rows: Vec<PendingRow> = tx.rows(
            "SELECT p.id, h.name, p.result FROM pending_result p JOIN host h ON h.id = p.host_id \
             WHERE p.run_id = $1 AND p.stored_at <= $2 AND p.agreements >= $3 ORDER BY p.id",
            params![run, author.at.minus(min_age), MIN_AGREEMENTS],
        )?;
        let applied = apply_rows(tx, rows, retention)?;
        record_decision(tx, author, &item_id(run), "applied without an operator", &applied)?;
        out.insert(run, applied);
    }
    Ok(out)
}

fn apply_rows(
    tx: &Tx<'_>,
    rows: Vec<PendingRow>,
    retention: &dyn Fn(&str) -> VersionRetention,
) -> Result<Confirmed, DbError> {
    let carried = registry::host_categories(tx)?.into_iter().map(|hc| hc.id).collect();
    let mut confirming = Confirming {
        tx,
        carried,
        categories: CategoryPlans::new(tx, retention)?,
    };
    let mut out = Confirmed::default();
    for row in rows {
        let is_applied = confirming.put(&StoredResult::parse(&row.result)?)?;
        let hosts = if is_applied {
            &mut out.hosts
        } else {
            &mut out.superseded
        };
        hosts.push(row.name);
        tx.execute("DELETE FROM pending_result WHERE id = $1", params![row.id])?;
    }
    Ok(out)
}

/// Discards the pending results of a run; the positive ones, which were applied, stay. Returns the hosts.
pub(crate) fn reject(tx: &Tx<'_>, run: RunId, author: &Author) -> Result<Vec<String>, DbError> {
    let pending = pending(tx)?.into_iter().filter(|p| p.run == run);
    let hosts: Vec<String> = pending.map(|p| p.host).collect();
    tx.execute("DELETE FROM pending_result WHERE run_id = $1", params![run])?;
    record_decision(tx, author, &item_id(run), "rejected", &json!({"hosts": hosts}))?;
    Ok(hosts)
}

struct Confirming<'a, 'c> {
    tx: &'a Tx<'c>,
    carried: BTreeSet<HostCategoryId>,
    categories: CategoryPlans<'a, 'c>,
}

impl Confirming<'_, '_> {
    /// Applies the unresolved part of a host's result. Returns false if there was none.
    fn put(&mut self, kept: &StoredResult) -> Result<bool, DbError> {
        let mut some = false;
        for category in &kept.result.categories {
            let id = category.host_category;
            if !self.carried.contains(&id) {
                continue;
            }
            let now = current_inventory(self.tx, id)?;
            match kept.open(category, &now) {
                Unresolved::Nothing => {}
                Unresolved::All => {
                    some = true;
                    let planned = HostCategoryPlan {
                        id,
                        category: self.categories.get(category.category)?,
                        urls: Vec::new(),
                        rsync: Vec::new(),
                        previous: now,
                    };
                    put_category(self.tx, Some(&planned), &mut category.clone(), &kept.result)?;
                }
                Unresolved::Only(rest) => {
                    some = true;
                    self.put_rest(kept, category, now, rest)?;
                }
            }
        }
        Ok(some)
    }

    /// Applies the results of these directories only.
    fn put_rest(
        &self,
        kept: &StoredResult,
        found: &CategoryResult,
        mut inventory: Inventory,
        mut rest: RoaringBitmap,
    ) -> Result<(), DbError> {
        for changed in changed_since(self.tx, found.category, found.inventory.scan_seq)? {
            rest.remove(changed.0);
        }
        let then = &found.inventory;
        inventory.present = (&inventory.present - &rest) | (&then.present & &rest);
        inventory.missing = (&inventory.missing - &rest) | (&then.missing & &rest);
        inventory.pending_probe -= &rest;
        for id in rest.iter().map(DirectoryId) {
            inventory.exceptions.remove(&id);
            let exception = then.exceptions.get(&id).map(|e| (id, e.clone()));
            inventory.exceptions.extend(exception);
            self.tx.execute(
                "DELETE FROM finding WHERE host_category_id = $1 AND directory_id = $2",
                params![found.host_category, id],
            )?;
        }
        inventory.run = Some(kept.result.run);
        inventory::put(self.tx, &inventory)?;
        let is_of = |f: &&Finding| f.directory.is_some_and(|id| rest.contains(id.0));
        let findings: Vec<Finding> = found.findings.iter().filter(is_of).cloned().collect();
        put_findings(self.tx, found.host_category, &findings, &kept.result)
    }
}

/// Returns the names of the hosts whose inventories or pending results are from this run.
pub(crate) fn hosts_of_run(tx: &Tx<'_>, run: RunId) -> Result<Vec<String>, DbError> {
    tx.rows(
        "SELECT name FROM host WHERE id IN (SELECT host_id FROM pending_result WHERE run_id = $1) OR id IN \
         (SELECT c.host_id FROM host_category c JOIN inventory i ON i.host_category_id = c.id WHERE i.run_id = $1)",
        params![run],
    )
}
