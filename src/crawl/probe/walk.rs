//! The way through a category: which directory is asked next, and what follows for those that are not asked.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::base::Directories;
use super::{AllFound, End, Found, Session};
use crate::crawl::tree::Tree;
use crate::crawl::verdict::{Fault, Seen, Verdict, no_answer};
use crate::model::inventory::Inventory;

/// The first directory that was not asked for, on the way from `from` and round.
pub(super) fn rest(found: &AllFound, from: usize) -> Option<usize> {
    (from..found.len())
        .chain(0..from)
        .find(|at| found.get(*at) == Some(&Found::NotAsked))
}

/// Whether a directory is found to be other than it should be.
fn takes_away(found: &Found) -> bool {
    match found {
        Found::Verdict(verdict) => match verdict {
            Verdict::Current
            | Verdict::Ahead(_)
            | Verdict::Lagging(..)
            | Verdict::Undecided(_)
            | Verdict::Unanswered(_) => false,
            Verdict::NotCurrent(_)
            | Verdict::Missing(_)
            | Verdict::Foreign(_)
            | Verdict::Staged
            | Verdict::Exposed(_) => true,
        },
        Found::BelowMissing | Found::BelowClosed => true,
        Found::Kept | Found::Confirmed | Found::NotAsked => false,
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
pub(super) fn derive(
    tree: &Tree,
    found: &mut AllFound,
    previous: &Inventory,
    there: &RoaringBitmap,
    directories: Option<Directories>,
) {
    let is_there = |at: usize| u32::try_from(at).is_ok_and(|at| there.contains(at));
    let held_before = |at: usize| tree.directory(at).is_some_and(|d| previous.present.contains(d.id.0));
    let mut children = vec![Children::default(); found.len()];
    let mut lonely = Vec::new();
    for at in (0..found.len()).rev() {
        if let Some(Found::Verdict(Verdict::Undecided(fault))) = found.get(at) {
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
            Found::Confirmed | Found::Verdict(Verdict::Current | Verdict::Ahead(_) | Verdict::Lagging(..)) => {
                up.there = true;
            }
            Found::NotAsked | Found::Kept if held_before(at) => up.there = true,
            Found::Kept if was_missing => up.absent = true,
            Found::Kept if is_plain => up.kept = true,
            Found::Verdict(Verdict::Missing(_) | Verdict::NotCurrent(_)) | Found::BelowMissing => up.absent = true,
            Found::Verdict(Verdict::Staged | Verdict::Undecided(_)) | Found::BelowClosed => {}
            Found::Verdict(Verdict::Foreign(_) | Verdict::Exposed(_) | Verdict::Unanswered(_))
            | Found::Kept
            | Found::NotAsked => up.unknown = true,
        }
    }
    // Those above come before those below.
    for at in lonely.into_iter().rev() {
        let above = tree.parent(at);
        let is_held = match above.and_then(|up| found.get(up)) {
            Some(Found::Confirmed | Found::Verdict(Verdict::Current | Verdict::Ahead(_) | Verdict::Lagging(..))) => {
                Some(true)
            }
            Some(Found::Verdict(Verdict::NotCurrent(_))) => {
                let below = above.and_then(|up| children.get(up)).copied().unwrap_or_default();
                Some(below.there || above.is_some_and(is_there))
            }
            Some(Found::Kept | Found::NotAsked) => above.is_some_and(held_before).then_some(true),
            Some(Found::Verdict(_) | Found::BelowMissing | Found::BelowClosed) | None => None,
        };
        if let Some(Found::Verdict(Verdict::Undecided(fault))) = found.get(at) {
            let decided = match is_held {
                Some(true) => Verdict::Current,
                Some(false) => Verdict::NotCurrent(fault.clone()),
                None => Verdict::Unanswered(fault.clone()),
            };
            found.set(at, Found::Verdict(decided));
        }
    }
}

/// What follows for a directory of which only what lies below it can tell; `None` = nothing does.
fn undecided(fault: &Fault, below: Children, directories: Option<Directories>) -> Option<Found> {
    let no_page = ["missing", "forbidden"].contains(&fault.reason);
    let verdict = if below.there {
        Verdict::Current
    } else if below.unknown {
        Verdict::Unanswered(fault.clone())
    } else if below.kept {
        return Some(Found::Kept);
    } else if no_page && (below.absent || directories == Some(Directories::Shown)) {
        Verdict::NotCurrent(fault.clone())
    } else if !below.absent && directories.is_some() && directories != Some(Directories::Shown) {
        return None;
    } else {
        Verdict::Unanswered(fault.clone())
    };
    Some(Found::Verdict(verdict))
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

    /// All that lies below a directory is to be asked for.
    pub(super) fn want_below(&mut self, tree: &Tree, at: usize) {
        if let Some(directory) = tree.directory(at) {
            self.want(tree.below(directory.path.as_str()));
        }
    }

    /// What was not to be asked for is, now.
    fn want(&mut self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            if let Some(Found::Kept | Found::Confirmed) = self.out.found.get(at) {
                self.out.found.set(at, Found::NotAsked);
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
        let is_closed = |at: usize| tree.directory(at).is_some_and(|d| !d.readable);
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
                // What the server does not tell of what is closed, it tells not of what is below either.
                Some(Found::Kept) if *here == Found::NotAsked && tree.parent(at).is_some_and(is_closed) => {
                    Some(Found::BelowClosed)
                }
                Some(Found::Verdict(_) | Found::NotAsked | Found::Kept | Found::Confirmed) | None => None,
            };
            let (found, end) = match inherited {
                Some(found) => (found, None),
                None if *here != Found::NotAsked => continue,
                None => {
                    let before = self.out.requests;
                    let asked = self.ask_for(tree, at, base);
                    // What a listing alone tells is beyond doubt: nobody else has a whole one.
                    if self.out.requests > before && takes_away(&asked.0) {
                        self.doubts();
                    }
                    asked
                }
            };
            self.note(tree, at, &found);
            self.out.found.set(at, found);
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
            Ok(found) => (found, None),
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
            Verdict::Lagging(..) => !self.previous.present.contains(id),
            Verdict::NotCurrent(_)
            | Verdict::Missing(_)
            | Verdict::Foreign(_)
            | Verdict::Staged
            | Verdict::Exposed(_) => false,
        };
        let in_sample = u32::try_from(at).is_ok_and(|at| self.sample.contains(at));
        self.out.surprise |= in_sample && is_there != self.previous.present.contains(id);
        // A directory that was missing with all below it came back.
        if self.previous.missing.contains(id) && !matches!(verdict, Verdict::Missing(_)) {
            self.want_below(tree, at);
        }
    }
}

#[cfg(test)]
mod tests;
