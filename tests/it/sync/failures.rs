//! Failing hosts: each time the others are updated, the message names the target and the command that
//! fixes it, and after the repair that command succeeds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::sshd::Sshd;
use super::{SYNC, Site, current, directory, names, target};
use crate::support::RunOutput;

/// A process and its living descendants, by `/proc`.
fn family(root: u32) -> Vec<u32> {
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(of) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}

impl Sshd {
    /// Another host that accepts the same client; `known_hosts` and `wrong_hosts` of the first contain both.
    fn second(&self) -> Self {
        let second = Self::start();
        fs::copy(self.file("client_key.pub"), second.file("authorized_keys")).unwrap();
        for name in ["known_hosts", "wrong_hosts"] {
            let ours = fs::read_to_string(self.file("known_hosts")).unwrap();
            let theirs = fs::read_to_string(second.file(name)).unwrap();
            fs::write(second.file(name), ours + &theirs).unwrap();
        }
        fs::copy(second.file("known_hosts"), self.file("known_hosts")).unwrap();
        second
    }

    /// Kills it with its descendants, as by a power failure.
    pub(super) fn die(&mut self) {
        let process = self.process.take().unwrap();
        for pid in family(process.0.id()) {
            let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
            // It may have exited meanwhile.
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).ok();
        }
    }

    /// Restarts with another host key.
    fn change_key(&mut self) {
        self.die();
        fs::copy(self.file("other_key"), self.file("host_key")).unwrap();
        self.run();
    }

    /// Runs every further command through this script, which gets it in `$SSH_ORIGINAL_COMMAND`; empty = no script.
    pub(super) fn through(&self, script: &str) {
        let keys = fs::read_to_string(self.file("authorized_keys")).unwrap();
        let (_, key) = keys.split_once("ssh-ed25519 ").unwrap();
        let path = self.file("through");
        fs::write(&path, script).unwrap();
        let before = if script.is_empty() {
            String::new()
        } else {
            format!("command=\"sh {}\" ", path.display())
        };
        fs::write(self.file("authorized_keys"), format!("{before}ssh-ed25519 {key}")).unwrap();
    }
}

/// Asserts that the run failed for the target `bad` only, with these words and the advised command.
pub(super) fn assert_only_failure(output: &RunOutput, bad: &str, words: &[&str]) {
    assert_eq!(output.status, 3, "{output:?}");
    let fixes = format!("mm-sync-out --only {bad}");
    for words in [&[format!("target {bad} (").as_str(), &fixes], words].concat() {
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    }
    assert_eq!(output.stderr.matches("target ").count(), 1, "one is named: {output:?}");
}

/// Runs the advised command, which must succeed.
pub(super) fn assert_advice_helps(site: &Site, bad: &str) {
    let output = site.sync(&["--only", bad]);
    assert_eq!(output.status, 0, "{output:?}");
}

#[test]
fn target_with_a_changed_host_key_is_not_updated_until_the_key_is_accepted() {
    let sshd = Sshd::start();
    let mut other = sshd.second();
    let mut site = Site::new();
    let dirs = ["local", "app", "changed"].map(|name| directory(&site, name));
    let all = [
        target("local", "local", ""),
        target("app", &sshd.to(&dirs[1]), ""),
        target("changed", &other.to(&dirs[2]), ""),
    ];
    site.targets(&sshd.keys(), &all);
    site.states(&[], 0);
    let first = site.id();
    other.change_key();
    let second = site.change();
    let output = site.sync(&[]);
    let known = sshd.file("known_hosts").display().to_string();
    assert_only_failure(
        &output,
        "changed",
        &["erification failed", "its host key is not the one", &known],
    );
    assert_eq!(current(&dirs[0]), Some(second.clone()));
    assert_eq!(current(&dirs[1]), Some(second.clone()));
    assert_eq!(current(&dirs[2]), Some(first), "nothing was changed there");

    // The key was not accepted automatically: it is rejected again.
    let again = site.sync(&["--only", "changed"]);
    assert_eq!(again.status, 1, "{again:?}");
    fs::copy(other.file("wrong_hosts"), sshd.file("known_hosts")).unwrap();
    assert_advice_helps(&site, "changed");
    assert_eq!(current(&dirs[2]), Some(second));
}

#[test]
fn target_that_refuses_the_key_is_reported_with_advice() {
    let sshd = Sshd::start();
    let other = sshd.second();
    let mut site = Site::new();
    let dirs = ["local", "app", "closed"].map(|name| directory(&site, name));
    let all = [
        target("local", "local", ""),
        target("app", &sshd.to(&dirs[1]), ""),
        target("closed", &other.to(&dirs[2]), ""),
    ];
    site.targets(&sshd.keys(), &all);
    site.states(&[], 0);
    let first = site.id();
    let known = fs::read_to_string(other.file("authorized_keys")).unwrap();
    fs::copy(other.file("other_key.pub"), other.file("authorized_keys")).unwrap();
    let second = site.change();
    let started = Instant::now();
    let output = site.sync(&[]);
    let key = sshd.file("client_key").display().to_string();
    assert_only_failure(
        &output,
        "closed",
        &["Permission denied (publickey", "authorized_keys", &key],
    );
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "it was tried again and again"
    );
    assert_eq!(current(&dirs[0]), Some(second.clone()));
    assert_eq!(current(&dirs[1]), Some(second.clone()));
    assert_eq!(current(&dirs[2]), Some(first), "nothing was changed there");
    fs::write(other.file("authorized_keys"), known).unwrap();
    assert_advice_helps(&site, "closed");
    assert_eq!(current(&dirs[2]), Some(second));
}

/// A file system of a megabyte, unmounted when dropped.
struct Small(std::path::PathBuf);

impl Small {
    fn at(path: &Path) -> Self {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "small"])
            .arg(path)
            .status()
            .unwrap();
        assert!(mounted.success(), "this test mounts a tmpfs: run it as root");
        Self(path.to_owned())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).status());
    }
}

#[test]
fn target_with_a_full_disk_is_reported_and_keeps_its_generation() {
    let sshd = Sshd::start();
    let mut site = Site::new();
    let dirs = ["local", "app", "full"].map(|name| directory(&site, name));
    let _small = Small::at(&dirs[2]);
    let all = [
        target("local", "local", ""),
        target("app", &sshd.to(&dirs[1]), ""),
        target("full", &sshd.to(&dirs[2].join("generations")), ""),
    ];
    site.targets(&sshd.keys(), &all);
    site.states(&[], 0);
    let there = dirs[2].join("generations");
    let first = site.id();
    let ballast = dirs[2].join("ballast");
    let filled = Command::new("dd")
        .args(["if=/dev/zero", "bs=1024", "status=none"])
        .arg(format!("of={}", ballast.display()))
        .output()
        .unwrap();
    assert!(!filled.status.success(), "the disk took all: {filled:?}");
    let second = site.change();
    let output = site.sync(&[]);
    assert_only_failure(&output, "full", &["No space left on device"]);
    assert_eq!(current(&dirs[0]), Some(second.clone()));
    assert_eq!(current(&dirs[1]), Some(second.clone()));
    assert_eq!(current(&there), Some(first), "what it serves is whole");
    let check = site.sync(&["--test", "full"]);
    assert_eq!(check.status, 1, "{check:?}");
    assert!(check.stdout.contains("only 0 MB free"), "{check:?}");

    fs::remove_file(ballast).unwrap();
    assert_advice_helps(&site, "full");
    assert_eq!(current(&there), Some(second));
    assert!(names(&there).iter().all(|n| !n.starts_with('.')), "{:?}", names(&there));
}

#[test]
fn transfer_to_a_crashed_target_is_completed_after_its_return() {
    let sshd = Sshd::start();
    let mut other = sshd.second();
    let mut site = Site::new();
    let dirs = ["local", "app", "dies"].map(|name| directory(&site, name));
    let all = [
        target("local", "local", ""),
        target("app", &sshd.to(&dirs[1]), ""),
        target("dies", &other.to(&dirs[2]), ""),
    ];
    site.targets(&format!("retries = 1\n{}", sshd.keys()), &all);
    site.states(&[], 0);
    let first = site.id();
    // rsync on the target gets its first kilobyte byte by byte, and no more.
    let midway = other.file("midway");
    other.through(&format!(
        "case $SSH_ORIGINAL_COMMAND in\n\
         rsync*/.new-*) {{ dd bs=1 count=1500 status=none; : > {}; exec sleep 600; }} | sh -c \"$SSH_ORIGINAL_COMMAND\" ;;\n\
         *) exec sh -c \"$SSH_ORIGINAL_COMMAND\" ;;\nesac\n",
        midway.display()
    ));
    let second = site.change();
    let mut command = site.env().command(SYNC);
    let run = std::thread::spawn(move || command.output().unwrap());
    let started = Instant::now();
    while !midway.exists() {
        assert!(started.elapsed() < Duration::from_secs(30), "no transfer began");
        std::thread::sleep(Duration::from_millis(10));
    }
    other.die();
    let output = RunOutput::new(SYNC, &[], &run.join().unwrap());
    assert_only_failure(&output, "dies", &[]);
    assert_eq!(current(&dirs[0]), Some(second.clone()));
    assert_eq!(current(&dirs[1]), Some(second.clone()));
    assert_eq!(current(&dirs[2]), Some(first), "what it serves is whole");
    assert!(
        names(&dirs[2]).iter().any(|n| n.starts_with(".new-")),
        "it was in the middle"
    );

    other.through("");
    other.run();
    assert_advice_helps(&site, "dies");
    assert_eq!(current(&dirs[2]), Some(second));
    assert!(
        names(&dirs[2]).iter().all(|n| !n.starts_with('.')),
        "{:?}",
        names(&dirs[2])
    );
}
