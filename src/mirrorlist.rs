//! Stage 4: generations, their snapshot, and the selection of mirrors.
//!
//! - [`snapshot`] is what a generation tells a server: hosts, directories, who holds what.
//! - [`build`] decides from the facts of the database who is listed for what, and makes the snapshot of it.
//! - [`generation`] is a generation on disk, whole or not at all.

pub mod build;
pub mod generation;
pub mod snapshot;
