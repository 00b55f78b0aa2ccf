//! `mm-locks`: who runs, who hangs, which lock file is stale.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};
use clap::Parser;

use super::output::Report as _;
use super::run::{Context, Program};
use crate::config::HumanDuration;
use crate::job::exit::{ExitStatus, UsageError};
use crate::locks::{LockEntry, LockState, clean, clean_legacy, list, list_legacy, terminate_jobs};
use crate::model::Timestamp;
use crate::sys::clock;

mod report;
mod selector;

use report::LocksReport;
pub(in crate::cli) use selector::JOBS;
use selector::JobSelector;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Show running jobs, overdue jobs and stale locks; terminate overdue jobs, remove stale locks.
///
/// The kernel holds a lock for the life of its process: a stale file blocks no job, and --clean is only needed for tidiness. A lock that is
/// held is never removed. Termination affects the process that holds the lock and its descendants: SIGTERM first, SIGKILL after
/// the grace period. Processes of another machine, boot or container are never signaled.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-locks                          show jobs with phase, progress and deadline\n  \
    mm-locks --kill-hung --dry-run    show which jobs would be terminated\n  \
    mm-locks --kill-hung --clean      terminate overdue jobs, remove stale locks\n  \
    mm-locks --kill crawl/EPEL        terminate the crawl of EPEL, overdue or not\n  \
    mm-locks --wait crawl --timeout 10m && …   run a command when no crawl is running"
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
            let mut locks = list_locks(ctx, clock::now())?;
            locks.retain(|e| matches!(e.state, LockState::Live | LockState::Overdue | LockState::Unkillable));
            if !locks.iter().any(|e| self.wait.iter().any(|s| s.matches(e))) {
                return Ok(true);
            }
            if until.is_some_and(|u| Instant::now() >= u) {
                return Ok(false);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// Returns true if the job is past its deadline, or dead with running children. Uninterruptible sleep alone may be temporary.
fn is_overdue(entry: &LockEntry, now: Timestamp) -> bool {
    match entry.state {
        LockState::Overdue | LockState::Orphaned => true,
        LockState::Unkillable => entry.owner.as_ref().and_then(|h| h.deadline).is_some_and(|d| d < now),
        LockState::Live | LockState::Stale | LockState::Unreadable => false,
    }
}

fn list_locks(ctx: &Context, now: Timestamp) -> Result<Vec<LockEntry>, Error> {
    let dir = &ctx.config.lock_dir;
    list(dir, now).with_context(|| {
        let dir = dir.display();
        format!("reading {dir}; lock_dir of the config must be a directory that this user can read")
    })
}

impl Program for Args {
    const NAME: &'static str = "mm-locks";

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        let before = list_locks(ctx, ctx.now)?;
        for selector in self.kill.iter().chain(&self.wait) {
            selector.check(&before).map_err(UsageError)?;
        }
        let selected: Vec<LockEntry> = before.into_iter().filter(|e| self.is_selected(e, ctx.now)).collect();
        let terminated = terminate_jobs(&selected, self.grace.get(), self.dry_run).context("terminating processes")?;
        let legacy_dir = &ctx.config.legacy_lock_dir;
        let (mut removed, mut removed_legacy) = (Vec::new(), Vec::new());
        if self.clean {
            let dir = &ctx.config.lock_dir;
            removed = clean(dir, ctx.now, self.dry_run).with_context(|| {
                let dir = dir.display();
                format!("cleaning {dir}; this needs write permission for the directory")
            })?;
            removed_legacy = clean_legacy(legacy_dir, self.dry_run)
                .with_context(|| format!("cleaning {}, the legacy_lock_dir of the config", legacy_dir.display()))?;
        }
        let waits = !self.wait.is_empty() && !self.dry_run;
        let free = waits.then(|| self.wait(ctx)).transpose()?;
        let now = clock::now();
        let report = LocksReport {
            now,
            locks: list_locks(ctx, now)?,
            legacy: list_legacy(legacy_dir)
                .with_context(|| format!("reading {}, the legacy_lock_dir of the config", legacy_dir.display()))?,
            termination_requested: self.kill_hung || !self.kill.is_empty(),
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
