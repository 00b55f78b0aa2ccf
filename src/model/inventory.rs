//! Inventory: what a host category was verified to have.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, FileDetailId, HostCategoryId, RunId, ScanSeq};

/// The status of a directory that is neither simply present nor simply absent. The words are those of
/// [`DirectoryStatus`](crate::model::status::DirectoryStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    /// No conclusive result; the last known bit is kept.
    Inconclusive,
    /// An older version that is still offered; the bit is set.
    OutdatedAllowed,
    /// A version that the master has and no scan has recorded yet; the bit is set.
    Ahead,
    /// A repomd.xml that the master never had; the bit is clear.
    UnknownHash,
    /// Unreadable, as on the master; the bit is clear.
    Staged,
}

/// A directory in an inventory that is neither simply present nor simply absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryException {
    /// The status of the directory.
    pub state: ExceptionState,
    /// The time since which it has this status.
    pub since: Timestamp,
    /// The number of consecutive crawls with this status.
    pub tries: u32,
    /// The version of `repomd.xml` that the host was last verified to have, if it is not the newest at
    /// [`Inventory::scan_seq`] of the inventory.
    pub detail: Option<FileDetailId>,
    /// The SHA-256 of that version if no scan has recorded it yet, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The inventory of one host category: a row of `inventory`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// The ID of the host category.
    pub host_category: HostCategoryId,
    /// The scan sequence that it was compared with.
    pub scan_seq: ScanSeq,
    /// The time of the crawl.
    pub checked_at: Timestamp,
    /// The crawl run; `None` if written by hand.
    pub run: Option<RunId>,
    /// The directories that are present.
    pub present: RoaringBitmap,
    /// The topmost directories that are absent, with everything below them.
    pub missing: RoaringBitmap,
    /// The directories that differ from both.
    pub exceptions: BTreeMap<DirectoryId, DirectoryException>,
    /// The first of consecutive inconclusive results of the category as a whole.
    pub inconclusive_since: Option<Timestamp>,
    /// The number of consecutive crawls without a conclusive result.
    pub inconclusive_tries: u32,
    /// The first directory that the last crawl did not reach; the next one starts there.
    pub resume_directory: Option<DirectoryId>,
    /// Directories that the next crawl must probe: the master changed them, or the last probe was inconclusive, and nothing else
    /// records it. Directories that changed after [`Self::scan_seq`] are not among them.
    #[serde(deserialize_with = "null_as_empty")]
    pub pending_probe: RoaringBitmap,
    /// The time when every directory had last been probed or added to `pending_probe`.
    pub last_full_probe_at: Timestamp,
    /// The next part of the rotating sample.
    pub sample_rotation: u32,
}

fn null_as_empty<'de, D: Deserializer<'de>>(bitmap: D) -> Result<RoaringBitmap, D::Error> {
    Option::deserialize(bitmap).map(Option::unwrap_or_default)
}

impl Inventory {
    /// The inventory of a category that was never crawled.
    pub fn new(host_category: HostCategoryId) -> Self {
        Self {
            host_category,
            ..Self::default()
        }
    }
}
