//! `mm-admin incident`: one page for whoever was woken.

use std::cmp::Reverse;
use std::io;

use serde::Serialize;

use super::doctor::{Check, Severity, data, machine, targets, write_checks};
use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::db::{Db, DbError};
use crate::locks::{self, LockEntry};
use crate::model::Timestamp;

/// What is wrong, and what runs. The status is 0 whatever was found: for monitoring there is `mm-admin doctor`.
#[derive(Debug, Serialize)]
pub(super) struct IncidentReport {
    /// When it was looked at.
    now: Timestamp,
    health: Severity,
    /// What is wrong stands first.
    checks: Vec<Check>,
    /// What runs, and what it does.
    locks: Vec<LockEntry>,
}

/// Looks at everything that an incident can be about. The targets are asked while the database is: neither waits for the other.
pub(super) fn run(ctx: &Context) -> IncidentReport {
    let (targets, (database, pins)) = std::thread::scope(|scope| {
        let targets = scope.spawn(|| targets::checks(ctx));
        let database = match Db::open_with_short_timeout(&ctx.config).and_then(|mut db| told(ctx, &mut db)) {
            Ok(checks) => checks,
            Err(e) => (vec![data::not_open(&e)], Vec::new()),
        };
        let targets = targets
            .join()
            .unwrap_or_else(|_| vec![Check::bad("targets", "could not be asked", "mm-sync-out --dry-run")]);
        (targets, database)
    });
    let mut checks = machine::locks(ctx);
    checks.extend(database);
    checks.push(data::generation(ctx));
    checks.extend(targets::with_pins(targets, pins));
    checks.extend(machine::disk(ctx));
    checks.sort_by_key(|c| Reverse(c.health));
    IncidentReport {
        now: ctx.now,
        health: checks.iter().map(|c| c.health).max().unwrap_or(Severity::Ok),
        checks,
        locks: locks::list(&ctx.config.lock_dir, ctx.now).unwrap_or_default(),
    }
}

/// What an open database tells; the pinned targets apart.
fn told(ctx: &Context, db: &mut Db) -> Result<(Vec<Check>, Vec<Check>), DbError> {
    let mut out = vec![Check::ok("database", db.path().display().to_string())];
    out.extend(data::ages(ctx, db)?);
    out.push(data::failing(db)?);
    out.extend(data::pauses(ctx.now, db, false)?);
    out.extend(data::waiting(db)?);
    Ok((out, data::pins(ctx.now, db)?))
}

impl Report for IncidentReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("state of {}", self.now))?;
        write_checks(&self.checks, out)?;
        for lock in &self.locks {
            let status = lock.status.as_ref();
            let does = status.map_or("", |s| s.phase.as_str());
            let (done, total) = status.map_or((0, 0), |s| (s.done, s.total));
            let holder = lock.holder.as_ref();
            let pid = holder.map_or_else(|| "-".to_owned(), |h| h.pid.to_string());
            let until = holder.and_then(|h| h.deadline);
            let until = until.map_or_else(String::new, |d| format!(", to be done by {d}"));
            let name = format!("{} {}", lock.job, lock.scope);
            out.line(format!(
                "\n{}: {}, pid {pid}{until}: {does} {done}/{total}",
                name.trim_end(),
                lock.state.as_str()
            ))?;
        }
        Ok(())
    }
}
