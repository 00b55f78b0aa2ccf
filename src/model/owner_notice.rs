//! What the owner of a host was notified of.

use serde::Deserialize;

use super::Timestamp;

/// The condition of a host, as far as it concerns its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(crate) enum HostCondition {
    Good,
    /// It failed repeatedly and will be disabled.
    Failing,
    /// The crawler disabled it.
    Disabled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct OwnerNotice {
    /// The condition after the last crawl.
    pub condition: HostCondition,
    pub since: Timestamp,
    /// The number of crawls that found it.
    pub crawls: u32,
    /// The condition that was reported last, to the owner or to the administrators.
    pub reported: Option<HostCondition>,
    /// True if that was reported to the owner.
    pub is_owner_notified: bool,
    /// The number of reminders that followed.
    pub reminders: u32,
}
