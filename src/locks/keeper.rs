//! A thread that keeps the locks of a running job: it detects within seconds that a file was removed, and updates the status files
//! when child processes start or exit, and at least every few seconds.
//!
//! Besides the locks of the job as a whole there are those of single mirrors, which workers take and release ([`LockSet::acquire`]).

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{ActivityStatus, ChildStatus, Lock, LockError, Request, Status, acquire};
use crate::model::Timestamp;
use crate::sys::process::ProcessId;
use crate::sys::signals::ShutdownFlag;
use crate::sys::{activity, child, clock, process};

const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Limit for the age of a status file.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Limit for the activities in a status file; those that made no progress for the longest time are kept.
const MAX_ACTIVITIES: usize = 500;

/// The locks of a job; released when dropped.
#[derive(Debug)]
pub(crate) struct LockKeeper {
    locks: LockSet,
    thread: Option<JoinHandle<()>>,
}

/// The locks of a job, for the threads that take further ones.
#[derive(Debug, Clone)]
pub(crate) struct LockSet {
    dir: PathBuf,
    state: Arc<Mutex<KeeperState>>,
}

/// A lock in a [`LockSet`]; released when dropped.
#[derive(Debug)]
pub(crate) struct KeptLock {
    id: u64,
    state: Arc<Mutex<KeeperState>>,
}

#[derive(Debug)]
struct KeeperState {
    /// The locks of the job as a whole.
    locks: Vec<Lock>,
    /// The locks of single mirrors.
    mirrors: BTreeMap<u64, Lock>,
    /// The number of mirror locks so far.
    taken: u64,
    status: Status,
    strays: Vec<ProcessId>,
    last_heartbeat: Instant,
    /// Set when another process took one of the locks.
    lost: Option<LockError>,
    is_done: bool,
}

impl LockKeeper {
    /// Starts the thread. When a lock is lost to another process, it requests `stop`. Further locks are taken in `dir`.
    pub(crate) fn start(dir: PathBuf, locks: Vec<Lock>, stop: ShutdownFlag) -> io::Result<Self> {
        activity::record_progress();
        let mut state = KeeperState {
            locks,
            mirrors: BTreeMap::new(),
            taken: 0,
            status: Status::default(),
            strays: Vec::new(),
            last_heartbeat: Instant::now(),
            lost: None,
            is_done: false,
        };
        // Replaces the status of an earlier run that was killed.
        "starting".clone_into(&mut state.status.phase);
        state.write_status();
        let state = Arc::new(Mutex::new(state));
        let thread_state = Arc::clone(&state);
        let work = move || keep_locks(&thread_state, &stop);
        let thread = thread::Builder::new().name("locks".to_owned()).spawn(work)?;
        Ok(Self {
            locks: LockSet { dir, state },
            thread: Some(thread),
        })
    }

    /// Returns a handle for threads that take the locks of mirrors.
    pub(crate) const fn lock_set(&self) -> &LockSet {
        &self.locks
    }

    /// Writes phase and progress to the status files; takes the locks again if their files were removed.
    pub(crate) fn set_phase(&self, phase: &str, done: u64, total: u64) -> Result<(), LockError> {
        let mut state = self.locks.lock();
        if let Some(lost) = state.lost.take() {
            return Err(lost);
        }
        state.ensure_files()?;
        let status = &mut state.status;
        if (status.phase.as_str(), status.done, status.total) != (phase, done, total) {
            activity::record_progress();
            phase.clone_into(&mut status.phase);
            (status.done, status.total) = (done, total);
        }
        state.write_status();
        Ok(())
    }

    /// Returns the reason why a lock was lost, once.
    pub(crate) fn take_lost(&self) -> Option<LockError> {
        self.locks.lock().lost.take()
    }
}

impl Drop for LockKeeper {
    fn drop(&mut self) {
        self.locks.lock().is_done = true;
        child::notify();
        // A thread that panicked has released the locks.
        self.thread.take().map(JoinHandle::join);
        // Workers that were abandoned may still refer to the state.
        let mut state = self.locks.lock();
        state.locks.clear();
        state.mirrors.clear();
    }
}

impl LockSet {
    fn lock(&self) -> MutexGuard<'_, KeeperState> {
        lock(&self.state)
    }

    /// Takes the lock of a mirror, like [`acquire`]; the thread of the job keeps it.
    pub(crate) fn acquire(
        &self,
        request: &Request,
        wait: Duration,
        stop: &ShutdownFlag,
    ) -> Result<KeptLock, LockError> {
        let taken = acquire(&self.dir, request, wait, stop)?;
        let mut state = self.lock();
        state.taken += 1;
        let id = state.taken;
        state.write_mirror_status(&taken);
        if !state.is_done {
            state.mirrors.insert(id, taken);
        }
        Ok(KeptLock {
            id,
            state: Arc::clone(&self.state),
        })
    }
}

impl Drop for KeptLock {
    fn drop(&mut self) {
        let released = lock(&self.state).mirrors.remove(&self.id);
        drop(released);
    }
}

fn lock(state: &Mutex<KeeperState>) -> MutexGuard<'_, KeeperState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_locks(state: &Mutex<KeeperState>, stop: &ShutdownFlag) {
    let mut last_change = 0;
    loop {
        last_change = child::wait_for_change(last_change, CHECK_INTERVAL);
        let mut state = lock(state);
        if state.is_done {
            return;
        }
        if state.lost.is_some() {
            continue;
        }
        match state.ensure_files() {
            Ok(()) => {}
            Err(e @ LockError::Held { .. }) => {
                tracing::error!(error = %e, "the lock file was removed, and another run has taken the lock");
                state.lost = Some(e);
                stop.request();
            }
            Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. } | LockError::UnsafeDirectory(_))) => {
                tracing::warn!(error = %e, "cannot check the lock file");
            }
        }
        let is_due = state.last_heartbeat.elapsed() >= HEARTBEAT;
        if is_due {
            state.last_heartbeat = Instant::now();
            // Without /proc, strays are not found.
            state.strays = child::strays().unwrap_or_default();
        }
        if is_due || state.has_other_children() {
            state.write_status();
            // The children are in the status of the job, if it has a lock of its own.
            if is_due || state.locks.is_empty() {
                state.write_mirror_statuses();
            }
        }
    }
}

impl KeeperState {
    fn ensure_files(&mut self) -> Result<(), LockError> {
        let all = self.locks.iter_mut().chain(self.mirrors.values_mut());
        all.into_iter().try_for_each(Lock::ensure_file)
    }

    /// Returns true if a child started or exited since the status was written.
    fn has_other_children(&self) -> bool {
        let written = self.status.children.iter().map(ChildStatus::id);
        let written = written.filter(|id| !self.strays.contains(id));
        !written.eq(child::live())
    }

    /// Logs a failure; the job continues.
    fn write_status(&mut self) {
        let now = clock::now();
        let samples = child::sample().into_iter().map(|c| ChildStatus {
            pid: c.id.pid,
            start_time: c.id.start_time,
            program: c.program,
            subject: c.subject,
            progressed_at: now.minus(c.idle),
        });
        let strays = self.strays.iter().filter(|id| id.is_running());
        let strays = strays.map(|id| ChildStatus {
            pid: id.pid,
            start_time: id.start_time,
            program: process::cmdline(id.pid).into_iter().next().unwrap_or_default(),
            subject: None,
            progressed_at: now,
        });
        self.status.children = samples.chain(strays).collect();
        self.status.activities = activities(now);
        self.status.progressed_at = now.minus(activity::job_idle_time());
        self.status.at = now;
        for lock in &self.locks {
            write(lock, &self.status);
        }
    }

    fn write_mirror_statuses(&self) {
        for lock in self.mirrors.values() {
            self.write_mirror_status(lock);
        }
    }

    /// Writes the part of the status that concerns one mirror.
    fn write_mirror_status(&self, lock: &Lock) {
        let (now, subject) = (clock::now(), lock.request.scope.as_deref());
        let mut activities = activities(now);
        activities.retain(|a| Some(a.subject.as_str()) == subject);
        let phase = if activities.is_empty() {
            "waiting to be stored"
        } else {
            "crawling"
        };
        let children = self.status.children.iter().filter(|c| c.subject.as_deref() == subject);
        let status = Status {
            phase: phase.to_owned(),
            at: now,
            progressed_at: activities.first().map_or(now, |a| a.progressed_at),
            children: children.cloned().collect(),
            activities,
            ..Status::default()
        };
        write(lock, &status);
    }
}

fn activities(now: Timestamp) -> Vec<ActivityStatus> {
    let mut all = activity::idle_times();
    all.sort_by_key(|(_, idle)| std::cmp::Reverse(*idle));
    let all = all.into_iter().take(MAX_ACTIVITIES);
    let all = all.map(|(subject, idle)| ActivityStatus {
        subject,
        progressed_at: now.minus(idle),
    });
    all.collect()
}

fn write(lock: &Lock, status: &Status) {
    if let Err(e) = lock.write_status(status) {
        tracing::warn!(error = %e, "cannot write the status file");
    }
}
