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
    pub lanes: u32,
    /// Connections to one server at the same time, where the host has no number of its own.
    pub connections: u32,
    /// Requests to one host in a second, where it has no number of its own; 0 = no limit.
    pub rate: u32,
    /// Requests to one host in 24 hours, where it has no number of its own; 0 = no limit.
    pub daily_budget: u32,
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
    pub max_body: u64,
    /// Crawls in a row without any answer after which a host is warned of; 0 = never.
    pub warn_at: u32,
    /// Crawls in a row without any answer after which a host is switched off; 0 = never.
    pub auto_disable: u32,
    /// A command and its arguments, called when a host is warned of, switched off, foreign, or back; empty = none. What has a
    /// slash is a path, what has none is looked up in `PATH`.
    pub hook: Vec<String>,
    /// HTTP(S) addresses that answer as long as our own network is well; nothing bad is believed while they do not.
    pub self_check: Vec<String>,
    /// After so many hosts the run looks whether too many of them lost what they held; see `hold_share`.
    pub hold_after: u32,
    /// When more than this percentage of the hosts lost half of what they held, losses wait for a person; and when more of them serve a
    /// `repomd.xml` that the master never had, that does.
    pub hold_share: u32,
    /// Findings kept per host and category.
    pub max_findings: u32,
    /// How long it is remembered how far pushes had come.
    pub propagation_keep: HumanDuration,
    /// The log of a host is rotated at so many bytes.
    pub log_size: u64,
    /// Exit with status 3 when more hosts than this percentage gave no answer.
    pub partial_above: u32,
    /// Whether addresses of private and loopback networks may be asked: for test networks only.
    pub allow_private_addresses: bool,
}

impl Default for CrawlConfig {
    fn default() -> Self {
        Self {
            lanes: 64,
            connections: 2,
            rate: 50,
            daily_budget: 100_000,
            full_every: HumanDuration::days(7),
            max_runtime: HumanDuration::hours(6),
            host_deadline: HumanDuration::hours(1),
            connect_timeout: HumanDuration::secs(10),
            request_timeout: HumanDuration::secs(30),
            max_body: 8 << 20,
            warn_at: 2,
            auto_disable: 4,
            hook: Vec::new(),
            self_check: Vec::new(),
            hold_after: 20,
            hold_share: 20,
            max_findings: 100,
            propagation_keep: HumanDuration::days(14),
            log_size: 1 << 20,
            partial_above: 50,
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
        if !(1..=4096).contains(&self.lanes) {
            return Err(format!("crawl.lanes is {}; write 1 to 4096", self.lanes));
        }
        if self.connections == 0 {
            return Err("crawl.connections is 0; write 1 or more".to_owned());
        }
        for (key, share) in [("partial_above", self.partial_above), ("hold_share", self.hold_share)] {
            if share > 100 {
                return Err(format!("crawl.{key} is {share}; write a percentage"));
            }
        }
        if self.log_size == 0 {
            return Err("crawl.log_size is 0; write a number of bytes, such as 1048576".to_owned());
        }
        for text in &self.self_check {
            let url = Url::parse(text).ok();
            if !url.is_some_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host()) {
                return Err(format!(
                    "crawl.self_check {text:?} is no address; write https://www.example.org/"
                ));
            }
        }
        if self.hook.first().is_some_and(|command| command.trim().is_empty()) {
            return Err("crawl.hook has no command; write [\"/usr/local/bin/on-mirror\"], or [] for none".to_owned());
        }
        Ok(())
    }
}
