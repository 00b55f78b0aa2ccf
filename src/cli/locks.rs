//! `mm-locks`: who runs, who hangs, which lock file is stale.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error};
use clap::Parser;

use super::args::CommonArgs;
use super::exit::UsageError;
use super::output::Report as _;
use super::run::{Context, Program};
use crate::config::HumanDuration;
use crate::locks::{LegacyLock, LockEntry, LockState, clean, clean_old, finish, list, old_locks};
use crate::model::Timestamp;
use crate::sys::clock;

mod chosen;
mod report;

use chosen::JobSelector;
pub use report::LocksReport;

/// How often it is looked whether a job that is waited for is done.
const PAUSE: Duration = Duration::from_millis(200);

/// Show who runs, who hangs and which lock file is stale; end what hangs, remove what is stale.
///
/// A lock is held by the kernel for the life of its process: a file that a dead job left behind stops nobody, and --clean is
/// only tidying. A lock that somebody holds is never removed. What is ended is exactly the process that holds the lock and what it
/// started: told first, killed after the grace. Nothing of another machine, boot or container is touched.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-locks                          what runs, what it does, until when it may\n  \
    mm-locks --kill-hung --dry-run    whom that would end\n  \
    mm-locks --kill-hung --clean      end what hangs, and tidy\n  \
    mm-locks --kill crawl/EPEL        end the crawl of EPEL, however well it is\n  \
    mm-locks --wait crawl --timeout 10m && …   once no crawl runs"
)]
pub struct Args {
    /// End the jobs that are past their deadline, and what dead jobs left running.
    #[arg(long)]
    kill_hung: bool,
    /// End this job, whatever its state; without a scope all of that name. May be given several times.
    #[arg(long, value_name = "JOB[/SCOPE]")]
    kill: Vec<JobSelector>,
    /// How long those that are told to end may take before they are killed.
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    grace: HumanDuration,
    /// Remove lock files that nobody holds.
    #[arg(long)]
    clean: bool,
    /// Wait until nobody holds the lock of this job; without a scope of all of that name. Ends with 75 when the time is over.
    #[arg(long, value_name = "JOB[/SCOPE]")]
    wait: Vec<JobSelector>,
    /// With --wait: the longest. Without it: for ever.
    #[arg(long, value_name = "DURATION", requires = "wait")]
    timeout: Option<HumanDuration>,
    /// Only show what would be ended and removed.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl Args {
    /// Whether this lock's job is to be ended.
    fn is_selected(&self, entry: &LockEntry, now: Timestamp) -> bool {
        self.kill.iter().any(|c| c.matches(entry)) || (self.kill_hung && is_overdue(entry, now))
    }

    /// Waits until nobody holds a lock that is meant; says whether that came true.
    fn wait(&self, ctx: &Context) -> Result<bool, Error> {
        let until = self.timeout.map(|t| Instant::now() + t.get());
        loop {
            let locks = listed(ctx, clock::now())?;
            let held = |e: &LockEntry| matches!(e.state, LockState::Live | LockState::Overdue | LockState::Unkillable);
            if !locks.iter().any(|e| held(e) && self.wait.iter().any(|c| c.matches(e))) {
                return Ok(true);
            }
            if until.is_some_and(|u| Instant::now() >= u) {
                return Ok(false);
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Past its deadline, or dead with children that live. One that waits in the kernel at this moment may be well.
fn is_overdue(entry: &LockEntry, now: Timestamp) -> bool {
    match entry.state {
        LockState::Overdue | LockState::Orphans => true,
        LockState::Unkillable => entry.holder.as_ref().and_then(|h| h.deadline).is_some_and(|d| d < now),
        LockState::Live | LockState::Stale | LockState::Unreadable => false,
    }
}

fn listed(ctx: &Context, now: Timestamp) -> Result<Vec<LockEntry>, Error> {
    let dir = &ctx.config.lock_dir;
    list(dir, now).with_context(|| {
        format!(
            "reading {}; it is the lock_dir of the config, and has to be a directory that this user can read",
            dir.display()
        )
    })
}

fn listed_old(ctx: &Context) -> Result<Vec<LegacyLock>, Error> {
    let dir = &ctx.config.old_lock_dir;
    old_locks(dir).with_context(|| format!("reading {}, the old_lock_dir of the config", dir.display()))
}

impl Program for Args {
    const NAME: &'static str = "mm-locks";
    type Report = LocksReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.dry_run
    }

    fn run(self, ctx: &Context) -> Result<LocksReport, Error> {
        let dir = &ctx.config.lock_dir;
        let before = listed(ctx, ctx.now)?;
        for chosen in self.kill.iter().chain(&self.wait) {
            chosen.check(&before).map_err(UsageError)?;
        }
        let doomed: Vec<LockEntry> = before.into_iter().filter(|e| self.is_selected(e, ctx.now)).collect();
        let ended = finish(&doomed, self.grace.get(), self.dry_run).context("ending processes")?;
        let removed = if self.clean {
            clean(dir, ctx.now, self.dry_run).with_context(|| {
                format!(
                    "cleaning {}; whoever does that needs to be able to write there",
                    dir.display()
                )
            })?
        } else {
            Vec::new()
        };
        let old = &ctx.config.old_lock_dir;
        let removed_old = if self.clean {
            clean_old(old, self.dry_run).with_context(|| format!("cleaning {}, the old_lock_dir", old.display()))?
        } else {
            Vec::new()
        };
        let free = if self.wait.is_empty() || self.dry_run {
            None
        } else {
            Some(self.wait(ctx)?)
        };
        let now = clock::now();
        let report = LocksReport {
            now,
            locks: listed(ctx, now)?,
            old: listed_old(ctx)?,
            asked_to_end: self.kill_hung || !self.kill.is_empty(),
            ended,
            removed,
            removed_old,
            free,
            dry_run: self.dry_run,
        };
        for job in &report.ended {
            tracing::warn!(?job, dry_run = self.dry_run, exit = ?report.exit(), "ended");
        }
        Ok(report)
    }
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
