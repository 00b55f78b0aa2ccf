//! Creates the schema and migrates an older one.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup::unused_name;
use super::connection::{Db, DbError, query_value};
use super::with_suffix;
use crate::config::Config;
use crate::model::Timestamp;
use crate::model::count::format_count;

/// The schema version of this program: the number of its last migration.
pub const SCHEMA_VERSION: i64 = 1;

/// The migrations in order; number N is at index N-1.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/sqlite/0001.sql")];

/// Creates the database that the config names, and returns its path. Fails if one exists. Removes an incomplete one on failure.
pub fn init(config: &Config) -> Result<PathBuf, DbError> {
    let path = config.database_path();
    if path.exists() {
        return Err(DbError::Exists(path));
    }
    let made = Db::connect(&path, true).and_then(|mut db| run(&mut db, &MIGRATIONS));
    if made.is_err() {
        for suffix in ["", "-wal", "-shm"] {
            // The first failure is the one to report; a file that was not created yet is not a second one.
            drop(std::fs::remove_file(with_suffix(&path, suffix)));
        }
    }
    made.map(|()| path)
}

/// Migrates the database to the schema of this program, after a backup next to it. Returns the path of the backup; `None` if
/// the schema is current.
pub fn migrate(config: &Config, now: Timestamp) -> Result<Option<PathBuf>, DbError> {
    let path = config.database_path();
    if !path.exists() {
        return Err(DbError::Missing(path));
    }
    migrate_to(&path, &MIGRATIONS, now)
}

fn migrate_to(path: &Path, migrations: &[&str], now: Timestamp) -> Result<Option<PathBuf>, DbError> {
    let mut db = Db::connect(path, false)?;
    let (found, known) = (db.schema_version()?, last_version(migrations));
    if found > known {
        let path = path.to_owned();
        return Err(DbError::Newer { path, found, known });
    }
    if found == known {
        return Ok(None);
    }
    let saved = unused_name(with_suffix(path, &format!(".schema{found}.{}", now.0)));
    super::backup(&mut db, &saved)?;
    run(&mut db, migrations)?;
    Ok(Some(saved))
}

fn last_version(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Applies the missing migrations in one transaction. Foreign keys are off during it and checked before the commit.
fn run(db: &mut Db, migrations: &[&str]) -> Result<(), DbError> {
    let from = usize::try_from(db.schema_version()?).unwrap_or(0);
    let path = db.path().to_owned();
    apply(db.connection(), migrations, from).map_err(DbError::using(&path))?
}

/// The inner result is that of the check for dangling references.
fn apply(conn: &mut Connection, migrations: &[&str], from: usize) -> rusqlite::Result<Result<(), DbError>> {
    conn.pragma_update(None, "foreign_keys", false)?;
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for sql in migrations.iter().skip(from) {
        tx.execute_batch(sql)?;
    }
    let broken: i64 = query_value(&tx, "SELECT count(*) FROM pragma_foreign_key_check")?;
    if broken > 0 {
        return Ok(Err(DbError::Constraint(format!(
            "{} would refer to missing rows; the database is unchanged",
            format_count(broken, "row")
        ))));
    }
    tx.pragma_update(None, "user_version", last_version(migrations))?;
    tx.commit()?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf, Db) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let mut db = Db::connect(&path, true).unwrap();
        run(&mut db, &MIGRATIONS).unwrap();
        (dir, path, db)
    }

    #[test]
    fn schema_version_is_the_number_of_the_last_migration() {
        assert_eq!(SCHEMA_VERSION, last_version(&MIGRATIONS));
    }

    #[test]
    fn missing_migrations_are_applied_after_a_backup() {
        let (_dir, path, db) = database();
        drop(db);
        let next = [
            MIGRATIONS[0],
            "ALTER TABLE product ADD COLUMN x INTEGER; INSERT INTO product (name, x) VALUES ('A', 7);",
        ];
        let saved = migrate_to(&path, &next, Timestamp(5)).unwrap().unwrap();
        assert_eq!(saved, with_suffix(&path, ".schema1.5"));
        let mut db = Db::connect(&path, false).unwrap();
        assert_eq!(db.schema_version().unwrap(), 2);
        let x: i64 = query_value(db.connection(), "SELECT x FROM product").unwrap();
        assert_eq!(x, 7);
        assert_eq!(Db::connect(&saved, false).unwrap().schema_version().unwrap(), 1);
        assert_eq!(migrate_to(&path, &next, Timestamp(6)).unwrap(), None);
        let newer = migrate_to(&path, &MIGRATIONS, Timestamp(7)).unwrap_err();
        assert!(matches!(newer, DbError::Newer { found: 2, known: 1, .. }), "{newer}");
    }

    #[test]
    fn a_failed_migration_changes_nothing() {
        let (_dir, path, db) = database();
        drop(db);
        for bad in [
            "CREATE TABLE y (a INTEGER) STRICT; nonsense",
            "INSERT INTO host (site_id, name) VALUES (9, 'h.example.org')",
        ] {
            migrate_to(&path, &[MIGRATIONS[0], bad], Timestamp(bad.len().try_into().unwrap())).unwrap_err();
            let mut db = Db::connect(&path, false).unwrap();
            assert_eq!(db.schema_version().unwrap(), 1);
            let sql = "SELECT (SELECT count(*) FROM host) + (SELECT count(*) FROM sqlite_schema WHERE name = 'y')";
            let left: i64 = query_value(db.connection(), sql).unwrap();
            assert_eq!(left, 0, "{bad}");
        }
    }

    /// Thousands of directories, runs and hosts may be removed at once. Without an index for each reference, the write lock would
    /// be held for minutes.
    #[test]
    fn references_to_rows_that_are_removed_have_an_index() {
        let (_dir, _path, mut db) = database();
        let conn = db.connection();
        let mut statement = conn
            .prepare(
                "SELECT t.name || '.' || f.\"from\" FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
                 WHERE t.type = 'table' AND f.\"table\" IN ('directory', 'run', 'host', 'host_category') AND NOT EXISTS
                   (SELECT 1 FROM pragma_index_list(t.name) i, pragma_index_info(i.name) c
                    WHERE c.seqno = 0 AND c.name = f.\"from\")
                   AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) p
                    WHERE p.name = f.\"from\" AND p.type = 'INTEGER' AND p.pk = 1)",
            )
            .unwrap();
        let without: Vec<String> = statement
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
