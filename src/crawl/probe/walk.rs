//! The way through a category: which directory is asked next, and what follows for those that are not asked.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::base::DirectoryBehaviour;
use super::{DirectoryResult, DirectoryResults, Interruption, ProbeSession};
use crate::crawl::classify::{Classification, DirectoryIssue, ProbeResult, no_answer};
use crate::crawl::tree::Tree;
use crate::model::inventory::Inventory;

/// The first directory that was not asked for, on the way from `from` and round.
pub(super) fn rest(found: &DirectoryResults, from: usize) -> Option<usize> {
    (from..found.len())
        .chain(0..from)
        .find(|at| found.get(*at) == Some(&DirectoryResult::NotProbed))
}

/// Whether a directory is found to be other than it should be.
fn is_negative(found: &DirectoryResult) -> bool {
    match found {
        DirectoryResult::Classified(verdict) => match verdict {
            Classification::Current
            | Classification::Ahead(_)
            | Classification::OutdatedAllowed(..)
            | Classification::NeedsContext(_)
            | Classification::Inconclusive(_) => false,
            Classification::Outdated(_)
            | Classification::Missing(_)
            | Classification::UnknownHash(_)
            | Classification::Staged
            | Classification::Leaked(_) => true,
        },
        DirectoryResult::BelowMissing | DirectoryResult::BelowClosed => true,
        DirectoryResult::Unchanged | DirectoryResult::Confirmed | DirectoryResult::NotProbed => false,
    }
}

/// What the children of a directory say of it.
#[derive(Debug, Clone, Copy, Default)]
struct Children {
    /// One is there, as it should be or not.
    there: bool,
    /// One is not there.
    absent: bool,
    /// One was not asked for; whether it is there is not known.
    kept: bool,
    /// One gave no answer.
    unknown: bool,
}

/// A directory whose page tells nothing is held if something is there below it; not there if its page says so and nothing below it
/// is. What is known of a child that was not asked for this time stands. With nothing below it, it goes by the directory above, where
/// the server shows no pages of directories.
pub(super) fn derive_results(
    tree: &Tree,
    found: &mut DirectoryResults,
    previous: &Inventory,
    there: &RoaringBitmap,
    directories: Option<DirectoryBehaviour>,
) {
    let is_there = |at: usize| u32::try_from(at).is_ok_and(|at| there.contains(at));
    let held_before = |at: usize| tree.directory(at).is_some_and(|d| previous.present.contains(d.id.0));
    let mut children = vec![Children::default(); found.len()];
    let mut lonely = Vec::new();
    for at in (0..found.len()).rev() {
        if let Some(DirectoryResult::Classified(Classification::NeedsContext(fault))) = found.get(at) {
            match undecided(fault, children.get(at).copied().unwrap_or_default(), directories) {
                Some(decided) => found.set(at, decided),
                None => lonely.push(at),
            }
        }
        let Some(one) = found.get(at) else { continue };
        let Some(up) = tree.parent(at).and_then(|p| children.get_mut(p)) else {
            continue;
        };
        let id = tree.directory(at).map(|d| d.id);
        let was_missing = id.is_some_and(|id| previous.missing.contains(id.0));
        let is_plain = id.is_none_or(|id| !previous.exceptions.contains_key(&id));
        match one {
            _ if is_there(at) => up.there = true,
            DirectoryResult::Confirmed
            | DirectoryResult::Classified(
                Classification::Current | Classification::Ahead(_) | Classification::OutdatedAllowed(..),
            ) => {
                up.there = true;
            }
            DirectoryResult::NotProbed | DirectoryResult::Unchanged if held_before(at) => up.there = true,
            DirectoryResult::Unchanged if was_missing => up.absent = true,
            DirectoryResult::Unchanged if is_plain => up.kept = true,
            DirectoryResult::Classified(Classification::Missing(_) | Classification::Outdated(_))
            | DirectoryResult::BelowMissing => up.absent = true,
            DirectoryResult::Classified(Classification::Staged | Classification::NeedsContext(_))
            | DirectoryResult::BelowClosed => {}
            DirectoryResult::Classified(
                Classification::UnknownHash(_) | Classification::Leaked(_) | Classification::Inconclusive(_),
            )
            | DirectoryResult::Unchanged
            | DirectoryResult::NotProbed => up.unknown = true,
        }
    }
    // Those above come before those below.
    for at in lonely.into_iter().rev() {
        let above = tree.parent(at);
        let is_held = match above.and_then(|up| found.get(up)) {
            Some(
                DirectoryResult::Confirmed
                | DirectoryResult::Classified(
                    Classification::Current | Classification::Ahead(_) | Classification::OutdatedAllowed(..),
                ),
            ) => Some(true),
            Some(DirectoryResult::Classified(Classification::Outdated(_))) => {
                let below = above.and_then(|up| children.get(up)).copied().unwrap_or_default();
                Some(below.there || above.is_some_and(is_there))
            }
            Some(DirectoryResult::Unchanged | DirectoryResult::NotProbed) => {
                above.is_some_and(held_before).then_some(true)
            }
            Some(DirectoryResult::Classified(_) | DirectoryResult::BelowMissing | DirectoryResult::BelowClosed)
            | None => None,
        };
        if let Some(DirectoryResult::Classified(Classification::NeedsContext(fault))) = found.get(at) {
            let decided = match is_held {
                Some(true) => Classification::Current,
                Some(false) => Classification::Outdated(fault.clone()),
                None => Classification::Inconclusive(fault.clone()),
            };
            found.set(at, DirectoryResult::Classified(decided));
        }
    }
}

/// What follows for a directory of which only what lies below it can tell; `None` = nothing does.
fn undecided(
    fault: &DirectoryIssue,
    below: Children,
    directories: Option<DirectoryBehaviour>,
) -> Option<DirectoryResult> {
    let no_page = ["missing", "forbidden"].contains(&fault.reason);
    let verdict = if below.there {
        Classification::Current
    } else if below.unknown {
        Classification::Inconclusive(fault.clone())
    } else if below.kept {
        return Some(DirectoryResult::Unchanged);
    } else if no_page && (below.absent || directories == Some(DirectoryBehaviour::Shown)) {
        Classification::Outdated(fault.clone())
    } else if !below.absent && directories.is_some() && directories != Some(DirectoryBehaviour::Shown) {
        return None;
    } else {
        Classification::Inconclusive(fault.clone())
    };
    Some(DirectoryResult::Classified(verdict))
}

impl ProbeSession<'_> {
    /// All that is wanted, from `from` and round. Where a fact that was expected to stand does not, everything is asked for.
    pub(super) fn walk(&mut self, tree: &Tree, base: &ProbeResult, from: usize) -> Result<(), Interruption> {
        self.round(tree, base, from)?;
        if self.out.sample_mismatch && !self.out.is_full {
            self.out.is_full = true;
            self.want(0..tree.plan.directories.len());
            self.round(tree, base, 0)?;
        }
        // What was believed before it turned out to be untrue.
        while std::mem::take(&mut self.spot_check.again) {
            self.round(tree, base, 0)?;
        }
        Ok(())
    }

    /// All that lies below a directory is to be asked for.
    pub(super) fn add_descendants(&mut self, tree: &Tree, at: usize) {
        if let Some(directory) = tree.directory(at) {
            self.want(tree.below(directory.path.as_str()));
        }
    }

    /// What was not to be asked for is, now.
    fn want(&mut self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            if let Some(DirectoryResult::Unchanged | DirectoryResult::Confirmed) = self.out.results.get(at) {
                self.out.results.set(at, DirectoryResult::NotProbed);
            }
        }
    }

    /// From `from` to the end, then the rest. A part in which the mirror says nothing must not keep the others from being asked:
    /// where the first part ends in silence, the rest gets its own chance.
    fn round(&mut self, tree: &Tree, base: &ProbeResult, from: usize) -> Result<(), Interruption> {
        let all = tree.plan.directories.len();
        let first = self.range(tree, base, from..all);
        if matches!(
            first,
            Err(Interruption::Stopped
                | Interruption::HostDeadline
                | Interruption::Budget
                | Interruption::LocalError(_))
        ) || (first.is_err() && from == 0)
        {
            return first;
        }
        (self.silent, self.unclear) = (0, 0);
        self.range(tree, base, 0..from)?;
        first
    }

    fn range(&mut self, tree: &Tree, base: &ProbeResult, part: Range<usize>) -> Result<(), Interruption> {
        let is_closed = |at: usize| tree.directory(at).is_some_and(|d| !d.readable);
        for at in part {
            let Some(here @ (DirectoryResult::NotProbed | DirectoryResult::Unchanged | DirectoryResult::Confirmed)) =
                self.out.results.get(at)
            else {
                continue;
            };
            let above = tree.parent(at).and_then(|p| self.out.results.get(p));
            let inherited = match above {
                Some(DirectoryResult::BelowMissing | DirectoryResult::Classified(Classification::Missing(_))) => {
                    Some(DirectoryResult::BelowMissing)
                }
                Some(
                    DirectoryResult::BelowClosed
                    | DirectoryResult::Classified(Classification::Staged | Classification::Leaked(_)),
                ) => Some(DirectoryResult::BelowClosed),
                // What the server does not tell of what is closed, it tells not of what is below either.
                Some(DirectoryResult::Unchanged)
                    if *here == DirectoryResult::NotProbed && tree.parent(at).is_some_and(is_closed) =>
                {
                    Some(DirectoryResult::BelowClosed)
                }
                Some(
                    DirectoryResult::Classified(_)
                    | DirectoryResult::NotProbed
                    | DirectoryResult::Unchanged
                    | DirectoryResult::Confirmed,
                )
                | None => None,
            };
            let (found, end) = match inherited {
                Some(found) => (found, None),
                None if *here != DirectoryResult::NotProbed => continue,
                None => {
                    let before = self.out.requests;
                    let asked = self.ask_for(tree, at, base);
                    // What a listing alone tells is beyond doubt: nobody else has a whole one.
                    if self.out.requests > before && is_negative(&asked.0) {
                        self.mark_negative();
                    }
                    asked
                }
            };
            self.note(tree, at, &found);
            self.out.results.set(at, found);
            if let Some(end) = end {
                return Err(end);
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, tree: &Tree, at: usize, base: &ProbeResult) -> (DirectoryResult, Option<Interruption>) {
        let Some(directory) = tree.directory(at) else {
            return (DirectoryResult::NotProbed, None);
        };
        match self.directory(tree, at, directory, base) {
            Ok(found) => (found, None),
            // It was asked for, and gave no answer.
            Err(Interruption::Silent(trouble)) => (
                DirectoryResult::Classified(Classification::Inconclusive(no_answer("", &trouble))),
                Some(Interruption::Silent(trouble)),
            ),
            Err(
                end @ (Interruption::Stopped
                | Interruption::HostDeadline
                | Interruption::Budget
                | Interruption::LocalError(_)),
            ) => (DirectoryResult::NotProbed, Some(end)),
        }
    }

    /// What follows from an answer for what else is to be asked for.
    fn note(&mut self, tree: &Tree, at: usize, found: &DirectoryResult) {
        let (DirectoryResult::Classified(verdict), Some(directory)) = (found, tree.directory(at)) else {
            return;
        };
        self.out.probed += 1;
        let id = directory.id.0;
        let is_there = match verdict {
            Classification::Inconclusive(_) | Classification::NeedsContext(_) => return,
            Classification::Current | Classification::Ahead(_) => true,
            Classification::OutdatedAllowed(..) => !self.previous.present.contains(id),
            Classification::Outdated(_)
            | Classification::Missing(_)
            | Classification::UnknownHash(_)
            | Classification::Staged
            | Classification::Leaked(_) => false,
        };
        let in_sample = u32::try_from(at).is_ok_and(|at| self.sample.contains(at));
        self.out.sample_mismatch |= in_sample && is_there != self.previous.present.contains(id);
        // A directory that was missing with all below it came back.
        if self.previous.missing.contains(id) && !matches!(verdict, Classification::Missing(_)) {
            self.add_descendants(tree, at);
        }
    }
}

#[cfg(test)]
mod tests;
