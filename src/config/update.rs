//! How generations are made.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::HumanDuration;

/// `[update]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateConfig {
    /// Generations kept for rollback, the current one included.
    pub keep: u32,
    /// How long a host that gives no answer stays listed for what it held, counted from the first try without one.
    pub max_unanswered: HumanDuration,
    /// A repository that lost more than this share of its published holders, or of their bandwidth, keeps them for a while; percent.
    pub guard_share: u32,
    /// For so long at most.
    pub carry_max: HumanDuration,
    /// A repository is not moved where fewer hosts than this would be listed for it, unless a person says so.
    pub min_holders: usize,
    /// Templates and a style sheet that take the place of the built-in ones; empty = none.
    pub templates_dir: PathBuf,
    /// What the pages call the network.
    pub title: String,
}

impl Default for UpdateConfig {
    fn default() -> Self {
        Self {
            keep: 10,
            max_unanswered: HumanDuration::days(3),
            guard_share: 50,
            carry_max: HumanDuration::hours(24),
            min_holders: 3,
            templates_dir: PathBuf::new(),
            title: "Mirrors".to_owned(),
        }
    }
}

impl UpdateConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.templates_dir);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.guard_share > 100 {
            return Err(format!(
                "update.guard_share is {}, and a share has at most 100 percent; write 50",
                self.guard_share
            ));
        }
        Ok(())
    }
}
