//! Asking the server of a target whether it answers from the new generation.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::mirrorlist::generation::GenerationId;
use crate::sys::http::Agent;
use crate::sys::signals::Stop;

/// The longest `/healthz` answer that is read.
const MAX_BODY: u64 = 64 << 10;
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(200);

/// What a server says of itself; it says more.
#[derive(Debug, Deserialize)]
struct Health {
    generation: Option<String>,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It answers from the generation.
    Proven,
    /// It answers, but not from this one: what it said.
    Refused(String),
    /// It does not answer at all: why.
    Silent(String),
    /// The job was told to stop before the server had its time: nothing is known of it.
    Interrupted,
}

/// Asks `url` until it names `id` or the time is over.
pub fn ask(agent: &Agent, url: &str, id: &GenerationId, until: Instant, stop: &Stop) -> Proof {
    loop {
        let found = match agent.get(url, MAX_BODY, Some(until)) {
            Err(e) => Proof::Silent(e.to_string()),
            Ok(answer) => match serde_json::from_slice::<Health>(&answer.body) {
                Ok(Health {
                    generation: Some(named),
                }) if named == id.as_str() => return Proof::Proven,
                Ok(Health {
                    generation: Some(named),
                }) => Proof::Refused(format!("it still answers from {named:.40}")),
                Ok(Health { generation: None }) => Proof::Refused("it has no generation loaded".to_owned()),
                Err(_) => Proof::Refused(format!("its answer with status {} names no generation", answer.status)),
            },
        };
        if stop.asked() {
            return Proof::Interrupted;
        }
        if Instant::now() + PAUSE >= until {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}
