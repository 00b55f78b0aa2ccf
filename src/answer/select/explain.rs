//! Why a client is sent to each host, or is not: the selection told host by host.
//!
//! Who is in which tier, [`select`] says; of the others the first reason that holds is given. Pure.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;

use super::{Client, SelectionData, SelectionParams, Tier, select, wanted_urls};
use crate::answer::index::{Index, IndexedDirectory, IndexedHost, MirrorEntry};
use crate::model::packed_country::PackedCountry;

/// What became of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum HostDecision {
    /// The client is sent to it.
    Chosen {
        /// What it was chosen by.
        tier: Tier,
        /// The place of its tier among those of the answer, from 1: netblocks of each length are a tier of their own.
        number: usize,
        /// How many hosts are in its tier.
        of: usize,
    },
    /// It was chosen, and has no address of the schemes that are asked for.
    NoAddress {
        /// What it was chosen by.
        tier: Tier,
    },
    /// It is not listed for the directory.
    NotHeld,
    /// Clients of that country are not served.
    Embargoed,
    /// It is only for clients of some countries, and the client's is none of them or not known.
    NotAllowed,
    /// It is not for clients of that country.
    Denied,
    /// It is private, and the client is in none of its netblocks and systems.
    Private,
    /// The client named other countries, and there are hosts there.
    NotNamed,
    /// The client excluded its country.
    Excluded,
    /// Enough others are nearer.
    Far,
}

/// One host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectionExplanation {
    /// Its place in the index.
    pub host: u32,
    /// What became of it.
    pub outcome: HostDecision,
}

/// Tells of every host of the index, in the order of their places.
pub fn explain(
    tables: SelectionData<'_>,
    directory: &IndexedDirectory,
    client: Client,
    wish: SelectionParams<'_>,
) -> Vec<SelectionExplanation> {
    // Which order it draws does not matter: only who is in which tier is asked for.
    let chosen = select(tables, directory, client, wish, &mut SmallRng::seed_from_u64(0));
    let mut tiers: BTreeMap<u32, HostDecision> = BTreeMap::new();
    let mut carriers = chosen.carriers();
    for (number, (tier, of)) in (1..).zip(&chosen.tiers) {
        for carrier in carriers.by_ref().take(*of) {
            let outcome = if wanted_urls(&carrier.urls, wish.protocols).next().is_none() {
                HostDecision::NoAddress { tier: *tier }
            } else {
                HostDecision::Chosen {
                    tier: *tier,
                    number,
                    of: *of,
                }
            };
            tiers.insert(carrier.host, outcome);
        }
    }
    let holders: BTreeMap<u32, &MirrorEntry> = tables.index.carriers(directory).map(|c| (c.host, c)).collect();
    // Somebody stands in the countries that were named, or beside them: nothing else was looked at.
    let elsewhere = |near: Tier| matches!(near, Tier::Country | Tier::Continent | Tier::Global);
    let named = !wish.countries.is_empty() && !chosen.tiers.iter().any(|(tier, _)| elsewhere(*tier));
    (0_u32..)
        .zip(&tables.index.hosts)
        .map(|(place, host)| {
            let outcome = match (tiers.get(&place), holders.get(&place)) {
                (Some(outcome), _) => *outcome,
                (None, None) => HostDecision::NotHeld,
                (None, Some(carrier)) => {
                    let within = |list: &[PackedCountry]| client.country.is_some_and(|c| list.contains(&c));
                    if client.country.is_some_and(|c| tables.index.is_embargoed(c)) {
                        HostDecision::Embargoed
                    } else if carrier.country.is_some_and(|c| wish.excluded.contains(&c)) {
                        HostDecision::Excluded
                    } else if within(&host.denied) {
                        HostDecision::Denied
                    } else if !host.accepts_country(client.country) {
                        HostDecision::NotAllowed
                    } else if !carrier.public {
                        HostDecision::Private
                    } else if named {
                        HostDecision::NotNamed
                    } else {
                        HostDecision::Far
                    }
                }
            };
            SelectionExplanation { host: place, outcome }
        })
        .collect()
}

/// One host, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostRow {
    /// Its name, as well as it is known.
    pub host: String,
    /// None when it is not known.
    pub country: Option<String>,
    /// Whether it is for its own networks only.
    pub private: bool,
    /// What became of it.
    pub outcome: HostDecision,
    /// The same in words.
    pub words: String,
}

/// All hosts, those in the nearest tiers first, then those that are not chosen.
pub fn rows(index: &Index, all: &[SelectionExplanation], client: Client) -> Vec<HostRow> {
    let mut rows: Vec<HostRow> = (all.iter())
        .filter_map(|e| Some(row(e, index.host(e.host)?, client)))
        .collect();
    rows.sort_by(|a, b| {
        let key = |r: &HostRow| {
            let HostDecision::Chosen { number, .. } = r.outcome else {
                return (true, 0, r.outcome);
            };
            (false, number, r.outcome)
        };
        key(a).cmp(&key(b)).then_with(|| a.host.cmp(&b.host))
    });
    rows
}

fn row(explained: &SelectionExplanation, host: &IndexedHost, client: Client) -> HostRow {
    let outcome = explained.outcome;
    let name = match &*host.name {
        "" => format!("#{}", explained.host),
        name => name.to_owned(),
    };
    let its = client
        .country
        .map_or_else(|| "of unknown country".to_owned(), |c| format!("of {c}"));
    let list = |codes: &[PackedCountry]| {
        let codes: Vec<&str> = codes.iter().map(PackedCountry::as_str).collect();
        codes.join(", ")
    };
    let words = match outcome {
        HostDecision::Chosen { tier, number, of } => format!("tier {number}, by {}: one of {of}", tier.as_str()),
        HostDecision::NoAddress { tier } => {
            format!("chosen by {}, but it has no address of these protocols", tier.as_str())
        }
        HostDecision::NotHeld => format!("not listed for this directory; see why with: mm-admin why {name}"),
        HostDecision::Embargoed => format!("clients {its} are served nothing"),
        HostDecision::NotAllowed => format!("only for clients of {}, not for those {its}", list(&host.allowed)),
        HostDecision::Denied => format!("not for clients of {}", list(&host.denied)),
        HostDecision::Private => "private, and the client is in none of its netblocks and systems".to_owned(),
        HostDecision::NotNamed => "the client named other countries".to_owned(),
        HostDecision::Excluded => "the client excluded its country".to_owned(),
        HostDecision::Far => "enough others are nearer".to_owned(),
    };
    HostRow {
        host: name,
        country: (!host.location.is_empty()).then(|| host.location.to_string()),
        private: host.private,
        outcome,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table_tests;
    use super::*;
    use crate::answer::index::ContinentIndex;

    fn said(
        client: Client,
        countries: &[&str],
        protocols: Option<&[&str]>,
        minimum: usize,
    ) -> BTreeMap<&'static str, HostDecision> {
        let (index, continents) = table_tests::world();
        let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).to_owned()).collect() };
        let (countries, protocols) = (texts(countries), protocols.map(texts));
        let wish = SelectionParams {
            countries: &countries,
            excluded: &[],
            netblock: true,
            protocols: protocols.as_deref(),
            minimum,
        };
        let tables = SelectionData {
            index: &index,
            atlas: &ContinentIndex::of(&index, &continents),
        };
        let all = explain(tables, index.directory("few").unwrap(), client, wish);
        assert_eq!(all.len(), index.hosts.len());
        (all.iter().zip(table_tests::HOSTS))
            .map(|(e, row)| (row.0, e.outcome))
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
    fn each_host_is_told_of_once_and_rightly() {
        let chosen = |tier, number, of| HostDecision::Chosen { tier, number, of };
        let far = said(client("10.1.2.3", "DE"), &[], None, 1);
        for (host, outcome) in [
            ("priv1", chosen(Tier::Netblock, 1, 1)),
            ("de1", chosen(Tier::Country, 2, 3)),
            ("no-url", HostDecision::NoAddress { tier: Tier::Country }),
            ("fr2", HostDecision::NotAllowed),
            ("us1", HostDecision::Far),
            ("de2", HostDecision::NotHeld),
            ("priv2", HostDecision::NotHeld),
        ] {
            assert_eq!(far[host], outcome, "{host}");
        }
        let world = said(client("192.0.2.1", "DE"), &[], None, 5);
        assert_eq!(world["us1"], chosen(Tier::Global, 2, 2));
        assert_eq!(world["priv1"], HostDecision::Private);
        let named = said(client("192.0.2.1", "DE"), &["US"], None, 5);
        assert_eq!(named["us1"], chosen(Tier::RequestedCountry, 1, 1));
        assert_eq!(named["de1"], HostDecision::NotNamed);
        let secure = said(client("192.0.2.1", "US"), &[], Some(&["gopher"]), 1);
        assert_eq!(secure["us1"], HostDecision::NoAddress { tier: Tier::Country });
    }

    #[test]
    fn clients_that_are_not_served_are_told_so() {
        let (mut index, continents) = table_tests::world_where(("de1", "FR"));
        index.embargoed.push(PackedCountry::parse("KE").unwrap());
        let tables = SelectionData {
            index: &index,
            atlas: &ContinentIndex::of(&index, &continents),
        };
        let wish = SelectionParams {
            countries: &[],
            excluded: &[],
            netblock: true,
            protocols: None,
            minimum: 5,
        };
        let few = index.directory("few").unwrap();
        let outcomes = |country| -> Vec<HostDecision> {
            let all = explain(tables, few, client("192.0.2.1", country), wish);
            all.iter().map(|e| e.outcome).collect()
        };
        let expected = [HostDecision::Embargoed, HostDecision::NotHeld];
        assert!(outcomes("KE").iter().all(|o| expected.contains(o)));
        assert_eq!(outcomes("FR")[0], HostDecision::Denied);
    }
}
