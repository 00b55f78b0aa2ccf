//! Taking back what a crawl found wrong with directories that the master has changed since the plan: the mirror may well hold
//! the newer state. Pure.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use crate::model::Timestamp;
use crate::model::ids::DirectoryId;
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::plan::{
    CategoryOutcome, HostCategoryPlan, HostPlan, HostResult, MirroredVersion, NegativeResults, PlannedDirectory,
    mirrored_version,
};

/// Puts the negatives about `changed` directories back to what was known before; returns which. With a missing directory, what
/// lies below it is put back too.
pub(super) fn retract(
    holding: &mut Inventory,
    plan: &HostCategoryPlan,
    negatives: &NegativeResults,
    changed: &BTreeSet<DirectoryId>,
    now: Timestamp,
) -> RoaringBitmap {
    let mut taken_back = RoaringBitmap::new();
    let mut put_back: Vec<&PlannedDirectory> = Vec::new();
    for directory in &plan.category.directories {
        let id = directory.id;
        if !negatives.contains(id) {
            continue;
        }
        let below = put_back.iter().any(|up| up.path.contains(&directory.path));
        if !below && !changed.contains(&id) {
            continue;
        }
        if holding.missing.remove(id.0) {
            put_back.push(directory);
        }
        restore(holding, &plan.previous, directory, now);
        taken_back.insert(id.0);
    }
    taken_back
}

/// A result without what is bad in it: negatives are put back to what was known before, and categories that are gone or gave no
/// answer are left out. `None` = nothing is left. Directories in which the mirror serves what the master never had stay so where
/// `foreign_too` says so.
pub fn positive_only(plan: &HostPlan, result: &HostResult, foreign_too: bool) -> Option<HostResult> {
    let mut out = result.clone();
    out.categories.retain(|c| c.outcome == CategoryOutcome::Complete);
    for category in &mut out.categories {
        let planned = plan.categories.iter().find(|p| p.id == category.host_category)?;
        let negatives = category.negatives.clone();
        let all: BTreeSet<DirectoryId> = planned
            .category
            .directories
            .iter()
            .map(|d| d.id)
            .filter(|id| negatives.contains(*id) && !(foreign_too && negatives.unknown_hash.contains(id.0)))
            .collect();
        let taken_back = retract(&mut category.inventory, planned, &negatives, &all, result.ended_at);
        category.retract(&taken_back);
        category.inventory.pending_probe |= &taken_back;
    }
    (!out.categories.is_empty()).then_some(out)
}

/// One directory as it was, with the version pinned that the host held by the previous state.
fn restore(holding: &mut Inventory, previous: &Inventory, directory: &PlannedDirectory, now: Timestamp) {
    let id = directory.id;
    holding.exceptions.remove(&id);
    if !previous.present.contains(id.0) {
        holding.present.remove(id.0);
        if previous.missing.contains(id.0) {
            holding.missing.insert(id.0);
        }
        if let Some(before) = previous.exceptions.get(&id) {
            holding.exceptions.insert(id, before.clone());
        }
        return;
    }
    holding.present.insert(id.0);
    if let Some(before) = previous.exceptions.get(&id) {
        holding.exceptions.insert(id, before.clone());
    } else if let Some(MirroredVersion::Recorded(detail)) = mirrored_version(previous, directory) {
        let newest = mirrored_version(holding, directory);
        if newest != Some(MirroredVersion::Recorded(detail)) {
            let pinned = DirectoryException {
                state: ExceptionState::Inconclusive,
                since: now,
                // Nothing failed: this does not count towards taking the host off.
                tries: 0,
                detail: Some(detail),
                sha256: None,
            };
            holding.exceptions.insert(id, pinned);
        }
    }
}
