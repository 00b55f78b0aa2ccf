//! Reports of a run to its operator: alerts on stderr or by mail, each only when it changes, and the metrics file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Error;
use serde_json::Value;

use super::exit::{AlreadyReported, ExitStatus, exit_status};
use super::metrics::{self, RunMetrics};
use super::problem::{self, ProblemKind};
use crate::config::MailConfig;
use crate::db::{self, Db, DbError, Tx};
use crate::mail::queue::{self, Delivery};
use crate::mail::{self, alerts};
use crate::model::Timestamp;
use crate::model::alert::{AlertChange, AlertKind, AlertState};
use crate::sys::errors::format_chain;
use crate::sys::{clock, stderr};

/// The number of alerts of one kind from which they are grouped, and the most that are printed of a group.
const MIN_GROUP: usize = 3;
const MAX_OF_GROUP: usize = 10;
/// The age of an undelivered mail from which cron is notified.
const MAX_DELIVERY_DELAY: Duration = Duration::from_hours(1);
/// The job of the alert about the mail server.
const MAIL: &str = "mail";

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
    pub(super) lock_dir: PathBuf,
    pub(super) mail: MailConfig,
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

    /// Records an error that kept the job from running as the alert `key`, and reports it: when the alert appears or changes, and
    /// to cron once a day; the next run that finishes resolves it. Returns the error that determines the exit status.
    pub(super) fn report_once(&self, db: &mut Db, key: &str, error: Error) -> Error {
        let found = BTreeMap::from([(key.to_owned(), format_chain(error.as_ref()))]);
        let now = clock::now();
        let update = db.write(|tx| {
            let changes = db::alert::update(tx, self.job, &self.scope, &found, &|_| false, now)?;
            self.record(tx, &changes, now)?;
            Ok::<_, DbError>(changes)
        });
        match update {
            Ok(changes) => {
                self.report(db, &changes, now);
                if self.is_interactive {
                    // It is printed by `main`.
                    return error;
                }
                AlreadyReported(exit_status(&error)).into()
            }
            Err(e) if self.is_interactive => {
                self.print(&format!("cannot record the alert: {e}"));
                error
            }
            // What keeps the alert from being recorded is the greater problem, and `main` reports it once.
            Err(e) => error.context(e),
        }
    }

    /// Queues the mails about changed alerts, in the transaction that stores them.
    pub(super) fn record(&self, tx: &Tx<'_>, changes: &[AlertChange], now: Timestamp) -> Result<(), DbError> {
        if !self.mail.is_enabled() {
            return Ok(());
        }
        let mails = alerts::compose(&self.mail, self.program, changes, now);
        mails
            .iter()
            .try_for_each(|mail| queue::enqueue(tx, &self.mail.admins, mail, now))
    }

    /// Reports changes of alerts after they were stored: delivers the mails, or prints the changes for cron. On an interactive
    /// console only resolved ones are printed, as the others were printed already.
    pub(super) fn report(&self, db: &mut Db, changes: &[AlertChange], now: Timestamp) {
        let resolved = problem::resolve(&self.lock_dir, ProblemKind::Database);
        let resolved = resolved.map(|(message, since)| AlertChange {
            kind: AlertKind::JobFailed,
            state: AlertState::Resolved,
            message,
            since,
        });
        if let Some(change) = &resolved
            && let Err(e) = db.write(|tx| db::alert::record_resolved(tx, self.job, super::FAILED, change, now))
        {
            self.print(&format!("cannot record that a problem is over: {e}"));
        }
        if self.mail.is_enabled() && !self.is_interactive {
            if let Some(change) = resolved
                && let Err(e) = db.write(|tx| self.record(tx, std::slice::from_ref(&change), now))
            {
                self.print(&format!("{}; cannot queue a mail: {e}", change.describe()));
            }
        } else {
            let is_printed = |change: &&AlertChange| match change.state {
                AlertState::Opened | AlertState::StillOpen => !self.is_interactive,
                AlertState::Resolved => !self.quiet,
            };
            self.print_changes(&changes.iter().chain(&resolved).filter(is_printed).collect::<Vec<_>>());
        }
        if self.mail.is_enabled() {
            match queue::deliver(db, &self.mail, false, now) {
                Ok(None) => {}
                Ok(Some(delivery)) => self.report_delivery(db, &delivery, now),
                Err(e) => self.print(&format!("cannot deliver mails: {e}")),
            }
        }
    }

    /// Notifies cron if mails have not been delivered for long: then no mail can report it.
    fn report_delivery(&self, db: &mut Db, delivery: &Delivery, now: Timestamp) {
        let overdue = delivery.waiting_since.filter(|t| now.since(*t) >= MAX_DELIVERY_DELAY);
        let message = |since| {
            let server = &self.mail.server;
            format!("mails to {server} have not been delivered since {since}; see the reason with: mm-admin mail queue")
        };
        let overdue = overdue.map(|since| ("delivery".to_owned(), message(since)));
        let rejected = delivery.rejected_admin.as_ref().map(|why| {
            let text = format!("a mail to an administrator was rejected: {why}; correct mail.admins in the config");
            ("delivery rejected".to_owned(), text)
        });
        let found = overdue.into_iter().chain(rejected).collect();
        match db.write(|tx| db::alert::update(tx, MAIL, "", &found, &|_| true, now)) {
            Ok(changes) => self.print_changes(&changes.iter().collect::<Vec<_>>()),
            Err(e) => self.print(&format!("cannot record the alert: {e}")),
        }
    }

    fn print_changes(&self, changes: &[&AlertChange]) {
        for line in summarize(changes) {
            self.print(&line);
        }
    }
}

/// Sends mails about a problem that no database records. Returns true if all administrators got one.
pub(crate) fn send_unrecorded(config: &MailConfig, program: &str, message: &str, now: Timestamp) -> bool {
    let change = AlertChange {
        kind: AlertKind::JobFailed,
        state: AlertState::Opened,
        message: message.to_owned(),
        since: now,
    };
    send_directly(config, program, change, now)
}

/// As [`send_unrecorded`], when the problem is over.
pub(crate) fn send_resolved(
    config: &MailConfig,
    program: &str,
    message: &str,
    since: Timestamp,
    now: Timestamp,
) -> bool {
    let change = AlertChange {
        kind: AlertKind::JobFailed,
        state: AlertState::Resolved,
        message: message.to_owned(),
        since,
    };
    send_directly(config, program, change, now)
}

fn send_directly(config: &MailConfig, program: &str, change: AlertChange, now: Timestamp) -> bool {
    let mails = alerts::compose(config, program, &[change], now);
    let all = mails
        .iter()
        .flat_map(|content| config.admins.iter().map(move |to| (content, to)));
    let mut is_sent = config.is_enabled();
    for (n, (content, to)) in all.enumerate() {
        let mail = mail::OutgoingMail {
            id: format!("problem.{}.{n}", std::process::id()),
            recipient: to.to_string(),
            content: content.clone(),
            queued_at: now,
        };
        // A server that does not respond costs its time limit only once.
        is_sent = is_sent && mail::send_now(config, mail).is_ok();
    }
    is_sent
}

/// Returns the messages about alerts, one for each; many of one kind are one message of several lines.
fn summarize(changes: &[&AlertChange]) -> Vec<String> {
    let mut groups: BTreeMap<(AlertState, AlertKind), Vec<&AlertChange>> = BTreeMap::new();
    for change in changes {
        groups.entry((change.state, change.kind)).or_default().push(*change);
    }
    let mut out = Vec::new();
    for ((state, kind), group) in groups {
        if group.len() < MIN_GROUP || kind == AlertKind::Other {
            out.extend(group.iter().map(|c| c.describe()));
            continue;
        }
        let state = match state {
            AlertState::Opened => "new",
            AlertState::StillOpen => "still open",
            AlertState::Resolved => "resolved",
        };
        let mut text = format!("{}, {} {state}:", kind.title(), group.len());
        for change in group.iter().take(MAX_OF_GROUP) {
            text.push_str("\n  ");
            text.push_str(&change.describe());
        }
        let more = group.len().saturating_sub(MAX_OF_GROUP);
        out.push(if more > 0 {
            format!("{text}\n  and {more} more")
        } else {
            text
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::tests::change;

    #[test]
    fn many_alerts_of_one_kind_are_one_message() {
        let hosts = |n: usize| -> Vec<AlertChange> {
            let names = (1..=n).map(|n| format!("host {n}"));
            names
                .map(|name| change(AlertKind::UnknownHash, AlertState::Opened, &name))
                .collect()
        };
        assert_eq!(summarize(&hosts(2).iter().collect::<Vec<_>>()), ["host 1", "host 2"]);
        assert_eq!(
            summarize(&hosts(3).iter().collect::<Vec<_>>()),
            ["unknown metadata on mirrors, 3 new:\n  host 1\n  host 2\n  host 3"]
        );
        let many = summarize(&hosts(30).iter().collect::<Vec<_>>());
        assert_eq!(many.len(), 1);
        assert_eq!(many[0].lines().count(), 12);
        assert!(many[0].ends_with("\n  and 20 more"), "{many:?}");
    }

    #[test]
    fn kinds_and_states_are_apart() {
        let changes = [
            change(AlertKind::Target, AlertState::Resolved, "t"),
            change(AlertKind::JobFailed, AlertState::Opened, "j"),
            change(AlertKind::Other, AlertState::StillOpen, "o1"),
            change(AlertKind::Other, AlertState::StillOpen, "o2"),
            change(AlertKind::Other, AlertState::StillOpen, "o3"),
        ];
        let since = "since 1970-01-01T00:00:00Z";
        assert_eq!(
            summarize(&changes.iter().collect::<Vec<_>>()),
            [
                "j".to_owned(),
                format!("o1 ({since})"),
                format!("o2 ({since})"),
                format!("o3 ({since})"),
                format!("resolved, open {since}: t"),
            ]
        );
    }
}
