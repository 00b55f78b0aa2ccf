use proptest::prelude::*;

use prost::Message as _;

use super::*;
use crate::answer::index::{ContinentIndex, IndexedDirectory};
use crate::model::continents::Continents;
use crate::snapshot::{self, Snapshot};

const CACHE: &[u8] = include_bytes!("../../tests/data/mirrorlist/mirrorlist_cache.proto");

fn read(bytes: &[u8]) -> Result<(Index, Timestamp), Mm2Error> {
    super::read(Bytes::copy_from_slice(bytes))
}

#[test]
fn the_recorded_cache_is_read() {
    let (index, created) = read(CACHE).unwrap();
    assert_eq!(created, Timestamp(1_770_000_000));
    assert!(index.repository("fedora-43", "x86_64").is_some());
    assert!(index.is_disabled("epel-7", "x86_64"));
    assert_eq!(index.redirected("fedora-latest"), "fedora-43");
    let directory = index
        .directory("pub/fedora/linux/releases/43/Everything/x86_64/os")
        .unwrap();
    assert_eq!(&*directory.subpath, "releases/43/Everything/x86_64/os");
    assert!(index.mirrors(directory).count() > 20);
}

#[test]
fn a_truncated_cache_is_rejected() {
    assert!(read(&[]).is_err());
    // Directories are at the end: a file truncated before them contains none.
    let half = CACHE.len() / 2 - 3;
    assert!(read(&CACHE[..half]).is_err());
}

/// Mirrors of a directory as a client sees them.
fn visible_mirrors(index: &Index, d: &IndexedDirectory) -> Vec<(String, u32, bool, Vec<String>)> {
    let mut out: Vec<_> = index
        .mirrors(d)
        .map(|c| {
            let host = index.host(c.host).unwrap();
            let urls = c.urls.iter().map(|u| u.base.to_string()).collect();
            let country = c.country.map_or_else(String::new, |c| c.to_string());
            (format!("{} {country}", host.location), host.weight, c.public, urls)
        })
        .collect();
    out.sort();
    out
}

/// The snapshot of the snapshot tests with a private host, a host without a country, a repository that is disabled,
/// and one that is disabled for one architecture.
fn test_snapshot() -> Snapshot {
    let mut s = snapshot::tests::small();
    s.embargoed.clear();
    for h in &mut s.hosts {
        h.denied.clear();
    }
    s.hosts[1].private = true;
    s.hosts[1].allowed.clear();
    let mut third = s.hosts[1].clone();
    (third.id, third.name, third.private, third.country) = (9, "c.example.org".parse().unwrap(), false, None);
    (third.asn_clients, third.peer_asns, third.netblocks) = (false, Vec::new(), Vec::new());
    s.hosts.push(third);
    s.host_categories.push(snapshot::HostCategory {
        host: 2,
        category: 1,
        urls: ["https://c.example.org/x", "rsync://c.example.org/x"]
            .map(|u| u.parse().unwrap())
            .to_vec(),
        listed: [2, 3].into_iter().collect(),
    });
    let repository = |prefix: &str, arch: &str, disabled| snapshot::SnapshotRepository {
        prefix: prefix.into(),
        arch: arch.into(),
        directory: Some(1),
        disabled,
    };
    s.repositories.insert(0, repository("epel-7", "x86_64", true));
    s.repositories.insert(1, repository("epel-9", "aarch64", true));
    s.repositories.insert(2, repository("epel-9", "x86_64", false));
    s
}

#[test]
fn a_written_cache_equals_the_snapshot() {
    let s = test_snapshot();
    s.encode().unwrap();
    let (got, created) = read(&write(&s, Timestamp(1_790_000_000))).unwrap();
    let want = Index::from_snapshot(&s, "0123456789abcdef".to_owned(), MemoryBudget::default()).unwrap();
    assert_eq!((created, &got.warnings), (Timestamp(1_790_000_000), &Vec::new()));
    for d in &s.directories {
        let (a, b) = (got.directory(&d.name).unwrap(), want.directory(&d.name).unwrap());
        assert_eq!(visible_mirrors(&got, a), visible_mirrors(&want, b), "{}", d.name);
        assert_eq!(a.subpath, b.subpath);
        for f in &d.files {
            assert_eq!(a.file(&f.name).unwrap().xml, b.file(&f.name).unwrap().xml);
        }
    }
    for ip in ["192.0.2.7", "2001:db8::7", "10.1.2.3", "203.0.113.1"] {
        let ip = ip.parse().unwrap();
        let blocks = |i: &Index| i.netblock_hosts(ip).collect::<Vec<_>>();
        assert_eq!(blocks(&got), blocks(&want), "{ip}");
        assert_eq!(got.netblock_country(ip), want.netblock_country(ip), "{ip}");
    }
    for asn in [1, 2, 64_500, 9] {
        assert_eq!(got.asn_hosts(asn), want.asn_hosts(asn), "{asn}");
    }
    let code = |c| PackedCountry::parse(c).unwrap();
    let continent = |i: &Index| ContinentIndex::new(i, &Continents::new()).continent(code("DE"));
    assert!(continent(&want).is_some());
    assert_eq!(continent(&got), continent(&want));
    for place in 0..3 {
        for client in [None, Some(code("DE")), Some(code("FR"))] {
            let accepts = |i: &Index| i.host(place).unwrap().accepts_country(client);
            assert_eq!(accepts(&got), accepts(&want), "host {place}, client {client:?}");
        }
    }
    assert_eq!(got.redirected("linux-latest"), "linux-43");
    assert!(got.repository("linux-43", "x86_64").is_some() && got.repository("epel-9", "x86_64").is_some());
    assert!(got.is_disabled("epel-7", "x86_64") && !got.is_disabled("epel-9", "x86_64"));
    assert!(
        got.repository("epel-9", "aarch64").is_none(),
        "the cache cannot disable a single architecture"
    );
}

#[test]
fn hosts_with_denied_countries_allow_all_others() {
    let mut s = test_snapshot();
    s.hosts[1].denied = vec!["FR".parse().unwrap()];
    s.hosts[2].allowed = vec!["DE".parse().unwrap()];
    s.hosts[2].denied = vec!["DE".parse().unwrap()];
    let (index, _) = read(&write(&s, Timestamp(1))).unwrap();
    let accepts = |place, c| index.host(place).unwrap().accepts_country(PackedCountry::parse(c));
    assert!(accepts(1, "DE") && accepts(1, "ZW") && !accepts(1, "FR"));
    assert!(!accepts(2, "DE") && !accepts(2, "FR"));
}

#[test]
fn the_recorded_cache_survives_a_round_trip() {
    let cache = wire::MirrorList::decode(CACHE).unwrap();
    let bytes = cache.encode_to_vec();
    assert_eq!(wire::MirrorList::decode(bytes.as_slice()).unwrap(), cache);
    let (a, b) = (read(CACHE).unwrap(), read(&bytes).unwrap());
    assert_eq!(
        (a.1, a.0.counts(), &a.0.known_repositories),
        (b.1, b.0.counts(), &b.0.known_repositories)
    );
}

/// Directories are separate fields at the end: a file that ends between two of them can be decoded.
#[test]
fn a_cache_truncated_between_directories_is_rejected_or_warned_of() {
    let mut cache = wire::MirrorList::decode(CACHE).unwrap();
    let all = cache.directories.len();
    let name = |d: &Bytes| wire::WireDirectory::decode(d.clone()).unwrap().name;
    let names: Vec<String> = cache.directories.iter().map(name).collect();
    let mut rejected = 0;
    for kept in (0..all).rev() {
        cache.directories.truncate(kept);
        let is_read = |d: &str| names[..kept].iter().any(|name| name == d);
        let lost = cache.repo_arch_to_directory.iter().filter(|r| !is_read(&r.1)).count();
        match read(&cache.encode_to_vec()) {
            Ok((index, _)) => {
                let is_warned = index.warnings.iter().any(|w| w.contains(&format!("of {lost} of ")));
                assert_eq!(is_warned, lost > 0, "{kept}: {:?}", index.warnings);
            }
            Err(_) => rejected += 1,
        }
    }
    assert!(rejected >= all / 3, "{rejected} of {all}");
}

proptest! {
    #[test]
    fn a_corrupt_cache_does_not_panic(cut in 0..CACHE.len(), at in 0..CACHE.len(), bit in 0_u8..8) {
        drop(read(&CACHE[..cut]));
        let mut bytes = CACHE.to_vec();
        bytes[at] ^= 1 << bit;
        drop(read(&bytes));
    }
}
