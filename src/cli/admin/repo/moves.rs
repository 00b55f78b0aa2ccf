//! `mm-admin repo move-devel-to-release` and `move-to-archive`: repositories keep their names and get other directories, all of
//! them or none.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, Error, anyhow, bail};
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use crate::cli::admin::edits::{EditReport, edit};
use crate::cli::admin::{read_registry_data, write_warnings};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::inspect::moves::{MoveRow, PathMapping, RepositoryMove, plan_moves, preview_moves};
use crate::job::acquire_release_lock;
use crate::job::exit::{ExitStatus, UsageError};
use crate::locks::{Lock, LockError};
use crate::model::ids::{CategoryId, VersionId};
use crate::model::names::{DirPath, Name};
use crate::model::registry::Repository;
use crate::model::registry_data::RegistryData;
use crate::model::suggest;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, RecordPatch, show_key};

/// Options of both commands.
#[derive(Debug, Args)]
struct MoveArgs {
    /// Version, such as 43.
    version: Name,
    /// Only versions of this product.
    #[arg(long)]
    product: Option<Name>,
    /// Only repositories of this category (repeatable).
    #[arg(long)]
    category: Vec<Name>,
    /// Refuse if fewer mirrors than this would be listed [default: `publish.min_mirrors_to_move`].
    #[arg(long, value_name = "N")]
    min_mirrors: Option<usize>,
    /// Show the changes without applying them.
    #[arg(long)]
    dry_run: bool,
}

/// Move the repositories of a version from development/VERSION to the same path under releases/VERSION.
///
/// For the days after a release, when mirrors have the new tree. Clients keep using the same repository names. Repositories that
/// clients cannot request are skipped. The command is refused as a whole if a directory is missing or not world-readable, or if
/// fewer than `publish.min_mirrors_to_move` mirrors would be listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo move-devel-to-release 43 --dry-run\n  mm-admin repo move-devel-to-release 43 \
                  --category \"Fedora Linux\"\n  mm-admin repo move-devel-to-release 10 --from next --to 10.0"
)]
pub(in crate::cli::admin) struct DevelArgs {
    #[command(flatten)]
    common: MoveArgs,
    /// Path components to replace; {version} is the version.
    #[arg(long, value_name = "PATH", default_value = "development/{version}")]
    from: String,
    /// Their replacement.
    #[arg(long, value_name = "PATH", default_value = "releases/{version}")]
    to: String,
}

/// Move the repositories of a version to the same path in the archive.
///
/// For the weeks after the end of its life, when the archive has it: pub/fedora/linux/releases/38/… becomes
/// pub/archive/fedora/linux/releases/38/…, and likewise for updates. Clients keep using the same repository names. Repositories
/// that are in the archive already are skipped. The command is refused as a whole if a directory is missing or not
/// world-readable, or if fewer than `publish.min_mirrors_to_move` mirrors would be listed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo move-to-archive 38 --product Fedora --dry-run\n  mm-admin repo move-to-archive \
                  38 --category \"Fedora Linux\""
)]
pub(in crate::cli::admin) struct ArchiveArgs {
    #[command(flatten)]
    common: MoveArgs,
    /// Category of the archive.
    #[arg(long, value_name = "CATEGORY", default_value = "Fedora Archive")]
    archive_category: Name,
    /// Beginning of the old names that is not part of the new ones.
    #[arg(long, value_name = "PATH", default_value = "pub")]
    strip: DirPath,
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct MoveReport {
    min_mirrors: usize,
    repositories: Vec<MoveRow>,
    #[serde(flatten)]
    pub(in crate::cli::admin) edited: EditReport,
    warnings: Vec<String>,
}

impl MoveReport {
    /// Returns true if no repository of the version has such a directory.
    pub(in crate::cli::admin) fn is_empty(&self) -> bool {
        self.repositories.is_empty()
    }

    /// The names of the repositories that cannot be moved, without architectures.
    pub(in crate::cli::admin) fn refused_prefixes(&self) -> BTreeSet<&str> {
        let refused = self.repositories.iter().filter(|r| r.refused.is_some());
        refused.filter_map(|r| Some(r.repository.split_once('/')?.0)).collect()
    }
}

impl DevelArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<MoveReport, Error> {
        let path = |option: &str, text: &str| -> Result<DirPath, Error> {
            let text = text.replace("{version}", self.common.version.as_str());
            Ok(text.parse().map_err(|e| UsageError(format!("{option}: {e}")))?)
        };
        let (from, to) = (path("--from", &self.from)?, path("--to", &self.to)?);
        if from.is_top() || from == to {
            return Err(UsageError("--from must be a directory other than --to".to_owned()).into());
        }
        let _lock = self.common.lock(ctx)?;
        let planned = self
            .common
            .plan(ctx, |_| true, |_| Ok(PathMapping::Replace { from, to }))?;
        self.common.apply(ctx, &planned)
    }
}

impl ArchiveArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<MoveReport, Error> {
        let _lock = self.common.lock(ctx)?;
        let planned = self.plan(ctx, |_| true)?;
        self.common.apply(ctx, &planned)
    }

    pub(in crate::cli::admin) const fn dry_run(&self) -> bool {
        self.common.dry_run
    }

    /// Plans the moves of those repositories that `is_wanted` selects.
    pub(in crate::cli::admin) fn plan(
        &self,
        ctx: &Context,
        is_wanted: impl Fn(&Repository) -> bool,
    ) -> Result<PlannedMoves, Error> {
        let mapping = |registry: &RegistryData| {
            let category = find_category(registry, &self.archive_category)
                .context("set the category of the archive with --archive-category")?;
            let strip = self.strip.clone();
            Ok(PathMapping::ToCategory { category, strip })
        };
        self.common.plan(ctx, is_wanted, mapping)
    }
}

/// Moves of repositories that were checked, but not applied.
pub(in crate::cli::admin) struct PlannedMoves {
    pub(in crate::cli::admin) versions: BTreeSet<VersionId>,
    /// The registry before the moves.
    pub(in crate::cli::admin) before: RegistryData,
    pub(in crate::cli::admin) moves: Vec<RepositoryMove>,
    /// The category of the archive; the default if the repositories stay in their categories.
    pub(in crate::cli::admin) archive: CategoryId,
    rows: Vec<MoveRow>,
    min_mirrors: usize,
    warnings: Vec<String>,
}

impl PlannedMoves {
    /// Makes the moves that are possible.
    pub(in crate::cli::admin) fn apply(&self, editor: &mut Editor<'_>) -> Result<(), EditError> {
        let rows = self.moves.iter().zip(&self.rows);
        let mut rows = rows.filter(|(_, row)| row.skipped.is_none());
        rows.try_for_each(|(planned, row)| apply_move(editor, &self.before, planned, row))
    }

    /// The report of moves that were not applied.
    pub(in crate::cli::admin) fn report(&self, dry_run: bool) -> MoveReport {
        MoveReport {
            min_mirrors: self.min_mirrors,
            repositories: self.rows.clone(),
            edited: EditReport::unchanged(dry_run),
            warnings: self.warnings.clone(),
        }
    }
}

impl MoveArgs {
    fn lock(&self, ctx: &Context) -> Result<Option<Lock>, LockError> {
        (!self.dry_run).then(|| acquire_release_lock(ctx)).transpose()
    }

    fn plan(
        &self,
        ctx: &Context,
        is_wanted: impl Fn(&Repository) -> bool,
        mapping: impl FnOnce(&RegistryData) -> Result<PathMapping, Error>,
    ) -> Result<PlannedMoves, Error> {
        let (before, warnings) = read_registry_data(ctx)?;
        let versions = find_versions(&before, &self.version, self.product.as_ref())?;
        let categories = self.category.iter().map(|name| find_category(&before, name));
        let categories: BTreeSet<CategoryId> = categories.try_collect()?;
        let mapping = mapping(&before)?;
        let archive = match &mapping {
            PathMapping::ToCategory { category, .. } => *category,
            PathMapping::Replace { .. } => CategoryId::default(),
        };
        let mut after = before.clone();
        after.repositories.retain(is_wanted);
        let moves = plan_moves(&after, &versions, &categories, &mapping);
        let min_mirrors = self.min_mirrors.unwrap_or(ctx.config.publish.min_mirrors_to_move);
        let policy = Policy::new(&ctx.config, &after);
        Ok(PlannedMoves {
            versions,
            rows: preview_moves(&mut after, &policy, &moves, min_mirrors, ctx.now),
            before,
            moves,
            archive,
            min_mirrors,
            warnings,
        })
    }

    fn apply(&self, ctx: &Context, planned: &PlannedMoves) -> Result<MoveReport, Error> {
        let mut report = planned.report(self.dry_run);
        if report.exit() != ExitStatus::Failed && !planned.moves.is_empty() {
            report.edited = edit(ctx, self.dry_run, |editor| planned.apply(editor))?;
        }
        Ok(report)
    }
}

/// Finds the versions with this name, of one product or of all. An unknown version is an error.
pub(in crate::cli::admin) fn find_versions(
    registry: &RegistryData,
    version: &Name,
    product: Option<&Name>,
) -> Result<BTreeSet<VersionId>, Error> {
    let product_name = |id| registry.products.get(&id).map(|p| &p.name);
    let found: BTreeSet<VersionId> = (registry.versions.values())
        .filter(|v| v.name == *version && product.is_none_or(|p| product_name(v.product) == Some(p)))
        .map(|v| v.id)
        .collect();
    if found.is_empty() {
        let of = product.map(|p| format!(" of {p}")).unwrap_or_default();
        let known = registry.versions.values();
        let known = known.filter(|v| product.is_none_or(|p| product_name(v.product) == Some(p)));
        let similar = suggest::similar(version.as_str(), known.map(|v| v.name.as_str()));
        let hint = suggest::did_you_mean(&similar).or_else(|| unknown_product(registry, product?));
        bail!(
            "there is no version {version}{of}; {}",
            hint.unwrap_or_else(|| "see: mm-admin version list".to_owned())
        );
    }
    Ok(found)
}

/// Describes that a product does not exist; `None` if it does.
fn unknown_product(registry: &RegistryData, name: &Name) -> Option<String> {
    if registry.products.values().any(|p| p.name == *name) {
        return None;
    }
    let similar = suggest::similar(name.as_str(), registry.products.values().map(|p| p.name.as_str()));
    let hint = suggest::did_you_mean(&similar).unwrap_or_else(|| "see: mm-admin product list".to_owned());
    Some(format!("there is no product {name}: {hint}"))
}

fn find_category(registry: &RegistryData, name: &Name) -> Result<CategoryId, Error> {
    let mut found = registry.categories.values().filter(|c| c.name == *name).map(|c| c.id);
    found.next().ok_or_else(|| {
        let similar = suggest::similar(name.as_str(), registry.categories.values().map(|c| c.name.as_str()));
        let hint = suggest::did_you_mean(&similar).unwrap_or_else(|| "see: mm-admin category list".to_owned());
        anyhow!("there is no category {name}; {hint}")
    })
}

/// Fails if the repository has another directory than when the move was planned.
fn apply_move(
    editor: &mut Editor<'_>,
    registry: &RegistryData,
    planned: &RepositoryMove,
    row: &MoveRow,
) -> Result<(), EditError> {
    let key: Key = row.repository.splitn(2, '/').map(str::to_owned).collect();
    let now = editor.find(Entity::Repository, &key)?;
    let old = registry.directories.get(&planned.from).map(|d| d.path.as_str());
    if now.text("directory") != old {
        return Err(EditError::Outdated {
            entity: Entity::Repository,
            key: show_key(&key),
            what: "it was moved in the meantime; check again with --dry-run".to_owned(),
        });
    }
    let text = |t: &str| Some(FieldValue::Text(t.to_owned()));
    let category = registry.categories.get(&planned.category);
    let patch = RecordPatch::new(Entity::Repository)
        .with("category", text(category.map_or("", |c| c.name.as_str())))
        .with("name", text(&row.to))
        .with("directory", text(planned.path.as_str()));
    editor.set(Entity::Repository, &key, &patch)
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

    fn nothing_done(&self) -> Option<String> {
        if self.exit() == ExitStatus::Failed || self.edited.has_edits() {
            return None;
        }
        Some(if self.repositories.is_empty() {
            "nothing to move: no repository of this version has such a directory".to_owned()
        } else {
            "every repository was skipped, for the reasons above".to_owned()
        })
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        if self.repositories.is_empty() {
            return Ok(());
        }
        let titles = "REPOSITORY | FROM | TO | MIRRORS NOW | MIRRORS AFTER | METADATA";
        out.write_table(titles, &self.repositories, |out, row| {
            [
                row.repository.clone(),
                row.from.clone(),
                row.to.clone(),
                row.mirrors_now.to_string(),
                row.mirrors_after.to_string(),
                match row.same_metadata {
                    Some(true) => out.paint(Style::Good, "same"),
                    Some(false) => out.paint(Style::Warn, "differs"),
                    None => out.paint(Style::Warn, "unknown"),
                },
            ]
        })?;
        for r in &self.repositories {
            if let Some(reason) = &r.refused {
                out.line(out.paint(Style::Bad, &format!("refused: {} to {}: {reason}", r.repository, r.to)))?;
            }
            if let Some(reason) = &r.skipped {
                out.line(out.paint(Style::Warn, &format!("skipped: {}: {reason}", r.repository)))?;
            }
        }
        if self.exit() == ExitStatus::Failed {
            return out.line("nothing was changed");
        }
        self.edited.write_text(out)?;
        if self.edited.is_applied() {
            out.line("to publish it, run mm-update-mirrorlist and mm-sync-out; to revert it: mm-admin undo")?;
        }
        Ok(())
    }
}
