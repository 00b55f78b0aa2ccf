//! Paths of the config that other users can write, and so change what the programs do or publish.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::target_address::TargetAddress;
use crate::config::{self, Config};
use crate::sys::permissions::{WritableByOthers, find_writable_by_others};
use crate::sys::{command, user};

/// A path of the config that others can write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OpenPath {
    /// The key of the config; `config` is the config file itself.
    pub key: String,
    pub problem: String,
    /// The command that fixes it.
    pub command: String,
}

impl OpenPath {
    fn new(key: &str, problem: &WritableByOthers) -> Self {
        Self {
            key: key.to_owned(),
            problem: problem.to_string(),
            command: problem.fix(),
        }
    }
}

/// Returns each path of the config that others can write, itself or by a directory above it. Missing paths are left out.
pub(crate) fn find_open_paths(config: &Config, config_path: &Path) -> Vec<OpenPath> {
    let user = user::effective_id();
    let paths = paths(config, config_path).into_iter();
    let found = paths
        .filter(|(_, path)| !path.as_os_str().is_empty())
        .filter_map(|(key, path)| {
            let problem = find_writable_by_others(&path, user).ok().flatten()?;
            Some(OpenPath::new(key, &problem))
        });
    let hook = command::find_changeable_by_others(&config.crawl.hook);
    let mut out: Vec<OpenPath> = found
        .chain(hook.map(|problem| OpenPath::new("crawl.hook", &problem)))
        .collect();
    out.dedup_by(|a, b| a.command == b.command);
    out
}

/// The paths with their keys: files that programs believe, and directories that they write.
fn paths(config: &Config, config_path: &Path) -> Vec<(&'static str, PathBuf)> {
    let server = &config.server;
    let mut out = vec![
        ("config", config_path.to_owned()),
        ("database", config.database_path()),
        ("generations_dir", config.generations_dir.clone()),
        ("lock_dir", config.lock_dir.clone()),
        ("log_dir", config.log_dir.clone()),
        ("backup.dir", config.backup.dir.clone()),
        ("publish.templates_dir", config.publish.templates_dir.clone()),
        ("sync.ssh_key", config.sync.ssh_key.clone()),
        ("sync.known_hosts", config.sync.known_hosts.clone()),
        ("server.geoip", server.geoip.clone()),
        ("server.asn_table", server.asn_table.clone()),
        ("server.country_continent", server.country_continent.clone()),
    ];
    let rule_sets = config::rule_sets(&config.detect, config_path).unwrap_or_default();
    out.extend(rule_sets.into_iter().skip(1).map(|set| ("detect.include", set.path)));
    out.extend(
        config
            .sync
            .extra_files
            .iter()
            .map(|file| ("sync.extra_files", file.clone())),
    );
    let targets = config.sync.target.iter().filter_map(|t| match t.address.parse() {
        Ok(TargetAddress::Local(path)) => Some(("sync.target", path)),
        Ok(TargetAddress::Ssh { .. }) | Err(_) => None,
    });
    out.extend(targets);
    if let Ok(Some(TargetAddress::Local(path))) = config.backup.copy_address() {
        out.push(("backup.copy_to", path));
    }
    out
}
