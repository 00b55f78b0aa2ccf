//! `mm-admin pending`: what waits for an operator, and each decision.

use std::fs;

use serde_json::Value;

use super::checks::{problems, shell};
use super::{json, refused};
use crate::support::{Env, RunOutput};

pub(super) const CONFIG: &str = "[[category]]\nname = \"Linux\"\npath = \"master\"\n\
    [[category]]\nname = \"Fedora Archive\"\npath = \"archive\"\n\
    [[detect.rule]]\nregex = '/releases/[0-9]+/'\nprefix = \"fedora\"\n";

/// The width of the widest terminal that the tables must fit.
const WIDTH: usize = 100;

/// A scanned master with Fedora 38 and 43. Of the 140 directories of the category, 85 belong to Fedora 38.
pub(super) fn scanned() -> Env {
    let env = Env::new(CONFIG);
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n\
         [[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n\
         [[category]]\nname = \"Fedora Archive\"\nproduct = \"Fedora\"\ntopdir = \"pub/archive\"\n",
    );
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    fs::create_dir(env.path("archive")).unwrap();
    for (version, packages) in [("38", 80), ("43", 48)] {
        repository(&env, &format!("master/releases/{version}/x86_64/os"));
        for n in 0..packages {
            let package = format!("master/releases/{version}/x86_64/os/Packages/{n:02}/a.rpm");
            env.write(&package, "package");
        }
    }
    env.ok("mm-scan-master", &[]);
    env.ok("mm-detect-release", &[]);
    env
}

pub(super) fn repository(env: &Env, path: &str) {
    let repomd = "<repomd><data type='primary'><timestamp>1</timestamp></data></repomd>";
    env.write(&format!("{path}/repodata/repomd.xml"), repomd);
}

/// Moves a version from the master to the archive, as the release engineers do.
fn archive(env: &Env, version: &str) {
    let to = env.path("archive/linux/releases");
    fs::create_dir_all(&to).unwrap();
    fs::rename(env.path(&format!("master/releases/{version}")), to.join(version)).unwrap();
}

fn pending(env: &Env) -> Vec<Value> {
    json(env, &["pending"])["pending"].as_array().unwrap().clone()
}

pub(super) fn ids(env: &Env) -> Vec<String> {
    pending(env)
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Runs a command line that a program advised.
pub(super) fn run_advice(env: &Env, advice: &str) -> RunOutput {
    let words: Vec<&str> = advice.split_whitespace().collect();
    env.run(words[0], &words[1..])
}

/// The advice behind `mark`, up to the end of the line or a semicolon.
pub(super) fn advice<'a>(text: &'a str, mark: &str) -> &'a str {
    let (_, rest) = text.split_once(mark).unwrap_or_else(|| panic!("no {mark:?} in {text}"));
    rest.split(['\n', ';']).next().unwrap().trim()
}

pub(super) fn vanished(env: &Env) -> i64 {
    let db = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let sql = "SELECT count(*) FROM directory WHERE vanished_at IS NOT NULL";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn doctor_advises_the_command_that_shows_what_to_decide() {
    let env = scanned();
    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    let found = problems(&env, "pending");
    let (_, message, command) = &found[0];
    assert!(message.contains("since "), "{message}");
    assert_eq!(command, "mm-admin pending show removal-1");
    let shown = shell(&env, command);
    assert_eq!(shown.status, 0, "{shown:?}");
    let confirm = shown
        .stdout
        .lines()
        .find(|line| line.contains("mm-admin pending confirm"));
    let (_, confirm) = confirm.unwrap().split_once("mm-admin").unwrap();
    let confirm = format!("mm-admin{}", confirm.split([';', ',']).next().unwrap());
    let confirmed = shell(&env, &confirm);
    assert_eq!(confirmed.status, 0, "{confirm}: {confirmed:?}");
    let left = problems(&env, "pending");
    assert!(
        left.iter().all(|(_, _, command)| !command.contains("removal-1")),
        "{left:?}"
    );
}

#[test]
fn most_of_a_category_is_removed_when_the_number_is_named() {
    let env = scanned();
    archive(&env, "38");
    let scan = env.run("mm-scan-master", &["--category", "Linux"]);
    assert_eq!(scan.status, 3, "{scan:?}");
    assert_eq!((vanished(&env), ids(&env)), (0, vec!["removal-1".to_owned()]));
    let item = &pending(&env)[0];
    assert_eq!(
        (item["count"].as_u64(), item["needs_count"].as_bool()),
        (Some(85), Some(true)),
        "{item}"
    );

    let shown = run_advice(&env, advice(&scan.stderr, "Check them with: "));
    assert_eq!(shown.status, 0, "{shown:?}");
    for evidence in [
        "clients request repository fedora-38/x86_64",
        "missing: releases/38 and 84 below it",
    ] {
        assert!(shown.stdout.contains(evidence), "no {evidence:?} in {}", shown.stdout);
    }
    let confirm = advice(&scan.stderr, "if the removal is intended: ");
    assert!(shown.stdout.contains(confirm), "{shown:?}");
    refused(
        &env,
        &["pending", "confirm", "removal-1"],
        2,
        &["more than half", confirm],
    );
    refused(
        &env,
        &["pending", "confirm", "removal-1", "--count", "84"],
        1,
        &["changed", "85 now"],
    );
    let dry = env.ok(
        "mm-admin",
        &["pending", "confirm", "removal-1", "--count", "85", "--dry-run"],
    );
    assert!(dry.contains("nothing was changed"), "{dry}");
    assert_eq!(vanished(&env), 0);

    // More vanishes while the operator looks at it: that is another state.
    fs::remove_dir_all(env.path("master/releases/43/x86_64/os/Packages/07")).unwrap();
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    let late = run_advice(&env, confirm);
    assert_eq!(late.status, 1, "{late:?}");
    assert!(late.stderr.contains("86 now"), "{late:?}");

    let confirmed = env.run("mm-admin", &["pending", "confirm", "removal-1", "--count", "86"]);
    assert_eq!(confirmed.status, 0, "{confirmed:?}");
    assert_eq!(
        (vanished(&env), ids(&env).len()),
        (86, 1),
        "the repository has no directory now"
    );
    let changes = env.ok("mm-admin", &["changes", "--entity", "pending", "--key", "removal-1"]);
    assert!(changes.contains("86"), "{changes}");
    refused(
        &env,
        &["pending", "confirm", "removal-1"],
        3,
        &["nothing with the ID removal-1"],
    );
    env.ok("mm-scan-master", &["--category", "Linux"]);
}

#[test]
fn an_announced_removal_needs_no_confirmation() {
    let env = scanned();
    let path = "pub/linux/releases/38";
    let expect = |args: &[&'static str]| [&["expect-removal", path][..], args].concat();
    refused(&env, &expect(&["--until", "2020-01-01"]), 2, &["not in the future"]);
    refused(
        &env,
        &["expect-removal", "pub/linux/releases/3", "--until", "1d"],
        2,
        &["no directory"],
    );
    refused(
        &env,
        &["expect-removal", "pub/other", "--until", "1d"],
        2,
        &["no category"],
    );
    refused(&env, &expect(&["--off"]), 3, &["no removal of pub/linux/releases/38"]);
    let needed = env.run("mm-admin", &expect(&["--until", "1d"]));
    assert_eq!(needed.status, 2, "{needed:?}");
    assert!(needed.stderr.contains("fedora-38/x86_64"), "{needed:?}");
    let option: Vec<&str> = advice(&needed.stderr, "name their number: ")
        .split_whitespace()
        .collect();
    let args = [&expect(&["--until", "1d"])[..], &option].concat();
    let dry = env.ok("mm-admin", &[&args[..], &["--dry-run"]].concat());
    assert!(dry.contains("dry run") && dry.contains("85 directories"), "{dry}");
    assert!(
        env.ok("mm-admin", &["expect-removal"])
            .contains("no removal is announced")
    );
    env.ok("mm-admin", &args);
    assert!(env.ok("mm-admin", &["expect-removal"]).contains(path));
    // It can be withdrawn.
    env.ok("mm-admin", &expect(&["--off"]));
    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    assert_eq!(vanished(&env), 0);
    env.ok("mm-admin", &args);
    env.ok("mm-scan-master", &["--category", "Linux"]);
    assert_eq!(vanished(&env), 85);
    let changes = env.ok("mm-admin", &["changes", "--entity", "expected-removal"]);
    assert!(changes.contains(path), "{changes}");
}

#[test]
fn a_rejected_removal_is_kept_and_not_reported_again() {
    let env = scanned();
    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    env.ok("mm-admin", &["pending", "reject", "removal-1", "--count", "85"]);
    assert!(ids(&env).is_empty());
    refused(&env, &["pending", "reject", "removal-1"], 3, &["rejected already"]);
    let all = env.ok("mm-admin", &["pending", "--all"]);
    assert!(all.contains("removal-1") && all.contains("rejected by"), "{all}");
    env.ok("mm-scan-master", &["--category", "Linux"]);
    assert_eq!(vanished(&env), 0);
    // More is another decision.
    fs::remove_dir_all(env.path("master/releases/43")).unwrap();
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    assert_eq!(ids(&env), ["removal-1"]);
    // A rejection can be revised.
    let count = pending(&env)[0]["count"].to_string();
    env.ok("mm-admin", &["pending", "confirm", "removal-1", "--count", &count]);
    assert!(vanished(&env) > 85);
}

#[test]
fn a_scan_that_runs_or_is_paused_defers_the_decision() {
    let env = scanned();
    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    env.ok("mm-admin", &["pause", "scan"]);
    let paused = env.run("mm-admin", &["pending", "confirm", "removal-1", "--count", "85"]);
    assert_eq!(paused.status, 3, "{paused:?}");
    let resume = advice(&paused.stderr, "resume with: ");
    assert_eq!(run_advice(&env, resume).status, 0);
    assert_eq!(ids(&env), ["removal-1"]);
    env.ok("mm-admin", &["pending", "confirm", "removal-1", "--count", "85"]);
    assert_eq!(vanished(&env), 85);
}

#[test]
fn moves_paths_and_missing_repositories_are_decided() {
    let env = scanned();
    repository(&env, "master/releases/43/x86_64/os2");
    repository(&env, "master/odd/x86_64");
    env.ok("mm-scan-master", &["--category", "Linux"]);
    assert_eq!(env.run("mm-detect-release", &[]).status, 3);
    assert_eq!(ids(&env), ["move-fedora-43", "unresolved-1"]);
    let shown = env.ok("mm-admin", &["pending", "show", "move-fedora-43"]);
    assert!(
        shown.contains("pub/linux/releases/43/x86_64/os -> pub/linux/releases/43/x86_64/os2"),
        "{shown}"
    );
    env.ok("mm-admin", &["pending", "reject", "move-fedora-43"]);
    env.ok("mm-detect-release", &[]);
    assert_eq!(ids(&env), ["unresolved-1"], "a rejected move is not proposed again");
    let none = env.run("mm-detect-release", &["--apply-moves"]);
    assert!(
        none.status == 3 && none.stderr.contains("no move is proposed"),
        "{none:?}"
    );
    let name = || json(&env, &["repository", "show", "fedora-43", "--arch", "x86_64"])["name"].clone();
    assert_eq!(name(), "pub/linux/releases/43/x86_64/os");
    env.ok("mm-admin", &["pending", "confirm", "move-fedora-43", "--count", "1"]);
    assert_eq!(name(), "pub/linux/releases/43/x86_64/os2");

    refused(
        &env,
        &["pending", "reject", "unresolved-1"],
        2,
        &["mm-detect-release --explain pub/linux/odd/x86_64"],
    );
    env.ok("mm-detect-release", &["--explain", "pub/linux/odd/x86_64"]);
    env.ok("mm-admin", &["pending", "confirm", "unresolved-1"]);
    assert!(ids(&env).is_empty());

    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    env.ok("mm-scan-master", &["--category", "Linux", "--confirm-removals=85"]);
    let id = ids(&env).remove(0);
    assert!(id.starts_with("missing-"), "{id}");
    refused(&env, &["pending", "reject", &id], 2, &["nothing to reject"]);
    env.ok("mm-admin", &["pending", "confirm", &id]);
    assert!(ids(&env).is_empty());
    refused(
        &env,
        &["repository", "show", "fedora-38", "--arch", "x86_64"],
        1,
        &["fedora-38"],
    );
}

#[test]
fn pauses_are_listed_and_resumed_one_by_one() {
    let env = scanned();
    env.ok(
        "mm-admin",
        &["pause", "scan", "--until", "2h", "--reason", "moving the master"],
    );
    env.ok("mm-admin", &["pause", "crawl", "--category", "Fedora Archive"]);
    env.ok("mm-admin", &["pause", "crawl"]);
    assert_eq!(ids(&env), ["pause-1", "pause-2", "pause-3"]);
    let all = pending(&env);
    assert!(all[0]["due"].is_i64() && all[1]["due"].is_null(), "{all:?}");
    refused(&env, &["pending", "reject", "pause-1"], 2, &["pause it again"]);
    env.ok("mm-admin", &["pending", "confirm", "pause-3"]);
    assert_eq!(ids(&env), ["pause-1", "pause-2"]);
}

#[test]
fn the_list_fits_a_terminal_of_100_columns() {
    let env = scanned();
    assert!(env.ok("mm-admin", &["pending"]).contains("nothing waits"));
    archive(&env, "38");
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    let long = "a-very-long-name-of-a-directory-that-no-rule-knows/and-another-one-below-it/x86_64/os";
    repository(&env, &format!("master/{long}"));
    repository(&env, "master/releases/43/x86_64/os2");
    env.run("mm-scan-master", &["--category", "Linux"]);
    env.run("mm-detect-release", &[]);
    env.ok(
        "mm-admin",
        &[
            "pause",
            "scan",
            "--reason",
            "the master is moved to another machine in another room",
        ],
    );
    let list = env.ok("mm-admin", &["pending"]);
    assert_eq!(ids(&env).len(), 4, "{list}");
    for line in list.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    for id in ids(&env) {
        assert!(list.contains(&id), "{id}");
        env.ok("mm-admin", &["pending", "show", &id]);
    }
    refused(&env, &["pending", "show", "removal-99"], 2, &["mm-admin pending --all"]);
}
