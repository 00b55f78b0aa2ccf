//! How long each job may take.

use serde::{Deserialize, Serialize};

use crate::config::HumanDuration;

/// `[limits]`. That of a crawl is `crawl.max_runtime`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The longest a scan may take.
    pub scan: HumanDuration,
    /// The longest release detection may take.
    pub detect: HumanDuration,
    /// The longest making a generation may take.
    pub update: HumanDuration,
    /// The longest publishing may take, all targets together.
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
    /// The limit of a job, by the name it has in locks and runs; `None` = it stands elsewhere.
    pub fn get(&self, job: &str) -> Option<HumanDuration> {
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
                return Err(format!(
                    "limits.{job} is 0: it would never do anything; write a span such as 1h"
                ));
            }
        }
        Ok(())
    }
}
