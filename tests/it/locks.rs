//! Locks with real processes: running jobs are shown, and only stale locks are removed.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::publish::TestBackend;
use crate::support::{Env, Process, RunOutput};

mod attacks;
mod contention;
mod directory;
mod ending;
mod old;
mod stalled;

const LOCKS: &str = "mm-locks";

/// `mm-sync-out` that holds its lock: it waits for a server that accepts connections and does not answer.
struct Running {
    backend: TestBackend,
    job: Process,
    /// Kept open, so that the job keeps waiting.
    _connection: TcpStream,
    _server: TcpListener,
}

impl Running {
    fn start(options: &[&str]) -> Self {
        let backend = TestBackend::new(1, "");
        backend.env.ok("mm-update-mirrorlist", &[]);
        fs::create_dir(backend.env.path("app")).unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        backend.env.configure(&format!(
            "[sync]\nverify_timeout = \"10m\"\n[[sync.target]]\nname = \"app\"\naddress = \"app\"\nhealthz = \"http://{}/healthz\"\n",
            server.local_addr().unwrap()
        ));
        let job = Process(backend.env.command("mm-sync-out").args(options).spawn().unwrap());
        let (connection, _) = server.accept().unwrap();
        Self {
            backend,
            job,
            _connection: connection,
            _server: server,
        }
    }

    fn env(&self) -> &Env {
        &self.backend.env
    }

    fn pid(&self) -> u32 {
        self.job.0.id()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    fn killed(mut self) -> TestBackend {
        self.job.0.kill().unwrap();
        self.job.0.wait().unwrap();
        self.backend
    }
}

/// The locks as JSON.
fn listed(env: &Env, args: &[&str]) -> Value {
    let output = env.run(LOCKS, &[&["--format", "json"], args].concat());
    assert_eq!(output.status, 0, "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// The start time of a process, as lock files have it.
fn start_time(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.split_whitespace().nth(19).unwrap().parse().unwrap()
}

/// Job and state of each lock.
fn states(env: &Env) -> Vec<(String, String)> {
    let report = listed(env, &[]);
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let locks = report["locks"].as_array().unwrap();
    locks.iter().map(|l| (text(&l["job"]), text(&l["state"]))).collect()
}

fn state(job: &str, state: &str) -> (String, String) {
    (job.to_owned(), state.to_owned())
}

/// The content of a lock file of a process.
fn body(pid: u32, start_time: u64, boot_id: &str, deadline: i64) -> String {
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    json!({
        "pid": pid, "start_time": start_time, "boot_id": boot_id, "pid_namespace": namespace, "host": "h", "user": "u",
        "command": "mm-crawl", "since": 1_700_000_000, "deadline": deadline,
    })
    .to_string()
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap()
        .trim()
        .to_owned()
}

fn ends(job: &mut Process, at_most: Duration) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = job.0.try_wait().unwrap() {
            return status.code();
        }
        assert!(started.elapsed() < at_most, "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn running_job_is_shown_with_all_fields() {
    let run = Running::start(&[]);
    let pid = run.pid().to_string();
    let table = run.env().ok(LOCKS, &[]);
    for words in [
        "JOB", "SCOPE", "STATE", "PID", "HOST", "USER", "SINCE", "DEADLINE", "publish", "live", &pid,
    ] {
        assert!(table.contains(words), "no {words:?} in {table}");
    }
    let report = listed(run.env(), &[]);
    let lock = &report["locks"][0];
    let owner = &lock["owner"];
    assert_eq!(
        (&lock["job"], &lock["scope"], &lock["state"]),
        (&json!("publish"), &json!(""), &json!("live"))
    );
    assert_eq!(owner["pid"], json!(run.pid()));
    assert_eq!(owner["boot_id"], json!(boot_id()));
    assert!(owner["since"].as_i64().unwrap() <= owner["deadline"].as_i64().unwrap());
    for key in ["host", "user", "command"] {
        assert!(!owner[key].as_str().unwrap().is_empty(), "{key}");
    }
    assert!(lock["path"].as_str().unwrap().ends_with("locks/publish.lock"));
}

#[test]
fn lock_of_a_killed_job_is_stale_and_blocks_no_job() {
    let backend = Running::start(&[]).killed();
    let env = &backend.env;
    assert_eq!(states(env), [state("publish", "stale")]);
    // No cleanup is needed: the next run takes the lock.
    env.configure("[[sync.target]]\nname = \"app\"\naddress = \"app\"\n");
    assert_eq!(env.run("mm-sync-out", &[]).status, 0);
    assert_eq!(states(env), []);
    assert_eq!(env.ok(LOCKS, &[]), "no locks: no job is running\n");
}

#[test]
fn only_stale_locks_are_removed() {
    let run = Running::start(&[]);
    let env = run.env();
    env.write("locks/crawl.Old.lock", body(1, 1, "another-boot", 0));
    env.write("locks/crawl.Old.status", "{}");
    env.write("locks/scan.lock", "");
    env.write("locks/update.lock", vec![0xff; 200_000]);
    env.write("locks/README", "no lock");
    let held = fs::File::open(env.write("locks/detect.lock", "{")).unwrap();
    fs2::FileExt::try_lock_exclusive(&held).unwrap();
    let before = names(env);

    let dry = env.ok(LOCKS, &["--clean", "--dry-run", "-v"]);
    assert_eq!(dry.matches("would remove").count(), 3, "{dry}");
    assert_eq!(names(env), before);

    let report = listed(env, &["--clean"]);
    let removed: Vec<&str> = report["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["job"].as_str().unwrap())
        .collect();
    assert_eq!(removed, ["crawl", "scan", "update"]);
    assert_eq!(states(env), [state("detect", "unknown"), state("publish", "live")]);
    assert_eq!(names(env), ["README", "detect.lock", "publish.lock"]);
    // The running job still holds it.
    assert_eq!(env.run("mm-sync-out", &[]).status, 75);
}

fn names(env: &Env) -> Vec<String> {
    let entries = fs::read_dir(env.path("locks")).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| Path::new(n).extension().is_none_or(|e| e != "status"))
        .collect();
    names.sort();
    names
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Links are not followed, pipes not waited for, directories not removed.
#[test]
fn lock_paths_that_are_not_files_are_kept() {
    let env = Env::new("");
    let target = env.write("elsewhere", "precious");
    std::os::unix::fs::symlink(&target, env.path("locks/link.lock")).unwrap();
    std::os::unix::fs::symlink("nowhere", env.path("locks/dangling.lock")).unwrap();
    fs::create_dir(env.path("locks/directory.lock")).unwrap();
    pipe(&env.path("locks/pipe.lock"));
    // A pipe in the place of the progress file of a job.
    env.write("locks/scan.lock", "");
    pipe(&env.path("locks/scan.status"));

    let run = |args: &[&str]| {
        let mut process = Process(env.command(LOCKS).args(args).spawn().unwrap());
        assert_eq!(ends(&mut process, Duration::from_secs(20)), Some(0));
    };
    run(&[]);
    run(&["--clean"]);
    let unreadable = ["dangling", "directory", "link", "pipe"].map(|job| state(job, "unreadable"));
    assert_eq!(states(&env), unreadable);
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert_eq!(names(&env).len(), 4);
}

#[test]
fn job_does_not_follow_a_symlink_at_its_lock_path() {
    let run = Running::start(&[]);
    let backend = run.killed();
    let env = &backend.env;
    let target = env.write("elsewhere", "precious");
    fs::remove_file(env.path("locks/publish.lock")).unwrap();
    std::os::unix::fs::symlink(&target, env.path("locks/publish.lock")).unwrap();
    let output = env.run("mm-sync-out", &[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("publish.lock"), "{output:?}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}

#[test]
fn a_job_past_its_deadline_is_shown_as_hung() {
    let run = Running::start(&[]);
    let env = run.env();
    // The same process and lock, after the deadline.
    let path = env.path("locks/publish.lock");
    let mut owner: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    owner["deadline"] = json!(1_700_000_000);
    fs::write(&path, owner.to_string()).unwrap();
    assert_eq!(states(env), [state("publish", "overdue")]);
    assert_eq!(listed(env, &["--clean"])["removed"], json!([]));
    assert_eq!(states(env), [state("publish", "overdue")]);
    // A second run reports a hung one.
    let output = env.run("mm-sync-out", &["--quiet-if-locked"]);
    assert_eq!(output.status, 75, "{output:?}");
    assert!(output.stderr.contains(&run.pid().to_string()), "{output:?}");
}

#[test]
fn second_run_names_the_lock_holder_and_can_wait() {
    let run = Running::start(&[]);
    let env = run.env();
    let second = |args: &[&str]| -> RunOutput { env.run("mm-sync-out", args) };
    let output = second(&[]);
    assert_eq!(output.status, 75, "{output:?}");
    for words in [
        "publish is already running",
        &format!("pid {}", run.pid()),
        "since",
        "--lock-wait",
        "mm-locks",
    ] {
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    }
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    let quiet = second(&["--quiet-if-locked"]);
    assert_eq!(
        (quiet.status, quiet.stderr.as_str(), quiet.stdout.as_str()),
        (75, "", "")
    );
    let started = Instant::now();
    assert_eq!(second(&["--lock-wait", "1s"]).status, 75);
    assert!(started.elapsed() >= Duration::from_secs(1));

    // A waiting run continues after the first has exited.
    env.configure("[[sync.target]]\nname = \"app\"\naddress = \"app\"\n");
    let mut waiting = Process(env.command("mm-sync-out").args(["--lock-wait", "1m"]).spawn().unwrap());
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.0.try_wait().unwrap().is_none(), "it did not wait");
    let _world = run.killed();
    assert_eq!(ends(&mut waiting, Duration::from_secs(30)), Some(0));
}

#[test]
fn job_releases_its_lock_on_sigterm() {
    let mut run = Running::start(&[]);
    run.signal(Signal::SIGTERM);
    let status = ends(&mut run.job, Duration::from_secs(30));
    assert!(matches!(status, Some(1 | 3)), "{status:?}");
    assert_eq!(states(run.env()), []);
    assert_eq!(names(run.env()), [""; 0]);
}

#[test]
fn job_exits_at_its_deadline() {
    let mut run = Running::start(&["--max-runtime", "1s"]);
    let status = ends(&mut run.job, Duration::from_mins(1));
    assert!(matches!(status, Some(1 | 3)), "{status:?}");
    assert_eq!(states(run.env()), []);
}

#[test]
fn unusable_lock_directory_is_reported_with_advice() {
    let run = Running::start(&[]);
    let backend = run.killed();
    let env = &backend.env;
    fs::remove_dir_all(env.path("locks")).unwrap();
    env.write("locks", "a file");
    let output = env.run("mm-sync-out", &[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(
        output.stderr.contains("publish.lock") && output.stderr.contains("lock_dir"),
        "{output:?}"
    );
    let output = env.run(LOCKS, &[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("cannot read the lock directory"), "{output:?}");
    fs::remove_file(env.path("locks")).unwrap();
    assert_eq!(
        env.ok(LOCKS, &[]),
        "no locks: no job is running\n",
        "a directory that is not there holds none"
    );
    let output = env.run(LOCKS, &["--lock-dir", "no/such"]);
    assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{output:?}");
    assert!(
        output.stderr.contains("no/such: the directory does not exist"),
        "{output:?}"
    );
}

/// With a reused pid or after a reboot the lock is free, whatever the file contains.
#[test]
fn content_of_a_lock_file_is_not_trusted() {
    let env = Env::new("");
    let me = std::process::id();
    env.write("locks/scan.lock", body(me, 1, &boot_id(), i64::MAX));
    env.write("locks/crawl.A.lock", body(me, 1, "another-boot", i64::MAX));
    env.write("locks/update.lock", json!({"pid": "many"}).to_string());
    let stale = ["crawl", "scan", "update"].map(|job| state(job, "stale"));
    assert_eq!(states(&env), stale);
    assert!(kill(Pid::this(), None).is_ok(), "nobody was signalled");
}

/// Waits until the locks are in this state.
fn until(env: &Env, what: &[(String, String)]) {
    let started = Instant::now();
    while states(env) != what {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", states(env));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Only the job holds its lock, not its children: a surviving child is shown and blocks no later run.
#[test]
fn children_are_shown_and_do_not_inherit_a_lock() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    env.ok("mm-update-mirrorlist", &[]);
    // ssh waits for a host that accepts connections and does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    env.configure(&format!(
        "[[sync.target]]\nname = \"far\"\naddress = \"rsync+ssh://127.0.0.1:{port}/srv\"\n"
    ));
    let mut job = Process(env.command("mm-sync-out").spawn().unwrap());
    let (connection, _) = silent.accept().unwrap();
    let started = Instant::now();
    let child = loop {
        let report = listed(env, &[]);
        if let Some(pid) = report["locks"][0]["status"]["children"][0]["pid"].as_u64() {
            break pid;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{report}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let alive = || Path::new(&format!("/proc/{child}")).exists();
    assert!(alive());
    job.0.kill().unwrap();
    job.0.wait().unwrap();
    assert_eq!(states(env), [state("publish", "orphaned")]);
    assert_eq!(listed(env, &["--clean"])["removed"], json!([]));
    assert!(alive(), "nobody was signalled");
    drop((connection, silent));
    until(env, &[state("publish", "stale")]);
    env.configure("[[sync.target]]\nname = \"app\"\naddress = \"app\"\n");
    assert_eq!(env.run("mm-sync-out", &[]).status, 0);
}

/// A job that waits for a response notices a lost lock nevertheless.
#[test]
fn job_recreates_a_removed_lock_file() {
    let run = Running::start(&[]);
    let env = run.env();
    fs::remove_file(env.path("locks/publish.lock")).unwrap();
    assert_eq!(states(env), []);
    until(env, &[state("publish", "live")]);
    assert_eq!(listed(env, &[])["locks"][0]["owner"]["pid"], json!(run.pid()));
    assert_eq!(env.run("mm-sync-out", &[]).status, 75);
}

#[test]
fn job_that_lost_its_lock_exits() {
    let mut run = Running::start(&[]);
    let mine = run.env().write("locks/another", "{}");
    let other = fs::File::open(&mine).unwrap();
    fs2::FileExt::try_lock_exclusive(&other).unwrap();
    fs::rename(&mine, run.env().path("locks/publish.lock")).unwrap();
    assert_eq!(ends(&mut run.job, Duration::from_secs(30)), Some(75));
    assert_eq!(
        states(run.env()),
        [state("publish", "unknown")],
        "the other one has it still, and its file names no process"
    );
}
