//! The checks of `mm-admin doctor` and `incident`: each command that they advise is run in the state that it is advised for, and
//! fixes it. The states of mirrors and targets are in [`network`].

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{database, empty, with_repository};
use crate::support::{Env, RunOutput, need};

mod network;

/// The checks of `doctor`.
fn checks(env: &Env) -> Vec<Value> {
    let output = env.run("mm-admin", &["doctor", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    report["checks"].as_array().unwrap().clone()
}

/// True if `doctor` reports a problem with this name.
fn is_problem(env: &Env, name: &str) -> bool {
    checks(env).iter().any(|c| c["name"] == name && c["severity"] != "ok")
}

/// The problems with a name: severity, message and command. `incident` must have the same ones, but it merges those that are unknown
/// for the same reason.
pub(crate) fn problems(env: &Env, name: &str) -> Vec<(String, String, String)> {
    let select = |checks: &[Value]| -> Vec<(String, String, String)> {
        let text = |c: &Value, key: &str| c[key].as_str().unwrap_or_default().to_owned();
        let wanted = checks.iter().filter(|c| c["name"] == name && c["severity"] != "ok");
        wanted
            .map(|c| (text(c, "severity"), text(c, "message"), text(c, "command")))
            .collect()
    };
    let found = select(&checks(env));
    let output = env.run("mm-admin", &["incident", "--format", "json"]);
    let incident: Value = serde_json::from_str(&output.stdout).unwrap();
    let commands = |all: &[(String, String, String)]| -> Vec<(String, String)> {
        let known = all.iter().filter(|(severity, ..)| severity != "unknown");
        known.map(|(s, _, c)| (s.clone(), c.clone())).collect()
    };
    let in_incident = select(incident["checks"].as_array().unwrap());
    assert_eq!(commands(&found), commands(&in_incident), "{name}");
    found
}

/// Runs a command as an operator does: in a shell. Programs in `bin` of the environment come first.
pub(crate) fn shell(env: &Env, command: &str) -> RunOutput {
    let programs = assert_cmd::cargo::cargo_bin("mm-admin");
    let (own, programs) = (env.path("bin"), programs.parent().unwrap());
    let path = format!("{}:{}:/usr/sbin:/usr/bin:/sbin:/bin", own.display(), programs.display());
    let output = Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .env("MM_CONFIG", env.path("mm.toml"))
        .current_dir(env.path(""))
        .output()
        .unwrap();
    RunOutput::new("sh", &[command], &output)
}

/// Runs the command of a problem, after which the problem must be gone. Returns severity and message of the problem.
#[track_caller]
pub(crate) fn fix(env: &Env, name: &str) -> (String, String) {
    let (severity, message, command) = problems(env, name)
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("{name} is not a problem: {:?}", checks(env)));
    assert!(!command.is_empty(), "{name} has no command: {message}");
    let output = shell(env, &command);
    assert_eq!(output.status, 0, "{output:?}");
    let left = problems(env, name);
    assert!(left.is_empty(), "{command}: {output:?}\nleft: {left:?}");
    (severity, message)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn commands_create_migrate_and_restore_the_database() {
    let env = Env::new("");
    let (severity, message) = fix(&env, "database");
    assert!(
        severity == "critical" && message.contains("does not exist"),
        "{message}"
    );
    let (severity, message) = fix(&env, "backup");
    assert!(severity == "warning" && message.contains("no backup in"), "{message}");

    // A lost database is restored while there is a backup.
    std::fs::remove_file(env.path("mm.db")).unwrap();
    let (_, _, command) = problems(&env, "database").remove(0);
    assert!(command.starts_with("mm-admin restore "), "{command}");
    fix(&env, "database");

    env.write("mm.db", "garbage");
    let (_, message) = fix(&env, "database");
    assert!(message.contains("file is not a database"), "{message}");

    for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
        drop(std::fs::remove_file(env.path(name)));
    }
    database(&env).execute_batch("CREATE TABLE t (a)").unwrap();
    let (_, message) = fix(&env, "database");
    assert!(message.contains("schema 0"), "{message}");

    let old = std::fs::read_dir(env.path("backup")).unwrap().next().unwrap().unwrap();
    let written = old.metadata().unwrap().modified().unwrap();
    let file = std::fs::File::open(old.path()).unwrap();
    file.set_modified(written - std::time::Duration::from_hours(80))
        .unwrap();
    assert_eq!(fix(&env, "backup").0, "critical");
}

/// What the checks of a database found is not known without it, and that hides no other check.
#[test]
fn checks_that_cannot_be_performed_are_unknown() {
    let env = Env::new("");
    for name in ["jobs", "unreachable mirrors", "repositories"] {
        let found = problems(&env, name);
        assert_eq!(found[0].0, "unknown", "{found:?}");
    }
    let all = checks(&env);
    assert!(
        all.iter().any(|c| c["name"] == "locks" && c["severity"] == "ok"),
        "{all:?}"
    );
    let text = env.ok("mm-admin", &["incident"]);
    let unknown: Vec<&str> = text.lines().filter(|l| l.contains(" unknown ")).collect();
    assert_eq!(unknown.len(), 1, "one line for all: {text}");
    env.ok("mm-admin", &["init"]);
    assert!(!checks(&env).iter().any(|c| c["severity"] == "unknown"));

    // One table cannot be read: the other checks still can.
    database(&env).execute_batch("DROP TABLE finding").unwrap();
    let found = problems(&env, "leaked releases");
    assert!(found[0].0 == "unknown" && found[0].1.contains("finding"), "{found:?}");
    assert!(problems(&env, "disabled mirrors").is_empty());
    assert_eq!(env.run("mm-admin", &["doctor"]).status, 3);
}

#[test]
fn commands_repair_directories_and_owners() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    std::fs::remove_dir(env.path("generations")).unwrap();
    assert!(fix(&env, "generations_dir").1.contains("is missing"));
    if !nix::unistd::Uid::effective().is_root() {
        set_mode(&env.path("mm.db"), 0o444);
        assert!(fix(&env, "database").1.contains("cannot write"));
        set_mode(&env.path("log"), 0o555);
        assert!(fix(&env, "log_dir").1.contains("is not writable"));
        return;
    }
    let config = std::fs::read_to_string(env.path("mm.toml")).unwrap();
    std::fs::write(
        env.path("mm.toml"),
        config.replace("user = \"root\"", "user = \"nobody\""),
    )
    .unwrap();
    set_mode(&env.path(""), 0o755);
    set_mode(&env.path("mm.db"), 0o644);
    for dir in ["locks", "log"] {
        chown(env.path(dir), Some(65534), None).unwrap();
    }
    // Each command is run by root, and the check is performed as nobody.
    let (_, message) = fix(&env, "generations_dir");
    assert!(message.contains("is not writable for nobody"), "{message}");
    chown(env.path(""), Some(65534), None).unwrap();
    let (_, message) = fix(&env, "database");
    assert!(
        message.contains("permission denied for nobody") && message.contains("owned by root"),
        "{message}"
    );
}

#[test]
fn commands_resume_jobs_and_end_emergencies() {
    let env = super::home();
    env.ok("mm-admin", &["pause", "publish", "--until", "1h", "--reason", "moving"]);
    env.ok("mm-admin", &["pause", "crawl", "--category", "Fedora Linux"]);
    let found = problems(&env, "pause");
    assert_eq!(found.len(), 2, "{found:?}");
    for (_, _, command) in found {
        assert_eq!(shell(&env, &command).status, 0, "{command}");
    }
    assert!(problems(&env, "pause").is_empty());

    // A paused job is late because it is paused.
    env.ok("mm-admin", &["pause", "scan", "--reason", "the master is copied"]);
    let (_, message, command) = problems(&env, "scan").remove(0);
    assert!(message.contains("it is paused"), "{message}");
    assert_eq!(shell(&env, &command).status, 0);
    assert!(problems(&env, "pause").is_empty());

    with_repository(&env);
    database(&env)
        .execute_batch("UPDATE repository SET newest_only_until = 99999999999")
        .unwrap();
    assert!(fix(&env, "newest-only").1.contains("fedora-43/x86_64"));
}

#[test]
fn stale_locks_are_removed_by_the_command() {
    let env = empty();
    env.write("locks/scan.lock", "");
    assert_eq!(fix(&env, "locks").0, "warning");
    assert!(!env.path("locks/scan.lock").exists());
}

#[test]
fn missing_programs_are_installed_by_the_command() {
    let env = Env::new("[[sync.target]]\nname = \"far\"\naddress = \"rsync+ssh://mm@127.0.0.1/srv/mm\"\n");
    let rsync = need("rsync", "rsync");
    let install = format!(
        "#!/bin/sh\n[ \"$*\" = 'install -y rsync' ] || exit 9\nln -s {} {}\n",
        rsync.display(),
        env.path("path/rsync").display()
    );
    for name in ["apt-get", "dnf"] {
        set_mode(&env.write(&format!("bin/{name}"), &install), 0o755);
    }
    std::fs::create_dir(env.path("path")).unwrap();
    let rsync = || -> Value {
        let output = env
            .command("mm-admin")
            .args(["doctor", "--format", "json"])
            .env("PATH", env.path("path"))
            .output();
        let report: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|c| c["name"] == "rsync").unwrap().clone()
    };
    let missing = rsync();
    assert_eq!(missing["severity"], "critical", "{missing}");
    let output = shell(&env, missing["command"].as_str().unwrap());
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(rsync()["severity"], "ok");
}

#[test]
fn a_broken_config_is_a_finding() {
    let env = Env::new("lokc_dir = \"x\"");
    for (args, status) in [
        (["doctor"].as_slice(), 2),
        (&["incident"], 2),
        (&["doctor", "--nagios"], 2),
    ] {
        let output = env.run("mm-admin", args);
        assert_eq!(output.status, status, "{output:?}");
        for words in [
            "critical",
            "config",
            "lokc_dir",
            "at line ",
            "not checked: the config cannot be read",
        ] {
            assert!(
                output.stdout.to_lowercase().contains(words),
                "no {words:?} in {output:?}"
            );
        }
    }
    assert_eq!(env.run("mm-admin", &["doctor", "--nagios"]).stdout.lines().count(), 1);
}

/// A full disk is reported as such, before the errors that it causes, and a read-only one likewise. The file system is in a mount
/// namespace of the test.
#[test]
fn full_and_read_only_disks_are_reported_first() {
    let env = Env::new("");
    if !nix::unistd::Uid::effective().is_root() {
        assert!(checks(&env).iter().any(|c| c["name"] == "disk of the database"));
        return;
    }
    need("unshare", "util-linux");
    env.write("disk/.keep", "");
    let config = std::fs::read_to_string(env.path("mm.toml")).unwrap();
    std::fs::write(env.path("mm.toml"), config.replace("sqlite:mm.db", "sqlite:disk/mm.db")).unwrap();
    // Each step prints one line of JSON. The commands of the disk are cut out of the report.
    let script = "set -eu\nmount -t tmpfs -o size=160m,mode=755 tmpfs disk\nmm-admin init >/dev/null\n\
        doctor() { mm-admin doctor --format json | tr -d '\\n'; echo; }\n\
        advice() { mm-admin doctor --format json | python3 -c 'import json, sys; print([c[\"command\"] for c in json.load(sys.stdin)[\"checks\"] if c[\"name\"] == \"disk of the database\"][0])'; }\n\
        doctor\n\
        head -c 170m /dev/zero >disk/junk 2>/dev/null || true\ndoctor\n\
        sh -c \"$(advice)\" | tail -n 2 >found\nrm \"$(grep -o '[^[:space:]]*junk' found)\"\ndoctor\n\
        mount -o remount,ro disk\ndoctor\nsh -c \"$(advice)\"\ndoctor\n";
    env.write("script", script);
    let output = shell(&env, "unshare --mount sh script");
    assert_eq!(output.status, 0, "{output:?}");
    let reports: Vec<Value> = output
        .stdout
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let disk = |n: usize| {
        let checks = reports[n]["checks"].as_array().unwrap();
        let worst = checks.iter().position(|c| c["severity"] == "critical");
        let disk = checks.iter().position(|c| c["name"] == "disk of the database").unwrap();
        (checks[disk].clone(), worst.is_none_or(|w| w == disk), checks.clone())
    };
    for n in [0, 2, 4] {
        assert_eq!(disk(n).0["severity"], "ok", "step {n}: {output:?}");
    }
    for (n, words) in [(1, "free (0 %)"), (3, "is read-only")] {
        let (check, is_first, all) = disk(n);
        assert!(check["message"].as_str().unwrap().contains(words), "{check}");
        assert!(check["severity"] == "critical" && is_first, "{all:?}");
        assert!(
            !all.iter()
                .any(|c| c["command"].as_str().is_some_and(|c| c.contains("restore"))),
            "{all:?}"
        );
    }
}
