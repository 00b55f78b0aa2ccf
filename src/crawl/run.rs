//! A crawl from its plan to its report: turns on the lanes, and one thread that commits each host the moment it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};

use super::host::{Asked, Shared, Turn, turn};
use super::lanes::{Ended, Lanes};
use super::master::{MasterFiles, MasterRoot};
use super::report::{CrawlReport, Foreign, Line, Outcome, add};
use super::tree::Tree;
use crate::config::Config;
use crate::db::crawl::{Plan, Rules};
use crate::db::{self, Db, DbError};
use crate::model::ids::{CategoryId, HostId, RunId};
use crate::model::plan::{CategoryOutcome, HostCategoryPlan, HostPlan};
use crate::sys::http::{Agent, Limits};
use crate::sys::origin::Origin;
use crate::sys::signals::Stop;

/// How long the lanes have, once the run was asked to stop, to hand in what they have.
const LAST_CALL: Duration = Duration::from_secs(4);
/// How often the run looks whether it was asked to stop.
const GLANCE: Duration = Duration::from_millis(100);
/// Our own network is only suspected when at least so many hosts were asked.
const MIN_FOR_SUSPICION: usize = 3;

/// What a crawl needs beside its plan.
#[derive(Debug, Clone)]
pub struct Orders {
    /// Its row.
    pub run: RunId,
    /// How results are judged when they are committed.
    pub rules: Rules,
    /// Asked when it should give up.
    pub stop: Stop,
}

/// A crawl under way.
#[derive(Debug)]
pub struct Run {
    plans: Arc<Vec<HostPlan>>,
    lanes: Lanes<Turn>,
    agent: Agent,
    orders: Orders,
    /// Hosts that could not be reached, while no other was either: written only when some host answers, or too few were asked
    /// to suspect our own network.
    held_back: Vec<(usize, Asked)>,
    heard: bool,
    asked: usize,
    stop_since: Option<Instant>,
    begun: Instant,
    done: Vec<bool>,
    /// By the crawler, before this run.
    switched_off: BTreeSet<HostId>,
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

/// Writes; while another process keeps the write lock, again and again, until the run is to end. A day's work is not thrown away
/// because somebody removes many directories just now.
fn patiently<T>(stop: &Stop, mut write: impl FnMut() -> Result<T, DbError>) -> Result<T, DbError> {
    loop {
        match write() {
            Err(e @ DbError::Busy(_)) if !stop.asked() => tracing::warn!(error = %e, "waiting to write a host"),
            other => return other,
        }
    }
}

impl Run {
    /// Starts the crawl.
    pub fn start(config: &Config, plan: Plan, orders: Orders) -> Result<Self, Error> {
        let trees = trees(&plan);
        let crawl = &config.crawl;
        let lanes = usize::try_from(crawl.lanes).unwrap_or(1);
        let limits = Limits {
            user_agent: config.user_agent(),
            connections: lanes.saturating_mul(2),
            connect: crawl.connect_timeout.get(),
            total: crawl.request_timeout.get(),
            allow_private: crawl.allow_private_addresses,
        };
        let agent = Agent::new(&limits);
        // The addresses of masters are the admin's own.
        let masters = Agent::new(&Limits {
            allow_private: true,
            ..limits
        });
        let roots: BTreeMap<CategoryId, MasterRoot> = trees
            .values()
            .filter_map(|t| {
                let category = config.category(&t.plan.name)?;
                let local = !category.path.as_os_str().is_empty();
                let root = if local {
                    MasterRoot::Local(category.path.clone())
                } else {
                    MasterRoot::Distant(Origin::of(&category.path, &category.files, &masters)?)
                };
                Some((t.plan.id, root))
            })
            .collect();
        let shared = Shared {
            agent: agent.clone(),
            master: MasterFiles::new(roots, crawl.max_body),
            trees,
            stop: orders.stop.clone(),
            run: orders.run,
            host_deadline: crawl.host_deadline.get(),
            max_body: crawl.max_body,
            max_findings: usize::try_from(crawl.max_findings).unwrap_or(usize::MAX),
            lock_dir: config.lock_dir.clone(),
            person: orders.rules.author.user.clone(),
        };
        let plans = Arc::new(plan.hosts);
        let hosts = Arc::clone(&plans);
        let work = move |n: usize| hosts.get(n).map_or(Turn::NotAsked, |plan| turn(&shared, plan));
        let lanes = Lanes::start(lanes, plans.len(), work).context("starting the crawl's threads")?;
        let mut report = CrawlReport::default();
        report.totals.hosts = u64::try_from(plans.len()).unwrap_or(u64::MAX);
        Ok(Self {
            done: vec![false; plans.len()],
            plans,
            lanes,
            agent,
            orders,
            held_back: Vec::new(),
            heard: false,
            asked: 0,
            stop_since: None,
            begun: Instant::now(),
            switched_off: plan.disabled,
            report,
        })
    }

    /// Waits a moment for a host to be done and commits it. `None` when there is nothing left to wait for; else how many hosts
    /// are done.
    pub fn step(&mut self, db: &mut Db) -> Result<Option<usize>, Error> {
        if self.lanes.left() == 0 {
            return Ok(None);
        }
        if self.orders.stop.asked() {
            let since = *self.stop_since.get_or_insert_with(|| {
                // Ends what is under way in the lanes; they hand in what they have.
                self.agent.close();
                Instant::now()
            });
            if since.elapsed() > LAST_CALL {
                return Ok(None);
            }
        }
        if let Some(ended) = self.lanes.next(GLANCE) {
            self.take(db, ended)?;
        }
        Ok(Some(self.plans.len().saturating_sub(self.lanes.left())))
    }

    fn take(&mut self, db: &mut Db, ended: Ended<Turn>) -> Result<(), Error> {
        let host = ended.task;
        let name = self.name(host);
        if let Some(done) = self.done.get_mut(host) {
            *done = true;
        }
        match ended.outcome {
            Err(panic) => {
                tracing::error!(host = name, panic, "the turn of a host broke off");
                self.bare_line(&name, Outcome::Failed, &panic);
                self.report.failed.push(format!("{name}: {panic}"));
            }
            Ok(Turn::NoLock(why)) => {
                self.bare_line(&name, Outcome::Failed, &why);
                self.report.failed.push(format!("{name}: {why}"));
            }
            Ok(Turn::Locked(who)) => {
                tracing::info!(host = name, who, "another run has its turn with the host");
                self.bare_line(&name, Outcome::Locked, &who);
                self.report.locked.push(name);
            }
            Ok(Turn::NotAsked) => self.cut(&name),
            Ok(Turn::Asked(asked)) => {
                self.asked += 1;
                if asked.may_be_ours && !self.heard {
                    self.held_back.push((host, asked));
                    return Ok(());
                }
                self.heard |= asked.heard;
                if self.heard {
                    for (earlier, asked) in std::mem::take(&mut self.held_back) {
                        self.commit(db, earlier, asked)?;
                    }
                }
                self.commit(db, host, asked)?;
            }
        }
        Ok(())
    }

    fn commit(&mut self, db: &mut Db, host: usize, mut asked: Asked) -> Result<(), Error> {
        let plans = Arc::clone(&self.plans);
        let Some(plan) = plans.get(host) else { return Ok(()) };
        let name = plan.name.to_string();
        let write = || db.write(|tx| db::crawl::commit(tx, plan, &asked.result, &self.orders.rules));
        let committed = match patiently(&self.orders.stop, write) {
            Err(e @ DbError::Busy(_)) => {
                tracing::error!(host = name, error = %e, "what was found out is lost");
                self.lines(plan, &asked, Some(Outcome::Failed));
                self.report.failed.push(format!("{name}: {e}"));
                return Ok(());
            }
            other => other.with_context(|| format!("writing what was found out about {name}"))?,
        };
        tracing::info!(
            host = name,
            requests = asked.result.requests,
            seconds = asked.seconds,
            categories = asked.result.categories.len(),
            heard = asked.heard,
            "host done"
        );
        for category in &mut asked.result.categories {
            if let Some(taken_back) = committed.taken_back.get(&category.host_category) {
                self.report.dropped += taken_back.len();
                category.take_back(taken_back);
            }
        }
        self.report.wants_scan += u64::try_from(asked.result.wants_scan.len()).unwrap_or(0);
        if committed.disabled {
            tracing::warn!(host = name, "switched off after crawls without an answer");
            self.report.disabled.push(name.clone());
        }
        if committed.restored {
            tracing::info!(host = name, "switched on again after a good crawl");
            self.report.restored.push(name.clone());
        }
        self.lines(plan, &asked, None);
        Ok(())
    }

    /// One line per category, and the sums.
    fn lines(&mut self, plan: &HostPlan, asked: &Asked, instead: Option<Outcome>) {
        let name = plan.name.to_string();
        let totals = &mut self.report.totals;
        let cut = asked.result.categories.is_empty();
        let answered = asked
            .result
            .categories
            .iter()
            .any(|c| c.outcome != CategoryOutcome::Unanswered);
        if answered {
            totals.answered += 1;
        } else if !cut {
            totals.unanswered += 1;
            totals.still_off += u64::from(self.switched_off.contains(&plan.id));
        }
        if asked.stopped || asked.late {
            totals.cut += 1;
            self.report.stopped |= asked.stopped;
        }
        totals.requests += asked.result.requests;
        let asked_for = |p: &HostCategoryPlan| asked.result.categories.iter().any(|c| c.host_category == p.id);
        for left in plan.categories.iter().filter(|p| !asked_for(p)) {
            let why = "the host's time was up before; it comes first the next time";
            self.report
                .lines
                .push(Line::bare(&name, &left.category.name, Outcome::Skipped, why));
        }
        for c in &asked.result.categories {
            add(&mut totals.directories, c.counts);
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            let why = c.findings.iter().find(|f| f.directory.is_none());
            self.report.lines.push(Line {
                host: name.clone(),
                category: planned.map_or(String::new(), |p| p.category.name.clone()),
                outcome: instead.unwrap_or(c.outcome.into()),
                directories: c.counts,
                requests: c.requests,
                seconds: asked.seconds,
                why: why.map_or(String::new(), |f| format!("{}: {}", f.reason, f.seen)),
            });
            for f in c.findings.iter().filter(|f| f.reason == "foreign") {
                tracing::warn!(
                    host = name,
                    url = f.url,
                    expected = f.expected,
                    seen = f.seen,
                    "foreign"
                );
                self.report.foreign.push(Foreign {
                    host: name.clone(),
                    url: f.url.clone(),
                    expected: f.expected.clone(),
                    seen: f.seen.clone(),
                });
            }
        }
    }

    fn bare_line(&mut self, host: &str, outcome: Outcome, why: &str) {
        self.report.lines.push(Line::bare(host, "", outcome, why));
    }

    fn cut(&mut self, host: &str) {
        self.report.totals.cut += 1;
        self.report.stopped = true;
        self.bare_line(host, Outcome::Skipped, "the run ended before");
    }

    fn name(&self, host: usize) -> String {
        self.plans.get(host).map_or(String::new(), |p| p.name.to_string())
    }

    /// Ends the crawl: writes what was held back, unless no host at all could be reached.
    pub fn done(mut self, db: &mut Db) -> Result<CrawlReport, Error> {
        let held_back = std::mem::take(&mut self.held_back);
        let failed = held_back.len();
        self.report.uplink_down = !self.heard && self.asked >= MIN_FOR_SUSPICION && failed * 2 > self.asked;
        for (host, asked) in held_back {
            if self.report.uplink_down {
                let plans = Arc::clone(&self.plans);
                if let Some(plan) = plans.get(host) {
                    self.lines(plan, &asked, Some(Outcome::Withheld));
                }
            } else {
                self.commit(db, host, asked)?;
            }
        }
        let missing: Vec<String> = (0..self.plans.len())
            .filter(|n| self.done.get(*n) == Some(&false))
            .map(|n| self.name(n))
            .collect();
        for host in missing {
            self.cut(&host);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_database_is_waited_for_until_the_run_is_to_end() {
        let stop = Stop::default();
        let mut tries = 0;
        let mut write = |good_at: u32, stop_at: u32| {
            tries = 0;
            patiently(&stop, || {
                tries += 1;
                if tries == stop_at {
                    stop.ask();
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
        let other = patiently(&Stop::default(), || Err::<(), _>(DbError::Sql("no".to_owned())));
        assert!(matches!(other, Err(DbError::Sql(_))));
    }
}
