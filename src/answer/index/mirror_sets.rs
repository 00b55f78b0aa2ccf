//! The mirrors of each directory, derived from the directories of each mirror.
//!
//! A snapshot lists for each mirror which directories it has; a response needs the mirrors of one directory. As
//! mirrors have most of a tree in one piece, neighboring directories mostly have the same mirrors: directories are
//! visited in order, and only the start and end of each run of a mirror's directories requires work.

use roaring::RoaringBitmap;

use crate::snapshot::{Snapshot, SnapshotDirectory};

use super::IndexBuilder;

/// Number of directories for which changes are collected at once, to limit memory.
const BATCH: u32 = 1_024;

/// Returns the ordinals at which a mirror starts and stops to have directories, alternately.
fn run_boundaries(ordinals: &RoaringBitmap) -> impl Iterator<Item = u32> {
    let mut runs = ordinals.iter();
    let mut end = None;
    std::iter::from_fn(move || {
        end.take().or_else(|| {
            let run = runs.next_range()?;
            end = run.end().checked_add(1);
            Some(*run.start())
        })
    })
}

/// A mirror by its position in a category, and its directories.
pub(super) struct PresentDirectories<'a> {
    pub(super) category: u32,
    pub(super) position: usize,
    pub(super) ordinals: &'a RoaringBitmap,
}

/// Mirrors of a category that have the current directory.
#[derive(Debug, Clone, Default)]
struct ActiveSet {
    words: Vec<u64>,
    /// Number of the set in the index, unless the set has changed.
    number: Option<u32>,
}

/// Calls `visit` with each directory and the number of the set of its mirrors.
pub(super) fn for_each_directory(
    b: &mut IndexBuilder,
    snapshot: &Snapshot,
    mirrors: &[PresentDirectories<'_>],
    mut visit: impl FnMut(&mut IndexBuilder, &SnapshotDirectory, u32),
) {
    let boundaries = mirrors.iter().map(|m| run_boundaries(m.ordinals).peekable());
    let mut boundaries: Vec<_> = boundaries.collect();
    let position = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let mut active = vec![ActiveSet::default(); snapshot.categories.len()];
    let mut changes: Vec<(u32, u32)> = Vec::new();
    let batches = snapshot.directories.chunks(position(BATCH));
    for (first, batch) in (0..).step_by(position(BATCH)).zip(batches) {
        changes.clear();
        for (number, boundaries) in (0..).zip(&mut boundaries) {
            while let Some(ordinal) = boundaries.next_if(|ordinal| *ordinal < first + BATCH) {
                changes.push((ordinal, number));
            }
        }
        changes.sort_unstable();
        let mut left = changes.iter().peekable();
        for (ordinal, directory) in (first..).zip(batch) {
            while let Some((_, number)) = left.next_if(|(at, _)| *at <= ordinal) {
                if let Some(mirror) = mirrors.get(position(*number))
                    && let Some(active) = active.get_mut(position(mirror.category))
                {
                    active.toggle(mirror.position);
                }
            }
            if let Some(active) = active.get_mut(position(directory.category)) {
                let set = *active.number.get_or_insert_with(|| b.intern_set(&active.words));
                visit(b, directory, set);
            }
        }
    }
}

impl ActiveSet {
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
    use crate::snapshot::tests::small;
    use crate::snapshot::{HostCategory, SnapshotDirectory, SnapshotHost};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn directories_have_the_mirrors_that_have_them(
            count in 1_u32..3_000,
            runs in proptest::collection::vec(proptest::collection::vec((0_u32..3_000, 0_u32..1_500), 0..6), 1..5),
        ) {
            let mut s = small();
            let (one, urls) = (s.hosts[0].clone(), s.host_categories[0].urls.clone());
            s.repositories.clear();
            // Every third directory is in the second category.
            s.directories = (0..count).map(|n| SnapshotDirectory::new(u32::from(n % 3 == 0), format!("{n:05}"))).collect();
            s.hosts = (0..runs.len()).map(|n| SnapshotHost { id: i64::try_from(n).unwrap(), ..one.clone() }).collect();
            s.host_categories.clear();
            for (host, runs) in (0..).zip(&runs) {
                let all = runs.iter().flat_map(|(begin, length)| *begin..(begin + length).min(count));
                for category in 0..2 {
                    let listed = all.clone().filter(|n| u32::from(n % 3 == 0) == category).collect();
                    s.host_categories.push(HostCategory { host, category, urls: urls.clone(), listed });
                }
            }
            let index = Index::from_snapshot(&s, "g".into());
            for (ordinal, d) in (0_u32..).zip(&s.directories) {
                let mut got: Vec<u32> = index.mirrors(index.directory(&d.name).unwrap()).map(|c| c.host).collect();
                got.sort_unstable();
                let is_listed = |h: &&HostCategory| h.listed.contains(ordinal);
                let wanted: Vec<u32> = s.host_categories.iter().filter(is_listed).map(|h| h.host).collect();
                prop_assert_eq!(got, wanted);
            }
        }
    }
}
