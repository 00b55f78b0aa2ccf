//! Explains for each host why a client is sent to it, or is not.
//!
//! Tiers come from [`select`]; for hosts in none, the first reason that applies is reported.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;

use super::{Client, SelectionData, Tier, matching_urls, select};
use crate::answer::index::{IndexedDirectory, IndexedHost, MirrorEntry};
use crate::answer::query::Query;
use crate::model::packed_country::PackedCountry;

/// Outcome of a selection for one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub(crate) enum HostDecision {
    /// The response names the host.
    Selected {
        tier: Tier,
        /// Number of the tier in the response, from 1; netblocks of each length are separate tiers.
        tier_number: usize,
        hosts_in_tier: usize,
    },
    /// The host is in a tier, but has no URL of the requested schemes.
    NoUrl {
        tier: Tier,
    },
    NotListed,
    /// Clients in this country receive no mirrors.
    Embargoed,
    /// The host is only for clients in some countries, and the client's is none of them or unknown.
    NotAllowed,
    /// The host is not for clients in this country.
    Denied,
    /// The host is private, and the client is in none of its netblocks and ASNs.
    Private,
    /// The client requested other countries, which have mirrors.
    NotRequested,
    Excluded,
    /// Enough other mirrors are nearer.
    NotNeeded,
}

/// Returns the decision for every host of the index, in order of their numbers.
fn decide(
    data: SelectionData<'_>,
    directory: &IndexedDirectory,
    client: Client,
    query: &Query<'_>,
) -> Vec<HostDecision> {
    // Any seed will do: only the tiers matter here, not the order within them.
    let selection = select(data, directory, client, query, &mut SmallRng::seed_from_u64(0));
    let protocols = query.protocols.as_deref();
    let mut tiers: BTreeMap<u32, HostDecision> = BTreeMap::new();
    let mut mirrors = selection.iter_mirrors();
    for (tier_number, (tier, hosts_in_tier)) in (1..).zip(&selection.tiers) {
        for mirror in mirrors.by_ref().take(*hosts_in_tier) {
            let decision = if matching_urls(&mirror.urls, protocols).next().is_none() {
                HostDecision::NoUrl { tier: *tier }
            } else {
                HostDecision::Selected {
                    tier: *tier,
                    tier_number,
                    hosts_in_tier: *hosts_in_tier,
                }
            };
            tiers.insert(mirror.host, decision);
        }
    }
    let listed: BTreeMap<u32, &MirrorEntry> = data.index.mirrors(directory).map(|c| (c.host, c)).collect();
    // If no tier by location was used, there are mirrors in the requested countries or on their continents.
    let is_by_location = |tier: Tier| matches!(tier, Tier::Country | Tier::Continent | Tier::Global);
    let by_requested_country =
        !query.countries.is_empty() && !selection.tiers.iter().any(|(tier, _)| is_by_location(*tier));
    let reject = |host: &IndexedHost, mirror: &MirrorEntry| {
        if client.country.is_some_and(|c| data.index.is_embargoed(c)) {
            HostDecision::Embargoed
        } else if mirror.country.is_some_and(|c| query.excluded_countries.contains(&c)) {
            HostDecision::Excluded
        } else if client.country.is_some_and(|c| host.denied.contains(&c)) {
            HostDecision::Denied
        } else if !host.accepts_country(client.country) {
            HostDecision::NotAllowed
        } else if !mirror.public {
            HostDecision::Private
        } else if by_requested_country {
            HostDecision::NotRequested
        } else {
            HostDecision::NotNeeded
        }
    };
    (0_u32..)
        .zip(&data.index.hosts)
        .map(|(number, host)| match (tiers.get(&number), listed.get(&number)) {
            (Some(decision), _) => *decision,
            (None, Some(mirror)) => reject(host, mirror),
            (None, None) => HostDecision::NotListed,
        })
        .collect()
}

/// Decision for one host, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HostRow {
    /// Name of the host, or its number if a cache does not contain the name.
    pub(crate) host: String,
    pub(crate) country: Option<String>,
    /// True if the host is only for its netblocks and ASNs.
    pub(crate) private: bool,
    pub(crate) decision: HostDecision,
    /// The decision as text.
    pub(crate) reason: String,
}

/// Explains the decision for every host: selected ones in order of their tiers, then the others.
pub(crate) fn explain(
    data: SelectionData<'_>,
    directory: &IndexedDirectory,
    client: Client,
    query: &Query<'_>,
) -> Vec<HostRow> {
    let decisions = decide(data, directory, client, query);
    let hosts = (0..).zip(&data.index.hosts).zip(decisions);
    let mut rows: Vec<HostRow> = hosts
        .map(|((n, host), decision)| row(n, host, decision, client))
        .collect();
    rows.sort_by_cached_key(|r| {
        let tier_number = if let HostDecision::Selected { tier_number, .. } = r.decision {
            tier_number
        } else {
            usize::MAX
        };
        (tier_number, r.decision, r.host.clone())
    });
    rows
}

fn row(number: usize, host: &IndexedHost, decision: HostDecision, client: Client) -> HostRow {
    let name = match &*host.name {
        "" => format!("#{number}"),
        name => name.to_owned(),
    };
    let country = client.country.map(|c| format!("in {c}"));
    let origin = country.as_deref().unwrap_or("in an unknown country");
    let list = |codes: &[PackedCountry]| codes.iter().join(", ");
    let reason = match decision {
        HostDecision::Selected {
            tier,
            tier_number,
            hosts_in_tier,
        } => format!("tier {tier_number}, {tier}: one of {hosts_in_tier}"),
        HostDecision::NoUrl { tier } => format!("tier {tier}, but it has no URL of these protocols"),
        HostDecision::NotListed => format!("not listed for this directory; run: mm-admin why {name}"),
        HostDecision::Embargoed => format!("clients {origin} receive no mirrors"),
        HostDecision::NotAllowed => format!("only for clients in {}, not for clients {origin}", list(&host.allowed)),
        HostDecision::Denied => format!("not for clients in {}", list(&host.denied)),
        HostDecision::Private => "private, and the client is in none of its netblocks and ASNs".to_owned(),
        HostDecision::NotRequested => "the client requested other countries".to_owned(),
        HostDecision::Excluded => "the client excluded its country".to_owned(),
        HostDecision::NotNeeded => "enough other mirrors are nearer".to_owned(),
    };
    HostRow {
        host: name,
        country: (!host.location.is_empty()).then(|| host.location.to_string()),
        private: host.private,
        decision,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::table;
    use super::*;
    use crate::answer::index::ContinentIndex;

    fn decisions(
        client: Client,
        countries: &[&str],
        protocols: Option<&[&str]>,
        min_mirrors: usize,
    ) -> BTreeMap<&'static str, HostDecision> {
        let (index, continents) = table::test_index();
        let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).to_owned()).collect() };
        let query = Query {
            countries: texts(countries),
            use_netblocks: true,
            protocols: protocols.map(texts),
            ..Query::default()
        };
        let data = SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, &continents),
            min_mirrors,
        };
        let all = decide(data, index.directory("few").unwrap(), client, &query);
        assert_eq!(all.len(), index.hosts.len());
        table::HOSTS.map(|row| row.0).into_iter().zip(all).collect()
    }

    fn client(ip: &str, country: &str) -> Client {
        Client {
            ip: ip.parse().unwrap(),
            country: PackedCountry::parse(country),
            asn: None,
            sees_private: true,
        }
    }

    #[test]
    fn each_host_has_one_decision() {
        let selected = |tier, tier_number, hosts_in_tier| HostDecision::Selected {
            tier,
            tier_number,
            hosts_in_tier,
        };
        let nearest = decisions(client("10.1.2.3", "DE"), &[], None, 1);
        for (host, decision) in [
            ("priv1", selected(Tier::Netblock, 1, 1)),
            ("de1", selected(Tier::Country, 2, 3)),
            ("no-url", HostDecision::NoUrl { tier: Tier::Country }),
            ("fr2", HostDecision::NotAllowed),
            ("us1", HostDecision::NotNeeded),
            ("de2", HostDecision::NotListed),
            ("priv2", HostDecision::NotListed),
        ] {
            assert_eq!(nearest[host], decision, "{host}");
        }
        let all_countries = decisions(client("192.0.2.1", "DE"), &[], None, 5);
        assert_eq!(all_countries["us1"], selected(Tier::Global, 2, 2));
        assert_eq!(all_countries["priv1"], HostDecision::Private);
        let requested = decisions(client("192.0.2.1", "DE"), &["US"], None, 5);
        assert_eq!(requested["us1"], selected(Tier::RequestedCountry, 1, 1));
        assert_eq!(requested["de1"], HostDecision::NotRequested);
        let gopher = decisions(client("192.0.2.1", "US"), &[], Some(&["gopher"]), 1);
        assert_eq!(gopher["us1"], HostDecision::NoUrl { tier: Tier::Country });
    }

    #[test]
    fn embargoed_and_denied_clients_are_explained() {
        let (mut index, continents) = table::test_index_with_denied(("de1", "FR"));
        index.embargoed.push(PackedCountry::parse("KE").unwrap());
        let data = SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, &continents),
            min_mirrors: 5,
        };
        let query = Query::parse("");
        let few = index.directory("few").unwrap();
        let decisions = |country| decide(data, few, client("192.0.2.1", country), &query);
        let expected = [HostDecision::Embargoed, HostDecision::NotListed];
        assert!(decisions("KE").iter().all(|o| expected.contains(o)));
        assert_eq!(decisions("FR")[0], HostDecision::Denied);
    }
}
