//! Listing of the lock directory, and removal of stale files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{LockOwner, MAX_BODY, NOFOLLOW, Status, flock, is_at, process, read_owner};
use crate::model::Timestamp;
use crate::sys::process::stat;

/// The state of a lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LockState {
    /// Held, within its deadline.
    Live,
    /// Held, past its deadline.
    Overdue,
    /// Held by a process in uninterruptible sleep, which cannot be killed.
    Unkillable,
    /// Free, but child processes of the dead job are running.
    Orphaned,
    /// Free: left by a job that was killed.
    Stale,
    /// Not a regular file, not readable, or not lockable: its state is unknown, and it is never changed.
    Unreadable,
}

impl LockState {
    /// The name in reports.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Overdue => "overdue",
            Self::Unkillable => "unkillable",
            Self::Orphaned => "orphaned",
            Self::Stale => "stale",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockEntry {
    /// The name of the job.
    pub job: String,
    /// The scope; empty = the whole job.
    pub scope: String,
    /// The lock file.
    pub path: PathBuf,
    /// The state.
    pub state: LockState,
    /// The present or last owner; `None` if the content is invalid.
    pub owner: Option<LockOwner>,
    /// The last reported phase and progress.
    pub status: Option<Status>,
}

/// Lists all lock files, sorted by name. A missing directory is empty.
pub fn list(dir: &Path, now: Timestamp) -> io::Result<Vec<LockEntry>> {
    let names = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut out = Vec::new();
    for entry in names {
        let path = entry?.path();
        let Some(stem) = path
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_suffix(".lock"))
        else {
            continue;
        };
        let (job, scope) = super::file_name::decode(stem);
        if let Some(found) = inspect(&path, now) {
            let status = read_status(&path.with_extension("status"));
            let state = check_children(found.state, found.owner.as_ref(), status.as_ref());
            out.push(LockEntry {
                job,
                scope,
                path: path.clone(),
                state,
                owner: found.owner,
                status,
            });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// Reads a status file. Other files than regular ones are skipped: reading a pipe would block.
fn read_status(path: &Path) -> Option<Status> {
    if !std::fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let file = OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path).ok()?;
    let mut text = Vec::new();
    file.take(MAX_BODY).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

struct InspectedLock {
    state: LockState,
    owner: Option<LockOwner>,
    /// The open file with our flock, if it was free.
    locked: Option<File>,
}

/// Inspects a lock file; `None` if it no longer exists.
fn inspect(path: &Path, now: Timestamp) -> Option<InspectedLock> {
    let unreadable = InspectedLock {
        state: LockState::Unreadable,
        owner: None,
        locked: None,
    };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => return Some(unreadable),
        Ok(_) => {}
        Err(_) => return None,
    }
    let file = match OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(unreadable),
    };
    let Ok(free) = flock(&file) else {
        return Some(unreadable);
    };
    let owner = read_owner(&file);
    if free {
        return Some(InspectedLock {
            state: LockState::Stale,
            owner,
            locked: Some(file),
        });
    }
    let state = match &owner {
        Some(h) if is_unkillable(h) => LockState::Unkillable,
        Some(h) if h.deadline.is_some_and(|d| d < now) => LockState::Overdue,
        _ => LockState::Live,
    };
    Some(InspectedLock {
        state,
        owner,
        locked: None,
    })
}

/// Returns true if the owner is in uninterruptible sleep. Only processes of this boot and namespace can be inspected.
fn is_unkillable(owner: &LockOwner) -> bool {
    let me = process::identity();
    me.boot_id == owner.boot_id
        && me.pid_namespace == owner.pid_namespace
        && stat(owner.pid).is_some_and(|s| s.state == 'D' && s.start_time == owner.start_time)
}

/// Returns the state with regard to child processes, which can be identified in this boot and namespace only.
fn check_children(state: LockState, owner: Option<&LockOwner>, status: Option<&Status>) -> LockState {
    let is_reachable = owner.is_some_and(|h| process::unreachable_reason(h, &process::identity()).is_none());
    let is_alive = |&(pid, start): &(u32, u64)| stat(pid).is_some_and(|s| s.start_time == start && s.state != 'Z');
    if state == LockState::Stale && is_reachable && status.is_some_and(|s| s.children.iter().any(is_alive)) {
        LockState::Orphaned
    } else {
        state
    }
}

/// Removes stale files and returns them; with `dry_run`, only returns them. A lock that is held is never removed: each file is locked
/// first, and compared with its path.
pub fn clean(dir: &Path, now: Timestamp, dry_run: bool) -> io::Result<Vec<LockEntry>> {
    let mut removed = Vec::new();
    for entry in list(dir, now)? {
        if entry.state != LockState::Stale {
            continue;
        }
        let Some(InspectedLock { locked: Some(file), .. }) = inspect(&entry.path, now) else {
            continue;
        };
        if !is_at(&file, &entry.path)? {
            continue;
        }
        if !dry_run {
            drop(std::fs::remove_file(entry.path.with_extension("status")));
            std::fs::remove_file(&entry.path)?;
        }
        removed.push(entry);
    }
    Ok(removed)
}
