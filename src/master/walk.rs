//! The walk of a local tree by several lanes.
//!
//! Directories that vanish during the walk are left out: what is moved or removed meanwhile is seen by the next scan. Anything
//! else that cannot be read ends the walk with an error, because a listing with holes would look like a removal. Symbolic links
//! are recorded as such and never followed; sockets, devices and fifos do not exist for mirrors. `.~tmp~` (rsync), `.nfs*` (files
//! removed while open) and `.snapshot` (file servers) are passed over.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;
use thiserror::Error;

use crate::config::Excludes;
use crate::formats::short_list;
use crate::model::Epoch;
use crate::model::file::ShortFile;
use crate::model::listing::{DirectoryContent, KnownDirectory, Listing, ScannedDirectory};
use crate::model::names::{DirPath, escape_name};
use crate::sys::signals::Stop;

mod lanes;
mod repomd;

/// The directory that holds a repository's metadata.
const REPODATA: &[u8] = b"repodata";

/// Why there is no listing.
#[derive(Debug, Error)]
pub enum WalkError {
    /// The top is not there, or no directory.
    #[error(
        "cannot read the tree {path}: {why}; check `path` of the category in the config, and that the file system is mounted"
    )]
    Top {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        why: Errno,
    },
    /// Something below it cannot be read.
    #[error(
        "cannot read {path}: {why}; nothing was written. Let the scanner read it (its group), or name it under `exclude` of the \
         category"
    )]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        why: Errno,
    },
    /// Somebody asked for the end, or the time was up.
    #[error("stopped before the walk of {0} was done; nothing of it was written")]
    Stopped(PathBuf),
    /// A lane died.
    #[error("a part of the walk of {0} broke off; nothing was written")]
    Broken(PathBuf),
}

/// What a walk gives.
#[derive(Debug)]
pub struct Walked {
    /// The listing.
    pub listing: Listing,
    /// What was not as it should be, by path: recorded without details.
    pub warnings: BTreeMap<DirPath, String>,
}

/// A walk to be made.
pub struct Walk<'a> {
    /// The category's top.
    pub root: &'a Path,
    /// Directories that are left alone.
    pub excludes: &'a Excludes,
    /// What is known: the content of a directory whose time is as before is not read again.
    pub known: &'a BTreeMap<DirPath, KnownDirectory>,
    /// How many directories are read at the same time.
    pub lanes: usize,
    /// Asked now and then.
    pub stop: &'a Stop,
    /// Told how many directories were read so far.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("root", &self.root)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}

/// A directory to read.
struct Task {
    path: DirPath,
    /// Whether all directories above it are readable to the world.
    open_above: bool,
}

/// A directory that was read.
struct Visited {
    path: DirPath,
    directory: ScannedDirectory,
    warning: Option<String>,
}

/// What a directory held: its entries by kind.
#[derive(Default)]
struct Entries {
    directories: Vec<Vec<u8>>,
    /// Regular files and symbolic links.
    files: Vec<Vec<u8>>,
}

impl Walk<'_> {
    /// Lists the tree. `taken_at` = now.
    pub fn run(&self, taken_at: Epoch) -> Result<Walked, WalkError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(self.root, flags, Mode::empty()).map_err(|why| WalkError::Top {
            path: self.root.to_owned(),
            why,
        })?;
        let seen = AtomicU64::new(0);
        let top = Task {
            path: DirPath::top(),
            open_above: true,
        };
        let all = lanes::run(self.lanes, top, |task, found| {
            if self.stop.asked() {
                return Err(WalkError::Stopped(self.root.to_owned()));
            }
            let n = seen.fetch_add(1, Ordering::Relaxed) + 1;
            if n.is_multiple_of(256) {
                (self.progress)(n);
            }
            self.visit(root.as_fd(), task, found)
        })
        .map_err(|e| e.unwrap_or_else(|| WalkError::Broken(self.root.to_owned())))?;
        (self.progress)(seen.load(Ordering::Relaxed));
        let (mut directories, mut warnings) = (BTreeMap::new(), BTreeMap::new());
        for visited in all {
            if let Some(warning) = visited.warning {
                warnings.insert(visited.path.clone(), warning);
            }
            directories.insert(visited.path, visited.directory);
        }
        Ok(Walked {
            listing: Listing { taken_at, directories },
            warnings,
        })
    }

    /// Reads one directory; the ones in it are put into `found`.
    fn visit(&self, root: BorrowedFd<'_>, task: Task, found: &mut Vec<Task>) -> Result<Option<Visited>, WalkError> {
        let Some((mut dir, stat)) = self.checked(&task.path, None, open_dir(root, &task.path))? else {
            return Ok(None);
        };
        let readable = task.open_above && stat.st_mode & 0o005 == 0o005;
        let ctime = changed_at(&stat);
        let Some(entries) = self.checked(&task.path, None, read_entries(&mut dir))? else {
            return Ok(None);
        };
        let before = self.known.get(&task.path);
        let same = before.is_some_and(|k| k.ctime == ctime && !k.wants_scan);
        let repodata = is_repodata(self.root, &task.path);
        let fd = dir.fd();
        let Some(fd) = self.checked(&task.path, None, fd)? else {
            return Ok(None);
        };
        let mut warning = None;
        let content = if same && !(repodata && repomd::differs(fd, before.and_then(|k| k.repomd))) {
            None
        } else {
            let content = self.content(fd, &task.path, &entries.files, repodata, &mut warning)?;
            Some(content)
        };
        for name in &entries.directories {
            if let Ok(path) = task.path.child(name)
                && !self.excludes.names(&path)
            {
                found.push(Task {
                    path,
                    open_above: readable,
                });
            }
        }
        Ok(Some(Visited {
            path: task.path,
            directory: ScannedDirectory {
                readable,
                ctime,
                content,
            },
            warning,
        }))
    }

    /// The short list of a directory and, if it is a `repodata`, the details of its `repomd.xml`.
    fn content(
        &self,
        fd: BorrowedFd<'_>,
        path: &DirPath,
        names: &[Vec<u8>],
        repodata: bool,
        warning: &mut Option<String>,
    ) -> Result<DirectoryContent, WalkError> {
        let mut content = DirectoryContent::default();
        for name in names.iter().filter(|n| !short_list::is_transfer(n)) {
            let found = statat(fd, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW);
            let Some(stat) = self.checked(path, Some(name), found)? else {
                continue;
            };
            let size = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => u64::try_from(stat.st_size).ok(),
                FileType::Symlink => None,
                // Replaced since it was listed.
                FileType::Directory
                | FileType::Fifo
                | FileType::Socket
                | FileType::CharacterDevice
                | FileType::BlockDevice
                | FileType::Unknown => continue,
            };
            content.files.push(ShortFile {
                name: escape_name(name),
                size,
                timestamp: stat.st_mtime,
            });
        }
        content.files = short_list::of(content.files);
        if repodata {
            match self.checked(path, Some(repomd::NAME), repomd::read(fd))? {
                None | Some(repomd::Repomd::Absent) => {}
                Some(repomd::Repomd::Read { detail, modified }) => {
                    // What is compared next time is what was hashed, not what lay there a moment before.
                    for file in content.files.iter_mut().filter(|f| f.name == detail.filename) {
                        (file.size, file.timestamp) = (Some(detail.size), modified);
                    }
                    content.details.push(detail);
                }
                Some(repomd::Repomd::Unusable(why)) => {
                    let full = self.full(path, Some(repomd::NAME));
                    *warning = Some(format!("{}: {why}", full.display()));
                }
            }
        }
        Ok(content)
    }

    /// What a look at the file system gave: `None` when the thing vanished meanwhile, an error for any other trouble.
    fn checked<T>(&self, path: &DirPath, name: Option<&[u8]>, got: Result<T, Errno>) -> Result<Option<T>, WalkError> {
        match got {
            Ok(value) => Ok(Some(value)),
            // Gone, or something else in its place; the top itself must stay.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE) if !path.is_top() || name.is_some() => {
                Ok(None)
            }
            Err(why) => Err(WalkError::Unreadable {
                path: self.full(path, name),
                why,
            }),
        }
    }

    fn full(&self, path: &DirPath, name: Option<&[u8]>) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        let mut full = self.root.to_owned();
        if !path.is_top() {
            full.push(std::ffi::OsStr::from_bytes(&path.to_bytes()));
        }
        if let Some(name) = name {
            full.push(std::ffi::OsStr::from_bytes(name));
        }
        full
    }
}

/// Whether a directory is named `repodata`; the top is named by the config.
fn is_repodata(root: &Path, path: &DirPath) -> bool {
    if path.is_top() {
        root.file_name().is_some_and(|n| n == "repodata")
    } else {
        path.file_name().as_bytes() == REPODATA
    }
}

/// Opens a directory below the root, not through a symbolic link, and looks at it before its entries are read: a change that
/// happens later shows in a later time.
fn open_dir(root: BorrowedFd<'_>, path: &DirPath) -> Result<(Dir, Stat), Errno> {
    let raw = path.to_bytes();
    let relative: &[u8] = if raw.is_empty() { b"." } else { &raw };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd: OwnedFd = openat(root, relative, flags, Mode::empty())?;
    let stat = fstat(&fd)?;
    Ok((Dir::new(fd)?, stat))
}

/// The time by which a change is noticed.
fn changed_at(stat: &Stat) -> i64 {
    stat.st_ctime.max(stat.st_mtime)
}

fn read_entries(dir: &mut Dir) -> Result<Entries, Errno> {
    let mut entries = Entries::default();
    let mut unknown = Vec::new();
    while let Some(entry) = dir.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if is_passed_over(entry.file_name()) {
            continue;
        }
        match entry.file_type() {
            FileType::Directory => entries.directories.push(name.to_vec()),
            FileType::RegularFile | FileType::Symlink => entries.files.push(name.to_vec()),
            FileType::Unknown => unknown.push(name.to_vec()),
            FileType::Fifo | FileType::Socket | FileType::CharacterDevice | FileType::BlockDevice => {}
        }
    }
    // Some file systems do not tell kinds in their listings.
    for name in unknown {
        match statat(dir.fd()?, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => entries.directories.push(name),
            Ok(_) => entries.files.push(name),
            Err(Errno::NOENT) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(entries)
}

fn is_passed_over(name: &CStr) -> bool {
    let name = name.to_bytes();
    matches!(name, b"." | b".." | b".~tmp~" | b".snapshot") || name.starts_with(b".nfs")
}

#[cfg(test)]
mod tests;
