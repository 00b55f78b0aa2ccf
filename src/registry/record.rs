//! Registry rows as lists of field values, and the edits of them.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::model::Timestamp;
use crate::model::count::with_article;
use crate::registry::entity::{Entity, Field, FieldAccess, FieldType};
use crate::registry::field_value::FieldValue;

/// The key of a row, one text per key field.
pub(crate) type Key = Vec<String>;

/// Formats a key for messages.
pub(crate) fn show_key(key: &[String]) -> String {
    key.join(" ")
}

/// Formats a key as the arguments of a command, such as `43 --product Fedora`.
pub(crate) fn key_arguments(entity: Entity, key: &[String]) -> String {
    let fields = entity.key_fields().zip(key);
    let (own, parents): (Vec<_>, Vec<_>) = fields.partition(|(field, _)| field.name == entity.own_key().name);
    let own = own.into_iter().map(|(_, value)| quoted(value));
    let parents = parents
        .into_iter()
        .map(|(field, value)| format!("--{} {}", field.name, quoted(value)));
    own.chain(parents).collect::<Vec<_>>().join(" ")
}

/// Returns a word of a command, quoted for the shell if it must be.
fn quoted(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=+@%,".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A complete row, serialized as an object of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    entity: Entity,
    cells: Vec<FieldValue>,
}

/// A partial row: the given fields, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordPatch {
    pub entity: Entity,
    /// One value for each field; `None` = not given.
    pub cells: Vec<Option<FieldValue>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldChange {
    pub field: &'static str,
    pub old: FieldValue,
    pub new: FieldValue,
}

/// The effect of an edit on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Added,
    Changed,
    Removed,
}

/// One row that an edit touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Edit {
    pub action: Action,
    pub entity: Entity,
    /// The key of the row before the edit.
    pub key: String,
    /// The changed fields; empty if the row was added or removed.
    pub fields: Vec<FieldChange>,
}

/// Returns the error about a required field without a value.
fn missing(entity: Entity, field: &Field) -> String {
    let entity = with_article(entity.into_str());
    let (name, value) = (field.name, field.kind.placeholder());
    format!("{entity} needs {name}={value} ({})", field.about)
}

impl RecordPatch {
    /// Creates a patch without fields.
    pub(crate) fn new(entity: Entity) -> Self {
        Self {
            entity,
            cells: vec![None; entity.fields().len()],
        }
    }

    /// Sets the value of a field. A field that the entity does not have is ignored.
    #[must_use]
    pub(crate) fn with(mut self, field: &str, cell: Option<FieldValue>) -> Self {
        if let Some(slot) = self.entity.position(field).and_then(|n| self.cells.get_mut(n))
            && cell.is_some()
        {
            *slot = cell;
        }
        self
    }

    /// Returns the value of a field, if it is given.
    pub(crate) fn get(&self, field: &str) -> Option<&FieldValue> {
        self.entity.position(field).and_then(|n| self.cells.get(n))?.as_ref()
    }

    /// Formats the given fields as they are typed, such as `country=DE private=true`.
    pub(crate) fn show(&self) -> String {
        let fields = self.entity.fields().iter().zip(&self.cells);
        let given = fields.filter_map(|(field, cell)| Some((field.name, cell.as_ref()?)));
        let assignments = given.map(|(name, cell)| {
            if *cell == FieldValue::None {
                format!("{name}=")
            } else {
                format!("{name}={cell}")
            }
        });
        assignments.collect::<Vec<_>>().join(" ")
    }

    /// Returns the key; the error names a missing part.
    pub(crate) fn key(&self) -> Result<Key, String> {
        self.entity
            .key_fields()
            .zip(&self.cells)
            .map(|(field, cell)| match cell {
                Some(cell) => Ok(cell.to_string()),
                None => Err(missing(self.entity, field)),
            })
            .collect()
    }

    /// Creates a row from the given fields and defaults. The error names a missing required field.
    pub(crate) fn complete(&self, now: Timestamp) -> Result<Record, String> {
        let cells = self
            .entity
            .fields()
            .iter()
            .zip(&self.cells)
            .map(|(field, cell)| {
                cell.clone()
                    .or_else(|| field.preset(now))
                    .ok_or_else(|| missing(self.entity, field))
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
    /// Creates a row from one value for each field.
    pub(crate) fn stored(entity: Entity, cells: Vec<FieldValue>) -> Self {
        Self { entity, cells }
    }

    pub(crate) fn entity(&self) -> Entity {
        self.entity
    }

    /// Returns all values, in the order of the fields.
    pub(crate) fn cells(&self) -> &[FieldValue] {
        &self.cells
    }

    /// Returns the value of a field; [`FieldValue::None`] if the entity has no such field.
    pub(crate) fn get(&self, field: &str) -> &FieldValue {
        self.entity
            .position(field)
            .and_then(|n| self.cells.get(n))
            .unwrap_or(&FieldValue::None)
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            FieldValue::Text(t) => Some(t),
            FieldValue::None | FieldValue::Bool(_) | FieldValue::Int(_) | FieldValue::Time(_) => None,
        }
    }

    pub(crate) fn key(&self) -> Key {
        self.cells
            .iter()
            .take(self.entity.key_len())
            .map(ToString::to_string)
            .collect()
    }

    /// Returns true if a field refers to the row of `entity` with this key of one field.
    pub(crate) fn refers_to(&self, entity: Entity, key: &str) -> bool {
        self.entity.fields().iter().zip(&self.cells).any(|(field, cell)| {
            field.kind == FieldType::Ref(entity) && matches!(cell, FieldValue::Text(t) if t == key)
        })
    }

    /// Returns true if the row has all values of `filter`.
    pub(crate) fn matches(&self, filter: &RecordPatch) -> bool {
        let mut pairs = self.cells.iter().zip(&filter.cells);
        pairs.all(|(cell, wanted)| wanted.as_ref().is_none_or(|wanted| wanted == cell))
    }

    /// Returns the row with the given fields changed.
    pub(crate) fn apply(&self, wanted: &RecordPatch) -> Result<Self, String> {
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
        // An administrator who disables a host that the crawler disabled wants it to stay disabled.
        if wanted.get("user_active") == Some(&FieldValue::Bool(false))
            && wanted.get("disabled_by").is_none()
            && self.text("disabled_by") == Some("crawler")
        {
            new.put("disabled_by", FieldValue::Text("admin".to_owned()));
        }
        new.normalized(Some(self))
    }

    /// Returns the row with another value in one field.
    #[must_use]
    pub(crate) fn with(mut self, field: &str, cell: FieldValue) -> Self {
        self.put(field, cell);
        self
    }

    /// Returns the fields that differ from `old`.
    pub(crate) fn differences(&self, old: &Self) -> Vec<FieldChange> {
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

    /// Checks and completes fields that depend on each other. A disabled host has `disabled_by` (an administrator by default);
    /// an enabled one has neither that nor a reason.
    fn normalized(mut self, old: Option<&Self>) -> Result<Self, String> {
        if self.entity == Entity::Downtime && self.get("from") >= self.get("until") {
            return Err(format!(
                "until: {} is not after from, {}",
                self.get("until"),
                self.get("from")
            ));
        }
        if self.entity == Entity::Host {
            if *self.get("user_active") == FieldValue::Bool(true) {
                self.put("disabled_by", FieldValue::None);
                self.put("disable_reason", FieldValue::None);
            } else {
                let newly_disabled = old.is_none_or(|o| *o.get("user_active") == FieldValue::Bool(true));
                if newly_disabled && *self.get("disabled_by") == FieldValue::None {
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
    fn new_rows_get_defaults_and_require_the_others() {
        let record = host().complete(Timestamp(1)).unwrap();
        assert_eq!(*record.get("bandwidth"), FieldValue::Int(100));
        assert_eq!(record.key(), ["m.example.org"]);
        let e = RecordPatch::new(Entity::Host).complete(Timestamp(1)).unwrap_err();
        assert!(e.contains("name"), "{e}");
    }

    #[test]
    fn the_party_that_disabled_a_host_is_kept() {
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
    fn a_downtime_must_end_after_its_start() {
        let wanted = RecordPatch::new(Entity::Downtime)
            .with("host", Some(FieldValue::Text("m.example.org".into())))
            .with("from", Some(FieldValue::Time(Timestamp(5))))
            .with("until", Some(FieldValue::Time(Timestamp(5))));
        assert!(wanted.complete(Timestamp(1)).is_err());
    }
}
