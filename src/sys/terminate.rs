//! Termination of other processes and their descendants, identified by PID and start time: never a whole process group, and never a
//! process that reuses a PID.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde::Serialize;

use super::process::{self, ProcessId, Stat};

/// Time for killed processes to disappear: normally moments, but without limit on a dead disk.
const KILL_TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TerminationOutcome {
    /// Selected only; nothing was done.
    Selected,
    Terminated,
    Killed,
    /// It is still running: in uninterruptible sleep, or owned by another user.
    StillAlive,
}

/// A process that was selected for termination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TerminatedProcess {
    #[serde(flatten)]
    pub process: ProcessId,
    /// The command line before termination.
    pub command: String,
    pub outcome: TerminationOutcome,
}

/// Selects `roots`, `leaders` and their descendants from all processes. `leaders` lead process groups of their own: all members of such
/// a group belong to it while its leader is alive. `excluded` and its descendants are left out.
pub(crate) fn process_tree(
    all: &BTreeMap<u32, Stat>,
    roots: &[ProcessId],
    leaders: &[ProcessId],
    excluded: u32,
) -> BTreeSet<ProcessId> {
    let is_alive = |n: &&ProcessId| {
        all.get(&n.pid)
            .is_some_and(|s| s.start_time == n.start_time && s.state != 'Z')
    };
    let groups: BTreeSet<u32> = leaders.iter().filter(is_alive).map(|n| n.pid).collect();
    let mut found: BTreeSet<u32> = roots.iter().chain(leaders).filter(is_alive).map(|n| n.pid).collect();
    found.remove(&excluded);
    loop {
        let more: Vec<u32> = all
            .iter()
            .filter(|(pid, s)| {
                let is_descendant = found.contains(&s.parent) || groups.contains(&s.group);
                **pid != excluded && s.state != 'Z' && !found.contains(pid) && is_descendant
            })
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    let named = found
        .into_iter()
        .filter_map(|pid| Some((pid, all.get(&pid)?.start_time)));
    named.map(|(pid, start_time)| ProcessId { pid, start_time }).collect()
}

/// Returns the processes that [`terminate`] would terminate now.
pub(crate) fn select(roots: &[ProcessId], leaders: &[ProcessId]) -> io::Result<Vec<TerminatedProcess>> {
    let selected = process_tree(&process::all()?, roots, leaders, std::process::id());
    Ok(selected.into_iter().map(selected_process).collect())
}

fn selected_process(process: ProcessId) -> TerminatedProcess {
    TerminatedProcess {
        process,
        command: process::cmdline(process.pid).join(" "),
        outcome: TerminationOutcome::Selected,
    }
}

/// Terminates `roots`, `leaders` and their descendants, including those started meanwhile: sends SIGTERM, waits up to `grace`, and sends
/// SIGKILL to the remaining ones. Stopped processes are continued, so that they receive SIGTERM.
pub(crate) fn terminate(
    roots: &[ProcessId],
    leaders: &[ProcessId],
    grace: Duration,
) -> io::Result<Vec<TerminatedProcess>> {
    let mut report: BTreeMap<ProcessId, (Handle, TerminatedProcess)> = BTreeMap::new();
    let started = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            let handle = Handle::open(process);
            handle.signal(Signal::TERM);
            handle.signal(Signal::CONT);
            report.insert(process, (handle, selected_process(process)));
        }
        if !report.keys().any(|p| p.is_running()) || started.elapsed() >= grace {
            break;
        }
        thread::sleep(POLL_INTERVAL);
    }
    for (process, (_, row)) in &mut report {
        row.outcome = if process.is_running() {
            TerminationOutcome::Killed
        } else {
            TerminationOutcome::Terminated
        };
    }
    let killed = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            let mut row = selected_process(process);
            row.outcome = TerminationOutcome::Killed;
            report.insert(process, (Handle::open(process), row));
        }
        if !report.keys().any(|p| p.is_running()) || killed.elapsed() >= KILL_TIMEOUT {
            break;
        }
        for (handle, _) in report.values() {
            handle.signal(Signal::KILL);
        }
        thread::sleep(POLL_INTERVAL);
    }
    let rows = report.into_iter().map(|(process, (_, mut row))| {
        if process.is_running() {
            row.outcome = TerminationOutcome::StillAlive;
        }
        row
    });
    Ok(rows.collect())
}

/// Finds descendants that are not in the report yet, by the processes in it: the parents may have exited meanwhile.
fn new_descendants(
    roots: &[ProcessId],
    leaders: &[ProcessId],
    report: &BTreeMap<ProcessId, (Handle, TerminatedProcess)>,
) -> io::Result<Vec<ProcessId>> {
    let known: Vec<ProcessId> = roots.iter().chain(report.keys()).copied().collect();
    let found = process_tree(&process::all()?, &known, leaders, std::process::id());
    Ok(found.into_iter().filter(|p| !report.contains_key(p)).collect())
}

/// A pidfd, so that a signal never reaches another process. Without kernel support, only a check precedes each signal.
struct Handle {
    process: ProcessId,
    fd: Option<OwnedFd>,
}

impl Handle {
    fn open(process: ProcessId) -> Self {
        let fd = process.raw().and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { process, fd }
    }

    fn signal(&self, signal: Signal) {
        // Checked after the pidfd was opened: from here on it refers to this process.
        if !self.process.is_running() {
            return;
        }
        let sent = match (&self.fd, self.process.raw()) {
            (Some(fd), _) => pidfd_send_signal(fd, signal),
            (None, Some(pid)) => kill_process(pid, signal),
            (None, None) => Ok(()),
        };
        // A process that exited needs no signal; one without permission is reported as still alive.
        sent.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(rows: &[(u32, u32, u32, u64, char)]) -> BTreeMap<u32, Stat> {
        let stat = |&(pid, parent, group, start_time, state)| {
            let stat = Stat {
                state,
                parent,
                group,
                start_time,
            };
            (pid, stat)
        };
        rows.iter().map(stat).collect()
    }

    fn pids(found: &BTreeSet<ProcessId>) -> Vec<u32> {
        found.iter().map(|n| n.pid).collect()
    }

    #[test]
    fn process_tree_has_all_descendants_and_nothing_else() {
        let all = snapshot(&[
            (1, 0, 1, 1, 'S'),
            (10, 1, 10, 5, 'S'),   // a shell, in its own group
            (20, 10, 10, 50, 'T'), // the job, in the shell's group
            (21, 20, 21, 60, 'S'), // its child, leader of a group
            (22, 21, 21, 61, 'S'),
            (23, 1, 21, 62, 'S'), // a grandchild whose parent ended
            (24, 20, 24, 63, 'Z'),
            (30, 10, 10, 70, 'S'), // another job of the shell
        ]);
        let named = |pid, start_time| ProcessId { pid, start_time };
        let job = [named(20, 50)];
        assert_eq!(pids(&process_tree(&all, &job, &[named(21, 60)], 0)), [20, 21, 22, 23]);
        assert_eq!(pids(&process_tree(&all, &job, &[], 0)), [20, 21, 22]);
        // A reused PID.
        assert_eq!(pids(&process_tree(&all, &[named(20, 49)], &[named(21, 59)], 0)), [0; 0]);
        assert_eq!(
            pids(&process_tree(&all, &[named(20, 49)], &[named(21, 60)], 0)),
            [21, 22, 23]
        );
        // The calling process is excluded with its descendants.
        assert_eq!(pids(&process_tree(&all, &job, &[], 21)), [20]);
    }

    #[test]
    fn unresponsive_process_is_killed_and_stopped_one_is_continued() {
        use std::process::Command;
        let script = "trap '' TERM; sleep 60 & wait; wait; sleep 60";
        let mut unresponsive = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let mut stopped = Command::new("sleep").arg("60").spawn().unwrap();
        thread::sleep(Duration::from_millis(200));
        let named = |pid: u32| ProcessId {
            pid,
            start_time: process::stat(pid).unwrap().start_time,
        };
        let roots = [named(unresponsive.id()), named(stopped.id())];
        kill_process(roots[1].raw().unwrap(), Signal::STOP).unwrap();
        // A PID with another start time is ignored.
        let me = ProcessId {
            pid: std::process::id(),
            start_time: 1,
        };
        assert_eq!(terminate(&[me], &[], Duration::ZERO).unwrap(), []);

        let report = terminate(&roots, &[], Duration::from_millis(500)).unwrap();
        let outcome = |n: ProcessId| report.iter().find(|e| e.process == n).unwrap().outcome;
        assert_eq!(outcome(roots[0]), TerminationOutcome::Killed);
        assert_eq!(outcome(roots[1]), TerminationOutcome::Terminated);
        assert_eq!(report.len(), 3, "with the child of the unresponsive one: {report:?}");
        assert!(unresponsive.wait().unwrap().code().is_none() && stopped.wait().unwrap().code().is_none());
    }
}
