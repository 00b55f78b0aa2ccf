//! Reading a small file of a tree, without leaving the tree.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open, openat};

/// Reads the file at `below`, a path of components under the directory `top`. No symbolic link below the top is followed, so
/// that nothing outside is read; neither a pipe nor a device is waited for. A file longer than `cap` is an error.
pub fn read(top: &Path, below: &[u8], cap: u64) -> io::Result<Vec<u8>> {
    // Most of what is asked for is not there: one question tells so, where opening each component would take many.
    std::fs::symlink_metadata(top.join(OsStr::from_bytes(below)))?;
    let common = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let mut at: OwnedFd = open(top, common | OFlags::DIRECTORY, Mode::empty())?;
    let mut parts = below.split(|b| *b == b'/').filter(|p| !p.is_empty()).peekable();
    while let Some(part) = parts.next() {
        if part == b".." || part == b"." {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let kind = if parts.peek().is_some() {
            OFlags::DIRECTORY
        } else {
            OFlags::empty()
        };
        at = openat(
            &at,
            OsStr::from_bytes(part),
            common | OFlags::NOFOLLOW | kind,
            Mode::empty(),
        )?;
    }
    let file = File::from(at);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    let mut bytes = Vec::new();
    let longest = cap.saturating_add(1);
    file.take(longest).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n == longest) {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_of_the_tree_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("a/b/f"), "four").unwrap();
        fs::write(dir.path().join("outside"), "secret").unwrap();
        symlink("../outside", top.join("link")).unwrap();
        symlink("..", top.join("up")).unwrap();
        assert_eq!(read(&top, b"a/b/f", 4).unwrap(), b"four");
        for (path, cap) in [
            (b"a/b/f".as_slice(), 3),
            (b"a/b", 9),
            (b"", 9),
            (b"a/b/g", 9),
            (b"link", 9),
            (b"up/outside", 9),
            (b"../outside", 9),
        ] {
            assert!(read(&top, path, cap).is_err(), "{path:?}");
        }
        assert!(read(&dir.path().join("none"), b"f", 9).is_err());
        // The top itself may be a link: the config names it.
        symlink("top", dir.path().join("alias")).unwrap();
        assert_eq!(read(&dir.path().join("alias"), b"a/b/f", 4).unwrap(), b"four");
    }
}
