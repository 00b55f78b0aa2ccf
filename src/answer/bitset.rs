//! Sets of small numbers as bits of 64-bit words. Missing words at the end are empty.

/// Returns the members of a set in ascending order.
pub(crate) fn iter_ones(words: &[u64]) -> impl Iterator<Item = u32> {
    let firsts = (0_u32..).step_by(64);
    firsts
        .zip(words)
        .flat_map(|(first, word)| bits(*word).map(move |bit| first + bit))
}

/// Calls `work` with the members of a set in ascending order.
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

/// Returns the positions of the set bits in ascending order.
fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let position = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(position)
    })
}

/// Returns the intersection of two sets.
pub(crate) fn intersect(a: &[u64], b: &[u64]) -> impl Iterator<Item = u64> {
    a.iter().zip(b).map(|(a, b)| a & b)
}

/// Adds the members of `more` to a set.
pub(crate) fn add(set: &mut [u64], more: impl Iterator<Item = u64>) {
    for (word, more) in set.iter_mut().zip(more) {
        *word |= more;
    }
}

/// Removes the members of `less` from a set.
pub(crate) fn remove(set: &mut [u64], less: &[u64]) {
    for (word, less) in set.iter_mut().zip(less) {
        *word &= !less;
    }
}

pub(crate) fn has_bit(set: &[u64], position: u32) -> bool {
    let word = usize::try_from(position / 64).ok().and_then(|n| set.get(n));
    word.is_some_and(|word| word >> (position % 64) & 1 == 1)
}

/// Adds a member to a set, if the set is large enough.
pub(crate) fn add_bit(set: &mut [u64], position: usize) {
    if let Some(word) = set.get_mut(position / 64) {
        *word |= 1 << (position % 64);
    }
}

/// Adds a member to a set, which grows if necessary.
pub(crate) fn put_bit(set: &mut Vec<u64>, position: usize) {
    if set.len() <= position / 64 {
        set.resize(position / 64 + 1, 0);
    }
    add_bit(set, position);
}

pub(crate) fn remove_bit(set: &mut [u64], position: u32) {
    if let Some(word) = usize::try_from(position / 64).ok().and_then(|n| set.get_mut(n)) {
        *word &= !(1 << (position % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_in_ascending_order() {
        assert_eq!(iter_ones(&[0, 0]).count(), 0);
        assert_eq!(iter_ones(&[0b1001_0000, 0, 0b1]).collect::<Vec<_>>(), [4, 7, 128]);
        assert_eq!(iter_ones(&[u64::MAX, u64::MAX]).count(), 128);
    }
}
