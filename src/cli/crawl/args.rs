//! What `mm-crawl` is asked to do, and what that means: which hosts and categories, and what of them.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use anyhow::Error;
use clap::Parser;

use crate::cli::args::{CommonArgs, JobArgs};
use crate::cli::exit::UsageError;
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::crawl::run::CrawlModes;
use crate::crawl::scope::CrawlMode;
use crate::db::crawl::Selection;
use crate::db::{Db, DbError, Tx, directory, registry};
use crate::job::Job;
use crate::model::continents::built_in_continents;
use crate::model::ids::{CategoryId, DirectoryId, HostId};
use crate::model::names::{CountryCode, DirPath};
use crate::model::registry::{Category, Repository};

/// Ask the mirrors what they hold, and store what was seen.
///
/// By default a mirror is asked for what may have changed: directories that the master changed since, those that were missing or
/// gave no answer, and another fiftieth of what it holds each time; every `crawl.full_every` it is asked for everything. Pages of
/// directories are used where they tell sizes exactly, rsync where a mirror has it and much is to be asked; else every listed
/// file is asked for by HEAD. Every repomd.xml is fetched and compared by its SHA-256. Each host is written as soon as its result may be
/// believed. Dead mirrors are results: the status is 0. What could not be found out takes no mirror off; it ages.
#[derive(Debug, Parser)]
#[command(after_long_help = crate::crawl::hook::HELP)]
pub struct Args {
    /// Ask for everything.
    #[arg(long, help_heading = "Crawl mode", group = "aim")]
    pub(super) full: bool,
    /// Ask only whether the mirrors can be reached.
    #[arg(long, help_heading = "Crawl mode", group = "aim")]
    pub(super) canary: bool,
    /// Ask only for directories with a repomd.xml.
    #[arg(long, help_heading = "Crawl mode", group = "aim")]
    pub(super) repodata: bool,
    /// Ask only for what the master changed since the last crawl.
    #[arg(long, help_heading = "Crawl mode", group = "aim")]
    pub(super) changed: bool,
    /// As --repodata, and record for each repository how many mirrors carry its newest repomd.xml and how far the others are
    /// behind.
    #[arg(long, help_heading = "Crawl mode", group = "aim")]
    pub(super) propagation: bool,
    /// Ask only for this repository, by the prefix that clients send as repo=; may be given several times.
    #[arg(
        long = "repo",
        value_name = "PREFIX",
        help_heading = "Crawl mode",
        conflicts_with = "aim"
    )]
    pub(super) repos: Vec<String>,
    /// Of these repositories, only this architecture.
    #[arg(long, value_name = "ARCH", help_heading = "Crawl mode", requires = "repos")]
    pub(super) arch: Option<String>,
    /// Ask only for this directory and what lies below it, with or without the category's topdir before it; may be given several
    /// times.
    #[arg(
        long = "path",
        value_name = "PATH",
        help_heading = "Crawl mode",
        conflicts_with = "aim"
    )]
    pub(super) paths: Vec<String>,
    /// Crawl this host only, also outside its crawl window; may be given several times.
    #[arg(long = "host", value_name = "NAME", help_heading = "Host selection")]
    pub(super) hosts: Vec<String>,
    /// Crawl this category only; may be given several times.
    #[arg(long = "category", value_name = "NAME", help_heading = "Host selection")]
    pub(super) categories: Vec<String>,
    /// Crawl hosts in this country only; may be given several times.
    #[arg(long = "country", value_name = "CODE", help_heading = "Host selection")]
    pub(super) countries: Vec<CountryCode>,
    /// Crawl hosts on this continent only (AF, AN, AS, EU, NA, OC, SA); may be given several times.
    #[arg(long = "continent", value_name = "CODE", help_heading = "Host selection", value_parser = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"], ignore_case = true)]
    pub(super) continents: Vec<String>,
    /// Crawl the I-th of N parts of all hosts.
    #[arg(long, value_name = "I/N", help_heading = "Host selection")]
    pub(super) fraction: Option<Fraction>,
    /// Leave out what was crawled within this time, such as 12h.
    #[arg(long, value_name = "DURATION", help_heading = "Host selection")]
    pub(super) min_age: Option<HumanDuration>,
    /// Crawl hosts too that an admin or owner switched off; they stay so.
    #[arg(long, help_heading = "Host selection")]
    pub(super) include_disabled: bool,
    /// Put in force what waits of this run, because too many mirrors lost too much in it.
    #[arg(long, value_name = "RUN", help_heading = "Other actions", conflicts_with_all = ["aim", "repos", "paths", "revert", "test_url"])]
    pub(super) apply_pending: Option<i64>,
    /// Take this run back: what was known before it is in force again, and what waits of it is dropped.
    #[arg(long, value_name = "RUN", help_heading = "Other actions", conflicts_with_all = ["aim", "repos", "paths", "test_url"])]
    pub(super) revert: Option<i64>,
    /// Look at this address as a mirror of --category, registered or not, and write nothing.
    #[arg(long, value_name = "URL", help_heading = "Other actions", requires = "categories")]
    pub(super) test_url: Option<String>,
    #[command(flatten)]
    pub(super) job: JobArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// One of several parts of something, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction(pub(super) u32, pub(super) u32);

impl FromStr for Fraction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').or_else(|| text.split_once(':'));
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((i, n)) if 1 <= i && i <= n => Ok(Self(i, n)),
            Some(_) | None => Err("write I/N with I from 1 to N, such as 2/3".to_owned()),
        }
    }
}

/// What to do, in ids.
#[derive(Debug)]
pub(super) struct CrawlRequest {
    pub(super) selection: Selection,
    pub(super) aims: CrawlModes,
    /// The scopes to lock: the categories that are looked at.
    pub(super) scopes: Vec<String>,
}

impl CrawlRequest {
    /// Takes out the categories that a person holds.
    pub(super) fn exclude_paused(&mut self, job: &mut Job) -> Result<(), DbError> {
        if job.paused_scopes.is_empty() {
            return Ok(());
        }
        let all = job.db.read(registry::categories)?;
        let free = all.iter().filter(|c| {
            let named = self.selection.categories.as_ref();
            named.is_none_or(|named| named.contains(&c.id)) && !job.paused_scopes.contains_key(c.name.as_str())
        });
        self.selection.categories = Some(free.map(|c| c.id).collect());
        Ok(())
    }
}

impl Args {
    /// Whether only some hosts were asked for.
    pub(super) fn is_partial(&self) -> bool {
        !self.hosts.is_empty()
            || !self.countries.is_empty()
            || !self.continents.is_empty()
            || self.fraction.is_some()
            || self.min_age.is_some()
    }

    /// What to look at, and the scopes to lock: the categories named, else all.
    pub(super) fn wanted(&self, ctx: &Context, db: &mut Db) -> Result<CrawlRequest, Error> {
        db.read(|tx| self.read(ctx, tx))
    }

    fn read(&self, ctx: &Context, tx: &Tx<'_>) -> Result<CrawlRequest, Error> {
        let all = registry::categories(tx)?;
        let names: BTreeMap<String, CategoryId> = all.iter().map(|c| (c.name.to_string(), c.id)).collect();
        let hosts: BTreeMap<String, HostId> = registry::hosts(tx)?
            .into_iter()
            .map(|h| (h.name.to_string(), h.id))
            .collect();
        let folded: Vec<String> = self.hosts.iter().map(|h| h.to_ascii_lowercase()).collect();
        let mut categories = chosen("category", &self.categories, &names)?;
        let below = self.below(tx, &all, categories.as_ref())?;
        if let Some(below) = &below {
            categories = Some(below.keys().copied().collect());
        }
        let scopes = all
            .iter()
            .filter(|c| categories.as_ref().is_none_or(|chosen| chosen.contains(&c.id)))
            .map(|c| c.name.to_string())
            .collect();
        let by_category = below
            .unwrap_or_default()
            .into_iter()
            .map(|(id, paths)| (id, CrawlMode::Below(paths)));
        Ok(CrawlRequest {
            selection: Selection {
                hosts: chosen("host", &folded, &hosts)?,
                categories,
                countries: self.wanted_countries(tx)?,
                fraction: self.fraction.map(|Fraction(i, n)| (i, n)),
                min_age: self.min_age.map(HumanDuration::get),
                include_disabled: self.include_disabled,
            },
            aims: CrawlModes {
                default: self.aim(ctx),
                by_category: by_category.collect(),
            },
            scopes,
        })
    }

    fn aim(&self, ctx: &Context) -> CrawlMode {
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

    fn wanted_countries(&self, tx: &Tx<'_>) -> Result<Option<BTreeSet<CountryCode>>, Error> {
        if self.countries.is_empty() && self.continents.is_empty() {
            return Ok(None);
        }
        let mut out: BTreeSet<CountryCode> = self.countries.iter().cloned().collect();
        let there = |continent: &str| self.continents.iter().any(|c| c.eq_ignore_ascii_case(continent));
        let own = registry::country_continents(tx)?;
        for (country, continent) in built_in_continents().iter() {
            if let Ok(country) = country.to_string().parse::<CountryCode>()
                && there(&continent.to_string())
                && !own.iter().any(|row| row.country == country)
            {
                out.insert(country);
            }
        }
        let moved = own.into_iter().filter(|row| there(row.continent.as_str()));
        out.extend(moved.map(|row| row.country));
        Ok(Some(out))
    }

    /// The directories of --repo and --path, by category.
    fn below(
        &self,
        tx: &Tx<'_>,
        all: &[Category],
        chosen: Option<&BTreeSet<CategoryId>>,
    ) -> Result<Option<BTreeMap<CategoryId, Vec<DirPath>>>, Error> {
        if self.repos.is_empty() && self.paths.is_empty() {
            return Ok(None);
        }
        let taken: Vec<&Category> = all
            .iter()
            .filter(|c| chosen.is_none_or(|ids| ids.contains(&c.id)))
            .collect();
        let mut known: BTreeMap<CategoryId, BTreeMap<DirPath, DirectoryId>> = BTreeMap::new();
        for category in &taken {
            let directories = directory::of_category(tx, category.id)?.into_iter();
            known.insert(category.id, directories.map(|d| (d.path, d.id)).collect());
        }
        let mut out: BTreeMap<CategoryId, Vec<DirPath>> = BTreeMap::new();
        for text in &self.paths {
            let found = places(text, &taken, &known)?;
            for (category, path) in found {
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
            return Err(UsageError("none of these directories is in the categories chosen".to_owned()).into());
        }
        Ok(Some(out))
    }

    fn repositories(&self, tx: &Tx<'_>) -> Result<Vec<(CategoryId, DirectoryId)>, Error> {
        let arches = registry::arches(tx)?;
        let repositories = registry::repositories(tx)?;
        let arch_of = |r: &Repository| arches.iter().find(|a| a.id == r.arch).map_or("", |a| a.name.as_str());
        let prefixes: BTreeSet<String> = repositories
            .iter()
            .filter_map(|r| r.prefix.as_ref())
            .map(ToString::to_string)
            .collect();
        let mut out = Vec::new();
        for repo in &self.repos {
            if !prefixes.contains(repo) {
                return Err(UsageError(unknown("repo", repo, &prefixes)).into());
            }
            let mine = repositories
                .iter()
                .filter(|r| r.prefix.as_ref().is_some_and(|p| p.as_str() == repo));
            let of_arch: Vec<&Repository> = mine
                .filter(|r| self.arch.as_ref().is_none_or(|a| a == arch_of(r)))
                .collect();
            if of_arch.is_empty() {
                let arch = self.arch.as_deref().unwrap_or("");
                return Err(UsageError(format!("there is no repository {repo} for {arch}")).into());
            }
            out.extend(of_arch.iter().filter_map(|r| Some((r.category, r.directory?))));
        }
        Ok(out)
    }
}

/// Where a path lies: below the category whose topdir stands before it, else in every category that has it.
fn places(
    text: &str,
    taken: &[&Category],
    known: &BTreeMap<CategoryId, BTreeMap<DirPath, DirectoryId>>,
) -> Result<Vec<(CategoryId, DirPath)>, Error> {
    let text = text.trim_matches('/');
    let mut found = Vec::new();
    for category in taken {
        let top = category.topdir.as_str();
        let below = text
            .strip_prefix(top)
            .filter(|rest| rest.is_empty() || top.is_empty() || rest.starts_with('/'));
        for path in [Some(text), below].into_iter().flatten() {
            let Ok(path) = path.trim_matches('/').parse::<DirPath>() else {
                continue;
            };
            if known.get(&category.id).is_some_and(|all| all.contains_key(&path)) {
                found.push((category.id, path));
                break;
            }
        }
    }
    if found.is_empty() {
        let names: BTreeSet<String> = known
            .values()
            .flat_map(|all| all.keys())
            .map(ToString::to_string)
            .collect();
        return Err(UsageError(unknown("path", text, &names)).into());
    }
    Ok(found)
}

/// The ids of names; an unknown one is a mistake, told with those that look like it.
pub(super) fn chosen<T: Copy + Ord>(
    entity: &str,
    names: &[String],
    known: &BTreeMap<String, T>,
) -> Result<Option<BTreeSet<T>>, UsageError> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut out = BTreeSet::new();
    for name in names {
        let Some(id) = known.get(name) else {
            return Err(UsageError(unknown(entity, name, &known.keys().cloned().collect())));
        };
        out.insert(*id);
    }
    Ok(Some(out))
}

fn unknown(entity: &str, name: &str, known: &BTreeSet<String>) -> String {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &String)> = known
        .iter()
        .map(|k| (strsim::jaro_winkler(&wanted, &k.to_lowercase()), k))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<&str> = scored.iter().take(3).map(|(_, k)| k.as_str()).collect();
    if near.is_empty() {
        format!("there is no {entity} {name:?}; see: mm-admin {entity} list")
    } else {
        format!("there is no {entity} {name:?}; did you mean {}?", near.join(" or "))
    }
}
