//! How long each job may take.

use serde::{Deserialize, Serialize};

use crate::model::Span;

/// `[limits]`. That of a crawl is `crawl.max_runtime`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The longest a scan may take.
    pub scan: Span,
    /// The longest release detection may take.
    pub detect: Span,
    /// The longest making a generation may take.
    pub update: Span,
    /// The longest publishing may take, all targets together.
    pub publish: Span,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            scan: Span::hours(12),
            detect: Span::hours(1),
            update: Span::mins(10),
            publish: Span::hours(1),
        }
    }
}

impl LimitsConfig {
    /// The limit of a job, by the name it has in locks and runs; `None` = it stands elsewhere.
    pub fn of(&self, job: &str) -> Option<Span> {
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
            if self.of(job).is_some_and(|l| l.get().is_zero()) {
                return Err(format!(
                    "limits.{job} is 0: it would never do anything; write a span such as 1h"
                ));
            }
        }
        Ok(())
    }
}
