//! Invalid lists and failing programs: they are rejected and nothing is written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::sources::full_list;
use super::{Master, OS};
use crate::support::{Nginx, RunOutput, need};

fn with_list(list: &str) -> Master {
    let master = Master::with_repository();
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"filelist\"\nfile_list = \"{list}\"\npath = \"tree\"\n"
    ));
    master
}

#[test]
fn an_invalid_list_changes_nothing() {
    let master = with_list("list");
    let good = full_list(&master.path(""), "");
    fs::write(master.env.path("list"), &good).unwrap();
    let before = master.scan();
    let text = String::from_utf8(good).unwrap();
    let huge = "9".repeat(40);
    for (bad, expected) in [
        (text.replace("\n[End]\n", "\n"), "no line [End]"),
        (text.get(..text.len() / 2).unwrap().to_owned(), "line"),
        (String::new(), "no line [End]"),
        (text.replacen("\tf\t", &format!("\tf\t{huge}"), 1), "size"),
        (text.replace("[End]", "1\tf\t1\t../../etc/passwd\n[End]"), "line"),
        (
            text.replace("[Checksums SHA1]", "1\tf\t1\treleases/../../x\n"),
            "invalid name",
        ),
        (text.replace("[Checksums SHA1]", "1\tf\t1\t/etc/passwd\n"), "slash"),
        (text.replace("[Checksums SHA1]", "a line without tabs\n"), "tabs"),
        (
            text.replace("[Checksums SHA1]", "1\tf\t1\tnowhere/x\n[Checksums SHA1]"),
            "not that directory",
        ),
        (format!("{text}more\n"), "after [End]"),
    ] {
        fs::write(master.env.path("list"), bad).unwrap();
        let output = master.run(&[]);
        assert_eq!(output.status, 1, "{expected}: {output:?}");
        assert!(output.stderr.contains(expected), "{expected}: {output:?}");
        assert!(output.stderr.contains("nothing was written"), "{output:?}");
        let after = master.stored();
        assert_eq!((after.generation, after.vanished()), (before.generation, vec![]));
    }
}

#[test]
fn errors_name_the_unreadable_list() {
    let server = Nginx::serve(tempfile::tempdir().unwrap().path());
    let missing = format!("{}/fullfiletimelist-fedora", server.url());
    for (list, expected) in [
        (missing.as_str(), "status 404"),
        ("http://127.0.0.1:9/list", "connection"),
        ("nowhere/list", "No such file"),
        ("list-*", "no such file"),
        ("pipe", "is a FIFO; expected a regular file"),
        ("cut.gz", "completely"),
    ] {
        let master = with_list(list);
        let made = std::process::Command::new(need("mkfifo", "coreutils"))
            .arg(master.env.path("pipe"))
            .status();
        assert!(made.unwrap().success());
        master.env.write("cut.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2]);
        let output = master.run(&[]);
        assert_eq!(output.status, 1, "{list}: {output:?}");
        assert!(output.stderr.contains(expected), "{list}: {output:?}");
    }
}

/// A scan by a shell script named rsync.
fn with_rsync(master: &Master, script: &str, args: &[&str]) -> RunOutput {
    let bin = master.env.write("bin/rsync", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.parent().unwrap().display(), "/usr/bin:/bin");
    let mut command = master.env.command("mm-scan-master");
    let output = command.args(args).env("PATH", path).output().unwrap();
    RunOutput::new("mm-scan-master", args, &output)
}

#[test]
fn a_failed_rsync_changes_nothing() {
    let master = Master::with_repository();
    let tree = master.path("").display().to_string();
    master.env.configure(&format!(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"rsync\"\nrsync = \"{tree}\"\npath = \"tree\"\n"
    ));
    let before = master.scan();
    master.remove(OS);
    let real = need("rsync", "rsync").display().to_string();
    for (script, expected) in [
        (format!("{real} \"$@\" | head -3; kill -9 $$"), "a signal"),
        (
            format!("{real} \"$@\" | head -3; echo 'connection reset' >&2; exit 12"),
            "status 12: connection reset",
        ),
        (
            format!("{real} \"$@\"; echo 'Permission denied' >&2; exit 23"),
            "status 23",
        ),
        (
            "echo welcome to our mirror".to_owned(),
            "not a line of an rsync listing",
        ),
        ("head -c 300000 /dev/zero".to_owned(), "longer"),
        ("exit 0".to_owned(), "top of the category"),
        (
            "while :; do echo garbage; done".to_owned(),
            "not a line of an rsync listing",
        ),
        (
            "echo '@ERROR: Unknown module' >&2; exit 5".to_owned(),
            "@ERROR: Unknown module",
        ),
    ] {
        let output = with_rsync(&master, &script, &[]);
        assert_eq!(output.status, 1, "{script}: {output:?}");
        assert!(output.stderr.contains(expected), "{script}: {output:?}");
        let after = master.stored();
        assert_eq!(
            (after.generation, after.vanished()),
            (before.generation, vec![]),
            "{script}"
        );
    }
    // Files that vanish during the listing are not a failure.
    let output = with_rsync(&master, &format!("{real} \"$@\"; exit 24"), &[]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(master.stored().vanished().contains(&OS));
}

#[test]
fn a_hanging_rsync_is_terminated_with_its_children() {
    let master = Master::with_repository();
    master.env.configure(
        "[[category]]\nname = \"Fedora Linux\"\nsource = \"rsync\"\nrsync = \"rsync://127.0.0.1:9/x\"\npath = \"tree\"\n",
    );
    let pid_file = master.env.path("pid");
    let started = Instant::now();
    let script = format!("sleep 600 & echo $! > {}; wait", pid_file.display());
    let output = with_rsync(&master, &script, &["--max-runtime", "2s"]);
    assert!(started.elapsed() < Duration::from_mins(1), "{output:?}");
    assert!(matches!(output.status, 1 | 3), "{output:?}");
    let pid = fs::read_to_string(pid_file).unwrap();
    let stat = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    while !stat().is_empty() && !stat().contains(") Z") && started.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(stat().is_empty() || stat().contains(") Z"), "it lives: {}", stat());
    assert_eq!(master.stored().generation.0, 0);
}
