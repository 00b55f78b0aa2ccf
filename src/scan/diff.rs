//! Compares a listing with the recorded tree, and decides whether removals need confirmation. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;

use crate::config::PathFilter;
use crate::model::Timestamp;
use crate::model::file::{REPOMD, SampledFile, ScannedDetail};
use crate::model::ids::DirectoryId;
use crate::model::listing::{
    ChangedDirectory, DirectoryContent, KnownCategory, KnownDirectory, MasterListing, ScanPlan, ScannedDirectory,
    StoredContent,
};
use crate::model::names::DirPath;
use crate::model::refused::{RefusalReason, RefusedVersion, VersionDecision, decision_on};

mod removals;

use removals::RemovalDecision;
pub(crate) use removals::{Confirmation, PendingRemovals, check_confirmation, topmost};

/// The reason why a listing is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Implausible {
    #[error("the listing lacks its top directory; nothing was written")]
    NoTop,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// The recorded part of the tree; nothing outside of it is removed.
    pub scope: &'a PathFilter,
    /// Retention of facts about a vanished directory.
    pub retention: Duration,
    /// Above this percentage removals need confirmation.
    pub removal_percent: u8,
    /// The confirmation of the pending removals, which was checked with [`check_confirmation`].
    pub confirmation: Option<Confirmation>,
    pub now: Timestamp,
}

/// Returns the known directories whose content the listing contains: their stored content decides whether they changed.
pub(crate) fn to_compare(known: &KnownCategory, listing: &MasterListing) -> Vec<DirectoryId> {
    let listed = listing.directories.iter().filter(|(_, d)| d.content.is_some());
    listed
        .filter_map(|(path, _)| known.directories.get(path).map(|k| k.id))
        .collect()
}

/// Compares a complete listing with the recorded tree. `stored` contains the directories of [`to_compare`].
pub(crate) fn plan(
    known: &KnownCategory,
    listing: MasterListing,
    stored: &StoredContent,
    policy: Policy<'_>,
) -> Result<(ScanPlan, Option<PendingRemovals>), Implausible> {
    if !listing.directories.contains_key(policy.scope.below()) {
        return Err(Implausible::NoTop);
    }
    let missing: Vec<(&DirPath, &KnownDirectory)> = known
        .directories
        .iter()
        .filter(|(path, _)| !listing.directories.contains_key(path) && policy.scope.matches(path))
        .collect();
    let gone: BTreeMap<&DirPath, DirectoryId> = missing
        .iter()
        .filter(|(_, d)| d.vanished_at.is_none())
        .map(|(path, d)| (*path, d.id))
        .collect();
    let removed = missing
        .iter()
        .filter(|(_, d)| is_expired(d, policy))
        .map(|(_, d)| d.id)
        .collect();
    let without_metadata = find_lost_metadata(known, &listing, stored);
    let RemovalDecision {
        vanished,
        mut pending,
        report,
    } = removals::decide(known, &gone, &without_metadata, policy);
    // Pending removals outside of the scanned subtree stay pending.
    let below = policy.scope.below();
    let outside = known.directories.iter().filter(|(p, _)| !below.contains(p));
    pending.extend(outside.map(|(_, d)| d.id).filter(|id| known.pending.contains(id)));
    let mut plan = ScanPlan {
        category: known.id,
        base_seq: known.scan_seq,
        taken_at: listing.taken_at,
        directories: count(listing.directories.len()),
        added: Vec::new(),
        changed: Vec::new(),
        details: Vec::new(),
        gone: Vec::new(),
        touched: Vec::new(),
        vanished: vanished.into_iter().collect(),
        pending,
        removed,
        refused: Vec::new(),
        repaired: Vec::new(),
    };
    for (path, mut now) in listing.directories {
        match known.directories.get(&path) {
            None => {
                hide_refused(&mut now);
                plan.added.push((path, now));
            }
            // Its recorded state stays, so that the version that mirrors have stays the newest.
            Some(before) if plan.pending.contains(&before.id) => {}
            Some(before) => {
                let decisions = known.decisions.get(&before.id).map_or(&[][..], Vec::as_slice);
                keep_while_refused(&mut plan, known, before, &mut now, decisions, policy.now);
                let above = path.parent().and_then(|above| known.directories.get(&above));
                let is_topmost = above.is_none_or(|above| above.readable);
                compare(&mut plan, before, now, stored, is_topmost);
            }
        }
    }
    Ok((plan, report))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn is_expired(directory: &KnownDirectory, policy: Policy<'_>) -> bool {
    directory
        .vanished_at
        .is_some_and(|since| policy.now.since(since) >= policy.retention)
}

/// Returns the directories of metadata that no longer have the `repomd.xml` that was recorded, of repositories that clients can
/// request.
fn find_lost_metadata<'k>(
    known: &'k KnownCategory,
    listing: &MasterListing,
    stored: &StoredContent,
) -> BTreeMap<&'k DirPath, DirectoryId> {
    let mut out = BTreeMap::new();
    for path in known.repositories.keys() {
        let Ok(metadata) = path.child(b"repodata") else {
            continue;
        };
        let (Some((path, before)), Some(now)) = (
            known.directories.get_key_value(&metadata),
            listing.directories.get(&metadata),
        ) else {
            continue;
        };
        let was_lost = known.pending.contains(&before.id);
        // A file that is being replaced may be missing for a moment.
        let is_settled = was_lost || !now.is_unstable(listing.taken_at);
        let is_lost = match &now.content {
            Some(content) => is_settled && is_metadata_lost(stored.details.get(&before.id), &content.files),
            // The listing did not read it.
            None => was_lost,
        };
        if is_lost && before.vanished_at.is_none() {
            out.insert(path, before.id);
        }
    }
    out
}

/// Returns true if a `repomd.xml` is recorded, but not among the files.
fn is_metadata_lost(recorded: Option<&Vec<ScannedDetail>>, files: &[SampledFile]) -> bool {
    let is_recorded = recorded.is_some_and(|all| all.iter().any(|d| d.filename == REPOMD));
    is_recorded && !files.iter().any(|f| f.name == REPOMD)
}

/// Removes a refused `repomd.xml` from a new directory, which is not a repository yet.
fn hide_refused(now: &mut ScannedDirectory) {
    if let Some(content) = now.content.as_mut().filter(|c| c.refused.is_some()) {
        content.files.retain(|f| f.name != REPOMD);
    }
}

/// Keeps the recorded content of a directory while its `repomd.xml` is refused, by the scan or by an operator.
fn keep_while_refused(
    plan: &mut ScanPlan,
    known: &KnownCategory,
    before: &KnownDirectory,
    now: &mut ScannedDirectory,
    decisions: &[VersionDecision],
    at: Timestamp,
) {
    let Some(content) = &mut now.content else {
        return;
    };
    apply_decisions(content, decisions, at);
    if let Some(refused) = content.refused.take() {
        plan.refused.push((before.id, refused));
        now.content = None;
    } else if known.refused.contains(&before.id) {
        plan.repaired.push(before.id);
    }
}

/// Applies the decision of an operator: an accepted version is good, a blocked one is refused.
fn apply_decisions(content: &mut DirectoryContent, decisions: &[VersionDecision], at: Timestamp) {
    let is_accepted = |version: &ScannedDetail| {
        let sha256 = version.hashes.sha256.as_deref().unwrap_or_default();
        decision_on(decisions, sha256, at).map(|d| d.is_accepted)
    };
    let in_details = content.details.iter().position(|d| d.filename == REPOMD);
    let refused = content.refused.take();
    match (refused, in_details) {
        (Some(refused), _) => match is_accepted(&refused.version) {
            Some(true) => content.details.push(refused.version),
            Some(false) => content.refused = Some(block(refused.version)),
            None => content.refused = Some(refused),
        },
        (None, Some(position)) if content.details.get(position).and_then(is_accepted) == Some(false) => {
            content.refused = Some(block(content.details.remove(position)));
        }
        (None, _) => {}
    }
}

fn block(version: ScannedDetail) -> RefusedVersion {
    RefusedVersion {
        version,
        reason: RefusalReason::Blocked,
        explanation: "is blocked by an operator".to_owned(),
    }
}

/// Adds the changes of one known directory to the plan. `is_topmost` if the directory above it was not staged.
fn compare(
    plan: &mut ScanPlan,
    before: &KnownDirectory,
    now: ScannedDirectory,
    stored: &StoredContent,
    is_topmost: bool,
) {
    let id = before.id;
    let returned = before.vanished_at.is_some();
    let opened = is_topmost && now.readable && !before.readable;
    let mut changed = returned || before.readable != now.readable;
    let mut touched = before.ctime != now.ctime || before.fingerprint != now.fingerprint;
    if let Some(content) = &now.content {
        let files = stored.files.get(&id).map_or(&[][..], Vec::as_slice);
        changed |= !same_to_mirrors(files, &content.files);
        touched |= files != content.files || before.needs_scan != now.is_unstable(plan.taken_at);
        let old = stored.details.get(&id).map_or(&[][..], Vec::as_slice);
        let new: Vec<ScannedDetail> = content.details.iter().filter(|d| !old.contains(d)).cloned().collect();
        // A file that is being replaced may be missing for a moment.
        let settled = !now.is_unstable(plan.taken_at);
        let exists = |name: &str| content.files.iter().any(|f| f.name == name);
        let gone = old
            .iter()
            .filter(|d| d.filename == REPOMD && settled && !exists(&d.filename));
        let gone: Vec<(DirectoryId, String)> = gone.map(|d| (id, d.filename.clone())).collect();
        changed |= !new.is_empty() || !gone.is_empty();
        plan.details.extend(new.into_iter().map(|d| (id, d)));
        plan.gone.extend(gone);
    }
    if changed {
        plan.changed.push(ChangedDirectory {
            id,
            now,
            returned,
            opened,
        });
    } else if touched {
        plan.touched.push((id, now));
    }
}

/// True if both have the same names and sizes, which is all that a crawl compares.
fn same_to_mirrors(a: &[SampledFile], b: &[SampledFile]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (&a.name, a.size) == (&b.name, b.size))
}

#[cfg(test)]
mod tests;
