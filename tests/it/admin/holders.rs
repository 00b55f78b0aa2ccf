//! `mm-admin holders`: who holds a directory.

use serde_json::Value;

use super::{json, refused};
use crate::publish::World;

const OS: &str = "updates/43/x86_64";
const REPODATA: &str = "updates/43/x86_64/repodata";

/// Six mirrors: one current, one lagging, one without the directory, one foreign, one private and not crawled, one switched off.
fn mirrors() -> World {
    let w = World::new(6, "");
    let directory = format!("(SELECT id FROM directory WHERE path = '{REPODATA}')");
    let exception = |host: i64, state: &str, detail: &str| {
        format!(
            "UPDATE holding SET exceptions = json_object(CAST({directory} AS TEXT), json_object('state', '{state}', 'since', 1790000000,
             'tries', 2, 'detail', {detail})) WHERE host_category_id = {host};"
        )
    };
    w.sql(&format!(
        "UPDATE file_detail SET superseded_gen = 2, superseded_at = CAST(strftime('%s', 'now') AS INTEGER) - 2592000 WHERE directory_id = {directory};
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_gen, first_seen)
           VALUES ({directory}, 'repomd.xml', 1790000000, 1000, printf('%064x', 7777), 2, 1790000000);
         UPDATE directory SET changed_gen = 2 WHERE id = {directory};
         UPDATE category SET generation = 2 WHERE id = 1;
         UPDATE holding SET generation = 2 WHERE host_category_id < 1000;
         {} {}
         UPDATE host SET private = 1 WHERE id = 5;
         DELETE FROM holding WHERE host_category_id = 5;
         UPDATE host SET user_active = 0, disabled_by = 'owner', disable_reason = 'moving' WHERE id = 6;
         INSERT INTO finding (host_category_id, directory_id, seen_at, url, reason, expected, seen) VALUES
           (3, {directory}, 1790000000, 'https://mirror02.example.org/x', 'missing', 'repomd.xml', '404' || char(27) || '[2J');",
        exception(2, "lagging", &format!("(SELECT min(id) FROM file_detail WHERE directory_id = {directory})")),
        exception(4, "foreign", "NULL"),
    ));
    let mut db = w.db();
    db.write(|tx| {
        use mirrormanager::db::{directory, inventory};
        use mirrormanager::model::ids::{CategoryId, HostCategoryId};
        let all = directory::of_category(tx, CategoryId(1))?;
        let id = all.iter().find(|d| d.path.as_str() == REPODATA).unwrap().id.0;
        for host in [3, 4] {
            let mut state = inventory::of(tx, HostCategoryId(host))?.unwrap();
            state.present.remove(id);
            inventory::put(tx, &state)?;
        }
        Ok::<_, mirrormanager::db::DbError>(())
    })
    .unwrap();
    w
}

#[test]
fn a_directory_has_its_holders() {
    let w = mirrors();
    let full = format!("pub/fedora/linux/{REPODATA}");
    let report = json(&w.env, &["holders", &full]);
    assert_eq!(
        report,
        json(&w.env, &["holders", REPODATA, "--category", "Fedora Linux"])
    );
    assert_eq!(
        (&report["path"], &report["category"]),
        (&full.clone().into(), &"Fedora Linux".into())
    );
    assert_eq!((&report["changed_in"], &report["generation"]), (&2.into(), &2.into()));
    assert_eq!(report["newest"]["behind"], 0);
    let told: Vec<(&str, &str, bool, bool)> = report["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| {
            let text = |key: &str| h[key].as_str().unwrap();
            let is = |key: &str| h[key].as_bool().unwrap();
            (text("host"), text("state"), is("holds"), is("listed"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("mirror00.example.org", "holds", true, true),
            ("mirror05.example.org", "holds", true, false),
            // The version that it holds is long offered no more.
            ("mirror01.example.org", "lagging", true, false),
            ("mirror02.example.org", "not_held", false, false),
            ("mirror03.example.org", "foreign", false, false),
            ("mirror04.example.org", "never_crawled", false, false),
        ]
    );
    assert_eq!((&report["holders"], &report["listed"]), (&3.into(), &1.into()));
    let host = |n: usize| &report["hosts"][n];
    assert_eq!(host(2)["version"]["behind"], 1);
    assert_eq!(host(2)["since"], 1_790_000_000);
    assert_eq!(host(3)["finding"]["reason"], "missing");
    assert_eq!(host(5)["private"], true);
    assert_eq!(host(5)["checked_at"], Value::Null);
    assert_eq!(host(1)["inactive"][0], "its owner switched it off: moving");

    let page = w.env.ok("mm-admin", &["holders", &full]);
    for says in [
        "pub/fedora/linux/updates/43/x86_64/repodata (Fedora Linux)",
        "1 push behind",
        "missing: expected repomd.xml, seen 404\\u{1b}[2J",
        "its owner switched it off: moving",
        "3 of 6 hosts hold it, clients are sent to 1 of them (holds: 2, lagging: 1, not held: 1, foreign: 1, never crawled: 1)",
    ] {
        assert!(page.contains(says), "no {says:?} in {page}");
    }
    // What is listed is what is published.
    w.env.ok("mm-update-mirrorlist", &[]);
    let s = w.snapshot();
    let ordinal = s.directories.iter().position(|d| d.name == full).unwrap();
    let held = s
        .host_categories
        .iter()
        .filter(|hc| hc.held.contains(u32::try_from(ordinal).unwrap()));
    let hosts: Vec<&str> = held
        .map(|hc| s.hosts[usize::try_from(hc.host).unwrap()].name.as_str())
        .collect();
    assert_eq!(hosts, ["mirror00.example.org"]);
}

#[test]
fn a_repository_leads_to_its_repodata() {
    let w = mirrors();
    let report = json(&w.env, &["holders", OS]);
    assert_eq!(
        report["repositories"],
        serde_json::json!(["updates-released-f43/x86_64"])
    );
    assert_eq!(report["repodata"], format!("pub/fedora/linux/{REPODATA}"));
    let page = w.env.ok("mm-admin", &["holders", OS]);
    assert!(
        page.contains("its clients are sent to the holders of pub/fedora/linux/updates/43/x86_64/repodata"),
        "{page}"
    );
}

#[test]
fn what_is_not_there_is_refused() {
    let w = World::new(1, "");
    let did_you = "did you mean pub/fedora/linux/updates/43/x86_64/repodata?";
    refused(
        &w.env,
        &["holders", "updates/43/x86_64/repdata"],
        1,
        &["the master has no directory", did_you],
    );
    refused(
        &w.env,
        &["holders", OS, "--category", "Fedora"],
        1,
        &["there is no category Fedora; did you mean", "Fedora Linux"],
    );
    refused(
        &w.env,
        &["holders", OS, "--category", "Fedora EPEL"],
        1,
        &["the master has no directory"],
    );
    refused(&w.env, &["holders", "a/../b"], 2, &["PATH"]);
    w.sql(&format!("UPDATE category SET topdir = 'pub' WHERE id = 2; UPDATE directory SET path = '{OS}' WHERE path = '10/Everything/x86_64'"));
    refused(
        &w.env,
        &["holders", OS],
        2,
        &["may be Fedora Linux", "or Fedora EPEL", "--category"],
    );
    assert_eq!(
        json(&w.env, &["holders", OS, "--category", "Fedora EPEL"])["category"],
        "Fedora EPEL"
    );
}
