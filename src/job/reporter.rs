//! Reports of a run to its operator: alerts on stderr, each only when it changes, and the metrics file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Error;
use serde_json::Value;

use super::exit::{AlreadyReported, ExitStatus, exit_status};
use super::metrics::{self, RunMetrics};
use crate::db::alert::AlertChange;
use crate::db::{self, Db};
use crate::model::Timestamp;
use crate::sys::errors::format_chain;
use crate::sys::{clock, stderr};

#[derive(Debug, Clone)]
pub(super) struct Reporter {
    pub(super) program: &'static str,
    /// True if an operator watches the run: stderr is a terminal, or `-v` was given.
    pub(super) is_interactive: bool,
    /// Suppresses messages about resolved alerts.
    pub(super) quiet: bool,
    pub(super) job: &'static str,
    pub(super) scope: String,
    pub(super) started: Timestamp,
    pub(super) metrics_file: Option<PathBuf>,
}

impl Reporter {
    pub(super) fn print(&self, message: &str) {
        stderr::print_line(&format!("{}: {message}", self.program));
    }

    pub(super) fn print_all(&self, alerts: &BTreeMap<String, String>) {
        for message in alerts.values() {
            self.print(message);
        }
    }

    /// Writes the metrics file, if there is one. A failure is reported, and does not change the exit status.
    pub(super) fn write_metrics(&self, exit: ExitStatus, paused: bool, stats: &Value) {
        let Some(path) = &self.metrics_file else { return };
        let run = RunMetrics {
            job: self.job,
            exit,
            paused,
            started: self.started,
            ended: clock::now(),
            stats,
        };
        if let Err(e) = metrics::write(path, &run) {
            self.print(&e.to_string());
        }
    }

    /// Records an error that kept the job from running as the alert `key`, and returns the error for `main` to print. Cron is
    /// notified when the alert appears or changes, and once a day; the next run that finishes resolves it.
    pub(super) fn report_once(&self, db: &mut Db, key: &str, error: Error) -> Error {
        let found = BTreeMap::from([(key.to_owned(), format_chain(error.as_ref()))]);
        let now = clock::now();
        let update = db.write(|tx| db::alert::update(tx, self.job, &self.scope, &found, &|_| false, now));
        let changes = match update {
            Ok(changes) => changes,
            Err(e) => {
                self.print(&format!("cannot record the alert: {e}"));
                return error;
            }
        };
        match changes.first() {
            _ if self.is_interactive => return error,
            Some(AlertChange::Opened(_)) => return error,
            Some(open @ AlertChange::StillOpen(..)) => self.print_change(open),
            Some(AlertChange::Resolved(..)) | None => {}
        }
        AlreadyReported(exit_status(&error)).into()
    }

    /// Prints a change of an alert. On an interactive console only resolved ones, as the others were printed already.
    pub(super) fn print_change(&self, change: &AlertChange) {
        match change {
            AlertChange::Opened(message) if !self.is_interactive => self.print(message),
            AlertChange::StillOpen(message, since) if !self.is_interactive => {
                self.print(&format!("{message} (since {since})"));
            }
            AlertChange::Resolved(message, since) if !self.quiet => {
                self.print(&format!("resolved, open since {since}: {message}"));
            }
            AlertChange::Opened(_) | AlertChange::StillOpen(..) | AlertChange::Resolved(..) => {}
        }
    }
}
