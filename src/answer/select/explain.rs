//! Explains for each host why a client is sent to it, or is not.
//!
//! Tiers come from [`select`]; for hosts in none, the first reason that applies is reported.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;

use super::{Client, SelectionData, SelectionParams, Tier, matching_urls, select};
use crate::answer::index::{Index, IndexedDirectory, IndexedHost, MirrorEntry};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SelectionExplanation {
    /// Number of the host in the index.
    pub(crate) host: u32,
    pub(crate) decision: HostDecision,
}

/// Explains the decision for every host of the index, in order of their numbers.
pub(crate) fn explain(
    data: SelectionData<'_>,
    directory: &IndexedDirectory,
    client: Client,
    params: SelectionParams<'_>,
) -> Vec<SelectionExplanation> {
    // Any seed will do: only the tiers matter here, not the order contains_client them.
    let selection = select(data, directory, client, params, &mut SmallRng::seed_from_u64(0));
    let mut tiers: BTreeMap<u32, HostDecision> = BTreeMap::new();
    let mut mirrors = selection.iter_mirrors();
    for (tier_number, (tier, hosts_in_tier)) in (1..).zip(&selection.tiers) {
        for mirror in mirrors.by_ref().take(*hosts_in_tier) {
            let decision = if matching_urls(&mirror.urls, params.protocols).next().is_none() {
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
        !params.countries.is_empty() && !selection.tiers.iter().any(|(tier, _)| is_by_location(*tier));
    (0_u32..)
        .zip(&data.index.hosts)
        .map(|(number, host)| {
            let decision = match (tiers.get(&number), listed.get(&number)) {
                (Some(decision), _) => *decision,
                (None, None) => HostDecision::NotListed,
                (None, Some(mirror)) => {
                    let contains_client = |list: &[PackedCountry]| client.country.is_some_and(|c| list.contains(&c));
                    if client.country.is_some_and(|c| data.index.is_embargoed(c)) {
                        HostDecision::Embargoed
                    } else if mirror.country.is_some_and(|c| params.excluded.contains(&c)) {
                        HostDecision::Excluded
                    } else if contains_client(&host.denied) {
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
                }
            };
            SelectionExplanation { host: number, decision }
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

/// Returns all hosts: selected ones in order of their tiers, then the others.
pub(crate) fn rows(index: &Index, all: &[SelectionExplanation], client: Client) -> Vec<HostRow> {
    let mut rows: Vec<HostRow> = (all.iter())
        .filter_map(|e| Some(row(e, index.host(e.host)?, client)))
        .collect();
    rows.sort_by(|a, b| {
        let key = |r: &HostRow| {
            let HostDecision::Selected { tier_number, .. } = r.decision else {
                return (true, 0, r.decision);
            };
            (false, tier_number, r.decision)
        };
        key(a).cmp(&key(b)).then_with(|| a.host.cmp(&b.host))
    });
    rows
}

fn row(explained: &SelectionExplanation, host: &IndexedHost, client: Client) -> HostRow {
    let decision = explained.decision;
    let name = match &*host.name {
        "" => format!("#{}", explained.host),
        name => name.to_owned(),
    };
    let origin = client
        .country
        .map_or_else(|| "in an unknown country".to_owned(), |c| format!("in {c}"));
    let list = |codes: &[PackedCountry]| {
        let codes: Vec<&str> = codes.iter().map(|c| c.as_str()).collect();
        codes.join(", ")
    };
    let reason = match decision {
        HostDecision::Selected {
            tier,
            tier_number,
            hosts_in_tier,
        } => format!("tier {tier_number}, {}: one of {hosts_in_tier}", tier.as_str()),
        HostDecision::NoUrl { tier } => {
            format!("tier {}, but it has no URL of these protocols", tier.as_str())
        }
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
        let (countries, protocols) = (texts(countries), protocols.map(texts));
        let params = SelectionParams {
            countries: &countries,
            excluded: &[],
            netblock: true,
            protocols: protocols.as_deref(),
            min_mirrors,
        };
        let data = SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, &continents),
        };
        let all = explain(data, index.directory("few").unwrap(), client, params);
        assert_eq!(all.len(), index.hosts.len());
        (all.iter().zip(table::HOSTS))
            .map(|(e, row)| (row.0, e.decision))
            .collect()
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
        };
        let params = SelectionParams {
            countries: &[],
            excluded: &[],
            netblock: true,
            protocols: None,
            min_mirrors: 5,
        };
        let few = index.directory("few").unwrap();
        let decisions = |country| -> Vec<HostDecision> {
            let all = explain(data, few, client("192.0.2.1", country), params);
            all.iter().map(|e| e.decision).collect()
        };
        let expected = [HostDecision::Embargoed, HostDecision::NotListed];
        assert!(decisions("KE").iter().all(|o| expected.contains(o)));
        assert_eq!(decisions("FR")[0], HostDecision::Denied);
    }
}
