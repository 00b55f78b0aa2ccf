//! Derives versions and repositories from directories.
//!
//! A directory with a `repodata` below it is a repository. Ordered rules ([`rules`]) derive its version, architecture and prefix from
//! its path, and record every step ([`explain`]). Files in the tree confirm or contradict the result ([`tree_metadata`]). The changes of
//! the registry are computed by [`mod@plan`]: new versions, new repositories, directories that returned; a path that no rule
//! matches is recorded as unresolved and blocks nothing. A published (prefix, arch) pair is never pointed elsewhere automatically:
//! a move is proposed to an operator. Tables of expected names ([`expectations`]) test the rules.

pub(crate) mod expectations;
pub(crate) mod explain;
pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod tree_metadata;

pub(crate) use plan::{MovePolicy, Plan, RegistryState, plan};
pub(crate) use rules::Rules;
pub(crate) use tree_metadata::MetadataReader;
