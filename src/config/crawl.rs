//! How the mirrors are asked.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::HumanDuration;

/// `[crawl]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrawlConfig {
    /// Hosts asked at the same time.
    pub workers: u32,
    /// Connections to one server at the same time, where the host has no number of its own.
    pub max_connections_per_server: u32,
    /// Requests to one host in a second, where it has no number of its own; 0 = no limit.
    pub requests_per_second: u32,
    /// Requests to one host in 24 hours, where it has no number of its own; 0 = no limit.
    pub requests_per_day: u32,
    /// How often every directory of a host is asked for, those below absent ones too.
    pub full_every: HumanDuration,
    /// The longest a run may take.
    pub max_runtime: HumanDuration,
    /// The longest one host may take.
    pub host_deadline: HumanDuration,
    /// The longest a connection may take to come up.
    pub connect_timeout: HumanDuration,
    /// The longest one request may take, its body included.
    pub request_timeout: HumanDuration,
    /// The longest file that is fetched whole (repomd.xml), in bytes.
    pub max_repomd_bytes: u64,
    /// Crawls in a row without any answer after which a host is warned of; 0 = never.
    pub warn_after_failures: u32,
    /// Crawls in a row without any answer after which a host is switched off; 0 = never.
    pub disable_after_failures: u32,
    /// A command and its arguments, called when a host is warned of, switched off, foreign, or back; empty = none. What has a
    /// slash is a path, what has none is looked up in `PATH`.
    pub hook: Vec<String>,
    /// HTTP(S) addresses that answer as long as our own network is well; nothing bad is believed while they do not.
    pub uplink_check_urls: Vec<String>,
    /// After so many hosts the run looks whether too many of them lost what they held; see `mass_loss_percent`.
    pub mass_loss_min_hosts: u32,
    /// When more than this percentage of the hosts lost half of what they held, losses wait for a person; and when more of them serve a
    /// `repomd.xml` that the master never had, that does.
    pub mass_loss_percent: u32,
    /// Findings kept per host and category.
    pub max_findings: u32,
    /// How long it is remembered how far pushes had come.
    pub propagation_retention: HumanDuration,
    /// The log of a host is rotated at so many bytes.
    pub host_log_max_bytes: u64,
    /// Exit with status 3 when more hosts than this percentage gave no answer.
    pub max_inconclusive_percent: u32,
    /// Whether addresses of private and loopback networks may be asked: for test networks only.
    pub allow_private_addresses: bool,
}

impl Default for CrawlConfig {
    fn default() -> Self {
        Self {
            workers: 64,
            max_connections_per_server: 2,
            requests_per_second: 50,
            requests_per_day: 100_000,
            full_every: HumanDuration::days(7),
            max_runtime: HumanDuration::hours(6),
            host_deadline: HumanDuration::hours(1),
            connect_timeout: HumanDuration::secs(10),
            request_timeout: HumanDuration::secs(30),
            max_repomd_bytes: 8 << 20,
            warn_after_failures: 2,
            disable_after_failures: 4,
            hook: Vec::new(),
            uplink_check_urls: Vec::new(),
            mass_loss_min_hosts: 20,
            mass_loss_percent: 20,
            max_findings: 100,
            propagation_retention: HumanDuration::days(14),
            host_log_max_bytes: 1 << 20,
            max_inconclusive_percent: 50,
            allow_private_addresses: false,
        }
    }
}

impl CrawlConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        let Some(command) = self.hook.first_mut().filter(|c| c.contains('/')) else {
            return;
        };
        let mut path = PathBuf::from(&*command);
        join(&mut path);
        *command = path.display().to_string();
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
        for text in &self.uplink_check_urls {
            let url = Url::parse(text).ok();
            if !url.is_some_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host()) {
                return Err(format!(
                    "crawl.uplink_check_urls {text:?} is no address; write https://www.example.org/"
                ));
            }
        }
        if self.hook.first().is_some_and(|command| command.trim().is_empty()) {
            return Err("crawl.hook has no command; write [\"/usr/local/bin/on-mirror\"], or [] for none".to_owned());
        }
        Ok(())
    }
}
