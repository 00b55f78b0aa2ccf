//! Stage 4: generations, their snapshot, and the selection of mirrors.
//!
//! - [`publish_policy`] decides from the facts of the database who is listed for what, and makes the snapshot of it.
//! - [`snapshot`] is what a generation tells a server: hosts, directories, who holds what; [`mm2_cache`] is the same in
//!   MirrorManager2's words.
//! - [`generation`] is a generation on disk, whole or not at all.
//! - [`index`] is either of them ready to answer, [`geo`] are the tables that do not belong to a generation.
//! - [`select`] decides which mirrors a client gets, [`render`] writes the answer, [`respond`] goes the whole way from a query
//!   to it; [`traffic_share`] reckons how often a mirror is named.

mod bitset;
pub mod country;
pub mod generation;
pub mod geo;
pub mod index;
pub mod mm2_cache;
pub mod prefix;
pub mod publish_policy;
pub mod query;
pub mod render;
pub mod respond;
mod response_buffer;
pub mod select;
pub mod snapshot;
pub mod traffic_share;
