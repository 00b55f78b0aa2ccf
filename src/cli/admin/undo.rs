//! `mm-admin undo`: takes back what one transaction changed.

use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use super::edits::{edit, write_edits};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::audit_log::{self, AuditEntry};
use crate::locks::Lock;
use crate::registry::entity::Entity;
use crate::registry::record::Edit;

/// Take back a change.
///
/// What one command, or one run of another program, changed in one step is undone in one step. That is a change again, and can
/// be undone. It is refused when one of the rows was changed again since: undo that first.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin changes -n 5           which change was it?\n  mm-admin undo 120 --dry-run     what \
                  would that do?\n  mm-admin undo 120"
)]
pub(super) struct UndoArgs {
    /// Its number, as `mm-admin changes` shows it.
    change: i64,
    /// Show what would be done; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was taken back.
#[derive(Debug, Serialize)]
pub(super) struct UndoReport {
    /// The group of changes.
    undoes: i64,
    /// Who had made them.
    changed_by: String,
    /// So many rows.
    changes: usize,
    dry_run: bool,
    edits: Vec<Edit>,
    /// What the rows are without.
    notes: Vec<String>,
}

impl UndoArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<UndoReport, Error> {
        let _lock = self.lock(ctx)?;
        let mut undone = None;
        let edits = edit(ctx, self.dry_run, |editor| {
            undone = Some(editor.undo(self.change)?);
            Ok(())
        })?
        .edits;
        let (changes, notes) = undone.map_or_else(Default::default, |u| (u.changes, u.notes));
        let first: Option<&AuditEntry> = changes.first();
        Ok(UndoReport {
            undoes: first.map_or(self.change, |c| c.group),
            changed_by: first.map(|c| c.changed_by.clone()).unwrap_or_default(),
            changes: changes.len(),
            dry_run: self.dry_run,
            edits,
            notes,
        })
    }
}

impl UndoArgs {
    /// What release detection decides on is not changed while it does so.
    fn lock(&self, ctx: &Context) -> Result<Option<Lock>, Error> {
        let changes = ctx.open_db()?.read(|tx| audit_log::entries_of_group(tx, self.change))?;
        let detected = [Entity::Repository, Entity::Version].map(Entity::as_str);
        let locked = !self.dry_run && changes.iter().any(|c| detected.contains(&c.entity.as_str()));
        Ok(if locked {
            Some(ctx.acquire_release_lock()?)
        } else {
            None
        })
    }
}

impl Report for UndoReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.dry_run { "would undo" } else { "undid" };
        out.line(format!(
            "{verb} change {} of {}: {} rows",
            self.undoes, self.changed_by, self.changes
        ))?;
        for note in &self.notes {
            out.line(format!("{} {note}", out.paint(Style::Warn, "note:")))?;
        }
        write_edits(out, &self.edits, self.dry_run)
    }
}
