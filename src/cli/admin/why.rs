//! `mm-admin why HOST`: what crawls found out about a host, what they did, and what happens next, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use self::schedule::{CrawlSchedule, DAY, Facts, schedule};
use super::edit_error;
use crate::cli::run::Context;
use crate::config::CategoryConfig;
use crate::config::HumanDuration;
use crate::crawl::scope::{CrawlMode, Scope, select_directories};
use crate::crawl::tree::Tree;
use crate::db::crawl_history::{self, CrawlResult, FindingRow};
use crate::db::registry::edit::{EditError, Editor};
use crate::db::{self, DbError, Tx, inventory, registry};
use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{DirPath, HostName, MirrorUrl, Protocol};
use crate::model::plan::{CategoryOutcome, CategoryPlan, MirroredVersion, PlannedDirectory, mirrored_version};
use crate::model::registry::{Arch, Category, DisabledBy, Host, HostCategory, HostCategoryUrl, Repository, Site};
use crate::registry::entity::Entity;
use crate::snapshot::publication::REPODATA;

mod page;
mod schedule;

/// So many crawls are told.
const HISTORY: u32 = 10;

/// Options of `why`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin why mirror.example.org\n  mm-admin why mirror.example.org --category \"Fedora \
                  Linux\" --format json"
)]
pub(super) struct WhyArgs {
    /// The host.
    host: HostName,
    /// Only this category.
    #[arg(long)]
    category: Option<String>,
}

/// What is known of a host.
#[derive(Debug, Serialize)]
pub(super) struct WhyReport {
    host: String,
    site: String,
    private: bool,
    /// When this was asked.
    now: Timestamp,
    /// Why it is not listed at all; empty = it is active.
    inactive: Vec<String>,
    last_crawled: Option<Timestamp>,
    crawl_failures: u32,
    next: CrawlSchedule,
    /// How often every directory is asked for.
    full_every: HumanDuration,
    categories: Vec<CategoryFacts>,
}

/// What is known of one category of it.
#[derive(Debug, Serialize)]
struct CategoryFacts {
    category: String,
    always_up2date: bool,
    urls: Vec<String>,
    /// The scan generation that the master has now.
    generation: i64,
    /// Directories of the master that are there and readable.
    directories: u64,
    /// Closed ones counted, too.
    known: usize,
    state: Option<CurrentState>,
    /// The last crawls, newest first.
    history: Vec<CrawlResult>,
    findings: Vec<FindingRow>,
    /// What a crawl found and did not dare to put in force.
    waits: Option<PendingResults>,
    /// What the next crawl asks for; `None` where none asks.
    next: Option<PlannedCrawl>,
    /// Repositories of it for which only holders of the newest metadata are listed just now.
    newest_only: Vec<NewestOnly>,
}

/// What waits for a person.
#[derive(Debug, Serialize)]
struct PendingResults {
    run: RunId,
    /// What the crawl found of the category as a whole.
    outcome: CategoryOutcome,
    /// Directories that the host would lose.
    lost: Vec<DirPath>,
}

/// The state in force.
#[derive(Debug, Serialize)]
struct CurrentState {
    checked_at: Timestamp,
    generation: i64,
    held: u64,
    missing: Vec<DirPath>,
    lagging: Vec<DirPath>,
    ahead: Vec<DirPath>,
    foreign: Vec<DirPath>,
    staged: Vec<DirPath>,
    unanswered: Vec<DirPath>,
    unanswered_since: Option<Timestamp>,
    unanswered_tries: u32,
}

/// What the next look at a category asks for, if nothing changes until then.
#[derive(Debug, Serialize)]
struct PlannedCrawl {
    /// Directories.
    asks_for: u64,
    /// Requests that this takes at most: one for each listed file.
    requests: u64,
    /// All directories are asked for.
    full: bool,
    /// Of these, directories that are expected to be as they were.
    sample: u64,
    /// Those that the master changed since the last look, or that the last look owed.
    due: Vec<DirPath>,
    /// When all directories were last asked for.
    full_at: Option<Timestamp>,
    /// From when on they are all asked for again.
    full_due: Option<Timestamp>,
}

/// A repository in an emergency.
#[derive(Debug, Serialize)]
struct NewestOnly {
    repository: String,
    until: Timestamp,
    /// Whether the host was last seen to hold the newest metadata.
    holds_newest: bool,
}

/// What every category of the host is told from.
struct WhyContext {
    now: Timestamp,
    /// When a crawl asks the host next; `None` = never.
    asked_at: Option<Timestamp>,
    full_every: HumanDuration,
    urls: Vec<HostCategoryUrl>,
    arches: Vec<Arch>,
    /// Those that are *newest only* now.
    newest_only: Vec<Repository>,
}

impl WhyArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<WhyReport, Error> {
        let author = ctx.author();
        ctx.open_db()?
            .read(|tx| {
                let mut editor = Editor::new(tx, &author);
                // Looked up by the editor, which knows what looks alike.
                editor.find(Entity::Host, &vec![self.host.to_string()])?;
                if let Some(category) = &self.category {
                    editor.find(Entity::HostCategory, &vec![self.host.to_string(), category.clone()])?;
                }
                Ok(self.read(ctx, tx)?)
            })
            .map_err(|e: EditError| edit_error(e))
    }

    fn read(&self, ctx: &Context, tx: &Tx<'_>) -> Result<WhyReport, DbError> {
        let gone = || DbError::Sql(format!("host {} is gone", self.host));
        let host = registry::hosts(tx)?
            .into_iter()
            .find(|h| h.name == self.host)
            .ok_or_else(gone)?;
        let site = registry::sites(tx)?
            .into_iter()
            .find(|s| s.id == host.site)
            .ok_or_else(gone)?;
        let pending = db::crawl::pending(tx)?
            .into_iter()
            .find(|p| p.host == host.name.as_str());
        let next = schedule(Facts {
            host: &host,
            site: &site,
            crawl: &ctx.config.crawl,
            downtimes: &crawl_history::downtimes(tx, host.id, ctx.now)?,
            spent: &crawl_history::requests_since(tx, host.id, ctx.now.minus(DAY))?,
            pending: pending.map(|p| p.run),
            now: ctx.now,
        });
        let mut newest_only = registry::repositories(tx)?;
        newest_only.retain(|r| r.is_newest_only(ctx.now));
        let known = WhyContext {
            now: ctx.now,
            asked_at: next.from,
            full_every: ctx.config.crawl.full_every,
            urls: registry::urls(tx)?,
            arches: registry::arches(tx)?,
            newest_only,
        };
        let categories = registry::categories(tx)?;
        let mut facts = Vec::new();
        for carried in registry::host_categories(tx)?
            .into_iter()
            .filter(|hc| hc.host == host.id)
        {
            let Some(category) = categories.iter().find(|c| c.id == carried.category) else {
                continue;
            };
            if self.category.as_ref().is_none_or(|c| *c == category.name.as_str()) {
                facts.push(category_facts(tx, &carried, category, &known)?);
            }
        }
        Ok(WhyReport {
            host: host.name.to_string(),
            site: site.name.to_string(),
            private: host.is_private(&site),
            now: ctx.now,
            inactive: inactive(&host, &site),
            last_crawled: host.last_crawled,
            crawl_failures: host.crawl_failures,
            next,
            full_every: known.full_every,
            categories: facts,
        })
    }
}

/// Why a host is listed for nothing at all; empty = it is active.
pub(super) fn inactive(host: &Host, site: &Site) -> Vec<String> {
    let mut out = Vec::new();
    if !site.admin_active {
        out.push("an admin switched its site off".to_owned());
    }
    if !site.user_active {
        out.push("its site was switched off by its owner".to_owned());
    }
    if !host.admin_active {
        out.push("an admin switched it off (admin_active=false)".to_owned());
    }
    if !host.user_active {
        let who = match host.disabled_by {
            Some(DisabledBy::Crawler) => "the crawler switched it off after failing crawls",
            Some(DisabledBy::Admin) => "an admin switched it off",
            Some(DisabledBy::Owner) | None => "its owner switched it off",
        };
        out.push(match &host.disable_reason {
            Some(reason) => format!("{who}: {reason}"),
            None => who.to_owned(),
        });
    }
    out
}

fn category_facts(
    tx: &Tx<'_>,
    carried: &HostCategory,
    category: &Category,
    known: &WhyContext,
) -> Result<CategoryFacts, DbError> {
    // How long old versions are offered plays no part in what is told here.
    let plan = Arc::new(db::crawl::category_plan(tx, category.id, &|_| {
        CategoryConfig::default().ageing()
    })?);
    let present = plan.directories.iter().filter(|d| d.readable).count();
    let holding = inventory::of(tx, carried.id)?;
    let urls: Vec<&MirrorUrl> = (known.urls.iter())
        .filter(|u| u.host_category == carried.id)
        .map(|u| &u.url)
        .collect();
    let askable = |u: &&MirrorUrl| u.protocol().is_http() || u.protocol() == Protocol::Rsync;
    let asked_at = known
        .asked_at
        .filter(|_| !carried.always_up2date && urls.iter().any(askable) && !plan.directories.is_empty());
    Ok(CategoryFacts {
        category: category.name.to_string(),
        always_up2date: carried.always_up2date,
        urls: urls.into_iter().map(ToString::to_string).collect(),
        generation: plan.scan_seq.0,
        directories: u64::try_from(present).unwrap_or(u64::MAX),
        known: plan.directories.len(),
        next: asked_at.map(|at| {
            let unknown = Inventory::new(carried.id);
            look(&plan, holding.as_ref().unwrap_or(&unknown), at, known)
        }),
        newest_only: newest_only(&plan, carried, holding.as_ref(), known),
        state: holding.map(|h| state(&h, &plan)),
        history: crawl_history::history(tx, carried.host, category.id, HISTORY)?,
        findings: crawl_history::findings(tx, carried.id)?,
        waits: waits(tx, carried, &plan)?,
    })
}

/// What a look at that moment asks for: as the crawler chooses.
fn look(plan: &Arc<CategoryPlan>, holding: &Inventory, at: Timestamp, known: &WhyContext) -> PlannedCrawl {
    let tree = Tree::new(Arc::clone(plan));
    let full_every = known.full_every.get();
    let Scope { wanted, sample, all } = select_directories(&tree, holding, &CrawlMode::Incremental { full_every }, at);
    let is_due = |d: &&PlannedDirectory| {
        holding.checked_at.0 > 0 && (d.changed_seq > holding.scan_seq || holding.pending_probe.contains(d.id.0))
    };
    PlannedCrawl {
        asks_for: wanted.len(),
        requests: tree.requests(&wanted),
        full: all,
        sample: sample.len(),
        due: plan.directories.iter().filter(is_due).map(|d| d.path.clone()).collect(),
        full_at: Some(holding.last_full_probe_at).filter(|at| at.0 > 0),
        full_due: Some(holding.last_full_probe_at.plus(full_every)).filter(|_| holding.last_full_probe_at.0 > 0),
    }
}

/// The emergencies of a category, and whether the host holds what they ask for.
fn newest_only(
    plan: &CategoryPlan,
    carried: &HostCategory,
    holding: Option<&Inventory>,
    known: &WhyContext,
) -> Vec<NewestOnly> {
    let holds_newest = |repository: &Repository| -> Option<bool> {
        if carried.always_up2date {
            return Some(true);
        }
        let place = plan.directories.iter().find(|d| Some(d.id) == repository.directory)?;
        let repodata = place.path.child(REPODATA.as_bytes()).ok()?;
        let directory = plan.directories.iter().find(|d| d.path == repodata)?;
        let newest = directory.repomd.iter().find(|d| d.superseded_seq.is_none())?;
        let holding = holding.filter(|h| h.present.contains(directory.id.0))?;
        Some(mirrored_version(holding, directory) == Some(MirroredVersion::Recorded(newest.id)))
    };
    (known.newest_only.iter())
        .filter(|r| r.category == carried.category)
        .map(|r| {
            let arch = known.arches.iter().find(|a| a.id == r.arch);
            let name = r
                .prefix
                .as_ref()
                .zip(arch)
                .map(|(prefix, arch)| format!("{prefix}/{}", arch.name));
            NewestOnly {
                repository: name.unwrap_or_else(|| r.name.clone()),
                until: r.newest_only_until.unwrap_or(known.now),
                holds_newest: holds_newest(r).unwrap_or(false),
            }
        })
        .collect()
}

fn waits(tx: &Tx<'_>, carried: &HostCategory, plan: &CategoryPlan) -> Result<Option<PendingResults>, DbError> {
    let mut all = db::crawl::waiting_of(tx, carried.host)?.into_iter();
    let waiting = all.find(|w| w.host_category == carried.id);
    Ok(waiting.map(|w| PendingResults {
        run: w.run,
        outcome: w.outcome,
        lost: (plan.directories.iter())
            .filter(|d| w.lost.contains(d.id.0))
            .map(|d| d.path.clone())
            .collect(),
    }))
}

fn state(holding: &Inventory, plan: &CategoryPlan) -> CurrentState {
    let paths: BTreeMap<u32, &DirPath> = plan.directories.iter().map(|d| (d.id.0, &d.path)).collect();
    let named = |ids: &mut dyn Iterator<Item = u32>| -> Vec<DirPath> {
        let sorted: BTreeSet<&DirPath> = ids.filter_map(|id| paths.get(&id).copied()).collect();
        sorted.into_iter().cloned().collect()
    };
    let of = |wanted: ExceptionState| {
        let found = holding.exceptions.iter().filter(|(_, e)| e.state == wanted);
        named(&mut found.map(|(id, _)| id.0))
    };
    CurrentState {
        checked_at: holding.checked_at,
        generation: holding.scan_seq.0,
        held: holding.present.len(),
        missing: named(&mut holding.missing.iter()),
        lagging: of(ExceptionState::OutdatedAllowed),
        ahead: of(ExceptionState::Ahead),
        foreign: of(ExceptionState::UnknownHash),
        staged: of(ExceptionState::Staged),
        unanswered: of(ExceptionState::Inconclusive),
        unanswered_since: holding.inconclusive_since,
        unanswered_tries: holding.inconclusive_tries,
    }
}
