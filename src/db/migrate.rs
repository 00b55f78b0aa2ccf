//! Making the schema and bringing an old one up to date.

use std::path::{Path, PathBuf};

use super::connection::{Db, DbError};
use crate::config::Config;
use crate::model::Timestamp;

/// The schema of this program: the number of its last migration.
pub const SCHEMA_VERSION: i64 = 5;

/// The migrations in order; number N stands at position N-1.
const MIGRATIONS: [&str; 5] = [
    include_str!("../../migrations/sqlite/0001.sql"),
    include_str!("../../migrations/sqlite/0002.sql"),
    include_str!("../../migrations/sqlite/0003.sql"),
    include_str!("../../migrations/sqlite/0004.sql"),
    include_str!("../../migrations/sqlite/0005.sql"),
];

/// Creates the database that the config names. Refuses when there is one. Nothing is left when it fails.
pub fn init(config: &Config) -> Result<PathBuf, DbError> {
    let path = config.database_path();
    if path.exists() {
        return Err(DbError::Exists(path));
    }
    let made = Db::connect(&path, true).and_then(|mut db| run(&mut db));
    if made.is_err() {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            // The first failure is the one to report; a file that was not made yet is no second one.
            drop(std::fs::remove_file(name));
        }
    }
    made.map(|()| path)
}

/// Brings the database up to this program's schema, after a backup beside it. Tells where the backup lies; `None` when
/// there was nothing to do.
pub fn migrate(config: &Config, now: Timestamp) -> Result<Option<PathBuf>, DbError> {
    let path = config.database_path();
    if !path.exists() {
        return Err(DbError::Missing(path));
    }
    let mut db = Db::connect(&path, false)?;
    let found = db.schema_version()?;
    if found > SCHEMA_VERSION {
        return Err(DbError::Newer {
            path,
            found,
            known: SCHEMA_VERSION,
        });
    }
    if found == SCHEMA_VERSION {
        return Ok(None);
    }
    let saved = backup_name(&path, found, now);
    super::backup(&mut db, &saved)?;
    run(&mut db)?;
    Ok(Some(saved))
}

fn backup_name(path: &Path, schema: i64, now: Timestamp) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(format!(".schema{schema}.{}", now.0));
    PathBuf::from(name)
}

/// Applies what is missing, in one transaction with foreign keys off and checked before the commit.
fn run(db: &mut Db) -> Result<(), DbError> {
    let from = usize::try_from(db.schema_version()?).unwrap_or(0);
    let conn = db.connection();
    conn.pragma_update(None, "foreign_keys", false)?;
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for sql in MIGRATIONS.iter().skip(from) {
        tx.execute_batch(sql)?;
    }
    let broken = tx.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |r| {
        r.get::<_, i64>(0)
    })?;
    if broken > 0 {
        return Err(DbError::Constraint(format!(
            "{broken} rows would refer to nothing; the database is unchanged"
        )));
    }
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    tx.commit()?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directories, runs and hosts are removed by the thousand: what refers to them must be found without reading whole tables,
    /// or the write lock is held for minutes.
    #[test]
    fn what_is_removed_in_masses_is_found_by_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = Db::connect(&dir.path().join("x.db"), true).unwrap();
        run(&mut db).unwrap();
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
