//! `mm-detect-release` on a scanned tree.

use std::fs;

use crate::support::Env;

mod evidence;
mod moves;
mod rules;

const CONFIG: &str = "[[category]]\nname = \"Linux\"\npath = \"master\"\n\
    [detect]\nskip = ['/drpms']\n[[detect.rule]]\nregex = '/releases/[0-9]+/'\nprefix = \"fedora\"\n";

/// A home with a registry, and a scanned tree with these repositories.
fn scanned(repositories: &[&str]) -> Env {
    let env = Env::new(CONFIG);
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\n\
         topdir = \"pub/linux\"\n",
    );
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    add(&env, repositories);
    env
}

fn add(env: &Env, repositories: &[&str]) {
    for repository in repositories {
        let repomd = "<repomd><data type='primary'><timestamp>1</timestamp></data></repomd>";
        env.write(&format!("master/{repository}/repodata/repomd.xml"), repomd);
    }
    env.ok("mm-scan-master", &[]);
}

/// Scans until the missing directories, which repositories need, are removed from the database.
fn forget(env: &Env) {
    env.configure(&format!("vanished_retention = \"0s\"\n{CONFIG}"));
    assert_eq!(env.run("mm-scan-master", &[]).status, 3);
    env.ok("mm-scan-master", &["--confirm-removals"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    env.ok("mm-scan-master", &[]);
}

fn json(env: &Env, args: &[&str]) -> (i32, serde_json::Value) {
    let output = env.run("mm-detect-release", &[args, &["--format", "json"]].concat());
    (
        output.status,
        serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}")),
    )
}

#[test]
fn a_new_release_is_created_once() {
    let env = scanned(&["releases/43/x86_64/os"]);
    let (status, dry) = json(&env, &["--dry-run"]);
    assert_eq!(
        (status, dry["plan"]["repositories"][0]["prefix"].as_str()),
        (0, Some("fedora-43"))
    );
    let (status, first) = json(&env, &[]);
    assert_eq!(
        (status, first["plan"]["versions"][0]["version"].as_str()),
        (0, Some("43")),
        "a dry run creates nothing"
    );
    let (status, second) = json(&env, &[]);
    assert_eq!(
        (status, second["plan"]["repositories"].as_array().map(Vec::len)),
        (0, Some(0))
    );
    assert!(env.ok("mm-admin", &["repository", "list"]).contains("fedora-43"));
}

#[test]
fn unmatched_paths_are_reported_until_acknowledged() {
    let env = scanned(&["odd/x86_64", "releases/43/x86_64/os", "releases/43/x86_64/drpms"]);
    let first = env.run("mm-detect-release", &[]);
    assert_eq!(first.status, 3, "{first:?}");
    assert!(
        first.stderr.contains("pub/linux/odd/x86_64") && first.stderr.contains("--acknowledge"),
        "{first:?}"
    );
    assert!(
        env.ok("mm-admin", &["repository", "list"]).contains("fedora-43"),
        "the rest went on"
    );
    let again = env.run("mm-detect-release", &[]);
    assert_eq!(
        (again.status, again.stderr.as_str()),
        (0, ""),
        "said once, cron hears no more of it today"
    );
    let unknown = env.run("mm-detect-release", &["--acknowledge", "pub/linux/nowhere"]);
    assert_eq!(unknown.status, 3, "{unknown:?}");
    env.ok("mm-detect-release", &["--acknowledge", "pub/linux/odd/x86_64"]);
    let (_, json) = json(&env, &[]);
    assert_eq!(json["plan"]["unmatched"][0]["acknowledged"], true);
}

#[test]
fn a_returned_directory_is_linked_again() {
    let env = scanned(&["releases/43/x86_64/os", "releases/42/x86_64/os"]);
    env.ok("mm-detect-release", &[]);
    fs::rename(env.path("master/releases/43"), env.path("aside")).unwrap();
    forget(&env);
    fs::rename(env.path("aside"), env.path("master/releases/43")).unwrap();
    env.ok("mm-scan-master", &[]);
    let (_, json) = json(&env, &[]);
    assert_eq!(
        json["plan"]["relinked"][0]["path"], "pub/linux/releases/43/x86_64/os",
        "{json}"
    );
}

#[test]
fn an_invalid_rule_is_reported_before_anything_runs() {
    let env = Env::new("[[detect.rule]]\nregex = 'a('\nprefix = 'x'\n");
    let output = env.run("mm-detect-release", &[]);
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("detect.rule number 1, regex") && output.stderr.contains("mm.toml"),
        "{output:?}"
    );
}
