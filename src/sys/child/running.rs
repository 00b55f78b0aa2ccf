//! The running child processes. They are listed in the status file, because they survive if this process is killed.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sys::process;

struct RunningChildren {
    /// Start time by PID; each child leads a process group.
    leaders: BTreeMap<u32, u64>,
    /// Number of changes so far.
    changes: u64,
}

static RUNNING: Mutex<RunningChildren> = Mutex::new(RunningChildren {
    leaders: BTreeMap::new(),
    changes: 0,
});
static CHANGED: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, RunningChildren> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Returns PID and start time of each running child.
pub(crate) fn live() -> Vec<(u32, u64)> {
    lock().leaders.iter().map(|(pid, start)| (*pid, *start)).collect()
}

/// Waits until a child starts or exits, or [`notify`] is called, but at most for `timeout`. `known` is the result of the last call,
/// initially 0.
pub(crate) fn wait_for_change(known: u64, timeout: Duration) -> u64 {
    let unchanged = |running: &mut RunningChildren| running.changes == known;
    let (running, _) = CHANGED
        .wait_timeout_while(lock(), timeout, unchanged)
        .unwrap_or_else(PoisonError::into_inner);
    running.changes
}

/// Wakes all callers of [`wait_for_change`].
pub(crate) fn notify() {
    lock().changes += 1;
    CHANGED.notify_all();
}
