//! Answers requests for mirrors from published data held in memory.
//!
//! - [`index`] is the snapshot (or MirrorManager2's cache) prepared for lookups; [`geo`] holds the country, ASN and
//!   continent tables.
//! - [`query`] parses a request, `select` selects the mirrors, `render` writes metalinks and mirrorlists, and
//!   `respond` connects them.
//! - `traffic_share` estimates how often a mirror is part of a response.

pub(crate) mod bitset;
pub(crate) mod encode;
pub mod geo;
pub mod index;
pub(crate) mod prefix;
pub mod query;
pub(crate) mod render;
pub(crate) mod respond;
mod response_buffer;
pub(crate) mod select;
pub(crate) mod traffic_share;
mod weighted_shuffle;
