//! The hook: a command of the admin's (`crawl.hook`) that is told when a host is warned, switched off, foreign, or back.
//!
//! It runs in a thread of its own, one call after the other, so that a slow one does not keep the writer waiting; the queue has an
//! end. A call that fails is a warning in the log and fails no run. What the command is given is told to people by [`HELP`].

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::sys::child::{self, ChildError};
use crate::sys::signals::ShutdownFlag;

/// The longest one call may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How many calls may wait: more than that happens only when everything is on fire, and then a few hundred say so too.
const QUEUE: usize = 256;
/// How much of what the command says is kept, in bytes.
const OUTPUT: u64 = 4 << 10;
/// How often it is looked whether the job was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a command that is ended may take to end.
const KILL_GRACE: Duration = Duration::from_secs(3);

/// The section of the manual of `mm-crawl`.
pub const HELP: &str = "\
Hook:
  crawl.hook is a command that is run when something happens to a host that people should
  know of. It is given two more arguments, what happened and the host:
    warned HOST    crawl.warn_after_failures crawls in a row got no answer; after crawl.disable_after_failures
                   it is switched off
    disabled HOST  crawl.disable_after_failures crawls in a row got no answer, and it is switched off
    foreign HOST   it began to serve a repomd.xml that the master never had, and is off the
                   list
    restored HOST  it answers again and is switched on
  On its stdin there is one line of JSON, an object with the keys
    event, host    as the arguments
    site           the host's site
    categories     names of the categories that are concerned
    reason         one sentence
    run            the number of the run: see mm-admin runs
    at             when, in seconds since 1970-01-01 UTC
    failures       crawls in a row without any answer
    contact        the host's robot_email, or null
  and for foreign
    url            where
    expected       the SHA-256 of what the master has
    seen           the SHA-256 of what the mirror has
  It has 30 seconds. That it fails is a line in the log; the run goes on.";

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It failed some times in a row; some more, and it is switched off.
    Warning,
    /// It was switched off after failures.
    Disabled,
    /// It serves what the master never had.
    UnknownHash,
    /// It is switched on again.
    Enabled,
}

impl Event {
    /// As it is handed over.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Disabled => "disabled",
            Self::UnknownHash => "unknown-hash",
            Self::Enabled => "enabled",
        }
    }
}

/// Where a host serves what the master never had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignFile {
    /// The URL.
    pub url: String,
    /// The master's SHA-256.
    pub expected: String,
    /// The mirror's.
    pub seen: String,
}

/// What the command is told, once for each host, event and run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEvent {
    /// What happened.
    pub event: Event,
    /// To whom.
    pub host: String,
    /// The host's site.
    pub site: String,
    /// The categories that are concerned.
    pub categories: Vec<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// The run.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
    /// Crawls in a row without any answer.
    pub failures: u32,
    /// The host's `robot_email`.
    pub contact: Option<String>,
    /// For [`Event::Foreign`]: the first file that is.
    pub foreign: Option<ForeignFile>,
}

impl HookEvent {
    /// The line of JSON, with its end.
    fn json(&self) -> String {
        let mut object = serde_json::json!({
            "event": self.event,
            "host": self.host,
            "site": self.site,
            "categories": self.categories,
            "reason": self.reason,
            "run": self.run,
            "at": self.at,
            "failures": self.failures,
            "contact": self.contact,
        });
        if let (Some(object), Some(foreign)) = (object.as_object_mut(), &self.foreign) {
            for (key, value) in [
                ("url", &foreign.url),
                ("expected", &foreign.expected),
                ("seen", &foreign.seen),
            ] {
                object.insert(key.to_owned(), value.as_str().into());
            }
        }
        format!("{object}\n")
    }
}

/// What became of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct HookStats {
    /// Those that ended with status 0.
    pub done: u64,
    /// Those that failed or were ended.
    pub failed: u64,
    /// Those that were not made, because the queue was full or the run had ended.
    pub left_out: u64,
}

/// The thread that calls the command. Dropped without [`Hook::finish`], it makes no further call.
#[derive(Debug)]
pub struct Hook {
    /// `None` = there is no command.
    thread: Option<Thread>,
}

#[derive(Debug)]
struct Thread {
    queue: SyncSender<HookEvent>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
    calls: Arc<Mutex<HookStats>>,
    /// Ends the call under way, and makes the thread leave out the rest.
    over: ShutdownFlag,
}

impl Hook {
    /// A hook that runs `command`: a program and its arguments, none = nobody is told. An error is that of starting a thread.
    pub fn start(command: Vec<String>) -> io::Result<Self> {
        if command.is_empty() {
            return Ok(Self { thread: None });
        }
        let (queue, notices) = mpsc::sync_channel(QUEUE);
        let (tell, ended) = mpsc::channel();
        let (calls, over) = (Arc::new(Mutex::new(HookStats::default())), ShutdownFlag::default());
        let (counts, stop) = (Arc::clone(&calls), over.clone());
        thread::Builder::new().name("hook".to_owned()).spawn(move || {
            for notice in notices {
                count(&counts, call(&command, &notice, &stop));
            }
            drop::<mpsc::Sender<()>>(tell);
        })?;
        Ok(Self {
            thread: Some(Thread {
                queue,
                ended,
                calls,
                over,
            }),
        })
    }

    /// Has the command told, when its turn comes. When too many wait it is not, which the log says.
    pub fn send(&self, notice: HookEvent) {
        let Some(thread) = &self.thread else { return };
        if let Err(TrySendError::Full(notice) | TrySendError::Disconnected(notice)) = thread.queue.try_send(notice) {
            count(&thread.calls, None);
            let (event, host) = (notice.event.as_str(), notice.host);
            tracing::warn!(event, host, "the hook was not told: too many calls wait");
        }
    }

    /// Ends the call under way and leaves out the rest, without waiting for it.
    pub fn abort(&self) {
        if let Some(thread) = &self.thread {
            thread.over.request();
        }
    }

    /// Lets the calls that wait be made, for so long at most, or until the job is asked to stop; then ends the one under way and
    /// leaves out the rest.
    pub fn finish(mut self, at_most: Duration, stop: &ShutdownFlag) -> HookStats {
        let Some(thread) = self.thread.take() else {
            return HookStats::default();
        };
        let Thread {
            queue,
            ended,
            calls,
            over,
        } = thread;
        drop(queue);
        let until = Instant::now() + at_most;
        let mut said = ended.recv_timeout(Duration::ZERO);
        while said == Err(RecvTimeoutError::Timeout) && Instant::now() < until && !stop.is_requested() {
            said = ended.recv_timeout(GLANCE.min(until.saturating_duration_since(Instant::now())));
        }
        if said == Err(RecvTimeoutError::Timeout) {
            over.request();
            // Nothing is ever sent: it is closed with the thread, or a command cannot be ended and nobody waits for it.
            ended.recv_timeout(KILL_GRACE).unwrap_or_default();
        }
        *calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.abort();
    }
}

/// `None` = the call was not made.
fn count(calls: &Mutex<HookStats>, went_well: Option<bool>) {
    let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
    match went_well {
        None => calls.left_out += 1,
        Some(true) => calls.done += 1,
        Some(false) => calls.failed += 1,
    }
}

/// Makes a call; whether it went well. `None` = it is over, and no call is made.
fn call(command: &[String], notice: &HookEvent, stop: &ShutdownFlag) -> Option<bool> {
    let (event, host) = (notice.event.as_str(), notice.host.as_str());
    let (program, own) = command.split_first()?;
    if stop.is_requested() {
        tracing::warn!(event, host, "the hook was not told: the run has ended");
        return None;
    }
    let mut args = own.to_vec();
    args.extend([event.to_owned(), host.to_owned()]);
    let limits = child::ChildLimits {
        deadline: Instant::now() + DEADLINE,
        output: OUTPUT,
        stop: stop.clone(),
    };
    let failure = match child::run_with_input(program, "", &args, notice.json().as_bytes(), &limits) {
        Ok(finished) if finished.ok() => return Some(true),
        Ok(finished) => finished.last_error_line(),
        Err(ChildError::Missing { program, .. }) => format!("there is no program {program}"),
        Err(e @ (ChildError::Start { .. } | ChildError::Deadline(_) | ChildError::Stopped(_))) => e.to_string(),
    };
    tracing::warn!(event, host, failure, "the hook failed");
    Some(false)
}

#[cfg(test)]
mod tests;
