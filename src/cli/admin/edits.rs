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
    dry_run: bool,
    pub(super) edits: Vec<Edit>,
}

/// Reason why a transaction is rolled back.
enum Rollback<T, E> {
    DryRun(T),
    Failed(E),
}

impl<T, E: From<DbError>> From<DbError> for Rollback<T, E> {
    fn from(e: DbError) -> Self {
        Self::Failed(e.into())
    }
}

/// Runs `work` in one write transaction, and rolls it back in a dry run. Returns the result of `work` in both cases.
pub(super) fn write_unless_dry_run<T, E: From<DbError>>(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&Tx<'_>, &Author) -> Result<T, E>,
) -> Result<T, E> {
    let author = ctx.author();
    let done = ctx.open_db()?.write(|tx| {
        let result = work(tx, &author).map_err(Rollback::Failed)?;
        if dry_run {
            Err(Rollback::DryRun(result))
        } else {
            Ok(result)
        }
    });
    match done {
        Ok(result) | Err(Rollback::DryRun(result)) => Ok(result),
        Err(Rollback::Failed(e)) => Err(e),
    }
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

impl Report for EditReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_edits(out, &self.edits, self.dry_run)
    }

    fn is_query(&self) -> bool {
        !self.edits.is_empty() || self.dry_run
    }
}

/// Writes the changed rows, one line per row or field.
pub(super) fn write_edits(out: &mut TextOutput<'_>, edits: &[Edit], dry_run: bool) -> io::Result<()> {
    for edit in edits {
        write_edit(out, edit)?;
    }
    if edits.is_empty() {
        out.line("nothing to change")?;
    } else if dry_run {
        out.line("dry run: nothing was changed")?;
    }
    Ok(())
}

fn write_edit(out: &mut TextOutput<'_>, edit: &Edit) -> io::Result<()> {
    let key = printable(&edit.key);
    match edit.action {
        Action::Added => out.line(out.paint(Style::Good, &format!("+ {} {key}", edit.entity))),
        Action::Removed => out.line(out.paint(Style::Bad, &format!("- {} {key}", edit.entity))),
        Action::Changed => {
            for f in &edit.fields {
                let text = format!("~ {} {key} {}: {} -> {}", edit.entity, f.field, f.old, f.new);
                out.line(out.paint(Style::Warn, &text))?;
            }
            Ok(())
        }
    }
}
