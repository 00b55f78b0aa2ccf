//! The configuration of the crawler.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::{HumanDuration, is_http_url, resolve_text};

/// The settings in section `[crawl]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct CrawlConfig {
    /// The number of hosts that are crawled in parallel.
    #[default = 64]
    pub workers: u32,
    /// Limit of parallel connections to one server, for hosts without a limit of their own.
    #[default = 2]
    pub max_connections_per_server: u32,
    /// Limit of requests per second to one host, for hosts without a limit of their own; 0 = unlimited.
    #[default = 50]
    pub requests_per_second: u32,
    /// Limit of requests to one host in 24 hours, for hosts without a limit of their own; 0 = unlimited.
    #[default = 100_000]
    pub requests_per_day: u32,
    /// The interval at which every directory of a host is probed.
    #[default(HumanDuration::days(7))]
    pub full_every: HumanDuration,
    /// Time limit of a run.
    #[default(HumanDuration::hours(6))]
    pub max_runtime: HumanDuration,
    /// Time limit of the crawl of one host.
    #[default(HumanDuration::hours(1))]
    pub host_deadline: HumanDuration,
    /// Time limit for establishing a connection.
    #[default(HumanDuration::secs(10))]
    pub connect_timeout: HumanDuration,
    /// Time limit of one request, including the body.
    #[default(HumanDuration::secs(30))]
    pub request_timeout: HumanDuration,
    /// Limit of the size of a `repomd.xml`.
    #[default(8 << 20)]
    pub max_repomd_bytes: u64,
    /// The number of consecutive failed crawls after which a host is reported; 0 = never.
    #[default = 2]
    pub warn_after_failures: u32,
    /// The number of consecutive failed crawls after which a host is disabled; 0 = never.
    #[default = 4]
    pub disable_after_failures: u32,
    /// A command with arguments that is called when a host is about to be disabled, disabled, re-enabled, or serves an unknown
    /// hash; empty = none. A name with a slash is a path; any other is looked up in `PATH`.
    pub hook: Vec<String>,
    /// HTTP(S) URLs that respond while the local network works; negative results are discarded while all of them fail.
    pub uplink_check_urls: Vec<String>,
    /// The number of hosts that are needed for mass-loss protection; see `mass_loss_percent`. 0 disables it.
    #[default = 20]
    pub mass_loss_min_hosts: u32,
    /// If more than this percentage of the hosts lose half of their inventory, losses need confirmation; the same applies to
    /// unknown hashes.
    #[default = 10]
    pub mass_loss_percent: u32,
    /// The age at which pending losses are applied without an operator, if two later runs with a working uplink found the same;
    /// 0 = never.
    #[default(HumanDuration::hours(48))]
    pub apply_pending_after: HumanDuration,
    /// The most findings that are stored per host and category.
    #[default = 100]
    pub max_findings: usize,
    /// Retention of propagation statistics.
    #[default(HumanDuration::days(14))]
    pub propagation_retention: HumanDuration,
    /// The size at which the log of a host is rotated.
    #[default(1 << 20)]
    pub host_log_max_bytes: u64,
    /// The run exits with status 3 if more than this percentage of the hosts are inconclusive.
    #[default = 50]
    pub max_inconclusive_percent: u32,
    /// Allows requests to addresses of private and loopback networks; for test networks only.
    pub allow_private_addresses: bool,
}

impl CrawlConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        if let Some(command) = self.hook.first_mut().filter(|c| c.contains('/')) {
            resolve_text(command, join);
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=4096).contains(&self.workers) {
            return Err(format!("crawl.workers is {}; write 1 to 4096", self.workers));
        }
        if self.max_connections_per_server == 0 {
            return Err("crawl.max_connections_per_server is 0; write 1 or more".to_owned());
        }
        for (key, share) in [
            ("max_inconclusive_percent", self.max_inconclusive_percent),
            ("mass_loss_percent", self.mass_loss_percent),
        ] {
            if share > 100 {
                return Err(format!("crawl.{key} is {share}; write a percentage"));
            }
        }
        if self.host_log_max_bytes == 0 {
            return Err("crawl.host_log_max_bytes is 0; write a number of bytes, such as 1048576".to_owned());
        }
        if let Some(text) = self.uplink_check_urls.iter().find(|text| !is_http_url(text)) {
            return Err(format!(
                "invalid URL in crawl.uplink_check_urls: {text:?}; write https://www.example.org/"
            ));
        }
        if self.hook.first().is_some_and(|command| command.trim().is_empty()) {
            return Err("crawl.hook has no command; write [\"/usr/local/bin/on-mirror\"], or [] for none".to_owned());
        }
        Ok(())
    }
}
