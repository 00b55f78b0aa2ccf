//! What crawls saw: who holds what.

use std::collections::HashSet;

use mirrormanager::model::Timestamp;
use mirrormanager::model::ids::{DirectoryId, HostCategoryId, ScanSeq};
use mirrormanager::model::inventory::{DirectoryException, ExceptionState, Inventory};

use super::random::Random;
use super::registry::Carried;
use super::tree::{Directory, GENERATION, Tree};

/// What a mirror carries of a category.
#[derive(Debug, Clone, Copy)]
enum Policy {
    All,
    /// The versions from this one on.
    Since(u32),
    /// The first architectures only.
    Arches(usize),
    /// Versions and architectures.
    Few(u32, usize),
    Nothing,
}

const POLICIES: [(usize, Policy); 8] = [
    (66, Policy::All),
    (8, Policy::Since(41)),
    (7, Policy::Since(8)),
    (4, Policy::Since(30)),
    (5, Policy::Arches(1)),
    (3, Policy::Arches(2)),
    (4, Policy::Few(9, 1)),
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
            Self::Few(from, count) => since(from) && arches(count),
            Self::Nothing => false,
        }
    }
}

/// One for each category of a host that is looked at.
pub(super) fn of<'a>(tree: &'a Tree, carried: &'a [Carried], now: Timestamp) -> impl Iterator<Item = Inventory> + 'a {
    let mut random = Random::from_seed(7);
    carried.iter().filter(|c| !c.always).map(move |c| {
        let policy = *random.weighted(&POLICIES);
        let mut out = Inventory::new(HostCategoryId(c.id));
        let age = i64::try_from(random.below(20)).unwrap();
        out.scan_seq = ScanSeq(GENERATION - age.pow(2) / 12);
        out.checked_at = Timestamp(now.0 - 3_600 * age);
        out.last_full_probe_at = out.checked_at;
        // One in five is in the middle of a transfer, or has lost something.
        let holes = if random.chance_percent(20) {
            1 + random.below(3)
        } else {
            0
        };
        let mut absent: HashSet<&str> = HashSet::new();
        for (id, d) in (1_u32..).zip(&tree.directories) {
            if d.category != c.category {
                continue;
            }
            let lost = holes > 0 && d.path.contains("/Packages/") && random.below(1_000) < holes;
            if policy.carries(d) && !lost {
                out.present.insert(id);
            } else if !d.path.is_empty() {
                // Only the topmost.
                let above = d.path.rsplit_once('/').map_or("", |(above, _)| above);
                if !absent.contains(above) {
                    out.missing.insert(id);
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
                    since: Timestamp(out.checked_at.0 - 3_600),
                    tries: 1,
                    detail: None,
                    sha256: None,
                };
                out.exceptions.insert(DirectoryId(id), exception);
            }
        }
        if random.chance_percent(2) {
            out.inconclusive_since = Some(Timestamp(now.0 - 24 * 3_600));
            out.inconclusive_tries = 4;
        }
        out
    })
}
