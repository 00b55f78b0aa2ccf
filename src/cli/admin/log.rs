//! `mm-admin runs` and `mm-admin changes`: recent runs of jobs and the audit log, newest first.

use std::io;

use anyhow::Error;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db::audit_log::{self, AuditEntry};
use crate::db::run;
use crate::model::run::Run;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mm-admin runs -n 5\n  mm-admin runs --job crawl --format json")]
pub(super) struct RunsArgs {
    /// Only runs of this job: scan, detect, crawl, update, publish.
    #[arg(long)]
    job: Option<String>,
    /// Maximum number of runs.
    #[arg(short = 'n', long, default_value_t = 20)]
    number: u32,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Changes with the same GROUP were made together, and `mm-admin undo ID` reverts them together.\n\n\
    Examples:\n  mm-admin changes -n 5\n  mm-admin changes --entity host --key mirror.example.org"
)]
pub(super) struct ChangesArgs {
    /// Only changes of this entity, e.g. host.
    #[arg(long)]
    entity: Option<String>,
    /// Only changes of the row with this key.
    #[arg(long)]
    key: Option<String>,
    /// Maximum number of changes.
    #[arg(short = 'n', long, default_value_t = 20)]
    number: u32,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct RunsReport(Vec<Run>);

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct ChangesReport(Vec<AuditEntry>);

impl RunsArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<RunsReport, Error> {
        let runs = ctx
            .open_db()?
            .read(|tx| run::latest(tx, self.job.as_deref(), self.number))?;
        Ok(RunsReport(runs))
    }
}

impl ChangesArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ChangesReport, Error> {
        let changes = ctx
            .open_db()?
            .read(|tx| audit_log::recent(tx, self.entity.as_deref(), self.key.as_deref(), self.number))?;
        Ok(ChangesReport(changes))
    }
}

impl Report for RunsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return out.line("no runs");
        }
        let rows: Vec<Vec<String>> = self.0.iter().map(|r| run_row(r, out)).collect();
        out.table(
            &["RUN", "JOB", "SCOPE", "STARTED", "DURATION", "EXIT", "USER", "STATS"],
            &rows,
        )
    }
}

fn run_row(run: &Run, out: &TextOutput<'_>) -> Vec<String> {
    let duration = run.ended_at.map_or_else(
        || "-".to_owned(),
        |end| format!("{}s", end.since(run.started_at).as_secs()),
    );
    let exit = match run.exit {
        None => out.paint(Style::Warn, "none"),
        Some(0) => out.paint(Style::Good, "0"),
        Some(3) => out.paint(Style::Warn, "3"),
        Some(n) => out.paint(Style::Bad, &n.to_string()),
    };
    let scope = if run.scope.is_empty() { "-" } else { &run.scope };
    vec![
        run.id.to_string(),
        run.job.clone(),
        scope.to_owned(),
        run.started_at.to_string(),
        duration,
        exit,
        run.user.clone(),
        stats(run),
    ]
}

/// The numbers of a run as `name=number`, and its message.
fn stats(run: &Run) -> String {
    let mut words: Vec<String> = Vec::new();
    if let Some(counts) = run.stats.as_object() {
        words.extend(
            counts
                .iter()
                .filter(|(_, v)| v.is_number())
                .map(|(k, v)| format!("{k}={v}")),
        );
    }
    if !run.message.is_empty() {
        words.push(run.message.clone());
    }
    words.join(" ")
}

impl Report for ChangesReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return out.line("no changes");
        }
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|c| {
                vec![
                    c.id.to_string(),
                    c.group.to_string(),
                    c.changed_at.to_string(),
                    c.changed_by.clone(),
                    c.program.clone(),
                    c.entity.clone(),
                    c.key.clone(),
                    describe(c),
                ]
            })
            .collect();
        out.table(
            &["ID", "GROUP", "TIME", "USER", "PROGRAM", "ENTITY", "KEY", "CHANGE"],
            &rows,
        )
    }
}

/// The differences between the two states, and the group that the change undoes.
fn describe(change: &AuditEntry) -> String {
    let differences = differences(change);
    match change.undoes {
        None => differences,
        Some(group) => format!("undo of {group}: {differences}"),
    }
}

fn differences(change: &AuditEntry) -> String {
    let (old, new) = match (&change.old, &change.new) {
        (None, _) => return "added".to_owned(),
        (_, None) => return "removed".to_owned(),
        (Some(old), Some(new)) => (old, new),
    };
    let show = |v: Option<&Value>| match v.filter(|v| !v.is_null()) {
        None => "-".to_owned(),
        Some(v) => v.as_str().map_or_else(|| v.to_string(), str::to_owned),
    };
    let fields = new.as_object().into_iter().flatten();
    fields
        .filter(|(name, value)| old.get(name) != Some(*value))
        .map(|(name, value)| format!("{name}: {} -> {}", show(old.get(name)), show(Some(value))))
        .collect::<Vec<_>>()
        .join(", ")
}
