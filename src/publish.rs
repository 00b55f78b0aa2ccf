//! Decides which hosts are listed for which directories, and writes that as a generation.
//!
//! - [`policy`] computes the publication from the registry, the inventories and the limits of the config. Pure.
//! - [`guard`] retains hosts that a repository lost in a mass loss.
//! - [`diff`] compares two snapshots.
//! - [`writer`] writes a generation atomically and makes it current.

mod build_snapshot;
pub(crate) mod diff;
pub(crate) mod guard;
mod ordinals;
pub mod policy;
pub(crate) mod retained;
pub mod writer;

#[cfg(test)]
pub(crate) mod tests;
