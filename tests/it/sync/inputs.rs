//! `sync.extra_files`, which are sent beside the generations: they are equal on a target that is reported as current.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::rollout::serve;
use super::sshd::Sshd;
use super::{Site, current, directory, target};

/// The report about the only target.
fn report(site: &Site, args: &[&str]) -> Value {
    let output = site.sync(&[&["--format", "json"], args].concat());
    assert_eq!(output.status, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    report["targets"][0].clone()
}

/// State and sent files of the only target.
#[track_caller]
fn assert_report(site: &Site, args: &[&str], state: &str, files: &[&str]) {
    let target = report(site, args);
    assert_eq!(
        (&target["state"], &target["extra_files"]),
        (&json!(state), &json!(files)),
        "{args:?}: {target}"
    );
}

/// Changes the inputs in every way, and publishes by hand after each change. `there` is the directory on the target.
fn change_inputs(site: &Site, there: &Path) {
    let env = site.env();
    let read = |name: &str| fs::read_to_string(there.join(name)).unwrap();
    let id = site.id();
    env.write("geo.mmdb", "first");
    env.write("as numbers.txt", "first");
    assert_report(site, &["--dry-run"], "would-update", &["as numbers.txt", "geo.mmdb"]);
    assert!(!there.join("geo.mmdb").exists(), "a dry run sends nothing");
    assert_report(site, &[], "updated", &["as numbers.txt", "geo.mmdb"]);
    assert_eq!(
        (read("geo.mmdb"), read("as numbers.txt")),
        ("first".into(), "first".into())
    );

    // Nothing is new, and nothing is written there.
    let inode = |name: &str| fs::metadata(there.join(name)).unwrap().ino();
    let before = [inode("geo.mmdb"), inode("as numbers.txt")];
    assert_report(site, &["--dry-run"], "current", &[]);
    assert_report(site, &[], "current", &[]);
    assert_eq!([inode("geo.mmdb"), inode("as numbers.txt")], before);

    // Another content of the same size and time.
    let written = fs::metadata(env.path("geo.mmdb")).unwrap().modified().unwrap();
    let path = env.write("geo.mmdb", "secnd");
    fs::File::open(&path).unwrap().set_modified(written).unwrap();
    assert_report(site, &["--dry-run"], "would-update", &["geo.mmdb"]);
    assert_eq!(read("geo.mmdb"), "first");
    let output = site.sync(&["-v"]);
    assert!(
        output.status == 0 && output.stdout.contains("updated") && output.stdout.contains("sent geo.mmdb"),
        "{output:?}"
    );
    assert_eq!(read("geo.mmdb"), "secnd");

    // Another time of the same content.
    env.write("geo.mmdb", "secnd");
    assert_report(site, &[], "current", &[]);
    // Somebody changed it there.
    fs::write(there.join("as numbers.txt"), "other").unwrap();
    assert_report(site, &[], "updated", &["as numbers.txt"]);
    assert_eq!(read("as numbers.txt"), "first");
    assert_eq!(site.id(), id, "the generation was the same throughout");
}

const FILES: &str = "extra_files = [\"as numbers.txt\", \"geo.mmdb\"]\n";

#[test]
fn changed_inputs_are_sent_by_ssh_though_the_server_has_the_generation() {
    let sshd = Sshd::start();
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets(&sshd.keys(), &[target("app", &sshd.to(&app), "")]);
    assert_eq!(site.state(0).0, "updated");
    let (_server, healthz) = serve(&app);
    site.targets(
        &[FILES, &sshd.keys()].concat(),
        &[target("app", &sshd.to(&app), &healthz)],
    );
    change_inputs(&site, &app.join("inputs"));
    assert_eq!(current(&app), Some(site.id()));

    // An input that cannot be read: the target is not called current.
    fs::remove_file(site.env().path("geo.mmdb")).unwrap();
    let (state, message) = site.state(1);
    assert!(state == "failed" && message.contains("geo.mmdb"), "{state}: {message}");
}

#[test]
fn changed_inputs_are_copied_to_a_local_target() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    assert_eq!(site.state(0).0, "updated");
    site.targets(FILES, &[target("app", "app", "")]);
    change_inputs(&site, &app.join("inputs"));
}
