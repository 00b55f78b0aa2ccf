//! What `mm-locks` found and did, in words.

use std::io;

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::config::HumanDuration;
use crate::locks::{LegacyLock, LockEntry, LockOwner, LockState, OldState, TerminatedJob};
use crate::model::Timestamp;
use crate::sys::terminate::TerminationOutcome;

/// What lies in the lock directory, and what was done about it.
#[derive(Debug, Serialize)]
pub struct LocksReport {
    /// When it was looked at.
    pub(super) now: Timestamp,
    /// What is there, after all that was done.
    pub(super) locks: Vec<LockEntry>,
    /// Whether somebody was to be ended.
    #[serde(skip)]
    pub(super) asked_to_end: bool,
    /// The jobs that were ended, or would be.
    pub(super) ended: Vec<TerminatedJob>,
    /// The files that were removed, or would be.
    pub(super) removed: Vec<LockEntry>,
    /// What lies in the old system's lock directory.
    pub(super) old: Vec<LegacyLock>,
    /// The files that were removed there, or would be.
    pub(super) removed_old: Vec<LegacyLock>,
    /// Whether what was waited for is free; `None` = nothing was waited for.
    pub(super) free: Option<bool>,
    pub(super) dry_run: bool,
}

impl Report for LocksReport {
    fn exit(&self) -> ExitStatus {
        let left = self.ended.iter().filter(|e| e.lives()).count();
        if left > 0 && left == self.ended.len() {
            ExitStatus::Failed
        } else if left > 0 {
            ExitStatus::Partial
        } else if self.free == Some(false) {
            ExitStatus::Locked
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for job in &self.ended {
            write_ended(job, out)?;
        }
        if self.asked_to_end && self.ended.is_empty() {
            out.line("nobody to end")?;
        }
        let ours = self.removed.iter().map(|e| &e.path);
        for path in ours.chain(self.removed_old.iter().map(|o| &o.path)) {
            let verb = if self.dry_run { "would remove" } else { "removed" };
            out.line(format!("{verb} {}", path.display()))?;
        }
        if self.free == Some(false) {
            out.line("still held: the time is over")?;
        }
        self.write_locks(out)?;
        self.write_old(out)
    }
}

impl LocksReport {
    fn write_locks(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.locks.is_empty() {
            return out.line("no locks: nothing runs");
        }
        let rows: Vec<Vec<String>> = self.locks.iter().map(|e| row(e, self.now, out)).collect();
        out.table(
            &[
                "JOB", "SCOPE", "STATE", "PID", "HOST", "USER", "SINCE", "DEADLINE", "HEARD", "DOES",
            ],
            &rows,
        )
    }
}

impl LocksReport {
    fn write_old(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.old.is_empty() {
            return Ok(());
        }
        out.line("")?;
        let row = |o: &LegacyLock| {
            let tone = match o.state {
                OldState::Live => Style::Good,
                OldState::Stale => Style::Dim,
                OldState::Unknown | OldState::Foreign => Style::Warn,
            };
            vec![
                o.path.display().to_string(),
                out.paint(tone, o.state.as_str()),
                o.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
                o.command.clone(),
            ]
        };
        let rows: Vec<Vec<String>> = self.old.iter().map(row).collect();
        out.table(&["OLD LOCK FILE", "STATE", "PID", "IS NOW"], &rows)
    }
}

fn write_ended(job: &TerminatedJob, out: &mut TextOutput<'_>) -> io::Result<()> {
    let names: Vec<String> = job.locks.iter().map(|(job, scope)| named(job, scope)).collect();
    let names = names.join(", ");
    if let Some(why) = &job.left {
        return out.line(format!("{} {names}: {why}", out.paint(Style::Bad, "not ended")));
    }
    if job.processes.is_empty() {
        return out.line(format!("{names}: none of its processes lives"));
    }
    for p in &job.processes {
        let (tone, verb) = match p.fate {
            TerminationOutcome::Selected => (Style::Warn, "would end"),
            TerminationOutcome::Terminated => (Style::Good, "ended"),
            TerminationOutcome::Killed => (Style::Good, "killed"),
            TerminationOutcome::StillAlive => (Style::Bad, "could not end"),
        };
        out.line(format!(
            "{} {names} ({}): pid {} {}",
            out.paint(tone, verb),
            job.state.as_str(),
            p.process.pid,
            p.command
        ))?;
    }
    Ok(())
}

fn named(job: &str, scope: &str) -> String {
    if scope.is_empty() {
        job.to_owned()
    } else {
        format!("{job}/{scope}")
    }
}

fn row(entry: &LockEntry, now: Timestamp, out: &TextOutput<'_>) -> Vec<String> {
    let tone = match entry.state {
        LockState::Live => Style::Good,
        LockState::Stale => Style::Dim,
        LockState::Orphans | LockState::Unreadable => Style::Warn,
        LockState::Overdue | LockState::Unkillable => Style::Bad,
    };
    let dash = || "-".to_owned();
    let of = |f: &dyn Fn(&LockOwner) -> String| entry.holder.as_ref().map_or_else(dash, f);
    let status = entry.status.as_ref();
    let does = status.map_or_else(dash, |s| {
        if s.total > 0 {
            format!("{} {}/{}", s.phase, s.done, s.total)
        } else {
            s.phase.clone()
        }
    });
    // A job says every ten seconds that it lives.
    let heard = status.map_or_else(dash, |s| {
        format!("{} ago", HumanDuration::secs(now.since(s.at).as_secs()))
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
        heard,
        does,
    ]
}
