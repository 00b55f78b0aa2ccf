//! The life of a batch run: clock check, locks, the `run` row, the watchdog, alerts and the metrics file.
//!
//! [`Job::start`] fails if the job cannot run now: the clock is wrong, another run holds a lock, or an operator paused the job.
//! Its caller ends a run with [`Job::finish`] or [`Job::fail`]; both record the result in the database. A run that is killed leaves
//! a `run` row without an end, and its locks are free.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Error};
use serde_json::Value;

use crate::config::{Config, HumanDuration};
use crate::db::{self, Db, DbError};
use crate::locks::{self, Lock, LockError, LockKeeper, LockSet, Request};
use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::pause::{PauseStatus, pause_status};
use crate::model::run;
use crate::sys;
use crate::sys::errors::format_chain;
use crate::sys::signals::ShutdownFlag;

mod clock_check;
pub(crate) mod exit;
pub(crate) mod metrics;
pub(crate) mod problem;
mod reporter;

use clock_check::{AcceptedClock, ClockError};
use exit::{AlreadyReported, ExitStatus, JobPaused, NothingDone, exit_status};
use reporter::Reporter;
pub(crate) use reporter::{send_resolved, send_unrecorded};

/// Time after which `mm-locks` shows a decision of an operator, which takes seconds, as overdue.
pub(crate) const LIFE_CYCLE_LIMIT: Duration = Duration::from_mins(10);

/// Keys of alerts about the job as such. Every run that finishes can resolve them.
const FAILED: &str = "failed";
const LOCKED: &str = "locked";
const PROGRAM: &str = "program";
const PAUSED: &str = "paused";
/// Prefix of the key for a paused scope.
const PAUSED_SCOPE: &str = "paused ";

/// A program that was started, and its environment.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) program: &'static str,
    pub(crate) config: Config,
    /// The start of the program.
    pub now: Timestamp,
    /// The user who started the program, and the one before sudo, if any: see [`sys::user::invoking_user`].
    pub user: String,
    /// True if an operator watches the run: stderr is a terminal, or `-v` was given.
    pub(crate) is_interactive: bool,
    /// Suppresses messages about resolved alerts.
    pub(crate) quiet: bool,
    pub(crate) log_failure: LogFailure,
}

/// The reason why a log cannot be written, once that has failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogFailure(Arc<OnceLock<String>>);

impl LogFailure {
    /// Keeps the first reason.
    pub(crate) fn set(&self, reason: impl FnOnce() -> String) {
        self.0.get_or_init(reason);
    }

    fn get(&self) -> Option<&String> {
        self.0.get()
    }
}

/// The locks of a run as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum JobLocks {
    /// One per scope, or one for the whole job if it has no scopes.
    #[default]
    PerScope,
    /// None: the run takes the locks of the hosts that it works on.
    HostsOnly,
}

/// Options of one run; see the help of the programs.
#[derive(Debug)]
pub(crate) struct JobOptions {
    pub dry_run: bool,
    pub locks: JobLocks,
    pub lock_wait: Duration,
    pub quiet_if_locked: bool,
    /// Overrides the config.
    pub max_runtime: Option<HumanDuration>,
    pub metrics_file: Option<PathBuf>,
    pub ignore_pause: bool,
    pub ignore_clock: bool,
    /// True if the command line names what to work on. Such a run, and one that an operator watches, has not done what it was asked
    /// for if that is paused; a regular run from cron has.
    pub is_named: bool,
}

/// The report of a job.
pub(crate) trait JobReport {
    /// The statistics that are stored with the run.
    fn stats(&self) -> serde_json::Result<Value>;

    /// The alerts by key. The key of an alert stays the same while the problem persists.
    fn alerts(&self) -> BTreeMap<String, String>;

    /// True if an alert of [`Self::alerts`] tells of an end, such as a retention that expired: it is reported once, and not resolved
    /// later.
    fn is_final(&self, _key: &str) -> bool {
        false
    }

    /// True if this run checked the subject of an alert: only then is an alert resolved that [`Self::alerts`] lacks.
    fn is_checked(&self, _key: &str, _config: &Config) -> bool {
        true
    }
}

/// A running job. Its locks are released when it is dropped.
#[derive(Debug)]
pub(crate) struct Job {
    /// The database connection of the run.
    pub db: Db,
    /// The row in `run`; `None` in a dry run.
    pub run: Option<RunId>,
    /// Set when the job must stop early.
    pub stop: ShutdownFlag,
    /// End of the time limit.
    pub deadline: Timestamp,
    /// The paused scopes, each with the reason; the job must skip them.
    pub paused_scopes: BTreeMap<String, String>,
    reporter: Reporter,
    log_failure: LogFailure,
    /// What is unusual about the clock; empty = nothing.
    clock_note: String,
    locks: LockKeeper,
}

impl Job {
    /// Starts a job: checks the clock, takes one lock per scope in sorted order (without scopes, one lock for the whole job), starts
    /// the watchdog and inserts the row in `run`. A dry run takes no lock and inserts no row; [`JobLocks::HostsOnly`] takes no lock.
    ///
    /// A paused job does not start; that is reported once, with exit status 0, or 3 if the run was asked for by hand or by name.
    /// Paused scopes get no lock, and are listed in `paused_scopes`. `default_limit` applies if neither the options nor the config limit the runtime.
    pub(crate) fn start(
        invocation: &Invocation,
        options: &JobOptions,
        name: &'static str,
        scopes: &[String],
        default_limit: HumanDuration,
    ) -> Result<Self, Error> {
        let configured = invocation.config.limits.get(name);
        let limit = options.max_runtime.or(configured).unwrap_or(default_limit).get();
        let reporter = Reporter {
            program: invocation.program,
            is_interactive: invocation.is_interactive,
            quiet: invocation.quiet,
            job: name,
            scope: scopes.join(", "),
            started: invocation.now,
            metrics_file: options.metrics_file.clone().filter(|_| !options.dry_run),
            lock_dir: invocation.config.lock_dir.clone(),
            mail: invocation.config.mail.clone(),
        };
        Self::start_with(invocation, options, scopes, limit, reporter.clone()).inspect_err(|e| {
            // Of all errors only a pause has the status `Done`.
            let exit = exit_status(e);
            reporter.write_metrics(exit, exit == ExitStatus::Done, &Value::Null);
        })
    }

    fn start_with(
        invocation: &Invocation,
        options: &JobOptions,
        scopes: &[String],
        limit: Duration,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let (name, now) = (reporter.job, invocation.now);
        let stop = sys::signals::watch().context("watching for signals")?;
        // The database or the wait for another run can hang as well.
        let start_limit = limit + options.lock_wait;
        sys::watchdog::start(invocation.program, start_limit, stop.clone()).context("starting the watchdog")?;
        let mut db = Db::open(&invocation.config)?;
        let clock_note = check_clock(&mut db, invocation, options, &reporter)?;
        // Without it, a process that leaves its group survives the job.
        if let Err(e) = sys::child::adopt_strays() {
            tracing::warn!(error = %e, "cannot adopt the processes that leave the group of a child");
        }
        let mut locks = Vec::new();
        let mut run = None;
        let mut paused_scopes = BTreeMap::new();
        if !options.dry_run {
            let pauses = db.read(|tx| db::pause::active(tx, now))?;
            paused_scopes = match pause_status(&pauses, name, scopes, now) {
                _ if options.ignore_pause => BTreeMap::new(),
                PauseStatus::Parts(parts) => parts,
                PauseStatus::Whole(why) => {
                    let error = if options.is_named || invocation.is_interactive {
                        NothingDone(why).into()
                    } else {
                        JobPaused(why).into()
                    };
                    return Err(reporter.report_once(&mut db, PAUSED, error));
                }
            };
            let scopes = scopes.iter().filter(|s| !paused_scopes.contains_key(*s));
            let taken = match options.locks {
                JobLocks::HostsOnly => Ok(Vec::new()),
                JobLocks::PerScope => take_locks(invocation, options, name, scopes.cloned().collect(), limit, &stop),
            };
            locks = match taken {
                Ok(locks) => locks,
                Err((None, e)) => return Err(e),
                Err((Some(key), e)) => return Err(reporter.report_once(&mut db, key, e)),
            };
            remove_stale_locks(invocation);
            run = Some(db.write(|tx| db::run::begin(tx, name, &reporter.scope, now, &invocation.user))?);
        }
        sys::watchdog::start(invocation.program, limit, stop.clone()).context("starting the watchdog")?;
        Ok(Self {
            db,
            run,
            stop: stop.clone(),
            deadline: now.plus(limit),
            paused_scopes,
            reporter,
            log_failure: invocation.log_failure.clone(),
            clock_note,
            locks: LockKeeper::start(invocation.config.lock_dir.clone(), locks, stop)
                .context("starting the thread that keeps the locks")?,
        })
    }

    /// Returns the locks of the job, to which those of hosts are added.
    pub(crate) fn lock_set(&self) -> LockSet {
        self.locks.lock_set().clone()
    }

    /// Publishes the phase and progress for `mm-locks`; takes the locks again if their files were removed.
    pub(crate) fn set_phase(&mut self, phase: &str, done: usize, total: usize) -> Result<(), LockError> {
        let count = |n| u64::try_from(n).unwrap_or(u64::MAX);
        sys::watchdog::set_step(phase);
        self.locks.set_phase(phase, count(done), count(total))
    }

    /// Updates the row of the run, and reports alerts that appeared, persist or are resolved. `nothing_done` is true if the run did not
    /// do what it was asked for, whatever its `exit`.
    pub(crate) fn finish(
        mut self,
        report: &impl JobReport,
        exit: ExitStatus,
        nothing_done: bool,
        config: &Config,
    ) -> Result<(), Error> {
        let exit = if nothing_done { ExitStatus::Partial } else { exit };
        let mut alerts = report.alerts();
        let reporter = &self.reporter;
        let Some(run) = self.run else {
            reporter.print_all(&alerts);
            return Ok(());
        };
        let mut stats = report.stats()?;
        if nothing_done && let Some(stats) = stats.as_object_mut() {
            stats.insert(run::NOTHING_DONE.to_owned(), true.into());
        }
        let paused = self.paused_scopes.iter();
        alerts.extend(paused.map(|(scope, why)| (format!("{PAUSED_SCOPE}{scope}"), why.clone())));
        alerts.extend(self.log_failure.get().map(|w| (PROGRAM.to_owned(), w.clone())));
        let message = alerts.values().next().unwrap_or(&self.clock_note).clone();
        let is_checked = |key: &str| {
            [FAILED, LOCKED, PROGRAM, PAUSED].contains(&key)
                || key.starts_with(PAUSED_SCOPE)
                || report.is_checked(key, config)
        };
        let now = sys::clock::now();
        let changes = self.db.write(|tx| {
            db::run::end(tx, run, now, i64::from(exit.code()), &stats, &message)?;
            let changes = db::alert::update(tx, reporter.job, &reporter.scope, &alerts, &is_checked, now)?;
            for key in alerts.keys().filter(|key| report.is_final(key)) {
                db::alert::remove(tx, reporter.job, &reporter.scope, key)?;
            }
            reporter.record(tx, &changes, now)?;
            Ok::<_, DbError>(changes)
        })?;
        if reporter.is_interactive {
            // Only cron is spared repetitions.
            reporter.print_all(&alerts);
        }
        reporter.report(&mut self.db, &changes, now);
        tracing::info!(exit = exit.code(), "run finished");
        tracing::debug!(stats = metrics::format_stats(&stats), "statistics of the run");
        reporter.write_metrics(exit, false, &stats);
        self.locks.take_lost().map_or(Ok(()), |e| Err(e.into()))
    }

    /// Records the failure of the run, and returns the error for `main` to print.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        let error = self.locks.take_lost().map_or(error, Error::from);
        let is_replaced =
            |e: &(dyn std::error::Error + 'static)| matches!(e.downcast_ref(), Some(DbError::Replaced(_)));
        if error.chain().any(is_replaced) {
            // The row of the run is not in the new database, and nothing can be recorded in the old one.
            self.reporter.write_metrics(exit_status(&error), false, &Value::Null);
            return error;
        }
        let Some(run) = self.run else { return error };
        let (message, exit) = (format_chain(error.as_ref()), exit_status(&error));
        tracing::error!(%message, "run failed");
        self.reporter.write_metrics(exit, false, &Value::Null);
        let (now, code) = (sys::clock::now(), i64::from(exit.code()));
        let nothing_done = NothingDone::is_cause_of(&error);
        let stats = if nothing_done {
            serde_json::json!({ run::NOTHING_DONE: true })
        } else {
            Value::Null
        };
        let recorded = self.db.write(|tx| db::run::end(tx, run, now, code, &stats, &message));
        if let Err(e) = recorded {
            self.reporter.print(&format!("cannot record the failed run: {e}"));
        }
        if exit == ExitStatus::Usage || nothing_done {
            // What is wrong with a command is reported each time.
            return error;
        }
        self.reporter.report_once(&mut self.db, FAILED, error)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // Workers that were abandoned may have left children.
        sys::child::kill_all();
    }
}

/// Checks the clock, and returns a note for the row of the run.
fn check_clock(
    db: &mut Db,
    invocation: &Invocation,
    options: &JobOptions,
    reporter: &Reporter,
) -> Result<String, Error> {
    let (now, accept, write) = (invocation.now, options.ignore_clock, !options.dry_run);
    let problem = match clock_check::check(db, &invocation.config, now, accept, write) {
        Ok(AcceptedClock { note, set_back }) => {
            if set_back > 0 {
                reporter.print(&format!(
                    "{set_back} recorded times were later than the clock; they are now {now}"
                ));
            }
            return Ok(note);
        }
        Err(ClockError::Db(e)) => return Err(e.into()),
        Err(ClockError::Refused(problem)) => problem,
    };
    let accept = format!("{} --ignore-clock", invocation.program);
    let error = Error::msg(problem.describe_with_advice(&accept));
    Err(if options.dry_run {
        error
    } else {
        reporter.report_once(db, FAILED, error)
    })
}

/// Takes the locks. An error comes with the key of its alert; without a key it is reported each time.
///
/// With `--quiet-if-locked` only the exit status reports a lock owner within its deadline, and one past it is an alert.
fn take_locks(
    invocation: &Invocation,
    options: &JobOptions,
    name: &str,
    mut scopes: Vec<String>,
    limit: Duration,
    stop: &ShutdownFlag,
) -> Result<Vec<Lock>, (Option<&'static str>, Error)> {
    scopes.sort();
    scopes.dedup();
    let mut scopes: Vec<Option<String>> = scopes.into_iter().map(Some).collect();
    if scopes.is_empty() {
        scopes.push(None);
    }
    let wait = options.lock_wait;
    let take = |scope| {
        let request = lock_request(invocation, name, scope, limit);
        locks::acquire(&invocation.config.lock_dir, &request, wait, stop).map_err(|e| match e {
            LockError::Held { ref owner, .. } => {
                let deadline = owner.as_ref().and_then(|h| h.deadline);
                match options.quiet_if_locked {
                    true if deadline.is_none_or(|d| invocation.now <= d) => {
                        (None, AlreadyReported(ExitStatus::Locked).into())
                    }
                    true => (Some(LOCKED), e.into()),
                    false => (None, e.into()),
                }
            }
            LockError::Io { .. } | LockError::NoFlock { .. } | LockError::UnsafeDirectory(_) => {
                (Some(FAILED), e.into())
            }
        })
    };
    scopes.into_iter().map(take).collect()
}

/// Removes the lock files that killed runs left, such as those of hosts that are no longer registered.
fn remove_stale_locks(invocation: &Invocation) {
    match locks::clean(&invocation.config.lock_dir, invocation.now, false) {
        Ok(removed) if removed.is_empty() => {}
        Ok(removed) => tracing::info!(count = removed.len(), "removed the lock files of killed runs"),
        Err(e) => tracing::warn!(error = %e, "cannot remove the lock files of killed runs"),
    }
}

/// Takes the lock shared by release detection and the commands of the release life cycle, which change the same rows.
pub(crate) fn acquire_release_lock(invocation: &Invocation) -> Result<Lock, LockError> {
    acquire_command_lock(invocation, "detect", None)
}

/// Takes the lock of a job for one scope, for a command that changes the same rows.
pub(crate) fn acquire_scope_lock(invocation: &Invocation, job: &str, scope: &str) -> Result<Lock, LockError> {
    acquire_command_lock(invocation, job, Some(scope.to_owned()))
}

fn acquire_command_lock(invocation: &Invocation, job: &str, scope: Option<String>) -> Result<Lock, LockError> {
    let request = lock_request(invocation, job, scope, LIFE_CYCLE_LIMIT);
    let stop = ShutdownFlag::default();
    locks::acquire(&invocation.config.lock_dir, &request, Duration::ZERO, &stop)
}

pub(crate) fn lock_request(invocation: &Invocation, job: &str, scope: Option<String>, limit: Duration) -> Request {
    let words = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
    Request {
        job: job.to_owned(),
        scope,
        user: invocation.user.clone(),
        command: words.collect::<Vec<_>>().join(" "),
        now: invocation.now,
        limit: Some(limit),
    }
}
