//! Computes the publication. Pure: `now` is an argument.
//!
//! [`Publication::from_registry`] decides for which directories each host category is listed, and which versions of each file
//! are offered. A host is listed for a directory if
//!
//! - it and its site are active, it is not in an embargoed country, and in no downtime that takes it off;
//! - the directory exists and is world-readable;
//! - the host category is always-current, or the directory is in its inventory, and:
//!   - if versions of the directory's `repomd.xml` are offered, the version that the host was verified to have is one of
//!     them. So the metalink names every hash that a listed host serves. A host that was verified before a push stays listed
//!     while that version is offered, and one with an unknown hash is unlisted immediately;
//!   - its state has not been inconclusive for longer than the limit, counted from the first of at least three attempts;
//! - and, if the directory has a `repodata` below it, the host is listed for that too, so that mirrorlist and metalink agree.
//!
//! While a repository is *newest-only* (an emergency setting with an end time), only the newest version of the files in its
//! directory and its `repodata` is offered. By the rule above, only hosts with the newest version are listed then.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use roaring::RoaringBitmap;

use crate::config::{CategoryConfig, Config};
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, VersionRetention, retained_versions};
use crate::model::history::{HostDowntime, unlisting_downtime};
use crate::model::ids::{CategoryId, DirectoryId, HostId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::names::DirPath;
use crate::model::registry_data::RegistryData;
use crate::snapshot::publication::{OfferedFiles, Publication, REPODATA, REPOMD, RepodataDirs, host_is_active};

/// A host with inconclusive probes stays listed at least until this many attempts.
const MIN_FAILED_ATTEMPTS: u32 = 3;

/// The limits that decide what is published.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The retention of a mirror's last known state while probes are inconclusive.
    pub max_inconclusive_age: Duration,
    /// The retention of old versions by category; categories without an entry use the defaults of [`CategoryConfig`].
    pub version_retention: BTreeMap<CategoryId, VersionRetention>,
}

impl Policy {
    /// Creates the policy of the config for the categories of the registry.
    pub fn new(config: &Config, registry: &RegistryData) -> Self {
        let retention = |name: &str| config.category(name).map(CategoryConfig::version_retention);
        Self {
            max_inconclusive_age: config.publish.max_inconclusive_age.get(),
            version_retention: registry
                .categories
                .values()
                .filter_map(|c| Some((c.id, retention(c.name.as_str())?)))
                .collect(),
        }
    }

    fn version_retention(&self, category: CategoryId) -> VersionRetention {
        self.version_retention
            .get(&category)
            .copied()
            .unwrap_or_else(|| CategoryConfig::default().version_retention())
    }

    fn is_expired(&self, now: Timestamp, since: Timestamp, attempts: u32) -> bool {
        attempts >= MIN_FAILED_ATTEMPTS && now.since(since) > self.max_inconclusive_age
    }
}

impl<'r> Publication<'r> {
    /// Applies the policy to the registry and its inventories.
    pub fn from_registry(registry: &'r RegistryData, policy: &Policy, now: Timestamp) -> Self {
        let repodata = find_repodata(registry);
        let offered = offered_files(registry, &repodata, policy, now);
        let downtimes = find_downtimes(registry, now);
        let mut listed = BTreeMap::new();
        let mut categories: BTreeMap<CategoryId, CategoryCache<'_>> = BTreeMap::new();
        for (id, hc) in &registry.host_categories {
            if !host_is_active(registry, hc.host) || downtimes.contains_key(&hc.host) {
                continue;
            }
            let category = categories
                .entry(hc.category)
                .or_insert_with(|| CategoryCache::new(registry, &offered, &repodata, hc.category));
            let directories = if hc.always_current {
                category.readable.clone()
            } else if let Some(inventory) = registry.inventories.get(id) {
                category.listed_directories(inventory, policy, now)
            } else {
                continue;
            };
            if !directories.is_empty() {
                listed.insert(*id, directories);
            }
        }
        Self {
            registry,
            downtimes,
            listed,
            offered,
            repodata,
        }
    }
}

/// Returns the downtimes that take their hosts off at `now`.
fn find_downtimes(registry: &RegistryData, now: Timestamp) -> BTreeMap<HostId, &HostDowntime> {
    let downtimes = registry.downtimes.iter();
    downtimes
        .filter_map(|(host, downtimes)| Some((*host, unlisting_downtime(downtimes, now)?)))
        .collect()
}

fn offered_files<'r>(
    registry: &'r RegistryData,
    repodata: &RepodataDirs,
    policy: &Policy,
    now: Timestamp,
) -> BTreeMap<DirectoryId, OfferedFiles<'r>> {
    let mut out = BTreeMap::new();
    let newest_only = newest_only_directories(registry, repodata, now);
    for (id, details) in &registry.details {
        let Some(directory) = registry.directories.get(id).filter(|d| d.readable) else {
            continue;
        };
        let mut by_name: BTreeMap<&str, Vec<&FileDetail>> = BTreeMap::new();
        for d in details {
            by_name.entry(d.file.filename.as_str()).or_default().push(d);
        }
        let retention = policy.version_retention(directory.category);
        let files: OfferedFiles<'r> = by_name
            .into_iter()
            .map(|(name, versions)| {
                let mut versions = retained_versions(versions, now, retention);
                if newest_only.contains(id) {
                    versions.truncate(1);
                }
                (name, versions)
            })
            .filter(|(_, versions)| !versions.is_empty())
            .collect();
        if !files.is_empty() {
            out.insert(*id, files);
        }
    }
    out
}

/// Returns the directories of newest-only repositories, and their `repodata`.
fn newest_only_directories(registry: &RegistryData, repodata: &RepodataDirs, now: Timestamp) -> BTreeSet<DirectoryId> {
    let repositories = registry.repositories.iter().filter(|r| r.is_newest_only(now));
    let mut out: BTreeSet<DirectoryId> = repositories.filter_map(|r| r.directory).collect();
    let below: Vec<DirectoryId> = out.iter().filter_map(|d| repodata.get(d).copied()).collect();
    out.extend(below);
    out
}

/// Finds each directory with a `repodata` directly below it. Few have one, so the search starts from these.
fn find_repodata(registry: &RegistryData) -> RepodataDirs {
    let mut by_parent: HashMap<CategoryId, HashMap<DirPath, DirectoryId>> = HashMap::new();
    for d in registry.directories.values().filter(|d| d.path.file_name() == REPODATA) {
        if let Some(parent) = d.path.parent() {
            by_parent.entry(d.category).or_default().insert(parent, d.id);
        }
    }
    (registry.directories.values())
        .filter_map(|d| Some((d.id, *by_parent.get(&d.category)?.get(&d.path)?)))
        .collect()
}

/// Facts about one category, computed once for all its hosts.
struct CategoryCache<'r> {
    readable: RoaringBitmap,
    /// Directories with offered versions of `repomd.xml`: all known versions, and the offered hashes.
    repodata: BTreeMap<DirectoryId, (Vec<&'r FileDetail>, Vec<&'r Hashes>)>,
    /// A directory and the `repodata` directly below it.
    pairs: Vec<(DirectoryId, DirectoryId)>,
    /// Scan sequence → members of `repodata` in which a host verified against that scan has no offered version.
    outdated: BTreeMap<ScanSeq, RoaringBitmap>,
}

impl<'r> CategoryCache<'r> {
    fn new(
        registry: &'r RegistryData,
        offered: &BTreeMap<DirectoryId, OfferedFiles<'r>>,
        repodata_dirs: &RepodataDirs,
        category: CategoryId,
    ) -> Self {
        let mut readable: RoaringBitmap = (registry.directories.values())
            .filter(|d| d.category == category && d.readable)
            .map(|d| d.id.0)
            .collect();
        readable.optimize();
        let mut repodata = BTreeMap::new();
        for (id, files) in offered.iter().filter(|(id, _)| readable.contains(id.0)) {
            if let Some(versions) = files.get(REPOMD) {
                let known = registry.details.get(id).into_iter().flatten();
                let known = known.filter(|d| d.file.filename == REPOMD).collect();
                repodata.insert(*id, (known, versions.iter().map(|v| &v.file.hashes).collect()));
            }
        }
        let pairs = (repodata_dirs.iter())
            .filter(|(_, below)| repodata.contains_key(below))
            .map(|(repository, below)| (*repository, *below))
            .collect();
        Self {
            readable,
            repodata,
            pairs,
            outdated: BTreeMap::new(),
        }
    }

    /// Returns the directories that a host with this inventory is listed for.
    fn listed_directories(&mut self, inventory: &Inventory, policy: &Policy, now: Timestamp) -> RoaringBitmap {
        if let Some(since) = inventory.inconclusive_since
            && policy.is_expired(now, since, inventory.inconclusive_tries)
        {
            return RoaringBitmap::new();
        }
        let present = &inventory.present & &self.readable;
        let mut out = &present - self.outdated_at(inventory.scan_seq);
        for (id, exception) in &inventory.exceptions {
            if present.contains(id.0) && self.exception_is_listed(*id, exception, &out, policy, now) {
                out.insert(id.0);
            } else {
                out.remove(id.0);
            }
        }
        for (repository, repodata) in &self.pairs {
            if !out.contains(repodata.0) {
                out.remove(repository.0);
            }
        }
        // Most IDs are in a few runs. Kept as plain bits, the sets of all hosts would use most of the memory of a publication.
        out.optimize();
        out
    }

    /// Returns true if a host is listed for a present directory despite its exception.
    fn exception_is_listed(
        &self,
        id: DirectoryId,
        exception: &DirectoryException,
        without_exceptions: &RoaringBitmap,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        match exception.state {
            ExceptionState::UnknownHash | ExceptionState::Staged => return false,
            ExceptionState::Inconclusive if policy.is_expired(now, exception.since, exception.tries) => return false,
            ExceptionState::Inconclusive | ExceptionState::OutdatedAllowed | ExceptionState::Ahead => {}
        }
        let versions = self.repodata.get(&id);
        if let (Some(sha256), Some((_, offered))) = (&exception.sha256, versions) {
            // Listed as soon as a scan has recorded that version.
            return offered.iter().any(|h| h.sha256.as_ref() == Some(sha256));
        }
        match (exception.detail, versions) {
            (Some(detail), Some((known, offered))) => known
                .iter()
                .any(|d| d.id == detail && offered.contains(&&d.file.hashes)),
            // Without known versions of the directory, or with the newest version of the scan.
            (_, None) | (None, Some(_)) => without_exceptions.contains(id.0),
        }
    }

    fn outdated_at(&mut self, scan: ScanSeq) -> &RoaringBitmap {
        let repodata = &self.repodata;
        self.outdated.entry(scan).or_insert_with(|| {
            repodata
                .iter()
                .filter(|(_, (known, offered))| {
                    !known
                        .iter()
                        .any(|d| d.is_newest_at(scan) && offered.contains(&&d.file.hashes))
                })
                .map(|(id, _)| id.0)
                .collect()
        })
    }
}

#[cfg(test)]
mod tests;
