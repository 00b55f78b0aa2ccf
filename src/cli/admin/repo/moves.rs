//! `mm-admin repo move-devel-to-release` and `move-to-archive`: repositories keep their names and are pointed to other
//! directories. All of them or none, and only where mirrors are.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anyhow::{Context as _, Error, anyhow};
use clap::Args;
use serde::Serialize;

use self::plan::{Move, PathMapping, full_name, plan};
use crate::cli::admin::edits::{edit, write_edits};
use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db;
use crate::db::registry::edit::{EditError, Editor};
use crate::model::ids::{CategoryId, DirectoryId, VersionId};
use crate::model::names::{DirPath, Name};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Edit, Key, RecordPatch, show_key};
use crate::snapshot::publication::{Publication, RepositoryMirrors};

mod plan;

/// What both commands take.
#[derive(Debug, Args)]
struct MoveArgs {
    /// The version, such as 43.
    version: Name,
    /// Only versions of this product.
    #[arg(long)]
    product: Option<Name>,
    /// Only repositories of this category; may be given several times.
    #[arg(long)]
    category: Vec<Name>,
    /// Refuse where fewer hosts than this would be listed [default: `publish.min_holders` of the config].
    #[arg(long, value_name = "N")]
    min_holders: Option<usize>,
    /// Show what would change; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Point the repositories of a version from development/VERSION to the same path under releases/VERSION.
///
/// For the days after a release, when mirrors have the new tree. Clients ask for the same names as before. Repositories that
/// clients cannot ask for are left alone. Refused, for all of them, when a directory is not there or not readable to the world,
/// or when fewer than `publish.min_holders` hosts would be listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo move-devel-to-release 43 --dry-run\n  mm-admin repo move-devel-to-release 43 \
                  --category \"Fedora Linux\"\n  mm-admin repo move-devel-to-release 10 --from next --to 10.0"
)]
pub(in crate::cli::admin) struct DevelArgs {
    #[command(flatten)]
    common: MoveArgs,
    /// The directory they lie under, {version} standing for the version: whole components, anywhere in the path.
    #[arg(long, value_name = "PATH", default_value = "development/{version}")]
    from: String,
    /// The directory they go under.
    #[arg(long, value_name = "PATH", default_value = "releases/{version}")]
    to: String,
}

/// Point the repositories of a version to the same path in the archive.
///
/// For the weeks after the end of its life, when the archive has it: pub/fedora/linux/releases/38/… becomes
/// pub/archive/fedora/linux/releases/38/…, updates too. Clients ask for the same names as before. Repositories that lie in the
/// archive already are left alone. Refused, for all of them, when a directory is not there or not readable to the world, or when
/// fewer than `publish.min_holders` hosts would be listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo move-to-archive 38 --product Fedora --dry-run\n  mm-admin repo move-to-archive \
                  38 --category \"Fedora Linux\""
)]
pub(in crate::cli::admin) struct ArchiveArgs {
    #[command(flatten)]
    common: MoveArgs,
    /// The category of the archive.
    #[arg(long, value_name = "CATEGORY", default_value = "Fedora Archive")]
    archive_category: Name,
    /// What the archive leaves out at the beginning of the old names.
    #[arg(long, value_name = "PATH", default_value = "pub")]
    strip: DirPath,
}

/// One repository.
#[derive(Debug, Serialize)]
struct MoveRow {
    /// `prefix/arch`.
    repository: String,
    /// The full name of its directory.
    from: String,
    /// The full name of the directory it goes to.
    to: String,
    /// Hosts that clients are sent to now.
    holders: usize,
    /// Hosts that clients would be sent to.
    holders_after: usize,
    /// Whether the newest repomd.xml of both is the same; `None` where one of them is not known.
    same_repomd: Option<bool>,
    /// Why it stays where it is, while the others are moved.
    skipped: Option<String>,
    /// Why nothing is moved.
    refused: Option<String>,
}

/// What was moved, or why not.
#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct MoveReport {
    min_holders: usize,
    dry_run: bool,
    repositories: Vec<MoveRow>,
    edits: Vec<Edit>,
    /// Rows of the database that could not be read.
    warnings: Vec<String>,
}

impl DevelArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<MoveReport, Error> {
        let path = |option: &str, text: &str| -> Result<DirPath, Error> {
            let text = text.replace("{version}", self.common.version.as_str());
            Ok(text.parse().map_err(|why| UsageError(format!("{option}: {why}")))?)
        };
        let (from, to) = (path("--from", &self.from)?, path("--to", &self.to)?);
        if from.is_top() || from == to {
            return Err(UsageError("--from must name a directory, and another one than --to".to_owned()).into());
        }
        self.common.run(ctx, |_| Ok(PathMapping::Below { from, to }))
    }
}

impl ArchiveArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<MoveReport, Error> {
        self.common.run(ctx, |world| {
            let category = category(world, &self.archive_category)
                .with_context(|| "the archive is named with --archive-category")?;
            let strip = self.strip.clone();
            Ok(PathMapping::Into { category, strip })
        })
    }
}

impl MoveArgs {
    fn run(
        &self,
        ctx: &Context,
        route: impl FnOnce(&RegistryData) -> Result<PathMapping, Error>,
    ) -> Result<MoveReport, Error> {
        let _lock = if self.dry_run {
            None
        } else {
            Some(ctx.acquire_release_lock()?)
        };
        let (mut world, warnings) =
            db::registry_data::read(&mut ctx.open_db()?, ctx.now).context("reading the database")?;
        let versions = versions(&world, &self.version, self.product.as_ref())?;
        let categories = (self.category.iter())
            .map(|name| category(&world, name))
            .collect::<Result<BTreeSet<CategoryId>, Error>>()?;
        let moves = plan(&world, &versions, &categories, &route(&world)?);
        let min_holders = self.min_holders.unwrap_or(ctx.config.publish.min_holders);
        let mut report = MoveReport {
            min_holders,
            dry_run: self.dry_run,
            repositories: preview(ctx, &mut world, &moves, min_holders),
            edits: Vec::new(),
            warnings,
        };
        if report.exit() == ExitStatus::Failed || moves.is_empty() {
            return Ok(report);
        }
        let done = edit(ctx, self.dry_run, |editor| {
            let going = moves
                .iter()
                .zip(&report.repositories)
                .filter(|(_, row)| row.skipped.is_none());
            for (m, row) in going {
                apply(editor, &world, m, row)?;
            }
            Ok(())
        })?;
        report.edits = done.edits;
        Ok(report)
    }
}

/// The versions of this name, of one product or of all; none at all is an error.
pub(in crate::cli::admin) fn versions(
    world: &RegistryData,
    version: &Name,
    product: Option<&Name>,
) -> Result<BTreeSet<VersionId>, Error> {
    let of = |id| world.products.get(&id).map(|p| &p.name);
    let found: BTreeSet<VersionId> = (world.versions.values())
        .filter(|v| v.name == *version && product.is_none_or(|p| of(v.product) == Some(p)))
        .map(|v| v.id)
        .collect();
    if found.is_empty() {
        let product = product.map(|p| format!(" of {p}")).unwrap_or_default();
        return Err(anyhow!(
            "there is no version {version}{product}; see: mm-admin version list"
        ));
    }
    Ok(found)
}

fn category(world: &RegistryData, name: &Name) -> Result<CategoryId, Error> {
    let found = world.categories.values().find(|c| c.name == *name);
    let found = found.ok_or_else(|| anyhow!("there is no category {name}; see: mm-admin category list"))?;
    Ok(found.id)
}

/// What each move does to clients. The repositories of `world` stand at their targets afterwards.
fn preview(ctx: &Context, world: &mut RegistryData, moves: &[Move], min_holders: usize) -> Vec<MoveRow> {
    type Seen = (usize, Option<String>);
    let policy = Policy::new(&ctx.config, world);
    let at = |world: &RegistryData, place: &dyn Fn(&Move) -> Option<DirectoryId>| -> Vec<Seen> {
        let listing = Publication::from_registry(world, &policy, ctx.now);
        let holders = RepositoryMirrors::new(&listing);
        let seen = |d: DirectoryId| {
            (
                holders.hosts_for(d).len(),
                holders.newest(d).and_then(|n| n.file.hashes.sha256.clone()),
            )
        };
        moves.iter().map(|m| place(m).map(seen).unwrap_or_default()).collect()
    };
    let before = at(world, &|m| Some(m.from));
    let going: BTreeMap<_, DirectoryId> = (moves.iter())
        .filter_map(|m| Some((m.repository, *m.to.as_ref().ok()?)))
        .collect();
    let old_names: BTreeMap<DirectoryId, String> = (moves.iter())
        .filter_map(|m| world.directories.get(&m.from))
        .map(|d| (d.id, full_name(world, d.category, &d.path)))
        .collect();
    for r in &mut world.repositories {
        r.directory = going.get(&r.id).copied().or(r.directory);
    }
    let after = at(world, &|m| m.to.clone().ok());
    let names: BTreeMap<_, String> = world
        .repositories
        .iter()
        .map(|r| (r.id, world.repository_name(r)))
        .collect();
    (moves.iter().zip(before.into_iter().zip(after)))
        .map(|(m, ((holders, old), (holders_after, new)))| {
            let skipped = m.owner.as_ref().map(|o| format!("repository {o} has that directory already"));
            let refused = match &m.to {
                Err(why) => Some(why.clone()),
                Ok(_) if skipped.is_some() => None,
                Ok(_) => (holders_after < min_holders).then(|| {
                    format!("{holders_after} hosts would be listed, fewer than {min_holders}; if that is enough: --min-holders {holders_after}")
                }),
            };
            MoveRow {
                repository: names.get(&m.repository).cloned().unwrap_or_default(),
                from: old_names.get(&m.from).cloned().unwrap_or_default(),
                to: full_name(world, m.category, &m.path),
                holders,
                holders_after,
                same_repomd: old.zip(new).map(|(old, new)| old == new),
                skipped,
                refused,
            }
        })
        .collect()
}

/// Writes one move; refused when the repository does not stand any more where it was looked at.
fn apply(editor: &mut Editor<'_>, world: &RegistryData, m: &Move, row: &MoveRow) -> Result<(), EditError> {
    let key: Key = row.repository.splitn(2, '/').map(str::to_owned).collect();
    let now = editor.find(Entity::Repository, &key)?;
    let old = world.directories.get(&m.from).map(|d| d.path.as_str());
    if now.text("directory") != old {
        return Err(EditError::Outdated {
            entity: Entity::Repository,
            key: show_key(&key),
            what: "it was moved by somebody else meanwhile; look again with --dry-run".to_owned(),
        });
    }
    let text = |t: &str| Some(FieldValue::Text(t.to_owned()));
    let category = world.categories.get(&m.category).map_or("", |c| c.name.as_str());
    let wanted = RecordPatch::new(Entity::Repository)
        .with("category", text(category))
        .with("name", text(&row.to))
        .with("directory", text(m.path.as_str()));
    editor.set(Entity::Repository, &key, &wanted)
}

impl Report for MoveReport {
    fn exit(&self) -> ExitStatus {
        if self.repositories.iter().any(|r| r.refused.is_some()) {
            ExitStatus::Failed
        } else if self.repositories.iter().any(|r| r.skipped.is_some()) {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        if self.repositories.is_empty() {
            return out.line("no repository of this version lies there: nothing to move");
        }
        let rows: Vec<Vec<String>> = self.repositories.iter().map(|r| row(r, out)).collect();
        out.table(&["REPOSITORY", "FROM", "TO", "HOLDERS", "AFTER", "REPOMD"], &rows)?;
        for r in &self.repositories {
            if let Some(why) = &r.refused {
                out.line(out.paint(Style::Bad, &format!("refused: {} to {}: {why}", r.repository, r.to)))?;
            }
            if let Some(why) = &r.skipped {
                out.line(out.paint(Style::Warn, &format!("left alone: {}: {why}", r.repository)))?;
            }
        }
        if self.exit() == ExitStatus::Failed {
            return out.line("nothing was changed");
        }
        write_edits(out, &self.edits, self.dry_run)?;
        if !self.dry_run && !self.edits.is_empty() {
            out.line("clients see it after: mm-update-mirrorlist, mm-sync-out; back with: mm-admin undo")?;
        }
        Ok(())
    }
}

fn row(r: &MoveRow, out: &TextOutput<'_>) -> Vec<String> {
    vec![
        r.repository.clone(),
        r.from.clone(),
        r.to.clone(),
        r.holders.to_string(),
        r.holders_after.to_string(),
        match r.same_repomd {
            Some(true) => out.paint(Style::Good, "same"),
            Some(false) => out.paint(Style::Warn, "differs"),
            None => out.paint(Style::Warn, "unknown"),
        },
    ]
}
