//! The groups of clients for which the share of a host in the responses is estimated.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use crate::answer::select::{Client, SelectionData};
use crate::model::names::Netblock;
use crate::model::packed_country::PackedCountry;
use crate::snapshot::{Snapshot, SnapshotHost};

/// Clients for which the same hosts are eligible, with the same tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClientGroup {
    /// Clients in a netblock of the estimated host.
    Netblock(Netblock),
    /// Clients in the ASN of the estimated host, or in one of its peer ASNs.
    Asn(u32),
    /// Clients in a country, and in no netblock or ASN of a host.
    Country(PackedCountry),
    /// Clients in the countries of a continent that have no public host. Countries that are embargoed, or that any host names as
    /// allowed or denied, are left out: their clients may get other hosts.
    CountriesWithoutMirror(PackedContinent),
    /// Clients whose country is unknown.
    UnknownCountry,
}

/// A continent code, packed as that of a country.
type PackedContinent = PackedCountry;

/// The groups of clients for an estimated host, each with a representative client: its netblocks and ASNs; its country and each
/// country that has a public host; the other countries of each continent; unknown countries. Clients in a netblock or ASN are
/// assumed to be in the country that the registry assigns to the netblock, else in that of the host.
pub(crate) fn client_groups(
    selection_data: SelectionData<'_>,
    snapshot: &Snapshot,
    host: &SnapshotHost,
) -> Vec<(ClientGroup, Client)> {
    let index = selection_data.index;
    let host_country = host.country.as_ref().map(PackedCountry::from);
    let client_in_no_netblock = Client {
        ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        country: None,
        asn: None,
        // Otherwise the shares of a private host would be 0.
        sees_private: true,
    };
    let mut groups = Vec::new();
    for netblock in &host.netblocks {
        let ip = netblock.net().network();
        let client = Client {
            ip,
            country: index.netblock_country(ip).or(host_country),
            ..client_in_no_netblock
        };
        groups.push((ClientGroup::Netblock(*netblock), client));
    }
    for asn in host.client_asns().collect::<BTreeSet<u32>>() {
        let client = Client {
            country: host_country,
            asn: Some(asn),
            ..client_in_no_netblock
        };
        groups.push((ClientGroup::Asn(asn), client));
    }
    let countries_with_mirrors: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .filter(|h| !h.private)
        .filter_map(|h| h.country.as_ref().map(PackedCountry::from))
        .chain(host_country)
        .collect();
    let client_in = |country| Client {
        country: Some(country),
        ..client_in_no_netblock
    };
    let countries = countries_with_mirrors.iter();
    groups.extend(countries.map(|c| (ClientGroup::Country(*c), client_in(*c))));
    for (continent, country) in representatives_without_mirror(selection_data, snapshot, &countries_with_mirrors) {
        groups.push((ClientGroup::CountriesWithoutMirror(continent), client_in(country)));
    }
    groups.push((ClientGroup::UnknownCountry, client_in_no_netblock));
    groups
}

/// Returns for each continent the first country of [`ClientGroup::CountriesWithoutMirror`].
fn representatives_without_mirror(
    selection_data: SelectionData<'_>,
    snapshot: &Snapshot,
    countries_with_mirrors: &BTreeSet<PackedCountry>,
) -> BTreeMap<PackedContinent, PackedCountry> {
    let SelectionData { index, continents, .. } = selection_data;
    let allowed_or_denied: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .flat_map(|h| h.allowed.iter().chain(&h.denied))
        .map(PackedCountry::from)
        .collect();
    let mut representatives = BTreeMap::new();
    for country in continents.countries_with_continent() {
        if countries_with_mirrors.contains(&country)
            || allowed_or_denied.contains(&country)
            || index.is_embargoed(country)
        {
            continue;
        }
        if let Some(continent) = continents.continent(country) {
            representatives.entry(continent).or_insert(country);
        }
    }
    representatives
}
