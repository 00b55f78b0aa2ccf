//! All targets, a few at a time: push, verify, activate, prove, prune.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::local::Local;
use super::proof::{Proof, ask};
use super::remote::Remote;
use crate::config::{SyncConfig, TargetConfig};
use crate::mirrorlist::generation::{GenerationId, Manifest};
use crate::model::place::Place;
use crate::sys::child::Limits;
use crate::sys::http::Agent;
use crate::sys::signals::Stop;

/// How much of what a program on a target says is kept: a manifest of some ten thousand files.
const MAX_OUTPUT: u64 = 8 << 20;

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It had the generation already, and its server says so.
    Current,
    /// It has it now.
    Updated,
    /// It has it, but its server did not say so.
    Unproven,
    /// Its server did not take the generation: the one before is current again.
    Restored,
    /// Its server did not take the generation, and the one before could not be made current again: the new one is.
    Unrestored,
    /// Nothing was changed there.
    Failed,
    /// A dry run: it would get it.
    Pending,
}

/// What is current at a target.
#[derive(Debug, Clone)]
pub(super) struct Present {
    /// Its manifest.
    pub(super) manifest: Manifest,
    /// Whether all files are as the manifest has them.
    pub(super) whole: bool,
}

/// What became of one target.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The target.
    pub target: String,
    /// Where it lies.
    pub to: String,
    /// What became of it.
    pub state: State,
    /// The generation that was current there before.
    pub before: Option<GenerationId>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What went wrong, and what heals it; empty when all went well.
    pub message: String,
}

/// Pushes one generation to targets.
#[derive(Debug)]
pub struct Publisher<'a> {
    /// The settings.
    pub config: &'a SyncConfig,
    /// Where the generation lies here.
    pub source: PathBuf,
    /// Its manifest; its files were compared with it.
    pub manifest: Manifest,
    /// Asks the servers.
    pub agent: Agent,
    /// Only look.
    pub dry_run: bool,
    /// Asked when to give up.
    pub stop: Stop,
}

impl Publisher<'_> {
    /// Serves all targets, at most `width` at a time; outcomes in the order of the targets. `done` is told of each as it ends.
    pub fn run(&self, targets: &[(TargetConfig, Place)], done: &(dyn Fn(&Outcome) + Sync)) -> Vec<Outcome> {
        let next = AtomicUsize::new(0);
        let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::new());
        let width = usize::try_from(self.config.width.max(1))
            .unwrap_or(1)
            .min(targets.len());
        std::thread::scope(|scope| {
            for _ in 0..width {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let Some((target, place)) = targets.get(n) else { break };
                        let outcome = self.serve(target, place);
                        done(&outcome);
                        outcomes
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((n, outcome));
                    }
                });
            }
        });
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(n, _)| *n);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn serve(&self, target: &TargetConfig, place: &Place) -> Outcome {
        let begun = Instant::now();
        let deadline = begun + self.config.target_deadline.get();
        let there = There::new(self.config, place, deadline, &self.stop);
        let mut before = None;
        let (state, message) = match self.publish(target, place, &there, &mut before, deadline) {
            Ok(found) => found,
            Err(why) => (State::Failed, why),
        };
        Outcome {
            target: target.name.clone(),
            to: place.to_string(),
            state,
            before,
            seconds: begun.elapsed().as_secs_f64(),
            message,
        }
    }

    fn publish(
        &self,
        target: &TargetConfig,
        place: &Place,
        there: &There<'_>,
        before: &mut Option<GenerationId>,
        deadline: Instant,
    ) -> Result<(State, String), String> {
        let old = there.current()?;
        *before = old.as_ref().map(|p| p.manifest.id.clone());
        let id = &self.manifest.id;
        let has_it = old
            .as_ref()
            .is_some_and(|p| p.whole && p.manifest.files == self.manifest.files);
        let as_of = old.as_ref().map(|p| p.manifest.as_of);
        let up_to_date = has_it && as_of == Some(self.manifest.as_of);
        if self.dry_run {
            let state = if up_to_date { State::Current } else { State::Pending };
            return Ok((state, String::new()));
        }
        let proof = Proving {
            publisher: self,
            target,
            place,
            deadline,
        };
        if has_it {
            if !up_to_date {
                there.refresh(self)?;
            }
            // The files are no news, but whether the server answers from them is not known before it was asked.
            return Ok(proof.prove(State::Current, None));
        }
        there.push(self, before.as_ref())?;
        there.activate(id)?;
        // What is damaged is nothing to go back to, and neither is what had to be replaced.
        let last = old.filter(|p| p.whole && p.manifest.id != *id).map(|p| p.manifest.id);
        let found = proof.prove(State::Updated, last.as_ref());
        // What is left to tidy is no reason to call a target failed that serves the generation.
        let mut stay = vec![id];
        stay.extend(before.as_ref().filter(|b| *b != id));
        let keep = usize::try_from(self.config.keep).unwrap_or(usize::MAX);
        if let Err(why) = there.prune(keep, &stay) {
            tracing::warn!(target = target.name, why, "old generations stay on the target");
        }
        Ok(found)
    }
}

/// The last step at a target: its server has to say what it answers from.
struct Proving<'a> {
    publisher: &'a Publisher<'a>,
    target: &'a TargetConfig,
    place: &'a Place,
    deadline: Instant,
}

impl Proving<'_> {
    /// Lets the server say that it answers from the generation: then the state is `good`. One that answers from another gets
    /// `last` back, if there is one; one that does not answer at all keeps the new one, which it will find whole when it starts.
    /// One that was not given its time, because the job was told to stop or the target's deadline passed, is left alone.
    fn prove(&self, good: State, last: Option<&GenerationId>) -> (State, String) {
        let (url, name) = (&self.target.healthz, &self.target.name);
        if url.is_empty() {
            return (good, String::new());
        }
        let of = self.publisher;
        let in_full = Instant::now() + of.config.proof_timeout.get();
        let until = in_full.min(self.deadline);
        let in_place = "the files are in place, but";
        let message = match ask(&of.agent, url, &of.manifest.id, until, &of.stop) {
            Proof::Proven => return (good, String::new()),
            Proof::Silent(why) => {
                format!(
                    "{in_place} {url} does not answer ({why}); start the server there, then run mm-sync-out --only {name}"
                )
            }
            Proof::Interrupted => {
                format!(
                    "{in_place} the run was stopped while it waited for {url}; run again: mm-sync-out --only {name}"
                )
            }
            Proof::Refused(why) if until < in_full => format!(
                "{in_place} the target's deadline passed while it waited for {url} ({why}); run again: mm-sync-out --only {name}, \
                 or give it more time with sync.target_deadline"
            ),
            Proof::Refused(why) => {
                return match last {
                    Some(last) => self.restore(last, &why),
                    None => (
                        State::Unproven,
                        format!("{in_place} of {url}: {why}; see the server's log, then run mm-sync-out --only {name}"),
                    ),
                };
            }
        };
        (State::Unproven, message)
    }

    /// Makes `last` current again. This has a time of its own, which no signal cuts short: it mends what this run did.
    fn restore(&self, last: &GenerationId, why: &str) -> (State, String) {
        let of = self.publisher;
        let (url, name) = (&self.target.healthz, &self.target.name);
        let there = There::new(of.config, self.place, Instant::now() + RESTORE, &Stop::default());
        match there.activate(last) {
            Ok(()) => (
                State::Restored,
                format!(
                    "{last} is current again, because of {url}: {why}; see the server's log, then run mm-sync-out --only {name}"
                ),
            ),
            Err(failed) => (
                State::Unrestored,
                format!(
                    "of {url}: {why}; and {last} could not be made current again ({failed}), so {} is current there; see the \
                     server's log, then run mm-sync-out --only {name}",
                    of.manifest.id
                ),
            ),
        }
    }
}

/// A target as it can be spoken to.
enum There<'a> {
    Local(Local<'a>),
    Remote(Remote<'a>),
}

impl<'a> There<'a> {
    fn new(config: &'a SyncConfig, place: &'a Place, deadline: Instant, stop: &Stop) -> Self {
        match place {
            Place::Local(root) => Self::Local(Local { root }),
            Place::Ssh { login, port, path } => Self::Remote(Remote {
                login,
                port: *port,
                path,
                key: &config.ssh_key,
                known_hosts: &config.known_hosts,
                limits: Limits {
                    deadline,
                    output: MAX_OUTPUT,
                    stop: stop.clone(),
                },
            }),
        }
    }

    fn current(&self) -> Result<Option<Present>, String> {
        match self {
            Self::Local(there) => Ok(there.current()),
            Self::Remote(there) => there.current(),
        }
    }

    fn push(&self, of: &Publisher<'_>, last: Option<&GenerationId>) -> Result<(), String> {
        match self {
            Self::Local(there) => there.push(&of.source, &of.manifest),
            Self::Remote(there) => there.push(&of.source, &of.manifest, last),
        }
    }

    fn refresh(&self, of: &Publisher<'_>) -> Result<(), String> {
        match self {
            Self::Local(there) => there.refresh(&of.manifest),
            Self::Remote(there) => there.refresh(&of.source, &of.manifest),
        }
    }

    fn activate(&self, id: &GenerationId) -> Result<(), String> {
        match self {
            Self::Local(there) => there.activate(id),
            Self::Remote(there) => there.activate(id),
        }
    }

    fn prune(&self, keep: usize, stay: &[&GenerationId]) -> Result<(), String> {
        match self {
            Self::Local(there) => there.prune(keep, stay),
            Self::Remote(there) => there.prune(keep, stay),
        }
    }
}

/// How long going back to the last generation may take; less than the watchdog leaves a job that was told to stop.
const RESTORE: Duration = Duration::from_secs(12);

/// How long `/healthz` is given for one answer.
pub const ANSWER: Duration = Duration::from_secs(5);
