//! Targets on other hosts: a real sshd, real rsync.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use mirrormanager::snapshot::generation;

use super::local::stubborn;
use super::sshd::Sshd;
use super::{SYNC, Site, current, directory, names, target};
use crate::support::Process;

#[test]
fn generation_is_published_over_ssh_with_hard_links_to_the_previous_one() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let app = directory(&site, "app");
    // The directory itself is created on the target.
    let to = sshd.to(&app.join("generations"));
    let there = app.join("generations");
    site.targets(
        &format!("keep_generations = 2\n{}", sshd.keys()),
        &[target("app", &to, "")],
    );
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "would-update");
    assert!(!there.exists(), "a dry run makes nothing");
    assert_eq!(site.state(0).0, "updated");
    let first = site.id();
    assert_eq!(current(&there), Some(first.clone()));
    assert_eq!(site.state(0).0, "current");

    let second = site.change();
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&there), Some(second.clone()));
    let inode = |id: &str| {
        let path = there.join(id).join("public/style.css");
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap())
    };
    assert_eq!(
        inode(first.as_str()),
        inode(second.as_str()),
        "unchanged files are linked"
    );

    let third = site.change();
    assert_eq!(site.state(0).0, "updated");
    let mut stay = vec![second.to_string(), third.to_string(), "current".to_owned()];
    stay.sort();
    assert_eq!(names(&there), stay);
}

#[test]
fn damaged_files_of_a_target_are_pushed_again() {
    let sshd = Sshd::start();
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let id = site.id();
    fs::write(app.join(id.as_str()).join("snapshot"), "damaged").unwrap();
    fs::remove_file(app.join("current")).unwrap();
    fs::create_dir_all(app.join(format!(".new-{id}")).join("public")).unwrap();
    fs::write(
        app.join(format!(".new-{id}")).join("public/old"),
        "left by a killed run",
    )
    .unwrap();
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(id.clone()));
    assert_eq!(names(&app), [id.as_str(), "current"]);
}

#[test]
fn consistent_foreign_manifest_is_rejected() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let first = site.id();
    // The path of the next generation has a valid copy of another one.
    let second = site.change();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([app.join(first.as_str()), app.join(second.as_str())])
        .status()
        .unwrap();
    assert!(copied.success());
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(second.clone()));

    // A damaged current generation is not reported as current.
    fs::write(app.join("current/snapshot"), "damaged").unwrap();
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "would-update");
    assert_eq!(site.state(0).0, "updated");
    assert_eq!(current(&app), Some(second));
    assert!(names(&app).iter().all(|n| !n.starts_with('.')), "{:?}", names(&app));
}

#[test]
fn unreachable_and_unknown_targets_are_reported_and_the_others_updated() {
    let sshd = Sshd::start();
    let site = Site::new();
    let (app, local) = (directory(&site, "app"), directory(&site, "local"));
    let dead = format!("rsync+ssh://127.0.0.1:{}/srv", crate::support::free_port());
    let all = [
        target("dead", &dead, ""),
        target("app", &sshd.to(&app), ""),
        target("local", "local", ""),
    ];
    site.targets(&sshd.keys(), &all);
    let output = site.sync(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    for words in ["target dead (", "Connection refused", "mm-sync-out --only dead"] {
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    }
    assert_eq!((current(&app), current(&local)), (Some(site.id()), Some(site.id())));

    // A host with another key than the known one gets nothing.
    fs::remove_dir_all(&app).unwrap();
    site.targets(&sshd.keys_knowing("wrong_hosts"), &[target("app", &sshd.to(&app), "")]);
    let (state, message) = site.state(1);
    assert_eq!(state, "failed");
    assert!(message.contains("verification failed"), "{message}");
    assert!(!app.exists());
}

#[test]
fn silent_target_times_out() {
    let sshd = Sshd::start();
    let site = Site::new();
    let local = directory(&site, "local");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("rsync+ssh://127.0.0.1:{}/srv", silent.local_addr().unwrap().port());
    site.targets(
        &format!("target_deadline = \"2s\"\n{}", sshd.keys()),
        &[target("silent", &to, ""), target("local", "local", "")],
    );
    let started = Instant::now();
    let states = site.states(&[], 3);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!((states[0].1.as_str(), states[1].1.as_str()), ("failed", "updated"));
    assert!(states[0].2.contains("time limit sync.target_deadline"), "{states:?}");
    assert_eq!(current(&local), Some(site.id()));
}

#[test]
fn killed_run_leaves_the_old_or_the_new_generation() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let mut old = site.id();
    for wait in [100, 250, 400, 700] {
        let new = site.change();
        let mut run = Process(site.env().command(SYNC).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(wait));
        run.0.kill().unwrap();
        run.0.wait().unwrap();
        // Remote commands may still be running.
        std::thread::sleep(Duration::from_millis(300));
        let found = current(&app).unwrap();
        assert!(found == old || found == new, "{found} after {wait} ms");
        let (state, message) = site.state(0);
        assert!(state == "updated" || state == "current", "{state} {message}");
        assert_eq!(current(&app), Some(new.clone()));
        assert!(names(&app).iter().all(|n| !n.starts_with('.')), "{:?}", names(&app));
        old = new;
    }
}

#[test]
fn hanging_child_is_terminated_with_its_job() {
    let sshd = Sshd::start();
    let site = Site::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("rsync+ssh://127.0.0.1:{}/srv", silent.local_addr().unwrap().port());
    site.targets(&sshd.keys(), &[target("silent", &to, "")]);
    let mut run = Process(site.env().command(SYNC).spawn().unwrap());
    let (connection, _) = silent.accept().unwrap();
    let pid = nix::unistd::Pid::from_raw(run.0.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let started = Instant::now();
    let status = run.0.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(status.code(), Some(1));
    // ssh has exited as well: its end of the connection is closed.
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut left = Vec::new();
    let mut connection = connection;
    std::io::Read::read_to_end(&mut connection, &mut left).unwrap();
}

#[test]
fn target_is_rolled_back_if_its_server_rejects_the_generation() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let first = site.id();
    let healthz = stubborn(|| {});
    let keys = format!("verify_timeout = \"1s\"\n{}", sshd.keys());
    site.targets(&keys, &[target("app", &sshd.to(&app), &healthz)]);
    let second = site.change();
    let (state, message) = site.state(3);
    assert_eq!(state, "rolled-back", "{message}");
    assert!(message.contains(&format!("{first} is current again")), "{message}");
    assert_eq!(current(&app), Some(first.clone()));

    // A damaged generation is not used for a rollback.
    fs::write(app.join(first.as_str()).join("public/index.html"), "damaged").unwrap();
    let (state, message) = site.state(3);
    assert_eq!(state, "unverified", "{message}");
    assert_eq!(current(&app), Some(second));
}

#[test]
fn refreshed_generation_is_sent_without_unchanged_files() {
    let sshd = Sshd::start();
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let before = generation::current(&app).unwrap().unwrap().1;
    std::thread::sleep(Duration::from_millis(1_100));
    site.env().ok("mm-update-mirrorlist", &[]);
    let ours = site.backend.published_generation().1;
    assert!(ours.as_of > before.as_of && ours.id == before.id);
    // rsync would fail.
    sshd.through(
        "case $SSH_ORIGINAL_COMMAND in rsync*) exit 1 ;; *) exec sh -c \"umask 077; $SSH_ORIGINAL_COMMAND\" ;; esac\n",
    );
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "would-update");
    assert_eq!(site.state(0).0, "current");
    let (place, there) = generation::current(&app).unwrap().unwrap();
    assert_eq!((there.as_of, there.files), (ours.as_of, ours.files));
    let mode = fs::metadata(place.join("MANIFEST")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "the server there has to read it");
    assert_eq!(site.states(&["--dry-run"], 0)[0].1, "current");
}
