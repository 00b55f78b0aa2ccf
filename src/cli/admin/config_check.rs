//! `mm-admin config check`: validates the config file.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use crate::cli::output::{Report, TextOutput};
use crate::cli::run::Context;
use crate::config::{self, ConfigError};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the config file and its rule sets, and report errors.
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
                config: path.to_owned(),
                database: ctx.config.database_path(),
                categories: ctx.config.category.iter().map(|c| c.name.clone()).collect(),
            }),
        }
    }
}

impl Report for ConfigReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("{}: ok", self.config.display()))
    }
}
