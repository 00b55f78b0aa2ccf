//! Checks of the database and the clock.

use std::time::Duration;

use super::Check;
use crate::db::{self, Db, DbError, check};
use crate::model::Timestamp;

/// The tolerance if the clock is behind the last recorded time.
const MAX_CLOCK_LAG: Duration = Duration::from_mins(5);
/// The tolerance if the clock is ahead of the last recorded time.
const MAX_CLOCK_LEAD: Duration = Duration::from_hours(24 * 366);

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

pub(super) fn check_clock(db: &mut Db, now: Timestamp) -> Result<Check, DbError> {
    let last = db.read(db::run::last_recorded_time)?;
    Ok(match last {
        Some(last) if last.since(now) > MAX_CLOCK_LAG => {
            let message = format!("{now} is before the last recorded run at {last}");
            Check::bad("clock", message, "timedatectl set-ntp true")
        }
        Some(last) if now.since(last) > MAX_CLOCK_LEAD => {
            let message = format!("{now} is more than a year after the last recorded run at {last}");
            Check::warn("clock", message, "timedatectl")
        }
        Some(_) | None => Check::ok("clock", now.to_string()),
    })
}
