//! `mm-admin backup` without a file: names, `newest.db`, old backups, and the second copy.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::checks::shell;
use super::{database, home, refused};
use crate::support::Env;

/// The names of the files in a directory, sorted.
fn names(env: &Env, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(env.path(dir)).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn products(env: &Env, backup: &str) -> i64 {
    let db = rusqlite::Connection::open(env.path(backup)).unwrap();
    db.query_row("SELECT count(*) FROM product", [], |r| r.get(0)).unwrap()
}

#[test]
fn daily_backups_are_rotated_copied_and_restored() {
    let env = home();
    env.configure("backup.keep = 2\nbackup.copy_to = \"elsewhere\"\n");
    for old in ["2020-01-01.db", "2020-01-02.db", "before-upgrade.db"] {
        env.write(&format!("backup/{old}"), "");
    }
    assert_eq!(
        env.ok("mm-admin", &["backup"]),
        "",
        "cron hears nothing when all went well"
    );
    let found = names(&env, "backup");
    let [kept, today, own, newest] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        (kept.as_str(), own.as_str(), newest.as_str()),
        ("2020-01-02.db", "before-upgrade.db", "newest.db")
    );
    assert_eq!(names(&env, "elsewhere"), [today.as_str(), "newest.db"]);
    let mode = |path: &str| fs::metadata(env.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&format!("elsewhere/{today}")), 0o600);

    // A second backup of the day; the first one goes when there are enough.
    database(&env)
        .execute("INSERT INTO product (name) VALUES ('Second')", [])
        .unwrap();
    env.ok("mm-admin", &["backup"]);
    assert_eq!(names(&env, "elsewhere").len(), 3);
    assert_eq!(products(&env, "elsewhere/newest.db"), 2);
    assert_eq!(
        (
            products(&env, "backup/newest.db"),
            products(&env, &format!("elsewhere/{today}"))
        ),
        (2, 1)
    );
    for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
        drop(fs::remove_file(env.path(name)));
    }
    env.ok("mm-admin", &["restore", "backup/newest.db"]);
    assert_eq!(products(&env, "mm.db"), 2);
}

#[test]
fn missing_second_copy_is_partial_and_a_corrupt_backup_removes_none() {
    let env = home();
    env.configure("backup.keep = 1\nbackup.copy_to = \"elsewhere\"\n");
    env.write("backup/2020-01-01.db", "");
    env.write("elsewhere", "a file instead of the directory");
    let output = env.run("mm-admin", &["backup"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stdout.contains("no second copy at") && output.stdout.contains("run again: mm-admin backup"),
        "{output:?}"
    );
    fs::remove_file(env.path("elsewhere")).unwrap();
    assert_eq!(env.run("mm-admin", &["backup"]).status, 0, "the advice helps");

    for (keys, words) in [
        ("backup.keep = 0", "backup.keep is 0"),
        (
            "backup.copy_to = \"scp://host/x\"",
            "backup.copy_to: invalid target address",
        ),
    ] {
        env.configure(keys);
        let output = env.run("mm-admin", &["backup"]);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(output.stderr.contains(words), "{output:?}");
    }
}

#[test]
fn backups_of_a_lost_registry_are_found_and_kept() {
    let env = home();
    env.configure("backup.keep = 1\nbackup.copy_to = \"elsewhere\"\n");
    env.ok("mm-admin", &["site", "add", "S"]);
    env.ok("mm-admin", &["host", "add", "m.example.org", "--site", "S"]);
    env.ok("mm-admin", &["backup"]);
    let good = fs::read_link(env.path("backup/newest.db")).unwrap();
    let lose = || {
        for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
            drop(fs::remove_file(env.path(name)));
        }
    };
    lose();
    let newest = env.path("backup").join(&good);
    let command = format!("mm-admin restore {}", newest.display());
    for options in [&["init"][..], &["init", "--dry-run"]] {
        refused(&env, options, 1, &["nothing was changed", &command]);
        assert!(!env.path("mm.db").exists());
    }

    // Who begins with an empty registry all the same does not lose the backup.
    let aside = format!(
        "mv {} {}",
        env.path("backup").display(),
        env.path("backup.old").display()
    );
    refused(&env, &["init"], 1, &[&aside]);
    assert_eq!(shell(&env, &aside).status, 0);
    env.ok("mm-admin", &["init"]);
    fs::rename(env.path("backup.old"), env.path("backup")).unwrap();
    let output = env.run("mm-admin", &["backup"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stdout.contains("the database has no hosts") && output.stdout.contains(&command),
        "{output:?}"
    );
    for dir in ["backup", "elsewhere"] {
        assert_eq!(fs::read_link(env.path(dir).join("newest.db")).unwrap(), good);
    }
    let counts = env.ok("mm-admin", &["restore", "elsewhere", "--dry-run"]);
    assert!(counts.contains("sites: 2, hosts: 2, categories: 1"), "{counts}");
    assert!(counts.contains(good.to_str().unwrap()), "{counts}");

    // The advice that accepts the empty registry.
    let (_, link) = output.stdout.split_once("if it is to be empty, run: ").unwrap();
    assert_eq!(shell(&env, link.lines().next().unwrap()).status, 0);
    assert_eq!(env.run("mm-admin", &["backup"]).status, 0);

    fs::create_dir(env.path("nothing")).unwrap();
    refused(
        &env,
        &["restore", "nothing"],
        1,
        &["has no backup", "nothing was changed"],
    );
    env.write("file", "");
    let config = fs::read_to_string(env.path("mm.toml")).unwrap();
    env.write(
        "mm.toml",
        config.replace("backup.dir = \"backup\"", "backup.dir = \"file/backup\""),
    );
    refused(&env, &["backup"], 1, &["the backup.dir of the config"]);
}
