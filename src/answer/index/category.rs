//! The mirrors of a category: facts for selection, packed for cache locality, and sets of mirrors by country.

use itertools::Itertools as _;

use crate::answer::bitset::{add_bit, has_bit, iter_ones};
use crate::answer::weighted_shuffle::exponential_mean;
use crate::model::packed_country::PackedCountry;

use super::rendered::RenderedUrls;
use super::{IndexedHost, MirrorEntry};

/// All mirrors of a category. A mirror is identified by its position.
#[derive(Debug, Default)]
pub(crate) struct CategoryMirrors {
    pub(super) mirrors: Vec<MirrorEntry>,
    /// Facts about mirrors by position.
    facts: Vec<MirrorFacts>,
    /// Mean of the shuffle key by position, proportional to the inverse of the weight.
    pub(crate) key_means: Vec<f32>,
    /// The set of mirrors whose hosts accept clients in some countries only.
    pub(crate) country_restricted: Vec<u64>,
    /// URLs rendered for responses.
    pub(crate) urls: RenderedUrls,
    /// (host, position) pairs, sorted.
    by_host: Vec<(u32, u32)>,
    /// Sets of equal length one after the other: for each country the mirrors in it, then the public mirrors.
    sets: Vec<u64>,
}

/// Facts about a mirror that selection needs, packed for cache locality.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MirrorFacts {
    /// Number of the host in the index.
    pub(crate) host: u32,
    /// Position of the country in [`super::Index::countries`]; the number of countries if it has none.
    pub(crate) country: u16,
    /// True if the mirror is named to all clients, not only to those in its netblocks and ASNs.
    pub(crate) public: bool,
    pub(crate) has_urls: bool,
}

impl CategoryMirrors {
    /// Derives all tables once the mirrors are known. `countries` are those of all mirrors, sorted.
    pub(super) fn build_tables(&mut self, countries: &[PackedCountry], hosts: &[IndexedHost]) {
        self.mirrors.shrink_to_fit();
        self.facts = self.mirrors.iter().map(|m| mirror_facts(m, countries)).collect();
        self.urls = RenderedUrls::new(&self.mirrors, hosts);
        let hosts_of_mirrors = self.mirrors.iter().map(|m| m.host);
        self.by_host = hosts_of_mirrors.zip(0..).sorted_unstable().collect();
        let width = self.width();
        self.country_restricted = vec![0; width];
        for (position, mirror) in self.mirrors.iter().enumerate() {
            let host = usize::try_from(mirror.host).ok().and_then(|n| hosts.get(n));
            self.key_means.push(exponential_mean(host.map_or(1, |h| h.weight)));
            if host.is_some_and(|h| !h.allowed.is_empty() || !h.denied.is_empty()) {
                add_bit(&mut self.country_restricted, position);
            }
        }
        self.sets = vec![0; (countries.len() + 1) * width];
        for (position, facts) in self.facts.iter().enumerate() {
            let row = usize::from(facts.country);
            if row < countries.len() {
                add_bit(&mut self.sets, row * width * 64 + position);
            }
            if facts.public {
                add_bit(&mut self.sets, countries.len() * width * 64 + position);
            }
        }
    }

    /// Number of words of a set of all mirrors.
    pub(super) fn width(&self) -> usize {
        self.mirrors.len().div_ceil(64)
    }

    /// The set of mirrors in a country, by its position in [`super::Index::countries`].
    pub(crate) fn in_country(&self, country: u16) -> &[u64] {
        let begin = usize::from(country) * self.width();
        let end = (begin + self.width()).min(self.sets.len().saturating_sub(self.width()));
        self.sets.get(begin..end).unwrap_or_default()
    }

    /// The set of public mirrors.
    pub(crate) fn public(&self) -> &[u64] {
        let begin = self.sets.len().saturating_sub(self.width());
        self.sets.get(begin..).unwrap_or_default()
    }

    pub(crate) fn mirror(&self, position: u32) -> Option<&MirrorEntry> {
        self.mirrors.get(usize::try_from(position).ok()?)
    }

    pub(crate) fn facts(&self, position: u32) -> Option<MirrorFacts> {
        self.facts.get(usize::try_from(position).ok()?).copied()
    }
}

fn mirror_facts(mirror: &MirrorEntry, countries: &[PackedCountry]) -> MirrorFacts {
    let country = mirror.country.and_then(|c| countries.binary_search(&c).ok());
    MirrorFacts {
        host: mirror.host,
        country: u16::try_from(country.unwrap_or(countries.len())).unwrap_or(u16::MAX),
        public: mirror.public,
        has_urls: !mirror.urls.is_empty(),
    }
}

/// The mirrors of a directory: a set of positions in its category. Missing words at the end are empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DirectoryMirrors<'a> {
    pub(crate) words: &'a [u64],
    /// Position of the category in the index.
    pub(crate) category_position: u32,
    pub(crate) category: &'a CategoryMirrors,
}

impl<'a> DirectoryMirrors<'a> {
    /// Returns the positions of the mirrors of a host.
    pub(crate) fn of_host(self, host: u32) -> impl Iterator<Item = u32> + use<'a> {
        let all = &self.category.by_host;
        let first = all.partition_point(|(h, _)| *h < host);
        let own = all.iter().skip(first).take_while(move |(h, _)| *h == host);
        own.map(|(_, position)| *position)
            .filter(move |position| has_bit(self.words, *position))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a MirrorEntry> + use<'a> {
        iter_ones(self.words).filter_map(move |position| self.category.mirror(position))
    }
}
