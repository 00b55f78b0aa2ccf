//! The next crawl probes what `mm-admin why` has announced.

use super::*;

const HOST: &str = "m.example.org";

impl Net {
    fn why(&self) -> serde_json::Value {
        let text = self.env.ok("mm-admin", &["why", HOST, "--format", "json"]);
        serde_json::from_str(&text).unwrap()
    }

    /// Crawls, compares the crawl with the announcement, and returns the announcement.
    #[track_caller]
    fn crawl_as_announced(&self) -> serde_json::Value {
        let announced = self.why()["categories"][0]["next_crawl"].clone();
        self.crawl_with(&[]);
        let report = self.why();
        let last = &report["categories"][0]["history"][0];
        assert_eq!(last["probed"], announced["directories"], "{announced} {last}");
        announced
    }
}

#[test]
fn next_crawl_probes_what_was_announced() {
    let net = Net::new("");
    for directory in 0..70 {
        net.write(&format!("tree/pool/{directory}/a.rpm"), "a package");
    }
    let mirror = net.env.path("mirror");
    net.copy_to("mirror");
    let nginx = Nginx::serve_with(&mirror, "location ~ ^/closed/ { return 403; }");
    net.register(&[(HOST, &nginx.url())]);
    let first = net.crawl_as_announced();
    assert_eq!(
        (&first["full"], &first["last_full_probe"]),
        (&true.into(), &serde_json::Value::Null)
    );
    // Nothing changed: only a sample.
    let second = net.crawl_as_announced();
    assert_eq!(
        (&second["full"], &second["pending"]),
        (&false.into(), &serde_json::json!([]))
    );
    assert!(
        second["last_full_probe"].is_i64() && second["next_full_probe"].is_i64(),
        "{second}"
    );
    // A push that the mirror does not have yet.
    net.push(2);
    net.scan();
    let third = net.crawl_as_announced();
    assert!(
        third["pending"].as_array().unwrap().contains(&REPODATA.into()),
        "{third}"
    );
    // A directory that is not current is probed again.
    let fourth = net.crawl_as_announced();
    assert_eq!(fourth["pending"], serde_json::json!([]));
    assert!(fourth["directories"].as_u64() > Some(0), "{fourth}");
    let report = net.why();
    let history = report["categories"][0]["history"].as_array().unwrap();
    let newest: Vec<i64> = history.iter().map(|h| h["run"].as_i64().unwrap()).collect();
    assert!(newest.len() == 4 && newest.is_sorted_by(|a, b| a > b), "{newest:?}");
    assert_eq!(
        report["categories"][0]["inventory"]["exceptions"]["outdated-allowed"],
        serde_json::json!([REPODATA])
    );
    assert!(report["schedule"]["requests_last_24h"].as_u64() > Some(0), "{report}");
}
