//! The report of `mm-locks`.

use std::io;

use serde::Serialize;

use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::config::HumanDuration;
use crate::job::exit::ExitStatus;
use crate::locks::{
    LegacyLock, LegacyLockState, LockEntry, LockState, TerminatedJob, describe_holder, kill_stalled_command,
};
use crate::model::Timestamp;
use crate::sys::terminate::TerminationOutcome;

/// The number of stalls that are named in one row.
const MAX_STALLS: usize = 3;

/// The locks, and the results of termination, cleanup and waiting.
#[derive(Debug, Serialize)]
pub(super) struct LocksReport {
    pub(super) now: Timestamp,
    /// The reason why jobs refuse the lock directory, with the command that corrects it.
    pub(super) directory_problem: Option<String>,
    /// The locks after termination and cleanup.
    pub(super) locks: Vec<LockEntry>,
    #[serde(skip)]
    pub(super) termination_requested: bool,
    #[serde(skip)]
    pub(super) cleanup_requested: bool,
    /// True if jobs to terminate were named.
    #[serde(skip)]
    pub(super) are_named: bool,
    /// The jobs that were terminated, or would be.
    pub(super) terminated: Vec<TerminatedJob>,
    /// The stale locks that were removed, or would be.
    pub(super) removed: Vec<LockEntry>,
    /// The lock files of MirrorManager2.
    pub(super) legacy: Vec<LegacyLock>,
    /// The stale ones of them that were removed, or would be.
    pub(super) removed_legacy: Vec<LegacyLock>,
    /// The result of `--wait`: true if the locks are free, false on timeout.
    pub(super) free: Option<bool>,
    pub(super) dry_run: bool,
}

impl Report for LocksReport {
    fn exit(&self) -> ExitStatus {
        let alive = self.terminated.iter().filter(|job| job.is_alive()).count();
        match alive {
            0 if self.free == Some(false) => ExitStatus::Locked,
            0 => ExitStatus::Done,
            _ if alive == self.terminated.len() => ExitStatus::Failed,
            _ => ExitStatus::Partial,
        }
    }

    fn nothing_done(&self) -> Option<String> {
        let is_idle = |job: &TerminatedJob| job.processes.is_empty() && job.error.is_none();
        let is_nothing = self.are_named && self.free != Some(false) && self.terminated.iter().all(is_idle);
        is_nothing.then(|| "no job that --kill names is running".to_owned())
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for job in &self.terminated {
            write_terminated(job, out)?;
        }
        if self.termination_requested && self.terminated.is_empty() {
            out.line("no job to terminate")?;
        }
        let removed = self.removed.iter().map(|e| &e.path);
        for path in removed.chain(self.removed_legacy.iter().map(|l| &l.path)) {
            let verb = if self.dry_run { "would remove" } else { "removed" };
            out.line(format!("{verb} {}", path.display()))?;
        }
        if self.cleanup_requested && self.removed.is_empty() && self.removed_legacy.is_empty() {
            out.line("no stale lock to remove")?;
        }
        if self.free == Some(false) {
            out.line("timed out: lock is still held")?;
        }
        if let Some(problem) = &self.directory_problem {
            out.line(format!(
                "{}: {problem}",
                out.paint(Style::Bad, "jobs refuse this directory")
            ))?;
        }
        self.write_locks(out)?;
        self.write_legacy(out)
    }
}

impl LocksReport {
    fn write_locks(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.locks.is_empty() {
            return out.line("no locks: no job is running");
        }
        let header = "JOB | SCOPE | STATE | PID | HOST | USER | SINCE | DEADLINE | LAST SEEN | PHASE";
        out.table(header, self.locks.iter().map(|e| row(e, self.now, out)))?;
        match kill_stalled_command(&self.locks) {
            Some(command) => out.line(format!("to terminate what is stalled, run: {command}")),
            None => Ok(()),
        }
    }

    fn write_legacy(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.legacy.is_empty() {
            return Ok(());
        }
        out.line("")?;
        let row = |l: &LegacyLock| {
            let style = match l.state {
                LegacyLockState::Live => Style::Good,
                LegacyLockState::Stale => Style::Dim,
                LegacyLockState::Unknown | LegacyLockState::Unreadable => Style::Warn,
            };
            [
                l.path.display().to_string(),
                out.paint(style, l.state.into_str()),
                or_dash(l.pid),
                l.process.clone(),
            ]
        };
        out.table("LEGACY LOCK | STATE | PID | PROCESS", self.legacy.iter().map(row))
    }
}

fn write_terminated(job: &TerminatedJob, out: &mut TextOutput<'_>) -> io::Result<()> {
    let names = job.locks.iter().map(|(job, scope)| match scope.as_str() {
        "" => job.clone(),
        scope => format!("{job}/{scope}"),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    if let Some(why) = &job.error {
        return out.line(format!("{} {names}: {why}", out.paint(Style::Bad, "not terminated")));
    }
    if job.processes.is_empty() {
        return out.line(format!("{names}: none of its processes is running"));
    }
    for p in &job.processes {
        let (style, verb) = match p.outcome {
            TerminationOutcome::Selected => (Style::Warn, "would terminate"),
            TerminationOutcome::Terminated => (Style::Good, "terminated"),
            TerminationOutcome::Killed => (Style::Good, "killed"),
            TerminationOutcome::StillAlive => (Style::Bad, "could not terminate"),
        };
        out.line(format!(
            "{} {names} ({}): pid {} {}",
            out.paint(style, verb),
            job.state.as_ref(),
            p.process.pid,
            p.command
        ))?;
    }
    Ok(())
}

fn row(entry: &LockEntry, now: Timestamp, out: &TextOutput<'_>) -> [String; 10] {
    let style = match entry.state {
        LockState::Live => Style::Good,
        LockState::Stale => Style::Dim,
        LockState::Orphaned | LockState::Stalled | LockState::Unknown | LockState::Unreadable => Style::Warn,
        LockState::Overdue | LockState::Unkillable => Style::Bad,
    };
    let (owner, status) = (entry.owner.as_ref(), entry.status.as_ref());
    // The content of the file says nothing about another process.
    let owner = owner.filter(|_| entry.state != LockState::Unknown);
    let pid = if entry.state == LockState::Unknown {
        entry.holder
    } else {
        owner.map(|o| o.process.pid)
    };
    // Running jobs update their status at least every ten seconds.
    let last_seen = status.map(|s| format!("{} ago", HumanDuration::secs(now.since(s.at).as_secs())));
    [
        entry.job.clone(),
        or_dash(Some(&entry.scope).filter(|s| !s.is_empty())),
        out.paint(style, entry.state.as_ref()),
        or_dash(pid),
        or_dash(owner.map(|o| &o.host)),
        or_dash(owner.map(|o| &o.user)),
        or_dash(owner.map(|o| o.since)),
        or_dash(owner.and_then(|o| o.deadline)),
        or_dash(last_seen),
        or_dash(phase(entry, now)),
    ]
}

/// Describes what the job does: its phase, and what stands still.
fn phase(entry: &LockEntry, now: Timestamp) -> Option<String> {
    if entry.state == LockState::Unknown {
        return Some(describe_holder(entry));
    }
    let status = entry.status.as_ref()?;
    let phase = match status.total {
        0 => status.phase.clone(),
        total => format!("{} {}/{total}", status.phase, status.done),
    };
    let stalls = entry.stalls.iter().take(MAX_STALLS).map(|stall| {
        let span = HumanDuration::secs(now.since(stall.since).as_secs());
        let subject = stall.subject.as_deref().unwrap_or("it");
        let pid = stall.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        format!("; {subject}{pid} without progress for {span}")
    });
    let more = entry.stalls.len().saturating_sub(MAX_STALLS);
    let more = (more > 0).then(|| format!("; and {more} more"));
    Some(std::iter::once(phase).chain(stalls).chain(more).collect())
}
