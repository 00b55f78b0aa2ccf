//! Lock files of MirrorManager2: pid files in a directory of their own.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::{LOCKS, listed};
use crate::support::{Env, Process};

fn env() -> Env {
    let env = Env::new("");
    let text = fs::read_to_string(env.path("mm.toml")).unwrap();
    fs::write(env.path("mm.toml"), format!("legacy_lock_dir = \"old\"\n{text}")).unwrap();
    env
}

fn old(env: &Env, args: &[&str], key: &str) -> Vec<(String, String)> {
    let report = listed(env, args);
    let text = |v: &Value| v.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let files = report[key].as_array().unwrap();
    files.iter().map(|f| (text(&f["path"]), text(&f["state"]))).collect()
}

#[test]
fn legacy_pid_files_are_shown_and_only_dead_ones_removed() {
    let env = env();
    assert_eq!(
        listed(&env, &["--clean"])["legacy"],
        json!([]),
        "a directory that is not there holds none"
    );
    // A program of that name, and one of another name.
    let script = env.write("umdl", "#!/bin/sh\nread answer\n");
    let running = Process(
        std::process::Command::new("sh")
            .arg(&script)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let other = Process(std::process::Command::new("sleep").arg("60").spawn().unwrap());
    let dead = {
        let mut missing = std::process::Command::new("true").spawn().unwrap();
        missing.wait().unwrap();
        missing.id()
    };
    env.write("old/umdl.lock", format!("{}\n", running.0.id()));
    env.write("old/crawler.lock", other.0.id().to_string());
    env.write("old/somebody.pid", other.0.id().to_string());
    env.write("old/update-mirrorlist-server.lock", format!("{dead}\n"));
    env.write("old/empty.lock", "");
    env.write("old/binary.lock", [0xff, 0, 1]);
    env.write("old/zero.lock", "0");
    env.write("old/negative.lock", "-1");
    env.write("old/huge.lock", vec![b'1'; 1 << 20]);
    fs::create_dir(env.path("old/directory.lock")).unwrap();
    symlink("/etc/passwd", env.path("old/link.lock")).unwrap();

    let state = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    let unreadable = |name| state(name, "unreadable");
    let all = [
        unreadable("binary.lock"),
        state("crawler.lock", "stale"),
        unreadable("directory.lock"),
        unreadable("empty.lock"),
        unreadable("huge.lock"),
        unreadable("link.lock"),
        unreadable("negative.lock"),
        state("somebody.pid", "unknown"),
        state("umdl.lock", "live"),
        state("update-mirrorlist-server.lock", "stale"),
        unreadable("zero.lock"),
    ];
    assert_eq!(old(&env, &[], "legacy"), all);
    let table = env.ok(LOCKS, &[]);
    assert!(table.contains("LEGACY LOCK") && table.contains("umdl"), "{table}");
    let missing = [
        state("crawler.lock", "stale"),
        state("update-mirrorlist-server.lock", "stale"),
    ];
    assert_eq!(old(&env, &["--clean", "--dry-run"], "removed_legacy"), missing);
    assert_eq!(old(&env, &[], "legacy"), all);
    assert_eq!(old(&env, &["--clean"], "removed_legacy"), missing);
    let left: Vec<_> = all.into_iter().filter(|(_, state)| state != "stale").collect();
    assert_eq!(old(&env, &[], "legacy"), left);
    assert!(fs::read_to_string("/etc/passwd").unwrap().contains("root"));
}

#[test]
fn unusable_legacy_lock_directory_is_reported() {
    let env = env();
    env.write("old", "a file");
    let output = env.run(LOCKS, &[]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("legacy_lock_dir"), "{output:?}");
}
