//! Termination of jobs: the process that holds a lock, and its descendants.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::{LockEntry, LockState, Status};
use crate::sys::process::{ProcessId, cmdline};
use crate::sys::terminate::{self, TerminatedProcess, TerminationOutcome};

/// A job that was selected for termination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TerminatedJob {
    /// Job and scope of each of its locks; a process may hold several.
    pub locks: Vec<(String, String)>,
    pub state: LockState,
    pub processes: Vec<TerminatedProcess>,
    pub error: Option<String>,
}

impl TerminatedJob {
    /// Returns true if any of its processes may still be running.
    pub(crate) fn is_alive(&self) -> bool {
        let is_alive = |p: &TerminatedProcess| p.outcome == TerminationOutcome::StillAlive;
        self.error.is_some() || self.processes.iter().any(is_alive)
    }
}

/// Terminates the jobs of these locks with all their descendants; with `dry_run`, only selects them. A process that does not hold the
/// lock that names it is never signaled, nor is one of another machine, boot or container. The children of a dead job are.
pub(crate) fn terminate_jobs(entries: &[LockEntry], grace: Duration, dry_run: bool) -> io::Result<Vec<TerminatedJob>> {
    let mut jobs: BTreeMap<(u32, u64, Option<&str>), Vec<&LockEntry>> = BTreeMap::new();
    for entry in entries {
        // Locks of one process are one job. A lock without a known owner is a job by itself.
        let key = match &entry.owner {
            Some(o) if entry.state != LockState::Unknown => {
                (o.process.pid, o.process.start_time, Some(o.process.boot_id.as_str()))
            }
            Some(_) | None => (0, 0, entry.path.to_str()),
        };
        jobs.entry(key).or_default().push(entry);
    }
    jobs.into_values()
        .map(|locks| terminate_job(&locks, grace, dry_run))
        .collect()
}

fn terminate_job(locks: &[&LockEntry], grace: Duration, dry_run: bool) -> io::Result<TerminatedJob> {
    let first = locks.first();
    let mut job = TerminatedJob {
        locks: locks.iter().map(|e| (e.job.clone(), e.scope.clone())).collect(),
        state: first.map_or(LockState::Stale, |e| e.state),
        processes: Vec::new(),
        error: first.and_then(|e| unreachable_error(e)),
    };
    if job.error.is_some() {
        return Ok(job);
    }
    // The last owner of a free lock may be alive, at other work.
    let held = locks.iter().filter(|e| e.state.is_held());
    let owners = held.filter_map(|e| e.owner.as_ref());
    let roots: Vec<ProcessId> = owners.map(|owner| owner.process.id()).collect();
    let statuses = locks.iter().filter_map(|e| e.status.as_ref());
    let leaders: Vec<ProcessId> = statuses.flat_map(Status::running_children).collect();
    job.processes = if dry_run {
        terminate::select(&roots, &leaders)?
    } else {
        terminate::terminate(&roots, &leaders, grace)?
    };
    Ok(job)
}

/// Returns the reason why the owner of this lock cannot be terminated.
fn unreachable_error(entry: &LockEntry) -> Option<String> {
    match (entry.state, &entry.owner) {
        (LockState::Unreadable, _) => Some(format!("{} is not a readable lock file", entry.path.display())),
        (LockState::Unknown, _) => Some(describe_holder(entry)),
        (_, Some(owner)) => owner
            .process
            .unreachable_reason()
            .map(|why| format!("{why} ({})", owner.host)),
        (_, None) => None,
    }
}

/// Describes who holds a lock whose file does not name the holder.
pub(crate) fn describe_holder(entry: &LockEntry) -> String {
    let Some(pid) = entry.holder else {
        return "held by an unknown process".to_owned();
    };
    let command = cmdline(pid).join(" ");
    format!("held by pid {pid} ({command}), which the lock file does not name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locks::LockOwner;
    use crate::locks::process::ProcessIdentity;
    use crate::model::Timestamp;

    fn entry(change: impl Fn(&mut LockEntry)) -> LockEntry {
        let mut entry = LockEntry {
            job: "crawl".into(),
            scope: String::new(),
            path: "/run/x/crawl.lock".into(),
            state: LockState::Overdue,
            owner: Some(LockOwner {
                process: ProcessIdentity {
                    // Not this process: another one had the PID.
                    start_time: 1,
                    ..ProcessIdentity::own()
                },
                host: "machine".into(),
                user: "u".into(),
                command: "mm-crawl".into(),
                since: Timestamp(1),
                deadline: Some(Timestamp(2)),
            }),
            holder: None,
            status: None,
            stalls: Vec::new(),
        };
        change(&mut entry);
        entry
    }

    #[test]
    fn processes_that_cannot_be_identified_are_never_signaled() {
        let owner = |e: &mut LockEntry, change: fn(&mut LockOwner)| e.owner.iter_mut().for_each(change);
        for (entry, words) in [
            (
                entry(|e| owner(e, |h| h.process.boot_id = "other".into())),
                "another machine",
            ),
            (
                entry(|e| owner(e, |h| h.process.pid_namespace = "other".into())),
                "another container",
            ),
            (entry(|e| e.state = LockState::Unknown), "held by an unknown process"),
            (
                entry(|e| {
                    e.state = LockState::Unknown;
                    e.holder = Some(std::process::id());
                }),
                "which the lock file does not name",
            ),
            (entry(|e| e.state = LockState::Unreadable), "not a readable lock file"),
        ] {
            let done = terminate_jobs(&[entry], Duration::ZERO, false).unwrap();
            assert!(done[0].error.as_ref().unwrap().contains(words), "{done:?}");
            assert!(done[0].is_alive() && done[0].processes.is_empty());
        }
        // A reused PID: nothing is signaled, and nothing remains.
        let done = terminate_jobs(&[entry(|_| ()), entry(|e| e.scope = "B".into())], Duration::ZERO, false).unwrap();
        assert_eq!(done.len(), 1, "one process is one job");
        assert!(done[0].processes.is_empty() && !done[0].is_alive());
    }
}
