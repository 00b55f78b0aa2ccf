//! The selection of the directories of a category that a crawl probes. Pure.
//!
//! An *incremental* crawl probes directories that the master changed since the last crawl, pending and missing ones (the topmost
//! of a missing tree), exceptions, the metadata below unreadable ones, and a rotating sample of the present and of what is below
//! unreadable ones: every directory is probed within
//! [`SAMPLE_ROTATION`] crawls. Every [`CrawlMode::Incremental::full_every`], all directories are probed.

use std::time::Duration;

use roaring::RoaringBitmap;

use super::tree::{Tree, bitmap_index};
use crate::model::Timestamp;
use crate::model::inventory::Inventory;
use crate::model::names::DirPath;
use crate::model::plan::PlannedDirectory;

/// The number of parts of the rotating sample; a directory belongs to part `id mod SAMPLE_ROTATION`.
pub(crate) const SAMPLE_ROTATION: u32 = 50;
/// At most this many absent or outdated directories are all probed; of more, one part is.
const MAX_ABSENT_PROBED: u64 = 200;
/// The number of these parts.
const ABSENT_ROTATION: u32 = 10;

/// The set of directories that a crawl probes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum CrawlMode {
    /// Directories that may have changed, and a sample of the others.
    Incremental {
        /// The interval at which all directories are probed.
        full_every: Duration,
    },
    #[default]
    Full,
    /// No directory: tests only whether the mirror is reachable.
    Canary,
    Repodata,
    /// Directories that the master changed since the last crawl, and pending ones.
    Changed,
    /// These directories (paths below the topdir) with their descendants.
    Below(Vec<DirPath>),
    /// Release probes: these directories, and below them the repositories and their metadata. The rest stays due.
    Opened(Vec<DirPath>),
}

impl CrawlMode {
    /// Returns true if the mode covers everything that may have changed.
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self, Self::Incremental { .. } | Self::Full)
    }
}

/// The selected directories, by position in the plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Scope {
    pub wanted: RoaringBitmap,
    /// The part of `wanted` that is expected to be unchanged; if a probe finds a change, all directories are probed.
    pub sample: RoaringBitmap,
    pub all: bool,
}

/// Selects the directories to probe on one mirror.
pub(crate) fn select_directories(tree: &Tree, previous: &Inventory, mode: &CrawlMode, now: Timestamp) -> Scope {
    match mode {
        CrawlMode::Full => all_directories(tree),
        CrawlMode::Incremental { full_every } if now.since(previous.last_full_probe_at) >= *full_every => {
            all_directories(tree)
        }
        CrawlMode::Incremental { .. } => incremental(tree, previous),
        CrawlMode::Canary => Scope::default(),
        CrawlMode::Repodata => select_matching(tree, previous, |at| {
            tree.directory(at).is_some_and(|d| !d.repomd.is_empty())
        }),
        CrawlMode::Changed => select_matching(tree, previous, |at| is_due(tree, previous, at)),
        CrawlMode::Below(paths) => select_matching(tree, previous, |at| {
            let path = tree.directory(at).map(|d| &d.path);
            path.is_some_and(|path| paths.iter().any(|up| up == path || up.contains(path)))
        }),
        CrawlMode::Opened(paths) => {
            let wanted: RoaringBitmap = paths.iter().flat_map(|path| release_directories(tree, path)).collect();
            select_matching(tree, previous, |at| wanted.contains(bitmap_index(at)))
        }
    }
}

/// Returns the directory, and below it those with a `repomd.xml` and all above these; everything if there is none.
fn release_directories(tree: &Tree, opened: &DirPath) -> RoaringBitmap {
    let mut out: RoaringBitmap = tree.find(opened.as_str()).map(bitmap_index).into_iter().collect();
    let below = tree.below(opened.as_str());
    for at in below.clone() {
        if tree.directory(at).is_some_and(|d| !d.repomd.is_empty()) {
            let up = std::iter::successors(Some(at), |at| tree.parent(*at));
            out.extend(up.take_while(|at| below.contains(at)).map(bitmap_index));
        }
    }
    if out.len() <= 1 {
        out.extend(below.map(bitmap_index));
    }
    out
}

fn all_directories(tree: &Tree) -> Scope {
    let mut scope = Scope {
        all: true,
        ..Scope::default()
    };
    scope.wanted.insert_range(0..bitmap_index(tree.plan.directories.len()));
    scope
}

/// Returns true if the master changed the directory since the last crawl, or its probe is pending.
fn is_due(tree: &Tree, previous: &Inventory, at: usize) -> bool {
    tree.directory(at)
        .is_some_and(|d| d.changed_seq > previous.scan_seq || previous.pending_probe.contains(d.id.0))
}

fn incremental(tree: &Tree, previous: &Inventory) -> Scope {
    let mut scope = Scope::default();
    // A missing or unreadable directory decides about its descendants.
    let mut hidden = RoaringBitmap::new();
    let mut absent = RoaringBitmap::new();
    for (at, directory) in tree.plan.directories.iter().enumerate() {
        let (here, id) = (bitmap_index(at), directory.id.0);
        let is_closed = |d: &PlannedDirectory| !d.readable || previous.missing.contains(d.id.0);
        let is_hidden = tree
            .parent(at)
            .is_some_and(|up| hidden.contains(bitmap_index(up)) || tree.directory(up).is_some_and(is_closed));
        if is_hidden {
            hidden.insert(here);
        }
        let open = previous.exceptions.contains_key(&directory.id) || previous.missing.contains(id);
        let in_turn = id % SAMPLE_ROTATION == previous.sample_rotation % SAMPLE_ROTATION;
        // What is staged must not be served at any level below, metadata least of all.
        let may_leak = is_hidden && !directory.readable && (in_turn || !directory.repomd.is_empty());
        if is_due(tree, previous, at) || open || may_leak {
            scope.wanted.insert(here);
        } else if previous.present.contains(id) {
            if in_turn {
                scope.wanted.insert(here);
                scope.sample.insert(here);
            }
        } else if !is_hidden {
            absent.insert(here);
        }
    }
    let many = absent.len() > MAX_ABSENT_PROBED.max(tree.size() / u64::from(SAMPLE_ROTATION));
    for here in absent {
        if !many || here % ABSENT_ROTATION == previous.sample_rotation % ABSENT_ROTATION {
            scope.wanted.insert(here);
        }
        if many && here % ABSENT_ROTATION == previous.sample_rotation % ABSENT_ROTATION {
            scope.sample.insert(here);
        }
    }
    scope
}

/// Selects matching directories, and the missing directories above them.
fn select_matching(tree: &Tree, previous: &Inventory, matches: impl Fn(usize) -> bool) -> Scope {
    let mut scope = Scope::default();
    for at in (0..tree.plan.directories.len()).filter(|at| matches(*at)) {
        scope.wanted.insert(bitmap_index(at));
        for up in std::iter::successors(tree.parent(at), |up| tree.parent(*up)) {
            if tree.directory(up).is_some_and(|d| previous.missing.contains(d.id.0)) {
                scope.wanted.insert(bitmap_index(up));
            }
        }
    }
    scope
}

#[cfg(test)]
mod tests;
