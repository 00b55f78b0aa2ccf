//! The way through a category: which directory is asked next, and what follows for those that are not asked.

use std::ops::Range;

use super::{End, Found, Session};
use crate::crawl::tree::Tree;
use crate::crawl::verdict::{Seen, Verdict, no_answer};
use crate::model::holding::Holding;

/// The first directory that was not asked for, on the way from `from` and round.
pub(super) fn rest(found: &[Found], from: usize) -> Option<usize> {
    (from..found.len())
        .chain(0..from)
        .find(|at| found.get(*at) == Some(&Found::NotAsked))
}

/// What the children of a directory say of it.
#[derive(Debug, Clone, Copy, Default)]
struct Children {
    /// One is held.
    held: bool,
    /// One is not there.
    absent: bool,
    /// Of one nothing is known.
    unknown: bool,
}

/// A directory whose page tells nothing is held if one of its children is; not there if its page says so and none of them is there.
/// What is known of a child that was not asked for this time stands.
pub(super) fn derive(tree: &Tree, found: &mut [Found], previous: &Holding) {
    let mut children = vec![Children::default(); found.len()];
    for at in (0..found.len()).rev() {
        let Some(one) = found.get_mut(at) else { continue };
        if let Found::Verdict(Verdict::Undecided(fault)) = one {
            let below = children.get(at).copied().unwrap_or_default();
            let no_page = ["missing", "forbidden"].contains(&fault.reason);
            *one = Found::Verdict(if below.held {
                Verdict::Current
            } else if no_page && below.absent && !below.unknown {
                Verdict::NotCurrent(fault.clone())
            } else {
                Verdict::Unanswered(fault.clone())
            });
        }
        let Some(up) = tree.parent(at).and_then(|p| children.get_mut(p)) else {
            continue;
        };
        let id = tree.directory(at).map(|d| d.id);
        let held_before = id.is_some_and(|id| previous.held.contains(id.0));
        let is_plain = id.is_none_or(|id| !previous.exceptions.contains_key(&id));
        match one {
            Found::Confirmed | Found::Verdict(Verdict::Current | Verdict::Ahead(_) | Verdict::Lagging(..)) => {
                up.held = true;
            }
            Found::NotAsked | Found::Kept if held_before => up.held = true,
            Found::Kept if is_plain => up.absent = true,
            Found::Verdict(Verdict::Missing(_) | Verdict::NotCurrent(_)) | Found::BelowMissing => up.absent = true,
            Found::Verdict(
                Verdict::Foreign(_)
                | Verdict::Staged
                | Verdict::Exposed(_)
                | Verdict::Undecided(_)
                | Verdict::Unanswered(_),
            )
            | Found::BelowClosed
            | Found::Kept
            | Found::NotAsked => up.unknown = true,
        }
    }
}

impl Session<'_> {
    /// All that is wanted, from `from` and round. Where a fact that was expected to stand does not, everything is asked for.
    pub(super) fn walk(&mut self, tree: &Tree, base: &Seen, from: usize) -> Result<(), End> {
        self.round(tree, base, from)?;
        if self.out.surprise && !self.out.all {
            self.out.all = true;
            self.want(0..tree.plan.directories.len());
            self.round(tree, base, 0)?;
        }
        // What was believed before it turned out to be untrue.
        while std::mem::take(&mut self.hearsay.again) {
            self.round(tree, base, 0)?;
        }
        Ok(())
    }

    /// What was not to be asked for is, now.
    fn want(&mut self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            if let Some(found @ (Found::Kept | Found::Confirmed)) = self.out.found.get_mut(at) {
                *found = Found::NotAsked;
            }
        }
    }

    /// From `from` to the end, then the rest. A part in which the mirror says nothing must not keep the others from being asked:
    /// where the first part ends in silence, the rest gets its own chance.
    fn round(&mut self, tree: &Tree, base: &Seen, from: usize) -> Result<(), End> {
        let all = tree.plan.directories.len();
        let first = self.stretch(tree, base, from..all);
        if matches!(
            first,
            Err(End::Stopped | End::HostDeadline | End::Budget | End::Ours(_))
        ) || (first.is_err() && from == 0)
        {
            return first;
        }
        (self.silent, self.unclear) = (0, 0);
        self.stretch(tree, base, 0..from)?;
        first
    }

    fn stretch(&mut self, tree: &Tree, base: &Seen, part: Range<usize>) -> Result<(), End> {
        for at in part {
            let Some(here @ (Found::NotAsked | Found::Kept | Found::Confirmed)) = self.out.found.get(at) else {
                continue;
            };
            let above = tree.parent(at).and_then(|p| self.out.found.get(p));
            let inherited = match above {
                Some(Found::BelowMissing | Found::Verdict(Verdict::Missing(_))) => Some(Found::BelowMissing),
                Some(Found::BelowClosed | Found::Verdict(Verdict::Staged | Verdict::Exposed(_))) => {
                    Some(Found::BelowClosed)
                }
                Some(Found::Verdict(_) | Found::NotAsked | Found::Kept | Found::Confirmed) | None => None,
            };
            let (found, end) = match inherited {
                Some(found) => (found, None),
                None if *here != Found::NotAsked => continue,
                None => self.ask_for(tree, at, base),
            };
            self.note(tree, at, &found);
            if let Some(slot) = self.out.found.get_mut(at) {
                *slot = found;
            }
            if let Some(end) = end {
                return Err(end);
            }
        }
        Ok(())
    }

    fn ask_for(&mut self, tree: &Tree, at: usize, base: &Seen) -> (Found, Option<End>) {
        let Some(directory) = tree.directory(at) else {
            return (Found::NotAsked, None);
        };
        match self.directory(tree, at, directory, base) {
            Ok(verdict) => (Found::Verdict(verdict), None),
            // It was asked for, and gave no answer.
            Err(End::Silent(trouble)) => (
                Found::Verdict(Verdict::Unanswered(no_answer("", &trouble))),
                Some(End::Silent(trouble)),
            ),
            Err(end @ (End::Stopped | End::HostDeadline | End::Budget | End::Ours(_))) => (Found::NotAsked, Some(end)),
        }
    }

    /// What follows from an answer for what else is to be asked for.
    fn note(&mut self, tree: &Tree, at: usize, found: &Found) {
        let (Found::Verdict(verdict), Some(directory)) = (found, tree.directory(at)) else {
            return;
        };
        self.out.asked += 1;
        let id = directory.id.0;
        let is_there = match verdict {
            Verdict::Unanswered(_) | Verdict::Undecided(_) => return,
            Verdict::Current | Verdict::Ahead(_) => true,
            Verdict::Lagging(..) => !self.previous.held.contains(id),
            Verdict::NotCurrent(_)
            | Verdict::Missing(_)
            | Verdict::Foreign(_)
            | Verdict::Staged
            | Verdict::Exposed(_) => false,
        };
        let in_sample = u32::try_from(at).is_ok_and(|at| self.sample.contains(at));
        self.out.surprise |= in_sample && is_there != self.previous.held.contains(id);
        // A directory that was missing with all below it came back.
        if self.previous.missing.contains(id) && !matches!(verdict, Verdict::Missing(_)) {
            self.want(tree.below(directory.path.as_str()));
        }
    }
}
