//! `[publish]`: how generations are written.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::HumanDuration;

/// The section `[publish]` of the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct PublishConfig {
    /// Generations kept for rollback, including the current one.
    #[default = 10]
    pub keep_generations: u32,
    /// The retention of a mirror's last known state, counted from its first inconclusive probe.
    #[default(HumanDuration::days(3))]
    pub max_inconclusive_age: HumanDuration,
    /// The share of a repository's mirrors, or of their bandwidth, in percent; if more is lost at once, lost mirrors are
    /// retained.
    #[default = 50]
    pub guard_percent: u32,
    /// The longest time that lost mirrors are retained.
    #[default(HumanDuration::hours(24))]
    pub retain_lost_hosts: HumanDuration,
    /// A repository is not moved to a directory with fewer mirrors than this, unless an operator overrides it.
    #[default = 3]
    pub min_mirrors_to_move: usize,
    /// The directory of templates and a style sheet that replace the built-in ones; empty = none.
    pub templates_dir: PathBuf,
    /// The name of the mirror network on the pages.
    #[default = "Mirrors"]
    pub title: String,
}

impl PublishConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.templates_dir);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.guard_percent > 100 {
            return Err(format!(
                "publish.guard_percent is {}, more than 100 percent; set it to 50, for example",
                self.guard_percent
            ));
        }
        Ok(())
    }
}
