//! A consistent copy of the database while jobs run, and the way back.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::engine::{Db, DbError};
use crate::config::Config;

/// Copies the open database to `target`, whole or not at all. Refuses to overwrite.
pub fn backup(db: &mut Db, target: &Path) -> Result<(), DbError> {
    if target.exists() {
        return Err(DbError::Exists(target.to_owned()));
    }
    copy(db.connection(), target)
}

/// Puts the backup `source` in the place of the database that the config names. The backup is checked first; the database
/// that was there, if any, is left unchanged when anything fails.
pub fn restore(config: &Config, source: &Path) -> Result<(), DbError> {
    let target = config.database_path();
    let failed = |e: rusqlite::Error| DbError::Open {
        path: source.to_owned(),
        why: e.to_string(),
    };
    if !source.exists() {
        return Err(DbError::Missing(source.to_owned()));
    }
    let from = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let verdict: String = from
        .query_row("PRAGMA integrity_check", [], |r| r.get(0))
        .map_err(failed)?;
    if verdict != "ok" {
        return Err(DbError::Open {
            path: source.to_owned(),
            why: format!("it is damaged: {verdict}"),
        });
    }
    let found: i64 = from
        .query_row("PRAGMA user_version", [], |r| r.get(0))
        .map_err(failed)?;
    let known = super::SCHEMA_VERSION;
    if found > known {
        return Err(DbError::Newer {
            path: source.to_owned(),
            found,
            known,
        });
    }
    if found == 0 {
        return Err(DbError::Open {
            path: source.to_owned(),
            why: "it is no database of mirrormanager".to_owned(),
        });
    }
    // The copy goes through the database's own connection, so that running programs see the old or the new state.
    let mut db = Db::connect(&target, true)?;
    let step = rusqlite::backup::Backup::new(&from, db.connection())?;
    step.run_to_completion(-1, Duration::from_millis(50), None)?;
    Ok(())
}

fn copy(from: &Connection, target: &Path) -> Result<(), DbError> {
    let mut partial = target.to_owned().into_os_string();
    partial.push(".partial");
    let partial = std::path::PathBuf::from(partial);
    let disk = |e: std::io::Error| DbError::Disk(format!("{}: {e}", target.display()));
    let work = || -> Result<(), DbError> {
        let mut to = Connection::open(&partial)?;
        rusqlite::backup::Backup::new(from, &mut to)?.run_to_completion(-1, Duration::from_millis(50), None)?;
        to.pragma_update(None, "journal_mode", "DELETE")?;
        drop(to);
        std::fs::File::open(&partial).and_then(|f| f.sync_all()).map_err(disk)?;
        std::fs::rename(&partial, target).map_err(disk)
    };
    work().inspect_err(|_| drop(std::fs::remove_file(&partial)))
}
