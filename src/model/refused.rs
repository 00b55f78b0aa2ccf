//! Versions of `repomd.xml` that the master has, but that are not offered to clients.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use super::Timestamp;
use super::file::ScannedDetail;

/// The reason why a version is refused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum RefusalReason {
    /// The file is not a complete `repomd.xml`, or differs from what the file list of the master says of it.
    MasterInvalid,
    /// It names files that the master lacks, or has in another size.
    MasterIncomplete,
    /// An operator blocked it.
    Blocked,
    /// It was written after the file list of the master: the next list decides.
    NewerThanList,
}

impl RefusalReason {
    /// Returns true if operators are told: not if the next scan decides, or if they decided themselves.
    pub(crate) const fn is_problem(self) -> bool {
        match self {
            Self::MasterInvalid | Self::MasterIncomplete => true,
            Self::Blocked | Self::NewerThanList => false,
        }
    }
}

/// A version of `repomd.xml` that a scan read and that is not offered: the one before stays the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedVersion {
    pub version: ScannedDetail,
    pub reason: RefusalReason,
    /// What is wrong with it, such as `is empty`, for a sentence that begins with the name of the file.
    pub explanation: String,
}

/// The beginning of the explanation of a complete document that differs from the file list.
pub(crate) const DIFFERS_FROM_LIST: &str = "differs from the file list";

/// Returns true if an operator can have reasons to offer a version that was refused: it is a complete document. Clients can read
/// nothing in one that is empty, truncated or something else.
pub(crate) fn is_complete_document(reason: RefusalReason, explanation: &str) -> bool {
    reason != RefusalReason::MasterInvalid || explanation.starts_with(DIFFERS_FROM_LIST)
}

impl RefusedVersion {
    /// Returns the SHA-256 digest, by which operators decide.
    pub(crate) fn sha256(&self) -> &str {
        self.version.hashes.sha256.as_deref().unwrap_or_default()
    }
}

/// The decision of an operator about one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionDecision {
    /// The SHA-256 digest of the `repomd.xml`.
    pub sha256: String,
    /// True if the version is offered whatever a scan finds; false if it is not offered.
    pub is_accepted: bool,
    /// The end of the decision; `None` = it has none.
    pub until: Option<Timestamp>,
}

/// Returns the decision about a version that applies at `now`.
pub(crate) fn decision_on<'a>(
    decisions: &'a [VersionDecision],
    sha256: &str,
    now: Timestamp,
) -> Option<&'a VersionDecision> {
    decisions
        .iter()
        .find(|d| d.sha256 == sha256 && d.until.is_none_or(|until| now < until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_ends_at_its_time() {
        let decisions = [
            VersionDecision {
                sha256: "aa".to_owned(),
                is_accepted: true,
                until: Some(Timestamp(10)),
            },
            VersionDecision {
                sha256: "bb".to_owned(),
                is_accepted: false,
                until: None,
            },
        ];
        let is_accepted = |sha256, now| decision_on(&decisions, sha256, Timestamp(now)).map(|d| d.is_accepted);
        assert_eq!(is_accepted("aa", 9), Some(true));
        assert_eq!(is_accepted("aa", 10), None);
        assert_eq!(is_accepted("bb", i64::MAX), Some(false));
        assert_eq!(is_accepted("cc", 0), None);
    }
}
