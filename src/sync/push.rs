//! Publishing to one target: upload, activate, verify, prune.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use strum::IntoStaticStr;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetStatus {
    /// It had the generation and equal extra files already, and its server reports the generation.
    Current,
    /// It has the generation and the extra files now.
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

#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetReport {
    pub target: String,
    /// The directory of generations.
    pub address: String,
    pub state: TargetStatus,
    /// The generation that was current before the run.
    pub previous: Option<GenerationId>,
    /// The names of the extra files that differed and were copied, or would be.
    pub extra_files: Vec<String>,
    pub seconds: f64,
    /// The error, with advice; empty after success.
    pub message: String,
    /// True if the server responded, but rejected the generation.
    #[serde(skip)]
    pub rejected: bool,
}

impl TargetReport {
    pub(crate) fn new(target: &Target, state: TargetStatus, message: String) -> Self {
        Self {
            target: target.config.name.clone(),
            address: target.address.to_string(),
            state,
            previous: None,
            extra_files: Vec::new(),
            seconds: 0.0,
            message,
            rejected: false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Publisher<'a> {
    pub config: &'a SyncConfig,
    pub source: PathBuf,
    pub manifest: Manifest,
    /// A metalink that servers must return; `None` = only the generation ID is checked.
    pub metalink_check: Option<MetalinkCheck>,
    pub agent: Agent,
    pub dry_run: bool,
    pub is_rollback: bool,
    /// The directory for sockets of shared ssh connections; `None` = connections are not shared.
    pub control_dir: Option<tempfile::TempDir>,
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

    /// Returns true if the server answers from this generation with the same time stamp, and has not rejected a table, which
    /// may be replaced by another one.
    fn is_served(&self, health: &TargetHealth) -> bool {
        let is_rejected = !health.rejected.is_empty();
        !is_rejected
            && health.generation.as_deref() == Some(self.manifest.id.as_str())
            && health.as_of == Some(self.manifest.as_of)
    }

    /// Updates one target, and stores the result in its `report`. After an error nothing was changed there.
    pub(super) fn publish(
        &self,
        target: &Target,
        report: &mut TargetReport,
        deadline: TargetDeadline,
    ) -> Result<(), String> {
        let healthz = &target.config.healthz;
        let has_server = !healthz.is_empty();
        let health = has_server.then(|| fetch_health(&self.agent, healthz, Some(deadline.at)));
        let health = health.and_then(Result::ok);
        // Its server does not know all extra files, and does not report their contents.
        let is_known = matches!(target.address, TargetAddress::Ssh { .. }) && self.config.extra_files.is_empty();
        if is_known && health.as_ref().is_some_and(|h| self.is_served(h)) {
            report.previous = Some(self.manifest.id.clone());
            report.state = TargetStatus::Current;
            return Ok(());
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
        report.previous = current.map(|m| m.id.clone());
        let id = &self.manifest.id;
        let is_current = state.is_uploaded && report.previous.as_ref() == Some(id);
        let is_up_to_date = is_current && current.is_some_and(|m| m.as_of == self.manifest.as_of);
        if !self.config.extra_files.is_empty() {
            report.extra_files = access.copy_extra_files(&self.config.extra_files, self.dry_run)?;
        }
        let has_equal_files = report.extra_files.is_empty();
        if self.dry_run {
            report.state = if is_up_to_date && has_equal_files {
                TargetStatus::Current
            } else {
                TargetStatus::WouldUpdate
            };
            return Ok(());
        }
        if !is_up_to_date {
            access.upload(&self.source, &self.manifest, &state)?;
        }
        report.state = if is_current && has_equal_files {
            TargetStatus::Current
        } else {
            TargetStatus::Updated
        };
        // A damaged generation is not restored, and neither is the one that an operator rolls back.
        let last = report.previous.clone().filter(|last| last != id);
        let restorable = last.as_ref().filter(|_| !self.is_rollback);
        // The files may have been there already, but the server may not answer from them.
        self.verify(target, report, deadline, health.is_some(), restorable);
        if is_current {
            return Ok(());
        }
        let mut protected = vec![id];
        protected.extend(&last);
        let keep = usize::try_from(self.config.keep_generations).unwrap_or(usize::MAX);
        // A target that serves the generation has not failed because old ones remain.
        if let Err(why) = access.prune(keep, &protected, &state) {
            tracing::warn!(
                target = target.config.name,
                why,
                "cannot remove old generations of the target"
            );
        }
        Ok(())
    }

    /// Waits until the server reports the generation; otherwise changes the state in `report`.
    ///
    /// If the server answers from another generation, or stopped answering, the target is rolled back to `last`, if that is given.
    /// A server that did not respond before either (`responded_before`) will find the new generation when it starts. If the job was
    /// stopped, or the deadline of the target passed before the timeout, the target is left as it is.
    fn verify(
        &self,
        target: &Target,
        report: &mut TargetReport,
        deadline: TargetDeadline,
        responded_before: bool,
        last: Option<&GenerationId>,
    ) {
        let url = &target.config.healthz;
        if url.is_empty() {
            return;
        }
        let retry = self.retry_command(&target.config.name);
        let timeout = Instant::now() + self.config.verify_timeout.get();
        let until = timeout.min(deadline.at);
        let (id, check) = (&self.manifest.id, self.metalink_check.as_ref());
        let prefix = "the files are in place, but";
        let outcome = match verify(&self.agent, url, id, check, until, &self.stop) {
            VerifyOutcome::Unreachable(why) if responded_before => {
                VerifyOutcome::Rejected(format!("it stopped answering ({why})"))
            }
            outcome @ (VerifyOutcome::Verified
            | VerifyOutcome::Rejected(_)
            | VerifyOutcome::Unreachable(_)
            | VerifyOutcome::Interrupted) => outcome,
        };
        let message = match outcome {
            VerifyOutcome::Verified => return,
            VerifyOutcome::Unreachable(why) => {
                format!("{prefix} {url} does not answer ({why}); start the server there, then run {retry}")
            }
            VerifyOutcome::Interrupted => {
                format!("{prefix} the run was stopped while it waited for {url}; run again: {retry}")
            }
            VerifyOutcome::Rejected(why) if until < timeout => format!(
                "{prefix} the target's deadline passed while it waited for {url} ({why}); run again: {retry}, or increase {}",
                deadline.config_key
            ),
            VerifyOutcome::Rejected(why) => {
                report.rejected = true;
                if last.is_some_and(|last| self.roll_back(target, report, last, &why)) {
                    return;
                }
                format!("{prefix} {url} failed verification: {why}; see the server's log, then run {retry}")
            }
        };
        report.state = TargetStatus::Unverified;
        report.message = message;
    }

    /// Makes `last` current again; returns false if it is damaged. This undoes a change of this run, so it has a timeout of its own
    /// and ignores signals.
    fn roll_back(&self, target: &Target, report: &mut TargetReport, last: &GenerationId, why: &str) -> bool {
        let url = &target.config.healthz;
        let retry = self.retry_command(&target.config.name);
        let access = connect(
            self.config,
            &target.address,
            self.control_dir(),
            Instant::now() + ROLLBACK_TIMEOUT,
            &ShutdownFlag::default(),
        );
        let activated = match access.is_complete(last) {
            Ok(false) => return false,
            Ok(true) => access.activate(last),
            Err(why) => Err(why),
        };
        let result = match activated {
            Ok(()) => {
                report.state = TargetStatus::RolledBack;
                format!("{last} is current again")
            }
            Err(failed) => {
                report.state = TargetStatus::RollbackFailed;
                let id = &self.manifest.id;
                format!("{last} could not be made current again ({failed}), so {id} is current there")
            }
        };
        report.message = format!("{url} failed verification: {why}; {result}; see the server's log, then run {retry}");
        true
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TargetDeadline {
    pub(super) at: Instant,
    /// The config key that sets it.
    pub(super) config_key: &'static str,
}
