//! Identification of the process that owns a lock.

use crate::sys::process::stat;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) pid: u32,
    pub(super) start_time: u64,
    pub(super) boot_id: String,
    pub(super) pid_namespace: String,
}

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

/// Returns the reason why the processes of this owner cannot be identified from here; `None` = they can.
pub(super) fn unreachable_reason(owner: &super::LockOwner, me: &Identity) -> Option<&'static str> {
    if me.boot_id != owner.boot_id {
        Some("it is from another machine, or from before the last boot")
    } else if me.pid_namespace != owner.pid_namespace {
        Some("it runs in another container; run mm-locks there")
    } else {
        None
    }
}

/// Returns true if the owner is alive, or cannot be inspected from here.
pub(super) fn may_be_alive(owner: &super::LockOwner) -> bool {
    let me = identity();
    if me.boot_id != owner.boot_id {
        return false;
    }
    me.pid_namespace != owner.pid_namespace || stat(owner.pid).is_some_and(|s| s.start_time == owner.start_time)
}
