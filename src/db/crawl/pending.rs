//! Results that a run did not dare to put in force, and taking a whole run back.
//!
//! A result that waits is one JSON text with what it was based on. It is put in force only while nothing newer is known of the
//! category: neither an older crawl nor a person's patience beats what was seen since.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{plan, put_category};
use crate::db::change::{self, Author};
use crate::db::engine::{DbError, Tx, params};
use crate::db::{holding, registry};
use crate::model::file::Ageing;
use crate::model::holding::Holding;
use crate::model::ids::{CategoryId, HostCategoryId, RunId};
use crate::model::plan::{CategoryPlan, HostCategoryPlan, HostPlan, HostResult};
use crate::model::registry::{DisabledBy, Host};

#[derive(Serialize, Deserialize)]
struct Kept {
    result: HostResult,
    /// The run that wrote the state which each category had before.
    based_on: BTreeMap<HostCategoryId, Option<RunId>>,
}

/// A host whose result waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// By which crawl.
    pub run: RunId,
    /// Its name.
    pub host: String,
}

/// Keeps a host's result until a person decides. What waited for it before is of no more use.
pub fn keep(tx: &Tx<'_>, planned: &HostPlan, result: &HostResult) -> Result<(), DbError> {
    let kept = Kept {
        result: result.clone(),
        based_on: planned.categories.iter().map(|c| (c.id, c.previous.run)).collect(),
    };
    let text = serde_json::to_string(&kept).map_err(|e| DbError::Sql(e.to_string()))?;
    tx.execute("DELETE FROM pending_result WHERE host_id = $1", params![result.host])?;
    tx.execute(
        "INSERT INTO pending_result (run_id, host_id, result) VALUES ($1, $2, $3)",
        params![result.run, result.host, text],
    )?;
    Ok(())
}

/// All that wait.
pub fn pending(tx: &Tx<'_>) -> Result<Vec<Pending>, DbError> {
    tx.all(
        "SELECT p.run_id, h.name FROM pending_result p JOIN host h ON h.id = p.host_id ORDER BY p.run_id, p.id",
        params![],
        |r| {
            Ok(Pending {
                run: RunId(r.get(0)?),
                host: r.get(1)?,
            })
        },
    )
}

/// What a confirmation did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Confirmed {
    /// Hosts whose results are in force now.
    pub hosts: Vec<String>,
    /// Hosts that were crawled again since: what was seen then counts.
    pub overtaken: Vec<String>,
}

/// Puts in force what waits of a run. What the master changed since is dropped as ever.
pub fn confirm(tx: &Tx<'_>, run: RunId, ageing: &dyn Fn(&str) -> Ageing) -> Result<Confirmed, DbError> {
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
        run,
        ageing,
        carried,
        names,
        categories: BTreeMap::new(),
    };
    let mut out = Confirmed::default();
    for (name, text) in rows {
        let kept: Kept = serde_json::from_str(&text).map_err(|e| DbError::BadRow {
            table: "pending_result",
            what: e.to_string(),
        })?;
        if confirming.put(&kept)? {
            out.hosts.push(name);
        } else {
            out.overtaken.push(name);
        }
    }
    tx.execute("DELETE FROM pending_result WHERE run_id = $1", params![run])?;
    Ok(out)
}

struct Confirming<'a, 'c> {
    tx: &'a Tx<'c>,
    run: RunId,
    ageing: &'a dyn Fn(&str) -> Ageing,
    carried: BTreeSet<HostCategoryId>,
    names: BTreeMap<CategoryId, String>,
    categories: BTreeMap<CategoryId, Arc<CategoryPlan>>,
}

impl Confirming<'_, '_> {
    /// Puts a host's result in force; `false` = something newer is known of some category, which stays as it is.
    fn put(&mut self, kept: &Kept) -> Result<bool, DbError> {
        let mut whole = true;
        for category in &kept.result.categories {
            let id = category.host_category;
            if !self.carried.contains(&id) {
                continue;
            }
            let previous = holding::of(self.tx, id)?.unwrap_or_else(|| Holding::unknown(id));
            let before = kept.based_on.get(&id).copied().flatten();
            if previous.run != Some(self.run) && previous.run != before {
                whole = false;
                continue;
            }
            let planned = HostCategoryPlan {
                id,
                category: self.category(category.category)?,
                urls: Vec::new(),
                rsync: Vec::new(),
                previous,
            };
            put_category(self.tx, Some(&planned), &mut category.clone(), &kept.result)?;
        }
        Ok(whole)
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
    pub states: u64,
    /// States of the run that were not in force any more: a later crawl's are.
    pub overtaken: u64,
    /// Results that waited, and are dropped.
    pub dropped: u64,
    /// Hosts that the run had switched off, and that are on again.
    pub switched_on: Vec<String>,
}

/// Takes a crawl back: the states before it are in force again, what waits of it is dropped, and hosts that it switched off
/// (`disabled`, by name) are on again where nobody decided otherwise since.
pub fn revert(tx: &Tx<'_>, run: RunId, disabled: &[String], author: &Author) -> Result<Reverted, DbError> {
    let mut out = Reverted {
        dropped: tx.execute("DELETE FROM pending_result WHERE run_id = $1", params![run])?,
        ..Reverted::default()
    };
    let mine: Vec<(HostCategoryId, i64)> = tx.all(
        "SELECT host_category_id, seq FROM holding WHERE run_id = $1 ORDER BY seq DESC",
        params![run],
        |r| Ok((HostCategoryId(r.get(0)?), r.get(1)?)),
    )?;
    for (id, seq) in mine {
        let newest: i64 = tx.one(
            "SELECT max(seq) FROM holding WHERE host_category_id = $1",
            params![id],
            |r| r.get(0),
        )?;
        if newest != seq {
            out.overtaken += 1;
            continue;
        }
        tx.execute(
            "DELETE FROM holding WHERE host_category_id = $1 AND seq = $2",
            params![id, seq],
        )?;
        tx.execute(
            "DELETE FROM finding WHERE host_category_id = $1 AND run_id = $2",
            params![id, run],
        )?;
        out.states += 1;
    }
    for host in registry::hosts(tx)? {
        if disabled.iter().any(|name| *name == host.name.as_str()) && switch_on(tx, &host, author)? {
            out.switched_on.push(host.name.to_string());
        }
    }
    Ok(out)
}

fn switch_on(tx: &Tx<'_>, host: &Host, author: &Author) -> Result<bool, DbError> {
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
    change::record(tx, author, "host", host.name.as_str(), Some(host), Some(&after))?;
    Ok(true)
}
