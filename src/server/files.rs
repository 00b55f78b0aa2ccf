//! Reading whole files with a limit, and noticing that they changed.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context as _, Error, bail};

use crate::model::Timestamp;

/// What tells one content of a file from another, as far as it can be known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    /// When the content was written.
    pub(super) fn modified(self) -> Timestamp {
        Timestamp(self.modified.0)
    }
}

/// The stamp of what a path leads to; none when there is nothing.
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

/// The bytes of a file of at most `limit`.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let what = || format!("reading {}", path.display());
    let file = File::open(path).with_context(what)?;
    let size = file.metadata().with_context(what)?.len();
    if size > limit {
        bail!(
            "{} has {size} bytes, more than the {limit} that are read",
            path.display()
        );
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // It may grow while it is read: then it is refused below or by its parser.
    file.take(limit).read_to_end(&mut bytes).with_context(what)?;
    Ok(bytes)
}
