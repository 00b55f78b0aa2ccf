//! `mm-admin undo`: reverts the changes of one transaction.

use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;

use super::edits::{EditReport, edit};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::audit_log::{self, AuditEntry};
use crate::job::acquire_release_lock;
use crate::locks::Lock;
use crate::model::count::format_count;
use crate::registry::entity::Entity;

#[derive(Debug, Args)]
#[command(
    long_about = "Undo a change of the registry.\n\nReverts all changes that one command, or one run of another program, made \
                  together. The undo is a change itself and can be undone. It fails if one of the rows was changed again since: \
                  undo that change first.",
    after_help = "Examples:\n  mm-admin changes -n 5           find the change\n  mm-admin undo 120 --dry-run     show the \
                  result\n  mm-admin undo 120"
)]
pub(super) struct UndoArgs {
    /// ID of the change, as shown by `mm-admin changes`.
    #[arg(value_name = "ID")]
    change: i64,
    /// Show what would change; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct UndoReport {
    /// The group of changes that was undone.
    undoes: i64,
    changed_by: String,
    /// The number of audit entries in the group.
    changes: usize,
    #[serde(flatten)]
    edited: EditReport,
    /// Data that could not be restored, and the results for pauses.
    notes: Vec<String>,
}

impl UndoArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<UndoReport, Error> {
        let _lock = self.lock(ctx)?;
        let mut undone = None;
        let edited = edit(ctx, self.dry_run, |editor| {
            undone = Some(editor.undo(self.change)?);
            Ok(())
        })?;
        let (changes, notes) = undone.map_or_else(Default::default, |u| (u.changes, u.notes));
        let first: Option<&AuditEntry> = changes.first();
        Ok(UndoReport {
            undoes: first.map_or(self.change, |c| c.group),
            changed_by: first.map(|c| c.changed_by.clone()).unwrap_or_default(),
            changes: changes.len(),
            edited,
            notes,
        })
    }

    /// Takes the lock of release detection if the change concerns rows that detection decides on.
    fn lock(&self, ctx: &Context) -> Result<Option<Lock>, Error> {
        let changes = ctx.open_db()?.read(|tx| audit_log::entries_of_group(tx, self.change))?;
        let detected = [Entity::Repository, Entity::Version].map(|e| e.into_str());
        let locked = !self.dry_run && changes.iter().any(|c| detected.contains(&c.entity.as_str()));
        Ok(locked.then(|| acquire_release_lock(ctx)).transpose()?)
    }
}

impl Report for UndoReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.edited.dry_run { "would undo" } else { "undid" };
        out.line(format!(
            "{verb} change {} by {}: {}",
            self.undoes,
            self.changed_by,
            format_count(self.changes, "row")
        ))?;
        for note in &self.notes {
            out.line(format!("{} {note}", out.paint(Style::Warn, "note:")))?;
        }
        self.edited.write_text(out)
    }
}
