//! The carriers of a category: what a selection asks of each, close together, and sets of them by country.

use crate::mirrorlist::country::Code;
use crate::mirrorlist::select::draw;

use super::lines::Lines;
use super::{Carrier, Host};

/// All carriers of a category, each with its place.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) carriers: Vec<Carrier>,
    /// One for each of them.
    glances: Vec<Glance>,
    /// What answers say of each of them.
    lines: Lines,
    /// By host: its place among all hosts, and the carrier's.
    by_host: Vec<(u32, u32)>,
    /// Sets one behind the other, each as long as a set of all carriers: for each country those that stand there, and those that
    /// everybody may be sent to.
    sets: Vec<u64>,
}

/// What is asked of every carrier for every answer.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirrorlist) struct Glance {
    /// Its host.
    pub(in crate::mirrorlist) host: u32,
    /// The mean of its clock in a draw, in proportion to one divided by its weight.
    pub(in crate::mirrorlist) pace: f64,
    /// The place of its country in [`super::Index::countries`]; one behind the last if it has none.
    pub(in crate::mirrorlist) country: u16,
    /// Whether everybody may be sent to it.
    pub(in crate::mirrorlist) public: bool,
    /// Whether its host is for clients of some countries only.
    pub(in crate::mirrorlist) choosy: bool,
    /// Whether it has any address.
    pub(in crate::mirrorlist) serves: bool,
}

impl Group {
    /// Makes all of it that follows from the carriers, once these are known. `countries` are those of all carriers, sorted.
    pub(super) fn finish(&mut self, countries: &[Code], hosts: &[Host]) {
        self.carriers.shrink_to_fit();
        self.glances = self.carriers.iter().map(|c| glance(c, countries, hosts)).collect();
        self.lines = Lines::of(&self.carriers, hosts);
        self.by_host = (0..).zip(&self.carriers).map(|(place, c)| (c.host, place)).collect();
        self.by_host.sort_unstable();
        let width = self.width();
        self.sets = vec![0; (countries.len() + 1) * width];
        for (place, glance) in self.glances.iter().enumerate() {
            let row = usize::from(glance.country);
            if row < countries.len() {
                set_bit(&mut self.sets, row * width * 64 + place);
            }
            if glance.public {
                set_bit(&mut self.sets, countries.len() * width * 64 + place);
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

/// Puts the carrier at `place` into the set, if there is room for it.
pub(super) fn set_bit(words: &mut [u64], place: usize) {
    if let Some(word) = words.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

fn glance(carrier: &Carrier, countries: &[Code], hosts: &[Host]) -> Glance {
    let host = usize::try_from(carrier.host).ok().and_then(|place| hosts.get(place));
    let country = carrier.country.and_then(|c| countries.binary_search(&c).ok());
    Glance {
        host: carrier.host,
        pace: draw::pace(host.map_or(1, |h| h.weight)),
        country: u16::try_from(country.unwrap_or(countries.len())).unwrap_or(u16::MAX),
        public: carrier.public,
        choosy: host.is_some_and(|h| !h.allowed.is_empty() || !h.denied.is_empty()),
        serves: !carrier.urls.is_empty(),
    }
}

/// Who carries a directory: a set of places in its category. Words that are missing at its end are empty.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirrorlist) struct Holders<'a> {
    words: &'a [u64],
    /// Its place among the groups.
    place: usize,
    group: Option<&'a Group>,
}

impl<'a> Holders<'a> {
    pub(super) fn new(words: &'a [u64], place: usize, group: Option<&'a Group>) -> Self {
        Self { words, place, group }
    }

    /// The place of the category among the groups.
    pub(in crate::mirrorlist) fn group(self) -> usize {
        self.place
    }

    /// As a set.
    pub(in crate::mirrorlist) fn words(self) -> &'a [u64] {
        self.words
    }

    /// Whether the carrier at `place` is one of them.
    pub(in crate::mirrorlist) fn has(self, place: u32) -> bool {
        let word = usize::try_from(place / 64).ok().and_then(|n| self.words.get(n));
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Those of a host, by their places.
    pub(in crate::mirrorlist) fn of_host(self, host: u32) -> impl Iterator<Item = u32> + use<'a> {
        let all = self.group.map_or(&[][..], |g| &g.by_host);
        let first = all.partition_point(|(h, _)| *h < host);
        let own = all.iter().skip(first).take_while(move |(h, _)| *h == host);
        own.map(|(_, place)| *place).filter(move |place| self.has(*place))
    }

    /// The set of the category's carriers that stand in a country, by its place among those of the index.
    pub(in crate::mirrorlist) fn in_country(self, country: u16) -> &'a [u64] {
        self.group.map_or(&[], |g| g.in_country(country))
    }

    /// The set of the category's carriers that everybody may be sent to.
    pub(in crate::mirrorlist) fn public(self) -> &'a [u64] {
        let (width, sets) = self.group.map_or((0, &[][..]), |g| (g.width(), &g.sets));
        sets.get(sets.len().saturating_sub(width)..).unwrap_or_default()
    }

    /// The carrier at a place.
    pub(in crate::mirrorlist) fn carrier(self, place: u32) -> Option<&'a Carrier> {
        self.group?.carriers.get(usize::try_from(place).ok()?)
    }

    /// What is asked of it for every answer.
    pub(in crate::mirrorlist) fn glance(self, place: u32) -> Option<&'a Glance> {
        self.group?.glances.get(usize::try_from(place).ok()?)
    }

    /// What answers say of the carriers, by place.
    pub(in crate::mirrorlist) fn lines(self) -> Option<&'a Lines> {
        self.group.map(|g| &g.lines)
    }

    /// All of them.
    pub(super) fn all(self) -> impl Iterator<Item = &'a Carrier> + use<'a> {
        places(self.words).filter_map(move |place| self.carrier(place))
    }
}

/// The places in a set, from the lowest.
pub(in crate::mirrorlist) fn places(words: &[u64]) -> impl Iterator<Item = u32> {
    let firsts = (0_u32..).step_by(64);
    firsts
        .zip(words)
        .flat_map(|(first, word)| bits(*word).map(move |bit| first + bit))
}

/// Calls `work` with the places in a set, from the lowest.
#[inline]
pub(in crate::mirrorlist) fn each_place(words: &[u64], mut work: impl FnMut(u32)) {
    let mut first = 0;
    for word in words {
        let mut left = *word;
        while left != 0 {
            work(first + left.trailing_zeros());
            left &= left - 1;
        }
        first += 64;
    }
}

/// The places of the set bits, from the lowest.
fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_in_order() {
        assert_eq!(places(&[0, 0]).count(), 0);
        assert_eq!(places(&[0b1001_0000, 0, 0b1]).collect::<Vec<_>>(), [4, 7, 128]);
        assert_eq!(places(&[u64::MAX, u64::MAX]).count(), 128);
    }
}
