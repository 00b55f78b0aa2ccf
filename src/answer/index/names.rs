//! Directories by name, found with one look instead of a search: a table of places, open at every slot, at most half full.

use xxhash_rust::xxh3::xxh3_64;

use super::IndexedDirectory;

/// Where each name stands in the list. Of names that stand there twice the first is found.
#[derive(Debug, Default)]
pub(super) struct NameIndex(Box<[u32]>);

/// A slot without a name.
const EMPTY: u32 = u32::MAX;

impl NameIndex {
    /// Of this list, which is not to change.
    pub(super) fn of(directories: &[IndexedDirectory]) -> Self {
        let mut slots = vec![EMPTY; (directories.len() * 2).next_power_of_two()].into_boxed_slice();
        for (place, directory) in (0..EMPTY).zip(directories) {
            let mut slot = slot(&directory.name, slots.len());
            while slots.get(slot).is_some_and(|s| *s != EMPTY) {
                slot = (slot + 1) % slots.len();
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = place;
            }
        }
        Self(slots)
    }

    /// The place of the directory of that name; `directories` is the list that this was made of.
    pub(super) fn find(&self, directories: &[IndexedDirectory], name: &str) -> Option<u32> {
        let mut slot = slot(name, self.0.len());
        // At least half of the slots are free.
        loop {
            let place = *self.0.get(slot).filter(|s| **s != EMPTY)?;
            let directory = directories.get(usize::try_from(place).ok()?)?;
            if *directory.name == *name {
                return Some(place);
            }
            slot = (slot + 1) % self.0.len();
        }
    }
}

/// Where the search for a name begins. There is at least one slot, and their number is a power of two.
fn slot(name: &str, slots: usize) -> usize {
    // The lower half of the hash is enough for four thousand million slots.
    let hash = usize::try_from(xxh3_64(name.as_bytes()) & 0xffff_ffff).unwrap_or(0);
    hash & slots.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use crate::answer::index::{IndexBuilder, IndexSource, NewDirectory};

    #[test]
    fn every_name_is_found_and_no_other() {
        let mut b = IndexBuilder::default();
        let group = b.group();
        let name = |n: u32| format!("pub/{n}/repodata");
        for n in 0..5_000 {
            let directory = NewDirectory {
                name: name(n),
                group,
                ..NewDirectory::default()
            };
            let nobody = b.set(&[]);
            b.directory(directory, nobody);
        }
        let index = b.finish(IndexSource::Mm2Cache);
        for n in 0..5_000 {
            assert_eq!(index.directory(&name(n)).unwrap().name(), name(n));
        }
        for n in 5_000..6_000 {
            assert!(index.directory(&name(n)).is_none());
        }
        assert!(
            IndexBuilder::default()
                .finish(IndexSource::Mm2Cache)
                .directory("pub")
                .is_none()
        );
    }
}
