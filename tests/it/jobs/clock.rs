//! The check of the clock. Tests do not change the clock of the machine: the recorded times differ from it, or `faketime` shifts it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{jobs, runs, sql, world};
use crate::support::{Env, RunOutput, need};

const DAY: i64 = 86_400;
const CATEGORY: &str = "[[category]]\nname = \"T\"\npath = \"master\"\n";

fn now() -> i64 {
    mirrormanager::sys::clock::now().0
}

/// An HTTP server whose clock is ahead of ours.
struct TimeServer {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl TimeServer {
    fn start(ahead: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                drop(stream.read(&mut [0; 4096]));
                counter.fetch_add(1, Ordering::SeqCst);
                let date = jiff::Timestamp::from_second(now() + ahead).unwrap();
                let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
                drop(write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                ));
            }
        });
        Self { url, requests }
    }
}

/// Makes these servers the witnesses.
fn use_witnesses(env: &Env, servers: &[&TimeServer]) {
    let urls: Vec<&str> = servers.iter().map(|s| s.url.as_str()).collect();
    env.configure(&format!("crawl.uplink_check_urls = {urls:?}\n{CATEGORY}"));
}

fn record_run(env: &Env, at: i64) {
    sql(
        env,
        &format!(
            "INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\") VALUES ('scan', 'T', {at}, {at}, 0, 1, 'x')"
        ),
    );
}

/// Runs all jobs twice as cron does; they must work, and print nothing.
fn assert_all_jobs_work(env: &Env) {
    for (program, _) in jobs().into_iter().chain(jobs()) {
        let output = env.run(program, &[]);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
    }
}

/// Runs a command of ours that was advised, as a shell does.
fn run_advised(env: &Env, command: &str) -> RunOutput {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (program, args) = words.split_first().unwrap();
    assert!(program.starts_with("mm-"), "{command}");
    env.run(program, args)
}

/// The command that a message advises if this clock is right.
fn advised(output: &RunOutput) -> String {
    let (_, rest) = output.stderr.split_once("if this clock is right, run: ").unwrap();
    rest.split(';').next().unwrap().to_owned()
}

/// Severity, message and command of the check of the clock, by `doctor` and by `incident`: an incident lists problems only.
fn clock_check(env: &Env) -> (String, String, String) {
    let check = |command: &str| {
        let output = env.run("mm-admin", &[command, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let found = checks.iter().find(|c| c["name"] == "clock");
        let text = |key: &str| found.map_or("", |c| c[key].as_str().unwrap_or_default()).to_owned();
        (text("severity"), text("message"), text("command"))
    };
    let (doctor, incident) = (check("doctor"), check("incident"));
    if doctor.0 == "ok" {
        assert!(incident.0.is_empty() || incident.0 == "ok", "{incident:?}");
    } else {
        assert_eq!((&doctor.0, &doctor.2), (&incident.0, &incident.2));
    }
    doctor
}

#[test]
fn a_run_of_the_future_is_accepted_once_by_an_operator() {
    for accepting in jobs() {
        let env = world();
        record_run(&env, now() + 3650 * DAY);
        for (program, _) in jobs() {
            let output = env.run(program, &[]);
            assert_eq!(output.status, 1, "{output:?}");
            assert_eq!(advised(&output), format!("{program} --ignore-clock"));
            let again = env.run(program, &[]);
            assert_eq!(
                (again.status, again.stderr.as_str()),
                (1, ""),
                "reported once: {again:?}"
            );
            let dry = env.run(program, &["--dry-run", "--ignore-clock"]);
            assert_eq!(dry.status, 0, "{dry:?}");
        }
        let (severity, message, _) = clock_check(&env);
        assert!(
            severity != "ok" && message.contains("mm-update-mirrorlist --ignore-clock"),
            "{message}"
        );
        let output = run_advised(&env, &format!("{} --ignore-clock", accepting.0));
        assert_eq!(output.status, 0, "{output:?}");
        assert!(
            output.stderr.contains("recorded times were later than the clock"),
            "{output:?}"
        );
        let kept = runs(&env).into_iter().find(|r| r["user"] == "x").unwrap();
        assert!(kept["ended_at"].as_i64().unwrap() <= now(), "{kept}");
        for (program, _) in jobs() {
            let output = env.run(program, &[]);
            assert_eq!(output.status, 0, "{output:?}");
        }
        assert_all_jobs_work(&env);
        assert_eq!(clock_check(&env).0, "ok");
    }
}

#[test]
fn the_check_names_the_command_that_accepts_a_right_clock() {
    let env = world();
    record_run(&env, now() + 10 * DAY);
    let right = TimeServer::start(0);
    use_witnesses(&env, &[&right]);
    let (severity, message, command) = clock_check(&env);
    assert!(
        severity != "ok" && message.contains("clock of this machine is right"),
        "{message}"
    );
    let output = run_advised(&env, &command);
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(clock_check(&env).0, "ok");
    for (program, _) in jobs() {
        env.ok(program, &[]);
    }
}

#[test]
fn an_older_run_of_the_future_stops_no_job_and_is_reported() {
    let env = world();
    record_run(&env, now() + 10 * DAY);
    record_run(&env, now());
    assert_all_jobs_work(&env);
    let (severity, message, command) = clock_check(&env);
    assert!(
        severity != "ok" && message.contains("later than the clock"),
        "{message}"
    );
    assert_eq!(run_advised(&env, &command).status, 0);
    assert_eq!(clock_check(&env).0, "ok");
}

/// What the kernel reports to another program.
fn is_synchronized() -> bool {
    let script = "import ctypes, struct\nbuffer = ctypes.create_string_buffer(512)\n\
                  result = ctypes.CDLL(None).adjtimex(buffer)\nstatus = struct.unpack_from('I4xqqqqi', buffer.raw)[5]\n\
                  print(result >= 0 and status & 0x40 == 0)";
    let output = Command::new(need("python3", "python3"))
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim() == "True"
}

#[test]
fn after_ten_days_off_the_next_cron_works_if_anything_confirms_the_clock() {
    for witness in [true, false] {
        let env = world();
        assert_all_jobs_work(&env);
        sql(
            &env,
            &format!(
                "UPDATE run SET started_at = started_at - {0}, ended_at = ended_at - {0}",
                10 * DAY
            ),
        );
        let server = TimeServer::start(0);
        if witness {
            use_witnesses(&env, &[&server]);
        }
        let (program, _) = jobs()[0];
        let output = env.run(program, &[]);
        if witness || is_synchronized() {
            assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
            let message = runs(&env)[0]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("no job ran since run"), "{message}");
        } else {
            assert_eq!(output.status, 1, "{output:?}");
            let accepted = run_advised(&env, &advised(&output));
            assert_eq!(accepted.status, 0, "{accepted:?}");
        }
        for (program, _) in jobs() {
            env.ok(program, &[]);
        }
        assert_all_jobs_work(&env);
    }
}

#[test]
fn two_witnesses_prove_that_the_clock_is_wrong() {
    const AHEAD: i64 = 3 * 3600;
    let env = world();
    let servers = [TimeServer::start(AHEAD), TimeServer::start(AHEAD + 1)];
    use_witnesses(&env, &[&servers[0], &servers[1]]);
    // The clock went back by three hours.
    record_run(&env, now() + AHEAD);
    for args in [&[][..], &["--ignore-clock"]] {
        let output = env.run("mm-scan-master", args);
        assert_eq!(output.status, 1, "{output:?}");
        // With the option, the same alert is not reported again.
        if args.is_empty() {
            for words in [
                "the clock of this machine is wrong: it is 3 hours behind",
                "timedatectl set-ntp true",
            ] {
                assert!(output.stderr.contains(words), "{output:?}");
            }
        }
    }
    let (severity, message, command) = clock_check(&env);
    assert!(
        severity != "ok" && message.contains("of this machine is wrong"),
        "{message}"
    );
    assert_eq!(command, "timedatectl set-ntp true");
    let newest = runs(&env)[0]["ended_at"].as_i64().unwrap();
    assert!(newest > now(), "a right time was set back");

    // The clock is set: three hours ahead, for the program.
    let output = at(&env, "+3h", "mm-scan-master", &[]);
    assert_eq!(output.status, 0, "{output:?}");

    // One witness proves nothing.
    let env = world();
    use_witnesses(&env, &[&servers[0]]);
    record_run(&env, now() - AHEAD);
    assert_eq!(env.run("mm-scan-master", &[]).status, 0);
}

#[test]
fn a_usual_run_asks_no_witness() {
    let env = world();
    let server = TimeServer::start(0);
    use_witnesses(&env, &[&server]);
    env.ok("mm-scan-master", &[]);
    record_run(&env, now() - 7000);
    env.ok("mm-scan-master", &[]);
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    record_run(&env, now() - 7500);
    env.ok("mm-scan-master", &[]);
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

/// Runs a program with another wall clock, such as `+10d`.
fn at(env: &Env, offset: &str, program: &str, args: &[&str]) -> RunOutput {
    let usual = env.command(program);
    let mut command = Command::new(need("faketime", "faketime"));
    command
        .args(["-f", offset])
        .arg(usual.get_program())
        .args(args)
        .current_dir(env.path("."))
        .env("MM_CONFIG", env.path("mm.toml"))
        // Only the wall clock is wrong, not times of files or timeouts.
        .env("NO_FAKE_STAT", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    RunOutput::new(program, args, &command.output().unwrap())
}

#[test]
fn nothing_that_was_recorded_in_the_future_stays_there() {
    let env = world();
    env.configure(&format!(
        "{CATEGORY}[[detect.rule]]\nregex = '^pub/t/releases/'\nprefix = \"linux\"\n"
    ));
    env.ok("mm-admin", &["arch", "add", "x86_64"]);
    assert_all_jobs_work(&env);
    let ahead = |program: &str, args: &[&str]| {
        let output = at(&env, "+3650d", program, args);
        assert_eq!(output.status, 0, "{output:?}");
    };
    env.write(
        "master/releases/43/Everything/x86_64/os/repodata/repomd.xml",
        "<repomd><revision>2</revision></repomd>",
    );
    for (program, _) in jobs() {
        ahead(program, &["--ignore-clock"]);
    }
    ahead("mm-admin", &["pause", "publish", "--until", "2h"]);
    let generation = || {
        let text = std::fs::read_to_string(env.path("generations/current/MANIFEST")).unwrap();
        let line = text.lines().find_map(|l| l.strip_prefix("as_of ")).unwrap();
        line.parse::<i64>().unwrap()
    };
    assert!(generation() > now() + 3600 * DAY);

    let output = env.run("mm-scan-master", &[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert_eq!(run_advised(&env, &advised(&output)).status, 0);
    for (program, _) in jobs() {
        env.ok(program, &[]);
    }
    assert_all_jobs_work(&env);
    assert_eq!(clock_check(&env).0, "ok");
    assert!(generation() <= now());
    let pauses = env.ok("mm-admin", &["pause", "list", "--format", "json"]);
    let pauses: serde_json::Value = serde_json::from_str(&pauses).unwrap();
    let until = pauses["pauses"][0]["until"].as_i64().unwrap();
    assert!((now()..=now() + 7200).contains(&until), "{pauses}");
}

/// The times of an alert of a refused run are wrong as well: it must be reported again when the clock is right.
#[test]
fn an_alert_of_the_future_is_not_silent() {
    let env = world();
    record_run(&env, now() + 10 * DAY);
    let refused = || {
        let output = env.run("mm-scan-master", &[]);
        assert_eq!(output.status, 1, "{output:?}");
        output.stderr
    };
    assert_ne!(refused(), "");
    assert_eq!(refused(), "");
    sql(
        &env,
        &format!("UPDATE alert SET since = {0}, notified_at = {0}", now() + 9 * DAY),
    );
    assert_ne!(refused(), "");
    assert_eq!(refused(), "");
}
