//! Reading of files that may be changed at the same time.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;

/// Number of attempts to read a file that changes meanwhile.
pub(crate) const TRIES: u32 = 3;

/// The state of an inode; it differs if the content differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    /// The length in bytes.
    pub size: u64,
    /// The modification time in epoch seconds and nanoseconds.
    pub modified: (i64, i64),
    changed: (i64, i64),
    inode: (u64, u64),
}

impl FileState {
    pub(crate) fn from_metadata(meta: &Metadata) -> Self {
        Self {
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            inode: (meta.dev(), meta.ino()),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StableRead {
    /// The content; the state was the same before and after.
    Whole(Vec<u8>, FileState),
    /// The length of a file that exceeds the limit.
    TooLong(u64),
    Changed,
}

/// Reads an open file, at most `cap` bytes.
pub(crate) fn read(file: &File, cap: u64) -> io::Result<StableRead> {
    let before = FileState::from_metadata(&file.metadata()?);
    if before.size > cap {
        return Ok(StableRead::TooLong(before.size));
    }
    let mut bytes = Vec::new();
    let mut all = file;
    all.by_ref().take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|n| n == before.size);
    Ok(if whole && FileState::from_metadata(&file.metadata()?) == before {
        StableRead::Whole(bytes, before)
    } else {
        StableRead::Changed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_files_are_returned() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "hello").unwrap();
        let open = || File::open(&path).unwrap();
        let got = read(&open(), 5).unwrap();
        assert!(
            matches!(&got, StableRead::Whole(b, s) if b == b"hello" && s.size == 5),
            "{got:?}"
        );
        assert_eq!(read(&open(), 4).unwrap(), StableRead::TooLong(5));
        // As if the file grew meanwhile: fewer bytes are left than its length.
        let mut half = open();
        half.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(read(&half, 5).unwrap(), StableRead::Changed);
    }
}
