//! Termination of other processes and their descendants, identified by PID and start time: never a whole process group, and never a
//! process that reuses a PID.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use super::process::{self, Stat};

/// Time for killed processes to disappear: normally moments, but without limit on a dead disk.
const KILL_TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The identity of a process: within one boot, no other process has the same PID and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub pid: u32,
    /// Start time in clock ticks since boot.
    pub start_time: u64,
}

/// The outcome for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TerminationOutcome {
    /// Selected only; nothing was done.
    Selected,
    /// It exited after SIGTERM.
    Terminated,
    /// It was killed by SIGKILL.
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
    let named = |pid: u32| all.get(&pid).map(|s| (pid, s.start_time));
    let named = found.into_iter().filter_map(named);
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
    let mut handles: BTreeMap<ProcessId, Handle> = BTreeMap::new();
    let mut report: BTreeMap<ProcessId, TerminatedProcess> = BTreeMap::new();
    let started = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            report.insert(process, selected_process(process));
            let handle = Handle::open(process);
            handle.signal(process, Signal::TERM);
            handle.signal(process, Signal::CONT);
            handles.insert(process, handle);
        }
        if !report.keys().any(is_alive) || started.elapsed() >= grace {
            break;
        }
        thread::sleep(POLL_INTERVAL);
    }
    for row in report.values_mut() {
        row.outcome = if is_alive(&row.process) {
            TerminationOutcome::Killed
        } else {
            TerminationOutcome::Terminated
        };
    }
    let killed = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            let outcome = TerminationOutcome::Killed;
            let row = selected_process(process);
            report.insert(process, TerminatedProcess { outcome, ..row });
            handles.insert(process, Handle::open(process));
        }
        let alive: Vec<ProcessId> = report.keys().copied().filter(is_alive).collect();
        if alive.is_empty() || killed.elapsed() >= KILL_TIMEOUT {
            break;
        }
        for process in alive {
            if let Some(handle) = handles.get(&process) {
                handle.signal(process, Signal::KILL);
            }
        }
        thread::sleep(POLL_INTERVAL);
    }
    for row in report.values_mut().filter(|row| is_alive(&row.process)) {
        row.outcome = TerminationOutcome::StillAlive;
    }
    Ok(report.into_values().collect())
}

/// Finds descendants that are not in the report yet, by the processes in it: the parents may have exited meanwhile.
fn new_descendants(
    roots: &[ProcessId],
    leaders: &[ProcessId],
    report: &BTreeMap<ProcessId, TerminatedProcess>,
) -> io::Result<Vec<ProcessId>> {
    let known: Vec<ProcessId> = roots.iter().chain(report.keys()).copied().collect();
    let found = process_tree(&process::all()?, &known, leaders, std::process::id());
    Ok(found.into_iter().filter(|p| !report.contains_key(p)).collect())
}

/// Returns true if the process is running; a zombie is not.
fn is_alive(process: &ProcessId) -> bool {
    process::stat(process.pid).is_some_and(|s| s.start_time == process.start_time && s.state != 'Z')
}

/// A pidfd, so that a signal never reaches another process. Without kernel support, only a check precedes each signal.
struct Handle(Option<OwnedFd>);

impl Handle {
    fn open(process: ProcessId) -> Self {
        let opened = pid(process).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self(opened)
    }

    fn signal(&self, process: ProcessId, signal: Signal) {
        // Checked after the pidfd was opened: from here on it refers to this process.
        if !is_alive(&process) {
            return;
        }
        let sent = match (&self.0, pid(process)) {
            (Some(fd), _) => pidfd_send_signal(fd, signal),
            (None, Some(pid)) => kill_process(pid, signal),
            (None, None) => Ok(()),
        };
        // A process that exited needs no signal; one without permission is reported as still alive.
        sent.unwrap_or_default();
    }
}

fn pid(process: ProcessId) -> Option<Pid> {
    i32::try_from(process.pid).ok().and_then(Pid::from_raw)
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
        kill_process(pid(roots[1]).unwrap(), Signal::STOP).unwrap();
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
