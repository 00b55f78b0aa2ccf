//! Undo of changes, from the audit log.
//!
//! The changes of one transaction are undone in one transaction, newest entry first, and written to the audit log as changes
//! of their own, so that an undo can be undone. Undo fails if a row was changed since, unless that was undone, too, and if a
//! row differs from its state after the change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{EditError, Editor};
use crate::db::audit_log::{self, AuditEntry};
use crate::db::{pause, pending, pin, registry};
use crate::model::Timestamp;
use crate::model::listing::ExpectedRemoval;
use crate::model::names::DirPath;
use crate::model::pause::JobPause;
use crate::registry::entity::{DefaultValue, Entity, Field, FieldAccess, StorageType};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, show_key};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndoResult {
    /// The lines of the audit log, oldest first.
    pub changes: Vec<AuditEntry>,
    /// Data that cannot be restored, and the result for pauses of jobs.
    pub notes: Vec<String>,
}

impl Editor<'_> {
    /// Undoes the change with this ID and all other changes of its transaction.
    pub(crate) fn undo(&mut self, id: i64) -> Result<UndoResult, EditError> {
        let changes = audit_log::entries_of_group(self.tx, id)?;
        let Some(first) = changes.first() else {
            return Err(refused(
                id,
                "the change does not exist; see: mm-admin changes".to_owned(),
            ));
        };
        let group = first.group;
        let standing = UndoState::new(&audit_log::undos(self.tx)?);
        if let Some(by) = standing.undone.get(&group) {
            return Err(EditError::AlreadyUndone { change: id, by: *by });
        }
        if changes.iter().all(|c| c.entity == pending::ENTITY) {
            return Err(not_of_the_registry(first));
        }
        for c in &changes {
            self.must_be_last(c, &standing)?;
        }
        self.is_undo = true;
        let mut notes = Vec::new();
        for c in changes.iter().rev() {
            self.revert(c, &mut notes)?;
        }
        audit_log::mark_undo(self.tx, group)?;
        notes.sort();
        notes.dedup();
        Ok(UndoResult { changes, notes })
    }

    /// Fails if the row was changed again after this change.
    fn must_be_last(&self, c: &AuditEntry, standing: &UndoState) -> Result<(), EditError> {
        let entity = entity(c);
        if c.entity == pending::ENTITY {
            return Ok(());
        }
        if entity.is_none() && ![pause::ENTITY, pending::EXPECTED_REMOVAL].contains(&c.entity.as_str()) {
            return Err(not_of_the_registry(c));
        }
        let renamed = entity.and_then(|entity| key_of(entity, c.new.as_ref()?));
        let keys: BTreeSet<String> = [c.key.clone()]
            .into_iter()
            .chain(renamed.map(|k| show_key(&k)))
            .collect();
        for key in keys {
            let later = audit_log::entries_after(self.tx, &c.entity, &key, c.id)?;
            // An entry whose only change was erased says nothing about the row.
            let counts = |l: &&AuditEntry| l.group != c.group && l.old != l.new && standing.counts(l.group);
            let later = later.iter().rfind(counts);
            if let Some(l) = later {
                let why = format!(
                    "{} {key} was changed again since, by {} with {} at {} (change {}); undo that first: mm-admin undo {}",
                    c.entity, l.changed_by, l.program, l.changed_at, l.id, l.id
                );
                return Err(refused(c.id, why));
            }
        }
        Ok(())
    }

    fn revert(&mut self, c: &AuditEntry, notes: &mut Vec<String>) -> Result<(), EditError> {
        if c.entity == pause::ENTITY {
            notes.push(self.undo_pause(c)?);
            return Ok(());
        }
        if c.entity == pending::ENTITY {
            notes.push(format!("the decision about {} stays", c.key));
            return Ok(());
        }
        if c.entity == pending::EXPECTED_REMOVAL {
            return self.undo_announcement(c);
        }
        let entity = entity(c).ok_or_else(|| not_of_the_registry(c))?;
        match (&c.old, &c.new) {
            (None, None) => Ok(()),
            (None, Some(new)) => self.undo_insert(c, entity, new),
            (Some(old), None) => self.undo_delete(c, entity, old, notes),
            (Some(old), Some(new)) => self.undo_update(c, entity, old, new),
        }
    }

    /// Removes an announcement of a removal that was made, or restores the one that was there.
    fn undo_announcement(&self, c: &AuditEntry) -> Result<(), EditError> {
        let (old, new): (Option<ExpectedRemoval>, Option<ExpectedRemoval>) =
            (parsed(c, c.old.as_ref())?, parsed(c, c.new.as_ref())?);
        let full: DirPath = c.key.parse().map_err(|why| refused(c.id, why))?;
        for category in registry::categories(self.tx)? {
            let is_here =
                |e: &ExpectedRemoval| category.topdir.contains(&full) && full.below(&category.topdir) == e.path;
            if let Some(new) = new.as_ref().filter(|e| is_here(e)) {
                pending::withdraw_removal(self.tx, self.author, category.id, &c.key, &new.path)?;
            }
            if let Some(old) = old.as_ref().filter(|e| is_here(e)) {
                pending::announce_removal(self.tx, self.author, category.id, &c.key, old)?;
            }
        }
        Ok(())
    }

    /// Pauses are not part of the registry, but operators set them and may do so by mistake.
    fn undo_pause(&self, c: &AuditEntry) -> Result<String, EditError> {
        let (old, new): (Option<JobPause>, Option<JobPause>) = (parsed(c, c.old.as_ref())?, parsed(c, c.new.as_ref())?);
        pause::undo(self.tx, self.author, old.as_ref(), new.as_ref())?.map_err(|why| refused(c.id, why))
    }

    /// Removes a row that the change added.
    fn undo_insert(&mut self, c: &AuditEntry, entity: Entity, new: &Json) -> Result<(), EditError> {
        let key = key_of(entity, new)
            .ok_or_else(|| refused(c.id, "the audit log does not contain the whole row".to_owned()))?;
        let row = self.find(entity, &key).map_err(|e| because(c, e))?;
        for (field, cell) in entity.fields().iter().zip(row.cells()) {
            if matches!(field.role, FieldAccess::Open | FieldAccess::Immutable)
                && let Some(then) = cell_of(field, new)
                && then != *cell
            {
                return Err(check_unchanged(c, entity, &key, field, &then, cell));
            }
        }
        self.remove(entity, &key, false).map_err(|e| because(c, e))
    }

    /// Adds a row that the change removed.
    fn undo_delete(
        &mut self,
        c: &AuditEntry,
        entity: Entity,
        old: &Json,
        notes: &mut Vec<String>,
    ) -> Result<(), EditError> {
        let value = |field: &Field| {
            // A field that was added after the change has its default value.
            let default = || field.preset(c.changed_at).filter(|_| field.preset != DefaultValue::Now);
            let missing = || format!("the audit log does not contain {} of the row", field.name);
            let value = cell_of(field, old).or_else(default);
            value.ok_or_else(|| refused(c.id, missing()))
        };
        let cells = entity.fields().iter().map(value).collect::<Result<_, _>>()?;
        let mut record = Record::stored(entity, cells);
        if entity == Entity::Repository {
            let version = vec![record.get("product").to_string(), record.get("version").to_string()];
            self.must_exist(&record, Entity::Version, &version)
                .map_err(|e| because(c, e))?;
            if self.directory_must_exist(&record).is_err() {
                record = record.with("directory", FieldValue::None);
                notes.push(format!(
                    "the directory of repository {} was removed; if a scan finds it again, mm-detect-release links it",
                    c.key
                ));
            }
        }
        if let Some((_, lost)) = LOST.iter().find(|(e, _)| *e == entity) {
            notes.push(format!("{entity} {}: {lost}", c.key));
        }
        self.insert(record, c.row_id).map_err(|e| because(c, e))
    }

    /// Gives the fields that the change changed the values they had.
    fn undo_update(&mut self, c: &AuditEntry, entity: Entity, old: &Json, new: &Json) -> Result<(), EditError> {
        let key = key_of(entity, new).ok_or_else(|| refused(c.id, "the audit log does not name the row".to_owned()))?;
        let mut row = self.find(entity, &key).map_err(|e| because(c, e))?;
        let changed = |f: &&Field| f.is_stored_by_set() && old.get(f.name) != new.get(f.name);
        let mut fields = entity.fields().iter().filter(changed).peekable();
        if fields.peek().is_none() {
            return Err(refused(
                c.id,
                "the audit log does not contain the changed fields".to_owned(),
            ));
        }
        for field in fields {
            let (Some(then), Some(before)) = (cell_of(field, new), cell_of(field, old)) else {
                let why = format!("the audit log does not contain {} in the form of mm-admin", field.name);
                return Err(refused(c.id, why));
            };
            let now = row.get(field.name);
            if *now != then {
                return Err(check_unchanged(c, entity, &key, field, &then, now));
            }
            row = row.with(field.name, before);
        }
        self.replace(&key, row).map_err(|e| because(c, e))
    }
}

/// The undone transactions, and the undos that are in effect.
#[derive(Debug, Default)]
struct UndoState {
    /// Group → the group that undid it.
    undone: BTreeMap<i64, i64>,
    undos: BTreeSet<i64>,
}

impl UndoState {
    /// Creates it from all pairs (undo, undone group), newest first. An undo that was itself undone has no effect.
    fn new(undos: &[(i64, i64)]) -> Self {
        let mut out = Self::default();
        for (undo, target) in undos {
            if !out.undone.contains_key(undo) {
                out.undone.insert(*target, *undo);
                out.undos.insert(*undo);
            }
        }
        out
    }

    /// Returns true if the changes of this transaction are in effect: it was not undone, and is not an undo.
    fn counts(&self, group: i64) -> bool {
        !self.undone.contains_key(&group) && !self.undos.contains(&group)
    }
}

fn entity(c: &AuditEntry) -> Option<Entity> {
    c.entity.parse().ok()
}

/// The data that is lost with a row.
const LOST: [(Entity, &str); 4] = [
    (
        Entity::Category,
        "its directories are restored by the next scan, the inventories of mirrors by the next crawl",
    ),
    (Entity::Host, "the time of its last crawl is lost"),
    (
        Entity::HostCategory,
        "its inventory is lost; it is listed again after the next crawl",
    ),
    (Entity::Repository, "its propagation statistics are lost"),
];

fn refused(change: i64, why: String) -> EditError {
    EditError::NotUndone { change, why }
}

/// Reads the value of an entry of what is not a registry row.
fn parsed<T: serde::de::DeserializeOwned>(c: &AuditEntry, json: Option<&Json>) -> Result<Option<T>, EditError> {
    let value = json.cloned().map(serde_json::from_value).transpose();
    value.map_err(|e| refused(c.id, format!("the audit entry is incomplete: {e}")))
}

fn not_of_the_registry(c: &AuditEntry) -> EditError {
    if c.entity == pin::ENTITY {
        let text = format!(
            "target {} changes with its pin; pin it with: mm-sync-out --rollback GENERATION --only {}, or unpin it with: mm-sync-out \
             --unpin --only {}",
            c.key, c.key, c.key
        );
        return refused(c.id, text);
    }
    refused(c.id, format!("{} {} is not a registry row", c.entity, c.key))
}

fn check_unchanged(
    c: &AuditEntry,
    entity: Entity,
    key: &Key,
    field: &Field,
    then: &FieldValue,
    now: &FieldValue,
) -> EditError {
    let why = format!(
        "{entity} {} was changed since: {} was {then}, and is now {now}",
        show_key(key),
        field.name
    );
    refused(c.id, why)
}

/// The reason, in the words of the edit that is refused.
fn because(c: &AuditEntry, e: EditError) -> EditError {
    if let EditError::Referenced { entity, key, by, .. } = &e {
        let why = format!("{entity} {key} is now used by {by}; remove these first");
        return refused(c.id, why);
    }
    if matches!(e, EditError::NotUndone { .. } | EditError::Db(_)) {
        return e;
    }
    refused(c.id, e.to_string())
}

/// Returns the key of a row from its JSON in the audit log. Release detection writes repositories in another form.
fn key_of(entity: Entity, json: &Json) -> Option<Key> {
    entity
        .key_fields()
        .map(|field| {
            let repo = || ["prefix", "name"].iter().find_map(|f| json.get(f)?.as_str());
            match cell_of(field, json) {
                Some(FieldValue::None) | None if field.name == "repo" => repo().map(str::to_owned),
                Some(FieldValue::None) | None => None,
                Some(cell) => Some(cell.to_string()),
            }
        })
        .collect()
}

/// Returns a field from the JSON of the audit log; `None` if it is missing or of another type.
fn cell_of(field: &Field, json: &Json) -> Option<FieldValue> {
    let value = json.get(field.name)?;
    if value.is_null() {
        return Some(FieldValue::None);
    }
    match field.kind.storage() {
        StorageType::Bool => value.as_bool().map(FieldValue::Bool),
        StorageType::Int => value.as_i64().map(FieldValue::Int),
        StorageType::Time => value.as_i64().map(|t| FieldValue::Time(Timestamp(t))),
        StorageType::Text => value.as_str().map(|t| FieldValue::Text(t.to_owned())),
    }
}

#[cfg(test)]
mod tests;
