//! The systemd units of the example site are valid, sandboxed, and use existing programs and options.

use std::path::PathBuf;
use std::process::Command;

use crate::support::need;
use crate::support::site_jobs::{cron_lines, programs, schedule, site_files, timers};

fn units(suffix: &str) -> Vec<PathBuf> {
    site_files("systemd", suffix)
}

/// Runs a program of ours with `--help`: all options are parsed, and nothing is done.
fn assert_is_valid(words: &[String]) {
    let program = assert_cmd::cargo::cargo_bin(&words[0]);
    let out = Command::new(program).args(&words[1..]).arg("--help").output().unwrap();
    assert!(out.status.success(), "{words:?}: {out:?}");
}

/// Who moves from cron to timers, or back, gets the same jobs at the same times.
#[test]
fn crontabs_and_timers_have_the_same_jobs() {
    let (lines, timers) = (cron_lines(), timers());
    let by_cron = schedule(lines.iter().map(|l| (l.command.clone(), l.minutes.clone())));
    let by_timers = schedule(timers.iter().map(|t| (t.command.join(" "), t.minutes.clone())));
    assert_eq!(by_cron, by_timers);
    assert_eq!(by_cron.len(), lines.len());
    let all: Vec<String> = by_cron.keys().flatten().map(|words| words.join(" ")).collect();
    for job in [
        "mm-scan-master ",
        "mm-detect-release ",
        "mm-update-mirrorlist ",
        "mm-sync-out ",
        "mm-crawl --max-runtime ",
        "mm-crawl --opened ",
        "mm-crawl --propagation ",
        "mm-admin mail digest",
        "mm-admin backup",
        "mm-admin doctor --metrics-file ",
        "mm-admin verify --sample ",
    ] {
        assert_eq!(all.iter().filter(|c| c.starts_with(job)).count(), 1, "{job}: {all:?}");
    }
    assert_eq!(all.len(), 11, "{all:?}");
    assert!(lines.iter().all(|l| l.user == "mirrormanager"), "{lines:?}");
    for words in by_cron.keys().flatten() {
        assert_is_valid(words);
    }
}

#[test]
fn services_are_sandboxed() {
    let analyze = need("systemd-analyze", "systemd");
    // The unit that reports failures needs sendmail, which changes its group.
    let services = units(".service")
        .into_iter()
        .filter(|p| !p.to_string_lossy().contains("mm-failure@"));
    let services: Vec<PathBuf> = services.collect();
    assert_eq!(services.len(), 9, "{services:?}");
    for unit in services {
        let out = Command::new(&analyze)
            .args(["security", "--offline=true", "--threshold=24", "--no-pager"])
            .arg(&unit)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{}: {printed}", unit.display());
        assert!(printed.contains("Overall exposure level"), "{printed}");
    }
}

#[test]
fn units_are_valid_and_run_existing_programs() {
    let analyze = need("systemd-analyze", "systemd");
    let dir = tempfile::tempdir().unwrap();
    let bin = assert_cmd::cargo::cargo_bin("mm-locks").parent().unwrap().to_owned();
    let mut copies = Vec::new();
    for unit in units("") {
        let text = std::fs::read_to_string(&unit).unwrap();
        for command in text.lines().filter_map(|l| l.strip_prefix("ExecStart=")) {
            for words in programs(command) {
                assert_is_valid(&words);
            }
        }
        let copy = dir.path().join(unit.file_name().unwrap());
        // Man pages are searched where they are installed.
        let text = text
            .replace("/usr/local/bin", bin.to_str().unwrap())
            .replace("Documentation=", "# ");
        std::fs::write(&copy, text).unwrap();
        copies.push(copy);
    }
    assert_eq!(copies.len(), 18);
    let out = Command::new(analyze).arg("verify").args(&copies).output().unwrap();
    let printed = String::from_utf8_lossy(&out.stderr).into_owned();
    let ours: Vec<&str> = printed.lines().filter(|l| l.contains("mm-")).collect();
    assert!(out.status.success() && ours.is_empty(), "{printed}");
}

/// A package installs below `/usr`, other sites elsewhere.
#[test]
fn installed_examples_follow_the_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let out = Command::new(need("make", "make"))
        .args(["--no-print-directory", "install-files", "PREFIX=/opt/mm"])
        .arg(format!("DESTDIR={}", dir.path().display()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    let installed = dir.path().join("opt/mm/share/doc/mirrormanager");
    let mut programs = 0;
    for entry in std::fs::read_dir(installed).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let is_site = ["service", "timer", "conf", "cron"]
            .iter()
            .any(|e| path.extension().is_some_and(|own| own == *e));
        assert!(!is_site || !text.contains("/usr/local"), "{}", path.display());
        programs += text.matches("/opt/mm/bin/mm-").count();
    }
    assert!(programs >= 8, "{programs}");
}
