//! `mm-detect-release --test-rules`: tests the rules against a table of expected names.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Error;
use serde::Serialize;

use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db::{self, DbError};
use crate::detect::Rules;
use crate::detect::expectations::{self, Mismatch, RuleOutcome};
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::count::format_count;
use crate::sys::file_error::FileError;
use crate::sys::regular_file;

/// The rows whose result differs from the expected one.
#[derive(Debug, Serialize)]
pub(super) struct RuleTestReport {
    table: PathBuf,
    rows: usize,
    mismatches: Vec<Mismatch>,
}

/// Reads the table and tests the rules. The architectures are those of the registry if there is a database, those of the table otherwise.
pub(super) fn test_rules(ctx: &Context, rules: &Rules, table: &Path) -> Result<RuleTestReport, Error> {
    let text =
        regular_file::read_to_string(table, regular_file::MAX_TEXT).map_err(FileError::at("read the table", table))?;
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
        mismatches: expectations::check(rules, &rows, &arches),
    })
}

impl Report for RuleTestReport {
    fn exit(&self) -> ExitStatus {
        if self.mismatches.is_empty() {
            ExitStatus::Done
        } else {
            ExitStatus::Failed
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let describe = |o: &RuleOutcome| format!("{} {} {}", o.prefix, o.version, o.arch);
        if !self.mismatches.is_empty() {
            let rows = self.mismatches.iter().map(|m| {
                let actual = m.actual.as_ref().map_or_else(|| "nothing".to_owned(), describe);
                let (row, expected) = (&m.row, describe(&m.row.expected));
                [
                    row.line.to_string(),
                    row.directory.clone(),
                    expected,
                    actual,
                    m.reason.clone(),
                ]
            });
            out.table("LINE | DIRECTORY | EXPECTED | ACTUAL | REASON", rows)?;
        }
        out.line(format!(
            "{}: {} of {} as expected",
            self.table.display(),
            self.rows - self.mismatches.len(),
            format_count(self.rows, "row")
        ))
    }
}
