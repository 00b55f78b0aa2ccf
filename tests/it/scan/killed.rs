//! Scans that are killed while reading and while writing.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::{Master, Stored};
use crate::support::need;

/// The number of kills at writes; the first few writes are for the row of the run, the last few for its end.
const WRITES: usize = 34;
/// The number of kills at reads of directories.
const READS: usize = 16;

/// The visible result of a scan.
fn state(stored: &Stored) -> String {
    let mut directories: Vec<_> = stored
        .directories
        .iter()
        .map(|(p, d)| (p, d.readable, &d.files, d.changed_seq, d.vanished_at.is_some()))
        .collect();
    directories.sort();
    let details: Vec<_> = stored
        .details
        .iter()
        .map(|d| (&d.file, d.first_seq, d.superseded_seq))
        .collect();
    format!("{:?} {directories:?} {details:?}", stored.generation)
}

/// Runs a scan under strace, which kills it at the `when`th call of a kind; returns the number of such calls.
fn traced(master: &Master, call: &str, when: Option<usize>) -> usize {
    let trace = master.env.path("trace");
    let mut command = std::process::Command::new(need("strace", "strace"));
    command.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(&trace);
    command.args(["-e", &format!("trace={call}")]);
    if let Some(n) = when {
        command.args(["-e", &format!("inject={call}:signal=KILL:when={n}")]);
    }
    command
        .arg(assert_cmd::cargo::cargo_bin("mm-scan-master"))
        .env("MM_CONFIG", master.env.path("mm.toml"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let text = fs::read_to_string(trace).unwrap();
    text.lines().filter(|l| l.contains(&format!("{call}("))).count()
}

/// Restores the database.
fn restore(master: &Master, saved: &Path) {
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(master.env.path(&format!("mm.db{end}"))));
    }
    fs::copy(saved, master.env.path("mm.db")).unwrap();
}

#[test]
#[ignore = "make test-all: many kills take long, and faults::killed has a few of each program"]
fn a_scan_killed_at_any_moment_leaves_the_old_or_the_new_state() {
    let master = Master::with_repository();
    master
        .env
        .configure("[[category]]\nname = \"Fedora Linux\"\npath = \"tree\"\n");
    for n in 0..40 {
        master.write(&format!("old/d{n}/file"), "1");
    }
    master.scan();
    // A copy with the write-ahead log merged.
    let saved = master.env.path("saved.db");
    master.env.ok("mm-admin", &["backup", saved.to_str().unwrap()]);
    restore(&master, &saved);
    let old = state(&master.stored());
    master.repomd("releases/44/Everything/x86_64/os", 1_800_000_000);
    master.repomd(super::OS, 1_800_000_000);
    for n in 0..200 {
        master.write(&format!("updates/44/x86_64/d{n}/package.rpm"), "1");
    }
    master.remove("old/d0");
    restore(&master, &saved);
    let (writes, reads) = (traced(&master, "pwrite64", None), {
        restore(&master, &saved);
        traced(&master, "getdents64", None)
    });
    let new = state(&master.stored());
    assert_ne!(old, new);
    let mut seen = (0, 0);
    // Each thread of the walk counts its own calls.
    for (call, calls, moments) in [("pwrite64", writes, WRITES), ("getdents64", reads / 4, READS)] {
        for moment in 0..moments {
            restore(&master, &saved);
            let when = 1 + moment * calls.max(moments) / moments;
            traced(&master, call, Some(when));
            let after = state(&master.stored());
            let kind = if after == old {
                seen.0 += 1;
                "old"
            } else {
                assert_eq!(after, new, "killed at {call} number {when}");
                seen.1 += 1;
                "new"
            };
            println!("killed at {call} number {when} of {calls}: the {kind} state");
        }
    }
    assert!(seen.0 > 0 && seen.1 > 0, "all moments were on one side: {seen:?}");
    // Nothing needs cleaning.
    assert_eq!(state(&master.scan()), new);
}
