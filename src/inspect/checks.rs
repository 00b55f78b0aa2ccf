//! The checks of an installation: one list for `mm-admin doctor` (all results), `mm-admin incident` (current problems), monitoring
//! plugins and metrics.
//!
//! A check returns [`Check`] values: severity, message and, if there is one, the command that fixes the problem. A check that
//! cannot be performed has the severity [`Severity::Unknown`] and hides no other. Causes come before their effects in the list:
//! disks before the database, the database before jobs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{Config, ConfigError};
use crate::db::pin::Pin;
use crate::db::{self, Db, DbError, Tx};
use crate::locks::{self, LockEntry, LockState};
use crate::model::Timestamp;
use crate::model::clock::WitnessTime;
use crate::model::count::format_count;
use crate::sys::parallel;

mod backup;
mod check;
mod clock;
mod database;
mod directories;
mod disks;
mod inputs;
mod job_locks;
mod jobs;
mod master;
mod mirrors;
mod permissions;
mod programs;
mod registry;
mod repositories;
mod targets;

pub(crate) use check::{AgeLimits, Check, Measurement, Severity, Unit};

use CheckKind::{Database, Local, Remote, Stored};
use clock::RecordedTimes;

/// What every check may read.
#[derive(Debug, Clone, Copy)]
struct Environment<'a> {
    config: &'a Config,
    /// The config file.
    config_path: &'a Path,
    now: Timestamp,
    locks: &'a [LockEntry],
}

impl Environment<'_> {
    /// The directory of the database. A file name without a directory has an empty parent.
    fn database_dir(&self) -> PathBuf {
        let path = self.config.database_path();
        let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        parent.unwrap_or(Path::new(".")).to_owned()
    }

    /// True if a run of the job holds a lock, within its deadline.
    fn is_running(&self, job: &str) -> bool {
        self.locks.iter().any(|l| l.job == job && l.state == LockState::Live)
    }
}

type LocalCheck = fn(&Environment<'_>) -> Vec<Check>;
type RemoteCheck = fn(&Environment<'_>, &RemoteState, &RecordedState) -> Vec<Check>;
type StoredCheck = fn(&Environment<'_>, &Tx<'_>) -> Result<Vec<Check>, DbError>;

enum CheckKind {
    /// Reads files and the system.
    Local(LocalCheck),
    /// Reads the database; all of them in one transaction.
    Stored(StoredCheck),
    /// The database itself.
    Database,
    /// Compares responses of other machines with the database, as far as it can be read.
    Remote(RemoteCheck),
}

/// The name of the check of pending decisions.
pub(crate) const PENDING: &str = "pending";

/// All checks, in the order of the report. The name is that of the result if the check cannot be performed.
const CHECKS: [(&str, CheckKind); 24] = [
    ("disk", Local(disks::check)),
    ("directory", Local(directories::check)),
    ("permissions", Local(permissions::check)),
    ("database", Database),
    ("clock", Remote(clock::check)),
    ("locks", Local(job_locks::check)),
    ("programs", Local(programs::check)),
    ("inputs", Local(inputs::check)),
    ("registry", Stored(registry::check_categories)),
    ("unreadable directories", Stored(master::check_unread)),
    ("pause", Stored(jobs::check_pauses)),
    (PENDING, Stored(jobs::check_pending)),
    ("newest-only", Stored(registry::check_newest_only)),
    ("master metadata", Stored(registry::check_refused_versions)),
    ("jobs", Stored(jobs::check_last_runs)),
    ("unreachable mirrors", Stored(mirrors::check_unreachable)),
    ("disabled mirrors", Stored(mirrors::check_disabled)),
    ("unknown metadata", Stored(mirrors::check_unknown_hash)),
    ("leaked releases", Stored(mirrors::check_leaked)),
    ("generation", Local(jobs::check_generation)),
    ("listed mirrors", Stored(mirrors::check_unlisted)),
    ("repositories", Stored(repositories::check)),
    ("target", Remote(targets::check)),
    ("backup", Local(backup::check)),
];

/// The results of all checks.
#[derive(Debug, Serialize)]
pub(crate) struct CheckReport {
    pub(crate) now: Timestamp,
    /// The worst of all checks.
    pub(crate) severity: Severity,
    pub(crate) checks: Vec<Check>,
    /// Running, overdue and stale jobs.
    pub(crate) locks: Vec<LockEntry>,
}

impl CheckReport {
    /// Performs all checks. Waits at most a few seconds for a locked database and for the servers of targets, which are requested at
    /// the same time.
    pub(crate) fn new(config: &Config, config_path: &Path, now: Timestamp) -> Self {
        let locks = locks::list(&config.lock_dir, now).unwrap_or_default();
        let environment = Environment {
            config,
            config_path,
            now,
            locks: &locks,
        };
        let read = || parallel::join(|| clock::fetch(config), || StoredResults::read(&environment));
        let (targets, (witnesses, stored)) = parallel::join(|| targets::fetch(config), read);
        let remote = RemoteState {
            targets: targets.unwrap_or_default(),
            witnesses: witnesses.unwrap_or_default(),
        };
        let categories = format_count(config.category.len(), "category");
        let targets = format_count(config.sync.target.len(), "target");
        let mut checks = vec![Check::ok("config", format!("{categories}, {targets}"))];
        let StoredResults {
            database,
            mut stored,
            recorded,
        } = stored;
        for (name, kind) in &CHECKS {
            match kind {
                Local(check) => checks.extend(perform(name, || check(&environment))),
                Stored(_) => checks.extend(stored.remove(name).unwrap_or_default()),
                Database => {
                    checks.push(database.clone());
                    checks.extend(recorded.errors.iter().cloned());
                }
                Remote(check) => checks.extend(perform(name, || check(&environment, &remote, &recorded))),
            }
        }
        Self::from_checks(now, checks, locks)
    }

    /// The report if the config cannot be read, so that no other check can be performed.
    pub(crate) fn from_config_error(error: &ConfigError, now: Timestamp) -> Self {
        let mut checks =
            vec![Check::critical("config", join_lines(&error.to_string())).with_command("mm-admin config check")];
        let not_performed = |name: &&str| Check::unknown(*name, "not checked: the config cannot be read");
        checks.extend(CHECKS.iter().map(|(name, _)| not_performed(name)));
        Self::from_checks(now, checks, Vec::new())
    }

    fn from_checks(now: Timestamp, checks: Vec<Check>, locks: Vec<LockEntry>) -> Self {
        Self {
            now,
            severity: worst(&checks),
            checks,
            locks,
        }
    }

    /// The problems, the worst first. Checks that cannot be performed for the same reason become one.
    pub(crate) fn problems(&self) -> Vec<Check> {
        let mut out = merge_unknown(&self.checks);
        out.retain(|c| c.severity != Severity::Ok);
        out.sort_by_key(|c| Reverse(c.severity));
        out
    }

    /// The number of checks with this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.checks.iter().filter(|c| c.severity == severity).count()
    }
}

/// Makes one sentence of an error with an excerpt of the file: the line remains, its number and the marks below it go.
fn join_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let (number, rest) = line.split_once('|').unwrap_or(("x", line));
        let is_excerpt = number.trim().bytes().all(|b| b.is_ascii_digit());
        let part = if is_excerpt { rest.trim() } else { line.trim() };
        if part.bytes().all(|b| b == b'^' || b == b'-' || b == b' ') {
            continue;
        }
        if !out.is_empty() {
            out.push_str(if out.ends_with(':') { " " } else { ": " });
        }
        out.push_str(part);
    }
    out
}

fn worst(checks: &[Check]) -> Severity {
    checks.iter().map(|c| c.severity).max().unwrap_or(Severity::Ok)
}

/// Merges checks that cannot be performed for the same reason into one, which names them.
pub(crate) fn merge_unknown(checks: &[Check]) -> Vec<Check> {
    let is_unknown = |c: &&Check| c.severity == Severity::Unknown;
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in checks.iter().filter(is_unknown) {
        names.entry(&check.message).or_default().push(&check.name);
    }
    let mut out = Vec::new();
    for check in checks {
        match names.get(check.message.as_str()) {
            Some(same) if is_unknown(&check) && same.len() > 1 => {
                if same.first() == Some(&check.name.as_str()) {
                    let message = format!("{}: {}", check.message, same.join(", "));
                    out.push(Check::unknown(format!("{} checks", same.len()), message));
                }
            }
            Some(_) | None => out.push(check.clone()),
        }
    }
    out
}

/// Performs a check; a panic in it is a result.
fn perform(name: &str, check: impl FnOnce() -> Vec<Check>) -> Vec<Check> {
    let failed = |_| vec![Check::unknown(name, "not checked: the check itself failed (a bug)")];
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(failed)
}

/// The responses of other machines.
#[derive(Debug)]
struct RemoteState {
    targets: targets::Responses,
    witnesses: Vec<WitnessTime>,
}

/// What the database has for the checks of other machines; empty if it cannot be read.
#[derive(Debug, Default)]
struct RecordedState {
    /// The pins by target.
    pins: BTreeMap<String, Pin>,
    times: RecordedTimes,
    /// What could not be read.
    errors: Vec<Check>,
}

impl RecordedState {
    fn read(environment: &Environment<'_>, tx: &Tx<'_>) -> Self {
        let mut out = Self::default();
        match db::pin::active(tx, environment.now) {
            Ok(pins) => out.pins = pins,
            Err(e) => out.errors.push(Check::unknown("pins", format!("not checked: {e}"))),
        }
        match clock::read_times(tx, environment.now) {
            Ok(times) => out.times = times,
            Err(e) => out
                .errors
                .push(Check::unknown("recorded times", format!("not checked: {e}"))),
        }
        out
    }
}

/// The results of the checks that read the database.
struct StoredResults {
    database: Check,
    /// The results by the names in [`CHECKS`].
    stored: BTreeMap<&'static str, Vec<Check>>,
    recorded: RecordedState,
}

impl StoredResults {
    fn read(environment: &Environment<'_>) -> Self {
        let mut out = Self {
            database: Check::ok("database", ""),
            stored: BTreeMap::new(),
            recorded: RecordedState::default(),
        };
        let read = Db::open_with_short_timeout(environment.config).and_then(|mut db| {
            db.read(|tx| {
                out.recorded = RecordedState::read(environment, tx);
                for (name, check) in stored_checks() {
                    out.stored.insert(name, perform_stored(name, || check(environment, tx)));
                }
                Ok::<_, DbError>(())
            })?;
            Ok(database::check_integrity(environment, &mut db))
        });
        out.database = read.unwrap_or_else(|e| {
            for (name, _) in stored_checks() {
                let not_read = || vec![Check::unknown(name, "not checked: the database cannot be read")];
                out.stored.entry(name).or_insert_with(not_read);
            }
            database::check_error(environment, &e)
        });
        out
    }
}

fn stored_checks() -> impl Iterator<Item = (&'static str, StoredCheck)> {
    CHECKS.iter().filter_map(|(name, kind)| match kind {
        Stored(check) => Some((*name, *check)),
        Local(_) | Database | Remote(_) => None,
    })
}

/// Performs a check of the database; an error is a result.
fn perform_stored(name: &str, check: impl FnOnce() -> Result<Vec<Check>, DbError>) -> Vec<Check> {
    perform(name, || {
        check().unwrap_or_else(|e| vec![Check::unknown(name, format!("not checked: {e}"))])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_check_is_a_result() {
        let panicked = perform("a", || panic!("on purpose"));
        assert_eq!((panicked.len(), worst(&panicked)), (1, Severity::Unknown));
        let error = perform_stored("b", || Err(DbError::Sql("no such table".to_owned())));
        assert!(error[0].message.contains("no such table"), "{error:?}");
        assert_eq!(worst(&error), Severity::Unknown);
    }

    #[test]
    fn problems_are_sorted_and_merged() {
        let checks = vec![
            Check::ok("config", ""),
            Check::unknown("jobs", "no database"),
            Check::warning("locks", "stale"),
            Check::critical("disk", "full"),
            Check::unknown("mirrors", "no database"),
            Check::critical("database", "cannot write"),
            Check::unknown("backup", "other"),
        ];
        let report = CheckReport::from_checks(Timestamp(0), checks, Vec::new());
        assert_eq!(
            (report.severity, report.count(Severity::Unknown)),
            (Severity::Critical, 3)
        );
        let names: Vec<String> = report.problems().into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["disk", "database", "locks", "2 checks", "backup"]);
        assert_eq!(report.problems()[3].message, "no database: jobs, mirrors");
    }

    #[test]
    fn names_of_checks_are_unique() {
        let names: std::collections::BTreeSet<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), CHECKS.len());
    }
}
