//! Which mirrors a client gets, and in which order.
//!
//! In this order, each host at its first place only:
//!
//! 1. hosts that have a netblock with the client in it, the longest block first;
//! 2. hosts that want the clients of the client's system (its ASN);
//! 3. with `country=`: hosts of these countries (or of the world), else of the other countries of their continents;
//! 4. otherwise: hosts of the client's country, then of the other countries of its continent;
//! 5. when there are fewer than the minimum: hosts of the whole world.
//!
//! `country=` switches 1 and 2 off, and when it found anything, 4 and 5 too. Countries that a host is only for, or not for,
//! hold everywhere. Within 1 (of one length) and 2 the order is a shuffle, elsewhere a draw without replacement, weighted by
//! bandwidth. Pure: the random generator is handed in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rand::{Rng, RngExt};
use serde::Serialize;

use super::country::Code;
use super::index::{Carrier, Directory, Index, Url};
use super::inputs::Continents;

pub mod explain;
#[cfg(test)]
mod model;
#[cfg(test)]
mod rules;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub ip: IpAddr,
    /// Its country, where that is known.
    pub country: Option<Code>,
    /// Its system, where that is known.
    pub asn: Option<u32>,
    /// Whether private hosts may be named to it, if its netblock or system is theirs.
    pub sees_private: bool,
}

impl Client {
    fn may_see(self, carrier: &Carrier) -> bool {
        carrier.public || self.sees_private
    }
}

/// What it asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// `country=`: as written, sorted; empty when absent.
    pub countries: &'a [String],
    /// Whether netblocks and systems count.
    pub netblock: bool,
    /// `protocol=`: the schemes that count.
    pub protocols: Option<&'a [String]>,
    /// Fewer mirrors than this, and those of the world are added.
    pub minimum: usize,
}

/// What brings a host and a client together: the tier it is chosen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Near {
    /// The client is in a netblock of the host.
    Netblock,
    /// The host wants the clients of the client's system.
    System,
    /// The client named the country of the host, or its continent.
    Named,
    /// Both are in one country.
    Country,
    /// Both are on one continent.
    Continent,
    /// Nothing: too few are near.
    World,
}

impl Near {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Netblock => "netblock",
            Self::System => "system",
            Self::Named => "named",
            Self::Country => "country",
            Self::Continent => "continent",
            Self::World => "world",
        }
    }

    /// Whether the order within the tier is drawn by bandwidth; else every order has the same chance.
    pub fn is_weighted(self) -> bool {
        !matches!(self, Self::Netblock | Self::System)
    }
}

/// The mirrors, in order, and what they were chosen by.
#[derive(Debug, Default)]
pub struct Selection<'a> {
    /// In order; none twice.
    pub carriers: Vec<&'a Carrier>,
    /// How many of them belong to each tier, and what the tier is; tiers without hosts are left out.
    pub tiers: Vec<(Near, usize)>,
    /// Netblocks found somebody.
    pub by_netblock: bool,
    /// Somebody wants the clients of the client's system: its number.
    pub by_asn: Option<u32>,
    /// The countries that found somebody, as the client or the table wrote them, sorted.
    pub countries: BTreeSet<String>,
    /// The world was asked.
    pub global: bool,
}

/// What a selection goes by.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// Who holds what.
    pub index: &'a Index,
    /// Continents, under those of the index.
    pub continents: &'a Continents,
}

impl Tables<'_> {
    pub(super) fn continent(&self, country: Code) -> Option<Code> {
        self.index.continent(country).or_else(|| self.continents.get(country))
    }
}

/// The URLs of a host that a wish leaves: of the schemes it names at most as many as it names, in order.
pub fn wanted_urls<'a>(urls: &'a [Url], protocols: Option<&[String]>) -> Vec<&'a Url> {
    match protocols {
        None => urls.iter().collect(),
        Some(schemes) => {
            let named = |u: &&Url| schemes.iter().any(|s| **s == *u.scheme);
            urls.iter().filter(named).take(schemes.len()).collect()
        }
    }
}

/// Whether a wish leaves any.
fn serves(urls: &[Url], protocols: Option<&[String]>) -> bool {
    let named = |u: &Url| protocols.is_none_or(|all| all.iter().any(|s| **s == *u.scheme));
    urls.iter().any(named)
}

/// Hosts by their places, one bit each.
struct HostSet(Vec<u64>);

impl HostSet {
    fn new(index: &Index) -> Self {
        Self(vec![0; index.hosts.len() / 64 + 1])
    }

    /// Whether it was not in there.
    fn insert(&mut self, host: u32) -> bool {
        let word = usize::try_from(host / 64).ok().and_then(|w| self.0.get_mut(w));
        let bit = 1 << (host % 64);
        word.is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }
}

/// One tier, in the order in which it is given out.
type Tier<'a> = Vec<&'a Carrier>;

/// Chooses for one client.
pub fn select<'a>(
    tables: Tables<'a>,
    directory: &Directory,
    client: Client,
    wish: Wish<'_>,
    rng: &mut impl Rng,
) -> Selection<'a> {
    let mut out = Selection::default();
    if client.country.is_some_and(|c| tables.index.is_embargoed(c)) {
        return out;
    }
    let holders: Vec<&Carrier> = tables.index.carriers(directory).collect();
    let mut tiers: Vec<(Near, Tier<'a>)> = Vec::new();
    if wish.countries.is_empty() && wish.netblock {
        by_netblock(tables, &holders, client, &mut tiers, &mut out, rng);
        by_asn(tables, &holders, client, &mut tiers, &mut out, rng);
    }
    let named = by_name(tables, &holders, wish.countries, &mut out);
    let found = !named.is_empty();
    tiers.push((Near::Named, draw(tables.index, &named, rng)));
    if !found {
        by_place(tables, &holders, client, &mut tiers, &mut out, rng);
    }
    let admits = |c: &Carrier| tables.index.host(c.host).is_some_and(|h| h.admits(client.country));
    if !found {
        let serves = |c: &&&Carrier| admits(c) && serves(&c.urls, wish.protocols);
        let mut near = HostSet::new(tables.index);
        let near = tiers
            .iter()
            .flat_map(|(_, tier)| tier)
            .filter(serves)
            .filter(|c| near.insert(c.host));
        if near.count() < wish.minimum {
            let world: Tier<'a> = holders.iter().filter(|c| c.public).copied().collect();
            out.global = true;
            tiers.push((Near::World, draw(tables.index, &world, rng)));
        }
    }
    let mut seen = HostSet::new(tables.index);
    out.carriers.reserve(tiers.iter().map(|(_, tier)| tier.len()).sum());
    for (near, tier) in tiers {
        let before = out.carriers.len();
        out.carriers
            .extend(tier.into_iter().filter(|c| admits(c) && seen.insert(c.host)));
        if out.carriers.len() > before {
            out.tiers.push((near, out.carriers.len() - before));
        }
    }
    out
}

/// Hosts with a netblock around the client: a tier for each length, the longest first.
fn by_netblock<'a>(
    tables: Tables<'a>,
    holders: &[&'a Carrier],
    client: Client,
    tiers: &mut Vec<(Near, Tier<'a>)>,
    out: &mut Selection<'a>,
    rng: &mut impl Rng,
) {
    let mut last = None;
    for (length, host) in tables.index.netblock_hosts(client.ip) {
        if last != Some(length) {
            tiers.push((Near::Netblock, Vec::new()));
            last = Some(length);
        }
        let holder = holders
            .iter()
            .find(|c| c.host == host && !c.urls.is_empty() && client.may_see(c));
        if let (Some(holder), Some((_, tier))) = (holder, tiers.last_mut()) {
            tier.push(holder);
            out.by_netblock = true;
        }
    }
    for (_, tier) in tiers {
        shuffle(tier, rng);
    }
}

/// Hosts that want the clients of the client's system.
fn by_asn<'a>(
    tables: Tables<'a>,
    holders: &[&'a Carrier],
    client: Client,
    tiers: &mut Vec<(Near, Tier<'a>)>,
    out: &mut Selection<'a>,
    rng: &mut impl Rng,
) {
    let Some(asn) = client.asn else { return };
    let wanting = tables.index.asn_hosts(asn);
    let wants = |c: &&&Carrier| !c.urls.is_empty() && client.may_see(c) && wanting.binary_search(&c.host).is_ok();
    let mut tier: Tier<'a> = holders.iter().filter(wants).copied().collect();
    // MirrorManager says so as soon as anybody wants this system's clients, even if nobody of them holds the directory.
    out.by_asn = (!wanting.is_empty()).then_some(asn);
    shuffle(&mut tier, rng);
    tiers.push((Near::System, tier));
}

/// Hosts of the countries that the client named, else of the other countries of their continents.
fn by_name<'a>(tables: Tables<'a>, holders: &[&'a Carrier], countries: &[String], out: &mut Selection<'a>) -> Tier<'a> {
    let mut found: Tier<'a> = Vec::new();
    for name in countries {
        if name.eq_ignore_ascii_case("global") {
            found.extend(holders.iter().filter(|c| c.public));
            out.global = true;
        } else if let Some(country) = Code::parse(name) {
            let before = found.len();
            found.extend(holders.iter().filter(|c| c.country == Some(country)));
            if found.len() > before {
                out.countries.insert(name.clone());
            }
        }
    }
    if found.is_empty() {
        let named: Vec<Code> = countries.iter().filter_map(|c| Code::parse(c)).collect();
        for country in &named {
            if let Some(continent) = tables.continent(*country) {
                found.extend(neighbours(tables, holders, continent, &named, out));
            }
        }
    }
    found
}

/// Hosts on a continent, but not those of some countries.
fn neighbours<'a>(
    tables: Tables<'a>,
    holders: &[&'a Carrier],
    continent: Code,
    without: &[Code],
    out: &mut Selection<'a>,
) -> Tier<'a> {
    let near = |c: &&&Carrier| {
        c.country
            .is_some_and(|country| !without.contains(&country) && tables.continent(country) == Some(continent))
    };
    let tier: Tier<'a> = holders.iter().filter(near).copied().collect();
    let mut named: Vec<Code> = Vec::new();
    for country in tier.iter().filter_map(|c| c.country) {
        if !named.contains(&country) {
            named.push(country);
        }
    }
    out.countries.extend(named.iter().map(Code::to_string));
    tier
}

/// Hosts of the client's country, then those of the rest of its continent.
fn by_place<'a>(
    tables: Tables<'a>,
    holders: &[&'a Carrier],
    client: Client,
    tiers: &mut Vec<(Near, Tier<'a>)>,
    out: &mut Selection<'a>,
    rng: &mut impl Rng,
) {
    let Some(country) = client.country else { return };
    let own: Tier<'a> = holders.iter().filter(|c| c.country == Some(country)).copied().collect();
    if !own.is_empty() {
        out.countries.insert(country.to_string());
    }
    tiers.push((Near::Country, draw(tables.index, &own, rng)));
    if let Some(continent) = tables.continent(country) {
        let near = neighbours(tables, holders, continent, &[country], out);
        tiers.push((Near::Continent, draw(tables.index, &near, rng)));
    }
}

/// The part of a key that is a place: no category has more mirrors.
const PLACES: u64 = (1 << 20) - 1;

/// A random order without replacement, each host's chance to come next in proportion to its weight (Efraimidis and Spirakis
/// 2006: sort by an exponential variate divided by the weight).
fn draw<'a>(index: &Index, tier: &[&'a Carrier], rng: &mut impl Rng) -> Tier<'a> {
    // Variates that are not negative are ordered as their bits are: one number holds most of these, and the place in the tier.
    let mut keyed: Vec<u64> = Vec::with_capacity(tier.len());
    for (place, carrier) in (0_u64..=PLACES).zip(tier) {
        let weight = index.host(carrier.host).map_or(1, |h| h.weight);
        let uniform: f64 = 1.0 - rng.random::<f64>();
        // Not the negative of the logarithm: that of one would be a negative zero.
        let variate = (0.0 - uniform.ln()) / f64::from(weight);
        keyed.push(variate.to_bits() & !PLACES | place);
    }
    keyed.sort_unstable();
    let carrier = |key: u64| tier.get(usize::try_from(key & PLACES).ok()?).copied();
    keyed.into_iter().filter_map(carrier).collect()
}

/// Every order with the same chance.
fn shuffle(tier: &mut Tier<'_>, rng: &mut impl Rng) {
    for last in (1..tier.len()).rev() {
        tier.swap(rng.random_range(0..=last), last);
    }
}
