//! `mm-admin config check`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use crate::cli::output::{Page, Report};
use crate::cli::run::Context;

/// What can be done with the config.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the config file and say what is wrong with it.
    Check,
}

/// The config is good: a bad one ended the program before.
#[derive(Debug, Serialize)]
pub(super) struct ConfigReport {
    ok: bool,
    config: PathBuf,
    database: PathBuf,
    categories: Vec<String>,
}

impl ConfigCommand {
    pub(super) fn run(&self, cx: &Context, path: &Path) -> ConfigReport {
        match self {
            Self::Check => ConfigReport {
                ok: true,
                config: path.to_owned(),
                database: cx.config.database_path(),
                categories: cx.config.category.iter().map(|c| c.name.clone()).collect(),
            },
        }
    }
}

impl Report for ConfigReport {
    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        out.line(format!("{}: ok", self.config.display()))
    }
}
