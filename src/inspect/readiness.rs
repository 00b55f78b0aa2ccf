//! The progress of versions: which mirrors have their repositories, listed or staged.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::host::exception_status;
use crate::model::Timestamp;
use crate::model::ids::{ArchId, CategoryId, DirectoryId, HostId, VersionId};
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::model::status::DirectoryStatus;
use crate::snapshot::full_name;
use crate::snapshot::publication::{Publication, RepositoryMirrors, host_is_listed};

/// The availability of a repository to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RepositoryReadiness {
    /// World-readable on the master.
    Readable,
    /// Unreadable on the master.
    Staged,
    /// Without a directory on the master.
    Gone,
}

/// A number of hosts and the sum of their bandwidths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Capacity {
    pub(crate) hosts: u64,
    pub(crate) bandwidth: u64,
}

/// A repository of the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RepositoryRow {
    pub(crate) repository: String,
    /// The full name of the directory.
    pub(crate) directory: Option<String>,
    pub(crate) state: RepositoryReadiness,
    /// The time that the newest `repomd.xml` names, else that of the first scan that found it.
    pub(crate) repomd: Option<Timestamp>,
    pub(crate) mirrors: Capacity,
    /// Hosts that have the directory unreadable, as the master had it at their last crawl.
    pub(crate) staged: Capacity,
    /// Hosts on which the directory is readable, while it is not on the master.
    pub(crate) leaked: Capacity,
}

/// The mirrors of a country; `-` for hosts without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CountryRow {
    pub(crate) country: String,
    /// Hosts that are listed for at least one of the repositories.
    pub(crate) mirrors: Capacity,
    /// Hosts that have at least one of them staged.
    pub(crate) staged: Capacity,
    /// Hosts that have every existing repository of their categories: listed, staged or leaked.
    pub(crate) complete: Capacity,
}

/// A host that has repositories of the version staged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StagedMirror {
    pub(crate) country: String,
    pub(crate) bandwidth: u32,
    pub(crate) host: String,
    /// The number of staged repositories.
    pub(crate) repositories: usize,
}

/// The repositories of versions and their mirrors. Bandwidths are in Mbit/s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Readiness {
    pub(crate) repositories: Vec<RepositoryRow>,
    pub(crate) countries: Vec<CountryRow>,
    /// Sorted by country; the largest bandwidth first.
    pub(crate) staged: Vec<StagedMirror>,
}

struct RepositoryHosts {
    category: CategoryId,
    listed: BTreeSet<HostId>,
    staged: BTreeSet<HostId>,
    leaked: BTreeSet<HostId>,
}

impl RepositoryHosts {
    fn contains(&self, host: HostId) -> bool {
        [&self.listed, &self.staged, &self.leaked]
            .iter()
            .any(|s| s.contains(&host))
    }
}

/// Counts for one version.
#[derive(Debug, Default)]
pub(crate) struct VersionStats {
    pub(crate) repositories: usize,
    /// Repositories that are unreadable on the master.
    pub(crate) staged: usize,
    /// Repositories without a directory.
    pub(crate) gone: usize,
    pub(crate) arches: BTreeSet<ArchId>,
    /// Hosts that are listed for at least one repository.
    pub(crate) mirrors: BTreeSet<HostId>,
    /// Hosts that have at least one repository staged.
    pub(crate) staged_mirrors: BTreeSet<HostId>,
}

/// Statistics of each version that has a repository.
pub(crate) fn version_stats(publication: &Publication<'_>) -> BTreeMap<VersionId, VersionStats> {
    let context = ReadinessContext::new(publication);
    let mut out: BTreeMap<VersionId, VersionStats> = BTreeMap::new();
    for r in &context.registry.repositories {
        let directory = context.directory(r);
        let hosts = context.repository_hosts(r, directory);
        let stats = out.entry(r.version).or_default();
        stats.repositories += 1;
        match context.state(directory) {
            RepositoryReadiness::Readable => {}
            RepositoryReadiness::Staged => stats.staged += 1,
            RepositoryReadiness::Gone => stats.gone += 1,
        }
        stats.arches.insert(r.arch);
        stats.mirrors.extend(hosts.listed);
        stats.staged_mirrors.extend(hosts.staged);
    }
    out
}

/// The repositories of these versions.
pub(crate) fn version_readiness(publication: &Publication<'_>, versions: &BTreeSet<VersionId>) -> Readiness {
    let context = ReadinessContext::new(publication);
    let mut repositories = Vec::new();
    let mut existing = Vec::new();
    for r in (context.registry.repositories.iter()).filter(|r| versions.contains(&r.version)) {
        let directory = context.directory(r);
        let hosts = context.repository_hosts(r, directory);
        repositories.push(context.row(r, directory, &hosts));
        if directory.is_some() {
            existing.push(hosts);
        }
    }
    repositories.sort_by(|a, b| a.repository.cmp(&b.repository));
    Readiness {
        repositories,
        countries: count_by_country(context.registry, &existing),
        staged: staged_mirrors(context.registry, &existing),
    }
}

struct ReadinessContext<'l, 'w> {
    registry: &'w RegistryData,
    mirrors: RepositoryMirrors<'l, 'w>,
    by_path: BTreeMap<(CategoryId, &'w DirPath), DirectoryId>,
}

impl<'l, 'w> ReadinessContext<'l, 'w> {
    fn new(publication: &'l Publication<'w>) -> Self {
        let registry = publication.registry;
        let all = registry.directories.values();
        Self {
            registry,
            mirrors: RepositoryMirrors::new(publication),
            by_path: all.map(|d| ((d.category, &d.path), d.id)).collect(),
        }
    }

    fn directory(&self, repository: &Repository) -> Option<&'w PublishedDirectory> {
        self.registry.directories.get(&repository.directory?)
    }

    fn repository_hosts(&self, repository: &Repository, directory: Option<&PublishedDirectory>) -> RepositoryHosts {
        let mut out = RepositoryHosts {
            category: repository.category,
            listed: BTreeSet::new(),
            staged: BTreeSet::new(),
            leaked: BTreeSet::new(),
        };
        let Some(directory) = directory else { return out };
        out.listed = self.mirrors.hosts_for(directory.id);
        // Crawls do not probe what is below an unreadable directory, so the parents count, too.
        let mut decisive: Vec<DirectoryId> = std::iter::successors(Some(directory.path.clone()), DirPath::parent)
            .filter_map(|path| self.by_path.get(&(directory.category, &path)).copied())
            .collect();
        decisive.extend(self.mirrors.repodata(directory.id));
        for (id, hc) in &self.registry.host_categories {
            if hc.category != directory.category
                || !host_is_listed(self.registry, hc.host)
                || out.listed.contains(&hc.host)
            {
                continue;
            }
            let Some(inventory) = self.registry.inventories.get(id) else {
                continue;
            };
            let is_staged = |d: &DirectoryId| {
                let exception = inventory.exceptions.get(d);
                exception.is_some_and(|e| exception_status(e.state) == DirectoryStatus::Staged)
            };
            if decisive.iter().any(is_staged) {
                out.staged.insert(hc.host);
            } else if !directory.readable && inventory.present.contains(directory.id.0) {
                out.leaked.insert(hc.host);
            }
        }
        out
    }

    fn row(
        &self,
        repository: &Repository,
        directory: Option<&PublishedDirectory>,
        hosts: &RepositoryHosts,
    ) -> RepositoryRow {
        let newest = directory.and_then(|d| self.mirrors.newest(d.id));
        let full_name_of = |d: &PublishedDirectory| {
            let category = self.registry.categories.get(&d.category);
            full_name(category.map_or("", |c| c.topdir.as_str()), d.path.as_str())
        };
        RepositoryRow {
            repository: self.registry.repository_name(repository),
            directory: directory.map(full_name_of),
            state: self.state(directory),
            repomd: newest.map(|n| match n.file.timestamp {
                time if time > 0 => Timestamp(time),
                _ => n.first_seen,
            }),
            mirrors: capacity(self.registry, hosts.listed.iter().copied()),
            staged: capacity(self.registry, hosts.staged.iter().copied()),
            leaked: capacity(self.registry, hosts.leaked.iter().copied()),
        }
    }

    fn state(&self, directory: Option<&PublishedDirectory>) -> RepositoryReadiness {
        let is_readable = |d: DirectoryId| self.registry.directories.get(&d).is_some_and(|d| d.readable);
        match directory {
            None => RepositoryReadiness::Gone,
            Some(d) if d.readable && self.mirrors.repodata(d.id).is_none_or(is_readable) => {
                RepositoryReadiness::Readable
            }
            Some(_) => RepositoryReadiness::Staged,
        }
    }
}

fn capacity(registry: &RegistryData, hosts: impl Iterator<Item = HostId>) -> Capacity {
    hosts
        .filter_map(|h| registry.hosts.get(&h))
        .fold(Capacity::default(), |sum, host| Capacity {
            hosts: sum.hosts + 1,
            bandwidth: sum.bandwidth + u64::from(host.bandwidth),
        })
}

fn country(registry: &RegistryData, host: HostId) -> String {
    let country = registry.hosts.get(&host).and_then(|h| h.country.as_ref());
    country.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn count_by_country(registry: &RegistryData, existing: &[RepositoryHosts]) -> Vec<CountryRow> {
    let union =
        |of: fn(&RepositoryHosts) -> &BTreeSet<HostId>| existing.iter().flat_map(of).copied().collect::<BTreeSet<_>>();
    let (listed, staged, leaked) = (union(|h| &h.listed), union(|h| &h.staged), union(|h| &h.leaked));
    let carried: BTreeSet<(HostId, CategoryId)> = (registry.host_categories.values())
        .map(|hc| (hc.host, hc.category))
        .collect();
    let is_complete = |host: HostId| {
        let mut own = (existing.iter()).filter(|h| carried.contains(&(host, h.category)));
        own.all(|h| h.contains(host))
    };
    let mut by_country: BTreeMap<String, BTreeSet<HostId>> = BTreeMap::new();
    for host in listed.iter().chain(&staged).chain(&leaked) {
        by_country.entry(country(registry, *host)).or_default().insert(*host);
    }
    by_country
        .into_iter()
        .map(|(country, hosts)| CountryRow {
            country,
            mirrors: capacity(registry, hosts.intersection(&listed).copied()),
            staged: capacity(registry, hosts.intersection(&staged).copied()),
            complete: capacity(registry, hosts.iter().copied().filter(|h| is_complete(*h))),
        })
        .collect()
}

fn staged_mirrors(registry: &RegistryData, existing: &[RepositoryHosts]) -> Vec<StagedMirror> {
    let mut counts: BTreeMap<HostId, usize> = BTreeMap::new();
    for host in existing.iter().flat_map(|h| &h.staged) {
        *counts.entry(*host).or_default() += 1;
    }
    let mut out: Vec<StagedMirror> = counts
        .into_iter()
        .filter_map(|(id, repositories)| {
            let host = registry.hosts.get(&id)?;
            Some(StagedMirror {
                country: country(registry, id),
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
