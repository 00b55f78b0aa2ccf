//! add, show, list, set and remove of every entity of the registry: one mechanism, driven by the entities' own description.

use anyhow::Error;

use super::edits::edit;
use super::{AdminReport, edit_error, report};
use crate::cli::run::Context;
use crate::db::registry::edit::{self as registry, EditError, Editor};
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch};

mod downtime;
mod examples;
mod options;
mod show;

/// What is to be done with rows of an entity.
#[derive(Debug)]
pub(super) struct EntityCommand {
    entity: Entity,
    verb: EntityAction,
}

#[derive(Debug)]
enum EntityAction {
    Add {
        wanted: RecordPatch,
        dry_run: bool,
    },
    Set {
        key: Key,
        wanted: RecordPatch,
        dry_run: bool,
    },
    /// Add a downtime, reckoned from the present moment.
    Down {
        downtime: downtime::Downtime,
        dry_run: bool,
    },
    /// Set, or add where there is none.
    Put {
        key: Key,
        wanted: RecordPatch,
        dry_run: bool,
    },
    Remove {
        key: Key,
        recursive: bool,
        dry_run: bool,
    },
    Show {
        key: Key,
    },
    List {
        filter: RecordPatch,
    },
}

impl EntityCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        let entity = self.entity;
        match self.verb {
            EntityAction::Add { wanted, dry_run } => edit(ctx, dry_run, |e| e.add(&wanted)).map(report),
            EntityAction::Down { downtime, dry_run } => {
                let wanted = downtime.wanted(ctx.now);
                edit(ctx, dry_run, |e| e.add(&wanted)).map(report)
            }
            EntityAction::Set { key, wanted, dry_run } => {
                edit(ctx, dry_run, |e| e.set(entity, &key, &wanted)).map(report)
            }
            EntityAction::Put { key, wanted, dry_run } => edit(ctx, dry_run, |e| {
                if e.records(entity)?.iter().any(|r| r.key() == key) {
                    e.set(entity, &key, &wanted)
                } else {
                    e.add(&wanted)
                }
            })
            .map(report),
            EntityAction::Remove {
                key,
                recursive,
                dry_run,
            } => edit(ctx, dry_run, |e| e.remove(entity, &key, recursive)).map(report),
            EntityAction::Show { key } => show(ctx, entity, &key).map(report),
            EntityAction::List { filter } => list(ctx, entity, &filter).map(report),
        }
    }
}

fn show(ctx: &Context, entity: Entity, key: &Key) -> Result<show::ShowReport, Error> {
    let author = ctx.author();
    let (record, parts) = ctx
        .open_db()?
        .read(|tx| -> Result<_, EditError> {
            let mut editor = Editor::new(tx, &author);
            let record = editor.find(entity, key)?;
            let parts = editor.parts(&record)?;
            Ok((record, parts))
        })
        .map_err(edit_error)?;
    Ok(show::ShowReport { record, parts })
}

fn list(ctx: &Context, entity: Entity, filter: &RecordPatch) -> Result<show::ListReport, Error> {
    let mut records = ctx.open_db()?.read(|tx| registry::all(tx, entity))?;
    records.retain(|r| matches(r, filter));
    records.sort_by_key(Record::key);
    Ok(show::ListReport { entity, records })
}

fn matches(record: &Record, filter: &RecordPatch) -> bool {
    let fits = |(have, want): (&FieldValue, &Option<FieldValue>)| want.as_ref().is_none_or(|w| w == have);
    record.cells().iter().zip(&filter.cells).all(fits)
}
