//! Compares a listing with the recorded tree, and decides whether removals need confirmation. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::config::PathFilter;
use crate::model::Timestamp;
use crate::model::file::{REPOMD, SampledFile, ScannedDetail};
use crate::model::ids::DirectoryId;
use crate::model::listing::{
    ChangedDirectory, KnownCategory, KnownDirectory, MasterListing, ScanPlan, ScannedDirectory, StoredContent,
};
use crate::model::names::DirPath;

/// Up to this many directories may vanish at once without confirmation, whatever their share.
const MIN_REMOVALS_TO_CONFIRM: u64 = 50;
/// Above this percentage of missing directories the listing is rejected.
const MAX_MISSING_PERCENT: u64 = 50;

/// The reason why a listing is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Implausible {
    #[error("the listing lacks its top directory; nothing was written")]
    NoTop,
    #[error(
        "{gone} of {known} known directories are missing from the listing; nothing was written. Check that the whole tree is \
         there; if this is intended, exclude a part of it in the config and confirm the removal of the rest first"
    )]
    MostGone { gone: u64, known: u64 },
}

/// Removals that need confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PendingRemovals {
    pub gone: u64,
    /// Number of directories that were present before.
    pub known: u64,
    /// Topmost missing directories, each with the number of missing directories in it, itself included.
    pub topmost: BTreeMap<DirPath, u64>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// The recorded part of the tree; nothing outside of it is removed.
    pub scope: &'a PathFilter,
    /// Retention of facts about a vanished directory.
    pub retention: Duration,
    /// Above this percentage removals need confirmation.
    pub removal_percent: u8,
    /// True if an operator confirmed the pending removals.
    pub confirmed: bool,
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
    let pending_removals = check_removals(known, &gone, policy)?;
    let vanished: BTreeSet<DirectoryId> = gone.into_values().collect();
    let (vanished, mut pending) = if pending_removals.is_some() {
        (BTreeSet::new(), vanished)
    } else {
        (vanished, BTreeSet::new())
    };
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
    };
    for (path, now) in listing.directories {
        match known.directories.get(&path) {
            None => plan.added.push((path, now)),
            Some(before) => compare(&mut plan, before, now, stored),
        }
    }
    Ok((plan, pending_removals))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn is_expired(directory: &KnownDirectory, policy: Policy<'_>) -> bool {
    directory
        .vanished_at
        .is_some_and(|since| policy.now.since(since) >= policy.retention)
}

/// Decides whether this many directories may vanish. Confirmed removals do not count, except for the limit of plausibility.
fn check_removals(
    known: &KnownCategory,
    gone: &BTreeMap<&DirPath, DirectoryId>,
    policy: Policy<'_>,
) -> Result<Option<PendingRemovals>, Implausible> {
    let present = known.directories.values().filter(|d| d.vanished_at.is_none()).count();
    let present = count(present);
    let above =
        |n: u64, percent: u64| n > MIN_REMOVALS_TO_CONFIRM && n.saturating_mul(100) > present.saturating_mul(percent);
    let all = count(gone.len());
    if above(all, MAX_MISSING_PERCENT) {
        return Err(Implausible::MostGone {
            gone: all,
            known: present,
        });
    }
    let confirmed = |id: &DirectoryId| policy.confirmed && known.pending.contains(id);
    let unconfirmed = count(gone.values().filter(|id| !confirmed(id)).count());
    // An unmounted file system looks like an empty top directory.
    let emptied = all > 1 && all + 1 == present && unconfirmed > 0;
    if !above(unconfirmed, policy.removal_percent.into()) && !emptied {
        return Ok(None);
    }
    Ok(Some(PendingRemovals {
        gone: all,
        known: present,
        topmost: topmost(gone),
    }))
}

/// Returns the missing directories that have no missing parent, each with the number of missing directories in it.
fn topmost(gone: &BTreeMap<&DirPath, DirectoryId>) -> BTreeMap<DirPath, u64> {
    let mut out: BTreeMap<DirPath, u64> = BTreeMap::new();
    for path in gone.keys() {
        let above = std::iter::successors(path.parent(), DirPath::parent).filter(|p| gone.contains_key(p));
        let top = above.last().unwrap_or_else(|| (*path).clone());
        *out.entry(top).or_default() += 1;
    }
    out
}

/// Adds the changes of one known directory to the plan.
fn compare(plan: &mut ScanPlan, before: &KnownDirectory, now: ScannedDirectory, stored: &StoredContent) {
    let id = before.id;
    let returned = before.vanished_at.is_some();
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
        plan.changed.push(ChangedDirectory { id, now, returned });
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
