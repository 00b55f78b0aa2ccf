use std::net::IpAddr;

use super::*;
use crate::answer::index::{ContinentIndex, Index};
use crate::model::continents::built_in_continents;
use crate::model::memory_budget::MemoryBudget;
use crate::model::packed_country::PackedCountry;
use crate::snapshot::{self, HostCategory, Snapshot, SnapshotCategory, SnapshotRepository};

fn host(id: i64, country: &str, bandwidth: u32) -> snapshot::SnapshotHost {
    snapshot::SnapshotHost {
        id,
        name: format!("m{id}.example.org").parse().unwrap(),
        country: Some(country.parse().unwrap()),
        bandwidth,
        private: false,
        internet2: false,
        max_connections: 1,
        asn: None,
        asn_clients: true,
        peer_asns: Vec::new(),
        netblocks: Vec::new(),
        allowed: Vec::new(),
        denied: Vec::new(),
    }
}

/// Two directories: all hosts have the first, those with an even number have the second.
fn sample_snapshot(hosts: Vec<snapshot::SnapshotHost>, scheme: impl Fn(i64) -> &'static str) -> Snapshot {
    let host_category = |h: &snapshot::SnapshotHost| HostCategory {
        host: u32::try_from(h.id).unwrap(),
        category: 0,
        urls: vec![format!("{}://{}/linux", scheme(h.id), h.name).parse().unwrap()],
        listed: if h.id % 2 == 0 { [0, 1].into() } else { [0].into() },
    };
    Snapshot {
        categories: vec![SnapshotCategory {
            name: "C".parse().unwrap(),
            topdir: "pub".to_owned(),
        }],
        directories: ["pub/a", "pub/b"]
            .map(|d| snapshot::SnapshotDirectory::new(0, d))
            .into(),
        repositories: Vec::<SnapshotRepository>::new(),
        host_categories: hosts.iter().map(host_category).collect(),
        hosts,
        ..Snapshot::default()
    }
}

/// The shares for clients that request both directories, or only the first.
fn shares_of(
    s: &Snapshot,
    number: u32,
    country: Option<&str>,
    both: bool,
    min_mirrors: usize,
    places: usize,
) -> Vec<Share> {
    let index = Index::from_snapshot(s, String::new(), MemoryBudget::default()).unwrap();
    let continents = built_in_continents();
    let params = ShareParams {
        selection_data: SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, &continents),
            min_mirrors,
        },
        places,
    };
    let directories: Vec<&IndexedDirectory> = ["pub/a", "pub/b"]
        .into_iter()
        .take(if both { 2 } else { 1 })
        .map(|d| index.directory(d).unwrap())
        .collect();
    let client = Client {
        ip: IpAddr::from([10, 0, 0, 1]),
        country: country.and_then(PackedCountry::parse),
        asn: Some(64_500),
        sees_private: true,
    };
    shares(params, &directories, number, client)
}

/// True within four standard errors; an impossible or certain event is never miscounted.
fn is_close(found: f64, expected: f64) -> bool {
    let certain = expected.fract() == 0.0;
    (found - expected).abs() < if certain { 1e-9 } else { 0.02 }
}

#[test]
fn shares_follow_tier_and_bandwidth() {
    let hosts = vec![
        host(0, "DE", 300),
        host(1, "DE", 100),
        host(2, "FR", 1_000),
        host(3, "US", 500),
    ];
    let s = sample_snapshot(hosts, |_| "https");
    // Host, country of the client, minimum, places; tier, mirrors in it, first, among the first.
    for (number, country, min_mirrors, places, expected) in [
        (0, Some("DE"), 1, 1, Some((Tier::Country, 2.0, 0.75, 0.75))),
        (1, Some("DE"), 1, 2, Some((Tier::Country, 2.0, 0.25, 1.0))),
        // The first two places are for DE, the third is for the continent.
        (2, Some("DE"), 1, 2, Some((Tier::Continent, 1.0, 0.0, 0.0))),
        (2, Some("DE"), 1, 3, Some((Tier::Continent, 1.0, 0.0, 1.0))),
        (3, Some("DE"), 3, 9, None),
        (3, Some("DE"), 4, 3, Some((Tier::Global, 1.0, 0.0, 0.0))),
        (3, Some("DE"), 4, 4, Some((Tier::Global, 1.0, 0.0, 1.0))),
        // From a country without a mirror: the continent comes first.
        (
            2,
            Some("SE"),
            1,
            1,
            Some((Tier::Continent, 3.0, 1_000.0 / 1_400.0, 1_000.0 / 1_400.0)),
        ),
        (3, Some("SE"), 1, 9, None),
        (
            3,
            None,
            5,
            1,
            Some((Tier::Global, 4.0, 500.0 / 1_900.0, 500.0 / 1_900.0)),
        ),
        (3, Some("ZA"), 5, 4, Some((Tier::Global, 4.0, 500.0 / 1_900.0, 1.0))),
    ] {
        let found = shares_of(&s, number, country, false, min_mirrors, places);
        let what = format!("host {number}, client {country:?}, minimum {min_mirrors}, {places} places: {found:?}");
        match (found.as_slice(), expected) {
            ([], None) => {}
            ([share], Some((tier, mirrors, first, in_first_n))) => {
                assert_eq!((share.tier, share.directories), (tier, 1), "{what}");
                assert!(
                    is_close(share.mirrors_in_tier, mirrors)
                        && is_close(share.first, first)
                        && is_close(share.in_first_n, in_first_n),
                    "{what}"
                );
            }
            ([..], _) => panic!("{what}"),
        }
    }
}

#[test]
fn shares_are_means_over_the_directories() {
    let s = sample_snapshot(
        vec![host(0, "DE", 100), host(1, "DE", 300), host(2, "FR", 500)],
        |_| "https",
    );
    // Alone in DE in the second directory, one of two in the first.
    let [share] = shares_of(&s, 0, Some("DE"), true, 1, 1)[..] else {
        panic!("one tier")
    };
    assert_eq!((share.tier, share.directories), (Tier::Country, 2));
    assert!(
        is_close(share.first, f64::midpoint(0.25, 1.0)) && is_close(share.mirrors_in_tier, 1.5),
        "{share:?}"
    );
    // Not in the second directory: no share there.
    let [share] = shares_of(&s, 1, Some("DE"), true, 1, 1)[..] else {
        panic!("one tier")
    };
    assert!(
        share.directories == 1 && is_close(share.first, 0.75 / 2.0) && is_close(share.mirrors_in_tier, 2.0),
        "{share:?}"
    );
    // Where DE has enough mirrors, others are not listed; elsewhere they are added.
    let s = sample_snapshot(
        vec![host(0, "US", 100), host(1, "DE", 300), host(2, "DE", 500)],
        |_| "https",
    );
    assert_eq!(shares_of(&s, 0, Some("DE"), false, 2, 9), []);
    let [share] = shares_of(&s, 0, Some("DE"), true, 2, 9)[..] else {
        panic!("one tier")
    };
    assert!(
        share.tier == Tier::Global && is_close(share.in_first_n, 0.5),
        "{share:?}"
    );
}

#[test]
fn networks_come_first_and_are_shuffled() {
    let mut hosts = vec![
        host(0, "DE", 100),
        host(1, "DE", 900),
        host(2, "DE", 900),
        host(3, "DE", 10),
    ];
    hosts[0].netblocks = vec!["10.0.0.0/8".parse().unwrap()];
    hosts[1].netblocks = vec!["10.0.0.0/8".parse().unwrap()];
    hosts[2].peer_asns = vec![64_500];
    hosts[0].private = true;
    let s = sample_snapshot(hosts, |_| "https");
    for (number, tier, first, in_first_n) in [
        (0, Tier::Netblock, 0.5, 1.0),
        (1, Tier::Netblock, 0.5, 1.0),
        (2, Tier::Asn, 0.0, 1.0),
        (3, Tier::Country, 0.0, 0.0),
    ] {
        let [share] = shares_of(&s, number, Some("DE"), false, 1, 3)[..] else {
            panic!("one tier")
        };
        assert_eq!(share.tier, tier, "{number}");
        assert!(
            is_close(share.first, first) && is_close(share.in_first_n, in_first_n),
            "{number}: {share:?}"
        );
    }
}

#[test]
fn mirrors_without_web_urls_are_not_counted() {
    let s = sample_snapshot(vec![host(0, "DE", 900), host(1, "DE", 100)], |id| {
        if id == 0 { "rsync" } else { "https" }
    });
    assert_eq!(shares_of(&s, 0, Some("DE"), false, 1, 9), []);
    let [share] = shares_of(&s, 1, Some("DE"), false, 1, 1)[..] else {
        panic!("one tier")
    };
    assert!(is_close(share.first, 1.0), "{share:?}");
}

#[test]
fn every_client_group_has_one_representative() {
    let mut hosts = vec![host(0, "DE", 100), host(1, "US", 100), host(2, "JP", 100)];
    hosts[0].netblocks = vec!["192.0.2.0/24".parse().unwrap()];
    hosts[0].asn = Some(64_500);
    hosts[0].peer_asns = vec![64_499, 64_500];
    hosts[1].denied = vec!["AD".parse().unwrap()];
    hosts[2].private = true;
    let mut s = sample_snapshot(hosts, |_| "https");
    s.embargoed = vec!["AO".parse().unwrap()];
    s.netblock_countries = vec![("192.0.2.0/24".parse().unwrap(), "AT".parse().unwrap())];
    let index = Index::from_snapshot(&s, String::new(), MemoryBudget::default()).unwrap();
    let continents = built_in_continents();
    let selection_data = SelectionData {
        index: &index,
        continents: &ContinentIndex::new(&index, &continents),
        min_mirrors: 0,
    };
    let found = client_groups(selection_data, &s, &s.hosts[0]);
    let code = |c: &str| PackedCountry::parse(c).unwrap();
    let groups: Vec<ClientGroup> = found.iter().map(|(c, _)| *c).collect();
    let other_countries =
        ["AF", "AN", "AS", "EU", "NA", "OC", "SA"].map(|c| ClientGroup::CountriesWithoutMirror(code(c)));
    let mut expected = vec![
        ClientGroup::Netblock("192.0.2.0/24".parse().unwrap()),
        ClientGroup::Asn(64_499),
        ClientGroup::Asn(64_500),
        ClientGroup::Country(code("DE")),
        ClientGroup::Country(code("US")),
    ];
    expected.extend(other_countries);
    expected.push(ClientGroup::UnknownCountry);
    assert_eq!(groups, expected);
    let client = |wanted: ClientGroup| found.iter().find(|(c, _)| *c == wanted).unwrap().1;
    assert_eq!(client(expected[0]).country, Some(code("AT")));
    assert_eq!(client(expected[1]).country, Some(code("DE")));
    // AD is denied by a host and AO is embargoed, so other countries represent their continents.
    assert_eq!(
        client(ClientGroup::CountriesWithoutMirror(code("EU"))).country,
        Some(code("AL"))
    );
    assert_eq!(
        client(ClientGroup::CountriesWithoutMirror(code("AF"))).country,
        Some(code("BF"))
    );
    assert_eq!(client(ClientGroup::UnknownCountry).country, None);
}
