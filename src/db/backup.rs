//! Backup of the database while jobs are running, and restore.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use super::connection::{Db, DbError, query_value};
use super::with_suffix;
use crate::config::Config;
use crate::model::Timestamp;
use crate::sys::atomic;
use crate::sys::file_error::FileError;

/// The files of a database.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// Copies the open database to `target` atomically. Fails if `target` exists.
pub(crate) fn backup(db: &mut Db, target: &Path) -> Result<(), DbError> {
    if target.exists() {
        return Err(DbError::Exists(target.to_owned()));
    }
    copy(db.connection(), target)
}

/// Checks that `source` is an intact mirrormanager database, not newer than the program, and returns its schema version.
pub(crate) fn check_backup(source: &Path) -> Result<i64, DbError> {
    let failed = |why: String| DbError::Open {
        path: source.to_owned(),
        why: format!("{why}; nothing was changed"),
    };
    if !source.is_file() {
        return Err(failed("the backup does not exist".to_owned()));
    }
    // A page that a faulty disk does not return is reported like a corrupt one, by each query.
    let error = |e: rusqlite::Error| {
        DbError::reading(READ, source, &e).unwrap_or_else(|| failed(format!("corrupt, or not a database: {e}")))
    };
    let from = Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(error)?;
    let verdict: String = query_value(&from, "PRAGMA integrity_check").map_err(error)?;
    if verdict != "ok" {
        if let Some(e) = FileError::probe_read(READ, source) {
            return Err(e.into());
        }
        return Err(failed(format!("corrupt: {verdict}")));
    }
    let found: i64 = query_value(&from, "PRAGMA user_version").map_err(error)?;
    let known = super::SCHEMA_VERSION;
    if found > known {
        return Err(DbError::Newer {
            path: source.to_owned(),
            found,
            known,
        });
    }
    // No other program's database has these tables and a schema version in our range.
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('host_category', 'audit_log', 'inventory')";
    let ours: i64 = query_value(&from, sql).map_err(error)?;
    if found == 0 || ours != 3 {
        return Err(failed("not a database of mirrormanager".to_owned()));
    }
    Ok(found)
}

/// What the registry of a database file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct RegistrySize {
    pub(crate) sites: i64,
    pub(crate) hosts: i64,
    pub(crate) categories: i64,
}

/// Counts the sites, hosts and categories of a backup.
pub(crate) fn registry_size(source: &Path) -> Result<RegistrySize, DbError> {
    let from = open_read_only(source)?;
    let count = |sql: &str| query_value::<i64>(&from, sql).map_err(|e| DbError::new(READ, source, &e));
    Ok(RegistrySize {
        sites: count("SELECT count(*) FROM site")?,
        hosts: count("SELECT count(*) FROM host")?,
        categories: count("SELECT count(*) FROM category")?,
    })
}

/// Replaces the database that the config names by the backup `source`, which is checked first. The previous file is kept
/// next to it, and its path is returned. A database that can be opened is overwritten through its own
/// connection, so that running programs see the old or the new state; another one is moved aside with its log.
pub(crate) fn restore(config: &Config, source: &Path, now: Timestamp) -> Result<Option<PathBuf>, DbError> {
    let target = config.database_path();
    check_backup(source)?;
    let kept = unused_name(with_suffix(&target, &format!(".replaced.{}", now.0)));
    let from = open_read_only(source)?;
    let old = if target.exists() {
        let opened = Db::connect(&target, false).and_then(|mut db| backup(&mut db, &kept).map(|()| db));
        match opened.inspect_err(|_| drop(std::fs::remove_file(&kept))) {
            Ok(db) => Some(db),
            // What is there may be intact: it is not moved aside if there is no space for a copy, or no permission.
            Err(e @ DbError::Storage(_)) => return Err(e),
            Err(_) => None,
        }
    } else {
        None
    };
    let is_moved = old.is_none() && target.exists();
    let kept = target.exists().then_some(kept);
    if let Some(kept) = kept.as_ref().filter(|_| is_moved) {
        rename_all(&target, kept)?;
    }
    let copied = old.map_or_else(|| Db::connect(&target, true), Ok).and_then(|mut db| {
        copy_pages(&from, db.connection(), &target)?;
        drop(db);
        // The copy has the journal mode of the backup.
        Db::connect(&target, false)
    });
    if let Err(e) = copied {
        if let Some(kept) = kept.as_ref().filter(|_| is_moved) {
            for suffix in SUFFIXES {
                drop(std::fs::remove_file(with_suffix(&target, suffix)));
            }
            rename_all(kept, &target)?;
        }
        return Err(e);
    }
    Ok(kept)
}

/// Renames a database with the files next to it.
fn rename_all(from: &Path, to: &Path) -> Result<(), DbError> {
    for suffix in SUFFIXES {
        let file = with_suffix(from, suffix);
        if file.exists() {
            std::fs::rename(&file, with_suffix(to, suffix)).map_err(FileError::at("rename", &file))?;
        }
    }
    Ok(())
}

fn open_read_only(path: &Path) -> Result<Connection, DbError> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|e| DbError::reading(READ, path, &e).unwrap_or_else(|| DbError::new(READ, path, &e)))
}

/// Returns `first`, or a name derived from it if there is such a file: an earlier run in the same second keeps its copy.
pub(super) fn unused_name(first: PathBuf) -> PathBuf {
    let more = (2_u32..).map(|n| with_suffix(&first, &format!(".{n}")));
    let found = std::iter::once(first.clone()).chain(more).find(|name| !name.exists());
    found.unwrap_or(first)
}

fn copy(from: &Connection, target: &Path) -> Result<(), DbError> {
    // The name does not depend on that of the copy, so that the next one removes what a killed process left.
    let dir = target.parent().unwrap_or(Path::new("."));
    atomic::remove_leftovers(dir, PARTIAL);
    let partial = dir.join(format!("{PARTIAL}{}.db", std::process::id()));
    let failed = |e: rusqlite::Error| DbError::new(WRITE, target, &e);
    let work = || -> Result<(), DbError> {
        let mut to = Connection::open(&partial).map_err(failed)?;
        copy_pages(from, &mut to, target)?;
        to.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
        drop(to);
        let synced = std::fs::File::open(&partial).and_then(|f| f.sync_all());
        synced.map_err(FileError::at(WRITE, target))?;
        std::fs::rename(&partial, target).map_err(FileError::at(WRITE, target))?;
        Ok(())
    };
    work().inspect_err(|_| drop(std::fs::remove_file(&partial)))
}

const WRITE: &str = "write the copy of the database";
const READ: &str = "read the backup";

/// The beginning of the name of an unfinished copy; the process ID follows.
const PARTIAL: &str = ".database.new-";

/// Copies all pages to the database at `path` in one step, so that the copy is consistent. Waits while another process writes to it.
fn copy_pages(from: &Connection, to: &mut Connection, path: &Path) -> Result<(), DbError> {
    const PAUSE: Duration = Duration::from_millis(50);
    const TRIES: u32 = 600;
    let source = from.path().unwrap_or_default().to_owned();
    let failed = |e: rusqlite::Error| {
        let read = is_read_error(&e).then(|| DbError::reading("read the database", Path::new(&source), &e));
        read.flatten().unwrap_or_else(|| DbError::new(WRITE, path, &e))
    };
    let backup = rusqlite::backup::Backup::new(from, to).map_err(failed)?;
    for _ in 0..TRIES {
        if backup.step(-1).map_err(failed)? == rusqlite::backup::StepResult::Done {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(DbError::Busy(PAUSE * TRIES))
}

/// True if it was a read that failed: a copy reads its source and writes its target.
fn is_read_error(e: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
    // The second one is EIO.
    let reads = [SQLITE_IOERR_READ, SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_SHORT_READ];
    e.sqlite_extended_error_code().is_some_and(|code| reads.contains(&code))
}
