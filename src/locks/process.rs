//! What names the process that holds a lock, and whether it lives.

use crate::sys::process::stat;

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

/// Why the processes that the body speaks of cannot be told from others here; `None` = they can.
pub(super) fn out_of_reach(holder: &super::LockOwner, me: &Identity) -> Option<&'static str> {
    if me.boot_id != holder.boot_id {
        Some("it belongs to another machine, or to the time before the last boot")
    } else if me.pid_namespace != holder.pid_namespace {
        Some("it runs in another container; run mm-locks there")
    } else {
        None
    }
}

/// Whether the process that the body names may be alive: it is, or it cannot be looked at from here.
pub(super) fn may_live(holder: &super::LockOwner) -> bool {
    let me = identity();
    if me.boot_id != holder.boot_id {
        return false;
    }
    me.pid_namespace != holder.pid_namespace || stat(holder.pid).is_some_and(|s| s.start_time == holder.start_time)
}
