//! The guard over each repository: who was published and is lost in masses stays listed for a while, until a person looks.
//!
//! A repository of at least [`MIN_GUARDED_HOSTS`] published holders that lost more than a share of them, or of their bandwidth, or all of
//! them, keeps the ones that may be kept: active, not foreign, not accepted by a person as lost, and last seen to hold a version
//! that is offered. So that the last is so, the versions of `repomd.xml` that were published with them are offered as long as they
//! are kept. New holders and new versions go out all the same. What a person did (a host switched off, a repository moved or
//! switched off, only the newest metadata) is no loss.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use roaring::RoaringBitmap;
use serde::Serialize;

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::ExceptionState;
use crate::model::names::{HostName, MirrorUrl};
use crate::model::registry::Repository;
use crate::snapshot::publication::{InvertedIndex, Publication, REPOMD, host_is_listed};
use crate::snapshot::{self, Snapshot, full_name};

/// A repository that fewer hosts hold is not guarded: one host that goes would be a mass.
pub const MIN_GUARDED_HOSTS: usize = 5;

/// Since when repositories (`prefix/arch`) keep hosts that they lost.
pub type RetainedSince = BTreeMap<String, Timestamp>;

/// The limits of the guard.
#[derive(Debug, Clone, Copy)]
pub struct LossGuardConfig {
    /// The share of the holders, or of their bandwidth, that may go at once; percent.
    pub share: u32,
    /// How long lost holders are kept.
    pub carry_max: Duration,
}

/// What a person said may go.
#[derive(Debug, Clone, Default)]
pub struct AcceptedLosses {
    /// `prefix/arch`.
    pub repositories: BTreeSet<String>,
    /// Hosts that may go from everything.
    pub hosts: BTreeSet<HostName>,
}

/// What was published last.
#[derive(Debug, Clone, Copy)]
pub struct PreviousGeneration<'s> {
    /// Its snapshot.
    pub snapshot: &'s Snapshot,
    /// What it kept.
    pub carried: &'s RetainedSince,
}

/// A repository that lost more than goes without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// `prefix/arch`.
    pub repository: String,
    /// How many hosts hold it in the published generation.
    pub before: usize,
    /// How many hold it by what is known now.
    pub holders: usize,
    /// Hosts that stay listed although they would not be; empty once the time is over, or when none may be kept.
    pub kept: Vec<HostName>,
    /// Hosts that would not be listed and are still active.
    pub lost: Vec<HostName>,
    /// Since when.
    pub since: Timestamp,
    /// How long they are kept.
    pub until: Timestamp,
}

/// One host of the published generation.
#[derive(Debug, Clone, Copy)]
struct Holder<'s> {
    host: &'s snapshot::SnapshotHost,
    hc: HostCategoryId,
    /// Whether it was listed for the directory of the repository, too, and not only for its `repodata`.
    top: bool,
}

impl Publication<'_> {
    /// Puts back what was lost in masses, and tells of which repositories.
    pub fn retain_mass_losses(
        &mut self,
        last: PreviousGeneration<'_>,
        guard: LossGuardConfig,
        accepted: &AcceptedLosses,
        now: Timestamp,
    ) -> Vec<Loss> {
        let old = PreviousSnapshot::new(last.snapshot);
        let facts = Lookup {
            urls: self.public_urls(),
            pairs: (self.registry.host_categories.values())
                .map(|hc| ((hc.host, hc.category), hc.id))
                .collect(),
        };
        let places: Vec<Option<RepositoryDirectories>> = (self.registry.repositories.iter())
            .map(|r| self.place(r, &old))
            .collect();
        let mut holders = HolderCounts::compute(self, last.snapshot, &places);
        let mut out = Vec::new();
        for (r, place) in self.registry.repositories.iter().zip(places) {
            let Some(place) = place else { continue };
            let name = self.registry.repository_name(r);
            if r.disabled || r.is_newest_only(now) || accepted.repositories.contains(&name) {
                continue;
            }
            let since = last.carried.get(&name).copied().unwrap_or(now);
            let asked = RepositoryRef { place, name: &name };
            if let Some((loss, kept)) = self.loss(asked, &old, &holders, &facts, guard, accepted) {
                let until = since.plus(guard.carry_max);
                let mut loss = Loss { since, until, ..loss };
                if now < until {
                    self.keep(&kept, place, &old);
                    for h in &kept {
                        holders.now.add(place.asked.0, h.hc);
                    }
                } else {
                    loss.kept.clear();
                }
                out.push(loss);
            }
        }
        out.sort_by(|a, b| a.repository.cmp(&b.repository));
        out
    }

    /// Whether a repository lost too much: what, who may be kept, and where.
    fn loss<'s>(
        &self,
        asked: RepositoryRef<'_>,
        old: &PreviousSnapshot<'s>,
        holders: &HolderCounts,
        facts: &Lookup,
        guard: LossGuardConfig,
        accepted: &AcceptedLosses,
    ) -> Option<(Loss, Vec<Holder<'s>>)> {
        let RepositoryRef { place, name } = asked;
        let before = old.holders(place, holders.before.get(place.old), facts);
        if before.len() < MIN_GUARDED_HOSTS {
            return None;
        }
        let now: BTreeSet<HostCategoryId> = (holders.now.get(place.asked.0).iter().copied())
            .filter(|hc| facts.urls.contains_key(hc))
            .collect();
        // Mostly nobody went.
        let went = |pair: &Option<(HostCategoryId, bool)>| pair.is_some_and(|(hc, _)| !now.contains(&hc));
        if !before.iter().any(|(_, pair)| went(pair)) {
            return None;
        }
        let active: Vec<Holder<'s>> = before
            .iter()
            .filter_map(|(host, pair)| pair.map(|(hc, top)| Holder { host, hc, top }))
            .filter(|h| facts.urls.contains_key(&h.hc) && host_is_listed(self.registry, HostId(h.host.id)))
            .filter(|h| !accepted.hosts.contains(&h.host.name))
            .collect();
        let is_lost = |h: &&Holder<'_>| !now.contains(&h.hc);
        let missing: Vec<&Holder<'_>> = active.iter().filter(is_lost).collect();
        if missing.is_empty() {
            return None;
        }
        let versions = RepomdVersions::new(self, place, old);
        let keepable: Vec<Holder<'s>> = active
            .iter()
            .filter(|h| self.is_retainable(h.hc, place.asked, &versions))
            .copied()
            .collect();
        let kept: Vec<Holder<'s>> = keepable.iter().filter(is_lost).copied().collect();
        let emptied = now.is_empty();
        if !emptied && !too_many(&kept, &keepable, guard.share) {
            return None;
        }
        let names = |holders: &mut dyn Iterator<Item = &Holder<'_>>| {
            let mut names: Vec<HostName> = holders.map(|h| h.host.name.clone()).collect();
            names.sort();
            names
        };
        let loss = Loss {
            repository: name.to_owned(),
            before: before.len(),
            holders: now.len(),
            kept: names(&mut kept.iter()),
            lost: names(&mut missing.into_iter()),
            since: Timestamp(0),
            until: Timestamp(0),
        };
        Some((loss, kept))
    }

    /// Where clients of a repository are sent, if it is offered now and was published with the same directory.
    fn place(&self, r: &Repository, old: &PreviousSnapshot<'_>) -> Option<RepositoryDirectories> {
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
        let (asked, asked_name) = repodata.unwrap_or((top, top_name.clone()));
        Some(RepositoryDirectories {
            category: self.registry.directories.get(&asked)?.category,
            top,
            asked,
            old_top: old.ordinal(&top_name)?,
            old: old.ordinal(&asked_name)?,
        })
    }

    /// Whether nothing that is known of a host forbids to name it.
    fn is_retainable(&self, hc: HostCategoryId, asked: DirectoryId, versions: &RepomdVersions<'_>) -> bool {
        if versions.offered.is_empty() && !versions.rows.is_empty() {
            // The master has none any more.
            return false;
        }
        let Some(holding) = self.registry.inventories.get(&hc) else {
            return versions.any_published;
        };
        let row = |wanted: &dyn Fn(&FileDetail) -> bool| versions.rows.iter().copied().find(|d| wanted(d));
        let held = match holding.exceptions.get(&asked) {
            Some(e) if matches!(e.state, ExceptionState::UnknownHash | ExceptionState::Staged) => return false,
            Some(e) if e.sha256.is_some() => e.sha256.as_deref(),
            Some(e) if e.detail.is_some() => row(&|d| Some(d.id) == e.detail).and_then(sha256),
            // Not seen to hold it any more: what it held last was among what was published.
            _ if !holding.present.contains(asked.0) => return versions.any_published,
            _ => row(&|d| d.is_newest_at(holding.scan_seq)).and_then(sha256),
        };
        held.map_or(versions.rows.is_empty(), |sha| versions.is_offered(sha))
    }

    /// Lists the kept hosts, and offers the versions that were published with them.
    fn keep(&mut self, kept: &[Holder<'_>], place: RepositoryDirectories, old: &PreviousSnapshot<'_>) {
        if kept.is_empty() {
            return;
        }
        for h in kept {
            let listed = self.listed.entry(h.hc).or_default();
            listed.insert(place.asked.0);
            if h.top {
                listed.insert(place.top.0);
            }
        }
        let versions = old.versions(place.old);
        let rows = self.registry.details.get(&place.asked).into_iter().flatten();
        let mut rows: Vec<&FileDetail> = rows
            .filter(|d| d.file.filename == REPOMD && sha256(d).is_some_and(|s| versions.contains(s)))
            .collect();
        rows.sort_by_key(|d| std::cmp::Reverse((d.first_seq, d.id)));
        if let Some(offered) = self.offered.get_mut(&place.asked).and_then(|f| f.get_mut(REPOMD)) {
            for row in rows {
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

/// Whether more than the share of the holders, or of their bandwidth, is lost.
fn too_many(lost: &[Holder<'_>], all: &[Holder<'_>], share: u32) -> bool {
    let count = |holders: &[Holder<'_>]| u64::try_from(holders.len()).unwrap_or(u64::MAX);
    let bandwidth = |holders: &[Holder<'_>]| holders.iter().map(|h| u64::from(h.host.bandwidth)).sum::<u64>();
    let more = |lost: u64, all: u64| lost.saturating_mul(100) > all.saturating_mul(u64::from(share));
    more(count(lost), count(all)) || more(bandwidth(lost), bandwidth(all))
}

/// The versions of `repomd.xml` of one directory.
struct RepomdVersions<'a> {
    /// All that are known.
    rows: Vec<&'a FileDetail>,
    /// The SHA-256 of those that are offered now.
    offered: BTreeSet<&'a str>,
    /// The SHA-256 of those that were published.
    published: BTreeSet<String>,
    /// Whether each of these can be offered.
    any_published: bool,
}

impl<'a> RepomdVersions<'a> {
    fn new(listing: &'a Publication<'_>, place: RepositoryDirectories, old: &PreviousSnapshot<'_>) -> Self {
        let rows = listing.registry.details.get(&place.asked).into_iter().flatten();
        let offered = listing.offered.get(&place.asked).and_then(|f| f.get(REPOMD));
        let mut out = Self {
            rows: rows.filter(|d| d.file.filename == REPOMD).collect(),
            offered: offered.into_iter().flatten().filter_map(|d| sha256(d)).collect(),
            published: old.versions(place.old),
            any_published: false,
        };
        out.any_published =
            out.rows.is_empty() || (!out.published.is_empty() && out.published.iter().all(|sha| out.is_offered(sha)));
        out
    }

    /// Whether it is offered, or will be with those that are kept: a version of which no row is left cannot be.
    fn is_offered(&self, sha: &str) -> bool {
        let known = || self.rows.iter().any(|d| sha256(d) == Some(sha));
        self.offered.contains(sha) || (self.published.contains(sha) && known())
    }
}

/// A repository's directories.
#[derive(Debug, Clone, Copy)]
struct RepositoryDirectories {
    category: CategoryId,
    top: DirectoryId,
    /// That of its `repodata`, or its own where it has none.
    asked: DirectoryId,
    /// The ordinals of both in the published snapshot.
    old_top: u32,
    old: u32,
}

/// A repository that is looked at.
#[derive(Debug, Clone, Copy)]
struct RepositoryRef<'a> {
    place: RepositoryDirectories,
    /// `prefix/arch`.
    name: &'a str,
}

/// Who held the directories of repositories, and who holds them.
struct HolderCounts {
    /// By ordinals; places in the list of categories of hosts.
    before: InvertedIndex<usize>,
    now: InvertedIndex<HostCategoryId>,
}

impl HolderCounts {
    fn compute(listing: &Publication<'_>, snapshot: &Snapshot, places: &[Option<RepositoryDirectories>]) -> Self {
        let places = || places.iter().flatten();
        let old: RoaringBitmap = places().map(|p| p.old).collect();
        let asked: RoaringBitmap = places().map(|p| p.asked.0).collect();
        let sets = snapshot.host_categories.iter().map(|hc| &hc.held).enumerate();
        Self {
            before: InvertedIndex::new(sets, &old),
            now: listing.index_mirrors(&asked),
        }
    }
}

/// What is looked up in the registry again and again.
struct Lookup {
    urls: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    pairs: BTreeMap<(HostId, CategoryId), HostCategoryId>,
}

/// The published snapshot, for looking up.
struct PreviousSnapshot<'s> {
    snapshot: &'s Snapshot,
    /// (prefix, arch) → directory, of those that are not disabled.
    repositories: BTreeMap<(&'s str, &'s str), &'s str>,
}

impl<'s> PreviousSnapshot<'s> {
    fn new(snapshot: &'s Snapshot) -> Self {
        let directory = |n: u32| snapshot.directories.get(usize::try_from(n).ok()?);
        Self {
            snapshot,
            repositories: (snapshot.repositories.iter().filter(|r| !r.disabled))
                .filter_map(|r| {
                    Some((
                        (r.prefix.as_str(), r.arch.as_str()),
                        directory(r.directory?)?.name.as_str(),
                    ))
                })
                .collect(),
        }
    }

    fn ordinal(&self, name: &str) -> Option<u32> {
        let place = self
            .snapshot
            .directories
            .binary_search_by(|d| d.name.as_str().cmp(name));
        u32::try_from(place.ok()?).ok()
    }

    /// The hosts that held it; with the category of the host where that is still registered, and whether it held the top.
    fn holders(
        &self,
        place: RepositoryDirectories,
        carried: &[usize],
        facts: &Lookup,
    ) -> Vec<(&'s snapshot::SnapshotHost, Option<(HostCategoryId, bool)>)> {
        carried
            .iter()
            .filter_map(|n| self.snapshot.host_categories.get(*n))
            .filter_map(|hc| {
                let host = self.snapshot.hosts.get(usize::try_from(hc.host).ok()?)?;
                let id = facts.pairs.get(&(HostId(host.id), place.category));
                Some((host, id.map(|id| (*id, hc.held.contains(place.old_top)))))
            })
            .collect()
    }

    /// The SHA-256 of the versions of `repomd.xml` that were offered in a directory.
    fn versions(&self, ordinal: u32) -> BTreeSet<String> {
        let directory = usize::try_from(ordinal)
            .ok()
            .and_then(|n| self.snapshot.directories.get(n));
        let files = directory.into_iter().flat_map(|d| &d.files);
        files
            .filter(|f| f.name == REPOMD)
            .flat_map(|f| &f.versions)
            .filter(|v| !v.sha256.is_empty())
            .map(|v| hex::encode(&v.sha256))
            .collect()
    }
}

#[cfg(test)]
mod tests;
