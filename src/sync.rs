//! Deploys a generation to all targets.
//!
//! A target is a local or remote directory with the layout of `generations_dir`: `ID/…` and the link `current`. A generation is
//! uploaded under a temporary name, compared with its manifest, and renamed; then the link is replaced by rename, so that a reader
//! sees either the old generation or the new one. Finally the server of the target must report the new generation. A target that
//! fails before the link is replaced is unchanged; one whose server rejects the generation is rolled back.

pub(crate) mod copy;
pub(crate) mod inspect;
pub(crate) mod purge;
pub(crate) mod push;
pub(crate) mod rollout;
pub(crate) mod target;
pub(crate) mod verify;

mod connect;
mod local;
mod remote;
