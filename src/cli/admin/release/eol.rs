//! `mm-admin version eol`: the end of the life of a version, as one change: its repositories are moved to the archive or redirected,
//! and the removal of its directories is announced.

use std::collections::BTreeSet;
use std::io;

use anyhow::Error;
use clap::{Args, Command};
use itertools::Itertools as _;
use serde::Serialize;

use crate::cli::admin::edit_error;
use crate::cli::admin::edits::{EditReport, write_unless_dry_run};
use crate::cli::admin::expect_removal::announce;
use crate::cli::admin::repo::{ArchiveArgs, MoveReport};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::registry::edit::{EditError, Editor};
use crate::inspect::carriers::{Carrier, carriers};
use crate::inspect::moves::RepositoryMove;
use crate::job::acquire_release_lock;
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::ids::{CategoryId, DirectoryId, VersionId};
use crate::model::listing::ExpectedRemoval;
use crate::model::names::{DirPath, RepoPrefix};
use crate::model::registry::Repository;
use crate::model::registry_data::RegistryData;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Record, RecordPatch};
use crate::snapshot;

const EXAMPLES: &str = "Examples:\n  mm-admin version eol 38 --product Fedora --dry-run\n  mm-admin version eol 38 --product \
                        Fedora \\\n      --redirect updates-testing-f38=updates-released-f38";

// A doc comment of this or of a flattened type would become the description of the command.
#[derive(Debug, Args)]
pub(in crate::cli::admin) struct EolArgs {
    #[command(flatten)]
    archive: ArchiveArgs,
    /// Answer requests for repository FROM as for TO, and do not move FROM (repeatable).
    #[arg(long, value_name = "FROM=TO", value_parser = parse_redirect)]
    redirect: Vec<(RepoPrefix, RepoPrefix)>,
    /// Until then scans remove the directories of the version without confirmation.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    until: TimeArg,
}

fn parse_redirect(text: &str) -> Result<(RepoPrefix, RepoPrefix), String> {
    let (from, to) = text.split_once('=').ok_or("expected FROM=TO, two repository names")?;
    if from == to {
        return Err("a repository cannot be redirected to itself".to_owned());
    }
    Ok((from.parse()?, to.parse()?))
}

/// Returns the subcommand of `mm-admin version`.
pub(in crate::cli::admin) fn command() -> Command {
    EolArgs::augment_args(Command::new("eol"))
        .about("End the life of a version: move it to the archive, and announce its removal")
        .long_about(
            "End the life of a version.\n\nMoves its repositories to the archive, as mm-admin repo move-to-archive does with the same \
             checks, or redirects them; announces that the master is going to remove its directories (mm-admin expect-removal); and \
             lists the mirrors that still have them. All of that is one change, which mm-admin undo reverts. Run it when the \
             archive has the version, and before the master removes it.",
        )
        .after_help(EXAMPLES)
        .after_long_help(EXAMPLES)
}

/// The announced removal of one tree.
#[derive(Debug, Serialize)]
struct Announcement {
    /// The full name of the directory.
    path: String,
    directories: u64,
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct EolReport {
    #[serde(flatten)]
    moves: MoveReport,
    announced: Vec<Announcement>,
    until: Timestamp,
    /// The mirrors that have directories of the version outside of the archive.
    carriers: Vec<Carrier>,
    warnings: Vec<String>,
}

impl EolArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<EolReport, Error> {
        let until = self
            .until
            .resolve(ctx.now)
            .map_err(|e| UsageError(format!("--until: {e}")))?;
        let _lock = (!self.archive.dry_run())
            .then(|| acquire_release_lock(ctx))
            .transpose()?;
        let redirected: BTreeSet<&RepoPrefix> = self.redirect.iter().map(|(from, _)| from).collect();
        let planned = self
            .archive
            .plan(ctx, |r| r.prefix.as_ref().is_none_or(|p| !redirected.contains(p)))?;
        self.check_redirects(&planned.before, &planned.versions)?;
        let trees = old_trees(&planned.before, &planned.versions, planned.archive);
        let new: BTreeSet<DirectoryId> = planned.moves.iter().filter_map(RepositoryMove::target).collect();
        let mut report = EolReport {
            carriers: carriers(&planned.before, &trees, &new),
            warnings: newest_warnings(&planned.before, &planned.versions),
            moves: planned.report(self.archive.dry_run()),
            announced: Vec::new(),
            until,
        };
        if report.moves.exit() == ExitStatus::Failed || trees.is_empty() {
            return Ok(report);
        }
        let (edits, announced) = write_unless_dry_run(ctx, self.archive.dry_run(), |tx, author| {
            let mut editor = Editor::new(tx, author);
            let edit = |editor: &mut Editor<'_>| {
                planned.apply(editor)?;
                self.redirect
                    .iter()
                    .try_for_each(|(from, to)| redirect(editor, from, to))
            };
            edit(&mut editor).map_err(edit_error)?;
            let mut announced = Vec::new();
            for (category, path) in &trees {
                let Some(category) = planned.before.categories.get(category) else {
                    continue;
                };
                let removal = ExpectedRemoval {
                    path: path.clone(),
                    until,
                    repositories: 0,
                };
                announced.push(Announcement {
                    path: snapshot::full_name(category.topdir.as_str(), path.as_str()),
                    directories: announce(tx, author, category, &removal)?,
                });
            }
            Ok::<_, Error>((editor.into_edits(), announced))
        })?;
        report.moves.edited = EditReport::new(self.archive.dry_run(), edits);
        report.announced = announced;
        Ok(report)
    }

    /// Fails for a redirect of a repository of another version, or to one that does not exist.
    fn check_redirects(&self, registry: &RegistryData, versions: &BTreeSet<VersionId>) -> Result<(), UsageError> {
        let has = |prefix: &RepoPrefix, is_wanted: &dyn Fn(&Repository) -> bool| {
            registry
                .repositories
                .iter()
                .any(|r| r.prefix.as_ref() == Some(prefix) && is_wanted(r))
        };
        let from_here = self.redirect.iter().map(|(from, _)| from);
        let from_here: BTreeSet<&RepoPrefix> = from_here.collect();
        for (from, to) in &self.redirect {
            if !has(from, &|r| versions.contains(&r.version)) {
                return Err(UsageError(format!("--redirect: the version has no repository {from}")));
            }
            if from_here.contains(to) || !has(to, &|r| !r.disabled) {
                let text = format!("--redirect: {from} would be answered as {to}, which clients cannot request");
                return Err(UsageError(text));
            }
        }
        Ok(())
    }
}

/// Disables a repository, so that it needs no directory, and answers requests for it as for another one.
fn redirect(editor: &mut Editor<'_>, from: &RepoPrefix, to: &RepoPrefix) -> Result<(), EditError> {
    let disable = RecordPatch::new(Entity::Repository).with("disabled", Some(FieldValue::Bool(true)));
    let is_from = |r: &Record| r.text("repo") == Some(from.as_str());
    let keys: Vec<_> = editor
        .records(Entity::Repository)?
        .iter()
        .filter(|r| is_from(r))
        .map(Record::key)
        .collect();
    keys.iter()
        .try_for_each(|key| editor.set(Entity::Repository, key, &disable))?;
    let text = |prefix: &RepoPrefix| Some(FieldValue::Text(prefix.to_string()));
    let row = RecordPatch::new(Entity::Redirect)
        .with("from", text(from))
        .with("to", text(to));
    let key = vec![from.to_string()];
    if editor.records(Entity::Redirect)?.iter().any(|r| r.key() == key) {
        editor.set(Entity::Redirect, &key, &row)
    } else {
        editor.add(&row)
    }
}

/// Returns the trees of the versions outside of the archive: the directories named like the version, or those of its repositories.
fn old_trees(
    registry: &RegistryData,
    versions: &BTreeSet<VersionId>,
    archive: CategoryId,
) -> BTreeSet<(CategoryId, DirPath)> {
    let of_versions = registry.repositories.iter().filter(|r| versions.contains(&r.version));
    let tree = |r: &Repository| {
        let directory = registry
            .directories
            .get(&r.directory?)
            .filter(|d| d.category != archive)?;
        let name = registry.versions.get(&r.version)?.name.as_str();
        let above = std::iter::successors(Some(directory.path.clone()), DirPath::parent);
        let top = above.filter(|p| p.file_name() == name).last();
        Some((directory.category, top.unwrap_or_else(|| directory.path.clone())))
    };
    of_versions.filter_map(tree).collect()
}

/// A version that no other one follows is rarely the one that was meant.
fn newest_warnings(registry: &RegistryData, versions: &BTreeSet<VersionId>) -> Vec<String> {
    let is_followed = |id: &VersionId| {
        let version = registry.versions.get(id);
        version.is_some_and(|v| {
            let others = registry
                .versions
                .values()
                .filter(|o| o.product == v.product && !o.is_test);
            others.into_iter().any(|o| (o.first_seen, o.id) > (v.first_seen, v.id))
        })
    };
    let newest = versions.iter().filter(|id| !is_followed(id));
    let describe = |id: &VersionId| {
        let version = registry.versions.get(id)?;
        let product = registry.products.get(&version.product)?;
        Some(format!("{} is the newest version of {}", version.name, product.name))
    };
    newest.filter_map(describe).collect()
}

impl Report for EolReport {
    fn exit(&self) -> ExitStatus {
        self.moves.exit()
    }

    fn nothing_done(&self) -> Option<String> {
        let is_done = !self.announced.is_empty() || self.moves.edited.has_edits();
        let reason = "no repository of this version has a directory outside of the archive";
        (!is_done && self.exit() != ExitStatus::Failed).then(|| reason.to_owned())
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        self.moves.write_text(out)?;
        if self.moves.is_empty() && !self.announced.is_empty() {
            out.line("nothing to move: no repository of this version is outside of the archive")?;
        }
        if self.exit() == ExitStatus::Failed {
            let missing = self.moves.refused_prefixes().iter().join(", ");
            return out.line(format!(
                "if the archive does not get {missing}, redirect it with: --redirect FROM=TO"
            ));
        }
        for a in &self.announced {
            out.line(format!(
                "announced until {}: the master removes {} ({})",
                self.until,
                a.path,
                format_count(a.directories, "directory")
            ))?;
        }
        if self.carriers.is_empty() {
            return out.line("no mirror has these directories");
        }
        out.line("mirrors that still have them:")?;
        out.write_table(
            "HOST | COUNTRY | DIRECTORIES | IN THE ARCHIVE",
            &self.carriers,
            |_, c| {
                [
                    c.host.clone(),
                    or_dash(c.country.as_ref()),
                    c.old.to_string(),
                    c.new.to_string(),
                ]
            },
        )
    }
}
