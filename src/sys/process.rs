//! What `/proc` tells of processes, and how many files this one may have open.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// State letter and start time of a process; `None` when it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `D` (in the kernel, cannot be killed), `T` (stopped), `Z` (dead), …
    pub state: char,
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
    let start_time = fields.nth(18)?.parse().ok()?;
    Some(Stat { state, start_time })
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
