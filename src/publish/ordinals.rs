//! Conversion of directory IDs to ordinals of a snapshot.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;

use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::registry_data::PublishedDirectory;

/// The (ID, ordinal) pairs of the directories of each category.
#[derive(Debug, Default)]
pub(crate) struct Ordinals(BTreeMap<CategoryId, Vec<(u32, u32)>>);

impl Ordinals {
    pub(crate) fn add(&mut self, directory: &PublishedDirectory, ordinal: u32) {
        let list = self.0.entry(directory.category).or_default();
        list.push((directory.id.0, ordinal));
    }

    /// Sorts the pairs; must be called after the last [`Self::add`].
    pub(crate) fn sort(&mut self) {
        for list in self.0.values_mut() {
            list.sort_unstable();
        }
    }

    pub(crate) fn get(&self, category: CategoryId, id: DirectoryId) -> Option<u32> {
        let list = self.0.get(&category)?;
        let position = list.binary_search_by_key(&id.0, |(id, _)| *id).ok()?;
        list.get(position).map(|(_, ordinal)| *ordinal)
    }
}

/// Converts sets of IDs to sets of ordinals. Many hosts have equal sets, which are converted once. Most have nearly all directories
/// of a category: then the complement is converted and subtracted.
#[derive(Debug)]
pub(crate) struct RenumberedSets<'o> {
    ordinals: &'o Ordinals,
    /// Scratch space with a bit for each directory.
    bits: Vec<u8>,
    complete: HashMap<CategoryId, CompleteCategory>,
    converted: HashMap<(CategoryId, Vec<u8>), RoaringBitmap>,
}

/// The set of all directories of a category.
#[derive(Debug)]
struct CompleteCategory {
    ids: RoaringBitmap,
    /// The same set with a bit for each ordinal.
    bits: Vec<u8>,
}

impl<'o> RenumberedSets<'o> {
    pub(crate) fn new(ordinals: &'o Ordinals, directories: usize) -> Self {
        Self {
            ordinals,
            bits: vec![0; directories.div_ceil(8)],
            complete: HashMap::new(),
            converted: HashMap::new(),
        }
    }

    /// Returns the ordinals of the directories that a host category is listed for, without IDs that have no ordinal.
    pub(crate) fn renumber(&mut self, category: CategoryId, listed: &RoaringBitmap) -> RoaringBitmap {
        let mut key = Vec::with_capacity(listed.serialized_size());
        if listed.serialize_into(&mut key).is_err() {
            // Unreachable: writing to memory does not fail.
            return self.convert(category, listed);
        }
        if let Some(done) = self.converted.get(&(category, key.clone())) {
            return done.clone();
        }
        let done = self.convert(category, listed);
        self.converted.insert((category, key), done.clone());
        done
    }

    fn convert(&mut self, category: CategoryId, listed: &RoaringBitmap) -> RoaringBitmap {
        let all = self.ordinals.0.get(&category).map_or(&[][..], Vec::as_slice);
        let size = self.bits.len();
        let complete = self
            .complete
            .entry(category)
            .or_insert_with(|| CompleteCategory::new(all, size));
        let missing = &complete.ids - listed;
        if missing.len() < listed.len() {
            self.bits.copy_from_slice(&complete.bits);
            flip(&mut self.bits, all, &missing);
        } else {
            self.bits.fill(0);
            flip(&mut self.bits, all, listed);
        }
        let mut out = RoaringBitmap::from_lsb0_bytes(0, &self.bits);
        out.optimize();
        out
    }
}

impl CompleteCategory {
    fn new(all: &[(u32, u32)], size: usize) -> Self {
        let mut ids: RoaringBitmap = all.iter().map(|(id, _)| *id).collect();
        ids.optimize();
        let mut bits = vec![0; size];
        flip(&mut bits, all, &ids);
        Self { ids, bits }
    }
}

/// Flips the bit of each ID that has an ordinal. `all` are the sorted pairs of a category.
fn flip(bits: &mut [u8], all: &[(u32, u32)], ids: &RoaringBitmap) {
    let mut rest = all;
    for id in ids {
        // The next ID is usually close to the previous one.
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
        fn ids_are_converted_to_ordinals(known in proptest::collection::btree_map(0_u32..300, any::<u16>(), 0..60),
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
            let mut sets = RenumberedSets::new(&ordinals, by_place.len());
            prop_assert_eq!(&sets.renumber(category, &listed), &want);
            prop_assert_eq!(&sets.renumber(category, &listed), &want, "the second time");
            prop_assert!(sets.renumber(CategoryId(2), &listed).is_empty());
            for id in known.keys() {
                let place = ordinals.get(category, DirectoryId(*id)).unwrap();
                prop_assert_eq!(by_place[usize::try_from(place).unwrap()].1, *id);
            }
        }
    }
}
