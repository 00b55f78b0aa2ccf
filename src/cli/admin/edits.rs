//! Edits of the registry: one transaction, an optional dry run, and a report of the changed rows.

use std::io;

use anyhow::Error;
use serde::Serialize;

use super::edit_error;
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::cli::run::Context;
use crate::db::audit_log::Author;
use crate::db::registry::edit::{EditError, Editor};
use crate::db::{DbError, Tx};
use crate::registry::record::{Action, Edit};

#[derive(Debug, Serialize)]
pub(super) struct EditReport {
    pub(super) dry_run: bool,
    edits: Vec<Edit>,
}

/// Runs `work` in one write transaction, and rolls it back in a dry run. Returns the result of `work` in both cases.
pub(super) fn write_unless_dry_run<T, E: From<DbError>>(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&Tx<'_>, &Author) -> Result<T, E>,
) -> Result<T, E> {
    let author = ctx.author();
    ctx.open_db()?.write(|tx| {
        tx.is_dry_run.set(dry_run);
        work(tx, &author)
    })
}

pub(super) fn edit(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> Result<EditReport, Error> {
    let edits = write_unless_dry_run(ctx, dry_run, |tx, author| {
        let mut editor = Editor::new(tx, author);
        work(&mut editor)?;
        Ok(editor.into_edits())
    });
    Ok(EditReport {
        dry_run,
        edits: edits.map_err(edit_error)?,
    })
}

impl EditReport {
    pub(super) fn unchanged(dry_run: bool) -> Self {
        let edits = Vec::new();
        Self { dry_run, edits }
    }

    /// True if the registry was changed.
    pub(super) fn is_applied(&self) -> bool {
        !self.dry_run && !self.edits.is_empty()
    }
}

impl Report for EditReport {
    /// Writes the changed rows, one line per row or field.
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for edit in &self.edits {
            write_edit(out, edit)?;
        }
        if self.edits.is_empty() {
            out.line("nothing to change")?;
        } else if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        Ok(())
    }

    fn is_query(&self) -> bool {
        !self.edits.is_empty() || self.dry_run
    }
}

fn write_edit(out: &mut TextOutput<'_>, edit: &Edit) -> io::Result<()> {
    let key = printable(&edit.key);
    match edit.action {
        Action::Added => out.line(out.paint(Style::Good, &format!("+ {} {key}", edit.entity))),
        Action::Removed => out.line(out.paint(Style::Bad, &format!("- {} {key}", edit.entity))),
        Action::Changed => edit.fields.iter().try_for_each(|f| {
            let text = format!("~ {} {key} {}: {} -> {}", edit.entity, f.field, f.old, f.new);
            out.line(out.paint(Style::Warn, &text))
        }),
    }
}
