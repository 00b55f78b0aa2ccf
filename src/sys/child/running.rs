//! The children of this process that live now, for whoever has to tell of them: should this process be killed, they live on.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sys::process;

/// Leaders of groups, by pid, with their start times; and how often anything changed.
struct Live {
    leaders: BTreeMap<u32, u64>,
    changes: u64,
}

static LIVE: Mutex<Live> = Mutex::new(Live {
    leaders: BTreeMap::new(),
    changes: 0,
});
static CHANGED: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn add(pid: u32) {
    let start_time = process::stat(pid).map_or(0, |s| s.start_time);
    lock().leaders.insert(pid, start_time);
    notify();
}

pub(super) fn remove(pid: u32) {
    lock().leaders.remove(&pid);
    notify();
}

/// Pid and start time of each, the leader of its own group.
pub fn live() -> Vec<(u32, u64)> {
    lock().leaders.iter().map(|(pid, start)| (*pid, *start)).collect()
}

/// Waits until children come or go, or [`notify`] is called; at most so long. `known` is what the last call returned, 0 at first.
pub fn wait_for_change(known: u64, at_most: Duration) -> u64 {
    let unchanged = |live: &mut Live| live.changes == known;
    let (live, _) = CHANGED
        .wait_timeout_while(lock(), at_most, unchanged)
        .unwrap_or_else(PoisonError::into_inner);
    live.changes
}

/// Wakes those who wait.
pub fn notify() {
    lock().changes += 1;
    CHANGED.notify_all();
}
