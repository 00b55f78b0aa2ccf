//! Where the countries of an index lie: what follows from its carriers and the table of continents together. Made whenever one of
//! them is loaded, so that an answer takes a ready set instead of asking every country for its continent.

use std::collections::BTreeMap;

use crate::model::continents::Continents;
use crate::model::packed_country::PackedCountry;

use super::Index;
use super::category::CategoryMirrors;

/// Continents, and who stands there.
#[derive(Debug, Default)]
pub struct ContinentIndex {
    /// The table, with what an admin said over it.
    continents: Continents,
    /// The places of the index's countries by continent, sorted.
    countries: BTreeMap<PackedCountry, Vec<u16>>,
    /// For each group, and in it for each continent of `countries`, the set of carriers that stand there.
    sets: Vec<Vec<Box<[u64]>>>,
}

impl ContinentIndex {
    /// Of an index; `table` holds where it says nothing itself.
    pub fn new(index: &Index, table: &Continents) -> Self {
        let mut continents = table.clone();
        continents.extend(index.continents.iter());
        let mut countries: BTreeMap<PackedCountry, Vec<u16>> = BTreeMap::new();
        for (place, country) in (0_u16..).zip(&index.countries) {
            if let Some(continent) = continents.get(*country) {
                countries.entry(continent).or_default().push(place);
            }
        }
        let sets = index.groups.iter();
        let sets = sets.map(|group| countries.values().map(|c| union(group, c)).collect());
        Self {
            sets: sets.collect(),
            continents,
            countries,
        }
    }

    /// The continent of a country.
    pub fn continent(&self, country: PackedCountry) -> Option<PackedCountry> {
        self.continents.get(country)
    }

    /// All countries that have a continent, in order.
    pub fn countries_with_continent(&self) -> impl Iterator<Item = PackedCountry> {
        self.continents.iter().map(|(country, _)| country)
    }

    /// The places of the index's countries on a continent, sorted.
    pub(crate) fn countries(&self, continent: PackedCountry) -> &[u16] {
        self.countries.get(&continent).map_or(&[], Vec::as_slice)
    }

    /// The set of a group's carriers that stand on a continent.
    pub(crate) fn carriers(&self, group: usize, continent: PackedCountry) -> &[u64] {
        let place = self.countries.keys().position(|c| *c == continent);
        let set = || self.sets.get(group)?.get(place?);
        set().map_or(&[], |s| s)
    }
}

/// The carriers in any of these countries.
fn union(group: &CategoryMirrors, countries: &[u16]) -> Box<[u64]> {
    let mut out = vec![0; group.width()];
    for country in countries {
        for (word, there) in out.iter_mut().zip(group.in_country(*country)) {
            *word |= there;
        }
    }
    out.into()
}
