//! Atomic replacement of files and links.
//!
//! The temporary file for `NAME` is called `.NAME.new-PID.*`. A process that is killed leaves it; the next one that writes `NAME`
//! removes it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::process;

/// Writes `bytes` to `path` with a temporary file, fsync, rename and fsync of the directory. `mode` has the permissions, such as
/// `0o644`.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let file = temporary(path, bytes, mode)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_dir(parent(path))
}

/// Like [`write()`], but without fsync: the file may be lost in a power failure.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    temporary(path, bytes, mode)?.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Appends `bytes` to a file that is open for appending. On failure, such as a full disk, no part of them remains.
pub(crate) fn append(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    let size = file.metadata()?.len();
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                let written = u64::try_from(bytes.len() - rest.len()).unwrap_or(0);
                // Not if another process has appended meanwhile.
                if written > 0 && file.metadata()?.len() == size + written {
                    file.set_len(size)?;
                }
                return Err(e);
            }
        }
    }
    Ok(())
}

/// Writes `bytes` to a temporary file in the directory of `path`.
pub(crate) fn temporary(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let prefix = leftover_prefix(path);
    remove_leftovers(parent(path), &prefix);
    let mut file = tempfile::Builder::new()
        .prefix(&format!("{prefix}{}.", std::process::id()))
        .tempfile_in(parent(path))?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// The beginning of the names of temporary files for `path`; the process ID follows.
fn leftover_prefix(path: &Path) -> String {
    format!(".{}.new-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Removes the files and directories whose names have `prefix` and the PID of a process that is gone. One that cannot be removed stays.
pub(crate) fn remove_leftovers(dir: &Path, prefix: &str) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_leftover = |name: &str| {
        let pid = name.strip_prefix(prefix).and_then(|rest| rest.split('.').next());
        pid.and_then(|pid| pid.parse().ok())
            .is_some_and(|pid| process::stat(pid).is_none())
    };
    for entry in entries.filter(|e| e.file_name().to_str().is_some_and(is_leftover)) {
        let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
        drop(if is_dir {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        });
    }
}

/// Points the symbolic link `link` to `target` atomically; an existing file at `link` is replaced.
pub fn switch_link(link: &Path, target: &Path) -> io::Result<()> {
    let dir = parent(link);
    let prefix = leftover_prefix(link);
    remove_leftovers(dir, &prefix);
    let temporary = tempfile::Builder::new()
        .prefix(&format!("{prefix}{}.", std::process::id()))
        .make_in(dir, |p| std::os::unix::fs::symlink(target, p))?;
    std::fs::rename(temporary.path(), link)?;
    // The temporary name no longer exists, so nothing is to be removed.
    drop(temporary.into_temp_path().keep());
    sync_dir(dir)
}

/// Makes created and renamed entries of `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    let fd = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::fsync(fd)?;
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_without_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        // One of a process that is gone, one of this process, and another file.
        let gone = dir.path().join(format!(".f.new-{}.x", u32::MAX));
        let own = dir.path().join(format!(".f.new-{}.x", std::process::id()));
        for other in [&gone, &own, &dir.path().join(".f.new-notes")] {
            std::fs::write(other, "half").unwrap();
        }
        write(&path, b"one", 0o644).unwrap();
        assert!(!gone.exists() && own.exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
        std::fs::remove_file(own).unwrap();
        std::fs::remove_file(dir.path().join(".f.new-notes")).unwrap();
        write(&path, b"two", 0o600).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_are_switched_without_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("current");
        let gone = dir.path().join(format!(".current.new-{}.x", u32::MAX));
        std::os::unix::fs::symlink("c", gone).unwrap();
        for target in ["a", "b"] {
            switch_link(&link, Path::new(target)).unwrap();
            assert_eq!(std::fs::read_link(&link).unwrap(), Path::new(target));
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
