//! `mm-detect-release --check`: the rules against a golden table.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error};
use serde::Serialize;

use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db::{self, DbError};
use crate::detect::Rules;
use crate::detect::expectations::{self, Mismatch, RuleOutcome};

/// Which rows came out otherwise.
#[derive(Debug, Serialize)]
pub struct RuleTestReport {
    table: PathBuf,
    rows: usize,
    wrong: Vec<Mismatch>,
}

/// Reads the table and holds the rules against it. The arches are the registry's where there is a database, else the table's.
pub(super) fn run(ctx: &Context, rules: &Rules, table: &Path) -> Result<RuleTestReport, Error> {
    let text = std::fs::read_to_string(table).with_context(|| format!("reading the table {}", table.display()))?;
    let rows = expectations::parse(&text).map_err(|e| UsageError(format!("in the table {}: {e}", table.display())))?;
    let arches = if ctx.config.database_path().exists() {
        let arches = ctx.open_db()?.read::<_, DbError>(db::registry::arches)?;
        arches.into_iter().map(|a| a.name).collect()
    } else {
        expectations::arches(&rows)
    };
    Ok(RuleTestReport {
        table: table.to_owned(),
        rows: rows.len(),
        wrong: expectations::check(rules, &rows, &arches),
    })
}

impl Report for RuleTestReport {
    fn exit(&self) -> ExitStatus {
        if self.wrong.is_empty() {
            ExitStatus::Done
        } else {
            ExitStatus::Failed
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let shown = |o: &RuleOutcome| format!("{} {} {}", o.prefix, o.version, o.arch);
        let rows: Vec<Vec<String>> = self
            .wrong
            .iter()
            .map(|w| {
                vec![
                    w.line.to_string(),
                    w.directory.clone(),
                    shown(&w.wanted),
                    w.got.as_ref().map_or_else(|| "nothing".to_owned(), shown),
                    w.why.clone(),
                ]
            })
            .collect();
        if !rows.is_empty() {
            out.table(&["LINE", "DIRECTORY", "EXPECTED", "GOT", "WHY"], &rows)?;
        }
        out.line(format!(
            "{}: {} of {} rows are as expected",
            self.table.display(),
            self.rows - self.wrong.len(),
            self.rows
        ))
    }
}
