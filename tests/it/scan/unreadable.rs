//! A directory of the master that the scanner may not read: it is named, what is recorded of it is kept, and the rest is scanned.

use std::fmt::Write as _;

use super::sources::full_list;
use super::*;
use crate::support::Nginx;
use crate::support::rsyncd::Rsyncd;

const OLD: &str = "releases/43/Everything/x86_64/os";
const STAGED: &str = "releases/44";
const STAGED_OS: &str = "releases/44/Everything/x86_64/os";

/// A master with a repository and a staged release, which was scanned.
fn with_staged(config: impl Fn(&Master) -> String) -> Master {
    let master = Master::with_repository();
    master.repomd(STAGED_OS, 1_800_000_000);
    master.write(&format!("{STAGED_OS}/images/boot.iso"), "an image");
    master.mode(STAGED, 0o750);
    let lines = config(&master);
    master
        .env
        .configure(&format!("[[category]]\nname = \"Fedora Linux\"\n{lines}\n"));
    master
}

/// Root can read everything: the scan becomes a user who owns all but one directory.
fn become_nobody(master: &Master, closed: &str) {
    if !rustix::process::geteuid().is_root() {
        master.mode(closed, 0o000);
        return;
    }
    let status = std::process::Command::new("chown")
        .args(["-R", "nobody"])
        .arg(master.env.path(""))
        .status()
        .unwrap();
    assert!(status.success());
    std::os::unix::fs::chown(master.path(closed), Some(0), Some(0)).unwrap();
    let config = std::fs::read_to_string(master.env.path("mm.toml")).unwrap();
    let config = config.replace("user = \"root\"", "user = \"nobody\"");
    std::fs::write(master.env.path("mm.toml"), config).unwrap();
}

/// The directories that are recorded and present, with `-` for those that are not world-readable.
fn recorded(stored: &Stored) -> String {
    let mut out = String::new();
    for (path, d) in stored.directories.iter().filter(|(_, d)| d.vanished_at.is_none()) {
        write!(out, "{path}{} ", if d.readable { "" } else { "-" }).unwrap();
    }
    out
}

/// Severity and message of the check.
fn doctor(master: &Master) -> (String, String) {
    let text = master.env.run("mm-admin", &["doctor", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|c| c["name"] == "unreadable directories").unwrap();
    let text = |key: &str| check[key].as_str().unwrap().to_owned();
    (text("severity"), text("message"))
}

/// Scans a master of which one directory has become unreadable and the rest has changed. `refresh` renews its list.
fn check_scan(master: &Master, before: &Stored, refresh: impl Fn()) {
    master.repomd(OLD, 1_700_000_100);
    master.write("releases/43/new/file", "1");
    refresh();
    let output = master.run(&["-v"]);
    assert_eq!(output.status, 3, "{output:?}");
    let named = "category Fedora Linux: 1 directory cannot be read: releases/44 (";
    assert!(output.stderr.contains(named), "{output:?}");
    for part in ["before its day", "exclude", "what is recorded there is kept"] {
        assert!(output.stderr.contains(part), "{part}: {output:?}");
    }
    let after = master.stored();
    assert_eq!(
        recorded(&after).replace("releases/43/new ", ""),
        recorded(before),
        "nothing is missing, and nothing is open"
    );
    assert!(recorded(&after).contains("releases/43/new "), "the rest is scanned");
    let times: Vec<i64> = after.details.iter().map(|d| d.file.timestamp).collect();
    assert!(times.contains(&1_700_000_100), "{times:?}");
    let staged = |stored: &Stored| {
        let details = stored.details.iter().filter(|d| d.file.timestamp == 1_800_000_000);
        details.map(|d| (d.id, d.superseded_at)).collect::<Vec<_>>()
    };
    assert_eq!(staged(&after), staged(before), "its metadata stays known");
    let (severity, message) = doctor(master);
    assert_eq!(severity, "warning");
    assert!(message.contains("pub/fedora/linux/releases/44"), "{message}");
    // A second scan is the same, and cron is told once.
    refresh();
    let output = master.run(&[]);
    assert_eq!((output.status, output.stderr.as_str()), (3, ""), "{output:?}");
    assert_eq!(recorded(&master.stored()), recorded(&after));
    assert_eq!(master.stored().generation, after.generation);
}

/// Scans it after the opening: everything is known, and the warning is over.
fn check_opening(master: &Master, refresh: impl Fn()) {
    master.mode(STAGED, 0o755);
    refresh();
    let output = master.run(&[]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(output.stderr.contains("resolved"), "{output:?}");
    let after = master.stored();
    assert!(after.unreadable().is_empty(), "{}", recorded(&after));
    assert_eq!(doctor(master).0, "ok");
    assert!(after.directories.contains_key(&format!("{STAGED_OS}/images")));
}

#[test]
fn a_local_tree_is_scanned_except_for_what_may_not_be_read() {
    let master = with_staged(|_| "path = \"tree\"".to_owned());
    let before = master.scan();
    become_nobody(&master, STAGED);
    check_scan(&master, &before, || {});
    check_opening(&master, || {});
}

/// A directory that was never read is recorded, so that its opening is seen.
#[test]
fn a_release_staged_unseen_is_recorded_when_it_opens() {
    let master = Master::with_repository();
    master.scan();
    master.repomd(STAGED_OS, 1_800_000_000);
    become_nobody(&master, STAGED);
    master.mode(STAGED, 0o700);
    assert_eq!(master.run(&[]).status, 3);
    assert_eq!(master.stored().unreadable(), [STAGED]);
    check_opening_of_unseen(&master);
}

fn check_opening_of_unseen(master: &Master) {
    master.mode(STAGED, 0o755);
    let text = master.env.ok("mm-scan-master", &["-v"]);
    assert!(text.contains("opened: releases/44"), "{text}");
    let times: Vec<i64> = master.stored().details.iter().map(|d| d.file.timestamp).collect();
    assert!(times.contains(&1_800_000_000), "{times:?}");
}

#[test]
fn a_file_that_may_not_be_read_keeps_what_is_recorded_of_its_directory() {
    let master = with_staged(|_| "path = \"tree\"".to_owned());
    let before = master.scan();
    let repomd = format!("{STAGED_OS}/repodata/repomd.xml");
    master.repomd(STAGED_OS, 1_800_000_100);
    become_nobody(&master, &repomd);
    master.mode(&repomd, 0o600);
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("repomd.xml: Permission denied"), "{output:?}");
    assert_eq!(recorded(&master.stored()), recorded(&before));
    master.mode(&repomd, 0o644);
    assert_eq!(master.run(&[]).status, 0);
    let times: Vec<i64> = master.stored().details.iter().map(|d| d.file.timestamp).collect();
    assert!(times.contains(&1_800_000_100), "{times:?}");
}

#[test]
fn an_rsync_daemon_that_may_not_read_a_directory_lists_the_rest() {
    let master = with_staged(|_| "path = \"tree\"".to_owned());
    let by_root = Rsyncd::serve(&master.path(""));
    let by_nobody = Rsyncd::serve_as_nobody(&master.path(""));
    let configure = |port: u16| {
        master.env.configure(&format!(
            "[[category]]\nname = \"Fedora Linux\"\nsource = \"rsync\"\nrsync = \"rsync://127.0.0.1:{port}/master\"\n\
             path = \"tree\"\n"
        ));
    };
    configure(by_root.port);
    let before = master.scan();
    configure(by_nobody.port);
    check_scan(&master, &before, || {});
    check_opening(&master, || {});
}

#[test]
fn a_local_rsync_that_may_not_read_a_directory_lists_the_rest() {
    let master = with_staged(|m| {
        let tree = m.path("").display().to_string();
        format!("source = \"rsync\"\nrsync = \"{tree}\"\npath = \"tree\"")
    });
    let before = master.scan();
    become_nobody(&master, STAGED);
    check_scan(&master, &before, || {});
    check_opening(&master, || {});
}

/// Whoever writes the list cannot read the directory, and the web server of the master refuses its files.
#[test]
fn a_file_list_without_the_content_of_a_directory_removes_nothing() {
    let master = with_staged(|m| {
        let list = m.env.path("list").display().to_string();
        format!("source = \"filelist\"\nfile_list = \"{list}\"\npath = \"tree\"")
    });
    let whole = |master: &Master| full_list(&master.path(""), "");
    std::fs::write(master.env.path("list"), whole(&master)).unwrap();
    let before = master.scan();
    let without_content = || {
        let all = String::from_utf8(whole(&master)).unwrap();
        let lines = all.lines().filter(|line| !line.contains("\treleases/44/"));
        let text = lines.collect::<Vec<_>>().join("\n") + "\n";
        std::fs::write(master.env.path("list"), text).unwrap();
    };
    check_scan(&master, &before, without_content);
    check_opening(&master, || {
        std::fs::write(master.env.path("list"), whole(&master)).unwrap();
    });
}

/// Six repositories are refused; the one after them is read.
#[test]
fn refused_files_of_the_master_do_not_keep_others_from_being_read() {
    let master = Master::with_repository();
    let arches = ["aarch64", "i386", "ppc64le", "riscv64", "s390x", "x86_64"];
    for arch in arches {
        master.repomd(&format!("closed/44/{arch}/os"), 1_800_000_000);
    }
    master.mode("closed", 0o750);
    let nginx = Nginx::serve_with(&master.path(""), "location /closed { return 403; }");
    let list = master.env.path("list").display().to_string();
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"filelist\"\nfile_list = \"{list}\"\nfiles_url = \"{}\"\n",
        nginx.url()
    ));
    let text = String::from_utf8(full_list(&master.path(""), "")).unwrap();
    // Without the digests of the list, every file is requested.
    let files = text.split("[Checksums").next().unwrap();
    std::fs::write(master.env.path("list"), format!("{files}[End]\n")).unwrap();
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert_eq!(output.stderr.matches("status 403").count(), arches.len(), "{output:?}");
    let stored = master.stored();
    let times: Vec<i64> = stored.details.iter().map(|d| d.file.timestamp).collect();
    assert_eq!(times, [1_700_000_000], "the readable repository");
}
