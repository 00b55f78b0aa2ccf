use super::*;
use crate::model::inventory::ExceptionState;
use crate::publish::tests::{ARCH, Sample, exception};

const NOW: Timestamp = Timestamp(1_700_000_000);

fn hosts(n: u64, bandwidth: u64) -> Capacity {
    Capacity { hosts: n, bandwidth }
}

/// A version with a readable repository, and one below `releases/43`, which is unreadable on the master.
fn sample_version() -> (Sample, VersionId) {
    let mut s = Sample::new();
    let readable = s.directory("development/43/os");
    let readable_data = s.directory("development/43/os/repodata");
    let parent = s.directory("releases/43");
    let staged_os = s.directory("releases/43/os");
    let staged_data = s.directory("releases/43/os/repodata");
    for d in [parent, staged_os, staged_data] {
        s.registry.directories.get_mut(&d).unwrap().readable = false;
    }
    s.repomd(readable_data, 1, 1_600_000_000, None);
    s.repomd(staged_data, 1, 0, None);
    let version = s.version("43");
    let other = s.version("42");
    s.repository("fedora-43", version, ARCH, readable);
    s.repository("fedora-gold", version, ARCH, staged_os);
    s.repository("fedora-42", other, ARCH, readable);
    let staged = || exception(ExceptionState::Staged, None);

    let both = s.host("both.example.org", "DE");
    s.set_inventory(both, 1, &[readable, readable_data])
        .exceptions
        .insert(parent, staged());
    let only_readable = s.host("readable.example.org", "DE");
    s.set_inventory(only_readable, 1, &[readable, readable_data]);
    let fast = s.host("fast.example.org", "FR");
    s.set_inventory(fast, 1, &[]).exceptions.insert(staged_data, staged());
    s.host_of(fast).bandwidth = 9_000;
    let slow = s.host("slow.example.org", "FR");
    s.set_inventory(slow, 1, &[]).exceptions.insert(staged_os, staged());
    let leaked = s.host("leaked.example.org", "US");
    s.set_inventory(leaked, 1, &[readable, readable_data, parent, staged_os, staged_data]);
    // Hosts that are disabled or have nothing are not counted.
    let disabled = s.host("disabled.example.org", "US");
    s.set_inventory(disabled, 1, &[readable, readable_data])
        .exceptions
        .insert(parent, staged());
    s.host_of(disabled).user_active = false;
    let nothing = s.host("nothing.example.org", "JP");
    s.set_inventory(nothing, 1, &[]);
    (s, version)
}

#[test]
fn each_mirror_is_counted_once_by_its_status() {
    let (s, version) = sample_version();
    let publication = Publication::from_registry(&s.registry, &s.policy(), NOW);
    let got = version_readiness(&publication, &BTreeSet::from([version]), &BTreeSet::new());
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
    assert_eq!((fedora.mirrors, fedora.staged), (hosts(3, 3_000), hosts(0, 0)));
    assert_eq!(
        (gold.mirrors, gold.staged, gold.leaked),
        (hosts(0, 0), hosts(3, 11_000), hosts(1, 1_000))
    );

    let row = |country: &str, mirrors, staged, complete| CountryRow {
        country: country.to_owned(),
        mirrors,
        staged,
        complete,
    };
    let none = Capacity::default();
    assert_eq!(
        got.countries,
        [
            row("DE", hosts(2, 2_000), hosts(1, 1_000), hosts(1, 1_000)),
            row("FR", none, hosts(2, 10_000), none),
            row("US", hosts(1, 1_000), none, hosts(1, 1_000)),
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

/// An administrator vouches for a host that nobody has verified: it has nothing to say about the progress.
#[test]
fn vouched_hosts_are_left_out() {
    let (mut s, version) = sample_version();
    let vouched = s.host("vouched.example.org", "NO");
    let id = s.host_of(vouched).id;
    s.registry.host_categories.get_mut(&vouched).unwrap().always_current = true;
    assert_eq!(s.registry.host_categories[&vouched].host, id);
    let publication = Publication::from_registry(&s.registry, &s.policy(), NOW);
    let got = version_readiness(&publication, &BTreeSet::from([version]), &BTreeSet::new());
    let fedora = &got.repositories[0];
    assert_eq!((fedora.mirrors, fedora.carriers), (hosts(3, 3_000), 6));
    assert_eq!(got.vouched, 1);
    assert!(!got.listed.contains("vouched.example.org"), "{:?}", got.listed);
    assert!(got.countries.iter().all(|c| c.country != "NO"), "{:?}", got.countries);
}

/// A leak of any part of a repository, or of a directory above it, counts for it, and not for others.
#[test]
fn leaks_count_for_the_repositories_that_they_concern() {
    let (s, version) = sample_version();
    let id = |path: &str| {
        let directories = s.registry.directories.values();
        directories
            .filter(|d| d.path.as_str() == path)
            .map(|d| d.id)
            .next()
            .unwrap()
    };
    let host = s
        .registry
        .hosts
        .values()
        .find(|h| h.name.as_str() == "both.example.org")
        .unwrap()
        .id;
    let publication = Publication::from_registry(&s.registry, &s.policy(), NOW);
    for (path, leaked, staged) in [
        ("releases/43", 2, 2),
        ("releases/43/os", 2, 2),
        ("releases/43/os/repodata", 2, 2),
        ("development/43/os", 1, 3),
    ] {
        let leaks = BTreeSet::from([(host, id(path))]);
        let got = version_readiness(&publication, &BTreeSet::from([version]), &leaks);
        let [fedora, gold] = got.repositories.as_slice() else {
            panic!("{got:?}")
        };
        assert_eq!((gold.leaked.hosts, gold.staged.hosts), (leaked, staged), "{path}");
        assert_eq!(fedora.leaked.hosts, 0, "it is open: {path}");
    }
}
