//! Files from outside: regular files only, opened without blocking, and read up to a limit.
//!
//! A FIFO would block the reader, a device has no end, and a sparse file of a few blocks can be larger than the memory. So the type
//! and the size of a file are checked before it is read.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{OFlags, makedev};

/// Size limit of a text file that people write, such as a config, in bytes.
pub(crate) const MAX_TEXT: u64 = 16 << 20;

/// Opens a file for reading, and returns its metadata. Any other kind of file is an error, except `/dev/null`, which is an empty
/// file.
pub(crate) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    // Opening some devices has an effect, so that the type is checked before, too.
    check_type(&std::fs::metadata(path)?)?;
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    check_type(&meta)?;
    Ok((file, meta))
}

/// Reads a file of at most `limit` bytes. A larger one is an error of the kind `InvalidData`.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, meta) = open(path)?;
    let too_large = |size: u64| {
        let why = format!("the file has {size} bytes, more than the limit of {limit}");
        Err(io::Error::new(ErrorKind::InvalidData, why))
    };
    if meta.len() > limit {
        return too_large(meta.len());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(meta.len()).unwrap_or(usize::MAX))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(size) if size <= limit => Ok(bytes),
        size => too_large(size.unwrap_or(u64::MAX)),
    }
}

/// Reads a text file of at most `limit` bytes.
pub(crate) fn read_to_string(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes).map_err(|e| io::Error::new(ErrorKind::InvalidData, format!("not a text file: {e}")))
}

fn check_type(meta: &Metadata) -> io::Result<()> {
    let kind = meta.file_type();
    let is_null = kind.is_char_device() && meta.rdev() == makedev(1, 3);
    if kind.is_file() || is_null {
        return Ok(());
    }
    let name = if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(io::Error::other(format!("it is {name}; expected a regular file")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_regular_files_up_to_the_limit_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("file"), "hello").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        assert_eq!(read(&path("file"), 5).unwrap(), b"hello");
        assert_eq!(read_to_string(&path("link"), 9).unwrap(), "hello");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("fifo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
        let _listener = UnixListener::bind(path("socket")).unwrap();
        let sparse = File::create(path("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        std::fs::write(path("latin1"), b"\xe4").unwrap();
        for (file, expected) in [
            (path("file"), "5 bytes, more than the limit of 4"),
            (path("fifo"), "a FIFO"),
            (path("socket"), "a socket"),
            (path("sparse"), "1099511627776 bytes"),
            ("/dev/zero".into(), "a device"),
            (dir.path().to_owned(), "a directory"),
            (path("latin1"), "not a text file"),
        ] {
            let error = read_to_string(&file, 4).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert_eq!(read(Path::new("/dev/null"), 1).unwrap(), b"");
        assert_eq!(read(&path("none"), 1).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn files_without_a_size_are_limited_too() {
        // The size in the metadata is 0.
        let error = read(Path::new("/proc/self/status"), 10).unwrap_err();
        assert!(error.to_string().contains("more than the limit of 10"), "{error}");
    }
}
