//! Stage 4: generations, their snapshot, and the selection of mirrors.
//!
//! - [`build`] decides from the facts of the database who is listed for what, and makes the snapshot of it.
//! - [`snapshot`] is what a generation tells a server: hosts, directories, who holds what; [`mm2`] is the same in
//!   MirrorManager2's words.
//! - [`generation`] is a generation on disk, whole or not at all.
//! - [`index`] is either of them ready to answer, [`inputs`] are the tables that do not belong to a generation.
//! - [`select`] decides which mirrors a client gets, [`render`] writes the answer, [`answer`] goes the whole way from a query
//!   to it; [`share`] reckons how often a mirror is named.

pub mod answer;
pub mod build;
pub mod country;
pub mod generation;
pub mod index;
pub mod inputs;
pub mod mm2;
mod page;
pub mod prefix;
pub mod query;
pub mod render;
pub mod select;
mod sets;
pub mod share;
pub mod snapshot;
