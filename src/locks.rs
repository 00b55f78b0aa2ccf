//! Locks: one run of a job (and scope) at a time, on one host.
//!
//! A lock is an flock(2) on the file `<lock_dir>/<job>[.<scope>].lock`, held for the life of the process. A file with a free flock is
//! stale, whatever it contains, so no cleanup is needed after a crash. Its content (one line of JSON) is for operators and
//! `mm-locks`; it is written by rename, so that no reader sees a part of it. The file `<job>[.<scope>].status` next to it has
//! the phase and progress of the job.
//!
//! No function blocks longer than its timeout. Only [`terminate_jobs`] sends signals, on request of an operator.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use itertools::Itertools as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::Timestamp;
use crate::sys::atomic;
use crate::sys::file_error::FileError;
use crate::sys::process::ProcessId;
use crate::sys::signals::ShutdownFlag;

mod file_name;
mod keeper;
mod legacy;
mod list;
mod process;
mod terminate;

pub(crate) use keeper::LockKeeper;
pub(crate) use legacy::{LegacyLock, LegacyLockState, clean_legacy, list_legacy};
pub use list::{LockEntry, LockState, clean, list};
pub use process::ProcessIdentity;
pub(crate) use terminate::{TerminatedJob, terminate_jobs};

/// Limit for the size of lock and status files, in bytes; ours have about 400.
const MAX_BODY: u64 = 64 << 10;

/// The owner of a lock: the content of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The process.
    #[serde(flatten)]
    pub process: ProcessIdentity,
    /// The host name.
    pub host: String,
    /// The user who started the job.
    pub user: String,
    /// The command line of the process.
    pub command: String,
    /// The time when the lock was taken.
    pub since: Timestamp,
    /// End of the time limit; `None` = no limit.
    pub deadline: Option<Timestamp>,
}

/// The lock to take, and the content of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The job, such as `crawl`.
    pub job: String,
    /// The scope, such as a category; `None` = the whole job.
    pub scope: Option<String>,
    /// The user who starts the job.
    pub user: String,
    /// The command line of this process.
    pub command: String,
    /// The current time.
    pub now: Timestamp,
    /// The time limit of the job.
    pub limit: Option<Duration>,
}

/// The reason why a lock could not be taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another run holds the lock.
    #[error("{job} is already running: {who}; wait for it with --lock-wait 10m, or see mm-locks")]
    Held {
        /// Job and scope.
        job: String,
        /// A description of the owner.
        who: String,
        /// The owner; `None` if its file is not written yet.
        owner: Option<Box<LockOwner>>,
    },
    /// The lock file cannot be created or read.
    #[error("{0}, or set lock_dir")]
    Io(#[source] FileError),
    /// The file system cannot lock the file, so another owner cannot be ruled out.
    #[error(
        "cannot lock {0}: {1}; its file system may not support flock(2), such as NFS without a lock service: set lock_dir \
         to a directory on a local file system"
    )]
    NoFlock(PathBuf, io::Error),
}

/// A lock that is held; released when dropped, or when the process exits for any reason.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    request: Request,
}

/// The phase and progress of a job: the content of its status file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// A short description of the phase.
    pub phase: String,
    /// Number of finished steps.
    pub done: u64,
    /// Number of all steps; 0 = unknown.
    pub total: u64,
    /// The time of writing.
    pub at: Timestamp,
    /// PID and start time of each running child process; each leads a process group.
    pub children: Vec<(u32, u64)>,
}

impl Status {
    pub(crate) fn children(&self) -> impl Iterator<Item = ProcessId> {
        let children = self.children.iter().copied();
        children.map(|(pid, start_time)| ProcessId { pid, start_time })
    }
}

impl Request {
    /// The stem of the file names, such as `crawl` or `crawl.Fedora_Linux`.
    fn stem(&self) -> String {
        file_name::encode(&self.job, self.scope.as_deref())
    }

    fn owner(&self) -> LockOwner {
        LockOwner {
            process: ProcessIdentity::own(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            user: self.user.clone(),
            command: self.command.clone(),
            since: self.now,
            deadline: self.limit.map(|l| self.now.plus(l)),
        }
    }
}

/// Takes the lock. While another run holds it, retries for `wait`, or until `stop` is requested.
pub fn acquire(dir: &Path, request: &Request, wait: Duration, stop: &ShutdownFlag) -> Result<Lock, LockError> {
    let started = Instant::now();
    loop {
        match try_acquire(dir, request) {
            Err(LockError::Held { .. }) if started.elapsed() < wait && !stop.is_requested() => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

fn try_acquire(dir: &Path, request: &Request) -> Result<Lock, LockError> {
    let stem = request.stem();
    let path = dir.join(format!("{stem}.lock"));
    let failed = |why: io::Error| LockError::Io(FileError::new("create the lock", &path, why));
    let no_flock = |why: io::Error| LockError::NoFlock(path.clone(), why);
    // A race with an owner that exits, or with `mm-locks --clean`, is retried: each means that another process made progress.
    let mut retries = 30;
    for _ in 0..1000 {
        let old = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(NOFOLLOW)
            .open(&path)
            .map_err(failed)?;
        if !flock(&old).map_err(no_flock)? {
            let owner: Option<LockOwner> = read_json(&old);
            // `mm-locks` locks a stale file for an instant to inspect it. Such a file has no live owner, so retry.
            if retries > 0 && !owner.as_ref().is_some_and(|o| o.process.may_be_alive()) {
                retries -= 1;
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            let who = owner.as_ref().map_or_else(|| "it is starting".to_owned(), describe);
            return Err(LockError::Held {
                job: stem,
                who,
                owner: owner.map(Box::new),
            });
        }
        if !is_at(&old, &path).map_err(failed)? {
            continue;
        }
        // The name is ours. The content is installed by renaming a locked file, so that no reader sees a part of it, and
        // the name never refers to a free lock.
        let mut line = serde_json::to_vec(&request.owner()).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        let fresh = atomic::temporary(&path, &line, 0o644).map_err(failed)?;
        if !flock(fresh.as_file()).map_err(no_flock)? {
            return Err(failed(io::Error::other("another process locked a temporary file")));
        }
        let file = fresh.persist(&path).map_err(|e| failed(e.error))?;
        return Ok(Lock {
            file,
            path,
            request: request.clone(),
        });
    }
    Err(failed(io::Error::other("too many changes of the lock file")))
}

/// Locks a file; returns false if another process holds the lock.
fn flock(file: &File) -> io::Result<bool> {
    is_locked(fs2::FileExt::try_lock_exclusive(file))
}

/// Tells contention, which is a single error code, from other errors.
fn is_locked(outcome: io::Result<()>) -> io::Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(e) if e.raw_os_error() == fs2::lock_contended_error().raw_os_error() => Ok(false),
        Err(e) => Err(e),
    }
}

/// Flags for `open`: do not follow a symbolic link.
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Returns true if the path refers to the open file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Opens a regular file for reading: no symbolic link, and no pipe, which would block.
fn open_regular(path: &Path) -> io::Result<File> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(path)
}

/// Returns the paths of all files in a directory, sorted. A missing directory is empty.
fn sorted_paths(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths: Vec<PathBuf> = entries.map_ok(|entry| entry.path()).try_collect()?;
    paths.sort();
    Ok(paths)
}

fn read_json<T: DeserializeOwned>(file: &File) -> Option<T> {
    let mut text = Vec::new();
    file.take(MAX_BODY).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn describe(owner: &LockOwner) -> String {
    let until = owner.deadline.map_or_else(String::new, |d| format!(", deadline {d}"));
    format!(
        "pid {} of {} on {} since {}{until}",
        owner.process.pid, owner.user, owner.host, owner.since
    )
}

impl Lock {
    pub(crate) fn write_status(&self, status: &Status) -> io::Result<()> {
        let text = serde_json::to_vec(status)?;
        atomic::replace(&self.path.with_extension("status"), &text, 0o644)
    }

    /// Checks that the file still exists; takes the lock again if it was removed.
    pub(crate) fn ensure_file(&mut self) -> Result<(), LockError> {
        let path = self.path.as_path();
        let failed = |why| LockError::Io(FileError::new("check the lock", path, why));
        if is_at(&self.file, path).map_err(failed)? {
            return Ok(());
        }
        let dir = path.parent().unwrap_or(Path::new("."));
        // Without the directory, other runs could not be kept out. Its parents are not restored.
        match std::fs::create_dir(dir) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(failed(why)),
            Ok(()) | Err(_) => {}
        }
        let mut new = try_acquire(dir, &self.request)?;
        // `new` gets the handle of the removed file: dropping it finds another inode at the path, and removes nothing.
        std::mem::swap(&mut self.file, &mut new.file);
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked: a process that opened it before finds another inode at the path, and retries. A failure
        // leaves a stale file, which is harmless.
        if is_at(&self.file, &self.path).unwrap_or(false) {
            drop(std::fs::remove_file(self.path.with_extension("status")));
            drop(std::fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(job: &str) -> Request {
        Request {
            job: job.into(),
            scope: Some("Fedora Linux".into()),
            user: "root".into(),
            command: "mm-crawl".into(),
            now: Timestamp(100),
            limit: Some(Duration::from_mins(1)),
        }
    }

    fn take(dir: &Path) -> Result<Lock, LockError> {
        acquire(dir, &request("crawl"), Duration::ZERO, &ShutdownFlag::default())
    }

    #[test]
    fn the_error_names_the_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        let Err(LockError::Held { job, owner, .. }) = take(dir.path()) else {
            panic!("two owners")
        };
        assert_eq!(job, "crawl.Fedora_Linux");
        let owner = owner.unwrap();
        assert_eq!(
            (owner.process.pid, owner.deadline),
            (std::process::id(), Some(Timestamp(160)))
        );
        drop(first);
        drop(take(dir.path()).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_contention_is_reported_as_a_held_lock() {
        let check = |errno: rustix::io::Errno| is_locked(Err(io::Error::from_raw_os_error(errno.raw_os_error())));
        assert!(!check(rustix::io::Errno::WOULDBLOCK).unwrap());
        for other in [
            rustix::io::Errno::NOLCK,
            rustix::io::Errno::NOSYS,
            rustix::io::Errno::IO,
        ] {
            assert!(check(other).is_err());
        }
        let why = io::Error::from_raw_os_error(rustix::io::Errno::NOLCK.raw_os_error());
        let e = LockError::NoFlock("/x/crawl.lock".into(), why);
        let text = e.to_string();
        assert!(text.contains("/x/crawl.lock") && text.contains("lock_dir"), "{text}");
    }

    #[test]
    fn similar_scopes_have_different_locks() {
        let dir = tempfile::tempdir().unwrap();
        let scopes = ["EPEL 8", "EPEL_8", "Größe", "Grösse", "日本", "中国"];
        let held: Vec<Lock> = scopes
            .iter()
            .map(|scope| {
                let mut request = request("crawl");
                request.scope = Some((*scope).to_owned());
                acquire(dir.path(), &request, Duration::ZERO, &ShutdownFlag::default()).unwrap()
            })
            .collect();
        let mut listed: Vec<String> = list(dir.path(), Timestamp(100))
            .unwrap()
            .into_iter()
            .map(|e| e.scope)
            .collect();
        listed.sort();
        let mut scopes = scopes.map(str::to_owned);
        scopes.sort();
        assert_eq!(listed, scopes);
        drop(held);
    }

    #[test]
    fn stale_files_do_not_block() {
        let dir = tempfile::tempdir().unwrap();
        for junk in [&b""[..], b"\0\xff garbage", b"{}"] {
            std::fs::write(dir.path().join("crawl.Fedora_Linux.lock"), junk).unwrap();
            drop(take(dir.path()).unwrap());
        }
    }

    #[test]
    fn symbolic_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
        assert!(matches!(take(dir.path()), Err(LockError::Io { .. })));
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn lock_is_reacquired_after_its_file_was_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut lock = take(dir.path()).unwrap();
        std::fs::remove_file(dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
        lock.ensure_file().unwrap();
        assert!(matches!(take(dir.path()), Err(LockError::Held { .. })));
        std::fs::remove_file(dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
        let other = take(dir.path()).unwrap();
        assert!(matches!(lock.ensure_file(), Err(LockError::Held { .. })));
        drop(lock);
        drop(other);
    }

    #[test]
    fn one_owner_while_files_are_created_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        let taken = std::sync::atomic::AtomicU32::new(0);
        let order = std::sync::atomic::Ordering::SeqCst;
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..300 {
                        if let Ok(lock) = take(dir.path()) {
                            assert_eq!(inside.fetch_add(1, order), 0, "two owners");
                            std::thread::yield_now();
                            inside.fetch_sub(1, order);
                            taken.fetch_add(1, order);
                            drop(lock);
                        }
                    }
                });
            }
            s.spawn(|| {
                for _ in 0..300 {
                    clean(dir.path(), Timestamp(0), false).unwrap();
                }
            });
        });
        assert!(taken.load(order) > 0);
    }
}
