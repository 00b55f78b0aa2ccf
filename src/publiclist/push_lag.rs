//! The number of pushes that a mirror is behind in a repository, computed from its inventory.

use std::collections::{BTreeMap, HashMap};

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::inventory::Inventory;
use crate::model::names::DirPath;
use crate::model::registry_data::RegistryData;
use crate::snapshot::publication::{REPODATA, REPOMD};

/// The repomd versions of each repository.
#[derive(Debug)]
pub(super) struct PushHistory<'w> {
    /// Versions by the directory of `repodata`, newest first.
    versions: HashMap<DirectoryId, Vec<&'w FileDetail>>,
    /// Directories with a `repodata` directly below them.
    repodata: HashMap<DirectoryId, DirectoryId>,
}

impl<'w> PushHistory<'w> {
    pub(super) fn new(registry: &'w RegistryData) -> Self {
        let mut versions = HashMap::new();
        for (id, details) in &registry.details {
            if !registry.directories.get(id).is_some_and(|d| d.readable) {
                continue;
            }
            let mut repomd: Vec<&FileDetail> = details.iter().filter(|d| d.file.filename == REPOMD).collect();
            repomd.sort_by_key(|d| std::cmp::Reverse((d.superseded_at.is_none(), d.first_seq, d.id)));
            if !repomd.is_empty() {
                versions.insert(*id, repomd);
            }
        }
        let parent = |id: &DirectoryId| {
            let d = registry
                .directories
                .get(id)
                .filter(|d| d.path.file_name() == REPODATA)?;
            Some(((d.category, d.path.parent()?), d.id))
        };
        let by_parent: BTreeMap<(CategoryId, DirPath), DirectoryId> = versions.keys().filter_map(parent).collect();
        let directories = registry.directories.values();
        let repodata = directories.filter_map(|d| Some((d.id, *by_parent.get(&(d.category, d.path.clone()))?)));
        Self {
            repodata: repodata.collect(),
            versions,
        }
    }

    /// Returns the time of the scan that found the newest push of a repository.
    pub(super) fn newest(&self, repository: DirectoryId) -> Option<Timestamp> {
        let repodata = self.repodata.get(&repository)?;
        self.versions.get(repodata)?.first().map(|d| d.first_seen)
    }

    /// Returns the number of pushes that a mirror is behind in a listed repository; `None` if its version is not known.
    pub(super) fn behind(&self, inventory: &Inventory, repository: DirectoryId) -> Option<usize> {
        self.behind_in(inventory, *self.repodata.get(&repository)?)
    }

    /// Counts the listed directories in which a mirror is behind.
    pub(super) fn count_behind(&self, inventory: &Inventory, listed: &roaring::RoaringBitmap) -> usize {
        let listed = self.versions.keys().filter(|id| listed.contains(id.0));
        listed
            .filter(|id| self.behind_in(inventory, **id).is_some_and(|n| n > 0))
            .count()
    }

    fn behind_in(&self, inventory: &Inventory, repodata: DirectoryId) -> Option<usize> {
        let versions = self.versions.get(&repodata)?;
        let exception = inventory.exceptions.get(&repodata);
        let version = if let Some(sha256) = exception.and_then(|e| e.sha256.as_ref()) {
            // A version that no scan has recorded yet is newer than all recorded ones.
            let known = versions.iter().find(|d| d.file.hashes.sha256.as_ref() == Some(sha256));
            match known {
                Some(known) => known,
                None => return Some(0),
            }
        } else if let Some(id) = exception.and_then(|e| e.detail) {
            versions.iter().find(|d| d.id == id)?
        } else {
            versions.iter().find(|d| d.is_newest_at(inventory.scan_seq))?
        };
        // After a rollback on the master, two versions have the same content.
        versions.iter().position(|d| d.file.hashes == version.file.hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::ExceptionState;
    use crate::publish::tests::{Sample, exception};

    #[test]
    fn pushes_behind_follow_from_the_inventory() {
        let mut s = Sample::new();
        let top = s.directory("updates/43");
        let repodata = s.directory("updates/43/repodata");
        let oldest = s.repomd(repodata, 1, 100, Some((2, 200)));
        let before = s.repomd(repodata, 2, 200, Some((3, 300)));
        s.repomd(repodata, 3, 300, None);
        let hc = s.host("a.example.org", "DE");
        let bare = s.directory("isos");
        for (generation, behind) in [(3, 0), (2, 1), (1, 2)] {
            s.set_inventory(hc, generation, &[top, repodata]);
            let pushes = PushHistory::new(&s.world);
            let holding = &s.world.inventories[&hc];
            assert_eq!(pushes.behind(holding, top), Some(behind), "at {generation}");
            assert_eq!(pushes.count_behind(holding, &holding.present), usize::from(behind > 0));
            assert_eq!(pushes.behind(holding, bare), None);
            assert_eq!(pushes.newest(top), Some(Timestamp(300)));
        }
        for (detail, behind) in [(before, 1), (oldest, 2)] {
            let lagging = exception(ExceptionState::OutdatedAllowed, Some(detail));
            s.set_inventory(hc, 3, &[top, repodata])
                .exceptions
                .insert(repodata, lagging);
            let pushes = PushHistory::new(&s.world);
            assert_eq!(pushes.behind(&s.world.inventories[&hc], top), Some(behind));
        }
        let mut ahead = exception(ExceptionState::Ahead, None);
        ahead.sha256 = Some("f".repeat(64));
        s.set_inventory(hc, 1, &[top, repodata])
            .exceptions
            .insert(repodata, ahead);
        assert_eq!(
            PushHistory::new(&s.world).behind(&s.world.inventories[&hc], top),
            Some(0)
        );
    }
}
