use super::*;
use crate::model::ids::{FileDetailId, ScanSeq};
use crate::model::inventory::ExceptionState;
use crate::publish::tests::{Sample, exception};

/// Host, status, present, pushes behind, published.
type Expected<'a> = (&'a str, DirectoryStatus, bool, Option<Option<usize>>, bool);

const NOW: Timestamp = Timestamp(1_700_000_100);

/// A repository whose `repodata` changed on the master in scans 3 and 5.
struct Fixture {
    s: Sample,
    parent: DirectoryId,
    repodata: DirectoryId,
    versions: [FileDetailId; 3],
}

fn fixture() -> Fixture {
    let mut s = Sample::new();
    let parent = s.directory("releases/43");
    s.directory("releases");
    let repodata = s.directory("releases/43/os/repodata");
    let seen = |days: i64| NOW.0 - days * 86_400;
    let versions = [
        s.repomd(repodata, 1, seen(9), Some((3, seen(2)))),
        s.repomd(repodata, 3, seen(2), Some((5, seen(1)))),
        s.repomd(repodata, 5, seen(1), None),
    ];
    s.registry.directories.get_mut(&repodata).unwrap().changed_seq = ScanSeq(5);
    Fixture {
        s,
        parent,
        repodata,
        versions,
    }
}

impl Fixture {
    fn add_host(&mut self, name: &str, scan_seq: i64, present: &[DirectoryId]) -> HostCategoryId {
        let hc = self.s.host(&format!("{name}.example.org"), "DE");
        self.s.set_inventory(hc, scan_seq, present);
        hc
    }

    fn add_exception(
        &mut self,
        hc: HostCategoryId,
        directory: DirectoryId,
        state: ExceptionState,
        detail: Option<FileDetailId>,
    ) {
        let inventory = self.s.registry.inventories.get_mut(&hc).unwrap();
        inventory.exceptions.insert(directory, exception(state, detail));
    }

    fn rows(&self, findings: &BTreeMap<HostCategoryId, FindingRow>) -> Vec<DirectoryMirror> {
        let publication = Publication::from_registry(&self.s.registry, &self.s.policy(), NOW);
        directory_mirrors(&publication, &self.s.registry.directories[&self.repodata], findings)
    }
}

#[test]
fn every_status_is_reported() {
    let mut n = fixture();
    let (d, parent) = (n.repodata, n.parent);
    let [oldest, middle, _] = n.versions;
    n.add_host("current", 5, &[d]);
    n.add_host("stale", 4, &[d]);
    let hc = n.add_host("behind", 5, &[d]);
    n.add_exception(hc, d, ExceptionState::OutdatedAllowed, Some(oldest));
    let hc = n.add_host("ahead", 5, &[d]);
    n.add_exception(hc, d, ExceptionState::Ahead, None);
    let inventory = n.s.registry.inventories.get_mut(&hc).unwrap();
    inventory.exceptions.get_mut(&d).unwrap().sha256 = Some("ab".repeat(32));
    let hc = n.add_host("no-answer", 5, &[d]);
    n.add_exception(hc, d, ExceptionState::Inconclusive, Some(middle));
    let hc = n.add_host("dead", 5, &[]);
    let inventory = n.s.registry.inventories.get_mut(&hc).unwrap();
    (inventory.inconclusive_since, inventory.inconclusive_tries) = (Some(Timestamp(7)), 9);
    let hc = n.add_host("staged", 5, &[]);
    n.add_exception(hc, parent, ExceptionState::Staged, None);
    let hc = n.add_host("without", 5, &[]);
    n.s.registry.inventories.get_mut(&hc).unwrap().missing.insert(parent.0);
    n.add_host("wrong", 4, &[]);
    let hc = n.add_host("unknown", 5, &[]);
    n.add_exception(hc, d, ExceptionState::UnknownHash, None);
    let always = n.s.host("always.example.org", "DE");
    n.s.registry.host_categories.get_mut(&always).unwrap().always_current = true;
    n.s.host("new.example.org", "DE");

    let rows = n.rows(&BTreeMap::new());
    let found: Vec<Expected<'_>> = rows
        .iter()
        .map(|r| {
            let name = r.host.strip_suffix(".example.org").unwrap();
            (
                name,
                r.state,
                r.present,
                r.version.as_ref().map(|v| v.behind),
                r.published,
            )
        })
        .collect();
    let (newest, middle, oldest) = (Some(Some(0)), Some(Some(1)), Some(Some(2)));
    assert_eq!(
        found,
        [
            ("current", DirectoryStatus::Current, true, newest, true),
            // No scan has recorded its version yet, so it is not offered.
            ("ahead", DirectoryStatus::Ahead, true, Some(None), false),
            ("always", DirectoryStatus::AlwaysCurrent, true, None, true),
            ("stale", DirectoryStatus::Stale, true, middle, true),
            ("behind", DirectoryStatus::OutdatedAllowed, true, oldest, true),
            ("no-answer", DirectoryStatus::Inconclusive, true, middle, true),
            ("dead", DirectoryStatus::Inconclusive, false, None, false),
            ("staged", DirectoryStatus::Staged, false, None, false),
            ("wrong", DirectoryStatus::Outdated, false, None, false),
            ("without", DirectoryStatus::Missing, false, None, false),
            ("unknown", DirectoryStatus::UnknownHash, false, None, false),
            ("new", DirectoryStatus::NeverCrawled, false, None, false),
        ]
    );
    let row = |name: &str| rows.iter().find(|r| r.host.starts_with(name)).unwrap();
    assert_eq!(
        (row("dead").state_since, row("dead").tries),
        (Some(Timestamp(7)), Some(9))
    );
    for (name, text) in [
        ("dead", "crawls without a result: 9; absent before"),
        ("no-answer", "crawls without a result: 1; present before; repomd.xml of"),
        ("behind", "2 pushes behind"),
        ("stale", "1 push behind"),
        ("ahead", "repomd.xml SHA-256 abababababab…: not recorded by a scan yet"),
        ("without", "releases/43 is missing"),
        ("staged", "releases/43 is unreadable"),
        ("wrong", "not probed since the master changed it"),
    ] {
        let details = row(name).details();
        assert!(details.contains(text), "{name}: {details}");
    }
    assert_eq!(row("current").details(), "");
}

#[test]
fn findings_are_shown_where_they_explain_the_status() {
    let mut n = fixture();
    let d = n.repodata;
    let finding = |directory: Option<&str>, reason: &str| FindingRow {
        seen_at: Timestamp(1),
        directory: directory.map(ToOwned::to_owned),
        url: String::new(),
        code: reason.to_owned(),
        expected: "10".to_owned(),
        received: String::new(),
    };
    let here = Some("releases/43/os/repodata");
    let mut findings = BTreeMap::new();
    let good = n.s.host("a-good.example.org", "DE");
    n.s.set_inventory(good, 5, &[d]);
    findings.insert(good, finding(here, "size"));
    let wrong = n.s.host("b-wrong.example.org", "DE");
    n.s.set_inventory(wrong, 5, &[]);
    findings.insert(wrong, finding(here, "size"));
    // A finding about the whole category explains only a missing result.
    let other = n.s.host("c-other.example.org", "DE");
    n.s.set_inventory(other, 5, &[]);
    findings.insert(other, finding(None, "redirect"));
    let dead = n.s.host("d-dead.example.org", "DE");
    n.s.set_inventory(dead, 5, &[d]).inconclusive_since = Some(Timestamp(3));
    findings.insert(dead, finding(None, "timeout"));
    let off = n.s.host("e-off.example.org", "DE");
    n.s.host_of(off).admin_active = false;
    n.s.host_of(off).private = true;

    let details: Vec<(String, String)> = n
        .rows(&findings)
        .iter()
        .map(|r| (r.host.clone(), r.details()))
        .collect();
    let note = |name: &str| &details.iter().find(|(h, _)| h.starts_with(name)).unwrap().1;
    assert_eq!(note("a-good"), "");
    assert_eq!(note("b-wrong"), "size: expected 10, received -");
    assert_eq!(note("c-other"), "");
    assert!(
        note("d-dead").ends_with("timeout: expected 10, received -"),
        "{}",
        note("d-dead")
    );
    assert_eq!(
        note("e-off"),
        "private; disabled by an administrator (admin_active=false)"
    );
}
