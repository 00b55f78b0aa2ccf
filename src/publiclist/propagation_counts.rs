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
    newest: u64,
    one_behind: u64,
    two_behind: u64,
    older: u64,
    inconclusive: u64,
    /// The percentage with the newest push; `None` without mirrors.
    percent: Option<u64>,
}

impl PropagationTotals {
    pub(super) fn new(all: impl Iterator<Item = PropagationCounts>) -> Self {
        let [newest, one_behind, two_behind, older, inconclusive] = all.fold([0; 5], |mut sums, counts| {
            for (sum, part) in sums.iter_mut().zip(counts.parts()) {
                *sum += u64::from(part);
            }
            sums
        });
        let total = newest + one_behind + two_behind + older + inconclusive;
        Self {
            newest,
            one_behind,
            two_behind,
            older,
            inconclusive,
            percent: (newest * 100).checked_div(total),
        }
    }
}

/// Returns the percentage of mirrors with the newest push of these repositories.
pub(super) fn newest_percent(
    samples: &PropagationSamples,
    repositories: impl Iterator<Item = RepositoryId>,
) -> Option<u64> {
    let last = repositories.filter_map(|id| samples.get(&id)?.last());
    PropagationTotals::new(last.map(|s| s.counts)).percent
}
