//! From ids of directories to their places in a snapshot.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::registry_data::PublishedDirectory;

/// The ordinals of the directories of each category, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Ordinals(BTreeMap<CategoryId, Vec<(u32, u32)>>);

impl Ordinals {
    /// Adds a directory.
    pub(crate) fn add(&mut self, directory: &PublishedDirectory, ordinal: u32) {
        let list = self.0.entry(directory.category).or_default();
        list.push((directory.id.0, ordinal));
    }

    /// To be called when all are there.
    pub(crate) fn sort(&mut self) {
        for list in self.0.values_mut() {
            list.sort_unstable();
        }
    }

    /// The ordinal of a directory.
    pub(crate) fn get(&self, category: CategoryId, id: DirectoryId) -> Option<u32> {
        let list = self.0.get(&category)?;
        let place = list.binary_search_by_key(&id.0, |(id, _)| *id).ok()?;
        list.get(place).map(|(_, ordinal)| *ordinal)
    }
}

/// Turns sets of ids into sets of ordinals. Many hosts hold the same: equal sets are turned once. Most hold nearly all of a category:
/// then what they lack is turned, and taken away.
#[derive(Debug)]
pub(crate) struct RenumberedSets<'o> {
    ordinals: &'o Ordinals,
    /// A bit for each directory.
    bits: Vec<u8>,
    whole: HashMap<CategoryId, Whole>,
    turned: HashMap<(CategoryId, Vec<u8>), RoaringBitmap>,
}

/// All directories of a category.
#[derive(Debug)]
struct Whole {
    ids: RoaringBitmap,
    /// A bit for each ordinal.
    bits: Vec<u8>,
}

impl<'o> RenumberedSets<'o> {
    /// For so many directories.
    pub(crate) fn new(ordinals: &'o Ordinals, directories: usize) -> Self {
        Self {
            ordinals,
            bits: vec![0; directories.div_ceil(8)],
            whole: HashMap::new(),
            turned: HashMap::new(),
        }
    }

    /// The ordinals of what a host is listed for. Ids without an ordinal are left out.
    pub(crate) fn of(&mut self, category: CategoryId, listed: &RoaringBitmap) -> RoaringBitmap {
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
        let all = self.ordinals.0.get(&category).map_or(&[][..], Vec::as_slice);
        let size = self.bits.len();
        let whole = self.whole.entry(category).or_insert_with(|| Whole::of(all, size));
        let lacking = &whole.ids - listed;
        if lacking.len() < listed.len() {
            self.bits.copy_from_slice(&whole.bits);
            flip(&mut self.bits, all, &lacking);
        } else {
            self.bits.fill(0);
            flip(&mut self.bits, all, listed);
        }
        let mut out = RoaringBitmap::from_lsb0_bytes(0, &self.bits);
        out.optimize();
        out
    }
}

impl Whole {
    fn of(all: &[(u32, u32)], size: usize) -> Self {
        let mut ids: RoaringBitmap = all.iter().map(|(id, _)| *id).collect();
        ids.optimize();
        let mut bits = vec![0; size];
        flip(&mut bits, all, &ids);
        Self { ids, bits }
    }
}

/// Flips the bit of each of these ids that has an ordinal. `all` has the pairs of a category, in order.
fn flip(bits: &mut [u8], all: &[(u32, u32)], ids: &RoaringBitmap) {
    let mut rest = all;
    for id in ids {
        // Near where the last was found, or far behind it.
        let near = rest.iter().take(8).position(|(other, _)| *other >= id);
        let place = near.unwrap_or_else(|| rest.partition_point(|(other, _)| *other < id));
        rest = rest.get(place..).unwrap_or_default();
        if let Some((_, ordinal)) = rest.first().filter(|(other, _)| *other == id)
            && let Some(byte) = usize::try_from(*ordinal / 8).ok().and_then(|n| bits.get_mut(n))
        {
            *byte ^= 1 << (*ordinal % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_become_ordinals(known in proptest::collection::btree_map(0_u32..300, any::<u16>(), 0..60),
                               listed in proptest::collection::btree_set(0_u32..300, 0..60),
                               all_but in any::<bool>()) {
            let mut by_place: Vec<(u16, u32)> = known.iter().map(|(id, place)| (*place, *id)).collect();
            by_place.sort_unstable();
            let mut ordinals = Ordinals::default();
            let category = CategoryId(1);
            let list = ordinals.0.entry(category).or_default();
            list.extend(by_place.iter().zip(0..).map(|((_, id), ordinal)| (*id, ordinal)));
            ordinals.sort();
            let listed: RoaringBitmap = if all_but {
                known.keys().filter(|id| !listed.contains(id)).copied().collect()
            } else {
                listed.into_iter().collect()
            };
            let want: RoaringBitmap =
                by_place.iter().zip(0..).filter(|((_, id), _)| listed.contains(*id)).map(|(_, ordinal)| ordinal).collect();
            let mut held = RenumberedSets::new(&ordinals, by_place.len());
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
