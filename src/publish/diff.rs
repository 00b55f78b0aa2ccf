//! What a new snapshot changes against another one.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;
use serde::Serialize;

use crate::snapshot::publication::{InvertedIndex, REPODATA};
use crate::snapshot::{Snapshot, SnapshotDirectory, full_name};

/// The numbers of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Numbers {
    /// Hosts listed for anything.
    pub hosts: usize,
    /// Repositories clients can ask for.
    pub repositories: usize,
    /// Directories clients can ask for.
    pub directories: usize,
}

/// A repository whose holders changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryChange {
    /// `prefix/arch`.
    pub repository: String,
    /// How many hosts hold it now; `None` = it is gone from the list.
    pub holders: Option<usize>,
    /// How many held it in the published generation; `None` = it is new.
    pub before: Option<usize>,
    /// Hosts that came.
    pub gained: Vec<String>,
    /// Hosts that went.
    pub lost: Vec<String>,
}

/// Hosts, repositories and directories gained and lost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Diff {
    /// Hosts that are listed now and were not.
    pub hosts_gained: Vec<String>,
    /// Hosts that were listed and are not.
    pub hosts_lost: Vec<String>,
    /// Repositories whose holders changed, in order of their names.
    pub repositories: Vec<RepositoryChange>,
    /// Full names of directories that are in the list now and were not, sorted.
    pub directories_gained: Vec<String>,
    /// Full names of directories that were in the list and are not, sorted.
    pub directories_lost: Vec<String>,
}

/// Names of hosts, sorted, none twice.
type Holders<'s> = Vec<&'s str>;

/// The numbers of a snapshot.
pub(crate) fn numbers(s: &Snapshot) -> Numbers {
    Numbers {
        hosts: s.hosts.len(),
        repositories: s.repositories.len(),
        directories: s.directories.len(),
    }
}

/// Compares a snapshot with the new one.
pub(crate) fn compare(before: &Snapshot, now: &Snapshot) -> Diff {
    let hosts = |s: &Snapshot| -> BTreeSet<String> { s.hosts.iter().map(|h| h.name.to_string()).collect() };
    let (old_hosts, new_hosts) = (hosts(before), hosts(now));
    let (old, new) = (holders(before), holders(now));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nobody = Holders::new();
    let repositories = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let (was, is) = (old.get(name), new.get(name));
            let [was_set, is_set] = [was, is].map(|hosts| hosts.unwrap_or(&nobody).iter().copied().collect());
            let (was_set, is_set): (BTreeSet<&str>, BTreeSet<&str>) = (was_set, is_set);
            let gained = is_set.difference(&was_set);
            let lost = was_set.difference(&is_set);
            RepositoryChange {
                repository: name.clone(),
                holders: is.map(Vec::len),
                before: was.map(Vec::len),
                gained: gained.map(|h| (*h).to_owned()).collect(),
                lost: lost.map(|h| (*h).to_owned()).collect(),
            }
        })
        .collect();
    Diff {
        hosts_gained: new_hosts.difference(&old_hosts).cloned().collect(),
        hosts_lost: old_hosts.difference(&new_hosts).cloned().collect(),
        repositories,
        directories_gained: missing(&now.directories, &before.directories),
        directories_lost: missing(&before.directories, &now.directories),
    }
}

/// The names in `all` that are not in `among`; both are sorted.
fn missing(all: &[SnapshotDirectory], among: &[SnapshotDirectory]) -> Vec<String> {
    let not_there = |d: &&SnapshotDirectory| among.binary_search_by(|other| other.name.cmp(&d.name)).is_err();
    all.iter().filter(not_there).map(|d| d.name.clone()).collect()
}

/// `prefix/arch` → the hosts that a client of it is sent to: those listed for its repodata if there is one, else for
/// itself.
fn holders(s: &Snapshot) -> BTreeMap<String, Holders<'_>> {
    let asked: Vec<(String, u32)> = (s.repositories.iter().filter(|r| !r.disabled))
        .filter_map(|r| Some((format!("{}/{}", r.prefix, r.arch), asked(s, r.directory)?)))
        .collect();
    let wanted: RoaringBitmap = asked.iter().map(|(_, ordinal)| *ordinal).collect();
    let sets = s.host_categories.iter().map(|hc| (hc.host, &hc.held));
    let held = InvertedIndex::new(sets, &wanted);
    let host = |n: &u32| s.hosts.get(usize::try_from(*n).ok()?).map(|h| h.name.as_str());
    (asked.into_iter())
        .map(|(name, ordinal)| {
            let mut hosts: Holders<'_> = held.get(ordinal).iter().filter_map(host).collect();
            hosts.sort_unstable();
            hosts.dedup();
            (name, hosts)
        })
        .collect()
}

/// The directory that a client of the repository in `directory` is answered by.
fn asked(s: &Snapshot, directory: Option<u32>) -> Option<u32> {
    let d = s.directories.get(usize::try_from(directory?).ok()?)?;
    let repodata = full_name(&d.name, REPODATA);
    let place = s.directories.binary_search_by(|other| other.name.cmp(&repodata));
    place.ok().and_then(|n| u32::try_from(n).ok()).or(directory)
}
