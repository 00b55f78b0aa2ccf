//! zypper as a client of the metalink and of the mirrorlist.
//!
//! zypper uses the URLs of a metalink but not the hashes: it verifies `repomd.xml` by its signature. It is therefore
//! protected from a mirror with another one only by not being sent there; files named in `repomd.xml` it verifies itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Network, REPO, fetch, find, push, tamper};
use crate::support::need;

/// The exit status, output and downloaded package, without any cache.
struct Zypped {
    good: bool,
    text: String,
    rpm: Option<Vec<u8>>,
}

/// Refreshes a repository with mirrors from `key` (`metalink`, `mirrorlist`), and downloads the package.
fn zypper(net: &Network, key: &str) -> Zypped {
    let zypper = need("zypper", "zypper");
    let root = tempfile::tempdir().unwrap();
    let repos = root.path().join("etc/zypp/repos.d");
    fs::create_dir_all(&repos).unwrap();
    let url = net.url(&format!("/{key}?repo=fedora-43&arch=x86_64"));
    let repo = format!("[demo]\nname=demo\nenabled=1\nautorefresh=1\ngpgcheck=0\ntype=rpm-md\n{key}={url}\n");
    fs::write(repos.join("demo.repo"), repo).unwrap();
    let mut text = String::new();
    let mut run = |arguments: &[&str]| {
        let out = Command::new(&zypper)
            .arg("--root")
            .arg(root.path())
            .args(["--non-interactive", "--no-gpg-checks"])
            .args(arguments)
            .output()
            .unwrap();
        text += &String::from_utf8_lossy(&out.stdout);
        text += &String::from_utf8_lossy(&out.stderr);
        out.status.success()
    };
    let good = run(&["refresh"]) && run(&["install", "--download-only", "mm-hello"]);
    let rpm = find(root.path(), ".rpm").map(|path| fs::read(path).unwrap());
    Zypped { good, text, rpm }
}

/// The package of push `n`, at the master or on a mirror.
fn package(net: &Network, place: &str, n: u32) -> PathBuf {
    let packages = net.env.path(place).join(REPO).join("Packages");
    find(&packages, &format!("mm-hello-1.{n}-1.noarch.rpm")).unwrap()
}

/// The number of requests of zypper that each mirror has answered.
fn sent(net: &Network) -> Vec<usize> {
    net.mirrors.iter().map(|m| m.log().matches("ZYpp").count()).collect()
}

/// Inverts one byte of a file.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(path, bytes).unwrap();
}

#[test]
fn zypper_gets_packages_by_metalink_and_mirrorlist_and_is_not_sent_to_a_tampered_mirror() {
    let net = Network::new();
    let first = fs::read(package(&net, "master", 1)).unwrap();
    for key in ["metalink", "mirrorlist"] {
        let before = sent(&net);
        let got = zypper(&net, key);
        assert!(got.good, "{key}: {}", got.text);
        assert!(got.rpm.as_ref() == Some(&first), "{key}: {}", got.text);
        assert_ne!(sent(&net), before, "{key}: none of our mirrors was asked");
    }

    // A push that all mirrors fetch; one then serves other metadata, which the crawl finds.
    push(&net.env, 2);
    for mirror in ["a", "b", "c"] {
        fetch(&net.env, mirror);
    }
    tamper(&net.env, "b");
    for program in ["mm-scan-master", "mm-crawl", "mm-update-mirrorlist", "mm-sync-out"] {
        net.env.ok(program, &[]);
    }
    let second = fs::read(package(&net, "master", 2)).unwrap();
    assert_eq!(net.listed(), [true, false, true]);
    let before = sent(&net);
    for round in 0..6 {
        let got = zypper(&net, ["metalink", "mirrorlist"][round % 2]);
        assert!(got.good && got.rpm.as_ref() == Some(&second), "{}", got.text);
    }
    let after = sent(&net);
    assert_eq!(after[1], before[1], "the tampered mirror was asked");
    assert!(after[0] + after[2] > before[0] + before[2]);

    // A package that was changed after the crawl on all mirrors: it is rejected by its checksum in the metadata.
    for mirror in ["a", "c"] {
        damage(&package(&net, mirror, 2));
    }
    for key in ["metalink", "mirrorlist"] {
        let got = zypper(&net, key);
        assert!(!got.good && got.rpm.is_none(), "{key}: {}", got.text);
        assert!(got.text.contains("wrong checksum"), "{key}: {}", got.text);
    }
}
