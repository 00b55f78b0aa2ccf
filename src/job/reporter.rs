//! Reports of a run to its operator: alerts on stderr, each only when it changes, and the metrics file.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Error;
use serde_json::Value;

use super::exit::{AlreadyReported, ExitStatus, exit_status};
use super::metrics::{self, RunMetrics};
use crate::db::alert::AlertChange;
use crate::db::{self, Db};
use crate::model::Timestamp;
use crate::sys::clock;
use crate::sys::errors::format_chain;

/// The destination of messages: stderr, each line with the name of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// The name of the program.
    pub program: &'static str,
    /// True if an operator watches the run: stderr is a terminal, or `-v` was given.
    pub is_interactive: bool,
    /// Suppresses messages about resolved alerts.
    pub quiet: bool,
}

impl Console {
    pub(super) fn print(&self, message: &str) {
        // An error is ignored: with stderr closed there is nobody to inform.
        drop(writeln!(std::io::stderr().lock(), "{}: {message}", self.program));
    }
}

#[derive(Debug, Clone)]
pub(super) struct Reporter {
    pub(super) console: Console,
    pub(super) job: &'static str,
    pub(super) scope: String,
    pub(super) started: Timestamp,
    pub(super) metrics_file: Option<PathBuf>,
}

impl Reporter {
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
            let path = path.display();
            self.console
                .print(&format!("cannot write the metrics file {path}: {e}"));
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
                self.console.print(&format!("cannot record the alert: {e}"));
                return error;
            }
        };
        match changes.first() {
            _ if self.console.is_interactive => return error,
            Some(AlertChange::Opened(_)) => return error,
            Some(open @ AlertChange::StillOpen(..)) => self.print_change(open),
            Some(AlertChange::Resolved(..)) | None => {}
        }
        AlreadyReported(exit_status(&error)).into()
    }

    /// Prints a change of an alert. On an interactive console only resolved ones, as the others were printed already.
    pub(super) fn print_change(&self, change: &AlertChange) {
        let console = &self.console;
        match change {
            AlertChange::Opened(message) if !console.is_interactive => console.print(message),
            AlertChange::StillOpen(message, since) if !console.is_interactive => {
                console.print(&format!("{message} (since {since})"));
            }
            AlertChange::Resolved(message, since) if !console.quiet => {
                console.print(&format!("resolved, open since {since}: {message}"));
            }
            AlertChange::Opened(_) | AlertChange::StillOpen(..) | AlertChange::Resolved(..) => {}
        }
    }
}
