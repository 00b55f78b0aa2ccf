//! Results that a run did not dare to put in force, and taking a whole run back.
//!
//! A result that waits is one JSON text with what it was based on. It waits under the run that saw it first, however often it is seen again
//! until somebody decides: so what a person was told can be confirmed. Put in force is what was seen then and not otherwise since: a
//! directory that a later crawl found well, or wrote as it found it, is left out; what a later crawl found lost beside it waits for the
//! next one.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{changed_since, plan, put_category, put_findings, put_result};
use crate::db::audit_log::{self, Author};
use crate::db::connection::{DbError, Tx, params};
use crate::db::{inventory, registry};
use crate::model::file::VersionRetention;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, RunId};
use crate::model::inventory::Inventory;
use crate::model::plan::{
    CategoryOutcome, CategoryPlan, CategoryResult, Finding, HostCategoryPlan, HostPlan, HostResult, NegativeResults,
};
use crate::model::registry::{DisabledBy, Host};

#[derive(Serialize, Deserialize)]
struct StoredResult {
    result: HostResult,
    /// The run that wrote the state which each category had before.
    based_on: BTreeMap<HostCategoryId, Option<RunId>>,
}

/// What of a category still waits.
enum Unresolved {
    /// Nothing: what was seen since counts.
    Nothing,
    /// All of it: nobody has looked since.
    All,
    /// These directories: they were not found well since, and nothing about them was written.
    Only(RoaringBitmap),
}

impl StoredResult {
    fn parse(text: &str) -> Result<Self, DbError> {
        serde_json::from_str(text).map_err(|e| DbError::BadRow {
            table: "pending_result",
            what: e.to_string(),
        })
    }

    /// What waits of a category whose state in force is `now`.
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

fn in_force(tx: &Tx<'_>, id: HostCategoryId) -> Result<Inventory, DbError> {
    Ok(inventory::of(tx, id)?.unwrap_or_else(|| Inventory::new(id)))
}

/// A host whose result waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingHost {
    /// By which crawl.
    pub run: RunId,
    /// Its name.
    pub host: String,
}

/// A run of which results wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingRun {
    /// Which.
    pub run: RunId,
    /// Its scope, as it stands in its row.
    pub scope: String,
    /// How many hosts wait.
    pub hosts: u64,
    /// The numbers in its row; null while it has not ended.
    pub counts: serde_json::Value,
}

/// What waits of a host, with the row it stands in.
fn of_host(tx: &Tx<'_>, host: HostId) -> Result<Vec<(i64, StoredResult)>, DbError> {
    let rows = tx.all(
        "SELECT id, result FROM pending_result WHERE host_id = $1 ORDER BY id",
        params![host],
        |r| Ok((r.get::<i64>(0)?, r.get::<String>(1)?)),
    )?;
    // One that cannot be read waits for nothing, and keeps nobody from being crawled.
    let parsed = rows.into_iter().map(|(row, text)| match StoredResult::parse(&text) {
        Ok(kept) => Some((row, kept)),
        Err(e) => {
            tracing::warn!(row, error = %e, "what waits of a host cannot be read; drop it with mm-crawl --revert RUN");
            None
        }
    });
    Ok(parsed.flatten().collect())
}

/// Keeps what is bad in a host's result until a person decides; whether anything is kept under its run. What waits already stays as it
/// is, under the run that saw it first.
pub fn store(tx: &Tx<'_>, planned: &HostPlan, result: &HostResult) -> Result<bool, DbError> {
    let mut waits: BTreeSet<HostCategoryId> = BTreeSet::new();
    for waiting in waiting_of(tx, result.host)? {
        waits.insert(waiting.host_category);
    }
    for category in result
        .categories
        .iter()
        .filter(|c| c.outcome != CategoryOutcome::Complete)
    {
        put_result(tx, category, result)?;
    }
    let mut kept = StoredResult {
        result: result.clone(),
        based_on: planned.categories.iter().map(|c| (c.id, c.previous.run)).collect(),
    };
    kept.result
        .categories
        .retain(|c| !waits.contains(&c.host_category) && takes_away(planned, c));
    if kept.result.categories.is_empty() {
        return Ok(false);
    }
    let text = serde_json::to_string(&kept).map_err(|e| DbError::Sql(e.to_string()))?;
    tx.execute(
        "INSERT INTO pending_result (run_id, host_id, result) VALUES ($1, $2, $3)",
        params![result.run, result.host, text],
    )?;
    Ok(true)
}

fn takes_away(planned: &HostPlan, result: &CategoryResult) -> bool {
    let before = planned.categories.iter().find(|p| p.id == result.host_category);
    let loses = before.is_some_and(|p| !p.previous.present.is_subset(&result.inventory.present));
    result.outcome != CategoryOutcome::Complete || loses || !result.negatives.unknown_hash.is_empty()
}

/// Drops what waits of a host where something newer counts, in each of its categories.
pub(super) fn drop_overtaken(tx: &Tx<'_>, host: HostId) -> Result<(), DbError> {
    let waits: BTreeSet<RunId> = waiting_of(tx, host)?.into_iter().map(|w| w.run).collect();
    for (row, kept) in of_host(tx, host)? {
        if !waits.contains(&kept.result.run) {
            tx.execute("DELETE FROM pending_result WHERE id = $1", params![row])?;
        }
    }
    Ok(())
}

/// What waits of one category of a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PendingCategory {
    /// Since which crawl.
    pub run: RunId,
    /// Which.
    pub host_category: HostCategoryId,
    /// What that crawl found.
    pub outcome: CategoryOutcome,
    /// Directories that the host would lose.
    pub lost: RoaringBitmap,
}

/// What waits of a host.
pub fn waiting_of(tx: &Tx<'_>, host: HostId) -> Result<Vec<PendingCategory>, DbError> {
    let mut out = Vec::new();
    for (_, kept) in of_host(tx, host)? {
        for category in &kept.result.categories {
            let now = in_force(tx, category.host_category)?;
            let lost = &now.present - &category.inventory.present;
            out.extend(
                match kept.open(category, &now) {
                    Unresolved::Nothing => None,
                    Unresolved::All => Some(lost),
                    Unresolved::Only(rest) => Some(lost & rest),
                }
                .map(|lost| PendingCategory {
                    run: kept.result.run,
                    host_category: category.host_category,
                    outcome: category.outcome,
                    lost,
                }),
            );
        }
    }
    Ok(out)
}

/// All hosts that wait.
pub fn pending(tx: &Tx<'_>) -> Result<Vec<PendingHost>, DbError> {
    tx.all(
        "SELECT p.run_id, h.name FROM pending_result p JOIN host h ON h.id = p.host_id ORDER BY p.run_id, p.id",
        params![],
        |r| {
            Ok(PendingHost {
                run: RunId(r.get(0)?),
                host: r.get(1)?,
            })
        },
    )
}

/// The runs of which results wait.
pub fn waiting(tx: &Tx<'_>) -> Result<Vec<PendingRun>, DbError> {
    tx.all(
        "SELECT r.id, r.scope, count(*), r.stats FROM pending_result p JOIN run r ON r.id = p.run_id \
         GROUP BY r.id, r.scope, r.stats ORDER BY r.id",
        params![],
        |r| {
            Ok(PendingRun {
                run: RunId(r.get(0)?),
                scope: r.get(1)?,
                hosts: r.int("pending_result", 2)?,
                counts: serde_json::from_str(&r.get::<String>(3)?).unwrap_or_default(),
            })
        },
    )
}

/// What a confirmation did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Confirmed {
    /// Hosts whose results are in force now, so far as nothing else was seen since.
    pub hosts: Vec<String>,
    /// Hosts of which something newer counts: nothing of the result was put in force.
    pub superseded: Vec<String>,
}

/// Puts in force what waits of a run. What the master changed since is dropped as ever.
pub fn confirm(tx: &Tx<'_>, run: RunId, ageing: &dyn Fn(&str) -> VersionRetention) -> Result<Confirmed, DbError> {
    let rows = tx.all(
        "SELECT h.name, p.result FROM pending_result p JOIN host h ON h.id = p.host_id WHERE p.run_id = $1 ORDER BY p.id",
        params![run],
        |r| Ok((r.get::<String>(0)?, r.get::<String>(1)?)),
    )?;
    let carried = registry::host_categories(tx)?.into_iter().map(|hc| hc.id).collect();
    let names = registry::categories(tx)?
        .into_iter()
        .map(|c| (c.id, c.name.to_string()))
        .collect();
    let mut confirming = Confirming {
        tx,
        ageing,
        carried,
        names,
        categories: BTreeMap::new(),
    };
    let mut out = Confirmed::default();
    for (name, text) in rows {
        if confirming.put(&StoredResult::parse(&text)?)? {
            out.hosts.push(name);
        } else {
            out.superseded.push(name);
        }
    }
    tx.execute("DELETE FROM pending_result WHERE run_id = $1", params![run])?;
    Ok(out)
}

struct Confirming<'a, 'c> {
    tx: &'a Tx<'c>,
    ageing: &'a dyn Fn(&str) -> VersionRetention,
    carried: BTreeSet<HostCategoryId>,
    names: BTreeMap<CategoryId, String>,
    categories: BTreeMap<CategoryId, Arc<CategoryPlan>>,
}

impl Confirming<'_, '_> {
    /// Puts in force what waits of a host's result; whether there was anything.
    fn put(&mut self, kept: &StoredResult) -> Result<bool, DbError> {
        let mut some = false;
        for category in &kept.result.categories {
            let id = category.host_category;
            if !self.carried.contains(&id) {
                continue;
            }
            let now = in_force(self.tx, id)?;
            match kept.open(category, &now) {
                Unresolved::Nothing => {}
                Unresolved::All => {
                    some = true;
                    let planned = HostCategoryPlan {
                        id,
                        category: self.category(category.category)?,
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

    /// Puts in force what was found of these directories only.
    fn put_rest(
        &self,
        kept: &StoredResult,
        found: &CategoryResult,
        mut holding: Inventory,
        mut rest: RoaringBitmap,
    ) -> Result<(), DbError> {
        for changed in changed_since(self.tx, found.category, found.inventory.scan_seq)? {
            rest.remove(changed.0);
        }
        let then = &found.inventory;
        holding.present = (&holding.present - &rest) | (&then.present & &rest);
        holding.missing = (&holding.missing - &rest) | (&then.missing & &rest);
        holding.pending_probe -= &rest;
        for id in rest.iter().map(DirectoryId) {
            holding.exceptions.remove(&id);
            let exception = then.exceptions.get(&id).map(|e| (id, e.clone()));
            holding.exceptions.extend(exception);
            self.tx.execute(
                "DELETE FROM finding WHERE host_category_id = $1 AND directory_id = $2",
                params![found.host_category, id],
            )?;
        }
        holding.run = Some(kept.result.run);
        inventory::put(self.tx, &holding)?;
        let is_of = |f: &&Finding| f.directory.is_some_and(|id| rest.contains(id.0));
        let findings: Vec<Finding> = found.findings.iter().filter(is_of).cloned().collect();
        put_findings(self.tx, found.host_category, &findings, &kept.result)
    }

    fn category(&mut self, id: CategoryId) -> Result<Arc<CategoryPlan>, DbError> {
        Ok(match self.categories.entry(id) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(new) => {
                let name = self.names.get(&id).cloned().unwrap_or_default();
                let ageing = (self.ageing)(&name);
                Arc::clone(new.insert(Arc::new(plan::category(self.tx, id, name, ageing)?)))
            }
        })
    }
}

/// What taking a run back did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reverted {
    /// States that were taken back: those before them are in force again.
    pub reverted: u64,
    /// States of the run that were not in force any more: a later crawl's are.
    pub superseded: u64,
    /// Results that waited, and are dropped.
    pub dropped: u64,
    /// Hosts that the run had switched off, and that are on again.
    pub reenabled: Vec<String>,
}

/// Takes a crawl back: the states before it are in force again, what waits of it is dropped, and hosts that it switched off
/// (`disabled`, by name) are on again where nobody decided otherwise since.
pub fn revert(tx: &Tx<'_>, run: RunId, disabled: &[String], author: &Author) -> Result<Reverted, DbError> {
    let mut out = Reverted {
        dropped: tx.execute("DELETE FROM pending_result WHERE run_id = $1", params![run])?,
        ..Reverted::default()
    };
    let mine: Vec<(HostCategoryId, i64)> = tx.all(
        "SELECT host_category_id, seq FROM inventory WHERE run_id = $1 ORDER BY seq DESC",
        params![run],
        |r| Ok((HostCategoryId(r.get(0)?), r.get(1)?)),
    )?;
    for (id, seq) in mine {
        let newest: i64 = tx.one(
            "SELECT max(seq) FROM inventory WHERE host_category_id = $1",
            params![id],
            |r| r.get(0),
        )?;
        if newest != seq {
            out.superseded += 1;
            continue;
        }
        tx.execute(
            "DELETE FROM inventory WHERE host_category_id = $1 AND seq = $2",
            params![id, seq],
        )?;
        tx.execute(
            "DELETE FROM finding WHERE host_category_id = $1 AND run_id = $2",
            params![id, run],
        )?;
        out.reverted += 1;
    }
    for host in registry::hosts(tx)? {
        if disabled.iter().any(|name| *name == host.name.as_str()) && reenable(tx, &host, author)? {
            out.reenabled.push(host.name.to_string());
        }
    }
    Ok(out)
}

fn reenable(tx: &Tx<'_>, host: &Host, author: &Author) -> Result<bool, DbError> {
    if host.user_active || host.disabled_by != Some(DisabledBy::Crawler) {
        return Ok(false);
    }
    let mut after = host.clone();
    (after.user_active, after.disabled_by, after.disable_reason) = (true, None, None);
    after.crawl_failures = host.crawl_failures.saturating_sub(1);
    tx.execute(
        "UPDATE host SET user_active = 1, disabled_by = NULL, disable_reason = NULL, crawl_failures = $2 WHERE id = $1",
        params![host.id, after.crawl_failures],
    )?;
    audit_log::record(tx, author, "host", host.name.as_str(), Some(host), Some(&after))?;
    Ok(true)
}
