//! Stage 4: generations, their snapshot, and the selection of mirrors.
//!
//! - [`snapshot`] is what a generation tells a server: hosts, directories, who holds what.
//! - [`generation`] is a generation on disk, whole or not at all.

pub mod generation;
pub mod snapshot;
