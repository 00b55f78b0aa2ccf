//! `mm-admin why`.

use super::{database, home, json, refused};
use crate::publish::TestBackend;

#[test]
fn results_of_crawls_are_reported() {
    let env = home();
    let text = env.ok("mm-admin", &["why", "mirror.example.org"]);
    assert!(
        text.contains("no crawl has been completed") && text.contains("always_up2date"),
        "{text}"
    );
    env.ok(
        "mm-admin",
        &[
            "host-category",
            "set",
            "Fedora Linux",
            "--host",
            "mirror.example.org",
            "always_up2date=false",
        ],
    );
    let mut present = roaring::RoaringBitmap::new();
    present.insert(1);
    let mut bitmap = Vec::new();
    present.serialize_into(&mut bitmap).unwrap();
    let mut nothing = Vec::new();
    roaring::RoaringBitmap::new().serialize_into(&mut nothing).unwrap();
    let db = database(&env);
    db.execute_batch(
        "INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) SELECT id, 'a', 1, 1, 1, 1 FROM \
         category;
         INSERT INTO directory (category_id, path, readable, ctime, changed_seq, first_seen) SELECT id, 'b', 1, 1, 1, 1 FROM \
         category;
         INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\") VALUES ('crawl', '', 1, 2, 0, 1, 'mm');
         INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", outdated_allowed, \
         outdated, unknown_hash, staged, inconclusive) SELECT 1, h.id, c.id, 'complete', 1, 2, 77, 1, 0, 0, 1, 0, 0 FROM host h, \
         category c;
         INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen) SELECT hc.id, 2, 1, \
         2, 'https://mirror.example.org/fedora/linux/b/x', 'wrong size', '10', '9' || char(27) || ']0;x' FROM host_category hc;
         UPDATE category SET scan_seq = 4;
         UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'four crawls without an answer';",
    )
    .unwrap();
    db.execute(
        "INSERT INTO inventory (host_category_id, seq, scan_seq, checked_at, present, missing, exceptions) SELECT id, 1, 3, 2, ?1, \
         ?2, '{\"2\": {\"state\": \"unknown-hash\", \"since\": 2, \"tries\": 1, \"detail\": null}}' FROM host_category",
        (&bitmap, &nothing),
    )
    .unwrap();
    let text = env.ok("mm-admin", &["why", "mirror.example.org"]);
    for part in [
        "not listed: disabled by the crawler after failed crawls: four crawls without an answer",
        "has 1 of 2 directories",
        "against scan 3 (last scan: 4)",
        "unknown-hash (1):\n    b\n",
        "REQUESTS",
        "the next crawl includes it",
        "the first successful crawl enables it again",
        "next crawl: 2 of 2 directories (a full probe)",
        "https://mirror.example.org/fedora/linux/b/x: wrong size",
        "expected 10, received 9\\u{1b}]0;x",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let report = json(&env, &["why", "mirror.example.org", "--category", "Fedora Linux"]);
    assert_eq!(report["categories"][0]["findings"][0]["directory"], "b");
    assert_eq!(
        report["categories"][0]["inventory"]["exceptions"]["unknown-hash"][0],
        "b"
    );
    assert_eq!(report["categories"][0]["history"][0]["requests"], 77);
    refused(
        &env,
        &["why", "mirror.example.net"],
        1,
        &["did you mean mirror.example.org?"],
    );
    refused(
        &env,
        &["why", "mirror.example.org", "--category", "Fedora"],
        1,
        &["mirror.example.org Fedora Linux"],
    );
    refused(&env, &["why", "not a host"], 2, &["mirror.example.org"]);
}

#[test]
fn next_crawl_is_reported() {
    const HOST: &str = "mirror00.example.org";
    let backend = TestBackend::new(2, "[crawl]\nwarn_after_failures = 3\ndisable_after_failures = 5\n");
    let now = "CAST(strftime('%s', 'now') AS INTEGER)";
    let repodata = "updates/43/x86_64/repodata";
    backend.sql(&format!(
        "INSERT INTO run (id, job, scope, started_at, ended_at, exit, pid, \"user\") VALUES (7, 'crawl', '', 1, 2, 3, 1, 'mm');
         INSERT INTO pending_result (run_id, host_id, result, stored_at) VALUES (7, 1, '{{}}', 2);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
         INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", outdated_allowed,
           outdated, unknown_hash, staged, inconclusive, method, probed)
           SELECT 7, 1, 1, 'complete', {now} - 100000 + i * 3600, {now} - 100000 + i * 3600, i * 10, 1, 2, 3, 4, 5, 6, 'index', i
           FROM n;
         UPDATE host SET crawl_failures = 1, crawl_budget = 400, crawl_probe = 'index' WHERE id = 1;
         UPDATE inventory SET last_full_probe_at = {now} - 86400, sample_rotation = 3;
         UPDATE directory SET changed_seq = 2 WHERE path = '{repodata}';
         UPDATE category SET scan_seq = 2 WHERE id = 1;
         UPDATE file_detail SET superseded_seq = 2, superseded_at = {now} WHERE directory_id =
           (SELECT id FROM directory WHERE path = '{repodata}');
         INSERT INTO file_detail (directory_id, filename, timestamp, size, sha256, first_seq, first_seen)
           SELECT id, 'repomd.xml', 2, 1000, printf('%064x', 7777), 2, {now} FROM directory WHERE path = '{repodata}';
         UPDATE repository SET newest_only_until = {now} + 3600 WHERE prefix = 'updates-released-f43' AND arch_id = 1;"
    ));
    let report = json(&backend.env, &["why", HOST]);
    let next = &report["schedule"];
    assert_eq!((&next["pending_run"], &next["failures"]), (&7.into(), &1.into()));
    assert_eq!(
        (&next["until_warning"], &next["until_disabled"]),
        (&2.into(), &4.into())
    );
    // Nine of the twelve crawls ended within the last 24 hours, with 40 to 120 requests. The budget is available again when the
    // crawl with 90 requests is 24 hours old.
    assert_eq!(next["requests_last_24h"], 720);
    let now_is = report["now"].as_i64().unwrap();
    let from = next["not_before"].as_i64().unwrap() - (86_400 - 100_000 + 9 * 3_600);
    assert!((now_is - 60..=now_is).contains(&from), "{next}");
    let category = &report["categories"][0];
    let history = category["history"].as_array().unwrap();
    assert_eq!(history.len(), 10);
    assert_eq!((&history[0]["probed"], &history[9]["probed"]), (&12.into(), &3.into()));
    assert_eq!(history[0]["method"], "index");
    assert_eq!(category["next_crawl"]["pending"], serde_json::json!([repodata]));
    assert_eq!(category["next_crawl"]["full"], false);
    let emergency = &category["newest_only"][0];
    assert_eq!(emergency["repository"], "updates-released-f43/x86_64");
    assert_eq!(emergency["has_newest"], false);

    let page = backend.env.ok("mm-admin", &["why", HOST, "--category", "Fedora Linux"]);
    for text in [
        "results of run 7 need confirmation: apply them with mm-crawl --apply-pending 7",
        "not crawled before",
        "daily request budget used up until",
        "requests in the last 24 hours: 720 of 400",
        "50 requests per second, method index",
        "consecutive failed crawls: 1; 2 more until a warning; 4 more until it is disabled",
        "this host is not known to have it and is not listed",
        "pending: changed on the master, or without a result in the last crawl (1):\n    updates/43/x86_64/repodata\n",
        "due with the first crawl after",
        "OUTDATED ALLOWED",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
    // Nothing changed in the other category.
    assert_eq!(report["categories"][1]["next_crawl"]["pending"], serde_json::json!([]));

    // After the downtime the budget is available again.
    backend.env.ok(
        "mm-admin",
        &["host", "downtime", HOST, "--until", "30h", "--reason", "new disks"],
    );
    let report = json(&backend.env, &["why", HOST]);
    assert_eq!(
        report["schedule"]["not_before"],
        report["schedule"]["downtimes"][0]["ends_at"]
    );
    let page = backend.env.ok("mm-admin", &["why", HOST]);
    assert!(
        page.contains("downtime until") && page.contains("(new disks)"),
        "{page}"
    );
    // A private host has no next crawl.
    backend.sql("UPDATE host SET private = 1 WHERE id = 1");
    let report = json(&backend.env, &["why", HOST]);
    assert_eq!(report["schedule"]["not_before"], serde_json::Value::Null);
    assert_eq!(report["categories"][0]["next_crawl"], serde_json::Value::Null);
}
