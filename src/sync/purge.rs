//! Purging of the proxy caches in front of the targets, all at the same time: by the method PURGE (Varnish, nginx with a purge
//! location) or by a command over ssh.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::remote::RemoteTarget;
use crate::config::{ProxyConfig, SyncConfig};
use crate::sys::child::ChildLimits;
use crate::sys::http::Agent;
use crate::sys::parallel;
use crate::sys::signals::ShutdownFlag;

const TIMEOUT: Duration = Duration::from_secs(30);
/// Limit for the output of a command, in bytes.
const MAX_OUTPUT: u64 = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PurgeResult {
    pub proxy: String,
    /// The error, with advice; empty after success.
    pub message: String,
}

pub(crate) fn purge(config: &SyncConfig, agent: &Agent, stop: &ShutdownFlag) -> Vec<PurgeResult> {
    let proxies = &config.proxy;
    let results = parallel::map(proxies, proxies.len(), |proxy| purge_proxy(config, proxy, agent, stop));
    let named = proxies.iter().zip(results).map(|(proxy, result)| PurgeResult {
        proxy: proxy.name.clone(),
        message: result.unwrap_or_else(|e| Err(e.to_string())).err().unwrap_or_default(),
    });
    named.collect()
}

fn purge_proxy(config: &SyncConfig, proxy: &ProxyConfig, agent: &Agent, stop: &ShutdownFlag) -> Result<(), String> {
    let deadline = Instant::now() + TIMEOUT;
    for url in &proxy.purge {
        let status = agent
            .purge(url, Some(deadline))
            .map_err(|e| format!("PURGE {url}: {e}"))?;
        // 404 and 410: nothing was cached.
        if !matches!(status, 200..=299 | 404 | 410) {
            return Err(format!("PURGE {url}: status {status}"));
        }
    }
    if proxy.command.is_empty() {
        return Ok(());
    }
    let (login, port) = proxy.login()?;
    let host = RemoteTarget {
        login: &login,
        port,
        path: "/",
        config,
        control_dir: Path::new(""),
        limits: ChildLimits {
            deadline,
            output: MAX_OUTPUT,
            stop: stop.clone(),
        },
    };
    host.run_checked("purge the cache", &proxy.command).map(drop)
}
