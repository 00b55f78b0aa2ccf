//! `mm-admin downtime` and `mm-admin host downtime`.

use super::{database, home, json, refused};
use crate::support::Env;

const HOST: &str = "mirror.example.org";

#[test]
fn both_commands_add_the_same_row() {
    let env = home();
    let (from, until) = ("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z");
    let end = format!("until={until}");
    let add = ["downtime", "add", from, "--host", HOST, &end, "reason=new disks"];
    let output = env.ok("mm-admin", &add);
    let first = json(&env, &["downtime", "list"]);
    env.ok("mm-admin", &["downtime", "remove", from, "--host", HOST]);

    // Times without seconds and zone.
    let host = [
        "host",
        "downtime",
        "Mirror.Example.Org",
        "--from",
        "2026-12-01T08:00",
        "--until",
        "2026-12-01T12:00",
        "--reason",
        "new disks",
    ];
    let dry = env.ok("mm-admin", &[&host[..], &["--dry-run"]].concat());
    assert!(dry.starts_with(&output) && dry.contains("dry run"), "{dry}");
    assert_eq!(json(&env, &["downtime", "list"]).as_array().unwrap().len(), 0);
    assert_eq!(env.ok("mm-admin", &host), output);
    assert_eq!(json(&env, &["downtime", "list"]), first);
    assert_eq!(
        json(&env, &["downtime", "show", "2026-12-01T08:00", "--host", HOST])["reason"],
        "new disks"
    );
    // Both commands find the existing row.
    refused(&env, &add, 1, &["already", "downtime"]);
    refused(&env, &host, 1, &["already", "downtime"]);
    // The downtime can be undone like any other change.
    let last = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &last]);
    assert_eq!(json(&env, &["downtime", "list"]).as_array().unwrap().len(), 0);
}

#[test]
fn host_in_a_downtime_is_not_crawled() {
    let env = home();
    env.ok("mm-admin", &["host", "downtime", HOST, "--until", "4h"]);
    let row = &json(&env, &["downtime", "list"])[0];
    let (from, until) = (row["from"].as_i64().unwrap(), row["until"].as_i64().unwrap());
    assert_eq!(until - from, 4 * 3_600);
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    assert!((now - 60..=now).contains(&from), "{from} {now}");
    env.ok(
        "mm-admin",
        &[
            "host-category",
            "set",
            "Fedora Linux",
            "--host",
            HOST,
            "always_up2date=false",
        ],
    );
    let crawl = env.run("mm-crawl", &["--dry-run", "--verbose", "--host", HOST]);
    let output = [crawl.stdout, crawl.stderr].concat();
    assert!(output.contains("in a downtime"), "{output}");
}

#[test]
fn invalid_downtime_is_rejected() {
    let env = home();
    let down = |words: &[&'static str]| [&["host", "downtime"], words].concat();
    for (words, status, message) in [
        (down(&[HOST]), 2, "--until"),
        (down(&[HOST, "--until", "tomorrow"]), 2, "invalid time"),
        (down(&[HOST, "--until", "2020-01-01"]), 2, "is not after from"),
        (down(&[HOST, "--until", "0s"]), 2, "is not after from"),
        (down(&["a b", "--until", "4h"]), 2, "host"),
        (down(&["miror.example.org", "--until", "4h"]), 1, "mirror.example.org"),
    ] {
        refused(&env, &words, status, &[message]);
    }
    assert_eq!(json(&env, &["downtime", "list"]).as_array().unwrap().len(), 0);
}

/// Adds a host to the site of the first one.
fn add_host(env: &Env, name: &str) {
    env.ok(
        "mm-admin",
        &["host", "add", name, "--site", "Example University", "country=AT"],
    );
}

/// Moves all downtimes so that they began an hour earlier, as if the command had been run then.
fn an_hour_passes(env: &Env) {
    database(env)
        .execute_batch("UPDATE host_downtime SET starts_at = starts_at - 3600, ends_at = ends_at - 3600")
        .unwrap();
}

#[test]
fn downtime_ends_early_and_keeps_its_start() {
    let env = home();
    let down = |words: &[&'static str]| [&["host", "downtime", HOST], words].concat();
    env.ok("mm-admin", &down(&["--until", "4h", "--reason", "new disks"]));
    env.ok("mm-admin", &down(&["--from", "2026-01-01", "--until", "3d"]));
    env.ok("mm-admin", &down(&["--from", "2h", "--until", "1h"]));
    an_hour_passes(&env);
    let before = json(&env, &["downtime", "list"]);
    let dry = env.ok("mm-admin", &down(&["--off", "--dry-run"]));
    assert!(dry.contains("until:") && dry.contains("dry run"), "{dry}");
    assert_eq!(json(&env, &["downtime", "list"]), before);
    let ended = env.ok("mm-admin", &down(&["--off"]));
    let next = format!("mm-crawl --host {HOST}; mm-update-mirrorlist; mm-sync-out");
    assert!(!dry.contains("mm-crawl") && ended.contains(&next), "{ended}");
    let after = json(&env, &["downtime", "list"]);
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    for (old, new) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
        assert_eq!(old["from"], new["from"]);
        let (from, until) = (old["from"].as_i64().unwrap(), old["until"].as_i64().unwrap());
        let is_current = from <= now - 60 && until > now;
        let ended = new["until"].as_i64().unwrap();
        if is_current {
            assert!((now - 60..=now).contains(&ended), "{new}");
        } else {
            assert_eq!(ended, until, "a past or future one stays: {new}");
        }
    }
    // Only the announced one is left.
    let again = refused(
        &env,
        &down(&["--off"]),
        3,
        &["not in a downtime yet", "mm-admin downtime remove"],
    );
    let advised = again.stderr.split("mm-admin downtime remove ").nth(1).unwrap().trim();
    let words: Vec<&str> = ["downtime", "remove"].into_iter().chain(advised.split(' ')).collect();
    env.ok("mm-admin", &words);
    assert_eq!(json(&env, &["downtime", "list"]).as_array().unwrap().len(), 2);
    refused(
        &env,
        &down(&["--off"]),
        3,
        &["host mirror.example.org is not in a downtime"],
    );
    // One that began in this second has no length left.
    env.ok("mm-admin", &down(&["--until", "4h"]));
    env.ok("mm-admin", &down(&["--off"]));
    refused(&env, &down(&["--off"]), 3, &["not in a downtime"]);
}

#[test]
fn several_hosts_are_named_or_selected() {
    let env = home();
    add_host(&env, "b.example.org");
    add_host(&env, "c.example.org");
    let run = |words: &[&str]| env.run("mm-admin", &[&["host", "downtime"], words].concat());
    let rows = || json(&env, &["downtime", "list"]).as_array().unwrap().clone();
    // A host that does not exist: nothing is changed.
    let unknown = run(&["b.example.org", "d.example.org", "--until", "4h"]);
    assert!(
        unknown.status == 1 && unknown.stderr.contains("d.example.org"),
        "{unknown:?}"
    );
    assert_eq!(rows(), Vec::<serde_json::Value>::new());
    assert_eq!(run(&["b.example.org", "c.example.org", "--until", "4h"]).status, 0);
    assert_eq!(rows().len(), 2);
    // Those that are not down are named; the others come back.
    let off = run(&[HOST, "b.example.org", "--off"]);
    assert_eq!(off.status, 0, "{off:?}");
    assert!(
        off.stdout.contains("host mirror.example.org is not in a downtime"),
        "{off:?}"
    );
    // A filter leaves out the hosts that are down already.
    let times = ["--from", "2096-01-01", "--until", "2096-01-02"];
    assert_eq!(run(&[&["b.example.org"], &times[..]].concat()).status, 0);
    let select = |more: &[&'static str]| run(&[&["--where", "country=AT"], &times[..], more].concat());
    let added = select(&["--confirm", "1"]);
    assert_eq!(added.status, 0, "{added:?}");
    assert!(
        added.stdout.contains("c.example.org") && !added.stdout.contains("b.example.org"),
        "{added:?}"
    );
    let again = select(&[]);
    assert!(
        again.status == 3 && again.stderr.contains("has this downtime already"),
        "{again:?}"
    );
    for (words, text) in [
        (["--where", "country=FR", "--off"].as_slice(), "no host has country=FR"),
        (
            &["--where", "country=DE", "--off"],
            "host mirror.example.org is not in a downtime",
        ),
        (
            &[HOST, "mirror.example.org", "--off"],
            "host mirror.example.org is not in a downtime",
        ),
    ] {
        let ran = run(words);
        assert_eq!((ran.status, ran.stdout.as_str()), (3, ""), "{ran:?}");
        assert!(ran.stderr.contains(text), "{ran:?}");
    }
}

#[test]
fn examples_of_the_help_work_in_their_order() {
    let env = home();
    let help = env.ok("mm-admin", &["host", "downtime", "--help"]);
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    let programs = assert_cmd::cargo::cargo_bin("mm-admin");
    let path = format!("{}:/usr/bin:/bin", programs.parent().unwrap().display());
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-exc", examples])
        .env("PATH", &path)
        .env("MM_CONFIG", env.path("mm.toml"));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{examples}: {output:?}");
    let rows = json(&env, &["downtime", "list", "keep_listed=true"]);
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
}
