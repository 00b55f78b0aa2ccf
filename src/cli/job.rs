//! What all programs that change something share: the clock check, the locks, the `run` row, the watchdog, and saying each
//! problem once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Error};
use serde::Serialize;

use super::args::JobArgs;
use super::exit::{Exit, UsageError};
use super::run::{Context, Silent};
use crate::db::problem::News;
use crate::db::{self, Db};
use crate::locks::{self, Kept, Lock, LockError, Request};
use crate::model::ids::RunId;
use crate::model::{Epoch, Span};
use crate::sys;
use crate::sys::signals::Stop;

/// How far the clock may be ahead of the last recorded time before a job asks a person.
const MAX_LEAP: Duration = Duration::from_hours(24 * 366);
/// How far it may be behind it: machines correct their clocks by seconds.
const MAX_BACKSTEP: Duration = Duration::from_mins(5);

/// How long a command of the release life cycle may take before `mm-locks` says that it hangs.
const LIFE_CYCLE_LIMIT: Span = Span::mins(10);

/// A job under way: holds its locks until it is dropped.
#[derive(Debug)]
pub struct Job {
    /// The database.
    pub db: Db,
    /// Its row in `run`; none in a dry run.
    pub run: Option<RunId>,
    /// Asked when it should give up.
    pub stop: Stop,
    /// When it must be done.
    pub deadline: Epoch,
    name: &'static str,
    scope: String,
    locks: Kept,
}

impl Job {
    /// Starts a job: checks the clock, takes one lock per scope (in sorted order; no scope = one lock for the whole job), starts
    /// the watchdog and opens the row in `run`. A dry run takes no lock and leaves no row.
    pub fn begin(
        cx: &Context,
        args: &JobArgs,
        name: &'static str,
        scopes: &[String],
        default_limit: Span,
    ) -> Result<Self, Error> {
        let mut db = cx.open_db()?;
        let limit = args.max_runtime.unwrap_or(default_limit).get();
        check_clock(&mut db, cx.now, args.accept_clock)?;
        let stop = sys::signals::watch().context("watching for signals")?;
        let mut locks = Vec::new();
        let mut run = None;
        let scope = scopes.join(", ");
        if !args.dry_run {
            locks = take_locks(cx, args, name, scopes, limit, &stop)?;
            run = Some(db.write(|tx| db::run::begin(tx, name, &scope, cx.now, &cx.person))?);
        }
        sys::watchdog::start(cx.program, limit, stop.clone()).context("starting the watchdog")?;
        Ok(Self {
            db,
            run,
            stop: stop.clone(),
            deadline: cx.now.plus(limit),
            name,
            scope,
            locks: Kept::start(locks, stop).context("starting the thread that keeps the locks")?,
        })
    }

    /// Tells `mm-locks` what the job does now; takes the locks anew when somebody removed their files.
    pub fn phase(&mut self, phase: &str, done: u64, total: u64) -> Result<(), LockError> {
        self.locks.tell(phase, done, total)
    }

    /// Ends the job: closes its row, and says which problems began, last or are over. `problems` maps a stable key to a message.
    pub fn finish<C: Serialize>(
        mut self,
        cx: &Context,
        exit: Exit,
        counts: &C,
        problems: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let Some(run) = self.run else {
            for message in problems.values() {
                cx.output.say(&format!("{}: {message}", cx.program));
            }
            return Ok(());
        };
        self.end(cx, run, exit, &serde_json::to_value(counts)?, problems)?;
        self.locks.lost().map_or(Ok(()), |e| Err(e.into()))
    }

    fn end(
        &mut self,
        cx: &Context,
        run: RunId,
        exit: Exit,
        counts: &serde_json::Value,
        mut problems: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let now = sys::clock::now();
        problems.extend(cx.early_problems.iter().map(|p| ("program".to_owned(), p.clone())));
        let message = problems.values().next().cloned().unwrap_or_default();
        let (name, scope) = (self.name, self.scope.clone());
        let news = self.db.write(|tx| {
            db::run::end(tx, run, now, i64::from(exit.code()), counts, &message)?;
            db::problem::update(tx, name, &scope, &problems, now)
        })?;
        if cx.output.stderr_terminal || cx.output.verbose > 0 {
            // A person who looks is told all of them; what is stored only keeps cron from repeating itself.
            for message in problems.values() {
                cx.output.say(&format!("{}: {message}", cx.program));
            }
        }
        for item in news {
            tell(cx, &item);
        }
        tracing::info!(exit = exit.code(), %counts, "ended");
        Ok(())
    }

    /// Ends the job that failed: its row says so, and the error goes on.
    pub fn fail(mut self, cx: &Context, error: Error) -> Error {
        if let Some(run) = self.run {
            let now = sys::clock::now();
            let message = format!("{error:#}");
            tracing::error!(%message, "failed");
            let ended = self.db.write(|tx| {
                db::run::end(
                    tx,
                    run,
                    now,
                    i64::from(Exit::Failed.code()),
                    &serde_json::Value::Null,
                    &message,
                )
            });
            if let Err(e) = ended {
                cx.output
                    .say(&format!("{}: cannot record the failed run: {e}", cx.program));
            }
        }
        self.locks.lost().map_or(error, Error::from)
    }
}

fn tell(cx: &Context, news: &News) {
    let seen = cx.output.stderr_terminal || cx.output.verbose > 0;
    match news {
        News::Begun(message) if !seen => cx.output.say(&format!("{}: {message}", cx.program)),
        News::Lasts(message, since) if !seen => {
            cx.output.say(&format!("{}: {message} (since {since})", cx.program));
        }
        News::Over(message, since) if !cx.output.quiet => {
            cx.output
                .say(&format!("{}: over, since {since}: {message}", cx.program));
        }
        News::Begun(_) | News::Lasts(..) | News::Over(..) => {}
    }
}

/// Takes the locks. With `--quiet-if-locked` a holder within its deadline is no news: only the status tells.
fn take_locks(
    cx: &Context,
    args: &JobArgs,
    name: &str,
    scopes: &[String],
    limit: Duration,
    stop: &Stop,
) -> Result<Vec<Lock>, Error> {
    let wait = args.lock_wait.unwrap_or_default().get();
    let mut wanted: Vec<Option<String>> = scopes.iter().cloned().map(Some).collect();
    wanted.sort();
    wanted.dedup();
    if wanted.is_empty() {
        wanted.push(None);
    }
    let mut locks = Vec::new();
    for scope in wanted {
        let request = Request {
            job: name.to_owned(),
            scope,
            user: cx.person.clone(),
            command: command_line(),
            now: cx.now,
            limit: Some(limit),
        };
        match locks::acquire(&cx.config.lock_dir, &request, wait, stop) {
            Ok(lock) => locks.push(lock),
            Err(LockError::Held { holder: Some(h), .. })
                if args.quiet_if_locked && h.deadline.is_none_or(|d| cx.now <= d) =>
            {
                return Err(Silent(Exit::Locked).into());
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(locks)
}

/// The lock that release detection and the commands of the release life cycle share: neither decides on what the other changes.
pub fn life_cycle_lock(cx: &Context) -> Result<Lock, LockError> {
    let request = Request {
        job: "detect".to_owned(),
        scope: None,
        user: cx.person.clone(),
        command: command_line(),
        now: cx.now,
        limit: Some(LIFE_CYCLE_LIMIT.get()),
    };
    locks::acquire(&cx.config.lock_dir, &request, Duration::ZERO, &Stop::default())
}

fn command_line() -> String {
    std::env::args_os()
        .map(|a| a.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Refuses to run on a clock that is behind what was recorded already, or a year ahead of it.
fn check_clock(db: &mut Db, now: Epoch, accept: bool) -> Result<(), Error> {
    let Some(last) = db.read(db::run::last_recorded_time)? else {
        return Ok(());
    };
    if accept {
        return Ok(());
    }
    let advice = "set the clock, or run once with --accept-clock";
    if last.since(now) > MAX_BACKSTEP {
        return Err(UsageError(format!(
            "the clock says {now}, but a run was recorded at {last}; {advice}"
        ))
        .into());
    }
    if now.since(last) > MAX_LEAP {
        return Err(UsageError(format!(
            "the clock says {now}, a year after the last run at {last}; {advice}"
        ))
        .into());
    }
    Ok(())
}
