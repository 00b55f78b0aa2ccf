//! The rollout to all targets: canary, limits, rollback, proxy caches, and inspection.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::local::stubborn;
use super::{Site, current, directory, target};
use crate::compliance::client::Server;
use crate::support::free_port;

/// A real server for the directory of a target, and its `/healthz`.
pub(super) fn serve(generations: &Path) -> (Server, String) {
    let server = serve_with(generations, &[]);
    let healthz = format!("http://{}/healthz", server.address);
    (server, healthz)
}

/// The same with options.
pub(super) fn serve_with(generations: &Path, options: &[&str]) -> Server {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "user = \"daemon\"\n[server]\ngenerations_dir = \"{}\"\nreload_interval = \"0s\"\n",
        generations.display()
    );
    fs::write(home.path().join("mm.toml"), config).unwrap();
    Server::start_in(home, options)
}

#[test]
fn failed_canary_stops_the_rollout() {
    let mut site = Site::new();
    let (one, two) = (directory(&site, "one"), directory(&site, "two"));
    let all = |healthz: &str, canary: &str| [target("one", "one", ""), target("two", "two", healthz) + canary];
    site.targets("", &all("", ""));
    site.states(&[], 0);
    let first = site.id();
    let second = site.change();
    site.targets("verify_timeout = \"1s\"", &all(&stubborn(|| {}), "canary = true\n"));
    let states = site.states(&[], 3);
    assert_eq!(
        (states[0].1.as_str(), states[1].1.as_str()),
        ("skipped", "rolled-back"),
        "{states:?}"
    );
    assert!(
        states[0].2.contains("the server of two") && states[0].2.contains("--rollback"),
        "{states:?}"
    );
    assert_eq!(current(&one), Some(first.clone()), "nothing was begun there");
    assert_eq!(current(&two), Some(first));
    site.targets("", &all("", ""));
    site.states(&[], 0);
    assert_eq!((current(&one), current(&two)), (Some(second.clone()), Some(second)));
}

#[test]
fn rollback_is_immediate() {
    let mut site = Site::new();
    let dirs = ["one", "two", "three"].map(|n| directory(&site, n));
    site.targets("", &["one", "two", "three"].map(|n| target(n, n, "")));
    site.states(&[], 0);
    let first = site.id();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    site.change();
    site.states(&[], 0);
    let canary = target("two", "two", &stubborn(|| {})) + "canary = true\n";
    site.targets(
        "concurrency = 1\nverify_timeout = \"1s\"",
        &[target("one", "one", ""), canary, target("three", "three", "")],
    );
    let states = site.states(&["--rollback"], 3);
    let of: Vec<&str> = states.iter().map(|(_, state, _)| state.as_str()).collect();
    assert_eq!(of, ["updated", "unverified", "updated"], "{states:?}");
    let now = || dirs.each_ref().map(|d| current(d));
    let back = [Some(first.clone()), Some(first.clone()), Some(first.clone())];
    assert_eq!(now(), back, "and the withdrawn generation returns on no target");
}

#[test]
fn failed_rollback_is_reported_with_the_command_that_retries_it() {
    let mut site = Site::new();
    let [one, two] = ["one", "two"].map(|n| directory(&site, n));
    let sound = ["one", "two"].map(|n| target(n, n, ""));
    site.targets("", &sound);
    site.states(&[], 0);
    let first = site.id();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = site.change();
    site.states(&[], 0);
    let dead = target("two", &format!("rsync+ssh://127.0.0.1:{}/srv/mirrors", free_port()), "");
    site.targets("retries = 0", &[target("one", "one", ""), dead]);
    let output = site.sync(&["--rollback", "--until", "2h", "--reason", "broken metadata"]);
    assert_eq!(output.status, 3, "{output:?}");
    let retry = format!("once it is fixed run: mm-sync-out --rollback {first} --only two");
    assert!(output.stderr.contains(&retry), "{output:?}");
    assert_eq!(
        [&one, &two].map(|d| current(d)),
        [Some(first.clone()), Some(second.clone())]
    );

    // A run without options would skip the pinned target.
    site.targets("", &sound);
    assert_eq!(site.states(&["--only", "two"], 3)[0].1, "pinned");
    assert_eq!(current(&two), Some(second));
    let output = site.sync(&["--rollback", first.as_str(), "--only", "two"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(current(&two), Some(first));
    let status = site.sync(&["--status", "--format", "json"]).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let pins = [0, 1].map(|n| &status["targets"][n]["pinned"]);
    assert_eq!(pins[1]["reason"], "broken metadata");
    assert_eq!(pins[0]["until"], pins[1]["until"], "{status}");
}

#[test]
fn unreachable_target_is_updated_after_its_return() {
    let mut site = Site::new();
    let names = ["one", "two", "three"];
    let dirs = names.map(|n| directory(&site, n));
    site.targets("", &names.map(|n| target(n, n, "")));
    site.states(&[], 0);
    let port = free_port();
    let dead = target("two", &format!("rsync+ssh://127.0.0.1:{port}/srv/mirrors"), "");
    let with_dead = [target("one", "one", ""), dead, target("three", "three", "")];
    site.targets("retries = 1", &with_dead);
    let second = site.change();
    let output = site.sync(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("target two") && output.stderr.contains("mm-sync-out --only two"),
        "{output:?}"
    );
    assert_eq!(
        (current(&dirs[0]), current(&dirs[2])),
        (Some(second.clone()), Some(second.clone()))
    );
    assert_ne!(current(&dirs[1]), Some(second.clone()));
    site.targets("", &names.map(|n| target(n, n, "")));
    let output = site.sync(&["--only", "two"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!(current(&dirs[1]), Some(second));
}

#[test]
fn rolled_back_targets_stay_pinned_until_resumed() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    fs::create_dir_all(&app).unwrap();
    let (server, healthz) = serve(&app);
    site.targets("verify_timeout = \"20s\"", &[target("app", "app", &healthz)]);
    let first = site.id();
    site.states(&[], 0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = site.change();
    site.states(&[], 0);
    let answers = |id: &str| server.get("/healthz").body.contains(id);
    assert!(answers(second.as_str()));

    let dry = site.states(&["--rollback", "--dry-run"], 0);
    assert_eq!(dry[0].1, "would-update");
    assert!(answers(second.as_str()));
    let back = site.sync(&["--rollback", "--reason", "broken metadata"]);
    assert_eq!(back.status, 0, "{back:?}");
    assert_eq!(current(&app), Some(first.clone()));
    assert!(answers(first.as_str()));

    // The pinned target is skipped whatever is published, and that is reported once.
    site.change();
    let output = site.sync(&[]);
    assert_eq!(output.status, 0, "{output:?}");
    for words in [
        "pinned to",
        first.as_str(),
        "broken metadata",
        "mm-sync-out --unpin --only app",
    ] {
        assert!(output.stderr.contains(words), "no {words} in {output:?}");
    }
    let again = site.sync(&[]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "it was said");
    assert_eq!(site.states(&[], 0)[0].1, "pinned");
    let status = site.sync(&["--status"]);
    assert!(
        status.status == 0 && status.stdout.contains("broken metadata"),
        "{status:?}"
    );
    assert_eq!(current(&app), Some(first));

    // It waits for a decision, which unpins it and publishes to it.
    let list = site.env().ok("mm-admin", &["pending"]);
    assert!(list.contains("pin-app") && list.contains("it stays pinned"), "{list}");
    let refused = site.env().run("mm-admin", &["pending", "reject", "pin-app"]);
    assert!(
        refused.status == 2 && refused.stderr.contains("--rollback"),
        "{refused:?}"
    );
    let resumed = site.env().run("mm-admin", &["pending", "confirm", "pin-app"]);
    assert_eq!(resumed.status, 0, "{resumed:?}");
    assert!(resumed.stdout.contains("confirmed"), "{resumed:?}");
    assert_eq!(current(&app), Some(site.id()));
    assert!(answers(site.id().as_str()));
    assert!(resumed.stderr.contains("resolved"), "{resumed:?}");
}

#[test]
fn pin_expires_and_missing_generations_cannot_be_pinned() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.states(&[], 0);
    let output = site.sync(&["--rollback"]);
    assert!(
        output.status == 1 && output.stderr.contains("cannot roll back"),
        "{output:?}"
    );
    let output = site.sync(&["--rollback", "0123456789abcdef"]);
    assert!(
        output.status == 1 && output.stderr.contains("is not available"),
        "{output:?}"
    );
    assert!(output.stderr.contains(site.id().as_str()), "what there is: {output:?}");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = site.change();
    site.states(&[], 0);
    assert_eq!(site.sync(&["--rollback", "--until", "1s"]).status, 0);
    assert_ne!(current(&app), Some(second.clone()));
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(site.states(&[], 0)[0].1, "updated");
    assert_eq!(current(&app), Some(second));
    let output = site.sync(&["--until", "2h"]);
    assert_eq!(output.status, 2, "{output:?}");
}

/// A proxy that records the first line of every request and answers with a status.
fn proxy(status: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/all", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 4096];
            let length = stream.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            notes
                .lock()
                .unwrap()
                .push(text.lines().next().unwrap_or_default().to_owned());
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    (url, seen)
}

#[test]
fn proxy_caches_are_purged_once_and_failures_are_reported() {
    let mut site = Site::new();
    directory(&site, "app");
    let ((good, seen), (bad, _)) = (proxy("204 No Content"), proxy("500 Internal Server Error"));
    let one = |name: &str, url: &str| format!("[[sync.proxy]]\nname = \"{name}\"\npurge = [\"{url}\"]\n");
    site.targets("", &[target("app", "app", ""), one("edge", &good)]);
    site.states(&[], 0);
    assert_eq!(*seen.lock().unwrap(), ["PURGE /all HTTP/1.1"]);
    site.states(&[], 0);
    assert_eq!(seen.lock().unwrap().len(), 1, "there was no news");
    site.change();
    site.targets("", &[target("app", "app", ""), one("edge", &good), one("old", &bad)]);
    let output = site.sync(&["-v"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stdout.contains("proxy edge: purged"), "{output:?}");
    assert!(
        output.stderr.contains("proxy old") && output.stderr.contains("status 500"),
        "{output:?}"
    );
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[test]
fn target_whose_server_names_the_generation_needs_no_ssh() {
    let site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.states(&[], 0);
    let (_server, healthz) = serve(&app);
    // No server listens there.
    let to = format!("rsync+ssh://127.0.0.1:{}/srv/mirrors", free_port());
    site.targets("retries = 0", &[target("app", &to, &healthz)]);
    assert_eq!(site.states(&[], 0)[0].1, "current");
    let status = site.sync(&["--status", "--format", "json"]);
    assert_eq!(status.status, 0, "{status:?}");
    let output: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let row = &output["targets"][0];
    assert_eq!(
        (&row["generation"], &row["current"]),
        (&site.id().as_str().into(), &true.into())
    );
    assert_eq!(row["version"], env!("CARGO_PKG_VERSION"));
    let check = site.sync(&["--test", "app"]);
    assert!(
        check.status == 1 && check.stdout.contains("cannot reach it"),
        "{check:?}"
    );
    assert!(check.stdout.contains(&format!("serves {}", site.id())), "{check:?}");
}

#[test]
fn input_files_are_synced_beside_the_generations() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.env().write("geo.mmdb", "first");
    site.targets("extra_files = [\"geo.mmdb\"]", &[target("app", "app", "")]);
    site.states(&[], 0);
    let there = || fs::read_to_string(app.join("inputs/geo.mmdb")).unwrap();
    assert_eq!(there(), "first");
    site.env().write("geo.mmdb", "second");
    site.states(&[], 0);
    assert_eq!(there(), "second", "also on targets that already have the generation");
    fs::remove_file(site.env().path("geo.mmdb")).unwrap();
    let id = site.change();
    let states = site.states(&[], 1);
    assert!(
        states[0].1 == "failed" && states[0].2.contains("geo.mmdb"),
        "{states:?}"
    );
    assert_ne!(current(&app), Some(id));
    let check = site.sync(&["--test", "app"]);
    assert!(check.status == 0 && check.stdout.contains("MB free"), "{check:?}");
}

#[test]
fn pause_stops_publishing_but_not_rollback() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.states(&[], 0);
    let first = site.id();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = site.change();
    site.states(&[], 0);
    site.env()
        .ok("mm-admin", &["pause", "publish", "--reason", "looking into it"]);
    let third = site.change();
    let output = site.sync(&[]);
    assert!(
        output.status == 0 && output.stderr.contains("looking into it"),
        "{output:?}"
    );
    assert_eq!(current(&app), Some(second));
    assert_eq!(site.states(&["--rollback", first.as_str()], 0)[0].1, "updated");
    assert_eq!(current(&app), Some(first));
    assert_eq!(site.states(&["--unpin", "--ignore-pause"], 0)[0].1, "updated");
    assert_eq!(current(&app), Some(third));
}

#[test]
fn redirected_repository_is_not_used_for_verification() {
    let mut site = Site::new();
    let app = directory(&site, "app");
    fs::create_dir_all(&app).unwrap();
    let (_server, healthz) = serve(&app);
    // The names of the newest metadata are redirected.
    site.backend.sql(
        "INSERT INTO repository_redirect (from_repo, to_repo) VALUES ('fedora-43', 'fedora-42');
         UPDATE repository SET prefix = 'some-source' WHERE prefix = 'epel-10';
         UPDATE file_detail SET timestamp = 9 WHERE directory_id IN
           (SELECT id FROM directory WHERE path LIKE 'releases/43/%' OR path LIKE '10/%');",
    );
    site.change();
    site.targets("verify_timeout = \"10s\"", &[target("app", "app", &healthz)]);
    assert_eq!(site.states(&[], 0)[0].1, "updated");
}
