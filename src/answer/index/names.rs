//! Hash table of directory names with open addressing, at most half full.

use xxhash_rust::xxh3::xxh3_64;

use super::IndexedDirectory;

/// Positions of directories in their list, by name. Of duplicate names the first is found.
#[derive(Debug, Default)]
pub(super) struct NameIndex(Box<[u32]>);

const EMPTY: u32 = u32::MAX;

impl NameIndex {
    /// Indexes a list, which must not change afterwards.
    pub(super) fn new(directories: &[IndexedDirectory]) -> Self {
        let mut slots = vec![EMPTY; (directories.len() * 2).next_power_of_two()].into_boxed_slice();
        for (position, directory) in (0..EMPTY).zip(directories) {
            let mut slot = first_slot(&directory.name, slots.len());
            while slots.get(slot).is_some_and(|s| *s != EMPTY) {
                slot = (slot + 1) % slots.len();
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = position;
            }
        }
        Self(slots)
    }

    /// Returns the position of a directory; `directories` is the indexed list.
    pub(super) fn find(&self, directories: &[IndexedDirectory], name: &str) -> Option<u32> {
        let mut slot = first_slot(name, self.0.len());
        // The loop ends because at least half of the slots are free.
        loop {
            let position = *self.0.get(slot).filter(|s| **s != EMPTY)?;
            let directory = directories.get(usize::try_from(position).ok()?)?;
            if *directory.name == *name {
                return Some(position);
            }
            slot = (slot + 1) % self.0.len();
        }
    }
}

/// The slot at which the search for a name begins. `slots` is a power of two.
fn first_slot(name: &str, slots: usize) -> usize {
    // 32 bits of the hash are enough for four billion slots.
    let hash = usize::try_from(xxh3_64(name.as_bytes()) & 0xffff_ffff).unwrap_or(0);
    hash & slots.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use crate::answer::index::{IndexBuilder, IndexSource, IndexedDirectory};

    #[test]
    fn only_indexed_names_are_found() {
        let mut b = IndexBuilder::default();
        let category = b.add_category();
        let name = |n: u32| format!("pub/{n}/repodata");
        let set = b.intern_set(&[]).unwrap();
        for n in 0..5_000 {
            b.directories.push(IndexedDirectory {
                name: name(n).into(),
                category,
                set,
                ..IndexedDirectory::default()
            });
        }
        let index = b.build(IndexSource::Mm2Cache).unwrap();
        for n in 0..5_000 {
            assert_eq!(*index.directory(&name(n)).unwrap().name, *name(n));
        }
        for n in 5_000..6_000 {
            assert!(index.directory(&name(n)).is_none());
        }
        assert!(
            IndexBuilder::default()
                .build(IndexSource::Mm2Cache)
                .unwrap()
                .directory("pub")
                .is_none()
        );
    }
}
