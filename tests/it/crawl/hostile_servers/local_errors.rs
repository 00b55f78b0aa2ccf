//! Local errors never count against a mirror.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const NAMES: [&str; 4] = ["a.org", "b.org", "c.org", "d.org"];

/// Mirrors that had everything and then get these URLs.
fn mirrors(crawl: &str, urls: impl Fn(&str) -> String) -> Net {
    let (net, good) = net(crawl);
    crawl_until_current(&net, &good, &NAMES);
    for name in NAMES {
        set_urls(&net, name, &[urls(name)]);
    }
    net
}

/// Asserts that every mirror is unchanged and no failure was counted.
fn assert_no_failures_counted(net: &Net) {
    for name in NAMES {
        let inventory = net.inventory(name);
        assert_eq!(
            (inventory.present, inventory.row.inconclusive_tries),
            (all_directories(), 0),
            "{name}"
        );
    }
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["0"]);
    assert_eq!(net.sql_rows("SELECT sum(user_active) FROM host"), ["4"]);
}

#[test]
fn local_resolver_failure() {
    let net = mirrors(&format!("{QUICK}\ndisable_after_failures = 1"), |name| {
        format!("http://{name}.invalid")
    });
    let crawled = crawl(&net, &["--full"]);
    assert_eq!(crawled.output.status, 3, "{:?}", crawled.output);
    assert!(
        crawled.output.stderr.contains("outage suspected"),
        "{:?}",
        crawled.output
    );
    assert!(crawled.took < REQUEST * 4 + LOADED, "{:?}", crawled.took);
    assert_no_failures_counted(&net);
}

/// Mirrors that answer while all uplink checks fail: the responses may come from a cache on the way.
#[test]
fn local_uplink_failure() {
    let down = format!("http://127.0.0.1:{}", crate::support::free_port());
    let crawl_keys = format!("{QUICK}\ndisable_after_failures = 1\nuplink_check_urls = [\"{down}\"]");
    let net = mirrors(&crawl_keys, |_| faulty(|s, _| status(s, "404 Not Found")));
    let crawled = crawl(&net, &["--full"]);
    assert_eq!(crawled.output.status, 3, "{:?}", crawled.output);
    assert!(crawled.took < HOST + LOADED, "{:?}", crawled.took);
    assert_no_failures_counted(&net);
}

/// The uplink fails while mirrors are being probed.
#[test]
fn uplink_failure_during_the_crawl() {
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let check = faulty(move |s, _| {
        if is_dead.load(Ordering::SeqCst) {
            return true;
        }
        status(s, "200 OK")
    });
    let crawl_keys = format!("{QUICK}\ndisable_after_failures = 1\nuplink_check_urls = [\"{check}\"]");
    let net = mirrors(&crawl_keys, |_| {
        let dead = Arc::clone(&dead);
        faulty(move |s, _| {
            dead.store(true, Ordering::SeqCst);
            status(s, "404 Not Found")
        })
    });
    let crawled = crawl(&net, &["--full"]);
    assert_eq!(crawled.output.status, 3, "{:?}", crawled.output);
    assert_no_failures_counted(&net);
}

/// Mirrors with rsync only, where no rsync program is installed.
#[test]
fn missing_local_program() {
    let net = mirrors(&format!("{QUICK}\ndisable_after_failures = 1"), |_| {
        format!("rsync://127.0.0.1:{}/m", crate::support::free_port())
    });
    let crawled = crawl_by(&net, &["--full"], |command| {
        command.env("PATH", net.env.path("nothing"))
    });
    assert_eq!(crawled.output.status, 3, "{:?}", crawled.output);
    assert!(
        crawled.output.stderr.contains("apt-get install rsync"),
        "{:?}",
        crawled.output
    );
    assert_no_failures_counted(&net);
}
