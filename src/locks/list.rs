//! What lies in the lock directory, and removing what is stale.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{LockOwner, MAX_BODY, NOFOLLOW, Status, flock, is_at, process, read_body};
use crate::model::Timestamp;
use crate::sys::process::stat;

/// What a lock file stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LockState {
    /// Held, within its deadline.
    Live,
    /// Held, past its deadline.
    Overdue,
    /// Held by a process that waits in the kernel and cannot be ended.
    Unkillable,
    /// Free, but child processes of the dead job live.
    Orphans,
    /// Free: left behind by a job that died.
    Stale,
    /// No regular file, not readable, or on a file system that cannot lock: nothing is known of it, and it is not touched.
    Unreadable,
}

impl LockState {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Overdue => "hung",
            Self::Unkillable => "unkillable",
            Self::Orphans => "orphans",
            Self::Stale => "stale",
            Self::Unreadable => "foreign",
        }
    }
}

/// One lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockEntry {
    /// The job.
    pub job: String,
    /// Its scope; empty = none.
    pub scope: String,
    /// The file.
    pub path: PathBuf,
    /// What it stands for.
    pub state: LockState,
    /// Who holds it or held it; `None` when the file says nothing that can be read.
    pub holder: Option<LockOwner>,
    /// What the job last said that it does.
    pub status: Option<Status>,
}

/// All lock files, sorted by name. A missing directory holds none.
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
        let (job, scope) = super::file_name::names(stem);
        if let Some(found) = look(&path, now) {
            let status = read_status(&path.with_extension("status"));
            let state = with_children(found.state, found.holder.as_ref(), status.as_ref());
            out.push(LockEntry {
                job,
                scope,
                path: path.clone(),
                state,
                holder: found.holder,
                status,
            });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// What a job said last. Only of a regular file of a sane size: a pipe would be waited for.
fn read_status(path: &Path) -> Option<Status> {
    if !std::fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let file = OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path).ok()?;
    let mut text = Vec::new();
    file.take(MAX_BODY).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

struct Look {
    state: LockState,
    holder: Option<LockOwner>,
    /// The open file, locked by us, when it was free.
    locked: Option<File>,
}

/// Looks at one file; `None` when it is gone by now.
fn look(path: &Path, now: Timestamp) -> Option<Look> {
    let foreign = Look {
        state: LockState::Unreadable,
        holder: None,
        locked: None,
    };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => return Some(foreign),
        Ok(_) => {}
        Err(_) => return None,
    }
    let file = match OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(_) => return Some(foreign),
    };
    let Ok(free) = flock(&file) else {
        return Some(foreign);
    };
    let holder = read_body(&file);
    if free {
        return Some(Look {
            state: LockState::Stale,
            holder,
            locked: Some(file),
        });
    }
    let state = match &holder {
        Some(h) if is_in_kernel(h) => LockState::Unkillable,
        Some(h) if h.deadline.is_some_and(|d| d < now) => LockState::Overdue,
        _ => LockState::Live,
    };
    Some(Look {
        state,
        holder,
        locked: None,
    })
}

/// Whether the holder is past help: the same process, waiting in the kernel. Only processes of this boot and namespace can be
/// looked at.
fn is_in_kernel(holder: &LockOwner) -> bool {
    let me = process::identity();
    me.boot_id == holder.boot_id
        && me.pid_namespace == holder.pid_namespace
        && stat(holder.pid).is_some_and(|s| s.state == 'D' && s.start_time == holder.start_time)
}

/// A number and a start time say something of this boot and namespace only.
fn with_children(state: LockState, holder: Option<&LockOwner>, status: Option<&Status>) -> LockState {
    let near = holder.is_some_and(|h| process::out_of_reach(h, &process::identity()).is_none());
    let alive = |&(pid, start): &(u32, u64)| stat(pid).is_some_and(|s| s.start_time == start && s.state != 'Z');
    if state == LockState::Stale && near && status.is_some_and(|s| s.children.iter().any(alive)) {
        LockState::Orphans
    } else {
        state
    }
}

/// Removes the stale files and returns them; with `dry_run` only says which. A lock that somebody holds is never removed: each
/// file is locked first and compared with its name.
pub fn clean(dir: &Path, now: Timestamp, dry_run: bool) -> io::Result<Vec<LockEntry>> {
    let mut removed = Vec::new();
    for entry in list(dir, now)? {
        if entry.state != LockState::Stale {
            continue;
        }
        let Some(Look { locked: Some(file), .. }) = look(&entry.path, now) else {
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
