//! The number of pushes that a mirror is behind in a repository, computed from its inventory.

use std::cmp::Reverse;
use std::collections::HashMap;

use itertools::Itertools;

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::DirectoryId;
use crate::model::inventory::Inventory;
use crate::snapshot::publication::{Publication, REPOMD, RepodataDirs};

/// The repomd versions of each repository.
#[derive(Debug)]
pub(super) struct PushHistory<'r> {
    /// Versions by the directory of `repodata`, newest first.
    versions: HashMap<DirectoryId, Vec<&'r FileDetail>>,
    repodata: &'r RepodataDirs,
}

impl<'r> PushHistory<'r> {
    pub(super) fn new(publication: &'r Publication<'r>) -> Self {
        let registry = publication.registry;
        let is_readable = |id| registry.directories.get(id).is_some_and(|d| d.readable);
        let details = registry.details.iter().filter(|(id, _)| is_readable(id));
        let versions = details.map(|(id, details)| {
            let repomd = details.iter().filter(|d| d.file.filename == REPOMD);
            let newest_first = repomd.sorted_by_key(|d| Reverse((d.superseded_at.is_none(), d.first_seq, d.id)));
            (*id, newest_first.collect())
        });
        Self {
            versions: versions.collect(),
            repodata: &publication.repodata,
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
            let Some(known) = versions.iter().find(|d| d.file.hashes.sha256.as_ref() == Some(sha256)) else {
                return Some(0);
            };
            known
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

    fn publish(s: &Sample) -> Publication<'_> {
        Publication::from_registry(&s.registry, &s.policy(), Timestamp(400))
    }

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
            let publication = publish(&s);
            let pushes = PushHistory::new(&publication);
            let inventory = &s.registry.inventories[&hc];
            assert_eq!(pushes.behind(inventory, top), Some(behind), "at {generation}");
            assert_eq!(
                pushes.count_behind(inventory, &inventory.present),
                usize::from(behind > 0)
            );
            assert_eq!(pushes.behind(inventory, bare), None);
            assert_eq!(pushes.newest(top), Some(Timestamp(300)));
        }
        let mut ahead = exception(ExceptionState::Ahead, None);
        ahead.sha256 = Some("f".repeat(64));
        let lagging = |detail| exception(ExceptionState::OutdatedAllowed, Some(detail));
        for (scan, exception, behind) in [(3, lagging(before), 1), (3, lagging(oldest), 2), (1, ahead, 0)] {
            let inventory = s.set_inventory(hc, scan, &[top, repodata]);
            inventory.exceptions.insert(repodata, exception);
            let publication = publish(&s);
            let pushes = PushHistory::new(&publication);
            assert_eq!(pushes.behind(&s.registry.inventories[&hc], top), Some(behind));
        }
    }
}
