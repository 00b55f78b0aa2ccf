//! All targets, a few at a time: push, verify, activate, prove, prune.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::local::Local;
use super::place::Place;
use super::proof::{Proof, ask};
use super::remote::Remote;
use crate::config::{SyncConfig, TargetConfig};
use crate::mirrorlist::generation::{GenerationId, Manifest};
use crate::sys::child::Limits;
use crate::sys::http::Agent;
use crate::sys::signals::Stop;

/// How much of what a program on a target says is kept: a manifest of some ten thousand files.
const MAX_OUTPUT: u64 = 8 << 20;

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It had the generation already.
    Current,
    /// It has it now.
    Updated,
    /// It has it now, but its server did not say so.
    Unproven,
    /// Its server did not take the generation: the one before is current again.
    Restored,
    /// Nothing was changed there.
    Failed,
    /// A dry run: it would get it.
    Pending,
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
        let (state, message) = match self.publish(target, &there, &mut before, deadline) {
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
        there: &There<'_>,
        before: &mut Option<GenerationId>,
        deadline: Instant,
    ) -> Result<(State, String), String> {
        let old = there.current()?;
        *before = old.as_ref().map(|m| m.id.clone());
        let id = &self.manifest.id;
        if old.as_ref() == Some(&self.manifest) {
            return Ok((State::Current, String::new()));
        }
        if self.dry_run {
            return Ok((State::Pending, String::new()));
        }
        if before.as_ref() == Some(id) {
            there.refresh(self)?;
            return Ok((State::Current, String::new()));
        }
        there.push(self, before.as_ref())?;
        there.activate(id)?;
        let until = deadline.min(Instant::now() + self.config.proof_timeout.get());
        let found = self.prove(target, there, before.as_ref(), until)?;
        // What is left to tidy is no reason to call a target failed that serves the generation.
        let mut stay = vec![id];
        stay.extend(before.as_ref().filter(|b| *b != id));
        let keep = usize::try_from(self.config.keep).unwrap_or(usize::MAX);
        if let Err(why) = there.prune(keep, &stay) {
            tracing::warn!(target = target.name, why, "old generations stay on the target");
        }
        Ok(found)
    }

    /// Lets the server there say that it answers from the generation. One that answers from another gets the old one back; one that
    /// does not answer at all keeps the new one, which it will find whole when it starts.
    fn prove(
        &self,
        target: &TargetConfig,
        there: &There<'_>,
        before: Option<&GenerationId>,
        until: Instant,
    ) -> Result<(State, String), String> {
        if target.healthz.is_empty() {
            return Ok((State::Updated, String::new()));
        }
        let url = &target.healthz;
        match ask(&self.agent, url, &self.manifest.id, until, &self.stop) {
            Proof::Proven => Ok((State::Updated, String::new())),
            Proof::Silent(why) => Ok((
                State::Unproven,
                format!(
                    "the files are in place, but {url} does not answer ({why}); start the server there, then run \
                         mm-sync-out --only {}",
                    target.name
                ),
            )),
            Proof::Refused(why) => {
                let Some(before) = before else {
                    return Ok((
                        State::Unproven,
                        format!("the files are in place, but of {url}: {why}; see the server's log"),
                    ));
                };
                there.activate(before)?;
                Ok((
                    State::Restored,
                    format!(
                        "{before} is current again, because of {url}: {why}; see the server's log, then run \
                             mm-sync-out --only {}",
                        target.name
                    ),
                ))
            }
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

    fn current(&self) -> Result<Option<Manifest>, String> {
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

/// How long `/healthz` is given for one answer.
pub const ANSWER: Duration = Duration::from_secs(5);
