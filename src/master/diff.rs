//! What a listing changes, and whether so much may go at once.

use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use crate::config::Excludes;
use crate::model::Epoch;
use crate::model::file::ScannedDetail;
use crate::model::ids::DirectoryId;
use crate::model::listing::{
    ChangedDirectory, KnownCategory, KnownDirectory, Listing, ScanPlan, ScannedDirectory, StoredContent,
};
use crate::model::names::DirPath;

/// So few directories may vanish at once without a word, however large their share.
const FEW: u64 = 50;
/// Above this percentage removals wait for a person.
const HOLD_ABOVE: u64 = 10;
/// Above this percentage nothing of the listing is believed.
const REFUSE_ABOVE: u64 = 50;

/// A listing that cannot be the truth.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Implausible {
    /// Not even the top is there.
    #[error("the listing lacks its top directory; nothing was written")]
    NoTop,
    /// More than half would go.
    #[error(
        "{gone} of {known} known directories are missing from the listing; nothing was written. Check that the whole tree is \
         there; if this is meant, exclude a part of it in the config and let the rest go first"
    )]
    MostGone {
        /// How many are missing.
        gone: u64,
        /// How many were present.
        known: u64,
    },
}

/// Removals that wait for a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    /// How many directories are missing.
    pub gone: u64,
    /// How many were present.
    pub known: u64,
}

/// What decides over removals.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Directories that are left alone.
    pub excludes: &'a Excludes,
    /// How long a missing directory keeps its facts.
    pub grace: Duration,
    /// A person confirmed that many directories go.
    pub confirmed: bool,
    /// Now.
    pub now: Epoch,
}

/// The ids of the known directories whose content the listing gives anew: what is stored of them decides whether they changed.
pub fn to_compare(known: &KnownCategory, listing: &Listing) -> Vec<DirectoryId> {
    let listed = listing.directories.iter().filter(|(_, d)| d.content.is_some());
    listed
        .filter_map(|(path, _)| known.directories.get(path).map(|k| k.id))
        .collect()
}

/// Compares a clean listing with what is known. `stored` holds the directories of [`to_compare`].
pub fn plan(
    known: &KnownCategory,
    listing: Listing,
    stored: &StoredContent,
    policy: Policy<'_>,
) -> Result<(ScanPlan, Option<HeldBack>), Implausible> {
    if !listing.directories.contains_key(&DirPath::top()) {
        return Err(Implausible::NoTop);
    }
    let missing: Vec<&KnownDirectory> = known
        .directories
        .iter()
        .filter(|(path, _)| !listing.directories.contains_key(path) && !policy.excludes.covers(path))
        .map(|(_, directory)| directory)
        .collect();
    let vanished: Vec<DirectoryId> = missing
        .iter()
        .filter(|d| d.vanished_at.is_none())
        .map(|d| d.id)
        .collect();
    let removed = missing.iter().filter(|d| is_over(d, policy)).map(|d| d.id).collect();
    let present = known.directories.values().filter(|d| d.vanished_at.is_none()).count();
    let held_back = judge(count(vanished.len()), count(present), policy.confirmed)?;
    let mut plan = ScanPlan {
        category: known.id,
        base: known.generation,
        taken_at: listing.taken_at,
        directories: count(listing.directories.len()),
        added: Vec::new(),
        changed: Vec::new(),
        details: Vec::new(),
        marks: Vec::new(),
        vanished: if held_back.is_some() { Vec::new() } else { vanished },
        removed,
    };
    for (path, now) in listing.directories {
        match known.directories.get(&path) {
            None => plan.added.push((path, now)),
            Some(before) => compare(&mut plan, before, now, stored),
        }
    }
    Ok((plan, held_back))
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Whether a missing directory has been so for longer than the grace.
fn is_over(directory: &KnownDirectory, policy: Policy<'_>) -> bool {
    directory
        .vanished_at
        .is_some_and(|since| policy.now.since(since) >= policy.grace)
}

/// Whether so many may vanish.
fn judge(gone: u64, known: u64, confirmed: bool) -> Result<Option<HeldBack>, Implausible> {
    let above = |percent: u64| gone > FEW && gone.saturating_mul(100) > known.saturating_mul(percent);
    if above(REFUSE_ABOVE) {
        return Err(Implausible::MostGone { gone, known });
    }
    Ok((above(HOLD_ABOVE) && !confirmed).then_some(HeldBack { gone, known }))
}

/// Adds to the plan what became of one known directory.
fn compare(plan: &mut ScanPlan, before: &KnownDirectory, now: ScannedDirectory, stored: &StoredContent) {
    let returned = before.vanished_at.is_some();
    let mut changed = returned || before.readable != now.readable || before.ctime != now.ctime;
    if let Some(content) = &now.content {
        changed |= stored.files.get(&before.id) != Some(&content.files);
        let old = stored.details.get(&before.id).map_or(&[][..], Vec::as_slice);
        let new: Vec<ScannedDetail> = content.details.iter().filter(|d| !old.contains(d)).cloned().collect();
        changed |= !new.is_empty();
        plan.details.extend(new.into_iter().map(|d| (before.id, d)));
    }
    if changed {
        let id = before.id;
        plan.changed.push(ChangedDirectory { id, now, returned });
    } else if now.content.is_some() && before.wants_scan != now.is_unsettled(plan.taken_at) {
        plan.marks.push((before.id, !before.wants_scan));
    }
}

#[cfg(test)]
mod tests;
