//! The local network fails during a crawl: this must not count against any mirror. Mirrors that are really dead must still be
//! counted as failed.

use std::io::Read as _;

use super::run::{start, wait};
use super::servers::{Mirror, NetworkState, TestNetwork};
use super::*;

const QUICK: &str = "request_timeout = \"1s\"\nconnect_timeout = \"1s\"\n";
/// One failure disables a host.
const STRICT: &str = "workers = 16\ndisable_after_failures = 1\n";

/// Mirrors on one network, all current and crawled once.
struct OutageSetup {
    net: Net,
    network: TestNetwork,
    /// A server of the same network as the mirrors, for uplink checks.
    sentinel: Mirror,
    mirrors: Vec<Mirror>,
}

fn name(n: usize) -> String {
    format!("m{n:02}.org")
}

impl OutageSetup {
    fn new(mirrors: usize, crawl: &str, uplink_check: bool) -> Self {
        let network = TestNetwork::new();
        let sentinel = Mirror::serve(&network, Path::new("/var/empty"));
        sentinel.override_response(|_| Some("HTTP/1.1 204 No Content\r\n\r\n".to_owned()));
        let check = if uplink_check {
            format!("uplink_check_urls = [\"{}/\"]\n", sentinel.url())
        } else {
            String::new()
        };
        let net = Net::new(&format!("{QUICK}{crawl}{check}"));
        for n in 0..6 {
            net.write(&format!("tree/pool/{n}/a.rpm"), &format!("package {n}"));
        }
        net.copy_to("m");
        let mirrors: Vec<Mirror> = (0..mirrors)
            .map(|_| Mirror::serve(&network, &net.env.path("m")))
            .collect();
        let setup = Self {
            net,
            network,
            sentinel,
            mirrors,
        };
        setup.register(&[]);
        setup.net.crawl();
        setup
    }

    /// Registers all mirrors, and these.
    fn register(&self, more: &[(&str, &str)]) {
        let mirrors = self.mirrors.iter().enumerate();
        let all: Vec<(String, String)> = mirrors.map(|(n, m)| (name(n), m.url())).collect();
        let named = all.iter().map(|(name, url)| (name.as_str(), url.as_str()));
        self.net
            .register(&named.chain(more.iter().copied()).collect::<Vec<_>>());
    }

    /// The present directories of each host.
    fn inventories(&self) -> Vec<(String, Vec<String>)> {
        (0..self.mirrors.len())
            .map(|n| (name(n), self.net.inventory(&name(n)).present))
            .collect()
    }

    /// Runs a full crawl and sets `mood` after this number of hosts. Returns the exit status and stderr.
    fn crawl_cut_after(&self, done: usize, network_state: NetworkState) -> (i32, String) {
        // The hosts that are to finish are quick, the others are still being probed.
        for (n, m) in self.mirrors.iter().enumerate() {
            m.delay(Duration::from_millis(if n < done { 5 } else { 50 }));
        }
        let last = self.net.sql_rows("SELECT max(id) FROM run").remove(0);
        let mut crawl = start(&self.net, &["--full"]);
        let started = Instant::now();
        let hosts = format!("SELECT count(DISTINCT host_id) FROM crawl_result WHERE run_id > {last}");
        while self.net.sql_rows(&hosts)[0].parse::<usize>().unwrap() < done {
            assert!(started.elapsed() < Duration::from_secs(30), "no result");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.network.set(network_state);
        let status = wait(&mut crawl, Duration::from_mins(1));
        let mut stderr = String::new();
        crawl.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        for m in &self.mirrors {
            m.delay(Duration::ZERO);
        }
        (status.code().unwrap(), stderr)
    }

    fn assert_no_mirror_is_affected(&self, before: &[(String, Vec<String>)], what: &str) {
        assert_eq!(self.inventories(), before, "{what}");
        let failed = "SELECT name FROM host WHERE crawl_failures > 0 OR NOT user_active";
        assert_eq!(self.net.sql_rows(failed), [""; 0], "{what}");
        let all: Vec<String> = (0..self.mirrors.len()).map(name).collect();
        for path in [REPODATA, OS, "pool/3"] {
            assert_eq!(self.net.listed(path), all, "{what}: {path}");
        }
        assert_eq!(
            self.net
                .sql_rows("SELECT reason FROM finding WHERE reason = 'unknown-hash'"),
            [""; 0],
            "{what}"
        );
    }
}

/// Fails early, in the middle, and after most hosts were good, so that the mass-loss protection would not trigger.
fn assert_outage_affects_no_mirror(network_state: NetworkState) {
    for (uplink_check, cuts) in [(false, &[3, 25][..]), (true, &[6])] {
        let setup = OutageSetup::new(30, STRICT, uplink_check);
        let before = setup.inventories();
        for done in cuts {
            let what = format!("{network_state:?} after {done} hosts, uplink_check: {uplink_check}");
            let (status, stderr) = setup.crawl_cut_after(*done, network_state);
            assert!(!stderr.contains("ALARM"), "{what}: {stderr}");
            // The last few hosts have some results already; the rest is inconclusive.
            assert!(status == 3 || (status == 0 && *done == 25), "{what}: {status} {stderr}");
            // A lasting problem is reported once a day.
            let reported = stderr.contains("outage suspected");
            assert!(status == 0 || reported == (*done == cuts[0]), "{what}: {stderr}");
            setup.assert_no_mirror_is_affected(&before, &what);
            setup.network.set(NetworkState::Good);
        }
        let again = setup.net.env.run("mm-crawl", &["--full"]);
        assert_eq!(again.status, 0, "{network_state:?}: {again:?}");
        assert_eq!(setup.sentinel.requests().is_empty(), !uplink_check);
    }
}

#[test]
fn outage_with_refused_connections_counts_against_no_mirror() {
    assert_outage_affects_no_mirror(NetworkState::Refused);
}

#[test]
fn outage_with_dropped_packets_counts_against_no_mirror() {
    assert_outage_affects_no_mirror(NetworkState::Silent);
}

#[test]
fn captive_portal_with_404_counts_against_no_mirror() {
    assert_outage_affects_no_mirror(NetworkState::Missing);
}

#[test]
fn captive_portal_with_a_page_counts_against_no_mirror() {
    assert_outage_affects_no_mirror(NetworkState::Portal);
}

/// The failure begins with the first request: no mirror has answered that could show it.
#[test]
fn captive_portal_from_the_start_is_stopped_by_the_mass_loss_limit() {
    let setup = OutageSetup::new(25, STRICT, false);
    let before = setup.inventories();
    for network_state in [NetworkState::Missing, NetworkState::Portal, NetworkState::Refused] {
        setup.network.set(network_state);
        let output = setup.net.env.run("mm-crawl", &["--full"]);
        assert_eq!(output.status, 3, "{network_state:?}: {output:?}");
        if network_state == NetworkState::Missing {
            assert!(
                output.stderr.contains("mm-admin pending confirm crawl-")
                    && output.stderr.contains("mm-admin pending reject crawl-"),
                "{output:?}"
            );
        }
        setup.assert_no_mirror_is_affected(&before, &format!("{network_state:?}"));
        setup.network.set(NetworkState::Good);
    }
}

/// They are the slowest, so that no mirror answers after them.
#[test]
fn dead_mirrors_are_disabled_even_if_they_are_crawled_last() {
    for uplink_check in [false, true] {
        let setup = OutageSetup::new(6, "disable_after_failures = 2\n", uplink_check);
        let refused: Vec<String> = (0..2)
            .map(|_| format!("http://127.0.0.1:{}", crate::support::free_port()))
            .collect();
        let silent = servers::hanging("http", "");
        let names = ["d1.org", "d2.org"];
        let mut dead: Vec<(&str, &str)> = names.into_iter().zip(refused.iter().map(String::as_str)).collect();
        dead.push(("d3.org", &silent));
        setup.register(&dead);
        let before = setup.inventories();
        for failures in ["1", "2"] {
            let report = setup.net.crawl();
            assert_eq!(report["result"]["totals"]["inconclusive"], 3, "{report}");
            assert_eq!(
                setup
                    .net
                    .sql_rows("SELECT crawl_failures FROM host WHERE name LIKE 'd%'"),
                [failures; 3]
            );
        }
        let off = "SELECT name FROM host WHERE NOT user_active AND disabled_by = 'crawler' ORDER BY name";
        assert_eq!(setup.net.sql_rows(off), ["d1.org", "d2.org", "d3.org"]);
        assert_eq!(setup.inventories(), before);
    }
}

/// Few mirrors, and the network fails when only two are left: too few to suspect an outage, but the mirrors that answered before
/// do not answer control requests.
#[test]
fn two_failing_mirrors_at_the_end_are_no_outage() {
    let setup = OutageSetup::new(6, "workers = 1\ndisable_after_failures = 1\n", false);
    let before = setup.inventories();
    let (status, stderr) = setup.crawl_cut_after(4, NetworkState::Silent);
    assert_eq!(status, 3, "{stderr}");
    setup.assert_no_mirror_is_affected(&before, "the last two");
}

#[test]
fn loss_of_everything_on_one_host_is_stored() {
    let setup = OutageSetup::new(2, "disable_after_failures = 3\n", false);
    setup.mirrors[1].override_response(|_| Some("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()));
    let report = setup.net.crawl_with(&["--full", "--host", &name(1)]);
    assert_eq!(report["result"]["lines"][0]["outcome"], "category-missing", "{report}");
    assert_eq!(setup.net.inventory(&name(1)).present, [""; 0]);
    assert_eq!(setup.net.listed(REPODATA), [name(0)]);
    // A mirror that alone stops answering is counted as failed.
    setup.network.set(NetworkState::Refused);
    setup.net.env.run("mm-crawl", &["--full", "--host", &name(0)]);
    let failures = format!("SELECT crawl_failures FROM host WHERE name = '{}'", name(0));
    assert_eq!(setup.net.sql_rows(&failures), ["1"]);
}
