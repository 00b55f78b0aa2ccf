//! Walks a local tree with several workers.
//!
//! Directories that vanish during the walk are left out; the next scan sees what was moved or removed meanwhile. Directories and files
//! that the permissions do not allow to read are reported, and what is recorded of them is kept. Anything else that cannot be read is
//! an error, because an incomplete listing would look like a removal. Symbolic links are recorded as such and
//! never followed; sockets, devices and fifos are ignored. `.~tmp~` (rsync), `.nfs*` (files removed while open) and `.snapshot` (file
//! servers) are ignored, and so are files that are not world-readable in directories that are.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::details::{self, PreviousDetails};
use super::unreadable::unread_directory;
use super::{ListingResult, ScanError};
use crate::config::PathFilter;
use crate::formats::file_sample;
use crate::model::Timestamp;
use crate::model::file::{REPOMD, SampledFile};
use crate::model::listing::{DirectoryContent, KnownDirectory, MasterListing, ScannedDirectory};
use crate::model::names::{DirPath, escape_name, percent_decode};
use crate::model::refused::RefusalReason;
use crate::sys::signals::ShutdownFlag;
use crate::sys::{activity, origin};

mod work_queue;

/// The inputs of a walk.
pub(crate) struct Walk<'a> {
    /// The top of the category.
    pub root: &'a Path,
    /// The recorded part of the tree.
    pub scope: &'a PathFilter,
    /// Recorded directories: the content of one whose time is unchanged is not read again.
    pub known: &'a BTreeMap<DirPath, KnownDirectory>,
    /// Number of directories that are read at the same time.
    pub workers: usize,
    pub stop: &'a ShutdownFlag,
    /// Receives the number of directories read so far.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

struct Task {
    path: DirPath,
    /// True if all directories above it are world-readable.
    parents_readable: bool,
}

struct Visited {
    path: DirPath,
    directory: ScannedDirectory,
    warning: Option<String>,
    problem: Option<ReadProblem>,
}

/// What the permissions do not allow.
enum ReadProblem {
    /// The directory cannot be listed.
    Directory(Errno),
    /// A file in it cannot be read.
    File,
}

#[derive(Default)]
struct Entries {
    directories: Vec<Vec<u8>>,
    /// Regular files and symbolic links.
    files: Vec<Vec<u8>>,
}

impl Walk<'_> {
    /// Lists the tree; `taken_at` is the current time.
    pub(crate) fn run(&self, taken_at: Timestamp) -> Result<ListingResult, ScanError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root =
            rustix::fs::open(self.root, flags, Mode::empty()).map_err(|why| self.top_error(&DirPath::top(), why))?;
        let below = self.scope.below();
        // A subtree behind a symbolic link has another name.
        let found = origin::open_beneath(root.as_fd(), below).map_err(|why| self.top_error(below, why))?;
        found.ok_or_else(|| self.top_error(below, Errno::NOENT))?;
        let visited_count = AtomicU64::new(0);
        let top = Task {
            path: below.clone(),
            parents_readable: self.parents_readable(root.as_fd())?,
        };
        let all = work_queue::run(self.workers, top, |task, found| {
            if self.stop.is_requested() {
                return Err(ScanError::Stopped(self.root.display().to_string()));
            }
            let n = visited_count.fetch_add(1, Ordering::Relaxed) + 1;
            activity::record_progress();
            if n.is_multiple_of(256) {
                (self.progress)(n);
            }
            self.visit(root.as_fd(), task, found)
        })
        .map_err(|e| e.unwrap_or_else(|| ScanError::Broken(self.root.display().to_string())))?;
        (self.progress)(visited_count.load(Ordering::Relaxed));
        let (mut directories, mut warnings) = (BTreeMap::new(), BTreeMap::new());
        let (mut unreadable, mut unread) = (BTreeMap::new(), 0);
        for visited in all {
            match visited.problem {
                Some(ReadProblem::Directory(why)) => _ = unreadable.insert(visited.path.clone(), why.to_string()),
                Some(ReadProblem::File) => unread += 1,
                None => {}
            }
            if let Some(warning) = visited.warning {
                warnings.insert(visited.path.clone(), warning);
            }
            directories.insert(visited.path, visited.directory);
        }
        if !self.scope.includes_all() {
            directories = self.included(directories);
        }
        Ok(ListingResult {
            listing: MasterListing { taken_at, directories },
            warnings,
            unread,
            unreadable,
        })
    }

    /// Keeps the included directories and those above them.
    fn included(&self, mut all: BTreeMap<DirPath, ScannedDirectory>) -> BTreeMap<DirPath, ScannedDirectory> {
        let mut out = BTreeMap::new();
        let mut next: Vec<DirPath> = all.keys().filter(|p| self.scope.matches(p)).cloned().collect();
        next.push(self.scope.below().clone());
        while let Some(path) = next.pop() {
            if let Some(directory) = all.remove(&path) {
                next.extend(path.parent());
                out.insert(path, directory);
            }
        }
        out
    }

    /// True if the directories above the subtree are world-readable.
    fn parents_readable(&self, root: BorrowedFd<'_>) -> Result<bool, ScanError> {
        let mut open = true;
        for above in std::iter::successors(self.scope.below().parent(), DirPath::parent) {
            let (_, stat) = open_dir(root, &above).map_err(|why| self.top_error(&above, why))?;
            open &= is_world_readable(&stat);
        }
        Ok(open)
    }

    fn top_error(&self, path: &DirPath, why: Errno) -> ScanError {
        let path = self.full(path, None);
        ScanError::faulty(&path, why).unwrap_or(ScanError::Top { path, why })
    }

    /// Reads one directory; its subdirectories are added to `found`.
    fn visit(&self, root: BorrowedFd<'_>, task: Task, found: &mut Vec<Task>) -> Result<Option<Visited>, ScanError> {
        let read = open_dir(root, &task.path).and_then(|(mut dir, stat)| Ok((stat, read_entries(&mut dir)?, dir)));
        if let Err(why @ (Errno::ACCESS | Errno::PERM)) = read
            && task.path != *self.scope.below()
        {
            return Ok(Some(self.unreadable(root, task, why)));
        }
        let Some((stat, entries, dir)) = self.unless_vanished(&task.path, None, read)? else {
            return Ok(None);
        };
        let readable = task.parents_readable && is_world_readable(&stat);
        let ctime = changed_at(&stat);
        let before = self.known.get(&task.path);
        // A directory from another source has a fingerprint, and other times.
        let same = before
            .is_some_and(|k| k.ctime == ctime && k.readable == readable && k.fingerprint.is_none() && !k.needs_scan);
        let repodata = details::is_repodata(&task.path);
        let Some(fd) = self.unless_vanished(&task.path, None, dir.fd())? else {
            return Ok(None);
        };
        let (mut warning, mut problem) = (None, None);
        let content = if same && !(repodata && repomd_differs(fd, readable, before.and_then(|k| k.repomd))) {
            None
        } else {
            let content = self.content(fd, &task.path, readable, &entries.files, &mut warning);
            let content = content
                .and_then(|content| self.reread_if_incomplete(root, &task.path, readable, content, &mut warning));
            match content {
                Ok(content) => Some(content),
                Err(ScanError::Unreadable {
                    path,
                    why: why @ (Errno::ACCESS | Errno::PERM),
                }) => {
                    let file = path.display();
                    warning = Some(format!(
                        "cannot read {file}: {why}; what is recorded of its directory is kept"
                    ));
                    problem = Some(ReadProblem::File);
                    None
                }
                Err(why) => return Err(why),
            }
        };
        for name in &entries.directories {
            if let Ok(path) = task.path.child(name)
                && !self.scope.excludes(&path)
            {
                found.push(Task {
                    path,
                    parents_readable: readable,
                });
            }
        }
        let directory = ScannedDirectory {
            readable,
            ctime,
            fingerprint: None,
            content,
        };
        Ok(Some(Visited {
            path: task.path,
            directory: if problem.is_some() {
                unread_directory(readable)
            } else {
                directory
            },
            warning,
            problem,
        }))
    }

    /// Reads a directory once more if its `repomd.xml` names files that it lacks: the master may have replaced it after the names of
    /// the directory were read.
    fn reread_if_incomplete(
        &self,
        root: BorrowedFd<'_>,
        path: &DirPath,
        readable: bool,
        content: DirectoryContent,
        warning: &mut Option<String>,
    ) -> Result<DirectoryContent, ScanError> {
        if content
            .refused
            .as_ref()
            .is_none_or(|r| r.reason != RefusalReason::MasterIncomplete)
        {
            return Ok(content);
        }
        let read = open_dir(root, path).and_then(|(mut dir, _)| Ok((read_entries(&mut dir)?, dir)));
        let Some((entries, dir)) = self.unless_vanished(path, None, read)? else {
            return Ok(content);
        };
        let Some(fd) = self.unless_vanished(path, None, dir.fd())? else {
            return Ok(content);
        };
        self.content(fd, path, readable, &entries.files, warning)
    }

    /// A directory that the scanner may not list, such as a staged one of another group.
    fn unreadable(&self, root: BorrowedFd<'_>, task: Task, why: Errno) -> Visited {
        // Its mode is unknown if the directory above cannot be searched.
        let stat = statat(root, task.path.to_bytes().as_slice(), AtFlags::SYMLINK_NOFOLLOW);
        let was_readable = || self.known.get(&task.path).is_some_and(|d| d.readable);
        let readable = task.parents_readable && stat.map_or_else(|_| was_readable(), |stat| is_world_readable(&stat));
        Visited {
            path: task.path,
            directory: unread_directory(readable),
            warning: None,
            problem: Some(ReadProblem::Directory(why)),
        }
    }

    /// Returns the file sample of a directory and the details of its files.
    fn content(
        &self,
        fd: BorrowedFd<'_>,
        path: &DirPath,
        readable: bool,
        names: &[Vec<u8>],
        warning: &mut Option<String>,
    ) -> Result<DirectoryContent, ScanError> {
        let mut files = Vec::new();
        for name in names.iter().filter(|n| !file_sample::is_partial_transfer(n)) {
            let found = statat(fd, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW);
            let Some(stat) = self.unless_vanished(path, Some(name), found)? else {
                continue;
            };
            let size = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile if is_served(&stat, readable) => u64::try_from(stat.st_size).ok(),
                FileType::Symlink => None,
                // Not world-readable, or replaced since it was listed.
                FileType::RegularFile
                | FileType::Directory
                | FileType::Fifo
                | FileType::Socket
                | FileType::CharacterDevice
                | FileType::BlockDevice
                | FileType::Unknown => continue,
            };
            files.push(SampledFile {
                name: escape_name(name),
                size,
                timestamp: stat.st_mtime,
            });
        }
        let before = PreviousDetails {
            repodata: details::is_repodata(path),
            listed: None,
            stored: &[],
        };
        let found = details::read_details(&mut files, &before, &mut |name, cap| {
            let name = percent_decode(name);
            let outcome = self.unless_vanished(path, Some(&name), origin::read_at(fd, &name, cap))?;
            Ok::<_, ScanError>(outcome.unwrap_or(origin::ReadOutcome::Absent))
        })?;
        if !found.warnings.is_empty() {
            *warning = Some(format!(
                "{}/{}",
                self.full(path, None).display(),
                found.warnings.join("; ")
            ));
        }
        Ok(DirectoryContent {
            files: file_sample::select(files),
            details: found.files,
            refused: found.refused,
        })
    }

    /// Returns the result of a system call; `None` if the file or directory vanished meanwhile.
    fn unless_vanished<T>(
        &self,
        path: &DirPath,
        name: Option<&[u8]>,
        got: Result<T, Errno>,
    ) -> Result<Option<T>, ScanError> {
        match got {
            Ok(value) => Ok(Some(value)),
            // Removed or replaced; only the top must exist.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE)
                if path != self.scope.below() || name.is_some() =>
            {
                Ok(None)
            }
            Err(why) => {
                let path = self.full(path, name);
                Err(ScanError::faulty(&path, why).unwrap_or(ScanError::Unreadable { path, why }))
            }
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

/// True if mirrors can have a file; files of a directory that is not yet open (`readable`) are recorded for its opening.
fn is_served(stat: &Stat, readable: bool) -> bool {
    !readable || stat.st_mode & 0o004 != 0
}

/// True if `repomd.xml` differs from the one hashed last although the time of its directory is unchanged: it was rewritten in
/// place.
fn repomd_differs(dir: BorrowedFd<'_>, readable: bool, before: Option<(u64, i64)>) -> bool {
    let now = origin::stat_at(dir, REPOMD.as_bytes()).filter(|stat| is_served(stat, readable));
    now.map(|s| origin::identity(&s)) != before
}

/// True if everyone may list and enter a directory.
fn is_world_readable(stat: &Stat) -> bool {
    stat.st_mode & 0o005 == 0o005
}

/// Opens a directory below the root, not through a symbolic link, and reads its status before its entries, so that a later change
/// has a later time.
fn open_dir(root: BorrowedFd<'_>, path: &DirPath) -> Result<(Dir, Stat), Errno> {
    let raw = path.to_bytes();
    let relative: &[u8] = if raw.is_empty() { b"." } else { &raw };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let fd: OwnedFd = openat(root, relative, flags, Mode::empty())?;
    let stat = fstat(&fd)?;
    Ok((Dir::new(fd)?, stat))
}

/// The time that marks a change.
fn changed_at(stat: &Stat) -> i64 {
    stat.st_ctime.max(stat.st_mtime)
}

fn read_entries(dir: &mut Dir) -> Result<Entries, Errno> {
    let mut entries = Entries::default();
    let mut unknown = Vec::new();
    while let Some(entry) = dir.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if is_ignored(entry.file_name()) {
            continue;
        }
        match entry.file_type() {
            FileType::Directory => entries.directories.push(name.to_vec()),
            FileType::RegularFile | FileType::Symlink => entries.files.push(name.to_vec()),
            FileType::Unknown => unknown.push(name.to_vec()),
            FileType::Fifo | FileType::Socket | FileType::CharacterDevice | FileType::BlockDevice => {}
        }
    }
    // Some file systems do not report file types in listings.
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

fn is_ignored(name: &CStr) -> bool {
    let name = name.to_bytes();
    matches!(name, b"." | b"..") || file_sample::is_ignored(name)
}

#[cfg(test)]
mod tests;
