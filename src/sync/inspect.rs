//! Looking at one target, and tidying it, without publishing.

use std::path::Path;
use std::time::{Duration, Instant};

use super::push::PublishTarget;
use crate::config::SyncConfig;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::Manifest;
use crate::sys::signals::ShutdownFlag;

/// The longest a look may take.
const INSPECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What is current there; `None` = nothing.
pub fn current(config: &SyncConfig, place: &TargetAddress, stop: &ShutdownFlag) -> Result<Option<Manifest>, String> {
    let there = PublishTarget::new(config, place, Path::new(""), Instant::now() + INSPECT_TIMEOUT, stop);
    Ok(there.inspect(None, false)?.current)
}

/// Removes all but the newest generations and the current one.
pub fn prune(config: &SyncConfig, place: &TargetAddress, stop: &ShutdownFlag) -> Result<(), String> {
    let there = PublishTarget::new(
        config,
        place,
        Path::new(""),
        Instant::now() + config.target_deadline.get(),
        stop,
    );
    let seen = there.inspect(None, false)?;
    let stay: Vec<_> = seen.current.iter().map(|m| &m.id).collect();
    there.prune(usize::try_from(config.keep).unwrap_or(usize::MAX), &stay, &seen)
}

/// What is looked at.
type Step<'a> = fn(&PublishTarget<'a>) -> Result<String, String>;

/// The steps of the way there, each with what was found, or what is wrong. After one that is wrong no other is tried.
pub fn check(
    config: &SyncConfig,
    place: &TargetAddress,
    stop: &ShutdownFlag,
) -> Vec<(&'static str, Result<String, String>)> {
    let there = PublishTarget::new(config, place, Path::new(""), Instant::now() + INSPECT_TIMEOUT, stop);
    let steps: [(&'static str, Step<'_>); 3] = [
        ("reach", PublishTarget::reach),
        ("rsync", PublishTarget::rsync_version),
        ("space", PublishTarget::space),
    ];
    let mut out = Vec::new();
    for (name, step) in steps {
        let found = step(&there);
        let is_good = found.is_ok();
        out.push((name, found));
        if !is_good {
            break;
        }
    }
    out
}
