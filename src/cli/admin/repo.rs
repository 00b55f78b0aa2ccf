//! `mm-admin repo`: moves of repositories, disabling them, and emergencies. Each command is one transaction that `mm-admin undo`
//! reverts.

use anyhow::Error;
use clap::{Args, Subcommand};

use super::edits::{EditReport, edit};
use super::{AdminReport, edit_error, report};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::model::names::{Name, RepoPrefix};
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, Record, RecordPatch};

mod moves;
mod newest_only;

pub(super) use moves::find_versions;

/// Subcommands of `repo`.
#[derive(Debug, Subcommand)]
pub(super) enum RepoCommand {
    MoveDevelToRelease(moves::DevelArgs),
    MoveToArchive(moves::ArchiveArgs),
    NewestOnly(newest_only::NewestOnlyArgs),
    /// Disable a repository: requests for it get an error.
    Disable(EnableArgs),
    /// Enable a disabled repository.
    Enable(EnableArgs),
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
        let patch = RecordPatch::new(Entity::Repository).with("disabled", Some(FieldValue::Bool(disabled)));
        edit(ctx, self.dry_run, |editor| {
            for key in select_repositories(editor, &self.prefix, self.arch.as_ref())? {
                editor.set(Entity::Repository, &key, &patch)?;
            }
            Ok(())
        })
    }
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
        let key = [Some(prefix.to_string()), arch.map(ToString::to_string)];
        editor.find(Entity::Repository, &key.into_iter().flatten().collect())?;
    }
    Ok(found)
}

/// Parses `PREFIX` or `PREFIX/ARCH`.
pub(super) fn parse_target(text: &str) -> Result<(RepoPrefix, Option<Name>), String> {
    let (prefix, arch) = match text.split_once('/') {
        Some((prefix, arch)) => (prefix, Some(arch.parse()?)),
        None => (text, None),
    };
    Ok((prefix.parse()?, arch))
}
