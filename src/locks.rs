//! Locks: one job of a kind (and scope) at a time, on one host.
//!
//! A lock is the file `<lock_dir>/<job>[.<scope>].lock`, held with flock(2) for the life of the process. A free flock means
//! that nobody holds it, whatever the file says: a crash leaves nothing to clean. The body (one JSON line) is for people
//! and for `mm-locks`; it arrives by rename, so it is never read torn. Beside it `<job>[.<scope>].status` tells what the job
//! does now.
//!
//! Nothing here blocks for longer than it is told to. Only `finish` signals processes, when a person asks for it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::Timestamp;
use crate::sys::signals::ShutdownFlag;

mod file_name;
mod keeper;
mod legacy;
mod list;
mod process;
mod terminate;

pub use keeper::LockKeeper;
pub use legacy::{LegacyLock, OldState, clean_old, old_locks};
pub use list::{LockEntry, LockState, clean, list};
pub use terminate::{TerminatedJob, finish};

/// The largest body that is read; ours have some 400 bytes.
const MAX_BODY: u64 = 64 << 10;

/// Who holds a lock: the body of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The process.
    pub pid: u32,
    /// When the process started, in clock ticks since boot (`/proc/PID/stat`, field 22): with the pid and the boot id it
    /// names a process for good.
    pub start_time: u64,
    /// The boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// The pid namespace (`/proc/self/ns/pid`).
    pub pid_namespace: String,
    /// The machine's name.
    pub host: String,
    /// Who started it.
    pub user: String,
    /// Its command line.
    pub command: String,
    /// Since when it holds the lock.
    pub since: Timestamp,
    /// When it should be done; `None` = it has no limit.
    pub deadline: Option<Timestamp>,
}

/// Which lock is wanted, and what its body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The job, such as `crawl`.
    pub job: String,
    /// The scope, such as a category; `None` = the whole job.
    pub scope: Option<String>,
    /// Who asks.
    pub user: String,
    /// With which command line.
    pub command: String,
    /// Now.
    pub now: Timestamp,
    /// How long the job may take.
    pub limit: Option<Duration>,
}

/// Why a lock could not be had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another run has it.
    #[error("{job} is already running: {who}; wait for it with --lock-wait 10m, or see mm-locks")]
    Held {
        /// The job and its scope.
        job: String,
        /// Who holds it, in words.
        who: String,
        /// Who holds it; `None` while it is just starting.
        holder: Option<Box<LockOwner>>,
    },
    /// The lock directory is of no use.
    #[error("cannot make the lock {path}: {why}; create its directory, writable for this user, or set lock_dir")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file is there, but the system cannot lock it: nobody knows whether somebody else has it.
    #[error(
        "cannot lock {path}: {why}; its file system seems to know no flock(2), as NFS without its lock service: set lock_dir to \
         a directory on a local one"
    )]
    NoFlock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// A lock that is held; freed when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    status: PathBuf,
    request: Request,
}

/// What a job does now: the content of its status file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// In a few words.
    pub phase: String,
    /// Steps done and steps in all, if they can be counted.
    pub done: u64,
    /// See `done`.
    pub total: u64,
    /// When this was written.
    pub at: Timestamp,
    /// Child processes it started: pid and start time, each the leader of its own group.
    pub children: Vec<(u32, u64)>,
}

impl Request {
    /// `crawl` or `crawl.Fedora_Linux`: the stem of the file names.
    fn stem(&self) -> String {
        file_name::stem(&self.job, self.scope.as_deref())
    }

    fn body(&self) -> LockOwner {
        let me = process::identity();
        LockOwner {
            pid: me.pid,
            start_time: me.start_time,
            boot_id: me.boot_id,
            pid_namespace: me.pid_namespace,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            user: self.user.clone(),
            command: self.command.clone(),
            since: self.now,
            deadline: self.limit.map(|l| self.now.plus(l)),
        }
    }
}

/// Takes the lock, or says who has it. With `wait` it tries until then, or until `stop` is asked.
pub fn acquire(dir: &Path, request: &Request, wait: Duration, stop: &ShutdownFlag) -> Result<Lock, LockError> {
    let begun = Instant::now();
    loop {
        match try_acquire(dir, request) {
            Err(LockError::Held { .. }) if begun.elapsed() < wait && !stop.is_requested() => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

fn try_acquire(dir: &Path, request: &Request) -> Result<Lock, LockError> {
    let stem = request.stem();
    let path = dir.join(format!("{stem}.lock"));
    let failed = |why: io::Error| LockError::Io {
        path: path.clone(),
        why,
    };
    // Lost races with a holder that ends, or with `--clean`, are tried again: each means that somebody else got on.
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
        let no_flock = |why: io::Error| LockError::NoFlock {
            path: path.clone(),
            why,
        };
        if !flock(&old).map_err(no_flock)? {
            let holder = read_body(&old);
            // `mm-locks` holds a stale file for an instant while it looks at it: no living holder, so try again.
            if retries > 0 && !holder.as_ref().is_some_and(process::may_live) {
                retries -= 1;
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
            let who = holder
                .as_ref()
                .map_or_else(|| "it is just starting".to_owned(), describe);
            return Err(LockError::Held {
                job: stem,
                who,
                holder: holder.map(Box::new),
            });
        }
        if !is_at(&old, &path).map_err(failed)? {
            continue;
        }
        // The name is ours. The body comes by rename of a file that is locked already, so that it is never read torn and the
        // name never stands for a free lock.
        let mut fresh = tempfile::Builder::new()
            .prefix(".lock-")
            .tempfile_in(dir)
            .map_err(failed)?;
        if !flock(fresh.as_file()).map_err(no_flock)? {
            return Err(failed(io::Error::other(
                "somebody locked a file of ours that has no name yet",
            )));
        }
        let mut line = serde_json::to_vec(&request.body()).map_err(|e| failed(e.into()))?;
        line.push(b'\n');
        fresh.write_all(&line).map_err(failed)?;
        set_mode(fresh.as_file(), 0o644).map_err(failed)?;
        let file = fresh.persist(&path).map_err(|e| failed(e.error))?;
        drop(old);
        let status = dir.join(format!("{stem}.status"));
        return Ok(Lock {
            file,
            path,
            status,
            request: request.clone(),
        });
    }
    Err(failed(io::Error::other("its file changed hands a thousand times")))
}

/// Locks a file; `false` = somebody else has it.
fn flock(file: &File) -> io::Result<bool> {
    is_locked(fs2::FileExt::try_lock_exclusive(file))
}

/// Only one of all errors says that somebody has it.
fn is_locked(outcome: io::Result<()>) -> io::Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(e) if e.raw_os_error() == fs2::lock_contended_error().raw_os_error() => Ok(false),
        Err(e) => Err(e),
    }
}

/// A symbolic link in the place of a lock file is not followed.
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Whether the open file is the one the path names.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn read_body(file: &File) -> Option<LockOwner> {
    let mut text = Vec::new();
    file.take(MAX_BODY).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Who it is, in words for a message.
fn describe(holder: &LockOwner) -> String {
    let until = holder
        .deadline
        .map_or_else(String::new, |d| format!(", to be done by {d}"));
    format!(
        "pid {} of {} on {} since {}{until}",
        holder.pid, holder.user, holder.host, holder.since
    )
}

impl Lock {
    /// Tells `mm-locks` what the job does now. Fails without harm: the job goes on.
    pub fn write_status(&self, status: &Status) -> io::Result<()> {
        let text = serde_json::to_vec(status)?;
        crate::sys::atomic::replace(&self.status, &text, 0o644)
    }

    /// Makes sure that the file is still there; takes the lock anew when somebody removed it.
    pub fn ensure_file(&mut self) -> Result<(), LockError> {
        let path = self.path.clone();
        if is_at(&self.file, &path).map_err(|why| LockError::Io {
            path: path.clone(),
            why,
        })? {
            return Ok(());
        }
        let dir = path.parent().unwrap_or(Path::new(".")).to_owned();
        // With the directory itself gone nobody could be kept out. Its parents are left to who removed them.
        match std::fs::create_dir(&dir) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(LockError::Io { path, why }),
            Ok(()) | Err(_) => {}
        }
        let fresh = try_acquire(&dir, &self.request)?;
        // The old file has no name any more: closing it frees nothing that anybody could want. `self` would remove the new
        // file when dropped, so only its handle is replaced.
        self.replace(fresh);
        Ok(())
    }

    fn replace(&mut self, mut fresh: Self) {
        std::mem::swap(&mut self.file, &mut fresh.file);
        // `fresh` now owns the handle of the removed file; its drop finds another inode under the name and leaves it alone.
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked: whoever opened the name before finds another inode and tries again. A failure leaves a
        // stale file, which harms nobody.
        if is_at(&self.file, &self.path).unwrap_or(false) {
            drop(std::fs::remove_file(&self.status));
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
    fn a_second_holder_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        let Err(LockError::Held { job, holder, .. }) = take(dir.path()) else {
            panic!("two holders")
        };
        assert_eq!(job, "crawl.Fedora_Linux");
        let holder = holder.unwrap();
        assert_eq!(
            (holder.pid, holder.deadline),
            (std::process::id(), Some(Timestamp(160)))
        );
        drop(first);
        drop(take(dir.path()).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_a_lock_that_is_held_counts_as_held() {
        let system = |errno: rustix::io::Errno| is_locked(Err(io::Error::from_raw_os_error(errno.raw_os_error())));
        assert!(!system(rustix::io::Errno::WOULDBLOCK).unwrap());
        for none in [
            rustix::io::Errno::NOLCK,
            rustix::io::Errno::NOSYS,
            rustix::io::Errno::IO,
        ] {
            assert!(system(none).is_err());
        }
        let e = LockError::NoFlock {
            path: "/x/crawl.lock".into(),
            why: io::Error::from_raw_os_error(rustix::io::Errno::NOLCK.raw_os_error()),
        };
        let said = e.to_string();
        assert!(said.contains("/x/crawl.lock") && said.contains("lock_dir"), "{said}");
    }

    #[test]
    fn scopes_that_look_alike_do_not_lock_each_other_out() {
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
        let mut shown: Vec<String> = list(dir.path(), Timestamp(100))
            .unwrap()
            .into_iter()
            .map(|e| e.scope)
            .collect();
        shown.sort();
        let mut scopes = scopes.map(str::to_owned);
        scopes.sort();
        assert_eq!(shown, scopes);
        drop(held);
    }

    #[test]
    fn what_a_dead_job_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        for junk in [&b""[..], b"\0\xff garbage", b"{}"] {
            std::fs::write(dir.path().join("crawl.Fedora_Linux.lock"), junk).unwrap();
            drop(take(dir.path()).unwrap());
        }
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, dir.path().join("crawl.Fedora_Linux.lock")).unwrap();
        assert!(matches!(take(dir.path()), Err(LockError::Io { .. })));
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[test]
    fn a_holder_whose_file_was_removed_takes_the_lock_anew() {
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
    fn never_two_holders_while_files_come_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        let taken = std::sync::atomic::AtomicU32::new(0);
        let order = std::sync::atomic::Ordering::SeqCst;
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..300 {
                        if let Ok(lock) = take(dir.path()) {
                            assert_eq!(inside.fetch_add(1, order), 0, "two holders");
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
