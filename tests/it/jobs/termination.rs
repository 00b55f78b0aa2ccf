//! Jobs that cannot continue, and their metrics.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use super::{add_mirror, programs, world, world_without_mirrors};
use crate::support::{Env, Process, need};

/// The samples of a text in the Prometheus format, by name with labels. Fails for invalid text.
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
    let output = env.run(program, &["--metrics-file", "job.prom"]);
    assert_eq!(output.status, status, "{output:?}");
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
        assert!(found.keys().any(|k| k.starts_with("mm_job_stat{")), "{found:?}");
    }
    // Every job writes metrics, also if targets fail.
    for program in programs() {
        let help = env.run(&program, &["--help"]).stdout;
        let is_job = help.contains("--max-runtime");
        assert_eq!(help.contains("--metrics-file"), is_job, "{program}");
    }
    let nobody = format!("rsync+ssh://127.0.0.1:{}/srv", crate::support::free_port());
    let config = |more: &str| {
        env.configure(&format!(
            "[[category]]\nname = \"T\"\npath = \"master\"\n[sync]\nretries = 0\n\
             [[sync.target]]\nname = \"app\"\naddress = \"app\"\n{more}"
        ));
    };
    std::fs::create_dir(env.path("app")).unwrap();
    config("");
    let count = |found: &BTreeMap<String, f64>, of: &str| {
        let named = |name: &&String| name.starts_with("mm_job_stat{") && name.contains(&format!("\"{of}\""));
        let name = found
            .keys()
            .find(named)
            .unwrap_or_else(|| panic!("no {of} in {found:?}"));
        found[name]
    };
    let published = run(&env, "mm-sync-out", "publish", 0);
    let good = "mm_job_last_success_timestamp_seconds{job=\"publish\"}";
    assert!(
        (count(&published, "updated") - 1.0).abs() < f64::EPSILON,
        "{published:?}"
    );
    config(&format!("[[sync.target]]\nname = \"lost\"\naddress = \"{nobody}\"\n"));
    let in_part = run(&env, "mm-sync-out", "publish", 3);
    assert!((count(&in_part, "failed") - 1.0).abs() < f64::EPSILON, "{in_part:?}");
    assert!((in_part[good] - published[good]).abs() < f64::EPSILON, "{in_part:?}");
    config("");
    // A job that is locked out and a paused job report it and keep the last success.
    let success = "mm_job_last_success_timestamp_seconds{job=\"update\"}";
    let last = run(&env, "mm-update-mirrorlist", "update", 0)[success];
    let lock = std::fs::File::open(env.write("locks/update.lock", "")).unwrap();
    fs2::FileExt::try_lock_exclusive(&lock).unwrap();
    let refused = run(&env, "mm-update-mirrorlist", "update", 75);
    assert!((refused[success] - last).abs() < f64::EPSILON);
    drop(lock);
    env.ok("mm-admin", &["pause", "scan"]);
    let held = run(&env, "mm-scan-master", "scan", 0);
    assert!(
        (held["mm_job_paused{job=\"scan\"}"] - 1.0).abs() < f64::EPSILON,
        "{held:?}"
    );
    // A metrics file that cannot be written is reported and does not stop the job.
    let output = env.run("mm-update-mirrorlist", &["--metrics-file", "nowhere/job.prom"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(output.stderr.contains("nowhere/job.prom"), "{output:?}");
    std::fs::remove_file(env.path("job.prom")).unwrap();
    env.run("mm-update-mirrorlist", &["--metrics-file", "job.prom", "--dry-run"]);
    assert!(!env.path("job.prom").exists(), "a dry run writes no metrics");
}

/// Another process locks the database for minutes: the job waits, and its watchdog terminates it.
#[test]
fn watchdog_terminates_a_job_at_a_locked_database() {
    let env = world();
    let other = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let started = Instant::now();
    let output = env.run("mm-update-mirrorlist", &["--max-runtime", "1s"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("terminated by its watchdog"), "{output:?}");
    assert!(started.elapsed() < Duration::from_secs(28), "{:?}", started.elapsed());
    assert!(env.ok("mm-locks", &["--clean"]).contains("no locks"));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(env.run("mm-update-mirrorlist", &[]).status, 0);
}

#[test]
fn max_runtime_is_read_from_the_config() {
    let env = world();
    env.configure("[[category]]\nname = \"T\"\npath = \"master\"\n[limits]\nupdate = \"7m\"\n");
    // It waits for the database while it holds its lock.
    let other = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let _job = Process(env.command("mm-update-mirrorlist").spawn().unwrap());
    let started = Instant::now();
    let owner = loop {
        let report: serde_json::Value = serde_json::from_str(&env.ok("mm-locks", &["--format", "json"])).unwrap();
        if report["locks"][0]["owner"]["deadline"].is_i64() {
            break report["locks"][0]["owner"].clone();
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{report}");
    };
    let limit = owner["deadline"].as_i64().unwrap() - owner["since"].as_i64().unwrap();
    assert_eq!(limit, 420, "{owner}");
    env.configure("[limits]\nscan = \"0s\"\n");
    let output = env.run("mm-locks", &[]);
    assert_eq!(output.status, 2, "{output:?}");
    assert!(output.stderr.contains("limits.scan is 0"), "{output:?}");
}

/// A hanging file system, like that of a dead server: FUSE without a daemon. Every access blocks.
struct Dead {
    path: std::path::PathBuf,
    _other_end: Process,
}

impl Dead {
    fn at(path: std::path::PathBuf) -> Self {
        let mount = "import ctypes, os, sys, time\n\
                     fd = os.open('/dev/fuse', os.O_RDWR)\n\
                     options = b'fd=%d,rootmode=40000,user_id=0,group_id=0' % fd\n\
                     done = ctypes.CDLL(None).mount(b'dead', sys.argv[1].encode(), b'fuse', 0, options)\n\
                     print('mounted' if done == 0 else 'refused', flush=True)\n\
                     time.sleep(600)\n";
        let mut other_end = std::process::Command::new(need("python3", "python3"))
            .args(["-c", mount])
            .arg(&path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = String::new();
        let out = other_end.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut output).unwrap();
        let other_end = Process(other_end);
        assert_eq!(output, "mounted\n", "this test mounts by /dev/fuse: run it as root");
        Self {
            path,
            _other_end: other_end,
        }
    }
}

impl Drop for Dead {
    fn drop(&mut self) {
        // At once: blocked accesses fail when the connection is aborted.
        let unmount = std::process::Command::new("umount")
            .arg("--lazy")
            .arg(&self.path)
            .status();
        drop(unmount);
    }
}

#[test]
fn scan_of_a_hanging_file_system_is_terminated_and_names_its_step() {
    let env = world_without_mirrors();
    let dead = Dead::at(env.path("master"));
    let started = Instant::now();
    let output = env.run("mm-scan-master", &["--max-runtime", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(28), "{:?}", started.elapsed());
    assert_eq!(output.status, 1, "{output:?}");
    for words in ["terminated by its watchdog", "listing T", "file system"] {
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    }
    assert!(env.ok("mm-locks", &["--clean"]).contains("no locks"));
    drop(dead);
    let output = env.run("mm-scan-master", &[]);
    assert_eq!(output.status, 0, "{output:?}");
}
