//! Ending jobs: exactly the process that holds a lock, and what it started.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::process::{Identity, identity, out_of_reach};
use super::{LockEntry, LockOwner, LockState};
use crate::sys::terminate::{self, ProcessId, TerminatedProcess, TerminationOutcome};

/// What became of a job that was to be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TerminatedJob {
    /// Its locks: job and scope of each; a job may hold several.
    pub locks: Vec<(String, String)>,
    /// What it was found to be.
    pub state: LockState,
    /// Its processes, and what became of each.
    pub processes: Vec<TerminatedProcess>,
    /// Why nothing could be done about it.
    pub left: Option<String>,
}

impl TerminatedJob {
    /// Whether anything of it lives still.
    pub fn lives(&self) -> bool {
        self.left.is_some() || self.processes.iter().any(|p| p.fate == TerminationOutcome::StillAlive)
    }
}

/// Ends the jobs of these locks, each with what it started; with `dry_run` only says whom that would be. Nothing of another
/// machine, boot or container is signalled.
pub fn finish(entries: &[LockEntry], grace: Duration, dry_run: bool) -> io::Result<Vec<TerminatedJob>> {
    let me = identity();
    let mut jobs: BTreeMap<(u32, u64, Option<&str>), Vec<&LockEntry>> = BTreeMap::new();
    for entry in entries {
        // Locks of one process are one job. What names nobody stands for itself.
        let key = match &entry.holder {
            Some(h) => (h.pid, h.start_time, Some(h.boot_id.as_str())),
            None => (0, 0, entry.path.to_str()),
        };
        jobs.entry(key).or_default().push(entry);
    }
    jobs.into_values().map(|job| one(&job, &me, grace, dry_run)).collect()
}

fn one(locks: &[&LockEntry], me: &Identity, grace: Duration, dry_run: bool) -> io::Result<TerminatedJob> {
    let first = locks.first();
    let mut done = TerminatedJob {
        locks: locks.iter().map(|e| (e.job.clone(), e.scope.clone())).collect(),
        state: first.map_or(LockState::Stale, |e| e.state),
        processes: Vec::new(),
        left: first.and_then(|e| not_reached(e, me)),
    };
    if done.left.is_some() {
        return Ok(done);
    }
    let holders = locks
        .iter()
        .filter_map(|e| e.holder.as_ref())
        .map(|h: &LockOwner| ProcessId {
            pid: h.pid,
            start_time: h.start_time,
        });
    let children = locks.iter().filter_map(|e| e.status.as_ref()).flat_map(|s| &s.children);
    let roots: Vec<ProcessId> = holders.collect();
    let leaders: Vec<ProcessId> = children
        .map(|&(pid, start_time)| ProcessId { pid, start_time })
        .collect();
    done.processes = if dry_run {
        terminate::select(&roots, &leaders)?
    } else {
        terminate::end(&roots, &leaders, grace)?
    };
    Ok(done)
}

/// Why nobody can be ended for this lock.
fn not_reached(entry: &LockEntry, me: &Identity) -> Option<String> {
    match (entry.state, &entry.holder) {
        (LockState::Unreadable, _) => Some(format!("{} is no lock file of ours", entry.path.display())),
        (_, Some(holder)) => out_of_reach(holder, me).map(|why| format!("{why} ({})", holder.host)),
        (LockState::Stale, None) => None,
        (_, None) => Some(format!(
            "the file does not say who holds it; see: fuser -v {}",
            entry.path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn entry(change: impl Fn(&mut LockEntry)) -> LockEntry {
        let me = identity();
        let mut entry = LockEntry {
            job: "crawl".into(),
            scope: String::new(),
            path: "/run/x/crawl.lock".into(),
            state: LockState::Overdue,
            holder: Some(LockOwner {
                pid: me.pid,
                // Not us: another process had the number.
                start_time: 1,
                boot_id: me.boot_id,
                pid_namespace: me.pid_namespace,
                host: "machine".into(),
                user: "u".into(),
                command: "mm-crawl".into(),
                since: Timestamp(1),
                deadline: Some(Timestamp(2)),
            }),
            status: None,
        };
        change(&mut entry);
        entry
    }

    #[test]
    fn what_cannot_be_told_from_others_is_left_alone() {
        let holder = |e: &mut LockEntry, change: fn(&mut LockOwner)| e.holder.iter_mut().for_each(change);
        for (entry, words) in [
            (entry(|e| holder(e, |h| h.boot_id = "other".into())), "another machine"),
            (
                entry(|e| holder(e, |h| h.pid_namespace = "other".into())),
                "another container",
            ),
            (entry(|e| e.holder = None), "fuser -v /run/x/crawl.lock"),
            (entry(|e| e.state = LockState::Unreadable), "no lock file of ours"),
        ] {
            let done = finish(&[entry], Duration::ZERO, false).unwrap();
            assert!(done[0].left.as_ref().unwrap().contains(words), "{done:?}");
            assert!(done[0].lives() && done[0].processes.is_empty());
        }
        // A number that another process got since is nobody: nothing is signalled, nothing is left.
        let done = finish(&[entry(|_| ()), entry(|e| e.scope = "B".into())], Duration::ZERO, false).unwrap();
        assert_eq!(done.len(), 1, "one process is one job");
        assert!(done[0].processes.is_empty() && !done[0].lives());
    }
}
