//! Exit statuses in help texts and man pages.

pub(crate) use crate::job::{ExitStatus, UsageError};

/// The section on exit statuses in every `--help` and man page.
pub(crate) const HELP: &str = "Exit status:\n  0   done\n  1   failed; the last good state remains\n  2   invalid usage\n  \
3   partially done (deadline reached, a target failed, or confirmation needed)\n  75  another run holds the lock";

impl From<ExitStatus> for std::process::ExitCode {
    fn from(e: ExitStatus) -> Self {
        Self::from(e.code())
    }
}
