//! `mm-admin doctor`: checks the installation. `mm-admin incident`: shows its current problems on one page.

use std::io;

use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::inspect::doctor::{Check, DoctorReport, IncidentReport, Severity};
use crate::job::exit::ExitStatus;
use crate::locks::LockEntry;

impl Report for DoctorReport {
    fn exit(&self) -> ExitStatus {
        match self.severity {
            Severity::Ok | Severity::Warn => ExitStatus::Done,
            Severity::Bad => ExitStatus::Failed,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_checks(&self.checks, out)
    }
}

/// The exit status is 0 whatever was found; monitoring uses `mm-admin doctor`.
impl Report for IncidentReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("state at {}", self.now))?;
        write_checks(&self.checks, out)?;
        (self.locks.iter()).try_for_each(|lock| write_lock(lock, out))
    }
}

fn write_lock(lock: &LockEntry, out: &mut TextOutput<'_>) -> io::Result<()> {
    let (phase, done, total) = (lock.status.as_ref()).map_or(("", 0, 0), |s| (s.phase.as_str(), s.done, s.total));
    let owner = lock.owner.as_ref();
    let pid = or_dash(owner.map(|o| o.process.pid));
    let deadline = owner.and_then(|o| o.deadline);
    let deadline = deadline.map_or_else(String::new, |d| format!(", deadline {d}"));
    let name = format!("{} {}", lock.job, lock.scope);
    out.line(format!(
        "\n{}: {}, pid {pid}{deadline}: {phase} {done}/{total}",
        name.trim_end(),
        lock.state.as_ref()
    ))
}

fn write_checks(checks: &[Check], out: &mut TextOutput<'_>) -> io::Result<()> {
    out.write_table("CHECK | STATE | MESSAGE", checks, |out, c| {
        let state = match c.severity {
            Severity::Ok => out.paint(Style::Good, "ok"),
            Severity::Warn => out.paint(Style::Warn, "warn"),
            Severity::Bad => out.paint(Style::Bad, "bad"),
        };
        [c.name.clone(), state, c.message.clone()]
    })?;
    let fixes = checks.iter().filter_map(|c| Some((&c.name, c.fix.as_ref()?)));
    for (n, (name, fix)) in fixes.enumerate() {
        if n == 0 {
            out.line("\nFixes:")?;
        }
        out.line(format!("  {name}: {fix}"))?;
    }
    Ok(())
}
