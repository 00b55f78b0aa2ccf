//! One target: push, verify, activate, prove, prune.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::local::Local;
use super::remote::Remote;
use super::verify::{Health, MetalinkCheck, VerifyOutcome, ask, health};
use crate::config::target_address::TargetAddress;
use crate::config::{SyncConfig, TargetConfig};
use crate::snapshot::generation::{GenerationId, Manifest};
use crate::sys::child::ChildLimits;
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// How much of what a program on a target says is kept: a manifest of some ten thousand files.
const MAX_OUTPUT: u64 = 8 << 20;

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetStatus {
    /// It had the generation already, and its server says so.
    Current,
    /// It has it now.
    Updated,
    /// It has it, but its server did not say so.
    Unverified,
    /// Its server did not take the generation: the one before is current again.
    RolledBack,
    /// Its server did not take the generation, and the one before could not be made current again: the new one is.
    RollbackFailed,
    /// Nothing was changed there.
    Failed,
    /// A dry run: it would get it.
    Pending,
    /// A person put it back to another generation; it was left alone.
    Pinned,
    /// It was not begun: servers of others did not take the generation.
    Skipped,
}

/// What lies at a target.
#[derive(Debug)]
pub(super) struct TargetState {
    /// The manifest of the generation that is current there; its files were not looked at.
    pub(super) current: Option<Manifest>,
    /// Whether the generation that is to come lies there, whole.
    pub(super) holds: bool,
    /// The generations there, the newest first.
    pub(super) kept: Vec<GenerationId>,
    /// Whether killed runs left something there.
    pub(super) leftovers: bool,
}

/// What became of one target.
#[derive(Debug, Clone, Serialize)]
pub struct TargetReport {
    /// The target.
    pub target: String,
    /// Where it lies.
    pub to: String,
    /// What became of it.
    pub state: TargetStatus,
    /// The generation that was current there before.
    pub before: Option<GenerationId>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What went wrong, and what heals it; empty when all went well.
    pub message: String,
    /// Whether the server there answers, but did not take the generation.
    #[serde(skip)]
    pub rejected: bool,
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
    /// What the servers' metalinks have to say, beside the generation's ID; `None` = that is enough.
    pub probe: Option<MetalinkCheck>,
    /// Asks the servers.
    pub agent: Agent,
    /// Only look.
    pub dry_run: bool,
    /// Whether it is an older one, to which the targets go back.
    pub is_rollback: bool,
    /// Where the sockets of shared connections lie; `None` = connections are not shared.
    pub control: Option<tempfile::TempDir>,
    /// Asked when to give up.
    pub stop: ShutdownFlag,
}

impl Publisher<'_> {
    /// The command that does the same for one target, when what kept it from that is mended.
    pub fn retry_command(&self, target: &str) -> String {
        if self.is_rollback {
            // What goes back is pinned: a plain run would leave it alone.
            format!("mm-sync-out --rollback {} --only {target}", self.manifest.id)
        } else {
            format!("mm-sync-out --only {target}")
        }
    }

    fn control(&self) -> &Path {
        self.control.as_ref().map_or(Path::new(""), |dir| dir.path())
    }

    /// What the server there says before anything is changed; `None` = nothing.
    fn current_health(&self, target: &TargetConfig, limit: Limit) -> Option<Health> {
        let is_there = !target.healthz.is_empty();
        is_there.then(|| health(&self.agent, &target.healthz, Some(limit.until)).ok())?
    }

    /// Whether that is this generation, as young as it is here.
    fn is_ours(&self, said: &Health) -> bool {
        said.generation.as_deref() == Some(self.manifest.id.as_str()) && said.as_of == Some(self.manifest.as_of.0)
    }

    /// Brings one target up to date. An error is why nothing was changed there.
    pub(super) fn publish(
        &self,
        target: &TargetConfig,
        place: &TargetAddress,
        before: &mut Option<GenerationId>,
        limit: Limit,
    ) -> Result<TargetResult, String> {
        let said = self.current_health(target, limit);
        if matches!(place, TargetAddress::Ssh { .. }) && said.as_ref().is_some_and(|h| self.is_ours(h)) {
            *before = Some(self.manifest.id.clone());
            return Ok(TargetResult::of(TargetStatus::Current));
        }
        let there = PublishTarget::new(self.config, place, self.control(), limit.until, &self.stop);
        let seen = there.inspect(Some(&self.manifest), !self.dry_run)?;
        let current = seen.current.as_ref();
        *before = current.map(|m| m.id.clone());
        let id = &self.manifest.id;
        let has_it = seen.holds && before.as_ref() == Some(id);
        let up_to_date = has_it && current.is_some_and(|m| m.as_of == self.manifest.as_of);
        if self.dry_run {
            let state = if up_to_date {
                TargetStatus::Current
            } else {
                TargetStatus::Pending
            };
            return Ok(TargetResult::of(state));
        }
        there.inputs(self)?;
        if !up_to_date {
            there.upload(self, &seen)?;
        }
        let proof = Verification {
            publisher: self,
            target,
            place,
            limit,
            answered: said.is_some(),
        };
        if has_it {
            // The files are no news, but whether the server answers from them is not known before it was asked.
            return Ok(proof.verify(TargetStatus::Current, None));
        }
        // What had to be replaced is nothing to go back to, and neither is what a person takes back.
        let last = before.as_ref().filter(|last| *last != id);
        let found = proof.verify(TargetStatus::Updated, last.filter(|_| !self.is_rollback));
        // What is left to tidy is no reason to call a target failed that serves the generation.
        let mut stay = vec![id];
        stay.extend(last);
        let keep = usize::try_from(self.config.keep).unwrap_or(usize::MAX);
        if let Err(why) = there.prune(keep, &stay, &seen) {
            tracing::warn!(target = target.name, why, "old generations stay on the target");
        }
        Ok(found)
    }
}

/// How long a target may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    pub(super) until: Instant,
    /// The key of the config that says so.
    pub(super) key: &'static str,
}

/// How a target ended.
#[derive(Debug)]
pub(super) struct TargetResult {
    pub(super) state: TargetStatus,
    pub(super) message: String,
    /// As [`TargetReport::rejected`].
    pub(super) rejected: bool,
}

impl TargetResult {
    fn of(state: TargetStatus) -> Self {
        Self {
            state,
            message: String::new(),
            rejected: false,
        }
    }
}

/// The last step at a target: its server has to say what it answers from.
struct Verification<'a> {
    publisher: &'a Publisher<'a>,
    target: &'a TargetConfig,
    place: &'a TargetAddress,
    limit: Limit,
    /// Whether the server answered before anything was changed.
    answered: bool,
}

impl Verification<'_> {
    /// Lets the server say that it answers from the generation: then the state is `good`. One that answers from another, or does not
    /// answer any more, gets `last` back, if there is one; one that did not answer before either keeps the new one, which it will find
    /// whole when it starts.
    /// One that was not given its time, because the job was told to stop or the target's deadline passed, is left alone.
    fn verify(&self, good: TargetStatus, last: Option<&GenerationId>) -> TargetResult {
        let (url, heals) = (&self.target.healthz, self.publisher.retry_command(&self.target.name));
        if url.is_empty() {
            return TargetResult::of(good);
        }
        let of = self.publisher;
        let in_full = Instant::now() + of.config.proof_timeout.get();
        let until = in_full.min(self.limit.until);
        let in_place = "the files are in place, but";
        let mut spoilt = false;
        let proof = match ask(&of.agent, url, (&of.manifest.id, of.probe.as_ref()), until, &of.stop) {
            VerifyOutcome::Silent(why) if self.answered => {
                VerifyOutcome::Refused(format!("it answered before, and does not any more ({why})"))
            }
            found @ (VerifyOutcome::Proven
            | VerifyOutcome::Refused(_)
            | VerifyOutcome::Silent(_)
            | VerifyOutcome::Interrupted) => found,
        };
        let message = match proof {
            VerifyOutcome::Proven => return TargetResult::of(good),
            VerifyOutcome::Silent(why) => {
                format!("{in_place} {url} does not answer ({why}); start the server there, then run {heals}")
            }
            VerifyOutcome::Interrupted => {
                format!("{in_place} the run was stopped while it waited for {url}; run again: {heals}")
            }
            VerifyOutcome::Refused(why) if until < in_full => format!(
                "{in_place} the target's deadline passed while it waited for {url} ({why}); run again: {heals}, \
                 or give it more time with {}",
                self.limit.key
            ),
            VerifyOutcome::Refused(why) => {
                spoilt = true;
                if let Some(restored) = last.and_then(|last| self.restore(last, &why)) {
                    return restored;
                }
                format!("{in_place} of {url}: {why}; see the server's log, then run {heals}")
            }
        };
        TargetResult {
            state: TargetStatus::Unverified,
            message,
            rejected: spoilt,
        }
    }

    /// Makes `last` current again; `None` when it is damaged, and nothing to go back to. This has a time of its own, which no signal
    /// cuts short: it mends what this run did.
    fn restore(&self, last: &GenerationId, why: &str) -> Option<TargetResult> {
        let of = self.publisher;
        let (url, heals) = (&self.target.healthz, self.publisher.retry_command(&self.target.name));
        let there = PublishTarget::new(
            of.config,
            self.place,
            of.control(),
            Instant::now() + ROLLBACK_TIMEOUT,
            &ShutdownFlag::default(),
        );
        let activated = match there.is_whole(last) {
            Ok(false) => return None,
            Ok(true) => there.activate(last),
            Err(why) => Err(why),
        };
        let (state, message) = match activated {
            Ok(()) => (
                TargetStatus::RolledBack,
                format!("{last} is current again, because of {url}: {why}; see the server's log, then run {heals}"),
            ),
            Err(failed) => (
                TargetStatus::RollbackFailed,
                format!(
                    "of {url}: {why}; and {last} could not be made current again ({failed}), so {} is current there; see the \
                     server's log, then run {heals}",
                    of.manifest.id
                ),
            ),
        };
        Some(TargetResult {
            state,
            message,
            rejected: true,
        })
    }
}

/// A target as it can be spoken to.
pub(super) enum PublishTarget<'a> {
    Local(Local<'a>),
    Remote(Remote<'a>),
}

impl<'a> PublishTarget<'a> {
    /// `control` is a directory for the sockets of shared connections; empty = each program makes its own.
    pub(super) fn new(
        config: &'a SyncConfig,
        place: &'a TargetAddress,
        control: &'a Path,
        deadline: Instant,
        stop: &ShutdownFlag,
    ) -> Self {
        match place {
            TargetAddress::Local(root) => Self::Local(Local { root }),
            TargetAddress::Ssh { login, port, path } => Self::Remote(Remote {
                login,
                port: *port,
                path,
                key: &config.ssh_key,
                known_hosts: &config.known_hosts,
                control,
                limits: ChildLimits {
                    deadline,
                    output: MAX_OUTPUT,
                    stop: stop.clone(),
                },
            }),
        }
    }

    /// Looks at what lies there; `wanted` is what is to come. With `make` a directory that is not there yet is made.
    pub(super) fn inspect(&self, wanted: Option<&Manifest>, make: bool) -> Result<TargetState, String> {
        match self {
            Self::Local(there) => Ok(there.look(wanted)),
            Self::Remote(there) => there.look(wanted, make),
        }
    }

    fn upload(&self, of: &Publisher<'_>, seen: &TargetState) -> Result<(), String> {
        match self {
            Self::Local(there) => there.bring(&of.source, &of.manifest, seen),
            Self::Remote(there) => there.bring(&of.source, &of.manifest, seen),
        }
    }

    fn is_whole(&self, id: &GenerationId) -> Result<bool, String> {
        match self {
            Self::Local(there) => Ok(there.is_whole(id)),
            Self::Remote(there) => there.is_whole(id),
        }
    }

    fn activate(&self, id: &GenerationId) -> Result<(), String> {
        match self {
            Self::Local(there) => there.activate(id),
            Self::Remote(there) => there.activate(id),
        }
    }

    /// Whether it can be reached.
    pub(super) fn reach(&self) -> Result<String, String> {
        match self {
            Self::Local(there) => there.reach(),
            Self::Remote(there) => there.run_checked("reach it", "echo").map(|_| "by ssh".to_owned()),
        }
    }

    /// The version of rsync there.
    pub(super) fn rsync_version(&self) -> Result<String, String> {
        match self {
            Self::Local(_) => Ok("not needed".to_owned()),
            Self::Remote(there) => there.run_checked("run rsync there", "rsync --version").map(|said| {
                let text = String::from_utf8_lossy(&said).into_owned();
                text.lines().next().unwrap_or_default().to_owned()
            }),
        }
    }

    /// How much space is left; an error where it is less than a hundred megabytes.
    pub(super) fn space(&self) -> Result<String, String> {
        let kilobytes = match self {
            Self::Local(there) => there.space()?,
            Self::Remote(there) => there.space()?,
        };
        let text = format!("{} MB free", kilobytes / 1024);
        if kilobytes < MIN_FREE_KB {
            Err(format!("only {text}"))
        } else {
            Ok(text)
        }
    }

    /// Brings the files that travel beside the generations.
    fn inputs(&self, of: &Publisher<'_>) -> Result<(), String> {
        match self {
            _ if of.config.inputs.is_empty() => Ok(()),
            Self::Local(there) => there.inputs(&of.config.inputs),
            Self::Remote(there) => there.inputs(&of.config.inputs),
        }
    }

    pub(super) fn prune(&self, keep: usize, stay: &[&GenerationId], seen: &TargetState) -> Result<(), String> {
        match self {
            Self::Local(there) => there.prune(keep, stay),
            Self::Remote(there) => there.prune(keep, stay, seen),
        }
    }
}

/// How long going back to the last generation may take; less than the watchdog leaves a job that was told to stop.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(12);

/// With less free space, in kilobytes, a target is in danger.
const MIN_FREE_KB: u64 = 100 << 10;

/// How long `/healthz` is given for one answer.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
