//! Continents of the countries of an index: derived from its mirrors and the continent table whenever one of them is
//! loaded, so that a response uses a ready set instead of looking up the continent of every country.

use std::collections::BTreeMap;

use crate::answer::bitset::add;
use crate::model::continents::Continents;
use crate::model::packed_country::PackedCountry;

use super::Index;
use super::category::CategoryMirrors;

/// Continents of countries, and mirrors on each continent.
#[derive(Debug, Default)]
pub(crate) struct ContinentIndex {
    /// The table, with the overrides of the registry.
    continents: Continents,
    /// Positions in [`Index::countries`] by continent, sorted.
    countries: BTreeMap<PackedCountry, Vec<u16>>,
    /// For each category, and in it for each continent of `countries`: the set of mirrors on that continent.
    sets: Vec<Vec<Box<[u64]>>>,
}

impl ContinentIndex {
    /// Derives the continents of an index; `table` applies where the index has no override.
    pub(crate) fn new(index: &Index, table: &Continents) -> Self {
        let mut continents = table.clone();
        continents.extend(index.continents.iter());
        let mut countries: BTreeMap<PackedCountry, Vec<u16>> = BTreeMap::new();
        for (position, country) in (0_u16..).zip(&index.countries) {
            if let Some(continent) = continents.get(*country) {
                countries.entry(continent).or_default().push(position);
            }
        }
        let sets = index.categories.iter();
        let sets = sets.map(|category| countries.values().map(|c| union(category, c)).collect());
        Self {
            sets: sets.collect(),
            continents,
            countries,
        }
    }

    pub(crate) fn continent(&self, country: PackedCountry) -> Option<PackedCountry> {
        self.continents.get(country)
    }

    /// Returns all countries with a continent, sorted.
    pub(crate) fn countries_with_continent(&self) -> impl Iterator<Item = PackedCountry> {
        self.continents.iter().map(|(country, _)| country)
    }

    /// Positions in [`Index::countries`] of the countries on a continent, sorted.
    pub(crate) fn countries(&self, continent: PackedCountry) -> &[u16] {
        self.countries.get(&continent).map_or(&[], Vec::as_slice)
    }

    /// The set of the mirrors of a category on a continent.
    pub(crate) fn mirrors(&self, category: u32, continent: PackedCountry) -> &[u64] {
        let position = self.countries.keys().position(|c| *c == continent);
        let set = || self.sets.get(usize::try_from(category).ok()?)?.get(position?);
        set().map_or(&[], |s| s)
    }
}

fn union(category: &CategoryMirrors, countries: &[u16]) -> Box<[u64]> {
    let mut out = vec![0; category.width()];
    for country in countries {
        add(&mut out, category.in_country(*country).iter().copied());
    }
    out.into()
}
