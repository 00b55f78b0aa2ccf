//! `mm-admin repo newest-only`: an emergency setting, for when a package is withdrawn and older metadata must not be accepted.

use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use super::{edit_error, parse_target, select_repositories};
use crate::cli::admin::edits::{edit, write_edits};
use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db;
use crate::db::registry::edit::Editor;
use crate::inspect::newest_only::{NewestOnlyRow, preview_newest_only};
use crate::model::Timestamp;
use crate::model::names::{Name, RepoPrefix};
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Edit, RecordPatch};

/// List only mirrors with the newest metadata of a repository, and offer no older version, for a limited time.
///
/// For emergencies: a package is withdrawn, and clients must not accept metadata that still lists it. The next
/// mm-update-mirrorlist publishes the setting; it expires by itself with the first one after TIME. Refused for a repository
/// without such a mirror. While it lasts, every push unlists mirrors until they are crawled again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin repo newest-only updates-released-f43 --until 48h --dry-run\n  mm-admin repo \
                  newest-only updates-released-f43/x86_64 --until 2026-12-01T18:00\n  mm-admin repo newest-only \
                  updates-released-f43 --off"
)]
pub(in crate::cli::admin) struct NewestOnlyArgs {
    /// Repository; without ARCH, for all architectures.
    #[arg(value_name = "PREFIX[/ARCH]", value_parser = parse_target)]
    repository: (RepoPrefix, Option<Name>),
    /// End: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339.
    #[arg(long, value_name = "TIME", required_unless_present = "off", conflicts_with = "off")]
    until: Option<TimeArg>,
    /// End the setting now.
    #[arg(long)]
    off: bool,
    /// Show the changes without applying them.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(in crate::cli::admin) struct NewestOnlyReport {
    /// `None` if the setting was ended.
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
        let (mut registry, _) = db::registry_data::read(&mut database, ctx.now).context("reading the database")?;
        let policy = Policy::new(&ctx.config, &registry);
        let mut report = NewestOnlyReport {
            until,
            dry_run: self.dry_run,
            repositories: preview_newest_only(&mut registry, &policy, ctx.now, |p, a| {
                p == prefix && arch.is_none_or(|arch| arch == a)
            }),
            edits: Vec::new(),
        };
        if self.off {
            report.repositories.iter_mut().for_each(|r| r.refused = None);
        }
        if report.exit() != ExitStatus::Done {
            return Ok(report);
        }
        let patch = RecordPatch::new(Entity::Repository).with(
            "newest_only_until",
            Some(until.map_or(FieldValue::None, FieldValue::Time)),
        );
        let edits = edit(ctx, self.dry_run, |editor| {
            for key in select_repositories(editor, prefix, arch)? {
                editor.set(Entity::Repository, &key, &patch)?;
            }
            Ok(())
        })?;
        report.edits = edits.edits;
        Ok(report)
    }
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
                    r.mirrors.to_string(),
                    r.with_newest.to_string(),
                    r.always_current.to_string(),
                ]
            })
            .collect();
        out.table(&["REPOSITORY", "MIRRORS", "WITH NEWEST", "ALWAYS CURRENT"], &rows)?;
        if self.exit() != ExitStatus::Done {
            for r in &self.repositories {
                if let Some(reason) = &r.refused {
                    out.line(out.paint(Style::Bad, &format!("refused: {}: {reason}", r.repository)))?;
                }
            }
            return out.line("nothing was changed");
        }
        write_edits(out, &self.edits, self.dry_run)?;
        if !self.dry_run && !self.edits.is_empty() {
            out.line("to publish it, run mm-update-mirrorlist and mm-sync-out")?;
        }
        Ok(())
    }
}
