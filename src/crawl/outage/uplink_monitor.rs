//! The brake for our own uplink: addresses of the admin's choice (`crawl.uplink_check_urls`) are asked before and throughout a run, so that
//! an outage of ours is held against no mirror.
//!
//! When some of the addresses fail, the fault is theirs; when all of them do, it is ours. What happened between two probes is
//! only known to be the mirror's doing when both were good: [`ProbeHistory`] decides this, purely. [`UplinkMonitor`] is the thread that probes.
//! Nothing here is an error: what cannot be told is [`UplinkStatus::Unknown`].

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::sys::http::{Agent, HttpLimits};
use crate::sys::signals::ShutdownFlag;

/// How often somebody who waits looks whether the job was asked to stop.
const GLANCE: Duration = Duration::from_millis(100);
/// The longest one address may take to answer, and the longest until it is reached: what takes longer is no network to rely on.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// While the uplink is down it is probed so many times as often as it may be, so that its return is noticed soon.
const DOWN_POLL_FACTOR: u32 = 5;

/// What is known of our uplink during some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UplinkStatus {
    /// It was good before, during and after.
    Up,
    /// It was down at that time, or may have been.
    Down,
    /// No probe that began afterwards has ended.
    Unknown,
}

/// One probe of all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// When it began.
    pub begun: Instant,
    /// When it ended.
    pub ended: Instant,
    /// Whether any of the addresses answered.
    pub good: bool,
}

/// The probes of a run, one after the other.
#[derive(Debug, Clone, Default)]
pub struct ProbeHistory {
    probes: Vec<Probe>,
}

impl ProbeHistory {
    /// Writes down a probe that began after those before it had ended.
    pub fn record(&mut self, probe: Probe) {
        self.probes.push(probe);
    }

    /// What is known of the uplink from `began` to `ended`. An outage that a probe saw may have begun any time after the probe
    /// before it, and lasted until any time before the next: so the last probe before, all during, and the first after must have
    /// been good. Where nobody probed before, nobody saw an outage.
    pub fn status_between(&self, began: Instant, ended: Instant) -> UplinkStatus {
        let before = self.probes.partition_point(|p| p.ended < began);
        let after = self.probes.partition_point(|p| p.begun < ended);
        let from = before.saturating_sub(1);
        let concerned = self.probes.iter().take(after + 1).skip(from);
        if concerned.clone().any(|p| !p.good) {
            UplinkStatus::Down
        } else if after < self.probes.len() {
            UplinkStatus::Up
        } else {
            UplinkStatus::Unknown
        }
    }

    /// Whether the last probe failed.
    pub fn is_down(&self) -> bool {
        self.probes.last().is_some_and(|p| !p.good)
    }
}

/// How often the addresses are probed.
#[derive(Debug, Clone, Copy)]
pub struct ProbeIntervals {
    /// From the beginning of a probe to that of the next, when somebody asks for one.
    pub at_least: Duration,
    /// When nobody does.
    pub at_most: Duration,
}

impl Default for ProbeIntervals {
    fn default() -> Self {
        Self {
            at_least: Duration::from_secs(2),
            at_most: Duration::from_mins(1),
        }
    }
}

/// The thread that probes. It ends when this is dropped; a stop of the job does not end it, so that what the lanes hand in last
/// can be judged too.
#[derive(Debug)]
pub struct UplinkMonitor {
    /// `None` = there is no address to ask: the uplink is taken to be good.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<MonitorState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct MonitorState {
    journal: ProbeHistory,
    /// Somebody wants a probe that begins after now.
    asked: bool,
    over: bool,
    /// Of the probe under way.
    agent: Option<Agent>,
}

impl UplinkMonitor {
    /// Starts to probe `urls`, for the first time at once. `limits` are those of a run's agent; but private addresses are asked
    /// (these are the admin's own), each address has at most ten seconds, and every probe looks the names up anew. An error is that
    /// of starting a thread.
    pub fn start(urls: Vec<String>, limits: &HttpLimits, pauses: ProbeIntervals) -> io::Result<Self> {
        if urls.is_empty() {
            return Ok(Self { shared: None });
        }
        let limits = HttpLimits {
            allow_private: true,
            connect: limits.connect.min(CONNECT),
            total: limits.total.min(PATIENCE),
            ..limits.clone()
        };
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let mine = Arc::clone(&shared);
        thread::Builder::new()
            .name("sentinel".to_owned())
            .spawn(move || mine.watch(urls, &limits, pauses))?;
        Ok(Self { shared: Some(shared) })
    }

    /// Asks for a probe that begins after now, as soon as one may.
    pub fn ask(&self) {
        if let Some(shared) = &self.shared {
            shared.lock().asked = true;
            shared.changed.notify_all();
        }
    }

    /// What is known of the uplink from `began` to `ended`; always good where there is no address to ask.
    pub fn status_between(&self, began: Instant, ended: Instant) -> UplinkStatus {
        self.shared.as_ref().map_or(UplinkStatus::Up, |shared| {
            shared.lock().journal.status_between(began, ended)
        })
    }

    /// As [`UplinkMonitor::status_between`], but asks for a probe and waits for it, at most until `deadline` or until the job is asked to stop.
    pub fn wait(&self, began: Instant, ended: Instant, deadline: Instant, stop: &ShutdownFlag) -> UplinkStatus {
        let Some(shared) = &self.shared else {
            return UplinkStatus::Up;
        };
        let mut state = shared.lock();
        loop {
            let answer = state.journal.status_between(began, ended);
            let now = Instant::now();
            if answer != UplinkStatus::Unknown || now >= deadline || stop.is_requested() {
                return answer;
            }
            if !state.asked && state.agent.is_none() {
                state.asked = true;
                shared.changed.notify_all();
            }
            state = shared.nap(state, GLANCE.min(deadline - now));
        }
    }

    /// Whether the last probe failed.
    pub fn is_down(&self) -> bool {
        self.shared.as_ref().is_some_and(|s| s.lock().journal.is_down())
    }
}

impl Drop for UplinkMonitor {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            let mut state = shared.lock();
            state.over = true;
            // Ends the request under way. A name that is being looked up cannot be ended; nobody waits for it.
            if let Some(agent) = state.agent.take() {
                agent.close();
            }
            shared.changed.notify_all();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, MonitorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nap<'a>(&self, state: MutexGuard<'a, MonitorState>, at_most: Duration) -> MutexGuard<'a, MonitorState> {
        let (state, _) = self
            .changed
            .wait_timeout(state, at_most)
            .unwrap_or_else(PoisonError::into_inner);
        state
    }

    /// Probes until it is over.
    fn watch(&self, mut urls: Vec<String>, limits: &HttpLimits, pauses: ProbeIntervals) {
        let mut last: Option<Instant> = None;
        loop {
            let agent = Agent::new(limits);
            {
                let mut state = self.lock();
                while let Some(left) = due(last, &state, pauses) {
                    if state.over {
                        return;
                    }
                    state = self.nap(state, left);
                }
                if state.over {
                    return;
                }
                state.asked = false;
                state.agent = Some(agent.clone());
            }
            let begun = Instant::now();
            last = Some(begun);
            let good = probe(&mut urls, &agent);
            let mut state = self.lock();
            state.agent = None;
            if state.over {
                return;
            }
            if good == state.journal.is_down() {
                tell(good);
            }
            state.journal.record(Probe {
                begun,
                ended: Instant::now(),
                good,
            });
            drop(state);
            self.changed.notify_all();
        }
    }
}

/// How long until the next probe may begin; `None` = now.
fn due(last: Option<Instant>, state: &MonitorState, pauses: ProbeIntervals) -> Option<Duration> {
    let pause = if state.asked {
        pauses.at_least
    } else if state.journal.is_down() {
        pauses.at_most.min(pauses.at_least * DOWN_POLL_FACTOR)
    } else {
        pauses.at_most
    };
    let left = pause.saturating_sub(last?.elapsed());
    (!left.is_zero()).then_some(left)
}

/// Whether any of the addresses answers. The one that did is asked first the next time, so that a dead one among them delays
/// nothing.
fn probe(urls: &mut [String], agent: &Agent) -> bool {
    let answers = |url: &String| match agent.head(url, None) {
        Ok(answer) if answer.status < 400 => true,
        Ok(answer) => {
            tracing::debug!(url, status = answer.status, "a self-check failed");
            false
        }
        Err(e) => {
            tracing::debug!(url, error = %e, "a self-check failed");
            false
        }
    };
    let Some(n) = urls.iter().position(answers) else {
        return false;
    };
    if let Some(until_it) = urls.get_mut(..=n) {
        until_it.rotate_right(1);
    }
    true
}

/// Tells of a change.
fn tell(good: bool) {
    if good {
        tracing::info!("our own network is back: a self-check answers again");
    } else {
        tracing::warn!(
            "our own network seems to be down: no self-check answers; nothing is held against mirrors meanwhile"
        );
    }
}

#[cfg(test)]
mod tests;
