//! What all programs that change something share: the clock check, the locks, the `run` row, the watchdog, and saying each
//! problem once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Error};
use serde::Serialize;

use super::args::JobArgs;
use super::exit::{ExitStatus, UsageError};
use super::metrics;
use super::run::{AlreadyReported, Context, JobPaused, status_of};
use crate::config::HumanDuration;
use crate::db::problem::ProblemChange;
use crate::db::{self, Db};
use crate::locks::{self, Lock, LockError, LockKeeper, Request};
use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::pause::{PauseStatus, pause_status};
use crate::sys;
use crate::sys::errors::format_chain;
use crate::sys::signals::ShutdownFlag;

/// How far the clock may be ahead of the last recorded time before a job asks a person.
const MAX_LEAP: Duration = Duration::from_hours(24 * 366);
/// How far it may be behind it: machines correct their clocks by seconds.
const MAX_BACKSTEP: Duration = Duration::from_mins(5);

/// How long a command of the release life cycle may take before `mm-locks` says that it hangs.
const LIFE_CYCLE_LIMIT: HumanDuration = HumanDuration::mins(10);

/// The keys of problems of the job as such: it failed outright; another run that is past its deadline has the lock; what was found
/// before the program proper began. Every run that gets to its end can judge them.
const FAILED: &str = "failed";
const LOCKED: &str = "locked";
const PROGRAM: &str = "program";
/// The key of a hold of the whole job, and how that of a hold of one scope begins.
const HELD: &str = "held";
const HELD_SCOPE: &str = "held ";

/// A job under way: holds its locks until it is dropped.
#[derive(Debug)]
pub struct Job {
    /// The database.
    pub db: Db,
    /// Its row in `run`; none in a dry run.
    pub run: Option<RunId>,
    /// Asked when it should give up.
    pub stop: ShutdownFlag,
    /// When it must be done.
    pub deadline: Timestamp,
    /// The scopes that a person told it to leave alone, each with the reason.
    pub held: BTreeMap<String, String>,
    name: &'static str,
    scope: String,
    metrics: Option<PathBuf>,
    locks: LockKeeper,
}

impl Job {
    /// Starts a job: checks the clock, takes one lock per scope (in sorted order; no scope = one lock for the whole job), starts
    /// the watchdog and opens the row in `run`. A dry run takes no lock and leaves no row. A job that a person holds does not start:
    /// that is said once, and ends with status 0; of scopes that are held no lock is taken, and they are in `held`.
    pub fn begin(
        ctx: &Context,
        args: &JobArgs,
        name: &'static str,
        scopes: &[String],
        default_limit: HumanDuration,
    ) -> Result<Self, Error> {
        let limit = args.max_runtime.or(ctx.config.limits.of(name)).unwrap_or(default_limit);
        Self::start(ctx, args, name, scopes, limit.get()).inspect_err(|e| {
            if let Some(path) = args.metrics_file.as_ref().filter(|_| !args.dry_run) {
                // Only one that is held does not start and ends well.
                let exit = status_of(e);
                tell_metrics(
                    ctx,
                    path,
                    name,
                    (exit, exit == ExitStatus::Done),
                    &serde_json::Value::Null,
                );
            }
        })
    }

    fn start(
        ctx: &Context,
        args: &JobArgs,
        name: &'static str,
        scopes: &[String],
        limit: Duration,
    ) -> Result<Self, Error> {
        let stop = sys::signals::watch().context("watching for signals")?;
        // The way to the work can hang as well: at the database, at another run.
        let patience = limit + args.lock_wait.unwrap_or_default().get();
        sys::watchdog::start(ctx.program, patience, stop.clone()).context("starting the watchdog")?;
        let mut db = ctx.open_db()?;
        let mut locks = Vec::new();
        let mut run = None;
        let scope = scopes.join(", ");
        if let Err(e) = check_clock(&mut db, ctx.now, args.accept_clock) {
            return Err(if args.dry_run {
                e
            } else {
                report_once(ctx, &mut db, (name, &scope), FAILED, e)
            });
        }
        let mut parts = BTreeMap::new();
        if !args.dry_run {
            let holds = db.read(|tx| db::pause::active(tx, ctx.now))?;
            parts = match pause_status(&holds, name, scopes, ctx.now) {
                _ if args.despite_hold => BTreeMap::new(),
                PauseStatus::Parts(parts) => parts,
                PauseStatus::Whole(why) => {
                    return Err(report_once(ctx, &mut db, (name, &scope), HELD, JobPaused(why).into()));
                }
            };
            let scopes: Vec<String> = scopes.iter().filter(|s| !parts.contains_key(*s)).cloned().collect();
            locks = match take_locks(ctx, args, name, &scopes, limit, &stop) {
                Ok(locks) => locks,
                Err(LockFailure::Told(e)) => return Err(e),
                Err(LockFailure::Lasting(key, e)) => return Err(report_once(ctx, &mut db, (name, &scope), key, e)),
            };
            run = Some(db.write(|tx| db::run::begin(tx, name, &scope, ctx.now, &ctx.user))?);
        }
        sys::watchdog::start(ctx.program, limit, stop.clone()).context("starting the watchdog")?;
        Ok(Self {
            db,
            run,
            stop: stop.clone(),
            deadline: ctx.now.plus(limit),
            held: parts,
            name,
            scope,
            metrics: args.metrics_file.clone().filter(|_| !args.dry_run),
            locks: LockKeeper::start(locks, stop).context("starting the thread that keeps the locks")?,
        })
    }

    /// Tells `mm-locks` what the job does now; takes the locks anew when somebody removed their files.
    pub fn set_phase(&mut self, phase: &str, done: u64, total: u64) -> Result<(), LockError> {
        sys::watchdog::set_step(phase);
        self.locks.tell(phase, done, total)
    }

    /// Ends the job: closes its row, and says which problems began, last or are over. `problems` maps a stable key to a message.
    /// What is not among them is over.
    pub fn finish<C: Serialize>(
        self,
        ctx: &Context,
        exit: ExitStatus,
        counts: &C,
        problems: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        self.finish_part(ctx, exit, counts, problems, &|_| true)
    }

    /// Ends a job that did not look at everything: a problem that was not found is over only where `judged` says of its key that
    /// the run had a clear look.
    pub fn finish_part<C: Serialize>(
        mut self,
        ctx: &Context,
        exit: ExitStatus,
        counts: &C,
        problems: BTreeMap<String, String>,
        judged: &dyn Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let Some(run) = self.run else {
            for message in problems.values() {
                ctx.output.eprint(&format!("{}: {message}", ctx.program));
            }
            return Ok(());
        };
        let counts = serde_json::to_value(counts)?;
        let now = sys::clock::now();
        let mut problems = problems;
        let parts = self.held.iter();
        problems.extend(parts.map(|(scope, why)| (format!("{HELD_SCOPE}{scope}"), why.clone())));
        problems.extend(ctx.startup_warnings.iter().map(|p| (PROGRAM.to_owned(), p.clone())));
        let message = problems.values().next().cloned().unwrap_or_default();
        let judged =
            |key: &str| [FAILED, LOCKED, PROGRAM, HELD].contains(&key) || key.starts_with(HELD_SCOPE) || judged(key);
        let (name, scope) = (self.name, self.scope.clone());
        let news = self.db.write(|tx| {
            db::run::end(tx, run, now, i64::from(exit.code()), &counts, &message)?;
            db::problem::update(tx, name, &scope, &problems, &judged, now)
        })?;
        if is_interactive(ctx) {
            // A person who looks is told all of them; what is stored only keeps cron from repeating itself.
            for message in problems.values() {
                ctx.output.eprint(&format!("{}: {message}", ctx.program));
            }
        }
        for item in news {
            print_change(ctx, &item);
        }
        tracing::info!(exit = exit.code(), %counts, "ended");
        if let Some(path) = &self.metrics {
            tell_metrics(ctx, path, self.name, (exit, false), &counts);
        }
        self.locks.lost().map_or(Ok(()), |e| Err(e.into()))
    }

    /// Ends the job that failed: its row says so, and the error goes on, as `main` is to tell it.
    pub fn fail(mut self, ctx: &Context, error: Error) -> Error {
        let error = self.locks.lost().map_or(error, Error::from);
        let Some(run) = self.run else { return error };
        let now = sys::clock::now();
        let (message, exit) = (format_chain(error.as_ref()), status_of(&error));
        tracing::error!(%message, "failed");
        let null = serde_json::Value::Null;
        if let Some(path) = &self.metrics {
            tell_metrics(ctx, path, self.name, (exit, false), &null);
        }
        let ended = self
            .db
            .write(|tx| db::run::end(tx, run, now, i64::from(exit.code()), &null, &message));
        if let Err(e) = ended {
            ctx.output
                .eprint(&format!("{}: cannot record the failed run: {e}", ctx.program));
        }
        if exit == ExitStatus::Usage {
            // Whoever wrote the command line is told each time.
            return error;
        }
        report_once(ctx, &mut self.db, (self.name, &self.scope), FAILED, error)
    }
}

/// Writes how the run went: its status, and whether it was held. What cannot be written is said; the job did its work all the same.
fn tell_metrics(ctx: &Context, path: &Path, job: &str, (exit, held): (ExitStatus, bool), counts: &serde_json::Value) {
    let run = metrics::RunMetrics {
        job,
        exit,
        held,
        started: ctx.now,
        at: sys::clock::now(),
        counts,
    };
    if let Err(e) = metrics::write(path, &run) {
        ctx.output.eprint(&format!(
            "{}: cannot write the metrics file {}: {e}",
            ctx.program,
            path.display()
        ));
    }
}

/// Records under `key` that the job could not do its work, and returns the error as `main` is to tell it: cron hears of it when it
/// begins, when it changes, and once a day; the next run that gets to its end says that it is over.
fn report_once(ctx: &Context, db: &mut Db, (job, scope): (&str, &str), key: &str, error: Error) -> Error {
    let found = BTreeMap::from([(key.to_owned(), format_chain(error.as_ref()))]);
    let now = sys::clock::now();
    let news = match db.write(|tx| db::problem::update(tx, job, scope, &found, &|_| false, now)) {
        Ok(news) => news,
        Err(e) => {
            ctx.output
                .eprint(&format!("{}: cannot record what is wrong: {e}", ctx.program));
            return error;
        }
    };
    match news.first() {
        _ if is_interactive(ctx) => return error,
        Some(ProblemChange::Opened(_)) => return error,
        Some(lasts @ ProblemChange::StillOpen(..)) => print_change(ctx, lasts),
        Some(ProblemChange::Resolved(..)) | None => {}
    }
    AlreadyReported(status_of(&error)).into()
}

/// Whether a person looks on.
fn is_interactive(ctx: &Context) -> bool {
    ctx.output.stderr_terminal || ctx.output.verbose > 0
}

fn print_change(ctx: &Context, news: &ProblemChange) {
    let seen = is_interactive(ctx);
    match news {
        ProblemChange::Opened(message) if !seen => ctx.output.eprint(&format!("{}: {message}", ctx.program)),
        ProblemChange::StillOpen(message, since) if !seen => {
            ctx.output
                .eprint(&format!("{}: {message} (since {since})", ctx.program));
        }
        ProblemChange::Resolved(message, since) if !ctx.output.quiet => {
            ctx.output
                .eprint(&format!("{}: over, since {since}: {message}", ctx.program));
        }
        ProblemChange::Opened(_) | ProblemChange::StillOpen(..) | ProblemChange::Resolved(..) => {}
    }
}

/// Why there are no locks.
enum LockFailure {
    /// As it is to be told, each time.
    Told(Error),
    /// To be told once while it lasts, under this key.
    Lasting(&'static str, Error),
}

/// Takes the locks. With `--quiet-if-locked` a holder within its deadline is no news: only the status tells; one past its deadline
/// is news once.
fn take_locks(
    ctx: &Context,
    args: &JobArgs,
    name: &str,
    scopes: &[String],
    limit: Duration,
    stop: &ShutdownFlag,
) -> Result<Vec<Lock>, LockFailure> {
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
            user: ctx.user.clone(),
            command: command_line(),
            now: ctx.now,
            limit: Some(limit),
        };
        match locks::acquire(&ctx.config.lock_dir, &request, wait, stop) {
            Ok(lock) => locks.push(lock),
            Err(LockError::Held { holder, .. })
                if args.quiet_if_locked && holder.as_ref().and_then(|h| h.deadline).is_none_or(|d| ctx.now <= d) =>
            {
                return Err(LockFailure::Told(AlreadyReported(ExitStatus::Locked).into()));
            }
            Err(e @ LockError::Held { .. }) if args.quiet_if_locked => {
                return Err(LockFailure::Lasting(LOCKED, e.into()));
            }
            Err(e @ LockError::Held { .. }) => return Err(LockFailure::Told(e.into())),
            Err(e @ (LockError::Io { .. } | LockError::NoFlock { .. })) => {
                return Err(LockFailure::Lasting(FAILED, e.into()));
            }
        }
    }
    Ok(locks)
}

/// The lock that release detection and the commands of the release life cycle share: neither decides on what the other changes.
pub fn release_lock(ctx: &Context) -> Result<Lock, LockError> {
    let request = Request {
        job: "detect".to_owned(),
        scope: None,
        user: ctx.user.clone(),
        command: command_line(),
        now: ctx.now,
        limit: Some(LIFE_CYCLE_LIMIT.get()),
    };
    locks::acquire(&ctx.config.lock_dir, &request, Duration::ZERO, &ShutdownFlag::default())
}

fn command_line() -> String {
    std::env::args_os()
        .map(|a| a.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Refuses to run on a clock that is behind what was recorded already, or a year ahead of it.
fn check_clock(db: &mut Db, now: Timestamp, accept: bool) -> Result<(), Error> {
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
