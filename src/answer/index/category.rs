//! The carriers of a category: what a selection asks of each, close together, and sets of them by country.

use crate::answer::bitset::{add_bit, has_bit, iter_ones};
use crate::answer::weighted_shuffle::exponential_mean;
use crate::model::packed_country::PackedCountry;

use super::rendered::RenderedUrls;
use super::{IndexedHost, MirrorEntry};

/// All carriers of a category, each with its place.
#[derive(Debug, Default)]
pub(super) struct CategoryMirrors {
    pub(super) carriers: Vec<MirrorEntry>,
    /// One for each of them.
    facts: Vec<MirrorFacts>,
    /// For each of them the mean of its clock in a draw, in proportion to one divided by its weight.
    draw_means: Vec<f32>,
    /// Those whose hosts are for clients of some countries only: a set.
    country_restricted: Vec<u64>,
    /// What answers say of each of them.
    lines: RenderedUrls,
    /// By host: its place among all hosts, and the carrier's.
    by_host: Vec<(u32, u32)>,
    /// Sets one behind the other, each as long as a set of all carriers: for each country those that stand there, and those that
    /// everybody may be sent to.
    sets: Vec<u64>,
}

/// What is asked of a carrier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MirrorFacts {
    /// Its host.
    pub(crate) host: u32,
    /// The place of its country in [`super::Index::countries`]; one behind the last if it has none.
    pub(crate) country: u16,
    /// Whether everybody may be sent to it.
    pub(crate) public: bool,
    /// Whether it has any address.
    pub(crate) has_urls: bool,
}

impl CategoryMirrors {
    /// Makes all of it that follows from the carriers, once these are known. `countries` are those of all carriers, sorted.
    pub(super) fn build_tables(&mut self, countries: &[PackedCountry], hosts: &[IndexedHost]) {
        self.carriers.shrink_to_fit();
        self.facts = self.carriers.iter().map(|c| glance(c, countries)).collect();
        self.lines = RenderedUrls::of(&self.carriers, hosts);
        self.by_host = (0..).zip(&self.carriers).map(|(place, c)| (c.host, place)).collect();
        self.by_host.sort_unstable();
        let width = self.width();
        self.country_restricted = vec![0; width];
        for (place, carrier) in self.carriers.iter().enumerate() {
            let host = usize::try_from(carrier.host).ok().and_then(|n| hosts.get(n));
            self.draw_means.push(exponential_mean(host.map_or(1, |h| h.weight)));
            if host.is_some_and(|h| !h.allowed.is_empty() || !h.denied.is_empty()) {
                add_bit(&mut self.country_restricted, place);
            }
        }
        self.sets = vec![0; (countries.len() + 1) * width];
        for (place, glance) in self.facts.iter().enumerate() {
            let row = usize::from(glance.country);
            if row < countries.len() {
                add_bit(&mut self.sets, row * width * 64 + place);
            }
            if glance.public {
                add_bit(&mut self.sets, countries.len() * width * 64 + place);
            }
        }
    }

    /// How many words a set of all carriers has.
    pub(super) fn width(&self) -> usize {
        self.carriers.len().div_ceil(64)
    }

    /// The set of carriers that stand in a country, by its place among those of the index.
    pub(super) fn in_country(&self, country: u16) -> &[u64] {
        let begin = usize::from(country) * self.width();
        let end = (begin + self.width()).min(self.sets.len().saturating_sub(self.width()));
        self.sets.get(begin..end).unwrap_or_default()
    }
}

fn glance(carrier: &MirrorEntry, countries: &[PackedCountry]) -> MirrorFacts {
    let country = carrier.country.and_then(|c| countries.binary_search(&c).ok());
    MirrorFacts {
        host: carrier.host,
        country: u16::try_from(country.unwrap_or(countries.len())).unwrap_or(u16::MAX),
        public: carrier.public,
        has_urls: !carrier.urls.is_empty(),
    }
}

/// Who carries a directory: a set of places in its category. Words that are missing at its end are empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DirectoryMirrors<'a> {
    words: &'a [u64],
    /// Its place among the groups.
    place: usize,
    group: Option<&'a CategoryMirrors>,
}

impl<'a> DirectoryMirrors<'a> {
    pub(super) fn new(words: &'a [u64], place: usize, group: Option<&'a CategoryMirrors>) -> Self {
        Self { words, place, group }
    }

    /// The place of the category among the groups.
    pub(crate) fn group(self) -> usize {
        self.place
    }

    /// As a set.
    pub(crate) fn words(self) -> &'a [u64] {
        self.words
    }

    /// Whether the carrier at `place` is one of them.
    pub(crate) fn has(self, place: u32) -> bool {
        has_bit(self.words, place)
    }

    /// Those of a host, by their places.
    pub(crate) fn of_host(self, host: u32) -> impl Iterator<Item = u32> + use<'a> {
        let all = self.group.map_or(&[][..], |g| &g.by_host);
        let first = all.partition_point(|(h, _)| *h < host);
        let own = all.iter().skip(first).take_while(move |(h, _)| *h == host);
        own.map(|(_, place)| *place).filter(move |place| self.has(*place))
    }

    /// The set of the category's carriers that stand in a country, by its place among those of the index.
    pub(crate) fn in_country(self, country: u16) -> &'a [u64] {
        self.group.map_or(&[], |g| g.in_country(country))
    }

    /// The set of the category's carriers that everybody may be sent to.
    pub(crate) fn public(self) -> &'a [u64] {
        let (width, sets) = self.group.map_or((0, &[][..]), |g| (g.width(), &g.sets));
        sets.get(sets.len().saturating_sub(width)..).unwrap_or_default()
    }

    /// The carrier at a place.
    pub(crate) fn carrier(self, place: u32) -> Option<&'a MirrorEntry> {
        self.group?.carriers.get(usize::try_from(place).ok()?)
    }

    /// The means of the clocks of the category's carriers, by place.
    pub(crate) fn draw_means(self) -> &'a [f32] {
        self.group.map_or(&[], |g| &g.draw_means)
    }

    /// The set of the category's carriers whose hosts are for clients of some countries only.
    pub(crate) fn country_restricted(self) -> &'a [u64] {
        self.group.map_or(&[], |g| &g.country_restricted)
    }

    /// What is asked of it.
    pub(crate) fn glance(self, place: u32) -> Option<MirrorFacts> {
        self.group?.facts.get(usize::try_from(place).ok()?).copied()
    }

    /// What answers say of the carriers, by place.
    pub(crate) fn lines(self) -> Option<&'a RenderedUrls> {
        self.group.map(|g| &g.lines)
    }

    /// All of them.
    pub(super) fn all(self) -> impl Iterator<Item = &'a MirrorEntry> + use<'a> {
        iter_ones(self.words).filter_map(move |place| self.carrier(place))
    }
}
