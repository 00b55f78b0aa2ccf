//! `mm-admin version eol`: more than half of a category goes to the archive, and nothing waits for an operator.

use std::process::Command;

use super::pending::{CONFIG, advice, ids, repository, run_advice, scanned, vanished};
use super::{json, refused};
use crate::support::{Env, RunOutput};

/// Three mirrors that are always current in both categories.
const MIRRORS: &str = "[[site]]\nname = \"S\"\n";

fn add_mirrors(env: &Env) {
    let host = |n: u32| {
        let category = |name: &str, url: &str| {
            format!(
                "    [[site.host.category]]\n    name = \"{name}\"\n    urls = [\"https://m{n}.example.org/{url}\"]\n    \
                 always_up2date = true\n"
            )
        };
        format!(
            "  [[site.host]]\n  name = \"m{n}.example.org\"\n  country = \"DE\"\n{}{}",
            category("Linux", "linux"),
            category("Fedora Archive", "archive")
        )
    };
    let hosts: String = (0..3).map(host).collect();
    env.write("mirrors.toml", format!("{MIRRORS}{hosts}"));
    env.ok("mm-admin", &["apply", "mirrors.toml"]);
}

/// Copies a tree of the master to the archive, and scans it.
fn copy_to_archive(env: &Env, path: &str) {
    let to = env.path("archive/linux").join(path);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(env.path("master").join(path))
        .arg(&to)
        .status();
    assert!(copied.unwrap().success());
    env.ok("mm-scan-master", &["--category", "Fedora Archive"]);
}

fn eol(env: &Env, args: &[&str]) -> RunOutput {
    env.run(
        "mm-admin",
        &[&["version", "eol", "38", "--product", "Fedora"], args].concat(),
    )
}

fn category_of(env: &Env, prefix: &str) -> String {
    json(env, &["repository", "show", prefix, "--arch", "x86_64"])["category"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn sixty_percent_of_a_category_goes_to_the_archive() {
    let env = scanned();
    let early = eol(&env, &[]);
    assert_eq!(early.status, 1, "{early:?}");
    assert!(
        early.stdout.contains("the last scan did not find the directory")
            && early.stdout.contains("nothing was changed"),
        "{early:?}"
    );
    copy_to_archive(&env, "releases/38");
    let unlisted = eol(&env, &[]);
    assert_eq!(unlisted.status, 1, "{unlisted:?}");
    assert!(unlisted.stdout.contains("fewer than 3"), "{unlisted:?}");
    add_mirrors(&env);

    let dry = eol(&env, &["--dry-run"]);
    assert_eq!(dry.status, 0, "{dry:?}");
    let none = env.ok("mm-admin", &["expect-removal"]);
    assert!(none.contains("no removal is announced"), "{none}");
    assert_eq!(category_of(&env, "fedora-38"), "Linux");
    let done = eol(&env, &[]);
    assert_eq!(done.status, 0, "{done:?}");
    for line in [
        "the master removes pub/linux/releases/38 (85 directories)",
        "mirrors that still have them:",
        "m0.example.org  DE       85           1",
    ] {
        assert!(
            done.stdout.contains(line) && dry.stdout.contains(line),
            "no {line:?} in {done:?}"
        );
    }
    assert_eq!(category_of(&env, "fedora-38"), "Fedora Archive");
    assert_eq!(category_of(&env, "fedora-43"), "Linux");

    // It is one change.
    let undo = advice(&done.stdout, "to revert it: ").to_owned();
    let change = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let undone = run_advice(&env, &format!("{undo} {change}"));
    assert_eq!(undone.status, 0, "{undone:?}");
    assert_eq!(category_of(&env, "fedora-38"), "Linux");
    assert!(
        env.ok("mm-admin", &["expect-removal"])
            .contains("no removal is announced")
    );
    assert_eq!(eol(&env, &[]).status, 0);

    // The master removes it: the scan applies that, and what is left is judged as usual.
    std::fs::remove_dir_all(env.path("master/releases/38")).unwrap();
    env.ok("mm-scan-master", &["--category", "Linux"]);
    assert_eq!((vanished(&env), ids(&env)), (85, Vec::<String>::new()));
    let listed = env.ok("mm-update-mirrorlist", &["-v"]);
    assert!(
        listed.contains("published generation") && listed.contains("3 hosts, 2 repositories"),
        "{listed}"
    );
    std::fs::remove_dir_all(env.path("master/releases/43/x86_64/os/repodata")).unwrap();
    assert_eq!(env.run("mm-scan-master", &["--category", "Linux"]).status, 3);
    assert_eq!(ids(&env), ["removal-1"]);
}

#[test]
fn what_is_not_archived_is_redirected() {
    let env = scanned();
    env.configure(&format!(
        "{CONFIG}[[detect.rule]]\nregex = '/updates/[0-9]+/'\nprefix = \"updates\"\n"
    ));
    repository(&env, "master/updates/38/x86_64");
    env.ok("mm-scan-master", &["--category", "Linux"]);
    env.ok("mm-detect-release", &[]);
    add_mirrors(&env);
    copy_to_archive(&env, "releases/38");
    let missing = eol(&env, &[]);
    assert_eq!(missing.status, 1, "{missing:?}");
    assert!(
        missing
            .stdout
            .contains("does not get updates-38, redirect it with: --redirect FROM=TO"),
        "{missing:?}"
    );
    for (redirect, reason) in [
        ("updates-39=fedora-38", "no repository updates-39"),
        ("updates-38=fedora-39", "clients cannot request"),
        ("updates-38=updates-38", "to itself"),
        ("updates-38", "FROM=TO"),
    ] {
        let args = ["version", "eol", "38", "--redirect", redirect];
        refused(&env, &args, 2, &[reason]);
    }
    let done = eol(&env, &["--redirect", "updates-38=fedora-38"]);
    assert_eq!(done.status, 0, "{done:?}");
    assert!(
        done.stdout
            .contains("the master removes pub/linux/updates/38 (3 directories)"),
        "{done:?}"
    );
    assert_eq!(json(&env, &["redirect", "show", "updates-38"])["to"], "fedora-38");
    for tree in ["releases/38", "updates/38"] {
        std::fs::remove_dir_all(env.path("master").join(tree)).unwrap();
    }
    env.ok("mm-scan-master", &["--category", "Linux"]);
    assert_eq!(vanished(&env), 88);
    let again = eol(&env, &[]);
    assert_eq!(again.status, 3, "{again:?}");
    assert!(again.stderr.contains("outside of the archive"), "{again:?}");
}
