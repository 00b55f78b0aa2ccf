//! Time limits of jobs.

use serde::{Deserialize, Serialize};

use crate::config::HumanDuration;

/// `[limits]`; the limit of a crawl is `crawl.max_runtime`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    pub scan: HumanDuration,
    pub detect: HumanDuration,
    pub update: HumanDuration,
    /// Limit of `mm-sync-out`, for all targets together.
    pub publish: HumanDuration,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            scan: HumanDuration::hours(12),
            detect: HumanDuration::hours(1),
            update: HumanDuration::mins(10),
            publish: HumanDuration::hours(1),
        }
    }
}

impl LimitsConfig {
    /// Returns the limit of a job by its name in locks and runs; `None` = not configured here.
    pub(crate) fn get(&self, job: &str) -> Option<HumanDuration> {
        match job {
            "scan" => Some(self.scan),
            "detect" => Some(self.detect),
            "update" => Some(self.update),
            "publish" => Some(self.publish),
            _ => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for job in ["scan", "detect", "update", "publish"] {
            if self.get(job).is_some_and(|l| l.get().is_zero()) {
                return Err(format!("limits.{job} is 0; expected a duration such as 1h"));
            }
        }
        Ok(())
    }
}
