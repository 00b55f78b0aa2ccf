//! The chapters about the backend host and about a mirror that cannot be trusted.

use std::fs;

use super::super::{Network, fetch, push, tamper};
use crate::storage::with_own_mounts;
use crate::support::Nginx;

/// A network whose target has the name that it has in the runbook.
fn network() -> Network {
    let net = Network::new();
    net.rename_target();
    net
}

fn sql(net: &Network, text: &str) {
    let db = rusqlite::Connection::open(net.env.path("mm.db")).unwrap();
    db.execute_batch(text).unwrap();
}

#[test]
fn the_clock_of_the_backend_is_wrong() {
    let net = network();
    // Three hours ago this clock was three hours ahead: a run was recorded then.
    let at = mirrormanager::sys::clock::now().0 + 10_800;
    sql(
        &net,
        &format!(
            "INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\") VALUES ('scan', 'Linux', {at}, {at}, 0, 1, 'x')"
        ),
    );
    let refused = net.env.run("mm-scan-master", &[]);
    assert_eq!(refused.status, 1, "{refused:?}");
    let calls = net.env.path("timedatectl.calls");
    net.install_script("timedatectl", &format!("echo \"$*\" >> {}", calls.display()));

    let printed = net.follow("The clock of the backend is wrong");
    assert!(printed[0].contains("clock"), "{printed:?}");
    assert!(printed[0].contains("--ignore-clock"), "{printed:?}");
    assert_eq!(fs::read_to_string(calls).unwrap(), "\nset-ntp true\n");
    assert!(!printed.last().unwrap().contains("clock"), "{printed:?}");
}

#[test]
fn a_disk_is_full() {
    with_own_mounts(|| {
        let net = network();
        // With less than 100 MiB free every file system is reported.
        crate::storage::mount_small(&net.env.path("log"), "size=112m,mode=700");
        net.env.ok("mm-crawl", &[]);
        let log = |name: &str| net.env.path("log").join(name);
        for name in ["access.log", "crawl/a.example.org.log.1"] {
            fs::write(log(name), "").unwrap();
        }
        crate::storage::fill(&log("access.log.7.gz"));
        net.env.ok("mm-admin", &["backup"]);
        // Backups stopped months ago: none of the newest seven is removed for its age.
        let old = |day: u32| net.env.path(&format!("backup/2020-01-0{day}.db"));
        let january = std::time::UNIX_EPOCH + std::time::Duration::from_hours(438_312);
        for day in 1..=8 {
            fs::write(old(day), "").unwrap();
            let file = fs::File::options().write(true).open(old(day)).unwrap();
            file.set_modified(january).unwrap();
        }

        let printed = net.follow("A disk is full");
        assert!(printed[0].contains("disk"), "{printed:?}");
        assert!(printed[2].contains("access.log.7.gz"), "{printed:?}");
        assert!(log("access.log").exists(), "the log of today is kept");
        let kept: Vec<u32> = (1..=8).filter(|day| old(*day).exists()).collect();
        assert_eq!(kept, [3, 4, 5, 6, 7, 8], "with the real one, the newest seven are kept");
        assert!(net.env.path("backup/newest.db").exists(), "the newest backup is kept");
        let last = printed.last().unwrap();
        assert!(last.contains(" 0 critical"), "{last}");
    });
}

#[test]
fn the_config_is_broken() {
    let net = network();
    let good = fs::read_to_string(net.env.path("mm.toml")).unwrap();
    // A server has its own config, which is checked before a restart.
    let server = crate::support::server_config(&net.env.path("mm.toml"));
    assert_eq!(server, net.env.path("server.toml"));
    let broken = good.replace("reload_interval = \"1s\"", "reload_intervall = \"1s\"");
    assert_ne!(broken, good);
    net.env.write("mm.toml", &broken);
    assert_eq!(net.env.run("mm-crawl", &[]).status, 2);
    let printed = net.follow_with("The config is broken", |number, line| {
        if number == 2 {
            assert_eq!(line, "mm-admin config check");
            net.env.write("mm.toml", &good);
        }
    });
    assert!(printed[0].contains("reload_intervall"), "{printed:?}");
    assert!(printed.last().unwrap().contains(" 0 critical"), "{printed:?}");
    assert_eq!(net.listed(), [true, true, true]);
}

#[test]
fn a_mirror_serves_tampered_metadata() {
    let net = network();
    push(&net.env, 2);
    for mirror in ["a", "b", "c"] {
        fetch(&net.env, mirror);
    }
    tamper(&net.env, "b");
    net.env.ok("mm-scan-master", &[]);
    let crawl = net.env.run("mm-crawl", &[]);
    assert!(crawl.stderr.contains("b.example.org"), "{crawl:?}");
    let printed = net.follow_with("A mirror serves tampered metadata", |_, line| {
        if line.starts_with("mm-admin verify") {
            assert_eq!(net.listed(), [true, false, true]);
        }
        if line.starts_with("mm-crawl --full") {
            // Its owner has synchronized it again.
            fetch(&net.env, "b");
        }
        if line.ends_with("admin_active=true") {
            // Cron must not list it before it was checked.
            net.env.ok("mm-update-mirrorlist", &[]);
            net.env.ok("mm-sync-out", &[]);
            assert_eq!(net.listed(), [true, false, true]);
        }
    });
    let why = fs::read_to_string(net.env.path("evidence-why.txt")).unwrap();
    assert!(why.contains("unknown-hash"), "{why}");
    let checked = printed.iter().rfind(|text| text.starts_with("b.example.org")).unwrap();
    assert!(!checked.contains("unknown-hash"), "{checked}");
    let repomd = fs::read_to_string(net.env.path("evidence-repomd.txt")).unwrap();
    assert!(repomd.contains("200 OK") && repomd.contains("<revision>"), "{repomd}");
    assert_eq!(net.listed(), [true, true, true], "{printed:?}");
}

#[test]
fn a_mirror_is_dead() {
    let net = network();
    let address = format!("127.0.0.1:{}", net.mirrors[1].port);
    net.mirrors[1].stop();
    net.env.ok("mm-crawl", &[]);
    net.env.ok("mm-update-mirrorlist", &[]);
    net.env.ok("mm-sync-out", &[]);
    assert_eq!(net.listed(), [true, true, true], "it stays listed");
    let mut revived = None;
    let printed = net.follow_with("A mirror is dead", |_, line| {
        if line.starts_with("mm-crawl --full") {
            assert_eq!(net.listed(), [true, false, true]);
            revived = Some(Nginx::serve_on(&address, &net.env.path("b")));
        }
    });
    assert!(revived.is_some(), "{printed:?}");
    assert!(printed[1].contains("failed"), "{}", printed[1]);
    assert_eq!(net.listed(), [true, true, true], "{printed:?}");
}

#[test]
fn a_mirror_announces_a_downtime() {
    let net = network();
    let mut published = 0;
    net.follow_with("A mirror announces a downtime", |_, line| {
        if line.ends_with("--off") {
            published += 1;
            assert_eq!(net.listed(), [true, false, true], "it is off during its downtime");
        }
    });
    assert_eq!(published, 1);
    assert_eq!(net.listed(), [true, true, true]);
}

#[test]
fn a_new_backend_from_nothing() {
    let net = network();
    net.env.ok("mm-admin", &["backup"]);
    fs::create_dir(net.env.path("offsite")).unwrap();
    let copy = net.env.path("offsite/2026-11-30.db");
    fs::copy(net.env.path("backup/newest.db"), copy).unwrap();
    // An older one, which must not be chosen, and no link to the newest.
    fs::write(net.env.path("offsite/2026-11-29.db"), "not a database").unwrap();
    // The host is lost. The app server and the mirrors go on.
    for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
        drop(fs::remove_file(net.env.path(name)));
    }
    for name in ["generations", "backup", "log", "locks"] {
        fs::remove_dir_all(net.env.path(name)).unwrap();
    }
    for name in ["generations", "log"] {
        fs::create_dir(net.env.path(name)).unwrap();
    }
    crate::support::create_lock_dir(&net.env.path("locks"));
    assert_eq!(net.listed(), [true, true, true]);
    let printed = net.follow("A new backend from nothing");
    assert!(printed.last().unwrap().contains(" 0 critical"), "{printed:?}");
    assert_eq!(net.listed(), [true, true, true]);
    assert!(net.env.path("backup/newest.db").exists());
}
