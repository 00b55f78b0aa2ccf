//! From ids of directories to their places in a snapshot.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::world::WorldDirectory;

/// The ordinals of the directories of each category, by their ids.
#[derive(Debug, Default)]
pub(super) struct Ordinals(BTreeMap<CategoryId, Vec<(u32, u32)>>);

impl Ordinals {
    /// Adds a directory.
    pub(super) fn add(&mut self, directory: &WorldDirectory, ordinal: u32) {
        let list = self.0.entry(directory.category).or_default();
        list.push((directory.id.0, ordinal));
    }

    /// To be called when all are there.
    pub(super) fn sort(&mut self) {
        for list in self.0.values_mut() {
            list.sort_unstable();
        }
    }

    /// The ordinal of a directory.
    pub(super) fn get(&self, category: CategoryId, id: DirectoryId) -> Option<u32> {
        let list = self.0.get(&category)?;
        let place = list.binary_search_by_key(&id.0, |(id, _)| *id).ok()?;
        list.get(place).map(|(_, ordinal)| *ordinal)
    }
}

/// Turns sets of ids into sets of ordinals. Many hosts hold the same: equal sets are turned once.
#[derive(Debug)]
pub(super) struct HeldSets<'o> {
    ordinals: &'o Ordinals,
    /// A bit for each directory.
    bits: Vec<u8>,
    turned: HashMap<(CategoryId, Vec<u8>), RoaringBitmap>,
}

impl<'o> HeldSets<'o> {
    /// For so many directories.
    pub(super) fn new(ordinals: &'o Ordinals, directories: usize) -> Self {
        Self {
            ordinals,
            bits: vec![0; directories.div_ceil(8)],
            turned: HashMap::new(),
        }
    }

    /// The ordinals of what a host is listed for. Ids without an ordinal are left out.
    pub(super) fn of(&mut self, category: CategoryId, listed: &RoaringBitmap) -> RoaringBitmap {
        let mut key = Vec::with_capacity(listed.serialized_size());
        if listed.serialize_into(&mut key).is_err() {
            // No write to memory fails.
            return self.turn(category, listed);
        }
        if let Some(done) = self.turned.get(&(category, key.clone())) {
            return done.clone();
        }
        let done = self.turn(category, listed);
        self.turned.insert((category, key), done.clone());
        done
    }

    fn turn(&mut self, category: CategoryId, listed: &RoaringBitmap) -> RoaringBitmap {
        self.bits.fill(0);
        let mut all = self.ordinals.0.get(&category).into_iter().flatten().peekable();
        for id in listed {
            while all.next_if(|(other, _)| *other < id).is_some() {}
            if let Some((_, ordinal)) = all.next_if(|(other, _)| *other == id)
                && let Some(byte) = usize::try_from(*ordinal / 8).ok().and_then(|n| self.bits.get_mut(n))
            {
                *byte |= 1 << (*ordinal % 8);
            }
        }
        let mut out = RoaringBitmap::from_lsb0_bytes(0, &self.bits);
        out.optimize();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_become_ordinals(known in proptest::collection::btree_map(0_u32..300, any::<u16>(), 0..60),
                               listed in proptest::collection::btree_set(0_u32..300, 0..60)) {
            let mut by_place: Vec<(u16, u32)> = known.iter().map(|(id, place)| (*place, *id)).collect();
            by_place.sort_unstable();
            let mut ordinals = Ordinals::default();
            let category = CategoryId(1);
            let list = ordinals.0.entry(category).or_default();
            list.extend(by_place.iter().zip(0..).map(|((_, id), ordinal)| (*id, ordinal)));
            ordinals.sort();
            let listed: RoaringBitmap = listed.into_iter().collect();
            let want: RoaringBitmap =
                by_place.iter().zip(0..).filter(|((_, id), _)| listed.contains(*id)).map(|(_, ordinal)| ordinal).collect();
            let mut held = HeldSets::new(&ordinals, by_place.len());
            prop_assert_eq!(&held.of(category, &listed), &want);
            prop_assert_eq!(&held.of(category, &listed), &want, "the second time");
            prop_assert!(held.of(CategoryId(2), &listed).is_empty());
            for id in known.keys() {
                let place = ordinals.get(category, DirectoryId(*id)).unwrap();
                prop_assert_eq!(by_place[usize::try_from(place).unwrap()].1, *id);
            }
        }
    }
}
