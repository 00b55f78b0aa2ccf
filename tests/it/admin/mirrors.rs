//! `mm-admin mirrors`.

use serde_json::Value;

use super::{json, refused};
use crate::publish::TestBackend;

const OS: &str = "updates/43/x86_64";
const REPODATA: &str = "updates/43/x86_64/repodata";

/// Six mirrors: current, one push behind, without the directory, with an unknown hash, private and never crawled, disabled.
fn mirrors() -> TestBackend {
    let backend = TestBackend::new(6, "");
    let directory = format!("(SELECT id FROM directory WHERE path = '{REPODATA}')");
    let exception = |host: i64, state: &str, detail: &str| {
        format!(
            "UPDATE inventory SET exceptions = json_object(CAST({directory} AS TEXT), json_object('state', '{state}', 'since', 1790000000,
             'tries', 2, 'detail', {detail})) WHERE host_category_id = {host};"
        )
    };
    backend.sql(&format!(
        "UPDATE file_detail SET superseded_seq = 2, superseded_at = CAST(strftime('%s', 'now') AS INTEGER) - 2592000 WHERE directory_id = {directory};
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
           VALUES ({directory}, 'repomd.xml', 1790000000, 1000, printf('%064x', 7777), 2, 1790000000);
         UPDATE directory SET changed_seq = 2 WHERE id = {directory};
         UPDATE category SET scan_seq = 2 WHERE id = 1;
         UPDATE inventory SET scan_seq = 2 WHERE host_category_id < 1000;
         {} {}
         UPDATE host SET private = 1 WHERE id = 5;
         DELETE FROM inventory WHERE host_category_id = 5;
         UPDATE host SET user_active = 0, disabled_by = 'owner', disable_reason = 'moving' WHERE id = 6;
         INSERT INTO finding (host_category_id, directory_id, seen_at, url, reason, expected, seen) VALUES
           (3, {directory}, 1790000000, 'https://mirror02.example.org/x', 'missing', 'repomd.xml', '404' || char(27) || '[2J');",
        exception(2, "outdated-allowed", &format!("(SELECT min(id) FROM file_detail WHERE directory_id = {directory})")),
        exception(4, "unknown-hash", "NULL"),
    ));
    let mut db = backend.db();
    db.write(|tx| {
        use mirrormanager::db::{directory, inventory};
        use mirrormanager::model::ids::{CategoryId, HostCategoryId};
        let all = directory::of_category(tx, CategoryId(1))?;
        let id = all.iter().find(|d| d.path.as_str() == REPODATA).unwrap().id.0;
        for host in [3, 4] {
            let mut state = inventory::find(tx, HostCategoryId(host))?.unwrap();
            state.present.remove(id);
            inventory::put(tx, &state)?;
        }
        Ok::<_, mirrormanager::db::DbError>(())
    })
    .unwrap();
    backend
}

#[test]
fn every_mirror_is_reported_with_its_state() {
    let backend = mirrors();
    let full = format!("pub/fedora/linux/{REPODATA}");
    let report = json(&backend.env, &["mirrors", &full]);
    assert_eq!(
        report,
        json(&backend.env, &["mirrors", REPODATA, "--category", "Fedora Linux"])
    );
    assert_eq!(
        (&report["path"], &report["category"]),
        (&full.clone().into(), &"Fedora Linux".into())
    );
    assert_eq!((&report["changed_seq"], &report["scan_seq"]), (&2.into(), &2.into()));
    assert_eq!(report["newest_repomd"]["behind"], 0);
    let found: Vec<(&str, &str, bool, bool)> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| {
            let text = |key: &str| h[key].as_str().unwrap();
            let is = |key: &str| h[key].as_bool().unwrap();
            (text("host"), text("state"), is("present"), is("published"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("mirror00.example.org", "current", true, true),
            ("mirror05.example.org", "current", true, false),
            // Its version is no longer offered.
            ("mirror01.example.org", "outdated-allowed", true, false),
            ("mirror02.example.org", "outdated", false, false),
            ("mirror03.example.org", "unknown-hash", false, false),
            ("mirror04.example.org", "never-crawled", false, false),
        ]
    );
    assert_eq!((&report["present"], &report["published"]), (&3.into(), &1.into()));
    let host = |n: usize| &report["hosts"][n];
    assert_eq!(host(2)["version"]["behind"], 1);
    assert_eq!(host(2)["state_since"], 1_790_000_000);
    assert_eq!(host(3)["finding"]["reason"], "missing");
    assert_eq!(host(5)["private"], true);
    assert_eq!(host(5)["last_checked"], Value::Null);
    assert_eq!(host(1)["inactive"][0], "disabled by its owner: moving");

    let page = backend.env.ok("mm-admin", &["mirrors", &full]);
    for text in [
        "pub/fedora/linux/updates/43/x86_64/repodata (Fedora Linux)",
        "1 push behind",
        "missing: expected repomd.xml, received 404\\u{1b}[2J",
        "disabled by its owner: moving",
        "6 hosts, 3 with the directory, 1 published (current: 2, outdated-allowed: 1, outdated: 1, unknown-hash: 1, never-crawled: 1)",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
    // The next generation lists the same hosts.
    backend.env.ok("mm-update-mirrorlist", &[]);
    let s = backend.snapshot();
    let ordinal = s.directories.iter().position(|d| d.name == full).unwrap();
    let listed = s
        .host_categories
        .iter()
        .filter(|hc| hc.listed.contains(u32::try_from(ordinal).unwrap()));
    let hosts: Vec<&str> = listed
        .map(|hc| s.hosts[usize::try_from(hc.host).unwrap()].name.as_str())
        .collect();
    assert_eq!(hosts, ["mirror00.example.org"]);
}

#[test]
fn repository_names_its_repodata() {
    let backend = mirrors();
    let report = json(&backend.env, &["mirrors", OS]);
    assert_eq!(
        report["repositories"],
        serde_json::json!(["updates-released-f43/x86_64"])
    );
    assert_eq!(report["repodata"], format!("pub/fedora/linux/{REPODATA}"));
    let page = backend.env.ok("mm-admin", &["mirrors", OS]);
    assert!(
        page.contains("clients get the mirrors of pub/fedora/linux/updates/43/x86_64/repodata"),
        "{page}"
    );
}

#[test]
fn unknown_and_ambiguous_paths_are_rejected() {
    let backend = TestBackend::new(1, "");
    let suggestion = "did you mean pub/fedora/linux/updates/43/x86_64/repodata?";
    refused(
        &backend.env,
        &["mirrors", "updates/43/x86_64/repdata"],
        1,
        &["no directory", suggestion],
    );
    refused(
        &backend.env,
        &["mirrors", OS, "--category", "Fedora"],
        1,
        &["there is no category Fedora; did you mean", "Fedora Linux"],
    );
    refused(
        &backend.env,
        &["mirrors", OS, "--category", "Fedora EPEL"],
        1,
        &["no directory"],
    );
    refused(&backend.env, &["mirrors", "a/../b"], 2, &["PATH"]);
    backend.sql(&format!("UPDATE category SET topdir = 'pub' WHERE id = 2; UPDATE directory SET path = '{OS}' WHERE path = '10/Everything/x86_64'"));
    refused(
        &backend.env,
        &["mirrors", OS],
        2,
        &["ambiguous: Fedora Linux", "or Fedora EPEL", "--category"],
    );
    assert_eq!(
        json(&backend.env, &["mirrors", OS, "--category", "Fedora EPEL"])["category"],
        "Fedora EPEL"
    );
}
