//! Access to a target by its address.

use std::path::Path;
use std::time::Instant;

use super::local::LocalTarget;
use super::remote::RemoteTarget;
use super::target::TargetAccess;
use crate::config::SyncConfig;
use crate::config::target_address::TargetAddress;
use crate::sys::child::ChildLimits;
use crate::sys::signals::ShutdownFlag;

/// Limit for the output of a command on a target, in bytes: a manifest of some ten thousand files.
const MAX_OUTPUT: u64 = 8 << 20;

/// Returns access to a target until `deadline`. `control_dir` is the directory for sockets of shared ssh connections; empty = each
/// command connects by itself.
pub(super) fn connect<'a>(
    config: &'a SyncConfig,
    address: &'a TargetAddress,
    control_dir: &'a Path,
    deadline: Instant,
    stop: &ShutdownFlag,
) -> Box<dyn TargetAccess + 'a> {
    match address {
        TargetAddress::Local(root) => Box::new(LocalTarget { root }),
        TargetAddress::Ssh { login, port, path } => Box::new(RemoteTarget {
            login,
            port: *port,
            path,
            config,
            control_dir,
            limits: ChildLimits {
                deadline,
                output: MAX_OUTPUT,
                stop: stop.clone(),
            },
        }),
    }
}
