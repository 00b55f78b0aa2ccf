//! Downtimes of hosts, from `mm-admin host downtime` to the published generation.

use super::{MM_UPDATE_MIRRORLIST, TestBackend};

const F43: &str = "releases/43/Everything/x86_64/os";
/// Twelve hosts, seven of them in one network: more than the publish guard accepts.
const HOSTS: usize = 12;
const IN_NETWORK: usize = 7;
const FILTER: [&str; 4] = ["host", "downtime", "--where", "asn=64500"];

fn network() -> TestBackend {
    let backend = TestBackend::new(HOSTS, "");
    backend.sql(&format!("UPDATE host SET asn = 64500 WHERE id <= {IN_NETWORK}"));
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS);
    backend
}

impl TestBackend {
    /// Publishes a generation; no loss needs attention.
    #[track_caller]
    fn update(&self) {
        let ran = self.env.run(MM_UPDATE_MIRRORLIST, &[]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    }

    /// Runs `mm-admin host downtime` for the network, with the number of affected hosts.
    #[track_caller]
    fn downtime(&self, words: &[&str]) -> String {
        self.env.ok("mm-admin", &[&FILTER, words, &["--confirm", "7"]].concat())
    }

    fn downtimes(&self) -> serde_json::Value {
        serde_json::from_str(&self.env.ok("mm-admin", &["downtime", "list", "--format", "json"])).unwrap()
    }
}

#[test]
fn a_network_in_a_downtime_is_off_with_the_next_generation_and_back_when_it_ends() {
    let backend = network();
    backend.downtime(&["--until", "4h", "--reason", "fiber cut"]);
    assert_eq!(
        backend.published(F43).0,
        HOSTS,
        "nothing changes before the next generation"
    );
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS - IN_NETWORK, "no loss for the guard");
    let why = backend.env.ok("mm-admin", &["why", "mirror00.example.org"]);
    assert!(why.contains("downtime until") && why.contains("fiber cut"), "{why}");

    backend.downtime(&["--off"]);
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS);

    // The same hosts are a loss if no operator announced it.
    backend.sql(&format!(
        "DELETE FROM inventory WHERE host_category_id % 1000 <= {IN_NETWORK}"
    ));
    let ran = backend.env.run(MM_UPDATE_MIRRORLIST, &[]);
    assert!(ran.status == 3 && ran.stderr.contains("lost mirrors"), "{ran:?}");
}

#[test]
fn with_keep_listed_the_hosts_stay_and_are_not_crawled() {
    let backend = network();
    let before = backend.published_generation().1.file("snapshot").cloned();
    backend.downtime(&["--until", "4h", "--keep-listed"]);
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS);
    assert_eq!(
        backend.published_generation().1.file("snapshot").cloned(),
        before,
        "clients get the same mirrors"
    );
    let crawl = backend
        .env
        .run("mm-crawl", &["--dry-run", "-v", "--host", "mirror00.example.org"]);
    let output = [crawl.stdout, crawl.stderr].concat();
    assert!(output.contains("in a downtime"), "{output}");
}

#[test]
fn one_undo_reverts_the_downtimes_of_a_network_and_their_early_end() {
    let backend = network();
    let last = || -> String {
        let text = backend.env.ok("mm-admin", &["changes", "-n", "1", "--format", "json"]);
        let changes: serde_json::Value = serde_json::from_str(&text).unwrap();
        changes[0]["id"].to_string()
    };
    let rows = || backend.downtimes().as_array().unwrap().len();
    // They began long ago: their ends are changed, and no row is removed.
    backend.downtime(&["--from", "2026-01-01", "--until", "2096-01-01"]);
    let announced = last();
    let (before, count) = (backend.downtimes(), rows());
    assert_eq!(count, IN_NETWORK);
    backend.update();
    backend.downtime(&["--off"]);
    assert_eq!(rows(), IN_NETWORK);
    assert_ne!(backend.downtimes(), before);
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS);

    // The downtimes continue.
    let undone = backend.env.ok("mm-admin", &["undo", &last()]);
    assert!(undone.contains("7 rows"), "{undone}");
    assert_eq!(backend.downtimes(), before);
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS - IN_NETWORK);

    let undone = backend.env.ok("mm-admin", &["undo", &announced]);
    assert!(undone.contains("7 rows"), "{undone}");
    assert_eq!(rows(), 0);
    backend.update();
    assert_eq!(backend.published(F43).0, HOSTS);
}

#[test]
fn a_slip_in_a_filter_does_not_take_many_hosts_off() {
    let backend = network();
    for words in [["--until", "4h"].as_slice(), &["--until", "4h", "--keep-listed"]] {
        let refused = backend.env.run("mm-admin", &[&FILTER, words].concat());
        assert_eq!(refused.status, 3, "{refused:?}");
        for text in ["7 hosts of 12", "--confirm 7", "nothing was changed"] {
            assert!(refused.stderr.contains(text), "no {text:?} in {refused:?}");
        }
    }
    let other = backend.env.run(
        "mm-admin",
        &[&FILTER[..], &["--until", "4h", "--confirm", "6"]].concat(),
    );
    assert_eq!(other.status, 3, "{other:?}");
    let dry = backend
        .env
        .ok("mm-admin", &[&FILTER[..], &["--until", "4h", "--dry-run"]].concat());
    assert!(dry.contains("add --confirm 7") && dry.contains("dry run"), "{dry}");
    assert_eq!(backend.downtimes().as_array().unwrap().len(), 0);

    // Ending downtimes lists hosts that may be off still. Only those that are down count.
    let down = |n: usize| format!("mirror{n:02}.example.org");
    let hosts: Vec<String> = (0..3).map(down).collect();
    let words: Vec<&str> = hosts.iter().map(String::as_str).collect();
    backend.env.ok(
        "mm-admin",
        &[&["host", "downtime", "--until", "4h"], words.as_slice()].concat(),
    );
    let refused = backend.env.run("mm-admin", &[&FILTER[..], &["--off"]].concat());
    assert!(
        refused.status == 3 && refused.stderr.contains("3 hosts of 12"),
        "{refused:?}"
    );
    backend
        .env
        .ok("mm-admin", &[&FILTER[..], &["--off", "--confirm", "3"]].concat());
}
