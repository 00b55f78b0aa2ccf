//! The hook: a command (`crawl.hook`) that is called when a host is about to be disabled, disabled, re-enabled, or serves an
//! unknown hash. [`HELP`] documents its arguments and input.
//!
//! A thread of its own makes one call after the other, so that a slow command does not delay commits; the queue is bounded. A
//! failed call is logged and does not fail the run. A command that another user can change is not run.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::printable::printable_json;
use crate::sys::child::{self, ChildError};
use crate::sys::command;
use crate::sys::signals::ShutdownFlag;

const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Bounds memory if very many hosts change state at once.
const MAX_QUEUED_CALLS: usize = 256;
/// The output of the command that is retained for the log.
const MAX_OUTPUT_BYTES: u64 = 4 << 10;
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Time for a terminated command to exit.
const KILL_GRACE: Duration = Duration::from_secs(3);

/// The section about the hook in the manual of `mm-crawl`.
pub(crate) const HELP: &str = "\
Hook:
  crawl.hook is a command that is run for events of a host that operators should know. It is
  called with two more arguments, the event and the name of the host:
    warning HOST       crawl.warn_after_failures consecutive crawls failed; after
                       crawl.disable_after_failures the host is disabled
    disabled HOST      crawl.disable_after_failures consecutive crawls failed; the host is
                       disabled
    unknown-hash HOST  the host started to serve a repomd.xml that the master never had; its
                       directory is unlisted
    enabled HOST       the host was re-enabled after a successful crawl
  Standard input is one line of JSON, an object with the keys
    event, host    as the arguments
    site           the site of the host
    categories     the names of the affected categories
    reason         a short description
    run            the number of the run: see mm-admin runs
    at             the time, in seconds since 1970-01-01 UTC
    failures       the number of consecutive failed crawls
    contact        robot_email of the host, or null
  and for unknown-hash
    url            the URL of the file
    expected       the SHA-256 on the master
    seen           the SHA-256 on the mirror
  A call is terminated after 30 seconds. A failure is logged; the run continues. A command that
  others can change is not run: neither it, nor a script in its arguments, nor a directory above
  them may be writable for others than root and the user of the job.";

/// Returns the reason why the command is not run: another user can change what it does.
pub(crate) fn refusal(command: &[String]) -> Option<String> {
    let problem = command::find_changeable_by_others(command)?;
    Some(format!("crawl.hook is not run: {problem}; run: {}", problem.fix()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Event {
    /// The host will be disabled after further failures.
    Warning,
    /// The host was disabled after repeated failures.
    Disabled,
    UnknownHash,
    Enabled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnknownFile {
    pub url: String,
    /// The SHA-256 on the master.
    pub expected: String,
    /// The SHA-256 on the mirror.
    #[serde(rename = "seen")]
    pub received: String,
}

/// The input of one call; there is one call per host, event and run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HookEvent {
    pub event: Event,
    pub host: String,
    pub site: String,
    pub categories: Vec<String>,
    pub reason: String,
    pub run: RunId,
    /// The end of the host crawl.
    pub at: Timestamp,
    /// The number of consecutive failed crawls.
    pub failures: u32,
    /// The `robot_email` of the host.
    pub contact: Option<String>,
    /// The first such file, for [`Event::UnknownHash`].
    #[serde(flatten)]
    pub unknown_file: Option<UnknownFile>,
}

/// The number of hook calls by result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HookStats {
    pub succeeded: u64,
    pub failed: u64,
    /// Calls that were not made, because the queue was full or the run had ended.
    pub skipped: u64,
}

/// The thread that calls the command. If it is dropped without [`Hook::finish`], no further call is made.
#[derive(Debug)]
pub(crate) struct Hook {
    /// `None` = no command is configured.
    thread: Option<HookThread>,
}

#[derive(Debug)]
struct HookThread {
    queue: SyncSender<HookEvent>,
    /// Disconnected when the thread has exited.
    exited: Receiver<()>,
    stats: Arc<Mutex<HookStats>>,
    /// Terminates the call in progress and skips the rest.
    abort: ShutdownFlag,
}

impl Hook {
    /// Starts the thread for `command`, a program and its arguments; empty = no hook.
    pub(crate) fn start(command: Vec<String>) -> io::Result<Self> {
        if command.is_empty() {
            return Ok(Self { thread: None });
        }
        let (queue, events) = mpsc::sync_channel(MAX_QUEUED_CALLS);
        let (sender, exited) = mpsc::channel();
        let (stats, abort) = (Arc::new(Mutex::new(HookStats::default())), ShutdownFlag::default());
        let (thread_stats, thread_abort) = (Arc::clone(&stats), abort.clone());
        thread::Builder::new().name("hook".to_owned()).spawn(move || {
            for event in events {
                count(&thread_stats, call(&command, &event, &thread_abort));
            }
            drop::<mpsc::Sender<()>>(sender);
        })?;
        Ok(Self {
            thread: Some(HookThread {
                queue,
                exited,
                stats,
                abort,
            }),
        })
    }

    /// Queues a call. If the queue is full, the call is skipped and logged.
    pub(crate) fn send(&self, event: HookEvent) {
        let Some(thread) = &self.thread else { return };
        if let Err(TrySendError::Full(skipped) | TrySendError::Disconnected(skipped)) = thread.queue.try_send(event) {
            count(&thread.stats, None);
            let (event, host) = (skipped.event, skipped.host);
            tracing::warn!(%event, host, "hook call skipped: the queue is full");
        }
    }

    /// Terminates the call in progress and skips the rest, without waiting.
    pub(crate) fn abort(&self) {
        if let Some(thread) = &self.thread {
            thread.abort.request();
        }
    }

    /// Waits for the queued calls, at most for `timeout` or until a shutdown request; then terminates the call in progress and
    /// skips the rest.
    pub(crate) fn finish(mut self, timeout: Duration, stop: &ShutdownFlag) -> HookStats {
        let Some(thread) = self.thread.take() else {
            return HookStats::default();
        };
        drop(thread.queue);
        let deadline = Instant::now() + timeout;
        let mut state = thread.exited.recv_timeout(Duration::ZERO);
        while state == Err(RecvTimeoutError::Timeout) && Instant::now() < deadline && !stop.is_requested() {
            let left = deadline.saturating_duration_since(Instant::now());
            state = thread.exited.recv_timeout(STOP_POLL_INTERVAL.min(left));
        }
        if state == Err(RecvTimeoutError::Timeout) {
            thread.abort.request();
            // Nothing is ever sent; the channel is disconnected when the thread exits. A command that cannot be killed is abandoned.
            thread.exited.recv_timeout(KILL_GRACE).unwrap_or_default();
        }
        *thread.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Counts a call; `None` = skipped.
fn count(stats: &Mutex<HookStats>, success: Option<bool>) {
    let mut stats = stats.lock().unwrap_or_else(PoisonError::into_inner);
    match success {
        None => stats.skipped += 1,
        Some(true) => stats.succeeded += 1,
        Some(false) => stats.failed += 1,
    }
}

/// Runs the command. Returns true if it succeeded, `None` if it was skipped because the run has ended.
fn call(command: &[String], event: &HookEvent, abort: &ShutdownFlag) -> Option<bool> {
    let (name, host) = (event.event.to_string(), event.host.as_str());
    let (program, own_args) = command.split_first()?;
    if abort.is_requested() {
        tracing::warn!(event = name, host, "hook call skipped: the run has ended");
        return None;
    }
    if let Some(reason) = refusal(command) {
        tracing::warn!(event = name, host, "{reason}");
        return Some(false);
    }
    let mut args = own_args.to_vec();
    args.extend([name.clone(), host.to_owned()]);
    let limits = child::ChildLimits {
        deadline: Instant::now() + CALL_TIMEOUT,
        output: MAX_OUTPUT_BYTES,
        stop: abort.clone(),
    };
    // Commands print or mail what they get.
    let json = serde_json::json!(event).to_string();
    let input = format!("{}\n", printable_json(&json));
    let error = match child::run(program, "", &args, Some(input.as_bytes()), &limits) {
        Ok(finished) if finished.is_success() => return Some(true),
        Ok(finished) => finished.last_error_line(),
        Err(ChildError::Missing { program, .. }) => format!("program not found: {program}"),
        Err(e @ (ChildError::Start { .. } | ChildError::Deadline(_) | ChildError::Stopped(_))) => e.to_string(),
    };
    tracing::warn!(event = name, host, error, "hook call failed");
    Some(false)
}

#[cfg(test)]
mod tests;
