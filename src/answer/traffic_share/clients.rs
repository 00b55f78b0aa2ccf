//! The groups of clients that shares are estimated for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use crate::answer::select::{Client, SelectionData};
use crate::model::names::Netblock;
use crate::model::packed_country::PackedCountry;
use crate::snapshot::{Snapshot, SnapshotHost};

/// Clients that get the same responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClientGroup {
    /// Clients in a netblock of the host.
    Netblock(Netblock),
    /// Clients in the ASN of the host, or in one of its peer ASNs.
    Asn(u32),
    /// Clients in a country, and in no netblock or ASN of a host.
    Country(PackedCountry),
    /// Clients in the countries of a continent that have no mirror.
    OtherCountriesOf(PackedCountry),
    /// Clients whose country is unknown.
    Unknown,
}

/// The groups of clients for a host, each with a representative client: its netblocks and ASNs; its country and each country that
/// has a mirror; the other countries of each continent; unknown countries. Clients in a netblock or ASN are assumed to be in the
/// country that the registry assigns to the netblock, else in that of the host.
pub(crate) fn client_groups(
    tables: SelectionData<'_>,
    snapshot: &Snapshot,
    host: &SnapshotHost,
) -> Vec<(ClientGroup, Client)> {
    let index = tables.index;
    let home = host.country.as_ref().map(PackedCountry::from);
    // An address in no netblock.
    let base = Client {
        ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        country: None,
        asn: None,
        sees_private: true,
    };
    let mut out = Vec::new();
    for netblock in &host.netblocks {
        let ip = netblock.net().network();
        let country = index.netblock_country(ip).or(home);
        out.push((ClientGroup::Netblock(*netblock), Client { ip, country, ..base }));
    }
    for asn in host.client_asns().collect::<BTreeSet<u32>>() {
        let client = Client {
            country: home,
            asn: Some(asn),
            ..base
        };
        out.push((ClientGroup::Asn(asn), client));
    }
    let countries: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .filter(|h| !h.private)
        .filter_map(|h| h.country.as_ref().map(PackedCountry::from))
        .chain(home)
        .collect();
    let in_country = |country| Client { country, ..base };
    out.extend(
        countries
            .iter()
            .map(|c| (ClientGroup::Country(*c), in_country(Some(*c)))),
    );
    for (continent, country) in countries_without_mirrors(tables, snapshot, &countries) {
        out.push((ClientGroup::OtherCountriesOf(continent), in_country(Some(country))));
    }
    out.push((ClientGroup::Unknown, in_country(None)));
    out
}

/// One country of each continent that has no mirror and that no host allows or denies.
fn countries_without_mirrors(
    tables: SelectionData<'_>,
    snapshot: &Snapshot,
    with_mirrors: &BTreeSet<PackedCountry>,
) -> BTreeMap<PackedCountry, PackedCountry> {
    let named: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .flat_map(|h| h.allowed.iter().chain(&h.denied))
        .map(PackedCountry::from)
        .collect();
    let mut out = BTreeMap::new();
    for country in tables.continents.countries_with_continent() {
        if with_mirrors.contains(&country) || named.contains(&country) || tables.index.is_embargoed(country) {
            continue;
        }
        if let Some(continent) = tables.continents.continent(country) {
            out.entry(continent).or_insert(country);
        }
    }
    out
}
