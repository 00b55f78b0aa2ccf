//! Files of the master tree: the file sample that a crawl compares, and the file details of a metalink.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, FileDetailId, ScanSeq};

/// The file whose versions make a repository.
pub(crate) const REPOMD: &str = "repomd.xml";

/// A file that a crawl compares. Stored as JSON in `directory.files`, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampledFile {
    /// The file's name, escaped as in [`crate::model::names::DirPath`].
    pub name: String,
    /// The size in bytes; `None` for a symbolic link, as the size of the target is unknown.
    pub size: Option<u64>,
    /// The modification time, in epoch seconds.
    pub timestamp: i64,
}

/// The four digests of a metalink, in lower-case hexadecimal; `None` if unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hashes {
    /// MD5, with 32 digits.
    pub md5: Option<String>,
    /// SHA-1, with 40 digits.
    pub sha1: Option<String>,
    /// SHA-256, with 64 digits.
    pub sha256: Option<String>,
    /// SHA-512, with 128 digits.
    pub sha512: Option<String>,
}

/// Facts about one file, as a scan read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedDetail {
    /// The name of the file.
    pub filename: String,
    /// For `repomd.xml` the largest `<timestamp>` of its `<data>` elements, else the modification time; epoch seconds,
    /// 0 if there is none.
    pub timestamp: i64,
    /// The size in bytes.
    pub size: u64,
    /// The digests of the file.
    pub hashes: Hashes,
}

/// One known good version of a file: a row of `file_detail`.
///
/// It was the newest from scan sequence `first_seq` until `superseded_seq` (exclusive), so the version of a mirror
/// that was verified against sequence *s* is known exactly. A version that returns (a rollback on the master) is a
/// new row: the newest version is the one that was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDetail {
    /// The ID of the row.
    pub id: FileDetailId,
    /// The directory of the file.
    pub directory: DirectoryId,
    /// The facts about the file.
    pub file: ScannedDetail,
    /// The scan sequence that first saw it.
    pub first_seq: ScanSeq,
    /// The scan sequence that saw another version replace it.
    pub superseded_seq: Option<ScanSeq>,
    /// The time of the scan that first saw it.
    pub first_seen: Timestamp,
    /// The time of the scan that saw it replaced.
    pub superseded_at: Option<Timestamp>,
}

impl FileDetail {
    /// Returns true if this version was the newest at `scan_seq`.
    pub(crate) fn is_newest_at(&self, scan_seq: ScanSeq) -> bool {
        self.first_seq <= scan_seq && self.superseded_seq.is_none_or(|end| scan_seq < end)
    }
}

/// Retention times of versions that are no longer the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRetention {
    /// The version before the newest is offered this long after the newest appeared.
    pub previous: Duration,
    /// Any other version is offered this long after it was superseded.
    pub older: Duration,
}

/// Returns the versions of one file that a metalink offers at `now`, newest first.
///
/// `versions` are all rows of one (directory, file name) in any order. The newest is always offered. The previous one
/// is offered while the newest is younger than `previous`; it and all others are offered while they were superseded
/// less than `older` ago. Ages count from the scans, never from times inside the content. Of rows with
/// the same digests (a rollback) only the latest is offered.
pub(crate) fn retained_versions<'a>(
    versions: impl IntoIterator<Item = &'a FileDetail>,
    now: Timestamp,
    retention: VersionRetention,
) -> Vec<&'a FileDetail> {
    let mut all: Vec<&FileDetail> = versions.into_iter().collect();
    all.sort_by_key(|d| std::cmp::Reverse((d.superseded_at.is_none(), d.first_seq, d.id)));
    let Some(newest) = all.first().copied() else { return all };
    let mut out: Vec<&FileDetail> = Vec::new();
    for (rank, d) in all.into_iter().enumerate() {
        let keep = match d.superseded_at {
            None => rank == 0,
            Some(at) => {
                now.since(at) < retention.older || (rank == 1 && now.since(newest.first_seen) < retention.previous)
            }
        };
        if keep && !out.iter().any(|o| o.file.hashes == d.file.hashes) {
            out.push(d);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: i64, hash: &str, first: i64, gone: Option<i64>) -> FileDetail {
        FileDetail {
            id: FileDetailId(id),
            directory: DirectoryId(1),
            file: ScannedDetail {
                filename: "repomd.xml".into(),
                timestamp: 0,
                size: 1,
                hashes: Hashes {
                    sha256: Some(hash.into()),
                    ..Hashes::default()
                },
            },
            first_seq: ScanSeq(id),
            superseded_seq: gone.map(|_| ScanSeq(id + 1)),
            first_seen: Timestamp(first),
            superseded_at: gone.map(Timestamp),
        }
    }

    const DAY: i64 = 86_400;
    const RETENTION: VersionRetention = VersionRetention {
        previous: Duration::from_hours(48),
        older: Duration::from_hours(72),
    };

    fn ids(v: &[FileDetail], now: i64) -> Vec<i64> {
        retained_versions(v, Timestamp(now), RETENTION)
            .iter()
            .map(|d| d.id.0)
            .collect()
    }

    #[test]
    fn the_newest_version_never_expires() {
        let v = [version(1, "a", 0, None)];
        assert_eq!(ids(&v, 1000 * DAY), [1]);
    }

    #[test]
    fn older_versions_expire_after_they_were_superseded() {
        let v = [version(1, "a", 0, Some(100 * DAY)), version(2, "b", 100 * DAY, None)];
        assert_eq!(ids(&v, 100 * DAY + 1), [2, 1]);
        assert_eq!(ids(&v, 102 * DAY), [2, 1]);
        assert_eq!(ids(&v, 103 * DAY), [2]);
    }

    #[test]
    fn a_rollback_is_the_newest_and_offered_once() {
        let v = [
            version(1, "a", 0, Some(10)),
            version(2, "b", 10, Some(20)),
            version(3, "a", 20, None),
        ];
        assert_eq!(ids(&v, 30), [3, 2]);
    }

    #[test]
    fn the_newest_version_at_a_scan_sequence_is_exact() {
        let v = version(3, "a", 0, Some(1));
        assert!(v.is_newest_at(ScanSeq(3)));
        assert!(!v.is_newest_at(ScanSeq(4)));
        assert!(!v.is_newest_at(ScanSeq(2)));
    }
}
