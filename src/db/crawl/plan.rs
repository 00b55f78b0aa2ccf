//! Crawl plans: the selected hosts with their inventories, read in one short transaction.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use roaring::RoaringBitmap;

use crate::db::connection::{DbError, Tx, params};
use crate::db::{directory, file_detail, inventory, refused_version, registry};
use crate::model::Timestamp;
use crate::model::file::{REPOMD, VersionRetention};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, SiteId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{CountryCode, MirrorUrl, Protocol};
use crate::model::plan::{CategoryPlan, HostCategoryPlan, HostPlan, PlannedDirectory};
use crate::model::registry::{DisabledBy, Host, HostCategoryUrl, Site};

/// The selection of hosts and categories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub hosts: Option<BTreeSet<HostId>>,
    pub categories: Option<BTreeSet<CategoryId>>,
    pub countries: Option<BTreeSet<CountryCode>>,
    /// The i-th of n parts of all hosts, by their ids, counted from 1.
    pub fraction: Option<(u32, u32)>,
    /// Not what was crawled within this time.
    pub min_age: Option<Duration>,
    /// Includes hosts that an administrator or owner disabled, and those of disabled sites.
    pub include_disabled: bool,
}

impl Selection {
    fn takes(&self, host: &Host) -> bool {
        let part = |(i, n): (u32, u32)| host.id.0.rem_euclid(i64::from(n.max(1))) + 1 == i64::from(i);
        let named = |all: &BTreeSet<HostId>| all.contains(&host.id);
        let there = |all: &BTreeSet<CountryCode>| host.country.as_ref().is_some_and(|c| all.contains(c));
        self.hosts.as_ref().is_none_or(named)
            && self.countries.as_ref().is_none_or(there)
            && self.fraction.is_none_or(part)
    }
}

/// The skip reason of a host outside its crawl window.
pub(crate) const OUTSIDE_WINDOW: &str = "outside its crawl window";

/// The skip reason of a host that was crawled within [`Selection::min_age`].
pub(crate) const CRAWLED_RECENTLY: &str = "crawled recently";

/// The skip reason of a host that an administrator or owner disabled, or whose site is disabled.
pub(crate) const DISABLED: &str = "disabled";

/// The skip reason of a host whose categories have nothing to crawl, unless a better one is known.
const NO_CATEGORY: &str = "it has none of the categories";

#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// Hosts to crawl: those with staged directories that the master has opened since, then the slowest, never crawled ones first.
    pub hosts: Vec<HostPlan>,
    /// Selected hosts that are skipped, with the reason.
    pub skipped: Vec<(String, &'static str)>,
    /// Hosts that the crawler disabled: a successful crawl re-enables them.
    pub disabled: BTreeSet<HostId>,
}

/// Reads the plan. `retention` returns the retention of old versions for the name of a category.
pub(crate) fn plan(
    tx: &Tx<'_>,
    selection: &Selection,
    now: Timestamp,
    retention: &dyn Fn(&str) -> VersionRetention,
) -> Result<Plan, DbError> {
    let sites: BTreeMap<_, Site> = registry::sites(tx)?.into_iter().map(|s| (s.id, s)).collect();
    let mut urls: BTreeMap<HostCategoryId, Vec<HostCategoryUrl>> = BTreeMap::new();
    for url in registry::urls(tx)? {
        urls.entry(url.host_category).or_default().push(url);
    }
    let mut spent = requests_of_the_day(tx, now)?;
    let mut previous = inventory::current(tx)?;
    let wanted = |c: CategoryId| selection.categories.as_ref().is_none_or(|all| all.contains(&c));
    let mut categories = CategoryPlans::new(tx, retention)?;
    let mut by_host: BTreeMap<HostId, Vec<HostCategoryPlan>> = BTreeMap::new();
    let mut out = Plan::default();
    let chosen = chosen_hosts(tx, selection, now, &sites, &mut out)?;
    // Why a host is not crawled: it was crawled recently, or else the reason of its first category.
    let mut idle: BTreeMap<HostId, &'static str> = BTreeMap::new();
    let chosen_ids: BTreeSet<HostId> = chosen.iter().map(|h| h.id).collect();
    for hc in registry::host_categories(tx)? {
        if !wanted(hc.category) || !chosen_ids.contains(&hc.host) {
            continue;
        }
        if hc.always_current {
            idle.entry(hc.host).or_insert("always current");
            continue;
        }
        let (http, rsync) = in_order(urls.remove(&hc.id).unwrap_or_default());
        if http.is_empty() && rsync.is_empty() {
            idle.entry(hc.host).or_insert("no URL");
            continue;
        }
        let previous = previous.remove(&hc.id).unwrap_or_else(|| Inventory::new(hc.id));
        if selection
            .min_age
            .is_some_and(|span| now.since(previous.checked_at) < span)
        {
            idle.insert(hc.host, CRAWLED_RECENTLY);
            continue;
        }
        let category = categories.get(hc.category)?;
        if category.directories.is_empty() {
            idle.entry(hc.host).or_insert("no scan of its categories");
            continue;
        }
        by_host.entry(hc.host).or_default().push(HostCategoryPlan {
            id: hc.id,
            category,
            urls: http,
            rsync,
            previous,
        });
    }
    for host in chosen {
        let Some(mut categories) = by_host.remove(&host.id) else {
            let why = idle.get(&host.id).copied().unwrap_or(NO_CATEGORY);
            out.skipped.push((host.name.to_string(), why));
            continue;
        };
        if host.disabled_by == Some(DisabledBy::Crawler) && !host.user_active {
            out.disabled.insert(host.id);
        }
        // Categories that the last deadline cut off come first.
        categories.sort_by_key(|c| (c.previous.checked_at, c.id));
        out.hosts.push(HostPlan {
            id: host.id,
            name: host.name.clone(),
            last_duration: host.last_crawl_duration.unwrap_or(u32::MAX),
            requests_last_24h: spent.remove(&host.id).unwrap_or(0),
            site: sites.get(&host.site).map_or_else(String::new, |s| s.name.to_string()),
            host,
            categories,
        });
    }
    sort_hosts(&mut out.hosts);
    Ok(out)
}

/// Reads again what another run may have stored since the plan was read: the inventories of one host, and its requests.
pub(crate) fn reread(tx: &Tx<'_>, plan: &HostPlan, now: Timestamp) -> Result<HostPlan, DbError> {
    let mut plan = plan.clone();
    for category in &mut plan.categories {
        category.previous = inventory::find(tx, category.id)?.unwrap_or_else(|| Inventory::new(category.id));
    }
    plan.requests_last_24h = tx.row(
        "SELECT coalesce(sum(requests), 0) FROM crawl_result WHERE ended_at > $1 AND host_id = $2",
        params![now.0.saturating_sub(24 * 3600), plan.id],
    )?;
    Ok(plan)
}

/// Returns the selected hosts that may be crawled; adds the reason for the others.
fn chosen_hosts(
    tx: &Tx<'_>,
    selection: &Selection,
    now: Timestamp,
    sites: &BTreeMap<SiteId, Site>,
    out: &mut Plan,
) -> Result<Vec<Host>, DbError> {
    let down = hosts_in_downtime(tx, now)?;
    let mut chosen = Vec::new();
    for host in registry::hosts(tx)? {
        if !selection.takes(&host) {
            continue;
        }
        let closed = selection.hosts.is_none() && host.crawl_window.is_some_and(|w| !w.contains(now));
        let reason = skip_reason(&host, sites.get(&host.site), &down, selection.include_disabled);
        match reason.or(closed.then_some(OUTSIDE_WINDOW)) {
            Some(reason) => out.skipped.push((host.name.to_string(), reason)),
            None => chosen.push(host),
        }
    }
    Ok(chosen)
}

/// Sorts hosts with staged directories that the master has opened since first: they have the content, and no mirror is listed
/// for it before a crawl. The slowest follow.
fn sort_hosts(hosts: &mut [HostPlan]) {
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

fn skip_reason(
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
        Some(DISABLED)
    } else if down.contains(&host.id) {
        Some("in a downtime")
    } else {
        None
    }
}

pub(super) fn hosts_in_downtime(tx: &Tx<'_>, now: Timestamp) -> Result<BTreeSet<HostId>, DbError> {
    let ids = tx.rows(
        "SELECT DISTINCT host_id FROM host_downtime WHERE starts_at <= $1 AND $1 < ends_at",
        params![now],
    )?;
    Ok(ids.into_iter().collect())
}

/// Returns the HTTP(S) URLs, https first, and the rsync URLs. Private URLs are used only without public ones: the URLs that
/// clients use must be verified.
fn in_order(urls: Vec<HostCategoryUrl>) -> (Vec<MirrorUrl>, Vec<MirrorUrl>) {
    let (http, others): (Vec<_>, Vec<_>) = urls.into_iter().partition(|u| u.url.protocol().is_http());
    let rsync = others
        .into_iter()
        .filter(|u| u.url.protocol() == Protocol::Rsync)
        .collect();
    let sorted = |mut urls: Vec<HostCategoryUrl>| {
        if urls.iter().any(|u| !u.private) {
            urls.retain(|u| !u.private);
        }
        urls.sort_by_key(|u| (u.url.protocol() != Protocol::Https, u.id));
        urls.into_iter().map(|u| u.url).collect()
    };
    (sorted(http), sorted(rsync))
}

/// Returns the number of requests to each host in the last 24 hours.
fn requests_of_the_day(tx: &Tx<'_>, now: Timestamp) -> Result<BTreeMap<HostId, u64>, DbError> {
    let rows = tx.rows(
        "SELECT host_id, sum(requests) FROM crawl_result WHERE ended_at > $1 GROUP BY host_id",
        params![now.0.saturating_sub(24 * 3600)],
    )?;
    Ok(rows.into_iter().collect())
}

/// The expected content of categories, each read when it is first needed.
pub(super) struct CategoryPlans<'a, 'c> {
    tx: &'a Tx<'c>,
    retention: &'a dyn Fn(&str) -> VersionRetention,
    names: BTreeMap<CategoryId, String>,
    plans: BTreeMap<CategoryId, Arc<CategoryPlan>>,
}

impl<'a, 'c> CategoryPlans<'a, 'c> {
    /// `retention` is as in [`plan`].
    pub(super) fn new(tx: &'a Tx<'c>, retention: &'a dyn Fn(&str) -> VersionRetention) -> Result<Self, DbError> {
        let categories = registry::categories(tx)?.into_iter();
        Ok(Self {
            tx,
            retention,
            names: categories.map(|c| (c.id, c.name.into())).collect(),
            plans: BTreeMap::new(),
        })
    }

    pub(super) fn get(&mut self, id: CategoryId) -> Result<Arc<CategoryPlan>, DbError> {
        if let Some(known) = self.plans.get(&id) {
            return Ok(Arc::clone(known));
        }
        let name = self.names.get(&id).cloned().unwrap_or_default();
        let retention = (self.retention)(&name);
        let plan = Arc::new(category(self.tx, id, name, retention)?);
        self.plans.insert(id, Arc::clone(&plan));
        Ok(plan)
    }
}

/// Returns the expected content of one category. `retention` is as in [`plan`].
pub(crate) fn category_plan(
    tx: &Tx<'_>,
    id: CategoryId,
    retention: &dyn Fn(&str) -> VersionRetention,
) -> Result<Arc<CategoryPlan>, DbError> {
    CategoryPlans::new(tx, retention)?.get(id)
}

/// Returns the expected content of a category. Symbolic links are left out: many servers do not follow them, object stores
/// have none, so that a missing one proves nothing.
fn category(tx: &Tx<'_>, id: CategoryId, name: String, retention: VersionRetention) -> Result<CategoryPlan, DbError> {
    let mut repomd: BTreeMap<DirectoryId, Vec<_>> = BTreeMap::new();
    for detail in file_detail::of_category(tx, id)? {
        if detail.file.filename == REPOMD {
            repomd.entry(detail.directory).or_default().push(detail);
        }
    }
    let mut refused = refused_version::hashes(tx, id)?;
    let all = directory::made_of_category(tx, id, |d| {
        d.vanished_at.is_none().then(|| PlannedDirectory {
            id: d.id,
            path: d.path,
            readable: d.readable,
            changed_seq: d.changed_seq,
            files: d.files.into_iter().filter(|f| f.size.is_some()).collect(),
            repomd: repomd.remove(&d.id).unwrap_or_default(),
            refused: refused.remove(&d.id).unwrap_or_default(),
        })
    })?;
    let mut directories: Vec<PlannedDirectory> = all.into_iter().flatten().collect();
    directories.shrink_to_fit();
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(CategoryPlan {
        id,
        name,
        scan_seq: directory::scan_seq(tx, id)?,
        retention,
        directories,
    })
}
