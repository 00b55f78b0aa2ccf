//! The kinds of clients that a host's shares are reckoned for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use crate::answer::select::{Client, SelectionData};
use crate::model::names::Netblock;
use crate::model::packed_country::PackedCountry;
use crate::snapshot::{Snapshot, SnapshotHost};

/// Clients that are answered alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientGroup {
    /// In a netblock of the host.
    Netblock(Netblock),
    /// In a system whose clients the host wants.
    System(u32),
    /// In this country, and in nobody's netblock or system.
    Country(PackedCountry),
    /// In any of the countries of this continent that have no mirror.
    OtherCountriesOf(PackedCountry),
    /// Nobody knows in which country.
    Unknown,
}

/// The clients of a host's networks; those of each country that has a mirror, and of its own; one for the countries of each
/// continent that have none; and those of unknown country. Each with a client that stands for all of them. Clients of the
/// networks are taken to be in the country that an admin gave their netblock, else in the host's.
pub fn clients(tables: SelectionData<'_>, snapshot: &Snapshot, host: &SnapshotHost) -> Vec<(ClientGroup, Client)> {
    let index = tables.index;
    let home = host.country.as_ref().map(PackedCountry::from);
    // In nobody's netblock.
    let nowhere = Client {
        ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        country: None,
        asn: None,
        sees_private: true,
    };
    let mut out = Vec::new();
    for netblock in &host.netblocks {
        let ip = netblock.net().network();
        let country = index.netblock_country(ip).or(home);
        out.push((ClientGroup::Netblock(*netblock), Client { ip, country, ..nowhere }));
    }
    let asns: BTreeSet<u32> = (host.asn.filter(|_| host.asn_clients).into_iter())
        .chain(host.peer_asns.iter().copied())
        .collect();
    for asn in asns {
        let client = Client {
            country: home,
            asn: Some(asn),
            ..nowhere
        };
        out.push((ClientGroup::System(asn), client));
    }
    let countries: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .filter(|h| !h.private)
        .filter_map(|h| h.country.as_ref().map(PackedCountry::from))
        .chain(home)
        .collect();
    let of = |country| Client { country, ..nowhere };
    out.extend(countries.iter().map(|c| (ClientGroup::Country(*c), of(Some(*c)))));
    for (continent, country) in without_mirrors(tables, snapshot, &countries) {
        out.push((ClientGroup::OtherCountriesOf(continent), of(Some(country))));
    }
    out.push((ClientGroup::Unknown, of(None)));
    out
}

/// For each continent one country without a mirror, of which no host says that it wants or does not want its clients.
fn without_mirrors(
    tables: SelectionData<'_>,
    snapshot: &Snapshot,
    with: &BTreeSet<PackedCountry>,
) -> BTreeMap<PackedCountry, PackedCountry> {
    let named: BTreeSet<PackedCountry> = (snapshot.hosts.iter())
        .flat_map(|h| h.allowed.iter().chain(&h.denied))
        .map(PackedCountry::from)
        .collect();
    let mut out = BTreeMap::new();
    for country in tables.atlas.countries_with_continent() {
        if with.contains(&country) || named.contains(&country) || tables.index.is_embargoed(country) {
            continue;
        }
        if let Some(continent) = tables.atlas.continent(country) {
            out.entry(continent).or_insert(country);
        }
    }
    out
}
