//! What a crawl reads, in one short read transaction, and what it writes: each host's result as one small transaction.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::change::{self, Author};
use super::engine::{DbError, Tx, params};
use super::{directory, file_detail, holding, registry};
use crate::model::Epoch;
use crate::model::file::Ageing;
use crate::model::holding::{ExceptionState, Holding};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, ScanGeneration};
use crate::model::names::Protocol;
use crate::model::plan::{
    CategoryOutcome, CategoryPlan, CategoryResult, HostCategoryPlan, HostPlan, HostResult, PlannedDirectory,
};
use crate::model::registry::{DisabledBy, Host, HostCategoryUrl, Site};

mod retract;

/// The file whose versions a crawl compares by hash.
const REPOMD: &str = "repomd.xml";

/// What to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These hosts only.
    pub hosts: Option<BTreeSet<HostId>>,
    /// These categories only.
    pub categories: Option<BTreeSet<CategoryId>>,
    /// Hosts too that an admin or owner switched off, and those of switched-off sites.
    pub include_disabled: bool,
}

/// What a crawl is to do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Those first that kept closed what the master has opened since; then the slowest, those never crawled before the others.
    pub hosts: Vec<HostPlan>,
    /// Hosts that were selected and are left out, with the reason.
    pub left_out: Vec<(String, &'static str)>,
    /// Hosts that the crawler switched off: they are asked, so that a good crawl brings them back.
    pub disabled: BTreeSet<HostId>,
}

/// Reads the plan. `ageing` tells how long old versions are offered, by the category's name.
pub fn plan(tx: &Tx<'_>, selection: &Selection, now: Epoch, ageing: &dyn Fn(&str) -> Ageing) -> Result<Plan, DbError> {
    let sites: BTreeMap<_, Site> = registry::sites(tx)?.into_iter().map(|s| (s.id, s)).collect();
    let down = hosts_in_downtime(tx, now)?;
    let mut urls: BTreeMap<HostCategoryId, Vec<HostCategoryUrl>> = BTreeMap::new();
    for url in registry::urls(tx)?.into_iter().filter(|u| u.url.protocol().is_http()) {
        urls.entry(url.host_category).or_default().push(url);
    }
    let mut previous = holding::in_force(tx)?;
    let wanted = |c: CategoryId| selection.categories.as_ref().is_none_or(|all| all.contains(&c));
    let mut categories: BTreeMap<CategoryId, Arc<CategoryPlan>> = BTreeMap::new();
    let mut by_host: BTreeMap<HostId, Vec<HostCategoryPlan>> = BTreeMap::new();
    let names: BTreeMap<CategoryId, String> = registry::categories(tx)?
        .into_iter()
        .map(|c| (c.id, c.name.into()))
        .collect();
    let mut out = Plan::default();
    let mut chosen = Vec::new();
    for host in registry::hosts(tx)? {
        if selection.hosts.as_ref().is_some_and(|all| !all.contains(&host.id)) {
            continue;
        }
        match reason_to_leave_out(&host, sites.get(&host.site), &down, selection.include_disabled) {
            Some(reason) => out.left_out.push((host.name.to_string(), reason)),
            None => chosen.push(host),
        }
    }
    let chosen_ids: BTreeSet<HostId> = chosen.iter().map(|h| h.id).collect();
    for hc in registry::host_categories(tx)? {
        if hc.always_up2date || !wanted(hc.category) || !chosen_ids.contains(&hc.host) {
            continue;
        }
        let Some(urls) = urls.remove(&hc.id) else { continue };
        let category = match categories.entry(hc.category) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(new) => {
                let name = names.get(&hc.category).cloned().unwrap_or_default();
                let ageing = ageing(&name);
                Arc::clone(new.insert(Arc::new(category(tx, hc.category, name, ageing)?)))
            }
        };
        if category.directories.is_empty() {
            continue;
        }
        by_host.entry(hc.host).or_default().push(HostCategoryPlan {
            id: hc.id,
            category,
            urls: in_order(urls),
            previous: previous.remove(&hc.id).unwrap_or_else(|| Holding::unknown(hc.id)),
        });
    }
    for host in chosen {
        let Some(mut categories) = by_host.remove(&host.id) else {
            out.left_out.push((host.name.to_string(), "nothing to crawl"));
            continue;
        };
        if host.disabled_by == Some(DisabledBy::Crawler) && !host.user_active {
            out.disabled.insert(host.id);
        }
        // What a deadline cut off last time comes first this time.
        categories.sort_by_key(|c| (c.previous.checked_at, c.id));
        out.hosts.push(HostPlan {
            id: host.id,
            name: host.name,
            last_duration: host.last_crawl_duration.unwrap_or(u32::MAX),
            crawl_failures: host.crawl_failures,
            categories,
        });
    }
    in_turn(&mut out.hosts);
    Ok(out)
}

/// Those first that kept closed what the master has opened since: they have it already, and nobody is listed for it before being
/// asked. Then the slowest.
fn in_turn(hosts: &mut [HostPlan]) {
    let mut open: BTreeMap<CategoryId, RoaringBitmap> = BTreeMap::new();
    let mut staged_before: BTreeSet<HostId> = BTreeSet::new();
    for host in hosts.iter() {
        for hc in &host.categories {
            let open = open.entry(hc.category.id).or_insert_with(|| {
                let readable = hc.category.directories.iter().filter(|d| d.readable);
                readable.map(|d| d.id.0).collect()
            });
            let mut exceptions = hc.previous.exceptions.iter();
            if exceptions.any(|(id, e)| e.state == ExceptionState::Staged && open.contains(id.0)) {
                staged_before.insert(host.id);
            }
        }
    }
    hosts.sort_by_key(|h| (!staged_before.contains(&h.id), Reverse(h.last_duration), h.id));
}

fn reason_to_leave_out(
    host: &Host,
    site: Option<&Site>,
    down: &BTreeSet<HostId>,
    include_disabled: bool,
) -> Option<&'static str> {
    let Some(site) = site else {
        return Some("no site");
    };
    let by_crawler = host.disabled_by == Some(DisabledBy::Crawler);
    let active = site.admin_active && site.user_active && host.admin_active && (host.user_active || by_crawler);
    if host.is_private(site) {
        Some("private")
    } else if !active && !include_disabled {
        Some("disabled")
    } else if down.contains(&host.id) {
        Some("in its downtime")
    } else {
        None
    }
}

fn hosts_in_downtime(tx: &Tx<'_>, now: Epoch) -> Result<BTreeSet<HostId>, DbError> {
    let ids = tx.all(
        "SELECT DISTINCT host_id FROM host_downtime WHERE starts_at <= $1 AND $1 < ends_at",
        params![now],
        |r| r.get(0).map(HostId),
    )?;
    Ok(ids.into_iter().collect())
}

/// https before http. Addresses for mirrors and crawlers only count where there is no other: what clients are sent to is to be
/// checked.
fn in_order(mut urls: Vec<HostCategoryUrl>) -> Vec<crate::model::names::MirrorUrl> {
    if urls.iter().any(|u| !u.private) {
        urls.retain(|u| !u.private);
    }
    urls.sort_by_key(|u| (u.url.protocol() != Protocol::Https, u.id));
    urls.into_iter().map(|u| u.url).collect()
}

fn category(tx: &Tx<'_>, id: CategoryId, name: String, ageing: Ageing) -> Result<CategoryPlan, DbError> {
    let mut repomd: BTreeMap<DirectoryId, Vec<_>> = BTreeMap::new();
    for detail in file_detail::of_category(tx, id)? {
        if detail.file.filename == REPOMD {
            repomd.entry(detail.directory).or_default().push(detail);
        }
    }
    let mut directories: Vec<PlannedDirectory> = directory::of_category(tx, id)?
        .into_iter()
        .filter(|d| d.vanished_at.is_none())
        .map(|d| PlannedDirectory {
            id: d.id,
            path: d.path,
            readable: d.readable,
            files: d.files,
            repomd: repomd.remove(&d.id).unwrap_or_default(),
        })
        .collect();
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(CategoryPlan {
        id,
        name,
        generation: directory::generation(tx, id)?,
        ageing,
        directories,
    })
}

/// How a host's result is judged when it is committed.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Crawls in a row without any answer after which a host is switched off; 0 = never.
    pub auto_disable: u32,
    /// Who switches it off.
    pub author: Author,
}

/// What committing a host's result did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Committed {
    /// The host is no longer in the registry: nothing was written.
    pub host_removed: bool,
    /// Directories whose negatives were dropped, because the master changed them since the plan; by category of the host.
    pub taken_back: BTreeMap<HostCategoryId, RoaringBitmap>,
    /// The host was switched off.
    pub disabled: bool,
    /// The host was switched on again.
    pub restored: bool,
}

/// Commits what was found out about one host. `plan` is the one it was crawled by.
pub fn commit(tx: &Tx<'_>, plan: &HostPlan, result: &HostResult, rules: &Rules) -> Result<Committed, DbError> {
    let mut out = Committed::default();
    let Some(host) = registry::hosts(tx)?.into_iter().find(|h| h.id == result.host) else {
        out.host_removed = true;
        return Ok(out);
    };
    let present: BTreeSet<HostCategoryId> = registry::host_categories(tx)?
        .into_iter()
        .filter(|hc| hc.host == result.host)
        .map(|hc| hc.id)
        .collect();
    for category in result.categories.iter().filter(|c| present.contains(&c.host_category)) {
        let planned = plan.categories.iter().find(|p| p.id == category.host_category);
        let mut category = category.clone();
        let taken_back = put_category(tx, planned, &mut category, result)?;
        if !taken_back.is_empty() {
            out.taken_back.insert(category.host_category, taken_back);
        }
    }
    for id in result.wants_scan.keys() {
        tx.execute("UPDATE directory SET wants_scan = 1 WHERE id = $1", params![*id])?;
    }
    count_failure(tx, &host, result, rules, &mut out)?;
    Ok(out)
}

/// Writes one category's state, findings and counts. Returns the directories whose negatives were dropped.
fn put_category(
    tx: &Tx<'_>,
    planned: Option<&HostCategoryPlan>,
    result: &mut CategoryResult,
    host: &HostResult,
) -> Result<RoaringBitmap, DbError> {
    let mut taken_back = RoaringBitmap::new();
    if result.outcome == CategoryOutcome::Checked
        && let Some(planned) = planned
    {
        let changed = changed_since(tx, result.category, planned.category.generation)?;
        taken_back = retract::retract(&mut result.holding, planned, &result.negatives, &changed, host.ended_at);
        result.take_back(&taken_back);
    }
    holding::put(tx, &result.holding)?;
    tx.execute(
        "DELETE FROM finding WHERE host_category_id = $1",
        params![result.host_category],
    )?;
    for f in &result.findings {
        // A scan may have removed the directory in the meantime.
        tx.execute(
            "INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
             WHERE $2 IS NULL OR EXISTS (SELECT 1 FROM directory WHERE id = $2)",
            params![
                result.host_category,
                f.directory,
                host.run,
                host.ended_at,
                &f.url,
                &f.reason,
                &f.expected,
                &f.seen
            ],
        )?;
    }
    let outcome = match result.outcome {
        CategoryOutcome::Checked => "checked",
        CategoryOutcome::Gone => "gone",
        CategoryOutcome::Unanswered => "unanswered",
    };
    let n = result.counts;
    tx.execute(
        "INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", \
         lagging, not_current, \"foreign\", staged, unanswered) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            host.run,
            host.host,
            result.category,
            outcome,
            host.started_at,
            host.ended_at,
            result.requests,
            n.current,
            n.lagging,
            n.not_current,
            n.foreign,
            n.staged,
            n.unanswered
        ],
    )?;
    Ok(taken_back)
}

/// Directories that the master changed after the plan was read.
fn changed_since(
    tx: &Tx<'_>,
    category: CategoryId,
    generation: ScanGeneration,
) -> Result<BTreeSet<DirectoryId>, DbError> {
    let ids = tx.all(
        "SELECT id FROM directory WHERE category_id = $1 AND changed_gen > $2",
        params![category, generation],
        |r| r.int("directory", 0).map(DirectoryId),
    )?;
    Ok(ids.into_iter().collect())
}

/// Writes the host's counters, and switches it off or on.
fn count_failure(
    tx: &Tx<'_>,
    host: &Host,
    result: &HostResult,
    rules: &Rules,
    out: &mut Committed,
) -> Result<(), DbError> {
    if result.categories.is_empty() {
        return Ok(());
    }
    let is = |o: CategoryOutcome| move |c: &CategoryResult| c.outcome == o;
    let failed = result.categories.iter().all(is(CategoryOutcome::Unanswered));
    let good = result.categories.iter().any(is(CategoryOutcome::Checked));
    let mut after = host.clone();
    after.crawl_failures = if failed {
        host.crawl_failures.saturating_add(1)
    } else {
        0
    };
    let limit = rules.auto_disable;
    if failed && limit > 0 && after.crawl_failures >= limit && host.user_active {
        after.user_active = false;
        after.disabled_by = Some(DisabledBy::Crawler);
        after.disable_reason = Some(format!(
            "{} crawls in a row got no answer, the last at {}",
            after.crawl_failures, result.ended_at
        ));
        out.disabled = true;
    }
    if good && !host.user_active && host.disabled_by == Some(DisabledBy::Crawler) {
        after.user_active = true;
        after.disabled_by = None;
        after.disable_reason = None;
        out.restored = true;
    }
    let seconds = result.ended_at.since(result.started_at).as_secs();
    tx.execute(
        "UPDATE host SET last_crawled = $2, last_crawl_duration = $3, crawl_failures = $4, user_active = $5, \
         disable_reason = $6 WHERE id = $1",
        params![
            host.id,
            result.ended_at,
            seconds,
            after.crawl_failures,
            after.user_active,
            after.disable_reason.as_deref()
        ],
    )?;
    if out.disabled || out.restored {
        let by = out.disabled.then_some("crawler");
        tx.execute("UPDATE host SET disabled_by = $2 WHERE id = $1", params![host.id, by])?;
        change::record(tx, &rules.author, "host", host.name.as_str(), Some(host), Some(&after))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
