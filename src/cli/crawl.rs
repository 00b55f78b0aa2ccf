//! `mm-crawl`: finds out which mirrors hold what.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Error;

use super::args::CommonArgs;
use super::exit::{ExitStatus, UsageError};
use super::output::Report as _;
use super::progress;
use super::run::{Context, Program};
use crate::config::CategoryConfig;
use crate::crawl::probe::MirrorFileList;
use crate::crawl::propagation::{PropagationReport, propagation};
use crate::crawl::report::CrawlReport;
use crate::crawl::run::{self as crawl, CrawlModes, CrawlOptions};
use crate::crawl::scope;
use crate::db::crawl::{CommitOptions, Plan};
use crate::db::{self, DbError};
use crate::job::Job;
use crate::model::Timestamp;
use crate::model::file::VersionRetention;
use crate::model::ids::{CategoryId, RunId};
use crate::model::propagation::PropagationSample;

mod args;
mod pending;
mod report;
mod test_url;

pub use args::Args;
use args::CrawlRequest;
pub use report::CrawlOutput;
use report::PlanLine;

/// How often `mm-locks` is told how far the crawl is.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
/// A host that takes longer than this has a line of its own below the bar, and so many have one.
const SLOW: Duration = Duration::from_secs(30);
const SLOW_LINES: usize = 10;

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

    fn run(self, ctx: &Context) -> Result<CrawlOutput, Error> {
        if self.test_url.is_some() {
            return test_url::test_url(&self, ctx);
        }
        let mut db = ctx.open_db()?;
        let mut wanted = self.wanted(ctx, &mut db)?;
        if let Some(run) = self.apply_pending.or(self.revert) {
            wanted.scopes = pending::scopes(&mut db, RunId(run), wanted.scopes)?;
        }
        drop(db);
        let scope = wanted.scopes.join(", ");
        let mut options = self.job.clone();
        // A person decides about what a crawl found before: no mirror is asked.
        options.ignore_pause |= self.apply_pending.is_some() || self.revert.is_some();
        let mut job = ctx.start_job(&options, "crawl", &wanted.scopes, ctx.config.crawl.max_runtime)?;
        wanted.exclude_paused(&mut job)?;
        let done = match (self.apply_pending.map(RunId), self.revert.map(RunId)) {
            (None, None) => self.work(ctx, &mut job, wanted),
            (Some(run), _) => pending::apply(ctx, &mut job, run),
            (None, Some(run)) => pending::revert(ctx, &mut job, run),
        };
        let done = done.and_then(|output| load_pending(&mut job, &scope, output));
        match done {
            Err(e) => Err(job.fail(e)),
            Ok(output) => {
                let judged = |key: &str| output.judged(key);
                job.finish_part(output.exit(), &output.counts(), output.problems(), &judged)?;
                Ok(output)
            }
        }
    }
}

/// Adds the runs of this scope of which results wait.
fn load_pending(job: &mut Job, scope: &str, mut output: CrawlOutput) -> Result<CrawlOutput, Error> {
    if job.run.is_some() {
        let all = job.db.read(db::crawl::waiting)?;
        output.waiting = Some(all.into_iter().filter(|w| w.scope == scope).collect());
    }
    Ok(output)
}

impl Args {
    fn work(&self, ctx: &Context, job: &mut Job, wanted: CrawlRequest) -> Result<CrawlOutput, Error> {
        let ageing = |name: &str| ageing(ctx, name);
        let plan = job
            .db
            .read(|tx| db::crawl::plan(tx, &wanted.selection, ctx.now, &ageing))?;
        self.refuse_left_out(&plan)?;
        let mut output = CrawlOutput {
            dry_run: self.job.dry_run,
            skipped: plan.skipped.clone(),
            is_partial: self.is_partial() || !wanted.aims.is_whole(),
            ..CrawlOutput::empty(ctx)
        };
        let Some(run) = job.run else {
            output.plan = plan_lines(&plan, &wanted.aims, ctx.now);
            return Ok(output);
        };
        output.result = Some(crawl_all(ctx, job, plan, run, wanted.aims)?);
        if self.propagation {
            output.propagation = Some(record_propagation(ctx, job)?);
        }
        Ok(output)
    }

    /// A host that was asked for by name and is not crawled is the caller's mistake.
    fn refuse_left_out(&self, plan: &Plan) -> Result<(), UsageError> {
        if self.hosts.is_empty() {
            return Ok(());
        }
        let Some((name, reason)) = plan.skipped.first() else {
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

/// Where mirrors have the full time lists of the categories, and what lists the master had.
fn mirror_lists(ctx: &Context, job: &mut Job, plan: &Plan) -> Result<BTreeMap<CategoryId, MirrorFileList>, DbError> {
    let trees = crawl::trees(plan);
    job.db.read(|tx| {
        let mut out = BTreeMap::new();
        for tree in trees.values() {
            let path = ctx.config.category(&tree.plan.name).map_or("", |c| &c.mirror_list);
            if !path.is_empty() {
                let known = db::known_file_list::of_category(tx, tree.plan.id)?;
                let path = path.to_owned();
                out.insert(tree.plan.id, MirrorFileList { path, known });
            }
        }
        Ok(out)
    })
}

/// How long a category's old versions are offered.
fn ageing(ctx: &Context, category: &str) -> VersionRetention {
    let default = CategoryConfig::default();
    ctx.config.category(category).unwrap_or(&default).ageing()
}

fn crawl_all(ctx: &Context, job: &mut Job, plan: Plan, run: RunId, aims: CrawlModes) -> Result<CrawlReport, Error> {
    let hosts = plan.hosts.len();
    let total = u64::try_from(hosts).unwrap_or(u64::MAX);
    let mut board = progress::ProgressDisplay::new(&ctx.output, total, "hosts");
    let orders = CrawlOptions {
        run,
        aims,
        lists: mirror_lists(ctx, job, &plan)?,
        rules: CommitOptions {
            warn_after_failures: ctx.config.crawl.warn_after_failures,
            disable_after_failures: ctx.config.crawl.disable_after_failures,
            author: ctx.author(),
        },
        stop: job.stop.clone(),
    };
    let mut crawl = crawl::Run::start(&ctx.config, plan, orders)?;
    let mut told: Option<Instant> = None;
    while let Some(done) = crawl.poll(&mut job.db)? {
        let done = u64::try_from(done).unwrap_or(u64::MAX);
        board.bar.set_position(done);
        let slow = crawl.slow(SLOW).into_iter().take(SLOW_LINES);
        let lines: Vec<String> = slow
            .map(|(host, took)| format!("{host}: {} s", took.as_secs()))
            .collect();
        board.show(&lines);
        if told.is_none_or(|t| t.elapsed() >= STATUS_INTERVAL) {
            job.set_phase("crawling", done, total)?;
            told = Some(Instant::now());
        }
    }
    board.clear();
    crawl.finish(&mut job.db)
}

/// Counts, for each repository, how far its mirrors are, and records it.
fn record_propagation(ctx: &Context, job: &mut Job) -> Result<PropagationReport, Error> {
    let (world, _) = db::registry_data::read(&mut job.db, ctx.now)?;
    let old = job.db.read(db::propagation::outdated)?;
    let repositories = propagation(&world, &old);
    job.db.write(|tx| {
        for p in &repositories {
            let (taken_at, spread) = (ctx.now, p.spread());
            db::propagation::put(
                tx,
                p.repository,
                PropagationSample {
                    taken_at,
                    counts: spread,
                },
            )?;
        }
        let keep = ctx.config.crawl.propagation_retention.get();
        db::propagation::expire(tx, ctx.now.minus(keep))?;
        Ok::<_, DbError>(())
    })?;
    Ok(PropagationReport {
        taken_at: ctx.now,
        repositories,
    })
}

fn plan_lines(plan: &Plan, aims: &CrawlModes, now: Timestamp) -> Vec<PlanLine> {
    let trees = crawl::trees(plan);
    let mut lines = Vec::new();
    for host in &plan.hosts {
        for category in &host.categories {
            let Some(tree) = trees.get(&category.category.id) else {
                continue;
            };
            let scope = scope::select_directories(tree, &category.previous, aims.of(category.category.id), now);
            lines.push(PlanLine {
                host: host.name.to_string(),
                category: category.category.name.clone(),
                urls: category
                    .urls
                    .iter()
                    .chain(&category.rsync)
                    .map(|u| u.as_str().to_owned())
                    .collect(),
                directories: scope.wanted.len(),
                requests: tree.requests(&scope.wanted),
            });
        }
    }
    lines
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
            let (silent, asked) = (
                t.unanswered - t.still_disabled,
                t.hosts.saturating_sub(t.still_disabled),
            );
            silent * 100 > asked * u64::from(self.max_inconclusive_percent)
        })
    }

    fn status(&self) -> ExitStatus {
        let Some(r) = &self.result else {
            return ExitStatus::Done;
        };
        let in_part = r.stopped
            || r.uplink_down
            || !r.failed.is_empty()
            || !r.locked.is_empty()
            || !r.pending.is_empty()
            || self.too_many_unanswered();
        if in_part { ExitStatus::Partial } else { ExitStatus::Done }
    }
}
