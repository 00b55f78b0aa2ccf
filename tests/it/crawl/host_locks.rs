//! A crawl that an operator starts, while the regular crawl runs.

use std::net::TcpListener;

use super::run::{quick_and_slow, start, until_done, wait};
use super::*;

/// The rows of `mm-locks`, by job and scope.
fn locks(net: &Net, args: &[&str]) -> BTreeMap<(String, String), serde_json::Value> {
    let text = net.env.ok("mm-locks", &[args, &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = report["locks"].as_array().unwrap().iter();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    rows.map(|r| ((text(&r["job"]), text(&r["scope"])), r.clone()))
        .collect()
}

#[test]
fn operator_does_not_wait_for_the_regular_crawl() {
    let (net, _nginx) = quick_and_slow();
    let mut regular = start(&net, &[]);
    until_done(&net, "1");
    for args in [
        ["--host", "quick.org"].as_slice(),
        &["--host", "quick.org", "--path", "releases"],
        &["--host", "quick.org", "--full"],
    ] {
        let output = net.env.run("mm-crawl", args);
        assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{args:?}: {output:?}");
    }
    assert_eq!(regular.0.try_wait().unwrap(), None, "the regular crawl runs");
    // A host that it is crawling is waited for, and no longer than that.
    let busy = net.env.run("mm-crawl", &["--host", "slow1.org", "--lock-wait", "1s"]);
    assert_eq!(busy.status, 75, "{busy:?}");
    assert!(
        busy.stderr.contains("another run is crawling them") && busy.stderr.contains("slow1.org"),
        "{busy:?}"
    );
    assert_eq!(net.env.run("mm-crawl", &[]).status, 75, "one regular crawl at a time");
    let waited = net.env.run("mm-crawl", &["--host", "slow1.org", "--repo", "nowhere"]);
    assert_eq!(waited.status, 2, "{waited:?}");
    let waited = net.env.run("mm-crawl", &["--path", OS]);
    assert_eq!((waited.status, waited.stderr.as_str()), (0, ""), "{waited:?}");
    assert!(wait(&mut regular, Duration::from_mins(2)).success());
    let runs = net.sql_rows("SELECT count(*) FROM run WHERE job = 'crawl' AND exit = 0");
    assert_eq!(runs, ["5"], "the regular one and four others");
}

/// The regular crawl continues from what another run stored after its plan was read, instead of overwriting it.
#[test]
fn regular_crawl_continues_from_the_results_of_an_operator() {
    let (net, nginx) = quick_and_slow();
    net.env.configure(&format!(
        "[crawl]\nallow_private_addresses = true\nworkers = 1\n[[category]]\nname = \"{CATEGORY}\"\npath = \"tree\"\n"
    ));
    // Never crawled hosts are crawled by their number: make this one the last.
    let sql = "UPDATE host SET last_crawl_duration = 0 WHERE name = 'quick.org'";
    net.sqlite().execute_batch(sql).unwrap();
    let mut regular = start(&net, &[]);
    let started = Instant::now();
    while !locks(&net, &[]).keys().any(|(job, _)| job == "crawl-host") {
        assert!(started.elapsed() < Duration::from_secs(30), "it crawls no host");
        std::thread::sleep(Duration::from_millis(20));
    }
    net.crawl_with(&["--host", "quick.org"]);
    let requests = || nginx.log().lines().count();
    let (first, before) = (requests(), net.inventory("quick.org").row.run);
    assert!(wait(&mut regular, Duration::from_mins(2)).success());
    let after = net.inventory("quick.org");
    assert_ne!(after.row.run, before, "the regular crawl came to it");
    assert!(
        requests() - first < first,
        "it was crawled as if it had never been: {first}, {}",
        requests()
    );
    assert!(after.has(REPODATA));
}

/// A mirror that accepts connections and does not answer is named.
#[test]
fn crawl_that_waits_for_a_mirror_is_stalled_and_names_it() {
    let net = Net::new("request_timeout = \"10m\"");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    net.register(&[("silent.org", &format!("http://{}", silent.local_addr().unwrap()))]);
    for args in [[].as_slice(), &["--host", "silent.org"]] {
        let crawl = start(&net, args);
        let started = Instant::now();
        let rows = loop {
            let rows = locks(&net, &["--stalled-after", "1s"]);
            if !rows.is_empty() && rows.values().all(|r| r["state"] == "stalled") {
                break rows;
            }
            assert!(started.elapsed() < Duration::from_mins(1), "{rows:?}");
            std::thread::sleep(Duration::from_millis(200));
        };
        // The regular crawl has a lock of its own.
        assert_eq!(rows.len(), if args.is_empty() { 2 } else { 1 }, "{rows:?}");
        for row in rows.values() {
            assert_eq!(row["stalls"][0]["subject"], "silent.org", "{row}");
        }
        let table = net.env.ok("mm-locks", &["--stalled-after", "1s"]);
        assert!(table.contains("silent.org without progress for "), "{table}");
        drop(crawl);
        net.env.ok("mm-locks", &["--clean"]);
    }
}
