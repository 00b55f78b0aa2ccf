//! A thread that keeps the locks of a running job: it detects within seconds that a file was removed, and updates the status file
//! when child processes start or exit.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Lock, LockError, Status};
use crate::sys::signals::ShutdownFlag;
use crate::sys::{child, clock};

const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Limit for the age of a status file.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The locks of a job; released when dropped.
#[derive(Debug)]
pub(crate) struct LockKeeper {
    state: Arc<Mutex<KeeperState>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct KeeperState {
    locks: Vec<Lock>,
    status: Status,
    /// Set when another process took one of the locks.
    lost: Option<LockError>,
    is_done: bool,
}

impl LockKeeper {
    /// Starts the thread. When a lock is lost to another process, it requests `stop`.
    pub(crate) fn start(locks: Vec<Lock>, stop: ShutdownFlag) -> io::Result<Self> {
        let is_empty = locks.is_empty();
        let mut state = KeeperState {
            locks,
            status: Status::default(),
            lost: None,
            is_done: false,
        };
        // Replaces the status of an earlier run that was killed.
        "starting".clone_into(&mut state.status.phase);
        state.write_status();
        let state = Arc::new(Mutex::new(state));
        let thread = if is_empty {
            None
        } else {
            let state = Arc::clone(&state);
            let work = move || keep_locks(&state, &stop);
            Some(thread::Builder::new().name("locks".to_owned()).spawn(work)?)
        };
        Ok(Self { state, thread })
    }

    /// Writes phase and progress to the status files; takes the locks again if their files were removed.
    pub(crate) fn set_phase(&self, phase: &str, done: u64, total: u64) -> Result<(), LockError> {
        let mut state = lock(&self.state);
        if let Some(lost) = state.lost.take() {
            return Err(lost);
        }
        state.ensure_files()?;
        phase.clone_into(&mut state.status.phase);
        (state.status.done, state.status.total) = (done, total);
        state.write_status();
        Ok(())
    }

    /// Returns the reason why a lock was lost, once.
    pub(crate) fn take_lost(&self) -> Option<LockError> {
        lock(&self.state).lost.take()
    }
}

impl Drop for LockKeeper {
    fn drop(&mut self) {
        lock(&self.state).is_done = true;
        child::notify();
        // A thread that panicked has released the locks.
        self.thread.take().map(JoinHandle::join);
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
            Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => {
                tracing::warn!(error = %e, "cannot check the lock file");
            }
        }
        if state.status.children != child::live() || clock::now().since(state.status.at) >= HEARTBEAT {
            state.write_status();
        }
    }
}

impl KeeperState {
    fn ensure_files(&mut self) -> Result<(), LockError> {
        self.locks.iter_mut().try_for_each(Lock::ensure_file)
    }

    /// Logs a failure; the job continues.
    fn write_status(&mut self) {
        self.status.children = child::live();
        self.status.at = clock::now();
        for lock in &self.locks {
            if let Err(e) = lock.write_status(&self.status) {
                tracing::warn!(error = %e, "cannot write the status file");
            }
        }
    }
}
