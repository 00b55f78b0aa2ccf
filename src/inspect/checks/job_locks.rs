//! Checks of the lock directory.

use itertools::Itertools as _;

use super::{Check, Environment};
use crate::locks::{self, LockEntry, LockState};

/// Checks for overdue jobs and stale lock files.
pub(super) fn check(environment: &Environment<'_>) -> Vec<Check> {
    // The entries of the environment lack the error.
    if let Err(e) = locks::list(&environment.config.lock_dir, environment.now) {
        return vec![Check::unknown("locks", format!("reading the lock directory: {e}"))];
    }
    check_entries(environment.locks)
}

fn check_entries(entries: &[LockEntry]) -> Vec<Check> {
    let name = |e: &LockEntry| match e.scope.as_str() {
        "" => e.job.clone(),
        scope => format!("{} ({scope})", e.job),
    };
    let jobs = |states: &[LockState]| -> Option<String> {
        let names = (entries.iter().filter(|e| states.contains(&e.state)))
            .map(name)
            .join(", ");
        Some(names).filter(|names| !names.is_empty())
    };
    let problems = [
        jobs(&[LockState::Overdue]).map(|jobs| {
            Check::critical("locks", format!("overdue: {jobs}")).with_command("mm-locks --kill-hung --clean")
        }),
        // A signal is delivered when the I/O operation returns.
        jobs(&[LockState::Unkillable]).map(|jobs| {
            let message =
                format!("in an I/O operation that does not return: {jobs}; check the disk or the network file system");
            Check::critical("locks", message)
        }),
        jobs(&[LockState::Stalled]).map(|jobs| {
            let message = format!("without progress: {jobs}; mm-locks shows what stands still");
            let command = locks::kill_stalled_command(entries).unwrap_or_else(|| "mm-locks".to_owned());
            Check::warning("locks", message).with_command(command)
        }),
        jobs(&[LockState::Unknown]).map(|jobs| {
            let message = format!("held by a process that is not the job: {jobs}; mm-locks shows which");
            Check::critical("locks", message)
        }),
        jobs(&[LockState::Orphaned]).map(|jobs| {
            let message = format!("killed, but child processes are still running: {jobs}");
            Check::warning("locks", message).with_command("mm-locks --kill-hung --clean")
        }),
        jobs(&[LockState::Stale]).map(|jobs| {
            let message = format!("stale lock files, which block nothing: {jobs}");
            Check::warning("locks", message).with_command("mm-locks --clean")
        }),
        jobs(&[LockState::Unreadable]).map(|jobs| {
            let message = format!("unreadable lock files: {jobs}");
            Check::unknown("locks", message)
        }),
    ];
    let mut out: Vec<Check> = problems.into_iter().flatten().collect();
    if out.is_empty() {
        let live = jobs(&[LockState::Live]);
        let message = live.map_or_else(|| "no job is running".to_owned(), |jobs| format!("running: {jobs}"));
        out.push(Check::ok("locks", message));
    }
    out
}
