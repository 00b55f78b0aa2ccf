//! The commands add, show, list, set and remove of every entity of the registry, derived from the description of its fields.

use std::collections::BTreeMap;

use anyhow::Error;

use super::edits::edit;
use super::{AdminReport, read_registry, report};
use crate::cli::run::Context;
use crate::db::registry::edit as registry;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch};

mod args;
mod downtime;
mod examples;
mod parse;
mod show;

pub(super) use examples::summarize_in_help;

#[derive(Debug)]
pub(super) struct EntityCommand {
    entity: Entity,
    action: EntityAction,
    dry_run: bool,
}

#[derive(Debug)]
enum EntityAction {
    Add { patch: RecordPatch },
    Set { key: Key, patch: RecordPatch },
    SetOrAdd { key: Key, patch: RecordPatch },
    AddDowntime(downtime::Downtime),
    Remove { key: Key, recursive: bool },
    Show { key: Key },
    List { filter: RecordPatch },
}

impl EntityCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        let Self {
            entity,
            action,
            dry_run,
        } = self;
        let edited = match action {
            EntityAction::Show { key } => return report(show(ctx, entity, &key)?),
            EntityAction::List { filter } => return report(list(ctx, entity, &filter)?),
            EntityAction::Add { patch } => edit(ctx, dry_run, |e| e.add(&patch)),
            EntityAction::AddDowntime(downtime) => edit(ctx, dry_run, |e| e.add(&downtime.into_patch(ctx.now))),
            EntityAction::Set { key, patch } => edit(ctx, dry_run, |e| e.set(entity, &key, &patch)),
            EntityAction::SetOrAdd { key, patch } => edit(ctx, dry_run, |e| {
                if e.records(entity)?.iter().any(|r| r.key() == key) {
                    e.set(entity, &key, &patch)
                } else {
                    e.add(&patch)
                }
            }),
            EntityAction::Remove { key, recursive } => edit(ctx, dry_run, |e| e.remove(entity, &key, recursive)),
        };
        report(edited?)
    }
}

fn show(ctx: &Context, entity: Entity, key: &Key) -> Result<show::ShowReport, Error> {
    read_registry(ctx, |editor, _| {
        let record = editor.find(entity, key)?;
        let mut parts: BTreeMap<Entity, Vec<Record>> = BTreeMap::new();
        for part in editor.parts(&record)? {
            parts.entry(part.entity()).or_default().push(part);
        }
        Ok(show::ShowReport { record, parts })
    })
}

fn list(ctx: &Context, entity: Entity, filter: &RecordPatch) -> Result<show::ListReport, Error> {
    let mut records = ctx.open_db()?.read(|tx| registry::all(tx, entity))?;
    records.retain(|r| matches(r, filter));
    records.sort_by_key(Record::key);
    Ok(show::ListReport { entity, records })
}

fn matches(record: &Record, filter: &RecordPatch) -> bool {
    let is_equal = |(value, wanted): (&FieldValue, &Option<FieldValue>)| wanted.as_ref().is_none_or(|w| w == value);
    record.cells().iter().zip(&filter.cells).all(is_equal)
}
