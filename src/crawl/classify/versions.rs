//! The expected content of a directory, and the versions of its `repomd.xml`.

use crate::model::Timestamp;
use crate::model::file::{FileDetail, VersionRetention, retained_versions};
use crate::model::ids::FileDetailId;
use crate::model::plan::{PlannedDirectory, PlannedFile};

/// The content that a mirror should have in one directory.
#[derive(Debug, Clone)]
pub(crate) struct Expected<'a> {
    pub readable: bool,
    pub files: Vec<PlannedFile<'a>>,
    /// The versions of its `repomd.xml`, if it has one now.
    pub repomd: Option<KnownVersions<'a>>,
}

#[derive(Debug, Clone)]
pub(crate) struct KnownVersions<'a> {
    newest: &'a FileDetail,
    /// The modification time of the newest version on the master.
    newest_time: Option<i64>,
    offered: Vec<&'a FileDetail>,
    all: &'a [FileDetail],
    /// The SHA-256 digests of versions that the master has or had, and that are not offered.
    refused: &'a [String],
}

/// The version that a hash belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    Newest,
    Offered(FileDetailId),
    Old,
    /// The master has or had it, and it is not offered.
    Refused,
    Unknown,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(directory: &'a PlannedDirectory, now: Timestamp, retention: VersionRetention) -> Self {
        let all = directory.repomd.as_slice();
        let newest = all.iter().filter(|d| d.superseded_at.is_none()).max_by_key(|d| d.id);
        Self {
            readable: directory.readable,
            files: directory.files.iter().collect(),
            repomd: newest.map(|newest| KnownVersions {
                newest,
                newest_time: directory.files.repomd_time(),
                offered: retained_versions(all, now, retention),
                all,
                refused: &directory.refused,
            }),
        }
    }
}

impl KnownVersions<'_> {
    /// Returns the SHA-256 of the newest version; empty if no scan has computed it.
    pub(crate) fn newest_hash(&self) -> &str {
        self.newest.file.hashes.sha256.as_deref().unwrap_or("")
    }

    pub(crate) fn find(&self, sha256: &str) -> VersionMatch {
        let is = |d: &FileDetail| d.file.hashes.sha256.as_deref() == Some(sha256);
        if is(self.newest) {
            return VersionMatch::Newest;
        }
        if let Some(found) = self.offered.iter().find(|d| is(d)) {
            return VersionMatch::Offered(found.id);
        }
        if self.refused.iter().any(|refused| refused == sha256) {
            VersionMatch::Refused
        } else if self.all.iter().any(is) {
            VersionMatch::Old
        } else {
            VersionMatch::Unknown
        }
    }

    /// Finds the version with this length and modification time.
    ///
    /// The exact time on the master is known only for the newest version. An older one was written after the files that it names
    /// ([`crate::model::file::ScannedDetail::timestamp`]), and before a scan first saw it; the match must be unique.
    pub(crate) fn find_by_metadata(&self, size: u64, modified: i64) -> VersionMatch {
        if size == self.newest.file.size && self.newest_time == Some(modified) {
            return VersionMatch::Newest;
        }
        let may_be = |d: &&FileDetail| {
            let written = d.file.timestamp..=d.first_seen.0;
            d.id != self.newest.id && d.file.size == size && written.contains(&modified)
        };
        let mut hashes = self.all.iter().filter(may_be).map(|d| d.file.hashes.sha256.as_deref());
        match hashes.next().flatten() {
            Some(hash) if hashes.all(|other| other == Some(hash)) => self.find(hash),
            Some(_) | None => VersionMatch::Unknown,
        }
    }

    pub(super) fn describe_newest(&self) -> String {
        self.newest_time.map_or_else(
            || bytes(self.newest.file.size),
            |time| describe(self.newest.file.size, time),
        )
    }
}

pub(super) fn describe(size: u64, modified: i64) -> String {
    format!("{} of {}", bytes(size), Timestamp(modified))
}

pub(super) fn bytes(n: u64) -> String {
    format!("{n} bytes")
}
