//! The day of a release that was staged: by hand, with `--watch`, and by cron.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use mirrormanager::locks::{Request, acquire};
use mirrormanager::sys::signals::ShutdownFlag;
use serde_json::Value;

use super::{Network, REPO, fetch};
use crate::support::RunOutput;
use crate::support::site_jobs::cron_lines;

const METALINK: &str = "/metalink?repo=fedora-44&arch=x86_64";

impl Network {
    /// Stages version 44 on the master and on all mirrors, and lets the jobs record that.
    fn stage(&self) {
        let new = self.env.path("master").join(REPO.replace("43", "44"));
        fs::create_dir_all(new.parent().unwrap()).unwrap();
        let from = self.env.path("master").join(REPO);
        assert!(
            Command::new("cp")
                .arg("-r")
                .arg(from)
                .arg(&new)
                .status()
                .unwrap()
                .success()
        );
        self.set_mode("master", 0o750);
        for mirror in ["a", "b", "c"] {
            fetch(&self.env, mirror);
        }
        self.env.ok("mm-scan-master", &[]);
        self.env.ok("mm-detect-release", &[]);
        self.env.ok("mm-crawl", &[]);
    }

    fn set_mode(&self, tree: &str, mode: u32) {
        let top = self.env.path(tree).join("releases/44");
        fs::set_permissions(top, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn open_release(&self, more: &[&str]) -> RunOutput {
        self.env.run("mm-admin", &[&["release", "open", "44"], more].concat())
    }

    /// Which mirrors the metalink of the new version lists; none without one.
    fn listed_for_release(&self) -> Vec<bool> {
        let curl = crate::support::need("curl", "curl");
        let out = Command::new(curl).args(["-sS", &self.url(METALINK)]).output().unwrap();
        let metalink = String::from_utf8(out.stdout).unwrap();
        self.mirrors
            .iter()
            .map(|m| metalink.contains(&format!("{}/", m.url())))
            .collect()
    }
}

fn verdict(output: &RunOutput) -> &str {
    output.stdout.lines().last().unwrap()
}

#[test]
fn an_opened_release_is_served_by_one_command_that_says_what_is_missing() {
    let net = Network::new();
    net.stage();
    let closed = net.open_release(&[]);
    assert_eq!(closed.status, 1, "{closed:?}");
    assert_eq!(
        verdict(&closed),
        "verdict: version 44 is not open: the master keeps pub/linux/releases/44 unreadable; to wait for it: mm-admin release open 44 \
         --watch"
    );
    assert_eq!(net.listed_for_release(), [false, false, false]);

    // The regular crawl runs for hours.
    let request = Request {
        job: "crawl".to_owned(),
        scope: Some("Linux".to_owned()),
        user: "cron".to_owned(),
        command: "mm-crawl".to_owned(),
        now: mirrormanager::sys::clock::now(),
        limit: Some(Duration::from_hours(11)),
    };
    let regular = acquire(
        &net.env.path("locks"),
        &request,
        Duration::ZERO,
        &ShutdownFlag::default(),
    )
    .unwrap();
    net.set_mode("master", 0o755);
    net.set_mode("a", 0o755);
    let partly = net.open_release(&[]);
    assert_eq!(partly.status, 3, "{partly:?}");
    assert_eq!(
        verdict(&partly),
        "verdict: version 44 is open: 1 repository served by 1 server; 1 mirror is listed for it, 1 of 3 that had it staged; missing: \
         still unreadable on b.example.org, c.example.org; to go on until nothing is: mm-admin release open 44 --watch"
    );
    assert_eq!(net.listed_for_release(), [true, false, false]);

    // The advised command ends when the others have followed.
    let mut command = net.env.command("mm-admin");
    command.args([
        "release",
        "open",
        "44",
        "--watch",
        "--interval",
        "1s",
        "--format",
        "json",
    ]);
    let mut watching = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(watching.try_wait().unwrap(), None, "two mirrors are missing");
    net.set_mode("b", 0o755);
    net.set_mode("c", 0o755);
    let output = watching.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(
        report["verdict"],
        "version 44 is open: 1 repository served by 1 server; 3 mirrors are listed for it, 2 of 2 that had it staged"
    );
    assert!(report["rounds"].as_u64().unwrap() >= 2, "{report}");
    assert_eq!(net.listed_for_release(), [true, true, true]);
    drop(regular);

    // Repeated, it finds that nothing is missing.
    let again = net.open_release(&[]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(verdict(&again).ends_with("3 mirrors are listed for it"), "{again:?}");
}

#[test]
fn a_watch_that_begins_before_the_opening_publishes_it() {
    let net = Network::new();
    net.stage();
    let mut command = net.env.command("mm-admin");
    command.args(["release", "open", "44", "--watch", "--interval", "1s"]);
    let mut watching = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(watching.try_wait().unwrap(), None, "it is not open yet");
    for tree in ["a", "b", "c", "master"] {
        net.set_mode(tree, 0o755);
    }
    let output = watching.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("3 of 3 that had it staged"), "{printed}");
    assert_eq!(net.listed_for_release(), [true, true, true]);

    // A watch ends at its time limit with the verdict so far.
    net.set_mode("master", 0o750);
    let limited = net.open_release(&["--watch", "--interval", "1s", "--time-limit", "1s"]);
    assert_eq!(limited.status, 1, "{limited:?}");
    assert!(verdict(&limited).contains("is not open"), "{limited:?}");
}

/// What is paused or unknown is said before anything is done, and a dead server is named.
#[test]
fn an_opening_that_cannot_be_completed_says_why() {
    let mut net = Network::new();
    net.stage();
    for tree in ["master", "a", "b", "c"] {
        net.set_mode(tree, 0o755);
    }
    net.env.ok("mm-admin", &["pause", "crawl", "--reason", "maintenance"]);
    let paused = net.open_release(&[]);
    assert_eq!(paused.status, 3, "{paused:?}");
    assert!(paused.stderr.contains("maintenance"), "{paused:?}");
    net.env.ok("mm-admin", &["resume", "crawl"]);
    let unknown = net.env.run("mm-admin", &["release", "open", "99"]);
    assert!(
        unknown.status == 1 && unknown.stderr.contains("no version 99"),
        "{unknown:?}"
    );

    net.server.0.kill().unwrap();
    net.server.0.wait().unwrap();
    let unserved = net.open_release(&[]);
    assert_eq!(unserved.status, 1, "{unserved:?}");
    assert!(
        verdict(&unserved).starts_with("verdict: version 44 is open, and not served: "),
        "{unserved:?}"
    );
    assert!(
        verdict(&unserved).contains("3 mirrors are listed for it, 3 of 3"),
        "{unserved:?}"
    );
    assert!(verdict(&unserved).contains("failed: mm-sync-out"), "{unserved:?}");
}

/// The shipped lines of cron, without a person.
#[test]
fn cron_publishes_an_opened_release_with_its_next_lines() {
    let net = Network::new();
    net.stage();
    let lines = cron_lines();
    let with = |program: &str| {
        lines
            .iter()
            .find(|line| line.command.contains(program))
            .unwrap()
            .command
            .clone()
    };
    // The second follows five minutes later.
    let command = format!("{}; {}", with("mm-scan-master"), with("mm-update-mirrorlist"));
    let bin = assert_cmd::cargo::cargo_bin("mm-locks")
        .parent()
        .unwrap()
        .display()
        .to_string();
    let cron = || {
        let out = Command::new("sh")
            .args(["-c", &command])
            .env("PATH", format!("{bin}:/usr/sbin:/usr/bin:/bin"))
            .env("MM_CONFIG", net.env.path("mm.toml"))
            .output()
            .unwrap();
        let printed = [out.stdout, out.stderr].concat();
        assert_eq!(String::from_utf8_lossy(&printed), "", "cron mails nothing");
    };
    cron();
    assert_eq!(net.listed_for_release(), [false, false, false], "it is staged");
    for tree in ["master", "a", "b"] {
        net.set_mode(tree, 0o755);
    }
    cron();
    assert_eq!(net.listed_for_release(), [true, true, false]);
    net.set_mode("c", 0o755);
    cron();
    assert_eq!(net.listed_for_release(), [true, true, true]);
    cron();
}
