//! Why there is no listing.

use std::path::PathBuf;

use rustix::io::Errno;
use thiserror::Error;

use crate::sys::child::ChildError;

/// Why there is no listing; nothing of it is written.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The top, or the subtree that is asked for, is not there, or no directory.
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
    /// A list or the output of rsync is not what it should be.
    #[error("{what} is not believed: {why}; nothing was written")]
    Refused {
        /// The list, or the address.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A list cannot be had.
    #[error("cannot read the list {what}: {why}; nothing was written")]
    NoList {
        /// The file or address.
        what: String,
        /// Why.
        why: String,
    },
    /// The rsync program did not end well.
    #[error("cannot list {what}: {why}; nothing was written")]
    Rsync {
        /// The address.
        what: String,
        /// What it said.
        why: String,
    },
    /// It could not be run to its end.
    #[error("cannot list {what}; nothing was written")]
    Child {
        /// The address.
        what: String,
        /// Why.
        #[source]
        why: ChildError,
    },
    /// Somebody asked for the end, or the time was up.
    #[error("stopped before the listing of {0} was done; nothing of it was written")]
    Stopped(String),
    /// A lane died.
    #[error("a part of the listing of {0} broke off; nothing was written")]
    Broken(String),
}
