//! `mm-crawl`: checks which content each mirror has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Error;
use itertools::Itertools as _;

use super::progress;
use super::run::{Context, Program};
use crate::config::CategoryConfig;
use crate::crawl::opened;
use crate::crawl::probe::MirrorFileList;
use crate::crawl::propagation::{PropagationReport, propagation};
use crate::crawl::report::CrawlReport;
use crate::crawl::run::{self as crawl, CrawlModes, CrawlOptions};
use crate::crawl::scope;
use crate::db::crawl::{CRAWLED_RECENTLY, CommitOptions, DISABLED, OUTSIDE_WINDOW, Plan};
use crate::db::{self, Db, DbError};
use crate::job::exit::{ExitStatus, NothingDone};
use crate::job::{Job, JobLocks};
use crate::mail;
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::file::VersionRetention;
use crate::model::ids::{CategoryId, RunId};
use crate::model::propagation::PropagationSample;
use crate::sys::clock;

mod args;
mod pending;
mod report;
mod test_url;

pub use args::Args;
use args::CrawlRequest;
use pending::Decision;
use report::{CrawlOutput, PlanLine};

/// The interval at which the progress that `mm-locks` shows is written.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
/// Hosts that take longer than this are named below the progress bar, at most [`MAX_SLOW_HOSTS`] of them.
const SLOW_AFTER: Duration = Duration::from_secs(30);
const MAX_SLOW_HOSTS: usize = 10;

impl Program for Args {
    const NAME: &'static str = "mm-crawl";
    const NOTHING_DONE: &'static str = "a named host is not crawled, or no host has what is selected\n\
        the named hosts or categories, or a crawl that is run by hand, are paused\n\
        RUN has no pending results, or no result that can be reverted";
    const JOB: Option<&'static str> = Some("crawl");

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        if self.test_url.is_some() {
            return ctx.print(&test_url::test_url(&self, ctx)?);
        }
        let mut db = ctx.open_db()?;
        let mut request = db.read(|tx| self.request(ctx, tx))?;
        let decision = self.decision();
        if let Some(decision) = decision {
            request.scopes = pending::scopes(&mut db, decision.run(), request.scopes)?;
        }
        if self.opened && !self.has_release_probes(ctx, &mut db, &request)? {
            return ctx.print(&CrawlOutput {
                no_release_probes: true,
                ..CrawlOutput::default()
            });
        }
        drop(db);
        let scope = request.scopes.join(", ");
        let mut options = self.job.clone();
        // An operator decides about the results of an earlier crawl: no request is sent.
        options.ignore_pause |= decision.is_some();
        let mut options = options.options();
        options.locks = self.locks();
        options.is_named = self.names_something();
        let mut job = Job::start(ctx, &options, "crawl", &request.scopes, ctx.config.crawl.max_runtime)?;
        request.exclude_paused(&mut job)?;
        let done = match decision {
            None => self.crawl(ctx, &mut job, request),
            Some(decision) => decision.carry_out(ctx, &mut job, self.host_lock_wait()),
        };
        let done = done.and_then(|output| load_pending(&mut job, &scope, output));
        ctx.end_job(job, done)
    }
}

/// Adds the runs of this scope that have pending results.
fn load_pending(job: &mut Job, scope: &str, mut output: CrawlOutput) -> Result<CrawlOutput, Error> {
    if job.run.is_some() {
        let all = job.db.read(db::crawl::pending_runs)?;
        output.pending_runs = Some(all.into_iter().filter(|p| p.scope == scope).collect());
    }
    Ok(output)
}

impl Args {
    /// Returns the decision of an operator about an earlier run, instead of a crawl.
    fn decision(&self) -> Option<Decision> {
        let apply = self.apply_pending.map(|run| Decision::Apply(RunId(run)));
        let reject = self.reject_pending.map(|run| Decision::Reject(RunId(run)));
        apply.or(reject).or(self.revert.map(|run| Decision::Revert(RunId(run))))
    }

    fn crawl(&self, ctx: &Context, job: &mut Job, request: CrawlRequest) -> Result<CrawlOutput, Error> {
        let plan = self.plan(ctx, &mut job.db, &request)?;
        self.check_plan(&plan)?;
        let mut output = CrawlOutput {
            dry_run: self.job.dry_run,
            skipped: plan.skipped.clone(),
            is_partial: self.is_partial() || !request.modes.is_complete(),
            is_release_probe: self.opened,
            // Release probes leave fewer and fewer hosts, the slow ones.
            max_inconclusive_percent: if self.opened {
                100
            } else {
                ctx.config.crawl.max_inconclusive_percent
            },
            ..CrawlOutput::default()
        };
        let Some(run) = job.run else {
            output.plan = plan_lines(&plan, &request.modes, ctx.now);
            return Ok(output);
        };
        let options = CrawlOptions {
            run,
            modes: request.modes,
            lists: mirror_file_lists(ctx, job, &plan)?,
            commit: CommitOptions {
                warn_after_failures: ctx.config.crawl.warn_after_failures,
                disable_after_failures: ctx.config.crawl.disable_after_failures,
                author: ctx.author(),
            },
            locks: job.lock_set(),
            host_lock_wait: self.host_lock_wait(),
            stop: job.stop.clone(),
        };
        let result = crawl_all(ctx, job, plan, options)?;
        if self.locks() == JobLocks::PerScope && !result.uplink_down && !result.interrupted {
            output.applied_unconfirmed = pending::apply_agreed(ctx, job, &request.scopes)?;
        }
        // While losses are doubtful no owner is blamed for them.
        if ctx.config.mail.is_enabled() && ctx.config.mail.owners && !output.is_partial && result.is_trusted() {
            output.left_owner_mails = notify_owners(ctx, job, run)?;
        }
        output.result = Some(result);
        if self.propagation {
            output.propagation = Some(record_propagation(ctx, job)?);
        }
        Ok(output)
    }

    fn plan(&self, ctx: &Context, db: &mut Db, request: &CrawlRequest) -> Result<Plan, DbError> {
        let retention = |name: &str| version_retention(ctx, name);
        let mut plan = db.read(|tx| db::crawl::plan(tx, &request.selection, ctx.now, &retention))?;
        if self.opened {
            opened::retain_due(&mut plan.hosts, &request.opened, ctx.now, !self.paths.is_empty());
        }
        Ok(plan)
    }

    /// Returns true if there is a mirror to probe for an opened directory. Cron asks every few minutes.
    fn has_release_probes(&self, ctx: &Context, db: &mut Db, request: &CrawlRequest) -> Result<bool, DbError> {
        Ok(!request.opened.is_empty() && !self.plan(ctx, db, request)?.hosts.is_empty())
    }

    /// Fails if a host that was named is not crawled, or no host has what was named.
    fn check_plan(&self, plan: &Plan) -> Result<(), NothingDone> {
        if let Some((name, reason)) = plan.skipped.first().filter(|_| !self.hosts.is_empty()) {
            let advice = if *reason == DISABLED {
                "; use --include-disabled to crawl it anyway"
            } else {
                ""
            };
            return Err(NothingDone(format!("host {name} is not crawled: {reason}{advice}")));
        }
        // Hosts that are not due are what a regular run of a category finds as well.
        let is_not_due = |(_, reason): &(String, &str)| [OUTSIDE_WINDOW, CRAWLED_RECENTLY].contains(reason);
        if !plan.hosts.is_empty() || !self.names_something() || plan.skipped.iter().any(is_not_due) {
            return Ok(());
        }
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, reason) in &plan.skipped {
            *reasons.entry(reason).or_default() += 1;
        }
        let reasons = reasons
            .iter()
            .map(|(reason, n)| format!("{}: {reason}", format_count(*n, "host")));
        Err(NothingDone(if plan.skipped.is_empty() {
            "no host is selected; see: mm-admin host list".to_owned()
        } else {
            format!("no selected host is crawled ({})", reasons.format(", "))
        }))
    }
}

/// The path of the file list on mirrors, and the file lists that the master had, by category.
fn mirror_file_lists(
    ctx: &Context,
    job: &mut Job,
    plan: &Plan,
) -> Result<BTreeMap<CategoryId, MirrorFileList>, DbError> {
    let trees = crawl::trees(plan);
    job.db.read(|tx| {
        let mut out = BTreeMap::new();
        for tree in trees.values() {
            let path = ctx.config.category(&tree.plan.name).map_or("", |c| &c.mirror_file_list);
            if !path.is_empty() {
                let known = db::known_file_list::of_category(tx, tree.plan.id)?;
                let path = path.to_owned();
                out.insert(tree.plan.id, MirrorFileList { path, known });
            }
        }
        Ok(out)
    })
}

/// How long old versions of a category's files are offered.
pub(super) fn version_retention(ctx: &Context, category: &str) -> VersionRetention {
    let default = CategoryConfig::default();
    ctx.config.category(category).unwrap_or(&default).version_retention()
}

fn crawl_all(ctx: &Context, job: &mut Job, plan: Plan, options: CrawlOptions) -> Result<CrawlReport, Error> {
    let hosts = plan.hosts.len();
    let mut display = progress::ProgressDisplay::new(&ctx.output, hosts, "hosts");
    let mut crawl = crawl::Run::start(&ctx.config, plan, options)?;
    let mut phase_set_at: Option<Instant> = None;
    while let Some(done) = crawl.poll(&mut job.db)? {
        display.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        let slow = crawl.slow(SLOW_AFTER).into_iter().take(MAX_SLOW_HOSTS);
        let lines: Vec<String> = slow
            .map(|(host, took)| format!("{host}: {} s", took.as_secs()))
            .collect();
        display.show(&lines);
        if phase_set_at.is_none_or(|t| t.elapsed() >= STATUS_INTERVAL) {
            job.set_phase("crawling", done, hosts)?;
            phase_set_at = Some(Instant::now());
        }
    }
    display.clear();
    crawl.finish(&mut job.db)
}

/// Queues the mails to owners that are due. Returns the hosts that are left to the administrators.
fn notify_owners(ctx: &Context, job: &mut Job, run: RunId) -> Result<Vec<String>, DbError> {
    let config = &ctx.config;
    let warn_after = config.crawl.warn_after_failures;
    let now = clock::now();
    job.db
        .write(|tx| mail::owners::notify(tx, &config.mail, &config.contact, warn_after, run, now))
}

/// Counts for each repository how many mirrors have which version, and stores the numbers.
fn record_propagation(ctx: &Context, job: &mut Job) -> Result<PropagationReport, Error> {
    let (registry, _) = db::registry_data::read(&mut job.db, ctx.now)?;
    let outdated = job.db.read(db::propagation::outdated)?;
    let repositories = propagation(&registry, &outdated);
    job.db.write(|tx| {
        for p in &repositories {
            let (taken_at, counts) = (ctx.now, p.counts);
            db::propagation::put(tx, p.repository, PropagationSample { taken_at, counts })?;
        }
        let retention = ctx.config.crawl.propagation_retention.get();
        db::propagation::expire(tx, ctx.now.minus(retention))?;
        Ok::<_, DbError>(())
    })?;
    Ok(PropagationReport {
        taken_at: ctx.now,
        repositories,
    })
}

fn plan_lines(plan: &Plan, modes: &CrawlModes, now: Timestamp) -> Vec<PlanLine> {
    let trees = crawl::trees(plan);
    let mut lines = Vec::new();
    for host in &plan.hosts {
        for category in &host.categories {
            let Some(tree) = trees.get(&category.category.id) else {
                continue;
            };
            let scope = scope::select_directories(tree, &category.previous, modes.get(category.category.id), now);
            lines.push(PlanLine {
                host: host.name.to_string(),
                category: category.category.name.clone(),
                urls: category
                    .urls
                    .iter()
                    .chain(&category.rsync)
                    .map(ToString::to_string)
                    .collect(),
                directories: scope.wanted.len(),
                requests: tree.requests(&scope.wanted),
            });
        }
    }
    lines
}
