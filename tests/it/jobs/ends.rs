//! How jobs end that cannot go on, and what they leave for monitoring.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{add_mirror, world, world_without_mirrors};
use crate::support::{Env, Process};

/// The samples of a text in the format of Prometheus, by name with labels. What is no such text fails.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            assert!(
                comment.starts_with("HELP mm_") || comment.starts_with("TYPE mm_"),
                "{line}"
            );
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(
            name.starts_with("mm_job_") && name.contains("{job=\"") && name.ends_with("\"}"),
            "{line}"
        );
        let twice = out.insert(name.to_owned(), value.parse().unwrap());
        assert_eq!(twice, None, "{line}");
    }
    out
}

fn run(env: &Env, program: &str, job: &str, status: i32) -> BTreeMap<String, f64> {
    let ran = env.run(program, &["--metrics-file", "job.prom"]);
    assert_eq!(ran.status, status, "{ran:?}");
    let found = samples(&std::fs::read_to_string(env.path("job.prom")).unwrap());
    let exit = found[&format!("mm_job_exit_status{{job=\"{job}\"}}")];
    assert!((exit - f64::from(status)).abs() < f64::EPSILON, "{found:?}");
    found
}

#[test]
fn every_batch_program_writes_metrics_that_can_be_read() {
    let env = world_without_mirrors();
    add_mirror(&env);
    for (program, job) in [
        ("mm-scan-master", "scan"),
        ("mm-detect-release", "detect"),
        ("mm-crawl", "crawl"),
        ("mm-update-mirrorlist", "update"),
    ] {
        let found = run(&env, program, job, 0);
        for name in ["start_timestamp", "end_timestamp", "duration", "last_success_timestamp"] {
            assert!(
                found.contains_key(&format!("mm_job_{name}_seconds{{job=\"{job}\"}}")),
                "{found:?}"
            );
        }
        assert!(found.keys().any(|k| k.starts_with("mm_job_count{")), "{found:?}");
    }
    // One that another run keeps from starting, and one that is held, say so and keep the last success.
    let success = "mm_job_last_success_timestamp_seconds{job=\"update\"}";
    let last = run(&env, "mm-update-mirrorlist", "update", 0)[success];
    let lock = std::fs::File::open(env.write("locks/update.lock", "")).unwrap();
    fs2::FileExt::try_lock_exclusive(&lock).unwrap();
    let refused = run(&env, "mm-update-mirrorlist", "update", 75);
    assert!((refused[success] - last).abs() < f64::EPSILON);
    drop(lock);
    env.ok("mm-admin", &["hold", "scan"]);
    let held = run(&env, "mm-scan-master", "scan", 0);
    assert!(
        (held["mm_job_held{job=\"scan\"}"] - 1.0).abs() < f64::EPSILON,
        "{held:?}"
    );
    // A file that cannot be written is said, and harms nothing else.
    let ran = env.run("mm-update-mirrorlist", &["--metrics-file", "nowhere/job.prom"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("nowhere/job.prom"), "{ran:?}");
    std::fs::remove_file(env.path("job.prom")).unwrap();
    env.run("mm-update-mirrorlist", &["--metrics-file", "job.prom", "--dry-run"]);
    assert!(!env.path("job.prom").exists(), "a dry run is no run");
}

/// Somebody writes to the database for minutes: the job waits, and its watchdog ends it.
#[test]
fn a_job_at_a_locked_database_is_ended_by_its_watchdog() {
    let env = world();
    let other = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let ran = env.run("mm-update-mirrorlist", &["--max-runtime", "1s"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("ended by its own watchdog"), "{ran:?}");
    assert!(begun.elapsed() < Duration::from_secs(28), "{:?}", begun.elapsed());
    assert!(env.ok("mm-locks", &["--clean"]).contains("no locks"));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(env.run("mm-update-mirrorlist", &[]).status, 0);
}

#[test]
fn the_config_says_how_long_a_job_may_take() {
    let env = world();
    env.configure("[[category]]\nname = \"T\"\npath = \"master\"\n[limits]\nupdate = \"7m\"\n");
    // It waits at the database with its lock taken.
    let other = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let _job = Process(env.command("mm-update-mirrorlist").spawn().unwrap());
    let begun = Instant::now();
    let holder = loop {
        let report: serde_json::Value = serde_json::from_str(&env.ok("mm-locks", &["--format", "json"])).unwrap();
        if report["locks"][0]["holder"]["deadline"].is_i64() {
            break report["locks"][0]["holder"].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{report}");
    };
    let limit = holder["deadline"].as_i64().unwrap() - holder["since"].as_i64().unwrap();
    assert_eq!(limit, 420, "{holder}");
    env.configure("[limits]\nscan = \"0s\"\n");
    let ran = env.run("mm-locks", &[]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("limits.scan is 0"), "{ran:?}");
}
