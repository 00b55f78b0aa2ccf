//! One host's turn: its lock, then its categories one after the other, until its deadline.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::certificate::Certificates;
use super::classify::{Classification, UNSCANNED};
use super::master_files::MasterFiles;
use super::merge::{MergeContext, merge_results};
use super::probe::{CategoryProbe, DirectoryResult, Interruption, MirrorFileList, ProbeContext, probe_category};
use super::scope::CrawlMode;
use super::tree::Tree;
use crate::crawl::outage::control_sample::ControlSample;
use crate::locks::{self, LockError, Request};
use crate::model::ids::{CategoryId, DirectoryId, RunId};
use crate::model::plan::{CategoryOutcome, CategoryResult, HostPlan, HostResult};
use crate::sys::clock;
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

/// What all turns of a run share.
#[derive(Debug)]
pub(super) struct CrawlContext {
    pub(super) agent: Agent,
    pub(super) master: MasterFiles,
    pub(super) trees: BTreeMap<CategoryId, Arc<Tree>>,
    pub(super) stop: ShutdownFlag,
    pub(super) run: RunId,
    /// Where mirrors have the full time list of a category.
    pub(super) lists: BTreeMap<CategoryId, MirrorFileList>,
    pub(super) slots: ConnectionLimiter,
    /// Connections at once to a server, and requests a second, for hosts without numbers of their own.
    pub(super) connections: NonZeroU32,
    pub(super) rate: Option<NonZeroU32>,
    pub(super) underway: ActiveHosts,
    /// What the crawl is for.
    pub(super) modes: CrawlModes,
    /// Requests that a host without a number of its own may get in 24 hours; `u64::MAX` = as many as it takes.
    pub(super) daily_budget: u64,
    /// The longest a turn may take.
    pub(super) host_deadline: Duration,
    pub(super) max_body: u64,
    pub(super) connect: Duration,
    pub(super) allow_private: bool,
    pub(super) max_findings: usize,
    pub(super) lock_dir: std::path::PathBuf,
    /// The person behind the run, for the lock.
    pub(super) person: String,
}

/// The hosts that have their turn, by position, with its beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct ActiveHosts(Arc<Mutex<BTreeMap<usize, Instant>>>);

/// A turn under way; over when dropped.
struct ActiveHostGuard<'a>(&'a ActiveHosts, usize);

impl ActiveHosts {
    fn begin(&self, host: usize) -> ActiveHostGuard<'_> {
        self.hosts().insert(host, Instant::now());
        ActiveHostGuard(self, host)
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<usize, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that last longer than `limit`, the longest first.
    pub(super) fn longer_than(&self, limit: Duration) -> Vec<(usize, Duration)> {
        let hosts = self.hosts();
        let mut out: Vec<(usize, Duration)> = hosts.iter().map(|(host, since)| (*host, since.elapsed())).collect();
        out.retain(|(_, took)| *took > limit);
        out.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        out
    }
}

impl Drop for ActiveHostGuard<'_> {
    fn drop(&mut self) {
        self.0.hosts().remove(&self.1);
    }
}

/// What a crawl is for, by category.
#[derive(Debug, Clone, Default)]
pub struct CrawlModes {
    /// Where the category has none of its own.
    pub default: CrawlMode,
    /// Of single categories.
    pub by_category: BTreeMap<CategoryId, CrawlMode>,
}

impl CrawlModes {
    /// That of a category.
    pub fn get(&self, category: CategoryId) -> &CrawlMode {
        self.by_category.get(&category).unwrap_or(&self.default)
    }

    /// Whether the crawl leaves nothing open of the categories it looks at.
    pub fn is_complete(&self) -> bool {
        self.by_category.is_empty() && self.default.is_complete()
    }
}

/// What became of a turn.
#[derive(Debug)]
pub(super) enum HostCategoryOutcome {
    /// The host was asked.
    Asked(Box<HostCrawl>),
    /// Another run has its turn with it; who.
    Locked(String),
    /// Its lock cannot be made; why.
    NoLock(String),
    /// The run ended before.
    NotProbed,
}

/// A host that was asked.
#[derive(Debug, Clone)]
pub(crate) struct HostCrawl {
    pub(super) result: HostResult,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    /// When the last answer came.
    pub(super) last_heard: Option<Instant>,
    /// When it was last asked for something that it then served as the master has it.
    pub(super) last_verified_request: Option<Instant>,
    /// When something bad was found last, or nothing was.
    pub(super) last_negative: Option<Instant>,
    /// It says yes to everything, as portals do.
    pub(super) is_soft_404: bool,
    /// Something that it served as the master has it.
    pub(super) witness: Option<ControlSample>,
    /// The run ended in the middle of the turn.
    pub(super) stopped: bool,
    /// The requests that the host allows in a day were used up.
    pub(super) budget_exhausted: bool,
    /// The turn ended for that, or at the host's deadline.
    pub(super) cut_short: bool,
    /// Why something could not be asked, where that is our own fault.
    pub(super) local_error: Option<String>,
}

/// Has a turn with one host.
pub(super) fn crawl_host(shared: &CrawlContext, plan: &HostPlan, position: usize) -> HostCategoryOutcome {
    if shared.stop.is_requested() {
        return HostCategoryOutcome::NotProbed;
    }
    let _underway = shared.underway.begin(position);
    let request = Request {
        job: "crawl-host".to_owned(),
        scope: Some(plan.name.to_string()),
        user: shared.person.clone(),
        command: "mm-crawl".to_owned(),
        now: clock::now(),
        limit: Some(shared.host_deadline),
    };
    let _lock = match locks::acquire(&shared.lock_dir, &request, Duration::ZERO, &shared.stop) {
        Ok(lock) => lock,
        Err(LockError::Held { who, .. }) => return HostCategoryOutcome::Locked(who),
        Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => {
            return HostCategoryOutcome::NoLock(e.to_string());
        }
    };
    let asked = crawl_categories(shared, plan);
    if asked.stopped && asked.result.categories.is_empty() {
        return HostCategoryOutcome::NotProbed;
    }
    HostCategoryOutcome::Asked(Box::new(asked))
}

/// Asks a host for one category after the other.
fn crawl_categories(shared: &CrawlContext, plan: &HostPlan) -> HostCrawl {
    let host = &plan.host;
    let mut asked = HostCrawl::new(shared, plan);
    // Closed, and asked all the same: then a person named it.
    let closes = host
        .crawl_window
        .map(|w| w.remaining(clock::now()))
        .filter(|left| !left.is_zero());
    let deadline = asked.began + closes.map_or(shared.host_deadline, |left| left.min(shared.host_deadline));
    let a_day = host.crawl_budget.map_or(shared.daily_budget, u64::from);
    let budget = Cell::new(a_day.saturating_sub(plan.requests_last_24h));
    let pace = RateLimiter::new(host.crawl_rate.and_then(NonZeroU32::new).or(shared.rate));
    let retry_after = Cell::new(None);
    let mut certificates = Certificates::default();
    for category in &plan.categories {
        let Some(tree) = shared.trees.get(&category.category.id) else {
            continue;
        };
        let means = ProbeContext {
            agent: &shared.agent,
            master: &shared.master,
            file_list: shared.lists.get(&category.category.id),
            shutdown: &shared.stop,
            deadline,
            host_timeout: shared.host_deadline,
            budget: &budget,
            retry_at: &retry_after,
            rate_limiter: &pace,
            connection_limiter: &shared.slots,
            max_connections: host
                .crawl_connections
                .and_then(NonZeroU32::new)
                .unwrap_or(shared.connections),
            preferred_probe: host.crawl_probe,
            connect_timeout: shared.connect,
            allow_private: shared.allow_private,
            max_repomd_bytes: shared.max_body,
            max_findings: shared.max_findings,
            now: clock::now(),
        };
        let aim = shared.modes.get(category.category.id);
        let mut looked = probe_category(&means, tree, category, aim);
        if aim.is_complete() && looked.last_response.is_some() {
            let look = |host: &str, port| shared.agent.certificate_expiry(host, port, Some(deadline)).ok();
            looked.certificates = certificates.findings(&category.urls, clock::now(), look);
        }
        let setting = MergeContext {
            run: shared.run,
            aim,
            now: clock::now(),
            max_findings: shared.max_findings,
        };
        asked.note(tree, &looked);
        let settled = merge_results(category, tree, &looked, &setting);
        if settled.as_ref().is_some_and(|c| c.outcome != CategoryOutcome::Complete) {
            asked.last_negative = Some(Instant::now());
        }
        asked.result.categories.extend(settled);
    }
    asked.result.ended_at = clock::now();
    asked.ended = Instant::now();
    asked.result.is_complete &= !asked.is_cut_short(plan.categories.len());
    asked
}

impl HostCrawl {
    fn new(shared: &CrawlContext, plan: &HostPlan) -> Self {
        let (began, now) = (Instant::now(), clock::now());
        Self {
            result: HostResult {
                host: plan.id,
                run: shared.run,
                started_at: now,
                ended_at: now,
                requests: 0,
                categories: Vec::new(),
                needs_scan: BTreeMap::new(),
                is_complete: shared.modes.is_complete(),
            },
            began,
            ended: began,
            last_heard: None,
            last_verified_request: None,
            last_negative: None,
            is_soft_404: false,
            witness: None,
            stopped: false,
            budget_exhausted: false,
            cut_short: false,
            local_error: None,
        }
    }

    /// Whether nothing but silence was met, but not all of `planned` categories were asked for, and that is not the mirror's doing: the
    /// run ended, the budget of the day was used up, or its time was, though it answered something; or we could not ask.
    fn is_cut_short(&self, planned: usize) -> bool {
        let silent = |c: &CategoryResult| c.outcome == CategoryOutcome::Inconclusive;
        let ours = self.stopped || self.local_error.is_some();
        let excused = ours || self.budget_exhausted || (self.cut_short && self.last_heard.is_some());
        excused && self.result.categories.len() < planned && self.result.categories.iter().all(silent)
    }

    /// How long the turn took.
    pub(super) fn seconds(&self) -> f64 {
        self.ended.duration_since(self.began).as_secs_f64()
    }

    fn note(&mut self, tree: &Tree, looked: &CategoryProbe) {
        self.result.requests += looked.requests;
        self.last_heard = self.last_heard.max(looked.last_response);
        self.last_verified_request = self.last_verified_request.max(looked.last_verified);
        self.last_negative = self.last_negative.max(looked.last_negative);
        self.is_soft_404 |= looked.is_soft_404;
        self.witness = looked.control.clone().or(self.witness.take());
        self.stopped |= looked.interruption == Some(Interruption::Stopped);
        if let Some(Interruption::LocalError(why)) = &looked.interruption {
            self.local_error.get_or_insert_with(|| why.clone());
        }
        self.budget_exhausted |= looked.interruption == Some(Interruption::Budget);
        self.cut_short |= matches!(
            looked.interruption,
            Some(Interruption::HostDeadline | Interruption::Budget)
        );
        let unscanned = tree
            .plan
            .directories
            .iter()
            .zip(looked.results.iter())
            .filter(|(_, found)| {
                let is_unscanned = matches!(found, DirectoryResult::Classified(Classification::Inconclusive(f)) if f.reason == UNSCANNED);
                is_unscanned || matches!(found, DirectoryResult::Classified(Classification::Ahead(_)))
            });
        let wanted: BTreeMap<DirectoryId, CategoryId> = unscanned.map(|(d, _)| (d.id, tree.plan.id)).collect();
        self.result.needs_scan.extend(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::ids::{HostCategoryId, HostId};
    use crate::model::inventory::Inventory;
    use crate::model::plan::{NegativeResults, StatusCounts};

    fn category(id: i64, outcome: CategoryOutcome) -> CategoryResult {
        CategoryResult {
            host_category: HostCategoryId(id),
            category: CategoryId(id),
            outcome,
            inventory: Inventory::new(HostCategoryId(id)),
            negatives: NegativeResults::default(),
            findings: Vec::new(),
            omitted_findings: 0,
            unprobed: roaring::RoaringBitmap::new(),
            retained_findings: 0,
            counts: StatusCounts::default(),
            requests: 1,
            probed: 0,
            method: "".into(),
        }
    }

    /// Two categories are planned. Whether the turn counts neither for nor against the host.
    #[test]
    fn a_turn_that_was_cut_short_in_silence_is_no_failure() {
        use CategoryOutcome::{Complete, Inconclusive};
        let now = Instant::now();
        let cut = |outcomes: &[CategoryOutcome], stopped, used_up, late, last_heard| {
            let categories = outcomes.iter().zip(1..).map(|(o, id)| category(id, *o)).collect();
            let asked = HostCrawl {
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
                began: now,
                ended: now,
                last_heard,
                last_verified_request: None,
                last_negative: None,
                is_soft_404: false,
                witness: None,
                stopped,
                budget_exhausted: used_up,
                cut_short: late,
                local_error: None,
            };
            asked.is_cut_short(2)
        };
        let one = &[Inconclusive];
        assert!(cut(one, true, false, false, None), "the run ended");
        assert!(cut(one, false, true, true, Some(now)), "its budget was used up");
        assert!(
            cut(one, false, false, true, Some(now)),
            "its time was, and it answered something"
        );
        assert!(!cut(one, false, false, true, None), "its time was, by silence alone");
        assert!(!cut(one, false, false, false, Some(now)), "the other has no URL");
        assert!(!cut(&[Complete], true, false, false, Some(now)), "it is there");
        assert!(
            !cut(&[Inconclusive, Inconclusive], true, false, false, None),
            "all were asked"
        );
    }
}
