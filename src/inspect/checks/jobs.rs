//! Checks of the jobs: their last runs, pauses, pending decisions, and the age of the published generation.

use std::time::Duration;

use super::{AgeLimits, Check, Environment, Measurement, Severity};
use crate::config::HumanDuration;
use crate::db::{self, DbError, Tx};
use crate::inspect::pending::{self, PendingItem};
use crate::model::Timestamp;
use crate::model::pause::{JobPause, PauseStatus, pause_status};
use crate::model::run::Run;
use crate::snapshot::generation;
use crate::sys::regular_file;

/// A job, its program, and the age of its last successful run above which it is reported.
#[derive(Debug, Clone, Copy)]
struct JobLimits {
    job: &'static str,
    program: &'static str,
    limits: AgeLimits,
}

impl JobLimits {
    const fn new(job: &'static str, program: &'static str, warning: u64, critical: u64) -> Self {
        let limits = AgeLimits::hours(warning, critical);
        Self { job, program, limits }
    }
}

const GENERATION_LIMITS: AgeLimits = AgeLimits::hours(1, 4);

const JOBS: [JobLimits; 5] = [
    JobLimits::new("scan", "mm-scan-master", 1, 6),
    // A new directory without a name harms nobody for a while.
    JobLimits::new("detect", "mm-detect-release", 6, 7 * 24),
    JobLimits::new("crawl", "mm-crawl", 12, 36),
    JobLimits::new("update", "mm-update-mirrorlist", 1, 4),
    JobLimits::new("publish", "mm-sync-out", 1, 4),
];

pub(super) fn check_last_runs(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let now = environment.now;
    let pauses = db::pause::active(tx, now)?;
    let has_targets = !environment.config.sync.target.is_empty();
    let mut out = Vec::new();
    for job in JOBS.iter().filter(|j| has_targets || j.job != "publish") {
        let runs = db::run::latest(tx, Some(job.job), 100)?;
        let is_running = environment.is_running(job.job);
        let has_process = environment.locks.iter().any(|l| l.job == job.job && l.state.is_held());
        let check = check_last_run(job, &runs, is_running, has_process, now);
        out.push(match pause_status(&pauses, job.job, &[], now) {
            PauseStatus::Whole(_) => add_pause(check, &pauses, job.job),
            PauseStatus::Parts(_) => check,
        });
    }
    Ok(out)
}

/// A paused job does nothing until it is resumed, so that is the command.
fn add_pause(check: Check, pauses: &[JobPause], job: &str) -> Check {
    let pause = pauses.iter().find(|p| p.job.into_str() == job && p.category.is_none());
    let command = pause.map(JobPause::resume_command);
    let message = format!("{}; it is paused", check.message);
    let check = Check { message, ..check };
    match command {
        Some(command) => check.with_command(command),
        None => check,
    }
}

const PARTIALLY_DONE: i64 = 3;
const USAGE_ERROR: i64 = 2;

/// True for a run that was at least partially done, and for an update only if it published something.
fn is_successful(run: &Run) -> bool {
    match run.exit {
        Some(0) => true,
        Some(PARTIALLY_DONE) => run.job != "update" || run.stats.get("published") == Some(&true.into()),
        Some(_) | None => false,
    }
}

/// True for a run that was limited to some hosts or directories, so that it says nothing about the rest.
fn is_limited(run: &Run) -> bool {
    let is_limited = run.stats.get("is_limited") == Some(&true.into());
    let categories = run.stats.get("categories").and_then(|c| c.as_array());
    let has_path = |c: &serde_json::Value| c.get("path").is_some_and(|p| !p.is_null());
    is_limited || categories.is_some_and(|all| !all.is_empty() && all.iter().all(has_path))
}

/// `runs` are those of one job, the newest first. An error on the command line of a run, or a command for which there was nothing to
/// do, says nothing about the job.
///
/// `is_running`: within its deadline and with progress; `has_process`: its lock is held, maybe by a job that stands still.
fn check_last_run(job: &JobLimits, runs: &[Run], is_running: bool, has_process: bool, now: Timestamp) -> Check {
    let JobLimits {
        job: name,
        program,
        limits,
    } = *job;
    let mut runs = runs
        .iter()
        .filter(|r| r.exit != Some(USAGE_ERROR) && !r.is_nothing_done() && !is_limited(r))
        .peekable();
    let last = runs.peek().copied();
    let problem = last.and_then(|run| describe_problem(run, has_process));
    let Some(ended) = runs.find(|r| is_successful(r)).and_then(|r| r.ended_at) else {
        let message = problem.map_or_else(
            || "no successful run yet".to_owned(),
            |p| format!("no successful run yet; {p}"),
        );
        return Check::warning(name, message).with_command(program);
    };
    let age = Measurement::age(now.since(ended), limits);
    let mut message = format!("last successful run {} ago", format_minutes(now.since(ended)));
    if let Some(problem) = &problem {
        message = format!("{message}; {problem}");
    } else if is_running {
        message.push_str("; running now");
    } else if has_process {
        message.push_str("; its process is alive, see the check locks");
    }
    let mut check = Check::measured(name, age, message);
    if check.severity == Severity::Warning && is_running {
        // A long run is not late while it is within its own time limit.
        check.severity = Severity::Ok;
    }
    if problem.is_some() {
        check = check.at_least(Severity::Warning);
    }
    check.with_command(program)
}

/// Returns how the last run failed; `None` if it did not.
fn describe_problem(run: &Run, has_process: bool) -> Option<String> {
    let id = run.id;
    let exit = match run.exit {
        Some(0) => return None,
        None if has_process => return None,
        None => return Some(format!("run {id} was killed")),
        Some(exit) => exit,
    };
    let outcome = if is_successful(run) {
        "was only partially done"
    } else {
        "failed"
    };
    let message = run.message.trim();
    let separator = if message.is_empty() { "" } else { ": " };
    Some(format!("run {id} {outcome} (exit status {exit}){separator}{message}"))
}

fn format_minutes(age: Duration) -> HumanDuration {
    HumanDuration::secs(age.as_secs() / 60 * 60)
}

/// One warning for each pause: nothing changes while it lasts, and nobody else sees why.
pub(super) fn check_pauses(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let pauses = db::pause::active(tx, environment.now)?;
    let check = |p: &JobPause| Check::warning("pause", p.describe()).with_command(p.resume_command());
    Ok(pauses.iter().map(check).collect())
}

/// One check for each item that waits for a decision.
pub(super) fn check_pending(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    const CRITICAL_AGE: Duration = Duration::from_hours(24);
    let now = environment.now;
    let items = pending::awaiting(tx, environment.config, now)?.into_iter();
    let check = |item: PendingItem| {
        let is_old = now.since(item.since) > CRITICAL_AGE;
        let severity = if is_old { Severity::Critical } else { Severity::Warning };
        let message = format!("{}, since {}", item.what, item.since);
        Check::new(super::PENDING, severity, message).with_command(format!("mm-admin pending show {}", item.id))
    };
    Ok(items.map(check).collect())
}

/// Checks the age of the current generation, according to its manifest.
pub(super) fn check_generation(environment: &Environment<'_>) -> Vec<Check> {
    const NAME: &str = "generation";
    const COMMAND: &str = "mm-update-mirrorlist";
    let manifest = environment.config.generations_dir.join("current/MANIFEST");
    let text = match regular_file::read_to_string(&manifest, generation::MAX_MANIFEST) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return vec![Check::warning(NAME, "no generation yet").with_command(COMMAND)];
        }
        Err(e) => {
            return vec![Check::critical(NAME, format!("{}: {e}", manifest.display())).with_command(COMMAND)];
        }
    };
    let header = |key: &str| {
        let mut lines = text.lines().take(5);
        Some(lines.find_map(|l| l.strip_prefix(key)?.strip_prefix(' '))?.trim())
    };
    let Some(as_of) = header("as_of").and_then(|t| t.parse::<i64>().ok()) else {
        let message = format!("{} has no line as_of", manifest.display());
        return vec![Check::critical(NAME, message).with_command(COMMAND)];
    };
    let age = environment.now.since(Timestamp(as_of));
    let id = header("generation").unwrap_or("without an ID");
    let message = format!("{id}, data of {} ago", format_minutes(age));
    let check = Check::measured(NAME, Measurement::age(age, GENERATION_LIMITS), message);
    vec![check.with_command(COMMAND)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    fn check(runs: &[Run], is_running: bool, now: i64) -> Check {
        check_last_run(
            &JobLimits::new("scan", "mm-scan-master", 1, 2),
            runs,
            is_running,
            is_running,
            Timestamp(now),
        )
    }

    #[test]
    fn age_limits_apply_to_the_last_successful_run() {
        let severity = |now, runs: &[Run]| check(runs, false, now).severity;
        assert_eq!(severity(100, &[]), Severity::Warning);
        assert_eq!(severity(100, &[run(1, 90, 0)]), Severity::Ok);
        assert_eq!(severity(100, &[run(2, 95, 3), run(1, 90, 0)]), Severity::Warning);
        assert_eq!(severity(100, &[run(2, 95, 0), run(1, 90, 3)]), Severity::Ok);
        assert_eq!(severity(100, &[run(2, 95, 1), run(1, 90, 0)]), Severity::Warning);
        assert_eq!(severity(90 + 3_700, &[run(1, 90, 0)]), Severity::Warning);
        assert_eq!(severity(90 + 7_300, &[run(1, 90, 0)]), Severity::Critical);
        assert_eq!(
            severity(90 + 7_300, &[run(2, 7_000, 1), run(1, 90, 0)]),
            Severity::Critical
        );
    }

    #[test]
    fn usage_errors_and_limited_runs_do_not_count() {
        assert_eq!(
            check(&[run(2, 95, 2), run(1, 90, 0)], false, 100).severity,
            Severity::Ok
        );
        let limited = |stats: serde_json::Value, exit| Run {
            stats,
            ..run(2, 3_600, exit)
        };
        for stats in [
            json!({ "is_limited": true }),
            json!({ "categories": [{ "path": "a" }] }),
        ] {
            let late = [limited(stats.clone(), 0), run(1, 90, 0)];
            assert_eq!(check(&late, false, 90 + 3_700).severity, Severity::Warning, "{stats}");
            let failed = [limited(stats, 1), run(1, 90, 0)];
            assert_eq!(check(&failed, false, 100).severity, Severity::Ok);
        }
        let whole = limited(json!({ "is_limited": false, "categories": [{ "path": null }] }), 0);
        assert_eq!(check(&[whole], false, 90 + 3_700).severity, Severity::Ok);
    }

    #[test]
    fn a_killed_run_is_a_failure_and_a_running_one_is_not() {
        let open = Run {
            ended_at: None,
            exit: None,
            ..run(2, 95, 0)
        };
        let runs = [open, run(1, 90, 0)];
        let killed = check(&runs, false, 100);
        assert_eq!(killed.severity, Severity::Warning);
        assert!(killed.message.contains("run 2 was killed"), "{killed:?}");
        let limits = JobLimits::new("scan", "mm-scan-master", 1, 2);
        let stalled = check_last_run(&limits, &runs, false, true, Timestamp(100)).message;
        assert!(
            !stalled.contains("killed") && stalled.contains("its process is alive"),
            "{stalled}"
        );
        assert_eq!(check(&runs, true, 100).severity, Severity::Ok);
        assert_eq!(check(&runs, true, 90 + 3_700).severity, Severity::Ok, "it is not late");
        assert_eq!(check(&runs, true, 90 + 7_300).severity, Severity::Critical);
    }

    #[test]
    fn partially_done_runs_warn_and_an_update_without_publication_is_not_successful() {
        let message = |runs: &[Run]| {
            let check = check(runs, false, 100);
            assert_eq!(check.severity, Severity::Warning);
            check.message
        };
        let partial = message(&[run(1, 90, 3)]);
        assert!(
            partial.contains("run 1 was only partially done (exit status 3): no"),
            "{partial}"
        );
        let mut update = run(2, 95, 3);
        update.job = "update".into();
        update.stats = json!({ "hosts": 0, "published": false });
        let refused = message(&[update.clone(), run(1, 90, 0)]);
        assert!(refused.contains("run 2 failed"), "{refused}");
        assert!(message(&[update.clone()]).contains("no successful run yet"));
        update.stats = json!({ "hosts": 9, "published": true });
        assert!(message(&[update]).contains("partially done"));
    }
}
