//! Integrity check of the database.

use super::connection::{Db, DbError, params};
use crate::model::count::{agree, format_count};
use crate::sys::file_error::FileError;

/// Returns the problems that SQLite finds: corrupt pages and dangling references. Empty if the database is intact.
pub(crate) fn quick_check(db: &mut Db) -> Result<Vec<String>, DbError> {
    let path = db.path().to_owned();
    let found = db.read(|tx| {
        let mut found: Vec<String> = tx.rows("PRAGMA quick_check", params![])?;
        found.retain(|line| line != "ok");
        let dangling: i64 = tx.row("SELECT count(*) FROM pragma_foreign_key_check", params![])?;
        if dangling > 0 {
            let (rows, refer) = (format_count(dangling, "row"), agree(dangling, "refers", "refer"));
            found.push(format!("{rows} {refer} to missing rows"));
        }
        Ok::<_, DbError>(found)
    })?;
    // A page that a faulty disk does not return is reported like a corrupt one.
    let unread = || FileError::probe_read("read the database", &path);
    match (!found.is_empty()).then(unread).flatten() {
        Some(e) => Err(e.into()),
        None => Ok(found),
    }
}
