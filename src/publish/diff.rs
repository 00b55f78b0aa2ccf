//! The difference between two snapshots.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;
use serde::Serialize;

use crate::snapshot::publication::{InvertedIndex, REPODATA};
use crate::snapshot::{Snapshot, SnapshotDirectory, full_name};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct SnapshotCounts {
    pub(crate) hosts: usize,
    pub(crate) repositories: usize,
    pub(crate) directories: usize,
}

/// A repository whose mirrors changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RepositoryChange {
    /// The repository as `prefix/arch`.
    pub(crate) repository: String,
    /// The number of mirrors in the new snapshot; `None` = the repository was removed.
    pub(crate) mirrors: Option<usize>,
    /// The number of mirrors in the old snapshot; `None` = the repository was added.
    pub(crate) before: Option<usize>,
    pub(crate) gained: Vec<String>,
    pub(crate) lost: Vec<String>,
}

/// Hosts, repositories and directories gained and lost; all lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct SnapshotDiff {
    pub(crate) hosts_gained: Vec<String>,
    pub(crate) hosts_lost: Vec<String>,
    pub(crate) repositories: Vec<RepositoryChange>,
    pub(crate) directories_gained: Vec<String>,
    pub(crate) directories_lost: Vec<String>,
}

impl SnapshotCounts {
    pub(crate) fn new(s: &Snapshot) -> Self {
        Self {
            hosts: s.hosts.len(),
            repositories: s.repositories.len(),
            directories: s.directories.len(),
        }
    }
}

impl SnapshotDiff {
    /// Compares a snapshot with an older one.
    pub(crate) fn new(before: &Snapshot, now: &Snapshot) -> Self {
        let hosts = |s: &Snapshot| -> BTreeSet<String> { s.hosts.iter().map(|h| h.name.to_string()).collect() };
        let (old_hosts, new_hosts) = (hosts(before), hosts(now));
        let (old, new) = (repository_mirrors(before), repository_mirrors(now));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let none = BTreeSet::new();
        let repositories = names
            .into_iter()
            .filter(|name| old.get(*name) != new.get(*name))
            .map(|name| {
                let (was, is) = (old.get(name), new.get(name));
                let [old, new] = [was, is].map(|hosts| hosts.unwrap_or(&none));
                RepositoryChange {
                    repository: name.clone(),
                    mirrors: is.map(BTreeSet::len),
                    before: was.map(BTreeSet::len),
                    gained: new.difference(old).map(|h| (*h).to_owned()).collect(),
                    lost: old.difference(new).map(|h| (*h).to_owned()).collect(),
                }
            })
            .collect();
        Self {
            hosts_gained: new_hosts.difference(&old_hosts).cloned().collect(),
            hosts_lost: old_hosts.difference(&new_hosts).cloned().collect(),
            repositories,
            directories_gained: missing_names(&now.directories, &before.directories),
            directories_lost: missing_names(&before.directories, &now.directories),
        }
    }
}

/// Returns the names in `all` that are not in `others`; both are sorted.
fn missing_names(all: &[SnapshotDirectory], others: &[SnapshotDirectory]) -> Vec<String> {
    let is_missing = |d: &&SnapshotDirectory| others.binary_search_by(|other| other.name.cmp(&d.name)).is_err();
    all.iter().filter(is_missing).map(|d| d.name.clone()).collect()
}

/// Returns the hosts that clients of each repository (`prefix/arch`) are sent to: those listed for its `repodata`, or for
/// itself if it has none.
fn repository_mirrors(s: &Snapshot) -> BTreeMap<String, BTreeSet<&str>> {
    let targets: Vec<(String, u32)> = (s.repositories.iter().filter(|r| !r.disabled))
        .filter_map(|r| Some((format!("{}/{}", r.prefix, r.arch), target_directory(s, r.directory?)?)))
        .collect();
    let wanted: RoaringBitmap = targets.iter().map(|(_, ordinal)| *ordinal).collect();
    let index = InvertedIndex::new(s.host_categories.iter().map(|hc| (hc.host, &hc.listed)), &wanted);
    let host = |n: &u32| s.hosts.get(usize::try_from(*n).ok()?).map(|h| h.name.as_str());
    (targets.into_iter())
        .map(|(name, ordinal)| (name, index.get(ordinal).iter().filter_map(host).collect()))
        .collect()
}

/// Returns the directory whose mirrors answer requests for the repository in `directory`.
fn target_directory(s: &Snapshot, directory: u32) -> Option<u32> {
    let d = s.directories.get(usize::try_from(directory).ok()?)?;
    let repodata = full_name(&d.name, REPODATA);
    let position = s.directories.binary_search_by(|other| other.name.cmp(&repodata));
    let repodata = position.ok().and_then(|n| u32::try_from(n).ok());
    Some(repodata.unwrap_or(directory))
}
