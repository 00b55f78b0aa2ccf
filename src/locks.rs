//! Locks: one run of a job (and scope) at a time, on one host.
//!
//! A lock is an flock(2) on the file `<lock_dir>/<job>[.<scope>].lock`, held for the life of the process. A file with a free flock is
//! stale, whatever it contains, so no cleanup is needed after a crash. Its content (one line of JSON) is for operators and
//! `mm-locks`; it is written by rename, so that no reader sees a part of it. The file `<job>[.<scope>].status` next to it has
//! the phase and progress of the job. A file is written as `NAME.new` first; only the owner of the lock does, so the next owner
//! replaces what a killed one left.
//!
//! All files have mode 0600, and jobs refuse a directory that others can enter ([`directory`]): who can open a lock file can hold
//! its flock.
//!
//! No function blocks longer than its timeout. Signals go to the children that a killed run left, when the next run takes its
//! lock, and by [`terminate_jobs`] on request of an operator.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use itertools::Itertools as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::Timestamp;
use crate::sys;
use crate::sys::file_error::FileError;
use crate::sys::signals::ShutdownFlag;

pub(crate) mod directory;
mod file_name;
mod holder;
mod keeper;
mod legacy;
mod list;
mod process;
mod status;
mod terminate;

pub use directory::UnsafeLockDir;
pub(crate) use keeper::{KeptLock, LockKeeper, LockSet};
pub(crate) use legacy::{LegacyLock, LegacyLockState, clean_legacy, list_legacy};
pub(crate) use list::{DEFAULT_STALL_LIMIT, kill_stalled_command, list_with_stall_limit};
pub use list::{LockEntry, LockState, clean, list};
pub use process::ProcessIdentity;
pub use status::{ActivityStatus, ChildStatus, Stall, Status};
pub(crate) use terminate::{TerminatedJob, describe_holder, terminate_jobs};

/// Limit for the size of lock and status files, in bytes. Ours have about 400, and a status 150 more for each activity and child.
const MAX_BODY: u64 = 256 << 10;

/// Permissions of lock and status files, and of their directory.
const FILE_MODE: u32 = 0o600;
pub(crate) const DIRECTORY_MODE: u32 = 0o700;

/// Time between SIGTERM and SIGKILL for the children that a killed run left.
const ORPHAN_GRACE: Duration = Duration::from_secs(2);

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
    /// Others can open or change the lock directory, so that they could block or imitate jobs.
    #[error("no lock was taken: {0}")]
    UnsafeDirectory(UnsafeLockDir),
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
    if let Some(problem) = directory::find_problem(dir).map_err(failed)? {
        return Err(LockError::UnsafeDirectory(problem));
    }
    // A race with an owner that exits, or with `mm-locks --clean`, is retried: each means that another process made progress.
    let mut retries = 30;
    for _ in 0..1000 {
        directory::remove_foreign(&path).map_err(failed)?;
        let old = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
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
        terminate_orphans(&path, read_json(&old).as_ref());
        // The name is ours. The content is installed by renaming a locked file, so that no reader sees a part of it, and
        // the name never refers to a free lock.
        let mut line = serde_json::to_vec(&request.owner()).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        let file = create_new(&path, &line).map_err(failed)?;
        if !flock(&file).map_err(no_flock)? {
            return Err(failed(io::Error::other("another process locked a new file")));
        }
        std::fs::rename(new_path(&path), &path).map_err(failed)?;
        return Ok(Lock {
            file,
            path,
            request: request.clone(),
        });
    }
    Err(failed(io::Error::other("too many changes of the lock file")))
}

/// Terminates the child processes that a killed run left: they would work on beside the new run. They can be identified in this boot
/// and namespace only.
fn terminate_orphans(path: &Path, owner: Option<&LockOwner>) {
    let is_dead = |o: &LockOwner| o.process.unreachable_reason().is_none() && !o.process.id().is_running();
    if !owner.is_some_and(is_dead) {
        return;
    }
    let children: Vec<_> = read_status(path).iter().flat_map(Status::running_children).collect();
    if children.is_empty() {
        return;
    }
    tracing::warn!(lock = %path.display(), ?children, "terminating the child processes of a killed run");
    if let Err(e) = sys::terminate::terminate(&[], &children, ORPHAN_GRACE) {
        tracing::warn!(error = %e, "cannot terminate them");
    }
}

/// Reads the status file of a lock.
fn read_status(lock: &Path) -> Option<Status> {
    read_json(&open_regular(&lock.with_extension("status")).ok()?)
}

/// The name under which the new content of a file is written.
fn new_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Creates the file for the new content of `path`. An existing one was left by a killed run.
fn create_new(path: &Path, content: &[u8]) -> io::Result<File> {
    let new = new_path(path);
    directory::remove_foreign(&new)?;
    remove_if_exists(&new)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&new)?;
    file.write_all(content).inspect_err(|_| {
        // The disk is full, most likely.
        drop(std::fs::remove_file(&new));
    })?;
    Ok(file)
}

fn remove_if_exists(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes all files of a lock, which the caller has locked. The lock file is the last, so that the name is taken until then.
fn remove_files(lock: &Path) -> io::Result<()> {
    let status = lock.with_extension("status");
    for path in [new_path(&status), status, new_path(lock)] {
        // A remaining one is replaced by the next run.
        drop(std::fs::remove_file(path));
    }
    std::fs::remove_file(lock)
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
    let not_regular = || io::Error::other("not a regular file");
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(not_regular());
    }
    // Another user may replace the file meanwhile, in a directory that jobs would refuse.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(NOFOLLOW | nonblocking)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_regular())
    }
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
        let path = self.path.with_extension("status");
        directory::remove_foreign(&path)?;
        create_new(&path, &serde_json::to_vec(status)?)?;
        std::fs::rename(new_path(&path), &path)
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
        match DirBuilder::new().mode(DIRECTORY_MODE).create(dir) {
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
            drop(remove_files(&self.path));
        }
    }
}

#[cfg(test)]
mod tests;
