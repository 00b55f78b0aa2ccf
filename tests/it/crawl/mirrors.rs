//! Real nginx mirrors of one tree, each in another state.

use super::*;

fn mirror(net: &Net, name: &str) -> Nginx {
    Nginx::serve_with(&net.env.path(name), "location ~ ^/closed/ { return 403; }")
}

#[test]
fn a_current_mirror_holds_all() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("current.org", &nginx.url())]);
    let report = net.crawl();
    let facts = net.facts("current.org");
    assert_eq!(facts.held, open_directories());
    assert_eq!(facts.exceptions["closed"], (ExceptionState::Staged, false));
    assert!(facts.missing.is_empty(), "{:?}", facts.missing);
    let line = &report["result"]["lines"][0];
    assert_eq!(
        (line["outcome"].as_str(), line["directories"]["staged"].as_i64()),
        (Some("complete"), Some(1))
    );
    let log = nginx.log();
    assert_eq!(
        log.lines().count(),
        usize::try_from(line["requests"].as_u64().unwrap()).unwrap(),
        "{log}"
    );
    assert!(log.contains("mirrormanager/"), "{log}");
    assert!(net.reasons("current.org").is_empty());
}

#[test]
fn a_mirror_that_lags_by_one_push_stays_on_and_is_marked() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("lagging.org", &nginx.url())]);
    net.crawl();
    net.push(2);
    net.scan();
    net.crawl();
    let facts = net.facts("lagging.org");
    assert!(facts.holds(REPODATA) && facts.holds(OS));
    assert_eq!(facts.exceptions[REPODATA], (ExceptionState::OutdatedAllowed, true));
    assert_eq!(net.reasons("lagging.org"), ["outdated-allowed"]);
    // A version that is no longer offered is not current.
    net.sqlite()
        .execute_batch(
            "UPDATE file_detail SET superseded_at = superseded_at - 9000000 WHERE superseded_at IS NOT NULL; \
             UPDATE file_detail SET first_seen = first_seen - 9000000",
        )
        .unwrap();
    net.crawl();
    let facts = net.facts("lagging.org");
    assert!(!facts.holds(REPODATA) && facts.holds(OS));
    assert_eq!(net.reasons("lagging.org"), ["repomd-outdated"]);
}

#[test]
fn half_synced_wrong_size_and_dropped_are_not_current() {
    let net = Net::new("");
    for name in ["half", "size", "dropped", "partial"] {
        net.copy_to(name);
    }
    std::fs::remove_file(net.env.path(&format!("half/{REPODATA}/1-primary.xml.gz"))).unwrap();
    net.write(&format!("size/{OS}/Packages/a.rpm"), "package a, longer");
    std::fs::remove_dir_all(net.env.path("dropped")).unwrap();
    std::fs::create_dir(net.env.path("dropped")).unwrap();
    net.write("dropped/other/file", "of another category");
    std::fs::remove_dir_all(net.env.path(&format!("partial/{OS}"))).unwrap();
    let servers: Vec<Nginx> = ["half", "size", "dropped", "partial"]
        .iter()
        .map(|n| mirror(&net, n))
        .collect();
    let dropped = format!("{}/pub", servers[2].url());
    net.register(&[
        ("half.org", &servers[0].url()),
        ("size.org", &servers[1].url()),
        ("dropped.org", &dropped),
        ("partial.org", &servers[3].url()),
    ]);
    let report = net.crawl();
    let half = net.facts("half.org");
    assert!(!half.holds(REPODATA) && half.holds(OS));
    assert_eq!(net.reasons("half.org"), ["missing"]);
    let size = net.facts("size.org");
    assert!(!size.holds(&format!("{OS}/Packages")) && size.holds(REPODATA));
    assert_eq!(net.reasons("size.org"), ["size"]);
    let dropped = net.facts("dropped.org");
    assert!(dropped.held.is_empty());
    assert_eq!(dropped.missing, [""]);
    assert_eq!(net.reasons("dropped.org"), ["category-missing"]);
    let partial = net.facts("partial.org");
    assert_eq!(partial.missing, [OS]);
    assert!(partial.holds("releases/43/Everything/x86_64") && !partial.holds(REPODATA));
    assert!(
        !servers[3].log().contains(&format!("{OS}/Packages/ ")),
        "nothing below a missing directory is asked for"
    );
    let lines = report["result"]["lines"].as_array().unwrap();
    let gone = lines.iter().find(|l| l["host"] == "dropped.org").unwrap();
    assert_eq!(gone["outcome"], "category-missing");
}

#[test]
fn a_tampered_repomd_is_an_alarm_and_off_at_once() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("tampered.org", &nginx.url())]);
    net.crawl();
    assert!(net.facts("tampered.org").holds(REPODATA));
    let good = std::fs::read_to_string(net.env.path(&format!("m/{REPODATA}/repomd.xml"))).unwrap();
    net.write(
        &format!("m/{REPODATA}/repomd.xml"),
        &good.replace("1700000001", "1700000002"),
    );
    let ran = net.env.run("mm-crawl", &["--full"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(
        ran.stderr.contains("ALARM") && ran.stderr.contains("tampered.org"),
        "{ran:?}"
    );
    let facts = net.facts("tampered.org");
    assert!(!facts.holds(REPODATA) && facts.holds(OS));
    assert_eq!(facts.exceptions[REPODATA], (ExceptionState::UnknownHash, false));
    assert_eq!(net.reasons("tampered.org"), ["unknown-hash"]);
    // Said once, not with every run of cron.
    let again = net.env.run("mm-crawl", &["--full"]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "{again:?}");
    net.write(&format!("m/{REPODATA}/repomd.xml"), &good);
    let over = net.env.run("mm-crawl", &["--full"]);
    assert!(over.stderr.contains("resolved, open since"), "{over:?}");
    assert!(net.facts("tampered.org").holds(REPODATA));
}

#[test]
fn a_mirror_ahead_of_our_scan_is_current_and_asks_for_one() {
    let net = Net::new("");
    net.copy_to("old");
    net.register(&[("ahead.org", "http://127.0.0.1:1/")]);
    net.push(2);
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("other.org", "http://127.0.0.1:2/")]);
    // Scanned by register: so one push more, that only mirror and master have.
    net.push(3);
    std::fs::remove_dir_all(net.env.path("m")).unwrap();
    net.copy_to("m");
    net.sqlite()
        .execute(
            "UPDATE host_category_url SET url = ?1 WHERE url = 'http://127.0.0.1:1'",
            [nginx.url()],
        )
        .unwrap();
    net.sqlite().execute("UPDATE directory SET needs_scan = 0", []).unwrap();
    net.env.ok("mm-crawl", &["--full", "--host", "ahead.org"]);
    assert!(net.facts("ahead.org").holds(REPODATA));
    assert_eq!(
        net.sql_rows("SELECT path FROM directory WHERE needs_scan = 1"),
        [REPODATA]
    );
    // Without the master's own file nothing is known.
    net.push(4);
    std::fs::remove_dir_all(net.env.path("m")).unwrap();
    net.copy_to("m");
    std::fs::rename(net.env.path("tree"), net.env.path("away")).unwrap();
    net.env.ok("mm-crawl", &["--full", "--host", "ahead.org"]);
    let facts = net.facts("ahead.org");
    assert_eq!(facts.exceptions[REPODATA].0, ExceptionState::Inconclusive);
    assert!(facts.holds(REPODATA));
    assert!(
        net.reasons("ahead.org").contains(&"master-unreadable".to_owned()),
        "{:?}",
        net.reasons("ahead.org")
    );
}

#[test]
fn a_second_url_takes_over_from_one_that_fails() {
    let net = Net::new("connect_timeout = \"2s\"");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("two.org", &format!("https://127.0.0.1:1/x {}", nginx.url()))]);
    net.crawl();
    assert_eq!(net.facts("two.org").held, open_directories());
    assert_eq!(net.reasons("two.org"), ["connection"]);
}

#[test]
fn servers_without_directory_pages_are_judged_by_their_files() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ /$ { return 404; }");
    net.register(&[("cdn.org", &nginx.url())]);
    net.crawl();
    let facts = net.facts("cdn.org");
    assert_eq!(facts.held, open_directories());
    // An error page for directories tells nothing either.
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ /$ { return 403; }");
    net.register(&[("forbidden.org", &nginx.url())]);
    net.env.ok("mm-crawl", &["--full", "--host", "forbidden.org"]);
    assert_eq!(net.facts("forbidden.org").held, open_directories());
}

/// As many object stores: no directory pages, and of two architectures one, the first of them missing.
#[test]
fn a_partial_mirror_without_directory_pages_holds_what_it_has() {
    let net = Net::new("");
    let arm = "releases/43/Everything/aarch64";
    net.write(&format!("tree/{arm}/os/Packages/a.rpm"), "package a");
    net.write(&format!("tree/{arm}/os/images/boot.iso"), "an image");
    net.copy_to("m");
    std::fs::remove_dir_all(net.env.path(&format!("m/{arm}"))).unwrap();
    let pages = "location ~ ^/closed/ { return 403; } location ~ /$ { return 404; }";
    let nginx = Nginx::serve_with(&net.env.path("m"), pages);
    net.register(&[("partial.org", &nginx.url())]);
    net.crawl();
    let facts = net.facts("partial.org");
    assert_eq!(facts.held, open_directories());
    let packages = format!("{arm}/os/Packages");
    assert!(facts.missing.contains(&packages), "{:?}", facts.missing);
    assert!(!facts.missing.contains(&String::new()));
    // What has no file of its own goes by what lies below it.
    let unknown: Vec<&String> = facts.exceptions.keys().filter(|d| d.as_str() != "closed").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn directory_pages_that_lead_elsewhere_are_no_pages() {
    let net = Net::new("");
    net.copy_to("m");
    let pages = "location ~ ^/closed/ { return 403; } location ~ /$ { return 302 https://www.example.org$uri; }";
    let nginx = Nginx::serve_with(&net.env.path("m"), pages);
    net.register(&[("portal.org", &nginx.url())]);
    // More pages in a row than any limit on silence.
    net.write("tree/a/b/c/d/e/f/g/h/i/j/k/l/m/n/file", "deep");
    net.write("m/a/b/c/d/e/f/g/h/i/j/k/l/m/n/file", "deep");
    net.scan();
    net.crawl();
    let facts = net.facts("portal.org");
    for path in open_directories() {
        assert!(facts.holds(&path), "{path}: {:?}", facts.held);
    }
    assert!(facts.holds("a/b/c/d/e/f/g/h/i/j/k/l/m/n"));
    assert_eq!(net.reasons("portal.org"), ["redirect"]);
    assert_eq!(net.listed(REPODATA), ["portal.org"]);
    let advice = net.sql_rows("SELECT expected FROM finding");
    assert!(advice[0].contains("register the target URL"), "{advice:?}");
}

#[test]
fn server_errors_take_nothing_away() {
    let net = Net::new("disable_after_failures = 2");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("flapping.org", &nginx.url())]);
    net.crawl();
    let before = net.facts("flapping.org");
    let port = nginx.port;
    drop(nginx);
    let broken = Nginx::serve_with(&net.env.path("m"), "location / { return 503; }");
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [broken.url()])
        .unwrap();
    assert_ne!(port, broken.port);
    let ran = net.env.run("mm-crawl", &["--full"]);
    assert_eq!(ran.status, 3, "the only host gave no answer: {ran:?}");
    let after = net.facts("flapping.org");
    assert_eq!(after.held, before.held);
    assert_eq!(
        (after.holding.inconclusive_tries, after.holding.scan_seq),
        (1, before.holding.scan_seq)
    );
    assert!(net.reasons("flapping.org").contains(&"status".to_owned()));
    assert!(
        broken.log().lines().count() < 40,
        "a mirror that only fails is left alone: {}",
        broken.log()
    );
    net.env.run("mm-crawl", &["--full"]);
    assert_eq!(net.sql_rows("SELECT disabled_by FROM host"), ["crawler"]);
    assert_eq!(net.facts("flapping.org").held, before.held);
    drop(broken);
    let healthy = mirror(&net, "m");
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [healthy.url()])
        .unwrap();
    let report = net.crawl();
    assert_eq!(report["result"]["reenabled"][0], "flapping.org");
    assert_eq!(net.sql_rows("SELECT user_active FROM host"), ["1"]);
}

/// A mirror that shows a directory before the master opens it may hold anything there: it is listed for it only when a crawl has
/// seen what is in it, after the opening.
#[test]
fn what_is_shown_before_the_master_opens_it_is_not_held() {
    let net = Net::new("");
    net.copy_to("staged");
    net.copy_to("early");
    let open =
        |below: &str, mode| std::fs::set_permissions(net.env.path(below), PermissionsExt::from_mode(mode)).unwrap();
    for tree in ["tree", "staged", "early"] {
        net.write(&format!("{tree}/closed/44/repodata/repomd.xml"), "<repomd></repomd>");
        open(&format!("{tree}/closed"), 0o700);
    }
    net.write("early/closed/44/repodata/repomd.xml", "<repomd>garbage</repomd>");
    let staged = mirror(&net, "staged");
    let early = Nginx::serve(&net.env.path("early"));
    net.register(&[("early.org", &early.url()), ("staged.org", &staged.url())]);
    net.crawl();
    let early_facts = net.facts("early.org");
    assert!(!early_facts.holds("closed") && !early_facts.holds("closed/44/repodata"));
    assert_eq!(net.reasons("early.org"), ["leaked"]);
    assert!(net.reasons("staged.org").is_empty());

    open("tree/closed", 0o755);
    net.scan();
    assert_eq!(
        net.listed("closed/44/repodata"),
        [""; 0],
        "nobody was asked since it was opened"
    );
    let before = staged.url();
    let staged = Nginx::serve(&net.env.path("staged"));
    net.sqlite()
        .execute(
            "UPDATE host_category_url SET url = ?1 WHERE url = ?2",
            [&staged.url(), &before],
        )
        .unwrap();
    net.env.run("mm-crawl", &["--full"]);
    assert_eq!(net.listed("closed/44/repodata"), ["staged.org"]);
    assert_eq!(
        net.facts("early.org").exceptions["closed/44/repodata"].0,
        ExceptionState::UnknownHash
    );
}
