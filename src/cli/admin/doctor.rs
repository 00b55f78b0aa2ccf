//! `mm-admin doctor`: everything that can be wrong with an installation, and the command that mends it.

use std::io;

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::Db;

pub(super) mod data;
pub(super) mod machine;
pub(super) mod targets;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Wrong: jobs fail, or the data is too old to serve.
    Bad,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// What was looked at.
    name: String,
    pub(super) health: Severity,
    /// What was found.
    message: String,
    /// The command that mends it.
    fix: Option<String>,
}

impl Check {
    fn new(name: &str, health: Severity, says: impl Into<String>, mend: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            health,
            message: says.into(),
            fix: mend.map(str::to_owned),
        }
    }

    pub(super) fn ok(name: &str, says: impl Into<String>) -> Self {
        Self::new(name, Severity::Ok, says, None)
    }

    fn warn(name: &str, says: impl Into<String>, mend: &str) -> Self {
        Self::new(name, Severity::Warn, says, Some(mend))
    }

    pub(super) fn bad(name: &str, says: impl Into<String>, mend: &str) -> Self {
        Self::new(name, Severity::Bad, says, Some(mend))
    }
}

/// All checks. Ends with status 1 when one of them is bad.
#[derive(Debug, Serialize)]
pub(super) struct DoctorReport {
    health: Severity,
    checks: Vec<Check>,
}

/// Looks after everything. A check that cannot be made is a bad one, not an error: the others are told all the same.
pub(super) fn run(ctx: &Context) -> DoctorReport {
    let mut checks = vec![Check::ok(
        "config",
        format!(
            "{} categories, {} targets",
            ctx.config.category.len(),
            ctx.config.sync.target.len()
        ),
    )];
    checks.extend(machine::directories(ctx));
    checks.extend(machine::programs(ctx));
    checks.extend(machine::tables(ctx));
    checks.extend(machine::locks(ctx));
    checks.extend(machine::disk(ctx));
    match Db::open(&ctx.config) {
        Ok(mut db) => checks.extend(data::database(ctx, &mut db)),
        Err(e) => checks.push(data::not_open(&e)),
    }
    checks.push(data::generation(ctx));
    checks.extend(targets::checks(ctx));
    DoctorReport {
        health: checks.iter().map(|c| c.health).max().unwrap_or(Severity::Ok),
        checks,
    }
}

impl Report for DoctorReport {
    fn exit(&self) -> ExitStatus {
        match self.health {
            Severity::Ok | Severity::Warn => ExitStatus::Done,
            Severity::Bad => ExitStatus::Failed,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_checks(&self.checks, out)
    }
}

/// The checks as a table, and below it what to do.
pub(super) fn write_checks(checks: &[Check], out: &mut TextOutput<'_>) -> io::Result<()> {
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|c| {
            let (tone, word) = match c.health {
                Severity::Ok => (Style::Good, "ok"),
                Severity::Warn => (Style::Warn, "warn"),
                Severity::Bad => (Style::Bad, "bad"),
            };
            vec![c.name.clone(), out.paint(tone, word), c.message.clone()]
        })
        .collect();
    out.table(&["CHECK", "STATE", "FOUND"], &rows)?;
    let mends: Vec<&Check> = checks.iter().filter(|c| c.fix.is_some()).collect();
    if !mends.is_empty() {
        out.line("\nWhat to do:")?;
    }
    for check in mends {
        let mend = check.fix.as_deref().unwrap_or_default();
        out.line(format!("  {}: {mend}", check.name))?;
    }
    Ok(())
}
