//! The inventories of host categories.

use std::collections::HashSet;

use mirrormanager::model::Timestamp;
use mirrormanager::model::ids::{DirectoryId, HostCategoryId, ScanSeq};
use mirrormanager::model::inventory::{DirectoryException, ExceptionState, Inventory};

use super::random::Random;
use super::registry::Carried;
use super::tree::{Directory, SCAN_SEQ, Tree};

/// The part of a category that a mirror has.
#[derive(Debug, Clone, Copy)]
enum Policy {
    All,
    /// The versions from this one.
    Since(u32),
    /// The first architectures only.
    Arches(usize),
    /// The versions from this one, for the first architectures only.
    SinceForArches(u32, usize),
    Nothing,
}

/// (percent, policy)
const POLICIES: [(usize, Policy); 8] = [
    (66, Policy::All),
    (8, Policy::Since(41)),
    (7, Policy::Since(8)),
    (4, Policy::Since(30)),
    (5, Policy::Arches(1)),
    (3, Policy::Arches(2)),
    (4, Policy::SinceForArches(9, 1)),
    (3, Policy::Nothing),
];

impl Policy {
    fn carries(self, d: &Directory) -> bool {
        let since = |from| d.version == 0 || d.version >= from;
        let arches = |count| d.arch.is_none_or(|a| a < count);
        match self {
            Self::All => true,
            Self::Since(from) => since(from),
            Self::Arches(count) => arches(count),
            Self::SinceForArches(from, count) => since(from) && arches(count),
            Self::Nothing => false,
        }
    }
}

/// Returns the inventories of the host categories that are crawled.
pub(super) fn inventories<'a>(
    tree: &'a Tree,
    carried: &'a [Carried],
    now: Timestamp,
) -> impl Iterator<Item = Inventory> + 'a {
    let mut random = Random::from_seed(7);
    carried.iter().filter(|c| !c.always_current).map(move |c| {
        let policy = *random.weighted(&POLICIES);
        let mut inventory = Inventory::new(HostCategoryId(c.id));
        let age = i64::try_from(random.below(20)).unwrap();
        inventory.scan_seq = ScanSeq(SCAN_SEQ - age.pow(2) / 12);
        inventory.checked_at = Timestamp(now.0 - 3_600 * age);
        inventory.last_full_probe_at = inventory.checked_at;
        // One in five is incomplete.
        let lost_per_mille = if random.chance_percent(20) {
            1 + random.below(3)
        } else {
            0
        };
        let mut absent: HashSet<&str> = HashSet::new();
        for (id, d) in (1_u32..).zip(&tree.directories) {
            if d.category != c.category {
                continue;
            }
            let is_lost = lost_per_mille > 0 && d.path.contains("/Packages/") && random.below(1_000) < lost_per_mille;
            if policy.carries(d) && !is_lost {
                inventory.present.insert(id);
            } else if !d.path.is_empty() {
                // An inventory contains only the topmost missing directories.
                let parent = d.path.rsplit_once('/').map_or("", |(parent, _)| parent);
                if !absent.contains(parent) {
                    inventory.missing.insert(id);
                }
                absent.insert(&d.path);
            }
            if d.path.ends_with("/repodata") && policy.carries(d) && random.below(1_000) < 5 {
                let state = if random.chance_percent(50) {
                    ExceptionState::Inconclusive
                } else {
                    ExceptionState::UnknownHash
                };
                let exception = DirectoryException {
                    state,
                    since: Timestamp(inventory.checked_at.0 - 3_600),
                    tries: 1,
                    detail: None,
                    sha256: None,
                };
                inventory.exceptions.insert(DirectoryId(id), exception);
            }
        }
        if random.chance_percent(2) {
            inventory.inconclusive_since = Some(Timestamp(now.0 - 24 * 3_600));
            inventory.inconclusive_tries = 4;
        }
        inventory
    })
}
