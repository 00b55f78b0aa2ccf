//! Where generations go live.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::HumanDuration;
use crate::config::target_address::TargetAddress;

/// `[sync]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// Targets pushed to at the same time.
    pub width: u32,
    /// The longest one target may take.
    pub target_deadline: HumanDuration,
    /// The longest a target may take while all others wait for it: the canaries, and who takes the place of one that is dead.
    pub canary_deadline: HumanDuration,
    /// How long the server of a target has to say that it answers from the new generation.
    pub proof_timeout: HumanDuration,
    /// The private key for ssh; empty = ssh's own choice.
    pub ssh_key: PathBuf,
    /// The known hosts for ssh; empty = ssh's own.
    pub known_hosts: PathBuf,
    /// Generations kept on a target.
    pub keep: u32,
    /// How often a target that could not be reached is tried again.
    pub retries: u32,
    /// No further target is begun when so many did not take the generation.
    pub max_unavailable: u32,
    /// Files that travel beside the generations, into the directory `inputs` of each target.
    pub inputs: Vec<PathBuf>,
    /// The targets.
    pub target: Vec<TargetConfig>,
    /// The proxy caches in front of them.
    pub proxy: Vec<ProxyConfig>,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            width: 8,
            target_deadline: HumanDuration::mins(10),
            canary_deadline: HumanDuration::mins(2),
            proof_timeout: HumanDuration::secs(30),
            ssh_key: PathBuf::new(),
            known_hosts: PathBuf::new(),
            keep: 3,
            retries: 2,
            max_unavailable: 1,
            inputs: Vec::new(),
            target: Vec::new(),
            proxy: Vec::new(),
        }
    }
}

/// One `[[sync.target]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetConfig {
    /// What messages call it.
    pub name: String,
    /// A local directory, or `rsync+ssh://user@host[:port]/path`: where generations and the link `current` lie.
    pub to: String,
    /// The server's `/healthz` there, asked to prove that the new generation answers; empty = not asked.
    pub healthz: String,
    /// Whether it is among the first, one after the other, before all others; if none is, the first of the list is.
    pub canary: bool,
}

/// One `[[sync.proxy]]`: a cache that is emptied once the targets answer from the new generation. By PURGE, or by a command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyConfig {
    /// What messages call it.
    pub name: String,
    /// The addresses that are sent the method PURGE.
    pub purge: Vec<String>,
    /// Where `command` runs: `ssh://user@host[:port]`.
    pub ssh: String,
    /// The command that empties the cache there.
    pub command: String,
}

impl ProxyConfig {
    fn check(&self, number: usize) -> Result<(), String> {
        if self.name.is_empty() {
            return Err(format!("sync.proxy number {number} needs a name"));
        }
        let name = &self.name;
        if let Some(url) = self.purge.iter().find(|u| !is_web_address(u)) {
            return Err(format!(
                "sync.proxy {name}: {url:?} cannot be asked; write http://host:port/path"
            ));
        }
        match (self.purge.is_empty(), self.ssh.is_empty(), self.command.is_empty()) {
            (false, true, true) => Ok(()),
            (true, false, false) => self.login().map(drop).map_err(|e| format!("sync.proxy {name}: {e}")),
            _ => Err(format!("sync.proxy {name} needs either purge, or ssh and command")),
        }
    }

    /// Login and port of `ssh`.
    pub fn login(&self) -> Result<(String, Option<u16>), String> {
        let bad = || {
            format!(
                "{:?} is no login; write ssh://user@host or ssh://user@host:22",
                self.ssh
            )
        };
        let rest = self.ssh.strip_prefix("ssh://").ok_or_else(bad)?;
        match format!("rsync+ssh://{rest}/x").parse::<TargetAddress>() {
            Ok(TargetAddress::Ssh { login, port, .. }) => Ok((login, port)),
            Ok(TargetAddress::Local(_)) | Err(_) => Err(bad()),
        }
    }
}

impl SyncConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.ssh_key);
        join(&mut self.known_hosts);
        self.inputs.iter_mut().for_each(join);
        for t in &mut self.target {
            if !t.to.is_empty() && !t.to.contains("://") {
                let mut path = PathBuf::from(&t.to);
                join(&mut path);
                t.to = path.display().to_string();
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.max_unavailable == 0 {
            return Err("sync.max_unavailable = 0 would begin no target; write at least 1".to_owned());
        }
        for (n, proxy) in self.proxy.iter().enumerate() {
            proxy.check(n + 1)?;
        }
        for (n, t) in self.target.iter().enumerate() {
            if t.name.is_empty() || t.to.is_empty() {
                return Err(format!("sync.target number {} needs a name and a 'to'", n + 1));
            }
            t.to.parse::<TargetAddress>()
                .map_err(|e| format!("sync.target {}: {e}", t.name))?;
            if !t.healthz.is_empty() && !is_web_address(&t.healthz) {
                return Err(format!(
                    "sync.target {}: healthz {:?} cannot be asked; write http://host:port/healthz",
                    t.name, t.healthz
                ));
            }
            if self.target.iter().skip(n + 1).any(|o| o.name == t.name) {
                return Err(format!("sync.target {:?} stands there twice; keep one", t.name));
            }
        }
        Ok(())
    }
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}
