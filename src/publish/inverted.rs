//! Who holds what, asked the other way round: from a directory to its holders.

use std::collections::HashMap;

use roaring::RoaringBitmap;

/// The holders of some directories. One walk over all sets finds them; a look into every set for every directory would take as many
/// steps as there are holders times directories.
#[derive(Debug, Default)]
pub struct InvertedIndex<T>(HashMap<u32, Vec<T>>);

impl<T: Copy + PartialEq> InvertedIndex<T> {
    /// Of the sets, each with its holder, looks only at the directories that are `wanted`. Holders keep their order.
    pub fn new<'s, I: Iterator<Item = (T, &'s RoaringBitmap)>>(sets: I, wanted: &RoaringBitmap) -> Self {
        let mut out: HashMap<u32, Vec<T>> = HashMap::new();
        for (holder, set) in sets {
            for directory in set & wanted {
                out.entry(directory).or_default().push(holder);
            }
        }
        Self(out)
    }

    /// The holders of a directory that was wanted.
    pub fn of(&self, directory: u32) -> &[T] {
        self.0.get(&directory).map_or(&[], Vec::as_slice)
    }

    /// Adds a holder.
    pub(crate) fn add(&mut self, directory: u32, holder: T) {
        let holders = self.0.entry(directory).or_default();
        if !holders.contains(&holder) {
            holders.push(holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_says_what_the_sets_say(sets in proptest::collection::vec(proptest::collection::btree_set(0_u32..20, 0..9), 0..6),
                                     wanted in proptest::collection::btree_set(0_u32..20, 0..20)) {
            let sets: Vec<RoaringBitmap> = sets.into_iter().map(|s| s.into_iter().collect()).collect();
            let wanted: RoaringBitmap = wanted.into_iter().collect();
            let inverted = InvertedIndex::new((0..).zip(&sets), &wanted);
            for directory in 0..20 {
                let holders = (0..).zip(&sets).filter(|(_, set)| set.contains(directory)).map(|(n, _): (i32, _)| n);
                let want: Vec<i32> = holders.filter(|_| wanted.contains(directory)).collect();
                prop_assert_eq!(inverted.of(directory), want);
            }
        }
    }
}
