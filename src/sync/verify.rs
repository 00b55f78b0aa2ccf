//! Verification that the server of a target answers from the new generation.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::model::Timestamp;
use crate::snapshot::generation::GenerationId;
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// Timeout of one request to `/healthz`.
pub(crate) const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// Limits for the body of `/healthz` and of a metalink, in bytes.
const MAX_HEALTH: u64 = 64 << 10;
const MAX_METALINK: u64 = 16 << 20;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The part of `/healthz` that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct TargetHealth {
    pub generation: Option<String>,
    /// The `as_of` time of that generation.
    pub as_of: Option<Timestamp>,
    pub version: Option<String>,
    /// True if a GeoIP database is loaded; `None` for a server that does not report it.
    pub geoip: Option<bool>,
    /// True if an ASN table is loaded; `None` for a server that does not report it.
    pub asn: Option<bool>,
    /// The config keys of the tables whose present files the server has rejected.
    #[serde(default)]
    pub rejected: Vec<String>,
}

/// The metalink that a server of the generation must return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetalinkCheck {
    pub prefix: String,
    pub arch: String,
    /// The SHA-256 of the newest `repomd.xml`, in hexadecimal.
    pub sha256: String,
}

pub(crate) fn fetch_health(agent: &Agent, url: &str, deadline: Option<Instant>) -> Result<TargetHealth, String> {
    let response = agent.get(url, MAX_HEALTH, deadline).map_err(|e| e.to_string())?;
    let status = response.status;
    serde_json::from_slice(&response.body)
        .map_err(|_| format!("response with status {status} is not from mm-mirrorlist-server"))
}

/// Checks that the metalink of the server at `healthz` contains the expected hash.
fn check_metalink(agent: &Agent, healthz: &str, check: &MetalinkCheck, deadline: Instant) -> Result<(), String> {
    let Some(base) = healthz.strip_suffix("/healthz") else {
        // A proxy serves it under another path, so the path of metalinks is unknown.
        return Ok(());
    };
    let MetalinkCheck { prefix, arch, sha256 } = check;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("repo", prefix)
        .append_pair("arch", arch)
        .finish();
    let url = format!("{base}/metalink?{query}");
    let response = agent
        .get(&url, MAX_METALINK, Some(deadline))
        .map_err(|e| format!("{url}: {e}"))?;
    let text = String::from_utf8_lossy(&response.body);
    let status = response.status;
    if status == 200 && text.contains(sha256) {
        return Ok(());
    }
    Err(format!(
        "it reports the generation, but its metalink for {prefix} {arch} (status {status}) lacks the newest hash"
    ))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VerifyOutcome {
    /// The server answers from the generation.
    Verified,
    /// The server answers, but not from this generation; with its response.
    Rejected(String),
    /// The server does not answer; with the reason.
    Unreachable(String),
    /// The job was stopped before the timeout, so the result is unknown.
    Interrupted,
}

/// Polls `url` until the server reports the generation and its metalink passes `check`, or until the deadline.
pub(crate) fn verify(
    agent: &Agent,
    url: &str,
    id: &GenerationId,
    check: Option<&MetalinkCheck>,
    deadline: Instant,
    stop: &ShutdownFlag,
) -> VerifyOutcome {
    loop {
        let outcome = match agent.get(url, MAX_HEALTH, Some(deadline)) {
            Err(e) => VerifyOutcome::Unreachable(e.to_string()),
            Ok(response) => match serde_json::from_slice::<TargetHealth>(&response.body).map(|h| h.generation) {
                Ok(Some(reported)) if reported == id.as_str() => {
                    match check.map_or(Ok(()), |check| check_metalink(agent, url, check, deadline)) {
                        Ok(()) => return VerifyOutcome::Verified,
                        Err(why) => VerifyOutcome::Rejected(why),
                    }
                }
                Ok(Some(reported)) => VerifyOutcome::Rejected(format!("it still answers from {reported:.40}")),
                Ok(None) => VerifyOutcome::Rejected("it has no generation loaded".to_owned()),
                Err(_) => VerifyOutcome::Rejected(format!(
                    "its response with status {} names no generation",
                    response.status
                )),
            },
        };
        if stop.is_requested() {
            return VerifyOutcome::Interrupted;
        }
        if Instant::now() + POLL_INTERVAL >= deadline {
            return outcome;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}
