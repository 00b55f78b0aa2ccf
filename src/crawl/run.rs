//! A crawl from its plan to its report: turns on the lanes, and one thread that commits each host as soon as its result may be
//! believed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};

use super::hook::Hook;
use super::host_crawl::{ActiveHosts, CrawlContext, HostCategoryOutcome, crawl_host};
use super::host_log::HostLogs;
use super::master_files::{MasterFiles, MasterTree};
use super::probe::MirrorFileList;
use super::report::{CategoryStatus, CrawlReport};
use super::tree::Tree;
use super::worker_pool::{TaskResult, WorkerPool};
use crate::config::Config;
use crate::crawl::outage::commit_guard::{
    BufferedResult, CommitDecision, CommitGuard, MassLossThresholds as Brakes, ResultDelta,
};
use crate::crawl::outage::uplink_monitor::{ProbeIntervals, UplinkMonitor, UplinkStatus};
use crate::db::crawl::{CommitOptions, Committed, Plan};
use crate::db::{self, Db, DbError};
use crate::model::ids::{CategoryId, DirectoryId, HostId, RunId};
use crate::model::inventory::ExceptionState;
use crate::model::plan::{CategoryOutcome, HostPlan, HostResult};
use crate::sys::child;
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::MasterSource;
use crate::sys::rate_limit::ConnectionLimiter;
use crate::sys::signals::ShutdownFlag;

mod reporting;

pub use super::host_crawl::CrawlModes;
use crate::crawl::outage::control_check::ControlMirrors;

/// How long the lanes have, once the run was asked to stop, to hand in what they have; while programs are being ended, so long. Who waits
/// for a connection to come up cannot be ended, and is left behind.
const WORKER_SHUTDOWN_GRACE: Duration = Duration::from_millis(1_500);
const CHILD_SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
/// How often the run looks whether it was asked to stop.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Where no mirror served what the master has, so that nobody can be asked again: of so many it is believed that they give no answer.
const MAX_UNCONFIRMED_FAILURES: usize = 2;
/// How long the last results wait for a probe of our own network.
const FINAL_UPLINK_PROBE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the run waits at its end for the hook; and where it was asked to stop, how long that has from then on.
const HOOK_DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
const HOOK_ABORT_TIMEOUT: Duration = Duration::from_millis(500);

/// What a crawl needs beside its plan.
#[derive(Debug, Clone)]
pub struct CrawlOptions {
    /// Its row.
    pub run: RunId,
    /// What it is for.
    pub modes: CrawlModes,
    /// Where mirrors have the full time list of a category.
    pub lists: BTreeMap<CategoryId, MirrorFileList>,
    /// How results are judged when they are committed.
    pub commit: CommitOptions,
    /// Asked when it should give up.
    pub stop: ShutdownFlag,
}

/// A crawl under way.
#[derive(Debug)]
pub struct Run {
    plans: Arc<Vec<HostPlan>>,
    lanes: WorkerPool<HostCategoryOutcome>,
    agent: Agent,
    limits: HttpLimits,
    orders: CrawlOptions,
    gate: CommitGuard,
    sentinel: UplinkMonitor,
    hook: Hook,
    logs: HostLogs,
    active_hosts: ActiveHosts,
    witnesses: ControlMirrors,
    stop_since: Option<Instant>,
    begun: Instant,
    done: Vec<bool>,
    /// By the crawler, before this run.
    previously_disabled: BTreeSet<HostId>,
    report: CrawlReport,
}

/// The trees of all categories of a plan.
pub fn trees(plan: &Plan) -> BTreeMap<CategoryId, Arc<Tree>> {
    let mut out = BTreeMap::new();
    for category in plan.hosts.iter().flat_map(|h| &h.categories) {
        out.entry(category.category.id)
            .or_insert_with(|| Arc::new(Tree::new(Arc::clone(&category.category))));
    }
    out
}

/// The agents of a crawl.
pub(super) struct HttpClients {
    /// Asks mirrors.
    pub(super) mirrors: Agent,
    /// Asks masters.
    pub(super) masters: Agent,
}

pub(super) fn agents(config: &Config, lanes: usize) -> HttpClients {
    let limits = limits(config, lanes);
    // The addresses of masters are the admin's own.
    let masters = Agent::new(&HttpLimits {
        allow_private: true,
        ..limits.clone()
    });
    HttpClients {
        mirrors: Agent::new(&limits),
        masters,
    }
}

fn limits(config: &Config, lanes: usize) -> HttpLimits {
    let crawl = &config.crawl;
    HttpLimits {
        user_agent: config.user_agent(),
        connections: lanes.saturating_mul(2),
        connect: crawl.connect_timeout.get(),
        total: crawl.request_timeout.get(),
        allow_private: crawl.allow_private_addresses,
    }
}

/// Where the master's own files of each category can be read.
pub(super) fn master_roots(
    config: &Config,
    trees: &BTreeMap<CategoryId, Arc<Tree>>,
    agent: &Agent,
) -> BTreeMap<CategoryId, MasterTree> {
    let root = |tree: &Arc<Tree>| {
        let category = config.category(&tree.plan.name)?;
        let local = !category.path.as_os_str().is_empty();
        let root = if local {
            MasterTree::Local(category.path.clone())
        } else {
            MasterTree::Remote(MasterSource::of(&category.path, &category.files_url, agent)?)
        };
        Some((tree.plan.id, root))
    };
    trees.values().filter_map(root).collect()
}

/// Writes; while another process keeps the write lock, again and again, until the run is to end. A day's work is not thrown away
/// because somebody removes many directories just now.
fn retry_while_busy<T>(stop: &ShutdownFlag, mut write: impl FnMut() -> Result<T, DbError>) -> Result<T, DbError> {
    loop {
        match write() {
            Err(e @ DbError::Busy(_)) if !stop.is_requested() => tracing::warn!(error = %e, "waiting to write a host"),
            other => return other,
        }
    }
}

impl Run {
    /// Starts the crawl.
    pub fn start(config: &Config, plan: Plan, orders: CrawlOptions) -> Result<Self, Error> {
        let trees = trees(&plan);
        let crawl = &config.crawl;
        let lanes_wanted = usize::try_from(crawl.workers).unwrap_or(1);
        let agents = agents(config, lanes_wanted);
        let roots = master_roots(config, &trees, &agents.masters);
        let underway = ActiveHosts::default();
        let shared = CrawlContext {
            agent: agents.mirrors.clone(),
            lists: orders.lists.clone(),
            slots: ConnectionLimiter::new(),
            connections: NonZeroU32::new(crawl.max_connections_per_server).unwrap_or(NonZeroU32::MIN),
            rate: NonZeroU32::new(crawl.requests_per_second),
            daily_budget: match crawl.requests_per_day {
                0 => u64::MAX,
                n => u64::from(n),
            },
            modes: orders.modes.clone(),
            underway: underway.clone(),
            master: MasterFiles::new(roots, crawl.max_repomd_bytes),
            trees,
            stop: orders.stop.clone(),
            run: orders.run,
            host_deadline: crawl.host_deadline.get(),
            max_body: crawl.max_repomd_bytes,
            connect: crawl.connect_timeout.get(),
            allow_private: crawl.allow_private_addresses,
            max_findings: usize::try_from(crawl.max_findings).unwrap_or(usize::MAX),
            lock_dir: config.lock_dir.clone(),
            person: orders.commit.author.user.clone(),
        };
        let plans = Arc::new(plan.hosts);
        let hosts = Arc::clone(&plans);
        let work = move |n: usize| {
            hosts
                .get(n)
                .map_or(HostCategoryOutcome::NotProbed, |plan| crawl_host(&shared, plan, n))
        };
        let urls = crawl.uplink_check_urls.clone();
        let sentinel = UplinkMonitor::start(urls, &limits(config, lanes_wanted), ProbeIntervals::default())
            .context("watching the uplink")?;
        let brakes = Brakes {
            after: u64::from(crawl.mass_loss_min_hosts),
            share: u64::from(crawl.mass_loss_percent),
            planned: u64::try_from(plans.len()).unwrap_or(u64::MAX),
        };
        let lanes = WorkerPool::start(lanes_wanted, plans.len(), work).context("starting the crawl's threads")?;
        let mut report = CrawlReport::default();
        report.totals.hosts = u64::try_from(plans.len()).unwrap_or(u64::MAX);
        Ok(Self {
            done: vec![false; plans.len()],
            plans,
            lanes,
            agent: agents.mirrors,
            limits: limits(config, lanes_wanted),
            orders,
            gate: CommitGuard::new(brakes),
            sentinel,
            hook: Hook::start(crawl.hook.clone()).context("starting the thread of the hook")?,
            logs: HostLogs::new(&config.log_dir, crawl.host_log_max_bytes),
            active_hosts: underway,
            witnesses: ControlMirrors::default(),
            stop_since: None,
            begun: Instant::now(),
            previously_disabled: plan.disabled,
            report,
        })
    }

    /// Waits a moment for a host to be done and commits it. `None` when there is nothing left to wait for; else how many hosts
    /// are done.
    pub fn poll(&mut self, db: &mut Db) -> Result<Option<usize>, Error> {
        if self.lanes.left() == 0 {
            return Ok(None);
        }
        if self.orders.stop.is_requested() {
            let since = *self.stop_since.get_or_insert_with(|| {
                // Ends what is under way in the lanes; they hand in what they have.
                self.agent.close();
                Instant::now()
            });
            let took = since.elapsed();
            if took > HOOK_ABORT_TIMEOUT {
                self.hook.abort();
            }
            if took > CHILD_SHUTDOWN_GRACE || (took > WORKER_SHUTDOWN_GRACE && child::live().is_empty()) {
                return Ok(None);
            }
        }
        if let Some(ended) = self.lanes.next(STOP_POLL_INTERVAL) {
            self.on_task_finished(ended);
        }
        self.commit_ready(db)?;
        Ok(Some(self.plans.len().saturating_sub(self.lanes.left())))
    }

    /// Hosts that are being asked for longer than `longer`, by name, the slowest first.
    pub fn slow(&self, longer: Duration) -> Vec<(String, Duration)> {
        let hosts = self.active_hosts.longer_than(longer);
        hosts
            .into_iter()
            .map(|(host, since)| (self.name(host), since))
            .collect()
    }

    fn on_task_finished(&mut self, ended: TaskResult<HostCategoryOutcome>) {
        let host = ended.task;
        let name = self.name(host);
        if let Some(done) = self.done.get_mut(host) {
            *done = true;
        }
        match ended.outcome {
            Err(panic) => {
                tracing::error!(host = name, panic, "the turn of a host broke off");
                self.failed(&name, &panic);
            }
            Ok(HostCategoryOutcome::NoLock(why)) => self.failed(&name, &why),
            Ok(HostCategoryOutcome::Locked(who)) => {
                tracing::info!(host = name, who, "another run has its turn with the host");
                self.push_status_line(&name, CategoryStatus::Locked, &who);
                self.report.locked.push(name);
            }
            Ok(HostCategoryOutcome::NotProbed) => self.mark_not_started(&name),
            Ok(HostCategoryOutcome::Asked(asked)) => {
                self.witnesses.add(asked.witness.clone());
                let change = self
                    .plans
                    .get(host)
                    .map_or(ResultDelta::NONE, |plan| change(plan, &asked.result));
                self.gate.add(BufferedResult {
                    host,
                    asked: *asked,
                    change,
                });
            }
        }
    }

    fn commit_ready(&mut self, db: &mut Db) -> Result<(), Error> {
        let sentinel = &self.sentinel;
        let ready = self.gate.ready(&mut |asked| {
            let answer = sentinel.status_between(asked.began, asked.ended);
            if answer == UplinkStatus::Unknown {
                sentinel.ask();
            }
            answer
        });
        for (waiting, pass) in ready {
            self.write(db, &waiting, pass)?;
        }
        Ok(())
    }

    fn write(&mut self, db: &mut Db, waiting: &BufferedResult, pass: CommitDecision) -> Result<(), Error> {
        let plans = Arc::clone(&self.plans);
        let Some(plan) = plans.get(waiting.host) else {
            return Ok(());
        };
        let mut asked = waiting.asked.clone();
        let name = plan.name.to_string();
        if pass != CommitDecision::Whole {
            asked.result.is_complete = false;
            let foreign_too = pass == CommitDecision::Pending && !self.gate.foreign_waits();
            let good = db::crawl::positive_only(plan, &asked.result, foreign_too);
            asked.result.categories = good.map_or_else(Vec::new, |g| g.categories);
        }
        let whole = (pass == CommitDecision::Pending).then_some(&waiting.asked.result);
        let write = || {
            db.write(|tx| {
                let committed = db::crawl::commit(tx, plan, &asked.result, &self.orders.commit)?;
                let kept = match whole {
                    Some(result) if !committed.host_removed => db::crawl::store(tx, plan, result)?,
                    Some(_) | None => false,
                };
                Ok::<_, DbError>((committed, kept))
            })
        };
        let (committed, kept) = match retry_while_busy(&self.orders.stop, write) {
            Err(e @ DbError::Busy(_)) => {
                tracing::error!(host = name, error = %e, "what was found out is lost");
                self.push_report_lines(plan, &asked, Some(CategoryStatus::Error));
                self.report.errors.push(format!("{name}: {e}"));
                return Ok(());
            }
            other => other.with_context(|| format!("writing what was found out about {name}"))?,
        };
        match pass {
            CommitDecision::Whole => self.committed(plan, &mut asked, &committed),
            CommitDecision::Pending => {
                self.report.newly_pending += u64::from(kept);
                self.report.pending.push(name);
                // What is foreign is off at once.
                self.notify(plan, &asked, &Committed::default());
                self.push_report_lines(plan, &waiting.asked, Some(CategoryStatus::PendingConfirmation));
            }
            CommitDecision::PositiveOnly => {
                // Who is asked to stop has no time to find out whose fault it is.
                let in_haste = self.orders.stop.is_requested() && !self.sentinel.is_down();
                self.report.uplink_down |= !in_haste;
                self.report.interrupted |= in_haste;
                self.push_report_lines(plan, &waiting.asked, Some(CategoryStatus::Discarded));
            }
        }
        Ok(())
    }

    /// Ends the crawl: writes what waits, so far as it is to be believed.
    pub fn finish(mut self, db: &mut Db) -> Result<CrawlReport, Error> {
        let stop = &self.orders.stop;
        if self.gate.has_open() && !stop.is_requested() && self.witnesses.any_reachable(&self.limits, stop) {
            self.gate.confirm_uplink();
        }
        self.commit_ready(db)?;
        let (sentinel, until) = (&self.sentinel, Instant::now() + FINAL_UPLINK_PROBE_TIMEOUT);
        let stop = &self.orders.stop;
        let credible = if self.witnesses.is_empty() && !stop.is_requested() {
            MAX_UNCONFIRMED_FAILURES
        } else {
            0
        };
        let rest = self.gate.drain(credible, &mut |asked| {
            sentinel.wait(asked.began, asked.ended, until, stop)
        });
        for (waiting, pass) in rest {
            self.write(db, &waiting, pass)?;
        }
        let missing: Vec<String> = (0..self.plans.len())
            .filter(|n| self.done.get(*n) == Some(&false))
            .map(|n| self.name(n))
            .collect();
        for host in missing {
            self.mark_not_started(&host);
        }
        let patience = match self.stop_since {
            Some(since) => HOOK_ABORT_TIMEOUT.saturating_sub(since.elapsed()),
            None if self.orders.stop.is_requested() => HOOK_ABORT_TIMEOUT,
            None => HOOK_DRAIN_TIMEOUT,
        };
        let calls = self.hook.finish(patience, &self.orders.stop);
        self.report.hook_failed = calls.failed + calls.left_out;
        self.report.run = self.orders.run;
        self.report.pending_reason = self.gate.reason();
        let seconds = self.begun.elapsed().as_secs_f64();
        let totals = &mut self.report.totals;
        totals.seconds = seconds;
        let requests = u32::try_from(totals.requests).unwrap_or(u32::MAX);
        totals.requests_per_second = if seconds > 0.0 {
            f64::from(requests) / seconds
        } else {
            0.0
        };
        Ok(self.report)
    }
}

/// What a result takes away.
fn change(plan: &HostPlan, result: &HostResult) -> ResultDelta {
    let mut out = ResultDelta::NONE;
    for category in &result.categories {
        let Some(planned) = plan.categories.iter().find(|p| p.id == category.host_category) else {
            continue;
        };
        let (before, after) = (&planned.previous.present, &category.inventory.present);
        let kept = before.intersection_len(after);
        out.before += before.len();
        out.after += kept;
        let was_foreign = |id: u32| {
            let before = planned.previous.exceptions.get(&DirectoryId(id));
            before.is_some_and(|e| e.state == ExceptionState::UnknownHash)
        };
        out.is_foreign |= category.negatives.unknown_hash.iter().any(|id| !was_foreign(id));
        out.loses |= kept < before.len() || category.outcome == CategoryOutcome::CategoryMissing || out.is_foreign;
        out.is_bad |= out.loses || category.outcome == CategoryOutcome::Inconclusive;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_database_is_waited_for_until_the_run_is_to_end() {
        let stop = ShutdownFlag::default();
        let mut tries = 0;
        let mut write = |good_at: u32, stop_at: u32| {
            tries = 0;
            retry_while_busy(&stop, || {
                tries += 1;
                if tries == stop_at {
                    stop.request();
                }
                if tries >= good_at {
                    Ok(tries)
                } else {
                    Err(DbError::Busy(Duration::ZERO))
                }
            })
        };
        assert_eq!(write(4, 99).unwrap(), 4);
        assert!(matches!(write(10, 3), Err(DbError::Busy(_))));
        assert_eq!(tries, 3);
        let other = retry_while_busy(&ShutdownFlag::default(), || Err::<(), _>(DbError::Sql("no".to_owned())));
        assert!(matches!(other, Err(DbError::Sql(_))));
    }
}
