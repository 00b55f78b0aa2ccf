//! Propagation of the pushes of a repository at one moment.

use derive_more::{Add, Sum};
use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// The number of public mirrors that have each push.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Add, Sum)]
pub(crate) struct PropagationCounts {
    /// The newest push is there.
    pub newest: u32,
    /// One push behind the newest.
    pub one_behind: u32,
    /// Two pushes behind the newest.
    pub two_behind: u32,
    /// An older push, or one that is no longer recorded.
    pub older: u32,
    /// No conclusive result from mirrors that carry the repository.
    pub inconclusive: u32,
}

impl PropagationCounts {
    /// Returns the counts in order, the newest push first.
    pub(crate) fn parts(&self) -> [u32; 5] {
        [
            self.newest,
            self.one_behind,
            self.two_behind,
            self.older,
            self.inconclusive,
        ]
    }

    /// Returns the total number of mirrors.
    pub(crate) fn total(&self) -> u64 {
        self.parts().into_iter().map(u64::from).sum()
    }
}

/// Propagation counts with their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PropagationSample {
    pub taken_at: Timestamp,
    pub counts: PropagationCounts,
}
