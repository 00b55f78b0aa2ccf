//! Which directories of a category a look asks for. Pure.
//!
//! An *incremental* look asks for what the master changed since the last one, for what was due, for the topmost directories that
//! were missing, for what was neither plainly held nor plainly absent, and for a part of what is held, another one each time, so
//! that everything is seen again within [`SAMPLE_ROTATION`] looks. Everything is asked for at once every [`CrawlMode::Incremental::full_every`].

use std::time::Duration;

use roaring::RoaringBitmap;

use super::tree::Tree;
use crate::model::Timestamp;
use crate::model::inventory::Inventory;
use crate::model::names::DirPath;

/// How many parts the rotating sample has: a directory belongs to the part `id mod PARTS`.
pub const SAMPLE_ROTATION: u32 = 50;
/// Directories that are there but not as they should be are all asked for each time, up to so many; of more a part is.
const MAX_ABSENT_PROBED: u64 = 200;
/// How many parts these have.
const ABSENT_ROTATION: u32 = 10;

/// What a look is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CrawlMode {
    /// What may have changed.
    Incremental {
        /// After this time everything is asked for.
        full_every: Duration,
    },
    /// Everything.
    #[default]
    Full,
    /// Only whether the mirror can be reached.
    Canary,
    /// Directories with a `repomd.xml`.
    Repodata,
    /// What the master changed since the last look, and what was due.
    Changed,
    /// These directories (paths below the category's top), with all that lies below them.
    Below(Vec<DirPath>),
}

impl CrawlMode {
    /// Whether a look with this aim leaves nothing open: all that may have changed is asked for.
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Incremental { .. } | Self::Full)
    }
}

/// The directories of one look, by position in the plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// To be asked for.
    pub wanted: RoaringBitmap,
    /// Of these, those whose fact is expected to stand: where it does not, everything is asked for.
    pub sample: RoaringBitmap,
    /// Everything is wanted.
    pub all: bool,
}

/// Chooses what to ask one mirror for.
pub fn select_directories(tree: &Tree, previous: &Inventory, aim: &CrawlMode, now: Timestamp) -> Scope {
    match aim {
        CrawlMode::Full => everything(tree),
        CrawlMode::Incremental { full_every } if now.since(previous.last_full_probe_at) >= *full_every => {
            everything(tree)
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
    }
}

fn everything(tree: &Tree) -> Scope {
    let mut wanted = RoaringBitmap::new();
    wanted.insert_range(0..position(tree.plan.directories.len()));
    Scope {
        wanted,
        sample: RoaringBitmap::new(),
        all: true,
    }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether the master changed it since the last look, or the last look owed it.
fn is_due(tree: &Tree, previous: &Inventory, at: usize) -> bool {
    tree.directory(at)
        .is_some_and(|d| d.changed_seq > previous.scan_seq || previous.pending_probe.contains(d.id.0))
}

fn incremental(tree: &Tree, previous: &Inventory) -> Scope {
    let mut scope = Scope::default();
    // What lies below a missing or closed directory goes by that directory.
    let mut hidden = RoaringBitmap::new();
    let mut absent = RoaringBitmap::new();
    for (at, directory) in tree.plan.directories.iter().enumerate() {
        let (here, id) = (position(at), directory.id.0);
        let above = tree.parent(at);
        let is_hidden = above.is_some_and(|up| {
            let closed = tree
                .directory(up)
                .is_some_and(|up| !up.readable || previous.missing.contains(up.id.0));
            hidden.contains(position(up)) || closed
        });
        if is_hidden {
            hidden.insert(here);
        }
        let open = previous.exceptions.contains_key(&directory.id) || previous.missing.contains(id);
        if is_due(tree, previous, at) || open {
            scope.wanted.insert(here);
        } else if previous.present.contains(id) {
            if id % SAMPLE_ROTATION == previous.sample_rotation % SAMPLE_ROTATION {
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

/// Those that are chosen, and the missing directories above them: nothing below these is there.
fn select_matching(tree: &Tree, previous: &Inventory, chosen: impl Fn(usize) -> bool) -> Scope {
    let mut scope = Scope::default();
    for at in (0..tree.plan.directories.len()).filter(|at| chosen(*at)) {
        scope.wanted.insert(position(at));
        let mut above = tree.parent(at);
        while let Some(up) = above {
            if tree.directory(up).is_some_and(|d| previous.missing.contains(d.id.0)) {
                scope.wanted.insert(position(up));
            }
            above = tree.parent(up);
        }
    }
    scope
}

#[cfg(test)]
mod tests;
