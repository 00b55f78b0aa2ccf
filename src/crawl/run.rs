//! A crawl run: workers crawl the hosts, and the thread that owns the database connection commits each result as soon as the
//! [`CommitGuard`] releases it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};
use itertools::Itertools as _;

use super::hook::{self, Hook};
use super::host_crawl::{CrawlContext, CrawledHost, HostCrawlOutcome, crawl_host};
pub(crate) use super::host_crawl::{CrawlModes, CrawlOptions};
use super::host_log::HostLogs;
use super::master_files::{MasterFiles, MasterTree};
use super::outage::commit_guard::{BufferedResult, CommitDecision, CommitGuard, MassLossThresholds, ResultDelta};
use super::outage::control_check::ControlMirrors;
use super::outage::uplink_monitor::{PROBE_INTERVALS, UplinkMonitor, UplinkStatus};
use super::report::{CategoryStatus, CrawlReport};
use super::tree::Tree;
use super::worker_pool::{TaskResult, WorkerPool};
use crate::config::Config;
use crate::db::crawl::{Committed, Plan};
use crate::db::{self, Db, DbError};
use crate::model::ids::{CategoryId, DirectoryId, HostId};
use crate::model::plan::{CategoryOutcome, HostPlan, HostResult};
use crate::sys::child;
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::MasterSource;
use crate::sys::rate_limit::ConnectionLimiter;
use crate::sys::signals::ShutdownFlag;

mod reporting;

/// Time for workers to return partial results after a shutdown request, and while child processes are being terminated.
/// Workers blocked in `connect()` cannot be interrupted and are abandoned.
const WORKER_SHUTDOWN_GRACE: Duration = Duration::from_millis(1_500);
const CHILD_SHUTDOWN_GRACE: Duration = Duration::from_secs(3);
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Without a control sample, at most this many failures are accepted as real.
const MAX_UNCONFIRMED_FAILURES: usize = 2;
/// Time for the last uplink probe, which decides about the results that are still buffered.
const FINAL_UPLINK_PROBE_TIMEOUT: Duration = Duration::from_secs(15);
/// Time for hook calls at the end of the run, and after a shutdown request.
const HOOK_DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
const HOOK_ABORT_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Run {
    plans: Arc<Vec<HostPlan>>,
    workers: WorkerPool<HostCrawlOutcome>,
    agent: Agent,
    limits: HttpLimits,
    options: CrawlOptions,
    guard: CommitGuard<CrawledHost>,
    uplink: UplinkMonitor,
    hook: Hook,
    logs: HostLogs,
    control_mirrors: ControlMirrors,
    stop_requested_at: Option<Instant>,
    started: Instant,
    /// The hosts whose crawl has not finished, by position in the plan.
    unfinished: BTreeSet<usize>,
    previously_disabled: BTreeSet<HostId>,
    report: CrawlReport,
}

pub(crate) fn trees(plan: &Plan) -> BTreeMap<CategoryId, Arc<Tree>> {
    let categories = plan.hosts.iter().flat_map(|h| &h.categories).map(|c| &c.category);
    let distinct = categories.unique_by(|c| c.id);
    distinct.map(|c| (c.id, Arc::new(Tree::new(Arc::clone(c))))).collect()
}

pub(super) fn http_limits(config: &Config, workers: usize) -> HttpLimits {
    let crawl = &config.crawl;
    HttpLimits {
        user_agent: config.user_agent(),
        connections: workers.saturating_mul(2),
        connect: crawl.connect_timeout.get(),
        total: crawl.request_timeout.get(),
        allow_private: crawl.allow_private_addresses,
    }
}

pub(super) fn master_files(
    config: &Config,
    trees: &BTreeMap<CategoryId, Arc<Tree>>,
    limits: &HttpLimits,
) -> MasterFiles {
    // An administrator configures the URLs of masters, so private addresses are legitimate.
    let agent = Agent::new(&HttpLimits {
        allow_private: true,
        ..limits.clone()
    });
    let master_tree = |tree: &Arc<Tree>| {
        let category = config.category(&tree.plan.name)?;
        let root = if category.path.as_os_str().is_empty() {
            MasterTree::Remote(MasterSource::from_config(&category.path, &category.files_url, &agent)?)
        } else {
            MasterTree::Local(category.path.clone())
        };
        Some((tree.plan.id, root))
    };
    let master_trees = trees.values().filter_map(master_tree).collect();
    MasterFiles::new(master_trees, config.crawl.max_repomd_bytes)
}

/// Retries a transaction while another process holds the write lock, until a shutdown is requested. The results of hours are
/// not discarded because another job deletes many rows.
fn retry_while_busy<T>(stop: &ShutdownFlag, mut write: impl FnMut() -> Result<T, DbError>) -> Result<T, DbError> {
    loop {
        match write() {
            Err(e @ DbError::Busy(_)) if !stop.is_requested() => {
                tracing::warn!(error = %e, "waiting to write the results of a host");
            }
            other => return other,
        }
    }
}

impl Run {
    /// Starts the workers, the uplink monitor and the hook thread.
    pub(crate) fn start(config: &Config, plan: Plan, options: CrawlOptions) -> Result<Self, Error> {
        let trees = trees(&plan);
        let crawl = &config.crawl;
        let worker_count = usize::try_from(crawl.workers).unwrap_or(1);
        let limits = http_limits(config, worker_count);
        let agent = Agent::new(&limits);
        let shared = CrawlContext {
            config: config.clone(),
            options: options.clone(),
            agent: agent.clone(),
            master: master_files(config, &trees, &limits),
            trees,
            connection_limiter: ConnectionLimiter::default(),
            db: Mutex::new(Db::open(config)?),
        };
        let plans = Arc::new(plan.hosts);
        let hosts = Arc::clone(&plans);
        let work = move |n: usize| {
            let plan = hosts.get(n);
            plan.map_or(HostCrawlOutcome::NotProbed, |plan| crawl_host(&shared, plan))
        };
        let uplink = UplinkMonitor::start(crawl.uplink_check_urls.clone(), &limits, PROBE_INTERVALS)
            .context("starting the uplink monitor")?;
        let thresholds = MassLossThresholds {
            min_hosts: u64::from(crawl.mass_loss_min_hosts),
            max_percent: u64::from(crawl.mass_loss_percent),
            planned_hosts: u64::try_from(plans.len()).unwrap_or(u64::MAX),
        };
        let workers = WorkerPool::start(worker_count, plans.len(), work).context("starting the crawl workers")?;
        let mut report = CrawlReport::default();
        report.totals.hosts = thresholds.planned_hosts;
        report.hook_refused = hook::refusal(&crawl.hook).unwrap_or_default();
        Ok(Self {
            unfinished: (0..plans.len()).collect(),
            plans,
            workers,
            agent,
            limits,
            options,
            guard: CommitGuard::new(thresholds),
            uplink,
            hook: Hook::start(crawl.hook.clone()).context("starting the hook thread")?,
            logs: HostLogs::new(&config.log_dir, crawl.host_log_max_bytes),
            control_mirrors: ControlMirrors::default(),
            stop_requested_at: None,
            started: Instant::now(),
            previously_disabled: plan.disabled,
            report,
        })
    }

    /// Waits briefly for a host crawl to finish and commits what is ready. Returns the number of finished hosts, or `None` if
    /// there is nothing left to wait for.
    pub(crate) fn poll(&mut self, db: &mut Db) -> Result<Option<usize>, Error> {
        if self.workers.remaining() == 0 {
            return Ok(None);
        }
        if self.options.stop.is_requested() {
            let since = *self.stop_requested_at.get_or_insert_with(|| {
                // Aborts the requests in progress; the workers then return partial results.
                self.agent.close();
                Instant::now()
            });
            let elapsed = since.elapsed();
            if elapsed > HOOK_ABORT_TIMEOUT {
                self.hook.abort();
            }
            if elapsed > CHILD_SHUTDOWN_GRACE || (elapsed > WORKER_SHUTDOWN_GRACE && child::live().is_empty()) {
                return Ok(None);
            }
        }
        if let Some(result) = self.workers.next(STOP_POLL_INTERVAL) {
            self.on_host_finished(result);
        }
        self.commit_ready(db)?;
        Ok(Some(self.plans.len().saturating_sub(self.workers.remaining())))
    }

    /// Returns the names of hosts whose crawl has taken longer than `limit`, the slowest first.
    pub(crate) fn slow(&self, limit: Duration) -> Vec<(String, Duration)> {
        let unfinished = self.unfinished.iter();
        let running = unfinished.filter_map(|host| Some((*host, self.workers.elapsed(*host)?)));
        let slow = running.filter(|(_, took)| *took > limit);
        let slow = slow.sorted_by_key(|(_, took)| std::cmp::Reverse(*took));
        slow.map(|(host, took)| (self.name(host), took)).collect()
    }

    fn on_host_finished(&mut self, result: TaskResult<HostCrawlOutcome>) {
        let host = result.task;
        let name = self.name(host);
        self.unfinished.remove(&host);
        match result.outcome {
            Err(panic) => {
                tracing::error!(host = name, panic, "crawling a host panicked");
                self.report_error(&name, &panic);
            }
            Ok(HostCrawlOutcome::Failed(error)) => self.report_error(&name, &error),
            Ok(HostCrawlOutcome::Locked(other)) => {
                tracing::info!(host = name, other, "another run is crawling the host");
                self.push_status_line(&name, CategoryStatus::Locked, &other);
                self.report.locked.push(name);
            }
            Ok(HostCrawlOutcome::NotProbed) => self.report_not_started(&name),
            Ok(HostCrawlOutcome::Crawled(crawled)) => {
                self.control_mirrors.add(crawled.crawl.control.clone());
                self.guard.add(BufferedResult {
                    timeline: crawled.crawl.timeline,
                    delta: result_delta(&crawled.plan, &crawled.crawl.result),
                    crawl: *crawled,
                });
            }
        }
    }

    fn commit_ready(&mut self, db: &mut Db) -> Result<(), Error> {
        let uplink = &self.uplink;
        let ready = self.guard.take_ready(&mut |timeline| {
            let status = uplink.status_between(timeline.started, timeline.ended);
            if status == UplinkStatus::Unknown {
                uplink.request_probe();
            }
            status
        });
        for (result, decision) in ready {
            self.commit(db, result, decision)?;
        }
        Ok(())
    }

    fn commit(
        &mut self,
        db: &mut Db,
        buffered: BufferedResult<CrawledHost>,
        decision: CommitDecision,
    ) -> Result<(), Error> {
        // The lock is released at the end.
        let CrawledHost {
            plan,
            crawl: full,
            lock: _lock,
        } = buffered.crawl;
        let plan = &plan;
        let mut crawl = full.clone();
        let name = plan.name.to_string();
        if decision != CommitDecision::Complete {
            crawl.result.is_complete = false;
            let keep_unknown_hash = decision == CommitDecision::Pending && !self.guard.mass_unknown_hash_detected;
            let positive = db::crawl::positive_only(plan, &crawl.result, keep_unknown_hash);
            crawl.result.categories = positive.map_or_else(Vec::new, |p| p.categories);
        }
        let pending = (decision == CommitDecision::Pending).then_some(&full.result);
        let write = || {
            db.write(|tx| {
                let committed = db::crawl::commit(tx, plan, &crawl.result, &self.options.commit)?;
                let stored = match pending {
                    Some(result) if !committed.host_removed => db::crawl::store(tx, plan, result)?,
                    Some(_) | None => false,
                };
                Ok::<_, DbError>((committed, stored))
            })
        };
        let (committed, stored) = match retry_while_busy(&self.options.stop, write) {
            Err(e @ DbError::Busy(_)) => {
                tracing::error!(host = name, error = %e, "results of a host are lost");
                self.push_report_lines(plan, &crawl, Some(CategoryStatus::Error));
                self.report.errors.push(format!("{name}: {e}"));
                return Ok(());
            }
            other => other.with_context(|| format!("writing the results of {name}"))?,
        };
        match decision {
            CommitDecision::Complete => self.on_committed(plan, &mut crawl, &committed),
            CommitDecision::Pending => {
                self.report.newly_pending += u64::from(stored);
                self.report.pending.push(name);
                // An unknown hash unlists the host immediately, so the hook is called.
                self.notify(plan, &crawl, &Committed::default());
                self.push_report_lines(plan, &full, Some(CategoryStatus::PendingConfirmation));
            }
            CommitDecision::PositiveOnly => {
                // After a shutdown request the uplink is not confirmed.
                let is_shutdown = self.options.stop.is_requested() && !self.uplink.is_down();
                self.report.uplink_down |= !is_shutdown;
                self.report.interrupted |= is_shutdown;
                self.push_report_lines(plan, &full, Some(CategoryStatus::Discarded));
            }
        }
        Ok(())
    }

    /// Ends the run: commits the buffered results as far as they are reliable, and returns the report.
    pub(crate) fn finish(mut self, db: &mut Db) -> Result<CrawlReport, Error> {
        let stop = &self.options.stop;
        if self.guard.has_unconfirmed()
            && !stop.is_requested()
            && self.control_mirrors.any_reachable(&self.limits, stop)
        {
            self.guard.uplink_confirmed = true;
        }
        self.commit_ready(db)?;
        let (uplink, deadline) = (&self.uplink, Instant::now() + FINAL_UPLINK_PROBE_TIMEOUT);
        let stop = &self.options.stop;
        let max_unconfirmed = if self.control_mirrors.is_empty() && !stop.is_requested() {
            MAX_UNCONFIRMED_FAILURES
        } else {
            0
        };
        let rest = self.guard.drain(max_unconfirmed, &mut |timeline| {
            uplink.wait(timeline.started, timeline.ended, deadline, stop)
        });
        for (result, decision) in rest {
            self.commit(db, result, decision)?;
        }
        for host in std::mem::take(&mut self.unfinished) {
            self.report_not_started(&self.name(host));
        }
        let hook_timeout = match self.stop_requested_at {
            Some(since) => HOOK_ABORT_TIMEOUT.saturating_sub(since.elapsed()),
            None if self.options.stop.is_requested() => HOOK_ABORT_TIMEOUT,
            None => HOOK_DRAIN_TIMEOUT,
        };
        let calls = self.hook.finish(hook_timeout, &self.options.stop);
        self.report.hook_failed = calls.failed + calls.skipped;
        self.report.run = self.options.run;
        self.report.log_failure = self.logs.failure().cloned();
        self.report.pending_reason = self.guard.pending_reason();
        let seconds = self.started.elapsed().as_secs_f64();
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

fn result_delta(plan: &HostPlan, result: &HostResult) -> ResultDelta {
    let mut out = ResultDelta::default();
    for category in &result.categories {
        let Some(planned) = plan.category(category.host_category) else {
            continue;
        };
        let before = &planned.previous.present;
        let still_present = before.intersection_len(&category.inventory.present);
        out.before += before.len();
        out.after += still_present;
        let mut unknown_hash = category.negatives.unknown_hash.iter();
        out.has_new_unknown_hash |= unknown_hash.any(|id| !planned.had_unknown_hash(DirectoryId(id)));
        out.loses_content |= still_present < before.len()
            || category.outcome == CategoryOutcome::CategoryMissing
            || out.has_new_unknown_hash;
        out.is_negative |= out.loses_content || category.outcome == CategoryOutcome::Inconclusive;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_database_is_retried_until_shutdown() {
        let stop = ShutdownFlag::default();
        let mut tries = 0;
        let mut write = |succeed_at: u32, stop_at: u32| {
            tries = 0;
            retry_while_busy(&stop, || {
                tries += 1;
                if tries == stop_at {
                    stop.request();
                }
                if tries >= succeed_at {
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
