//! The exit status of every program, and the errors that determine it.

use anyhow::Error;
use serde::Serialize;

use crate::config::ConfigError;
use crate::locks::LockError;

/// The exit status of a program. Dead mirrors, warnings, acknowledged unresolved directories and invalid rows are results, not
/// failures: of 600 mirrors some are always dead, and `mm-crawl && …` must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitStatus {
    /// 0: all work was done.
    #[default]
    Done,
    /// 3: part of the work or nothing was done: a deadline was reached, a target failed, a confirmation is needed, or there was
    /// nothing to do: see [`NothingDone`].
    Partial,
    /// 1: failed; the last good state remains.
    Failed,
    /// 2: invalid command line or config.
    Usage,
    /// 75: another run holds the lock.
    Locked,
}

/// Returns the section on exit statuses in `--help` and the man page of a program. `nothing_done` lists the cases of
/// [`NothingDone`], one per line.
pub(crate) fn help(nothing_done: &str) -> String {
    let mut out = "Exit status:\n  0   done\n  1   failed; the last good state remains\n  2   invalid usage\n  \
                   3   partially done (deadline reached, a target failed, or confirmation needed)"
        .to_owned();
    if !nothing_done.is_empty() {
        out.push_str(", or not done:");
    }
    for case in nothing_done.lines() {
        out.push_str("\n        ");
        out.push_str(case);
    }
    out.push_str("\n  75  another run holds the lock");
    out
}

impl ExitStatus {
    /// The number for the shell.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Locked => 75,
        }
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(e: ExitStatus) -> Self {
        Self::from(e.code())
    }
}

/// An error of the caller, with exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub String);

/// A command that does nothing until an operator confirms it, with exit status 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfirmationNeeded(pub String);

/// The reason why a command did not do what it was asked for, although nothing failed: there is nothing that it could be done to,
/// or an operator paused it. The exit status is 3, so that `command && next` stops.
///
/// The status stays 0 for a regular run that finds nothing new, for one that removes what is left over and finds nothing, and for a
/// command that describes a state (`set`, `apply`, `repo disable`) which is in effect already. A name that does not exist is an error.
#[derive(Debug, thiserror::Error)]
#[error("not done: {0}")]
pub(crate) struct NothingDone(pub String);

impl NothingDone {
    /// Returns true if this is the reason of an error.
    pub(crate) fn is_cause_of(e: &Error) -> bool {
        e.chain().any(<dyn std::error::Error>::is::<Self>)
    }
}

/// An error that was printed already, or must not be printed; only its exit status counts.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
pub(crate) struct AlreadyReported(pub ExitStatus);

/// The reason why a job did not start: an operator paused it. Reported once, with exit status 0.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct JobPaused(pub String);

/// The exit status of a program that fails with this error.
pub(crate) fn exit_status(e: &Error) -> ExitStatus {
    if let Some(AlreadyReported(exit)) = e.downcast_ref() {
        return *exit;
    }
    for cause in e.chain() {
        if matches!(cause.downcast_ref(), Some(LockError::Held { .. })) {
            return ExitStatus::Locked;
        }
        if cause.is::<JobPaused>() {
            return ExitStatus::Done;
        }
        if cause.is::<ConfirmationNeeded>() || cause.is::<NothingDone>() {
            return ExitStatus::Partial;
        }
        if cause.is::<UsageError>() || cause.is::<ConfigError>() {
            return ExitStatus::Usage;
        }
    }
    ExitStatus::Failed
}
