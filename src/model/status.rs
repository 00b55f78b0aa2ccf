//! The states of a directory and of a mirror, with one word each in reports, pages, JSON and metrics.

use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};

/// The state of one directory on one mirror, compared with the master.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display, IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(crate) enum DirectoryStatus {
    /// The content that the last scan found on the master.
    Current,
    /// A newer `repomd.xml` that the master has, but that no scan has recorded yet.
    Ahead,
    /// Not probed: an admin vouches that the host category always has what the master has.
    AlwaysCurrent,
    /// Verified before the master last changed the directory, and not probed since.
    Stale,
    /// An older `repomd.xml` that is still offered.
    OutdatedAllowed,
    /// No conclusive response to the last probe; the last known state is kept.
    Inconclusive,
    /// Present but not world-readable, as on the master.
    Staged,
    /// Present, but neither the newest content nor one that is still offered.
    Outdated,
    /// Absent, with everything below it.
    Missing,
    /// A `repomd.xml` that the master never had.
    UnknownHash,
    /// No probe has been made yet.
    #[default]
    NeverCrawled,
}

/// The state of one mirror for one category, from all its directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(crate) enum MirrorState {
    /// Every directory is current.
    Current,
    /// Not probed: an admin vouches for the host category.
    AlwaysCurrent,
    /// At least one directory is outdated but still offered, and none is worse.
    OutdatedAllowed,
    /// At least one directory is outdated, missing or of unknown hash.
    Outdated,
    /// The last crawls got no conclusive response.
    Inconclusive,
    /// No crawl has probed the category yet.
    NeverCrawled,
    /// No URL that may be published.
    NoUrl,
    /// Not listed during a downtime.
    Downtime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_equal_those_in_json() {
        for status in [
            DirectoryStatus::AlwaysCurrent,
            DirectoryStatus::OutdatedAllowed,
            DirectoryStatus::UnknownHash,
            DirectoryStatus::NeverCrawled,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.to_string());
        }
        for state in [
            MirrorState::NoUrl,
            MirrorState::Downtime,
            MirrorState::OutdatedAllowed,
            MirrorState::Inconclusive,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.to_string());
        }
    }
}
