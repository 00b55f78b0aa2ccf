//! Deployment of generations.

use std::path::PathBuf;

use itertools::Itertools;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::target_address::TargetAddress;
use crate::config::{HumanDuration, is_http_url, resolve_text};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// Number of targets that are updated at the same time.
    #[default = 8]
    pub concurrency: u32,
    /// Time limit for one target.
    #[default(HumanDuration::mins(10))]
    pub target_deadline: HumanDuration,
    /// Time limit for a target that all others wait for: canaries, and the target that replaces an unreachable one.
    #[default(HumanDuration::mins(2))]
    pub canary_deadline: HumanDuration,
    /// Time in which the server of a target must report the new generation.
    #[default(HumanDuration::secs(30))]
    pub verify_timeout: HumanDuration,
    /// The private key for ssh; empty = the default of ssh.
    pub ssh_key: PathBuf,
    /// The known hosts file for ssh; empty = the default of ssh.
    pub known_hosts: PathBuf,
    /// Number of generations kept on a target.
    #[default = 3]
    pub keep_generations: u32,
    /// Number of retries for an unreachable target.
    #[default = 2]
    pub retries: u32,
    /// The rollout stops when this many servers rejected the generation.
    #[default = 1]
    pub max_failed_targets: u32,
    /// Files that are copied to the directory `inputs` of each target.
    pub extra_files: Vec<PathBuf>,
    /// App servers and directories that generations are deployed to.
    pub target: Vec<TargetConfig>,
    /// The proxy caches in front of the targets.
    pub proxy: Vec<ProxyConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetConfig {
    /// Its name in messages.
    pub name: String,
    /// The directory of generations: a local path, or `rsync+ssh://user@host[:port]/path`.
    pub address: String,
    /// The URL of `/healthz` of its server, for verification; empty = no verification.
    pub healthz: String,
    /// True for a canary: canaries are updated first, one after the other. Without any, the first target is one.
    pub canary: bool,
}

/// One `[[sync.proxy]]`: a cache that is purged after the rollout, by the method PURGE or by a command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// Its name in messages.
    pub name: String,
    /// The URLs for requests with the method PURGE.
    pub purge: Vec<String>,
    /// The login for `command`: `ssh://user@host[:port]`.
    pub ssh: String,
    /// The command that purges the cache.
    pub command: String,
}

impl ProxyConfig {
    fn check(&self, number: usize) -> Result<(), String> {
        if self.name.is_empty() {
            return Err(format!("sync.proxy number {number} needs a name"));
        }
        let name = &self.name;
        if let Some(url) = self.purge.iter().find(|u| !is_http_url(u)) {
            return Err(format!(
                "sync.proxy {name}: invalid URL {url:?}; expected http://host:port/path"
            ));
        }
        match (self.purge.is_empty(), self.ssh.is_empty(), self.command.is_empty()) {
            (false, true, true) => Ok(()),
            (true, false, false) => self.login().map(drop).map_err(|e| format!("sync.proxy {name}: {e}")),
            _ => Err(format!("sync.proxy {name} needs either purge, or ssh and command")),
        }
    }

    /// Parses `ssh` into login and port.
    pub(crate) fn login(&self) -> Result<(String, Option<u16>), String> {
        let invalid = || {
            format!(
                "invalid ssh login {:?}; expected ssh://user@host or ssh://user@host:22",
                self.ssh
            )
        };
        let rest = self.ssh.strip_prefix("ssh://").ok_or_else(invalid)?;
        match format!("rsync+ssh://{rest}/x").parse::<TargetAddress>() {
            Ok(TargetAddress::Ssh { login, port, .. }) => Ok((login, port)),
            Ok(TargetAddress::Local(_)) | Err(_) => Err(invalid()),
        }
    }
}

impl SyncConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.ssh_key);
        join(&mut self.known_hosts);
        self.extra_files.iter_mut().for_each(join);
        for t in &mut self.target {
            if !t.address.is_empty() && !t.address.contains("://") {
                resolve_text(&mut t.address, join);
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.max_failed_targets == 0 {
            return Err("sync.max_failed_targets is 0: no target would be updated; expected at least 1".to_owned());
        }
        for (n, proxy) in self.proxy.iter().enumerate() {
            proxy.check(n + 1)?;
        }
        for (n, t) in self.target.iter().enumerate() {
            if t.name.is_empty() || t.address.is_empty() {
                return Err(format!("sync.target number {} needs a name and an address", n + 1));
            }
            t.address
                .parse::<TargetAddress>()
                .map_err(|e| format!("sync.target {}: {e}", t.name))?;
            if !t.healthz.is_empty() && !is_http_url(&t.healthz) {
                return Err(format!(
                    "sync.target {}: invalid healthz {:?}; expected http://host:port/healthz",
                    t.name, t.healthz
                ));
            }
        }
        if let Some(name) = self.target.iter().map(|t| &t.name).duplicates().next() {
            return Err(format!("duplicate sync.target {name:?}; keep one"));
        }
        Ok(())
    }
}
