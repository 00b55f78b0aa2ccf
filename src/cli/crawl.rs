//! `mm-crawl`: finds out which mirrors hold what.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Error;
use clap::Parser;

use super::args::{CommonArgs, JobArgs};
use super::exit::{Exit, UsageError};
use super::job::Job;
use super::output::Report as _;
use super::progress;
use super::run::{Context, Program};
use crate::config::CategoryConfig;
use crate::crawl::report::CrawlReport;
use crate::crawl::run::{self as crawl, Orders};
use crate::db::crawl::{Plan, Rules, Selection};
use crate::db::{self, Db, DbError, registry};
use crate::model::ids::{CategoryId, HostId, RunId};

mod report;

pub use report::CrawlOutput;
use report::PlanLine;

/// How often `mm-locks` is told how far the crawl is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Ask the mirrors what they hold, and store what was seen.
///
/// Every listed file is asked for by HEAD, and every repomd.xml is fetched and compared by its SHA-256. Each host is written the
/// moment it is done. Dead mirrors are results: the status is 0. What could not be found out takes no mirror off; it ages.
#[derive(Debug, Parser)]
pub struct Args {
    /// Crawl this host only; may be given several times.
    #[arg(long = "host", value_name = "NAME", action = clap::ArgAction::Append)]
    hosts: Vec<String>,
    /// Crawl this category only; may be given several times.
    #[arg(long = "category", value_name = "NAME", action = clap::ArgAction::Append)]
    categories: Vec<String>,
    /// Crawl hosts too that an admin or owner switched off; they stay so.
    #[arg(long)]
    include_disabled: bool,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl Program for Args {
    const NAME: &'static str = "mm-crawl";
    const JOB: Option<&'static str> = Some("crawl");
    type Report = CrawlOutput;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, cx: &Context) -> Result<CrawlOutput, Error> {
        let (selection, scopes) = self.select(&mut cx.open_db()?)?;
        let mut job = Job::begin(cx, &self.job, "crawl", &scopes, cx.config.crawl.max_runtime)?;
        match self.work(cx, &mut job, &selection) {
            Err(e) => Err(job.fail(cx, e)),
            Ok(output) => {
                let judged = |key: &str| output.judged(key);
                job.finish_part(cx, output.exit(), &output.counts(), output.problems(), &judged)?;
                Ok(output)
            }
        }
    }
}

impl Args {
    /// What to look at, and the scopes to lock: the categories named, else all.
    fn select(&self, db: &mut Db) -> Result<(Selection, Vec<String>), Error> {
        let (hosts, categories) = db.read(|tx| Ok::<_, DbError>((registry::hosts(tx)?, registry::categories(tx)?)))?;
        let hosts: BTreeMap<String, HostId> = hosts.into_iter().map(|h| (h.name.to_string(), h.id)).collect();
        let categories: BTreeMap<String, CategoryId> =
            categories.into_iter().map(|c| (c.name.to_string(), c.id)).collect();
        let folded: Vec<String> = self.hosts.iter().map(|h| h.to_ascii_lowercase()).collect();
        let selection = Selection {
            hosts: chosen("host", &folded, &hosts)?,
            categories: chosen("category", &self.categories, &categories)?,
            include_disabled: self.include_disabled,
        };
        let scopes = if self.categories.is_empty() {
            categories.into_keys().collect()
        } else {
            self.categories.clone()
        };
        Ok((selection, scopes))
    }

    fn work(&self, cx: &Context, job: &mut Job, selection: &Selection) -> Result<CrawlOutput, Error> {
        let ageing = |name: &str| {
            let default = CategoryConfig::default();
            cx.config.category(name).unwrap_or(&default).ageing()
        };
        let plan = job.db.read(|tx| db::crawl::plan(tx, selection, cx.now, &ageing))?;
        self.refuse_left_out(&plan)?;
        let mut output = CrawlOutput {
            dry_run: self.job.dry_run,
            plan: plan_lines(&plan),
            left_out: plan.left_out.clone(),
            result: None,
            hosts_named: !self.hosts.is_empty(),
            partial_above: cx.config.crawl.partial_above,
        };
        let Some(run) = job.run else {
            return Ok(output);
        };
        output.plan.clear();
        output.result = Some(crawl_all(cx, job, plan, run)?);
        Ok(output)
    }

    /// A host that was asked for by name and is not crawled is the caller's mistake.
    fn refuse_left_out(&self, plan: &Plan) -> Result<(), UsageError> {
        if self.hosts.is_empty() {
            return Ok(());
        }
        let Some((name, reason)) = plan.left_out.first() else {
            return Ok(());
        };
        let advice = if *reason == "disabled" {
            "; crawl it all the same with --include-disabled"
        } else {
            ""
        };
        Err(UsageError(format!("host {name} is not crawled: {reason}{advice}")))
    }
}

fn crawl_all(cx: &Context, job: &mut Job, plan: Plan, run: RunId) -> Result<CrawlReport, Error> {
    let hosts = plan.hosts.len();
    let total = u64::try_from(hosts).unwrap_or(u64::MAX);
    let bar = progress::bar(&cx.output, total, "hosts");
    let orders = Orders {
        run,
        rules: Rules {
            auto_disable: cx.config.crawl.auto_disable,
            author: cx.author(),
        },
        stop: job.stop.clone(),
    };
    let mut crawl = crawl::Run::start(&cx.config, plan, orders)?;
    let mut told: Option<Instant> = None;
    while let Some(done) = crawl.step(&mut job.db)? {
        let done = u64::try_from(done).unwrap_or(u64::MAX);
        bar.set_position(done);
        if told.is_none_or(|t| t.elapsed() >= TELL_EVERY) {
            job.phase("crawling", done, total)?;
            told = Some(Instant::now());
        }
    }
    bar.finish_and_clear();
    crawl.done(&mut job.db)
}

fn plan_lines(plan: &Plan) -> Vec<PlanLine> {
    let trees = crawl::trees(plan);
    let mut lines = Vec::new();
    for host in &plan.hosts {
        for category in &host.categories {
            let requests = trees.get(&category.category.id).map_or(0, |t| t.requests());
            lines.push(PlanLine {
                host: host.name.to_string(),
                category: category.category.name.clone(),
                urls: category.urls.iter().map(|u| u.as_str().to_owned()).collect(),
                directories: u64::try_from(category.category.directories.len()).unwrap_or(u64::MAX),
                requests,
            });
        }
    }
    lines
}

/// The ids of names; an unknown one is a mistake, told with those that look like it.
fn chosen<T: Copy + Ord>(
    noun: &str,
    names: &[String],
    known: &BTreeMap<String, T>,
) -> Result<Option<BTreeSet<T>>, UsageError> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut out = BTreeSet::new();
    for name in names {
        let Some(id) = known.get(name) else {
            return Err(UsageError(unknown(noun, name, known)));
        };
        out.insert(*id);
    }
    Ok(Some(out))
}

fn unknown<T>(noun: &str, name: &str, known: &BTreeMap<String, T>) -> String {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &String)> = known
        .keys()
        .map(|k| (strsim::jaro_winkler(&wanted, &k.to_lowercase()), k))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<&str> = scored.iter().take(3).map(|(_, k)| k.as_str()).collect();
    if near.is_empty() {
        format!("there is no {noun} {name:?}; see: mm-admin {noun} list")
    } else {
        format!("there is no {noun} {name:?}; did you mean {}?", near.join(" or "))
    }
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}

impl CrawlOutput {
    /// Whether so many hosts gave no answer that a person should look. Those that are switched off for it already do not count.
    fn too_many_unanswered(&self) -> bool {
        self.result.as_ref().is_some_and(|r| {
            let t = &r.totals;
            let (silent, asked) = (t.unanswered - t.still_off, t.hosts.saturating_sub(t.still_off));
            silent * 100 > asked * u64::from(self.partial_above)
        })
    }

    fn status(&self) -> Exit {
        let Some(r) = &self.result else {
            return Exit::Done;
        };
        let in_part =
            r.stopped || r.uplink_down || !r.failed.is_empty() || !r.locked.is_empty() || self.too_many_unanswered();
        if in_part { Exit::Partial } else { Exit::Done }
    }
}
