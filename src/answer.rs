//! Answers requests for mirrors from published data held in memory.
//!
//! - [`index`] is the snapshot (or MirrorManager2's cache) prepared for lookups; [`geo`] holds the tables of countries and
//!   autonomous systems.
//! - [`query`] parses a request, [`select`] chooses the mirrors, [`render`] writes metalinks and mirrorlists, and [`respond`]
//!   connects them.
//! - [`traffic_share`] estimates how often a mirror is part of a response.

pub(crate) mod bitset;
pub(crate) mod encode;
pub mod geo;
pub mod index;
pub mod prefix;
pub mod query;
pub(crate) mod render;
pub(crate) mod respond;
mod response_buffer;
pub mod select;
pub mod traffic_share;
mod weighted_shuffle;
