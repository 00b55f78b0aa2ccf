//! The unit that reports failed jobs: its command line, with programs that answer as systemd does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::site_jobs::{exec_start, setting, site_files};

const UNIT: &str = "mm-scan.service";

/// The command line of the unit, in a directory with programs that answer as the files `result`, `status` and `printed` there say.
pub(crate) struct FailureUnit {
    dir: PathBuf,
}

impl FailureUnit {
    pub(crate) fn new(dir: &Path) -> Self {
        let program = |name: &str, script: &str| {
            let path = dir.join("bin").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", dir.display())).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        };
        program(
            "systemctl",
            "case \"$*\" in\n\"show --value --property=Result \"*) cat result ;;\n\
             \"show --value --property=ExecMainStatus \"*) cat status ;;\n\
             \"show --value --property=InvocationID \"*) echo 0123abcd ;;\n*) echo \"$*\" >> unexpected ;;\nesac",
        );
        program(
            "journalctl",
            "[ \"$*\" = \"--quiet --output=cat --lines=50 _SYSTEMD_INVOCATION_ID=0123abcd\" ] || echo \"$*\" >> unexpected\ncat printed",
        );
        program(
            "mail",
            "[ ! -e refuse ] || exit 1\n{ echo \"To: $3\"; echo \"Subject: $2\"; echo; cat; } >> mails",
        );
        program("hostname", "echo backend.example.org");
        std::fs::create_dir_all(dir.join("run")).unwrap();
        Self { dir: dir.to_owned() }
    }

    /// Runs the unit for a failed unit, and returns the mails.
    pub(crate) fn run(&self, unit: &str, result: &str, status: i32, printed: &str) -> String {
        self.run_with(&[], unit, result, status, printed)
    }

    /// As [`Self::run`], with another command in front, such as one that changes the clock.
    pub(crate) fn run_with(&self, front: &[String], unit: &str, result: &str, status: i32, printed: &str) -> String {
        let write = |name: &str, text: &str| std::fs::write(self.dir.join(name), text).unwrap();
        write("result", result);
        write("status", &status.to_string());
        write("printed", printed);
        let text = std::fs::read_to_string(&site_files("systemd", "mm-failure@.service")[0]).unwrap();
        let words = exec_start(&text, unit);
        let run_dir = self.dir.join("run");
        let words = words
            .iter()
            .map(|w| w.replace("/run/mm-failure", run_dir.to_str().unwrap()));
        let words: Vec<String> = front.iter().cloned().chain(words).collect();
        let path = format!("{}:/usr/bin:/bin", self.dir.join("bin").display());
        let output = Command::new(&words[0])
            .args(&words[1..])
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{output:?}");
        assert!(!self.dir.join("unexpected").exists(), "{output:?}");
        let mails = std::fs::read_to_string(self.dir.join("mails")).unwrap_or_default();
        drop(std::fs::remove_file(self.dir.join("mails")));
        mails
    }

    /// The directory of the stamps.
    pub(crate) fn run_dir(&self) -> PathBuf {
        self.dir.join("run")
    }

    /// What `ExecStartPost=` of a unit does after a success.
    pub(crate) fn succeed(&self, unit: &str) {
        drop(std::fs::remove_file(self.run_dir().join(unit)));
    }
}

#[test]
fn what_a_program_reported_itself_is_not_mailed_again() {
    let dir = tempfile::tempdir().unwrap();
    let failure = FailureUnit::new(dir.path());
    for status in [1, 2, 3] {
        assert_eq!(failure.run(UNIT, "exit-code", status, ""), "", "{status}");
    }
    // What it printed goes to nobody else.
    let printed = "mm-scan-master: unknown key nonsense in mm.toml\\nnot a line\n";
    let mail = failure.run(UNIT, "exit-code", 2, printed);
    assert_eq!(
        mail,
        format!(
            "To: root\nSubject: mm-scan.service failed: exit-code, status 2\n\n\
             mm-scan.service failed on backend.example.org: exit-code, status 2\n{printed}\
             All current problems: mm-admin incident. This unit: systemctl status mm-scan.service\n"
        )
    );
    assert_eq!(failure.run(UNIT, "exit-code", 2, printed), "", "the same again");
    assert_ne!(
        failure.run("mm-crawl.service", "exit-code", 2, printed),
        "",
        "another unit"
    );
}

#[test]
fn what_no_program_can_report_is_mailed_once_a_day_until_it_is_over() {
    for (result, status) in [
        ("signal", 9),
        ("core-dump", 11),
        ("timeout", 15),
        ("oom-kill", 9),
        ("exit-code", 203),
        ("exit-code", 101),
        ("exit-code", 137),
        ("resources", 0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let failure = FailureUnit::new(dir.path());
        let mail = failure.run(UNIT, result, status, "");
        assert!(
            mail.contains(&format!("Subject: mm-scan.service failed: {result}, status {status}\n")),
            "{mail}"
        );
        for _ in 0..3 {
            assert_eq!(failure.run(UNIT, result, status, ""), "", "{result}");
        }
        assert_ne!(
            failure.run(UNIT, result, status, "another message\n"),
            "",
            "another problem"
        );
        assert_ne!(failure.run(UNIT, result, status, ""), "", "the first one is back");
        failure.succeed(UNIT);
        assert_ne!(failure.run(UNIT, result, status, ""), "", "a success was between");
        // A day later.
        let stamp = std::fs::File::open(dir.path().join("run").join(UNIT)).unwrap();
        let written_at = stamp.metadata().unwrap().modified().unwrap();
        stamp
            .set_modified(written_at - std::time::Duration::from_hours(25))
            .unwrap();
        assert_ne!(failure.run(UNIT, result, status, ""), "", "a day later");
        assert_eq!(failure.run(UNIT, result, status, ""), "");
    }
}

/// A mail that could not be sent is sent by the next failure.
#[test]
fn a_mail_that_was_not_sent_is_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let failure = FailureUnit::new(dir.path());
    std::fs::write(dir.path().join("refuse"), "").unwrap();
    assert_eq!(failure.run(UNIT, "signal", 9, ""), "");
    std::fs::remove_file(dir.path().join("refuse")).unwrap();
    assert_ne!(failure.run(UNIT, "signal", 9, ""), "");
}

/// Every job has the unit, and ends its problem.
#[test]
fn every_job_reports_its_failure_and_its_success() {
    for path in site_files("systemd", ".timer") {
        let path = path.with_extension("service");
        let text = std::fs::read_to_string(&path).unwrap();
        let get = |key: &str| setting(&text, key).unwrap_or_else(|| panic!("no {key} in {}", path.display()));
        assert_eq!(get("OnFailure"), "mm-failure@%n.service");
        assert_eq!(get("ExecStartPost"), "+/bin/rm -f /run/mm-failure/%n");
        assert_eq!(get("Type"), "oneshot");
    }
}
