//! Checks of the database.

use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::{Check, Environment, backup};
use crate::db::{self, Db, DbError, check};
use crate::model::count::format_count;
use crate::sys::shell;

const NAME: &str = "database";

/// The failed check for a database that cannot be opened or read.
pub(super) fn check_error(environment: &Environment<'_>, error: &DbError) -> Check {
    let check = Check::critical(NAME, error.to_string());
    match error {
        DbError::Missing(_) => check.with_command(create_command(environment)),
        DbError::Older { .. } => check.with_command("mm-admin migrate"),
        DbError::Storage(e) => match e.command() {
            Some(command) if e.is_missing_directory() => {
                check.with_command(format!("{command} && {}", create_command(environment)))
            }
            Some(command) => check.with_command(command),
            None => check,
        },
        DbError::Busy(_) => check.with_command("mm-locks"),
        DbError::Corrupt { .. } => add_restore(check, environment),
        DbError::Newer { .. }
        | DbError::Replaced(_)
        | DbError::Exists(_)
        | DbError::Open { .. }
        | DbError::Constraint(_)
        | DbError::BadRow { .. }
        | DbError::Sql(_) => check,
    }
}

/// Returns the command that restores the newest backup, if there is one.
fn restore_command(environment: &Environment<'_>) -> Option<String> {
    let path = backup::find_newest(environment)?;
    Some(format!("mm-admin restore {}", shell::quote_path(&path)))
}

/// Returns the command for a database that does not exist: without a backup it is a new host.
fn create_command(environment: &Environment<'_>) -> String {
    restore_command(environment).unwrap_or_else(|| "mm-admin init".to_owned())
}

/// Adds the command that restores the newest backup.
fn add_restore(check: Check, environment: &Environment<'_>) -> Check {
    if let Some(command) = restore_command(environment) {
        return check.with_command(command);
    }
    let message = format!("{}; restore a backup with: mm-admin restore FILE", check.message);
    Check { message, ..check }
}

pub(super) fn check_integrity(environment: &Environment<'_>, db: &mut Db) -> Check {
    // SQLite opens a file that it cannot write, and fails at the first write.
    if access(db.path(), Access::READ_OK | Access::WRITE_OK) == Err(Errno::ACCESS) {
        return check_error(environment, &DbError::read_only(db.path()));
    }
    let path = db.path().display().to_string();
    match check::quick_check(db) {
        Ok(problems) => match problems.first() {
            None => Check::ok(NAME, format!("{path}, schema {}", db::SCHEMA_VERSION)),
            Some(first) => {
                let message = format!(
                    "{path} is corrupt: {first} ({})",
                    format_count(problems.len(), "problem")
                );
                add_restore(Check::critical(NAME, message), environment)
            }
        },
        Err(e) => check_error(environment, &e),
    }
}
