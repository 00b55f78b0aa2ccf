//! `mm-admin downtime` and `mm-admin host downtime`.

use super::{home, json, refused};

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
