//! Too many mirrors lose too much at once: gains are applied, losses need confirmation.

use super::servers::{Mirror, Wire};
use super::*;
use crate::support::Ran;

/// How many mirrors there are, and how many lose half of what they hold.
const ALL: usize = 25;
const LOSERS: usize = 8;

/// All mirrors are current; then the first of them lose `pool`, and all of them get what the master got: `extra`.
struct Country {
    net: Net,
    mirrors: Vec<Mirror>,
}

fn name(n: usize) -> String {
    format!("m{n:02}.org")
}

impl Country {
    fn new() -> Self {
        let net = Net::new("disable_after_failures = 3\nwarn_after_failures = 2\n");
        for n in 0..20 {
            net.write(&format!("tree/pool/{n}/a.rpm"), &format!("package {n}"));
        }
        net.copy_to("m");
        let wire = Wire::new();
        let mirrors: Vec<Mirror> = (0..ALL).map(|_| Mirror::serve(&wire, &net.env.path("m"))).collect();
        let named: Vec<(String, String)> = mirrors.iter().enumerate().map(|(n, m)| (name(n), m.url())).collect();
        net.register(&named.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect::<Vec<_>>());
        net.crawl();
        net.write("tree/extra/new.rpm", "a new package");
        net.scan();
        for copy in ["full", "half"] {
            net.copy_to(copy);
        }
        std::fs::remove_dir_all(net.env.path("half/pool")).unwrap();
        for (n, m) in mirrors.iter().enumerate() {
            m.root(&net.env.path(if n < LOSERS { "half" } else { "full" }));
        }
        Self { net, mirrors }
    }

    /// A run of cron.
    fn night(&self) -> Ran {
        self.net.env.run("mm-crawl", &["--full"])
    }

    fn holders(&self, path: &str) -> usize {
        (0..ALL).filter(|n| self.net.facts(&name(*n)).holds(path)).count()
    }

    fn last_run(&self) -> String {
        self.net
            .sql_rows("SELECT max(id) FROM run WHERE job = 'crawl'")
            .remove(0)
    }

    /// Everything that a decision could change.
    fn state(&self) -> Vec<String> {
        [
            "SELECT hex(present) || hex(missing) || exceptions FROM inventory ORDER BY host_category_id, seq",
            "SELECT crawl_failures || user_active FROM host ORDER BY id",
            "SELECT result FROM pending_result ORDER BY id",
            "SELECT message FROM alert ORDER BY message",
            "SELECT count(*) FROM run",
            "SELECT count(*) FROM crawl_result",
        ]
        .iter()
        .flat_map(|sql| self.net.sql_rows(sql))
        .collect()
    }
}

#[test]
fn what_too_many_mirrors_lost_waits_for_a_person() {
    let country = Country::new();
    // One of the losers did not answer the last time; that it does now is good news.
    country
        .net
        .sqlite()
        .execute("UPDATE host SET crawl_failures = 1 WHERE name = 'm00.org'", [])
        .unwrap();
    let first = country.night();
    let run = country.last_run();
    assert_eq!(first.status, 3, "{first:?}");
    for says in [
        format!("mm-crawl --apply-pending {run}"),
        format!("mm-crawl --revert {run}"),
        format!("{LOSERS} "),
    ] {
        assert!(first.stderr.contains(&says), "no {says:?} in {first:?}");
    }
    assert_eq!((country.holders("extra"), country.holders("pool/7")), (ALL, ALL));
    assert_eq!(country.net.listed("pool/7").len(), ALL);
    assert_eq!(
        country.net.sql_rows("SELECT max(crawl_failures) FROM host"),
        ["0"],
        "counters stand still"
    );
    let waiting = country.net.sql_rows("SELECT count(*) FROM pending_result");
    assert_eq!(waiting, [LOSERS.to_string()]);

    // Nobody decides for some nights. That is told once a day.
    for _ in 0..2 {
        let next = country.night();
        assert_eq!((next.status, next.stderr.as_str()), (3, ""), "{next:?}");
        assert_eq!(country.holders("pool/7"), ALL);
    }
    country
        .net
        .sqlite()
        .execute("UPDATE alert SET notified_at = notified_at - 90000", [])
        .unwrap();
    let next = country.night();
    assert!(
        next.stderr.contains(&format!("mm-crawl --apply-pending {run}")) && next.stderr.contains("since"),
        "{next:?}"
    );

    // A dry run changes nothing.
    let before = country.state();
    for dry in [["--apply-pending", &run, "--dry-run"], ["--revert", &run, "--dry-run"]] {
        let said = country.net.env.ok("mm-crawl", &dry);
        assert!(said.contains("dry run"), "{said}");
        assert_eq!(country.state(), before, "{dry:?}");
    }

    // A hold stops crawls, not what a person decides about one.
    country.net.env.ok("mm-admin", &["pause", "crawl"]);
    let confirmed = country.net.env.run("mm-crawl", &["--apply-pending", &run]);
    assert_eq!(confirmed.status, 0, "{confirmed:?}");
    country.net.env.ok("mm-admin", &["resume", "crawl"]);
    assert!(confirmed.stdout.contains("applied: m00.org"), "{confirmed:?}");
    assert!(
        confirmed.stderr.contains("resolved, open since"),
        "the problem ends: {confirmed:?}"
    );
    assert_eq!(
        (country.holders("extra"), country.holders("pool/7")),
        (ALL, ALL - LOSERS)
    );
    assert_eq!(country.net.listed("pool/7").len(), ALL - LOSERS);
    assert_eq!(country.net.sql_rows("SELECT count(*) FROM pending_result"), ["0"]);
    let after = country.night();
    assert_eq!((after.status, after.stderr.as_str()), (0, ""), "{after:?}");
    let nothing = country.net.env.run("mm-crawl", &["--apply-pending", &run]);
    assert_eq!(nothing.status, 2, "{nothing:?}");
}

#[test]
fn a_confirmation_is_for_what_was_seen_then() {
    let country = Country::new();
    assert_eq!(country.night().status, 3);
    let run = country.last_run();
    // Before anybody decides, one of them gets its packages back, another loses even more, and one that was good loses half.
    country.mirrors[0].root(&country.net.env.path("full"));
    country.net.copy_to("less");
    for gone in ["less/pool", &format!("less/{OS}")] {
        std::fs::remove_dir_all(country.net.env.path(gone)).unwrap();
    }
    for n in [1, LOSERS] {
        country.mirrors[n].root(&country.net.env.path("less"));
    }
    let second = country.night();
    assert_eq!(second.status, 3, "{second:?}");
    let later = country.last_run();
    assert!(
        second.stderr.contains(&format!("--apply-pending {later}")),
        "one more waits: {second:?}"
    );
    country.net.env.ok("mm-crawl", &["--apply-pending", &run]);
    let holds = |n: usize, path: &str| country.net.facts(&name(n)).holds(path);
    assert!(holds(0, "pool/7"), "it was seen to hold it since");
    assert!(!holds(1, "pool/7") && holds(1, REPODATA), "what it lost since waits");
    assert!(holds(LOSERS, "pool/7"), "it is of the other run");
    assert!((2..LOSERS).all(|n| !holds(n, "pool/7")));
    country.net.env.ok("mm-crawl", &["--apply-pending", &later]);
    assert!(!holds(LOSERS, "pool/7"));
    // A later loss is not a mass loss, and is applied.
    let last = country.night();
    assert_eq!(last.status, 0, "{last:?}");
    assert!(!holds(1, REPODATA) && !holds(LOSERS, REPODATA) && holds(0, "pool/7"));
}

#[test]
fn what_waits_can_be_dropped() {
    let country = Country::new();
    assert_eq!(country.night().status, 3);
    let run = country.last_run();
    country.net.env.ok("mm-admin", &["pause", "crawl"]);
    let reverted = country.net.env.run("mm-crawl", &["--revert", &run]);
    country.net.env.ok("mm-admin", &["resume", "crawl"]);
    assert_eq!(reverted.status, 0, "{reverted:?}");
    assert!(reverted.stderr.contains("resolved, open since"), "{reverted:?}");
    assert_eq!(country.net.sql_rows("SELECT count(*) FROM pending_result"), ["0"]);
    assert_eq!((country.holders("extra"), country.holders("pool/7")), (0, ALL));
    // The mirrors are well again.
    for m in &country.mirrors {
        m.root(&country.net.env.path("full"));
    }
    let next = country.night();
    assert_eq!((next.status, next.stderr.as_str()), (0, ""), "{next:?}");
    assert_eq!((country.holders("extra"), country.holders("pool/7")), (ALL, ALL));
}

/// Few enough that nothing waits.
#[test]
fn a_run_in_force_is_taken_back() {
    let country = Country::new();
    for m in country.mirrors.iter().skip(2) {
        m.root(&country.net.env.path("full"));
    }
    let all = |country: &Country| -> Vec<Vec<String>> { (0..ALL).map(|n| country.net.facts(&name(n)).held).collect() };
    let before = all(&country);
    let ran = country.night();
    assert_eq!(ran.status, 0, "{ran:?}");
    let run = country.last_run();
    assert_eq!((country.holders("extra"), country.holders("pool/7")), (ALL, ALL - 2));
    let state = country.state();
    let dry = country.net.env.ok("mm-crawl", &["--revert", &run, "--dry-run"]);
    assert!(dry.contains(&format!("{ALL} states reverted")), "{dry}");
    assert_eq!(country.state(), state);
    country.net.env.ok("mm-crawl", &["--revert", &run]);
    assert_eq!(all(&country), before);
    // What is there is found again.
    assert_eq!(country.night().status, 0);
    assert_eq!((country.holders("extra"), country.holders("pool/7")), (ALL, ALL - 2));
}
