//! Counts of mirrors by the push they have.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::ids::RepositoryId;
use crate::model::propagation::{PropagationCounts, PropagationSample};

/// The directory of propagation pages, at the top and in the directory of each version.
pub(super) const DIR: &str = "propagation";

/// Samples by repository, oldest first.
pub(super) type PropagationSamples = BTreeMap<RepositoryId, Vec<PropagationSample>>;

/// The sums of several counts; a mirror counts once per repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct PropagationTotals {
    #[serde(flatten)]
    counts: PropagationCounts,
    /// The percentage with the newest push; `None` without mirrors.
    pub(super) percent: Option<u64>,
}

impl PropagationTotals {
    pub(super) fn new(samples: impl Iterator<Item = PropagationSample>) -> Self {
        let counts: PropagationCounts = samples.map(|s| s.counts).sum();
        Self {
            counts,
            percent: (u64::from(counts.newest) * 100).checked_div(counts.total()),
        }
    }
}
