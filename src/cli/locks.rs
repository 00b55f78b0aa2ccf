//! `mm-locks`: running, stalled and overdue jobs, and stale lock files.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, bail};
use clap::Parser;

use super::output::Report as _;
use super::run::{Context, Program};
use crate::config::HumanDuration;
use crate::job::exit::{ExitStatus, UsageError};
use crate::locks::{
    DEFAULT_STALL_LIMIT, LockEntry, LockState, clean, clean_legacy, directory, list_legacy, list_with_stall_limit,
    terminate_jobs,
};
use crate::model::Timestamp;
use crate::sys::file_error::FileError;
use crate::sys::{clock, user};

mod report;
mod selector;

use report::LocksReport;
pub(in crate::cli) use selector::JOBS;
use selector::JobSelector;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Show running, stalled and overdue jobs, and stale locks; terminate overdue jobs, remove stale locks.
///
/// The kernel holds a lock for the life of its process: a stale file blocks no job, and --clean is only needed for tidiness. A lock that is
/// held is never removed. A job is stalled if it, one of its child processes or its crawl of one mirror makes no progress; it is not
/// terminated before its deadline unless it is named. Termination affects the process that holds the lock and its descendants: SIGTERM
/// first, SIGKILL after the grace period. Processes that do not hold the lock which names them, and those of another machine, boot or
/// container, are never signaled.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-locks                          show jobs with phase, progress and deadline\n  \
    mm-locks --kill-hung --dry-run    show which jobs would be terminated\n  \
    mm-locks --kill-hung --clean      terminate overdue jobs, remove stale locks\n  \
    mm-locks --kill crawl/EPEL        terminate the crawl of EPEL, overdue or not\n  \
    mm-locks --wait crawl --timeout 10m && …   run a command when no crawl is running\n  \
    mm-locks --lock-dir /run/mirrormanager     show jobs while the config is broken"
)]
pub struct Args {
    /// Terminate overdue jobs, and child processes of dead jobs.
    #[arg(long)]
    kill_hung: bool,
    /// Terminate this job, in any state; without SCOPE, all scopes (repeatable).
    #[arg(long, value_name = "JOB[/SCOPE]")]
    kill: Vec<JobSelector>,
    /// Time between SIGTERM and SIGKILL.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    grace: HumanDuration,
    /// Remove stale lock files.
    #[arg(long)]
    clean: bool,
    /// Wait until no run holds the lock of this job; without SCOPE, all scopes (repeatable). Exits with 75 on timeout.
    #[arg(long, value_name = "JOB[/SCOPE]")]
    wait: Vec<JobSelector>,
    /// Limit for --wait; default: none.
    #[arg(long, value_name = "DURATION", requires = "wait")]
    timeout: Option<HumanDuration>,
    /// Use this lock directory, and do not read the config.
    ///
    /// If root started mm-locks, it becomes the owner of the directory.
    #[arg(long, value_name = "DIR")]
    lock_dir: Option<PathBuf>,
    /// Show a job as stalled after this time without progress.
    #[arg(long, value_name = "DURATION", default_value_t = HumanDuration::secs(DEFAULT_STALL_LIMIT.as_secs()))]
    #[arg(hide_short_help = true)]
    stalled_after: HumanDuration,
    /// Show what would be terminated and removed, without changing anything.
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    fn is_selected(&self, entry: &LockEntry, now: Timestamp) -> bool {
        self.kill.iter().any(|c| c.matches(entry)) || (self.kill_hung && is_overdue(entry, now))
    }

    /// Waits for the locks of `--wait`; returns false on timeout.
    fn wait(&self, ctx: &Context) -> Result<bool, Error> {
        let until = self.timeout.map(|t| Instant::now() + t.get());
        loop {
            let mut locks = self.list_locks(ctx, clock::now())?;
            locks.retain(|e| e.state.is_held());
            if !locks.iter().any(|e| self.wait.iter().any(|s| s.matches(e))) {
                return Ok(true);
            }
            if until.is_some_and(|u| Instant::now() >= u) {
                return Ok(false);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    fn dir<'a>(&'a self, ctx: &'a Context) -> &'a Path {
        self.lock_dir.as_deref().unwrap_or(&ctx.config.lock_dir)
    }

    fn list_locks(&self, ctx: &Context, now: Timestamp) -> Result<Vec<LockEntry>, Error> {
        let dir = self.dir(ctx);
        let listed = list_with_stall_limit(dir, now, self.stalled_after.get());
        Ok(listed.map_err(FileError::at("read the lock directory", dir))?)
    }

    /// Fails if files in the lock directory may be from other users, who could name any process in them.
    fn check_directory(&self, ctx: &Context) -> Result<(), Error> {
        let is_change = self.kill_hung || !self.kill.is_empty() || self.clean;
        match directory::find_problem(self.dir(ctx)) {
            Ok(Some(problem)) if is_change => bail!("nothing was terminated or removed: {problem}"),
            // The list names a problem of the directory as well.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Returns true if the job is past its deadline, or dead with running children. Uninterruptible sleep alone may be temporary.
fn is_overdue(entry: &LockEntry, now: Timestamp) -> bool {
    match entry.state {
        LockState::Overdue | LockState::Orphaned => true,
        LockState::Unkillable => entry.owner.as_ref().and_then(|h| h.deadline).is_some_and(|d| d < now),
        LockState::Live | LockState::Stalled | LockState::Unknown | LockState::Stale | LockState::Unreadable => false,
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-locks";
    const NOTHING_DONE: &'static str = "no job that --kill names is running";

    fn uses_config(&self) -> bool {
        self.lock_dir.is_none()
    }

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        if let Some(dir) = &self.lock_dir {
            // The directory of the config is created by the first job; that of an option is a typing error.
            if !dir.exists() {
                let shown = dir.display();
                return Err(UsageError(format!("--lock-dir {shown}: the directory does not exist")).into());
            }
            user::become_owner(dir, Self::NAME).map_err(UsageError)?;
        }
        self.check_directory(ctx)?;
        let before = self.list_locks(ctx, ctx.now)?;
        for selector in self.kill.iter().chain(&self.wait) {
            selector.check(&before).map_err(UsageError)?;
        }
        let selected: Vec<LockEntry> = before.into_iter().filter(|e| self.is_selected(e, ctx.now)).collect();
        let terminated = terminate_jobs(&selected, self.grace.get(), self.dry_run).context("terminating processes")?;
        let legacy_dir = &ctx.config.legacy_lock_dir;
        let (mut removed, mut removed_legacy) = (Vec::new(), Vec::new());
        if self.clean {
            let dir = self.dir(ctx);
            removed = clean(dir, ctx.now, self.dry_run).map_err(FileError::at("clean the lock directory", dir))?;
            removed_legacy = clean_legacy(legacy_dir, self.dry_run)
                .map_err(FileError::at("clean the legacy_lock_dir of the config", legacy_dir))?;
        }
        let waits = !self.wait.is_empty() && !self.dry_run;
        let free = waits.then(|| self.wait(ctx)).transpose()?;
        let now = clock::now();
        let report = LocksReport {
            now,
            directory_problem: directory::find_problem(self.dir(ctx))
                .ok()
                .flatten()
                .map(|p| p.to_string()),
            locks: self.list_locks(ctx, now)?,
            legacy: list_legacy(legacy_dir)
                .with_context(|| format!("reading {}, the legacy_lock_dir of the config", legacy_dir.display()))?,
            termination_requested: self.kill_hung || !self.kill.is_empty(),
            cleanup_requested: self.clean,
            are_named: !self.kill.is_empty(),
            terminated,
            removed,
            removed_legacy,
            free,
            dry_run: self.dry_run,
        };
        for job in &report.terminated {
            tracing::warn!(?job, dry_run = self.dry_run, exit = ?report.exit(), "job terminated");
        }
        ctx.print(&report)
    }
}
