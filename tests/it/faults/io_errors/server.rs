//! The server on a faulty disk: it serves what it has, reports the file, and goes on when the disk works again.

use std::path::Path;
use std::process::Command;

use crate::compliance::client::Server;
use crate::server::{files, generation_of, home, metric, publish};
use crate::support::need;

/// A server for which these calls fail with EIO for these files.
fn server_with_errors(home: tempfile::TempDir, calls: &str, paths: &[&Path], options: &[&str]) -> Server {
    let mut strace = Command::new(need("strace", "strace"));
    // The tracer is a grandchild, so that signals reach the server.
    strace.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    strace.args(["-e", &format!("inject={calls}:error=EIO")]);
    for path in paths {
        strace.arg("-P").arg(path);
    }
    strace.arg(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"));
    Server::start_as(strace, home, options)
}

#[test]
fn generation_that_cannot_be_read_is_rejected_and_the_old_one_is_kept() {
    let elsewhere = tempfile::tempdir().unwrap();
    let unreadable = publish(elsewhere.path(), &files('b'));
    for file in ["snapshot", "MANIFEST", "public/index.html"] {
        let home = home("");
        let dir = home.path().join("generations");
        let first = publish(&dir, &files('a'));
        let path = dir.join(&unreadable).join(file);
        let server = server_with_errors(home, "read,pread64", &[&path], &[]);
        assert_eq!(publish(&dir, &files('b')), unreadable);
        server.wait("the error", |s| {
            let log = s.stderr();
            log.lines()
                .any(|line| line.contains(path.to_str().unwrap()) && line.contains("faulty"))
        });
        assert!(metric(&server, "mm_load_failures_total") > 0);
        assert_eq!(generation_of(&server), first, "{file}");
        assert_eq!(server.get("/").status, 200);
        let third = publish(&dir, &files('c'));
        server.wait("the next generation", |s| generation_of(s) == third);
    }
}

#[test]
fn responses_do_not_need_the_access_log() {
    let home = home("");
    publish(&home.path().join("generations"), &files('a'));
    let log = home.path().join("access.log");
    let log_option = log.display().to_string();
    let server = server_with_errors(home, "write", &[&log], &["-l", &log_option]);
    let reported = |s: &Server| s.stderr().contains("cannot write the access log");
    server.wait("the error", |s| {
        assert_eq!(s.get("/mirrorlist?repo=linux-43&arch=x86_64").status, 200);
        reported(s)
    });
    let stderr = server.stderr();
    assert!(stderr.contains("access.log") && stderr.contains("faulty"), "{stderr}");
}
