//! Incremental crawls: which directories are probed.

use super::*;

fn requests(report: &serde_json::Value) -> u64 {
    report["result"]["totals"]["requests"].as_u64().unwrap()
}

fn mirror(net: &Net, name: &str) -> Nginx {
    Nginx::serve_with(&net.env.path(name), "location ~ ^/closed/ { return 403; }")
}

/// A master of many directories with a few files each.
fn many(net: &Net, directories: u32) {
    for directory in 0..directories {
        for file in 0..4 {
            net.write(
                &format!("tree/pool/{directory:03}/{file}.rpm"),
                &format!("package {file}"),
            );
        }
    }
}

#[test]
fn unchanged_mirror_needs_few_requests_and_rotation_covers_all_directories() {
    let net = Net::new("");
    many(&net, 100);
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("m.org", &nginx.url())]);
    let first = net.crawl_with(&[]);
    let line = &first["result"]["lines"][0];
    assert_eq!(
        (line["method"].as_str(), line["directories"]["outdated"].as_u64()),
        (Some("index"), Some(0))
    );
    assert!(requests(&first) < 150, "one for each directory: {}", requests(&first));
    let second = net.crawl_with(&[]);
    assert!(requests(&second) < 12, "{}", requests(&second));
    let line = &second["result"]["lines"][0];
    assert_eq!(
        line["directories"]["current"],
        first["result"]["lines"][0]["directories"]["current"]
    );
    // The rotating sample finds a directory that was damaged unnoticed; then everything is probed.
    for broken in ["007", "008"] {
        net.write(&format!("m/pool/{broken}/3.rpm"), "longer than it should be");
    }
    let mut rounds = 0;
    while net.inventory("m.org").has("pool/008") {
        rounds += 1;
        assert!(rounds <= 50, "not seen within a round");
        net.crawl_with(&[]);
    }
    assert!(!net.inventory("m.org").has("pool/007"), "found by the full check");
    // Directories that failed are probed by each crawl.
    net.write("m/pool/007/3.rpm", "package 3");
    net.crawl_with(&[]);
    let inventory = net.inventory("m.org");
    assert!(inventory.has("pool/007") && !inventory.has("pool/008"));
}

#[test]
fn only_directories_changed_by_a_push_are_probed() {
    let net = Net::new("");
    many(&net, 60);
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("m.org", &nginx.url())]);
    net.crawl_with(&[]);
    net.push(2);
    net.write("tree/pool/new/1.rpm", "package");
    net.scan();
    let before = nginx.log().lines().count();
    net.crawl_with(&[]);
    let inventory = net.inventory("m.org");
    assert_eq!(inventory.exceptions[REPODATA].0, ExceptionState::OutdatedAllowed);
    assert!(!inventory.has("pool/new") && inventory.has("pool/001"));
    let requests = nginx.log().lines().count() - before;
    assert!(requests < 25, "{requests}: {}", nginx.log());
    // The mirror is fixed: both are probed again although the master did not change.
    std::fs::remove_dir_all(net.env.path("m")).unwrap();
    net.copy_to("m");
    net.crawl_with(&[]);
    let inventory = net.inventory("m.org");
    assert!(
        inventory.has("pool/new") && !inventory.exceptions.contains_key(REPODATA),
        "{:?}",
        inventory.exceptions
    );
}

#[test]
fn missing_tree_is_probed_at_its_top_and_fully_after_its_return() {
    let net = Net::new("");
    many(&net, 60);
    net.copy_to("m");
    std::fs::rename(net.env.path("m/pool"), net.env.path("pool")).unwrap();
    let nginx = mirror(&net, "m");
    net.register(&[("m.org", &nginx.url())]);
    net.crawl_with(&[]);
    assert_eq!(net.inventory("m.org").missing, ["pool"]);
    let second = net.crawl_with(&[]);
    assert!(requests(&second) < 15, "{}", requests(&second));
    std::fs::rename(net.env.path("pool"), net.env.path("m/pool")).unwrap();
    let third = net.crawl_with(&[]);
    let inventory = net.inventory("m.org");
    assert!(inventory.has("pool") && inventory.has("pool/059"), "{third}");
    assert!(inventory.missing.is_empty());
}

#[test]
fn missing_siblings_are_probed_by_the_index_of_their_parent() {
    let net = Net::new("");
    many(&net, 12);
    net.copy_to("m");
    let (there, away) = (|n: u32| format!("m/pool/{n:03}"), |n: u32| format!("away-{n}"));
    let rename = |from: &str, to: &str| std::fs::rename(net.env.path(from), net.env.path(to)).unwrap();
    (3..11).for_each(|n| rename(&there(n), &away(n)));
    let pages = mirror(&net, "m");
    net.register(&[("m.org", &pages.url())]);
    net.crawl_with(&[]);
    assert_eq!(net.inventory("m.org").missing.len(), 8);
    let requests = |nginx: &Nginx| {
        let before = nginx.log().lines().count();
        net.crawl_with(&[]);
        let log = nginx.log();
        let of = |what: String| log.lines().skip(before).filter(|l| l.contains(&what)).count();
        (
            of("GET /pool/ ".to_owned()),
            of("/pool/004/".to_owned()),
            of("/pool/005/".to_owned()),
        )
    };
    assert_eq!(requests(&pages), (1, 0, 0), "{}", pages.log());
    assert_eq!(net.inventory("m.org").missing.len(), 8);
    rename(&away(5), &there(5));
    let (by_page, still_missing, back) = requests(&pages);
    assert_eq!((by_page, still_missing), (1, 0), "{}", pages.log());
    assert!(back > 0 && net.inventory("m.org").has("pool/005"));
    assert_eq!(net.inventory("m.org").missing.len(), 7);
    // Without directory indexes each is requested once.
    let closed = "location ~ ^/closed/ { return 403; } location ~ /$ { return 404; }";
    let no_pages = Nginx::serve_with(&net.env.path("m"), closed);
    net.sqlite()
        .execute("UPDATE host_category_url SET url = ?1", [no_pages.url()])
        .unwrap();
    let (_, still_missing, _) = requests(&no_pages);
    assert_eq!(still_missing, 1, "{}", no_pages.log());
    assert_eq!(net.inventory("m.org").missing.len(), 7);
    rename(&away(4), &there(4));
    requests(&no_pages);
    assert!(net.inventory("m.org").has("pool/004"), "{}", no_pages.log());
    // A full crawl probes everything.
    let before = no_pages.log().lines().count();
    net.crawl_with(&["--full"]);
    let log = no_pages.log();
    assert!(
        log.lines().skip(before).filter(|l| l.contains("/pool/006/")).count() > 1,
        "{log}"
    );
    assert_eq!(net.inventory("m.org").missing.len(), 6);
}

#[test]
fn partial_crawl_leaves_the_rest_due() {
    let net = Net::new("");
    many(&net, 20);
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("m.org", &nginx.url())]);
    let part = net.crawl_with(&["--path", "pub/fedora/linux/pool/003"]);
    assert_eq!(part["result"]["lines"][0]["probed"], 1);
    assert_eq!(net.inventory("m.org").present, ["pool/003"]);
    net.crawl_with(&[]);
    assert!(net.inventory("m.org").has("pool/019") && net.inventory("m.org").has(REPODATA));
    // After a push of which only a part was probed, the mirror is listed with its previous inventory.
    net.push(2);
    net.write("tree/pool/003/0.rpm", "another package");
    net.write("m/pool/003/0.rpm", "another package");
    net.scan();
    net.crawl_with(&["--path", "pool/003"]);
    let inventory = net.inventory("m.org");
    assert!(inventory.has("pool/003") && inventory.has(REPODATA));
    assert_eq!(
        inventory.exceptions[REPODATA],
        (ExceptionState::Inconclusive, true),
        "pinned"
    );
    net.crawl_with(&[]);
    assert_eq!(
        net.inventory("m.org").exceptions[REPODATA].0,
        ExceptionState::OutdatedAllowed
    );
    // By the name of the repository, and only directories with metadata.
    net.sqlite()
        .execute_batch(&format!(
            "INSERT INTO version (id, product_id, name, first_seen) VALUES (1, 1, '43', 0); \
             INSERT INTO arch (id, name) VALUES (99, 'mips'); \
             INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen) \
             SELECT 'r', 'fedora-43', category_id, 1, 99, id, 0 FROM directory WHERE path = '{OS}'"
        ))
        .unwrap();
    let by_repo = net.crawl_with(&["--repo", "fedora-43"]);
    assert_eq!(
        by_repo["result"]["lines"][0]["probed"], 4,
        "os, its repodata, packages and images"
    );
    assert_eq!(net.crawl_with(&["--repodata"])["result"]["lines"][0]["probed"], 1);
    let canary = net.crawl_with(&["--canary"]);
    assert_eq!(
        (canary["result"]["lines"][0]["probed"].as_u64(), requests(&canary)),
        (Some(0), 2)
    );
    for (args, expected) in [
        (vec!["--path", "pool/033"], "did you mean pool/003"),
        (vec!["--repo", "fedora-44"], "did you mean fedora-43"),
        (
            vec!["--repo", "fedora-43", "--arch", "s390x"],
            "does not exist for architecture",
        ),
        (vec!["--full", "--canary"], "cannot be used with"),
        (vec!["--fraction", "4/3"], "I/N"),
    ] {
        let output = net.env.run("mm-crawl", &args);
        assert!(
            output.status == 2 && output.stderr.contains(expected),
            "{args:?}: {output:?}"
        );
    }
}

#[test]
fn host_selection() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = mirror(&net, "m");
    net.register(&[("a.org", &nginx.url())]);
    net.sqlite()
        .execute_batch("UPDATE host SET country = 'BR' WHERE name = 'a.org'")
        .unwrap();
    let requests = |args: &[&str]| {
        let output = net.env.run("mm-crawl", &[args, &["--format", "json"]].concat());
        if output.status == 3 && output.stderr.contains("no host is selected") {
            return 0;
        }
        assert_eq!(output.status, 0, "{output:?}");
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        report["result"]["totals"]["hosts"].as_u64().unwrap()
    };
    assert_eq!((requests(&["--country", "br"]), requests(&["--country", "de"])), (1, 0));
    assert_eq!(
        (requests(&["--continent", "sa"]), requests(&["--continent", "EU"])),
        (1, 0)
    );
    assert_eq!(requests(&["--fraction", "1/2"]) + requests(&["--fraction", "2/2"]), 1);
    assert_eq!((requests(&["--min-age", "1h"]), requests(&["--min-age", "0s"])), (0, 1));
}
