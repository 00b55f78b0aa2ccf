//! Scans the master tree: lists it ([`walk`] for a local tree, [`filelist`], or [`rsync`]), reads the details of changed directories,
//! and compares the listing with what is recorded ([`diff`]).
//!
//! A listing is complete or an error, except for directories that it reports as unreadable ([`unreadable`]). All three sources lead to the same records, except for the times that mark a change.

pub(crate) mod details;
pub(crate) mod diff;
pub(crate) mod error;
mod fetch;
pub(crate) mod filelist;
pub(crate) mod list_builder;
mod master_metadata;
pub(crate) mod rsync;
pub(crate) mod unreadable;
pub(crate) mod walk;
pub(crate) mod watch;

pub(crate) use error::ScanError;
pub(crate) use list_builder::ListingResult;
