//! `mm-admin apply` and `mm-admin export`: the registry as one file.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, bail};
use clap::Args;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::edits::{EditOptions, EditReport, edit_reviewed};
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db::DbError;
use crate::db::refused_apply::{self, RefusedApply};
use crate::db::registry::edit::{self as registry, MassScope};
use crate::job::exit::{ConfirmationNeeded, UsageError};
use crate::registry::entity::Entity;
use crate::registry::file;
use crate::registry::mass_change::MassChange;
use crate::registry::record::Record;
use crate::sys::file_error::FileError;
use crate::sys::{atomic, regular_file};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin apply registry.toml --dry-run    show the changes\n  mm-admin apply \
                  registry.toml              apply them\n  mm-admin export > registry.toml           write the \
                  current registry\n\nWithout --prune, rows and fields that the file does not name stay unchanged.\n\nA file \
                  that removes or disables more than 5 hosts, or 10 % of them, is applied only with --confirm and their \
                  number; with --prune, other changes count, too. A dry run shows the number. What was \
                  refused is in mm-admin pending for a day."
)]
pub(super) struct ApplyArgs {
    /// Registry file; - = standard input.
    file: PathBuf,
    /// Show what would change; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove rows that the file does not contain, and reset fields that it does not name.
    #[arg(long)]
    prune: bool,
    /// Apply what is probably a mistake, e.g. overlapping topdirs.
    #[arg(long)]
    force: bool,
    /// Confirm the number of affected hosts, if they are many.
    #[arg(long, value_name = "N")]
    confirm: Option<usize>,
}

impl ApplyArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<EditReport, Error> {
        let text = read(&self.file).map_err(|e| {
            let error = FileError::new("read the registry file", &self.file, e);
            UsageError(if error.is_denied() {
                // Root's shell can open what the user of the jobs cannot.
                let file = self.file.display();
                format!("{error}, or pass it on standard input: mm-admin apply - < {file}")
            } else {
                error.to_string()
            })
        })?;
        let wanted = file::parse(&text).map_err(|e| UsageError(format!("in {}, {e}", self.file.display())))?;
        let options = EditOptions {
            dry_run: self.dry_run,
            force: self.force,
            confirm: self.confirm,
        };
        let scope = if self.prune {
            MassScope::ChangedHosts
        } else {
            MassScope::LostHosts
        };
        let mut change = None;
        let edited = edit_reviewed(ctx, options, true, scope, |editor| {
            editor.apply(&wanted, self.prune)?;
            change = Some(editor.mass_change(scope)?);
            Ok(())
        });
        let is_refused = edited.as_ref().is_err_and(Error::is::<ConfirmationNeeded>);
        if !self.dry_run && (is_refused || edited.is_ok()) {
            self.record(ctx, &text, change.filter(|_| is_refused))?;
        }
        edited.with_context(|| format!("applying {}; nothing was changed", self.file.display()))
    }

    /// Records that the file needs a decision, or that it is applied. Standard input cannot be read again for a decision.
    fn record(&self, ctx: &Context, text: &str, refused: Option<MassChange>) -> Result<(), Error> {
        let path = std::path::absolute(&self.file).ok();
        let Some(file) = path
            .as_deref()
            .and_then(Path::to_str)
            .filter(|_| self.file != Path::new("-"))
        else {
            return Ok(());
        };
        let author = ctx.author();
        let count = |n| u64::try_from(n).unwrap_or(u64::MAX);
        let row = refused.map(|change| RefusedApply {
            id: 0,
            file: file.to_owned(),
            sha256: digest(text),
            prune: self.prune,
            force: self.force,
            affected: count(change.affected),
            hosts: count(change.all),
            refused_at: author.at,
            user: author.user.clone(),
        });
        Ok(ctx.open_db()?.write(|tx| match &row {
            Some(row) => refused_apply::put(tx, &author, row),
            None => refused_apply::remove(tx, file),
        })?)
    }
}

/// Checks that a refused file is still the one that was refused, so that a confirmation is about what was shown.
pub(super) fn check_refused(refused: &RefusedApply) -> Result<(), Error> {
    let file = Path::new(&refused.file);
    let text = read(file).map_err(FileError::at("read the registry file", file))?;
    if digest(&text) == refused.sha256 {
        return Ok(());
    }
    bail!(
        "{0} was changed since; check it with: mm-admin apply {0} --dry-run",
        refused.file
    )
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Size limit of a registry file in bytes.
const MAX_BYTES: u64 = 64 << 20;

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().take(MAX_BYTES + 1).read_to_string(&mut text)?;
        if u64::try_from(text.len()).is_ok_and(|size| size > MAX_BYTES) {
            return Err(io::Error::other(format!("more than the limit of {MAX_BYTES} bytes")));
        }
        Ok(text)
    } else {
        regular_file::read_to_string(file, MAX_BYTES)
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Versions and repositories are not written: release detection creates them. Fields with their default \
                  are omitted."
)]
pub(super) struct ExportArgs {
    /// Output file; - = standard output [default: -].
    file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub(super) struct ExportReport {
    file: Option<PathBuf>,
    rows: usize,
    registry: Option<String>,
}

impl ExportArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<ExportReport, Error> {
        let records = ctx.open_db()?.read(|tx| -> Result<Vec<Record>, DbError> {
            let mut all = Vec::new();
            for entity in Entity::ALL.iter().filter(|n| file::sections_present(**n)) {
                all.extend(registry::all(tx, *entity)?);
            }
            Ok(all)
        })?;
        let text = file::write(&records);
        let file = self.file.filter(|file| file != Path::new("-"));
        if let Some(file) = &file {
            let written = atomic::write(file, text.as_bytes(), 0o640).map_err(FileError::at("write", file));
            written.with_context(|| {
                let file = file.display();
                format!(
                    "exporting the registry; the shell can write it where this user cannot: mm-admin export - > {file}"
                )
            })?;
        }
        Ok(ExportReport {
            rows: records.len(),
            registry: file.is_none().then_some(text),
            file,
        })
    }
}

impl Report for ExportReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        match &self.registry {
            Some(text) => out.lines(text.trim_end()),
            None => Ok(()),
        }
    }
}
