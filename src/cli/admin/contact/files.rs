//! The search for an address in files that programs write, such as logs and backups.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::sys::regular_file;

/// The bytes that are searched at once.
const CHUNK: usize = 1 << 20;
/// Directories below the ones that are searched.
const MAX_DEPTH: u32 = 4;
/// The magic numbers of compressed files: gzip, xz, zstd, bzip2.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh"];

/// The result of a search.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FoundFiles {
    /// Files that have the address.
    pub found: Vec<PathBuf>,
    /// Files that could not be searched, each with the reason.
    pub not_searched: Vec<String>,
}

/// Searches all files below directories. An empty or missing directory has none; links are not followed.
pub(super) fn find_in_files(dirs: &[&Path], address: &str) -> FoundFiles {
    let mut out = FoundFiles::default();
    for dir in dirs.iter().filter(|dir| !dir.as_os_str().is_empty()) {
        search_dir(dir, address.to_ascii_lowercase().as_bytes(), MAX_DEPTH, &mut out);
    }
    out.found.sort();
    out.not_searched.sort();
    out
}

fn search_dir(dir: &Path, address: &[u8], depth: u32, out: &mut FoundFiles) {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return,
        Err(e) => return out.not_searched.push(format!("{}: {e}", dir.display())),
    };
    for entry in entries {
        let (path, kind) = match entry.and_then(|e| Ok((e.path(), e.file_type()?))) {
            Ok(entry) => entry,
            Err(e) => {
                out.not_searched.push(format!("{}: {e}", dir.display()));
                continue;
            }
        };
        if kind.is_dir() && depth > 0 {
            search_dir(&path, address, depth - 1, out);
        } else if kind.is_file() {
            let found = regular_file::open(&path).and_then(|(file, _)| contains(file, address));
            match found {
                Ok(true) => out.found.push(path),
                Ok(false) => {}
                // A job may have removed it meanwhile.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => out.not_searched.push(format!("{}: {e}", path.display())),
            }
        }
    }
}

/// Searches an address in lower case. An address that contains it counts, too: the caller only names the file.
fn contains(mut file: File, address: &[u8]) -> io::Result<bool> {
    let mut window = Vec::new();
    let mut is_first = true;
    loop {
        let read = (&mut file)
            .take(u64::try_from(CHUNK).unwrap_or(u64::MAX))
            .read_to_end(&mut window)?;
        if is_first && COMPRESSED.iter().any(|magic| window.starts_with(magic)) {
            return Err(io::Error::other(
                "it is compressed; search it with zgrep -i, xzgrep or zstdgrep",
            ));
        }
        is_first = false;
        window.make_ascii_lowercase();
        if memchr::memmem::find(&window, address).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // The address may continue in the next part.
        let kept = window.len().min(address.len().saturating_sub(1));
        window.drain(..window.len() - kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_at_any_depth_and_across_parts() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            path
        };
        let split = [vec![b'x'; CHUNK - 3], b"Jo@Example.org".to_vec()].concat();
        let found = [write("a/b/split.log", &split), write("c.log", b"to jo@example.org.")];
        write("d.log", b"jo at example.org");
        write("empty", b"");
        let compressed = write("e.gz", b"\x1f\x8b\x08");
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
        let result = find_in_files(
            &[dir.path(), Path::new(""), Path::new("/nonexistent")],
            "jo@EXAMPLE.org",
        );
        assert_eq!(result.found, found);
        assert_eq!(result.not_searched.len(), 1, "{result:?}");
        assert!(result.not_searched[0].starts_with(&compressed.display().to_string()));
    }
}
