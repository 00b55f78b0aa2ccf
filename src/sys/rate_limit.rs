//! How fast one peer may be asked: a rate, pauses after it said that it has enough, and connections at once.
//!
//! [`RateLimiter`] is for one peer and may be shared by all who ask it; [`ConnectionLimiter`] is for all peers of a run. Nothing here spins: who has
//! to wait sleeps, and looks up a few times a second whether the job was asked to stop.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys::signals::ShutdownFlag;

/// How often somebody who waits looks whether the job was asked to stop.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Who fell behind may catch up by what the rate allows in this time, in one go.
const BURST_WINDOW: Duration = Duration::from_millis(250);
/// The longest the first pause may be; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How fast one peer may be asked.
#[derive(Debug)]
pub struct RateLimiter {
    /// The time that belongs to one request; `None` = as fast as it answers.
    gap: Option<Duration>,
    /// When the next request is due by the rate.
    next: Mutex<Option<Instant>>,
    /// Nothing is asked before.
    held: Mutex<Option<Instant>>,
}

impl RateLimiter {
    /// At most so many requests a second; `None` = no limit.
    pub fn new(rate_per_second: Option<NonZeroU32>) -> Self {
        Self {
            gap: rate_per_second.map(|rate| Duration::from_secs(1) / rate.get()),
            next: Mutex::new(None),
            held: Mutex::new(None),
        }
    }

    /// Waits until one request may go out; each call is one request. `false` when that is not before `deadline`, which is said at
    /// once, or when the job was asked to stop.
    pub fn wait(&self, deadline: Instant, stop: &ShutdownFlag) -> bool {
        let due = self.take(Instant::now());
        if !sleep_until(due, deadline, stop) {
            return false;
        }
        // What the peer said to another in the meantime holds for all.
        loop {
            let held = *lock(&self.held);
            match held {
                Some(until) if until > Instant::now() => {
                    if !sleep_until(until, deadline, stop) {
                        return false;
                    }
                }
                Some(_) | None => return true,
            }
        }
    }

    /// Lets nobody ask the peer before `until`, when it has said that it has enough. An earlier moment than the one that holds
    /// changes nothing.
    pub fn hold(&self, until: Instant) {
        let mut held = lock(&self.held);
        *held = Some(held.map_or(until, |h| h.max(until)));
    }

    /// When a request that is wanted at `now` may go out; the time that belongs to it is taken.
    fn take(&self, now: Instant) -> Instant {
        let Some(gap) = self.gap else { return now };
        let mut next = lock(&self.next);
        let earliest = now.checked_sub(BURST_WINDOW).unwrap_or(now);
        let due = next.map_or(now, |n| n.max(earliest));
        *next = Some(due + gap);
        due.max(now)
    }
}

/// Sleeps until `until`. `false` when that is after `deadline`, which is said at once, or when the job was asked to stop.
pub fn sleep_until(until: Instant, deadline: Instant, stop: &ShutdownFlag) -> bool {
    loop {
        let now = Instant::now();
        if stop.is_requested() || now >= deadline || until > deadline {
            return false;
        }
        if now >= until {
            return true;
        }
        thread::sleep(STOP_POLL_INTERVAL.min(until - now));
    }
}

/// How long to leave a peer alone that refused or failed `attempt` times before (0 = never before). What it asks for by
/// `Retry-After`, and up to a second more; else a time between nothing and a second, two, four and so on. How much of that is told
/// by `random` from 0 to 1: those who were refused together do not come back together. Never more than `cap`.
pub fn backoff(attempt: u32, retry_after: Option<Duration>, random: f64, cap: Duration) -> Duration {
    let share = if random.is_finite() {
        random.clamp(0.0, 1.0)
    } else {
        1.0
    };
    if let Some(asked_for) = retry_after {
        return asked_for.saturating_add(FIRST_PAUSE.mul_f64(share)).min(cap);
    }
    let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
    let longest = FIRST_PAUSE.checked_mul(factor).unwrap_or(cap).min(cap);
    longest.mul_f64(share)
}

/// Connections at once to each server, over all that a run does. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct ConnectionLimiter {
    gates: Arc<Mutex<HashMap<String, Arc<ServerLimit>>>>,
}

/// What is known of one server.
#[derive(Debug, Default)]
struct ServerLimit {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// Slots in use.
    taken: u32,
    /// Those who wait, the longest first.
    waiting: VecDeque<u64>,
    /// The number of the next who comes.
    next: u64,
}

/// A connection that may be open; given back when dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    gate: Arc<ServerLimit>,
}

impl ConnectionLimiter {
    /// No slot is taken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until fewer than `at_most` connections to `server` (`host:port`) are open, and takes one. Who came first gets the
    /// next. `None` when none is free before `deadline`, or when the job was asked to stop.
    pub fn take(
        &self,
        server: &str,
        at_most: NonZeroU32,
        deadline: Instant,
        stop: &ShutdownFlag,
    ) -> Option<ConnectionPermit> {
        let gate = {
            let mut gates = lock(&self.gates);
            match gates.get(server) {
                Some(gate) => Arc::clone(gate),
                None => Arc::clone(gates.entry(server.to_owned()).or_default()),
            }
        };
        let mut queue = lock(&gate.queue);
        let me = queue.next;
        queue.next += 1;
        queue.waiting.push_back(me);
        loop {
            let now = Instant::now();
            let late = stop.is_requested() || now >= deadline;
            let free = queue.taken < at_most.get() && queue.waiting.front() == Some(&me);
            if late || free {
                queue.waiting.retain(|w| *w != me);
                queue.taken += u32::from(!late);
                // Another may be free for the next, or who came after one that gave up.
                gate.changed.notify_all();
                drop(queue);
                return (!late).then_some(ConnectionPermit { gate });
            }
            let nap = STOP_POLL_INTERVAL.min(deadline - now);
            (queue, _) = gate
                .changed
                .wait_timeout(queue, nap)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut queue = lock(&self.gate.queue);
        queue.taken = queue.taken.saturating_sub(1);
        if !queue.waiting.is_empty() {
            self.gate.changed.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
