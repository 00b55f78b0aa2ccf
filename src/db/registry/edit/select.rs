//! Selects rows by the values of their fields, and counts what an edit affects.

use super::{EditError, Editor};
use crate::db::DbError;
use crate::registry::entity::{Entity, FieldType};
use crate::registry::field_value::FieldValue;
use crate::registry::mass_change::MassChange;
use crate::registry::record::{Action, Edit, Key, Record, RecordPatch, show_key};

/// What the limit of [`MassChange`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MassScope {
    /// Nothing: each row was named.
    Unlimited,
    /// Hosts with a removed row, and those that were disabled or made private.
    LostHosts,
    /// Hosts with a changed or removed row.
    ChangedHosts,
    /// Hosts whose downtimes were added, changed or removed.
    DowntimeHosts,
    /// Changed rows of this entity.
    Rows(Entity),
}

impl Editor<'_> {
    /// Returns the rows with the values of `filter`. References to missing rows are an error, and so is an empty result.
    pub(crate) fn select(&mut self, filter: &RecordPatch) -> Result<Vec<Record>, EditError> {
        self.check_filter(filter)?;
        let mut found = self.records(filter.entity)?;
        found.retain(|row| row.matches(filter));
        if found.is_empty() {
            let (entity, filter) = (filter.entity, filter.show());
            return Err(EditError::NoMatch { entity, filter });
        }
        Ok(found)
    }

    /// Checks that the rows exist to which a filter refers. The error suggests similar names.
    pub(crate) fn check_filter(&mut self, filter: &RecordPatch) -> Result<(), EditError> {
        for (field, cell) in filter.entity.fields().iter().zip(&filter.cells) {
            if let (FieldType::Ref(to), Some(FieldValue::Text(name))) = (field.kind, cell) {
                self.found(to, &vec![name.clone()])?;
            }
        }
        Ok(())
    }

    /// Returns what the edits affect.
    pub(crate) fn mass_change(&mut self, scope: MassScope) -> Result<MassChange, DbError> {
        let entity = if let MassScope::Rows(entity) = scope {
            entity
        } else {
            Entity::Host
        };
        let removed = |e: &&Edit| e.entity == entity && e.action == Action::Removed;
        let removed = self.edits.iter().filter(removed).count();
        let changed = |e: &&Edit| e.entity == entity && e.action == Action::Changed;
        Ok(MassChange {
            noun: entity.into_str(),
            affected: match scope {
                MassScope::Unlimited => 0,
                MassScope::LostHosts => self.hosts.lost.len(),
                MassScope::ChangedHosts => self.hosts.changed.len(),
                MassScope::DowntimeHosts => self.hosts.downtimes.len(),
                MassScope::Rows(_) => self.edits.iter().filter(changed).count(),
            },
            all: self.rows(entity)?.len() + removed,
        })
    }

    /// Keeps what [`Editor::review`] and [`Editor::mass_change`] need to know about an edit.
    pub(super) fn note_affected(
        &mut self,
        key: &Key,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<(), DbError> {
        if let Some(new) = new {
            let before = self.touched.remove(&(new.entity(), key.clone()));
            let before = before.unwrap_or_else(|| old.cloned());
            self.touched.insert((new.entity(), new.key()), before);
        }
        let downtime = new.or(old).filter(|row| row.entity() == Entity::Downtime);
        let host = downtime.and_then(|row| row.text("host"));
        self.hosts.downtimes.extend(host.map(str::to_owned));
        let Some(old) = old else { return Ok(()) };
        let hosts = self.hosts_of(old)?;
        if new.is_none_or(|new| is_loss(old, new)) {
            self.hosts.lost.extend(hosts.iter().cloned());
        }
        self.hosts.changed.extend(hosts);
        Ok(())
    }

    /// Returns the names of the hosts to which a row belongs.
    fn hosts_of(&mut self, row: &Record) -> Result<Vec<String>, DbError> {
        if row.entity() == Entity::Host {
            return Ok(vec![show_key(&row.key())]);
        }
        if row.entity() != Entity::Site {
            return Ok(row.text("host").map(str::to_owned).into_iter().collect());
        }
        let site = row.text("name");
        let hosts = self.rows(Entity::Host)?.iter();
        let of_site = hosts.filter(|(_, host)| host.record.text("site") == site);
        Ok(of_site.map(|(key, _)| show_key(key)).collect())
    }
}

/// Returns true if clients of a host or of the hosts of a site lose it by the change.
fn is_loss(old: &Record, new: &Record) -> bool {
    let becomes =
        |field, value| *new.get(field) == FieldValue::Bool(value) && *old.get(field) == FieldValue::Bool(!value);
    becomes("admin_active", false) || becomes("user_active", false) || becomes("private", true)
}
