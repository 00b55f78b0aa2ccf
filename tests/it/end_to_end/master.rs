//! A master that is wrong: what clients get stays right, and operators are told.

use std::fmt::Write as _;
use std::fs;

use super::{Network, REPO, fetch, push};
use crate::admin::checks::{fix, problems, shell};

const REPOMD: &str = "repodata/repomd.xml";

impl Network {
    fn repomd(&self) -> std::path::PathBuf {
        self.env.path("master").join(REPO).join(REPOMD)
    }

    /// The SHA-256 digests that the metalink offers, the newest first.
    fn offered(&self) -> Vec<String> {
        let metalink = self.get("/metalink?repo=fedora-43&arch=x86_64");
        let parts = metalink.split("<hash type=\"sha256\">").skip(1);
        parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
    }

    fn publish(&self) {
        self.env.ok("mm-update-mirrorlist", &[]);
        self.env.ok("mm-sync-out", &[]);
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let mut out = String::new();
    for byte in sha2::Sha256::digest(bytes) {
        write!(out, "{byte:02x}").unwrap();
    }
    out
}

#[test]
fn broken_metadata_of_the_master_is_not_offered_and_reported() {
    let net = Network::new();
    let good = fs::read(net.repomd()).unwrap();
    let before = net.offered();
    assert_eq!(before, [sha256(&good)]);
    let text = String::from_utf8(good.clone()).unwrap();
    let primary = text.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let broken: [(&str, Vec<u8>, &str); 7] = [
        ("empty", Vec::new(), "master-invalid"),
        ("truncated", good[..good.len() / 2].to_vec(), "master-invalid"),
        (
            "a page",
            b"<!DOCTYPE html><html><body>maintenance</body></html>".to_vec(),
            "master-invalid",
        ),
        ("zeros", vec![0; good.len()], "master-invalid"),
        (
            "other XML",
            b"<?xml version=\"1.0\"?><metadata/>".to_vec(),
            "master-invalid",
        ),
        (
            "a file is missing",
            text.replacen(primary, "repodata/gone-primary.xml.zst", 1).into_bytes(),
            "master-incomplete",
        ),
        (
            "a file has another size",
            text.replacen("<size>", "<size>1", 1).into_bytes(),
            "master-incomplete",
        ),
    ];
    for (what, bytes, reason) in broken {
        fs::write(net.repomd(), bytes).unwrap();
        let scan = net.env.run("mm-scan-master", &[]);
        assert_eq!(scan.status, 3, "{what}: {scan:?}");
        for word in [reason, REPOMD, "fedora-43/x86_64"] {
            assert!(scan.stderr.contains(word), "{what}: {scan:?}");
        }
        let is_offered = scan.stderr.contains("accept-version");
        assert_eq!(is_offered, reason == "master-incomplete", "{what}: {scan:?}");
        let again = net.env.run("mm-scan-master", &[]);
        assert_eq!((again.status, again.stderr.as_str()), (3, ""), "{what}: reported once");
        net.env.ok("mm-detect-release", &[]);
        net.publish();
        assert_eq!(net.offered(), before, "{what}");
        let (severity, message, _) = problems(&net.env, "master metadata").remove(0);
        assert!(severity == "warning" && message.contains(reason), "{what}: {message}");
        assert_eq!(net.dnf(), "mm-hello-1.1-1.noarch.rpm");
    }
    fs::write(net.repomd(), &good).unwrap();
    fix(&net.env, "master metadata");
    // A push that is whole is offered.
    push(&net.env, 2);
    net.env.ok("mm-scan-master", &[]);
    net.publish();
    assert_eq!(
        net.offered(),
        [sha256(&fs::read(net.repomd()).unwrap()), before[0].clone()]
    );
}

#[test]
fn mirrors_of_a_refused_version_are_neither_listed_nor_suspected() {
    let net = Network::new();
    let before = net.offered();
    let text = fs::read_to_string(net.repomd()).unwrap();
    fs::write(net.repomd(), text.replacen("<size>", "<size>1", 1)).unwrap();
    assert_eq!(net.env.run("mm-scan-master", &[]).status, 3);
    fetch(&net.env, "a");
    let crawl = net.env.run("mm-crawl", &["--full"]);
    assert_eq!(
        (crawl.status, crawl.stderr.as_str()),
        (0, ""),
        "no alarm about the mirror"
    );
    net.publish();
    assert_eq!(net.listed(), [false, true, true]);
    let why = net.env.ok("mm-admin", &["why", "a.example.org"]);
    assert!(
        why.contains("refused-version") && !why.contains("unknown-hash"),
        "{why}"
    );
    assert_eq!(net.offered(), before);

    // The master is corrected by a new push; the mirror that still has the refused version stays unsuspected.
    push(&net.env, 2);
    net.env.ok("mm-scan-master", &[]);
    let crawl = net.env.run("mm-crawl", &["--full"]);
    assert!(!crawl.stderr.contains("a.example.org serves"), "{crawl:?}");
    fetch(&net.env, "a");
    net.env.ok("mm-crawl", &["--full"]);
    net.publish();
    assert_eq!(net.listed(), [true, true, true]);
}

#[test]
fn operators_accept_and_block_versions() {
    let net = Network::new();
    let first = net.offered();
    // The advice of the alert: the version is offered although the master lacks a file.
    let text = fs::read_to_string(net.repomd()).unwrap();
    let odd = text.replacen("<size>", "<size>1", 1);
    fs::write(net.repomd(), &odd).unwrap();
    let scan = net.env.run("mm-scan-master", &[]);
    let (_, advice) = scan.stderr.split_once("to offer it nevertheless: ").unwrap();
    let accepted = shell(&net.env, &advice.trim().replace("REASON", "\"the file is never read\""));
    assert_eq!(accepted.status, 0, "{accepted:?}");
    let (_, then) = accepted.stdout.split_once("to offer it: ").unwrap();
    assert_eq!(shell(&net.env, then.trim()).status, 0, "{then}");
    assert_eq!(net.offered(), [sha256(odd.as_bytes()), first[0].clone()]);
    assert!(problems(&net.env, "master metadata").is_empty());

    // It was a mistake.
    let block = ["repository", "block-version", "fedora-43", "x86_64"];
    let blocked = net.env.ok(
        "mm-admin",
        &[&block[..], &[&sha256(odd.as_bytes()), "--reason", "ticket 12"]].concat(),
    );
    let (_, then) = blocked.split_once("to publish it: ").unwrap();
    assert_eq!(shell(&net.env, then.trim()).status, 0, "{then}");
    assert_eq!(net.offered(), first);
    net.env.ok("mm-scan-master", &[]);
    net.publish();
    assert_eq!(net.offered(), first, "a scan does not offer it again");
    let changes = net.env.ok(
        "mm-admin",
        &["changes", "--entity", "version-decision", "--format", "json"],
    );
    assert!(changes.contains("ticket 12"), "{changes}");

    // Nothing could be offered instead of the only version, and what was never there cannot be decided.
    let only = net
        .env
        .run("mm-admin", &[&block[..], &[&first[0], "--reason", "x"]].concat());
    assert_eq!(only.status, 1, "{only:?}");
    let unknown = "0".repeat(64);
    let never = net
        .env
        .run("mm-admin", &[&block[..], &[&unknown, "--reason", "x"]].concat());
    assert_eq!(never.status, 2, "{never:?}");
    assert_eq!(net.offered(), first);
}
