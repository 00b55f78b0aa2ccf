//! Edits of the registry: rows are added, changed and removed by their keys.
//!
//! An [`Editor`] works in one write transaction and records every changed row in the audit log. It rejects edits that would make
//! the registry inconsistent (dangling references, duplicate keys, removal of referenced rows) before the database does, with
//! errors in the terms of `mm-admin`.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;

use crate::db::audit_log::{self, Author};
use crate::db::connection::{ColumnValue, DbError, ResultRow, Tx, params};
use crate::model::count::format_count;
use crate::model::{Timestamp, suggest};
use crate::registry::entity::{Entity, Field, FieldType, StorageType};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Action, Edit, Key, Record, RecordPatch, key_arguments, show_key};

mod apply;
mod country;
mod error;
mod review;
mod select;
mod sql;
mod undo;

pub(crate) use error::EditError;
pub(crate) use review::ReviewOptions;
pub(crate) use select::MassScope;
use sql::statements;

/// Returns all rows of an entity, in the order in which they were added.
pub(crate) fn all(tx: &Tx<'_>, entity: Entity) -> Result<Vec<Record>, DbError> {
    Ok(stored(tx, entity)?.into_iter().map(|s| s.record).collect())
}

#[derive(Debug, Clone)]
struct Stored {
    id: i64,
    record: Record,
}

fn stored(tx: &Tx<'_>, entity: Entity) -> Result<Vec<Stored>, DbError> {
    tx.all(&statements(entity).select, params![], |r| {
        let cells = entity
            .fields()
            .iter()
            .enumerate()
            .map(|(n, field)| cell(r, n + 1, field.kind))
            .collect::<Result<_, _>>()?;
        Ok(Stored {
            id: r.get(0)?,
            record: Record::stored(entity, cells),
        })
    })
}

fn cell(r: &ResultRow<'_, '_>, n: usize, kind: FieldType) -> Result<FieldValue, DbError> {
    let cell = match kind.storage() {
        StorageType::Bool => r.get::<Option<bool>>(n)?.map(FieldValue::Bool),
        StorageType::Int => r.get::<Option<i64>>(n)?.map(FieldValue::Int),
        StorageType::Time => r.get::<Option<i64>>(n)?.map(|t| FieldValue::Time(Timestamp(t))),
        StorageType::Text => r.get::<Option<String>>(n)?.map(FieldValue::Text),
    };
    Ok(cell.unwrap_or(FieldValue::None))
}

/// Returns the parameters of a statement: the values of the fields that it writes.
fn values(record: &Record, is_stored: impl Fn(&Field) -> bool) -> Vec<ColumnValue<'_>> {
    let fields = record.entity().fields().iter().zip(record.cells());
    let stored = fields
        .filter(|(field, _)| is_stored(field))
        .map(|(_, cell)| match cell {
            FieldValue::None => ColumnValue::Null,
            FieldValue::Bool(b) => ColumnValue::from(*b),
            FieldValue::Int(n) | FieldValue::Time(Timestamp(n)) => ColumnValue::from(*n),
            FieldValue::Text(t) => ColumnValue::from(t.as_str()),
        });
    stored.collect()
}

/// Edits the registry in one write transaction.
#[derive(Debug)]
pub(crate) struct Editor<'a> {
    tx: &'a Tx<'a>,
    author: &'a Author,
    known: BTreeMap<Entity, BTreeMap<Key, Stored>>,
    edits: Vec<Edit>,
    /// The added and changed rows by their current key, each with its state before the first edit.
    touched: BTreeMap<(Entity, Key), Option<Record>>,
    /// The hosts of changed and removed rows.
    hosts: AffectedHosts,
    /// Undo restores redirects that lead nowhere.
    is_undo: bool,
}

/// Names of hosts that edits affect.
#[derive(Debug, Default)]
struct AffectedHosts {
    /// With a changed or removed row.
    changed: BTreeSet<String>,
    /// With a removed row, or disabled, or made private.
    lost: BTreeSet<String>,
    /// With an added, changed or removed downtime.
    downtimes: BTreeSet<String>,
}

impl<'a> Editor<'a> {
    /// Creates an editor; rows are read when needed.
    pub(crate) fn new(tx: &'a Tx<'a>, author: &'a Author) -> Self {
        Self {
            tx,
            author,
            known: BTreeMap::new(),
            edits: Vec::new(),
            touched: BTreeMap::new(),
            hosts: AffectedHosts::default(),
            is_undo: false,
        }
    }

    /// Returns the edits that were made.
    pub(crate) fn into_edits(self) -> Vec<Edit> {
        self.edits
    }

    /// Returns the row with this key.
    pub(crate) fn find(&mut self, entity: Entity, key: &Key) -> Result<Record, EditError> {
        Ok(self.found(entity, key)?.record)
    }

    /// Returns all rows of an entity, by key.
    pub(crate) fn records(&mut self, entity: Entity) -> Result<Vec<Record>, EditError> {
        Ok(self.rows(entity)?.values().map(|s| s.record.clone()).collect())
    }

    /// Adds a row to the registry.
    pub(crate) fn add(&mut self, wanted: &RecordPatch) -> Result<(), EditError> {
        let entity = wanted.entity;
        let refused = |what: String| EditError::Value {
            entity,
            key: wanted.key().map(|k| show_key(&k)).unwrap_or_default(),
            what,
        };
        let record = wanted.complete(self.author.at).map_err(refused)?;
        self.insert(record, None)
    }

    /// Adds a row; a restored row gets its previous ID.
    fn insert(&mut self, record: Record, had: Option<i64>) -> Result<(), EditError> {
        let (entity, key) = (record.entity(), record.key());
        self.must_be_new(entity, &key)?;
        self.check_countries(&record, None)?;
        self.check(&record, None)?;
        let values = values(&record, Field::is_stored_by_add);
        let mut id = self.tx.insert(&statements(entity).insert, &values)?;
        if let Some(had) = had {
            self.tx.execute(&statements(entity).set_id, params![had, id])?;
            id = had;
        }
        self.record(id, &key, None, Some(&record))?;
        self.rows(entity)?.insert(key, Stored { id, record });
        Ok(())
    }

    /// Changes the given fields of a row; does nothing if they are equal.
    pub(crate) fn set(&mut self, entity: Entity, key: &Key, wanted: &RecordPatch) -> Result<(), EditError> {
        let old = self.find(entity, key)?;
        let new = old.apply(wanted).map_err(|what| EditError::Value {
            entity,
            key: show_key(key),
            what,
        })?;
        self.replace(key, new)
    }

    /// Replaces the row with this key; does nothing if it is equal.
    fn replace(&mut self, key: &Key, new: Record) -> Result<(), EditError> {
        let entity = new.entity();
        let Stored { id, record: old } = self.found(entity, key)?;
        if new.differences(&old).is_empty() {
            return Ok(());
        }
        let new_key = new.key();
        if new_key != *key {
            self.must_be_new(entity, &new_key)?;
        }
        self.check_countries(&new, Some(&old))?;
        self.check(&new, Some(key))?;
        let location = |r: &Record| (r.get("category").clone(), r.get("directory").clone());
        if entity == Entity::Repository && location(&new) != location(&old) {
            self.directory_must_exist(&new)?;
        }
        let mut values = values(&new, Field::is_stored_by_set);
        values.push(ColumnValue::from(id));
        self.tx.execute(&statements(entity).update, &values)?;
        self.record(id, key, Some(&old), Some(&new))?;
        if new_key == *key {
            self.rows(entity)?.insert(new_key, Stored { id, record: new });
        } else {
            // Rows of other entities refer to the old key: they are read again.
            self.known.clear();
        }
        Ok(())
    }

    /// Removes a row; with `recursive` the rows that refer to it first. Otherwise such rows are an error.
    pub(crate) fn remove(&mut self, entity: Entity, key: &Key, recursive: bool) -> Result<(), EditError> {
        let Stored { id, record } = self.found(entity, key)?;
        let parts = self.parts(&record)?;
        let directories = self.directories(entity, id)?;
        if !recursive && (!parts.is_empty() || directories > 0) {
            return Err(EditError::Referenced {
                entity,
                key: show_key(key),
                arguments: key_arguments(entity, key),
                by: describe(&parts, directories),
            });
        }
        for part in parts.iter().rev() {
            // It may have been removed with another part.
            if self.rows(part.entity())?.contains_key(&part.key()) {
                self.remove(part.entity(), &part.key(), true)?;
            }
        }
        if directories > 0 {
            self.tx
                .execute("DELETE FROM directory WHERE category_id = $1", params![id])?;
        }
        self.tx.execute(&statements(entity).delete, params![id])?;
        self.record(id, key, Some(&record), None)?;
        self.rows(entity)?.remove(key);
        Ok(())
    }

    /// Writes an edit to the audit log and adds it to the result.
    fn record(&mut self, id: i64, key: &Key, old: Option<&Record>, new: Option<&Record>) -> Result<(), DbError> {
        let (action, record, fields) = match (old, new) {
            (Some(old), Some(new)) => (Action::Changed, new, new.differences(old)),
            (None, Some(new)) => (Action::Added, new, Vec::new()),
            (Some(old), None) => (Action::Removed, old, Vec::new()),
            (None, None) => return Ok(()),
        };
        self.note_affected(key, old, new)?;
        let (entity, key) = (record.entity(), show_key(key));
        audit_log::record_row(self.tx, self.author, (entity.into_str(), &key, Some(id)), old, new)?;
        self.edits.push(Edit {
            action,
            entity,
            key,
            fields,
        });
        Ok(())
    }

    /// Returns the rows that refer to this one, in the order in which they could be added.
    pub(crate) fn parts(&mut self, record: &Record) -> Result<Vec<Record>, DbError> {
        let mut out = Vec::new();
        let skips_redirects = self.is_undo || self.shares_prefix(record)?;
        for &entity in Entity::ALL.iter().filter(|e| **e > record.entity()) {
            if skips_redirects && entity == Entity::Redirect {
                continue;
            }
            let rows = self.rows(entity)?.values().map(|s| &s.record);
            out.extend(rows.filter(|row| refers(row, record)).cloned());
        }
        Ok(out)
    }

    /// Returns true if `record` is a repository, and another one has the same prefix: redirects lead to that one, too.
    fn shares_prefix(&mut self, record: &Record) -> Result<bool, DbError> {
        if record.entity() != Entity::Repository {
            return Ok(false);
        }
        let mut rows = self.rows(Entity::Repository)?.values().map(|s| &s.record);
        Ok(rows.any(|r| r.key() != record.key() && r.get("prefix") == record.get("prefix")))
    }

    fn rows(&mut self, entity: Entity) -> Result<&mut BTreeMap<Key, Stored>, DbError> {
        use std::collections::btree_map::Entry;
        Ok(match self.known.entry(entity) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let rows = stored(self.tx, entity)?;
                entry.insert(rows.into_iter().map(|s| (s.record.key(), s)).collect())
            }
        })
    }

    fn found(&mut self, entity: Entity, key: &Key) -> Result<Stored, EditError> {
        if let Some(stored) = self.rows(entity)?.get(key) {
            return Ok(stored.clone());
        }
        Err(EditError::Unknown {
            entity,
            key: show_key(key),
            near: self.near(entity, key)?,
        })
    }

    /// Returns existing keys similar to a missing one, best first.
    fn near(&mut self, entity: Entity, key: &Key) -> Result<Vec<String>, DbError> {
        let keys = self.rows(entity)?.keys().map(|k| show_key(k));
        Ok(suggest::similar(&show_key(key), keys))
    }

    /// Checks references and unique fields.
    fn check(&mut self, record: &Record, old_key: Option<&Key>) -> Result<(), EditError> {
        let entity = record.entity();
        for (field, cell) in entity.fields().iter().zip(record.cells()) {
            if let (FieldType::Ref(to), FieldValue::Text(target)) = (field.kind, cell) {
                self.must_exist(record, to, &vec![target.clone()])?;
            }
            if field.unique {
                let mut others = self.rows(entity)?.iter().filter(|(k, _)| Some(*k) != old_key);
                if let Some((key, _)) = others.find(|(_, s)| s.record.get(field.name) == cell) {
                    return Err(EditError::Duplicate {
                        entity,
                        key: show_key(key),
                        arguments: key_arguments(entity, key),
                        what: format!(" with {} {cell}", field.name),
                    });
                }
            }
        }
        if entity == Entity::Url {
            let key = vec![record.get("host").to_string(), record.get("category").to_string()];
            self.must_exist(record, Entity::HostCategory, &key)?;
        }
        Ok(())
    }

    fn must_be_new(&mut self, entity: Entity, key: &Key) -> Result<(), EditError> {
        if !self.rows(entity)?.contains_key(key) {
            return Ok(());
        }
        Err(EditError::Duplicate {
            entity,
            key: show_key(key),
            arguments: key_arguments(entity, key),
            what: String::new(),
        })
    }

    fn must_exist(&mut self, record: &Record, to: Entity, target: &Key) -> Result<(), EditError> {
        if self.rows(to)?.contains_key(target) {
            return Ok(());
        }
        Err(EditError::Dangling {
            entity: record.entity(),
            key: show_key(&record.key()),
            to,
            target: show_key(target),
            near: self.near(to, target)?,
        })
    }

    /// Checks that the directory of a repository is recorded.
    fn directory_must_exist(&self, repository: &Record) -> Result<(), EditError> {
        let (Some(category), Some(path)) = (repository.text("category"), repository.text("directory")) else {
            return Ok(());
        };
        let found = self.tx.optional_row::<i64>(
            "SELECT d.id FROM directory d JOIN category c ON c.id = d.category_id WHERE c.name = $1 AND d.path = $2",
            params![category, path],
        )?;
        found.map(|_| ()).ok_or_else(|| EditError::Outdated {
            entity: repository.entity(),
            key: show_key(&repository.key()),
            what: format!("directory: no scan of {category} recorded {path}; see: mm-scan-master --dry-run"),
        })
    }

    /// Returns the number of scanned directories of a category.
    fn directories(&self, entity: Entity, id: i64) -> Result<i64, DbError> {
        if entity != Entity::Category {
            return Ok(0);
        }
        self.tx
            .row("SELECT count(*) FROM directory WHERE category_id = $1", params![id])
    }
}

/// Returns true if `part` refers to `whole`. Of two entities with keys of two fields, both fields are compared; a redirect
/// refers to a repository by its prefix.
fn refers(part: &Record, whole: &Record) -> bool {
    let same = |fields: [(&str, &str); 2]| fields.iter().all(|(p, w)| part.get(p) == whole.get(w));
    match (whole.entity(), part.entity()) {
        (Entity::HostCategory, Entity::Url) => same([("host", "host"), ("category", "category")]),
        (Entity::Version, Entity::Repository) => same([("product", "product"), ("version", "name")]),
        (Entity::Repository, Entity::Redirect) => {
            whole.text("prefix").is_some() && part.text("to") == whole.text("prefix")
        }
        (entity, _) if entity.key_len() == 1 => whole.key().first().is_some_and(|key| part.refers_to(entity, key)),
        (_, _) => false,
    }
}

fn describe(parts: &[Record], directories: i64) -> String {
    const NAMED: usize = 5;
    let named = parts.iter().take(NAMED);
    let named = named.map(|p| format!("{} {}", p.entity(), show_key(&p.key())));
    let more = (parts.len() > NAMED).then(|| format!("{} more", parts.len() - NAMED));
    let scanned = (directories > 0).then(|| format_count(directories, "scanned directory"));
    named.chain(more).chain(scanned).join(", ")
}
