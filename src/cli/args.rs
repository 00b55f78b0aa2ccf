//! Options that every program has, and those of batch jobs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::HumanDuration;
use crate::job::{JobLocks, JobOptions};

/// The format of reports on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Readable text and tables.
    #[default]
    Text,
    /// One JSON document on stdout.
    Json,
}

/// The condition for colored output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Colored, also in files and pipes.
    Always,
    /// Without color, even on a terminal.
    Never,
}

// Options of every program. A doc comment would become the description of the program.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct CommonArgs {
    #[arg(long, value_name = "FILE", env = "MM_CONFIG", default_value = crate::config::DEFAULT_PATH, global = true)]
    #[arg(hide_env = true, hide_default_value = true)]
    #[arg(help = "Config file (also MM_CONFIG)", long_help = format!("Config file, also set by MM_CONFIG [default: {}]", crate::config::DEFAULT_PATH))]
    pub(crate) config: PathBuf,
    /// Output format: text or json.
    #[arg(long, value_enum, default_value_t, global = true)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub(crate) format: Format,
    #[arg(long, value_enum, default_value_t, global = true)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    #[arg(help = "Color output: auto (on a terminal, unless NO_COLOR is set), always or never")]
    #[arg(hide_short_help = true)]
    pub(crate) color: Color,
    /// Log more to stderr (-vv: debug).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Print errors only (for cron).
    #[arg(short, long, action = clap::ArgAction::SetTrue, global = true)]
    pub(crate) quiet: bool,
}

/// Options of programs that run as a job, under a lock.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Job options")]
pub(crate) struct JobArgs {
    /// Show what would be done; change nothing, take no lock.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to wait for another run to finish (e.g. 10m).
    #[arg(long, value_name = "DURATION", hide_short_help = true)]
    pub(crate) lock_wait: Option<HumanDuration>,
    /// Exit silently if another run holds the lock and is within its deadline.
    #[arg(long, hide_short_help = true)]
    pub(crate) quiet_if_locked: bool,
    /// Stop after this time; finished work is kept.
    #[arg(long, value_name = "DURATION", hide_short_help = true)]
    pub(crate) max_runtime: Option<HumanDuration>,
    /// Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Run even if the job is paused (see mm-admin pause).
    #[arg(long, hide_short_help = true)]
    pub(crate) ignore_pause: bool,
    /// Run even if the clock is behind, or far ahead of, the last recorded time.
    #[arg(long, hide_short_help = true)]
    pub(crate) ignore_clock: bool,
}

impl JobArgs {
    pub(super) fn options(&self) -> JobOptions {
        JobOptions {
            dry_run: self.dry_run,
            locks: JobLocks::default(),
            lock_wait: self.lock_wait.unwrap_or_default().get(),
            quiet_if_locked: self.quiet_if_locked,
            max_runtime: self.max_runtime,
            metrics_file: self.metrics_file.clone(),
            ignore_pause: self.ignore_pause,
            ignore_clock: self.ignore_clock,
            is_named: false,
        }
    }
}
