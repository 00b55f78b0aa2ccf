//! Checks of the jobs: their last runs, pauses, pending decisions, and the age of the published generation.

use std::time::Duration;

use super::{Check, Severity};
use crate::config::{Config, HumanDuration};
use crate::db::{self, Db, DbError};
use crate::inspect::pending::{self, PendingItem, Subject};
use crate::model::Timestamp;
use crate::model::pause::JobPause;
use crate::model::run::Run;

/// The ages of the last successful run, or of a generation, above which a check warns or fails.
#[derive(Debug, Clone, Copy)]
struct AgeLimits {
    warn: HumanDuration,
    bad: HumanDuration,
}

impl AgeLimits {
    const fn days(warn: u64, bad: u64) -> Self {
        Self {
            warn: HumanDuration::days(warn),
            bad: HumanDuration::days(bad),
        }
    }

    fn check(self, age: Duration, name: &str, message: String, fix: &str) -> Check {
        if age > self.bad.get() {
            Check::bad(name, message, fix)
        } else if age > self.warn.get() {
            Check::warn(name, message, fix)
        } else {
            Check::ok(name, message)
        }
    }
}

const JOBS: [(&str, &str, AgeLimits); 4] = [
    ("scan", "mm-scan-master", AgeLimits::days(1, 3)),
    ("detect", "mm-detect-release", AgeLimits::days(2, 7)),
    ("crawl", "mm-crawl", AgeLimits::days(1, 3)),
    ("update", "mm-update-mirrorlist", AgeLimits::days(1, 3)),
];

pub(super) fn check_last_runs(config: &Config, db: &mut Db, now: Timestamp) -> Result<Vec<Check>, DbError> {
    let mut jobs = JOBS.to_vec();
    if !config.sync.target.is_empty() {
        jobs.push(("publish", "mm-sync-out", AgeLimits::days(1, 3)));
    }
    let mut out = Vec::new();
    for (job, program, limits) in jobs {
        let runs = db.read(|tx| db::run::latest(tx, Some(job), 50))?;
        out.push(check_last_run(now, job, program, limits, &runs));
    }
    Ok(out)
}

const PARTIALLY_DONE: i64 = 3;

/// True for a run that was at least partially done, and for an update only if it published something.
fn is_successful(run: &Run) -> bool {
    match run.exit {
        Some(0) => true,
        Some(PARTIALLY_DONE) => run.job != "update" || run.stats.get("published") == Some(&true.into()),
        Some(_) | None => false,
    }
}

/// `runs` are those of one job, the newest first.
fn check_last_run(now: Timestamp, job: &str, program: &str, limits: AgeLimits, runs: &[Run]) -> Check {
    let successful = runs.iter().find(|r| is_successful(r));
    let Some(ended) = successful.and_then(|r| r.ended_at) else {
        let message = match runs.first() {
            None => "no run yet".to_owned(),
            Some(run) => format!("no successful run yet; the last was {}", describe_run(run)),
        };
        return Check::warn(job, message, program);
    };
    let age = now.since(ended);
    let message = format!("last successful run {} ago", format_minutes(age));
    // A run without a status is still running, or was killed.
    let last = runs.iter().find(|r| r.exit.is_some());
    let incomplete = last.filter(|r| r.exit != Some(0) && age <= limits.bad.get());
    let Some(run) = incomplete else {
        return limits.check(age, job, message, program);
    };
    let problem = if is_successful(run) {
        "partially done"
    } else {
        "a later run failed"
    };
    let message = format!("{message}; {problem}: {}", describe_run(run));
    Check::warn(job, message, &format!("mm-admin runs --job {job}"))
}

fn format_minutes(age: Duration) -> HumanDuration {
    HumanDuration::secs(age.as_secs() / 60 * 60)
}

fn describe_run(run: &Run) -> String {
    let exit = run.exit.map_or_else(|| "none".to_owned(), |n| n.to_string());
    format!("run {}, exit {exit} {}", run.id, run.message)
        .trim_end()
        .to_owned()
}

/// One warning for each paused job that `is_wanted` selects.
pub(super) fn check_pauses(
    db: &mut Db,
    now: Timestamp,
    is_wanted: impl Fn(&JobPause) -> bool,
) -> Result<Vec<Check>, DbError> {
    let pauses = db.read(|tx| db::pause::active(tx, now))?;
    let check = |p: &JobPause| Check::warn("pause", p.describe(), &p.resume_command());
    Ok(pauses.iter().filter(|p| is_wanted(p)).map(check).collect())
}

/// The age above which an undecided item is a failed check.
const MAX_PENDING_AGE: Duration = Duration::from_hours(24);

/// One check for each item that waits for a decision. Pauses and pins have checks of their own.
pub(super) fn check_pending(config: &Config, db: &mut Db, now: Timestamp) -> Result<Vec<Check>, DbError> {
    let items = db.read(|tx| pending::list(tx, config, now))?.into_iter();
    let is_checked = |item: &PendingItem| !matches!(item.subject, Subject::Pause(_) | Subject::Pin(_));
    let check = |item: PendingItem| {
        let message = format!("{}, since {}", item.what, item.since);
        let fix = format!("mm-admin pending show {}", item.id);
        let severity = if now.since(item.since) > MAX_PENDING_AGE {
            Severity::Bad
        } else {
            Severity::Warn
        };
        Check::new("pending", severity, message, Some(&fix))
    };
    Ok(items
        .filter(|item| item.is_open() && is_checked(item))
        .map(check)
        .collect())
}

/// Checks the age of the current generation, according to its manifest.
pub(super) fn check_generation(config: &Config, now: Timestamp) -> Check {
    const NAME: &str = "generation";
    const FIX: &str = "mm-update-mirrorlist";
    const LIMITS: AgeLimits = AgeLimits::days(1, 3);
    let manifest = config.generations_dir.join("current/MANIFEST");
    let text = match std::fs::read_to_string(&manifest) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Check::warn(NAME, "no generation yet", FIX),
        Err(e) => return Check::bad(NAME, format!("{}: {e}", manifest.display()), FIX),
    };
    let header = |key: &str| {
        let mut lines = text.lines().take(5);
        Some(lines.find_map(|l| l.strip_prefix(key)?.strip_prefix(' '))?.trim())
    };
    let Some(as_of) = header("as_of").and_then(|t| t.parse::<i64>().ok()) else {
        return Check::bad(NAME, format!("{} has no line as_of", manifest.display()), FIX);
    };
    let age = now.since(Timestamp(as_of));
    let id = header("generation").unwrap_or("without an ID");
    let message = format!("{id}, data of {} ago", format_minutes(age));
    LIMITS.check(age, NAME, message, FIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::RunId;

    fn run(id: i64, ended: i64, exit: i64) -> Run {
        Run {
            id: RunId(id),
            job: "scan".into(),
            scope: String::new(),
            started_at: Timestamp(ended - 1),
            ended_at: Some(Timestamp(ended)),
            exit: Some(exit),
            pid: 1,
            user: "mm".into(),
            stats: serde_json::Value::Null,
            message: "no".into(),
        }
    }

    #[test]
    fn age_limits_apply_to_the_last_successful_run() {
        let limits = AgeLimits {
            warn: HumanDuration::hours(1),
            bad: HumanDuration::hours(2),
        };
        let severity =
            |now: i64, runs: &[Run]| check_last_run(Timestamp(now), "scan", "mm-scan-master", limits, runs).severity;
        assert_eq!(severity(100, &[]), Severity::Warn);
        assert_eq!(severity(100, &[run(1, 90, 0)]), Severity::Ok);
        assert_eq!(severity(100, &[run(2, 95, 3), run(1, 90, 0)]), Severity::Warn);
        assert_eq!(severity(100, &[run(2, 95, 0), run(1, 90, 3)]), Severity::Ok);
        assert_eq!(severity(100, &[run(2, 95, 1), run(1, 90, 0)]), Severity::Warn);
        assert_eq!(severity(90 + 3_700, &[run(1, 90, 0)]), Severity::Warn);
        assert_eq!(severity(90 + 7_300, &[run(1, 90, 0)]), Severity::Bad);
        assert_eq!(severity(90 + 7_300, &[run(2, 7_000, 1), run(1, 90, 0)]), Severity::Bad);
    }

    #[test]
    fn partially_done_runs_warn_and_an_update_without_publication_is_not_successful() {
        let limits = AgeLimits {
            warn: HumanDuration::hours(1),
            bad: HumanDuration::hours(2),
        };
        let message = |job: &str, runs: &[Run]| {
            let check = check_last_run(Timestamp(100), job, "mm-x", limits, runs);
            assert_eq!(check.severity, Severity::Warn);
            check.message
        };
        let partial = message("publish", &[run(1, 90, 3)]);
        assert!(partial.contains("partially done: run 1, exit 3 no"), "{partial}");
        let mut update = run(2, 95, 3);
        update.job = "update".into();
        update.stats = serde_json::json!({ "hosts": 0, "published": false });
        let refused = message("update", &[update.clone(), run(1, 90, 0)]);
        assert!(refused.contains("a later run failed"), "{refused}");
        assert!(message("update", &[update.clone()]).contains("no successful run yet"));
        update.stats = serde_json::json!({ "hosts": 9, "published": true });
        assert!(message("update", &[update]).contains("partially done"));
    }
}
