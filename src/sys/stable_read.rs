//! Reading a file whole that somebody may be writing just now.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;

/// How often a file that changes while it is read is worth another try.
pub const TRIES: u32 = 3;

/// What a file's inode tells of its content: another content has another state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Its length in bytes.
    pub size: u64,
    /// When it was modified: epoch seconds, and nanoseconds.
    pub modified: (i64, i64),
    changed: (i64, i64),
    inode: (u64, u64),
}

impl FileState {
    /// Of a file.
    pub fn of(meta: &Metadata) -> Self {
        Self {
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            inode: (meta.dev(), meta.ino()),
        }
    }
}

/// What one reading brought.
#[derive(Debug, PartialEq, Eq)]
pub enum StableRead {
    /// All of it; it was the same before and after.
    Whole(Vec<u8>, FileState),
    /// It has so many bytes, more than wanted.
    TooLong(u64),
    /// It was changed while it was read.
    Changed,
}

/// Reads an open file, at most `cap` bytes.
pub fn read(file: &File, cap: u64) -> io::Result<StableRead> {
    let before = FileState::of(&file.metadata()?);
    if before.size > cap {
        return Ok(StableRead::TooLong(before.size));
    }
    let mut bytes = Vec::new();
    let mut all = file;
    all.by_ref().take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|n| n == before.size);
    Ok(if whole && FileState::of(&file.metadata()?) == before {
        StableRead::Whole(bytes, before)
    } else {
        StableRead::Changed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
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
        // Somebody writes on while it is read: the handle's place tells less than the length.
        let mut half = open();
        half.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(read(&half, 5).unwrap(), StableRead::Changed);
    }
}
