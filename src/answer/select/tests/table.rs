//! Table of selection cases: nested netblocks, private hosts, ASNs preferred by hosts without the directory, countries
//! without a continent, hosts for some countries only, and directories that few or no hosts have.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::super::*;
use crate::answer::bitset::put_bit;
use crate::answer::index::{ContinentIndex, IndexBuilder, IndexSource, IndexedDirectory, IndexedHost};
use crate::model::continents::Continents;

/// Name, country, private, allowed countries, netblocks, ASNs, schemes, directories.
pub(in crate::answer::select) type TableRow = (
    &'static str,
    &'static str,
    bool,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// `all` is listed for all hosts but one, `few` for some, `none` for none.
pub(in crate::answer::select) const HOSTS: [TableRow; 15] = [
    (
        "de1",
        "DE",
        false,
        "",
        "198.51.100.0/24",
        "64500",
        "https http rsync",
        "all few",
    ),
    ("de2", "DE", false, "", "", "", "http", "all"),
    ("de3", "DE", false, "DE AT", "", "64501", "https", "all few"),
    ("fr1", "FR", false, "", "2001:db8:1::/48", "", "ftp", "all"),
    ("fr2", "FR", false, "FR", "198.51.100.0/25", "", "https", "all few"),
    ("se1", "SE", false, "", "", "64500", "rsync", "all"),
    ("us1", "US", false, "", "", "", "https http", "all few"),
    ("ca1", "CA", false, "US CA", "", "", "https", "all"),
    (
        "br1",
        "BR",
        false,
        "",
        "198.51.100.128/25 198.51.100.0/24",
        "",
        "https",
        "all",
    ),
    ("aq1", "AQ", false, "", "", "", "https", "all few"),
    ("no-country", "", false, "", "", "", "https", "all"),
    ("no-url", "DE", false, "", "198.51.100.0/24", "64500", "", "all few"),
    (
        "priv1",
        "DE",
        true,
        "",
        "10.1.0.0/16 2001:db8::/32",
        "64502",
        "https",
        "all few",
    ),
    ("priv2", "US", true, "DE", "198.51.100.7/32", "64500", "http", "all"),
    // Preferred for an ASN, but not listed for any directory.
    ("idle", "DE", false, "", "", "64999", "https", ""),
];

/// AQ has no continent, as in a table without it; an override moves BR to another continent.
const CONTINENTS: &str = "DE:EU FR:EU SE:EU AT:EU CH:EU US:NA CA:NA MX:NA BR:SA AR:SA KE:AF";

pub(in crate::answer::select) fn test_index() -> (Index, Continents) {
    test_index_with_denied(("", ""))
}

/// Builds the index with a host that denies clients in some countries.
pub(in crate::answer::select) fn test_index_with_denied(denied: (&str, &'static str)) -> (Index, Continents) {
    let mut b = IndexBuilder::default();
    let category = b.add_category();
    let words = |s: &'static str| s.split_ascii_whitespace();
    let mut listed: Vec<(&str, usize)> = Vec::new();
    for (name, country, private, allowed, netblocks, asns, schemes, directories) in HOSTS {
        let host = b.add_host(IndexedHost {
            name: name.into(),
            private,
            location: country.into(),
            weight: 100,
            allowed: words(allowed).filter_map(PackedCountry::parse).collect(),
            denied: if name == denied.0 {
                words(denied.1).filter_map(PackedCountry::parse).collect()
            } else {
                Vec::new()
            },
        });
        for block in words(netblocks) {
            b.netblocks.push((block.parse().unwrap(), host));
        }
        for asn in words(asns) {
            b.add_asn(asn.parse().unwrap(), host);
        }
        let mirror = b.add_mirror(
            category,
            MirrorEntry {
                host,
                public: !private,
                country: PackedCountry::parse(country).filter(|_| !private),
                urls: words(schemes)
                    .map(|s| Url::new(&format!("{s}://{name}.example.org")))
                    .collect(),
            },
        );
        listed.extend(words(directories).map(|d| (d, mirror)));
    }
    for name in ["all", "few", "none"] {
        let mut mirrors = Vec::new();
        for (_, mirror) in listed.iter().filter(|(d, _)| *d == name) {
            put_bit(&mut mirrors, *mirror);
        }
        let set = b.intern_set(&mirrors).unwrap();
        b.directories.push(IndexedDirectory {
            name: name.into(),
            category,
            set,
            ..IndexedDirectory::default()
        });
    }
    b.continents
        .insert(PackedCountry::parse("BR").unwrap(), PackedCountry::parse("NA").unwrap());
    let continents = words(CONTINENTS).map(|pair| {
        let (country, continent) = pair.split_once(':').unwrap();
        (
            PackedCountry::parse(country).unwrap(),
            PackedCountry::parse(continent).unwrap(),
        )
    });
    (b.build(IndexSource::Mm2Cache).unwrap(), continents.collect())
}

/// The tiers as `host host | host`, followed by the comment of the response.
fn format_selection(directory: &str, client: &str, params: &str) -> String {
    let (index, continents) = test_index();
    let field = |key: &str, from: &str| -> Option<String> {
        let mut pairs = from.split_ascii_whitespace().filter_map(|p| p.split_once('='));
        pairs.find(|(k, _)| *k == key).map(|(_, v)| v.to_owned())
    };
    let list = |key: &str| -> Option<Vec<String>> {
        let all = field(key, params)?;
        let sorted: BTreeSet<&str> = all.split(',').collect();
        Some(sorted.into_iter().map(str::to_owned).collect())
    };
    let client = Client {
        ip: client.split_ascii_whitespace().next().unwrap().parse().unwrap(),
        country: field("in", client).as_deref().and_then(PackedCountry::parse),
        asn: field("as", client).map(|n| n.parse().unwrap()),
        sees_private: field("authenticated", client).is_none(),
    };
    let query = Query {
        countries: list("country").unwrap_or_default(),
        use_netblocks: field("netblock", params).is_none_or(|v| v == "1"),
        protocols: list("protocol"),
        ..Query::default()
    };
    let data = SelectionData {
        index: &index,
        continents: &ContinentIndex::new(&index, &continents),
        min_mirrors: field("minimum", params).map_or(5, |n| n.parse().unwrap()),
    };
    let mut results = BTreeSet::new();
    for seed in 0..8 {
        let directory = index.directory(directory).unwrap();
        let selection = select(data, directory, client, &query, &mut SmallRng::seed_from_u64(seed));
        let mut rest = selection.iter_mirrors();
        let mut words: Vec<String> = Vec::new();
        for (_, count) in &selection.tiers {
            let mut names: Vec<&str> = (rest.by_ref().take(*count))
                .map(|c| HOSTS[usize::try_from(c.host).unwrap()].0)
                .collect();
            names.sort_unstable();
            words.push(names.join(" "));
        }
        let mut line = words.join(" | ");
        line.push_str(" #");
        if selection.by_netblock {
            line.push_str(" netblock");
        }
        if let Some(asn) = selection.by_asn {
            line.extend([" AS", &asn.to_string()]);
        }
        for country in selection.countries(&index) {
            line.extend([" ", country]);
        }
        if selection.global {
            line.push_str(" global");
        }
        results.insert(line);
    }
    assert_eq!(results.len(), 1, "tiers must not be random: {results:?}");
    results.pop_first().unwrap()
}

/// Directory, client, parameters, expected tiers and comment.
const CASES: &[(&str, &str, &str, &str)] = &[
    // Netblocks: the longest first, each host in its first tier; other tiers follow.
    (
        "all",
        "198.51.100.200 in=DE",
        "minimum=1",
        "br1 | de1 | de2 de3 no-url | fr1 se1 # netblock DE FR SE",
    ),
    // A netblock takes precedence over countries, but not over allowed countries.
    (
        "all",
        "198.51.100.1 in=FR",
        "minimum=1",
        "fr2 | br1 de1 | fr1 | de2 no-url se1 # netblock DE FR SE",
    ),
    ("all", "198.51.100.1 in=KE", "minimum=1", "br1 de1 # netblock"),
    // Private hosts: only for clients in their netblocks, also with IPv6, and never for an unauthenticated address.
    (
        "few",
        "10.1.2.3 in=DE",
        "minimum=1",
        "priv1 | de1 de3 no-url # netblock DE FR",
    ),
    (
        "few",
        "10.1.2.3 in=DE authenticated=no",
        "minimum=1",
        "de1 de3 no-url # DE FR",
    ),
    ("few", "2001:db8:7::1 in=KE", "minimum=1", "priv1 # netblock"),
    ("all", "2001:db8:1::1 in=KE", "minimum=1", "fr1 | priv1 # netblock"),
    (
        "all",
        "198.51.100.7 in=DE",
        "minimum=1",
        "priv2 | br1 de1 | de2 de3 no-url | fr1 se1 # netblock DE FR SE",
    ),
    (
        "all",
        "198.51.100.7 in=US",
        "minimum=1",
        "br1 de1 | us1 | ca1 # netblock BR CA US",
    ),
    (
        "few",
        "10.1.2.3 in=DE",
        "minimum=1 netblock=0",
        "de1 de3 no-url # DE FR",
    ),
    // ASNs: hosts that have the directory; the comment names the ASN as soon as any host prefers it.
    (
        "all",
        "192.0.2.1 in=DE as=64500",
        "minimum=1",
        "de1 priv2 se1 | de2 de3 no-url | fr1 # AS64500 DE FR SE",
    ),
    ("few", "192.0.2.1 in=KE as=64502", "minimum=1", "priv1 # AS64502"),
    (
        "few",
        "192.0.2.1 in=DE as=64999",
        "minimum=1",
        "de1 de3 no-url # AS64999 DE FR",
    ),
    ("few", "192.0.2.1 in=DE as=65000", "minimum=1", "de1 de3 no-url # DE FR"),
    ("none", "192.0.2.1 in=DE as=64500", "", " # AS64500 global"),
    (
        "all",
        "192.0.2.1 in=FR as=64501",
        "minimum=1",
        "fr1 fr2 | de1 de2 no-url se1 # AS64501 DE FR SE",
    ),
    // Country, continent, global.
    ("all", "192.0.2.1 in=US", "minimum=1", "us1 | br1 ca1 # BR CA US"),
    (
        "all",
        "192.0.2.1 in=AR",
        "minimum=1",
        "aq1 br1 de1 de2 fr1 no-country no-url se1 us1 # global",
    ),
    ("all", "192.0.2.1 in=BR", "minimum=1", "br1 | us1 # BR CA US"),
    ("few", "192.0.2.1 in=AQ", "minimum=1", "aq1 # AQ"),
    (
        "few",
        "192.0.2.1 in=AQ",
        "minimum=2",
        "aq1 | de1 no-url us1 # AQ global",
    ),
    ("few", "192.0.2.1", "", "aq1 de1 no-url us1 # global"),
    ("few", "192.0.2.1 in=CH", "minimum=1", "de1 no-url # DE FR"),
    // Allowed countries apply in every tier; excluded hosts do not count toward the minimum.
    ("few", "192.0.2.1 in=AT", "minimum=2", "de1 de3 no-url # DE FR"),
    (
        "few",
        "192.0.2.1 in=CH",
        "minimum=2",
        "de1 no-url | aq1 us1 # DE FR global",
    ),
    ("few", "192.0.2.1 in=CH", "country=FR", " # FR"),
    (
        "few",
        "192.0.2.1 in=CH",
        "country=global",
        "aq1 de1 no-url us1 # global",
    ),
    // A host without a URL is in its tier, but does not count.
    (
        "few",
        "192.0.2.1 in=DE",
        "minimum=3",
        "de1 de3 no-url | aq1 us1 # DE FR global",
    ),
    // country=: as written, in any case; if there are no mirrors, the continents of the requested countries; without
    // netblocks and ASNs.
    ("all", "198.51.100.7 in=DE as=64500", "country=us", "us1 # us"),
    ("all", "192.0.2.1 in=DE", "country=FR,US", "fr1 us1 # FR US"),
    (
        "all",
        "192.0.2.1 in=DE",
        "country=AT",
        "de1 de2 de3 fr1 no-url se1 # DE FR SE",
    ),
    ("all", "192.0.2.1 in=US", "country=MX,KE", "br1 ca1 us1 # BR CA US"),
    ("all", "192.0.2.1 in=DE", "country=AT,US", "us1 # US"),
    (
        "all",
        "192.0.2.1 in=US",
        "country=KE minimum=1",
        "us1 | br1 ca1 # BR CA US",
    ),
    (
        "few",
        "192.0.2.1 in=US",
        "country=Global,US",
        "aq1 de1 no-url us1 # US global",
    ),
    (
        "few",
        "192.0.2.1 in=US",
        "country=XX minimum=2",
        "us1 | aq1 de1 no-url # US global",
    ),
    ("none", "192.0.2.1 in=US", "country=US", " # global"),
    // protocol=: hosts without such a URL do not count.
    (
        "all",
        "192.0.2.1 in=FR",
        "protocol=ftp minimum=1",
        "fr1 fr2 | de1 de2 no-url se1 # DE FR SE",
    ),
    (
        "few",
        "192.0.2.1 in=US",
        "protocol=ftp minimum=1",
        "us1 | aq1 de1 no-url # US global",
    ),
];

#[test]
fn every_case_selects_the_expected_tiers() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(directory, client, params, expected)| {
            let got = format_selection(directory, client, params);
            (got != *expected).then(|| format!("{directory} {client} {params}:\n   expected {expected}\n   got  {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
