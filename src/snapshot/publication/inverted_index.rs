//! An index from directories to their mirrors.

use std::collections::HashMap;

use roaring::RoaringBitmap;

/// The mirrors of selected directories. Built in one pass over all sets: testing every set for every directory would take
/// mirrors × directories steps.
#[derive(Debug, Default)]
pub(crate) struct InvertedIndex<T>(HashMap<u32, Vec<T>>);

impl<T: Copy + PartialEq> InvertedIndex<T> {
    /// Indexes the members of `sets` that are in `directories`. The mirrors of a directory keep their order.
    pub(crate) fn new<'s, I: Iterator<Item = (T, &'s RoaringBitmap)>>(sets: I, directories: &RoaringBitmap) -> Self {
        let mut out: HashMap<u32, Vec<T>> = HashMap::new();
        for (mirror, set) in sets {
            for directory in set & directories {
                out.entry(directory).or_default().push(mirror);
            }
        }
        Self(out)
    }

    /// Returns the mirrors of an indexed directory.
    pub(crate) fn get(&self, directory: u32) -> &[T] {
        self.0.get(&directory).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn add(&mut self, directory: u32, mirror: T) {
        let mirrors = self.0.entry(directory).or_default();
        if !mirrors.contains(&mirror) {
            mirrors.push(mirror);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn index_agrees_with_the_sets(sets in proptest::collection::vec(proptest::collection::btree_set(0_u32..20, 0..9), 0..6),
                                      wanted in proptest::collection::btree_set(0_u32..20, 0..20)) {
            let sets: Vec<RoaringBitmap> = sets.into_iter().map(|s| s.into_iter().collect()).collect();
            let wanted: RoaringBitmap = wanted.into_iter().collect();
            let inverted = InvertedIndex::new((0..).zip(&sets), &wanted);
            for directory in 0..20 {
                let mirrors = (0..).zip(&sets).filter(|(_, set)| set.contains(directory)).map(|(n, _): (i32, _)| n);
                let expected: Vec<i32> = mirrors.filter(|_| wanted.contains(directory)).collect();
                prop_assert_eq!(inverted.get(directory), expected);
            }
        }
    }
}
