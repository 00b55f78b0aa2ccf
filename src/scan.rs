//! Stage 1: the master tree. A listing (by [`walk`]ing a local tree, from a [`filelist`] or from [`rsync`]), what it says of each
//! directory, and what that changes ([`diff`]).
//!
//! A listing is whole or none. Where it comes from makes no difference to what is recorded, but for the times by which a change
//! is noticed.

pub mod details;
pub mod diff;
pub mod error;
mod fetch;
pub mod filelist;
pub mod list_builder;
pub mod rsync;
pub mod walk;
pub mod watch;

pub use error::ScanError;
pub use list_builder::ListingResult;
