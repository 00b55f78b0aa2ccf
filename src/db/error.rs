//! Why the database could not do what it was asked, and what to do about it.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Access;
use thiserror::Error;

use super::connection::BUSY_TIMEOUT;
use crate::sys::user;

/// Why the database could not do what it was asked. Every message names the file or the row.
#[derive(Debug, Error)]
pub enum DbError {
    /// There is no database yet.
    #[error("no database at {0}; create it with: mm-admin init")]
    Missing(PathBuf),
    /// It was written by a newer program.
    #[error(
        "the database {path} has schema {found}, this program knows up to {known}; install the newer mirrormanager"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It was written by an older program.
    #[error("the database {path} has schema {found}, this program needs {known}; run: mm-admin migrate")]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It exists already.
    #[error("there is a database at {0} already; nothing was changed")]
    Exists(PathBuf),
    /// It could not be opened.
    #[error("cannot open the database {path}: {why}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// This user may not use a file that belongs to the database.
    #[error("{user} may not write {path}, which belongs to {owner}; {}", hint(path, owner, user))]
    Denied {
        /// The file or directory.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who runs the program.
        user: String,
    },
    /// The directory it should lie in is not there.
    #[error("there is no directory {0} for the database; make it, or correct the key database in the config")]
    NoDirectory(PathBuf),
    /// Another process held the write lock all the time.
    #[error("the database stayed locked for {0:?}; see who runs with: mm-locks")]
    Busy(Duration),
    /// A row is referenced, doubled or out of range.
    #[error("{0}")]
    Constraint(String),
    /// The disk is full or failing.
    #[error("the database could not be written: {0}; free space on its file system, nothing was changed")]
    Disk(String),
    /// A row holds what no program of ours writes.
    #[error("bad row in {table}: {what}")]
    BadRow {
        /// The table.
        table: &'static str,
        /// The row and what is wrong with it.
        what: String,
    },
    /// Anything else SQLite says.
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

impl DbError {
    /// Of opening the file at `path`.
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

    /// Of using the database at `path`.
    pub(super) fn using(path: &Path, e: rusqlite::Error) -> Self {
        denied(path, &e).unwrap_or_else(|| e.into())
    }

    /// Of writing to a database that SQLite could open for reading only.
    pub(super) fn read_only(path: &Path) -> Self {
        refused(path).unwrap_or_else(|| Self::wrong_owner(path))
    }

    /// Of a path that cannot even be looked at.
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
        let owner = std::fs::metadata(path).map_or_else(|_| "somebody else".to_owned(), |m| user::name(m.uid()));
        Self::Denied {
            path: path.to_owned(),
            owner,
            user: user::current(),
        }
    }
}

/// What the system refuses, where SQLite says no more than that it does: a missing directory, or a file, a log beside it, or the
/// directory (where logs are made), that this user may not write.
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
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let files = ["", "-wal", "-shm"].map(beside);
    let files = files.iter().filter(|f| f.exists());
    let may = |path: &Path, what: Access| rustix::fs::access(path, what).is_ok();
    let refused = files
        .map(|f| (f.as_path(), Access::READ_OK | Access::WRITE_OK))
        .chain([(dir, Access::WRITE_OK | Access::EXEC_OK)])
        .find(|(path, what)| !may(path, *what));
    refused.map(|(path, _)| DbError::wrong_owner(path))
}

/// The commands that mend it.
fn hint(path: &Path, owner: &str, user: &str) -> String {
    let path = path.display();
    if owner == user {
        format!("run: chmod u+rwX {path}")
    } else {
        format!("run the program as its owner (sudo -u {owner} ...), or give it away: chown {user} {path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    #[test]
    fn a_missing_directory_is_named_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = dir.path().join("nowhere");
        let e = Db::connect(&nowhere.join("x.db"), true).unwrap_err();
        assert!(matches!(&e, DbError::NoDirectory(d) if *d == nowhere), "{e}");
        // What cannot be opened for another reason says what SQLite says.
        let e = Db::connect(dir.path(), false).unwrap_err();
        assert!(matches!(&e, DbError::Open { .. }), "{e}");
    }
}
