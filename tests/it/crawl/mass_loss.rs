//! Too many mirrors lose too much at once: gains are applied, losses need confirmation.

use super::servers::{Mirror, TestNetwork};
use super::*;
use crate::support::RunOutput;

/// The number of mirrors, and of those that lose half of their directories.
const ALL: usize = 25;
const LOSERS: usize = 8;

/// All mirrors are current; then the first of them lose `pool`, and all get `extra`, which is new on the master.
struct MassLossSetup {
    net: Net,
    mirrors: Vec<Mirror>,
}

fn name(n: usize) -> String {
    format!("m{n:02}.org")
}

impl MassLossSetup {
    fn new() -> Self {
        let net = Net::new("disable_after_failures = 3\nwarn_after_failures = 2\n");
        for n in 0..20 {
            net.write(&format!("tree/pool/{n}/a.rpm"), &format!("package {n}"));
        }
        net.copy_to("m");
        let network = TestNetwork::new();
        let mirrors: Vec<Mirror> = (0..ALL).map(|_| Mirror::serve(&network, &net.env.path("m"))).collect();
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

    /// Runs a full crawl as cron does.
    fn crawl(&self) -> RunOutput {
        self.net.env.run("mm-crawl", &["--full"])
    }

    fn mirrors_with(&self, path: &str) -> usize {
        (0..ALL).filter(|n| self.net.inventory(&name(*n)).has(path)).count()
    }

    fn last_run(&self) -> String {
        self.net
            .sql_rows("SELECT max(id) FROM run WHERE job = 'crawl'")
            .remove(0)
    }

    /// Confirms all losses by their ID. A pause stops crawls, not decisions about a crawl.
    fn confirm(&self, item: &str) -> RunOutput {
        let env = &self.net.env;
        env.ok("mm-admin", &["pause", "crawl"]);
        let shown = env.ok("mm-admin", &["pending", "show", item]);
        for evidence in [
            format!("{LOSERS} of {ALL} mirrors lost half"),
            format!("{} would lose", name(0)),
            format!("mm-admin pending confirm {item} --count {LOSERS}"),
        ] {
            assert!(shown.contains(&evidence), "no {evidence:?} in {shown}");
        }
        let other = env.run("mm-admin", &["pending", "confirm", item, "--count", "7"]);
        assert_eq!(other.status, 1, "{other:?}");
        assert!(
            other.stderr.contains("changed") && other.stderr.contains("8 now"),
            "{other:?}"
        );
        let doctor = env.run("mm-admin", &["doctor"]).stdout;
        assert!(doctor.contains(&format!("mm-admin pending show {item}")), "{doctor}");
        let count = LOSERS.to_string();
        let confirmed = env.run("mm-admin", &["pending", "confirm", item, "--count", &count]);
        assert_eq!(confirmed.status, 0, "{confirmed:?}");
        env.ok("mm-admin", &["resume", "crawl"]);
        let changes = env.ok("mm-admin", &["changes", "--entity", "pending", "--key", item]);
        assert!(changes.contains("m00.org"), "{changes}");
        confirmed
    }

    /// All rows that a confirmation could change.
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
fn mass_loss_needs_confirmation() {
    let setup = MassLossSetup::new();
    // One of the mirrors with losses failed the last time and answers now.
    setup
        .net
        .sqlite()
        .execute("UPDATE host SET crawl_failures = 1 WHERE name = 'm00.org'", [])
        .unwrap();
    let first = setup.crawl();
    let run = setup.last_run();
    assert_eq!(first.status, 3, "{first:?}");
    for expected in [
        format!("mm-admin pending show crawl-{run}"),
        format!("mm-admin pending confirm crawl-{run}"),
        format!("mm-admin pending reject crawl-{run}"),
        format!("{LOSERS} "),
    ] {
        assert!(first.stderr.contains(&expected), "no {expected:?} in {first:?}");
    }
    assert_eq!((setup.mirrors_with("extra"), setup.mirrors_with("pool/7")), (ALL, ALL));
    assert_eq!(setup.net.listed("pool/7").len(), ALL);
    assert_eq!(
        setup.net.sql_rows("SELECT max(crawl_failures) FROM host"),
        ["0"],
        "counters stand still"
    );
    let waiting = setup.net.sql_rows("SELECT count(*) FROM pending_result");
    assert_eq!(waiting, [LOSERS.to_string()]);

    // No decision for some nights: reported once a day.
    for _ in 0..2 {
        let next = setup.crawl();
        assert_eq!((next.status, next.stderr.as_str()), (3, ""), "{next:?}");
        assert_eq!(setup.mirrors_with("pool/7"), ALL);
    }
    setup
        .net
        .sqlite()
        .execute("UPDATE alert SET notified_at = notified_at - 90000", [])
        .unwrap();
    let next = setup.crawl();
    assert!(
        next.stderr.contains(&format!("mm-admin pending confirm crawl-{run}")) && next.stderr.contains("since"),
        "{next:?}"
    );

    // A dry run changes nothing.
    let before = setup.state();
    for dry in [["--apply-pending", &run, "--dry-run"], ["--revert", &run, "--dry-run"]] {
        let stdout = setup.net.env.ok("mm-crawl", &dry);
        assert!(stdout.contains("dry run"), "{stdout}");
        assert_eq!(setup.state(), before, "{dry:?}");
    }

    let confirmed = setup.confirm(&format!("crawl-{run}"));
    assert!(confirmed.stdout.contains("applied: m00.org"), "{confirmed:?}");
    assert!(
        confirmed.stderr.contains("resolved, open since"),
        "the problem ends: {confirmed:?}"
    );
    assert_eq!(
        (setup.mirrors_with("extra"), setup.mirrors_with("pool/7")),
        (ALL, ALL - LOSERS)
    );
    assert_eq!(setup.net.listed("pool/7").len(), ALL - LOSERS);
    assert_eq!(setup.net.sql_rows("SELECT count(*) FROM pending_result"), ["0"]);
    let after = setup.crawl();
    assert_eq!((after.status, after.stderr.as_str()), (0, ""), "{after:?}");
    let nothing = setup.net.env.run("mm-crawl", &["--apply-pending", &run]);
    assert_eq!(nothing.status, 3, "{nothing:?}");
}

#[test]
fn confirmation_applies_only_to_the_pending_results_that_were_shown() {
    let setup = MassLossSetup::new();
    assert_eq!(setup.crawl().status, 3);
    let run = setup.last_run();
    // Before the decision one mirror gets its packages back, another loses more, and a good one loses half.
    setup.mirrors[0].root(&setup.net.env.path("full"));
    setup.net.copy_to("less");
    for vanished in ["less/pool", &format!("less/{OS}")] {
        std::fs::remove_dir_all(setup.net.env.path(vanished)).unwrap();
    }
    for n in [1, LOSERS] {
        setup.mirrors[n].root(&setup.net.env.path("less"));
    }
    let second = setup.crawl();
    assert_eq!(second.status, 3, "{second:?}");
    let later = setup.last_run();
    assert!(
        second.stderr.contains(&format!("pending confirm crawl-{later}")),
        "one more waits: {second:?}"
    );
    setup.net.env.ok("mm-crawl", &["--apply-pending", &run]);
    let has = |n: usize, path: &str| setup.net.inventory(&name(n)).has(path);
    assert!(has(0, "pool/7"), "it was seen to hold it since");
    assert!(!has(1, "pool/7") && has(1, REPODATA), "what it lost since waits");
    assert!(has(LOSERS, "pool/7"), "it is of the other run");
    assert!((2..LOSERS).all(|n| !has(n, "pool/7")));
    setup.net.env.ok("mm-crawl", &["--apply-pending", &later]);
    assert!(!has(LOSERS, "pool/7"));
    // A later loss is not a mass loss, and is applied.
    let last = setup.crawl();
    assert_eq!(last.status, 0, "{last:?}");
    assert!(!has(1, REPODATA) && !has(LOSERS, REPODATA) && has(0, "pool/7"));
}

#[test]
fn rejected_losses_are_discarded_and_found_again() {
    let setup = MassLossSetup::new();
    assert_eq!(setup.crawl().status, 3);
    let item = format!("crawl-{}", setup.last_run());
    setup.net.env.ok("mm-admin", &["pending", "reject", &item]);
    assert!(setup.net.env.ok("mm-admin", &["pending"]).contains("nothing waits"));
    assert_eq!(
        (setup.mirrors_with("extra"), setup.mirrors_with("pool/7")),
        (ALL, ALL),
        "what the run gained stays"
    );
    assert_eq!(setup.crawl().status, 3);
    assert!(
        setup
            .net
            .env
            .ok("mm-admin", &["pending"])
            .contains(&format!("crawl-{}", setup.last_run()))
    );
}

#[test]
fn losses_on_which_nobody_decides_are_applied_after_two_more_crawls_and_a_time() {
    let setup = MassLossSetup::new();
    for _ in 0..3 {
        assert_eq!(setup.crawl().status, 3);
    }
    assert_eq!(
        setup.net.sql_rows("SELECT DISTINCT agreements FROM pending_result"),
        ["2"]
    );
    assert_eq!(setup.mirrors_with("pool/7"), ALL, "two days have not passed");
    let sql = "UPDATE pending_result SET stored_at = stored_at - 48 * 3600";
    setup.net.sqlite().execute(sql, []).unwrap();
    let last = setup.net.env.run("mm-crawl", &["--full", "-v"]);
    assert!(last.stdout.contains("applied without confirmation"), "{last:?}");
    assert_eq!(setup.mirrors_with("pool/7"), ALL - LOSERS);
    assert_eq!(setup.net.sql_rows("SELECT count(*) FROM pending_result"), ["0"]);
    assert_eq!(setup.crawl().status, 0);
}

#[test]
fn pending_results_can_be_dropped() {
    let setup = MassLossSetup::new();
    assert_eq!(setup.crawl().status, 3);
    let run = setup.last_run();
    setup.net.env.ok("mm-admin", &["pause", "crawl"]);
    let reverted = setup.net.env.run("mm-crawl", &["--revert", &run]);
    setup.net.env.ok("mm-admin", &["resume", "crawl"]);
    assert_eq!(reverted.status, 0, "{reverted:?}");
    assert!(reverted.stderr.contains("resolved, open since"), "{reverted:?}");
    assert_eq!(setup.net.sql_rows("SELECT count(*) FROM pending_result"), ["0"]);
    assert_eq!((setup.mirrors_with("extra"), setup.mirrors_with("pool/7")), (0, ALL));
    // The mirrors have recovered.
    for m in &setup.mirrors {
        m.root(&setup.net.env.path("full"));
    }
    let next = setup.crawl();
    assert_eq!((next.status, next.stderr.as_str()), (0, ""), "{next:?}");
    assert_eq!((setup.mirrors_with("extra"), setup.mirrors_with("pool/7")), (ALL, ALL));
}

/// Few enough for no confirmation.
#[test]
fn applied_run_can_be_reverted() {
    let setup = MassLossSetup::new();
    for m in setup.mirrors.iter().skip(2) {
        m.root(&setup.net.env.path("full"));
    }
    let all = |setup: &MassLossSetup| -> Vec<Vec<String>> {
        (0..ALL).map(|n| setup.net.inventory(&name(n)).present).collect()
    };
    let before = all(&setup);
    let output = setup.crawl();
    assert_eq!(output.status, 0, "{output:?}");
    let run = setup.last_run();
    assert_eq!(
        (setup.mirrors_with("extra"), setup.mirrors_with("pool/7")),
        (ALL, ALL - 2)
    );
    let state = setup.state();
    let dry = setup.net.env.ok("mm-crawl", &["--revert", &run, "--dry-run"]);
    assert!(dry.contains(&format!("{ALL} states reverted")), "{dry}");
    assert_eq!(setup.state(), state);
    setup.net.env.ok("mm-crawl", &["--revert", &run]);
    assert_eq!(all(&setup), before);
    // The next crawl finds it again.
    assert_eq!(setup.crawl().status, 0);
    assert_eq!(
        (setup.mirrors_with("extra"), setup.mirrors_with("pool/7")),
        (ALL, ALL - 2)
    );
}
