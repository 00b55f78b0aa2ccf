//! Single files of the master, from a local tree or over HTTP(S).
//!
//! A file that changes while it is read is read again, and reported as unusable after a few attempts.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};
use rustix::io::Errno;
use thiserror::Error;

use crate::model::names::{DirPath, encode_url_path};
use crate::sys::http::{Agent, FetchError, HttpResponse};
use crate::sys::stable_read::{self, StableRead, TRIES};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadOutcome {
    /// It does not exist, or is not a regular file.
    Absent,
    /// It was read completely.
    Read {
        bytes: Vec<u8>,
        /// The modification time in epoch seconds, if known.
        modified: Option<i64>,
    },
    /// It exists, but cannot be used for this reason.
    Unusable(String),
}

/// The reason why the existence of a file is unknown.
#[derive(Debug, Error)]
pub(crate) enum OriginError {
    #[error("cannot read {path}: {why}")]
    Local { path: PathBuf, why: Errno },
    #[error("cannot read {url}: {why}")]
    Fetch { url: String, why: FetchError },
    /// The server answered with another status than that of an existing or missing file.
    #[error("cannot read {url}: status {status}")]
    Status { url: String, status: u16 },
}

impl OriginError {
    /// True if the file may not be read, which says nothing about other files.
    pub(crate) const fn is_refusal(&self) -> bool {
        match self {
            Self::Local { why, .. } => matches!(*why, Errno::ACCESS | Errno::PERM),
            Self::Status { status, .. } => matches!(*status, 401 | 403),
            Self::Fetch { .. } => false,
        }
    }
}

/// The source of the files of a category.
#[derive(Debug, Clone)]
pub(crate) enum MasterSource {
    Local(PathBuf),
    /// The URL of the top directory, without a trailing slash.
    Web {
        agent: Agent,
        base: String,
    },
}

impl MasterSource {
    /// The local tree `path`, or else the URL `files_url`; `None` if both are empty.
    pub(crate) fn from_config(path: &Path, files_url: &str, agent: &Agent) -> Option<Self> {
        if path.as_os_str().is_empty() {
            (!files_url.is_empty()).then(|| Self::Web {
                agent: agent.clone(),
                base: files_url.trim_end_matches('/').to_owned(),
            })
        } else {
            Some(Self::Local(path.to_owned()))
        }
    }

    /// Reads a file in the directory `dir`, at most `cap` bytes. `name` is one path component in raw bytes.
    pub(crate) fn read(
        &self,
        dir: &DirPath,
        name: &[u8],
        cap: u64,
        deadline: Option<Instant>,
    ) -> Result<ReadOutcome, OriginError> {
        match self {
            Self::Local(top) => read_local(top, dir, name, |below| read_at(below, name, cap))
                .map(|found| found.unwrap_or(ReadOutcome::Absent)),
            Self::Web { agent, base } => fetch(agent, url_of(base, dir, name), cap, deadline),
        }
    }

    /// Returns the length of a file in bytes; `None` if it does not exist. Arguments as in [`MasterSource::read`].
    pub(crate) fn length(
        &self,
        dir: &DirPath,
        name: &[u8],
        deadline: Option<Instant>,
    ) -> Result<Option<u64>, OriginError> {
        match self {
            Self::Local(top) => {
                let length = |below: BorrowedFd<'_>| match statat(below, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => Ok(is_file(&stat).then_some(identity(&stat).0)),
                    Err(Errno::NOENT) => Ok(None),
                    Err(why) => Err(why),
                };
                read_local(top, dir, name, length).map(Option::flatten)
            }
            Self::Web { agent, base } => {
                let url = url_of(base, dir, name);
                match agent.head(&url, deadline) {
                    Ok(answer) => match (answer.status, answer.content_length) {
                        (404 | 410, _) => Ok(None),
                        (200, Some(length)) => Ok(Some(length)),
                        (status, _) => Err(OriginError::Status { url, status }),
                    },
                    Err(why) => Err(OriginError::Fetch { url, why }),
                }
            }
        }
    }
}

/// Applies `read` to a directory below `top`; `None` if that does not exist. An error names the file `name` in it.
fn read_local<T>(
    top: &Path,
    dir: &DirPath,
    name: &[u8],
    read: impl FnOnce(BorrowedFd<'_>) -> Result<T, Errno>,
) -> Result<Option<T>, OriginError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(CWD, top, flags, Mode::empty()).and_then(|top| open_beneath(top.as_fd(), dir));
    let found = opened.and_then(|below| below.map(|below| read(below.as_fd())).transpose());
    found.map_err(|why| OriginError::Local {
        path: [
            top.as_os_str(),
            OsStr::from_bytes(&dir.to_bytes()),
            OsStr::from_bytes(name),
        ]
        .iter()
        .collect(),
        why,
    })
}

fn url_of(base: &str, dir: &DirPath, name: &[u8]) -> String {
    if dir.is_top() {
        format!("{base}/{}", encode_url_path(name))
    } else {
        format!("{base}/{}/{}", dir.to_url_path(), encode_url_path(name))
    }
}

/// Opens a directory below `top`, without following symbolic links; `None` if it does not exist.
pub(crate) fn open_beneath(top: BorrowedFd<'_>, dir: &DirPath) -> Result<Option<OwnedFd>, Errno> {
    let raw = dir.to_bytes();
    let relative: &[u8] = if raw.is_empty() { b"." } else { &raw };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match openat2(top, relative, flags, Mode::empty(), resolve) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE) => Ok(None),
        Err(e) => Err(e),
    }
}

fn fetch(agent: &Agent, url: String, cap: u64, deadline: Option<Instant>) -> Result<ReadOutcome, OriginError> {
    match agent.get(&url, cap, deadline) {
        Ok(HttpResponse { status, body, .. }) => match status {
            200 => Ok(ReadOutcome::Read {
                bytes: body,
                modified: None,
            }),
            404 | 410 => Ok(ReadOutcome::Absent),
            status => Err(OriginError::Status { url, status }),
        },
        Err(FetchError::TooLarge(cap)) => Ok(ReadOutcome::Unusable(too_long(None, cap))),
        Err(why) => Err(OriginError::Fetch { url, why }),
    }
}

fn too_long(size: Option<u64>, cap: u64) -> String {
    let has = size.map_or_else(|| "is larger".to_owned(), |size| format!("has {size} bytes, more"));
    format!("{has} than the limit of {cap} bytes; its details were not recorded")
}

pub(crate) fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// Returns size and modification time, which identify a state of the file.
pub(crate) fn identity(stat: &Stat) -> (u64, i64) {
    (u64::try_from(stat.st_size).unwrap_or(0), stat.st_mtime)
}

/// Returns the metadata of a regular file in an open directory, without following a symbolic link; `None` if there is none.
pub(crate) fn stat_at(dir: BorrowedFd<'_>, name: &[u8]) -> Option<Stat> {
    statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).ok().filter(is_file)
}

/// Reads a file in an open directory, without following a symbolic link.
pub(crate) fn read_at(dir: BorrowedFd<'_>, name: &[u8], cap: u64) -> Result<ReadOutcome, Errno> {
    for _ in 0..TRIES {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(dir, name, flags, Mode::empty()) {
            Ok(fd) => std::fs::File::from(fd),
            // A symbolic link, a socket, or nothing.
            Err(Errno::LOOP | Errno::NXIO | Errno::NOENT) => return Ok(ReadOutcome::Absent),
            Err(e) => return Err(e),
        };
        if !is_file(&fstat(&file)?) {
            return Ok(ReadOutcome::Absent);
        }
        let reading = stable_read::read(&file, cap).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        match reading {
            StableRead::Whole(bytes, state) => {
                return Ok(ReadOutcome::Read {
                    bytes,
                    modified: Some(state.modified.0),
                });
            }
            StableRead::TooLong(size) => return Ok(ReadOutcome::Unusable(too_long(Some(size), cap))),
            StableRead::Changed => {}
        }
    }
    Ok(ReadOutcome::Unusable(
        "is being written; its details are recorded by the next scan".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_below_the_top_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("tree");
        std::fs::create_dir_all(top.join("a")).unwrap();
        std::fs::write(top.join("a/f"), "text").unwrap();
        std::fs::write(dir.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink("../../secret", top.join("a/link")).unwrap();
        std::os::unix::fs::symlink("a", top.join("b")).unwrap();
        let origin = MasterSource::Local(top);
        let read = |dir: &str, name: &str, cap| origin.read(&dir.parse().unwrap(), name.as_bytes(), cap, None).unwrap();
        assert!(matches!(read("a", "f", 10), ReadOutcome::Read { bytes, modified: Some(_) } if bytes == b"text"));
        assert!(matches!(read("a", "f", 3), ReadOutcome::Unusable(why) if why.contains("4 bytes")));
        for (dir, name) in [
            ("a", "link"),
            ("b", "f"),
            ("a", "none"),
            ("none", "f"),
            ("", "a"),
            ("a/f", "x"),
        ] {
            assert_eq!(read(dir, name, 10), ReadOutcome::Absent, "{dir}/{name}");
            let length = origin.length(&dir.parse().unwrap(), name.as_bytes(), None);
            assert_eq!(length.unwrap(), None, "{dir}/{name}");
        }
        let length = |origin: &MasterSource| origin.length(&"a".parse().unwrap(), b"f", None);
        assert_eq!(length(&origin).unwrap(), Some(4));
        // A disk that is not mounted is an error.
        assert!(length(&MasterSource::Local(dir.path().join("elsewhere"))).is_err());
    }
}
