//! `mm-admin share`.

use serde_json::Value;

use super::{json, refused};
use crate::publish::TestBackend;

const HOST: &str = "mirror00.example.org";

/// Eight mirrors: 00 (DE, 100 Mbit/s) and 07 (DE, 2500), 02 (FR, 10000) and 05 (CZ, 1000) near, the others far. Published.
fn mirrors(more: &str) -> TestBackend {
    let backend = TestBackend::new(8, "");
    backend.sql(&format!(
        "INSERT INTO host_netblock (host_id, netblock) VALUES (1, '192.0.2.0/24'), (2, '192.0.2.0/24');
         UPDATE host SET asn = 64500 WHERE id = 1; {more}"
    ));
    backend.env.ok("mm-update-mirrorlist", &[]);
    backend
}

/// The mirrors in the tier, the share of first places, and that of the first places together.
fn row(report: &Value, tier: &str, clients: &str) -> (f64, f64, f64) {
    let rows = report["shares"].as_array().unwrap();
    let found = rows.iter().find(|r| r["tier"] == tier && r["clients"] == clients);
    let found = found.unwrap_or_else(|| panic!("no {tier} {clients} in {report:#}"));
    let number = |key: &str| found[key].as_f64().unwrap();
    (number("mirrors_in_tier"), number("first"), number("in_first_n"))
}

#[track_caller]
fn assert_close(found: (f64, f64, f64), expected: (f64, f64, f64)) {
    // Four standard errors.
    let near = |a: f64, b: f64| (a - b).abs() < 0.02;
    assert!(
        near(found.0, expected.0) && near(found.1, expected.1) && near(found.2, expected.2),
        "{found:?}, not {expected:?}"
    );
}

#[test]
fn shares_are_reported_by_tier_and_country() {
    let backend = mirrors("");
    let report = json(&backend.env, &["share", HOST, "--places", "3"]);
    assert_eq!(report["listed_for"], report["repositories"]);
    assert_eq!((&report["country"], &report["bandwidth"]), (&"DE".into(), &100.into()));
    assert!(report["listed_for"].as_u64().unwrap() > 10, "{report}");
    assert_close(row(&report, "netblock", "192.0.2.0/24"), (2.0, 0.5, 1.0));
    assert_close(row(&report, "asn", "AS64500"), (1.0, 1.0, 1.0));
    assert_close(row(&report, "country", "DE"), (2.0, 100.0 / 2_600.0, 1.0));
    // After the mirror in FR two places are left for three others of the continent: 100, 2500 and 1000 Mbit/s.
    let second = 2_500.0 / 3_600.0 * 100.0 / 1_100.0 + 1_000.0 / 3_600.0 * 100.0 / 2_600.0;
    assert_close(row(&report, "continent", "FR"), (3.0, 0.0, 100.0 / 3_600.0 + second));
    let (mirrors, first, in_first_n) = row(&report, "continent", "other countries of EU");
    assert!(
        (mirrors - 4.0).abs() < 1e-9 && (first - 100.0 / 13_600.0).abs() < 0.005,
        "{report:#}"
    );
    assert!(in_first_n > 3.0 * first, "{report:#}");
    // Only one mirror in JP, so seven others are added.
    let (mirrors, first, _) = row(&report, "global", "JP");
    assert!((mirrors - 7.0).abs() < 1e-9 && first < 1e-9, "{report:#}");
    let (mirrors, first, _) = row(&report, "global", "unknown country");
    assert!((mirrors - 8.0).abs() < 1e-9 && first > 0.0, "{report:#}");
    assert_eq!(report["never_listed_for"], serde_json::json!([]));

    let page = backend.env.ok("mm-admin", &["share", HOST, "--places", "3"]);
    for text in [
        "mirror00.example.org (DE, 100 Mbit/s)",
        "MIRRORS IN TIER",
        "FIRST 3 %",
        "country",
        "AS64500",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
}

#[test]
fn one_repository_can_be_selected() {
    // Only the two mirrors in DE have the updates of 43.
    let backend = mirrors("");
    let mut db = backend.db();
    db.write(|tx| {
        use mirrormanager::db::{directory, inventory};
        use mirrormanager::model::ids::{CategoryId, HostCategoryId};
        let all = directory::of_category(tx, CategoryId(1))?;
        let missing = all.iter().filter(|d| d.path.as_str().starts_with("updates/43/x86_64"));
        let missing: Vec<u32> = missing.map(|d| d.id.0).collect();
        for host in 2..8 {
            let mut state = inventory::find(tx, HostCategoryId(host))?.unwrap();
            state.present -= missing.iter().copied().collect::<roaring::RoaringBitmap>();
            inventory::put(tx, &state)?;
        }
        Ok::<_, mirrormanager::db::DbError>(())
    })
    .unwrap();
    backend.env.ok(
        "mm-update-mirrorlist",
        &["--accept-loss", "repo=updates-released-f43/x86_64"],
    );
    let report = json(
        &backend.env,
        &["share", HOST, "--repo", "updates-released-f43/x86_64", "--places", "1"],
    );
    assert_eq!(
        (&report["listed_for"], &report["repositories"]),
        (&1.into(), &1.into()),
        "{report:#}"
    );
    assert_close(row(&report, "continent", "FR"), (2.0, 100.0 / 2_600.0, 100.0 / 2_600.0));
    let other = json(
        &backend.env,
        &["share", "mirror02.example.org", "--repo", "updates-released-f43/x86_64"],
    );
    assert_eq!(
        (&other["listed_for"], &other["shares"]),
        (&0.into(), &serde_json::json!([]))
    );
    let page = backend.env.ok(
        "mm-admin",
        &["share", "mirror02.example.org", "--repo", "updates-released-f43/x86_64"],
    );
    assert!(page.contains("no client gets it"), "{page}");
}

#[test]
fn private_and_unlisted_hosts_are_marked() {
    let backend = mirrors("UPDATE host SET private = 1 WHERE id = 1; UPDATE host SET admin_active = 0 WHERE id = 3;");
    let report = json(&backend.env, &["share", HOST]);
    assert_eq!(report["private"], true);
    let tiers: Vec<&str> = report["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["tier"].as_str().unwrap())
        .collect();
    assert_eq!(tiers, ["netblock", "asn"]);
    assert!(
        report["never_listed_for"].as_array().unwrap().contains(&"DE".into()),
        "{report}"
    );
    let page = backend.env.ok("mm-admin", &["share", "mirror02.example.org"]);
    assert!(
        page.contains("not listed in generation") && page.contains("mm-admin why mirror02"),
        "{page}"
    );
}

#[test]
fn missing_data_is_an_error() {
    let backend = TestBackend::new(2, "");
    refused(
        &backend.env,
        &["share", HOST],
        1,
        &["no generation in", "mm-update-mirrorlist"],
    );
    backend.env.ok("mm-update-mirrorlist", &[]);
    refused(
        &backend.env,
        &["share", "miror00.example.org"],
        1,
        &["did you mean mirror00.example.org"],
    );
    refused(
        &backend.env,
        &["share", HOST, "--repo", "fedora-34"],
        1,
        &["there is no repository fedora-34", "fedora-4"],
    );
    refused(&backend.env, &["share", HOST, "--places", "0"], 2, &["places"]);
    // A corrupt generation is not used.
    let current = std::fs::read_link(backend.env.path("generations/current")).unwrap();
    let snapshot = backend.env.path("generations").join(current).join("snapshot");
    let mut bytes = std::fs::read(&snapshot).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&snapshot, bytes).unwrap();
    refused(&backend.env, &["share", HOST], 1, &["snapshot"]);
}
