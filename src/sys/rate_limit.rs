//! Limits for requests to one peer: rate, pauses that it requests, and concurrent connections.
//!
//! [`RateLimiter`] is for one peer and may be shared by threads; [`ConnectionLimiter`] is for all peers of a run. A waiting thread sleeps,
//! and checks several times a second whether the job must stop.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys::activity;
use crate::sys::signals::ShutdownFlag;

const STOP_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// A slow caller may catch up by a burst of as many requests as the rate allows in this time.
const BURST_WINDOW: Duration = Duration::from_millis(250);
/// Limit for the first pause; it doubles for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The request rate of one peer.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// The interval between requests; `None` = no limit.
    interval: Option<Duration>,
    /// The earliest time of the next request by the rate.
    next: Mutex<Option<Instant>>,
    /// The end of a pause.
    paused_until: Mutex<Option<Instant>>,
}

impl RateLimiter {
    /// A limiter for this number of requests per second; `None` = no limit.
    pub(crate) fn new(rate_per_second: Option<NonZeroU32>) -> Self {
        Self {
            interval: rate_per_second.map(|rate| Duration::from_secs(1) / rate.get()),
            next: Mutex::new(None),
            paused_until: Mutex::new(None),
        }
    }

    /// Waits until a request may be sent; each call counts as one request. Returns false immediately if that is after `deadline`, or if
    /// the job must stop.
    pub(crate) fn wait(&self, deadline: Instant, stop: &ShutdownFlag) -> bool {
        let mut due = self.reserve(Instant::now());
        loop {
            if !sleep_until(due, deadline, stop) {
                return false;
            }
            // Another thread may have received a pause meanwhile.
            let pause = lock(&self.paused_until).filter(|until| *until > Instant::now());
            let Some(until) = pause else { return true };
            due = until;
        }
    }

    /// Pauses all requests until `until`, as the peer requested. An earlier time than that of a present pause is ignored.
    pub(crate) fn pause(&self, until: Instant) {
        let mut paused_until = lock(&self.paused_until);
        *paused_until = Some(paused_until.map_or(until, |p| p.max(until)));
    }

    /// Reserves the next time slot, and returns its start.
    fn reserve(&self, now: Instant) -> Instant {
        let Some(interval) = self.interval else { return now };
        let mut next = lock(&self.next);
        let earliest = now.checked_sub(BURST_WINDOW).unwrap_or(now);
        let due = next.map_or(now, |n| n.max(earliest));
        *next = Some(due + interval);
        due.max(now)
    }
}

/// Sleeps until `until`. Returns false immediately if that is after `deadline`, or if the job must stop.
pub(crate) fn sleep_until(until: Instant, deadline: Instant, stop: &ShutdownFlag) -> bool {
    loop {
        let now = Instant::now();
        if stop.is_requested() || now >= deadline || until > deadline {
            return false;
        }
        if now >= until {
            return true;
        }
        // A pause that the peer asked for does not count as standing still.
        activity::record_progress();
        thread::sleep(STOP_POLL_INTERVAL.min(until - now));
    }
}

/// Returns the pause after a failure with `attempt` failures before it: the time of `Retry-After` plus up to a second, or else up to 1, 2, 4,
/// … seconds, but at most `cap`. `random` from 0 to 1 scales it, so that peers that failed together are not retried together.
pub(crate) fn backoff(attempt: u32, retry_after: Option<Duration>, random: f64, cap: Duration) -> Duration {
    let share = if random.is_finite() {
        random.clamp(0.0, 1.0)
    } else {
        1.0
    };
    if let Some(requested) = retry_after {
        return requested.saturating_add(FIRST_PAUSE.mul_f64(share)).min(cap);
    }
    let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
    let longest = FIRST_PAUSE.checked_mul(factor).unwrap_or(cap).min(cap);
    longest.mul_f64(share)
}

/// The concurrent connections to each server in a run. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionLimiter {
    servers: Arc<Mutex<HashMap<String, Arc<ServerLimit>>>>,
}

#[derive(Debug, Default)]
struct ServerLimit {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// Number of open connections.
    taken: u32,
    /// Tickets of waiting threads, oldest first.
    waiting: VecDeque<u64>,
    next_ticket: u64,
}

/// The permission for one connection; returned when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    server: Arc<ServerLimit>,
}

impl ConnectionLimiter {
    /// Waits until fewer than `max_connections` to `server` (`host:port`) are open, and takes one. Threads are served in order.
    /// Returns `None` if none is free before `deadline`, or if the job must stop.
    pub(crate) fn take(
        &self,
        server: &str,
        max_connections: NonZeroU32,
        deadline: Instant,
        stop: &ShutdownFlag,
    ) -> Option<ConnectionPermit> {
        let limit = Arc::clone(lock(&self.servers).entry(server.to_owned()).or_default());
        let mut queue = lock(&limit.queue);
        let ticket = queue.next_ticket;
        queue.next_ticket += 1;
        queue.waiting.push_back(ticket);
        loop {
            let now = Instant::now();
            let is_late = stop.is_requested() || now >= deadline;
            let is_free = queue.taken < max_connections.get() && queue.waiting.front() == Some(&ticket);
            if is_late || is_free {
                queue.waiting.retain(|w| *w != ticket);
                queue.taken += u32::from(!is_late);
                // The next thread may be able to proceed.
                limit.changed.notify_all();
                drop(queue);
                return (!is_late).then_some(ConnectionPermit { server: limit });
            }
            // The others, which are served before, have activities of their own.
            activity::record_progress();
            let pause = STOP_POLL_INTERVAL.min(deadline - now);
            (queue, _) = limit
                .changed
                .wait_timeout(queue, pause)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut queue = lock(&self.server.queue);
        queue.taken = queue.taken.saturating_sub(1);
        if !queue.waiting.is_empty() {
            self.server.changed.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
