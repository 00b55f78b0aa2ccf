//! `mm-admin verify`: with a real server, and nginx as the mirrors.

use std::fs;

use sha2::{Digest, Sha256};

use crate::publish::TestBackend;
use crate::support::{Nginx, Process, free_port, wait_for_port};

const REPOMD: &str = "releases/43/Everything/x86_64/os/repodata/repomd.xml";
const NEW: &str = "<repomd><revision>2</revision></repomd>";
const OLD: &str = "<repomd><revision>1</revision></repomd>";

fn sha(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[test]
fn mirrors_are_probed_as_by_a_client() {
    let port = free_port();
    let backend = TestBackend::new(
        3,
        &format!("[crawl]\nallow_private_addresses = true\n[server]\nlisten = [\"127.0.0.1:{port}\"]\n"),
    );
    let env = &backend.env;
    for n in 0..3 {
        env.write(&format!("www/m{n}/{REPOMD}"), NEW);
    }
    let nginx = Nginx::serve(&env.path("www"));
    backend.sql(&format!(
        "DELETE FROM host_category_url WHERE url LIKE 'http:%';
         UPDATE host_category_url SET url = '{}/m' || (host_category_id - 1) WHERE url LIKE '%/pub/fedora/linux';
         UPDATE file_detail SET sha256 = '{}' WHERE directory_id =
           (SELECT id FROM directory WHERE path = 'releases/43/Everything/x86_64/os/repodata');
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen, superseded_seq, superseded_at)
           SELECT directory_id, filename, 1, 1, '{}', 0, 0, 1, unixepoch() FROM file_detail WHERE sha256 = '{}';",
        nginx.url(),
        sha(NEW),
        sha(OLD),
        sha(NEW),
    ));
    env.ok("mm-update-mirrorlist", &[]);
    let verify = |more: &[&str]| env.run("mm-admin", &[&["verify", "fedora-43", "x86_64"], more].concat());

    let output = verify(&["--timeout", "2s"]);
    assert_eq!(output.status, 1, "no server: {output:?}");
    assert!(output.stderr.contains("fetching http://127.0.0.1"), "{output:?}");

    let _server = Process(env.command("mm-mirrorlist-server").spawn().unwrap());
    wait_for_port(port);
    let output = verify(&[]);
    assert_eq!(output.status, 0, "{output:?}");
    let summary = "fedora-43/x86_64: of 6 URLs, 3 have the newest of 2 versions, 0 an alternate, 0 differ, 0 failed, 3 not probed";
    assert_eq!(output.stdout.lines().next(), Some(summary));

    env.write(&format!("www/m1/{REPOMD}"), OLD);
    assert_eq!(verify(&[]).status, 0, "alternates count as good");
    env.write(&format!("www/m2/{REPOMD}"), "<repomd/>");
    fs::remove_file(env.path(&format!("www/m0/{REPOMD}"))).unwrap();
    let server = format!("http://127.0.0.1:{port}/");
    let output = verify(&["--format", "json", "--server", &server, "--all"]);
    assert_eq!(output.status, 3, "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let state = |n: usize| {
        let mine = |row: &&serde_json::Value| row["url"].as_str().unwrap().contains(&format!("/m{n}/"));
        report["mirrors"].as_array().unwrap().iter().find(mine).unwrap()
    };
    assert_eq!(
        (&state(0)["state"], &state(0)["found"]),
        (&"failed".into(), &"status 404".into())
    );
    assert_eq!(state(1)["state"], "alternate");
    assert_eq!(state(2)["state"], "differs");
    assert!(report["mirrors"][0]["url"].as_str().unwrap().ends_with(REPOMD));

    env.write(&format!("www/m1/{REPOMD}"), "");
    assert_eq!(verify(&[]).status, 1, "no mirror has it");
    let output = env.run("mm-admin", &["verify", "fedora-99", "x86_64"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("status 404"), "{output:?}");
    assert_eq!(env.run("mm-admin", &["verify", "fedora-43"]).status, 2);
}
