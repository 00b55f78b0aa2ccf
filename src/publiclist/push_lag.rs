//! How many pushes a mirror is behind in a repository, by what it was last seen to hold.

use std::collections::{BTreeMap, HashMap};

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::inventory::Inventory;
use crate::model::names::DirPath;
use crate::model::registry_data::RegistryData;
use crate::snapshot::publication::{REPODATA, REPOMD};

/// The versions of each repository's metadata.
#[derive(Debug)]
pub(super) struct PushHistory<'w> {
    /// By the directory of `repodata`: newest first.
    versions: HashMap<DirectoryId, Vec<&'w FileDetail>>,
    /// The directory of `repodata` right below one.
    below: HashMap<DirectoryId, DirectoryId>,
}

impl<'w> PushHistory<'w> {
    pub(super) fn of(world: &'w RegistryData) -> Self {
        let mut versions = HashMap::new();
        for (id, details) in &world.details {
            if !world.directories.get(id).is_some_and(|d| d.readable) {
                continue;
            }
            let mut own: Vec<&FileDetail> = details.iter().filter(|d| d.file.filename == REPOMD).collect();
            own.sort_by_key(|d| std::cmp::Reverse((d.superseded_at.is_none(), d.first_seq, d.id)));
            if !own.is_empty() {
                versions.insert(*id, own);
            }
        }
        let of_repodata = |id: &DirectoryId| {
            let d = world.directories.get(id).filter(|d| d.path.file_name() == REPODATA)?;
            Some(((d.category, d.path.parent()?), d.id))
        };
        let above: BTreeMap<(CategoryId, DirPath), DirectoryId> = versions.keys().filter_map(of_repodata).collect();
        let directories = world.directories.values();
        let below = directories.filter_map(|d| Some((d.id, *above.get(&(d.category, d.path.clone()))?)));
        Self {
            below: below.collect(),
            versions,
        }
    }

    /// When the newest metadata of a repository came, by our scans.
    pub(super) fn newest(&self, repository: DirectoryId) -> Option<Timestamp> {
        let repodata = self.below.get(&repository)?;
        self.versions.get(repodata)?.first().map(|d| d.first_seen)
    }

    /// How many pushes a mirror is behind in a repository that it is listed for; `None` = it has no metadata that is known.
    pub(super) fn behind(&self, holding: &Inventory, repository: DirectoryId) -> Option<usize> {
        self.behind_in(holding, *self.below.get(&repository)?)
    }

    /// In how many of the directories that a mirror holds it is behind.
    pub(super) fn lagging(&self, holding: &Inventory, listed: &roaring::RoaringBitmap) -> usize {
        let held = self.versions.keys().filter(|id| listed.contains(id.0));
        held.filter(|id| self.behind_in(holding, **id).is_some_and(|n| n > 0))
            .count()
    }

    fn behind_in(&self, holding: &Inventory, repodata: DirectoryId) -> Option<usize> {
        let versions = self.versions.get(&repodata)?;
        let exception = holding.exceptions.get(&repodata);
        let held = if let Some(sha256) = exception.and_then(|e| e.sha256.as_ref()) {
            // What no scan has recorded yet is newer than all that is recorded.
            let known = versions.iter().find(|d| d.file.hashes.sha256.as_ref() == Some(sha256));
            match known {
                Some(known) => known,
                None => return Some(0),
            }
        } else if let Some(id) = exception.and_then(|e| e.detail) {
            versions.iter().find(|d| d.id == id)?
        } else {
            versions.iter().find(|d| d.is_newest_at(holding.scan_seq))?
        };
        // After a roll-back the same content stands twice.
        versions.iter().position(|d| d.file.hashes == held.file.hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::ExceptionState;
    use crate::publish::fixture::{Sample, exception};

    #[test]
    fn pushes_are_counted_from_what_was_seen() {
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
            let pushes = PushHistory::of(&s.world);
            let holding = &s.world.inventories[&hc];
            assert_eq!(pushes.behind(holding, top), Some(behind), "at {generation}");
            assert_eq!(pushes.lagging(holding, &holding.present), usize::from(behind > 0));
            assert_eq!(pushes.behind(holding, bare), None);
            assert_eq!(pushes.newest(top), Some(Timestamp(300)));
        }
        for (detail, behind) in [(before, 1), (oldest, 2)] {
            let lagging = exception(ExceptionState::OutdatedAllowed, Some(detail));
            s.set_inventory(hc, 3, &[top, repodata])
                .exceptions
                .insert(repodata, lagging);
            let pushes = PushHistory::of(&s.world);
            assert_eq!(pushes.behind(&s.world.inventories[&hc], top), Some(behind));
        }
        let mut ahead = exception(ExceptionState::Ahead, None);
        ahead.sha256 = Some("f".repeat(64));
        s.set_inventory(hc, 1, &[top, repodata])
            .exceptions
            .insert(repodata, ahead);
        assert_eq!(
            PushHistory::of(&s.world).behind(&s.world.inventories[&hc], top),
            Some(0)
        );
    }
}
