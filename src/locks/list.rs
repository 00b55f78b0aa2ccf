//! Listing of the lock directory, and removal of stale files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use strum::AsRefStr;

use super::holder::find_holder;
use super::{
    LockOwner, Stall, Status, file_name, flock, is_at, open_regular, read_json, read_status, remove_files, sorted_paths,
};
use crate::model::Timestamp;
use crate::sys::process::ProcessId;
use crate::sys::shell;

/// Time without progress after which a job is shown as stalled. Timeouts of single requests are far below it.
pub(crate) const DEFAULT_STALL_LIMIT: Duration = Duration::from_mins(5);

/// The state of a lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, AsRefStr)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum LockState {
    /// Held, within its deadline.
    Live,
    /// Held, within its deadline, but the job or a part of it makes no progress.
    Stalled,
    /// Held, past its deadline.
    Overdue,
    /// Held by a process in uninterruptible sleep, which cannot be killed.
    Unkillable,
    /// Held, but not by the process that the file names, or by none that `/proc/locks` shows.
    Unknown,
    /// Free, but child processes of the dead job are running.
    Orphaned,
    /// Free: left by a job that was killed.
    Stale,
    /// Not a regular file, not readable, or not lockable: its state is unknown, and it is never changed.
    Unreadable,
}

impl LockState {
    /// Returns true if a process holds the flock.
    pub(crate) const fn is_held(self) -> bool {
        match self {
            Self::Live | Self::Stalled | Self::Overdue | Self::Unkillable | Self::Unknown => true,
            Self::Orphaned | Self::Stale | Self::Unreadable => false,
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
    /// PID of the process that holds the flock; `None` = free, or not shown.
    pub holder: Option<u32>,
    /// The last reported phase and progress.
    pub status: Option<Status>,
    /// What makes no progress, the longest first.
    pub stalls: Vec<Stall>,
}

/// Lists all lock files, sorted by name. A missing directory is empty.
pub fn list(dir: &Path, now: Timestamp) -> io::Result<Vec<LockEntry>> {
    list_with_stall_limit(dir, now, DEFAULT_STALL_LIMIT)
}

/// Lists all lock files like [`list`]; a job is stalled after `stall_limit` without progress.
pub(crate) fn list_with_stall_limit(dir: &Path, now: Timestamp, stall_limit: Duration) -> io::Result<Vec<LockEntry>> {
    let mut out = Vec::new();
    for path in sorted_paths(dir)? {
        let name = path.file_name().and_then(|n| n.to_str());
        let Some(stem) = name.and_then(|n| n.strip_suffix(".lock")) else {
            continue;
        };
        let (job, scope) = file_name::decode(stem);
        if let Some(InspectedLock {
            state, owner, holder, ..
        }) = inspect(&path, now)
        {
            let status = read_status(&path);
            let stalls = match (&owner, &status, state) {
                (Some(owner), Some(status), LockState::Live) => {
                    status.find_stalls(owner.process.id(), now, stall_limit, &is_stopped)
                }
                _ => Vec::new(),
            };
            let state = if stalls.is_empty() {
                check_children(state, owner.as_ref(), status.as_ref())
            } else {
                LockState::Stalled
            };
            out.push(LockEntry {
                job,
                scope,
                path,
                state,
                owner,
                holder,
                status,
                stalls,
            });
        }
    }
    Ok(out)
}

/// Returns the command that terminates the stalled jobs; `None` = there are none.
pub(crate) fn kill_stalled_command(entries: &[LockEntry]) -> Option<String> {
    let stalled = entries.iter().filter(|e| e.state == LockState::Stalled);
    let options: String = stalled
        .map(|e| match e.scope.as_str() {
            "" => format!(" --kill {}", shell::quote(&e.job)),
            scope => format!(" --kill {}", shell::quote(&format!("{}/{scope}", e.job))),
        })
        .collect();
    (!options.is_empty()).then(|| format!("mm-locks{options} --clean"))
}

/// Returns true if a signal or a debugger stopped the process.
fn is_stopped(process: ProcessId) -> bool {
    process.stat().is_some_and(|s| matches!(s.state, 'T' | 't'))
}

struct InspectedLock {
    state: LockState,
    owner: Option<LockOwner>,
    holder: Option<u32>,
    /// The open file with our flock, if it was free.
    locked: Option<File>,
}

/// Inspects a lock file; `None` if it no longer exists. A job that is taking its lock, and another `mm-locks`, hold a file for an instant
/// that does not name them, so an unknown holder is looked for again.
fn inspect(path: &Path, now: Timestamp) -> Option<InspectedLock> {
    const RETRIES: u32 = 5;
    for _ in 0..RETRIES {
        let found = inspect_once(path, now)?;
        if found.state != LockState::Unknown {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    inspect_once(path, now)
}

fn inspect_once(path: &Path, now: Timestamp) -> Option<InspectedLock> {
    let unreadable = InspectedLock {
        state: LockState::Unreadable,
        owner: None,
        holder: None,
        locked: None,
    };
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(unreadable),
    };
    let Ok(is_free) = flock(&file) else {
        return Some(unreadable);
    };
    let owner: Option<LockOwner> = read_json(&file);
    if is_free {
        return Some(InspectedLock {
            state: LockState::Stale,
            owner,
            holder: None,
            locked: Some(file),
        });
    }
    let holder = find_holder(&file);
    let state = match &owner {
        Some(owner) if is_holder(owner, holder) => {
            let is_overdue = owner.deadline.is_some_and(|d| d < now);
            match (is_unkillable(owner), is_overdue) {
                (true, _) => LockState::Unkillable,
                (false, true) => LockState::Overdue,
                (false, false) => LockState::Live,
            }
        }
        _ => LockState::Unknown,
    };
    Some(InspectedLock {
        state,
        owner,
        holder,
        locked: None,
    })
}

/// Returns true if the process that the file names holds the flock. The content is believed for another machine or container, whose
/// processes are not shown here; none of them is signaled from here.
fn is_holder(owner: &LockOwner, holder: Option<u32>) -> bool {
    let process = &owner.process;
    match process.unreachable_reason() {
        Some(_) => holder.is_none(),
        None => holder == Some(process.pid) && process.id().stat().is_some(),
    }
}

/// Returns true if the owner is in uninterruptible sleep. Only processes of this boot and namespace can be inspected.
fn is_unkillable(owner: &LockOwner) -> bool {
    let process = &owner.process;
    process.unreachable_reason().is_none() && process.id().stat().is_some_and(|s| s.state == 'D')
}

/// Returns the state with regard to child processes, which can be identified in this boot and namespace only.
fn check_children(state: LockState, owner: Option<&LockOwner>, status: Option<&Status>) -> LockState {
    let is_reachable = || owner.is_some_and(|owner| owner.process.unreachable_reason().is_none());
    let is_active = || status.is_some_and(|status| status.running_children().next().is_some());
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
            remove_files(&entry.path)?;
        }
        removed.push(entry);
    }
    Ok(removed)
}
