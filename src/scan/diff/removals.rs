//! Decides which directories that a listing lacks may vanish, and which removals need an operator. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use thiserror::Error;

use super::{Policy, count};
use crate::config::PathFilter;
use crate::model::count::{agree, format_count};
use crate::model::ids::DirectoryId;
use crate::model::listing::{ExpectedRemoval, KnownCategory};
use crate::model::names::DirPath;

/// Up to this many directories may vanish at once without confirmation, whatever their share.
const MIN_REMOVALS_TO_CONFIRM: u64 = 50;
/// A confirmation of more than this percentage of the directories must name their number.
const MAX_UNCOUNTED_PERCENT: u64 = 50;

/// The confirmation of the pending removals by an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// Everything that is pending, up to half of the category.
    Uncounted,
    /// Everything that is pending, if it is this number of directories.
    Count(u64),
}

/// The reason why a confirmation is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ConfirmationError {
    #[error(
        "{pending} of {} would be removed, more than half; name their number to confirm: --confirm-removals={pending}",
        format_count(*.known, "directory")
    )]
    NeedsCount { pending: u64, known: u64 },
    #[error(
        "{} {} confirmed, but {pending} {} pending now; check with: mm-admin pending",
        format_count(*.named, "removal"), agree(*.named, "was", "were"), agree(*.pending, "is", "are")
    )]
    CountDiffers { named: u64, pending: u64 },
}

/// Removals that need confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PendingRemovals {
    /// Number of directories whose removal needs confirmation.
    pub gone: u64,
    /// Number of directories that were present before.
    pub known: u64,
    /// Topmost missing directories, each with the number of missing directories in it, itself included.
    pub topmost: BTreeMap<DirPath, u64>,
    /// The repositories that clients can request and that need one of the directories, as `prefix/arch`.
    pub repositories: BTreeSet<String>,
    /// True if an operator rejected all of these removals: the directories stay recorded, and nothing is reported.
    pub rejected: bool,
}

/// The decision on the directories that a listing lacks.
#[derive(Debug, Default)]
pub(super) struct RemovalDecision {
    pub(super) vanished: BTreeSet<DirectoryId>,
    pub(super) pending: BTreeSet<DirectoryId>,
    pub(super) report: Option<PendingRemovals>,
}

/// Checks a confirmation against the pending removals in the scanned part of the category.
pub(crate) fn check_confirmation(
    known: &KnownCategory,
    scope: &PathFilter,
    confirmation: Confirmation,
) -> Result<(), ConfirmationError> {
    let is_pending = |(path, id): (&DirPath, &DirectoryId)| scope.below().contains(path) && known.pending.contains(id);
    let all = known.directories.iter().map(|(path, d)| (path, &d.id));
    let pending = count(all.filter(|d| is_pending(*d)).count());
    let present = present(known);
    match confirmation {
        Confirmation::Count(named) if named != pending => Err(ConfirmationError::CountDiffers { named, pending }),
        Confirmation::Uncounted if exceeds(pending, present, MAX_UNCOUNTED_PERCENT) => {
            Err(ConfirmationError::NeedsCount {
                pending,
                known: present,
            })
        }
        Confirmation::Count(_) | Confirmation::Uncounted => Ok(()),
    }
}

/// Returns true if `n` of `present` directories are too many to be removed without an operator.
fn exceeds(n: u64, present: u64, percent: u64) -> bool {
    n > MIN_REMOVALS_TO_CONFIRM && n.saturating_mul(100) > present.saturating_mul(percent)
}

/// Returns the number of directories that the last scan found, or whose removal is pending.
fn present(known: &KnownCategory) -> u64 {
    count(known.directories.values().filter(|d| d.vanished_at.is_none()).count())
}

/// The directories that a listing lacks, with what an operator confirmed, rejected or announced.
struct Removals<'a> {
    known: &'a KnownCategory,
    policy: Policy<'a>,
    /// Directories that are missing from the master.
    gone: &'a BTreeMap<&'a DirPath, DirectoryId>,
    /// Directories of metadata that are present, but no longer have the `repomd.xml` that was recorded.
    without_metadata: &'a BTreeMap<&'a DirPath, DirectoryId>,
}

/// Decides on the directories that a listing lacks. Removals are pending if they are too many, if a repository that clients can
/// request needs one of them, or if an operator rejected them; not if an operator confirmed or announced them.
pub(super) fn decide(
    known: &KnownCategory,
    gone: &BTreeMap<&DirPath, DirectoryId>,
    without_metadata: &BTreeMap<&DirPath, DirectoryId>,
    policy: Policy<'_>,
) -> RemovalDecision {
    let removals = Removals {
        known,
        policy,
        gone,
        without_metadata,
    };
    let mut pending: BTreeMap<&DirPath, DirectoryId> = BTreeMap::new();
    let unconfirmed = removals.unconfirmed();
    let present = present(known);
    // An unmounted file system looks like an empty top directory.
    let emptied = gone.len() > 1 && count(gone.len()) + 1 == present && !unconfirmed.is_empty();
    if exceeds(count(unconfirmed.len()), present, policy.removal_percent.into()) || emptied {
        pending.extend(unconfirmed);
    }
    let is_rejected = |id: &DirectoryId| known.rejected.contains(id) && !removals.is_confirmed(*id);
    pending.extend(gone.iter().filter(|(_, id)| is_rejected(id)));
    let needed = removals.needed();
    for at in needed.keys() {
        pending.extend(without_metadata.get_key_value(at));
        let top = topmost_of(|p| gone.contains_key(p), at);
        let tree = gone
            .iter()
            .filter(|(path, id)| top.contains(path) && !removals.is_confirmed(**id));
        pending.extend(tree);
    }
    let ids: BTreeSet<DirectoryId> = pending.values().copied().collect();
    RemovalDecision {
        vanished: gone.values().copied().filter(|id| !ids.contains(id)).collect(),
        report: (!pending.is_empty()).then(|| PendingRemovals {
            gone: count(pending.len()),
            known: present,
            topmost: topmost(&pending.keys().copied().collect()),
            repositories: needed.into_values().flatten().cloned().collect(),
            rejected: ids.is_subset(&known.rejected),
        }),
        pending: ids,
    }
}

impl<'a> Removals<'a> {
    fn is_confirmed(&self, id: DirectoryId) -> bool {
        self.policy.confirmation.is_some() && self.known.pending.contains(&id)
    }

    fn announced(&self) -> impl Iterator<Item = &'a ExpectedRemoval> {
        let now = self.policy.now;
        self.known.expected.iter().filter(move |e| e.until > now)
    }

    /// Returns the missing directories that nobody decided on.
    fn unconfirmed(&self) -> BTreeMap<&'a DirPath, DirectoryId> {
        let is_open = |path: &DirPath, id: &DirectoryId| {
            !self.is_confirmed(*id)
                && !self.known.rejected.contains(id)
                && !self.announced().any(|e| e.path.contains(path))
        };
        let open = self.gone.iter().filter(|(path, id)| is_open(path, id));
        open.map(|(path, id)| (*path, *id)).collect()
    }

    /// Returns the directories that a repository needs and that nobody allowed to vanish, with the names of the repositories. An
    /// announcement allows as many repositories as it names.
    fn needed(&self) -> BTreeMap<DirPath, &'a Vec<String>> {
        let mut lost: BTreeMap<DirPath, &Vec<String>> = BTreeMap::new();
        for (path, names) in &self.known.repositories {
            let Ok(metadata) = path.child(b"repodata") else {
                continue;
            };
            let missing = [path.clone(), metadata].into_iter().find_map(|at| {
                let id = self.gone.get(&at).or_else(|| self.without_metadata.get(&at))?;
                (!self.is_confirmed(*id)).then_some(at)
            });
            lost.extend(missing.map(|at| (at, names)));
        }
        let lost_below = |e: &ExpectedRemoval| {
            let names = lost
                .iter()
                .filter(|(at, _)| e.path.contains(at))
                .map(|(_, names)| names.len());
            count(names.sum())
        };
        let allowed: Vec<&ExpectedRemoval> = self.announced().filter(|e| lost_below(e) <= e.repositories).collect();
        lost.retain(|at, _| !allowed.iter().any(|e| e.path.contains(at)));
        lost
    }
}

/// Returns the topmost missing directory that contains a path, or the path itself.
fn topmost_of(is_missing: impl Fn(&DirPath) -> bool, path: &DirPath) -> DirPath {
    let above = std::iter::successors(path.parent(), DirPath::parent).filter(|p| is_missing(p));
    above.last().unwrap_or_else(|| path.clone())
}

/// Returns the directories that are below no other one, each with the number of directories in it, itself included.
pub(crate) fn topmost(paths: &BTreeSet<&DirPath>) -> BTreeMap<DirPath, u64> {
    let mut out: BTreeMap<DirPath, u64> = BTreeMap::new();
    for path in paths {
        *out.entry(topmost_of(|p| paths.contains(p), path)).or_default() += 1;
    }
    out
}
