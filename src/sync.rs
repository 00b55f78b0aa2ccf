//! Stage 5: gets a generation live on every target.
//!
//! A target is a directory, here or on another host, laid out as `generations_dir` is: `ID/…` and the link `current`. A
//! generation is pushed beside the others under a temporary name, compared there with its manifest, renamed, and made
//! current by renaming a link: whoever reads the target sees the old generation or the new one. Then the server there has
//! to say that it answers from it. A target that fails is left as it was.

pub mod inspect;
pub mod purge;
pub mod push;
pub mod rollout;
pub mod verify;

mod local;
mod remote;

pub use crate::config::target_address::TargetAddress;
pub use push::{Publisher, TargetReport, TargetStatus};
