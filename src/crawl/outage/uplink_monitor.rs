//! The uplink monitor: probes the URLs of `crawl.uplink_check_urls` before and during a run.
//!
//! The uplink is down if all URLs fail. A negative result is reliable only if the probes before and after it succeeded, which
//! [`ProbeHistory`] decides (pure). [`UplinkMonitor`] is the thread that sends the probes. There are no errors: without a
//! conclusive probe the status is [`UplinkStatus::Unknown`].

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::sys::http::{Agent, HttpLimits};
use crate::sys::signals::ShutdownFlag;

const STOP_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Limits for one URL. A network that is slower counts as down.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// While the uplink is down, the interval is this multiple of the minimum, to notice its return soon.
const DOWN_INTERVAL_FACTOR: u32 = 5;

/// The state of the local uplink during a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UplinkStatus {
    /// Up before, during and after the period.
    Up,
    /// Down during the period, or possibly down.
    Down,
    /// No probe that started after the period has finished.
    Unknown,
}

/// One probe of all URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    pub started: Instant,
    pub ended: Instant,
    pub succeeded: bool,
}

/// The probes of a run in order of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProbeHistory(Vec<Probe>);

impl ProbeHistory {
    /// Returns the state of the uplink from `started` to `ended`. An outage that a probe detected may have begun at any time
    /// after the previous probe and lasted until the next one. So the last probe before the period, all during it, and the
    /// first one after it must have succeeded.
    pub(crate) fn status_between(&self, started: Instant, ended: Instant) -> UplinkStatus {
        let before = self.0.partition_point(|p| p.ended < started);
        let after = self.0.partition_point(|p| p.started < ended);
        let mut relevant = self.0.iter().take(after + 1).skip(before.saturating_sub(1));
        if relevant.any(|p| !p.succeeded) {
            UplinkStatus::Down
        } else if after < self.0.len() {
            UplinkStatus::Up
        } else {
            UplinkStatus::Unknown
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.0.last().is_some_and(|p| !p.succeeded)
    }
}

/// The intervals from the start of a probe to the start of the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbeIntervals {
    /// The interval if a probe was requested.
    pub min: Duration,
    /// The interval without such a request.
    pub max: Duration,
}

pub(crate) const PROBE_INTERVALS: ProbeIntervals = ProbeIntervals {
    min: Duration::from_secs(2),
    max: Duration::from_mins(1),
};

/// The thread that sends the probes. It exits when this is dropped, not on a shutdown request, so that the last results of the
/// workers can be judged, too.
#[derive(Debug)]
pub(crate) struct UplinkMonitor {
    /// `None` = no URL is configured: the uplink counts as up.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<MonitorState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct MonitorState {
    history: ProbeHistory,
    probe_requested: bool,
    stopped: bool,
    agent: Option<Agent>,
}

impl UplinkMonitor {
    /// Starts to probe `urls`, the first time immediately. Unlike other requests of a run, probes may use private addresses
    /// (an administrator configured the URLs), have at most ten seconds per URL, and look names up again. Fails if the thread
    /// cannot be started.
    pub(crate) fn start(urls: Vec<String>, limits: &HttpLimits, intervals: ProbeIntervals) -> io::Result<Self> {
        if urls.is_empty() {
            return Ok(Self { shared: None });
        }
        let limits = HttpLimits {
            allow_private: true,
            connect: limits.connect.min(CONNECT_TIMEOUT),
            total: limits.total.min(REQUEST_TIMEOUT),
            ..limits.clone()
        };
        let shared = Arc::<Shared>::default();
        let thread_shared = Arc::clone(&shared);
        thread::Builder::new()
            .name("uplink".to_owned())
            .spawn(move || thread_shared.run(urls, &limits, intervals))?;
        Ok(Self { shared: Some(shared) })
    }

    /// Requests a probe that starts after now, as soon as the minimum interval allows.
    pub(crate) fn request_probe(&self) {
        if let Some(shared) = &self.shared {
            shared.lock().probe_requested = true;
            shared.changed.notify_all();
        }
    }

    pub(crate) fn status_between(&self, started: Instant, ended: Instant) -> UplinkStatus {
        self.shared.as_ref().map_or(UplinkStatus::Up, |shared| {
            shared.lock().history.status_between(started, ended)
        })
    }

    /// Like [`UplinkMonitor::status_between`], but requests a probe and waits for it until `deadline` or a shutdown request.
    pub(crate) fn wait(
        &self,
        started: Instant,
        ended: Instant,
        deadline: Instant,
        stop: &ShutdownFlag,
    ) -> UplinkStatus {
        let Some(shared) = &self.shared else {
            return UplinkStatus::Up;
        };
        let mut state = shared.lock();
        loop {
            let status = state.history.status_between(started, ended);
            let now = Instant::now();
            if status != UplinkStatus::Unknown || now >= deadline || stop.is_requested() {
                return status;
            }
            if !state.probe_requested && state.agent.is_none() {
                state.probe_requested = true;
                shared.changed.notify_all();
            }
            state = shared.wait_for_change(state, STOP_POLL_INTERVAL.min(deadline - now));
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.shared.as_ref().is_some_and(|s| s.lock().history.is_down())
    }
}

impl Drop for UplinkMonitor {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            let mut state = shared.lock();
            state.stopped = true;
            // Aborts the request in progress. A name lookup cannot be aborted, but the thread is not joined.
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

    fn wait_for_change<'a>(
        &self,
        state: MutexGuard<'a, MonitorState>,
        timeout: Duration,
    ) -> MutexGuard<'a, MonitorState> {
        let waited = self.changed.wait_timeout(state, timeout);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn run(&self, mut urls: Vec<String>, limits: &HttpLimits, intervals: ProbeIntervals) {
        let mut last_started: Option<Instant> = None;
        loop {
            let agent = Agent::new(limits);
            {
                let mut state = self.lock();
                while !state.stopped
                    && let Some(left) = time_until_probe(last_started, &state, intervals)
                {
                    state = self.wait_for_change(state, left);
                }
                if state.stopped {
                    return;
                }
                state.probe_requested = false;
                state.agent = Some(agent.clone());
            }
            let started = Instant::now();
            last_started = Some(started);
            let succeeded = any_responds(&mut urls, &agent);
            let mut state = self.lock();
            state.agent = None;
            if state.stopped {
                return;
            }
            match (state.history.is_down(), succeeded) {
                (true, true) => tracing::info!("the local uplink is up again"),
                (false, false) => tracing::warn!(
                    "the local uplink seems to be down: all uplink checks failed; negative results are discarded"
                ),
                (true, false) | (false, true) => {}
            }
            state.history.0.push(Probe {
                started,
                ended: Instant::now(),
                succeeded,
            });
            drop(state);
            self.changed.notify_all();
        }
    }
}

/// Returns the time until the next probe starts; `None` = now.
fn time_until_probe(
    last_started: Option<Instant>,
    state: &MonitorState,
    intervals: ProbeIntervals,
) -> Option<Duration> {
    let interval = if state.probe_requested {
        intervals.min
    } else if state.history.is_down() {
        intervals.max.min(intervals.min * DOWN_INTERVAL_FACTOR)
    } else {
        intervals.max
    };
    let left = interval.saturating_sub(last_started?.elapsed());
    (!left.is_zero()).then_some(left)
}

/// Returns true if at least one URL responds. The next probe starts with this URL, so that a dead one does not delay it.
fn any_responds(urls: &mut [String], agent: &Agent) -> bool {
    let responds = |url: &String| match agent.head(url, None) {
        Ok(response) if response.status < 400 => true,
        Ok(response) => {
            tracing::debug!(url, status = response.status, "uplink check failed");
            false
        }
        Err(e) => {
            tracing::debug!(url, error = %e, "uplink check failed");
            false
        }
    };
    let Some(n) = urls.iter().position(responds) else {
        return false;
    };
    if let Some(first) = urls.get_mut(..=n) {
        first.rotate_right(1);
    }
    true
}

#[cfg(test)]
mod tests;
