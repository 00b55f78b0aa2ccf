//! The systemd units of the example site are valid, sandboxed, and use existing programs and options.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::need;

fn units(suffix: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site/systemd");
    let all = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|p| p.to_string_lossy().ends_with(suffix)).collect();
    found.sort();
    found
}

#[test]
fn services_are_sandboxed() {
    let analyze = need("systemd-analyze", "systemd");
    // The unit that reports failures needs sendmail, which changes its group.
    let services = units(".service")
        .into_iter()
        .filter(|p| !p.to_string_lossy().contains("mm-failure@"));
    let services: Vec<PathBuf> = services.collect();
    assert_eq!(services.len(), 8, "{services:?}");
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
        for command in text.lines().filter_map(|l| l.strip_prefix("ExecStart=/usr/local/bin/")) {
            let mut words = command.split_ascii_whitespace();
            let program = bin.join(words.next().unwrap());
            // With --help all options are parsed, and nothing is done.
            let out = Command::new(&program).args(words).arg("--help").output().unwrap();
            assert!(out.status.success(), "{command}: {out:?}");
        }
        let copy = dir.path().join(unit.file_name().unwrap());
        // Man pages are searched where they are installed.
        let text = text
            .replace("/usr/local/bin", bin.to_str().unwrap())
            .replace("Documentation=", "# ");
        std::fs::write(&copy, text).unwrap();
        copies.push(copy);
    }
    assert_eq!(copies.len(), 16);
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
        programs += text.matches("ExecStart=/opt/mm/bin/mm-").count() + text.matches("command=/opt/mm/bin/mm-").count();
    }
    assert!(programs >= 8, "{programs}");
}
