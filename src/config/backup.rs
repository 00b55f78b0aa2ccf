//! `[backup]`: where `mm-admin backup` keeps its copies of the database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::resolve_text;
use crate::config::target_address::TargetAddress;

/// The section `[backup]` of the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct BackupConfig {
    /// The directory of backups; `newest.db` in it is a link to the newest one.
    #[default = "/var/lib/mirrormanager/backup"]
    pub dir: PathBuf,
    /// Backups kept in the directory.
    #[default = 30]
    pub keep: usize,
    /// A directory, or `rsync+ssh://user@host[:port]/path`, for a second copy of each backup; empty = none. `[sync]` has the keys
    /// of ssh.
    pub copy_to: String,
}

impl BackupConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.dir);
        if !self.copy_to.contains("://") {
            resolve_text(&mut self.copy_to, join);
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.keep == 0 {
            return Err("backup.keep is 0, so no backup would be kept; set it to 30, for example".to_owned());
        }
        self.copy_address()
            .map(drop)
            .map_err(|e| format!("backup.copy_to: {e}"))
    }

    /// The address for the second copies; `None` = there are none.
    pub(crate) fn copy_address(&self) -> Result<Option<TargetAddress>, String> {
        (!self.copy_to.is_empty()).then(|| self.copy_to.parse()).transpose()
    }
}
