//! Who holds each directory, out of what each mirror holds.
//!
//! A snapshot says of each mirror which directories it holds; an answer needs the mirrors of one directory. Mirrors hold most of a
//! tree in one piece, so neighbours among the directories are mostly held by the same mirrors: they are gone through in order, and
//! only where a mirror begins or ceases to hold anything is to be done.

use std::iter::Peekable;

use roaring::RoaringBitmap;

use crate::snapshot::Snapshot;

use super::IndexBuilder;

/// For so many directories at once what changes is gathered, so that it never fills the memory.
const BATCH: u32 = 1_024;

/// Where a mirror begins to hold directories, and where it ceases, in turn.
struct RunBoundaries<'a> {
    runs: roaring::bitmap::Iter<'a>,
    /// Where the present run ends.
    end: Option<u32>,
}

impl<'a> RunBoundaries<'a> {
    fn of(held: &'a RoaringBitmap) -> Peekable<Self> {
        let runs = held.iter();
        Self { runs, end: None }.peekable()
    }
}

impl Iterator for RunBoundaries<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if let Some(end) = self.end.take() {
            return Some(end);
        }
        let run = self.runs.next_range()?;
        self.end = run.end().checked_add(1);
        Some(*run.start())
    }
}

/// A mirror with the place of its carrier in a category.
pub(super) struct Holder<'a> {
    pub(super) category: usize,
    pub(super) place: usize,
    pub(super) held: &'a RoaringBitmap,
}

/// The present mirrors of a category.
#[derive(Debug, Clone, Default)]
struct ActiveSet {
    words: Vec<u64>,
    /// Its number in the index, unless it has changed.
    number: Option<u32>,
}

/// Calls `take` with each directory's ordinal and the number of the set of its mirrors.
pub(super) fn for_each_directory(
    b: &mut IndexBuilder,
    snapshot: &Snapshot,
    holders: &[Holder<'_>],
    mut take: impl FnMut(&mut IndexBuilder, usize, u32),
) {
    let mut turns: Vec<_> = holders.iter().map(|h| RunBoundaries::of(h.held)).collect();
    let mut present = vec![ActiveSet::default(); snapshot.categories.len()];
    let mut changes: Vec<(u32, u32)> = Vec::new();
    for (first, stretch) in (0..)
        .step_by(usize::try_from(BATCH).unwrap_or(1))
        .zip(snapshot.directories.chunks(usize::try_from(BATCH).unwrap_or(1)))
    {
        changes.clear();
        for (number, turns) in (0..).zip(&mut turns) {
            while let Some(ordinal) = turns.next_if(|ordinal| *ordinal < first + BATCH) {
                changes.push((ordinal, number));
            }
        }
        changes.sort_unstable();
        let mut left = changes.iter().peekable();
        for (ordinal, directory) in (first..).zip(stretch) {
            while let Some((_, number)) = left.next_if(|(at, _)| *at <= ordinal) {
                let holder = usize::try_from(*number).ok().and_then(|n| holders.get(n));
                if let Some((holder, present)) = holder.and_then(|h| Some((h, present.get_mut(h.category)?))) {
                    present.turn(holder.place);
                }
            }
            let category = usize::try_from(directory.category).ok();
            let Some(present) = category.and_then(|c| present.get_mut(c)) else {
                continue;
            };
            let set = *present.number.get_or_insert_with(|| b.set(&present.words));
            take(b, usize::try_from(ordinal).unwrap_or(usize::MAX), set);
        }
    }
}

impl ActiveSet {
    /// One holds what follows, or ceases to.
    fn turn(&mut self, place: usize) {
        if self.words.len() <= place / 64 {
            self.words.resize(place / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place / 64) {
            *word ^= 1 << (place % 64);
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
        fn each_directory_has_its_holders(
            count in 1_u32..3_000,
            runs in proptest::collection::vec(proptest::collection::vec((0_u32..3_000, 0_u32..1_500), 0..6), 1..5),
        ) {
            let mut s = small();
            let (one, urls) = (s.hosts[0].clone(), s.host_categories[0].urls.clone());
            s.repositories.clear();
            // Every third is of the second category.
            s.directories = (0..count).map(|n| SnapshotDirectory::new(u32::from(n % 3 == 0), format!("{n:05}"))).collect();
            s.hosts = (0..runs.len()).map(|n| SnapshotHost { id: i64::try_from(n).unwrap(), ..one.clone() }).collect();
            s.host_categories.clear();
            for (host, runs) in (0..).zip(&runs) {
                let all = runs.iter().flat_map(|(begin, length)| *begin..(begin + length).min(count));
                for category in 0..2 {
                    let held = all.clone().filter(|n| u32::from(n % 3 == 0) == category).collect();
                    s.host_categories.push(HostCategory { host, category, urls: urls.clone(), held });
                }
            }
            let index = Index::from_snapshot(&s, "g".into());
            for (ordinal, d) in (0_u32..).zip(&s.directories) {
                let mut got: Vec<u32> = index.carriers(index.directory(&d.name).unwrap()).map(|c| c.host).collect();
                got.sort_unstable();
                let holds = |h: &&HostCategory| h.held.contains(ordinal);
                let wanted: Vec<u32> = s.host_categories.iter().filter(holds).map(|h| h.host).collect();
                prop_assert_eq!(got, wanted);
            }
        }
    }
}
