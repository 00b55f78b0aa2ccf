//! The watchdog of a job with a time limit.
//!
//! At the deadline it sets the [`ShutdownFlag`], so that the job stops with finished work committed. If the job has not exited after a
//! grace period, the watchdog exits the process. Only this module and [`crate::sys::signals`] may do so.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::sys::signals::ShutdownFlag;

/// Time between the request to stop and the exit of the process.
pub(crate) const GRACE: Duration = Duration::from_secs(15);

static STEP: Mutex<String> = Mutex::new(String::new());

/// Sets the present step, which is named in the message of the watchdog.
pub(crate) fn set_step(step: &str) {
    let mut known = STEP.lock().unwrap_or_else(PoisonError::into_inner);
    step.clone_into(&mut known);
}

/// Starts the watchdog: requests `stop` after `limit`, and exits the process with status 1 after another [`GRACE`]. Child processes
/// that are still running then are killed with their process groups.
pub(crate) fn start(job: &str, limit: Duration, stop: ShutdownFlag) -> std::io::Result<()> {
    let job = job.to_owned();
    std::thread::Builder::new().name("watchdog".into()).spawn(move || {
        std::thread::sleep(limit);
        stop.request();
        std::thread::sleep(GRACE);
        exit(&job, limit);
    })?;
    Ok(())
}

#[expect(
    clippy::exit,
    reason = "the watchdog is one of the two places that may exit the process"
)]
fn exit(job: &str, limit: Duration) {
    // The lock is held only for an instant, but the watchdog must never wait.
    let step = STEP.try_lock().map(|s| s.clone()).unwrap_or_default();
    let at = if step.is_empty() {
        step
    } else {
        format!(" at step \"{step}\"")
    };
    let text = format!(
        "{job}: still running{at} {} s after its --max-runtime of {} s; terminated by its watchdog, finished work is kept. \
         A file system may not respond, or another process may lock the database; see: mm-admin incident\n",
        GRACE.as_secs(),
        limit.as_secs()
    );
    crate::sys::child::kill_all();
    // The process must exit even if stderr is closed.
    drop(std::io::stderr().write_all(text.as_bytes()));
    std::process::exit(1);
}
