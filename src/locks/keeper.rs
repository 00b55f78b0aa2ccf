//! The locks of a job under way, kept by a thread of their own: it notices within seconds that somebody removed a file, however
//! long a step of the job takes, and tells of child processes as they come and go.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Lock, LockError, Status};
use crate::sys::signals::ShutdownFlag;
use crate::sys::{child, clock};

/// How often the files are looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// How often a job says that it lives, while it has nothing else to say.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The locks of a job; freed when dropped.
#[derive(Debug)]
pub struct LockKeeper {
    held: Arc<Mutex<Held>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Held {
    locks: Vec<Lock>,
    /// What the job said last.
    status: Status,
    /// Set when somebody else took one of them.
    lost: Option<LockError>,
    over: bool,
}

impl LockKeeper {
    /// Keeps these locks. When one is lost to somebody else, `stop` is asked.
    pub fn start(locks: Vec<Lock>, stop: ShutdownFlag) -> io::Result<Self> {
        let none = locks.is_empty();
        let mut held = Held {
            locks,
            status: Status::default(),
            lost: None,
            over: false,
        };
        // What a dead job said last is not what this one does.
        "starting".clone_into(&mut held.status.phase);
        held.write();
        let held = Arc::new(Mutex::new(held));
        let thread = if none {
            None
        } else {
            let held = Arc::clone(&held);
            let keep = move || keep(&held, &stop);
            Some(thread::Builder::new().name("locks".to_owned()).spawn(keep)?)
        };
        Ok(Self { held, thread })
    }

    /// Tells `mm-locks` what the job does now; takes the locks anew when somebody removed their files.
    pub fn set_phase(&self, phase: &str, done: u64, total: u64) -> Result<(), LockError> {
        let mut held = lock(&self.held);
        if let Some(lost) = held.lost.take() {
            return Err(lost);
        }
        held.keep()?;
        phase.clone_into(&mut held.status.phase);
        (held.status.done, held.status.total) = (done, total);
        held.write();
        Ok(())
    }

    /// Why a lock is no longer held, if that was not told yet.
    pub fn take_lost(&self) -> Option<LockError> {
        lock(&self.held).lost.take()
    }
}

impl Drop for LockKeeper {
    fn drop(&mut self) {
        lock(&self.held).over = true;
        child::notify();
        // The thread holds nothing but the locks; one that panicked has let go of them.
        self.thread.take().map(JoinHandle::join);
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(held: &Mutex<Held>, stop: &ShutdownFlag) {
    let mut known = 0;
    loop {
        known = child::wait_for_change(known, CHECK_INTERVAL);
        let mut held = lock(held);
        if held.over {
            return;
        }
        if held.lost.is_some() {
            continue;
        }
        match held.keep() {
            Ok(()) => {}
            Err(e @ LockError::Held { .. }) => {
                tracing::error!(error = %e, "somebody removed the lock, and another run has it now");
                held.lost = Some(e);
                stop.request();
            }
            Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => {
                tracing::warn!(error = %e, "cannot see whether the lock is still there");
            }
        }
        if held.status.children != child::live() || clock::now().since(held.status.at) >= HEARTBEAT {
            held.write();
        }
    }
}

impl Held {
    fn keep(&mut self) -> Result<(), LockError> {
        self.locks.iter_mut().try_for_each(Lock::ensure_file)
    }

    /// Fails without harm: the job goes on.
    fn write(&mut self) {
        self.status.children = child::live();
        self.status.at = clock::now();
        for lock in &self.locks {
            if let Err(e) = lock.write_status(&self.status) {
                tracing::warn!(error = %e, "cannot write the status file");
            }
        }
    }
}
