//! Why a client is sent to each host, or is not: the selection told host by host.
//!
//! Who is in which tier, [`select`] says; of the others the first reason that holds is given. Pure.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde::Serialize;

use super::{Client, Near, Tables, Wish, select, wanted_urls};
use crate::mirrorlist::country::Code;
use crate::mirrorlist::index::{Carrier, Directory, Host, Index};

/// What became of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Outcome {
    /// The client is sent to it.
    Chosen {
        /// What it was chosen by.
        tier: Near,
        /// The place of its tier among those of the answer, from 1: netblocks of each length are a tier of their own.
        number: usize,
        /// How many hosts are in its tier.
        of: usize,
    },
    /// It was chosen, and has no address of the schemes that are asked for.
    NoAddress {
        /// What it was chosen by.
        tier: Near,
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
pub struct Explained {
    /// Its place in the index.
    pub host: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// Tells of every host of the index, in the order of their places.
pub fn explain(tables: Tables<'_>, directory: &Directory, client: Client, wish: Wish<'_>) -> Vec<Explained> {
    // Which order it draws does not matter: only who is in which tier is asked for.
    let chosen = select(tables, directory, client, wish, &mut SmallRng::seed_from_u64(0));
    let mut tiers: BTreeMap<u32, Outcome> = BTreeMap::new();
    let mut carriers = chosen.carriers();
    for (number, (tier, of)) in (1..).zip(&chosen.tiers) {
        for carrier in carriers.by_ref().take(*of) {
            let outcome = if wanted_urls(&carrier.urls, wish.protocols).next().is_none() {
                Outcome::NoAddress { tier: *tier }
            } else {
                Outcome::Chosen {
                    tier: *tier,
                    number,
                    of: *of,
                }
            };
            tiers.insert(carrier.host, outcome);
        }
    }
    let holders: BTreeMap<u32, &Carrier> = tables.index.carriers(directory).map(|c| (c.host, c)).collect();
    // Somebody stands in the countries that were named, or beside them: nothing else was looked at.
    let elsewhere = |near: Near| matches!(near, Near::Country | Near::Continent | Near::World);
    let named = !wish.countries.is_empty() && !chosen.tiers.iter().any(|(tier, _)| elsewhere(*tier));
    (0_u32..)
        .zip(&tables.index.hosts)
        .map(|(place, host)| {
            let outcome = match (tiers.get(&place), holders.get(&place)) {
                (Some(outcome), _) => *outcome,
                (None, None) => Outcome::NotHeld,
                (None, Some(carrier)) => {
                    let within = |list: &[Code]| client.country.is_some_and(|c| list.contains(&c));
                    if client.country.is_some_and(|c| tables.index.is_embargoed(c)) {
                        Outcome::Embargoed
                    } else if carrier.country.is_some_and(|c| wish.excluded.contains(&c)) {
                        Outcome::Excluded
                    } else if within(&host.denied) {
                        Outcome::Denied
                    } else if !host.admits(client.country) {
                        Outcome::NotAllowed
                    } else if !carrier.public {
                        Outcome::Private
                    } else if named {
                        Outcome::NotNamed
                    } else {
                        Outcome::Far
                    }
                }
            };
            Explained { host: place, outcome }
        })
        .collect()
}

/// One host, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name, as well as it is known.
    pub host: String,
    /// None when it is not known.
    pub country: Option<String>,
    /// Whether it is for its own networks only.
    pub private: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// The same in words.
    pub words: String,
}

/// All hosts, those in the nearest tiers first, then those that are not chosen.
pub fn rows(index: &Index, all: &[Explained], client: Client) -> Vec<Row> {
    let mut rows: Vec<Row> = (all.iter())
        .filter_map(|e| Some(row(e, index.host(e.host)?, client)))
        .collect();
    rows.sort_by(|a, b| {
        let key = |r: &Row| {
            let Outcome::Chosen { number, .. } = r.outcome else {
                return (true, 0, r.outcome);
            };
            (false, number, r.outcome)
        };
        key(a).cmp(&key(b)).then_with(|| a.host.cmp(&b.host))
    });
    rows
}

fn row(explained: &Explained, host: &Host, client: Client) -> Row {
    let outcome = explained.outcome;
    let name = match &*host.name {
        "" => format!("#{}", explained.host),
        name => name.to_owned(),
    };
    let its = client
        .country
        .map_or_else(|| "of unknown country".to_owned(), |c| format!("of {c}"));
    let list = |codes: &[Code]| {
        let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
        codes.join(", ")
    };
    let words = match outcome {
        Outcome::Chosen { tier, number, of } => format!("tier {number}, by {}: one of {of}", tier.as_str()),
        Outcome::NoAddress { tier } => format!("chosen by {}, but it has no address of these protocols", tier.as_str()),
        Outcome::NotHeld => format!("not listed for this directory; see why with: mm-admin why {name}"),
        Outcome::Embargoed => format!("clients {its} are served nothing"),
        Outcome::NotAllowed => format!("only for clients of {}, not for those {its}", list(&host.allowed)),
        Outcome::Denied => format!("not for clients of {}", list(&host.denied)),
        Outcome::Private => "private, and the client is in none of its netblocks and systems".to_owned(),
        Outcome::NotNamed => "the client named other countries".to_owned(),
        Outcome::Excluded => "the client excluded its country".to_owned(),
        Outcome::Far => "enough others are nearer".to_owned(),
    };
    Row {
        host: name,
        country: (!host.location.is_empty()).then(|| host.location.to_string()),
        private: host.private,
        outcome,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules;
    use super::*;
    use crate::mirrorlist::index::Atlas;

    fn said(
        client: Client,
        countries: &[&str],
        protocols: Option<&[&str]>,
        minimum: usize,
    ) -> BTreeMap<&'static str, Outcome> {
        let (index, continents) = rules::world();
        let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).to_owned()).collect() };
        let (countries, protocols) = (texts(countries), protocols.map(texts));
        let wish = Wish {
            countries: &countries,
            excluded: &[],
            netblock: true,
            protocols: protocols.as_deref(),
            minimum,
        };
        let tables = Tables {
            index: &index,
            atlas: &Atlas::of(&index, &continents),
        };
        let all = explain(tables, index.directory("few").unwrap(), client, wish);
        assert_eq!(all.len(), index.hosts.len());
        (all.iter().zip(rules::HOSTS))
            .map(|(e, row)| (row.0, e.outcome))
            .collect()
    }

    fn client(ip: &str, country: &str) -> Client {
        Client {
            ip: ip.parse().unwrap(),
            country: Code::parse(country),
            asn: None,
            sees_private: true,
        }
    }

    #[test]
    fn each_host_is_told_of_once_and_rightly() {
        let chosen = |tier, number, of| Outcome::Chosen { tier, number, of };
        let far = said(client("10.1.2.3", "DE"), &[], None, 1);
        for (host, outcome) in [
            ("priv1", chosen(Near::Netblock, 1, 1)),
            ("de1", chosen(Near::Country, 2, 3)),
            ("no-url", Outcome::NoAddress { tier: Near::Country }),
            ("fr2", Outcome::NotAllowed),
            ("us1", Outcome::Far),
            ("de2", Outcome::NotHeld),
            ("priv2", Outcome::NotHeld),
        ] {
            assert_eq!(far[host], outcome, "{host}");
        }
        let world = said(client("192.0.2.1", "DE"), &[], None, 5);
        assert_eq!(world["us1"], chosen(Near::World, 2, 2));
        assert_eq!(world["priv1"], Outcome::Private);
        let named = said(client("192.0.2.1", "DE"), &["US"], None, 5);
        assert_eq!(named["us1"], chosen(Near::Named, 1, 1));
        assert_eq!(named["de1"], Outcome::NotNamed);
        let secure = said(client("192.0.2.1", "US"), &[], Some(&["gopher"]), 1);
        assert_eq!(secure["us1"], Outcome::NoAddress { tier: Near::Country });
    }

    #[test]
    fn clients_that_are_not_served_are_told_so() {
        let (mut index, continents) = rules::world_where(("de1", "FR"));
        index.embargoed.push(Code::parse("KE").unwrap());
        let tables = Tables {
            index: &index,
            atlas: &Atlas::of(&index, &continents),
        };
        let wish = Wish {
            countries: &[],
            excluded: &[],
            netblock: true,
            protocols: None,
            minimum: 5,
        };
        let few = index.directory("few").unwrap();
        let outcomes = |country| -> Vec<Outcome> {
            let all = explain(tables, few, client("192.0.2.1", country), wish);
            all.iter().map(|e| e.outcome).collect()
        };
        let expected = [Outcome::Embargoed, Outcome::NotHeld];
        assert!(outcomes("KE").iter().all(|o| expected.contains(o)));
        assert_eq!(outcomes("FR")[0], Outcome::Denied);
    }
}
