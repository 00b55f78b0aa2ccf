//! Stage 2: versions and repositories from directories.
//!
//! A directory with a `repodata` below it is a repository. Which one, the ordered rules of the config say ([`rules`]): pure
//! functions of its path. What follows from that for the registry is another pure function ([`mod@plan`]): new versions, new
//! repositories, directories that came back; what no rule knew is kept apart and stops nothing. A published (prefix, arch)
//! is never pointed elsewhere.

pub mod plan;
pub mod rules;

pub use plan::{Plan, State, plan};
pub use rules::{Recognised, Recognition, Rules};
