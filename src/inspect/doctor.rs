//! Checks of an installation, each with the command that fixes what it finds.
//!
//! A check that cannot be performed is a failed check, not an error: the others are still reported.

use std::cmp::Reverse;

use serde::Serialize;

use crate::config::Config;
use crate::db::{Db, DbError};
use crate::locks::{self, LockEntry};
use crate::model::Timestamp;

mod clock;
mod database;
mod jobs;
mod machine;
mod registry;
mod targets;

use clock::RecordedTimes;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Ok,
    Warn,
    /// Jobs fail, or the data is too old to be served.
    Bad,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// The command that fixes the problem.
    pub(crate) fix: Option<String>,
}

impl Check {
    fn new(name: &str, severity: Severity, message: impl Into<String>, fix: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            severity,
            message: message.into(),
            fix: fix.map(str::to_owned),
        }
    }

    fn ok(name: &str, message: impl Into<String>) -> Self {
        Self::new(name, Severity::Ok, message, None)
    }

    fn warn(name: &str, message: impl Into<String>, fix: &str) -> Self {
        Self::new(name, Severity::Warn, message, Some(fix))
    }

    fn bad(name: &str, message: impl Into<String>, fix: &str) -> Self {
        Self::new(name, Severity::Bad, message, Some(fix))
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct DoctorReport {
    /// The worst of all checks.
    pub(crate) severity: Severity,
    pub(crate) checks: Vec<Check>,
}

/// The current problems and running jobs of `mm-admin incident`.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentReport {
    pub(crate) now: Timestamp,
    /// The worst of all checks.
    severity: Severity,
    /// The worst come first.
    pub(crate) checks: Vec<Check>,
    pub(crate) locks: Vec<LockEntry>,
}

impl DoctorReport {
    pub(crate) fn new(config: &Config, now: Timestamp) -> Self {
        let (categories, targets) = (config.category.len(), config.sync.target.len());
        let message = format!("{categories} categories, {targets} targets");
        let checks = [
            vec![Check::ok("config", message)],
            machine::check_directories(config),
            machine::check_programs(config),
            machine::check_server_inputs(config),
            machine::check_locks(config, now),
            machine::check_disks(config),
            match Db::open(config) {
                Ok(mut db) => {
                    let contents = check_contents(config, now, &mut db);
                    let contents = contents.unwrap_or_else(|e| vec![database::check_error(&e)]);
                    [vec![database::check_integrity(&mut db)], contents].concat()
                }
                Err(e) => [
                    vec![database::check_error(&e)],
                    clock::check_clock(config, now, RecordedTimes::default()),
                ]
                .concat(),
            },
            vec![jobs::check_generation(config, now)],
            targets::check_targets(config),
        ]
        .concat();
        Self {
            severity: worst(&checks),
            checks,
        }
    }
}

fn check_contents(config: &Config, now: Timestamp, db: &mut Db) -> Result<Vec<Check>, DbError> {
    Ok([
        clock::check_clock(config, now, clock::read_times(db, now)?),
        registry::check_categories(config, db)?,
        registry::check_newest_only(db, now)?,
        jobs::check_pending(config, db, now)?,
        targets::check_pins(db, now)?,
        jobs::check_pauses(db, now, |p| p.is_old(now))?,
        vec![registry::check_hosts(db)?],
        jobs::check_last_runs(config, db, now)?,
    ]
    .concat())
}

impl IncidentReport {
    /// Performs the checks that matter in an incident. Targets and database are checked in parallel.
    pub(crate) fn new(config: &Config, now: Timestamp) -> Self {
        let (targets, (database, pins)) = std::thread::scope(|scope| {
            let targets = scope.spawn(|| targets::check_targets(config));
            let opened = Db::open_with_short_timeout(config);
            let database = opened
                .and_then(|mut db| check_database(config, now, &mut db))
                .unwrap_or_else(|e| {
                    let clock = clock::check_clock(config, now, RecordedTimes::default());
                    ([vec![database::check_error(&e)], clock].concat(), Vec::new())
                });
            let targets = targets
                .join()
                .unwrap_or_else(|_| vec![Check::bad("targets", "the check failed", "mm-sync-out --dry-run")]);
            (targets, database)
        });
        let mut checks = machine::check_locks(config, now);
        checks.extend(database);
        checks.push(jobs::check_generation(config, now));
        checks.extend(targets::merge_pins(targets, pins));
        checks.extend(machine::check_disks(config));
        checks.sort_by_key(|c| Reverse(c.severity));
        Self {
            now,
            severity: worst(&checks),
            checks,
            locks: locks::list(&config.lock_dir, now).unwrap_or_default(),
        }
    }
}

/// Returns the checks of pinned targets apart.
fn check_database(config: &Config, now: Timestamp, db: &mut Db) -> Result<(Vec<Check>, Vec<Check>), DbError> {
    let mut out = vec![Check::ok("database", db.path().display().to_string())];
    out.extend(clock::check_clock(config, now, clock::read_times(db, now)?));
    out.extend(jobs::check_last_runs(config, db, now)?);
    out.push(registry::check_hosts(db)?);
    out.extend(jobs::check_pauses(db, now, |_| true)?);
    out.extend(jobs::check_pending(config, db, now)?);
    Ok((out, targets::check_pins(db, now)?))
}

fn worst(checks: &[Check]) -> Severity {
    checks.iter().map(|c| c.severity).max().unwrap_or(Severity::Ok)
}
