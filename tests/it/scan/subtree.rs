//! Partial scans: subtrees, `--if-changed`, and world-readable files only.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::sources::full_list;
use super::{Master, OS};
use crate::support::Nginx;

#[test]
fn only_the_subtree_is_scanned() {
    let master = Master::with_repository();
    master.write("updates/43/x86_64/old.rpm", "1");
    master.write("other/file", "1");
    let before = master.scan();
    master.write("updates/43/x86_64/repodata/repomd.xml", "<repomd/>");
    fs::remove_file(master.path("updates/43/x86_64/old.rpm")).unwrap();
    master.write("other/new/file", "1");
    master.remove("releases");
    master
        .env
        .ok("mm-scan-master", &["--path", "pub/fedora/linux/updates/43"]);
    let after = master.stored();
    let new: Vec<&String> = after
        .directories
        .keys()
        .filter(|p| !before.directories.contains_key(*p))
        .collect();
    assert_eq!(new, ["updates/43/x86_64/repodata"]);
    assert!(after.vanished().is_empty(), "{:?}", after.vanished());
    assert!(after.directories["updates/43/x86_64"].files.is_empty());
    for (path, expected) in [
        ("pub/fedora/linux/updates/44", "no directory"),
        ("pub/fedora/linux/../x", "--path"),
    ] {
        let output = master.run(&["--path", path]);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(output.stderr.contains(expected), "{output:?}");
    }
    // Below an unreadable directory everything is unreadable, although the scan begins below it.
    master.mode("updates", 0o750);
    master.env.ok("mm-scan-master", &["--path", "updates/43"]);
    assert!(!master.stored().directories["updates/43/x86_64"].readable);
    assert!(master.stored().directories["other"].readable);
}

#[test]
fn rsync_scans_a_subtree() {
    let master = Master::with_repository();
    let tree = master.path("").display().to_string();
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"rsync\"\nrsync = \"{tree}\"\npath = \"tree\"\n"
    ));
    let before = master.scan();
    master.repomd(OS, 1_800_000_000);
    master.write("elsewhere/file", "1");
    master
        .env
        .ok("mm-scan-master", &["--path", &format!("pub/fedora/linux/{OS}")]);
    let after = master.stored();
    assert_eq!(after.directories.len(), before.directories.len());
    assert_eq!(after.timestamps().last(), Some(&(1_800_000_000, true)));
    // Directories below unscanned ones may be staged: they become readable by the scan that records their parents.
    master.write("staged/45/os/file", "1");
    master.write("opened/45/os/file", "1");
    master.mode("staged", 0o750);
    for path in ["staged/45", "opened/45"] {
        master.env.ok("mm-scan-master", &["--path", path]);
    }
    let closed =
        |stored: &super::Stored| -> Vec<String> { stored.unreadable().iter().map(ToString::to_string).collect() };
    assert_eq!(
        closed(&master.stored()),
        ["opened/45", "opened/45/os", "staged/45", "staged/45/os"]
    );
    assert_eq!(closed(&master.scan()), ["staged", "staged/45", "staged/45/os"]);
}

#[test]
fn a_server_without_modification_times_cannot_be_watched() {
    let master = Master::with_repository();
    master.write("COMPOSE_ID", "one");
    let nginx = Nginx::serve_with(&master.path(""), "etag off; add_header Last-Modified '';");
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\nwatch = [\"{}/COMPOSE_ID\"]\n",
        nginx.url()
    ));
    let output = master.run(&["--if-changed"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("neither Last-Modified nor ETag"), "{output:?}");
    assert_eq!(
        master.run(&[]).status,
        0,
        "a scan that is asked for does not depend on it"
    );
}

#[test]
fn without_a_change_nothing_is_scanned() {
    let master = Master::with_repository();
    let configure = |more: &str| {
        master.env.configure(&format!(
            "[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\nwatch = [\"COMPOSE_ID\"]\nbusy_files = [\".sync_in_progress\"]\n{more}"
        ));
    };
    configure("");
    let state = |args: &[&str]| -> String {
        let reported = master.env.ok("mm-scan-master", &[&["--format", "json"], args].concat());
        let reported: serde_json::Value = serde_json::from_str(&reported).unwrap();
        let line = &reported["categories"][0];
        let skipped = &line["skipped"];
        if skipped.is_null() {
            format!("scanned {}", line["outcome"]["directories"])
        } else {
            skipped.as_str().map_or_else(|| skipped.to_string(), str::to_owned)
        }
    };
    let output = master.run(&["--if-changed"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("COMPOSE_ID does not exist"), "{output:?}");
    master.write("COMPOSE_ID", "one");
    assert_eq!(state(&["--if-changed"]), "scanned 8");
    assert_eq!(state(&["--if-changed"]), "unchanged");
    assert_eq!(state(&[]), "scanned 8", "who asks for a scan gets one");
    master.write("COMPOSE_ID", "another");
    master.write(".sync_in_progress", "");
    assert_eq!(state(&["--if-changed"]), "{\"busy\":\".sync_in_progress\"}");
    fs::remove_file(master.path(".sync_in_progress")).unwrap();
    assert_eq!(state(&["--if-changed"]), "scanned 8");
    assert_eq!(state(&["--if-changed"]), "unchanged");
    configure("max_age = \"0s\"\n");
    assert_eq!(state(&["--if-changed"]), "scanned 8");
    master
        .env
        .configure("[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\n");
    let output = master.run(&["--if-changed"]);
    assert!(output.stderr.contains("has no `watch`"), "{output:?}");
}

#[test]
fn a_remote_master_is_watched_by_modification_times() {
    let master = Master::with_repository();
    let nginx = Nginx::serve(&master.path(""));
    master.write("COMPOSE_ID", "one");
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"rsync\"\nrsync = \"{}\"\nfiles_url = \"{}\"\n\
         watch = [\"COMPOSE_ID\"]\nbusy_files = [\".sync_in_progress\"]\n",
        master.path("").display(),
        nginx.url()
    ));
    let skipped = || -> String {
        let reported = master.env.ok("mm-scan-master", &["--format", "json", "--if-changed"]);
        let reported: serde_json::Value = serde_json::from_str(&reported).unwrap();
        reported["categories"][0]["skipped"].to_string()
    };
    assert_eq!(skipped(), "null");
    assert_eq!(skipped(), "\"unchanged\"");
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24 * 365 * 55);
    let compose = fs::File::options().write(true).open(master.path("COMPOSE_ID")).unwrap();
    compose.set_modified(later).unwrap();
    master.write(".sync_in_progress", "");
    assert_eq!(skipped(), "{\"busy\":\".sync_in_progress\"}");
    fs::remove_file(master.path(".sync_in_progress")).unwrap();
    assert_eq!(skipped(), "null");
    drop(nginx);
    let output = master.run(&["--if-changed"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("cannot check http://127.0.0.1:"), "{output:?}");
}

#[test]
fn files_that_are_not_world_readable_are_not_recorded() {
    let master = Master::with_repository();
    master.write(&format!("{OS}/private.key"), "secret");
    let mode =
        |path: &str, mode: u32| fs::set_permissions(master.path(path), fs::Permissions::from_mode(mode)).unwrap();
    mode(&format!("{OS}/private.key"), 0o600);
    mode(&format!("{OS}/repodata/repomd.xml"), 0o600);
    let stored = master.scan();
    assert!(stored.directories[OS].files.is_empty());
    assert!(stored.details.is_empty());
    mode(&format!("{OS}/repodata/repomd.xml"), 0o644);
    assert_eq!(master.scan().details.len(), 1);
}

#[test]
fn a_removed_repomd_is_no_longer_expected() {
    let master = Master::with_repository();
    master.env.configure(
        "[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\nsource = \"filelist\"\nfile_list = \"list\"\n",
    );
    let scan = |time: Option<i64>| {
        let list = String::from_utf8(full_list(&master.path(""), "")).unwrap();
        let aged = list.lines().map(|line| match (time, line.split_once("\td\t")) {
            (Some(time), Some((_, rest))) => format!("{time}\td\t{rest}\n"),
            _ => format!("{line}\n"),
        });
        fs::write(master.env.path("list"), aged.collect::<Vec<_>>().concat()).unwrap();
        master.scan().timestamps()
    };
    assert_eq!(scan(None), [(1_700_000_000, true)]);
    fs::remove_file(master.path(OS).join("repodata/repomd.xml")).unwrap();
    // A file that changed just now may be missing only for a moment.
    assert_eq!(scan(None), [(1_700_000_000, true)]);
    assert_eq!(scan(Some(1_750_000_000)), [(1_700_000_000, false)]);
    master.repomd(OS, 1_700_000_000);
    assert_eq!(scan(None), [(1_700_000_000, false), (1_700_000_000, true)]);
}
