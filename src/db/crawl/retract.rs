//! Retracts negative results of directories that the master changed since the plan: the mirror may have
//! the newer state. Pure functions.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use crate::model::Timestamp;
use crate::model::ids::DirectoryId;
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::plan::{
    CategoryOutcome, HostCategoryPlan, HostPlan, HostResult, MirroredVersion, NegativeResults, PlannedDirectory,
    mirrored_version,
};

/// Restores the previous state of `changed` directories with negative results, and returns them. With a missing directory,
/// everything below it is restored.
pub(super) fn retract(
    inventory: &mut Inventory,
    plan: &HostCategoryPlan,
    negatives: &NegativeResults,
    changed: &BTreeSet<DirectoryId>,
    now: Timestamp,
) -> RoaringBitmap {
    let mut retracted = RoaringBitmap::new();
    let mut restored_parents: Vec<&PlannedDirectory> = Vec::new();
    for directory in &plan.category.directories {
        let id = directory.id;
        if !negatives.contains(id) {
            continue;
        }
        let below = restored_parents.iter().any(|up| up.path.contains(&directory.path));
        if !below && !changed.contains(&id) {
            continue;
        }
        if inventory.missing.remove(id.0) {
            restored_parents.push(directory);
        }
        restore(inventory, &plan.previous, directory, now);
        retracted.insert(id.0);
    }
    retracted
}

/// Returns the positive part of a result: negative results are replaced by the previous state, and categories that are missing
/// or inconclusive are left out. `None` = nothing is left. Directories of unknown hash are kept if
/// `keep_unknown_hash` is true.
pub(crate) fn positive_only(plan: &HostPlan, result: &HostResult, keep_unknown_hash: bool) -> Option<HostResult> {
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
            .filter(|id| negatives.contains(*id) && !(keep_unknown_hash && negatives.unknown_hash.contains(id.0)))
            .collect();
        let retracted = retract(&mut category.inventory, planned, &negatives, &all, result.ended_at);
        category.retract(&retracted);
        category.inventory.pending_probe |= &retracted;
    }
    (!out.categories.is_empty()).then_some(out)
}

/// Restores one directory, with the version that the host had in the previous inventory.
fn restore(inventory: &mut Inventory, previous: &Inventory, directory: &PlannedDirectory, now: Timestamp) {
    let id = directory.id;
    let exception = previous.exceptions.get(&id);
    inventory.exceptions.remove(&id);
    inventory.exceptions.extend(exception.map(|e| (id, e.clone())));
    if !previous.present.contains(id.0) {
        inventory.present.remove(id.0);
        if previous.missing.contains(id.0) {
            inventory.missing.insert(id.0);
        }
        return;
    }
    inventory.present.insert(id.0);
    if exception.is_none()
        && let Some(MirroredVersion::Recorded(detail)) = mirrored_version(previous, directory)
        && mirrored_version(inventory, directory) != Some(MirroredVersion::Recorded(detail))
    {
        let pinned = DirectoryException {
            state: ExceptionState::Inconclusive,
            since: now,
            // Nothing failed: this must not count towards unlisting the host.
            tries: 0,
            detail: Some(detail),
            sha256: None,
        };
        inventory.exceptions.insert(id, pinned);
    }
}
