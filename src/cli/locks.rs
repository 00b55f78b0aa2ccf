//! `mm-locks`: who runs, who hangs, which lock file is stale.

use std::io;
use std::process::ExitCode;

use anyhow::{Context as _, Error};
use clap::Parser;
use serde::Serialize;

use super::args::CommonArgs;
use super::output::{Page, Report, Tone};
use super::run::{Context, Program};
use crate::locks::{Entry, State, clean, survey};
use crate::model::Epoch;

/// Show who runs, who hangs and which lock file is stale; remove stale ones.
///
/// A lock is held by the kernel for the life of its process: a file that a dead job left behind stops nobody, and --clean is
/// only tidying. A lock that somebody holds is never removed.
#[derive(Debug, Parser)]
pub struct Args {
    /// Remove lock files that nobody holds.
    #[arg(long)]
    clean: bool,
    /// With --clean: only show which.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// What lies in the lock directory.
#[derive(Debug, Serialize)]
pub struct LocksReport {
    /// When it was looked at.
    now: Epoch,
    /// What is there (after the cleaning, if there was one).
    locks: Vec<Entry>,
    /// What was removed, or would be.
    removed: Vec<Entry>,
    dry_run: bool,
}

impl Report for LocksReport {
    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        for entry in &self.removed {
            let verb = if self.dry_run { "would remove" } else { "removed" };
            out.line(format!("{verb} {}", entry.path.display()))?;
        }
        if self.locks.is_empty() {
            return out.line("no locks: nothing runs");
        }
        let rows: Vec<Vec<String>> = self.locks.iter().map(|e| row(e, out)).collect();
        out.table(
            &[
                "JOB", "SCOPE", "STATE", "PID", "HOST", "USER", "SINCE", "DEADLINE", "DOES",
            ],
            &rows,
        )
    }
}

fn row(entry: &Entry, out: &Page<'_>) -> Vec<String> {
    let tone = match entry.state {
        State::Live => Tone::Good,
        State::Stale => Tone::Dim,
        State::Orphans | State::Foreign => Tone::Warn,
        State::Hung | State::Unkillable => Tone::Bad,
    };
    let dash = || "-".to_owned();
    let of = |f: &dyn Fn(&crate::locks::Holder) -> String| entry.holder.as_ref().map_or_else(dash, f);
    let does = entry.status.as_ref().map_or_else(dash, |s| {
        if s.total > 0 {
            format!("{} {}/{}", s.phase, s.done, s.total)
        } else {
            s.phase.clone()
        }
    });
    vec![
        entry.job.clone(),
        if entry.scope.is_empty() {
            dash()
        } else {
            entry.scope.clone()
        },
        out.paint(tone, entry.state.as_str()),
        of(&|h| h.pid.to_string()),
        of(&|h| h.host.clone()),
        of(&|h| h.user.clone()),
        of(&|h| h.since.to_string()),
        of(&|h| h.deadline.map_or_else(dash, |d| d.to_string())),
        does,
    ]
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

    fn run(self, cx: &Context) -> Result<LocksReport, Error> {
        let dir = &cx.config.lock_dir;
        let removed = if self.clean {
            clean(dir, cx.now, self.dry_run).with_context(|| format!("cleaning {}", dir.display()))?
        } else {
            Vec::new()
        };
        let locks = survey(dir, cx.now).with_context(|| format!("reading {}", dir.display()))?;
        Ok(LocksReport {
            now: cx.now,
            locks,
            removed,
            dry_run: self.dry_run,
        })
    }
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
