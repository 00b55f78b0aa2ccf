//! What the targets serve: their servers are asked, all at once.

use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Check, Severity};
use crate::cli::run::Context;
use crate::config::TargetConfig;
use crate::snapshot::generation;
use crate::sys::http::{Agent, HttpLimits};

/// How long a server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest answer that is read, in bytes.
const MAX_BODY: u64 = 64 << 10;

/// What a server says of itself; it says more.
#[derive(Debug, Deserialize)]
struct TargetHealth {
    generation: Option<String>,
}

/// One check for each target; one whose server the config does not name is not asked.
pub(in crate::cli::admin) fn checks(ctx: &Context) -> Vec<Check> {
    let all = &ctx.config.sync.target;
    let asked: Vec<&TargetConfig> = all.iter().filter(|t| !t.healthz.is_empty()).collect();
    let current = generation::current(&ctx.config.generations_dir);
    let current = current.ok().flatten().map(|(_, manifest)| manifest.id.to_string());
    let agent = Agent::new(&HttpLimits {
        user_agent: ctx.config.user_agent(),
        connections: asked.len().max(1),
        connect: PATIENCE,
        total: PATIENCE,
        // The addresses are those of the config, which an admin wrote.
        allow_private: true,
    });
    thread::scope(|scope| {
        let answers: Vec<_> = asked
            .iter()
            .map(|t| (t, scope.spawn(|| ask(&agent, &t.healthz))))
            .collect();
        let told = answers.into_iter().map(|(t, answer)| {
            let answer = answer
                .join()
                .unwrap_or_else(|_| Err("it could not be asked".to_owned()));
            judge(&t.name, answer, current.as_deref())
        });
        told.collect()
    })
}

fn ask(agent: &Agent, url: &str) -> Result<Option<String>, String> {
    let answer = agent
        .get(url, MAX_BODY, Some(Instant::now() + PATIENCE))
        .map_err(|e| format!("{url}: {e}"))?;
    let told: Result<TargetHealth, _> = serde_json::from_slice(&answer.body);
    told.map(|t| t.generation).map_err(|_| {
        format!(
            "{url}: its answer with status {} is none of our server's",
            answer.status
        )
    })
}

/// What an answer means: the generation that is served, or why there is none; `current` = ours.
fn judge(target: &str, answer: Result<Option<String>, String>, current: Option<&str>) -> Check {
    let name = format!("target {target}");
    let mend = format!("mm-sync-out --only {target}");
    match answer {
        Err(why) => Check::bad(
            &name,
            format!("its server does not answer: {why}"),
            &format!("start the server there, then: {mend}"),
        ),
        Ok(None) => Check::bad(&name, "its server has no generation loaded", &mend),
        Ok(Some(served)) if Some(served.as_str()) == current => {
            Check::ok(&name, format!("serves {served:.16}, the current one"))
        }
        Ok(Some(served)) => Check::warn(&name, format!("serves {served:.16}, not the current one"), &mend),
    }
}

/// Each target once: what its server says, and who pinned it. One that is pinned and answers is where a person wanted it; what
/// changes that is to let it go.
pub(in crate::cli::admin) fn with_pins(asked: Vec<Check>, pins: Vec<Check>) -> Vec<Check> {
    let mut out = asked;
    for mut pin in pins {
        match out.iter_mut().find(|c| c.name == pin.name) {
            None => out.push(pin),
            Some(check) if check.health == Severity::Bad => {
                check.message = format!("{}; {}", check.message, pin.message)
            }
            Some(check) => {
                pin.message = format!("{}; {}", check.message, pin.message);
                *check = pin;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_target_is_one_check() {
        let pin = |name: &str| Check::ok(name, "pinned to a by u");
        let asked = vec![
            judge("old", Ok(Some("a".to_owned())), Some("b")),
            judge("dead", Err("refused".to_owned()), Some("b")),
            judge("free", Ok(Some("b".to_owned())), Some("b")),
        ];
        let pins = vec![pin("target dead"), pin("target mute"), pin("target old")];
        let found: Vec<(String, Severity, bool)> = with_pins(asked, pins)
            .into_iter()
            .map(|c| (c.name, c.health, c.message.contains("pinned to a")))
            .collect();
        let expected = [
            ("target old", Severity::Ok, true),
            ("target dead", Severity::Bad, true),
            ("target free", Severity::Ok, false),
            ("target mute", Severity::Ok, true),
        ];
        assert_eq!(
            found,
            expected.map(|(name, health, pinned)| (name.to_owned(), health, pinned))
        );
    }

    #[test]
    fn a_target_is_well_when_it_serves_what_is_current() {
        let served = |g: &str| Ok(Some(g.to_owned()));
        for (answer, current, health) in [
            (served("a"), Some("a"), Severity::Ok),
            (served("b"), Some("a"), Severity::Warn),
            (served("b"), None, Severity::Warn),
            (Ok(None), Some("a"), Severity::Bad),
            (Err("refused".to_owned()), Some("a"), Severity::Bad),
        ] {
            let check = judge("app", answer, current);
            assert_eq!(check.health, health, "{check:?}");
            assert_eq!(check.fix.is_some(), health != Severity::Ok);
        }
    }
}
