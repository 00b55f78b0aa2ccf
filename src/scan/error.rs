//! Errors of a scan.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

use crate::sys::child::ChildError;
use crate::sys::file_error::FileError;

/// The reason why a listing failed; nothing is written.
#[derive(Debug, Error)]
pub(crate) enum ScanError {
    /// The top of the category, or the requested subtree, is missing or not a directory.
    #[error(
        "cannot read the tree {path}: {why}; check `path` of the category in the config, and that the file system is mounted"
    )]
    Top { path: PathBuf, why: Errno },
    /// A directory or file below the top cannot be read.
    #[error(
        "cannot read {path}: {why}; nothing was written. Let the scanner read it (its group), or name it under `exclude` of the \
         category"
    )]
    Unreadable { path: PathBuf, why: Errno },
    /// The disk that has the tree or the file list reports errors.
    #[error("{0}; nothing was written")]
    Faulty(#[source] FileError),
    /// A file list or the output of rsync is malformed or incomplete.
    #[error("{what} was rejected: {why}; nothing was written")]
    Rejected {
        /// The file list or rsync URL.
        what: String,
        why: String,
    },
    /// A file list cannot be opened or fetched.
    #[error("cannot read the file list {what}: {why}; nothing was written")]
    NoList {
        /// The path or URL.
        what: String,
        why: String,
    },
    /// The rsync program failed.
    #[error("cannot list {what}: {why}; nothing was written")]
    Rsync { what: String, why: String },
    /// The rsync program could not be run to completion.
    #[error("cannot list {what}; nothing was written")]
    Child {
        what: String,
        #[source]
        why: ChildError,
    },
    /// A shutdown was requested, or the deadline passed.
    #[error("stopped before the listing of {0} was complete; nothing was written")]
    Stopped(String),
    /// A worker thread panicked.
    #[error("a worker that listed {0} failed; nothing was written")]
    Broken(String),
}

impl ScanError {
    /// Returns the error for a faulty disk; `None` = `why` says something else.
    pub(super) fn faulty(path: &Path, why: Errno) -> Option<Self> {
        let error = || FileError::new("read", path, io::Error::from_raw_os_error(why.raw_os_error()));
        (why == Errno::IO).then(|| Self::Faulty(error()))
    }
}
