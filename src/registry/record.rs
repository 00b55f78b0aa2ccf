//! One row of the registry by the names people use, and what an edit did to it.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::model::Timestamp;
use crate::registry::entity::{Entity, FieldAccess, FieldType};
use crate::registry::field_value::FieldValue;

/// The key of a row, as text.
pub type Key = Vec<String>;

/// How a key is shown.
pub fn show_key(key: &[String]) -> String {
    key.join(" ")
}

/// One row, as JSON an object of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    entity: Entity,
    cells: Vec<FieldValue>,
}

/// A row as somebody wants it: the fields that were given, by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPatch {
    /// Of which entity.
    pub entity: Entity,
    /// One for each field; `None` = nothing was said.
    pub cells: Vec<Option<FieldValue>>,
}

/// What a field changed from and to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field.
    pub field: &'static str,
    /// Before.
    pub old: FieldValue,
    /// After.
    pub new: FieldValue,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Added,
    /// Some of its fields changed.
    Changed,
    /// It is gone.
    Removed,
}

/// One row that an edit touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What became of it.
    pub action: Action,
    /// Of which entity.
    pub entity: Entity,
    /// Its key before the edit.
    pub key: String,
    /// The fields that changed; empty when it was added or removed.
    pub fields: Vec<FieldChange>,
}

impl RecordPatch {
    /// A row of which nothing is said yet.
    pub fn new(entity: Entity) -> Self {
        Self {
            entity,
            cells: vec![None; entity.fields().len()],
        }
    }

    /// Says what a field is to hold. A field that the entity does not have is left out.
    #[must_use]
    pub fn with(mut self, field: &str, cell: Option<FieldValue>) -> Self {
        if let Some(slot) = self.entity.position(field).and_then(|n| self.cells.get_mut(n))
            && cell.is_some()
        {
            *slot = cell;
        }
        self
    }

    /// What was said of a field.
    fn get(&self, field: &str) -> Option<&FieldValue> {
        self.entity.position(field).and_then(|n| self.cells.get(n))?.as_ref()
    }

    /// Its key; the error names a part that is missing.
    pub fn key(&self) -> Result<Key, String> {
        self.entity
            .key_fields()
            .zip(&self.cells)
            .map(|(field, cell)| match cell {
                Some(cell) => Ok(cell.to_string()),
                None => Err(format!("a {} needs {}: {}", self.entity, field.name, field.about)),
            })
            .collect()
    }

    /// A new row: what was said, and the presets for the rest. The error names a field that must be given.
    pub fn complete(&self, now: Timestamp) -> Result<Record, String> {
        let cells = self
            .entity
            .fields()
            .iter()
            .zip(&self.cells)
            .map(|(field, cell)| {
                cell.clone()
                    .or_else(|| field.preset(now))
                    .ok_or_else(|| format!("a {} needs {}: {}", self.entity, field.name, field.about))
            })
            .collect::<Result<_, _>>()?;
        Record {
            entity: self.entity,
            cells,
        }
        .normalized(None)
    }
}

impl Record {
    /// A row as the database has it: one cell for each field.
    pub fn stored(entity: Entity, cells: Vec<FieldValue>) -> Self {
        Self { entity, cells }
    }

    /// Of which entity.
    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// All its cells, in the order of the entity's fields.
    pub fn cells(&self) -> &[FieldValue] {
        &self.cells
    }

    /// A field; [`FieldValue::None`] if the entity has none of that name.
    pub fn get(&self, field: &str) -> &FieldValue {
        self.entity
            .position(field)
            .and_then(|n| self.cells.get(n))
            .unwrap_or(&FieldValue::None)
    }

    /// A text field, if it has a value.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            FieldValue::Text(t) => Some(t),
            FieldValue::None | FieldValue::Bool(_) | FieldValue::Int(_) | FieldValue::Time(_) => None,
        }
    }

    /// Its key.
    pub fn key(&self) -> Key {
        self.cells
            .iter()
            .take(self.entity.key_len())
            .map(ToString::to_string)
            .collect()
    }

    /// Whether a field of it refers to the row of `entity` with this key (of one field).
    pub fn refers_to(&self, entity: Entity, key: &str) -> bool {
        self.entity.fields().iter().zip(&self.cells).any(|(field, cell)| {
            field.kind == FieldType::Ref(entity) && matches!(cell, FieldValue::Text(t) if t == key)
        })
    }

    /// The row with what was said, and nothing else changed.
    pub fn apply(&self, wanted: &RecordPatch) -> Result<Self, String> {
        let cells = self
            .cells
            .iter()
            .zip(&wanted.cells)
            .map(|(old, new)| new.clone().unwrap_or_else(|| old.clone()))
            .collect();
        let mut new = Self {
            entity: self.entity,
            cells,
        };
        // A person who switches off what the crawler switched off already means it to stay off.
        if wanted.get("user_active") == Some(&FieldValue::Bool(false))
            && wanted.get("disabled_by").is_none()
            && self.text("disabled_by") == Some("crawler")
        {
            new.put("disabled_by", FieldValue::Text("admin".to_owned()));
        }
        new.normalized(Some(self))
    }

    /// The row with another value in one field, and nothing else changed.
    #[must_use]
    pub fn with(mut self, field: &str, cell: FieldValue) -> Self {
        self.put(field, cell);
        self
    }

    /// What differs from `old`.
    pub fn differences(&self, old: &Self) -> Vec<FieldChange> {
        self.entity
            .fields()
            .iter()
            .zip(old.cells.iter().zip(&self.cells))
            .filter(|(field, (old, new))| field.role != FieldAccess::ReadOnly && old != new)
            .map(|(field, (old, new))| FieldChange {
                field: field.name,
                old: old.clone(),
                new: new.clone(),
            })
            .collect()
    }

    fn put(&mut self, field: &str, cell: FieldValue) {
        if let Some(slot) = self.entity.position(field).and_then(|n| self.cells.get_mut(n)) {
            *slot = cell;
        }
    }

    /// What several fields mean together. A host that is switched off says by whom (an admin, if nobody else is named); one
    /// that is switched on says neither who nor why.
    fn normalized(mut self, old: Option<&Self>) -> Result<Self, String> {
        if self.entity == Entity::Downtime && self.get("from") >= self.get("until") {
            return Err(format!(
                "until: {} does not lie after from, {}",
                self.get("until"),
                self.get("from")
            ));
        }
        if self.entity == Entity::Host {
            if *self.get("user_active") == FieldValue::Bool(true) {
                self.put("disabled_by", FieldValue::None);
                self.put("disable_reason", FieldValue::None);
            } else {
                let switched_now = old.is_none_or(|o| *o.get("user_active") == FieldValue::Bool(true));
                if switched_now && *self.get("disabled_by") == FieldValue::None {
                    self.put("disabled_by", FieldValue::Text("admin".to_owned()));
                }
            }
        }
        Ok(self)
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (field, cell) in self.entity.fields().iter().zip(&self.cells) {
            map.serialize_entry(field.name, cell)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> RecordPatch {
        RecordPatch::new(Entity::Host)
            .with("name", Some(FieldValue::Text("m.example.org".into())))
            .with("site", Some(FieldValue::Text("Example".into())))
    }

    #[test]
    fn new_rows_get_presets_and_miss_what_they_need() {
        let record = host().complete(Timestamp(1)).unwrap();
        assert_eq!(*record.get("bandwidth"), FieldValue::Int(100));
        assert_eq!(record.key(), ["m.example.org"]);
        let e = RecordPatch::new(Entity::Host).complete(Timestamp(1)).unwrap_err();
        assert!(e.contains("name"), "{e}");
    }

    #[test]
    fn who_switches_a_host_off_is_kept() {
        let on = host().complete(Timestamp(1)).unwrap();
        let off = RecordPatch::new(Entity::Host).with("user_active", Some(FieldValue::Bool(false)));
        let disabled = on.apply(&off).unwrap();
        assert_eq!(disabled.text("disabled_by"), Some("admin"));
        let by_crawler = RecordPatch::new(Entity::Host)
            .with("user_active", Some(FieldValue::Bool(false)))
            .with("disabled_by", Some(FieldValue::Text("crawler".into())));
        let by_crawler = on.apply(&by_crawler).unwrap();
        assert_eq!(by_crawler.text("disabled_by"), Some("crawler"));
        assert_eq!(by_crawler.apply(&off).unwrap().text("disabled_by"), Some("admin"));
        let owner = off.with("disabled_by", Some(FieldValue::Text("owner".into())));
        assert_eq!(on.apply(&owner).unwrap().text("disabled_by"), Some("owner"));
        let back = RecordPatch::new(Entity::Host).with("user_active", Some(FieldValue::Bool(true)));
        let back = disabled.apply(&back).unwrap();
        assert_eq!(back.get("disabled_by"), &FieldValue::None);
        assert_eq!(back, on);
    }

    #[test]
    fn a_downtime_ends_after_it_begins() {
        let wanted = RecordPatch::new(Entity::Downtime)
            .with("host", Some(FieldValue::Text("m.example.org".into())))
            .with("from", Some(FieldValue::Time(Timestamp(5))))
            .with("until", Some(FieldValue::Time(Timestamp(5))));
        assert!(wanted.complete(Timestamp(1)).is_err());
    }
}
