//! Options that every program has, and those of programs that change something.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::HumanDuration;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on stdout.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options of every program.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct CommonArgs {
    /// The config file.
    #[arg(long, value_name = "FILE", env = "MM_CONFIG", hide_env_values = true, default_value = crate::config::DEFAULT_PATH, global = true)]
    pub config: PathBuf,
    /// How to print results.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub color: Color,
    /// Say more; twice: everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Say less: errors only.
    #[arg(short, long, action = clap::ArgAction::SetTrue, global = true)]
    pub quiet: bool,
}

/// Options of programs that run as a job, under a lock.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Job options")]
pub struct JobArgs {
    /// Show what would be done; change nothing, take no lock.
    #[arg(long)]
    pub dry_run: bool,
    /// Wait so long for another run to end, such as 10m.
    #[arg(long, value_name = "DURATION")]
    pub lock_wait: Option<HumanDuration>,
    /// Say nothing when another run holds the lock and is within its deadline.
    #[arg(long)]
    pub quiet_if_locked: bool,
    /// Give up after so long, with what is done committed.
    #[arg(long, value_name = "DURATION")]
    pub max_runtime: Option<HumanDuration>,
    /// Write how the run went to this file, for the textfile collector of Prometheus' node exporter: one file for each job.
    #[arg(long, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
    /// Run even if the job is paused (see mm-admin pause).
    #[arg(long)]
    pub ignore_pause: bool,
    /// Run even if the clock is behind, or far ahead of, the last recorded time.
    #[arg(long)]
    pub ignore_clock: bool,
}
