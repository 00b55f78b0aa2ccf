//! Integrity check of the database.

use super::connection::{Db, DbError, params};
use crate::model::count::{agree, format_count};

/// Returns the problems that SQLite finds: corrupt pages and dangling references. Empty if the database is intact.
pub(crate) fn quick_check(db: &mut Db) -> Result<Vec<String>, DbError> {
    db.read(|tx| {
        let mut found: Vec<String> = tx.rows("PRAGMA quick_check", params![])?;
        found.retain(|line| line != "ok");
        let dangling: i64 = tx.row("SELECT count(*) FROM pragma_foreign_key_check", params![])?;
        if dangling > 0 {
            let (rows, refer) = (format_count(dangling, "row"), agree(dangling, "refers", "refer"));
            found.push(format!("{rows} {refer} to missing rows"));
        }
        Ok(found)
    })
}
