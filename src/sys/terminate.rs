//! Ending processes of others: exactly these pids with these start times, and what they started. Never a group, never a number
//! that another process got meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use super::process::{self, Stat};

/// How long those that were killed may take to be gone: the kernel needs moments, a dead disk for ever.
const AFTER_KILL: Duration = Duration::from_secs(3);
/// How often it is looked whether they are gone.
const PAUSE: Duration = Duration::from_millis(20);

/// A process, named for good: no other has this number and this start time on one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_time: u64,
}

/// How a process ended, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TerminationOutcome {
    /// It is to be ended; nothing was done yet.
    Selected,
    /// It ended when it was told to.
    Terminated,
    /// It was killed.
    Killed,
    /// It lives: it waits in the kernel, or belongs to somebody else.
    StillAlive,
}

/// A process that was to be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TerminatedProcess {
    /// Which.
    #[serde(flatten)]
    pub process: ProcessId,
    /// Its command line, as it was.
    pub command: String,
    /// What became of it.
    pub fate: TerminationOutcome,
}

/// What `roots` started, themselves included, in a snapshot of all processes. `leaders` lead groups that were made for them alone:
/// who is in such a group while its leader lives is theirs too. `excluded` and what it started are left out.
pub fn process_tree(
    all: &BTreeMap<u32, Stat>,
    roots: &[ProcessId],
    leaders: &[ProcessId],
    excluded: u32,
) -> BTreeSet<ProcessId> {
    let lives = |n: &&ProcessId| {
        all.get(&n.pid)
            .is_some_and(|s| s.start_time == n.start_time && s.state != 'Z')
    };
    let groups: BTreeSet<u32> = leaders.iter().filter(lives).map(|n| n.pid).collect();
    let mut found: BTreeSet<u32> = roots.iter().chain(leaders).filter(lives).map(|n| n.pid).collect();
    found.remove(&excluded);
    loop {
        let more: Vec<u32> = all
            .iter()
            .filter(|(pid, s)| {
                let theirs = found.contains(&s.parent) || groups.contains(&s.group);
                **pid != excluded && s.state != 'Z' && !found.contains(pid) && theirs
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

/// The family as it is now, marked and not touched.
pub fn select(roots: &[ProcessId], leaders: &[ProcessId]) -> io::Result<Vec<TerminatedProcess>> {
    let family = process_tree(&process::all()?, roots, leaders, std::process::id());
    Ok(family.into_iter().map(mark).collect())
}

fn mark(process: ProcessId) -> TerminatedProcess {
    TerminatedProcess {
        process,
        command: process::cmdline(process.pid).join(" "),
        fate: TerminationOutcome::Selected,
    }
}

/// Ends `roots`, `leaders` and all that they started: tells them to end, waits up to `grace`, kills those that are left. One that
/// is stopped is woken, so that it hears. What they start meanwhile is ended too.
pub fn end(roots: &[ProcessId], leaders: &[ProcessId], grace: Duration) -> io::Result<Vec<TerminatedProcess>> {
    let mut handles: BTreeMap<ProcessId, Handle> = BTreeMap::new();
    let mut report: BTreeMap<ProcessId, TerminatedProcess> = BTreeMap::new();
    let told = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            report.insert(process, mark(process));
            let handle = Handle::open(process);
            handle.signal(process, Signal::TERM);
            handle.signal(process, Signal::CONT);
            handles.insert(process, handle);
        }
        if !report.keys().any(lives) || told.elapsed() >= grace {
            break;
        }
        thread::sleep(PAUSE);
    }
    for ended in report.values_mut() {
        ended.fate = if lives(&ended.process) {
            TerminationOutcome::Killed
        } else {
            TerminationOutcome::Terminated
        };
    }
    let killed = Instant::now();
    loop {
        for process in new_descendants(roots, leaders, &report)? {
            let fate = TerminationOutcome::Killed;
            report.insert(process, TerminatedProcess { fate, ..mark(process) });
            handles.insert(process, Handle::open(process));
        }
        let left: Vec<ProcessId> = report.keys().copied().filter(lives).collect();
        if left.is_empty() || killed.elapsed() >= AFTER_KILL {
            break;
        }
        for process in left {
            if let Some(handle) = handles.get(&process) {
                handle.signal(process, Signal::KILL);
            }
        }
        thread::sleep(PAUSE);
    }
    for ended in report.values_mut().filter(|e| lives(&e.process)) {
        ended.fate = TerminationOutcome::StillAlive;
    }
    Ok(report.into_values().collect())
}

/// Who belongs to the family and is not in the report yet. Children of those that ended meanwhile were found while these lived.
fn new_descendants(
    roots: &[ProcessId],
    leaders: &[ProcessId],
    report: &BTreeMap<ProcessId, TerminatedProcess>,
) -> io::Result<Vec<ProcessId>> {
    let known: Vec<ProcessId> = roots.iter().chain(report.keys()).copied().collect();
    let family = process_tree(&process::all()?, &known, leaders, std::process::id());
    Ok(family.into_iter().filter(|p| !report.contains_key(p)).collect())
}

/// Whether the process lives still: one that ended and was not asked for its status by its parent does not.
fn lives(process: &ProcessId) -> bool {
    process::stat(process.pid).is_some_and(|s| s.start_time == process.start_time && s.state != 'Z')
}

/// Holds on to a process, so that a signal reaches it or nobody. A kernel without pidfd leaves only a look before each signal.
struct Handle(Option<OwnedFd>);

impl Handle {
    fn open(process: ProcessId) -> Self {
        let opened = pid(process).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self(opened)
    }

    fn signal(&self, process: ProcessId, signal: Signal) {
        // The number is compared after the handle was opened: from here on the handle is this process.
        if !lives(&process) {
            return;
        }
        let sent = match (&self.0, pid(process)) {
            (Some(fd), _) => pidfd_send_signal(fd, signal),
            (None, Some(pid)) => kill_process(pid, signal),
            (None, None) => Ok(()),
        };
        // One that ended meanwhile needs none; one that may not be signalled is seen to live.
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
    fn a_family_is_what_was_started_and_nobody_else() {
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
        // Another process got the number since.
        assert_eq!(pids(&process_tree(&all, &[named(20, 49)], &[named(21, 59)], 0)), [0; 0]);
        assert_eq!(
            pids(&process_tree(&all, &[named(20, 49)], &[named(21, 60)], 0)),
            [21, 22, 23]
        );
        // Whoever asks for it is spared with what it started.
        assert_eq!(pids(&process_tree(&all, &job, &[], 21)), [20]);
    }

    #[test]
    fn who_does_not_listen_is_killed_and_who_is_stopped_is_woken() {
        use std::process::Command;
        let deaf = "trap '' TERM; sleep 60 & wait; wait; sleep 60";
        let mut deaf = Command::new("sh").args(["-c", deaf]).spawn().unwrap();
        let mut stopped = Command::new("sleep").arg("60").spawn().unwrap();
        thread::sleep(Duration::from_millis(200));
        let named = |pid: u32| ProcessId {
            pid,
            start_time: process::stat(pid).unwrap().start_time,
        };
        let roots = [named(deaf.id()), named(stopped.id())];
        kill_process(pid(roots[1]).unwrap(), Signal::STOP).unwrap();
        // A number with another start time is nobody.
        let me = ProcessId {
            pid: std::process::id(),
            start_time: 1,
        };
        assert_eq!(end(&[me], &[], Duration::ZERO).unwrap(), []);

        let report = end(&roots, &[], Duration::from_millis(500)).unwrap();
        let fate = |n: ProcessId| report.iter().find(|e| e.process == n).unwrap().fate;
        assert_eq!(fate(roots[0]), TerminationOutcome::Killed);
        assert_eq!(fate(roots[1]), TerminationOutcome::Terminated);
        assert_eq!(report.len(), 3, "the deaf one's child too: {report:?}");
        assert!(deaf.wait().unwrap().code().is_none() && stopped.wait().unwrap().code().is_none());
    }
}
