//! What `/proc` tells of processes, and how many files this one may have open.

use std::collections::BTreeMap;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// State letter and start time of a process; `None` when it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `D` (in the kernel, cannot be killed), `T` (stopped), `Z` (dead), …
    pub state: char,
    /// Who started it, or took it over when that one ended.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// When it started, in clock ticks since boot: with the pid it names a process for good.
    pub start_time: u64,
}

/// Reads `/proc/PID/stat`; see `proc_pid_stat(5)`. The name in it may hold blanks and parentheses, so fields count from the last
/// parenthesis.
pub fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let start_time = fields.nth(16)?.parse().ok()?;
    Some(Stat {
        state,
        parent,
        group,
        start_time,
    })
}

/// All processes that can be seen, with what is known of each, by pid.
pub fn all() -> io::Result<BTreeMap<u32, Stat>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        // Of one that ends while we look, nothing is to be known.
        let pid = entry.ok().and_then(|e| e.file_name().to_str()?.parse().ok());
        if let Some((pid, stat)) = pid.and_then(|pid| Some((pid, stat(pid)?))) {
            out.insert(pid, stat);
        }
    }
    Ok(out)
}

/// The arguments that a process was started with, for people and for comparing; empty = it is gone, or one of the kernel.
pub fn cmdline(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let parts = bytes.split(|b| *b == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// Raises the number of files (sockets are files) that this process may have open to the most that it may; returns that, `None` = no
/// limit.
pub fn raise_open_files() -> io::Result<Option<u64>> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        )?;
    }
    Ok(maximum)
}
