//! From facts to a snapshot: pure, with `now` handed in.
//!
//! [`Publication::from_registry`] applies policy to a [`RegistryData`]: which directories each (host, category) is listed for, and which
//! versions of each file are offered. [`Publication::snapshot`] writes that down for servers; the public pages are drawn from
//! the same listing, so the two never differ.
//!
//! A host is listed for a directory when
//!
//! - it and its site are active, and it does not stand in an embargoed country;
//! - the directory is there and readable to the world;
//! - an admin said that the category is always up to date there, or the host was seen to hold the directory, and:
//!   - if versions of its `repomd.xml` are offered, the one the host was seen to hold is among them. So every hash that a
//!     listed host holds is one that its metalink offers; a host that was verified before a push stays listed as long as
//!     that version is offered, and one that serves a foreign version is off at once;
//!   - it has not been unanswered for longer than the limit, counted from the first of at least three tries;
//! - and if the directory has a `repodata` below it, the host is listed for that too: mirrorlist and metalink agree.
//!
//! While a repository is *newest only* (an emergency that an admin declares until a moment), no version but the newest is offered
//! of the files in its directory and its `repodata`. By the rule above, only hosts that hold the newest are listed then.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use roaring::RoaringBitmap;

use crate::config::{CategoryConfig, Config};
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, VersionRetention, retained_versions};
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::names::DirPath;
use crate::model::registry_data::RegistryData;
use crate::snapshot::publication::{OfferedFiles, Publication, REPODATA, REPOMD, RepodataDirs, host_is_listed};

/// A host without an answer stays listed until at least so many tries failed.
const MIN_FAILED_ATTEMPTS: u32 = 3;

/// The limits that publishing applies.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How long a host without an answer stays listed.
    pub max_unanswered: Duration,
    /// How long old versions are offered, by category; the defaults of [`CategoryConfig`] where none is named.
    pub ageing: BTreeMap<CategoryId, VersionRetention>,
}

impl Policy {
    /// The limits of the config for the categories of the world.
    pub fn new(config: &Config, world: &RegistryData) -> Self {
        let ageing = |name: &str| config.category(name).map(CategoryConfig::ageing);
        Self {
            max_unanswered: config.update.max_unanswered.get(),
            ageing: world
                .categories
                .values()
                .filter_map(|c| Some((c.id, ageing(c.name.as_str())?)))
                .collect(),
        }
    }

    fn ageing(&self, category: CategoryId) -> VersionRetention {
        self.ageing
            .get(&category)
            .copied()
            .unwrap_or_else(|| CategoryConfig::default().ageing())
    }

    /// Whether what was last known has become too old to list.
    fn too_old(&self, now: Timestamp, since: Timestamp, tries: u32) -> bool {
        tries >= MIN_FAILED_ATTEMPTS && now.since(since) > self.max_unanswered
    }
}

impl<'w> Publication<'w> {
    /// Applies the policy.
    pub fn from_registry(world: &'w RegistryData, policy: &Policy, now: Timestamp) -> Self {
        let repodata = repodata_of(world);
        let offered = offered_files(world, &repodata, policy, now);
        let mut listed = BTreeMap::new();
        let mut categories: BTreeMap<CategoryId, CategoryCache<'_>> = BTreeMap::new();
        for (id, hc) in &world.host_categories {
            if !host_is_listed(world, hc.host) {
                continue;
            }
            let facts = categories
                .entry(hc.category)
                .or_insert_with(|| CategoryCache::new(world, &offered, &repodata, hc.category));
            let directories = if hc.always_up2date {
                facts.readable.clone()
            } else if let Some(holding) = world.inventories.get(id) {
                facts.held(holding, policy, now)
            } else {
                continue;
            };
            if !directories.is_empty() {
                listed.insert(*id, directories);
            }
        }
        Self {
            registry: world,
            listed,
            offered,
            repodata,
        }
    }
}

fn offered_files<'w>(
    world: &'w RegistryData,
    repodata: &RepodataDirs,
    policy: &Policy,
    now: Timestamp,
) -> BTreeMap<DirectoryId, OfferedFiles<'w>> {
    let mut out = BTreeMap::new();
    let newest_only = newest_only(world, repodata, now);
    for (id, details) in &world.details {
        let Some(directory) = world.directories.get(id).filter(|d| d.readable) else {
            continue;
        };
        let mut by_name: BTreeMap<&str, Vec<&FileDetail>> = BTreeMap::new();
        for d in details {
            by_name.entry(d.file.filename.as_str()).or_default().push(d);
        }
        let ageing = policy.ageing(directory.category);
        let files: OfferedFiles<'w> = by_name
            .into_iter()
            .map(|(name, versions)| {
                let mut versions = retained_versions(versions, now, ageing);
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

/// The directories of which only the newest versions are offered: those of repositories in an emergency, and their `repodata`.
fn newest_only(world: &RegistryData, repodata: &RepodataDirs, now: Timestamp) -> BTreeSet<DirectoryId> {
    let in_force = world.repositories.iter().filter(|r| r.is_newest_only(now));
    let mut out: BTreeSet<DirectoryId> = in_force.filter_map(|r| r.directory).collect();
    let below: Vec<DirectoryId> = out.iter().filter_map(|d| repodata.get(d).copied()).collect();
    out.extend(below);
    out
}

/// Each directory that has a `repodata` right below it, with that. Few do: only these are looked for.
fn repodata_of(world: &RegistryData) -> RepodataDirs {
    let mut above: HashMap<CategoryId, HashMap<DirPath, DirectoryId>> = HashMap::new();
    for d in world.directories.values().filter(|d| d.path.file_name() == REPODATA) {
        if let Some(up) = d.path.parent() {
            above.entry(d.category).or_default().insert(up, d.id);
        }
    }
    (world.directories.values())
        .filter_map(|d| Some((d.id, *above.get(&d.category)?.get(&d.path)?)))
        .collect()
}

/// What a listing has to know of one category, gathered once for all its hosts.
struct CategoryCache<'a> {
    /// Directories that may be listed at all.
    readable: RoaringBitmap,
    /// Those of which versions of `repomd.xml` are offered: all versions known, and the offered hashes.
    repodata: BTreeMap<DirectoryId, (Vec<&'a FileDetail>, Vec<&'a Hashes>)>,
    /// (repository, repodata): a directory, and the one of `repodata` right below it.
    pairs: Vec<(DirectoryId, DirectoryId)>,
    /// Scan generation → members of `repodata` in which a host verified against it holds nothing that is offered.
    stale: BTreeMap<ScanSeq, RoaringBitmap>,
}

impl<'a> CategoryCache<'a> {
    fn new(
        world: &'a RegistryData,
        offered: &BTreeMap<DirectoryId, OfferedFiles<'a>>,
        repodata_of: &RepodataDirs,
        category: CategoryId,
    ) -> Self {
        let mut readable: RoaringBitmap = (world.directories.values())
            .filter(|d| d.category == category && d.readable)
            .map(|d| d.id.0)
            .collect();
        readable.optimize();
        let mut repodata = BTreeMap::new();
        for (id, files) in offered.iter().filter(|(id, _)| readable.contains(id.0)) {
            if let Some(versions) = files.get(REPOMD) {
                let known = world.details.get(id).into_iter().flatten();
                let known = known.filter(|d| d.file.filename == REPOMD).collect();
                repodata.insert(*id, (known, versions.iter().map(|v| &v.file.hashes).collect()));
            }
        }
        let pairs = (repodata_of.iter())
            .filter(|(_, below)| repodata.contains_key(below))
            .map(|(repository, below)| (*repository, *below))
            .collect();
        Self {
            readable,
            repodata,
            pairs,
            stale: BTreeMap::new(),
        }
    }

    /// The directories that a host with this holding is listed for.
    fn held(&mut self, holding: &Inventory, policy: &Policy, now: Timestamp) -> RoaringBitmap {
        if let Some(since) = holding.inconclusive_since
            && policy.too_old(now, since, holding.inconclusive_tries)
        {
            return RoaringBitmap::new();
        }
        let seen = &holding.present & &self.readable;
        let mut out = &seen - self.stale_at(holding.scan_seq);
        for (id, exception) in &holding.exceptions {
            if seen.contains(id.0) && self.exception_is_listed(*id, exception, &out, policy, now) {
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
        // Most of it lies in a few runs: kept as bits, the sets of all hosts would be the largest part of a listing.
        out.optimize();
        out
    }

    /// Whether a host is listed for a directory that it was seen to hold, with an exception.
    fn exception_is_listed(
        &self,
        id: DirectoryId,
        exception: &DirectoryException,
        plain: &RoaringBitmap,
        policy: &Policy,
        now: Timestamp,
    ) -> bool {
        match exception.state {
            ExceptionState::UnknownHash | ExceptionState::Staged => return false,
            ExceptionState::Inconclusive if policy.too_old(now, exception.since, exception.tries) => return false,
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
            // Not a directory whose versions are known, or the version is the newest of the generation.
            (_, None) | (None, Some(_)) => plain.contains(id.0),
        }
    }

    fn stale_at(&mut self, generation: ScanSeq) -> &RoaringBitmap {
        let repodata = &self.repodata;
        self.stale.entry(generation).or_insert_with(|| {
            repodata
                .iter()
                .filter(|(_, (known, offered))| {
                    !known
                        .iter()
                        .any(|d| d.is_newest_at(generation) && offered.contains(&&d.file.hashes))
                })
                .map(|(id, _)| id.0)
                .collect()
        })
    }
}

#[cfg(test)]
mod tests;
