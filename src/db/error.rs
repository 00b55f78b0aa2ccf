//! Errors of the database, with the command that fixes each.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use thiserror::Error;

use super::with_suffix;
use crate::sys::file_error::FileError;

/// Time that a transaction waits for other processes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// A database error. Every message names the file or the row.
#[derive(Debug, Error)]
pub enum DbError {
    /// The database does not exist.
    #[error(
        "the database {0} does not exist; on a new host create it with: mm-admin init; if it was lost, restore a backup: mm-admin restore FILE"
    )]
    Missing(PathBuf),
    /// The schema is newer than the program.
    #[error(
        "the database {path} has schema {found}, this program supports up to {known}; install the newer mirrormanager"
    )]
    Newer {
        /// The path of the file.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The schema version of this program.
        known: i64,
    },
    /// The schema is older than the program.
    #[error("the database {path} has schema {found}, this program needs {known}; run: mm-admin migrate")]
    Older {
        /// The path of the file.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The schema version of this program.
        known: i64,
    },
    /// The file already exists.
    #[error("the database {0} already exists; nothing was changed")]
    Exists(PathBuf),
    /// The file cannot be opened.
    #[error("cannot open the database {path}: {why}")]
    Open {
        /// The path of the file.
        path: PathBuf,
        /// The message of SQLite.
        why: String,
    },
    /// A file of the database cannot be accessed: the disk is full or faulty, or this user may not.
    #[error("{0}; nothing was changed")]
    Storage(#[source] FileError),
    /// SQLite found the file to be corrupt, or no database.
    #[error("the database {path} is corrupt: {why}; see: mm-admin doctor")]
    Corrupt {
        /// The path of the file.
        path: PathBuf,
        /// The message of SQLite.
        why: String,
    },
    /// The file at the path is no longer the one that was opened.
    #[error("the database {0} was replaced while this program was using it; what it did since is lost: run it again")]
    Replaced(PathBuf),
    /// Another process held the write lock until the timeout.
    #[error("the database was locked for {0:?}; see running jobs with: mm-locks")]
    Busy(Duration),
    /// A constraint failed: a row is referenced, duplicate or out of range.
    #[error("{0}")]
    Constraint(String),
    /// A row has invalid content.
    #[error("bad row in {table}: {what}")]
    BadRow {
        /// The name of the table.
        table: &'static str,
        /// The row and the error.
        what: String,
    },
    /// Any other SQLite error.
    #[error("database: {0}")]
    Sql(String),
}

/// A value that cannot be stored as JSON.
impl From<serde_json::Error> for DbError {
    fn from(e: serde_json::Error) -> Self {
        Self::Sql(e.to_string())
    }
}

impl DbError {
    /// Converts an error of SQLite. `action` and `path` are as in [`FileError::new`].
    pub(super) fn new(action: &'static str, path: &Path, e: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let why = e.to_string();
        let failed = |errno: Errno| FileError::new(action, path, io::Error::from_raw_os_error(errno.raw_os_error()));
        match e.sqlite_error_code() {
            Some(C::DatabaseBusy | C::DatabaseLocked) => Self::Busy(BUSY_TIMEOUT),
            Some(C::ConstraintViolation) => Self::Constraint(why),
            // SQLite takes pages that a faulty disk does not return for corrupt ones.
            Some(C::DatabaseCorrupt | C::NotADatabase) => Self::reading(action, path, e).unwrap_or(Self::Corrupt {
                path: path.to_owned(),
                why,
            }),
            Some(C::DiskFull) => Self::Storage(failed(Errno::NOSPC)),
            // SQLite does not tell the error of the operating system.
            Some(C::SystemIoFailure) => Self::Storage(probe(action, path).unwrap_or_else(|| failed(Errno::IO))),
            Some(C::ReadOnly | C::CannotOpen | C::PermissionDenied) => Self::inaccessible(action, path, why),
            Some(_) | None => Self::Sql(why),
        }
    }

    /// Returns the error if the file at `path` cannot be read: the disk is faulty, or this user may not. `None` = `e` has another
    /// reason.
    pub(super) fn reading(action: &'static str, path: &Path, e: &rusqlite::Error) -> Option<Self> {
        use rusqlite::ErrorCode as C;
        let code = e.sqlite_error_code()?;
        if ![
            C::SystemIoFailure,
            C::CannotOpen,
            C::PermissionDenied,
            C::DatabaseCorrupt,
        ]
        .contains(&code)
        {
            return None;
        }
        // The log has pages as well.
        let log = Some(with_suffix(path, "-wal")).filter(|log| log.exists());
        let of_log = || FileError::probe_read(action, &log?);
        let faulty = || io::Error::from_raw_os_error(Errno::IO.raw_os_error());
        let is_faulty = code == C::SystemIoFailure;
        FileError::probe_read(action, path)
            .or_else(of_log)
            .or_else(|| is_faulty.then(|| FileError::new(action, path, faulty())))
            .map(Self::Storage)
    }

    /// Returns a function for `map_err` that converts an error of opening the database at `path`.
    pub(super) fn opening(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |e| Self::new("open the database", path, &e)
    }

    /// Returns a function for `map_err` that converts an error of using the database at `path`.
    pub(super) fn using(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |e| Self::new("write the database", path, &e)
    }

    /// Returns the error for a database that is read-only for this user.
    pub(crate) fn read_only(path: &Path) -> Self {
        Self::inaccessible("write the database", path, "it is read-only".to_owned())
    }

    /// Returns the error for a path that cannot be inspected.
    pub(super) fn unreachable(path: &Path, e: io::Error) -> Self {
        Self::Storage(FileError::new("open the database", path, e))
    }

    fn inaccessible(action: &'static str, path: &Path, why: String) -> Self {
        probe(action, path).map_or_else(
            || Self::Open {
                path: path.to_owned(),
                why,
            },
            Self::Storage,
        )
    }
}

impl From<FileError> for DbError {
    fn from(e: FileError) -> Self {
        Self::Storage(e)
    }
}

/// Finds the cause of a denied access, which SQLite does not name. It also writes logs next to the database.
fn probe(action: &'static str, path: &Path) -> Option<FileError> {
    let files = ["", "-wal", "-shm", "-journal"].map(|suffix| with_suffix(path, suffix));
    FileError::probe(action, path, &files)
}
