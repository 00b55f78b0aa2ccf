//! Listing of the lock directory, and removal of stale files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use strum::AsRefStr;

use super::{LockOwner, Status, file_name, flock, is_at, open_regular, read_json, sorted_paths};
use crate::model::Timestamp;
use crate::sys::process::ProcessId;

/// The state of a lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, AsRefStr)]
#[strum(serialize_all = "lowercase")]
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
    let mut out = Vec::new();
    for path in sorted_paths(dir)? {
        let name = path.file_name().and_then(|n| n.to_str());
        let Some(stem) = name.and_then(|n| n.strip_suffix(".lock")) else {
            continue;
        };
        let (job, scope) = file_name::decode(stem);
        if let Some(InspectedLock { state, owner, .. }) = inspect(&path, now) {
            let status_file = open_regular(&path.with_extension("status")).ok();
            let status = status_file.and_then(|file| read_json(&file));
            out.push(LockEntry {
                job,
                scope,
                state: check_children(state, owner.as_ref(), status.as_ref()),
                path,
                owner,
                status,
            });
        }
    }
    Ok(out)
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
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(unreadable),
    };
    let Ok(free) = flock(&file) else {
        return Some(unreadable);
    };
    let owner: Option<LockOwner> = read_json(&file);
    let state = match &owner {
        _ if free => LockState::Stale,
        Some(owner) if is_unkillable(owner) => LockState::Unkillable,
        Some(owner) if owner.deadline.is_some_and(|d| d < now) => LockState::Overdue,
        _ => LockState::Live,
    };
    Some(InspectedLock {
        state,
        owner,
        locked: free.then_some(file),
    })
}

/// Returns true if the owner is in uninterruptible sleep. Only processes of this boot and namespace can be inspected.
fn is_unkillable(owner: &LockOwner) -> bool {
    let process = &owner.process;
    process.unreachable_reason().is_none() && process.id().stat().is_some_and(|s| s.state == 'D')
}

/// Returns the state with regard to child processes, which can be identified in this boot and namespace only.
fn check_children(state: LockState, owner: Option<&LockOwner>, status: Option<&Status>) -> LockState {
    let is_reachable = || owner.is_some_and(|owner| owner.process.unreachable_reason().is_none());
    let is_active = || status.is_some_and(|status| status.children().any(ProcessId::is_running));
    if state == LockState::Stale && is_reachable() && is_active() {
        LockState::Orphaned
    } else {
        state
    }
}

/// Removes stale files and returns them; with `dry_run`, only returns them. A lock that is held is never removed: each file is locked
/// first, and compared with its path.
pub fn clean(dir: &Path, now: Timestamp, dry_run: bool) -> io::Result<Vec<LockEntry>> {
    let mut removed = Vec::new();
    for entry in list(dir, now)?.into_iter().filter(|e| e.state == LockState::Stale) {
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
