//! Compact country and continent codes, for tables that every request reads.

use std::fmt;

use crate::model::names::CountryCode;

/// All possible codes, in order.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
static ALL: [u8; PackedCountry::COUNT * 2] = {
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut out = [0; PackedCountry::COUNT * 2];
    let mut n = 0;
    while n < PackedCountry::COUNT {
        out[n * 2] = digits[n / 36];
        out[n * 2 + 1] = digits[n % 36];
        n += 1;
    }
    out
};

/// The same codes as text.
static TEXT: &str = match std::str::from_utf8(&ALL) {
    Ok(text) => text,
    Err(_) => "",
};

/// A country or continent code: two letters or digits, in upper case. Stored as its index among all possible codes,
/// as tables are indexed by it dozens of times for every response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackedCountry(u16);

impl PackedCountry {
    /// The number of possible codes.
    pub(crate) const COUNT: usize = 36 * 36;

    /// Reads a code of exactly two characters.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let [first, second]: [u8; 2] = text.as_bytes().try_into().ok()?;
        let digit = |b: u8| char::from(b).to_digit(36).and_then(|n| u16::try_from(n).ok());
        Some(Self(digit(first)? * 36 + digit(second)?))
    }

    /// Returns the index of the code among all possible codes.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Returns the code with this index.
    pub(crate) fn from_index(place: usize) -> Self {
        Self(u16::try_from(place.min(Self::COUNT - 1)).unwrap_or(0))
    }

    /// Returns the two characters of the code.
    pub(crate) fn as_str(self) -> &'static str {
        let place = self.index() * 2;
        TEXT.get(place..place + 2).unwrap_or_default()
    }
}

impl From<&CountryCode> for PackedCountry {
    fn from(c: &CountryCode) -> Self {
        // A country code always has two letters.
        Self::parse(c.as_str()).unwrap_or(Self(0))
    }
}

impl fmt::Display for PackedCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PackedCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A map from codes to values with constant-time lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeMap<T>(Box<[Option<T>]>);

impl<T: Copy> CodeMap<T> {
    /// Creates an empty map.
    pub(crate) fn new() -> Self {
        Self(Box::default())
    }

    #[inline]
    pub(crate) fn get(&self, code: PackedCountry) -> Option<T> {
        // Most tables of administrators are empty.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(code.index()).copied().flatten()
    }

    /// Sets the value of a code and returns the previous one.
    pub(crate) fn insert(&mut self, code: PackedCountry, value: T) -> Option<T> {
        if self.0.is_empty() {
            self.0 = vec![None; PackedCountry::COUNT].into();
        }
        self.0.get_mut(code.index())?.replace(value)
    }

    /// How many codes have something.
    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns true if no code has a value.
    pub(crate) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// All that have something, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PackedCountry, T)> + '_ {
        let all = self.0.iter().enumerate();
        all.filter_map(|(place, value)| Some((PackedCountry::from_index(place), (*value)?)))
    }
}

impl<T: Copy> Default for CodeMap<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy> Extend<(PackedCountry, T)> for CodeMap<T> {
    fn extend<I: IntoIterator<Item = (PackedCountry, T)>>(&mut self, all: I) {
        for (code, value) in all {
            self.insert(code, value);
        }
    }
}

impl<T: Copy> FromIterator<(PackedCountry, T)> for CodeMap<T> {
    fn from_iter<I: IntoIterator<Item = (PackedCountry, T)>>(all: I) -> Self {
        let mut out = Self::new();
        out.extend(all);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_index() {
        let mut map = CodeMap::new();
        for place in 0..PackedCountry::COUNT {
            let code = PackedCountry::from_index(place);
            assert_eq!((code.index(), PackedCountry::parse(code.as_str())), (place, Some(code)));
            assert_eq!(map.insert(code, place), None);
        }
        assert_eq!(
            (map.len(), map.get(PackedCountry::parse("de").unwrap())),
            (PackedCountry::COUNT, Some(13 * 36 + 14))
        );
    }
}
