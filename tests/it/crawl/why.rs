//! What `mm-admin why` says of the next crawl is what that crawl does.

use super::*;

const HOST: &str = "m.example.org";

impl Net {
    fn why(&self) -> serde_json::Value {
        let text = self.env.ok("mm-admin", &["why", HOST, "--format", "json"]);
        serde_json::from_str(&text).unwrap()
    }

    /// Crawls, and compares with what was foretold.
    #[track_caller]
    fn crawl_as_foretold(&self) -> serde_json::Value {
        let foretold = self.why()["categories"][0]["next"].clone();
        self.crawl_with(&[]);
        let report = self.why();
        let last = &report["categories"][0]["history"][0];
        assert_eq!(last["asked"], foretold["asks_for"], "{foretold} {last}");
        foretold
    }
}

#[test]
fn the_next_crawl_asks_for_what_was_foretold() {
    let net = Net::new("");
    for directory in 0..70 {
        net.write(&format!("tree/pool/{directory}/a.rpm"), "a package");
    }
    let mirror = net.env.path("mirror");
    net.copy_to("mirror");
    let nginx = Nginx::serve_with(&mirror, "location ~ ^/closed/ { return 403; }");
    net.register(&[(HOST, &nginx.url())]);
    let first = net.crawl_as_foretold();
    assert_eq!(
        (&first["full"], &first["full_at"]),
        (&true.into(), &serde_json::Value::Null)
    );
    // Nothing changed: a part of what is held.
    let second = net.crawl_as_foretold();
    assert_eq!(
        (&second["full"], &second["due"]),
        (&false.into(), &serde_json::json!([]))
    );
    assert!(second["full_at"].is_i64() && second["full_due"].is_i64(), "{second}");
    // A push that the mirror has not got yet.
    net.push(2);
    net.scan();
    let third = net.crawl_as_foretold();
    assert!(third["due"].as_array().unwrap().contains(&REPODATA.into()), "{third}");
    // What was not well is asked for again, though nothing is due.
    let fourth = net.crawl_as_foretold();
    assert_eq!(fourth["due"], serde_json::json!([]));
    assert!(fourth["asks_for"].as_u64() > Some(0), "{fourth}");
    let report = net.why();
    let history = report["categories"][0]["history"].as_array().unwrap();
    let newest: Vec<i64> = history.iter().map(|h| h["run"].as_i64().unwrap()).collect();
    assert!(newest.len() == 4 && newest.is_sorted_by(|a, b| a > b), "{newest:?}");
    assert_eq!(
        report["categories"][0]["state"]["lagging"],
        serde_json::json!([REPODATA])
    );
    assert!(report["next"]["requests_of_the_day"].as_u64() > Some(0), "{report}");
}
