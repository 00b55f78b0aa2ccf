//! `mm-admin mail`: the digest, and tests of mail by SMTP.

use std::io;

use anyhow::{Error, anyhow};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{AdminReport, report};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::config::MailConfig;
use crate::db;
use crate::job::exit::{ExitStatus, UsageError};
use crate::mail::queue::{self, Delivery};
use crate::mail::template::{Content, Template, render};
use crate::mail::{OutgoingMail, send_now};
use crate::model::names::EmailAddress;
use crate::model::printable::printable;

mod digest;
mod preview;

#[derive(Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Send a test mail to the administrators, and show the response of the server.
    Test(TestArgs),
    /// Show a mail as it would be sent now.
    Preview(preview::PreviewArgs),
    /// Send the daily report; without a mail server it is printed, for cron.
    ///
    /// It has what happened since the last digest, open problems, and the state of the mirrors.
    Digest,
    /// List the mails that were not delivered yet.
    Queue(QueueArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mm-admin mail test\n  mm-admin mail test me@example.org")]
pub(super) struct TestArgs {
    /// Recipient instead of the administrators.
    address: Option<EmailAddress>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mm-admin mail queue\n  mm-admin mail queue --deliver")]
pub(super) struct QueueArgs {
    /// Deliver them now, without waiting for the time of the next attempt.
    #[arg(long)]
    deliver: bool,
}

impl MailCommand {
    /// True for what cron or a timer runs.
    pub(super) fn is_scheduled(&self) -> bool {
        matches!(self, Self::Digest)
    }

    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        match self {
            Self::Test(args) => report(args.run(ctx)?),
            Self::Preview(args) => report(args.run(ctx)?),
            Self::Digest => report(digest::run(ctx)?),
            Self::Queue(args) => report(args.run(ctx)?),
        }
    }
}

/// Returns the settings if mail by SMTP is configured.
fn enabled(ctx: &Context) -> Result<&MailConfig, UsageError> {
    let mail = &ctx.config.mail;
    if mail.is_enabled() {
        return Ok(mail);
    }
    let path = ctx.config_path.display();
    Err(UsageError(format!(
        "no mail server is configured; set server, from and admins in [mail] of {path}"
    )))
}

#[derive(Debug, Serialize)]
struct TestReport {
    /// The recipients that the server accepted.
    sent: Vec<String>,
}

impl TestArgs {
    fn run(self, ctx: &Context) -> Result<TestReport, Error> {
        let mail = enabled(ctx)?;
        let recipients = self
            .address
            .map_or_else(|| mail.admins.clone(), |address| vec![address]);
        let content = render(mail, Template::Test, &());
        let mut sent = Vec::new();
        for (n, to) in recipients.iter().enumerate() {
            let test = OutgoingMail {
                id: format!("test.{}.{n}", std::process::id()),
                recipient: to.to_string(),
                content: content.clone(),
                queued_at: ctx.now,
            };
            send_now(mail, test).map_err(|e| anyhow!("the mail to {to} was not sent: {}", printable(e.message())))?;
            sent.push(to.to_string());
        }
        Ok(TestReport { sent })
    }
}

impl Report for TestReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let accepted = out.paint(Style::Good, "accepted");
        self.sent
            .iter()
            .try_for_each(|to| out.line(format!("{to}: {accepted} by the server")))
    }
}

/// A mail in the queue, without its text.
#[derive(Debug, Serialize)]
struct QueueEntry {
    id: i64,
    recipient: String,
    subject: String,
    queued_at: crate::model::Timestamp,
    attempts: u32,
    /// `None` after it was given up.
    next_attempt_at: Option<crate::model::Timestamp>,
    last_error: Option<String>,
}

#[derive(Debug, Serialize)]
struct QueueReport {
    /// Mails that were delivered now.
    delivered: usize,
    mails: Vec<QueueEntry>,
    #[serde(skip)]
    exit: ExitStatus,
}

impl QueueArgs {
    fn run(self, ctx: &Context) -> Result<QueueReport, Error> {
        let mut db = ctx.open_db()?;
        let mut delivery = Delivery::default();
        if self.deliver {
            delivery = queue::deliver(&mut db, enabled(ctx)?, true, ctx.now)?.unwrap_or_default();
        }
        let mails = db.read(db::mail::all)?;
        let entry = |m: db::mail::QueuedMail| QueueEntry {
            id: m.id,
            recipient: m.recipient,
            subject: m.subject,
            queued_at: m.queued_at,
            attempts: m.attempts,
            next_attempt_at: m.failed_at.is_none().then_some(m.next_attempt_at),
            last_error: m.last_error,
        };
        let is_complete = delivery.error.is_none() && delivery.rejected_admin.is_none();
        let exit = match (is_complete, delivery.sent) {
            (true, _) => ExitStatus::Done,
            (false, 0) => ExitStatus::Failed,
            (false, _) => ExitStatus::Partial,
        };
        Ok(QueueReport {
            delivered: delivery.sent,
            mails: mails.into_iter().map(entry).collect(),
            exit,
        })
    }
}

impl Report for QueueReport {
    fn exit(&self) -> ExitStatus {
        self.exit
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.delivered > 0 {
            out.line(format!("delivered: {}", self.delivered))?;
        }
        if self.mails.is_empty() {
            return out.line("no mail is waiting");
        }
        let titles = "ID | RECIPIENT | QUEUED | ATTEMPTS | NEXT | SUBJECT | LAST ERROR";
        out.write_table(titles, &self.mails, |out, m| {
            let next = m
                .next_attempt_at
                .map_or_else(|| out.paint(Style::Bad, "given up"), |t| t.to_string());
            [
                m.id.to_string(),
                m.recipient.clone(),
                m.queued_at.to_string(),
                m.attempts.to_string(),
                next,
                m.subject.clone(),
                or_dash(m.last_error.as_ref()),
            ]
        })
    }
}

/// Returns headers and text of a mail to the first administrator.
fn source(ctx: &Context, content: Content) -> Result<String, Error> {
    let mut config = ctx.config.mail.clone();
    let example = || "root@localhost".to_owned();
    if config.from.is_empty() {
        config.from = example();
    }
    let mail = OutgoingMail {
        id: "preview".to_owned(),
        recipient: config.admins.first().map_or_else(example, ToString::to_string),
        content,
        queued_at: ctx.now,
    };
    crate::mail::source(&config, &mail).map_err(Error::msg)
}
