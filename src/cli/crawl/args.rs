//! The options of `mm-crawl`, resolved to the hosts, categories and directories that they select.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Error;
use clap::Parser;

use crate::cli::args::JobArgs;
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::crawl::opened;
use crate::crawl::run::CrawlModes;
use crate::crawl::scope::CrawlMode;
use crate::db::crawl::Selection;
use crate::db::directory::OpenedDirectory;
use crate::db::{DbError, Tx, directory, registry};
use crate::job::exit::{NothingDone, UsageError};
use crate::job::{Job, JobLocks};
use crate::model::continents::built_in_continents;
use crate::model::ids::{CategoryId, DirectoryId, HostId};
use crate::model::names::{CountryCode, DirPath};
use crate::model::registry::{Category, Repository};
use crate::model::suggest;

/// How long a run for an operator waits for each host that another run crawls, unless `--lock-wait` is given.
const MAX_HOST_LOCK_WAIT: Duration = Duration::from_mins(2);

/// Check which content each mirror has and record the results.
///
/// By default a crawl is incremental: it probes the directories that the master changed since the last crawl, those that were
/// missing or inconclusive, and one fiftieth of the others; every `crawl.full_every` it probes everything. Directory indexes are
/// used where they show exact sizes, and rsync where a mirror offers it and many directories are to be probed; otherwise every
/// sampled file is requested by HEAD. Every repomd.xml is fetched and compared by SHA-256. The results of a host are stored as soon
/// as they are reliable. Unreachable mirrors are normal results and do not affect the exit status. Inconclusive checks do not
/// unlist a mirror until they exceed `publish.max_inconclusive_age`.
///
/// A crawl locks its categories, so that one crawl of each runs at a time, and each host while it probes it. With --host, --repo,
/// --path, --opened, --apply-pending or --revert only hosts are locked: the run waits for each host at most two minutes (--lock-wait), not
/// for the end of another crawl. If other runs hold the locks of all hosts, it exits with 75.
#[derive(Debug, Parser)]
#[command(after_long_help = crate::crawl::hook::HELP)]
pub struct Args {
    /// Probe every directory.
    #[arg(long, help_heading = "Crawl mode", group = "mode")]
    pub(super) full: bool,
    /// Probe only whether the mirrors are reachable.
    #[arg(long, help_heading = "Crawl mode", group = "mode")]
    pub(super) canary: bool,
    /// Probe only directories with a repomd.xml.
    #[arg(long, help_heading = "Crawl mode", group = "mode")]
    pub(super) repodata: bool,
    /// Probe only what the master changed since the last crawl.
    #[arg(long, help_heading = "Crawl mode", group = "mode")]
    pub(super) changed: bool,
    /// Like --repodata, and record how many mirrors have which version of each repository.
    #[arg(long, help_heading = "Crawl mode", group = "mode")]
    pub(super) propagation: bool,
    /// Probe only directories that a scan saw opened on the master in the last 24 hours.
    ///
    /// Mirrors that had such a directory staged are probed until it is verified there, the others once, in both cases for what
    /// clients of its repositories need; the regular crawl probes the rest. Does nothing if there is no such directory or mirror.
    /// With --path: these directories, whenever they were opened, on every mirror that has not been verified to have them.
    #[arg(long, help_heading = "Crawl mode", conflicts_with_all = ["mode", "repos"])]
    pub(super) opened: bool,
    /// Probe only the repository with this prefix, as in repo= (repeatable).
    #[arg(long = "repo", value_name = "PREFIX")]
    #[arg(help_heading = "Crawl mode", conflicts_with = "mode")]
    pub(super) repos: Vec<String>,
    /// Limit --repo to this architecture.
    #[arg(long, value_name = "ARCH", help_heading = "Crawl mode", requires = "repos")]
    pub(super) arch: Option<String>,
    /// Probe only this directory and those below it (repeatable).
    ///
    /// The path may begin with the topdir of its category.
    #[arg(long = "path", value_name = "PATH")]
    #[arg(help_heading = "Crawl mode", conflicts_with = "mode")]
    pub(super) paths: Vec<String>,
    /// Crawl only this host, even outside its crawl window (repeatable).
    #[arg(long = "host", value_name = "NAME", help_heading = "Host selection")]
    pub(super) hosts: Vec<String>,
    /// Crawl only this category (repeatable).
    #[arg(long = "category", value_name = "NAME", help_heading = "Host selection")]
    pub(super) categories: Vec<String>,
    /// Crawl only hosts in this country (repeatable).
    #[arg(long = "country", value_name = "CODE")]
    #[arg(help_heading = "Host selection", hide_short_help = true)]
    pub(super) countries: Vec<CountryCode>,
    /// Crawl only hosts on this continent (repeatable).
    #[arg(long = "continent", value_name = "CODE", help_heading = "Host selection", value_parser = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"], ignore_case = true, hide_short_help = true)]
    pub(super) continents: Vec<String>,
    /// Crawl only part I of N of all hosts.
    #[arg(long, value_name = "I/N", help_heading = "Host selection", hide_short_help = true)]
    pub(super) fraction: Option<Fraction>,
    /// Skip hosts crawled within this time (e.g. 12h).
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = "Host selection",
        hide_short_help = true
    )]
    pub(super) min_age: Option<HumanDuration>,
    /// Also crawl hosts that an admin or owner disabled; they stay disabled.
    #[arg(long, help_heading = "Host selection", hide_short_help = true)]
    pub(super) include_disabled: bool,
    /// Apply the results of RUN that were held back because too many mirrors lost content.
    #[arg(long, value_name = "RUN", help_heading = "Other actions", conflicts_with_all = ["mode", "repos", "paths", "revert", "test_url"])]
    pub(super) apply_pending: Option<i64>,
    /// Discard the results of RUN that were held back; the results that were applied stay.
    #[arg(long, value_name = "RUN", help_heading = "Other actions", conflicts_with_all = ["mode", "repos", "paths", "apply_pending", "revert", "test_url"], hide_short_help = true)]
    pub(super) reject_pending: Option<i64>,
    /// Undo RUN: restore the previous state and discard its pending results.
    #[arg(long, value_name = "RUN", help_heading = "Other actions", conflicts_with_all = ["mode", "repos", "paths", "test_url"])]
    pub(super) revert: Option<i64>,
    /// Test URL as a mirror of --category without storing anything.
    #[arg(long, value_name = "URL", help_heading = "Other actions", requires = "categories")]
    pub(super) test_url: Option<String>,
    #[command(flatten)]
    pub(super) job: JobArgs,
}

/// Part I of N, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction(pub(super) u32, pub(super) u32);

impl FromStr for Fraction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').or_else(|| text.split_once(':'));
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((i, n)) if 1 <= i && i <= n => Ok(Self(i, n)),
            Some(_) | None => Err("expected I/N with I from 1 to N, e.g. 2/3".to_owned()),
        }
    }
}

/// The selection by database IDs.
#[derive(Debug)]
pub(super) struct CrawlRequest {
    pub(super) selection: Selection,
    pub(super) modes: CrawlModes,
    /// The scopes to lock: the names of the selected categories.
    pub(super) scopes: Vec<String>,
    /// The directories of a release probe.
    pub(super) opened: Vec<OpenedDirectory>,
}

impl CrawlRequest {
    /// Removes the categories whose crawl an operator paused.
    pub(super) fn exclude_paused(&mut self, job: &mut Job) -> Result<(), DbError> {
        if job.paused_scopes.is_empty() {
            return Ok(());
        }
        let all = job.db.read(registry::categories)?;
        let active = all.iter().filter(|c| {
            let selected = self.selection.categories.as_ref();
            selected.is_none_or(|ids| ids.contains(&c.id)) && !job.paused_scopes.contains_key(c.name.as_str())
        });
        self.selection.categories = Some(active.map(|c| c.id).collect());
        Ok(())
    }
}

impl Args {
    /// Returns true if only some hosts are selected.
    pub(super) fn is_partial(&self) -> bool {
        !self.hosts.is_empty()
            || !self.countries.is_empty()
            || !self.continents.is_empty()
            || self.fraction.is_some()
            || self.min_age.is_some()
    }

    /// Returns true if hosts or directories are named, so that crawling none of them is not what was asked for. A part of all hosts,
    /// and those that are due, are what regular runs select.
    pub(super) fn names_something(&self) -> bool {
        let has_hosts = !self.hosts.is_empty() || !self.countries.is_empty() || !self.continents.is_empty();
        has_hosts || !self.categories.is_empty() || !self.repos.is_empty() || !self.paths.is_empty()
    }

    /// Returns the locks of the run. Only the regular crawl takes those of the categories: it may run for hours, and must not keep an
    /// operator from crawling a host or deciding about results.
    pub(super) const fn locks(&self) -> JobLocks {
        let is_decision = self.apply_pending.is_some() || self.reject_pending.is_some() || self.revert.is_some();
        if is_decision || self.opened || !self.hosts.is_empty() || !self.repos.is_empty() || !self.paths.is_empty() {
            JobLocks::HostsOnly
        } else {
            JobLocks::PerScope
        }
    }

    /// How long to wait for another run that crawls a host. The regular crawl skips it.
    pub(super) fn host_lock_wait(&self) -> Duration {
        let default = match self.locks() {
            JobLocks::HostsOnly => MAX_HOST_LOCK_WAIT,
            JobLocks::PerScope => Duration::ZERO,
        };
        self.job.lock_wait.map_or(default, HumanDuration::get)
    }

    pub(super) fn request(&self, ctx: &Context, tx: &Tx<'_>) -> Result<CrawlRequest, Error> {
        let all = registry::categories(tx)?;
        let names: BTreeMap<String, CategoryId> = all.iter().map(|c| (c.name.to_string(), c.id)).collect();
        let hosts = registry::hosts(tx)?.into_iter();
        let hosts: BTreeMap<String, HostId> = hosts.map(|h| (h.name.to_string(), h.id)).collect();
        let host_names: Vec<String> = self.hosts.iter().map(|h| h.to_ascii_lowercase()).collect();
        let mut categories = ids_of_names("category", &self.categories, &names)?;
        let paths = self.selected_paths(tx, &all, categories.as_ref())?;
        if let Some(paths) = &paths {
            categories = Some(paths.keys().copied().collect());
        }
        let is_selected = |c: &&Category| categories.as_ref().is_none_or(|ids| ids.contains(&c.id));
        let scopes = all.iter().filter(is_selected).map(|c| c.name.to_string()).collect();
        let mut opened = Vec::new();
        let mut by_category = BTreeMap::new();
        if self.opened {
            opened = match &paths {
                Some(paths) => directory::opened_at_paths(tx, paths)?,
                None => directory::opened_since(tx, ctx.now.minus(opened::PROBED_FOR))?,
            };
            opened.retain(|d| categories.as_ref().is_none_or(|ids| ids.contains(&d.category)));
            categories = Some(opened.iter().map(|d| d.category).collect());
            let mut paths: BTreeMap<CategoryId, Vec<DirPath>> = BTreeMap::new();
            for directory in &opened {
                paths
                    .entry(directory.category)
                    .or_default()
                    .push(directory.path.clone());
            }
            by_category.extend(paths.into_iter().map(|(id, paths)| (id, CrawlMode::Opened(paths))));
        } else {
            by_category.extend((paths.into_iter().flatten()).map(|(id, paths)| (id, CrawlMode::Below(paths))));
        }
        Ok(CrawlRequest {
            selection: Selection {
                hosts: ids_of_names("host", &host_names, &hosts)?,
                categories,
                countries: self.selected_countries(tx)?,
                fraction: self.fraction.map(|Fraction(i, n)| (i, n)),
                min_age: self.min_age.map(HumanDuration::get),
                include_disabled: self.include_disabled,
            },
            modes: CrawlModes {
                default: self.mode(ctx),
                by_category,
            },
            scopes,
            opened,
        })
    }

    fn mode(&self, ctx: &Context) -> CrawlMode {
        if self.full {
            CrawlMode::Full
        } else if self.canary {
            CrawlMode::Canary
        } else if self.repodata || self.propagation {
            CrawlMode::Repodata
        } else if self.changed {
            CrawlMode::Changed
        } else {
            CrawlMode::Incremental {
                full_every: ctx.config.crawl.full_every.get(),
            }
        }
    }

    fn selected_countries(&self, tx: &Tx<'_>) -> Result<Option<BTreeSet<CountryCode>>, Error> {
        if self.countries.is_empty() && self.continents.is_empty() {
            return Ok(None);
        }
        let mut out: BTreeSet<CountryCode> = self.countries.iter().cloned().collect();
        let is_selected = |continent: &str| self.continents.iter().any(|c| c.eq_ignore_ascii_case(continent));
        let overrides = registry::country_continents(tx)?;
        for (country, continent) in built_in_continents().iter() {
            if let Ok(country) = country.to_string().parse::<CountryCode>()
                && is_selected(&continent.to_string())
                && !overrides.iter().any(|row| row.country == country)
            {
                out.insert(country);
            }
        }
        let overridden = overrides.into_iter().filter(|row| is_selected(row.continent.as_str()));
        out.extend(overridden.map(|row| row.country));
        Ok(Some(out))
    }

    /// The directories of --repo and --path, by category.
    fn selected_paths(
        &self,
        tx: &Tx<'_>,
        all: &[Category],
        selected: Option<&BTreeSet<CategoryId>>,
    ) -> Result<Option<BTreeMap<CategoryId, Vec<DirPath>>>, Error> {
        if self.repos.is_empty() && self.paths.is_empty() {
            return Ok(None);
        }
        let is_selected = |c: &&Category| selected.is_none_or(|ids| ids.contains(&c.id));
        let categories: Vec<&Category> = all.iter().filter(is_selected).collect();
        let mut known: BTreeMap<CategoryId, BTreeMap<DirPath, DirectoryId>> = BTreeMap::new();
        for category in &categories {
            let directories = directory::of_category(tx, category.id)?.into_iter();
            known.insert(category.id, directories.map(|d| (d.path, d.id)).collect());
        }
        let mut out: BTreeMap<CategoryId, Vec<DirPath>> = BTreeMap::new();
        for text in &self.paths {
            for (category, path) in resolve_path(text, &categories, &known)? {
                out.entry(category).or_default().push(path);
            }
        }
        for (category, id) in self.repositories(tx)? {
            let paths = known.get(&category).into_iter().flatten();
            out.entry(category)
                .or_default()
                .extend(paths.filter(|(_, d)| **d == id).map(|(path, _)| path.clone()));
        }
        out.retain(|_, paths| !paths.is_empty());
        if out.is_empty() {
            let reason = "none of these directories is in the selected categories on the master";
            return Err(NothingDone(reason.to_owned()).into());
        }
        Ok(Some(out))
    }

    fn repositories(&self, tx: &Tx<'_>) -> Result<Vec<(CategoryId, DirectoryId)>, Error> {
        let arches = registry::arches(tx)?;
        let repositories = registry::repositories(tx)?;
        let arch_of = |r: &Repository| arches.iter().find(|a| a.id == r.arch).map_or("", |a| a.name.as_str());
        let mut out = Vec::new();
        for repo in &self.repos {
            let is_named = |r: &&Repository| r.prefix.as_ref().is_some_and(|p| p.as_str() == repo);
            let mut named = repositories.iter().filter(is_named).peekable();
            if named.peek().is_none() {
                let prefixes = repositories.iter().filter_map(|r| r.prefix.as_ref());
                return Err(unknown("repo", repo, prefixes).into());
            }
            let mut matching = named
                .filter(|r| self.arch.as_ref().is_none_or(|a| a == arch_of(r)))
                .peekable();
            if matching.peek().is_none() {
                let arch = self.arch.as_deref().unwrap_or("");
                return Err(UsageError(format!("repository {repo} does not exist for architecture {arch}")).into());
            }
            out.extend(matching.filter_map(|r| Some((r.category, r.directory?))));
        }
        Ok(out)
    }
}

/// Finds a directory in each category that has it, by its path below the category's topdir or including it.
fn resolve_path(
    text: &str,
    categories: &[&Category],
    known: &BTreeMap<CategoryId, BTreeMap<DirPath, DirectoryId>>,
) -> Result<Vec<(CategoryId, DirPath)>, Error> {
    let text = text.trim_matches('/');
    let mut found = Vec::new();
    for category in categories {
        let top = category.topdir.as_str();
        let below = text
            .strip_prefix(top)
            .filter(|rest| rest.is_empty() || top.is_empty() || rest.starts_with('/'));
        for path in [Some(text), below].into_iter().flatten() {
            if let Ok(path) = path.trim_matches('/').parse::<DirPath>()
                && known.get(&category.id).is_some_and(|all| all.contains_key(&path))
            {
                found.push((category.id, path));
                break;
            }
        }
    }
    if found.is_empty() {
        let paths = known.values().flat_map(BTreeMap::keys);
        return Err(unknown("path", text, paths).into());
    }
    Ok(found)
}

/// Returns the IDs of names; `None` if no name is given. The error about an unknown name suggests similar ones.
fn ids_of_names<T: Copy + Ord>(
    entity: &str,
    names: &[String],
    known: &BTreeMap<String, T>,
) -> Result<Option<BTreeSet<T>>, UsageError> {
    if names.is_empty() {
        return Ok(None);
    }
    let id = |name: &String| {
        let id = known.get(name).copied();
        id.ok_or_else(|| unknown(entity, name, known.keys()))
    };
    names.iter().map(id).collect::<Result<_, _>>().map(Some)
}

fn unknown(entity: &str, name: &str, known: impl Iterator<Item = impl ToString>) -> UsageError {
    let similar = suggest::similar(name, known.map(|k| k.to_string()));
    let hint = suggest::did_you_mean(&similar).unwrap_or_else(|| format!("see: mm-admin {entity} list"));
    UsageError(format!("unknown {entity} {name:?}; {hint}"))
}
