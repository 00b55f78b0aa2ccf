//! Stage 4: generations, their snapshot, and the selection of mirrors.
//!
//! - [`snapshot`] is what a generation tells a server: hosts, directories, who holds what.

pub mod snapshot;
