//! Errors of the database, with the command that fixes each.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Access;
use thiserror::Error;

use super::with_suffix;
use crate::sys::user;

/// Time that a transaction waits for other processes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// A database error. Every message names the file or the row.
#[derive(Debug, Error)]
pub enum DbError {
    /// The database does not exist.
    #[error("the database {0} does not exist; create it with: mm-admin init")]
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
    /// This user has no access to a file of the database.
    #[error("{user} cannot write {path}, which is owned by {owner}; {}", hint(path, owner, user))]
    Denied {
        /// The file or directory.
        path: PathBuf,
        /// The owner of the file.
        owner: String,
        /// The user of the process.
        user: String,
    },
    /// The directory of the database does not exist.
    #[error("the directory {0} of the database does not exist; create it, or correct the key database in the config")]
    NoDirectory(PathBuf),
    /// Another process held the write lock until the timeout.
    #[error("the database was locked for {0:?}; see running jobs with: mm-locks")]
    Busy(Duration),
    /// A constraint failed: a row is referenced, duplicate or out of range.
    #[error("{0}")]
    Constraint(String),
    /// The disk is full or faulty.
    #[error("cannot write the database: {0}; free space on its file system, nothing was changed")]
    Disk(String),
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

impl From<rusqlite::Error> for DbError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let text = e.to_string();
        match e.sqlite_error_code() {
            Some(C::DatabaseBusy | C::DatabaseLocked) => Self::Busy(BUSY_TIMEOUT),
            Some(C::ConstraintViolation) => Self::Constraint(text),
            Some(C::DiskFull | C::SystemIoFailure) => Self::Disk(text),
            _ => Self::Sql(text),
        }
    }
}

/// A value that cannot be stored as JSON.
impl From<serde_json::Error> for DbError {
    fn from(e: serde_json::Error) -> Self {
        Self::Sql(e.to_string())
    }
}

impl DbError {
    /// Converts an error from opening `path`.
    pub(super) fn opening(path: &Path, e: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        if matches!(e.sqlite_error_code(), Some(C::DatabaseBusy | C::DatabaseLocked)) {
            return Self::Busy(BUSY_TIMEOUT);
        }
        denied(path, e).unwrap_or_else(|| Self::Open {
            path: path.to_owned(),
            why: e.to_string(),
        })
    }

    /// Converts an error from using the database at `path`.
    pub(super) fn using(path: &Path, e: rusqlite::Error) -> Self {
        denied(path, &e).unwrap_or_else(|| e.into())
    }

    /// Returns the error for a database that is read-only for this user.
    pub(crate) fn read_only(path: &Path) -> Self {
        refused(path).unwrap_or_else(|| Self::wrong_owner(path))
    }

    /// Returns the error for a path that cannot be inspected.
    pub(super) fn unreachable(path: &Path, e: &io::Error) -> Self {
        let closed = path.ancestors().skip(1).find(|d| d.exists());
        match closed {
            Some(dir) if e.kind() == io::ErrorKind::PermissionDenied => Self::wrong_owner(dir),
            Some(_) | None => Self::Open {
                path: path.to_owned(),
                why: e.to_string(),
            },
        }
    }

    fn wrong_owner(path: &Path) -> Self {
        let owner = std::fs::metadata(path).map_or_else(|_| "another user".to_owned(), |m| user::name(m.uid()));
        Self::Denied {
            path: path.to_owned(),
            owner,
            user: user::current(),
        }
    }
}

/// Finds the cause of a denied access, which SQLite does not name: a missing directory, or a file, a log next to it, or the
/// directory (where logs are created) that this user cannot write.
fn denied(path: &Path, e: &rusqlite::Error) -> Option<DbError> {
    use rusqlite::ErrorCode as C;
    if !matches!(
        e.sqlite_error_code(),
        Some(C::ReadOnly | C::CannotOpen | C::PermissionDenied)
    ) {
        return None;
    }
    refused(path)
}

fn refused(path: &Path) -> Option<DbError> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        Some(_) | None => Path::new("."),
    };
    if dir.try_exists().is_ok_and(|there| !there) {
        return Some(DbError::NoDirectory(dir.to_owned()));
    }
    let files = ["", "-wal", "-shm"].map(|suffix| with_suffix(path, suffix));
    let files = files.iter().filter(|f| f.exists());
    let may = |path: &Path, what: Access| rustix::fs::access(path, what).is_ok();
    let refused = files
        .map(|f| (f.as_path(), Access::READ_OK | Access::WRITE_OK))
        .chain([(dir, Access::WRITE_OK | Access::EXEC_OK)])
        .find(|(path, what)| !may(path, *what));
    refused.map(|(path, _)| DbError::wrong_owner(path))
}

/// Returns the command that fixes it.
fn hint(path: &Path, owner: &str, user: &str) -> String {
    let path = path.display();
    if owner == user {
        format!("run: chmod u+rwX {path}")
    } else {
        format!("run the program as its owner (sudo -u {owner} ...), or change the owner: chown {user} {path}")
    }
}
