//! Children that leave their process group or keep a pipe open, a database that is replaced, and jobs that are killed: the deadline
//! holds, the job fails, and the next run finds nothing in its way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{jobs, runs, world};
use crate::support::{Env, Process};

/// A home whose master is listed by a program of this name in the first directory of PATH.
fn world_with_rsync(script: &str) -> Env {
    let env = Env::new(
        "[[category]]\nname = \"T\"\nsource = \"rsync\"\nrsync = \"rsync://127.0.0.1:1/t\"\npath = \"master\"\n",
    );
    env.write("master/README", "hello");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["product", "add", "P"]);
    env.ok("mm-admin", &["category", "add", "T", "--product", "P", "topdir=pub/t"]);
    let program = env.write("bin/rsync", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    env
}

/// Runs a scan with that program; returns its status and what it wrote to stderr.
fn scan(env: &Env, args: &[&str]) -> (Option<i32>, String) {
    let path = std::env::var_os("PATH").unwrap();
    let path = format!("{}:{}", env.path("bin").display(), path.display());
    let output = env
        .command("mm-scan-master")
        .args(args)
        .env("PATH", path)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn wait_until_gone(pid: &str) {
    let started = Instant::now();
    let stat = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    while !(stat().is_empty() || stat().contains(") Z")) {
        assert!(started.elapsed() < Duration::from_secs(20), "it survived: {}", stat());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn child_that_detaches_and_keeps_its_output_open_fails_the_job() {
    let env =
        world_with_rsync("setsid sh -c 'echo $$ > stray; exec sleep 600' &\nwhile [ ! -s stray ]; do sleep 0.01; done");
    let started = Instant::now();
    let (status, stderr) = scan(&env, &[]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("keeps its output open"), "{stderr}");
    assert!(started.elapsed() < Duration::from_secs(28), "{:?}", started.elapsed());
    wait_until_gone(&fs::read_to_string(env.path("stray")).unwrap());
    assert!(env.ok("mm-locks", &[]).contains("no locks"));
}

#[test]
fn deadline_holds_for_a_child_that_left_its_group() {
    let env = world_with_rsync(
        "setsid sh -c 'trap \"\" TERM; echo $$ > stray; while :; do sleep 1; done' &\ntrap '' TERM\nwhile :; do sleep 1; done",
    );
    let started = Instant::now();
    let (status, stderr) = scan(&env, &["--max-runtime", "2s"]);
    // 3: the deadline was reached.
    assert_eq!(status, Some(3), "{stderr}");
    assert!(started.elapsed() < Duration::from_secs(28), "{:?}", started.elapsed());
    wait_until_gone(&fs::read_to_string(env.path("stray")).unwrap());
}

#[test]
fn job_whose_database_is_replaced_fails() {
    let env = world();
    let path = env.path("mm.db");
    let copy = env.path("copy.db");
    env.ok("mm-admin", &["backup", "copy.db"]);
    // It waits to write, with its lock taken.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let command = env
        .command("mm-update-mirrorlist")
        .stderr(std::process::Stdio::piped())
        .spawn();
    let mut job = Process(command.unwrap());
    let started = Instant::now();
    while !env.path("locks/update.lock").exists() {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(300));
    fs::rename(&copy, &path).unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let status = job.0.wait().unwrap();
    let mut stderr = String::new();
    std::io::Read::read_to_string(job.0.stderr.as_mut().unwrap(), &mut stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("was replaced") && stderr.lines().count() == 1,
        "{stderr}"
    );
    for suffix in ["-wal", "-shm"] {
        drop(fs::remove_file(env.path(&format!("mm.db{suffix}"))));
    }
    assert_eq!(env.run("mm-update-mirrorlist", &[]).status, 0);
}

/// The names below a directory that belong to unfinished work.
fn leftovers(dir: &Path) -> Vec<String> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_new = path.extension().is_some_and(|e| e == "new");
        if name.starts_with('.') || is_new || path.parent().unwrap().ends_with("locks") {
            out.push(path.display().to_string());
        }
        if path.is_dir() && !path.is_symlink() {
            out.extend(leftovers(&path));
        }
    }
    out
}

#[test]
fn next_run_removes_what_a_killed_one_left() {
    const KILLS: u64 = 30;
    let env = world();
    for (program, _) in jobs() {
        let args = ["--metrics-file", "job.prom"];
        assert_eq!(env.run(program, &args).status, 0);
        let whole = Instant::now();
        assert_eq!(env.run(program, &args).status, 0);
        let whole = whole.elapsed();
        for n in 0..KILLS {
            let mut job = Process(env.command(program).args(args).spawn().unwrap());
            std::thread::sleep(whole.mul_f64(f64::from(u32::try_from(n).unwrap()) / 30.0));
            drop(job.0.kill());
            job.0.wait().unwrap();
        }
        let output = env.run(program, &args);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
        let left = leftovers(&env.path("."));
        assert!(left.is_empty(), "{program}: {left:?}");
    }
    assert!(runs(&env).iter().any(|r| r["ended_at"].is_null()), "no run was killed");
}

/// The children of a killed run would work on beside the next one.
#[test]
fn next_run_terminates_the_children_of_a_killed_one() {
    let env = world_with_rsync("echo $$ > child\nexec sleep 600");
    let path = format!(
        "{}:{}",
        env.path("bin").display(),
        std::env::var_os("PATH").unwrap().display()
    );
    let mut job = Process(env.command("mm-scan-master").env("PATH", path).spawn().unwrap());
    let started = Instant::now();
    let listed = || env.ok("mm-locks", &["--format", "json"]);
    while !listed().contains("\"program\": \"rsync\"") {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", listed());
        std::thread::sleep(Duration::from_millis(20));
    }
    job.0.kill().unwrap();
    job.0.wait().unwrap();
    let child = fs::read_to_string(env.path("child")).unwrap();
    assert!(listed().contains("\"orphaned\""), "{}", listed());
    let started = Instant::now();
    env.write("bin/rsync", "#!/bin/sh\nexit 1\n");
    let (status, stderr) = scan(&env, &[]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(started.elapsed() < Duration::from_secs(28));
    wait_until_gone(&child);
}
