//! The mirrors of each directory, derived from the directories of each mirror.
//!
//! A snapshot contains for each mirror the directories that it is listed for; a response needs the mirrors of one directory.
//! Most mirrors are listed for whole parts of a tree, so that neighboring directories mostly have the same mirrors: directories
//! are visited in the order of their ordinals, and only the start and the end of a range of directories of a mirror need work.

use roaring::RoaringBitmap;

use crate::model::memory_budget::OverBudget;
use crate::snapshot::{Snapshot, SnapshotDirectory};

use super::IndexBuilder;

/// Number of directories for which changes are collected at once. Memory contains at most as many changes of each mirror.
const DIRECTORIES_PER_BATCH: u32 = 1_024;

/// A mirror of a category, and the ordinals of the directories that it is listed for.
pub(super) struct CategoryMirror<'a> {
    pub(super) category: u32,
    /// Position among the mirrors of the category.
    pub(super) position: usize,
    pub(super) listed: &'a RoaringBitmap,
}

/// The mirrors of a category that are listed for the visited directory.
#[derive(Debug, Clone, Default)]
struct MirrorSet {
    words: Vec<u64>,
    /// Number of the set in the index, unless the set has changed.
    number: Option<u32>,
}

/// From this ordinal on, a mirror is listed if it was not before, and not listed if it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    ordinal: u32,
    /// Position in the list of all mirrors.
    mirror: u32,
}

/// Calls `visit` with each directory and the number of the set of its mirrors.
pub(super) fn for_each_directory(
    b: &mut IndexBuilder,
    snapshot: &Snapshot,
    mirrors: &[CategoryMirror<'_>],
    mut visit: impl FnMut(&mut IndexBuilder, &SnapshotDirectory, u32),
) -> Result<(), OverBudget> {
    let mut boundaries: Vec<_> = (mirrors.iter())
        .map(|m| range_boundaries(m.listed).peekable())
        .collect();
    // One set for each category.
    let mut sets = vec![MirrorSet::default(); snapshot.categories.len()];
    let mut changes: Vec<Change> = Vec::new();
    let batches = snapshot.directories.chunks(to_usize(DIRECTORIES_PER_BATCH));
    for (batch_start, batch) in (0..).step_by(to_usize(DIRECTORIES_PER_BATCH)).zip(batches) {
        changes.clear();
        for (mirror, boundaries) in (0..).zip(&mut boundaries) {
            while let Some(ordinal) = boundaries.next_if(|ordinal| *ordinal < batch_start + DIRECTORIES_PER_BATCH) {
                changes.push(Change { ordinal, mirror });
            }
        }
        changes.sort_unstable();
        let mut remaining = changes.iter().peekable();
        for (ordinal, directory) in (batch_start..).zip(batch) {
            while let Some(change) = remaining.next_if(|change| change.ordinal <= ordinal) {
                if let Some(mirror) = mirrors.get(to_usize(change.mirror))
                    && let Some(set) = sets.get_mut(to_usize(mirror.category))
                {
                    set.toggle(mirror.position);
                }
            }
            if let Some(set) = sets.get_mut(to_usize(directory.category)) {
                let number = match set.number {
                    Some(number) => number,
                    None => *set.number.insert(b.intern_set(&set.words)?),
                };
                visit(b, directory, number);
            }
        }
    }
    Ok(())
}

/// Returns the start and the exclusive end of each range of consecutive ordinals, in order.
fn range_boundaries(ordinals: &RoaringBitmap) -> impl Iterator<Item = u32> {
    let mut ordinals = ordinals.iter();
    let mut end = None;
    std::iter::from_fn(move || {
        end.take().or_else(|| {
            let range = ordinals.next_range()?;
            end = range.end().checked_add(1);
            Some(*range.start())
        })
    })
}

fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

impl MirrorSet {
    /// Adds or removes a mirror.
    fn toggle(&mut self, position: usize) {
        if self.words.len() <= position / 64 {
            self.words.resize(position / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(position / 64) {
            *word ^= 1 << (position % 64);
        }
        self.number = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::answer::index::Index;
    use crate::model::memory_budget::MemoryBudget;
    use crate::snapshot::tests::small;
    use crate::snapshot::{HostCategory, SnapshotDirectory, SnapshotHost};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn each_directory_has_the_mirrors_that_are_listed_for_it(
            count in 1_u32..3_000,
            // For each host, ranges of directories as (start, length).
            ranges_of_hosts in proptest::collection::vec(proptest::collection::vec((0_u32..3_000, 0_u32..1_500), 0..6), 1..5),
        ) {
            let mut snapshot = small();
            let (host_template, urls) = (snapshot.hosts[0].clone(), snapshot.host_categories[0].urls.clone());
            snapshot.repositories.clear();
            // Every third directory is in the second category.
            let category_of = |ordinal: u32| u32::from(ordinal.is_multiple_of(3));
            snapshot.directories = (0..count).map(|n| SnapshotDirectory::new(category_of(n), format!("{n:05}"))).collect();
            snapshot.hosts = (0..).zip(&ranges_of_hosts).map(|(id, _)| SnapshotHost { id, ..host_template.clone() }).collect();
            snapshot.host_categories.clear();
            for (host, ranges) in (0..).zip(&ranges_of_hosts) {
                let all = ranges.iter().flat_map(|(start, length)| *start..(start + length).min(count));
                for category in 0..2 {
                    let listed = all.clone().filter(|n| category_of(*n) == category).collect();
                    snapshot.host_categories.push(HostCategory { host, category, urls: urls.clone(), listed });
                }
            }
            let index = Index::from_snapshot(&snapshot, "g".into(), MemoryBudget::default()).unwrap();
            for (ordinal, directory) in (0_u32..).zip(&snapshot.directories) {
                let mirrors = index.mirrors(index.directory(&directory.name).unwrap());
                let mut actual: Vec<u32> = mirrors.map(|m| m.host).collect();
                actual.sort_unstable();
                let is_listed = |hc: &&HostCategory| hc.listed.contains(ordinal);
                let expected: Vec<u32> = snapshot.host_categories.iter().filter(is_listed).map(|hc| hc.host).collect();
                prop_assert_eq!(actual, expected);
            }
        }
    }

    /// Each host is listed for one directory more than the one before, so that each directory has a set of its own.
    #[test]
    fn sets_are_limited_by_the_budget() {
        let mut snapshot = small();
        let (host_template, urls) = (snapshot.hosts[0].clone(), snapshot.host_categories[0].urls.clone());
        let count = 2_000;
        snapshot.repositories.clear();
        snapshot.directories = (0..count)
            .map(|n| SnapshotDirectory::new(0, format!("{n:05}")))
            .collect();
        snapshot.hosts = (0..i64::from(count))
            .map(|id| SnapshotHost {
                id,
                ..host_template.clone()
            })
            .collect();
        snapshot.host_categories = (0..count)
            .map(|host| HostCategory {
                host,
                category: 0,
                urls: urls.clone(),
                listed: (0..host).collect(),
            })
            .collect();
        let build = |limit| Index::from_snapshot(&snapshot, "g".into(), MemoryBudget::new(limit));
        // 2,000 sets of 256 bytes, twice, and tables for every country.
        assert!(build(1_700_000).is_ok());
        assert!(build(1_000_000).is_err());
    }
}
