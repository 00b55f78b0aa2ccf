//! Signals: the first SIGINT or SIGTERM requests a shutdown, the second one exits immediately. An abort is a failure with a status.

use std::io;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM};

use super::stderr::print_line;

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

/// Makes an abort, which is how Rust ends a program that is refused memory, exit with status 1 instead of a signal and a core dump.
pub(crate) fn exit_on_abort() -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register_conditional_shutdown(SIGABRT, 1, always)?;
    Ok(())
}

/// Does `work` of a library that panics instead of returning an error: a panic meanwhile, in any thread, ends the program with
/// `message` and status 1.
pub(crate) fn exit_on_panic<T>(message: &'static str, work: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let why = info.payload_as_str().unwrap_or_default();
        print_line(&format!("{message}: {why}"));
        // See `exit_on_abort`.
        std::process::abort();
    }));
    let result = work();
    panic::set_hook(hook);
    result
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
