//! Reading whole files up to a limit, and detecting changes.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context as _, Error, bail};

use crate::model::Timestamp;

/// Metadata that changes when the content of a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    pub(super) fn modified(self) -> Timestamp {
        Timestamp(self.modified.0)
    }
}

/// Returns the stamp of the file that a path resolves to; none if it does not exist.
pub(super) fn stamp(path: &Path) -> Option<FileStamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some(FileStamp {
        device: meta.dev(),
        inode: meta.ino(),
        size: meta.size(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

/// Reads a file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let what = || format!("reading {}", path.display());
    let file = File::open(path).with_context(what)?;
    let size = file.metadata().with_context(what)?.len();
    if size > limit {
        bail!("{} has {size} bytes, more than the limit of {limit}", path.display());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // If the file grows while it is read, the truncated content fails in its parser.
    file.take(limit).read_to_end(&mut bytes).with_context(what)?;
    Ok(bytes)
}
