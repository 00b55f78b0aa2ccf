//! Emptying the proxy caches in front of the targets, all at the same time: by the method PURGE (Varnish, nginx with a purge location) or
//! by a command over ssh.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::remote::Remote;
use crate::config::{ProxyConfig, SyncConfig};
use crate::sys::child::ChildLimits;
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// The longest one proxy may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How much of what a command says is kept.
const MAX_OUTPUT: u64 = 64 << 10;

/// What became of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurgeResult {
    /// The proxy.
    pub proxy: String,
    /// What went wrong, and what heals it; empty when all went well.
    pub message: String,
}

/// Empties all of them.
pub fn purge(config: &SyncConfig, agent: &Agent, stop: &ShutdownFlag) -> Vec<PurgeResult> {
    std::thread::scope(|scope| {
        let each = |proxy| move || one(config, proxy, agent, stop);
        let threads: Vec<_> = config.proxy.iter().map(|p| (p, scope.spawn(each(p)))).collect();
        let ended = threads.into_iter().map(|(proxy, thread)| {
            let found = thread
                .join()
                .unwrap_or_else(|_| Err("its thread ended badly".to_owned()));
            PurgeResult {
                proxy: proxy.name.clone(),
                message: found.err().unwrap_or_default(),
            }
        });
        ended.collect()
    })
}

fn one(config: &SyncConfig, proxy: &ProxyConfig, agent: &Agent, stop: &ShutdownFlag) -> Result<(), String> {
    let deadline = Instant::now() + DEADLINE;
    for url in &proxy.purge {
        let status = agent
            .purge(url, Some(deadline))
            .map_err(|e| format!("PURGE {url}: {e}"))?;
        // 404 and 410: there was nothing to empty.
        if !matches!(status, 200..=299 | 404 | 410) {
            return Err(format!("PURGE {url}: status {status}"));
        }
    }
    if proxy.command.is_empty() {
        return Ok(());
    }
    let (login, port) = proxy.login()?;
    let there = Remote {
        login: &login,
        port,
        path: "/",
        key: &config.ssh_key,
        known_hosts: &config.known_hosts,
        control: Path::new(""),
        limits: ChildLimits {
            deadline,
            output: MAX_OUTPUT,
            stop: stop.clone(),
        },
    };
    there.run_checked("empty the cache", &proxy.command).map(drop)
}
