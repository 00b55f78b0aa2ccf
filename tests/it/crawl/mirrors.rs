//! Real nginx mirrors of one tree, each in another state.

use super::*;

fn mirror(net: &Net, name: &str) -> Nginx {
    Nginx::serve_with(&net.env.path(name), "location ~ ^/closed/ { return 403; }")
}

#[test]
fn current_mirror_has_all_directories() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("current.org", &nginx.url())]);
    let report = net.crawl();
    let inventory = net.inventory("current.org");
    assert_eq!(inventory.present, open_directories());
    assert_eq!(inventory.exceptions["closed"], (ExceptionState::Staged, false));
    assert!(inventory.missing.is_empty(), "{:?}", inventory.missing);
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
fn mirror_one_push_behind_stays_listed_and_is_marked() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("lagging.org", &nginx.url())]);
    net.crawl();
    net.push(2);
    net.scan();
    net.crawl();
    let inventory = net.inventory("lagging.org");
    assert!(inventory.has(REPODATA) && inventory.has(OS));
    assert_eq!(inventory.exceptions[REPODATA], (ExceptionState::OutdatedAllowed, true));
    assert_eq!(net.reasons("lagging.org"), ["outdated-allowed"]);
    // A version that is no longer offered is not current.
    net.sqlite()
        .execute_batch(
            "UPDATE file_detail SET superseded_at = superseded_at - 9000000 WHERE superseded_at IS NOT NULL; \
             UPDATE file_detail SET first_seen = first_seen - 9000000",
        )
        .unwrap();
    net.crawl();
    let inventory = net.inventory("lagging.org");
    assert!(!inventory.has(REPODATA) && inventory.has(OS));
    assert_eq!(net.reasons("lagging.org"), ["repomd-outdated"]);
}

#[test]
fn half_synced_wrong_size_and_dropped_content_is_not_current() {
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
    let half = net.inventory("half.org");
    assert!(!half.has(REPODATA) && half.has(OS));
    assert_eq!(net.reasons("half.org"), ["missing"]);
    let size = net.inventory("size.org");
    assert!(!size.has(&format!("{OS}/Packages")) && size.has(REPODATA));
    assert_eq!(net.reasons("size.org"), ["size"]);
    let dropped = net.inventory("dropped.org");
    assert!(dropped.present.is_empty());
    assert_eq!(dropped.missing, [""]);
    assert_eq!(net.reasons("dropped.org"), ["category-missing"]);
    let partial = net.inventory("partial.org");
    assert_eq!(partial.missing, [OS]);
    assert!(partial.has("releases/43/Everything/x86_64") && !partial.has(REPODATA));
    assert!(
        !servers[3].log().contains(&format!("{OS}/Packages/ ")),
        "nothing below a missing directory is asked for"
    );
    let lines = report["result"]["lines"].as_array().unwrap();
    let vanished = lines.iter().find(|l| l["host"] == "dropped.org").unwrap();
    assert_eq!(vanished["outcome"], "category-missing");
}

#[test]
fn tampered_repomd_raises_an_alert_and_unlists_the_mirror_at_once() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("tampered.org", &nginx.url())]);
    net.crawl();
    assert!(net.inventory("tampered.org").has(REPODATA));
    let good = std::fs::read_to_string(net.env.path(&format!("m/{REPODATA}/repomd.xml"))).unwrap();
    net.write(
        &format!("m/{REPODATA}/repomd.xml"),
        &good.replace("1700000001", "1700000002"),
    );
    let output = net.env.run("mm-crawl", &["--full"]);
    assert_eq!((output.status, output.stdout.as_str()), (0, ""), "{output:?}");
    assert!(
        output.stderr.contains("ALARM") && output.stderr.contains("tampered.org"),
        "{output:?}"
    );
    let inventory = net.inventory("tampered.org");
    assert!(!inventory.has(REPODATA) && inventory.has(OS));
    assert_eq!(inventory.exceptions[REPODATA], (ExceptionState::UnknownHash, false));
    assert_eq!(net.reasons("tampered.org"), ["unknown-hash"]);
    // Reported once, not in every cron mail.
    let again = net.env.run("mm-crawl", &["--full"]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "{again:?}");
    net.write(&format!("m/{REPODATA}/repomd.xml"), &good);
    let over = net.env.run("mm-crawl", &["--full"]);
    assert!(over.stderr.contains("resolved, open since"), "{over:?}");
    assert!(net.inventory("tampered.org").has(REPODATA));
}

#[test]
fn mirror_ahead_of_the_scan_is_current_and_a_scan_is_advised() {
    let net = Net::new("");
    net.copy_to("old");
    net.register(&[("ahead.org", "http://127.0.0.1:1/")]);
    net.push(2);
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("other.org", "http://127.0.0.1:2/")]);
    // Without a new scan: one more push, which only the mirror and the master have.
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
    assert!(net.inventory("ahead.org").has(REPODATA));
    assert_eq!(
        net.sql_rows("SELECT path FROM directory WHERE needs_scan = 1"),
        [REPODATA]
    );
    // Without the file of the master nothing is known.
    net.push(4);
    std::fs::remove_dir_all(net.env.path("m")).unwrap();
    net.copy_to("m");
    std::fs::rename(net.env.path("tree"), net.env.path("away")).unwrap();
    net.env.ok("mm-crawl", &["--full", "--host", "ahead.org"]);
    let inventory = net.inventory("ahead.org");
    assert_eq!(inventory.exceptions[REPODATA].0, ExceptionState::Inconclusive);
    assert!(inventory.has(REPODATA));
    assert!(
        net.reasons("ahead.org").contains(&"master-unreadable".to_owned()),
        "{:?}",
        net.reasons("ahead.org")
    );
}

#[test]
fn second_url_is_used_when_the_first_fails() {
    let net = Net::new("connect_timeout = \"2s\"");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("two.org", &format!("https://127.0.0.1:1/x {}", nginx.url()))]);
    net.crawl();
    assert_eq!(net.inventory("two.org").present, open_directories());
    assert_eq!(net.reasons("two.org"), ["connection"]);
}

#[test]
fn servers_without_directory_indexes_are_probed_by_file() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ /$ { return 404; }");
    net.register(&[("cdn.org", &nginx.url())]);
    net.crawl();
    let inventory = net.inventory("cdn.org");
    assert_eq!(inventory.present, open_directories());
    // An error page for directories gives no information either.
    let nginx = Nginx::serve_with(&net.env.path("m"), "location ~ /$ { return 403; }");
    net.register(&[("forbidden.org", &nginx.url())]);
    net.env.ok("mm-crawl", &["--full", "--host", "forbidden.org"]);
    assert_eq!(net.inventory("forbidden.org").present, open_directories());
}

/// Like many object stores: no directory indexes, and only the second of two architectures.
#[test]
fn partial_mirror_without_directory_indexes_is_listed_for_what_it_has() {
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
    let inventory = net.inventory("partial.org");
    assert_eq!(inventory.present, open_directories());
    let packages = format!("{arm}/os/Packages");
    assert!(inventory.missing.contains(&packages), "{:?}", inventory.missing);
    assert!(!inventory.missing.contains(&String::new()));
    // A directory without files is judged by its subdirectories.
    let unknown: Vec<&String> = inventory.exceptions.keys().filter(|d| d.as_str() != "closed").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn directory_indexes_with_foreign_links_are_ignored() {
    let net = Net::new("");
    net.copy_to("m");
    let pages = "location ~ ^/closed/ { return 403; } location ~ /$ { return 302 https://www.example.org$uri; }";
    let nginx = Nginx::serve_with(&net.env.path("m"), pages);
    net.register(&[("portal.org", &nginx.url())]);
    // More consecutive indexes than any inactivity limit.
    net.write("tree/a/b/c/d/e/f/g/h/i/j/k/l/m/n/file", "deep");
    net.write("m/a/b/c/d/e/f/g/h/i/j/k/l/m/n/file", "deep");
    net.scan();
    net.crawl();
    let inventory = net.inventory("portal.org");
    for path in open_directories() {
        assert!(inventory.has(&path), "{path}: {:?}", inventory.present);
    }
    assert!(inventory.has("a/b/c/d/e/f/g/h/i/j/k/l/m/n"));
    assert_eq!(net.reasons("portal.org"), ["redirect"]);
    assert_eq!(net.listed(REPODATA), ["portal.org"]);
    let advice = net.sql_rows("SELECT expected FROM finding");
    assert!(advice[0].contains("register the target URL"), "{advice:?}");
}

#[test]
fn server_errors_remove_nothing_from_the_inventory() {
    let net = Net::new("disable_after_failures = 2");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("flapping.org", &nginx.url())]);
    net.crawl();
    let before = net.inventory("flapping.org");
    let port = nginx.port;
    drop(nginx);
    let broken = Nginx::serve_with(&net.env.path("m"), "location / { return 503; }");
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [broken.url()])
        .unwrap();
    assert_ne!(port, broken.port);
    let output = net.env.run("mm-crawl", &["--full"]);
    assert_eq!(output.status, 3, "the only host gave no answer: {output:?}");
    let after = net.inventory("flapping.org");
    assert_eq!(after.present, before.present);
    assert_eq!(
        (after.row.inconclusive_tries, after.row.scan_seq),
        (1, before.row.scan_seq)
    );
    assert!(net.reasons("flapping.org").contains(&"status".to_owned()));
    assert!(
        broken.log().lines().count() < 40,
        "a mirror that only fails is left alone: {}",
        broken.log()
    );
    net.env.run("mm-crawl", &["--full"]);
    assert_eq!(net.sql_rows("SELECT disabled_by FROM host"), ["crawler"]);
    assert_eq!(net.inventory("flapping.org").present, before.present);
    drop(broken);
    let healthy = mirror(&net, "m");
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [healthy.url()])
        .unwrap();
    let report = net.crawl();
    assert_eq!(report["result"]["reenabled"][0], "flapping.org");
    assert_eq!(net.sql_rows("SELECT user_active FROM host"), ["1"]);
}

/// A mirror that serves a directory before its release may have any content: it is listed for it only when a crawl
/// has verified the content after the release.
#[test]
fn content_released_early_is_not_recorded_as_present() {
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
    let early_facts = net.inventory("early.org");
    assert!(!early_facts.has("closed") && !early_facts.has("closed/44/repodata"));
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
        net.inventory("early.org").exceptions["closed/44/repodata"].0,
        ExceptionState::UnknownHash
    );
}
