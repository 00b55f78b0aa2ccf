use super::*;
use crate::model::ids::{FileDetailId, ScanSeq};
use crate::publish::fixture::{Sample, exception};

/// Name, state, whether it holds the directory, pushes behind, whether it is listed.
type Told<'a> = (&'a str, DirectoryState, bool, Option<Option<usize>>, bool);

const NOW: Timestamp = Timestamp(1_700_000_100);

/// A repository whose `repodata` the master changed in generations 3 and 5.
struct Net {
    s: Sample,
    door: DirectoryId,
    repodata: DirectoryId,
    versions: [FileDetailId; 3],
}

fn net() -> Net {
    let mut s = Sample::new();
    let door = s.directory("releases/43");
    s.directory("releases");
    let repodata = s.directory("releases/43/os/repodata");
    let seen = |days: i64| NOW.0 - days * 86_400;
    let versions = [
        s.repomd(repodata, 1, seen(9), Some((3, seen(2)))),
        s.repomd(repodata, 3, seen(2), Some((5, seen(1)))),
        s.repomd(repodata, 5, seen(1), None),
    ];
    s.world.directories.get_mut(&repodata).unwrap().changed_seq = ScanSeq(5);
    Net {
        s,
        door,
        repodata,
        versions,
    }
}

impl Net {
    fn rows(&self, findings: &BTreeMap<HostCategoryId, FindingRow>) -> Vec<HostRow> {
        let listing = Publication::from_registry(&self.s.world, &self.s.policy(), NOW);
        assess(&listing, &self.s.world.directories[&self.repodata], findings)
    }
}

#[test]
fn every_host_is_told_as_it_is_known() {
    let mut n = net();
    let (d, door) = (n.repodata, n.door);
    let [oldest, middle, _] = n.versions;
    let ask = |n: &mut Net, name: &str, generation: i64, held: &[DirectoryId]| {
        let hc = n.s.host(&format!("{name}.example.org"), "DE");
        n.s.set_inventory(hc, generation, held);
        hc
    };
    let except = |n: &mut Net, hc: HostCategoryId, id: DirectoryId, state, detail| {
        let e = exception(state, detail);
        n.s.world.inventories.get_mut(&hc).unwrap().exceptions.insert(id, e);
    };
    ask(&mut n, "current", 5, &[d]);
    ask(&mut n, "earlier", 4, &[d]);
    let hc = ask(&mut n, "lagging", 5, &[d]);
    except(&mut n, hc, d, ExceptionState::OutdatedAllowed, Some(oldest));
    let hc = ask(&mut n, "ahead", 5, &[d]);
    except(&mut n, hc, d, ExceptionState::Ahead, None);
    let held = n.s.world.inventories.get_mut(&hc).unwrap();
    held.exceptions.get_mut(&d).unwrap().sha256 = Some("ab".repeat(32));
    let hc = ask(&mut n, "silent", 5, &[d]);
    except(&mut n, hc, d, ExceptionState::Inconclusive, Some(middle));
    let hc = ask(&mut n, "dead", 5, &[]);
    let holding = n.s.world.inventories.get_mut(&hc).unwrap();
    (holding.inconclusive_since, holding.inconclusive_tries) = (Some(Timestamp(7)), 9);
    let hc = ask(&mut n, "staged", 5, &[]);
    except(&mut n, hc, door, ExceptionState::Staged, None);
    let hc = ask(&mut n, "without", 5, &[]);
    n.s.world.inventories.get_mut(&hc).unwrap().missing.insert(door.0);
    ask(&mut n, "wrong", 4, &[]);
    let hc = ask(&mut n, "foreign", 5, &[]);
    except(&mut n, hc, d, ExceptionState::UnknownHash, None);
    let trusted = n.s.host("trusted.example.org", "DE");
    n.s.world.host_categories.get_mut(&trusted).unwrap().always_up2date = true;
    n.s.host("new.example.org", "DE");

    let rows = n.rows(&BTreeMap::new());
    let told: Vec<Told<'_>> = rows
        .iter()
        .map(|r| {
            let name = r.host.strip_suffix(".example.org").unwrap();
            (name, r.state, r.holds, r.version.as_ref().map(|v| v.behind), r.listed)
        })
        .collect();
    let (newest, middle, oldest) = (Some(Some(0)), Some(Some(1)), Some(Some(2)));
    assert_eq!(
        told,
        [
            ("current", DirectoryState::Holds, true, newest, true),
            // It is offered no more as soon as a scan has recorded another.
            ("ahead", DirectoryState::Ahead, true, Some(None), false),
            ("trusted", DirectoryState::AlwaysCurrent, true, None, true),
            ("earlier", DirectoryState::Outdated, true, middle, true),
            ("lagging", DirectoryState::Lagging, true, oldest, true),
            ("silent", DirectoryState::Unanswered, true, middle, true),
            ("dead", DirectoryState::Unanswered, false, None, false),
            ("staged", DirectoryState::Staged, false, None, false),
            ("without", DirectoryState::NotHeld, false, None, false),
            ("wrong", DirectoryState::NotHeld, false, None, false),
            ("foreign", DirectoryState::Foreign, false, None, false),
            ("new", DirectoryState::NeverCrawled, false, None, false),
        ]
    );
    let row = |name: &str| rows.iter().find(|r| r.host.starts_with(name)).unwrap();
    assert_eq!((row("dead").since, row("dead").tries), (Some(Timestamp(7)), Some(9)));
    for (name, says) in [
        ("dead", "9 tries; it did not hold it before"),
        ("silent", "1 tries; it held it before; repomd.xml of"),
        ("lagging", "2 pushes behind"),
        ("earlier", "1 push behind"),
        ("ahead", "repomd.xml SHA-256 abababababab…: not yet recorded"),
        ("without", "absent from releases/43 on"),
        ("staged", "closed from releases/43 on"),
        ("wrong", "not asked since the master changed it"),
    ] {
        let note = row(name).note();
        assert!(note.contains(says), "{name}: {note}");
    }
    assert_eq!(row("current").note(), "");
}

#[test]
fn findings_stand_with_what_they_explain() {
    let mut n = net();
    let d = n.repodata;
    let finding = |directory: Option<&str>, reason: &str| FindingRow {
        seen_at: Timestamp(1),
        directory: directory.map(ToOwned::to_owned),
        url: String::new(),
        reason: reason.to_owned(),
        expected: "10".to_owned(),
        seen: String::new(),
    };
    let here = Some("releases/43/os/repodata");
    let mut findings = BTreeMap::new();
    let good = n.s.host("a-good.example.org", "DE");
    n.s.set_inventory(good, 5, &[d]);
    findings.insert(good, finding(here, "size"));
    let wrong = n.s.host("b-wrong.example.org", "DE");
    n.s.set_inventory(wrong, 5, &[]);
    findings.insert(wrong, finding(here, "size"));
    // What is wrong with the category as a whole tells of a host without an answer only.
    let other = n.s.host("c-other.example.org", "DE");
    n.s.set_inventory(other, 5, &[]);
    findings.insert(other, finding(None, "redirect"));
    let dead = n.s.host("d-dead.example.org", "DE");
    n.s.set_inventory(dead, 5, &[d]).inconclusive_since = Some(Timestamp(3));
    findings.insert(dead, finding(None, "timeout"));
    let off = n.s.host("e-off.example.org", "DE");
    n.s.host_of(off).admin_active = false;
    n.s.host_of(off).private = true;

    let notes: Vec<(String, String)> = n.rows(&findings).iter().map(|r| (r.host.clone(), r.note())).collect();
    let note = |name: &str| &notes.iter().find(|(h, _)| h.starts_with(name)).unwrap().1;
    assert_eq!(note("a-good"), "");
    assert_eq!(note("b-wrong"), "size: expected 10, seen -");
    assert_eq!(note("c-other"), "");
    assert!(
        note("d-dead").ends_with("timeout: expected 10, seen -"),
        "{}",
        note("d-dead")
    );
    assert_eq!(note("e-off"), "private; an admin switched it off (admin_active=false)");
}
