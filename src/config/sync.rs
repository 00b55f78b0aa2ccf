//! Where generations go live.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Span;
use crate::model::place::Place;

/// `[sync]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// Targets pushed to at the same time.
    pub width: u32,
    /// The longest one target may take.
    pub target_deadline: Span,
    /// How long the server of a target has to say that it answers from the new generation.
    pub proof_timeout: Span,
    /// The private key for ssh; empty = ssh's own choice.
    pub ssh_key: PathBuf,
    /// The known hosts for ssh; empty = ssh's own.
    pub known_hosts: PathBuf,
    /// Generations kept on a target.
    pub keep: u32,
    /// The targets.
    pub target: Vec<TargetConfig>,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            width: 8,
            target_deadline: Span::mins(10),
            proof_timeout: Span::secs(30),
            ssh_key: PathBuf::new(),
            known_hosts: PathBuf::new(),
            keep: 3,
            target: Vec::new(),
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
}

impl SyncConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.ssh_key);
        join(&mut self.known_hosts);
        for t in &mut self.target {
            if !t.to.is_empty() && !t.to.contains("://") {
                let mut path = PathBuf::from(&t.to);
                join(&mut path);
                t.to = path.display().to_string();
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (n, t) in self.target.iter().enumerate() {
            if t.name.is_empty() || t.to.is_empty() {
                return Err(format!("sync.target number {} needs a name and a 'to'", n + 1));
            }
            t.to.parse::<Place>()
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
