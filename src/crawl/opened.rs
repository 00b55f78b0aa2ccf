//! Release probes: which mirrors are probed for a directory that the master opened.
//!
//! A mirror with the directory staged has the content, and opens it with its next synchronization: it is probed until it has done so.
//! Any other mirror is probed once after the opening; then the regular crawl follows its progress. Pure.

use std::time::Duration;

use crate::db::directory::OpenedDirectory;
use crate::model::Timestamp;
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::plan::HostPlan;

/// How long after an opening mirrors are probed for it; later the regular crawl is enough.
pub(crate) const PROBED_FOR: Duration = Duration::from_hours(24);

/// Leaves the host categories that must be probed for one of the directories. If an operator `named` them, that is every one that has
/// not been verified to have it.
pub(crate) fn retain_due(hosts: &mut Vec<HostPlan>, opened: &[OpenedDirectory], now: Timestamp, named: bool) {
    for host in hosts.iter_mut() {
        host.categories.retain(|hc| {
            let mut own = opened.iter().filter(|d| d.category == hc.category.id);
            own.any(|d| needs_probe(&hc.previous, d, now) || (named && !hc.previous.present.contains(d.id.0)))
        });
    }
    hosts.retain(|host| !host.categories.is_empty());
}

/// Returns true if the directory must be probed on the mirror with this inventory.
fn needs_probe(inventory: &Inventory, opened: &OpenedDirectory, now: Timestamp) -> bool {
    let exception = inventory.exceptions.get(&opened.id);
    let is_staged = exception.is_some_and(|e| e.state == ExceptionState::Staged);
    // One that does not respond is left to the regular crawl.
    let is_due = inventory.scan_seq < opened.changed_seq && inventory.inconclusive_since.is_none();
    let is_recent = now.since(opened.opened_at) < PROBED_FOR;
    is_recent && !inventory.present.contains(opened.id.0) && (is_staged || is_due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, ScanSeq};
    use crate::model::inventory::DirectoryException;

    const OPENED: Timestamp = Timestamp(1_000_000);

    fn opened() -> OpenedDirectory {
        OpenedDirectory {
            id: DirectoryId(7),
            category: CategoryId(1),
            path: "releases/44".parse().unwrap(),
            changed_seq: ScanSeq(5),
            opened_at: OPENED,
        }
    }

    fn inventory(scan_seq: i64, change: impl FnOnce(&mut Inventory)) -> Inventory {
        let mut out = Inventory::new(HostCategoryId(1));
        out.scan_seq = ScanSeq(scan_seq);
        change(&mut out);
        out
    }

    fn staged(inventory: &mut Inventory) {
        let exception = DirectoryException {
            state: ExceptionState::Staged,
            since: Timestamp(1),
            tries: 1,
            detail: None,
            sha256: None,
        };
        inventory.exceptions.insert(DirectoryId(7), exception);
    }

    #[test]
    fn staged_mirrors_are_probed_until_they_open_and_others_once() {
        let hour = Duration::from_hours(1);
        let silent = |i: &mut Inventory| i.inconclusive_since = Some(Timestamp(1));
        let cases: [(&str, Inventory, Duration, bool); 9] = [
            ("staged before", inventory(4, staged), hour, true),
            (
                "staged, and still so when it was probed",
                inventory(5, staged),
                hour,
                true,
            ),
            ("staged, a day later", inventory(5, staged), PROBED_FOR, false),
            ("verified", inventory(5, |i| _ = i.present.insert(7)), hour, false),
            ("not probed since", inventory(4, |_| {}), hour, true),
            ("never crawled", inventory(0, |_| {}), hour, true),
            ("probed, and without it", inventory(5, |_| {}), hour, false),
            ("silent", inventory(4, silent), hour, false),
            (
                "silent, but it was staged",
                inventory(4, |i| (staged(i), silent(i)).0),
                hour,
                true,
            ),
        ];
        for (what, inventory, after, expected) in cases {
            assert_eq!(
                needs_probe(&inventory, &opened(), OPENED.plus(after)),
                expected,
                "{what}"
            );
        }
    }
}
