//! SIGINT and SIGTERM ask a job to stop; a second SIGINT ends it at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Set once somebody asked the job to stop. Long loops look at it and give up with what is done committed.
#[derive(Debug, Clone, Default)]
pub struct ShutdownFlag(Arc<AtomicBool>);

impl ShutdownFlag {
    /// Whether the job should give up.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks it to.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// From now on SIGINT and SIGTERM set the returned flag, and a SIGINT or SIGTERM that comes after one ends the process at once
/// with status 1.
pub fn watch() -> io::Result<ShutdownFlag> {
    let stop = ShutdownFlag::default();
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop.0))?;
        signal_hook::flag::register(signal, Arc::clone(&stop.0))?;
    }
    Ok(stop)
}
