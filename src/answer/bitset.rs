//! Sets of small numbers, places of carriers in a category, as bits of words. Words that are missing at the end are empty.

/// The places in a set, from the lowest.
pub(crate) fn iter_ones(words: &[u64]) -> impl Iterator<Item = u32> {
    let firsts = (0_u32..).step_by(64);
    firsts
        .zip(words)
        .flat_map(|(first, word)| bits(*word).map(move |bit| first + bit))
}

/// Calls `work` with the places in a set, from the lowest.
#[inline]
pub(crate) fn for_each_one(words: impl Iterator<Item = u64>, mut work: impl FnMut(u32)) {
    let mut first = 0;
    for word in words {
        let mut left = word;
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

/// What two sets have in common.
pub(crate) fn intersect(a: &[u64], b: &[u64]) -> impl Iterator<Item = u64> {
    a.iter().zip(b).map(|(a, b)| a & b)
}

/// Adds one set to another.
pub(crate) fn add(set: &mut [u64], more: impl Iterator<Item = u64>) {
    for (word, more) in set.iter_mut().zip(more) {
        *word |= more;
    }
}

/// Takes one set out of another.
pub(crate) fn remove(set: &mut [u64], less: &[u64]) {
    for (word, less) in set.iter_mut().zip(less) {
        *word &= !less;
    }
}

/// Whether a place is in a set.
pub(crate) fn has_bit(set: &[u64], place: u32) -> bool {
    let word = usize::try_from(place / 64).ok().and_then(|n| set.get(n));
    word.is_some_and(|word| word >> (place % 64) & 1 == 1)
}

/// Adds a place to a set that has room for it.
pub(crate) fn add_bit(set: &mut [u64], place: usize) {
    if let Some(word) = set.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

/// Adds a place to a set, which grows to hold it.
pub(crate) fn put_bit(set: &mut Vec<u64>, place: usize) {
    if set.len() <= place / 64 {
        set.resize(place / 64 + 1, 0);
    }
    add_bit(set, place);
}

/// Takes a place out of a set.
pub(crate) fn remove_bit(set: &mut [u64], place: u32) {
    if let Some(word) = usize::try_from(place / 64).ok().and_then(|n| set.get_mut(n)) {
        *word &= !(1 << (place % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_in_order() {
        assert_eq!(iter_ones(&[0, 0]).count(), 0);
        assert_eq!(iter_ones(&[0b1001_0000, 0, 0b1]).collect::<Vec<_>>(), [4, 7, 128]);
        assert_eq!(iter_ones(&[u64::MAX, u64::MAX]).count(), 128);
    }
}
