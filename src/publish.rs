//! Decides which hosts are listed for which directories, and writes that as a generation.
//!
//! - [`policy`] computes the publication from the registry, the inventories and the limits of the config. Pure.
//! - [`guard`] retains hosts that a repository lost in a mass loss.
//! - [`writer`] writes a generation atomically and makes it current.

#[cfg(test)]
pub(crate) mod fixture;
pub mod guard;
pub mod inverted;
mod ordinals;
pub mod policy;
pub mod repository_mirrors;
pub mod retained;
mod snapshot;
pub mod writer;
