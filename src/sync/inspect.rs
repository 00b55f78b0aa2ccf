//! Inspection and pruning of one target, without publishing.

use std::path::Path;
use std::time::{Duration, Instant};

use itertools::Itertools as _;

use super::connect::connect;
use super::target::TargetAccess;
use crate::config::SyncConfig;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::Manifest;
use crate::sys::signals::ShutdownFlag;

const INSPECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Less free space, in KiB, fails the test of a target.
const MIN_FREE_SPACE: u64 = 100 << 10;

/// Returns the manifest of the current generation of a target; `None` if there is no generation.
pub(crate) fn current(
    config: &SyncConfig,
    address: &TargetAddress,
    stop: &ShutdownFlag,
) -> Result<Option<Manifest>, String> {
    let target = connect(config, address, Path::new(""), Instant::now() + INSPECT_TIMEOUT, stop);
    Ok(target.inspect(None, false)?.current)
}

/// Removes all generations of a target except the newest ones and the current one.
pub(crate) fn prune(config: &SyncConfig, address: &TargetAddress, stop: &ShutdownFlag) -> Result<(), String> {
    let deadline = Instant::now() + config.target_deadline.get();
    let target = connect(config, address, Path::new(""), deadline, stop);
    let state = target.inspect(None, false)?;
    let protected: Vec<_> = state.current.iter().map(|m| &m.id).collect();
    let keep = usize::try_from(config.keep_generations).unwrap_or(usize::MAX);
    target.prune(keep, &protected, &state)
}

type Step = fn(&dyn TargetAccess) -> Result<String, String>;

/// Tests the connection to a target step by step, up to the first step that fails.
pub(crate) fn test_connection(
    config: &SyncConfig,
    address: &TargetAddress,
    stop: &ShutdownFlag,
) -> Vec<(&'static str, Result<String, String>)> {
    let target = connect(config, address, Path::new(""), Instant::now() + INSPECT_TIMEOUT, stop);
    let steps: [(&str, Step); 3] = [
        ("reach", |t| t.test_access()),
        ("rsync", |t| t.rsync_version()),
        ("space", |t| {
            let kilobytes = t.free_space()?;
            let text = format!("{} MB free", kilobytes / 1024);
            if kilobytes < MIN_FREE_SPACE {
                Err(format!("only {text}"))
            } else {
                Ok(text)
            }
        }),
    ];
    let results = steps.into_iter().map(|(name, step)| (name, step(&*target)));
    results.take_while_inclusive(|(_, result)| result.is_ok()).collect()
}
