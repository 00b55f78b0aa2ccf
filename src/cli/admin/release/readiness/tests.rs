use super::*;
use crate::publish::fixture::{ARCH, Sample, exception};

const NOW: Timestamp = Timestamp(1_700_000_000);

fn hosts(n: u64, bandwidth: u64) -> Capacity {
    Capacity { hosts: n, bandwidth }
}

/// A version with one repository that is open and one that the master keeps closed, `releases/43` being the closed door.
#[test]
fn each_mirror_counts_once_and_where_it_stands() {
    let mut s = Sample::new();
    let open = s.directory("development/43/os");
    let open_data = s.directory("development/43/os/repodata");
    let door = s.directory("releases/43");
    let closed = s.directory("releases/43/os");
    let closed_data = s.directory("releases/43/os/repodata");
    for d in [door, closed, closed_data] {
        s.world.directories.get_mut(&d).unwrap().readable = false;
    }
    s.repomd(open_data, 1, 1_600_000_000, None);
    s.repomd(closed_data, 1, 0, None);
    let version = s.version("43");
    let other = s.version("42");
    s.repository("fedora-43", version, ARCH, open);
    s.repository("fedora-gold", version, ARCH, closed);
    s.repository("fedora-42", other, ARCH, open);
    let staged = || exception(ExceptionState::Staged, None);

    let both = s.host("both.example.org", "DE");
    s.set_inventory(both, 1, &[open, open_data])
        .exceptions
        .insert(door, staged());
    let only_open = s.host("open.example.org", "DE");
    s.set_inventory(only_open, 1, &[open, open_data]);
    let fast = s.host("fast.example.org", "FR");
    s.set_inventory(fast, 1, &[]).exceptions.insert(closed_data, staged());
    s.host_of(fast).bandwidth = 9_000;
    let slow = s.host("slow.example.org", "FR");
    s.set_inventory(slow, 1, &[]).exceptions.insert(closed, staged());
    let early = s.host("early.example.org", "US");
    s.set_inventory(early, 1, &[open, open_data, door, closed, closed_data]);
    // Neither one that is switched off nor one that has nothing counts.
    let off = s.host("off.example.org", "US");
    s.set_inventory(off, 1, &[open, open_data])
        .exceptions
        .insert(door, staged());
    s.host_of(off).user_active = false;
    let nothing = s.host("nothing.example.org", "JP");
    s.set_inventory(nothing, 1, &[]);

    let listing = Publication::from_registry(&s.world, &s.policy(), NOW);
    let got = assess(&listing, &BTreeSet::from([version]));
    let [fedora, gold] = got.repositories.as_slice() else {
        panic!("{got:?}")
    };
    assert_eq!(
        (fedora.state, gold.state),
        (RepositoryReadiness::Readable, RepositoryReadiness::Staged)
    );
    assert_eq!(fedora.repository, "fedora-43/x86_64");
    assert_eq!(fedora.directory.as_deref(), Some("pub/fedora/linux/development/43/os"));
    assert_eq!(
        (fedora.repomd, gold.repomd),
        (Some(Timestamp(1_600_000_000)), Some(Timestamp(0)))
    );
    assert_eq!((fedora.holders, fedora.staged), (hosts(3, 3_000), hosts(0, 0)));
    assert_eq!(
        (gold.holders, gold.staged, gold.open_early),
        (hosts(0, 0), hosts(3, 11_000), hosts(1, 1_000))
    );

    let of = |country: &str, holders, staged, complete| CountryRow {
        country: country.to_owned(),
        holders,
        staged,
        complete,
    };
    let none = Capacity::default();
    assert_eq!(
        got.countries,
        [
            of("DE", hosts(2, 2_000), hosts(1, 1_000), hosts(1, 1_000)),
            of("FR", none, hosts(2, 10_000), none),
            of("US", hosts(1, 1_000), none, hosts(1, 1_000)),
        ]
    );
    let mirrors: Vec<(&str, u32, usize)> = got
        .staged
        .iter()
        .map(|m| (m.host.as_str(), m.bandwidth, m.repositories))
        .collect();
    assert_eq!(
        mirrors,
        [
            ("both.example.org", 1_000, 1),
            ("fast.example.org", 9_000, 1),
            ("slow.example.org", 1_000, 1)
        ]
    );
}
