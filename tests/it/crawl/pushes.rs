//! `mm-crawl --propagation` with real pushes; and partial crawls, which change no failure counters.

use super::servers::{Mirror, TestNetwork};
use super::*;

fn numbers(net: &Net) -> String {
    let report = net.env.run("mm-crawl", &["--propagation", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap_or_else(|e| panic!("{e}: {report:?}"));
    let r = &report["propagation"]["repositories"][0];
    ["newest", "one_behind", "two_behind", "older", "inconclusive"]
        .map(|key| r[key].to_string())
        .join(" ")
}

/// The stored propagation.
fn stored(net: &Net) -> String {
    net.sql_rows(
        "SELECT newest || ' ' || one_behind || ' ' || two_behind || ' ' || older || ' ' || inconclusive FROM propagation_stat \
         ORDER BY id DESC LIMIT 1",
    )
    .remove(0)
}

fn repository(net: &Net) {
    net.sqlite()
        .execute_batch(&format!(
            "INSERT INTO version (id, product_id, name, first_seen) VALUES (1, 1, '43', 0); \
             INSERT INTO arch (id, name) VALUES (99, 'mips'); \
             INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen) \
             SELECT 'r', 'fedora-43', category_id, 1, 99, id, 0 FROM directory WHERE path = '{OS}'"
        ))
        .unwrap();
}

#[test]
fn propagation_of_a_push_is_reported() {
    let net = Net::new("disable_after_failures = 1\nmax_inconclusive_percent = 100\n");
    net.copy_to("v1");
    let network = TestNetwork::new();
    // Two mirrors keep up, one each stops at the fourth, third, second and first push; one dies later; one is private, one disabled.
    let all: Vec<Mirror> = (0..9).map(|_| Mirror::serve(&network, &net.env.path("v1"))).collect();
    let named: Vec<(String, String)> = all
        .iter()
        .enumerate()
        .map(|(n, m)| (format!("m{n}.org"), m.url()))
        .collect();
    net.register(&named.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect::<Vec<_>>());
    repository(&net);
    net.crawl();
    net.sqlite()
        .execute_batch(
            "UPDATE host SET private = 1 WHERE name = 'm7.org'; \
             UPDATE host SET user_active = 0, disabled_by = 'owner' WHERE name = 'm8.org'",
        )
        .unwrap();
    assert_eq!(numbers(&net), "7 0 0 0 0");
    for version in 2..=5 {
        net.push(version);
        net.scan();
        net.copy_to(&format!("v{version}"));
        for (n, last) in [(0, 5), (1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, 5)] {
            if last >= version {
                all[n].root(&net.env.path(&format!("v{version}")));
            }
        }
    }
    // No crawl since: the state is that of the last crawl.
    let world = "SELECT count(*) FROM file_detail WHERE filename = 'repomd.xml'";
    assert_eq!(net.sql_rows(world), ["5"]);
    assert_eq!(numbers(&net), "3 1 1 2 0");
    assert_eq!(stored(&net), "3 1 1 2 0");
    all[6].override_response(|_| Some("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n".to_owned()));
    assert_eq!(numbers(&net), "2 1 1 2 1");
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["0"]);
    assert_eq!(net.sql_rows("SELECT sum(user_active) FROM host"), ["8"]);
    // The oldest version is no longer offered; disabled mirrors are not counted.
    net.sqlite()
        .execute_batch(
            "UPDATE file_detail SET superseded_at = superseded_at - 9000000 WHERE superseded_at IS NOT NULL; \
             UPDATE file_detail SET first_seen = first_seen - 9000000; \
             UPDATE host SET user_active = 1, disabled_by = NULL WHERE name = 'm8.org'; \
             UPDATE host SET private = 0 WHERE name = 'm7.org'",
        )
        .unwrap();
    net.crawl_with(&["--repodata"]);
    net.sqlite()
        .execute_batch(
            "UPDATE host SET user_active = 0, disabled_by = 'owner' WHERE name = 'm8.org'; \
             UPDATE host SET private = 1 WHERE name = 'm7.org'",
        )
        .unwrap();
    // m2 to m5 have versions that are no longer recorded.
    assert_eq!(numbers(&net), "2 0 0 4 1");
    assert_eq!(stored(&net), "2 0 0 4 1");
    // Rows older than the configured retention are removed by the next run.
    let first = net.sql_rows("SELECT min(id) FROM propagation_stat").remove(0);
    net.sqlite()
        .execute_batch(&format!(
            "UPDATE propagation_stat SET taken_at = taken_at - 15 * 86400 WHERE id = {first}"
        ))
        .unwrap();
    let left = || net.sql_rows(&format!("SELECT count(*) FROM propagation_stat WHERE id = {first}"));
    assert_eq!(left(), ["1"]);
    assert_eq!(numbers(&net), "2 0 0 4 1");
    assert_eq!(left(), ["0"]);
    assert_eq!(stored(&net), "2 0 0 4 1");
}

#[test]
fn partial_crawls_count_no_failures() {
    let net = Net::new("disable_after_failures = 1\nmax_inconclusive_percent = 100\n");
    net.copy_to("m");
    let network = TestNetwork::new();
    let [good, bad] = [(); 2].map(|()| Mirror::serve(&network, &net.env.path("m")));
    net.register(&[("good.org", &good.url()), ("bad.org", &bad.url())]);
    repository(&net);
    net.crawl();
    bad.override_response(|_| Some("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned()));
    for args in [
        &["--canary"][..],
        &["--repodata"],
        &["--propagation"],
        &["--changed"],
        &["--repo", "fedora-43"],
        &["--path", OS],
    ] {
        net.env.ok("mm-crawl", args);
        let failed = "SELECT crawl_failures || '/' || user_active FROM host ORDER BY name";
        assert_eq!(net.sql_rows(failed), ["0/1", "0/1"], "{args:?}");
    }
    assert!(net.inventory("bad.org").has(REPODATA));
    // Partial crawls re-enable no host either, but a full crawl does.
    let report = net.crawl_with(&[]);
    assert_eq!(
        net.sql_rows("SELECT name FROM host WHERE NOT user_active"),
        ["bad.org"],
        "{report}"
    );
    bad.override_response(|_| None);
    net.env.ok("mm-crawl", &["--canary"]);
    assert_eq!(net.sql_rows("SELECT name FROM host WHERE NOT user_active"), ["bad.org"]);
    net.env.ok("mm-crawl", &[]);
    assert_eq!(net.sql_rows("SELECT name FROM host WHERE NOT user_active"), [""; 0]);
}
