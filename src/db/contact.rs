//! Erasure of an e-mail address from all tables.
//!
//! The row of the audit log stays, without the address, so that changes before and after it can still be undone. SQLite overwrites
//! what is erased.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::audit_log::Author;
use super::connection::{Db, DbError, Tx, params};
use super::registry::edit::{EditError, Editor};
use crate::model::names::EmailAddress;
use crate::registry::entity::{Entity, FieldAccess, FieldType};
use crate::registry::field_value::FieldValue;
use crate::registry::record::RecordPatch;

/// Replaces an address within a longer text.
const ERASED: &str = "(erased)";

/// The number of changed rows by place, such as `audit log`.
pub(crate) type Erased = BTreeMap<&'static str, u64>;

/// Erases an address, whatever its case.
pub(crate) fn forget(
    db: &mut Db,
    author: &Author,
    address: &EmailAddress,
    is_dry_run: bool,
) -> Result<Erased, EditError> {
    let path = db.path().to_owned();
    let failed = |e| EditError::from(DbError::using(&path)(e));
    db.connection()
        .pragma_update(None, "secure_delete", true)
        .map_err(failed)?;
    let erased = db.write(|tx| {
        tx.is_dry_run.set(is_dry_run);
        erase(tx, author, &Pattern(address.as_str().to_ascii_lowercase()))
    })?;
    if !is_dry_run {
        // Older pages in the WAL still have it. While another process reads, the next checkpoint removes them.
        let conn = db.connection();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(failed)?;
    }
    Ok(erased)
}

/// The address in lower case.
struct Pattern(String);

impl Pattern {
    fn is(&self, text: &str) -> bool {
        text.eq_ignore_ascii_case(&self.0)
    }

    /// Returns the text without the address; `None` if it does not occur.
    fn erase(&self, text: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let mut out = String::new();
        let mut end = 0;
        for (at, found) in lower.match_indices(&self.0) {
            // A longer address that ends or begins like this one belongs to somebody else.
            let is_part = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            let before = lower.get(..at).and_then(|t| t.chars().next_back());
            let mut after = lower.get(at + found.len()..).unwrap_or_default().chars();
            let next = after.next();
            let continues = match next {
                Some('.') => after.next().is_some_and(is_part),
                Some(c) => is_part(c),
                None => false,
            };
            if before.is_some_and(is_part) || continues {
                continue;
            }
            out.push_str(text.get(end..at).unwrap_or_default());
            out.push_str(ERASED);
            end = at + found.len();
        }
        out.push_str(text.get(end..).unwrap_or_default());
        (end > 0).then_some(out)
    }

    /// Erases it in all texts of a JSON value; a text that is the address becomes null. Returns true if it occurred.
    fn erase_json(&self, value: &mut Json) -> bool {
        match value {
            Json::String(text) if self.is(text) => {
                *value = Json::Null;
                true
            }
            Json::String(text) => self.erase(text).map(|new| *text = new).is_some(),
            Json::Array(items) => {
                items
                    .iter_mut()
                    .filter_map(|v| self.erase_json(v).then_some(()))
                    .count()
                    > 0
            }
            Json::Object(fields) => {
                fields
                    .values_mut()
                    .filter_map(|v| self.erase_json(v).then_some(()))
                    .count()
                    > 0
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
}

fn erase(tx: &Tx<'_>, author: &Author, pattern: &Pattern) -> Result<Erased, EditError> {
    let rows = [
        // What the owner was notified of goes with the address of the host.
        ("owner notices", erase_owner_notices(tx, pattern)?),
        ("registry", erase_registry(tx, author, pattern)?),
        // After the registry, whose changes are in the audit log.
        ("audit log", erase_audit_log(tx, pattern)?),
        ("mail queue", remove_mails(tx, pattern)?),
    ];
    let mut erased = erase_texts(tx, pattern)?;
    for (place, n) in rows {
        *erased.entry(place).or_default() += n;
    }
    erased.retain(|_, n| *n > 0);
    Ok(erased)
}

fn erase_registry(tx: &Tx<'_>, author: &Author, pattern: &Pattern) -> Result<u64, EditError> {
    let mut editor = Editor::new(tx, author);
    for &entity in Entity::ALL {
        for record in editor.records(entity)? {
            let mut patch = RecordPatch::new(entity);
            let mut is_found = false;
            for (field, cell) in entity.fields().iter().zip(record.cells()) {
                let FieldValue::Text(text) = cell else { continue };
                let is_free = matches!(field.kind, FieldType::Email | FieldType::Line | FieldType::Page);
                if !is_free || !matches!(field.role, FieldAccess::Open) {
                    continue;
                }
                let new = if pattern.is(text) || (field.kind == FieldType::Page && pattern.erase(text).is_some()) {
                    FieldValue::None
                } else {
                    match pattern.erase(text) {
                        Some(new) => FieldValue::Text(new),
                        None => continue,
                    }
                };
                patch = patch.with(field.name, Some(new));
                is_found = true;
            }
            if is_found {
                editor.set(entity, &record.key(), &patch)?;
            }
        }
    }
    Ok(u64::try_from(editor.into_edits().len()).unwrap_or(u64::MAX))
}

fn erase_owner_notices(tx: &Tx<'_>, pattern: &Pattern) -> Result<u64, DbError> {
    tx.execute_counted(
        "DELETE FROM owner_notice WHERE host_id IN (SELECT id FROM host WHERE lower(robot_email) = $1)",
        params![&pattern.0],
    )
}

fn erase_audit_log(tx: &Tx<'_>, pattern: &Pattern) -> Result<u64, DbError> {
    type Row = (i64, String, String, Option<Json>, Option<Json>);
    let rows: Vec<Row> = tx.rows(
        "SELECT id, changed_by, \"key\", old, new FROM audit_log WHERE instr(lower(changed_by || ' ' || \"key\" || ' ' || \
         coalesce(old, '') || ' ' || coalesce(new, '')), $1) > 0",
        params![&pattern.0],
    )?;
    let mut changed = 0;
    for (id, mut by, mut key, mut old, mut new) in rows {
        let mut is_found = false;
        for text in [&mut by, &mut key] {
            if let Some(erased) = pattern.erase(text) {
                *text = erased;
                is_found = true;
            }
        }
        for value in [&mut old, &mut new].into_iter().flatten() {
            is_found |= pattern.erase_json(value);
        }
        if is_found {
            let json = |value: Option<Json>| value.map(|v| v.to_string());
            tx.execute(
                "UPDATE audit_log SET changed_by = $2, \"key\" = $3, old = $4, new = $5 WHERE id = $1",
                params![id, by, key, json(old), json(new)],
            )?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Removes the mails to the address.
fn remove_mails(tx: &Tx<'_>, pattern: &Pattern) -> Result<u64, DbError> {
    tx.execute_counted(
        "DELETE FROM mail_queue WHERE lower(recipient) = $1",
        params![&pattern.0],
    )
}

/// A column with texts in which an address may occur.
struct TextColumn {
    /// What the report calls it.
    place: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "compared with the schema by a test"))]
    name: (&'static str, &'static str),
    /// Returns the texts that contain `$1`.
    query: &'static str,
    /// Replaces the text `$1` with `$2`.
    update: &'static str,
}

macro_rules! text_column {
    ($place:literal, $table:literal, $column:literal) => {
        TextColumn {
            place: $place,
            name: ($table, $column),
            query: concat!(
                "SELECT DISTINCT \"",
                $column,
                "\" FROM ",
                $table,
                " WHERE instr(lower(\"",
                $column,
                "\"), $1) > 0"
            ),
            update: concat!(
                "UPDATE ",
                $table,
                " SET \"",
                $column,
                "\" = $2 WHERE \"",
                $column,
                "\" = $1"
            ),
        }
    };
}

/// All columns but those of the registry and the audit log, and those with keys, names of the tree, and states.
const TEXTS: [TextColumn; 27] = [
    text_column!("registry", "host", "disable_reason"),
    text_column!("mail queue", "mail_queue", "subject"),
    text_column!("mail queue", "mail_queue", "body"),
    text_column!("mail queue", "mail_queue", "last_error"),
    text_column!("alerts", "alert", "message"),
    text_column!("alerts", "alert_event", "message"),
    text_column!("runs", "run", "message"),
    text_column!("runs", "run", "user"),
    text_column!("runs", "run", "stats"),
    text_column!("pauses and pins", "job_pause", "reason"),
    text_column!("pauses and pins", "job_pause", "paused_by"),
    text_column!("pauses and pins", "pin", "reason"),
    text_column!("pauses and pins", "pin", "pinned_by"),
    text_column!("pending decisions", "pending_removal", "rejected_by"),
    text_column!("decisions about versions", "version_decision", "reason"),
    text_column!("decisions about versions", "version_decision", "decided_by"),
    text_column!("pending decisions", "expected_removal", "announced_by"),
    text_column!("pending decisions", "proposed_move", "rejected_by"),
    text_column!("pending decisions", "unresolved_directory", "acknowledged_by"),
    text_column!("pending decisions", "unresolved_directory", "reason"),
    text_column!("pending decisions", "refused_apply", "file"),
    text_column!("pending decisions", "refused_apply", "refused_by"),
    text_column!("findings", "finding", "url"),
    text_column!("findings", "finding", "expected"),
    text_column!("findings", "finding", "seen"),
    text_column!("findings", "inventory", "exceptions"),
    text_column!("findings", "pending_result", "result"),
];

fn erase_texts(tx: &Tx<'_>, pattern: &Pattern) -> Result<Erased, DbError> {
    let mut changed = Erased::new();
    for column in &TEXTS {
        let texts: Vec<String> = tx.all(column.query, params![&pattern.0], |row| row.get(0))?;
        for text in texts {
            if let Some(erased) = pattern.erase(&text) {
                *changed.entry(column.place).or_default() +=
                    tx.execute_counted(column.update, params![&text, erased])?;
            }
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn only_the_whole_address_is_erased() {
        let pattern = Pattern("jo@example.org".to_owned());
        for (text, expected) in [
            ("Jo@Example.org", Some("(erased)")),
            ("ask jo@example.org.", Some("ask (erased).")),
            ("<jo@example.org>, JO@EXAMPLE.ORG", Some("<(erased)>, (erased)")),
            ("ä jo@example.org ö", Some("ä (erased) ö")),
            ("mary.jo@example.org", None),
            ("jo@example.org.uk", None),
            ("jo@example.organic", None),
            (
                "mary.jo@example.org or jo@example.org",
                Some("mary.jo@example.org or (erased)"),
            ),
            ("jo at example.org", None),
        ] {
            assert_eq!(pattern.erase(text).as_deref(), expected, "{text}");
        }
    }

    /// Columns whose texts people do not write: keys, names of the tree and of hosts, states.
    const OTHERS: [(&str, &[&str]); 25] = [
        ("refused_apply", &["sha256"]),
        ("refused_version", &["explanation", "reason", "sha256"]),
        ("version_decision", &["sha256"]),
        ("alert", &["job", "key", "scope"]),
        ("alert_event", &["job", "key"]),
        ("crawl_result", &["method", "outcome"]),
        ("directory", &["files", "path"]),
        ("expected_removal", &["path"]),
        ("file_detail", &["filename", "md5", "sha1", "sha256", "sha512"]),
        ("finding", &["reason"]),
        ("host", &["disabled_by"]),
        ("job_pause", &["job"]),
        ("mail_queue", &["recipient"]),
        ("owner_notice", &["condition", "reported"]),
        ("pin", &["generation", "target"]),
        ("published_generation", &["generation"]),
        ("repository", &["name"]),
        ("run", &["job", "scope"]),
        ("scan_watch", &["seen"]),
        ("unresolved_directory", &["path"]),
        ("version", &["codename"]),
        ("audit_log", &["changed_by", "entity", "key", "new", "old", "program"]),
        ("category", &["topdir"]),
        ("embargoed_country", &["country_code"]),
        ("repository_redirect", &["from_repo", "to_repo"]),
    ];

    /// A new column must be searched, too, or be named here.
    #[test]
    fn every_text_column_is_searched_or_exempt() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            database: format!("sqlite:{}", dir.path().join("mm.db").display()),
            ..Config::default()
        };
        crate::db::init(&config).unwrap();
        let mut db = Db::open(&config).unwrap();
        let columns: Vec<(String, String)> = db
            .read(|tx| {
                tx.all_rows(
                    "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
                     WHERE m.type = 'table' AND c.type = 'TEXT' ORDER BY 1, 2",
                )
            })
            .unwrap();
        assert!(columns.len() > 60, "{columns:?}");
        let is_known = |table: &str, column: &str| {
            TEXTS.iter().any(|t| t.name == (table, column))
                || OTHERS.iter().any(|(t, all)| *t == table && all.contains(&column))
                || Entity::ALL
                    .iter()
                    .any(|e| e.table() == table && e.fields().iter().any(|f| f.name == column))
        };
        let unknown: Vec<_> = columns.iter().filter(|(t, c)| !is_known(t, c)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn json_keeps_its_form() {
        let pattern = Pattern("jo@example.org".to_owned());
        let mut json =
            serde_json::json!({ "robot_email": "jo@example.org", "comment": "ask jo@example.org", "n": 1, "l": ["x"] });
        assert!(pattern.erase_json(&mut json));
        assert_eq!(
            json,
            serde_json::json!({ "robot_email": null, "comment": "ask (erased)", "n": 1, "l": ["x"] })
        );
        assert!(!pattern.erase_json(&mut json));
    }
}
