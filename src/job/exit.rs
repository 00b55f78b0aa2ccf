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

/// The section on exit statuses in every `--help` and man page.
pub(crate) const HELP: &str = "Exit status:\n  0   done\n  1   failed; the last good state remains\n  2   invalid usage\n  \
3   partially done (deadline reached, a target failed, or confirmation needed),\n      or nothing was done, for the reason given\n  75  another run holds the lock";

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

/// The reason why a command did nothing of what it was asked for, with exit status 3. A regular run that finds nothing new, and a
/// command whose result is in effect already, are no such cases: they did their work.
#[derive(Debug, thiserror::Error)]
#[error("nothing was done: {0}")]
pub(crate) struct NothingDone(pub String);

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
