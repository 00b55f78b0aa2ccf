//! Changes of the lock directory during a job: it is emptied, removed, or becomes read-only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{LOCKS, Running, listed, state, states, until};
use crate::support::Process;

/// Removes everything in a directory, like an administrator who takes the locks for stale.
fn empty(dir: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

#[test]
fn job_recreates_its_lock_in_an_emptied_lock_directory() {
    let run = Running::start(&[]);
    let env = run.env();
    empty(&env.path("locks"));
    until(env, &[state("publish", "live")]);
    let started = Instant::now();
    let row = loop {
        let row = listed(env, &[])["locks"][0].clone();
        if row["status"]["phase"].is_string() {
            break row;
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "what it does is told again: {row}"
        );
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(row["owner"]["pid"], json!(run.pid()), "{row}");
    let second = env.run("mm-sync-out", &[]);
    assert_eq!(second.status, 75, "{second:?}");
    assert!(second.stderr.contains(&run.pid().to_string()), "{second:?}");
}

/// The second run may be faster than the first, which checks every few seconds: then the first exits.
#[test]
fn of_two_runs_after_a_removed_lock_one_exits() {
    let mut run = Running::start(&[]);
    let locks = run.env().path("locks");
    empty(&locks);
    let mut second = Process(run.env().command("mm-sync-out").spawn().unwrap());
    let started = Instant::now();
    let (ended, left) = loop {
        if let Some(status) = run.job.0.try_wait().unwrap() {
            break (status, &mut second);
        }
        if let Some(status) = second.0.try_wait().unwrap() {
            break (status, &mut run.job);
        }
        assert!(started.elapsed() < Duration::from_secs(30), "both go on");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(ended.code(), Some(75));
    let pid = left.0.id();
    assert_eq!(left.0.try_wait().unwrap(), None, "the other goes on");
    until(run.env(), &[state("publish", "live")]);
    assert_eq!(listed(run.env(), &[])["locks"][0]["owner"]["pid"], json!(pid));
}

#[test]
fn job_recreates_a_removed_lock_directory() {
    let run = Running::start(&[]);
    let env = run.env();
    fs::remove_dir_all(env.path("locks")).unwrap();
    assert_eq!(states(env), []);
    until(env, &[state("publish", "live")]);
    assert_eq!(listed(env, &[])["locks"][0]["owner"]["pid"], json!(run.pid()));
    assert_eq!(env.run("mm-sync-out", &[]).status, 75);
}

/// A directory that is mounted onto itself, read-only; unmounted when dropped.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn at(path: PathBuf) -> Self {
        let mount = |options: &[&str]| {
            let done = Command::new("mount").args(options).arg(&path).status().unwrap();
            assert!(done.success(), "this test mounts a directory: run it as root");
        };
        mount(&["--bind", path.to_str().unwrap()]);
        mount(&["-o", "remount,bind,ro"]);
        Self(path)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn read_only_lock_directory_starts_no_job_and_stops_none() {
    let mut run = Running::start(&[]);
    let stale = run.env().write("locks/scan.lock", "");
    let read_only = ReadOnly::at(run.env().path("locks"));
    let env = run.env();
    let shown = [state("publish", "live"), state("scan", "stale")];
    assert_eq!(states(env), shown);
    for (program, file) in [("mm-sync-out", "publish.lock"), ("mm-update-mirrorlist", "update.lock")] {
        let refused = env.run(program, &[]);
        assert_eq!(refused.status, 1, "{refused:?}");
        for words in [file, "ead-only", "lock_dir"] {
            assert!(refused.stderr.contains(words), "no {words:?} in {refused:?}");
        }
    }
    let clean = env.run(LOCKS, &["--clean"]);
    assert_eq!(clean.status, 1, "{clean:?}");
    assert!(clean.stderr.contains("is mounted read-only"), "{clean:?}");
    assert!(stale.exists());
    // Longer than the interval at which the job checks its lock.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(run.job.0.try_wait().unwrap(), None, "it holds its lock and goes on");
    drop(read_only);
    assert_eq!(run.env().run("mm-sync-out", &[]).status, 75);
    assert_eq!(listed(run.env(), &["--clean"])["removed"].as_array().unwrap().len(), 1);
}
