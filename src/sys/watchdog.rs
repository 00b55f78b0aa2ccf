//! The wall-clock end of a job that does not end by itself.
//!
//! A job gets a deadline. When it passes, the [`ShutdownFlag`] flag is set, so that the job gives up by itself with what is done
//! committed. If it has not ended after the grace, the watchdog ends the process: it is one of the two places that may.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::sys::signals::ShutdownFlag;

/// How long a job has, once told to stop, before it is ended.
pub const GRACE: Duration = Duration::from_secs(15);

/// What the job does now.
static STEP: Mutex<String> = Mutex::new(String::new());

/// Tells what the job does now: it is in the message, should it hang there.
pub fn set_step(step: &str) {
    let mut known = STEP.lock().unwrap_or_else(PoisonError::into_inner);
    step.clone_into(&mut known);
}

/// Watches this process: asks `stop` after `limit`, and ends the process with status 1 after [`GRACE`] more. Children are
/// ended by [`crate::sys::child`] as their own deadlines pass; those that are left then are killed with their groups.
pub fn start(job: &str, limit: Duration, stop: ShutdownFlag) -> std::io::Result<()> {
    let job = job.to_owned();
    std::thread::Builder::new().name("watchdog".into()).spawn(move || {
        std::thread::sleep(limit);
        stop.request();
        std::thread::sleep(GRACE);
        end(&job, limit);
    })?;
    Ok(())
}

#[expect(
    clippy::exit,
    reason = "the watchdog is one of the two places that may end the process"
)]
fn end(job: &str, limit: Duration) {
    // Nothing holds this for long; but nothing is waited for here.
    let step = STEP.try_lock().map(|s| s.clone()).unwrap_or_default();
    let at = if step.is_empty() {
        step
    } else {
        format!(" at its step \"{step}\"")
    };
    let text = format!(
        "{job}: still running{at} {} s after its --max-runtime of {} s; ended by its own watchdog. What was committed stands. \
         Something does not answer, such as a file system or a database that somebody has locked; see: mm-admin incident\n",
        GRACE.as_secs(),
        limit.as_secs()
    );
    crate::sys::child::kill_all();
    // The process ends in any case; a closed stderr must not stop that.
    drop(std::io::stderr().write_all(text.as_bytes()));
    std::process::exit(1);
}
