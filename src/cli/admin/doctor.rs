//! `mm-admin doctor`: all checks of the installation. `mm-admin incident`: those that found a problem, and the running jobs.

use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::inspect::checks::{Check, CheckReport, Severity, merge_unknown};
use crate::job::exit::ExitStatus;
use crate::locks::{LockEntry, LockState};
use crate::model::Timestamp;

mod metrics;
mod plugin;

/// Check the installation, also for monitoring.
///
/// Checks config, disks, directories, database, clock, locks, programs, jobs, mirrors, repositories and targets. A problem is a
/// warning, or critical if clients are affected now or within a day; a check that cannot be performed is unknown. The exit status is
/// 1 if a check is critical, and 3 if one is unknown.
#[derive(Debug, Args)]
#[command(
    after_long_help = "With --nagios, the exit status is that of monitoring plugins:\n  0  ok\n  1  warning\n  2  critical\n  3  \
                       unknown\n\nMetrics: mm_check_severity{check} (these numbers), mm_check_age_seconds{check}, \
                       mm_check_percent{check}, mm_checks_timestamp_seconds.\n\nExamples:\n  mm-admin doctor --nagios\n  mm-admin doctor --metrics-file \
                       /var/lib/prometheus/node-exporter/mm-checks.prom"
)]
pub(super) struct DoctorArgs {
    /// Print one line with performance data, as a plugin of Nagios or Icinga.
    #[arg(long)]
    nagios: bool,
    /// Write the results to this file, for the textfile collector of the Prometheus node exporter; print nothing.
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<PathBuf>,
}

impl DoctorArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<DoctorReport, Error> {
        let checks = perform_checks(ctx);
        if let Some(path) = &self.metrics_file {
            let metrics = metrics::render(&checks);
            metrics
                .write(path)
                .with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(DoctorReport {
            checks,
            is_plugin: self.nagios,
            is_silent: self.metrics_file.is_some() && !self.nagios,
            has_config: ctx.config_error.is_none(),
        })
    }
}

fn perform_checks(ctx: &Context) -> CheckReport {
    match &ctx.config_error {
        Some(error) => CheckReport::from_config_error(error, ctx.now),
        None => CheckReport::new(&ctx.config, &ctx.config_path, ctx.now),
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct DoctorReport {
    checks: CheckReport,
    #[serde(skip)]
    is_plugin: bool,
    #[serde(skip)]
    is_silent: bool,
    #[serde(skip)]
    has_config: bool,
}

impl Report for DoctorReport {
    fn exit(&self) -> ExitStatus {
        let severity = self.checks.severity;
        if self.is_plugin {
            return plugin::exit_status(severity);
        }
        if !self.has_config {
            ExitStatus::Usage
        } else if severity == Severity::Critical {
            ExitStatus::Failed
        } else if self.checks.count(Severity::Unknown) > 0 {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.is_plugin {
            return out.line(plugin::format_line(&self.checks));
        }
        write_checks(&merge_unknown(&self.checks.checks), out)
    }

    fn is_query(&self) -> bool {
        !self.is_silent
    }
}

/// The problems, and the running jobs. The exit status is 0 whatever the checks found; monitoring uses `mm-admin doctor`.
#[derive(Debug)]
pub(super) struct IncidentReport {
    checks: CheckReport,
    has_config: bool,
}

impl IncidentReport {
    pub(super) fn new(ctx: &Context) -> Self {
        Self {
            checks: perform_checks(ctx),
            has_config: ctx.config_error.is_none(),
        }
    }
}

impl Serialize for IncidentReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            now: Timestamp,
            severity: Severity,
            checks: Vec<Check>,
            locks: &'a [LockEntry],
        }
        let document = Document {
            now: self.checks.now,
            severity: self.checks.severity,
            checks: self.checks.problems(),
            locks: &self.checks.locks,
        };
        document.serialize(serializer)
    }
}

impl Report for IncidentReport {
    fn exit(&self) -> ExitStatus {
        if self.has_config {
            ExitStatus::Done
        } else {
            ExitStatus::Usage
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let report = &self.checks;
        let count = |severity| report.count(severity);
        let (critical, warning) = (count(Severity::Critical), count(Severity::Warning));
        let (unknown, good) = (count(Severity::Unknown), count(Severity::Ok));
        let now = report.now;
        out.line(format!(
            "{now}: {critical} critical, {warning} warning, {unknown} unknown, {good} ok"
        ))?;
        let problems = report.problems();
        if !problems.is_empty() {
            write_checks(&problems, out)?;
        }
        (report.locks.iter()).try_for_each(|lock| write_lock(lock, out))
    }
}

fn write_lock(lock: &LockEntry, out: &mut TextOutput<'_>) -> io::Result<()> {
    let (phase, done, total) = (lock.status.as_ref()).map_or(("", 0, 0), |s| (s.phase.as_str(), s.done, s.total));
    // The content of the file says nothing about another process.
    let owner = lock.owner.as_ref().filter(|_| lock.state != LockState::Unknown);
    let pid = or_dash(owner.map(|o| o.process.pid).or(lock.holder));
    let deadline = owner.and_then(|o| o.deadline);
    let deadline = deadline.map_or_else(String::new, |d| format!(", deadline {d}"));
    let name = format!("{} {}", lock.job, lock.scope);
    out.line("")?;
    out.line(format!(
        "{}: {}, pid {pid}{deadline}: {phase} {done}/{total}",
        name.trim_end(),
        lock.state.as_ref()
    ))
}

fn write_checks(checks: &[Check], out: &mut TextOutput<'_>) -> io::Result<()> {
    out.write_table("CHECK | SEVERITY | MESSAGE", checks, |out, c| {
        let style = match c.severity {
            Severity::Ok => Style::Good,
            Severity::Warning | Severity::Unknown => Style::Warn,
            Severity::Critical => Style::Bad,
        };
        [c.name.clone(), out.paint(style, c.severity.into()), c.message.clone()]
    })?;
    let commands = checks.iter().filter_map(|c| Some((&c.name, c.command.as_ref()?)));
    for (n, (name, command)) in commands.enumerate() {
        if n == 0 {
            out.line("")?;
            out.line("Fixes:")?;
        }
        out.line(format!("  {name}: {command}"))?;
    }
    Ok(())
}
