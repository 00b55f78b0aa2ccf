//! Edits of the registry: one transaction, a dry run, and what changed.

use std::io;

use anyhow::Error;
use serde::Serialize;

use super::edit_error;
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::cli::run::Context;
use crate::db::DbError;
use crate::db::registry::edit::{EditError, Editor};
use crate::registry::record::{Action, Edit};

/// What an edit changed.
#[derive(Debug, Serialize)]
pub(super) struct EditReport {
    dry_run: bool,
    /// The rows it touched.
    pub(super) edits: Vec<Edit>,
}

/// Why a transaction is rolled back.
enum Abort {
    Refused(EditError),
    DryRun(Vec<Edit>),
}

impl From<DbError> for Abort {
    fn from(e: DbError) -> Self {
        Self::Refused(e.into())
    }
}

impl From<EditError> for Abort {
    fn from(e: EditError) -> Self {
        Self::Refused(e)
    }
}

/// Does `work` in one transaction. A dry run does it too, and takes it back.
pub(super) fn edit(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> Result<EditReport, Error> {
    let author = ctx.author();
    let done = ctx.open_db()?.write(|tx| {
        let mut editor = Editor::new(tx, &author);
        work(&mut editor)?;
        let edits = editor.into_edits();
        if dry_run {
            return Err(Abort::DryRun(edits));
        }
        Ok(edits)
    });
    match done {
        Ok(edits) | Err(Abort::DryRun(edits)) => Ok(EditReport { dry_run, edits }),
        Err(Abort::Refused(e)) => Err(edit_error(e)),
    }
}

impl Report for EditReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_edits(out, &self.edits, self.dry_run)
    }

    fn is_query(&self) -> bool {
        !self.edits.is_empty() || self.dry_run
    }
}

/// The rows that an edit touched, one line a row or field.
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
