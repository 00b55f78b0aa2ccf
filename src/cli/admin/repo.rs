//! `mm-admin repo`: what a release goes through in its life, and emergencies. Each command is one transaction, and undone by
//! `mm-admin undo`.

use anyhow::Error;
use clap::{Args, Subcommand};

use super::edits::{EditReport, edit};
use super::{AdminReport, edit_error, report};
use crate::cli::run::Context;
use crate::db::registry::edit::Editor;
use crate::model::names::{Name, RepoPrefix};
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch};

mod moves;
mod newest_only;

pub(super) use moves::versions;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum RepoCommand {
    MoveDevelToRelease(moves::DevelArgs),
    MoveToArchive(moves::ArchiveArgs),
    NewestOnly(newest_only::NewestOnlyArgs),
    /// Tell clients that a repository is disabled.
    Disable(SwitchArgs),
    /// Serve a disabled repository again.
    Enable(SwitchArgs),
}

impl RepoCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        Ok(match self {
            Self::MoveDevelToRelease(args) => report(args.run(ctx)?),
            Self::MoveToArchive(args) => report(args.run(ctx)?),
            Self::NewestOnly(args) => report(args.run(ctx)?),
            Self::Disable(args) => report(args.run(ctx, true)?),
            Self::Enable(args) => report(args.run(ctx, false)?),
        })
    }
}

/// Options of `disable` and `enable`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo disable fedora-38\n  mm-admin repo disable fedora-43 --arch i386\n  mm-admin \
                  repo enable fedora-38"
)]
pub(super) struct SwitchArgs {
    /// What clients send as repo=.
    prefix: RepoPrefix,
    /// Only for this architecture; without it, for all.
    #[arg(long)]
    arch: Option<Name>,
    /// Show what would change; change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl SwitchArgs {
    fn run(&self, ctx: &Context, disabled: bool) -> Result<EditReport, Error> {
        let wanted = RecordPatch::new(Entity::Repository).with("disabled", Some(FieldValue::Bool(disabled)));
        edit(ctx, self.dry_run, |editor| {
            for key in select_repositories(editor, &self.prefix, self.arch.as_ref())? {
                editor.set(Entity::Repository, &key, &wanted)?;
            }
            Ok(())
        })
    }
}

/// The repositories with this prefix, for one architecture or all; none at all is an error that says which look alike.
pub(super) fn select_repositories(
    editor: &mut Editor<'_>,
    prefix: &RepoPrefix,
    arch: Option<&Name>,
) -> Result<Vec<Key>, crate::db::registry::edit::EditError> {
    let fits =
        |r: &Record| r.text("repo") == Some(prefix.as_str()) && arch.is_none_or(|a| r.text("arch") == Some(a.as_str()));
    let all = editor.records(Entity::Repository)?;
    let found: Vec<Key> = all.iter().filter(|r| fits(r)).map(Record::key).collect();
    if found.is_empty() {
        let asked = [Some(prefix.to_string()), arch.map(ToString::to_string)];
        editor.find(Entity::Repository, &asked.into_iter().flatten().collect())?;
    }
    Ok(found)
}

/// Reads `PREFIX` or `PREFIX/ARCH`.
pub(super) fn target(text: &str) -> Result<(RepoPrefix, Option<Name>), String> {
    let (prefix, arch) = match text.split_once('/') {
        Some((prefix, arch)) => (prefix, Some(arch.parse()?)),
        None => (text, None),
    };
    Ok((prefix.parse()?, arch))
}
