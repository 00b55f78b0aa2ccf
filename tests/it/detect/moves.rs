//! A published prefix is moved only on request.

use std::fs;

use super::{add, forget, json, scanned};
use crate::support::Env;

const OLD: &str = "releases/43/x86_64/os";
const NEW: &str = "releases/43/x86_64/os2";

/// The prefixes and names of the recorded repositories.
fn recorded(env: &Env) -> Vec<(Option<String>, String)> {
    let listed = env.ok("mm-admin", &["repository", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let rows = listed.as_array().or_else(|| listed["rows"].as_array());
    let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
    let mut found: Vec<_> = rows
        .unwrap_or_else(|| panic!("{listed}"))
        .iter()
        .map(|r| {
            let prefix = text(&r["repo"]).filter(|p| !p.contains('/'));
            (prefix, text(&r["name"]).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn name(below: &str) -> String {
    format!("pub/linux/{below}")
}

#[test]
fn a_proposed_move_is_applied_on_request_only() {
    let env = scanned(&[OLD]);
    env.ok("mm-detect-release", &[]);
    add(&env, &[NEW]);
    let (status, proposed) = json(&env, &[]);
    let first = &proposed["plan"]["moves"][0];
    assert_eq!(
        (
            status,
            first["owner"].as_str(),
            first["accepted"].as_bool(),
            first["newer"].as_bool()
        ),
        (0, Some(name(OLD).as_str()), Some(false), Some(true))
    );
    assert_eq!(recorded(&env), [(Some("fedora-43".into()), name(OLD))]);

    let shown = env.run("mm-detect-release", &["--dry-run", "--apply-moves"]);
    assert!(
        shown.stdout.contains("moved") && shown.stdout.contains("fedora-43"),
        "{shown:?}"
    );
    assert_eq!(
        recorded(&env),
        [(Some("fedora-43".into()), name(OLD))],
        "a dry run moves nothing"
    );

    let wrong = env.run("mm-detect-release", &["--apply-moves=fedora-99"]);
    assert_eq!(wrong.status, 3, "{wrong:?}");
    assert!(wrong.stderr.contains("no proposed move of fedora-99"), "{wrong:?}");

    let (status, moved) = json(&env, &["--apply-moves=fedora-43"]);
    assert_eq!(
        (status, moved["plan"]["moves"][0]["accepted"].as_bool()),
        (0, Some(true))
    );
    assert_eq!(
        recorded(&env),
        [(None, name(OLD)), (Some("fedora-43".into()), name(NEW))]
    );
    let changes = env.ok("mm-admin", &["changes"]);
    assert!(
        changes.contains("mm-detect-release") && changes.contains(&name(NEW)),
        "{changes}"
    );

    let (_, after) = json(&env, &["--apply-moves"]);
    assert_eq!(
        after["plan"]["moves"].as_array().map(Vec::len),
        Some(0),
        "nothing moves back: {after}"
    );
}

#[test]
fn a_prefix_of_a_missing_directory_is_kept_until_moved_or_acknowledged() {
    let env = scanned(&[OLD, "releases/42/x86_64/os"]);
    env.ok("mm-detect-release", &[]);
    fs::remove_dir_all(env.path("master/releases/43")).unwrap();
    forget(&env);
    let (status, missing) = json(&env, &[]);
    assert_eq!(
        (status, missing["plan"]["vanished"][0]["path"].as_str()),
        (0, Some(name(OLD).as_str())),
        "{missing}"
    );
    assert_eq!(recorded(&env).len(), 2, "the entry is kept");

    add(&env, &[NEW]);
    let (_, proposed) = json(&env, &["--dry-run"]);
    assert_eq!(proposed["plan"]["moves"][0]["owner_gone"], true, "{proposed}");
    json(&env, &["--apply-moves"]);
    assert!(recorded(&env).contains(&(Some("fedora-43".into()), name(NEW))));
    assert_eq!(recorded(&env).len(), 2, "nothing is left of the place that is gone");

    fs::remove_dir_all(env.path("master/releases/42")).unwrap();
    assert_eq!(env.run("mm-scan-master", &[]).status, 3);
    env.ok("mm-scan-master", &["--confirm-removals"]);
    let reported = env.run("mm-detect-release", &["-v"]);
    assert!(
        reported.stderr.contains("releases/42") && reported.stderr.contains("--acknowledge"),
        "{reported:?}"
    );
    let (_, acked) = json(&env, &["--acknowledge", "pub/linux/releases/42/"]);
    assert_eq!(
        acked["acknowledged"][0].as_str(),
        Some(name("releases/42/x86_64/os").as_str())
    );
    assert_eq!(recorded(&env), [(Some("fedora-43".into()), name(NEW))]);
}
