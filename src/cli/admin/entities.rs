//! The commands add, show, list, set and remove of every entity of the registry, derived from the description of its fields.

use std::collections::BTreeMap;

use anyhow::Error;

use super::edits::{EditOptions, edit_reviewed};
use super::{AdminReport, read_registry, report};
use crate::cli::admin::release::eol::EolArgs;
use crate::cli::admin::repo::decide_version::DecideVersionArgs;
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor, MassScope};
use crate::registry::entity::{Entity, Field};
use crate::registry::record::{Key, Record, RecordPatch};

mod args;
mod copy_urls;
mod downtime;
mod examples;
mod parse;
mod show;

pub(in crate::cli) use args::{KEY, Purpose as FieldPurpose, WORDS};
pub(super) use examples::summarize_in_help;

#[derive(Debug)]
pub(super) struct EntityCommand {
    entity: Entity,
    action: EntityAction,
    options: EditOptions,
}

#[derive(Debug)]
enum EntityAction {
    Add {
        patch: RecordPatch,
    },
    CopyUrls(copy_urls::CopyUrls),
    Set {
        rows: Selection,
        patch: RecordPatch,
    },
    Downtime(downtime::Downtime),
    EndOfLife(Box<EolArgs>),
    DecideVersion {
        args: Box<DecideVersionArgs>,
        is_accepted: bool,
    },
    Remove {
        key: Key,
        recursive: bool,
    },
    Show {
        key: Key,
    },
    List {
        filter: RecordPatch,
        sort: Vec<show::Sort>,
        columns: Option<Vec<&'static Field>>,
    },
}

/// The rows that a command changes.
#[derive(Debug)]
enum Selection {
    Keys(Vec<Key>),
    /// All rows with the values of a filter.
    Where(RecordPatch),
}

impl EntityCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        let Self {
            entity,
            action,
            options,
        } = self;
        let edit = |scope, work: &dyn Fn(&mut Editor<'_>) -> Result<(), EditError>| {
            edit_reviewed(ctx, options, false, scope, work)
        };
        let edited = match action {
            EntityAction::Show { key } => return report(show(ctx, entity, &key)?),
            EntityAction::List { filter, sort, columns } => {
                let mut records = list(ctx, &filter)?;
                show::sort_records(&mut records, &sort);
                return report(show::ListReport {
                    entity,
                    records,
                    columns,
                });
            }
            EntityAction::EndOfLife(args) => return report(args.run(ctx)?),
            EntityAction::DecideVersion { args, is_accepted } => return report(args.run(ctx, is_accepted)?),
            EntityAction::Downtime(downtime) => return report(downtime.run(ctx, options)?),
            EntityAction::CopyUrls(copy) => return report(copy.run(ctx, options)?),
            EntityAction::Add { patch } => edit(MassScope::Unlimited, &|e| e.add(&patch)),
            EntityAction::Set {
                rows: Selection::Keys(keys),
                patch,
            } => edit(MassScope::Unlimited, &|e| {
                keys.iter().try_for_each(|key| e.set(entity, key, &patch))
            }),
            EntityAction::Set {
                rows: Selection::Where(filter),
                patch,
            } => edit(MassScope::Rows(entity), &|e| {
                let rows = e.select(&filter)?;
                rows.iter().try_for_each(|row| e.set(entity, &row.key(), &patch))
            }),
            EntityAction::Remove { key, recursive } => {
                edit(MassScope::ChangedHosts, &|e| e.remove(entity, &key, recursive))
            }
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

fn list(ctx: &Context, filter: &RecordPatch) -> Result<Vec<Record>, Error> {
    read_registry(ctx, |editor, _| {
        editor.check_filter(filter)?;
        let mut records = editor.records(filter.entity)?;
        records.retain(|r| r.matches(filter));
        Ok(records)
    })
}
