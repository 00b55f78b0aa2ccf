//! The audit log: who changed what in the registry, when, from what to what.

use serde::Serialize;

use super::engine::{DbError, Tx, params};
use crate::model::Epoch;

/// Who makes changes in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The person, as `sudo` or the login names them.
    pub user: String,
    /// The program.
    pub program: String,
    /// When.
    pub at: Epoch,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its row.
    pub id: i64,
    /// When.
    pub changed_at: Epoch,
    /// Who.
    pub changed_by: String,
    /// With which program.
    pub program: String,
    /// What kind of row, as `mm-admin` calls it.
    pub noun: String,
    /// Which row, by the name people use.
    pub key: String,
    /// The row before, as JSON; `None` = it was not there.
    pub old: Option<serde_json::Value>,
    /// The row after; `None` = it is gone.
    pub new: Option<serde_json::Value>,
}

/// Writes one line, in the transaction that makes the change.
pub fn record<T: Serialize>(
    tx: &Tx<'_>,
    author: &Author,
    noun: &str,
    key: &str,
    old: Option<&T>,
    new: Option<&T>,
) -> Result<(), DbError> {
    let json = |v: Option<&T>| {
        v.map(serde_json::to_string)
            .transpose()
            .map_err(|e| DbError::Sql(e.to_string()))
    };
    let (old, new) = (json(old)?, json(new)?);
    tx.execute(
        "INSERT INTO change (changed_at, changed_by, program, noun, \"key\", old, new) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![author.at, &author.user, &author.program, noun, key, old, new],
    )?;
    Ok(())
}

/// The last `limit` lines, newest first; only those of one noun or one key, if these are named.
pub fn matching(tx: &Tx<'_>, noun: Option<&str>, key: Option<&str>, limit: u32) -> Result<Vec<Change>, DbError> {
    let json = |text: Option<String>| text.and_then(|t| serde_json::from_str(&t).ok());
    tx.all(
        "SELECT id, changed_at, changed_by, program, noun, \"key\", old, new FROM change \
         WHERE ($1 IS NULL OR noun = $1) AND ($2 IS NULL OR \"key\" = $2) ORDER BY id DESC LIMIT $3",
        params![noun, key, limit],
        |r| {
            Ok(Change {
                id: r.get(0)?,
                changed_at: Epoch(r.get(1)?),
                changed_by: r.get(2)?,
                program: r.get(3)?,
                noun: r.get(4)?,
                key: r.get(5)?,
                old: json(r.get(6)?),
                new: json(r.get(7)?),
            })
        },
    )
}
