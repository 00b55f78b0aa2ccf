//! Erasure of an e-mail address: in the registry, the audit log, alerts, runs and the mail queue.
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
    let erased = [
        // What the owner was notified of goes with the address of the host.
        ("owner notices", erase_owner_notices(tx, pattern)?),
        ("registry", erase_registry(tx, author, pattern)?),
        // After the registry, whose changes are in the audit log.
        ("audit log", erase_audit_log(tx, pattern)?),
        ("mail queue", erase_mails(tx, pattern)?),
        ("alerts", erase_texts(tx, pattern, &ALERTS)?),
        ("runs", erase_texts(tx, pattern, &RUNS)?),
        ("pauses and pins", erase_texts(tx, pattern, &PAUSES)?),
    ];
    Ok(erased.into_iter().filter(|(_, n)| *n > 0).collect())
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

fn erase_mails(tx: &Tx<'_>, pattern: &Pattern) -> Result<u64, DbError> {
    let removed = tx.execute_counted(
        "DELETE FROM mail_queue WHERE lower(recipient) = $1",
        params![&pattern.0],
    )?;
    Ok(removed + erase_texts(tx, pattern, &MAILS)?)
}

/// Texts in which an address may occur: a query, and the statement that replaces `$1` with `$2`.
type Texts = (&'static str, &'static str);

const ALERTS: [Texts; 2] = [
    (
        "SELECT DISTINCT message FROM alert WHERE instr(lower(message), $1) > 0",
        "UPDATE alert SET message = $2 WHERE message = $1",
    ),
    (
        "SELECT DISTINCT message FROM alert_event WHERE instr(lower(message), $1) > 0",
        "UPDATE alert_event SET message = $2 WHERE message = $1",
    ),
];
const RUNS: [Texts; 3] = [
    (
        "SELECT DISTINCT message FROM run WHERE instr(lower(message), $1) > 0",
        "UPDATE run SET message = $2 WHERE message = $1",
    ),
    (
        "SELECT DISTINCT \"user\" FROM run WHERE instr(lower(\"user\"), $1) > 0",
        "UPDATE run SET \"user\" = $2 WHERE \"user\" = $1",
    ),
    (
        "SELECT DISTINCT stats FROM run WHERE instr(lower(stats), $1) > 0",
        "UPDATE run SET stats = $2 WHERE stats = $1",
    ),
];
const PAUSES: [Texts; 4] = [
    (
        "SELECT DISTINCT reason FROM job_pause WHERE instr(lower(reason), $1) > 0",
        "UPDATE job_pause SET reason = $2 WHERE reason = $1",
    ),
    (
        "SELECT DISTINCT paused_by FROM job_pause WHERE instr(lower(paused_by), $1) > 0",
        "UPDATE job_pause SET paused_by = $2 WHERE paused_by = $1",
    ),
    (
        "SELECT DISTINCT reason FROM pin WHERE instr(lower(reason), $1) > 0",
        "UPDATE pin SET reason = $2 WHERE reason = $1",
    ),
    (
        "SELECT DISTINCT pinned_by FROM pin WHERE instr(lower(pinned_by), $1) > 0",
        "UPDATE pin SET pinned_by = $2 WHERE pinned_by = $1",
    ),
];
const MAILS: [Texts; 3] = [
    (
        "SELECT DISTINCT body FROM mail_queue WHERE instr(lower(body), $1) > 0",
        "UPDATE mail_queue SET body = $2 WHERE body = $1",
    ),
    (
        "SELECT DISTINCT subject FROM mail_queue WHERE instr(lower(subject), $1) > 0",
        "UPDATE mail_queue SET subject = $2 WHERE subject = $1",
    ),
    (
        "SELECT DISTINCT last_error FROM mail_queue WHERE instr(lower(last_error), $1) > 0",
        "UPDATE mail_queue SET last_error = $2 WHERE last_error = $1",
    ),
];

fn erase_texts(tx: &Tx<'_>, pattern: &Pattern, all: &[Texts]) -> Result<u64, DbError> {
    let mut changed = 0;
    for (query, update) in all {
        let texts: Vec<String> = tx.all(query, params![&pattern.0], |row| row.get(0))?;
        for text in texts {
            if let Some(erased) = pattern.erase(&text) {
                changed += tx.execute_counted(update, params![&text, erased])?;
            }
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
