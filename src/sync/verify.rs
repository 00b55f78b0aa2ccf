//! Asking the server of a target whether it answers from the new generation.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::snapshot::generation::GenerationId;
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// The longest `/healthz` answer that is read.
const MAX_BODY: u64 = 64 << 10;
/// The longest metalink that is read.
const MAX_METALINK: u64 = 16 << 20;
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(200);

/// What a server says of itself; it says more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Health {
    /// The generation that it answers from.
    pub generation: Option<String>,
    /// When that was true, in seconds since 1970.
    #[serde(default)]
    pub as_of: Option<i64>,
    /// The program's version.
    #[serde(default)]
    pub version: Option<String>,
}

/// What a metalink of a server has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetalinkCheck {
    /// Prefix and architecture.
    pub repository: (String, String),
    /// The newest of its `repomd.xml`, in hexadecimal.
    pub sha256: String,
}

/// Asks a server what it says of itself.
pub fn health(agent: &Agent, url: &str, until: Option<Instant>) -> Result<Health, String> {
    let answer = agent.get(url, MAX_BODY, until).map_err(|e| e.to_string())?;
    serde_json::from_slice(&answer.body)
        .map_err(|_| format!("its answer with status {} is none of ours", answer.status))
}

/// Whether the metalink of the server that `healthz` belongs to carries what it has to.
fn answers(agent: &Agent, healthz: &str, probe: &MetalinkCheck, until: Instant) -> Result<(), String> {
    let Some(base) = healthz.strip_suffix("/healthz") else {
        // Something stands in front of it under another name: there is no telling where its metalinks are.
        return Ok(());
    };
    let (repo, arch) = &probe.repository;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("repo", repo)
        .append_pair("arch", arch)
        .finish();
    // A blank cannot stand in either; a plus would be one there, and is a plus here.
    let url = format!("{base}/metalink?{query}");
    let answer = agent
        .get(&url, MAX_METALINK, Some(until))
        .map_err(|e| format!("{url}: {e}"))?;
    let text = String::from_utf8_lossy(&answer.body);
    if answer.status == 200 && text.contains(&probe.sha256) {
        Ok(())
    } else {
        Err(format!(
            "it names the generation, but its metalink of {repo} {arch} (status {}) does not carry the newest hash",
            answer.status
        ))
    }
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyOutcome {
    /// It answers from the generation.
    Proven,
    /// It answers, but not from this one: what it said.
    Refused(String),
    /// It does not answer at all: why.
    Silent(String),
    /// The job was told to stop before the server had its time: nothing is known of it.
    Interrupted,
}

/// Asks `url` until it names the generation and its metalink carries what the probe says, or the time is over.
pub fn ask(
    agent: &Agent,
    url: &str,
    (id, probe): (&GenerationId, Option<&MetalinkCheck>),
    until: Instant,
    stop: &ShutdownFlag,
) -> VerifyOutcome {
    loop {
        let found = match agent.get(url, MAX_BODY, Some(until)) {
            Err(e) => VerifyOutcome::Silent(e.to_string()),
            Ok(answer) => match serde_json::from_slice::<Health>(&answer.body) {
                Ok(Health {
                    generation: Some(named),
                    ..
                }) if named == id.as_str() => match probe.map_or(Ok(()), |p| answers(agent, url, p, until)) {
                    Ok(()) => return VerifyOutcome::Proven,
                    Err(why) => VerifyOutcome::Refused(why),
                },
                Ok(Health {
                    generation: Some(named),
                    ..
                }) => VerifyOutcome::Refused(format!("it still answers from {named:.40}")),
                Ok(Health { generation: None, .. }) => VerifyOutcome::Refused("it has no generation loaded".to_owned()),
                Err(_) => {
                    VerifyOutcome::Refused(format!("its answer with status {} names no generation", answer.status))
                }
            },
        };
        if stop.is_requested() {
            return VerifyOutcome::Interrupted;
        }
        if Instant::now() + PAUSE >= until {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}
