//! Registry files that `mm-admin apply` refuses, because many hosts are affected, wait for a decision in `mm-admin pending`.

use serde_json::Value;

use super::{database, empty, json, refused};
use crate::support::Env;

const APPLY: [&str; 3] = ["apply", "registry.toml", "--prune"];

/// The registry with these hosts.
fn write(env: &Env, hosts: &[&str]) {
    let hosts = hosts
        .iter()
        .map(|host| format!("[[site.host]]\nname = \"{host}.example.org\"\n"));
    let text = format!("[[site]]\nname = \"S\"\n{}", hosts.collect::<Vec<_>>().concat());
    env.write("registry.toml", text);
}

/// Four hosts, and a file that has one of them.
fn slip() -> Env {
    let env = empty();
    write(&env, &["a", "b", "c", "d"]);
    env.ok("mm-admin", &APPLY);
    write(&env, &["a"]);
    env
}

fn pending(env: &Env) -> Vec<Value> {
    json(env, &["pending"])["pending"].as_array().unwrap().clone()
}

fn hosts(env: &Env) -> usize {
    json(env, &["host", "list"]).as_array().unwrap().len()
}

#[test]
fn a_refused_file_is_confirmed_as_it_was_shown() {
    let env = slip();
    env.ok("mm-admin", &[&APPLY[..], &["--dry-run"]].concat());
    assert_eq!(pending(&env), Vec::<Value>::new(), "a dry run leaves nothing to decide");
    refused(&env, &APPLY, 3, &["3 hosts of 4", "--confirm 3"]);
    let item = pending(&env)[0].clone();
    assert_eq!((&item["id"], &item["count"]), (&"apply-1".into(), &3.into()), "{item}");
    let what = item["what"].as_str().unwrap();
    assert!(
        what.contains("registry.toml was not applied with --prune") && what.contains("3 of 4 hosts"),
        "{what}"
    );
    let day = item["due"].as_i64().unwrap() - item["since"].as_i64().unwrap();
    assert_eq!(day, 86_400);
    let shown = env.ok("mm-admin", &["pending", "show", "apply-1"]);
    assert!(shown.contains("--prune --dry-run"), "{shown}");
    let doctor = env.run("mm-admin", &["doctor"]).stdout;
    assert!(doctor.contains("mm-admin pending show apply-1"), "{doctor}");
    // Once more: it is the same item.
    refused(&env, &APPLY, 3, &["3 hosts of 4"]);
    assert_eq!(pending(&env).len(), 1);
    assert_eq!(pending(&env)[0]["id"], "apply-1");

    let confirm = ["pending", "confirm", "apply-1", "--count", "3"];
    refused(&env, &confirm[..3], 2, &["--count 3"]);
    env.ok("mm-admin", &[&confirm[..], &["--dry-run"]].concat());
    assert_eq!((hosts(&env), pending(&env).len()), (4, 1));
    // The file is another one than the operator saw.
    write(&env, &["b"]);
    refused(&env, &confirm, 1, &["was changed since"]);
    write(&env, &["a"]);
    // It has another effect than the operator saw.
    env.ok("mm-admin", &["host", "remove", "d.example.org"]);
    let other = env.run("mm-admin", &confirm);
    assert!(other.status == 3 && other.stderr.contains("--confirm 2"), "{other:?}");
    assert_eq!((hosts(&env), pending(&env)[0]["count"].as_u64()), (3, Some(2)));
    env.ok("mm-admin", &["pending", "confirm", "apply-1", "--count", "2"]);
    assert_eq!((hosts(&env), pending(&env).len()), (1, 0));
    let changes = json(&env, &["changes", "--entity", "pending"]);
    assert_eq!(changes[0]["new"]["state"], "confirmed", "{changes}");
}

#[test]
fn a_refused_file_ends_by_a_rejection_a_correction_or_after_a_day() {
    let env = slip();
    refused(&env, &APPLY, 3, &["--confirm 3"]);
    env.ok("mm-admin", &["pending", "reject", "apply-1"]);
    assert_eq!((hosts(&env), pending(&env).len()), (4, 0));
    let changes = json(&env, &["changes", "--entity", "pending"]);
    assert_eq!(changes[0]["new"]["state"], "rejected", "{changes}");

    refused(&env, &APPLY, 3, &["--confirm 3"]);
    write(&env, &["a", "b", "c"]);
    env.ok("mm-admin", &APPLY);
    assert_eq!(
        (hosts(&env), pending(&env).len()),
        (3, 0),
        "the corrected file is applied"
    );

    write(&env, &["a"]);
    refused(&env, &APPLY, 3, &["--confirm 2"]);
    assert_eq!(pending(&env).len(), 1);
    database(&env)
        .execute_batch("UPDATE refused_apply SET refused_at = refused_at - 86401")
        .unwrap();
    assert_eq!(pending(&env).len(), 0);
    assert_eq!(hosts(&env), 3);
}
