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
fn the_small_world_is_read() {
    let (index, created) = read(CACHE).unwrap();
    assert_eq!(created, Timestamp(1_770_000_000));
    assert!(index.repository("fedora-43", "x86_64").is_some());
    assert!(index.is_disabled("epel-7", "x86_64"));
    assert_eq!(index.redirected("fedora-latest"), "fedora-43");
    let directory = index
        .directory("pub/fedora/linux/releases/43/Everything/x86_64/os")
        .unwrap();
    assert_eq!(directory.below(), "releases/43/Everything/x86_64/os");
    assert!(index.carriers(directory).count() > 20);
}

#[test]
fn a_cache_without_its_last_part_is_refused() {
    assert!(read(&[]).is_err());
    // The directories who carries what stand last: a file cut off before them names none.
    let half = CACHE.len() / 2 - 3;
    assert!(read(&CACHE[..half]).is_err());
}

/// What a client can be told of a directory.
fn told(index: &Index, d: &IndexedDirectory) -> Vec<(String, u32, bool, Vec<String>)> {
    let mut out: Vec<_> = index
        .carriers(d)
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

/// The snapshot tests' world with a private host, a host without a country, a repository that is off everywhere and one that is
/// off for one architecture.
fn world() -> Snapshot {
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
        held: [2, 3].into_iter().collect(),
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
fn a_snapshot_written_as_a_cache_says_the_same() {
    let s = world();
    s.encode().unwrap();
    let (got, created) = read(&write(&s, Timestamp(1_790_000_000))).unwrap();
    let want = Index::from_snapshot(&s, "0123456789abcdef".to_owned());
    assert_eq!((created, &got.warnings), (Timestamp(1_790_000_000), &Vec::new()));
    for d in &s.directories {
        let (a, b) = (got.directory(&d.name).unwrap(), want.directory(&d.name).unwrap());
        assert_eq!(told(&got, a), told(&want, b), "{}", d.name);
        assert_eq!(a.below(), b.below());
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
            let admits = |i: &Index| i.host(place).unwrap().accepts_country(client);
            assert_eq!(admits(&got), admits(&want), "host {place}, client {client:?}");
        }
    }
    assert_eq!(got.redirected("linux-latest"), "linux-43");
    assert!(got.repository("linux-43", "x86_64").is_some() && got.repository("epel-9", "x86_64").is_some());
    assert!(got.is_disabled("epel-7", "x86_64") && !got.is_disabled("epel-9", "x86_64"));
    assert!(
        got.repository("epel-9", "aarch64").is_none(),
        "a prefix is off as a whole or not at all"
    );
}

#[test]
fn hosts_that_are_not_for_some_countries_are_for_all_others() {
    let mut s = world();
    s.hosts[1].denied = vec!["FR".parse().unwrap()];
    s.hosts[2].allowed = vec!["DE".parse().unwrap()];
    s.hosts[2].denied = vec!["DE".parse().unwrap()];
    let (index, _) = read(&write(&s, Timestamp(1))).unwrap();
    let admits = |place, c| index.host(place).unwrap().accepts_country(PackedCountry::parse(c));
    assert!(admits(1, "DE") && admits(1, "ZW") && !admits(1, "FR"));
    assert!(!admits(2, "DE") && !admits(2, "FR"));
}

#[test]
fn the_recorded_cache_is_written_as_it_was_read() {
    let cache = wire::MirrorList::decode(CACHE).unwrap();
    let bytes = cache.encode_to_vec();
    assert_eq!(wire::MirrorList::decode(bytes.as_slice()).unwrap(), cache);
    let (a, b) = (read(CACHE).unwrap(), read(&bytes).unwrap());
    assert_eq!(
        (a.1, a.0.counts(), a.0.known_repositories()),
        (b.1, b.0.counts(), b.0.known_repositories())
    );
}

/// The directories stand at the end, each for itself: a file that ends between two of them is a sound message.
#[test]
fn a_cache_that_was_cut_between_two_directories_is_refused_or_told_of() {
    let mut cache = wire::MirrorList::decode(CACHE).unwrap();
    let all = cache.directories.len();
    let name = |d: &Bytes| wire::WireDirectory::decode(d.clone()).unwrap().name().to_owned();
    let names: Vec<String> = cache.directories.iter().map(name).collect();
    let mut refused = 0;
    for kept in (0..all).rev() {
        cache.directories.truncate(kept);
        let is_told = |d: &str| names[..kept].iter().any(|name| name == d);
        let lost = cache
            .repo_arch_to_directory
            .iter()
            .filter(|r| !is_told(r.value()))
            .count();
        match read(&cache.encode_to_vec()) {
            Ok((index, _)) => {
                let told = index.warnings.iter().any(|w| w.starts_with(&format!("{lost} of ")));
                assert_eq!(told, lost > 0, "{kept}: {:?}", index.warnings);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused >= all / 3, "{refused} of {all}");
}

proptest! {
    #[test]
    fn a_damaged_cache_is_read_or_refused_but_never_fatal(cut in 0..CACHE.len(), at in 0..CACHE.len(), bit in 0_u8..8) {
        drop(read(&CACHE[..cut]));
        let mut bytes = CACHE.to_vec();
        bytes[at] ^= 1 << bit;
        drop(read(&bytes));
    }
}
