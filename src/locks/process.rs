//! Identification of the process that owns a lock.

use serde::{Deserialize, Serialize};

use crate::sys::process::{ProcessId, stat};

/// The identity of a process on any machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process ID.
    pub pid: u32,
    /// Start of the process in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start_time: u64,
    /// The ID of the boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// The PID namespace (`/proc/self/ns/pid`).
    pub pid_namespace: String,
}

impl ProcessIdentity {
    pub(super) fn own() -> Self {
        let pid = std::process::id();
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            pid,
            start_time: stat(pid).map_or(0, |s| s.start_time),
            boot_id: boot_id.trim().to_owned(),
            pid_namespace: namespace.to_string_lossy().into_owned(),
        }
    }

    pub(super) fn id(&self) -> ProcessId {
        ProcessId {
            pid: self.pid,
            start_time: self.start_time,
        }
    }

    /// Returns the reason why the process cannot be identified from here; `None` = it can.
    pub(super) fn unreachable_reason(&self) -> Option<&'static str> {
        let own = Self::own();
        if own.boot_id != self.boot_id {
            Some("it is from another machine, or from before the last boot")
        } else if own.pid_namespace != self.pid_namespace {
            Some("it runs in another container; run mm-locks there")
        } else {
            None
        }
    }

    /// Returns true if the process is alive, or cannot be inspected from here.
    pub(super) fn may_be_alive(&self) -> bool {
        let own = Self::own();
        own.boot_id == self.boot_id && (own.pid_namespace != self.pid_namespace || self.id().stat().is_some())
    }
}
