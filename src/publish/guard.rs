//! The publish guard: retains the mirrors that a repository lost in a mass loss, for a limited time or until an operator
//! accepts the loss.
//!
//! The guard acts if a repository with at least [`MIN_GUARDED_HOSTS`] published mirrors lost all of them, or more than a share of
//! them or of their bandwidth. It retains those that are active, have no unknown hash, were not accepted as lost, and were last
//! verified to have an offered version; the versions of `repomd.xml` that were published with them are offered while they are
//! retained. New mirrors and new versions are published normally. Changes by an operator (a disabled host, a downtime, a moved or
//! disabled repository, newest-only) are not losses.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;
use roaring::RoaringBitmap;
use serde::Serialize;

use crate::config::PublishConfig;
use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::ExceptionState;
use crate::model::names::{HostName, MirrorUrl};
use crate::model::registry::Repository;
use crate::snapshot::publication::{InvertedIndex, Publication, REPOMD};
use crate::snapshot::{Snapshot, SnapshotHost, full_name};

/// The minimum number of published mirrors of a guarded repository: with fewer, one lost mirror is already a large share.
pub(crate) const MIN_GUARDED_HOSTS: usize = 5;

/// The repositories (`prefix/arch`) with retained hosts, and the time of the loss.
pub(crate) type RetainedSince = BTreeMap<String, Timestamp>;

/// The losses that an operator accepted.
#[derive(Debug, Clone, Default)]
pub(crate) struct AcceptedLosses {
    /// Accepted repositories as `prefix/arch`.
    pub repositories: BTreeSet<String>,
    /// Hosts, in all repositories.
    pub hosts: BTreeSet<HostName>,
}

/// A repository with a mass loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Loss {
    /// The repository as `prefix/arch`.
    pub repository: String,
    /// The number of mirrors in the published generation.
    pub before: usize,
    /// The number of mirrors without the retained ones.
    pub mirrors: usize,
    /// Hosts that stay listed; empty after the retention, or if none can be retained.
    pub retained: Vec<HostName>,
    /// Active hosts that would not be listed, including the retained ones.
    pub lost: Vec<HostName>,
    /// The time of the loss.
    pub since: Timestamp,
    /// The end of the retention.
    pub until: Timestamp,
}

/// A mirror of a repository in the published generation.
#[derive(Debug, Clone, Copy)]
struct PublishedMirror<'s> {
    host: &'s SnapshotHost,
    hc: HostCategoryId,
    /// True if it was listed for the top directory of the repository, too, and not only for its `repodata`.
    top: bool,
}

impl Publication<'_> {
    /// Lists the retained mirrors of mass losses again, and returns these losses. `retained` are the repositories with retained
    /// hosts in the previous generation.
    pub(crate) fn retain_mass_losses(
        &mut self,
        previous: &Snapshot,
        retained: &RetainedSince,
        config: &PublishConfig,
        accepted: &AcceptedLosses,
        now: Timestamp,
    ) -> Vec<Loss> {
        let old = PreviousSnapshot::new(previous);
        let directories: Vec<Option<RepositoryDirectories>> = (self.registry.repositories.iter())
            .map(|r| self.repository_directories(r, &old))
            .collect();
        let mut mirrors = MirrorIndexes::new(self, previous, &directories);
        let mut out = Vec::new();
        for (r, directories) in self.registry.repositories.iter().zip(directories) {
            let Some(directories) = directories else { continue };
            let name = self.registry.repository_name(r);
            if r.disabled || r.is_newest_only(now) || accepted.repositories.contains(&name) {
                continue;
            }
            let found = self.find_loss(directories, &old, &mirrors, config.guard_percent, accepted);
            let Some((mut loss, retainable)) = found else { continue };
            // A time of the future was recorded with a wrong clock: the retention would not end.
            loss.since = retained.get(&name).copied().unwrap_or(now).min(now);
            loss.until = loss.since.plus(config.retain_lost_hosts.get());
            loss.repository = name;
            if now < loss.until {
                self.retain(&retainable, directories, &old);
                for mirror in &retainable {
                    mirrors.now.add(directories.target.0, mirror.hc);
                }
            } else {
                loss.retained.clear();
            }
            out.push(loss);
        }
        out.sort_by(|a, b| a.repository.cmp(&b.repository));
        out
    }

    /// Returns those of `accepted` that would be retained otherwise; the others name nothing that can be accepted.
    pub(crate) fn find_accepted_losses(
        &self,
        previous: &Snapshot,
        config: &PublishConfig,
        accepted: &AcceptedLosses,
        now: Timestamp,
    ) -> AcceptedLosses {
        let old = PreviousSnapshot::new(previous);
        let directories: Vec<Option<RepositoryDirectories>> = (self.registry.repositories.iter())
            .map(|r| self.repository_directories(r, &old))
            .collect();
        let mirrors = MirrorIndexes::new(self, previous, &directories);
        let mut out = AcceptedLosses::default();
        for (r, directories) in self.registry.repositories.iter().zip(directories) {
            let Some(directories) = directories.filter(|_| !r.disabled && !r.is_newest_only(now)) else {
                continue;
            };
            let nothing = AcceptedLosses::default();
            let Some((loss, _)) = self.find_loss(directories, &old, &mirrors, config.guard_percent, &nothing) else {
                continue;
            };
            let name = self.registry.repository_name(r);
            if accepted.repositories.contains(&name) {
                out.repositories.insert(name);
            }
            let hosts = loss.lost.into_iter().filter(|host| accepted.hosts.contains(host));
            out.hosts.extend(hosts);
        }
        out
    }

    /// Returns the mass loss of a repository, if there is one, and the mirrors that can be retained. The caller sets the name
    /// and the times of the loss.
    fn find_loss<'s>(
        &self,
        directories: RepositoryDirectories,
        old: &PreviousSnapshot<'s>,
        mirrors: &MirrorIndexes,
        max_percent: u32,
        accepted: &AcceptedLosses,
    ) -> Option<(Loss, Vec<PublishedMirror<'s>>)> {
        let before = mirrors.before.get(directories.old_target);
        if before.len() < MIN_GUARDED_HOSTS {
            return None;
        }
        let published = old.registered_mirrors(before, directories, mirrors);
        let now: BTreeSet<HostCategoryId> = (mirrors.now.get(directories.target.0).iter().copied())
            .filter(|hc| mirrors.urls.contains_key(hc))
            .collect();
        let is_lost = |m: &&PublishedMirror<'_>| !now.contains(&m.hc);
        // The usual case: no mirror was lost.
        if !published.iter().any(|m| is_lost(&m)) {
            return None;
        }
        let active: Vec<PublishedMirror<'s>> = published
            .into_iter()
            .filter(|m| mirrors.urls.contains_key(&m.hc) && self.may_be_listed(HostId(m.host.id)))
            .filter(|m| !accepted.hosts.contains(&m.host.name))
            .collect();
        let lost_names = host_names(active.iter().filter(is_lost));
        if lost_names.is_empty() {
            return None;
        }
        let versions = RepomdVersions::new(self, directories, old);
        let retainable: Vec<PublishedMirror<'s>> = active
            .iter()
            .filter(|m| self.is_retainable(m.hc, directories.target, &versions))
            .copied()
            .collect();
        let retained: Vec<PublishedMirror<'s>> = retainable.iter().filter(is_lost).copied().collect();
        if !now.is_empty() && !exceeds_share(&retained, &retainable, max_percent) {
            return None;
        }
        let loss = Loss {
            repository: String::new(),
            before: before.len(),
            mirrors: now.len(),
            retained: host_names(retained.iter()),
            lost: lost_names,
            since: Timestamp(0),
            until: Timestamp(0),
        };
        Some((loss, retained))
    }

    /// Returns the directories of a repository if it is world-readable and was published with the same directory.
    fn repository_directories(&self, r: &Repository, old: &PreviousSnapshot<'_>) -> Option<RepositoryDirectories> {
        let (prefix, top) = (r.prefix.as_ref()?, r.directory?);
        let arch = &self.registry.arches.get(&r.arch)?.name;
        let name = |id: DirectoryId| {
            let d = self.registry.directories.get(&id).filter(|d| d.readable)?;
            let category = self.registry.categories.get(&d.category)?;
            Some(full_name(category.topdir.as_str(), d.path.as_str()))
        };
        let top_name = name(top)?;
        let published = old.repositories.get(&(prefix.as_str(), arch.as_str()))?;
        if *published != top_name {
            return None;
        }
        let repodata = self.repodata.get(&top).and_then(|d| Some((*d, name(*d)?)));
        let (target, target_name) = repodata.unwrap_or((top, top_name.clone()));
        Some(RepositoryDirectories {
            category: self.registry.directories.get(&target)?.category,
            top,
            target,
            old_top: old.ordinal(&top_name)?,
            old_target: old.ordinal(&target_name)?,
        })
    }

    /// Returns true if no known fact about a lost mirror forbids listing it.
    fn is_retainable(&self, hc: HostCategoryId, target: DirectoryId, versions: &RepomdVersions<'_>) -> bool {
        if versions.offered.is_empty() && !versions.rows.is_empty() {
            // The master no longer has a repomd.xml there.
            return false;
        }
        let Some(inventory) = self.registry.inventories.get(&hc) else {
            return versions.all_published_can_be_offered;
        };
        let row = |wanted: &dyn Fn(&FileDetail) -> bool| versions.rows.iter().copied().find(|d| wanted(d));
        let verified = match inventory.exceptions.get(&target) {
            Some(e) if matches!(e.state, ExceptionState::UnknownHash | ExceptionState::Staged) => return false,
            Some(e) if e.sha256.is_some() => e.sha256.as_deref(),
            Some(e) if e.detail.is_some() => row(&|d| Some(d.id) == e.detail).and_then(sha256),
            // No longer present: the version that it had last is one of those that were published.
            _ if !inventory.present.contains(target.0) => return versions.all_published_can_be_offered,
            _ => row(&|d| d.is_newest_at(inventory.scan_seq)).and_then(sha256),
        };
        verified.map_or(versions.rows.is_empty(), |sha| versions.can_be_offered(sha))
    }

    /// Lists the retained mirrors, and offers the versions that were published with them.
    fn retain(
        &mut self,
        retained: &[PublishedMirror<'_>],
        directories: RepositoryDirectories,
        old: &PreviousSnapshot<'_>,
    ) {
        if retained.is_empty() {
            return;
        }
        for mirror in retained {
            let listed = self.listed.entry(mirror.hc).or_default();
            listed.insert(directories.target.0);
            if mirror.top {
                listed.insert(directories.top.0);
            }
        }
        let published = old.repomd_versions(directories.old_target);
        let rows = self.registry.details.get(&directories.target).into_iter().flatten();
        let rows = rows.filter(|d| d.file.filename == REPOMD && sha256(d).is_some_and(|s| published.contains(s)));
        let newest_first = rows.sorted_by_key(|d| Reverse((d.first_seq, d.id)));
        if let Some(offered) = (self.offered.get_mut(&directories.target)).and_then(|f| f.get_mut(REPOMD)) {
            for row in newest_first {
                if !offered.iter().any(|o| o.file.hashes == row.file.hashes) {
                    offered.push(row);
                }
            }
        }
    }
}

fn sha256(d: &FileDetail) -> Option<&str> {
    d.file.hashes.sha256.as_deref()
}

fn host_names<'m>(mirrors: impl Iterator<Item = &'m PublishedMirror<'m>>) -> Vec<HostName> {
    mirrors.map(|m| m.host.name.clone()).sorted().collect()
}

/// Returns true if more than `percent` of the mirrors, or of their bandwidth, is lost.
fn exceeds_share(lost: &[PublishedMirror<'_>], all: &[PublishedMirror<'_>], percent: u32) -> bool {
    let count = |mirrors: &[PublishedMirror<'_>]| u64::try_from(mirrors.len()).unwrap_or(u64::MAX);
    let bandwidth = |mirrors: &[PublishedMirror<'_>]| mirrors.iter().map(|m| u64::from(m.host.bandwidth)).sum::<u64>();
    let exceeds = |lost: u64, all: u64| lost.saturating_mul(100) > all.saturating_mul(u64::from(percent));
    exceeds(count(lost), count(all)) || exceeds(bandwidth(lost), bandwidth(all))
}

/// The versions of `repomd.xml` in one directory.
struct RepomdVersions<'a> {
    rows: Vec<&'a FileDetail>,
    /// SHA-256 digests of the versions that are offered now.
    offered: BTreeSet<&'a str>,
    /// SHA-256 digests of the versions in the previous generation.
    published: BTreeSet<String>,
    all_published_can_be_offered: bool,
}

impl<'a> RepomdVersions<'a> {
    fn new(publication: &'a Publication<'_>, directories: RepositoryDirectories, old: &PreviousSnapshot<'_>) -> Self {
        let rows = publication.registry.details.get(&directories.target);
        let rows = rows.into_iter().flatten().filter(|d| d.file.filename == REPOMD);
        let offered = publication.offered.get(&directories.target).and_then(|f| f.get(REPOMD));
        let mut out = Self {
            rows: rows.collect(),
            offered: offered.into_iter().flatten().filter_map(|d| sha256(d)).collect(),
            published: old.repomd_versions(directories.old_target),
            all_published_can_be_offered: false,
        };
        out.all_published_can_be_offered = out.rows.is_empty()
            || (!out.published.is_empty() && out.published.iter().all(|sha| out.can_be_offered(sha)));
        out
    }

    /// Returns true if a version is offered, or can be offered with retained mirrors, which needs a row in the database.
    fn can_be_offered(&self, sha: &str) -> bool {
        let is_known = || self.rows.iter().any(|d| sha256(d) == Some(sha));
        self.offered.contains(sha) || (self.published.contains(sha) && is_known())
    }
}

/// The directories of a repository. The target is its `repodata`, or its top if it has none; `old_…` are their ordinals in the
/// previous snapshot.
#[derive(Debug, Clone, Copy)]
struct RepositoryDirectories {
    category: CategoryId,
    top: DirectoryId,
    target: DirectoryId,
    old_top: u32,
    old_target: u32,
}

/// The mirrors of the target directories, and registry data that is looked up for every repository.
struct MirrorIndexes {
    /// Ordinal → positions in the list of host categories, both of the previous snapshot.
    before: InvertedIndex<usize>,
    now: InvertedIndex<HostCategoryId>,
    urls: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    host_categories: BTreeMap<(HostId, CategoryId), HostCategoryId>,
}

impl MirrorIndexes {
    fn new(publication: &Publication<'_>, previous: &Snapshot, directories: &[Option<RepositoryDirectories>]) -> Self {
        let directories = || directories.iter().flatten();
        let old: RoaringBitmap = directories().map(|d| d.old_target).collect();
        let new: RoaringBitmap = directories().map(|d| d.target.0).collect();
        let sets = previous.host_categories.iter().map(|hc| &hc.listed).enumerate();
        let host_categories = publication.registry.host_categories.values();
        Self {
            before: InvertedIndex::new(sets, &old),
            now: publication.index_mirrors(&new),
            urls: publication.public_urls(),
            host_categories: host_categories.map(|hc| ((hc.host, hc.category), hc.id)).collect(),
        }
    }
}

/// The previous snapshot with an index of its repositories.
struct PreviousSnapshot<'s> {
    snapshot: &'s Snapshot,
    /// (prefix, arch) → full name of the directory; without disabled repositories.
    repositories: BTreeMap<(&'s str, &'s str), &'s str>,
}

impl<'s> PreviousSnapshot<'s> {
    fn new(snapshot: &'s Snapshot) -> Self {
        let repositories = snapshot.repositories.iter().filter(|r| !r.disabled);
        let repositories = repositories.filter_map(|r| {
            let directory = snapshot.directories.get(usize::try_from(r.directory?).ok()?)?;
            Some(((r.prefix.as_str(), r.arch.as_str()), directory.name.as_str()))
        });
        Self {
            snapshot,
            repositories: repositories.collect(),
        }
    }

    fn ordinal(&self, name: &str) -> Option<u32> {
        let directories = &self.snapshot.directories;
        let position = directories.binary_search_by(|d| d.name.as_str().cmp(name));
        u32::try_from(position.ok()?).ok()
    }

    /// Returns the mirrors at these positions whose host category is still registered.
    fn registered_mirrors(
        &self,
        positions: &[usize],
        directories: RepositoryDirectories,
        mirrors: &MirrorIndexes,
    ) -> Vec<PublishedMirror<'s>> {
        let published = positions.iter().filter_map(|n| self.snapshot.host_categories.get(*n));
        let registered = published.filter_map(|hc| {
            let host = self.snapshot.hosts.get(usize::try_from(hc.host).ok()?)?;
            let id = (HostId(host.id), directories.category);
            Some(PublishedMirror {
                host,
                hc: *mirrors.host_categories.get(&id)?,
                top: hc.listed.contains(directories.old_top),
            })
        });
        registered.collect()
    }

    /// Returns the SHA-256 digests of the versions of `repomd.xml` that were offered in a directory.
    fn repomd_versions(&self, ordinal: u32) -> BTreeSet<String> {
        let n = usize::try_from(ordinal).unwrap_or(usize::MAX);
        let files = self.snapshot.directories.get(n).into_iter().flat_map(|d| &d.files);
        let versions = files.filter(|f| f.name == REPOMD).flat_map(|f| &f.versions);
        let hashed = versions.filter(|v| !v.sha256.is_empty());
        hashed.map(|v| hex::encode(&v.sha256)).collect()
    }
}

#[cfg(test)]
mod tests;
