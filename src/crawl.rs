//! Stage 3: finds out which mirrors hold what.

pub mod master;
pub mod probe;
pub mod settle;
pub mod tree;
pub mod verdict;
