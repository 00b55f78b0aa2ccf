//! The running child processes. They are listed in the status file, because they survive if this process is killed.
//!
//! A process that left the group of its child (setsid(2), a daemon) is a *stray*. [`adopt_strays`] makes this process the parent of
//! strays whose own parent exits, so that they are found.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::activity;
use crate::sys::process::{self, ProcessId};

struct RunningChild {
    start_time: u64,
    program: String,
    subject: Option<String>,
    /// The resources that it had used at `progressed_at`.
    counter: u64,
    progressed_at: Instant,
}

struct RunningChildren {
    /// By PID; each child leads a process group.
    leaders: BTreeMap<u32, RunningChild>,
    /// Number of changes so far.
    changes: u64,
}

/// A child process, as it is at present.
#[derive(Debug, Clone)]
pub(crate) struct ChildSample {
    pub id: ProcessId,
    pub program: String,
    /// The activity of the thread that started it.
    pub subject: Option<String>,
    /// The time since it last used the processor, read or wrote.
    pub idle: Duration,
}

static RUNNING: Mutex<RunningChildren> = Mutex::new(RunningChildren {
    leaders: BTreeMap::new(),
    changes: 0,
});
static CHANGED: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, RunningChildren> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn add(pid: u32, program: &str) {
    let child = RunningChild {
        start_time: process::stat(pid).map_or(0, |s| s.start_time),
        program: program.rsplit('/').next().unwrap_or(program).to_owned(),
        subject: activity::current_subject(),
        counter: 0,
        progressed_at: Instant::now(),
    };
    lock().leaders.insert(pid, child);
    notify();
}

pub(super) fn remove(pid: u32) {
    lock().leaders.remove(&pid);
    notify();
}

/// Returns the identity of each running child.
pub(crate) fn live() -> Vec<ProcessId> {
    let running = lock();
    let ids = running.leaders.iter().map(|(pid, child)| ProcessId {
        pid: *pid,
        start_time: child.start_time,
    });
    ids.collect()
}

/// Returns the running children, with the time since each made progress; it is measured from call to call. The progress of a child is
/// recorded as progress of the job.
pub(crate) fn sample() -> Vec<ChildSample> {
    let mut running = lock();
    let samples = running.leaders.iter_mut().map(|(pid, child)| {
        let counter = process::resource_counter(*pid);
        if counter != child.counter {
            (child.counter, child.progressed_at) = (counter, Instant::now());
            activity::record_progress();
        }
        ChildSample {
            id: ProcessId {
                pid: *pid,
                start_time: child.start_time,
            },
            program: child.program.clone(),
            subject: child.subject.clone(),
            idle: child.progressed_at.elapsed(),
        }
    });
    samples.collect()
}

/// True if all children of this process that are not leaders are strays.
static ADOPTS: AtomicBool = AtomicBool::new(false);

/// Makes this process the parent of all descendants whose parent exits. Does nothing if it has children already, those of a shell
/// that replaced itself by this program: their descendants could not be told from strays.
pub(crate) fn adopt_strays() -> io::Result<()> {
    if children()?.is_empty() {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        ADOPTS.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Returns the processes that left the group of a child and lost their parent; none without [`adopt_strays`].
pub(crate) fn strays() -> io::Result<Vec<ProcessId>> {
    if ADOPTS.load(Ordering::Relaxed) {
        children()
    } else {
        Ok(Vec::new())
    }
}

/// Returns the running children that are not leaders.
fn children() -> io::Result<Vec<ProcessId>> {
    let all = process::all()?;
    let leaders = live();
    let own = std::process::id();
    let strays = all.iter().filter(|(_, stat)| stat.parent == own && stat.state != 'Z');
    let strays = strays.map(|(pid, stat)| ProcessId {
        pid: *pid,
        start_time: stat.start_time,
    });
    Ok(strays.filter(|id| !leaders.contains(id)).collect())
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
