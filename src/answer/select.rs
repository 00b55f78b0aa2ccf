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
//! hold everywhere; the countries of `exclude_country=` are looked at as if nobody there held anything. Within 1 (of one length) and
//! 2 the order is a shuffle, elsewhere a draw without replacement, weighted by bandwidth. Pure: the random generator is handed in.

use std::net::IpAddr;

use rand::{Rng, RngExt};
use serde::Serialize;

use super::bitset::{add, add_bit, for_each_one, has_bit, intersect, iter_ones, remove, remove_bit};
use super::index::{ContinentIndex, DirectoryMirrors, Index, IndexedDirectory, MirrorEntry, MirrorFacts, Url};
use crate::model::packed_country::PackedCountry;

use super::weighted_shuffle::WeightedShuffle;

pub(crate) mod explain;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod table_tests;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub ip: IpAddr,
    /// Its country, where that is known.
    pub country: Option<PackedCountry>,
    /// Its system, where that is known.
    pub asn: Option<u32>,
    /// Whether private hosts may be named to it, if its netblock or system is theirs.
    pub sees_private: bool,
}

/// What it asks for.
#[derive(Debug, Clone, Copy)]
pub struct SelectionParams<'a> {
    /// `country=`: as written, sorted; empty when absent.
    pub countries: &'a [String],
    /// `exclude_country=`: no mirrors there.
    pub excluded: &'a [PackedCountry],
    /// Whether netblocks and systems count.
    pub netblock: bool,
    /// `protocol=`: the schemes that count.
    pub protocols: Option<&'a [String]>,
    /// Fewer mirrors than this, and those of the world are added.
    pub min_mirrors: usize,
}

/// What brings a host and a client together: the tier it is chosen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// The client is in a netblock of the host.
    Netblock,
    /// The host wants the clients of the client's system.
    Asn,
    /// The client named the country of the host, or its continent.
    RequestedCountry,
    /// Both are in one country.
    Country,
    /// Both are on one continent.
    Continent,
    /// Nothing: too few are near.
    Global,
}

impl Tier {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Netblock => "netblock",
            Self::Asn => "asn",
            Self::RequestedCountry => "requested-country",
            Self::Country => "country",
            Self::Continent => "continent",
            Self::Global => "global",
        }
    }
}

/// The mirrors, in order, and what they were chosen by.
#[derive(Debug)]
pub struct Selection<'a> {
    /// The mirrors of the directory, of which some are chosen.
    pub(crate) holders: DirectoryMirrors<'a>,
    /// The places of the chosen ones in the category, in order; none twice.
    pub(crate) places: Vec<u32>,
    /// How many of them belong to each tier, and what the tier is; tiers without hosts are left out.
    pub tiers: Vec<(Tier, usize)>,
    /// Netblocks found somebody.
    pub by_netblock: bool,
    /// Somebody wants the clients of the client's system: its number.
    pub by_asn: Option<u32>,
    /// The countries that found somebody.
    found: MatchedCountries,
    /// The world was asked.
    pub global: bool,
}

/// Countries that found somebody, sorted.
#[derive(Debug)]
enum MatchedCountries {
    /// As the client wrote them.
    Written(Vec<String>),
    /// As [`Index::countries`] counts them.
    Counted(Vec<u16>),
}

impl<'a> Selection<'a> {
    fn none(holders: DirectoryMirrors<'a>) -> Self {
        Self {
            holders,
            places: Vec::new(),
            tiers: Vec::new(),
            by_netblock: false,
            by_asn: None,
            found: MatchedCountries::Counted(Vec::new()),
            global: false,
        }
    }

    /// The countries that found somebody, as the client or the table wrote them, sorted.
    pub fn countries<'s>(&'s self, index: &'s Index) -> impl Iterator<Item = &'s str> {
        let (written, counted) = match &self.found {
            MatchedCountries::Written(written) => (written.as_slice(), &[][..]),
            MatchedCountries::Counted(counted) => (&[][..], counted.as_slice()),
        };
        let counted = counted
            .iter()
            .filter_map(|place| index.countries().get(usize::from(*place)));
        written
            .iter()
            .map(String::as_str)
            .chain(counted.map(|c| -> &'s str { c.as_str() }))
    }

    /// The chosen ones, in order; none twice.
    pub fn carriers(&self) -> impl Iterator<Item = &'a MirrorEntry> {
        self.places.iter().filter_map(|place| self.holders.carrier(*place))
    }
}

/// What a selection goes by.
#[derive(Debug, Clone, Copy)]
pub struct SelectionData<'a> {
    /// Who holds what.
    pub index: &'a Index,
    /// On which continents.
    pub continents: &'a ContinentIndex,
}

/// The URLs of a host that a wish leaves: of the schemes it names at most as many as it names, in order.
pub fn wanted_urls<'a>(urls: &'a [Url], protocols: Option<&[String]>) -> impl Iterator<Item = &'a Url> {
    let named = urls.iter().filter(move |u| matches_protocol(u, protocols));
    named.take(url_limit(protocols))
}

/// Whether a URL is of a scheme that the wish names.
pub(crate) fn matches_protocol(url: &Url, protocols: Option<&[String]>) -> bool {
    protocols.is_none_or(|all| all.iter().any(|s| **s == *url.scheme))
}

/// How many URLs of a host a wish leaves at most.
pub(crate) fn url_limit(protocols: Option<&[String]>) -> usize {
    protocols.map_or(usize::MAX, <[_]>::len)
}

/// Carriers by their places in the category.
type MirrorIndices = Vec<u32>;

/// One choice in the making.
struct Selector<'a, 'w> {
    tables: SelectionData<'a>,
    client: Client,
    wish: SelectionParams<'w>,
    /// The hosts in the tiers before those by country.
    already_selected: Vec<u32>,
    /// The mirrors of the directory, but for those in excluded countries: a set.
    holders: Vec<u64>,
    /// Those of them that are in no tier any more: their hosts are in one, or not for the client's country. A set.
    excluded: Vec<u64>,
    draw: WeightedShuffle,
    out: Selection<'a>,
}

/// Chooses for one client.
pub fn select<'a>(
    tables: SelectionData<'a>,
    directory: &IndexedDirectory,
    client: Client,
    wish: SelectionParams<'_>,
    rng: &mut impl Rng,
) -> Selection<'a> {
    let mut choice = Selector {
        tables,
        client,
        wish,
        already_selected: Vec::new(),
        holders: Vec::new(),
        excluded: Vec::new(),
        draw: WeightedShuffle::begin(),
        out: Selection::none(tables.index.holders(directory)),
    };
    if client.country.is_some_and(|c| tables.index.is_embargoed(c)) {
        return choice.out;
    }
    if wish.countries.is_empty() && wish.netblock {
        choice.by_netblock(rng);
        choice.by_asn(rng);
    }
    choice.compute_candidates();
    let named = choice.select_requested_countries();
    if named.iter().any(|word| *word != 0) {
        choice.push_weighted(Tier::RequestedCountry, &named, rng);
    } else {
        choice.select_by_location(rng);
    }
    choice.draw.end();
    choice.out
}

impl Selector<'_, '_> {
    /// Hosts with a netblock around the client: a tier for each length, the longest first.
    fn by_netblock(&mut self, rng: &mut impl Rng) {
        let index = self.tables.index;
        let mut tiers: Vec<(u8, MirrorIndices)> = Vec::new();
        for (length, host) in index.netblock_hosts(self.client.ip) {
            let Some(place) = self.candidates_of_host(host).last() else {
                continue;
            };
            self.out.by_netblock = true;
            match tiers.last_mut() {
                Some((last, tier)) if *last == length => tier.push(place),
                _ => tiers.push((length, vec![place])),
            }
        }
        for (_, tier) in tiers {
            self.push_shuffled(Tier::Netblock, tier, rng);
        }
    }

    /// Hosts that want the clients of the client's system.
    fn by_asn(&mut self, rng: &mut impl Rng) {
        let Some(asn) = self.client.asn else { return };
        let wanting = self.tables.index.asn_hosts(asn);
        if wanting.is_empty() {
            return;
        }
        // MirrorManager says so as soon as anybody wants this system's clients, even if nobody of them holds the directory.
        self.out.by_asn = Some(asn);
        let tier = wanting.iter().flat_map(|host| self.candidates_of_host(*host)).collect();
        self.push_shuffled(Tier::Asn, tier, rng);
    }

    /// Those of a host's carriers that may be in the tiers before those by country.
    fn candidates_of_host(&self, host: u32) -> impl Iterator<Item = u32> {
        let own = self.out.holders.of_host(host);
        own.filter(|place| {
            self.out
                .holders
                .glance(*place)
                .is_some_and(|g| self.is_network_eligible(g))
        })
    }

    fn is_network_eligible(&self, glance: MirrorFacts) -> bool {
        let country = || self.tables.index.countries().get(usize::from(glance.country));
        let is_excluded = || country().is_some_and(|c| self.wish.excluded.contains(c));
        glance.has_urls && (glance.public || self.client.sees_private) && !is_excluded()
    }

    /// Notes who counts.
    fn compute_candidates(&mut self) {
        self.holders = self.out.holders.words().to_vec();
        for country in self.wish.excluded {
            if let Some(place) = self.country_index(*country) {
                remove(&mut self.holders, self.out.holders.in_country(place));
            }
        }
        self.excluded = intersect(&self.holders, self.out.holders.country_restricted()).collect();
        let welcome: MirrorIndices = iter_ones(&self.excluded)
            .filter(|place| self.accepts_client(*place))
            .collect();
        for place in welcome {
            remove_bit(&mut self.excluded, place);
        }
        let mut closed = std::mem::take(&mut self.excluded);
        for place in self
            .already_selected
            .iter()
            .flat_map(|host| self.out.holders.of_host(*host))
        {
            add_bit(&mut closed, usize::try_from(place).unwrap_or(usize::MAX));
        }
        self.excluded = closed;
    }

    /// The place of a country among those of the index.
    fn country_index(&self, country: PackedCountry) -> Option<u16> {
        let place = self.tables.index.countries().binary_search(&country).ok()?;
        u16::try_from(place).ok()
    }

    /// Who counts and stands in a country.
    fn candidates_in_country(&self, country: u16) -> impl Iterator<Item = u64> {
        intersect(&self.holders, self.out.holders.in_country(country))
    }

    fn is_anybody_there(&self, country: u16) -> bool {
        self.candidates_in_country(country).any(|word| word != 0)
    }

    /// Who counts and stands on a continent.
    fn candidates_on_continent(&self, continent: PackedCountry) -> impl Iterator<Item = u64> {
        let carriers = self.tables.continents.carriers(self.out.holders.group(), continent);
        intersect(&self.holders, carriers)
    }

    /// Who counts, may be named to everybody, and is in none of these sets.
    fn remaining_candidates(&self, without: &[&[u64]]) -> Vec<u64> {
        let mut out: Vec<u64> = intersect(&self.holders, self.out.holders.public()).collect();
        for set in without {
            remove(&mut out, set);
        }
        out
    }

    /// Hosts of the countries that the client named, else of the other countries of their continents: a set.
    fn select_requested_countries(&mut self) -> Vec<u64> {
        let countries = self.wish.countries;
        if countries.is_empty() {
            return Vec::new();
        }
        let mut own = vec![0; self.holders.len()];
        let mut written: Vec<String> = Vec::new();
        let named: Vec<PackedCountry> = countries.iter().filter_map(|c| PackedCountry::parse(c)).collect();
        for name in countries {
            let Some(place) = PackedCountry::parse(name).and_then(|c| self.country_index(c)) else {
                continue;
            };
            if self.is_anybody_there(place) {
                written.push(name.clone());
            }
            add(&mut own, self.candidates_in_country(place));
        }
        self.out.found = MatchedCountries::Written(written);
        let mut tier = own.clone();
        if countries.iter().any(|name| name.eq_ignore_ascii_case("global")) {
            self.out.global = true;
            add(&mut tier, self.remaining_candidates(&[&own]).into_iter());
        }
        if tier.iter().all(|word| *word == 0) {
            let mut continents: Vec<PackedCountry> = (named.iter())
                .filter_map(|c| self.tables.continents.continent(*c))
                .collect();
            continents.sort_unstable();
            continents.dedup();
            let mut counted = Vec::new();
            for continent in continents {
                add(&mut tier, self.candidates_on_continent(continent));
                self.count(continent, &mut counted);
            }
            counted.sort_unstable();
            if !counted.is_empty() {
                self.out.found = MatchedCountries::Counted(counted);
            }
        }
        tier
    }

    /// Notes the countries of a continent in which anybody is.
    fn count(&self, continent: PackedCountry, counted: &mut Vec<u16>) {
        let all = self.tables.continents.countries(continent).iter();
        counted.extend(all.filter(|country| self.is_anybody_there(**country)));
    }

    /// Hosts of the client's country, then those of the rest of its continent; where these are too few, those of the world.
    fn select_by_location(&mut self, rng: &mut impl Rng) {
        let country = self.client.country;
        let continent = country.and_then(|c| self.tables.continents.continent(c));
        let place = country.and_then(|c| self.country_index(c));
        let first: Vec<u64> = place.map_or_else(Vec::new, |place| self.candidates_in_country(place).collect());
        let mut second: Vec<u64> =
            continent.map_or_else(Vec::new, |continent| self.candidates_on_continent(continent).collect());
        remove(&mut second, &first);
        // Of the tiers before, `out` has only hosts that are for the client's country.
        let early = self.out.places.iter().filter(|place| self.serves(**place));
        let is_open = |place: u32| !has_bit(&self.excluded, place);
        let near = iter_ones(&first).chain(iter_ones(&second));
        let near = near.filter(|place| is_open(*place) && self.serves(*place));
        let min_mirrors = self.wish.min_mirrors;
        let is_enough = early.count() + near.take(min_mirrors).count() >= min_mirrors;
        self.push_weighted(Tier::Country, &first, rng);
        self.push_weighted(Tier::Continent, &second, rng);
        if !is_enough {
            self.out.global = true;
            let other = self.remaining_candidates(&[&first, &second]);
            self.push_weighted(Tier::Global, &other, rng);
        }
        let mut counted = Vec::with_capacity(48);
        match continent {
            Some(continent) => self.count(continent, &mut counted),
            None => counted.extend(place.filter(|place| self.is_anybody_there(*place))),
        }
        if !counted.is_empty() {
            self.out.found = MatchedCountries::Counted(counted);
        }
    }

    /// Whether the wish leaves any of a carrier's addresses.
    fn serves(&self, place: u32) -> bool {
        if self.wish.protocols.is_none() {
            return self.out.holders.glance(place).is_some_and(|g| g.has_urls);
        }
        let carrier = self.out.holders.carrier(place);
        carrier.is_some_and(|c| wanted_urls(&c.urls, self.wish.protocols).next().is_some())
    }

    /// Whether a carrier's host is for the client's country.
    fn accepts_client(&self, place: u32) -> bool {
        let glance = self.out.holders.glance(place);
        let host = glance.and_then(|g| self.tables.index.host(g.host));
        host.is_some_and(|h| h.accepts_country(self.client.country))
    }

    /// Adds a tier in which every order has the same chance.
    fn push_shuffled(&mut self, near: Tier, mut tier: MirrorIndices, rng: &mut impl Rng) {
        for last in (1..tier.len()).rev() {
            tier.swap(rng.random_range(0..=last), last);
        }
        let mut hosts = Vec::new();
        tier.retain(|place| {
            let new = (self.out.holders.glance(*place))
                .filter(|g| !self.already_selected.contains(&g.host) && self.accepts_client(*place));
            hosts.extend(new.map(|g| g.host));
            new.is_some()
        });
        self.already_selected.extend(hosts);
        self.add(near, tier);
    }

    /// Adds a tier, a set, in which bandwidth tells who comes first.
    fn push_weighted(&mut self, near: Tier, tier: &[u64], rng: &mut impl Rng) {
        let mut draw = std::mem::take(&mut self.draw);
        let paces = self.out.holders.draw_means();
        let open = tier.iter().zip(&self.excluded).map(|(tier, closed)| tier & !closed);
        for_each_one(open, |place| {
            let pace = usize::try_from(place).ok().and_then(|n| paces.get(n));
            if let Some(pace) = pace {
                draw.push(place, *pace, rng);
            }
        });
        self.add(near, draw.order());
        self.draw = draw;
    }

    fn add(&mut self, near: Tier, tier: impl IntoIterator<Item = u32>) {
        let before = self.out.places.len();
        self.out.places.extend(tier);
        let count = self.out.places.len() - before;
        if count > 0 {
            self.out.tiers.push((near, count));
        }
    }
}
