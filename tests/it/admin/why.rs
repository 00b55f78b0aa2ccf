//! `mm-admin why`: facts and findings in words.

use super::{database, home, json, refused};

#[test]
fn why_tells_what_crawls_found_out() {
    let env = home();
    let said = env.ok("mm-admin", &["why", "mirror.example.org"]);
    assert!(
        said.contains("never crawled") && said.contains("always_up2date"),
        "{said}"
    );
    env.ok(
        "mm-admin",
        &[
            "host-category",
            "set",
            "mirror.example.org",
            "Fedora Linux",
            "always_up2date=false",
        ],
    );
    let mut held = roaring::RoaringBitmap::new();
    held.insert(1);
    let mut bitmap = Vec::new();
    held.serialize_into(&mut bitmap).unwrap();
    let mut nothing = Vec::new();
    roaring::RoaringBitmap::new().serialize_into(&mut nothing).unwrap();
    let db = database(&env);
    db.execute_batch(
        "INSERT INTO directory (category_id, path, readable, ctime, changed_gen, first_seen) SELECT id, 'a', 1, 1, 1, 1 FROM \
         category;
         INSERT INTO directory (category_id, path, readable, ctime, changed_gen, first_seen) SELECT id, 'b', 1, 1, 1, 1 FROM \
         category;
         INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\") VALUES ('crawl', '', 1, 2, 0, 1, 'mm');
         INSERT INTO crawl_result (run_id, host_id, category_id, outcome, started_at, ended_at, requests, \"current\", lagging, \
         not_current, \"foreign\", staged, unanswered) SELECT 1, h.id, c.id, 'checked', 1, 2, 77, 1, 0, 0, 1, 0, 0 FROM host h, \
         category c;
         INSERT INTO finding (host_category_id, directory_id, run_id, seen_at, url, reason, expected, seen) SELECT hc.id, 2, 1, \
         2, 'https://mirror.example.org/fedora/linux/b/x', 'wrong size', '10', '9' FROM host_category hc;
         UPDATE category SET generation = 4;
         UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'four crawls without an answer';",
    )
    .unwrap();
    db.execute(
        "INSERT INTO holding (host_category_id, seq, generation, checked_at, held, missing, exceptions) SELECT id, 1, 3, 2, ?1, \
         ?2, '{\"2\": {\"state\": \"foreign\", \"since\": 2, \"tries\": 1, \"detail\": null}}' FROM host_category",
        (&bitmap, &nothing),
    )
    .unwrap();
    let said = env.ok("mm-admin", &["why", "mirror.example.org"]);
    for words in [
        "not listed: the crawler switched it off after failing crawls: four crawls without an answer",
        "holds 1 of 2 directories",
        "against scan generation 3 (the master is at 4)",
        "foreign: serves a repomd.xml that the master never had (1):\n    b\n",
        "last crawl (run 1)",
        "77 requests",
        "https://mirror.example.org/fedora/linux/b/x: wrong size",
        "expected 10, seen 9",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let report = json(&env, &["why", "mirror.example.org", "--category", "Fedora Linux"]);
    assert_eq!(report["categories"][0]["findings"][0]["directory"], "b");
    assert_eq!(report["categories"][0]["state"]["foreign"][0], "b");
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
