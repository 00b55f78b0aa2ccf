//! Who holds what: the state of one category on one host.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, FileDetailId, HostCategoryId, RunId, ScanSeq};

/// Why a directory is neither plainly held nor plainly absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    /// Could not be found out: the bit stands as it was.
    Inconclusive,
    /// Holds a version that is no longer the newest but still offered: the bit is set.
    OutdatedAllowed,
    /// Holds a version that the master has and no scan has recorded yet: the bit is set.
    Ahead,
    /// Serves a repomd.xml that the master never had: the bit is clear.
    UnknownHash,
    /// Answers 403 for a directory that the master has not opened: the bit is clear.
    Staged,
}

/// One directory that differs from a plain yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryException {
    /// Which.
    pub state: ExceptionState,
    /// Since when it is so.
    pub since: Timestamp,
    /// How many crawls in a row said so.
    pub tries: u32,
    /// The version of `repomd.xml` that the host was last seen to hold, where that is not the newest at
    /// [`Inventory::scan_seq`].
    pub detail: Option<FileDetailId>,
    /// The SHA-256 of that version where no scan has recorded it yet, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What is known of one category on one host: a row of `holding`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Whose.
    pub host_category: HostCategoryId,
    /// The scan generation of the plan it was checked against.
    pub scan_seq: ScanSeq,
    /// When it was checked.
    pub checked_at: Timestamp,
    /// By which run; none when written by hand.
    pub run: Option<RunId>,
    /// Directories the host was seen to hold.
    pub present: RoaringBitmap,
    /// Topmost directories that are absent: what lies below them is absent too and not set in `held`.
    pub missing: RoaringBitmap,
    /// The few that differ.
    pub exceptions: BTreeMap<DirectoryId, DirectoryException>,
    /// When the category as a whole first gave no answer; cleared by any answer.
    pub inconclusive_since: Option<Timestamp>,
    /// How many crawls in a row got no answer from it.
    pub inconclusive_tries: u32,
    /// The first directory that the last crawl did not get to: the next one begins there.
    pub resume_directory: Option<DirectoryId>,
    /// Directories that the next look must ask for: the master changed them, or the mirror gave no answer, and nothing else tells
    /// so. Directories that changed after [`Self::scan_seq`] are not among them.
    pub pending_probe: RoaringBitmap,
    /// When every directory was last asked for, or put among those that are due.
    pub last_full_probe_at: Timestamp,
    /// Which part of the rotating sample comes next.
    pub sample_rotation: u32,
}

impl Inventory {
    /// The state of a category that was never crawled.
    pub fn new(host_category: HostCategoryId) -> Self {
        Self {
            host_category,
            scan_seq: ScanSeq(0),
            checked_at: Timestamp(0),
            run: None,
            present: RoaringBitmap::new(),
            missing: RoaringBitmap::new(),
            exceptions: BTreeMap::new(),
            inconclusive_since: None,
            inconclusive_tries: 0,
            resume_directory: None,
            pending_probe: RoaringBitmap::new(),
            last_full_probe_at: Timestamp(0),
            sample_rotation: 0,
        }
    }
}
