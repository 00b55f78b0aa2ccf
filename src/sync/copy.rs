//! A copy of a single file in another directory, or on another host.

use std::path::Path;
use std::time::Instant;

use super::remote::RemoteTarget;
use crate::config::SyncConfig;
use crate::config::target_address::TargetAddress;
use crate::sys::atomic;
use crate::sys::child::ChildLimits;
use crate::sys::file_error::FileError;
use crate::sys::regular_file;
use crate::sys::signals::ShutdownFlag;

/// Limit for the output of a command, in bytes.
const MAX_OUTPUT: u64 = 1 << 20;

/// Copies `file` into the directory `address`, which is created if necessary. The copy replaces a file of the same name atomically,
/// and only its owner can read it.
pub(crate) fn copy_file(
    config: &SyncConfig,
    address: &TargetAddress,
    file: &Path,
    deadline: Instant,
    stop: &ShutdownFlag,
) -> Result<(), String> {
    match address {
        TargetAddress::Local(dir) => {
            let target = dir.join(file.file_name().unwrap_or_default());
            let unread = || FileError::probe_read("read", file);
            copy_locally(file, &target).map_err(|e| {
                unread()
                    .unwrap_or_else(|| FileError::new("copy it to", &target, e))
                    .to_string()
            })
        }
        TargetAddress::Ssh { login, port, path } => RemoteTarget {
            login,
            port: *port,
            path,
            config,
            control_dir: Path::new(""),
            limits: ChildLimits {
                deadline,
                output: MAX_OUTPUT,
                stop: stop.clone(),
            },
        }
        .copy_private_file(file),
    }
}

fn copy_locally(file: &Path, target: &Path) -> std::io::Result<()> {
    target.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    // The name does not depend on that of the copy, so that the next one removes what a killed process left.
    let mut copy = atomic::temporary(&target.with_file_name("copy"), &[], 0o600)?;
    std::io::copy(&mut regular_file::open(file)?.0, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    copy.persist(target).map_err(|e| e.error)?;
    Ok(())
}
