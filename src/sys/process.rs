//! Information on processes from `/proc`, the limit of open files, and the umask.

use std::collections::BTreeMap;
use std::io;

use rustix::fs::Mode;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit, umask};
use serde::Serialize;

/// The identity of a process: within one boot, no other process has the same PID and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct ProcessId {
    pub pid: u32,
    /// Start time in clock ticks since boot.
    pub start_time: u64,
}

impl ProcessId {
    /// Returns the present state; `None` if the process is gone.
    pub(crate) fn stat(self) -> Option<Stat> {
        stat(self.pid).filter(|s| s.start_time == self.start_time)
    }

    /// Returns true if the process is running; a zombie is not.
    pub(crate) fn is_running(self) -> bool {
        self.stat().is_some_and(|s| s.state != 'Z')
    }

    pub(crate) fn raw(self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The state: `R`, `S`, `D` (uninterruptible sleep), `T` (stopped), `Z` (zombie), …
    pub state: char,
    /// The PID of the parent; after the exit of the parent, of its reaper.
    pub parent: u32,
    pub group: u32,
    /// Start time in clock ticks since boot; identifies the process together with the PID.
    pub start_time: u64,
}

/// Reads `/proc/PID/stat`, see `proc_pid_stat(5)`; `None` if the process is gone. The name in it may contain spaces and parentheses, so
/// fields are counted from the last parenthesis.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
        start_time: fields.nth(16)?.parse().ok()?,
    })
}

/// Returns a number that grows while a process uses the processor, reads or writes; 0 if it cannot be inspected.
pub(crate) fn resource_counter(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    // Fields 14 and 15 are the time in user and kernel mode; the first one here is field 3.
    let times = after_name.split_ascii_whitespace().skip(11).take(2);
    let io = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let bytes = io
        .lines()
        .filter_map(|line| line.strip_prefix("rchar: ").or(line.strip_prefix("wchar: ")));
    let numbers = times.chain(bytes).filter_map(|n| n.parse::<u64>().ok());
    numbers.fold(0, u64::wrapping_add)
}

/// Returns all visible processes by PID.
pub(crate) fn all() -> io::Result<BTreeMap<u32, Stat>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let pid = entry.ok().and_then(|e| e.file_name().to_str()?.parse().ok());
        if let Some((pid, stat)) = pid.and_then(|pid| Some((pid, stat(pid)?))) {
            out.insert(pid, stat);
        }
    }
    Ok(out)
}

/// Returns the arguments of a process; empty for a kernel thread, or if the process is gone.
pub(crate) fn cmdline(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let parts = bytes.split(|b| *b == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// Denies all access of other users, and write access of the group, to files that this process and its children will create, whatever
/// the umask was. Must be called before threads are started.
pub(crate) fn restrict_umask() {
    let restriction = Mode::WGRP | Mode::RWXO;
    let before = umask(Mode::RWXU | Mode::RWXG | Mode::RWXO);
    umask(before | restriction);
}

/// Raises the limit of open files (including sockets) of this process to the hard limit, and returns it; `None` = no limit.
pub fn raise_open_files() -> io::Result<Option<u64>> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let current = maximum;
        setrlimit(Resource::Nofile, Rlimit { current, maximum })?;
    }
    Ok(maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_counter_grows_with_work() {
        let own = std::process::id();
        let before = resource_counter(own);
        std::fs::read("/proc/self/status").unwrap();
        assert!(resource_counter(own) > before && before > 0);
        assert_eq!(resource_counter(u32::MAX), 0);
    }
}
