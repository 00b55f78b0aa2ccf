//! The results of crawls for one host, and its next crawl.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::schedule::{BUDGET_PERIOD, CrawlSchedule, ScheduleFacts};
use crate::config::{CategoryConfig, Config, HumanDuration};
use crate::crawl::scope::{CrawlMode, Scope, select_directories};
use crate::crawl::tree::Tree;
use crate::db::crawl_history::{self, CrawlResult, FindingRow};
use crate::db::{self, DbError, Tx, inventory, registry};
use crate::model::Timestamp;
use crate::model::history::{HostDowntime, unlisting_downtime};
use crate::model::ids::RunId;
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{DirPath, HostName, MirrorUrl, Protocol};
use crate::model::plan::{CategoryOutcome, CategoryPlan, MirroredVersion, PlannedDirectory, mirrored_version};
use crate::model::registry::{Arch, Category, DisabledBy, Host, HostCategory, HostCategoryUrl, Repository, Site};
use crate::model::status::DirectoryStatus;
use crate::snapshot::publication::REPODATA;

const MAX_HISTORY: u32 = 10;

#[derive(Debug, Serialize)]
pub(crate) struct HostReport {
    pub(crate) host: String,
    pub(crate) site: String,
    pub(crate) private: bool,
    pub(crate) now: Timestamp,
    /// The reasons why the host is listed for nothing at all; empty for an active host.
    pub(crate) inactive: Vec<String>,
    pub(crate) last_crawled: Option<Timestamp>,
    crawl_failures: u32,
    pub(crate) schedule: CrawlSchedule,
    pub(crate) full_every: HumanDuration,
    pub(crate) categories: Vec<HostCategoryReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HostCategoryReport {
    pub(crate) category: String,
    pub(crate) always_current: bool,
    pub(crate) urls: Vec<MirrorUrl>,
    pub(crate) scan_seq: i64,
    pub(crate) readable_directories: usize,
    /// The number of all directories on the master.
    pub(crate) directories: usize,
    pub(crate) inventory: Option<InventorySummary>,
    pub(crate) history: Vec<CrawlResult>,
    pub(crate) findings: Vec<FindingRow>,
    pub(crate) pending: Option<PendingLosses>,
    /// `None` if no crawl includes the category.
    pub(crate) next_crawl: Option<PlannedCrawl>,
    /// The repositories of the category that are newest-only now.
    pub(crate) newest_only: Vec<NewestOnlyStatus>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PendingLosses {
    pub(crate) run: RunId,
    outcome: CategoryOutcome,
    /// The directories that the host would be removed from.
    pub(crate) lost: Vec<DirPath>,
}

/// The inventory of a category, with the directories that differ from the master.
#[derive(Debug, Serialize)]
pub(crate) struct InventorySummary {
    pub(crate) checked_at: Timestamp,
    /// The scan sequence that the last crawl compared with.
    pub(crate) scan_seq: i64,
    pub(crate) present: u64,
    /// Directories by their status. For missing ones only the topmost is named.
    pub(crate) exceptions: BTreeMap<DirectoryStatus, BTreeSet<DirPath>>,
    /// The time of the first of the last consecutive crawls without a result for the whole category.
    pub(crate) inconclusive_since: Option<Timestamp>,
    pub(crate) inconclusive_crawls: u32,
}

/// The probes of the next crawl of a category, if nothing changes until then.
#[derive(Debug, Serialize)]
pub(crate) struct PlannedCrawl {
    pub(crate) directories: u64,
    /// An upper bound: one request for each file of the file samples.
    pub(crate) max_requests: u64,
    pub(crate) full: bool,
    /// The number of directories that are probed only as part of the rotating sample.
    pub(crate) sample: u64,
    /// Directories that the master changed since the last crawl, or that it did not get a result for.
    pub(crate) pending: Vec<DirPath>,
    pub(crate) last_full_probe: Option<Timestamp>,
    next_full_probe: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NewestOnlyStatus {
    pub(crate) repository: String,
    pub(crate) until: Timestamp,
    /// True if the host had the newest metadata at its last crawl.
    pub(crate) has_newest: bool,
}

struct HostContext {
    now: Timestamp,
    /// `None` if no crawl includes the host.
    next_crawl: Option<Timestamp>,
    full_every: HumanDuration,
    urls: Vec<HostCategoryUrl>,
    arches: Vec<Arch>,
    newest_only: Vec<Repository>,
}

impl HostReport {
    /// Reads what is known of `name`, for one category or for all.
    pub(crate) fn read(
        tx: &Tx<'_>,
        config: &Config,
        name: &HostName,
        category: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, DbError> {
        let missing = || DbError::Sql(format!("host {name} was removed"));
        let host = (registry::hosts(tx)?.into_iter()).find(|h| h.name == *name);
        let host = host.ok_or_else(missing)?;
        let site = (registry::sites(tx)?.into_iter()).find(|s| s.id == host.site);
        let site = site.ok_or_else(missing)?;
        let pending = (db::crawl::pending(tx)?.into_iter()).find(|p| p.host == host.name.as_str());
        let downtimes = crawl_history::downtimes(tx, host.id, now)?;
        let unlisting = unlisting_downtime(&downtimes, now);
        let schedule = CrawlSchedule::new(ScheduleFacts {
            host: &host,
            site: &site,
            crawl: &config.crawl,
            downtimes: &downtimes,
            requests: &crawl_history::requests_since(tx, host.id, now.minus(BUDGET_PERIOD))?,
            pending: pending.map(|p| p.run),
            now,
        });
        let mut newest_only = registry::repositories(tx)?;
        newest_only.retain(|r| r.is_newest_only(now));
        let context = HostContext {
            now,
            next_crawl: schedule.not_before,
            full_every: config.crawl.full_every,
            urls: registry::urls(tx)?,
            arches: registry::arches(tx)?,
            newest_only,
        };
        let mut wanted = registry::categories(tx)?;
        wanted.retain(|c| category.is_none_or(|name| name == c.name.as_str()));
        let mut categories = Vec::new();
        for hc in registry::host_categories(tx)?.iter().filter(|hc| hc.host == host.id) {
            if let Some(category) = wanted.iter().find(|c| c.id == hc.category) {
                categories.push(context.category_report(tx, hc, category)?);
            }
        }
        Ok(Self {
            host: host.name.to_string(),
            site: site.name.to_string(),
            private: host.is_private(&site),
            now,
            inactive: inactive_reasons(&host, &site, unlisting),
            last_crawled: host.last_crawled,
            crawl_failures: host.crawl_failures,
            schedule,
            full_every: context.full_every,
            categories,
        })
    }
}

/// The reasons why a host is listed for nothing at all; empty for an active host.
pub(super) fn inactive_reasons(host: &Host, site: &Site, downtime: Option<&HostDowntime>) -> Vec<String> {
    let reasons = [
        (site.admin_active, "site disabled by an administrator"),
        (site.user_active, "site disabled by its owner"),
        (host.admin_active, "disabled by an administrator (admin_active=false)"),
    ];
    let inactive = reasons.into_iter().filter(|(active, _)| !active);
    let mut out: Vec<String> = inactive.map(|(_, reason)| reason.to_owned()).collect();
    if !host.user_active {
        let actor = match host.disabled_by {
            Some(DisabledBy::Crawler) => "disabled by the crawler after failed crawls",
            Some(DisabledBy::Admin) => "disabled by an administrator",
            Some(DisabledBy::Owner) | None => "disabled by its owner",
        };
        out.push(match &host.disable_reason {
            Some(reason) => format!("{actor}: {reason}"),
            None => actor.to_owned(),
        });
    }
    out.extend(downtime.map(HostDowntime::describe));
    out
}

pub(super) const fn exception_status(state: ExceptionState) -> DirectoryStatus {
    match state {
        ExceptionState::Inconclusive => DirectoryStatus::Inconclusive,
        ExceptionState::OutdatedAllowed => DirectoryStatus::OutdatedAllowed,
        ExceptionState::Ahead => DirectoryStatus::Ahead,
        ExceptionState::UnknownHash => DirectoryStatus::UnknownHash,
        ExceptionState::Staged => DirectoryStatus::Staged,
    }
}

impl HostContext {
    fn category_report(
        &self,
        tx: &Tx<'_>,
        hc: &HostCategory,
        category: &Category,
    ) -> Result<HostCategoryReport, DbError> {
        // How long old versions are offered does not matter here.
        let plan = db::crawl::category_plan(tx, category.id, &|_| CategoryConfig::default().version_retention())?;
        let inventory = inventory::find(tx, hc.id)?;
        let urls = self.urls.iter().filter(|u| u.host_category == hc.id);
        let urls: Vec<MirrorUrl> = urls.map(|u| u.url.clone()).collect();
        let is_crawlable = |u: &MirrorUrl| u.protocol().is_http() || u.protocol() == Protocol::Rsync;
        let next_crawl = (self.next_crawl)
            .filter(|_| !hc.always_current && urls.iter().any(is_crawlable) && !plan.directories.is_empty());
        Ok(HostCategoryReport {
            category: category.name.to_string(),
            always_current: hc.always_current,
            urls,
            scan_seq: plan.scan_seq.0,
            readable_directories: plan.directories.iter().filter(|d| d.readable).count(),
            directories: plan.directories.len(),
            next_crawl: next_crawl.map(|at| {
                let unknown = Inventory::new(hc.id);
                self.plan_crawl(&plan, inventory.as_ref().unwrap_or(&unknown), at)
            }),
            newest_only: self.newest_only_statuses(&plan, hc, inventory.as_ref()),
            inventory: inventory.map(|i| InventorySummary::new(&i, &plan)),
            history: crawl_history::history(tx, hc.host, category.id, MAX_HISTORY)?,
            findings: crawl_history::findings(tx, hc.id)?,
            pending: pending_losses(tx, hc, &plan)?,
        })
    }

    fn plan_crawl(&self, plan: &Arc<CategoryPlan>, inventory: &Inventory, at: Timestamp) -> PlannedCrawl {
        let tree = Tree::new(Arc::clone(plan));
        let full_every = self.full_every.get();
        let Scope { wanted, sample, all } =
            select_directories(&tree, inventory, &CrawlMode::Incremental { full_every }, at);
        let is_pending = |d: &PlannedDirectory| {
            inventory.checked_at.0 > 0
                && (d.changed_seq > inventory.scan_seq || inventory.pending_probe.contains(d.id.0))
        };
        let last_full_probe = Some(inventory.last_full_probe_at).filter(|at| at.0 > 0);
        PlannedCrawl {
            directories: wanted.len(),
            max_requests: tree.requests(&wanted),
            full: all,
            sample: sample.len(),
            pending: paths(plan, is_pending),
            last_full_probe,
            next_full_probe: last_full_probe.map(|at| at.plus(full_every)),
        }
    }

    fn newest_only_statuses(
        &self,
        plan: &CategoryPlan,
        hc: &HostCategory,
        inventory: Option<&Inventory>,
    ) -> Vec<NewestOnlyStatus> {
        let has_newest = |repository: &Repository| -> Option<bool> {
            if hc.always_current {
                return Some(true);
            }
            let root = plan.directories.iter().find(|d| Some(d.id) == repository.directory)?;
            let repodata = root.path.child(REPODATA.as_bytes()).ok()?;
            let directory = plan.directories.iter().find(|d| d.path == repodata)?;
            let newest = directory.repomd.iter().find(|d| d.superseded_seq.is_none())?;
            let inventory = inventory.filter(|i| i.present.contains(directory.id.0))?;
            Some(mirrored_version(inventory, directory) == Some(MirroredVersion::Recorded(newest.id)))
        };
        (self.newest_only.iter())
            .filter(|r| r.category == hc.category)
            .map(|r| {
                let arch = self.arches.iter().find(|a| a.id == r.arch);
                let name = (r.prefix.as_ref().zip(arch)).map(|(prefix, arch)| format!("{prefix}/{}", arch.name));
                NewestOnlyStatus {
                    repository: name.unwrap_or_else(|| r.name.clone()),
                    until: r.newest_only_until.unwrap_or(self.now),
                    has_newest: has_newest(r).unwrap_or(false),
                }
            })
            .collect()
    }
}

fn pending_losses(tx: &Tx<'_>, hc: &HostCategory, plan: &CategoryPlan) -> Result<Option<PendingLosses>, DbError> {
    let mut all = db::crawl::pending_categories(tx, hc.host)?.into_iter();
    Ok(all.find(|p| p.host_category == hc.id).map(|p| PendingLosses {
        run: p.run,
        outcome: p.outcome,
        lost: paths(plan, |d| p.lost.contains(d.id.0)),
    }))
}

fn paths(plan: &CategoryPlan, is_wanted: impl Fn(&PlannedDirectory) -> bool) -> Vec<DirPath> {
    let wanted = plan.directories.iter().filter(|d| is_wanted(d));
    wanted.map(|d| d.path.clone()).collect()
}

impl InventorySummary {
    fn new(inventory: &Inventory, plan: &CategoryPlan) -> Self {
        let paths: BTreeMap<u32, &DirPath> = plan.directories.iter().map(|d| (d.id.0, &d.path)).collect();
        let exceptions = (inventory.exceptions.iter()).map(|(id, e)| (exception_status(e.state), id.0));
        let missing = inventory.missing.iter().map(|id| (DirectoryStatus::Missing, id));
        let mut by_status: BTreeMap<DirectoryStatus, BTreeSet<DirPath>> = BTreeMap::new();
        for (status, id) in exceptions.chain(missing) {
            if let Some(path) = paths.get(&id) {
                by_status.entry(status).or_default().insert((*path).clone());
            }
        }
        Self {
            checked_at: inventory.checked_at,
            scan_seq: inventory.scan_seq.0,
            present: inventory.present.len(),
            exceptions: by_status,
            inconclusive_since: inventory.inconclusive_since,
            inconclusive_crawls: inventory.inconclusive_tries,
        }
    }
}
