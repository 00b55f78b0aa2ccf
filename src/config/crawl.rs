//! How the mirrors are asked.

use serde::{Deserialize, Serialize};

use crate::model::Span;

/// `[crawl]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrawlConfig {
    /// Hosts asked at the same time.
    pub lanes: u32,
    /// The longest a run may take.
    pub max_runtime: Span,
    /// The longest one host may take.
    pub host_deadline: Span,
    /// The longest a connection may take to come up.
    pub connect_timeout: Span,
    /// The longest one request may take, its body included.
    pub request_timeout: Span,
    /// The longest file that is fetched whole (repomd.xml), in bytes.
    pub max_body: u64,
    /// Crawls in a row without any answer after which a host is switched off.
    pub auto_disable: u32,
    /// Findings kept per host and category.
    pub max_findings: u32,
    /// Exit with status 3 when more hosts than this percentage gave no answer.
    pub partial_above: u32,
    /// Whether addresses of private and loopback networks may be asked: for test networks only.
    pub allow_private_addresses: bool,
}

impl Default for CrawlConfig {
    fn default() -> Self {
        Self {
            lanes: 64,
            max_runtime: Span::hours(6),
            host_deadline: Span::hours(1),
            connect_timeout: Span::secs(10),
            request_timeout: Span::secs(30),
            max_body: 8 << 20,
            auto_disable: 4,
            max_findings: 100,
            partial_above: 50,
            allow_private_addresses: false,
        }
    }
}

impl CrawlConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=4096).contains(&self.lanes) {
            return Err(format!("crawl.lanes is {}; write 1 to 4096", self.lanes));
        }
        if self.partial_above > 100 {
            return Err(format!(
                "crawl.partial_above is {}; write a percentage",
                self.partial_above
            ));
        }
        Ok(())
    }
}
