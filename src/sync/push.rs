//! Publishing to one target: upload, activate, verify, prune.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::connect::connect;
use super::target::Target;
use super::verify::{MetalinkCheck, TargetHealth, VerifyOutcome, fetch_health, verify};
use crate::config::SyncConfig;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::{GenerationId, Manifest};
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// Timeout of an automatic rollback; shorter than the time that the watchdog leaves to a stopped job.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(12);

/// The result for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetStatus {
    /// It had the generation already, and its server reports it.
    Current,
    /// It has the generation now.
    Updated,
    /// It has the generation, but its server did not confirm it.
    Unverified,
    /// Its server rejected the generation; the previous one is current again.
    RolledBack,
    /// Its server rejected the generation, and the rollback failed: the new one is current.
    RollbackFailed,
    /// Nothing was changed there.
    Failed,
    /// Dry run: it would be updated.
    WouldUpdate,
    /// An operator pinned it to another generation; it was skipped.
    Pinned,
    /// It was skipped because servers of other targets rejected the generation.
    Skipped,
}

impl TargetStatus {
    /// The name in reports.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Updated => "updated",
            Self::Unverified => "unverified",
            Self::RolledBack => "rolled-back",
            Self::RollbackFailed => "rollback-failed",
            Self::Failed => "failed",
            Self::WouldUpdate => "would-update",
            Self::Pinned => "pinned",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetReport {
    /// The name of the target.
    pub target: String,
    /// The directory of generations.
    pub address: String,
    pub state: TargetStatus,
    /// The generation that was current before the run.
    pub previous: Option<GenerationId>,
    /// The duration in seconds.
    pub seconds: f64,
    /// The error, with advice; empty after success.
    pub message: String,
    /// True if the server responded, but rejected the generation.
    #[serde(skip)]
    pub rejected: bool,
}

impl TargetReport {
    /// A report with a duration of 0 and no previous generation.
    pub(crate) fn new(target: &Target, state: TargetStatus, message: String) -> Self {
        Self {
            target: target.config.name.clone(),
            address: target.address.to_string(),
            state,
            previous: None,
            seconds: 0.0,
            message,
            rejected: false,
        }
    }
}

/// Publishes one generation to targets.
#[derive(Debug)]
pub(crate) struct Publisher<'a> {
    pub config: &'a SyncConfig,
    /// The local directory of the generation.
    pub source: PathBuf,
    /// The verified manifest of the generation.
    pub manifest: Manifest,
    /// A metalink that servers must return; `None` = only the generation ID is checked.
    pub metalink_check: Option<MetalinkCheck>,
    /// The HTTP client for the servers.
    pub agent: Agent,
    pub dry_run: bool,
    /// True if an older generation is published.
    pub is_rollback: bool,
    /// The directory for sockets of shared ssh connections; `None` = connections are not shared.
    pub control_dir: Option<tempfile::TempDir>,
    /// Set when the run must stop early.
    pub stop: ShutdownFlag,
}

impl Publisher<'_> {
    /// The command that repeats the work for one target.
    pub(crate) fn retry_command(&self, target: &str) -> String {
        if self.is_rollback {
            // The target is pinned: a plain run would skip it.
            format!("mm-sync-out --rollback {} --only {target}", self.manifest.id)
        } else {
            format!("mm-sync-out --only {target}")
        }
    }

    fn control_dir(&self) -> &Path {
        self.control_dir.as_ref().map_or(Path::new(""), |dir| dir.path())
    }

    /// Returns true if the server answers from this generation with the same time stamp.
    fn is_served(&self, health: &TargetHealth) -> bool {
        health.generation.as_deref() == Some(self.manifest.id.as_str()) && health.as_of == Some(self.manifest.as_of.0)
    }

    /// Updates one target, and stores the generation that was current before in `previous`. After an error nothing was changed
    /// there.
    pub(super) fn publish(
        &self,
        target: &Target,
        previous: &mut Option<GenerationId>,
        deadline: TargetDeadline,
    ) -> Result<TargetResult, String> {
        let healthz = &target.config.healthz;
        let health = if healthz.is_empty() {
            None
        } else {
            fetch_health(&self.agent, healthz, Some(deadline.at)).ok()
        };
        if matches!(target.address, TargetAddress::Ssh { .. }) && health.as_ref().is_some_and(|h| self.is_served(h)) {
            *previous = Some(self.manifest.id.clone());
            return Ok(TargetResult::success(TargetStatus::Current));
        }
        let access = connect(
            self.config,
            &target.address,
            self.control_dir(),
            deadline.at,
            &self.stop,
        );
        let state = access.inspect(Some(&self.manifest), !self.dry_run)?;
        let current = state.current.as_ref();
        *previous = current.map(|m| m.id.clone());
        let id = &self.manifest.id;
        let is_current = state.is_uploaded && previous.as_ref() == Some(id);
        let is_up_to_date = is_current && current.is_some_and(|m| m.as_of == self.manifest.as_of);
        if self.dry_run {
            return Ok(TargetResult::success(if is_up_to_date {
                TargetStatus::Current
            } else {
                TargetStatus::WouldUpdate
            }));
        }
        if !self.config.extra_files.is_empty() {
            access.copy_extra_files(&self.config.extra_files)?;
        }
        if !is_up_to_date {
            access.upload(&self.source, &self.manifest, &state)?;
        }
        let verification = Verification {
            publisher: self,
            target,
            deadline,
            responded_before: health.is_some(),
        };
        if is_current {
            // The files were there already, but the server may not answer from them.
            return Ok(verification.run(TargetStatus::Current, None));
        }
        // A damaged generation is not restored, and neither is the one that an operator rolls back.
        let last = previous.as_ref().filter(|last| *last != id);
        let result = verification.run(TargetStatus::Updated, last.filter(|_| !self.is_rollback));
        let mut protected = vec![id];
        protected.extend(last);
        let keep = usize::try_from(self.config.keep_generations).unwrap_or(usize::MAX);
        // A target that serves the generation has not failed because old ones remain.
        if let Err(why) = access.prune(keep, &protected, &state) {
            tracing::warn!(
                target = target.config.name,
                why,
                "cannot remove old generations of the target"
            );
        }
        Ok(result)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TargetDeadline {
    pub(super) at: Instant,
    /// The config key that sets it.
    pub(super) config_key: &'static str,
}

#[derive(Debug)]
pub(super) struct TargetResult {
    pub(super) state: TargetStatus,
    pub(super) message: String,
    pub(super) rejected: bool,
}

impl TargetResult {
    fn success(state: TargetStatus) -> Self {
        Self {
            state,
            message: String::new(),
            rejected: false,
        }
    }
}

/// The last step at a target: its server must report the generation.
struct Verification<'a> {
    publisher: &'a Publisher<'a>,
    target: &'a Target,
    deadline: TargetDeadline,
    /// True if the server responded before anything was changed.
    responded_before: bool,
}

impl Verification<'_> {
    /// Waits until the server reports the generation; then the state is `success`.
    ///
    /// If the server answers from another generation, or stopped answering, the target is rolled back to `last`, if that is given.
    /// A server that did not respond before either will find the new generation when it starts. If the job was stopped, or the
    /// deadline of the target passed before the timeout, the target is left as it is.
    fn run(&self, success: TargetStatus, last: Option<&GenerationId>) -> TargetResult {
        let (url, publisher) = (&self.target.config.healthz, self.publisher);
        let retry = publisher.retry_command(&self.target.config.name);
        if url.is_empty() {
            return TargetResult::success(success);
        }
        let timeout = Instant::now() + publisher.config.verify_timeout.get();
        let deadline = timeout.min(self.deadline.at);
        let (id, check) = (&publisher.manifest.id, publisher.metalink_check.as_ref());
        let prefix = "the files are in place, but";
        let mut rejected = false;
        let outcome = match verify(&publisher.agent, url, id, check, deadline, &publisher.stop) {
            VerifyOutcome::Unreachable(why) if self.responded_before => {
                VerifyOutcome::Rejected(format!("it stopped answering ({why})"))
            }
            outcome @ (VerifyOutcome::Verified
            | VerifyOutcome::Rejected(_)
            | VerifyOutcome::Unreachable(_)
            | VerifyOutcome::Interrupted) => outcome,
        };
        let message = match outcome {
            VerifyOutcome::Verified => return TargetResult::success(success),
            VerifyOutcome::Unreachable(why) => {
                format!("{prefix} {url} does not answer ({why}); start the server there, then run {retry}")
            }
            VerifyOutcome::Interrupted => {
                format!("{prefix} the run was stopped while it waited for {url}; run again: {retry}")
            }
            VerifyOutcome::Rejected(why) if deadline < timeout => format!(
                "{prefix} the target's deadline passed while it waited for {url} ({why}); run again: {retry}, or increase {}",
                self.deadline.config_key
            ),
            VerifyOutcome::Rejected(why) => {
                rejected = true;
                if let Some(result) = last.and_then(|last| self.roll_back(last, &why)) {
                    return result;
                }
                format!("{prefix} {url} failed verification: {why}; see the server's log, then run {retry}")
            }
        };
        TargetResult {
            state: TargetStatus::Unverified,
            message,
            rejected,
        }
    }

    /// Makes `last` current again; `None` if it is damaged. This undoes a change of this run, so it has a timeout of its own and
    /// ignores signals.
    fn roll_back(&self, last: &GenerationId, why: &str) -> Option<TargetResult> {
        let (url, publisher) = (&self.target.config.healthz, self.publisher);
        let retry = publisher.retry_command(&self.target.config.name);
        let access = connect(
            publisher.config,
            &self.target.address,
            publisher.control_dir(),
            Instant::now() + ROLLBACK_TIMEOUT,
            &ShutdownFlag::default(),
        );
        let activated = match access.is_complete(last) {
            Ok(false) => return None,
            Ok(true) => access.activate(last),
            Err(why) => Err(why),
        };
        let (state, message) = match activated {
            Ok(()) => (
                TargetStatus::RolledBack,
                format!(
                    "{url} failed verification: {why}; {last} is current again; see the server's log, then run {retry}"
                ),
            ),
            Err(failed) => (
                TargetStatus::RollbackFailed,
                format!(
                    "{url} failed verification: {why}; {last} could not be made current again ({failed}), so {} is current \
                     there; see the server's log, then run {retry}",
                    publisher.manifest.id
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
