//! Checks of the database.

use super::Check;
use crate::db::{self, Db, DbError, check};

/// The failed check for a database that cannot be opened or read.
pub(super) fn check_error(error: &DbError) -> Check {
    let fix = match error {
        DbError::Missing(_) => "mm-admin init",
        DbError::Older { .. } => "mm-admin migrate",
        DbError::Newer { .. } => "install the newer mirrormanager",
        DbError::Busy(_) => "mm-locks",
        DbError::Denied { .. } => "chown, as described in the message",
        DbError::NoDirectory(_) => "create the directory, or correct `database` in the config",
        DbError::Exists(_)
        | DbError::Open { .. }
        | DbError::Constraint(_)
        | DbError::Disk(_)
        | DbError::BadRow { .. }
        | DbError::Sql(_) => "mm-admin restore BACKUP",
    };
    Check::bad("database", error.to_string(), fix)
}

pub(super) fn check_integrity(db: &mut Db) -> Check {
    let path = db.path().display().to_string();
    match check::quick_check(db) {
        Ok(problems) => match problems.first() {
            None => Check::ok("database", format!("{path}, schema {}", db::SCHEMA_VERSION)),
            Some(first) => {
                let message = format!("{path} is corrupt: {first} ({} problems)", problems.len());
                Check::bad("database", message, "mm-admin restore BACKUP")
            }
        },
        Err(e) => check_error(&e),
    }
}
