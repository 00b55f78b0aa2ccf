//! Property test: the selection equals a slow, naive model that follows the rules directly.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::super::*;
use crate::answer::bitset::put_bit;
use crate::answer::index::{ContinentIndex, IndexBuilder, IndexSource, IndexedDirectory, IndexedHost};
use crate::model::continents::Continents;

const COUNTRIES: [&str; 6] = ["DE", "FR", "SE", "US", "CA", "ZA"];
const CONTINENTS: [(&str, &str); 5] = [("DE", "EU"), ("FR", "EU"), ("SE", "EU"), ("US", "NA"), ("CA", "NA")];
const SCHEMES: [&str; 4] = ["https", "http", "ftp", "rsync"];

/// Model of a host.
#[derive(Debug, Clone)]
struct Mirror {
    country: Option<usize>,
    private: bool,
    weight: u32,
    allowed: Vec<usize>,
    denied: Vec<usize>,
    schemes: Vec<usize>,
    /// Prefix lengths of its netblocks, all of which contain 10.0.0.1.
    blocks: BTreeSet<u8>,
    has_asn: bool,
    is_listed: bool,
}

#[derive(Debug, Clone)]
struct ModelQuery {
    country: Option<usize>,
    asn: bool,
    requested: Vec<String>,
    netblock: bool,
    sees_private: bool,
    protocols: Option<Vec<String>>,
    min_mirrors: usize,
    embargoed: Option<usize>,
    excluded: Vec<usize>,
}

/// The sets of hosts by tier, each host in its first tier only.
fn reference_select(mirrors: &[Mirror], q: &ModelQuery) -> (Vec<BTreeSet<usize>>, bool) {
    if q.country.is_some() && q.country == q.embargoed {
        return (Vec::new(), false);
    }
    let name = |i: usize| COUNTRIES[i];
    let continent = |c: &str| CONTINENTS.iter().find(|(country, _)| *country == c).map(|(_, k)| *k);
    let mirrors_by_number: BTreeMap<usize, &Mirror> = (mirrors.iter().enumerate())
        .filter(|(_, m)| m.is_listed && !m.country.is_some_and(|c| !m.private && q.excluded.contains(&c)))
        .collect();
    let public_in = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
        let inside = |m: &Mirror| !m.private && m.country.is_some_and(|c| wanted(name(c)));
        mirrors_by_number
            .iter()
            .filter(|(_, m)| inside(m))
            .map(|(i, _)| *i)
            .collect()
    };
    let mut tiers: Vec<BTreeSet<usize>> = Vec::new();
    let seen = |m: &Mirror| !m.private || q.sees_private;
    if q.requested.is_empty() && q.netblock {
        for length in (0..=32).rev() {
            let is_near = |m: &&Mirror| seen(m) && m.blocks.contains(&length) && !m.schemes.is_empty();
            tiers.push(
                mirrors_by_number
                    .iter()
                    .filter(|(_, m)| is_near(m))
                    .map(|(i, _)| *i)
                    .collect(),
            );
        }
        let preferring = |m: &&Mirror| seen(m) && q.asn && m.has_asn && !m.schemes.is_empty();
        tiers.push(
            mirrors_by_number
                .iter()
                .filter(|(_, m)| preferring(m))
                .map(|(i, _)| *i)
                .collect(),
        );
    }
    let mut requested: BTreeSet<usize> = public_in(&|c| q.requested.iter().any(|n| n == c));
    if q.requested.iter().any(|n| n == "global") {
        requested.extend(mirrors_by_number.iter().filter(|(_, m)| !m.private).map(|(i, _)| *i));
    }
    if requested.is_empty() {
        let is_near: Vec<&str> = q.requested.iter().filter_map(|n| continent(n)).collect();
        requested =
            public_in(&|c| !q.requested.iter().any(|n| n == c) && continent(c).is_some_and(|k| is_near.contains(&k)));
    }
    let found = !requested.is_empty();
    tiers.push(requested);
    if let (false, Some(own)) = (found, q.country.map(name)) {
        tiers.push(public_in(&|c| c == own));
        tiers.push(public_in(&|c| {
            c != own && continent(own).is_some() && continent(c) == continent(own)
        }));
    }
    let mut global = false;
    if !found {
        let serves = |i: &&usize| {
            let m = &mirrors[**i];
            let wanted = |s: &usize| q.protocols.as_ref().is_none_or(|p| p.iter().any(|n| n == SCHEMES[*s]));
            accepts(m, q.country) && m.schemes.iter().any(wanted)
        };
        let enough: BTreeSet<&usize> = tiers.iter().flatten().filter(serves).collect();
        if enough.len() < q.min_mirrors {
            global = true;
            tiers.push(
                mirrors_by_number
                    .iter()
                    .filter(|(_, m)| !m.private)
                    .map(|(i, _)| *i)
                    .collect(),
            );
        }
    }
    let mut seen = BTreeSet::new();
    for tier in &mut tiers {
        tier.retain(|i| accepts(&mirrors[*i], q.country) && seen.insert(*i));
    }
    tiers.retain(|t| !t.is_empty());
    (tiers, global)
}

fn accepts(m: &Mirror, client: Option<usize>) -> bool {
    let allowed = m.allowed.is_empty() || client.is_some_and(|c| m.allowed.contains(&c));
    allowed && !client.is_some_and(|c| m.denied.contains(&c))
}

fn build_index(mirrors: &[Mirror], q: &ModelQuery) -> Index {
    let mut b = IndexBuilder::default();
    let code = |i: usize| PackedCountry::parse(COUNTRIES[i]).unwrap();
    let category = b.add_category();
    let mut listed = Vec::new();
    for (number, m) in mirrors.iter().enumerate() {
        let host = b.add_host(IndexedHost {
            name: format!("m{number}").into(),
            private: m.private,
            location: "".into(),
            weight: m.weight,
            allowed: m.allowed.iter().map(|c| code(*c)).collect(),
            denied: m.denied.iter().map(|c| code(*c)).collect(),
        });
        for length in &m.blocks {
            let block: ipnet::IpNet = format!("10.0.0.1/{length}").parse().unwrap();
            b.netblocks.push((block.trunc(), host));
        }
        if m.has_asn {
            b.add_asn(64_500, host);
        }
        let url = |s: &usize| Url::new(&format!("{}://m{number}.example.org", SCHEMES[*s]));
        let position = b.add_mirror(
            category,
            MirrorEntry {
                host,
                public: !m.private,
                country: m.country.filter(|_| !m.private).map(code),
                urls: m.schemes.iter().map(url).collect(),
            },
        );
        if m.is_listed {
            put_bit(&mut listed, position);
        }
    }
    let set = b.intern_set(&listed).unwrap();
    b.directories.push(IndexedDirectory {
        name: "d".into(),
        category,
        set,
        ..IndexedDirectory::default()
    });
    b.embargoed.extend(q.embargoed.map(code));
    b.build(IndexSource::Mm2Cache).unwrap()
}

fn mirror_strategy() -> impl Strategy<Value = Mirror> {
    let few = || proptest::collection::vec(0..COUNTRIES.len(), 0..2);
    let country = proptest::option::of(0..COUNTRIES.len());
    let schemes = proptest::collection::vec(0..SCHEMES.len(), 0..4);
    let blocks = proptest::collection::btree_set(prop_oneof![Just(8_u8), Just(16), Just(24)], 0..2);
    let switches = (
        prop::bool::weighted(0.2),
        any::<bool>(),
        prop::bool::weighted(0.8),
        1_u32..10_000,
    );
    (country, few(), few(), schemes, blocks, switches).prop_map(|(country, allowed, denied, schemes, blocks, s)| {
        Mirror {
            country,
            allowed,
            denied,
            schemes,
            blocks,
            private: s.0,
            has_asn: s.1,
            is_listed: s.2,
            weight: s.3,
        }
    })
}

fn query_strategy() -> impl Strategy<Value = ModelQuery> {
    let requested = prop_oneof![
        Just("DE"),
        Just("US"),
        Just("ZA"),
        Just("global"),
        Just("XX"),
        Just("SE")
    ];
    let protocol = prop_oneof![Just("https"), Just("http"), Just("ftp"), Just("gopher")];
    let texts = |list: Vec<&str>| -> Vec<String> {
        let sorted: BTreeSet<&str> = list.into_iter().collect();
        sorted.into_iter().map(ToOwned::to_owned).collect()
    };
    (
        proptest::option::of(0..COUNTRIES.len()),
        any::<bool>(),
        proptest::collection::vec(requested, 0..3).prop_map(texts),
        (prop::bool::weighted(0.8), prop::bool::weighted(0.8)),
        proptest::option::of(proptest::collection::vec(protocol, 1..3).prop_map(texts)),
        0_usize..8,
        prop_oneof![9 => Just(None), 1 => (0..COUNTRIES.len()).prop_map(Some)],
        prop_oneof![3 => Just(Vec::new()), 1 => proptest::collection::vec(0..COUNTRIES.len(), 1..3)],
    )
        .prop_map(
            |(country, asn, requested, (netblock, sees_private), protocols, min_mirrors, embargoed, excluded)| {
                ModelQuery {
                    country,
                    asn,
                    requested,
                    netblock,
                    sees_private,
                    protocols,
                    min_mirrors,
                    embargoed,
                    excluded,
                }
            },
        )
}

/// Runs the selection; returns its tiers as sets.
fn selected_tiers(index: &Index, q: &ModelQuery, seed: u64) -> (Vec<BTreeSet<usize>>, bool) {
    let continents: Continents = CONTINENTS
        .iter()
        .map(|(c, k)| (PackedCountry::parse(c).unwrap(), PackedCountry::parse(k).unwrap()))
        .collect();
    let client = Client {
        ip: IpAddr::from([10, 0, 0, 1]),
        country: q.country.and_then(|c| PackedCountry::parse(COUNTRIES[c])),
        asn: q.asn.then_some(64_500),
        sees_private: q.sees_private,
    };
    let excluded = q.excluded.iter();
    let query = Query {
        countries: q.requested.clone(),
        excluded_countries: excluded.map(|c| PackedCountry::parse(COUNTRIES[*c]).unwrap()).collect(),
        use_netblocks: q.netblock,
        protocols: q.protocols.clone(),
        ..Query::default()
    };
    let data = SelectionData {
        index,
        continents: &ContinentIndex::new(index, &continents),
        min_mirrors: q.min_mirrors,
    };
    let directory = index.directory("d").unwrap();
    let selection = select(data, directory, client, &query, &mut SmallRng::seed_from_u64(seed));
    let mut rest = selection.iter_mirrors().map(|c| usize::try_from(c.host).unwrap());
    let tiers = selection
        .tiers
        .iter()
        .map(|(_, n)| rest.by_ref().take(*n).collect())
        .collect();
    assert_eq!(rest.next(), None, "every host belongs to a tier");
    (tiers, selection.global && !q.requested.iter().any(|n| n == "global"))
}

proptest! {
    #[test]
    fn selection_equals_the_naive_model(
        mirrors in proptest::collection::vec(mirror_strategy(), 0..14),
        q in query_strategy(),
        seed in any::<u64>(),
    ) {
        let (expected, global) = reference_select(&mirrors, &q);
        let (got, got_global) = selected_tiers(&build_index(&mirrors, &q), &q, seed);
        prop_assert_eq!(got, expected);
        if !q.requested.iter().any(|n| n == "global") {
            prop_assert_eq!(got_global, global);
        }
    }
}

#[test]
fn first_places_follow_the_bandwidth() {
    let one = |weight| Mirror {
        country: Some(0),
        private: false,
        weight,
        allowed: Vec::new(),
        denied: Vec::new(),
        schemes: vec![0],
        blocks: BTreeSet::new(),
        has_asn: false,
        is_listed: true,
    };
    let mirrors = [one(100), one(300), one(600)];
    let q = ModelQuery {
        country: Some(0),
        asn: false,
        requested: Vec::new(),
        netblock: true,
        sees_private: true,
        protocols: None,
        min_mirrors: 1,
        embargoed: None,
        excluded: Vec::new(),
    };
    let index = build_index(&mirrors, &q);
    let directory = index.directory("d").unwrap();
    let client = Client {
        ip: IpAddr::from([10, 0, 0, 1]),
        country: PackedCountry::parse("DE"),
        asn: None,
        sees_private: true,
    };
    let query = Query::parse("");
    let continents = Continents::new();
    let data = SelectionData {
        index: &index,
        continents: &ContinentIndex::new(&index, &continents),
        min_mirrors: 1,
    };
    let mut rng = SmallRng::seed_from_u64(7);
    let mut first = [0_u32; 3];
    for _ in 0..20_000 {
        let selection = select(data, directory, client, &query, &mut rng);
        first[usize::try_from(selection.iter_mirrors().next().unwrap().host).unwrap()] += 1;
    }
    for (count, share) in first.into_iter().zip([0.1, 0.3, 0.6]) {
        let expected = 20_000.0 * share;
        let sigma = f64::sqrt(expected * (1.0 - share));
        assert!((f64::from(count) - expected).abs() < 4.0 * sigma, "{first:?}");
    }
}
