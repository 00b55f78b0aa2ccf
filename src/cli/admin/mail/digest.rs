//! `mm-admin mail digest`: collects and sends the daily report.

use std::io;
use std::time::Duration;

use anyhow::{Error, anyhow};
use serde::Serialize;

use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::config::Config;
use crate::db::{self, Db, DbError, Tx};
use crate::inspect::checks::{Check, CheckReport, PENDING, Severity};
use crate::inspect::pending::{self, PendingItem};
use crate::job::exit::{AlreadyReported, ExitStatus};
use crate::mail::digest::{Decision, Digest, History, Problem};
use crate::mail::queue;
use crate::mail::{OutgoingMail, send_now};
use crate::model::Timestamp;
use crate::sys::stderr;

/// The period of the first digest.
const DEFAULT_PERIOD: Duration = Duration::from_hours(24);

#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct DigestReport {
    digest: Digest,
    #[serde(skip)]
    text: String,
    /// True if the report was sent by mail.
    #[serde(skip)]
    is_sent: bool,
}

/// Collects the digest from the checks of `mm-admin doctor` and the database. Without a usable database it has the checks.
pub(super) fn collect(ctx: &Context) -> Digest {
    let checks = CheckReport::new(&ctx.config, &ctx.config_path, ctx.now).problems();
    let found = ctx
        .open_db()
        .and_then(|mut db| db.read(|tx| read_history(tx, &ctx.config, ctx.now)));
    // Decisions have a section of their own.
    let undecided = found.as_ref().map_or_else(|_| Vec::new(), |(_, h)| h.undecided());
    let is_decision = |c: &Check| {
        // The same as a run that was partially done because of it.
        let is_fresh = c.measurement.is_some_and(|m| m.severity() == Severity::Ok);
        c.name == PENDING || is_fresh && undecided.iter().any(|message| c.message.contains(message))
    };
    let has_decisions = found.is_ok();
    let checks = checks.into_iter().filter(|c| !(has_decisions && is_decision(c)));
    let problems = checks.map(|c| Problem {
        name: c.name,
        message: c.message,
        fix: c.command,
    });
    let (since, history) = match found {
        Ok((since, history)) => (since, Some(history)),
        // A check reports the reason.
        Err(_) => (ctx.now.minus(DEFAULT_PERIOD), None),
    };
    Digest::new(since.to_string(), ctx.now.to_string(), problems.collect(), history)
}

fn read_history(tx: &Tx<'_>, config: &Config, now: Timestamp) -> Result<(Timestamp, History), DbError> {
    let since = db::mail::last_digest(tx)?.unwrap_or_else(|| now.minus(DEFAULT_PERIOD));
    let crawls = db::digest::crawl_stats(tx, since)?;
    let names = |key: &str| -> Vec<String> {
        let lists = crawls.iter().filter_map(|stats| stats.get(key)?.as_array());
        let mut names: Vec<String> = lists.flatten().filter_map(|v| Some(v.as_str()?.to_owned())).collect();
        names.sort();
        names.dedup();
        names
    };
    let failed_mails = db::mail::all(tx)?.into_iter();
    let failed_mails = failed_mails.filter(|m| m.failed_at.is_some_and(|t| t > since));
    let history = History {
        open: db::alert::open(tx)?,
        decisions: pending::awaiting(tx, config, now)?.into_iter().map(decision).collect(),
        events: db::alert::events_since(tx, since)?,
        jobs: db::digest::jobs(tx, since)?,
        mirrors: db::digest::mirrors(tx)?,
        disabled: db::digest::disabled_hosts(tx)?,
        warned: names("warned"),
        newly_disabled: names("disabled"),
        reenabled: names("reenabled"),
        generations: db::digest::generations(tx, since)?,
        changes: db::digest::changes(tx, since)?,
        failed_mails: failed_mails
            .map(|m| format!("{}: {}", m.recipient, m.last_error.unwrap_or_default()))
            .collect(),
    };
    Ok((since, history))
}

fn decision(item: PendingItem) -> Decision {
    let at = item.due.map_or_else(String::new, |due| format!(", at {due}"));
    Decision {
        since: item.since.to_string(),
        if_undecided: format!("{}{at}", item.if_undecided),
        show: format!("mm-admin pending show {}", item.id),
        confirm: item.confirm_command(),
        reject: item.reject.is_some().then(|| item.reject_command()),
        what: item.what,
    }
}

pub(super) fn run(ctx: &Context) -> Result<DigestReport, Error> {
    let digest = collect(ctx);
    let content = digest.compose(&ctx.config.mail);
    let text = format!("{}\n\n{}", content.subject, content.body);
    let mail = &ctx.config.mail;
    let queued = ctx.open_db().and_then(|mut db| {
        db.write(|tx| {
            db::mail::record_digest(tx, ctx.now)?;
            if mail.is_enabled() {
                queue::enqueue(tx, &mail.admins, &content, ctx.now)?;
            }
            Ok(())
        })
        .map(|()| db)
    });
    let is_sent = match queued {
        _ if !mail.is_enabled() => false,
        Ok(db) => deliver(ctx, db)?,
        // The queue cannot be used.
        Err(_) => mail.admins.iter().enumerate().fold(true, |is_sent, (n, to)| {
            let mail = OutgoingMail {
                id: format!("digest.{}.{n}", std::process::id()),
                recipient: to.to_string(),
                content: content.clone(),
                queued_at: ctx.now,
            };
            is_sent && send_now(&ctx.config.mail, mail).is_ok()
        }),
    };
    Ok(DigestReport { digest, text, is_sent })
}

/// Delivers the queue; a digest that stays in it is an error. Returns true.
fn deliver(ctx: &Context, mut db: Db) -> Result<bool, Error> {
    let delivery = queue::deliver(&mut db, &ctx.config.mail, true, ctx.now)?.unwrap_or_default();
    let rejected = delivery.rejected_admin.filter(|_| delivery.sent == 0);
    match delivery.error.or(rejected) {
        None => Ok(true),
        Some(why) => {
            let e =
                anyhow!("the digest was not delivered: {why}; see mm-admin mail queue, test with: mm-admin mail test");
            stderr::print_line(&format!("{}: {e}", ctx.program));
            Err(AlreadyReported(ExitStatus::Partial).into())
        }
    }
}

impl Report for DigestReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.lines(self.text.trim_end())
    }

    /// Without a mail server cron mails what is printed.
    fn is_query(&self) -> bool {
        !self.is_sent
    }
}
