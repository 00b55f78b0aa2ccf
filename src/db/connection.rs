//! The connection, its transactions and statements.
//!
//! Statements are written with `$1`, `$2`, … as PostgreSQL has them. For SQLite these are names, which it numbers by first
//! appearance; [`Tx`] binds them by the number in the name.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::NON_ALPHANUMERIC;
use rusqlite::types::{FromSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, TransactionBehavior};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::BUSY_TIMEOUT;
pub(crate) use super::error::DbError;
use super::row;
use crate::config::Config;

/// A row that [`Db::read_tolerant`] left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// The name of the first column that was read, such as `host_id`.
    pub column: String,
    pub key: String,
    /// The table and the error.
    pub what: String,
}

/// Time that callers which must not wait long wait for other processes.
const SHORT_BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// The database of a program: one connection.
#[derive(Debug)]
pub struct Db {
    conn: Connection,
    path: PathBuf,
    /// Device and inode of the file that was opened.
    file: Option<(u64, u64)>,
}

/// Returns device and inode of a file; `None` if there is none.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

impl Db {
    /// Opens the database that the config names. A missing, older or newer one is an error and is not changed.
    pub fn open(config: &Config) -> Result<Self, DbError> {
        Self::open_within(config, BUSY_TIMEOUT)
    }

    /// Opens the database like [`Db::open`], but fails after seconds if it is locked.
    pub(crate) fn open_with_short_timeout(config: &Config) -> Result<Self, DbError> {
        Self::open_within(config, SHORT_BUSY_TIMEOUT).map_err(|e| {
            if matches!(e, DbError::Busy(_)) {
                DbError::Busy(SHORT_BUSY_TIMEOUT)
            } else {
                e
            }
        })
    }

    /// Opens the database for a query that creates and changes no file, not even those of the WAL; fails if it is locked.
    pub(crate) fn open_read_only(config: &Config) -> Result<Self, DbError> {
        let path = config.database_path();
        let beside = |end: &str| {
            let mut name = path.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        // Without a WAL the file is complete. `mode=ro` alone would create the WAL and its index.
        let is_complete = !beside("-wal").exists();
        if !is_complete && !beside("-shm").exists() {
            return Err(DbError::Busy(Duration::ZERO));
        }
        let name = percent_encoding::percent_encode(path.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC);
        let immutable = if is_complete { "&immutable=1" } else { "" };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(format!("file:{name}?mode=ro{immutable}"), flags);
        let conn = opened.map_err(DbError::opening(&path))?;
        let file = file_id(&path);
        let db = Self { conn, path, file };
        let (found, known) = (db.schema_version()?, super::SCHEMA_VERSION);
        if found == known {
            Ok(db)
        } else {
            let path = db.path;
            Err(if found > known {
                DbError::Newer { path, found, known }
            } else {
                DbError::Older { path, found, known }
            })
        }
    }

    fn open_within(config: &Config, timeout: Duration) -> Result<Self, DbError> {
        let path = config.database_path();
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(DbError::Missing(path)),
            Err(e) => return Err(DbError::unreachable(&path, e)),
        }
        let db = Self::connect_within(&path, false, timeout)?;
        let (found, known) = (db.schema_version()?, super::SCHEMA_VERSION);
        if found > known {
            return Err(DbError::Newer { path, found, known });
        }
        if found < known {
            return Err(DbError::Older { path, found, known });
        }
        Ok(db)
    }

    /// Opens `path` with any schema; `create` creates the file.
    pub(super) fn connect(path: &Path, create: bool) -> Result<Self, DbError> {
        Self::connect_within(path, create, BUSY_TIMEOUT)
    }

    fn connect_within(path: &Path, create: bool, timeout: Duration) -> Result<Self, DbError> {
        let failed = DbError::opening(path);
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let conn = Connection::open_with_flags(path, flags).map_err(&failed)?;
        conn.busy_timeout(timeout).map_err(&failed)?;
        // The schema version is read first: a newer database must not be changed.
        let version: i64 = query_value(&conn, "PRAGMA user_version").map_err(&failed)?;
        if version <= super::SCHEMA_VERSION {
            conn.pragma_update(None, "journal_mode", "WAL").map_err(&failed)?;
        }
        conn.pragma_update(None, "synchronous", "FULL").map_err(&failed)?;
        conn.pragma_update(None, "foreign_keys", true).map_err(&failed)?;
        conn.pragma_update(None, "trusted_schema", false).map_err(&failed)?;
        // What was erased must not stay in free parts of pages that are written anyway.
        conn.pragma_update(None, "secure_delete", "FAST").map_err(failed)?;
        conn.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            conn,
            path: path.to_owned(),
            file: file_id(path),
        })
    }

    /// Fails if another file is at the path now: this connection reads and writes one that no other program sees.
    fn check_file(&self) -> Result<(), DbError> {
        if file_id(&self.path) == self.file {
            Ok(())
        } else {
            Err(DbError::Replaced(self.path.clone()))
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn schema_version(&self) -> Result<i64, DbError> {
        query_value(&self.conn, "PRAGMA user_version").map_err(DbError::opening(&self.path))
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// Runs `work` in one consistent read transaction.
    pub fn read<T, E: From<DbError>>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.transaction(TransactionBehavior::Deferred, None, work)
            .map(|(out, _)| out)
    }

    /// Runs `work` like [`Db::read`], but unreadable rows are left out and returned instead of being an error.
    pub(crate) fn read_tolerant<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, Vec<BadRow>), E> {
        self.transaction(TransactionBehavior::Deferred, Some(RefCell::default()), work)
    }

    /// Runs `work` in one IMMEDIATE write transaction, which is committed if it returns `Ok` and rolled back otherwise.
    pub fn write<T, E: From<DbError>>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, None, work)
            .map(|(out, _)| out)
    }

    fn transaction<T, E: From<DbError>>(
        &mut self,
        behavior: TransactionBehavior,
        bad_rows: Option<RefCell<Vec<BadRow>>>,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, Vec<BadRow>), E> {
        self.check_file()?;
        let path = &self.path;
        // SQLite would fail only at the first writing statement.
        if matches!(behavior, TransactionBehavior::Immediate) && self.conn.is_readonly("main").unwrap_or(false) {
            return Err(DbError::read_only(path).into());
        }
        let inner = self
            .conn
            .transaction_with_behavior(behavior)
            .map_err(DbError::using(path))?;
        let tx = Tx {
            inner,
            path,
            bad_rows,
            change_group: Cell::new(None),
            is_dry_run: Cell::new(false),
        };
        let out = work(&tx)?;
        let (is_dry_run, Tx { inner, bad_rows, .. }) = (tx.is_dry_run.get(), tx);
        let end = if is_dry_run { inner.rollback() } else { inner.commit() };
        end.map_err(DbError::using(path))?;
        self.check_file()?;
        Ok((out, bad_rows.map(RefCell::into_inner).unwrap_or_default()))
    }
}

/// Runs a statement outside of a transaction, and returns the only value of its result.
pub(super) fn query_value<T: FromSql>(conn: &Connection, sql: &str) -> rusqlite::Result<T> {
    conn.query_row(sql, [], |r| r.get(0))
}

/// An open transaction, which the functions of the submodules take.
#[derive(Debug)]
pub struct Tx<'c> {
    inner: rusqlite::Transaction<'c>,
    path: &'c Path,
    /// Rows that [`Tx::all`] cannot read; `None` = such a row is an error.
    bad_rows: Option<RefCell<Vec<BadRow>>>,
    /// The first audit log entry of this transaction.
    pub(super) change_group: Cell<Option<i64>>,
    /// True for a transaction that is rolled back even if it succeeds.
    pub(crate) is_dry_run: Cell<bool>,
}

impl Tx<'_> {
    fn prepare(&self, sql: &'static str, params: &[ColumnValue<'_>]) -> Result<CachedStatement<'_>, DbError> {
        let failed = DbError::using(self.path);
        let mut statement = self.inner.prepare_cached(sql).map_err(&failed)?;
        let count = statement.parameter_count();
        for index in 1..=count {
            let number = statement
                .parameter_name(index)
                .and_then(|n| n.strip_prefix('$')?.parse::<usize>().ok());
            let param = number.and_then(|n| params.get(n.checked_sub(1)?));
            let param = param.ok_or(rusqlite::Error::InvalidParameterCount(params.len(), count));
            let bound = param.and_then(|param| statement.raw_bind_parameter(index, param));
            bound.map_err(&failed)?;
        }
        Ok(statement)
    }

    pub(super) fn execute(&self, sql: &'static str, params: &[ColumnValue<'_>]) -> Result<(), DbError> {
        self.execute_counted(sql, params).map(drop)
    }

    /// Runs a statement and returns the number of changed rows.
    pub(super) fn execute_counted(&self, sql: &'static str, params: &[ColumnValue<'_>]) -> Result<u64, DbError> {
        let changed = self.prepare(sql, params)?.raw_execute();
        Ok(u64::try_from(changed.map_err(DbError::using(self.path))?).unwrap_or(0))
    }

    /// Runs an INSERT … RETURNING id and returns the ID.
    pub(super) fn insert(&self, sql: &'static str, params: &[ColumnValue<'_>]) -> Result<i64, DbError> {
        self.row(sql, params)
    }

    /// Maps all rows of the result.
    pub(super) fn all<T>(
        &self,
        sql: &'static str,
        params: &[ColumnValue<'_>],
        mut map: impl FnMut(&ResultRow<'_, '_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut statement = self.prepare(sql, params)?;
        let mut rows = statement.raw_query();
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(DbError::using(self.path))? {
            match (map(&ResultRow { row, sql }), &self.bad_rows) {
                (Ok(value), _) => out.push(value),
                (Err(e @ (DbError::BadRow { .. } | DbError::Sql(_))), Some(bad)) => bad.borrow_mut().push(BadRow {
                    column: row.as_ref().column_name(0).unwrap_or_default().to_owned(),
                    key: row::key(row),
                    what: e.to_string(),
                }),
                (Err(e), _) => return Err(e),
            }
        }
        Ok(out)
    }

    /// Returns all rows of the result.
    pub(super) fn rows<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        params: &[ColumnValue<'_>],
    ) -> Result<Vec<T>, DbError> {
        self.all(sql, params, |r| row::read(r.row, sql))
    }

    /// Returns all rows of the result of a statement without parameters.
    pub(super) fn all_rows<T: DeserializeOwned>(&self, sql: &'static str) -> Result<Vec<T>, DbError> {
        self.rows(sql, params![])
    }

    /// Returns the first row, if there is one.
    pub(super) fn optional_row<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        params: &[ColumnValue<'_>],
    ) -> Result<Option<T>, DbError> {
        let mut statement = self.prepare(sql, params)?;
        let mut rows = statement.raw_query();
        let row = rows.next().map_err(DbError::using(self.path))?;
        row.map(|row| row::read(row, sql)).transpose()
    }

    /// Returns the first row; an error if there is none.
    pub(super) fn row<T: DeserializeOwned>(&self, sql: &'static str, params: &[ColumnValue<'_>]) -> Result<T, DbError> {
        let row = self.optional_row(sql, params)?;
        row.ok_or_else(|| DbError::Sql("a required row is missing".to_owned()))
    }
}

/// One row of a result.
pub(super) struct ResultRow<'r, 'stmt> {
    row: &'r rusqlite::Row<'stmt>,
    sql: &'static str,
}

impl<'r> ResultRow<'r, '_> {
    pub(super) fn read<T: Deserialize<'r>>(&self) -> Result<T, DbError> {
        row::read(self.row, self.sql)
    }

    /// Returns column `n`, counted from 0.
    pub(super) fn get<T: FromSql>(&self, n: usize) -> Result<T, DbError> {
        self.row.get(n).map_err(|e| DbError::Sql(e.to_string()))
    }
}

/// A parameter of a statement.
#[derive(Debug, Clone)]
pub(super) enum ColumnValue<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
}

impl rusqlite::ToSql for ColumnValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Blob(b) => ValueRef::Blob(b),
        }))
    }
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $to:expr;)*) => {$(
        impl<'a> From<$from> for ColumnValue<'a> where Self: 'a {
            fn from($v: $from) -> Self {
                $to
            }
        }
    )*};
}

value_from! {
    i64 => |v| ColumnValue::Int(v);
    u32 => |v| ColumnValue::Int(i64::from(v));
    bool => |v| ColumnValue::Int(i64::from(v));
    u64 => |v| ColumnValue::Int(i64::try_from(v).unwrap_or(i64::MAX));
    &'a str => |v| ColumnValue::Text(Cow::Borrowed(v));
    &'a String => |v| ColumnValue::Text(Cow::Borrowed(v));
    String => |v| ColumnValue::Text(Cow::Owned(v));
    &'a [u8] => |v| ColumnValue::Blob(Cow::Borrowed(v));
    Vec<u8> => |v| ColumnValue::Blob(Cow::Owned(v));
    crate::model::Timestamp => |v| ColumnValue::Int(v.0);
    crate::model::ids::ProductId => |v| ColumnValue::Int(v.0);
    crate::model::ids::VersionId => |v| ColumnValue::Int(v.0);
    crate::model::ids::ArchId => |v| ColumnValue::Int(v.0);
    crate::model::ids::CategoryId => |v| ColumnValue::Int(v.0);
    crate::model::ids::FileDetailId => |v| ColumnValue::Int(v.0);
    crate::model::ids::RepositoryId => |v| ColumnValue::Int(v.0);
    crate::model::ids::SiteId => |v| ColumnValue::Int(v.0);
    crate::model::ids::HostId => |v| ColumnValue::Int(v.0);
    crate::model::ids::HostCategoryId => |v| ColumnValue::Int(v.0);
    crate::model::ids::UrlId => |v| ColumnValue::Int(v.0);
    crate::model::ids::RunId => |v| ColumnValue::Int(v.0);
    crate::model::ids::DirectoryId => |v| ColumnValue::Int(i64::from(v.0));
    crate::model::ids::ScanSeq => |v| ColumnValue::Int(v.0);
}

impl<'a, T: Into<ColumnValue<'a>>> From<Option<T>> for ColumnValue<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(ColumnValue::Null, Into::into)
    }
}

/// Builds the parameters of a statement: `params![id, name]`.
macro_rules! params {
    ($($v:expr),* $(,)?) => { &[$($crate::db::connection::ColumnValue::from($v)),*] };
}
pub(super) use params;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_bind_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = Db::connect(&dir.path().join("x.db"), true).unwrap();
        let sql = "SELECT $2 - $1 + $2, '$1'";
        let row: (i64, String) = db.read(|tx| tx.row(sql, params![1_i64, 10_i64])).unwrap();
        assert_eq!(row, (19, "$1".to_owned()));
        let missing: Result<(i64, String), DbError> = db.read(|tx| tx.row(sql, params![1_i64]));
        assert!(missing.is_err());
    }

    #[test]
    fn a_failed_write_is_rolled_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = Db::connect(&dir.path().join("x.db"), true).unwrap();
        db.connection()
            .execute_batch("CREATE TABLE t (a INTEGER) STRICT")
            .unwrap();
        let failed: Result<(), DbError> = db.write(|tx| {
            tx.execute("INSERT INTO t VALUES ($1)", params![1_i64])?;
            Err(DbError::Sql("no".to_owned()))
        });
        assert!(failed.is_err());
        let n: i64 = db.read(|tx| tx.row("SELECT count(*) FROM t", params![])).unwrap();
        assert_eq!(n, 0);
    }

    #[test]
    fn replaced_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let mut db = Db::connect(&path, true).unwrap();
        let count = |db: &mut Db| db.read(|tx| tx.row::<i64>("SELECT count(*) FROM sqlite_schema", params![]));
        assert!(count(&mut db).is_ok());
        let copy = dir.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        // While a transaction is open, which is lost then.
        let written = db.write(|tx| {
            std::fs::rename(&copy, &path).unwrap();
            tx.execute("CREATE TABLE t (a INTEGER) STRICT", params![])
        });
        assert!(matches!(written, Err(DbError::Replaced(_))), "{written:?}");
        assert!(matches!(count(&mut db), Err(DbError::Replaced(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(count(&mut db), Err(DbError::Replaced(_))));
    }

    #[test]
    fn a_missing_directory_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = dir.path().join("nowhere");
        let e = Db::connect(&nowhere.join("x.db"), true).unwrap_err();
        assert!(matches!(&e, DbError::Storage(_)), "{e}");
        assert!(
            e.to_string()
                .contains(&format!("the directory {} does not exist", nowhere.display())),
            "{e}"
        );
        let e = Db::connect(dir.path(), false).unwrap_err();
        assert!(e.to_string().contains("it is a directory"), "{e}");
    }
}
