//! The crawl of one host: takes its lock, reads its inventories, then probes its categories one after the other until the deadline of
//! the host. The lock is held until the result is committed, so that each run continues from the result of the one before.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::certificate::Certificates;
use super::classify::{Classification, UNSCANNED};
use super::master_files::MasterFiles;
use super::merge::{MergeContext, merge_results};
use super::outage::commit_guard::HostTimeline;
use super::outage::control_check::ControlSample;
use super::probe::{CategoryProbe, DirectoryResult, Interruption, MirrorFileList, ProbeContext, probe_category};
use super::scope::CrawlMode;
use super::tree::Tree;
use crate::config::Config;
use crate::db::crawl::CommitOptions;
use crate::db::{self, Db};
use crate::locks::{KeptLock, LockError, LockSet, Request};
use crate::model::ids::{CategoryId, RunId};
use crate::model::plan::{CategoryOutcome, CategoryResult, HostPlan, HostResult};
use crate::sys::activity::Activity;
use crate::sys::clock;
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

/// Parameters of a run in addition to its plan.
#[derive(Debug, Clone)]
pub(crate) struct CrawlOptions {
    pub run: RunId,
    pub modes: CrawlModes,
    pub lists: BTreeMap<CategoryId, MirrorFileList>,
    pub commit: CommitOptions,
    /// The locks of the job; those of hosts are added.
    pub locks: LockSet,
    /// How long to wait for another run that crawls a host.
    pub host_lock_wait: Duration,
    /// Set when the run shall end early.
    pub stop: ShutdownFlag,
}

/// State and settings that all host crawls of a run share.
#[derive(Debug)]
pub(super) struct CrawlContext {
    pub(super) config: Config,
    pub(super) options: CrawlOptions,
    pub(super) agent: Agent,
    pub(super) master: MasterFiles,
    pub(super) trees: BTreeMap<CategoryId, Arc<Tree>>,
    pub(super) connection_limiter: ConnectionLimiter,
    /// A connection for short reads by the workers.
    pub(super) db: Mutex<Db>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct CrawlModes {
    /// For categories without a mode of their own.
    pub default: CrawlMode,
    pub by_category: BTreeMap<CategoryId, CrawlMode>,
}

impl CrawlModes {
    pub(crate) fn get(&self, category: CategoryId) -> &CrawlMode {
        self.by_category.get(&category).unwrap_or(&self.default)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.by_category.is_empty() && self.default.is_complete()
    }
}

#[derive(Debug)]
pub(super) enum HostCrawlOutcome {
    Crawled(Box<CrawledHost>),
    /// Another run, which is described, is crawling the host.
    Locked(String),
    /// The lock file cannot be created, or the inventories cannot be read, for this reason.
    Failed(String),
    /// The run was asked to stop before.
    NotProbed,
}

/// A host that was crawled; its result is not committed yet.
#[derive(Debug)]
pub(super) struct CrawledHost {
    /// The plan of the host, read under its lock.
    pub(super) plan: HostPlan,
    pub(super) crawl: HostCrawl,
    /// Held until the result is committed.
    pub(super) lock: KeptLock,
}

#[derive(Debug, Clone)]
pub(super) struct HostCrawl {
    pub(super) result: HostResult,
    pub(super) timeline: HostTimeline,
    pub(super) control: Option<ControlSample>,
    pub(super) interrupted: bool,
    /// The requests that the host allows per day were used up.
    pub(super) budget_exhausted: bool,
    /// The crawl of the host ended early: its requests were used up or its deadline was reached.
    pub(super) cut_short: bool,
    /// The first error of this machine that prevented a probe.
    pub(super) local_error: Option<String>,
}

pub(super) fn crawl_host(shared: &CrawlContext, plan: &HostPlan) -> HostCrawlOutcome {
    let CrawlContext { config, options, .. } = shared;
    if options.stop.is_requested() {
        return HostCrawlOutcome::NotProbed;
    }
    let request = Request {
        job: "crawl-host".to_owned(),
        scope: Some(plan.name.to_string()),
        user: options.commit.author.user.clone(),
        command: "mm-crawl".to_owned(),
        now: clock::now(),
        limit: Some(config.crawl.host_deadline.get()),
    };
    let _activity = Activity::begin(plan.name.as_str());
    let lock = match options.locks.acquire(&request, options.host_lock_wait, &options.stop) {
        Ok(lock) => lock,
        Err(LockError::Held { who, .. }) => return HostCrawlOutcome::Locked(who),
        Err(e) => return HostCrawlOutcome::Failed(e.to_string()),
    };
    let plan = {
        let mut db = shared.db.lock().unwrap_or_else(PoisonError::into_inner);
        match db.read(|tx| db::crawl::reread(tx, plan, clock::now())) {
            Ok(plan) => plan,
            Err(e) => return HostCrawlOutcome::Failed(e.to_string()),
        }
    };
    let crawl = crawl_categories(shared, &plan);
    if crawl.interrupted && crawl.result.categories.is_empty() {
        return HostCrawlOutcome::NotProbed;
    }
    HostCrawlOutcome::Crawled(Box::new(CrawledHost { plan, crawl, lock }))
}

fn crawl_categories(shared: &CrawlContext, plan: &HostPlan) -> HostCrawl {
    let (host, config, options) = (&plan.host, &shared.config.crawl, &shared.options);
    let mut crawl = HostCrawl::new(options, plan);
    // Zero outside the crawl window: then an operator named the host, and the window does not matter.
    let window = host
        .crawl_window
        .map(|w| w.remaining(clock::now()))
        .filter(|left| !left.is_zero());
    let timeout = window.into_iter().fold(config.host_deadline.get(), Duration::min);
    let deadline = crawl.timeline.started + timeout;
    let requests_per_day = match config.requests_per_day {
        0 => u64::MAX,
        n => u64::from(n),
    };
    let requests_per_day = host.crawl_budget.map_or(requests_per_day, u64::from);
    let budget = Cell::new(requests_per_day.saturating_sub(plan.requests_last_24h));
    let own_limit = |limit: Option<u32>, default| limit.and_then(NonZeroU32::new).or(NonZeroU32::new(default));
    let max_connections = own_limit(host.crawl_connections, config.max_connections_per_server);
    let rate_limiter = RateLimiter::new(own_limit(host.crawl_rate, config.requests_per_second));
    let retry_at = Cell::new(None);
    let mut certificates = Certificates::default();
    for category in &plan.categories {
        let Some(tree) = shared.trees.get(&category.category.id) else {
            continue;
        };
        let context = ProbeContext {
            agent: &shared.agent,
            master: &shared.master,
            config,
            file_list: options.lists.get(&category.category.id),
            shutdown: &options.stop,
            deadline,
            budget: &budget,
            retry_at: &retry_at,
            rate_limiter: &rate_limiter,
            connection_limiter: &shared.connection_limiter,
            max_connections: max_connections.unwrap_or(NonZeroU32::MIN),
            preferred_probe: host.crawl_probe,
            now: clock::now(),
        };
        let mode = options.modes.get(category.category.id);
        let mut probe = probe_category(&context, tree, category, mode);
        if mode.is_complete() && probe.last_response.is_some() {
            let read_expiry = |host: &str, port| shared.agent.certificate_expiry(host, port, Some(deadline)).ok();
            probe.certificates = certificates.findings(&category.urls, clock::now(), read_expiry);
        }
        crawl.add(tree, &probe);
        let merge = MergeContext {
            run: options.run,
            mode,
            now: clock::now(),
            max_findings: config.max_findings,
        };
        let result = merge_results(category, tree, &probe, &merge);
        if result.as_ref().is_some_and(|c| c.outcome != CategoryOutcome::Complete) {
            crawl.timeline.last_negative = Some(Instant::now());
        }
        crawl.result.categories.extend(result);
    }
    crawl.result.ended_at = clock::now();
    crawl.timeline.ended = Instant::now();
    crawl.result.is_complete &= !crawl.is_excused(plan.categories.len());
    crawl
}

impl HostCrawl {
    fn new(options: &CrawlOptions, plan: &HostPlan) -> Self {
        let now = clock::now();
        Self {
            result: HostResult {
                host: plan.id,
                run: options.run,
                started_at: now,
                ended_at: now,
                requests: 0,
                categories: Vec::new(),
                needs_scan: BTreeMap::new(),
                is_complete: options.modes.is_complete(),
            },
            timeline: HostTimeline::new(Instant::now()),
            control: None,
            interrupted: false,
            budget_exhausted: false,
            cut_short: false,
            local_error: None,
        }
    }

    /// Returns true if the crawl counts neither as a success nor as a failure of the host: all results are inconclusive, but
    /// not all of the `planned` categories were probed, for a reason that the mirror is not responsible for. Reasons are a
    /// shutdown, a local error, used-up requests, and the deadline if the mirror responded at all.
    fn is_excused(&self, planned: usize) -> bool {
        let is_inconclusive = |c: &CategoryResult| c.outcome == CategoryOutcome::Inconclusive;
        let is_local = self.interrupted || self.local_error.is_some();
        let has_reason = is_local || self.budget_exhausted || (self.cut_short && self.timeline.last_response.is_some());
        has_reason && self.result.categories.len() < planned && self.result.categories.iter().all(is_inconclusive)
    }

    fn add(&mut self, tree: &Tree, probe: &CategoryProbe) {
        self.result.requests += probe.requests;
        let timeline = &mut self.timeline;
        timeline.last_response = timeline.last_response.max(probe.last_response);
        timeline.last_verified_request = timeline.last_verified_request.max(probe.last_verified);
        timeline.last_negative = timeline.last_negative.max(probe.last_negative);
        timeline.is_soft_404 |= probe.is_soft_404;
        self.control = probe.control.clone().or(self.control.take());
        match &probe.interruption {
            Some(Interruption::Stopped) => self.interrupted = true,
            Some(Interruption::Budget) => (self.budget_exhausted, self.cut_short) = (true, true),
            Some(Interruption::HostDeadline) => self.cut_short = true,
            Some(Interruption::LocalError(error)) => {
                self.local_error.get_or_insert_with(|| error.clone());
            }
            Some(Interruption::Silent(_)) | None => {}
        }
        let needs_scan = |result: &DirectoryResult| {
            matches!(result, DirectoryResult::Classified(Classification::Ahead(_)))
                || matches!(result, DirectoryResult::Classified(Classification::Inconclusive(i)) if i.code == UNSCANNED)
        };
        let directories = tree.plan.directories.iter().zip(probe.results.iter());
        let newer = directories.filter(|(_, result)| needs_scan(result));
        self.result.needs_scan.extend(newer.map(|(d, _)| (d.id, tree.plan.id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::ids::{HostCategoryId, HostId};

    fn category(id: i64, outcome: CategoryOutcome) -> CategoryResult {
        CategoryResult {
            host_category: HostCategoryId(id),
            outcome,
            ..CategoryResult::default()
        }
    }

    #[test]
    fn inconclusive_crawl_that_was_cut_short_is_not_a_failure() {
        use CategoryOutcome::{Complete, Inconclusive};
        let now = Instant::now();
        let is_excused = |outcomes: &[CategoryOutcome], interrupted, budget_exhausted, cut_short, last_response| {
            let categories = outcomes.iter().zip(1..).map(|(o, id)| category(id, *o)).collect();
            let crawl = HostCrawl {
                result: HostResult {
                    host: HostId(1),
                    run: RunId(1),
                    started_at: Timestamp(0),
                    ended_at: Timestamp(0),
                    requests: 0,
                    categories,
                    needs_scan: BTreeMap::new(),
                    is_complete: true,
                },
                timeline: HostTimeline {
                    last_response,
                    ..HostTimeline::new(now)
                },
                control: None,
                interrupted,
                budget_exhausted,
                cut_short,
                local_error: None,
            };
            crawl.is_excused(2)
        };
        let one = &[Inconclusive];
        assert!(is_excused(one, true, false, false, None), "shutdown");
        assert!(is_excused(one, false, true, true, Some(now)), "requests used up");
        assert!(
            is_excused(one, false, false, true, Some(now)),
            "deadline, with a response"
        );
        assert!(!is_excused(one, false, false, true, None), "deadline, without response");
        assert!(!is_excused(one, false, false, false, Some(now)), "the other has no URL");
        assert!(!is_excused(&[Complete], true, false, false, Some(now)), "it answered");
        assert!(
            !is_excused(&[Inconclusive, Inconclusive], true, false, false, None),
            "all were probed"
        );
    }
}
