//! Stage 2: versions and repositories from directories.
//!
//! A directory with a `repodata` below it is a repository. Which one, ordered rules say ([`rules`]): pure functions of its path,
//! which can tell every step they took ([`explain`]). What the tree says of itself confirms or contradicts that ([`tree_metadata`]).
//! What follows for the registry is another pure function ([`mod@plan`]): new versions, new repositories, directories that came
//! back; what no rule knew is kept apart and stops nothing. A published (prefix, arch) is never pointed elsewhere: that is a
//! move, proposed to a person. Golden tables ([`expectations`]) hold rules to the names that clients know.

pub(crate) mod expectations;
pub(crate) mod explain;
pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod tree_metadata;

pub(crate) use plan::{MovePolicy, Plan, RegistryState, plan};
pub(crate) use rules::Rules;
pub(crate) use tree_metadata::MetadataReader;
