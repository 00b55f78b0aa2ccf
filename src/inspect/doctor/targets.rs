//! Checks of the targets: the generation that their servers serve, and pins.

use std::time::{Duration, Instant};

use super::{Check, Severity};
use crate::config::{Config, TargetConfig};
use crate::db::{self, Db, DbError};
use crate::model::Timestamp;
use crate::snapshot::generation;
use crate::sync::verify::fetch_health;
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::parallel;

/// Pins older than this are probably forgotten.
const PIN_WARN_AGE: Duration = Duration::from_hours(24);
const TIMEOUT: Duration = Duration::from_secs(3);

/// Requests the generation of every target with a `healthz` URL, in parallel.
pub(super) fn check_targets(config: &Config) -> Vec<Check> {
    let all = &config.sync.target;
    let targets: Vec<&TargetConfig> = all.iter().filter(|t| !t.healthz.is_empty()).collect();
    let current = generation::current(&config.generations_dir);
    let current = current.ok().flatten().map(|(_, manifest)| manifest.id.to_string());
    let agent = Agent::new(&HttpLimits {
        user_agent: config.user_agent(),
        connections: targets.len().max(1),
        connect: TIMEOUT,
        total: TIMEOUT,
        // The URLs come from the config, which is trusted.
        allow_private: true,
    });
    let fetch = |target: &TargetConfig| {
        let url = &target.healthz;
        fetch_health(&agent, url, Some(Instant::now() + TIMEOUT)).map_err(|e| format!("{url}: {e}"))
    };
    let results = parallel::map(&targets, targets.len(), |target| fetch(target));
    let checks = targets.iter().zip(results).map(|(target, result)| {
        let health = result.unwrap_or_else(|_| Err("the check failed".to_owned()));
        check_served(&target.name, health.map(|h| h.generation), current.as_deref())
    });
    checks.collect()
}

/// Compares the generation that a target serves with `current`, the local one.
fn check_served(target: &str, served: Result<Option<String>, String>, current: Option<&str>) -> Check {
    let name = format!("target {target}");
    let fix = format!("mm-sync-out --only {target}");
    match served {
        Err(reason) => Check::bad(
            &name,
            format!("no usable response from its server: {reason}"),
            &format!("start the server there, then: {fix}"),
        ),
        Ok(None) => Check::bad(&name, "its server has no generation loaded", &fix),
        Ok(Some(served)) if Some(served.as_str()) == current => {
            Check::ok(&name, format!("serves {served:.16}, the current one"))
        }
        Ok(Some(served)) => Check::warn(&name, format!("serves {served:.16}, not the current one"), &fix),
    }
}

pub(super) fn check_pins(db: &mut Db, now: Timestamp) -> Result<Vec<Check>, DbError> {
    let pins = db.read(|tx| db::pin::active(tx, now))?;
    let check = |p: db::pin::Pin| {
        let message = format!("pinned to {} by {} since {}: {}", p.generation, p.by, p.at, p.reason);
        let name = format!("target {}", p.target);
        if now.since(p.at) > PIN_WARN_AGE {
            Check::warn(&name, message, &format!("mm-sync-out --unpin --only {}", p.target))
        } else {
            Check::ok(&name, message)
        }
    };
    Ok(pins.into_values().map(check).collect())
}

/// Merges both checks of a target into one. A pinned target whose server answers is where an operator wants it, so the fix is to
/// unpin it.
pub(super) fn merge_pins(targets: Vec<Check>, pins: Vec<Check>) -> Vec<Check> {
    let mut out = targets;
    for mut pin in pins {
        match out.iter_mut().find(|c| c.name == pin.name) {
            None => out.push(pin),
            Some(check) if check.severity == Severity::Bad => {
                check.message = format!("{}; {}", check.message, pin.message);
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
        let targets = vec![
            check_served("old", Ok(Some("a".to_owned())), Some("b")),
            check_served("dead", Err("refused".to_owned()), Some("b")),
            check_served("free", Ok(Some("b".to_owned())), Some("b")),
        ];
        let pins = vec![pin("target dead"), pin("target mute"), pin("target old")];
        let found: Vec<(String, Severity, bool)> = merge_pins(targets, pins)
            .into_iter()
            .map(|c| (c.name, c.severity, c.message.contains("pinned to a")))
            .collect();
        let expected = [
            ("target old", Severity::Ok, true),
            ("target dead", Severity::Bad, true),
            ("target free", Severity::Ok, false),
            ("target mute", Severity::Ok, true),
        ];
        assert_eq!(
            found,
            expected.map(|(name, severity, pinned)| (name.to_owned(), severity, pinned))
        );
    }

    #[test]
    fn target_is_ok_if_it_serves_the_current_generation() {
        let served = |g: &str| Ok(Some(g.to_owned()));
        for (served_by_target, current, severity) in [
            (served("a"), Some("a"), Severity::Ok),
            (served("b"), Some("a"), Severity::Warn),
            (served("b"), None, Severity::Warn),
            (Ok(None), Some("a"), Severity::Bad),
            (Err("refused".to_owned()), Some("a"), Severity::Bad),
        ] {
            let check = check_served("app", served_by_target, current);
            assert_eq!(check.severity, severity, "{check:?}");
            assert_eq!(check.fix.is_some(), severity != Severity::Ok);
        }
    }
}
