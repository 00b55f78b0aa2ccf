//! The `repomd.xml` of a directory, read and hashed while it may be rewritten.

use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use crate::formats::{digest, repomd};
use crate::model::file::ScannedDetail;
use crate::sys::stable_read::{self, Reading, TRIES};

/// Its name.
pub(super) const NAME: &[u8] = b"repomd.xml";

/// What was found.
pub(super) enum Repomd {
    /// There is none, or a symbolic link.
    Absent,
    /// It was read whole, and was the same before and after.
    Read {
        /// Its details.
        detail: ScannedDetail,
        /// Its modification time.
        modified: i64,
    },
    /// It cannot be recorded, because of this.
    Unusable(String),
}

/// Whether it is another than the one hashed last, although the directory's time is as before: it was rewritten in place.
pub(super) fn differs(dir: BorrowedFd<'_>, before: Option<(u64, i64)>) -> bool {
    let now = statat(dir, NAME, AtFlags::SYMLINK_NOFOLLOW).ok().filter(is_file);
    now.map(|s| identity(&s)) != before
}

fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

fn identity(stat: &Stat) -> (u64, i64) {
    (u64::try_from(stat.st_size).unwrap_or(0), stat.st_mtime)
}

/// Reads and hashes it.
pub(super) fn read(dir: BorrowedFd<'_>) -> Result<Repomd, Errno> {
    for _ in 0..TRIES {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(dir, NAME, flags, Mode::empty()) {
            Ok(fd) => std::fs::File::from(fd),
            // A symbolic link, a socket, or nothing.
            Err(Errno::LOOP | Errno::NXIO | Errno::NOENT) => return Ok(Repomd::Absent),
            Err(e) => return Err(e),
        };
        let before = fstat(&file)?;
        if !is_file(&before) {
            return Ok(Repomd::Absent);
        }
        let read =
            stable_read::read(&file, repomd::MAX_BYTES).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        let (bytes, state) = match read {
            Reading::Whole(bytes, state) => (bytes, state),
            Reading::Changed => continue,
            Reading::TooLong(size) => {
                return Ok(Repomd::Unusable(format!(
                    "has {size} bytes, more than the {} that a repomd.xml may have; its details were not recorded",
                    repomd::MAX_BYTES
                )));
            }
        };
        let detail = ScannedDetail {
            filename: "repomd.xml".to_owned(),
            timestamp: repomd::timestamp(&bytes),
            size: state.size,
            hashes: digest::hashes(&bytes),
        };
        let modified = state.modified.0;
        return Ok(Repomd::Read { detail, modified });
    }
    Ok(Repomd::Unusable(
        "is being written just now; its details wait for the next scan".to_owned(),
    ))
}
