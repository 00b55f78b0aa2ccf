//! Directories of the master that a scan cannot read, such as a release that is staged for another group: what is recorded of them
//! is kept, and the rest of the category is scanned. Pure.

use std::collections::BTreeMap;

use crate::config::PathFilter;
use crate::model::listing::{KnownDirectory, MasterListing, ScannedDirectory};
use crate::model::names::DirPath;

/// Directories whose entries could not be listed, with the reason.
pub(crate) type UnreadableDirectories = BTreeMap<DirPath, String>;

/// The entry of a directory whose files could not be read: without content, so that the recorded one is kept, and without a time, so
/// that the next scan tries again.
pub(crate) const fn unread_directory(readable: bool) -> ScannedDirectory {
    ScannedDirectory {
        readable,
        ctime: 0,
        fingerprint: None,
        content: None,
    }
}

/// Adds what is recorded below unreadable directories to the listing: that it was not listed does not mean that it is gone. It is
/// as readable to the world as the unreadable directory.
pub(crate) fn keep_recorded(
    listing: &mut MasterListing,
    unreadable: &UnreadableDirectories,
    known: &BTreeMap<DirPath, KnownDirectory>,
    scope: &PathFilter,
) {
    if unreadable.is_empty() {
        return;
    }
    let is_present = |(path, d): &(&DirPath, &KnownDirectory)| d.vanished_at.is_none() && scope.matches(path);
    for (path, before) in known.iter().filter(is_present) {
        let above = std::iter::successors(path.parent(), DirPath::parent).find(|up| unreadable.contains_key(up));
        let Some(above) = above.filter(|_| !listing.directories.contains_key(path)) else {
            continue;
        };
        let is_open = listing.directories.get(&above).is_some_and(|d| d.readable);
        let kept = ScannedDirectory {
            readable: is_open && before.readable,
            ctime: before.ctime,
            fingerprint: before.fingerprint,
            content: None,
        };
        listing.directories.insert(path.clone(), kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CategoryConfig;
    use crate::model::Timestamp;
    use crate::model::ids::DirectoryId;

    fn path(text: &str) -> DirPath {
        text.parse().unwrap()
    }

    /// Which of the recorded directories are in the listing afterwards, and whether they are readable.
    #[test]
    fn what_is_recorded_below_is_kept_as_readable_as_the_directory() {
        let all = ["", "a", "a/b", "a/b/c", "a/b/gone", "ab", "d", "d/e"];
        let known: BTreeMap<DirPath, KnownDirectory> = (all.iter().zip(1..))
            .map(|(text, id)| {
                let known = KnownDirectory {
                    id: DirectoryId(id),
                    readable: *text != "a/b/c",
                    ctime: 9,
                    fingerprint: None,
                    repomd: None,
                    vanished_at: (*text == "a/b/gone").then_some(Timestamp(1)),
                    needs_scan: false,
                };
                (path(text), known)
            })
            .collect();
        for (top, is_open, expected) in [
            ("a", true, "a/b+ a/b/c-"),
            ("a", false, "a/b- a/b/c-"),
            ("a/b", true, "a/b/c-"),
            ("d", false, "d/e-"),
            ("ab", false, ""),
        ] {
            let mut listing = MasterListing {
                taken_at: Timestamp(0),
                directories: BTreeMap::from([(path(top), unread_directory(is_open))]),
            };
            let unreadable = UnreadableDirectories::from([(path(top), "why".to_owned())]);
            let scope = CategoryConfig::default().scope(DirPath::top()).unwrap();
            keep_recorded(&mut listing, &unreadable, &known, &scope);
            listing.directories.remove(&path(top));
            let kept: Vec<String> = (listing.directories.iter())
                .map(|(path, d)| format!("{path}{}", if d.readable { "+" } else { "-" }))
                .collect();
            assert_eq!(kept.join(" "), expected, "{top}");
            assert!(
                listing
                    .directories
                    .values()
                    .all(|d| d.content.is_none() && d.ctime == 9)
            );
        }
    }
}
