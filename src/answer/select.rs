//! Selects the mirrors for a client, and their order.
//!
//! Tiers in this order, each host in its first tier only:
//!
//! 1. hosts that have a netblock with the client in it, the longest prefix first;
//! 2. hosts that prefer the clients in the client's ASN;
//! 3. with `country=`: hosts in these countries (or in all), otherwise in the other countries of their continents;
//! 4. otherwise: hosts in the client's country, then in the other countries of its continent;
//! 5. if there are fewer than the minimum: hosts in all countries.
//!
//! `country=` disables 1 and 2, and if it matches any host, 4 and 5 too. Allowed and denied countries of a host apply
//! in every tier; with `exclude_country=`, hosts in these countries are treated as having no content. Within 1 (per
//! prefix length) and 2 the order is a uniform shuffle, elsewhere a shuffle weighted by bandwidth. Pure: the random
//! generator is an argument.

use std::net::IpAddr;

use itertools::Either;
use rand::{Rng, RngExt};
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

use super::bitset::{add, add_bit, for_each_one, has_bit, intersect, iter_ones, remove, remove_bit};
use super::index::{ContinentIndex, DirectoryMirrors, Index, IndexedDirectory, MirrorEntry, MirrorFacts, Url};
use super::query::Query;
use crate::model::packed_country::PackedCountry;

use super::weighted_shuffle::WeightedShuffle;

pub(crate) mod explain;
#[cfg(test)]
mod tests;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) ip: IpAddr,
    pub(crate) country: Option<PackedCountry>,
    pub(crate) asn: Option<u32>,
    /// True if private hosts may be named to it when it is in their netblocks or ASNs.
    pub(crate) sees_private: bool,
}

/// Selection tier, from most to least specific; the name is that in JSON, metrics and reports.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Tier {
    /// The client is in a netblock of the host.
    Netblock,
    /// The host prefers the clients in the client's ASN.
    Asn,
    /// The client requested the country of the host, or one on its continent.
    RequestedCountry,
    /// Client and host are in the same country.
    Country,
    /// Client and host are on the same continent.
    Continent,
    /// Any country, because too few mirrors are near.
    Global,
}

/// Selected mirrors in order, with their tiers.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    /// Mirrors of the directory, of which some are selected.
    pub(crate) mirrors: DirectoryMirrors<'a>,
    /// Positions of the selected mirrors in the category, in order, without duplicates.
    pub(crate) positions: Vec<u32>,
    /// Each tier with its number of hosts; empty tiers are left out.
    pub(crate) tiers: Vec<(Tier, usize)>,
    /// True if a netblock contains the client.
    pub(crate) by_netblock: bool,
    /// ASN of the client, if any host prefers it.
    pub(crate) by_asn: Option<u32>,
    /// Countries for the comment of a mirrorlist.
    found: MatchedCountries,
    /// True if mirrors in all countries were considered.
    pub(crate) global: bool,
}

/// Countries with mirrors, sorted.
#[derive(Debug)]
enum MatchedCountries {
    /// Countries as sent by the client.
    Requested(Vec<String>),
    /// Positions of countries in [`Index::countries`].
    Positions(Vec<u16>),
}

impl<'a> Selection<'a> {
    fn empty(mirrors: DirectoryMirrors<'a>) -> Self {
        Self {
            mirrors,
            positions: Vec::new(),
            tiers: Vec::new(),
            by_netblock: false,
            by_asn: None,
            found: MatchedCountries::Positions(Vec::new()),
            global: false,
        }
    }

    /// Returns the countries with mirrors, as sent by the client or as in the index, sorted.
    pub(crate) fn countries<'s>(&'s self, index: &'s Index) -> impl Iterator<Item = &'s str> {
        let country = |position: &u16| index.countries.get(usize::from(*position));
        match &self.found {
            MatchedCountries::Requested(requested) => Either::Left(requested.iter().map(String::as_str)),
            MatchedCountries::Positions(positions) => {
                Either::Right(positions.iter().filter_map(country).map(|c| c.as_str()))
            }
        }
    }

    /// Returns the selected mirrors in order, without duplicates.
    pub(crate) fn iter_mirrors(&self) -> impl Iterator<Item = &'a MirrorEntry> {
        let positions = self.positions.iter();
        positions.filter_map(|position| self.mirrors.category.mirror(*position))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SelectionData<'a> {
    pub(crate) index: &'a Index,
    pub(crate) continents: &'a ContinentIndex,
    /// If fewer mirrors than this are near, mirrors from all continents are added.
    pub(crate) min_mirrors: usize,
}

/// Returns the URLs of a host that match `protocol=`: at most as many as there are protocols, in order.
pub(crate) fn matching_urls<'a>(urls: &'a [Url], protocols: Option<&[String]>) -> impl Iterator<Item = &'a Url> {
    let matching = urls.iter().filter(move |u| matches_protocol(u, protocols));
    matching.take(url_limit(protocols))
}

pub(crate) fn matches_protocol(url: &Url, protocols: Option<&[String]>) -> bool {
    protocols.is_none_or(|all| all.iter().any(|s| **s == *url.scheme))
}

/// Most URLs per host.
pub(crate) fn url_limit(protocols: Option<&[String]>) -> usize {
    protocols.map_or(usize::MAX, <[_]>::len)
}

struct Selector<'a, 'w> {
    data: SelectionData<'a>,
    client: Client,
    query: &'w Query<'w>,
    /// Hosts in the netblock and ASN tiers.
    already_selected: Vec<u32>,
    /// Set of the mirrors of the directory without those in excluded countries.
    candidates: Vec<u64>,
    /// Set of candidates that cannot be in further tiers: their hosts are in one, or do not accept the client's
    /// country.
    excluded: Vec<u64>,
    shuffle: WeightedShuffle,
    out: Selection<'a>,
}

/// Selects the mirrors of a directory for a client.
pub(crate) fn select<'a>(
    data: SelectionData<'a>,
    directory: &IndexedDirectory,
    client: Client,
    query: &Query<'_>,
    rng: &mut impl Rng,
) -> Selection<'a> {
    let mut selector = Selector {
        data,
        client,
        query,
        already_selected: Vec::new(),
        candidates: Vec::new(),
        excluded: Vec::new(),
        shuffle: WeightedShuffle::acquire(),
        out: Selection::empty(data.index.directory_mirrors(directory)),
    };
    if client.country.is_some_and(|c| data.index.is_embargoed(c)) {
        return selector.out;
    }
    if query.countries.is_empty() && query.use_netblocks {
        selector.select_by_netblock(rng);
        selector.select_by_asn(rng);
    }
    selector.compute_candidates();
    let in_requested = selector.select_requested_countries();
    if in_requested.iter().any(|word| *word != 0) {
        selector.push_weighted(Tier::RequestedCountry, &in_requested, rng);
    } else {
        selector.select_by_location(rng);
    }
    selector.shuffle.release();
    selector.out
}

impl Selector<'_, '_> {
    /// Adds hosts with a netblock that contains the client: a tier for each prefix length, the longest first.
    fn select_by_netblock(&mut self, rng: &mut impl Rng) {
        let index = self.data.index;
        let mut tiers: Vec<(u8, Vec<u32>)> = Vec::new();
        for (length, host) in index.netblock_hosts(self.client.ip) {
            let Some(position) = self.candidates_of_host(host).last() else {
                continue;
            };
            self.out.by_netblock = true;
            match tiers.last_mut() {
                Some((last, tier)) if *last == length => tier.push(position),
                _ => tiers.push((length, vec![position])),
            }
        }
        for (_, tier) in tiers {
            self.push_shuffled(Tier::Netblock, tier, rng);
        }
    }

    /// Adds hosts that prefer the clients in the client's ASN.
    fn select_by_asn(&mut self, rng: &mut impl Rng) {
        let Some(asn) = self.client.asn else { return };
        let hosts = self.data.index.asn_hosts(asn);
        // As in MirrorManager, the comment names the ASN as soon as any host prefers it, even if no such host has the
        // directory.
        self.out.by_asn = Some(asn).filter(|_| !hosts.is_empty());
        let tier = hosts.iter().flat_map(|host| self.candidates_of_host(*host)).collect();
        self.push_shuffled(Tier::Asn, tier, rng);
    }

    /// Mirrors of a host that can be in the netblock and ASN tiers.
    fn candidates_of_host(&self, host: u32) -> impl Iterator<Item = u32> {
        let mirrors = self.out.mirrors.of_host(host);
        mirrors.filter(|position| {
            let facts = self.out.mirrors.category.facts(*position);
            facts.is_some_and(|facts| self.is_network_eligible(facts))
        })
    }

    fn is_network_eligible(&self, facts: MirrorFacts) -> bool {
        let country = || self.data.index.countries.get(usize::from(facts.country));
        let is_excluded = || country().is_some_and(|c| self.query.excluded_countries.contains(c));
        facts.has_urls && (facts.public || self.client.sees_private) && !is_excluded()
    }

    fn compute_candidates(&mut self) {
        self.candidates = self.out.mirrors.words.to_vec();
        for country in &self.query.excluded_countries {
            if let Some(position) = self.country_position(*country) {
                remove(&mut self.candidates, self.out.mirrors.category.in_country(position));
            }
        }
        self.excluded = intersect(&self.candidates, &self.out.mirrors.category.country_restricted).collect();
        let accepted: Vec<u32> = iter_ones(&self.excluded)
            .filter(|position| self.accepts_client(*position))
            .collect();
        for position in accepted {
            remove_bit(&mut self.excluded, position);
        }
        for host in &self.already_selected {
            for position in self.out.mirrors.of_host(*host) {
                add_bit(&mut self.excluded, usize::try_from(position).unwrap_or(usize::MAX));
            }
        }
    }

    fn country_position(&self, country: PackedCountry) -> Option<u16> {
        let position = self.data.index.countries.binary_search(&country).ok()?;
        u16::try_from(position).ok()
    }

    fn candidates_in_country(&self, country: u16) -> impl Iterator<Item = u64> {
        intersect(&self.candidates, self.out.mirrors.category.in_country(country))
    }

    fn has_candidates_in_country(&self, country: u16) -> bool {
        self.candidates_in_country(country).any(|word| word != 0)
    }

    fn candidates_on_continent(&self, continent: PackedCountry) -> impl Iterator<Item = u64> {
        let category = self.out.mirrors.category_position;
        intersect(&self.candidates, self.data.continents.mirrors(category, continent))
    }

    /// Public candidates that are in none of these sets.
    fn remaining_candidates(&self, without: &[&[u64]]) -> Vec<u64> {
        let mut out: Vec<u64> = intersect(&self.candidates, self.out.mirrors.category.public()).collect();
        for set in without {
            remove(&mut out, set);
        }
        out
    }

    /// Returns the set of mirrors in the requested countries, or, if there are none, in the other countries of their
    /// continents.
    fn select_requested_countries(&mut self) -> Vec<u64> {
        let countries = &self.query.countries;
        if countries.is_empty() {
            return Vec::new();
        }
        let mut own = vec![0; self.candidates.len()];
        let mut requested: Vec<String> = Vec::new();
        let parsed: Vec<PackedCountry> = countries.iter().filter_map(|c| PackedCountry::parse(c)).collect();
        for name in countries {
            let Some(position) = PackedCountry::parse(name).and_then(|c| self.country_position(c)) else {
                continue;
            };
            if self.has_candidates_in_country(position) {
                requested.push(name.clone());
            }
            add(&mut own, self.candidates_in_country(position));
        }
        self.out.found = MatchedCountries::Requested(requested);
        let mut tier = own.clone();
        if countries.iter().any(|name| name.eq_ignore_ascii_case("global")) {
            self.out.global = true;
            add(&mut tier, self.remaining_candidates(&[&own]).into_iter());
        }
        if tier.iter().all(|word| *word == 0) {
            let mut continents: Vec<PackedCountry> = (parsed.iter())
                .filter_map(|c| self.data.continents.continent(*c))
                .collect();
            continents.sort_unstable();
            continents.dedup();
            let mut positions = Vec::new();
            for continent in continents {
                add(&mut tier, self.candidates_on_continent(continent));
                self.collect_countries(continent, &mut positions);
            }
            positions.sort_unstable();
            if !positions.is_empty() {
                self.out.found = MatchedCountries::Positions(positions);
            }
        }
        tier
    }

    /// Collects the countries of a continent that have candidates.
    fn collect_countries(&self, continent: PackedCountry, positions: &mut Vec<u16>) {
        let all = self.data.continents.countries(continent).iter();
        positions.extend(all.filter(|country| self.has_candidates_in_country(**country)));
    }

    /// Adds hosts in the client's country, then in the rest of its continent; if these are too few, hosts in all
    /// countries.
    fn select_by_location(&mut self, rng: &mut impl Rng) {
        let country = self.client.country;
        let continent = country.and_then(|c| self.data.continents.continent(c));
        let position = country.and_then(|c| self.country_position(c));
        let first: Vec<u64> = position.map_or_else(Vec::new, |position| self.candidates_in_country(position).collect());
        let mut second: Vec<u64> =
            continent.map_or_else(Vec::new, |continent| self.candidates_on_continent(continent).collect());
        remove(&mut second, &first);
        // Hosts in earlier tiers accept the client's country already.
        let earlier = self
            .out
            .positions
            .iter()
            .filter(|position| self.has_matching_url(**position));
        let is_open = |position: u32| !has_bit(&self.excluded, position);
        let nearby = iter_ones(&first).chain(iter_ones(&second));
        let nearby = nearby.filter(|position| is_open(*position) && self.has_matching_url(*position));
        let min_mirrors = self.data.min_mirrors;
        let is_enough = earlier.count() + nearby.take(min_mirrors).count() >= min_mirrors;
        self.push_weighted(Tier::Country, &first, rng);
        self.push_weighted(Tier::Continent, &second, rng);
        if !is_enough {
            self.out.global = true;
            let other = self.remaining_candidates(&[&first, &second]);
            self.push_weighted(Tier::Global, &other, rng);
        }
        let mut positions = Vec::with_capacity(48);
        match continent {
            Some(continent) => self.collect_countries(continent, &mut positions),
            None => positions.extend(position.filter(|position| self.has_candidates_in_country(*position))),
        }
        if !positions.is_empty() {
            self.out.found = MatchedCountries::Positions(positions);
        }
    }

    fn has_matching_url(&self, position: u32) -> bool {
        if self.query.protocols.is_none() {
            return self.out.mirrors.category.facts(position).is_some_and(|g| g.has_urls);
        }
        let mirror = self.out.mirrors.category.mirror(position);
        mirror.is_some_and(|m| matching_urls(&m.urls, self.query.protocols.as_deref()).next().is_some())
    }

    fn accepts_client(&self, position: u32) -> bool {
        let facts = self.out.mirrors.category.facts(position);
        let host = facts.and_then(|g| self.data.index.host(g.host));
        host.is_some_and(|h| h.accepts_country(self.client.country))
    }

    /// Adds a tier in uniform random order.
    fn push_shuffled(&mut self, tier_name: Tier, mut tier: Vec<u32>, rng: &mut impl Rng) {
        for last in (1..tier.len()).rev() {
            tier.swap(rng.random_range(0..=last), last);
        }
        let mut hosts = Vec::new();
        tier.retain(|position| {
            let new = (self.out.mirrors.category.facts(*position))
                .filter(|g| !self.already_selected.contains(&g.host) && self.accepts_client(*position));
            hosts.extend(new.map(|g| g.host));
            new.is_some()
        });
        self.already_selected.extend(hosts);
        self.add_tier(tier_name, tier);
    }

    /// Adds a set of mirrors as a tier in random order, weighted by bandwidth.
    fn push_weighted(&mut self, tier_name: Tier, tier: &[u64], rng: &mut impl Rng) {
        let mut shuffle = std::mem::take(&mut self.shuffle);
        let means = &self.out.mirrors.category.key_means;
        let open = tier.iter().zip(&self.excluded).map(|(tier, excluded)| tier & !excluded);
        for_each_one(open, |position| {
            let mean = usize::try_from(position).ok().and_then(|n| means.get(n));
            if let Some(mean) = mean {
                shuffle.push(position, *mean, rng);
            }
        });
        self.add_tier(tier_name, shuffle.drain_shuffled());
        self.shuffle = shuffle;
    }

    fn add_tier(&mut self, tier_name: Tier, tier: impl IntoIterator<Item = u32>) {
        let before = self.out.positions.len();
        self.out.positions.extend(tier);
        let count = self.out.positions.len() - before;
        if count > 0 {
            self.out.tiers.push((tier_name, count));
        }
    }
}
