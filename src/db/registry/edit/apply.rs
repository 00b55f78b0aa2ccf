//! Applies a registry file.

use std::collections::BTreeSet;

use super::{EditError, Editor};
use crate::model::Timestamp;
use crate::registry::entity::{DefaultValue, Entity, FieldAccess};
use crate::registry::file;
use crate::registry::record::{Key, RecordPatch};

/// Fields that owners and the crawler write, too: a file without them does not reset them.
const STATE: [&str; 3] = ["user_active", "disabled_by", "disable_reason"];

impl Editor<'_> {
    /// Adds and changes rows as given. With `prune` the file is complete: rows of its entities that it
    /// does not contain are removed, and missing fields are reset to their defaults; otherwise both are kept.
    pub(crate) fn apply(&mut self, wanted: &[RecordPatch], prune: bool) -> Result<(), EditError> {
        let mut kept: BTreeSet<(Entity, Key)> = BTreeSet::new();
        // Rows that define a country come before rows that refer to it.
        let (first, rest): (Vec<&RecordPatch>, Vec<&RecordPatch>) =
            wanted.iter().partition(|row| row.entity == Entity::CountryContinent);
        for row in first.into_iter().chain(rest) {
            let key = row.key().map_err(|what| EditError::Value {
                entity: row.entity,
                key: String::new(),
                what,
            })?;
            if self.rows(row.entity)?.contains_key(&key) {
                let whole = if prune { with_presets(row) } else { row.clone() };
                self.set(row.entity, &key, &whole)?;
            } else {
                self.add(row)?;
            }
            kept.insert((row.entity, key));
        }
        if prune {
            self.prune(&kept)?;
        }
        Ok(())
    }

    fn prune(&mut self, kept: &BTreeSet<(Entity, Key)>) -> Result<(), EditError> {
        for &entity in Entity::ALL.iter().rev().filter(|n| file::sections_present(**n)) {
            let gone: Vec<Key> = self
                .rows(entity)?
                .keys()
                .filter(|key| !kept.contains(&(entity, (*key).clone())))
                .cloned()
                .collect();
            for key in gone {
                // Downtimes are not part of the file; they are removed with their host.
                self.remove(entity, &key, entity == Entity::Host)?;
            }
        }
        Ok(())
    }
}

fn with_presets(row: &RecordPatch) -> RecordPatch {
    let mut whole = row.clone();
    for (field, cell) in row.entity.fields().iter().zip(&mut whole.cells) {
        let resettable =
            field.role == FieldAccess::Open && field.preset != DefaultValue::Now && !STATE.contains(&field.name);
        if resettable && cell.is_none() {
            // None of these fields has the current time as default, so any time will do.
            *cell = field.preset(Timestamp(0));
        }
    }
    whole
}
