//! Edits of the registry: one transaction, an optional dry run, and a report of the changed rows.

use std::io;

use anyhow::Error;
use serde::Serialize;

use super::{edit_error, write_warnings};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::audit_log::Author;
use crate::db::registry::edit::{EditError, Editor, MassScope, ReviewOptions};
use crate::db::{DbError, Tx};
use crate::registry::record::{Action, Edit};

#[derive(Debug, Serialize)]
pub(super) struct EditReport {
    pub(super) dry_run: bool,
    edits: Vec<Edit>,
    /// Doubts about the result, and what a dry run would ask to confirm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// Why nothing was changed, if that is not what the command was asked for.
    #[serde(skip)]
    reason: Option<String>,
}

/// The options of commands that edit the registry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EditOptions {
    pub(super) dry_run: bool,
    /// The result may be doubtful.
    pub(super) force: bool,
    /// The confirmed number of rows of a mass change.
    pub(super) confirm: Option<usize>,
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
    Ok(EditReport::new(dry_run, edits.map_err(edit_error)?))
}

/// Runs `work` like [`edit`], and reviews the result: probable mistakes need `--force`, mass changes `--confirm`.
pub(super) fn edit_reviewed(
    ctx: &Context,
    options: EditOptions,
    is_file: bool,
    scope: MassScope,
    work: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> Result<EditReport, Error> {
    let EditOptions {
        dry_run,
        force,
        confirm,
    } = options;
    let mut warnings = Vec::new();
    let report = edit(ctx, dry_run, |editor| {
        work(editor)?;
        warnings = editor.review(ReviewOptions { force, is_file })?;
        let change = editor.mass_change(scope)?;
        if change.needs_confirmation() && confirm != Some(change.affected) {
            if !dry_run {
                return Err(EditError::MassChange { change });
            }
            warnings.push(format!("{change}; to apply it, add --confirm {}", change.affected));
        }
        Ok(())
    })?;
    Ok(EditReport { warnings, ..report })
}

impl EditReport {
    pub(super) fn new(dry_run: bool, edits: Vec<Edit>) -> Self {
        Self {
            dry_run,
            edits,
            warnings: Vec::new(),
            reason: None,
        }
    }

    pub(super) fn unchanged(dry_run: bool) -> Self {
        Self::new(dry_run, Vec::new())
    }

    /// Adds lines to the text of the report.
    pub(super) fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(notes);
        self
    }

    /// Adds the reason why nothing was done.
    pub(super) fn with_reason(self, reason: String) -> Self {
        let reason = Some(reason);
        Self { reason, ..self }
    }

    /// True if rows were changed, or would be without the dry run.
    pub(super) fn has_edits(&self) -> bool {
        !self.edits.is_empty()
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
        write_warnings(&self.warnings, out)?;
        if self.reason.is_some() {
            // It is printed at the end of the program.
        } else if self.edits.is_empty() {
            out.line("nothing to change")?;
        } else if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        Ok(())
    }

    fn nothing_done(&self) -> Option<String> {
        self.reason.clone()
    }

    fn is_query(&self) -> bool {
        !self.edits.is_empty() || !self.warnings.is_empty() || self.dry_run
    }
}

fn write_edit(out: &mut TextOutput<'_>, edit: &Edit) -> io::Result<()> {
    let key = &edit.key;
    match edit.action {
        Action::Added => out.line(out.paint(Style::Good, &format!("+ {} {key}", edit.entity))),
        Action::Removed => out.line(out.paint(Style::Bad, &format!("- {} {key}", edit.entity))),
        Action::Changed => edit.fields.iter().try_for_each(|f| {
            let text = format!("~ {} {key} {}: {} -> {}", edit.entity, f.field, f.old, f.new);
            out.line(out.paint(Style::Warn, &text))
        }),
    }
}
