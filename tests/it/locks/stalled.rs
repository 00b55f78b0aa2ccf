//! Jobs that make no progress, long before their deadline.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::ending::{Scanning, lives, stop};
use super::{LOCKS, Running, listed, state, states, until};
use crate::admin::checks::{fix, problems};
use crate::support::Env;

/// Waits until the first lock is stalled after a second without progress; returns its row.
fn wait_until_stalled(env: &Env) -> Value {
    let started = Instant::now();
    loop {
        let row = listed(env, &["--stalled-after", "1s"])["locks"][0].clone();
        if row["state"] == "stalled" {
            return row;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "{row}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn resume(pid: u32) {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGCONT).unwrap();
}

#[test]
fn child_without_progress_is_named() {
    let run = Scanning::start(&[]);
    let row = wait_until_stalled(&run.env);
    assert_eq!(row["stalls"][0]["pid"], json!(run.child), "{row}");
    assert_eq!(row["stalls"][0]["subject"], json!("rsync"), "{row}");
    let table = run.env.ok(LOCKS, &["--stalled-after", "1s"]);
    let words = format!("rsync (pid {}) without progress for ", run.child);
    assert!(table.contains("stalled") && table.contains(&words), "{table}");
    // Minutes may pass by default, and it is not terminated before its deadline.
    assert_eq!(states(&run.env), [state("scan", "live")]);
    assert!(
        run.env
            .ok(LOCKS, &["--kill-hung", "--stalled-after", "1s"])
            .contains("no job to terminate")
    );
    assert!(lives(run.child));
}

#[test]
fn stopped_child_is_shown_at_once() {
    let run = Scanning::start(&[]);
    stop(run.child);
    until(&run.env, &[state("scan", "stalled")]);
    resume(run.child);
    until(&run.env, &[state("scan", "live")]);
}

#[test]
fn stopped_job_is_shown_at_once() {
    let run = Running::start(&[]);
    run.signal(Signal::SIGSTOP);
    until(run.env(), &[state("publish", "stalled")]);
    let row = listed(run.env(), &[])["locks"][0].clone();
    assert_eq!(row["stalls"][0]["pid"], json!(run.pid()), "{row}");
    run.signal(Signal::SIGCONT);
    until(run.env(), &[state("publish", "live")]);
}

#[test]
fn job_that_waits_for_a_server_is_stalled_as_a_whole() {
    let run = Running::start(&[]);
    let row = wait_until_stalled(run.env());
    assert_eq!(row["stalls"][0]["subject"], Value::Null, "{row}");
    assert!(row["owner"]["deadline"].as_i64().unwrap() > row["status"]["at"].as_i64().unwrap());
}

#[test]
fn doctor_advises_the_command_that_terminates_a_stalled_job() {
    let run = Running::start(&[]);
    run.signal(Signal::SIGSTOP);
    until(run.env(), &[state("publish", "stalled")]);
    let (_, message, _) = problems(run.env(), "publish").remove(0);
    assert!(
        !message.contains("killed") && message.contains("no successful run yet"),
        "its process is alive: {message}"
    );
    let table = run.env().ok(LOCKS, &[]);
    let command = "mm-locks --kill publish --clean";
    assert!(
        table.contains(&format!("to terminate what is stalled, run: {command}\n")),
        "{table}"
    );
    assert_eq!(problems(run.env(), "locks")[0].2, command);
    let text = run.env().ok("mm-admin", &["incident"]);
    assert!(
        text.contains("\npublish: stalled, pid ") && !text.contains("\\n"),
        "{text}"
    );
    let (severity, message) = fix(run.env(), "locks");
    assert!(
        severity == "warning" && message.contains("without progress: publish"),
        "{message}"
    );
    assert!(states(run.env()).is_empty());
}
