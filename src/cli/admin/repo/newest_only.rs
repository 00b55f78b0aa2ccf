//! `mm-admin repo newest-only`: an emergency. A package must not be installed any more, and metadata that still lists it must
//! not be accepted: for a while only the newest counts.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use super::{edit_error, select_repositories, target};
use crate::cli::admin::edits::{edit, write_edits};
use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db;
use crate::db::registry::edit::Editor;
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, HostId, RepositoryId};
use crate::model::names::{Name, RepoPrefix};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Edit, RecordPatch};
use crate::snapshot::publication::{Publication, RepositoryMirrors};

/// List only holders of the newest metadata of a repository, and offer no older version, until a moment.
///
/// For an emergency: a package is withdrawn, and clients must not accept metadata that still has it. The next
/// mm-update-mirrorlist publishes it; after the moment it lapses by itself with the first one that runs. Refused for a
/// repository that nobody would be listed for. While it is in force, a push leaves only the mirrors that were crawled since.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo newest-only updates-released-f43 --until 48h --dry-run\n  mm-admin repo \
                  newest-only updates-released-f43/x86_64 --until 2026-12-01T18:00\n  mm-admin repo newest-only \
                  updates-released-f43 --off"
)]
pub(in crate::cli::admin) struct NewestOnlyArgs {
    /// The repository; without ARCH, those of all architectures.
    #[arg(value_name = "PREFIX[/ARCH]", value_parser = target)]
    repository: (RepoPrefix, Option<Name>),
    /// Until then: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339.
    #[arg(long, value_name = "TIME", required_unless_present = "off", conflicts_with = "off")]
    until: Option<TimeArg>,
    /// End it now.
    #[arg(long)]
    off: bool,
    /// Show what would change; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// One repository.
#[derive(Debug, Serialize)]
struct NewestOnlyRow {
    /// `prefix/arch`.
    repository: String,
    /// Hosts that clients are sent to when older versions are offered.
    holders: usize,
    /// Hosts that clients are sent to when only the newest counts.
    newest_only: usize,
    /// Those of them that an admin vouches for (`always_up2date`): nobody has looked.
    vouched: usize,
    /// Why it is refused.
    refused: Option<String>,
}

/// What the command did, or why not.
#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct NewestOnlyReport {
    /// `None` = it was ended.
    until: Option<Timestamp>,
    dry_run: bool,
    repositories: Vec<NewestOnlyRow>,
    edits: Vec<Edit>,
}

impl NewestOnlyArgs {
    pub(in crate::cli::admin) fn run(&self, ctx: &Context) -> Result<NewestOnlyReport, Error> {
        let until = self.until.map(|u| u.resolve(ctx.now)).transpose();
        let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
        let _lock = if self.dry_run {
            None
        } else {
            Some(ctx.acquire_release_lock()?)
        };
        let (prefix, arch) = (&self.repository.0, self.repository.1.as_ref());
        let author = ctx.author();
        let mut database = ctx.open_db()?;
        database
            .read(|tx| select_repositories(&mut Editor::new(tx, &author), prefix, arch).map(|_| ()))
            .map_err(edit_error)?;
        let (mut world, _) = db::registry_data::read(&mut database, ctx.now).context("reading the database")?;
        let mut report = NewestOnlyReport {
            until,
            dry_run: self.dry_run,
            repositories: look(ctx, &mut world, |name, of| {
                name == prefix && arch.is_none_or(|a| a == of)
            }),
            edits: Vec::new(),
        };
        if self.off {
            report.repositories.iter_mut().for_each(|r| r.refused = None);
        }
        if report.exit() != ExitStatus::Done {
            return Ok(report);
        }
        let wanted = RecordPatch::new(Entity::Repository).with(
            "newest_only_until",
            Some(until.map_or(FieldValue::None, FieldValue::Time)),
        );
        let edits = edit(ctx, self.dry_run, |editor| {
            for key in select_repositories(editor, prefix, arch)? {
                editor.set(Entity::Repository, &key, &wanted)?;
            }
            Ok(())
        })?;
        report.edits = edits.edits;
        Ok(report)
    }
}

/// Counts the holders with and without.
fn look(ctx: &Context, world: &mut RegistryData, wanted: impl Fn(&RepoPrefix, &Name) -> bool) -> Vec<NewestOnlyRow> {
    let policy = Policy::new(&ctx.config, world);
    let repositories: Vec<(RepositoryId, String, Option<DirectoryId>, CategoryId)> = (world.repositories.iter())
        .filter(|r| {
            r.prefix
                .as_ref()
                .zip(world.arches.get(&r.arch))
                .is_some_and(|(p, a)| wanted(p, &a.name))
        })
        .map(|r| (r.id, world.repository_name(r), r.directory, r.category))
        .collect();
    let ids: BTreeSet<RepositoryId> = repositories.iter().map(|r| r.0).collect();
    let mut count = |until: Option<Timestamp>| -> Vec<(BTreeSet<HostId>, bool)> {
        for r in world.repositories.iter_mut().filter(|r| ids.contains(&r.id)) {
            r.newest_only_until = until;
        }
        let listing = Publication::from_registry(world, &policy, ctx.now);
        let holders = RepositoryMirrors::new(&listing);
        let of = |d: &Option<DirectoryId>| d.map(|d| holders.hosts_for(d)).unwrap_or_default();
        let known = |d: &Option<DirectoryId>| d.is_some_and(|d| holders.newest(d).is_some());
        repositories.iter().map(|(_, _, d, _)| (of(d), known(d))).collect()
    };
    let without = count(None);
    let with = count(Some(Timestamp(i64::MAX)));
    let vouched: BTreeSet<(CategoryId, HostId)> = (world.host_categories.values())
        .filter(|hc| hc.always_up2date)
        .map(|hc| (hc.category, hc.host))
        .collect();
    repositories
        .iter()
        .zip(without.iter().zip(with))
        .map(|((_, name, _, category), ((all, _), (newest, known)))| NewestOnlyRow {
            repository: name.clone(),
            holders: all.len(),
            newest_only: newest.len(),
            vouched: newest.iter().filter(|h| vouched.contains(&(*category, **h))).count(),
            refused: if !known {
                Some("no repomd.xml of it is on record, so nothing tells which one is the newest".to_owned())
            } else if newest.is_empty() {
                Some("nobody holds the newest: nobody would be listed. Crawl first: mm-crawl".to_owned())
            } else {
                None
            },
        })
        .collect()
}

impl Report for NewestOnlyReport {
    fn exit(&self) -> ExitStatus {
        if self.repositories.iter().any(|r| r.refused.is_some()) {
            ExitStatus::Failed
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let rows: Vec<Vec<String>> = self
            .repositories
            .iter()
            .map(|r| {
                vec![
                    r.repository.clone(),
                    r.holders.to_string(),
                    r.newest_only.to_string(),
                    r.vouched.to_string(),
                ]
            })
            .collect();
        out.table(&["REPOSITORY", "HOLDERS", "NEWEST ONLY", "OF THEM VOUCHED FOR"], &rows)?;
        if self.exit() != ExitStatus::Done {
            for r in &self.repositories {
                if let Some(why) = &r.refused {
                    out.line(out.paint(Style::Bad, &format!("refused: {}: {why}", r.repository)))?;
                }
            }
            return out.line("nothing was changed");
        }
        write_edits(out, &self.edits, self.dry_run)?;
        if !self.dry_run && !self.edits.is_empty() {
            out.line("clients see it after: mm-update-mirrorlist, mm-sync-out")?;
        }
        Ok(())
    }
}
