//! `mm-admin config check`: validates the config file, and warns about paths in it that other users can write.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::{self, Config, ConfigError};
use crate::inspect::permissions::{OpenPath, find_open_paths};
use crate::locks::{UnsafeLockDir, directory};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the config file and its rule sets; report errors, and paths that other users can write.
    Check,
}

/// The report of a valid config; an invalid config or rule set is an error before.
#[derive(Debug, Serialize)]
pub(super) struct ConfigReport {
    ok: bool,
    config: PathBuf,
    database: PathBuf,
    categories: Vec<String>,
    rule_sets: Vec<PathBuf>,
    /// Paths of the config that other users can write.
    open_paths: Vec<OpenPath>,
}

impl ConfigCommand {
    pub(super) fn run(&self, ctx: &Context, path: &Path) -> Result<ConfigReport, ConfigError> {
        match self {
            Self::Check => Ok(ConfigReport {
                ok: true,
                rule_sets: config::rule_sets(&ctx.config.detect, path)?
                    .into_iter()
                    .skip(1)
                    .map(|set| set.path)
                    .collect(),
                open_paths: open_paths(&ctx.config, path),
                config: path.to_owned(),
                database: ctx.config.database_path(),
                categories: ctx.config.category.iter().map(|c| c.name.clone()).collect(),
            }),
        }
    }
}

/// The paths that others can write, and a lock directory that jobs refuse, which others must not open either.
fn open_paths(config: &Config, path: &Path) -> Vec<OpenPath> {
    let mut out = find_open_paths(config, path);
    // A missing directory is created with the right mode.
    if let Ok(Some(UnsafeLockDir { problem, fix })) = directory::find_problem(&config.lock_dir) {
        out.retain(|open| open.key != "lock_dir");
        out.push(OpenPath {
            key: "lock_dir".to_owned(),
            problem: format!("{problem}; jobs refuse it"),
            command: fix,
        });
    }
    out
}

impl Report for ConfigReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for OpenPath { key, problem, command } in &self.open_paths {
            let warning = out.paint(Style::Warn, "warning");
            out.line(format!("{warning}: {key}: {problem}; run: {command}"))?;
        }
        out.line(format!("{}: ok", self.config.display()))
    }
}
