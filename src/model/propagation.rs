//! How far the pushes of a repository had come at one moment.

use crate::model::Timestamp;

/// How many public mirrors carried which push.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PropagationCounts {
    /// The newest.
    pub newest: u32,
    /// The one before.
    pub one_behind: u32,
    /// The one before that.
    pub two_behind: u32,
    /// An older one, or one that is not known any more.
    pub older: u32,
    /// None that could be seen: they carried it and gave no answer.
    pub inconclusive: u32,
}

impl PropagationCounts {
    /// As they are drawn and told: the newest first.
    pub fn parts(&self) -> [u32; 5] {
        [
            self.newest,
            self.one_behind,
            self.two_behind,
            self.older,
            self.inconclusive,
        ]
    }

    /// How many mirrors there are in all.
    pub fn total(&self) -> u64 {
        self.parts().into_iter().map(u64::from).sum()
    }
}

/// A spread, and when it was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropagationSample {
    /// When the mirrors were counted.
    pub taken_at: Timestamp,
    /// What was counted.
    pub counts: PropagationCounts,
}
