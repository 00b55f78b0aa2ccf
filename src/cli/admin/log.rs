//! `mm-admin runs` and `mm-admin changes`: recent runs of jobs and the audit log, newest first.

use std::io;

use anyhow::Error;
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::{Report, Style, TextOutput, or_dash};
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
        let mut db = ctx.open_db()?;
        Ok(RunsReport(
            db.read(|tx| run::latest(tx, self.job.as_deref(), self.number))?,
        ))
    }
}

impl ChangesArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<ChangesReport, Error> {
        let (entity, key) = (self.entity.as_deref(), self.key.as_deref());
        let changes = ctx
            .open_db()?
            .read(|tx| audit_log::recent(tx, entity, key, self.number))?;
        Ok(ChangesReport(changes))
    }
}

impl Report for RunsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return out.line("no runs");
        }
        let titles = "RUN | JOB | SCOPE | STARTED | DURATION | EXIT | USER | STATS";
        out.write_table(titles, &self.0, |out, run| {
            let duration = run.ended_at.map(|end| end.since(run.started_at).as_secs());
            let exit = match run.exit {
                None => out.paint(Style::Warn, "none"),
                Some(0) => out.paint(Style::Good, "0"),
                Some(3) => out.paint(Style::Warn, "3"),
                Some(n) => out.paint(Style::Bad, &n.to_string()),
            };
            [
                run.id.to_string(),
                run.job.clone(),
                or_dash(Some(&run.scope)),
                run.started_at.to_string(),
                or_dash(duration.map(|secs| format!("{secs}s"))),
                exit,
                run.user.clone(),
                stats(run),
            ]
        })
    }
}

/// The numbers of a run as `name=number`, and its message.
fn stats(run: &Run) -> String {
    let counts = (run.stats.as_object().into_iter().flatten()).filter(|(_, v)| v.is_number());
    let message = Some(run.message.clone()).filter(|text| !text.is_empty());
    counts.map(|(k, v)| format!("{k}={v}")).chain(message).join(" ")
}

impl Report for ChangesReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return out.line("no changes");
        }
        let titles = "ID | GROUP | TIME | USER | PROGRAM | ENTITY | KEY | CHANGE";
        out.write_table(titles, &self.0, |_, c| {
            [
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
    let format_value = |v: Option<&Value>| match v {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(v) => v.to_string(),
    };
    let fields = new.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| old.get(name) != Some(*value));
    let change = |(name, value)| {
        let old = format_value(old.get(name));
        format!("{name}: {old} -> {}", format_value(Some(value)))
    };
    changed.map(change).join(", ")
}
