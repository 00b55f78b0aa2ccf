//! Terminating jobs: hung ones, orphaned children, named ones; and waiting for the end of a job.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{fs, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{LOCKS, Running, body, boot_id, ends, listed, start_time, state, states, until};
use crate::admin::checks::{fix, problems, shell};
use crate::support::{Env, Process, need};

const SCAN: &str = "mm-scan-master";

/// `mm-scan-master` whose rsync waits for a server that accepts connections and does not answer.
pub(super) struct Scanning {
    pub(super) env: Env,
    pub(super) job: Process,
    /// The rsync process.
    pub(super) child: u32,
    _connection: TcpStream,
    _server: TcpListener,
}

impl Scanning {
    pub(super) fn start(options: &[&str]) -> Self {
        need("rsync", "rsync");
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let env = Env::new(&format!(
            "[[category]]\nname = \"T\"\nsource = \"rsync\"\nrsync = \"rsync://{}/t\"\npath = \"master\"\n",
            server.local_addr().unwrap()
        ));
        env.write("master/README", "hello");
        env.ok("mm-admin", &["init"]);
        env.ok("mm-admin", &["product", "add", "P"]);
        env.ok("mm-admin", &["category", "add", "T", "--product", "P", "topdir=pub/t"]);
        let job = Process(env.command(SCAN).args(options).spawn().unwrap());
        let (connection, _) = server.accept().unwrap();
        let started = Instant::now();
        let child = loop {
            let report = listed(&env, &[]);
            if let Some(pid) = report["locks"][0]["status"]["children"][0]["pid"].as_u64() {
                break u32::try_from(pid).unwrap();
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{report}");
            thread::sleep(Duration::from_millis(20));
        };
        Self {
            env,
            job,
            child,
            _connection: connection,
            _server: server,
        }
    }
}

pub(super) fn stop(pid: u32) {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).unwrap();
}

/// True if the process exists.
pub(super) fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z")
}

fn pids(ended: &Value) -> Vec<u64> {
    let processes = ended["processes"].as_array().unwrap();
    processes.iter().map(|p| p["pid"].as_u64().unwrap()).collect()
}

#[test]
fn stopped_job_past_its_deadline_is_terminated_with_its_children() {
    let mut run = Scanning::start(&["--max-runtime", "2s"]);
    let (job, child) = (run.job.0.id(), run.child);
    stop(job);
    stop(child);
    until(&run.env, &[state("scan", "overdue")]);
    let table = run.env.ok(LOCKS, &[]);
    for words in ["overdue", "LAST SEEN", "ago", "listing T 0/1"] {
        assert!(table.contains(words), "no {words:?} in {table}");
    }
    // Another job of the same shell, and another process of the same name: neither is touched.
    let mut bystander = Process(std::process::Command::new("sleep").arg("60").spawn().unwrap());

    let dry = listed(&run.env, &["--kill-hung", "--dry-run"]);
    assert!(pids(&dry["terminated"][0]).contains(&u64::from(child)), "{dry}");
    assert!(lives(job) && lives(child));

    let report = run.env.run(LOCKS, &["--kill-hung", "--clean"]);
    assert_eq!(report.status, 0, "{report:?}");
    for words in [&format!("pid {job} "), &format!("pid {child} "), "scan/T (overdue)"] {
        assert!(report.stdout.contains(words), "no {words:?} in {report:?}");
    }
    assert!(!lives(job) && !lives(child));
    assert!(report.stdout.contains("no locks: no job is running"), "{report:?}");
    ends(&mut run.job, Duration::from_secs(1));
    assert!(bystander.0.try_wait().unwrap().is_none());
    let again = run.env.ok(LOCKS, &["--kill-hung"]);
    assert!(again.contains("no job to terminate"), "{again}");
}

#[test]
fn job_that_ignores_sigterm_is_killed() {
    let run = Running::start(&["--max-runtime", "1s"]);
    run.signal(Signal::SIGSTOP);
    until(run.env(), &[state("publish", "overdue")]);
    // Without grace.
    let report = listed(run.env(), &["--kill-hung", "--grace", "0s"]);
    assert_eq!(report["terminated"][0]["processes"][0]["outcome"], "killed", "{report}");
    assert!(!lives(run.pid()));
}

#[test]
fn orphaned_children_of_a_dead_job_are_terminated() {
    let mut run = Scanning::start(&[]);
    run.job.0.kill().unwrap();
    run.job.0.wait().unwrap();
    until(&run.env, &[state("scan", "orphaned")]);
    let report = listed(&run.env, &["--kill-hung"]);
    assert!(
        pids(&report["terminated"][0]).contains(&u64::from(run.child)),
        "{report}"
    );
    assert!(!lives(run.child));
    assert_eq!(states(&run.env), [state("scan", "stale")]);
}

#[test]
fn healthy_job_is_terminated_only_on_request() {
    let mut run = Running::start(&[]);
    let env = run.env();
    assert_eq!(listed(env, &["--kill-hung"])["terminated"], json!([]));
    for (args, status) in [(["--kill", "publish/other"], 3), (["--kill", "publihs"], 2)] {
        let output = env.run(LOCKS, &args);
        assert_eq!(output.status, status, "{output:?}");
    }
    assert!(lives(run.pid()));
    let output = env.ok(LOCKS, &["--kill", "publish", "--grace", "30s"]);
    assert!(
        output.contains(&format!("terminated publish (live): pid {} ", run.pid())),
        "{output}"
    );
    ends(&mut run.job, Duration::from_secs(1));
    assert_eq!(states(run.env()), [], "it gave its lock back");
}

/// A lock that another process holds than its file names: of another boot or container, one with a reused pid, or any other.
#[test]
fn process_that_does_not_hold_the_lock_is_never_signaled() {
    let env = Env::new("");
    let mut victim = Process(std::process::Command::new("sleep").arg("60").spawn().unwrap());
    let pid = victim.0.id();
    let start = start_time(pid);
    let mut files = Vec::new();
    let mut held = |name: &str, text: String| {
        let file = fs::File::open(env.write(&format!("locks/{name}.lock"), text)).unwrap();
        fs2::FileExt::try_lock_exclusive(&file).unwrap();
        files.push(file);
    };
    held("scan", body(pid, start, "another-boot", 1));
    held("crawl", body(pid, start + 1, &boot_id(), 1));
    held("detect", body(pid, start, &boot_id(), 1).replace("pid:[", "pid:[9"));
    held("update", "{".to_owned());
    // The process that the file names is running, past its deadline, and could be signaled.
    held("publish", body(pid, start, &boot_id(), 1));
    let all = ["crawl", "detect", "publish", "scan", "update"];
    assert_eq!(states(&env), all.map(|job| state(job, "unknown")));
    assert!(env.ok(LOCKS, &["--kill-hung"]).contains("no job to terminate"));
    let named: Vec<&str> = all.iter().flat_map(|job| ["--kill", job]).collect();
    let output = env.run(LOCKS, &named);
    assert_eq!(output.status, 1, "{output:?}");
    let holder = format!("held by pid {} ", std::process::id());
    assert_eq!(output.stdout.matches("not terminated").count(), all.len(), "{output:?}");
    assert!(output.stdout.contains(&holder), "{output:?}");
    drop(files);
    // The process of a free lock may be at other work.
    let output = env.run(LOCKS, &["--format", "json", "--kill", "publish"]);
    assert_eq!(output.status, 3, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["terminated"][0]["processes"], json!([]), "{report}");
    // Children of a job that died before the last boot.
    env.write("locks/publish.lock", body(1, 1, "another-boot", 1));
    let child = json!({
        "pid": pid, "start_time": start, "program": "sleep", "subject": null, "progressed_at": 1,
    });
    let status = json!({
        "phase": "", "done": 0, "total": 0, "at": 1, "progressed_at": 1, "activities": [], "children": [child],
    });
    env.write("locks/publish.status", status.to_string());
    let output = env.run(LOCKS, &["--kill-hung"]);
    assert!(output.stdout.contains("stale"), "{output:?}");
    assert!(victim.0.try_wait().unwrap().is_none(), "it was ended");
}

#[test]
fn wait_ends_with_the_job() {
    let mut run = Running::start(&[]);
    let started = Instant::now();
    let output = run.env().run(LOCKS, &["--wait", "publish", "--timeout", "1s"]);
    assert_eq!(output.status, 75, "{output:?}");
    assert!(
        started.elapsed() >= Duration::from_secs(1) && output.stdout.contains("lock is still held"),
        "{output:?}"
    );
    assert_eq!(
        run.env().run(LOCKS, &["--wait", "scan"]).status,
        0,
        "that one does not run"
    );

    let mut waiting = Process(run.env().command(LOCKS).args(["--wait", "publish/"]).spawn().unwrap());
    thread::sleep(Duration::from_millis(500));
    assert!(waiting.0.try_wait().unwrap().is_none(), "it did not wait");
    run.signal(Signal::SIGTERM);
    ends(&mut run.job, Duration::from_secs(30));
    assert_eq!(ends(&mut waiting, Duration::from_secs(10)), Some(0));
}

#[test]
fn healthy_job_survives_a_thousand_cleanups() {
    let run = Running::start(&[]);
    for _ in 0..1_000 {
        let output = run.env().run(LOCKS, &["--clean", "-q"]);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
    }
    for _ in 0..5 {
        assert_eq!(listed(run.env(), &["--clean", "--kill-hung"])["removed"], json!([]));
    }
    assert!(lives(run.pid()));
    assert_eq!(states(run.env()), [state("publish", "live")]);
    assert_eq!(run.env().run("mm-sync-out", &[]).status, 75);
}

/// The command that `mm-admin doctor` advises for overdue and orphaned jobs terminates them.
#[test]
fn doctor_advises_the_command_that_terminates_hung_jobs() {
    let run = Scanning::start(&["--max-runtime", "2s"]);
    stop(run.job.0.id());
    stop(run.child);
    until(&run.env, &[state("scan", "overdue")]);
    let (severity, message) = fix(&run.env, "locks");
    assert!(severity == "critical" && message.contains("overdue: scan"), "{message}");

    let mut run = Scanning::start(&[]);
    stop(run.child);
    run.job.0.kill().unwrap();
    run.job.0.wait().unwrap();
    until(&run.env, &[state("scan", "orphaned")]);
    let (severity, message, command) = problems(&run.env, "locks").remove(0);
    assert!(
        severity == "warning" && message.contains("child processes"),
        "{message}"
    );
    assert_eq!(shell(&run.env, &command).status, 0);
    assert!(!lives(run.child) && problems(&run.env, "locks").is_empty());
}
