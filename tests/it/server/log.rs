//! The access log during rotation by logrotate with the file in `examples/site`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::sys::signal::Signal;

use crate::compliance::client::{Client, Server, data};
use crate::support::{SERVER_UID, give_to_server, need, open_to_server};

const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/site");
/// Path of the log in the example site.
const LOG: &str = "/var/log/mirrormanager/access.log";

/// Writes the logrotate file of the example site, with the log in `dir`, and a `systemctl` that accepts only the
/// command in that file.
fn prepare(dir: &Path, server: u32) {
    let text = fs::read_to_string(format!("{SITE}/mirrormanager.logrotate")).unwrap();
    assert_eq!(text.matches(LOG).count(), 1, "{text}");
    let text = text.replace(LOG, &dir.join("access.log").display().to_string());
    fs::write(dir.join("logrotate.conf"), text).unwrap();
    fs::set_permissions(dir.join("logrotate.conf"), fs::Permissions::from_mode(0o644)).unwrap();
    let unit = "mm-mirrorlist-server.service";
    assert!(Path::new(SITE).join("systemd").join(unit).exists());
    let script = format!("#!/bin/sh\n[ \"$*\" = 'kill --signal=USR1 {unit}' ] || exit 9\nexec kill -USR1 {server}\n");
    fs::create_dir(dir.join("bin")).unwrap();
    fs::write(dir.join("bin/systemctl"), script).unwrap();
    fs::set_permissions(dir.join("bin/systemctl"), fs::Permissions::from_mode(0o755)).unwrap();
}

fn rotate(dir: &Path) {
    let out = Command::new(need("logrotate", "logrotate"))
        .args(["--force", "--state"])
        .arg(dir.join("state"))
        .arg(dir.join("logrotate.conf"))
        .env("PATH", format!("{}:/usr/sbin:/usr/bin:/bin", dir.join("bin").display()))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && stderr.is_empty(), "{:?}: {stderr}", out.status);
}

/// Counts the lines per request number in all logs of the directory.
fn logged(dir: &Path) -> (BTreeMap<usize, usize>, Vec<String>) {
    let mut numbers = BTreeMap::new();
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("access.log") {
            continue;
        }
        let mut text = String::new();
        let file = fs::File::open(&path).unwrap();
        if path.extension().is_some_and(|e| e == "gz") {
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        } else {
            (&file).read_to_string(&mut text).unwrap();
        }
        for line in text.lines() {
            let number = line.split("REPO: n").nth(1).and_then(|rest| rest.split(';').next());
            let number = number.unwrap_or_else(|| panic!("a torn line: {line}"));
            *numbers.entry(number.parse().unwrap()).or_default() += 1;
        }
        names.push(name);
    }
    names.sort();
    (numbers, names)
}

#[test]
fn trouble_with_the_disk_is_logged_when_it_begins_and_when_it_is_over() {
    let dir = tempfile::tempdir().unwrap();
    give_to_server(dir.path());
    let log = dir.path().join("access.log");
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    let cache = data("mirrorlist_cache.proto").display().to_string();
    let server = Server::start(&["-c", &cache, "-l", &log.display().to_string()]);
    let count = |s: &Server, text: &str| s.stderr().matches(text).count();
    let request = || server.get("/mirrorlist?repo=fedora-43&arch=x86_64");
    for n in 0..10 {
        request();
        // Each line is written on its own.
        std::thread::sleep(std::time::Duration::from_millis(100));
        if n == 5 {
            // The same full disk.
            server.signal(Signal::SIGUSR1);
        }
    }
    server.wait("the failure", |s| count(s, "cannot write the access log") == 1);
    fs::remove_file(&log).unwrap();
    server.signal(Signal::SIGUSR1);
    server.wait("the recovery", |s| {
        request();
        count(s, "writing the access log works again") == 1
    });
    assert_eq!(count(&server, "cannot write the access log"), 1, "{}", server.stderr());
    assert!(count(&server, "lines dropped: 0") == 0, "{}", server.stderr());
    assert!(fs::read_to_string(&log).unwrap().lines().count() > 1);
}

#[test]
fn rotation_loses_no_line() {
    let dir = tempfile::tempdir().unwrap();
    // logrotate refuses directories that a group can write.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    open_to_server(dir.path(), Some(SERVER_UID), 0o755);
    let log = dir.path().join("access.log");
    let cache = data("mirrorlist_cache.proto").display().to_string();
    let mut server = Server::start(&["-c", &cache, "-l", &log.display().to_string()]);
    prepare(dir.path(), server.process.0.id());
    let (sent, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut client = Client::new(&server.address);
                while !enough.load(Ordering::Relaxed) {
                    let n = sent.fetch_add(1, Ordering::Relaxed);
                    client.send("GET", &format!("/mirrorlist?repo=n{n}&arch=x86_64"), &[]);
                }
            });
        }
        for _ in 0..3 {
            let before = sent.load(Ordering::Relaxed);
            server.wait("some more requests", |_| sent.load(Ordering::Relaxed) > before + 300);
            rotate(dir.path());
            server.wait("the new log", |_| log.metadata().is_ok_and(|m| m.len() > 0));
        }
        enough.store(true, Ordering::Relaxed);
    });
    server.signal(Signal::SIGTERM);
    assert!(server.process.0.wait().unwrap().success());
    let (numbers, names) = logged(dir.path());
    assert_eq!(
        names,
        ["access.log", "access.log.1", "access.log.2.gz", "access.log.3.gz"]
    );
    let all = sent.load(Ordering::Relaxed);
    assert!(
        numbers.values().all(|times| *times == 1) && numbers.len() == all,
        "{} of {all} lines",
        numbers.len()
    );
}
