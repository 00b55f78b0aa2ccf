//! Checks country codes: a host with an invalid code would never be near to a client.

use super::{EditError, Editor};
use crate::model::country;
use crate::registry::entity::{Entity, FieldType};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Record, show_key};

impl Editor<'_> {
    /// Checks that each changed country code is assigned in ISO 3166, or has a continent in the registry. Unchanged codes are not
    /// checked, so that other changes of the row are possible.
    pub(super) fn check_countries(&mut self, new: &Record, old: Option<&Record>) -> Result<(), EditError> {
        let entity = new.entity();
        if entity == Entity::CountryContinent {
            return Ok(());
        }
        for (field, cell) in entity.fields().iter().zip(new.cells()) {
            let (FieldType::Country, FieldValue::Text(code)) = (field.kind, cell) else {
                continue;
            };
            let as_before = old.is_some_and(|o| o.get(field.name) == cell);
            if as_before
                || country::is_assigned(code)
                || self.rows(Entity::CountryContinent)?.contains_key(&vec![code.clone()])
            {
                continue;
            }
            let hint = country::suggest(code).map_or_else(
                || format!("if it is in use, add its continent: mm-admin country-continent add {code} CONTINENT"),
                |likely| format!("did you mean {likely}?"),
            );
            return Err(EditError::Value {
                entity,
                key: show_key(&new.key()),
                what: format!("{}: {code} is not assigned in ISO 3166; {hint}", field.name),
            });
        }
        Ok(())
    }
}
