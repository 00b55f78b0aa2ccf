//! A simulated day on which all is well, and a simulated bad week: every line of the shipped crontabs, and separately every shipped
//! timer, runs at its times with real programs, and all mails are compared with files in `tests/data/mails`.
//!
//! The clock is that of `faketime`, and stands still during a run, so that the mails are always the same. On the good day every
//! run takes place. In the bad week the jobs that run at least once an hour run every third hour while nothing changes: a state that
//! several runs have seen since the last change, or the last crawl, is seen by the others as well. For half an hour after a change
//! and after a crawl, and before the digest, every run takes place.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::conventions::failure_unit::FailureUnit;
use crate::support::site_jobs::{CronLine, Timer, cron_lines, timers};
use crate::support::smtp_sink::SmtpSink;
use crate::support::{Env, Nginx, Process, create_lock_dir, free_port, need, wait_for_port};

mod owners;
mod week;
mod world;

/// Who starts the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheduler {
    Cron,
    Systemd,
}

/// A job with its times of the day in minutes.
enum Job {
    Line(CronLine),
    Timer(Timer),
}

impl Job {
    fn minutes(&self) -> &crate::support::site_jobs::Minutes {
        match self {
            Self::Line(line) => &line.minutes,
            Self::Timer(timer) => &timer.minutes,
        }
    }
}

const DAY: u32 = 24 * 60;
/// 2034-12-31, a Sunday: later than the files of the test.
const START: i64 = 2_051_136_000;
/// A job with fewer runs a day takes place at each of its times.
const HOURLY: usize = 24;
/// Minutes after which a job runs also when nothing has changed.
const INTERVAL: u32 = 180;
/// The minute of the digest, which reports jobs that did not run for an hour.
const DIGEST_AT: u32 = 8 * 60;
/// Minutes after a change in which every run takes place.
const WINDOW: u32 = 30;

/// A site whose time passes.
struct Simulation {
    env: Env,
    jobs: Vec<Job>,
    sink: SmtpSink,
    failure: FailureUnit,
    /// Minutes since the start, a Sunday at midnight.
    now: u32,
    /// The last change, in minutes since the start.
    changed_at: u32,
    is_every_run: bool,
    /// All mails since the last call of [`Self::assert_mails`].
    mails: String,
    /// What to do about mails that are not as expected.
    differences: Vec<String>,
    mirrors: Nginx,
    lonely: Option<Nginx>,
    /// Address and port of its server, which no other test uses.
    lonely_address: String,
    server_port: u16,
    server: Option<Process>,
    disk: Disk,
    faketime: Faketime,
}

/// A `faketime` that keeps its shared memory until the end, for all runs: each would need a name of its own.
struct Faketime {
    /// The library for `LD_PRELOAD`, and the value of `FAKETIME_SHARED`.
    library: String,
    shared: String,
    process: std::process::Child,
}

impl Faketime {
    fn start() -> Self {
        // Its names contain its process ID, and an older process with the same one may have left them.
        for _ in 0..50 {
            let mut process = Command::new(need("faketime", "faketime"))
                .args(["-m", "-f", "2034-12-31 00:00:00", "sh", "-c"])
                .arg("echo \"$LD_PRELOAD\"; echo \"$FAKETIME_SHARED\"; exec cat >/dev/null")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(process.stdout.take().unwrap()).lines();
            let lines: Vec<String> = lines.take(2).map(Result::unwrap).collect();
            if let [library, shared] = &lines[..] {
                let (library, shared) = (library.trim().to_owned(), shared.clone());
                return Self {
                    library,
                    shared,
                    process,
                };
            }
            drop(process.wait());
        }
        panic!("faketime does not start");
    }
}

impl Drop for Faketime {
    fn drop(&mut self) {
        // At the end of its input it ends, and removes its shared memory.
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

/// A file system of its own for the database and the locks, which can be full.
struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

impl Simulation {
    /// Runs all jobs that are due until then, in minutes since the start.
    fn run_until(&mut self, end: u32) {
        while self.now < end {
            let minute = self.now % DAY;
            let is_before_digest = (DIGEST_AT - WINDOW..=DIGEST_AT).contains(&minute);
            let is_changing = self.is_every_run || is_before_digest || self.now < self.changed_at + WINDOW;
            let due: Vec<usize> = (0..self.jobs.len())
                .filter(|n| {
                    let all = self.jobs[*n].minutes();
                    let is_first = !all.range(minute / INTERVAL * INTERVAL..minute).any(|_| true);
                    all.contains(&minute) && (all.len() < HOURLY || is_changing || is_first)
                })
                .collect();
            for n in due {
                self.run_job(n);
            }
            self.now += 1;
        }
    }

    /// Something changes outside of the programs.
    fn change(&mut self, what: impl FnOnce(&mut Self)) {
        what(self);
        self.changed_at = self.now;
    }

    /// The time in seconds.
    fn seconds(&self) -> i64 {
        START + i64::from(self.now) * 60
    }

    /// The time as `faketime` reads it: an absolute one stands still.
    fn clock(&self) -> String {
        let now = jiff::Timestamp::from_second(self.seconds()).unwrap();
        now.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A command that sets the clock for the command behind it.
    fn front(&self) -> Vec<String> {
        vec![
            "/usr/bin/env".to_owned(),
            format!("LD_PRELOAD={}", self.faketime.library),
            format!("FAKETIME_SHARED={}", self.faketime.shared),
            format!("FAKETIME={}", self.clock()),
            // Only the wall clock is simulated, not times of files or timeouts.
            "NO_FAKE_STAT=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            "DONT_FAKE_MONOTONIC=1".to_owned(),
        ]
    }

    fn run_job(&mut self, n: usize) {
        let (name, words) = match &self.jobs[n] {
            Job::Line(line) => (
                line.command.clone(),
                ["/bin/sh", "-c", &line.command].map(str::to_owned).to_vec(),
            ),
            Job::Timer(timer) => (timer.service.clone(), timer.command.clone()),
        };
        if name.contains("mm-crawl") && !name.contains("propagation") && !name.contains("--opened") {
            self.changed_at = self.now;
        }
        let words: Vec<String> = words.iter().map(|w| self.localize(w)).collect();
        let (status, output) = self.run(&words);
        match &self.jobs[n] {
            Job::Line(line) if !output.is_empty() => {
                let subject = format!("Cron <mirrormanager@backend> {}", line.command);
                self.add_mail("root", &subject, &output);
            }
            Job::Line(_) => {}
            Job::Timer(timer) if status == 0 || timer.success.contains(&status) => {
                self.failure.succeed(&timer.service);
            }
            Job::Timer(timer) => {
                let mail = self
                    .failure
                    .run_with(&self.front(), &timer.service, "exit-code", status, &output);
                if !mail.is_empty() {
                    let (head, body) = mail.split_once("\n\n").unwrap();
                    let subject = head.split_once("Subject: ").unwrap().1.to_owned();
                    self.add_mail("root", &subject, body);
                }
            }
        }
        for mail in self.sink.take() {
            self.add_mail(&mail.to, mail.subject(), &mail.body);
        }
        self.set_file_times();
    }

    /// The paths and servers of the site in a shipped command.
    fn localize(&self, word: &str) -> String {
        let server = format!("http://127.0.0.1:{}", self.server_port);
        word.replace("/usr/local/bin/", "")
            .replace(
                "/var/lib/prometheus/node-exporter",
                self.env.path("metrics").to_str().unwrap(),
            )
            .replace("https://app1.example.org", &server)
            .replace("https://app2.example.org", &server)
    }

    /// Runs a command as a scheduler does; returns its exit status and everything that it printed.
    fn run(&self, words: &[String]) -> (i32, String) {
        let bin = assert_cmd::cargo::cargo_bin("mm-locks");
        let front = self.front();
        let output = Command::new(&front[0])
            .args(&front[1..])
            .args(words)
            .env("PATH", format!("{}:/usr/bin:/bin", bin.parent().unwrap().display()))
            .env("MM_CONFIG", self.env.path("mm.toml"))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .current_dir(self.env.path("."))
            .output()
            .unwrap();
        let status = output.status.code().unwrap_or(-1);
        let text = [output.stdout, output.stderr].concat();
        (status, String::from_utf8(text).unwrap())
    }

    /// Runs a program that an operator runs.
    fn ok(&self, command: &str) {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let (status, output) = self.run(&words);
        assert_eq!(status, 0, "{command}: {output}");
    }

    /// Files that the programs wrote just now have the time of the simulation.
    fn set_file_times(&self) {
        let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(self.seconds().unsigned_abs());
        // The real time: what has a later one was set before.
        let real = mirrormanager::sys::clock::now().0.unsigned_abs() + 1;
        let limit = std::time::UNIX_EPOCH + std::time::Duration::from_secs(real);
        for dir in [
            self.disk.0.join("locks"),
            self.env.path("backup"),
            self.failure.run_dir(),
        ] {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                let file = std::fs::File::open(&path).unwrap();
                if file.metadata().unwrap().modified().unwrap() <= limit {
                    file.set_modified(now).unwrap();
                }
            }
        }
    }

    fn add_mail(&mut self, to: &str, subject: &str, body: &str) {
        let now = jiff::Timestamp::from_second(self.seconds()).unwrap();
        let at = now.strftime("%a %d %b, %H:%M");
        let body = self.normalize(body);
        let mail = format!("=== {at} to {to}\nSubject: {subject}\n\n{}\n\n", body.trim_end());
        self.mails.push_str(&mail);
    }

    /// Replaces what differs from run to run: ports, the directory of the test, IDs of generations, which depend on both, and the
    /// size of the database.
    fn normalize(&self, body: &str) -> String {
        let home = self.env.path(".").display().to_string();
        let body = body
            .replace(home.trim_end_matches("/."), "/srv/mm")
            .replace(&format!("127.0.0.1:{}", self.mirrors.port), "mirrors.example.org")
            .replace(&self.lonely_address, "lonely.example.org");
        let ids = regex::Regex::new("[0-9a-f]{16,64}").unwrap();
        let body = ids.replace_all(&body, "(ID)");
        let sizes = regex::Regex::new("[0-9.]+ KiB").unwrap();
        sizes.replace_all(&body, "(SIZE)").into_owned()
    }

    fn end(self) {
        let commands = self.differences.concat();
        assert!(
            commands.is_empty(),
            "the mails differ; compare and, if they are as they should be, accept them:\n{commands}"
        );
    }

    /// Compares all mails since the last call with a file; [`Self::end`] reports the differences.
    fn assert_mails(&mut self, name: &str) {
        let found = std::mem::take(&mut self.mails);
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/mails")
            .join(name);
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            std::fs::write(&new, &found).unwrap();
            self.differences
                .push(format!("  diff {0} {1}\n  cp {1} {0}\n", path.display(), new.display()));
        }
    }
}
