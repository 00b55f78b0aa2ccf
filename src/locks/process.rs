//! What `/proc` tells of processes.

/// What names a process for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) pid: u32,
    pub(super) start_time: u64,
    pub(super) boot_id: String,
    pub(super) pid_namespace: String,
}

/// Of this process.
pub(super) fn identity() -> Identity {
    let pid = std::process::id();
    Identity {
        pid,
        start_time: stat(pid).map_or(0, |s| s.start_time),
        boot_id: std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .unwrap_or_default()
            .trim()
            .to_owned(),
        pid_namespace: std::fs::read_link("/proc/self/ns/pid")
            .map(|p| p.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// Whether the process that the body names may be alive: it is, or it cannot be looked at from here.
pub(super) fn may_live(holder: &super::Holder) -> bool {
    let me = identity();
    if me.boot_id != holder.boot_id {
        return false;
    }
    me.pid_namespace != holder.pid_namespace || stat(holder.pid).is_some_and(|s| s.start_time == holder.start_time)
}

/// State letter and start time of a process; `None` when it is gone.
pub(super) struct Stat {
    /// `R`, `S`, `D` (in the kernel, cannot be killed), `T` (stopped), `Z` (dead), …
    pub(super) state: char,
    pub(super) start_time: u64,
}

/// Reads `/proc/PID/stat`; see `proc_pid_stat(5)`. The name in it may hold blanks and parentheses, so fields count from the last
/// parenthesis.
pub(super) fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let start_time = fields.nth(18)?.parse().ok()?;
    Some(Stat { state, start_time })
}
