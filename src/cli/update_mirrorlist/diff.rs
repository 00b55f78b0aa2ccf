//! What a new snapshot changes against the published one, and the guard over it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::mirrorlist::build::REPODATA;
use crate::mirrorlist::snapshot::Snapshot;

/// A repository that had at least so many holders must not fall to none without a person.
pub(super) const GUARDED: usize = 5;

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

/// Hosts and repositories gained and lost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Diff {
    /// Hosts that are listed now and were not.
    pub hosts_gained: Vec<String>,
    /// Hosts that were listed and are not.
    pub hosts_lost: Vec<String>,
    /// Repositories whose holders changed, in order of their names.
    pub repositories: Vec<RepositoryChange>,
}

type Holders = BTreeSet<String>;

/// The numbers of a snapshot.
pub(super) fn numbers(s: &Snapshot) -> Numbers {
    Numbers {
        hosts: s.hosts.len(),
        repositories: s.repositories.len(),
        directories: s.directories.len(),
    }
}

/// Compares the published snapshot with the new one.
pub(super) fn compare(before: &Snapshot, now: &Snapshot) -> Diff {
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
            let gained = is.unwrap_or(&nobody).difference(was.unwrap_or(&nobody));
            let lost = was.unwrap_or(&nobody).difference(is.unwrap_or(&nobody));
            RepositoryChange {
                repository: name.clone(),
                holders: is.map(BTreeSet::len),
                before: was.map(BTreeSet::len),
                gained: gained.cloned().collect(),
                lost: lost.cloned().collect(),
            }
        })
        .collect();
    Diff {
        hosts_gained: new_hosts.difference(&old_hosts).cloned().collect(),
        hosts_lost: old_hosts.difference(&new_hosts).cloned().collect(),
        repositories,
    }
}

impl Diff {
    /// Repositories that are still offered, were held by at least [`GUARDED`] hosts, and would now be held by nobody.
    pub(super) fn emptied(&self) -> Vec<&RepositoryChange> {
        let emptied = |r: &&RepositoryChange| r.holders == Some(0) && r.before.is_some_and(|n| n >= GUARDED);
        self.repositories.iter().filter(emptied).collect()
    }
}

/// `prefix/arch` → the hosts that a client of it is sent to: those listed for its repodata if there is one, else for
/// itself.
fn holders(s: &Snapshot) -> BTreeMap<String, Holders> {
    let ordinals: BTreeMap<&str, u32> = s.directories.iter().map(|d| d.name.as_str()).zip(0..).collect();
    let mut out = BTreeMap::new();
    for r in s.repositories.iter().filter(|r| !r.disabled) {
        let directory = r.directory.and_then(|d| s.directories.get(usize::try_from(d).ok()?));
        let ordinal = directory.and_then(|d| {
            let repodata = format!("{}/{REPODATA}", d.name);
            ordinals.get(repodata.as_str()).copied().or(r.directory)
        });
        let Some(ordinal) = ordinal else { continue };
        let hosts = s
            .host_categories
            .iter()
            .filter(|hc| hc.held.contains(ordinal))
            .filter_map(|hc| s.hosts.get(usize::try_from(hc.host).ok()?))
            .map(|h| h.name.to_string());
        out.insert(format!("{}/{}", r.prefix, r.arch), hosts.collect());
    }
    out
}
