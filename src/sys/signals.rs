//! Signals: the first SIGINT or SIGTERM requests a shutdown, the second one exits immediately.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// A request to stop early. Long loops check it, and stop with finished work committed.
#[derive(Debug, Clone, Default)]
pub struct ShutdownFlag(Arc<AtomicBool>);

impl ShutdownFlag {
    /// Returns true if the job must stop.
    pub(crate) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Requests the job to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Registers handlers for SIGINT and SIGTERM: the first signal sets the returned flag, the next one exits with status 1.
pub(crate) fn watch() -> io::Result<ShutdownFlag> {
    let stop = ShutdownFlag::default();
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop.0))?;
        signal_hook::flag::register(signal, Arc::clone(&stop.0))?;
    }
    Ok(stop)
}
