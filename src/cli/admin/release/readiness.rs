//! Which mirrors have the repositories of versions: pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::{ArchId, CategoryId, DirectoryId, HostId, VersionId};
use crate::model::inventory::ExceptionState;
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot::full_name;
use crate::snapshot::publication::{Publication, RepositoryMirrors, host_is_listed};

/// Whether clients can get at a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RepositoryReadiness {
    /// The world can read it.
    Readable,
    /// The master keeps it closed.
    Staged,
    /// Its directory is not there.
    Gone,
}

/// So many hosts, with so much bandwidth together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Capacity {
    pub(super) hosts: u64,
    /// Mbit/s.
    pub(super) bandwidth: u64,
}

/// One repository of the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RepositoryRow {
    /// `prefix/arch`.
    pub(super) repository: String,
    /// The full name of its directory.
    pub(super) directory: Option<String>,
    pub(super) state: RepositoryReadiness,
    /// What the newest repomd.xml says of its time; when a scan first saw it, where it says nothing.
    pub(super) repomd: Option<Timestamp>,
    /// Hosts that clients are sent to.
    pub(super) holders: Capacity,
    /// Mirrors that keep it closed, as the master did when they were asked.
    pub(super) staged: Capacity,
    /// Mirrors that show what the master keeps closed.
    pub(super) open_early: Capacity,
}

/// One country; `-` = of hosts that name none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CountryRow {
    pub(super) country: String,
    /// Hosts that clients are sent to for at least one of the repositories.
    pub(super) holders: Capacity,
    /// Mirrors that have at least one of them staged.
    pub(super) staged: Capacity,
    /// Hosts that have, in one of the three ways, each repository that is there of the categories they carry.
    pub(super) complete: Capacity,
}

/// A mirror that has repositories of the version staged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StagedMirror {
    pub(super) country: String,
    pub(super) bandwidth: u32,
    pub(super) host: String,
    /// How many.
    pub(super) repositories: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Readiness {
    /// In order of their names.
    pub(super) repositories: Vec<RepositoryRow>,
    /// In order of their names.
    pub(super) countries: Vec<CountryRow>,
    /// By country, the fastest first.
    pub(super) staged: Vec<StagedMirror>,
}

/// Who has one repository.
struct RepositoryHosts {
    category: CategoryId,
    holders: BTreeSet<HostId>,
    staged: BTreeSet<HostId>,
    open_early: BTreeSet<HostId>,
}

/// What there is of a version.
#[derive(Debug, Default)]
pub(super) struct VersionStats {
    pub(super) repositories: usize,
    /// So many of them the master keeps closed.
    pub(super) staged: usize,
    /// So many have no directory any more.
    pub(super) gone: usize,
    pub(super) arches: BTreeSet<ArchId>,
    /// Hosts that clients are sent to for one of them.
    pub(super) mirrors: BTreeSet<HostId>,
    /// Mirrors that have one and keep it closed.
    pub(super) closed: BTreeSet<HostId>,
}

/// What there is of each version that has a repository, by a listing and the facts it was made from.
pub(super) fn tally(listing: &Publication<'_>) -> BTreeMap<VersionId, VersionStats> {
    let world = listing.registry;
    let holders = RepositoryMirrors::new(listing);
    let by_path = by_path(world);
    let mut out: BTreeMap<VersionId, VersionStats> = BTreeMap::new();
    for r in &world.repositories {
        let directory = r.directory.and_then(|d| world.directories.get(&d));
        let has = who_has(world, &holders, &by_path, r, directory);
        let of = out.entry(r.version).or_default();
        of.repositories += 1;
        match state(world, &holders, directory) {
            RepositoryReadiness::Readable => {}
            RepositoryReadiness::Staged => of.staged += 1,
            RepositoryReadiness::Gone => of.gone += 1,
        }
        of.arches.insert(r.arch);
        of.mirrors.extend(has.holders);
        of.closed.extend(has.staged);
    }
    out
}

fn by_path(world: &RegistryData) -> BTreeMap<(CategoryId, &DirPath), DirectoryId> {
    let all = world.directories.values();
    all.map(|d| ((d.category, &d.path), d.id)).collect()
}

/// The repositories of these versions, by a listing and the facts it was made from.
pub(super) fn assess(listing: &Publication<'_>, versions: &BTreeSet<VersionId>) -> Readiness {
    let world = listing.registry;
    let holders = RepositoryMirrors::new(listing);
    let by_path = by_path(world);
    let mut repositories = Vec::new();
    let mut having = Vec::new();
    for r in world.repositories.iter().filter(|r| versions.contains(&r.version)) {
        let directory = r.directory.and_then(|d| world.directories.get(&d));
        let has = who_has(world, &holders, &by_path, r, directory);
        repositories.push(row(world, &holders, r, directory, &has));
        if directory.is_some() {
            having.push(has);
        }
    }
    repositories.sort_by(|a, b| a.repository.cmp(&b.repository));
    Readiness {
        repositories,
        countries: by_country(world, &having),
        staged: staged_mirrors(world, &having),
    }
}

fn who_has(
    world: &RegistryData,
    holders: &RepositoryMirrors<'_, '_>,
    by_path: &BTreeMap<(CategoryId, &DirPath), DirectoryId>,
    repository: &Repository,
    directory: Option<&PublishedDirectory>,
) -> RepositoryHosts {
    let mut out = RepositoryHosts {
        category: repository.category,
        holders: BTreeSet::new(),
        staged: BTreeSet::new(),
        open_early: BTreeSet::new(),
    };
    let Some(directory) = directory else { return out };
    out.holders = holders.hosts_for(directory.id);
    // A mirror that keeps a directory closed was not asked for what lies below it.
    let mut places: Vec<DirectoryId> = std::iter::successors(Some(directory.path.clone()), DirPath::parent)
        .filter_map(|path| by_path.get(&(directory.category, &path)).copied())
        .collect();
    places.extend(holders.repodata(directory.id));
    for (id, hc) in &world.host_categories {
        let Some(holding) = world.inventories.get(id).filter(|_| hc.category == directory.category) else {
            continue;
        };
        if !host_is_listed(world, hc.host) || out.holders.contains(&hc.host) {
            continue;
        }
        let state = |d: &DirectoryId| holding.exceptions.get(d).map(|e| e.state);
        if places.iter().any(|d| state(d) == Some(ExceptionState::Staged)) {
            out.staged.insert(hc.host);
        } else if !directory.readable && holding.present.contains(directory.id.0) {
            out.open_early.insert(hc.host);
        }
    }
    out
}

fn row(
    world: &RegistryData,
    holders: &RepositoryMirrors<'_, '_>,
    repository: &Repository,
    directory: Option<&PublishedDirectory>,
    has: &RepositoryHosts,
) -> RepositoryRow {
    let newest = directory.and_then(|d| holders.newest(d.id));
    let full = |d: &PublishedDirectory| {
        let top = world.categories.get(&d.category).map_or("", |c| c.topdir.as_str());
        full_name(top, d.path.as_str())
    };
    RepositoryRow {
        repository: world.repository_name(repository),
        directory: directory.map(full),
        state: state(world, holders, directory),
        repomd: newest.map(|n| match n.file.timestamp {
            said if said > 0 => Timestamp(said),
            _ => n.first_seen,
        }),
        holders: sum(world, has.holders.iter().copied()),
        staged: sum(world, has.staged.iter().copied()),
        open_early: sum(world, has.open_early.iter().copied()),
    }
}

fn state(
    world: &RegistryData,
    holders: &RepositoryMirrors<'_, '_>,
    directory: Option<&PublishedDirectory>,
) -> RepositoryReadiness {
    let readable = |d: DirectoryId| world.directories.get(&d).is_some_and(|d| d.readable);
    match directory {
        None => RepositoryReadiness::Gone,
        Some(d) if d.readable && holders.repodata(d.id).is_none_or(readable) => RepositoryReadiness::Readable,
        Some(_) => RepositoryReadiness::Staged,
    }
}

fn sum(world: &RegistryData, hosts: impl Iterator<Item = HostId>) -> Capacity {
    hosts
        .filter_map(|h| world.hosts.get(&h))
        .fold(Capacity::default(), |sum, host| Capacity {
            hosts: sum.hosts + 1,
            bandwidth: sum.bandwidth + u64::from(host.bandwidth),
        })
}

fn country(world: &RegistryData, host: HostId) -> String {
    let country = world.hosts.get(&host).and_then(|h| h.country.as_ref());
    country.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn by_country(world: &RegistryData, having: &[RepositoryHosts]) -> Vec<CountryRow> {
    let any =
        |of: fn(&RepositoryHosts) -> &BTreeSet<HostId>| having.iter().flat_map(of).copied().collect::<BTreeSet<_>>();
    let (holders, staged, early) = (any(|h| &h.holders), any(|h| &h.staged), any(|h| &h.open_early));
    let carried: BTreeSet<(HostId, CategoryId)> = (world.host_categories.values())
        .map(|hc| (hc.host, hc.category))
        .collect();
    let has =
        |host: &HostId, h: &RepositoryHosts| [&h.holders, &h.staged, &h.open_early].iter().any(|s| s.contains(host));
    let complete = |host: &HostId| -> bool {
        let mut own = having.iter().filter(|h| carried.contains(&(*host, h.category)));
        own.all(|h| has(host, h))
    };
    let mut hosts: BTreeMap<String, BTreeSet<HostId>> = BTreeMap::new();
    for host in holders.iter().chain(&staged).chain(&early) {
        hosts.entry(country(world, *host)).or_default().insert(*host);
    }
    hosts
        .into_iter()
        .map(|(country, hosts)| CountryRow {
            country,
            holders: sum(world, hosts.intersection(&holders).copied()),
            staged: sum(world, hosts.intersection(&staged).copied()),
            complete: sum(world, hosts.iter().copied().filter(&complete)),
        })
        .collect()
}

fn staged_mirrors(world: &RegistryData, having: &[RepositoryHosts]) -> Vec<StagedMirror> {
    let mut counts: BTreeMap<HostId, usize> = BTreeMap::new();
    for host in having.iter().flat_map(|h| &h.staged) {
        *counts.entry(*host).or_default() += 1;
    }
    let mut out: Vec<StagedMirror> = counts
        .into_iter()
        .filter_map(|(id, repositories)| {
            let host = world.hosts.get(&id)?;
            Some(StagedMirror {
                country: country(world, id),
                bandwidth: host.bandwidth,
                host: host.name.to_string(),
                repositories,
            })
        })
        .collect();
    out.sort_by(|a, b| (&a.country, b.bandwidth, &a.host).cmp(&(&b.country, a.bandwidth, &b.host)));
    out
}

#[cfg(test)]
mod tests;
