//! The exit status of every program.

use std::process::ExitCode;

use serde::Serialize;

/// What the exit status says. Dead mirrors, warnings, acknowledged unmatched paths and bad rows are results, not failures: of
/// 600 mirrors some are always dead, and `mm-crawl && …` must go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitStatus {
    /// 0: the plan was carried out.
    Done,
    /// 3: carried out in part: a deadline hit, a target failed, something waits for a confirmation.
    Partial,
    /// 1: failed; the last good state stands.
    Failed,
    /// 2: wrong usage, of the command line or the config.
    Usage,
    /// 75: another run holds the lock.
    Locked,
}

impl ExitStatus {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Locked => 75,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(e: ExitStatus) -> Self {
        Self::from(e.code())
    }
}

/// The section of every man page, and the end of every `--help`.
pub const HELP: &str = "Exit status:\n  0   done\n  1   failed; the last good state stands\n  2   wrong usage\n  3   done in part: \
a deadline hit, a target failed, something waits for a confirmation\n  75  another run holds the lock";

/// A mistake of the caller: ends with status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
