//! Time limits of jobs.

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::HumanDuration;

/// `[limits]`; the limit of a crawl is `crawl.max_runtime`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    #[default(HumanDuration::hours(12))]
    pub scan: HumanDuration,
    #[default(HumanDuration::hours(1))]
    pub detect: HumanDuration,
    #[default(HumanDuration::mins(10))]
    pub update: HumanDuration,
    /// Limit of `mm-sync-out`, for all targets together.
    #[default(HumanDuration::hours(1))]
    pub publish: HumanDuration,
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
