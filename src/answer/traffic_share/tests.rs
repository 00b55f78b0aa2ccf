use std::net::IpAddr;

use super::*;
use crate::answer::index::{ContinentIndex, Index};
use crate::model::continents::{Continents, built_in_continents};
use crate::model::names::CountryCode;
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

/// Two directories: all hosts hold the first; the second is held by those with an even number.
fn net(hosts: Vec<snapshot::SnapshotHost>, scheme: impl Fn(i64) -> &'static str) -> Snapshot {
    let carried = |h: &snapshot::SnapshotHost| HostCategory {
        host: u32::try_from(h.id).unwrap(),
        category: 0,
        urls: vec![format!("{}://{}/linux", scheme(h.id), h.name).parse().unwrap()],
        held: if h.id % 2 == 0 { [0, 1].into() } else { [0].into() },
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
        host_categories: hosts.iter().map(carried).collect(),
        hosts,
        ..Snapshot::default()
    }
}

/// Asks for both directories, or the first only.
fn ask(s: &Snapshot, number: u32, country: Option<&str>, both: bool, minimum: usize, places: usize) -> Vec<Share> {
    let index = Index::from_snapshot(s, String::new());
    let continents = built_in_continents();
    let setting = ShareParams {
        tables: SelectionData {
            index: &index,
            atlas: &ContinentIndex::of(&index, &continents),
        },
        minimum,
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
    shares(setting, &directories, number, client)
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-4
}

#[test]
fn shares_follow_tier_and_bandwidth() {
    let hosts = vec![
        host(0, "DE", 300),
        host(1, "DE", 100),
        host(2, "FR", 1_000),
        host(3, "US", 500),
    ];
    let s = net(hosts, |_| "https");
    // Host, client, minimum, places; tier, hosts in it, first, among the first.
    for (number, country, minimum, places, expected) in [
        (0, Some("DE"), 1, 1, Some((Tier::Country, 2.0, 0.75, 0.75))),
        (1, Some("DE"), 1, 2, Some((Tier::Country, 2.0, 0.25, 1.0))),
        // The first two places are those of DE, the third is that of the continent.
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
        let found = ask(&s, number, country, false, minimum, places);
        let what = format!("host {number}, client {country:?}, minimum {minimum}, {places} places: {found:?}");
        match (found.as_slice(), expected) {
            ([], None) => {}
            ([share], Some((near, hosts, first, among))) => {
                assert_eq!((share.near, share.directories), (near, 1), "{what}");
                assert!(
                    close(share.hosts, hosts) && close(share.first, first) && close(share.in_first_n, among),
                    "{what}"
                );
            }
            ([..], _) => panic!("{what}"),
        }
    }
}

#[test]
fn shares_are_means_over_the_directories() {
    let s = net(
        vec![host(0, "DE", 100), host(1, "DE", 300), host(2, "FR", 500)],
        |_| "https",
    );
    // Alone in DE in the second directory, one of two in the first.
    let [share] = ask(&s, 0, Some("DE"), true, 1, 1)[..] else {
        panic!("one tier")
    };
    assert_eq!((share.near, share.directories), (Tier::Country, 2));
    assert!(
        close(share.first, f64::midpoint(0.25, 1.0)) && close(share.hosts, 1.5),
        "{share:?}"
    );
    // Not in the second directory: there it has nothing.
    let [share] = ask(&s, 1, Some("DE"), true, 1, 1)[..] else {
        panic!("one tier")
    };
    assert!(
        share.directories == 1 && close(share.first, 0.75 / 2.0) && close(share.hosts, 2.0),
        "{share:?}"
    );
    // Of the continent where DE has enough, of the world where it has not: two tiers.
    let s = net(
        vec![host(0, "US", 100), host(1, "DE", 300), host(2, "DE", 500)],
        |_| "https",
    );
    assert_eq!(ask(&s, 0, Some("DE"), false, 2, 9), []);
    let [share] = ask(&s, 0, Some("DE"), true, 2, 9)[..] else {
        panic!("one tier")
    };
    assert!(share.near == Tier::Global && close(share.in_first_n, 0.5), "{share:?}");
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
    let s = net(hosts, |_| "https");
    for (number, near, first, among) in [
        (0, Tier::Netblock, 0.5, 1.0),
        (1, Tier::Netblock, 0.5, 1.0),
        (2, Tier::Asn, 0.0, 1.0),
        (3, Tier::Country, 0.0, 0.0),
    ] {
        let [share] = ask(&s, number, Some("DE"), false, 1, 3)[..] else {
            panic!("one tier")
        };
        assert_eq!(share.near, near, "{number}");
        assert!(
            close(share.first, first) && close(share.in_first_n, among),
            "{number}: {share:?}"
        );
    }
}

#[test]
fn who_serves_by_rsync_only_takes_no_place() {
    let s = net(vec![host(0, "DE", 900), host(1, "DE", 100)], |id| {
        if id == 0 { "rsync" } else { "https" }
    });
    assert_eq!(ask(&s, 0, Some("DE"), false, 1, 9), []);
    let [share] = ask(&s, 1, Some("DE"), false, 1, 1)[..] else {
        panic!("one tier")
    };
    assert!(close(share.first, 1.0), "{share:?}");
}

#[test]
fn what_is_reckoned_is_what_clients_are_given() {
    const DRAWS: u32 = 20_000;
    let countries = ["DE", "DE", "DE", "DE", "FR", "FR", "FR", "SE", "US", "US"];
    let mut hosts: Vec<snapshot::SnapshotHost> = (0..)
        .zip(countries)
        .map(|(n, c)| host(n, c, 50 + 397 * u32::try_from(n).unwrap() % 1_000))
        .collect();
    hosts[1].netblocks = vec!["10.0.0.0/8".parse().unwrap()];
    hosts[5].denied = vec!["DE".parse::<CountryCode>().unwrap()];
    let s = net(hosts, |_| "https");
    let index = Index::from_snapshot(&s, String::new());
    let continents: Continents = built_in_continents();
    let tables = SelectionData {
        index: &index,
        atlas: &ContinentIndex::of(&index, &continents),
    };
    let client = Client {
        ip: IpAddr::from([10, 0, 0, 1]),
        country: PackedCountry::parse("DE"),
        asn: None,
        sees_private: true,
    };
    let wish = SelectionParams {
        countries: &[],
        excluded: &[],
        netblock: true,
        protocols: None,
        minimum: 9,
    };
    let mut rng = SmallRng::seed_from_u64(11);
    let mut counts = vec![[0_u32; 2]; countries.len()];
    for _ in 0..DRAWS {
        let chosen = select(tables, index.directory("pub/a").unwrap(), client, wish, &mut rng);
        for (place, carrier) in chosen.carriers().take(5).enumerate() {
            let count = &mut counts[usize::try_from(carrier.host).unwrap()];
            count[0] += u32::from(place == 0);
            count[1] += 1;
        }
    }
    for (number, counts) in (0..).zip(counts) {
        let share = ask(&s, number, Some("DE"), false, 9, 5);
        let expected = share.first().map_or([0.0; 2], |s| [s.first, s.in_first_n]);
        for (count, p) in counts.into_iter().zip(expected) {
            let sigma = f64::sqrt(f64::from(DRAWS) * p * (1.0 - p));
            let off = (f64::from(count) - f64::from(DRAWS) * p).abs();
            assert!(
                off <= 4.0 * sigma + 1e-6 * f64::from(DRAWS),
                "host {number}: {count} {p}"
            );
        }
    }
}

#[test]
fn every_kind_of_client_is_asked_for_once() {
    let mut hosts = vec![host(0, "DE", 100), host(1, "US", 100), host(2, "JP", 100)];
    hosts[0].netblocks = vec!["192.0.2.0/24".parse().unwrap()];
    hosts[0].asn = Some(64_500);
    hosts[0].peer_asns = vec![64_499, 64_500];
    hosts[1].denied = vec!["AD".parse().unwrap()];
    hosts[2].private = true;
    let mut s = net(hosts, |_| "https");
    s.embargoed = vec!["AO".parse().unwrap()];
    s.netblock_countries = vec![("192.0.2.0/24".parse().unwrap(), "AT".parse().unwrap())];
    let index = Index::from_snapshot(&s, String::new());
    let continents = built_in_continents();
    let tables = SelectionData {
        index: &index,
        atlas: &ContinentIndex::of(&index, &continents),
    };
    let found = clients(tables, &s, &s.hosts[0]);
    let code = |c: &str| PackedCountry::parse(c).unwrap();
    let kinds: Vec<ClientGroup> = found.iter().map(|(c, _)| *c).collect();
    let elsewhere = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"].map(|c| ClientGroup::OtherCountriesOf(code(c)));
    let mut expected = vec![
        ClientGroup::Netblock("192.0.2.0/24".parse().unwrap()),
        ClientGroup::System(64_499),
        ClientGroup::System(64_500),
        ClientGroup::Country(code("DE")),
        ClientGroup::Country(code("US")),
    ];
    expected.extend(elsewhere);
    expected.push(ClientGroup::Unknown);
    assert_eq!(kinds, expected);
    let client = |wanted: ClientGroup| found.iter().find(|(c, _)| *c == wanted).unwrap().1;
    assert_eq!(client(expected[0]).country, Some(code("AT")));
    assert_eq!(client(expected[1]).country, Some(code("DE")));
    // AD is named by a host, AO is embargoed: others stand for their continents.
    assert_eq!(
        client(ClientGroup::OtherCountriesOf(code("EU"))).country,
        Some(code("AL"))
    );
    assert_eq!(
        client(ClientGroup::OtherCountriesOf(code("AF"))).country,
        Some(code("BF"))
    );
    assert_eq!(client(ClientGroup::Unknown).country, None);
}
