//! Problems that the database cannot record, because it or the config is what is broken.
//!
//! A stamp, a file in the lock directory, keeps all programs from reporting such a problem more than once, and once a day while it
//! persists; the first program that finds it resolved removes the stamp. On a full disk the stamp is an empty file, whose
//! modification time counts. Without any stamp the problem is reported each time.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Error;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::db::DbError;
use crate::model::Timestamp;
use crate::sys::atomic;

const REPEAT_INTERVAL: Duration = Duration::from_hours(24);
/// Programs describe one problem differently. Each description is reported once, up to this number.
const MAX_MESSAGES: usize = 8;
const MAX_STAMP_BYTES: u64 = 64 << 10;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum ProblemKind {
    Config,
    Database,
}

impl ProblemKind {
    /// Returns the kind of an error that no database records.
    pub(crate) fn from_error(error: &Error) -> Option<Self> {
        // A context of an error is not part of its chain.
        if error.is::<DbError>() {
            return Some(Self::Database);
        }
        error.chain().find_map(|cause| {
            if cause.is::<ConfigError>() {
                Some(Self::Config)
            } else {
                cause.is::<DbError>().then_some(Self::Database)
            }
        })
    }

    fn path(self, lock_dir: &Path) -> PathBuf {
        lock_dir.join(format!("{}.problem", <&str>::from(self)))
    }

    /// The description of a problem whose stamp has none.
    fn describe(self) -> &'static str {
        match self {
            Self::Config => "the config could not be read",
            Self::Database => "the database could not be used",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    since: Timestamp,
    notified_at: Timestamp,
    /// The descriptions that were reported; empty if there was no space for them.
    messages: Vec<String>,
}

impl Stamp {
    /// Returns the stamp after a program found the problem, and whether it must report it.
    fn update(old: Option<Self>, message: &str, now: Timestamp) -> (Self, bool) {
        let Some(mut stamp) = old else {
            let messages = vec![message.to_owned()];
            let (since, notified_at) = (now, now);
            return (
                Self {
                    since,
                    notified_at,
                    messages,
                },
                true,
            );
        };
        // A clock that was set back must not silence the problem.
        let is_due = now.since(stamp.notified_at) >= REPEAT_INTERVAL || stamp.notified_at > now;
        let is_new = !stamp.messages.iter().any(|m| m == message) && (1..MAX_MESSAGES).contains(&stamp.messages.len());
        if is_new {
            stamp.messages.push(message.to_owned());
        }
        if is_due {
            stamp.notified_at = now;
        }
        (stamp, is_due || is_new)
    }
}

/// Records that a program met the problem, and returns whether it must report it.
pub(crate) fn record(lock_dir: &Path, kind: ProblemKind, message: &str, now: Timestamp) -> bool {
    let path = kind.path(lock_dir);
    let old = read(&path).ok();
    let (stamp, is_reported) = Stamp::update(old.clone(), message, now);
    if old.as_ref() == Some(&stamp) {
        return is_reported;
    }
    let written = serde_json::to_vec(&stamp).map_err(io::Error::other);
    let written = written
        .and_then(|bytes| atomic::replace(&path, &bytes, 0o600))
        .or_else(|_| write_empty(&path, now));
    is_reported || written.is_err()
}

/// An entry in a directory needs no free block, so this succeeds on most full disks.
fn write_empty(path: &Path, now: Timestamp) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Err(_) | Ok(()) => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // A file system of another machine has another clock.
    let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
    file.set_modified(UNIX_EPOCH + since)
}

/// Removes the stamp of a problem that is over, and returns its first description and its start. `None` if there was no
/// problem, or another program is reporting its end.
pub(crate) fn resolve(lock_dir: &Path, kind: ProblemKind) -> Option<(String, Timestamp)> {
    let path = kind.path(lock_dir);
    let stamp = read(&path).ok()?;
    std::fs::remove_file(&path).ok()?;
    let message = stamp.messages.into_iter().next();
    Some((message.unwrap_or_else(|| kind.describe().to_owned()), stamp.since))
}

fn read(path: &Path) -> io::Result<Stamp> {
    // A pipe or a link in its place must neither block nor lead elsewhere.
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if meta.len() == 0 {
        let written_at = Timestamp(meta.mtime());
        return Ok(Stamp {
            since: written_at,
            notified_at: written_at,
            messages: Vec::new(),
        });
    }
    let mut text = Vec::new();
    file.take(MAX_STAMP_BYTES).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    #[test]
    fn a_problem_is_reported_once_and_daily() {
        let dir = tempfile::tempdir().unwrap();
        let met =
            |message: &str, hours: i64| record(dir.path(), ProblemKind::Database, message, Timestamp(hours * HOUR));
        assert!(met("locked", 1));
        assert!(!met("locked", 2));
        assert!(met("disk full", 3), "another description");
        assert!(!met("disk full", 4) && !met("locked", 5));
        assert!(met("locked", 25), "a day later");
        assert!(!met("disk full", 26));
        assert_eq!(
            resolve(dir.path(), ProblemKind::Database),
            Some(("locked".to_owned(), Timestamp(HOUR)))
        );
        assert_eq!(resolve(dir.path(), ProblemKind::Database), None);
        assert!(met("locked", 27), "it is back");
    }

    #[test]
    fn problems_of_other_kinds_are_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert!(record(dir.path(), ProblemKind::Config, "bad", Timestamp(1)));
        assert!(record(dir.path(), ProblemKind::Database, "bad", Timestamp(1)));
        assert!(resolve(dir.path(), ProblemKind::Config).is_some());
        assert!(!record(dir.path(), ProblemKind::Database, "bad", Timestamp(2)));
    }

    #[test]
    fn without_a_stamp_the_problem_is_reported_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = dir.path().join("nowhere");
        for _ in 0..2 {
            assert!(record(&nowhere, ProblemKind::Config, "bad", Timestamp(1)));
        }
        // A pipe does not block, and is replaced.
        let pipe = ProblemKind::Config.path(dir.path());
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(record(dir.path(), ProblemKind::Config, "bad", Timestamp(1)));
        assert!(!record(dir.path(), ProblemKind::Config, "bad", Timestamp(2)));
    }

    #[test]
    fn on_a_full_disk_the_stamp_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let path = ProblemKind::Database.path(dir.path());
        let now = Timestamp(1_000_000);
        write_empty(&path, now).unwrap();
        assert!(!record(dir.path(), ProblemKind::Database, "no space", now));
        assert!(record(
            dir.path(),
            ProblemKind::Database,
            "no space",
            now.plus(REPEAT_INTERVAL)
        ));
        write_empty(&path, now).unwrap();
        let resolved = resolve(dir.path(), ProblemKind::Database).unwrap();
        assert_eq!(resolved.0, "the database could not be used");
        assert_eq!(resolved.1, now);
    }

    #[test]
    fn descriptions_are_limited_and_a_clock_set_back_does_not_silence() {
        let mut stamp = None;
        for n in 0..20 {
            let (next, is_reported) = Stamp::update(stamp, &format!("message {n}"), Timestamp(100));
            assert_eq!(is_reported, n < MAX_MESSAGES, "{n}");
            stamp = Some(next);
        }
        assert!(Stamp::update(stamp, "message 0", Timestamp(50)).1);
    }
}
