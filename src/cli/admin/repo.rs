//! `mm-admin repo`: moves of repositories, disabling them, and emergencies. Each command is one transaction that `mm-admin undo`
//! reverts.

use std::iter;

use anyhow::Error;
use clap::{Args, Subcommand};

use super::edits::{EditReport, edit};
use super::{AdminReport, report};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::model::names::{Name, RepoPrefix};
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch};

pub(super) mod decide_version;
mod moves;
mod newest_only;

pub(super) use moves::{ArchiveArgs, MoveReport, find_versions};

#[derive(Debug, Subcommand)]
pub(super) enum RepoCommand {
    MoveDevelToRelease(moves::DevelArgs),
    MoveToArchive(ArchiveArgs),
    NewestOnly(newest_only::NewestOnlyArgs),
    /// Disable a repository: requests for it get an error.
    Disable(EnableArgs),
    /// Enable a disabled repository.
    Enable(EnableArgs),
}

impl RepoCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        match self {
            Self::MoveDevelToRelease(args) => report(args.run(ctx)?),
            Self::MoveToArchive(args) => report(args.run(ctx)?),
            Self::NewestOnly(args) => report(args.run(ctx)?),
            Self::Disable(args) => report(args.run(ctx, true)?),
            Self::Enable(args) => report(args.run(ctx, false)?),
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo disable fedora-38\n  mm-admin repo disable fedora-43 --arch i386\n  mm-admin \
                  repo enable fedora-38"
)]
pub(super) struct EnableArgs {
    /// Repository name, as in repo=.
    prefix: RepoPrefix,
    /// Only for this architecture.
    #[arg(long)]
    arch: Option<Name>,
    /// Show the changes without applying them.
    #[arg(long)]
    dry_run: bool,
}

impl EnableArgs {
    fn run(&self, ctx: &Context, disabled: bool) -> Result<EditReport, Error> {
        let arch = self.arch.as_ref();
        set_repositories(
            ctx,
            self.dry_run,
            &self.prefix,
            arch,
            "disabled",
            FieldValue::Bool(disabled),
        )
    }
}

/// Sets a field of the repositories with this prefix, for one architecture or for all.
fn set_repositories(
    ctx: &Context,
    dry_run: bool,
    prefix: &RepoPrefix,
    arch: Option<&Name>,
    field: &str,
    value: FieldValue,
) -> Result<EditReport, Error> {
    let patch = RecordPatch::new(Entity::Repository).with(field, Some(value));
    edit(ctx, dry_run, |editor| {
        let keys = select_repositories(editor, prefix, arch)?;
        (keys.iter()).try_for_each(|key| editor.set(Entity::Repository, key, &patch))
    })
}

/// Selects the repositories with this prefix, for one architecture or for all. The error suggests similar names.
pub(super) fn select_repositories(
    editor: &mut Editor<'_>,
    prefix: &RepoPrefix,
    arch: Option<&Name>,
) -> Result<Vec<Key>, EditError> {
    let matches =
        |r: &Record| r.text("repo") == Some(prefix.as_str()) && arch.is_none_or(|a| r.text("arch") == Some(a.as_str()));
    let all = editor.records(Entity::Repository)?;
    let found: Vec<Key> = all.iter().filter(|r| matches(r)).map(Record::key).collect();
    if found.is_empty() {
        let key = iter::once(prefix.to_string()).chain(arch.map(ToString::to_string));
        editor.find(Entity::Repository, &key.collect())?;
    }
    Ok(found)
}

/// Parses `PREFIX` or `PREFIX/ARCH`.
pub(super) fn parse_target(text: &str) -> Result<(RepoPrefix, Option<Name>), String> {
    Ok(match text.split_once('/') {
        Some((prefix, arch)) => (prefix.parse()?, Some(arch.parse()?)),
        None => (text.parse()?, None),
    })
}
