//! The traversal of a category: the order of probes, and the results of directories that are not probed themselves.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::server_traits::DirectoryBehavior;
use super::{CategoryProber, DirectoryResult, DirectoryResults, Interruption};
use crate::crawl::classify::{Classification, DirectoryIssue, no_answer};
use crate::crawl::tree::{Tree, bitmap_index};
use crate::model::inventory::Inventory;
use crate::model::status::DirectoryStatus;

/// Finds the first directory that was not probed, beginning at `from` and wrapping around.
pub(super) fn first_unprobed(results: &DirectoryResults, from: usize) -> Option<usize> {
    (from..results.len())
        .chain(0..from)
        .find(|at| results.get(*at) == Some(&DirectoryResult::NotProbed))
}

/// The results of the children of a directory.
#[derive(Debug, Clone, Copy, Default)]
struct ChildSummary {
    /// A child is present, correct or not.
    present: bool,
    absent: bool,
    /// A child was not probed, and its status is unknown.
    unprobed: bool,
    inconclusive: bool,
}

/// Derives the results that need context. A directory whose page is inconclusive is present if something below it is; it is absent if
/// its page is missing and nothing below it is present. The known status of a child that was not probed stands. A directory with nothing
/// below it has the status of its parent if the server has no directory pages.
pub(super) fn derive_results(
    tree: &Tree,
    results: &mut DirectoryResults,
    previous: &Inventory,
    responded: &RoaringBitmap,
    directories: Option<DirectoryBehavior>,
) {
    let was_present = |at: usize| tree.directory(at).is_some_and(|d| previous.present.contains(d.id.0));
    let mut children = vec![ChildSummary::default(); results.len()];
    let mut from_parent = Vec::new();
    for at in (0..results.len()).rev() {
        if let Some(DirectoryResult::Classified(Classification::NeedsContext(fault))) = results.get(at) {
            match decide_by_children(fault, children.get(at).copied().unwrap_or_default(), directories) {
                Some(decided) => results.set(at, decided),
                None => from_parent.push(at),
            }
        }
        let Some(result) = results.get(at) else { continue };
        let Some(parent) = tree.parent(at).and_then(|p| children.get_mut(p)) else {
            continue;
        };
        let id = tree.directory(at).map(|d| d.id);
        let was_missing = id.is_some_and(|id| previous.missing.contains(id.0));
        let is_plain = id.is_none_or(|id| !previous.exceptions.contains_key(&id));
        match result {
            _ if responded.contains(bitmap_index(at)) || result.is_offered() => parent.present = true,
            DirectoryResult::NotProbed | DirectoryResult::Unchanged if was_present(at) => parent.present = true,
            DirectoryResult::Unchanged if was_missing => parent.absent = true,
            DirectoryResult::Unchanged if is_plain => parent.unprobed = true,
            DirectoryResult::Classified(Classification::Missing(_) | Classification::Outdated(_))
            | DirectoryResult::BelowMissing => parent.absent = true,
            DirectoryResult::Classified(Classification::Staged | Classification::NeedsContext(_))
            | DirectoryResult::BelowClosed => {}
            // An unknown hash, a leaked directory, or no result at all.
            DirectoryResult::Classified(_)
            | DirectoryResult::Unchanged
            | DirectoryResult::Confirmed
            | DirectoryResult::NotProbed => parent.inconclusive = true,
        }
    }
    // Parents before children.
    for at in from_parent.into_iter().rev() {
        let parent = tree.parent(at);
        let is_present = match parent.and_then(|up| results.get(up)) {
            Some(result) if result.is_offered() => Some(true),
            Some(DirectoryResult::Classified(Classification::Outdated(_))) => {
                let siblings = parent.and_then(|up| children.get(up)).copied().unwrap_or_default();
                Some(siblings.present || parent.is_some_and(|up| responded.contains(bitmap_index(up))))
            }
            Some(DirectoryResult::Unchanged | DirectoryResult::NotProbed) => {
                parent.is_some_and(was_present).then_some(true)
            }
            Some(_) | None => None,
        };
        if let Some(DirectoryResult::Classified(Classification::NeedsContext(fault))) = results.get(at) {
            let decided = match is_present {
                Some(true) => Classification::Current,
                Some(false) => Classification::Outdated(fault.clone()),
                None => Classification::Inconclusive(fault.clone()),
            };
            results.set(at, DirectoryResult::Classified(decided));
        }
    }
}

/// Decides on a directory without files by its children; `None` if only its parent can decide.
fn decide_by_children(
    fault: &DirectoryIssue,
    below: ChildSummary,
    directories: Option<DirectoryBehavior>,
) -> Option<DirectoryResult> {
    let has_pages = directories == Some(DirectoryBehavior::Success);
    let classification = if below.present {
        Classification::Current
    } else if below.inconclusive {
        Classification::Inconclusive(fault.clone())
    } else if below.unprobed {
        return Some(DirectoryResult::Unchanged);
    } else if fault.is_absence() && (below.absent || has_pages) {
        Classification::Outdated(fault.clone())
    } else if !below.absent && directories.is_some() && !has_pages {
        return None;
    } else {
        Classification::Inconclusive(fault.clone())
    };
    Some(DirectoryResult::Classified(classification))
}

impl CategoryProber<'_> {
    /// Probes every wanted directory, beginning at `from`. If a directory of the sample has changed, all directories are probed.
    pub(super) fn traverse(&mut self, from: usize) -> Result<(), Interruption> {
        self.probe_round(from)?;
        if self.sample_mismatch && !self.probe.is_full {
            self.probe.is_full = true;
            self.request_probes(0..self.tree.plan.directories.len());
            self.probe_round(0)?;
        }
        // Results from a listing that was discarded later.
        while std::mem::take(&mut self.spot_check.needs_reprobe) {
            self.probe_round(0)?;
        }
        Ok(())
    }

    pub(super) fn add_descendants(&mut self, at: usize) {
        if let Some(directory) = self.tree.directory(at) {
            self.request_probes(self.tree.below(directory.path.as_str()));
        }
    }

    fn request_probes(&mut self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            if let Some(DirectoryResult::Unchanged | DirectoryResult::Confirmed) = self.probe.results.get(at) {
                self.probe.results.set(at, DirectoryResult::NotProbed);
            }
        }
    }

    /// Probes from `from` to the end, then the rest. A part of the tree in which the mirror does not respond must not keep the others
    /// from being probed: after such a part, the rest gets a chance of its own.
    fn probe_round(&mut self, from: usize) -> Result<(), Interruption> {
        let first = self.probe_range(from..self.tree.plan.directories.len());
        if first.is_err() && (from == 0 || !matches!(first, Err(Interruption::Silent(_)))) {
            return first;
        }
        (self.transport.failures, self.transport.inconclusive) = (0, 0);
        self.probe_range(0..from)?;
        first
    }

    fn probe_range(&mut self, range: Range<usize>) -> Result<(), Interruption> {
        for at in range {
            let Some(current @ (DirectoryResult::NotProbed | DirectoryResult::Unchanged | DirectoryResult::Confirmed)) =
                self.probe.results.get(at)
            else {
                continue;
            };
            let is_wanted = *current == DirectoryResult::NotProbed;
            let inherited = self.inherit_from_parent(at, current);
            // The directory above shows nothing, but what is in this one may be served nevertheless.
            let may_be_leaked = inherited == Some(DirectoryResult::BelowClosed) && self.may_be_leaked(at);
            let (result, end) = match inherited {
                Some(_) if is_wanted && may_be_leaked => self.probe_at(at, true),
                Some(inherited) => (inherited, None),
                None if !is_wanted => continue,
                None => self.probe_at(at, false),
            };
            self.record_result(at, &result);
            self.probe.results.set(at, result);
            if let Some(end) = end {
                return Err(end);
            }
        }
        Ok(())
    }

    /// Returns the result of a directory below a missing or unreadable one.
    fn inherit_from_parent(&self, at: usize, current: &DirectoryResult) -> Option<DirectoryResult> {
        let parent = self.tree.parent(at)?;
        match self.probe.results.get(parent)? {
            DirectoryResult::BelowMissing | DirectoryResult::Classified(Classification::Missing(_)) => {
                Some(DirectoryResult::BelowMissing)
            }
            DirectoryResult::BelowClosed
            | DirectoryResult::Classified(Classification::Staged | Classification::Leaked(_)) => {
                Some(DirectoryResult::BelowClosed)
            }
            // A server that does not show an unreadable directory does not show its children either.
            DirectoryResult::Unchanged => {
                let is_unreadable = self.tree.directory(parent).is_some_and(|d| !d.readable);
                (*current == DirectoryResult::NotProbed && is_unreadable).then_some(DirectoryResult::BelowClosed)
            }
            DirectoryResult::Classified(_) | DirectoryResult::NotProbed | DirectoryResult::Confirmed => None,
        }
    }

    /// Returns true for a directory that is unreadable on the master, unless one above it is leaked: one finding is enough for all
    /// that is below it.
    fn may_be_leaked(&mut self, at: usize) -> bool {
        let parent = self.tree.parent(at);
        let is_leaked = parent.is_some_and(|up| {
            let result = self.probe.results.get(up);
            self.below_leak.contains(bitmap_index(up))
                || matches!(result, Some(DirectoryResult::Classified(Classification::Leaked(_))))
        });
        if is_leaked {
            self.below_leak.insert(bitmap_index(at));
        }
        !is_leaked && self.tree.directory(at).is_some_and(|d| !d.readable)
    }

    /// Probes a directory; `is_below_closed` if one above it is unreadable.
    fn probe_at(&mut self, at: usize, is_below_closed: bool) -> (DirectoryResult, Option<Interruption>) {
        let Some(directory) = self.tree.directory(at) else {
            return (DirectoryResult::NotProbed, None);
        };
        let requests = self.transport.requests;
        let probed = if is_below_closed {
            self.probe_below_closed(at, directory)
        } else {
            self.probe_directory(at, directory)
        };
        let (result, end) = match probed {
            Ok(result) => (result, None),
            // The directory was probed, without a response.
            Err(Interruption::Silent(error)) => (
                DirectoryResult::Classified(Classification::Inconclusive(no_answer("", &error))),
                Some(Interruption::Silent(error)),
            ),
            Err(end) => (DirectoryResult::NotProbed, Some(end)),
        };
        // A local outage cannot cause a complete rsync listing that lacks something.
        if self.transport.requests > requests && result.is_negative() && result != DirectoryResult::BelowClosed {
            self.mark_negative();
        }
        (result, end)
    }

    /// Counts a result, and requests the probes that follow from it.
    fn record_result(&mut self, at: usize, result: &DirectoryResult) {
        let (DirectoryResult::Classified(classification), Some(directory)) = (result, self.tree.directory(at)) else {
            return;
        };
        self.probe.probed += 1;
        let id = directory.id.0;
        let was_present = self.previous.present.contains(id);
        if classification.status() == DirectoryStatus::Inconclusive {
            return;
        }
        // An older version is a change, too.
        let is_older = matches!(classification, Classification::OutdatedAllowed(..));
        self.sample_mismatch |=
            self.sample.contains(bitmap_index(at)) && (is_older || result.is_negative() == was_present);
        // A directory that was missing with everything below it is present again.
        if self.previous.missing.contains(id) && !matches!(classification, Classification::Missing(_)) {
            self.add_descendants(at);
        }
    }
}

#[cfg(test)]
mod tests;
