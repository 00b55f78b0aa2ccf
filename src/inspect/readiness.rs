//! The progress of versions: which mirrors have their repositories, listed or staged.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use serde::{Serialize, Serializer};

use super::moves::full_name;
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, HostId, VersionId};
use crate::model::inventory::ExceptionState;
use crate::model::names::{DirPath, Name};
use crate::model::registry::{Product, Repository, Version};
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot::publication::{Publication, RepositoryMirrors, host_is_active};

/// The availability of a repository to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RepositoryReadiness {
    /// World-readable on the master.
    Readable,
    /// Unreadable on the master.
    Staged,
    Gone,
}

/// A number of hosts and the sum of their bandwidths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Capacity {
    pub(crate) hosts: u64,
    pub(crate) bandwidth: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RepositoryRow {
    pub(crate) repository: String,
    pub(crate) directory: Option<String>,
    pub(crate) state: RepositoryReadiness,
    /// The time that the newest `repomd.xml` names, else that of the first scan that found it.
    pub(crate) repomd: Option<Timestamp>,
    pub(crate) mirrors: Capacity,
    /// Hosts that have the directory unreadable, as the master had it at their last crawl.
    pub(crate) staged: Capacity,
    /// Hosts on which the directory, or a part of it, is readable, while it is not on the master.
    pub(crate) leaked: Capacity,
    /// The number of hosts that carry the category, and could have it.
    pub(crate) carriers: usize,
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
    pub(crate) repositories: usize,
}

/// The repositories of versions and their mirrors. Bandwidths are in Mbit/s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Readiness {
    pub(crate) repositories: Vec<RepositoryRow>,
    pub(crate) countries: Vec<CountryRow>,
    /// Sorted by country; the largest bandwidth first.
    pub(crate) staged: Vec<StagedMirror>,
    /// The hosts that are listed for at least one repository, by name.
    #[serde(skip)]
    pub(crate) listed: BTreeSet<String>,
    /// The hosts that serve it before its release, by name.
    pub(crate) leaked: BTreeSet<String>,
    /// The number of always-current hosts, which are not crawled and not counted anywhere here.
    pub(crate) vouched: usize,
}

struct RepositoryHosts<'w> {
    repository: &'w Repository,
    directory: Option<&'w PublishedDirectory>,
    state: RepositoryReadiness,
    listed: BTreeSet<HostId>,
    staged: BTreeSet<HostId>,
    leaked: BTreeSet<HostId>,
}

impl RepositoryHosts<'_> {
    fn contains(&self, host: HostId) -> bool {
        self.listed.contains(&host) || self.staged.contains(&host) || self.leaked.contains(&host)
    }
}

/// A version, with its repositories and their mirrors.
#[derive(Debug, Serialize)]
pub(crate) struct VersionRow {
    pub(crate) product: Name,
    pub(crate) version: Name,
    #[serde(skip)]
    sortorder: i64,
    pub(crate) display_name: Option<String>,
    pub(crate) codename: Option<String>,
    pub(crate) is_test: bool,
    /// True if public pages never show the version.
    pub(crate) hidden: bool,
    pub(crate) repositories: usize,
    /// Repositories that are unreadable on the master.
    pub(crate) staged: usize,
    /// Repositories without a directory.
    pub(crate) gone: usize,
    pub(crate) arches: BTreeSet<Name>,
    pub(crate) first_seen: Timestamp,
    /// Hosts that are listed for at least one repository.
    #[serde(serialize_with = "serialize_len")]
    pub(crate) mirrors: BTreeSet<HostId>,
    /// Hosts that have at least one repository staged.
    #[serde(serialize_with = "serialize_len")]
    pub(crate) staged_mirrors: BTreeSet<HostId>,
}

fn serialize_len<S: Serializer>(hosts: &BTreeSet<HostId>, serializer: S) -> Result<S::Ok, S::Error> {
    hosts.len().serialize(serializer)
}

impl VersionRow {
    fn new(product: &Product, version: &Version) -> Self {
        Self {
            product: product.name.clone(),
            version: version.name.clone(),
            sortorder: version.sortorder,
            display_name: version.display_name.clone().filter(|n| !n.is_empty()),
            codename: version.codename.clone().filter(|n| !n.is_empty()),
            is_test: version.is_test,
            hidden: !version.display || !product.publiclist,
            repositories: 0,
            staged: 0,
            gone: 0,
            arches: BTreeSet::new(),
            first_seen: version.first_seen,
            mirrors: BTreeSet::new(),
            staged_mirrors: BTreeSet::new(),
        }
    }
}

/// All versions, sorted by product, then as on public pages.
pub(crate) fn version_rows(publication: &Publication<'_>) -> Vec<VersionRow> {
    let context = ReadinessContext::new(publication);
    let registry = context.registry;
    let mut rows: BTreeMap<VersionId, VersionRow> = (registry.versions.values())
        .filter_map(|v| Some((v.id, VersionRow::new(registry.products.get(&v.product)?, v))))
        .collect();
    for r in &registry.repositories {
        let Some(row) = rows.get_mut(&r.version) else { continue };
        let hosts = context.repository_hosts(r);
        row.repositories += 1;
        match hosts.state {
            RepositoryReadiness::Readable => {}
            RepositoryReadiness::Staged => row.staged += 1,
            RepositoryReadiness::Gone => row.gone += 1,
        }
        row.arches.extend(registry.arches.get(&r.arch).map(|a| a.name.clone()));
        row.mirrors.extend(hosts.listed);
        row.staged_mirrors.extend(hosts.staged);
    }
    let order = |row: &VersionRow| (row.product.clone(), Reverse(row.sortorder), row.version.clone());
    rows.into_values().sorted_by_cached_key(order).collect()
}

/// `leaks` are the directories that hosts serve although they are unreadable on the master.
pub(crate) fn version_readiness(
    publication: &Publication<'_>,
    versions: &BTreeSet<VersionId>,
    leaks: &BTreeSet<(HostId, DirectoryId)>,
) -> Readiness {
    let context = ReadinessContext::new(publication);
    let wanted = (context.registry.repositories.iter()).filter(|r| versions.contains(&r.version));
    let mut existing: Vec<RepositoryHosts<'_>> = wanted.map(|r| context.repository_hosts(r)).collect();
    let mut vouched = BTreeSet::new();
    for hosts in &mut existing {
        context.add_leaks(hosts, leaks);
        let own = context.vouched_hosts(hosts.repository.category);
        // Nobody verified that they have it.
        hosts.listed.retain(|host| !own.contains(host));
        vouched.extend(own);
    }
    let names = |ids: &mut dyn Iterator<Item = &HostId>| -> BTreeSet<String> {
        let hosts = ids.filter_map(|id| context.registry.hosts.get(id));
        hosts.map(|h| h.name.to_string()).collect()
    };
    let listed = names(&mut existing.iter().flat_map(|h| &h.listed));
    let leaked = names(&mut existing.iter().flat_map(|h| &h.leaked));
    let mut repositories: Vec<RepositoryRow> = existing.iter().map(|hosts| context.row(hosts)).collect();
    repositories.sort_by(|a, b| a.repository.cmp(&b.repository));
    existing.retain(|hosts| hosts.directory.is_some());
    Readiness {
        repositories,
        countries: count_by_country(context.registry, &existing),
        staged: staged_mirrors(context.registry, &existing),
        listed,
        leaked,
        vouched: vouched.len(),
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

    fn repository_hosts(&self, repository: &'w Repository) -> RepositoryHosts<'w> {
        let directory = repository.directory.and_then(|d| self.registry.directories.get(&d));
        let is_readable = |d: DirectoryId| self.registry.directories.get(&d).is_some_and(|d| d.readable);
        let mut out = RepositoryHosts {
            repository,
            directory,
            state: match directory {
                None => RepositoryReadiness::Gone,
                Some(d) if d.readable && self.mirrors.repodata(d.id).is_none_or(is_readable) => {
                    RepositoryReadiness::Readable
                }
                Some(_) => RepositoryReadiness::Staged,
            },
            listed: directory.map_or_else(BTreeSet::new, |d| self.mirrors.hosts_for(d.id)),
            staged: BTreeSet::new(),
            leaked: BTreeSet::new(),
        };
        let Some(directory) = directory else { return out };
        // Crawls do not probe what is below an unreadable directory, so the parents count, too.
        let mut decisive: Vec<DirectoryId> = std::iter::successors(Some(directory.path.clone()), DirPath::parent)
            .filter_map(|path| self.by_path.get(&(directory.category, &path)).copied())
            .collect();
        decisive.extend(self.mirrors.repodata(directory.id));
        for (id, hc) in &self.registry.host_categories {
            let may_be_listed =
                hc.category == directory.category && !hc.always_current && host_is_active(self.registry, hc.host);
            let inventory = self.registry.inventories.get(id);
            let Some(inventory) = inventory.filter(|_| may_be_listed && !out.listed.contains(&hc.host)) else {
                continue;
            };
            let is_staged = |d: &DirectoryId| {
                let exception = inventory.exceptions.get(d);
                exception.is_some_and(|e| e.state == ExceptionState::Staged)
            };
            if decisive.iter().any(is_staged) {
                out.staged.insert(hc.host);
            } else if !directory.readable && inventory.present.contains(directory.id.0) {
                out.leaked.insert(hc.host);
            }
        }
        out
    }

    /// Adds the hosts that serve the directory, one above it, or a part of it before its release.
    fn add_leaks(&self, hosts: &mut RepositoryHosts<'_>, leaks: &BTreeSet<(HostId, DirectoryId)>) {
        let Some(own) = hosts.directory.filter(|_| hosts.state == RepositoryReadiness::Staged) else {
            return;
        };
        for (host, directory) in leaks.iter().filter(|(host, _)| host_is_active(self.registry, *host)) {
            let leaked = self
                .registry
                .directories
                .get(directory)
                .filter(|d| d.category == own.category);
            let concerns = leaked.is_some_and(|d| {
                !d.readable && (d.path == own.path || d.path.contains(&own.path) || own.path.contains(&d.path))
            });
            if concerns {
                hosts.staged.remove(host);
                hosts.leaked.insert(*host);
            }
        }
    }

    /// The active hosts of a category for which an administrator vouches.
    fn vouched_hosts(&self, category: CategoryId) -> BTreeSet<HostId> {
        let all = self.registry.host_categories.values();
        let vouched = all.filter(|hc| hc.category == category && hc.always_current);
        let hosts = vouched.map(|hc| hc.host);
        hosts.filter(|host| host_is_active(self.registry, *host)).collect()
    }

    fn carriers(&self, category: CategoryId) -> usize {
        let all = self.registry.host_categories.values();
        let crawled = all.filter(|hc| hc.category == category && !hc.always_current);
        crawled.filter(|hc| host_is_active(self.registry, hc.host)).count()
    }

    fn row(&self, hosts: &RepositoryHosts<'_>) -> RepositoryRow {
        let newest = hosts.directory.and_then(|d| self.mirrors.newest(d.id));
        RepositoryRow {
            repository: self.registry.repository_name(hosts.repository),
            directory: (hosts.directory).map(|d| full_name(self.registry, d.category, &d.path)),
            state: hosts.state,
            repomd: newest.map(|n| match n.file.timestamp {
                time if time > 0 => Timestamp(time),
                _ => n.first_seen,
            }),
            mirrors: capacity(self.registry, &hosts.listed),
            staged: capacity(self.registry, &hosts.staged),
            leaked: capacity(self.registry, &hosts.leaked),
            carriers: self.carriers(hosts.repository.category),
        }
    }
}

fn capacity(registry: &RegistryData, hosts: impl IntoIterator<Item = impl Borrow<HostId>>) -> Capacity {
    let mut sum = Capacity::default();
    for host in hosts.into_iter().filter_map(|h| registry.hosts.get(h.borrow())) {
        sum.hosts += 1;
        sum.bandwidth += u64::from(host.bandwidth);
    }
    sum
}

fn country(registry: &RegistryData, host: HostId) -> String {
    let country = registry.hosts.get(&host).and_then(|h| h.country.as_ref());
    country.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn count_by_country(registry: &RegistryData, existing: &[RepositoryHosts<'_>]) -> Vec<CountryRow> {
    let listed: BTreeSet<HostId> = existing.iter().flat_map(|h| &h.listed).copied().collect();
    let staged: BTreeSet<HostId> = existing.iter().flat_map(|h| &h.staged).copied().collect();
    let leaked = existing.iter().flat_map(|h| &h.leaked);
    let carried: BTreeSet<(HostId, CategoryId)> = (registry.host_categories.values())
        .map(|hc| (hc.host, hc.category))
        .collect();
    let is_complete = |host: HostId| {
        let mut own = (existing.iter()).filter(|h| carried.contains(&(host, h.repository.category)));
        own.all(|h| h.contains(host))
    };
    let mut by_country: BTreeMap<String, BTreeSet<HostId>> = BTreeMap::new();
    for host in listed.iter().chain(&staged).chain(leaked) {
        by_country.entry(country(registry, *host)).or_default().insert(*host);
    }
    by_country
        .into_iter()
        .map(|(country, hosts)| CountryRow {
            country,
            mirrors: capacity(registry, hosts.intersection(&listed)),
            staged: capacity(registry, hosts.intersection(&staged)),
            complete: capacity(registry, hosts.iter().filter(|h| is_complete(**h))),
        })
        .collect()
}

fn staged_mirrors(registry: &RegistryData, existing: &[RepositoryHosts<'_>]) -> Vec<StagedMirror> {
    let mirror = |(id, repositories): (&HostId, _)| {
        let host = registry.hosts.get(id)?;
        Some(StagedMirror {
            country: country(registry, *id),
            bandwidth: host.bandwidth,
            host: host.name.to_string(),
            repositories,
        })
    };
    let order = |m: &StagedMirror| (m.country.clone(), Reverse(m.bandwidth), m.host.clone());
    let counts = existing.iter().flat_map(|h| &h.staged).counts().into_iter();
    counts.filter_map(mirror).sorted_by_cached_key(order).collect()
}

mod verdict;

pub(crate) use verdict::{Verdict, verdict};

#[cfg(test)]
mod tests;
