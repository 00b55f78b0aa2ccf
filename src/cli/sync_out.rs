//! `mm-sync-out`: gets the current generation live on every target.

use std::io;
use std::process::ExitCode;

use anyhow::Error;
use clap::{ArgGroup, Parser};
use serde::Serialize;

use super::args::{CommonArgs, JobArgs};
use super::exit::{ExitStatus, UsageError};
use super::output::{Report, TextOutput};
use super::run::{Context, Program};
use crate::cli::time_arg::TimeArg;
use crate::config::TargetConfig;
use crate::snapshot::generation::GenerationId;
use crate::sync::TargetAddress;
use crate::sys::http::{Agent, HttpLimits};

mod inspect;
mod publish;
mod source;

/// Get the current generation live on every target of the config.
///
/// On each target the generation is pushed beside the others, compared with its manifest, made current by renaming a link, and
/// proven: the server there has to say that it answers from it, and its metalink has to carry the newest hash. A canary goes first. A
/// target that fails stays as it was, is reported, and is brought up to date by the next run. Then the proxy caches are emptied.
#[derive(Debug, Parser)]
#[command(
    group = ArgGroup::new("what").args(["rollback", "resume", "status", "check", "prune"]),
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out     regenerate and publish\n  \
    mm-sync-out --only proxy03             bring up to date what was down\n  \
    mm-sync-out --except proxy03           go on without one that does not take it\n  \
    mm-sync-out --dry-run                  which targets have which generation\n  \
    mm-sync-out --status                   what every target answers from\n  \
    mm-sync-out --rollback --until 2h      back to the generation before, and leave it there for two hours\n  \
    mm-sync-out --resume                   publish again"
)]
pub struct Args {
    /// Only this target; may be given more than once.
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    /// All targets but this one; may be given more than once.
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["only", "check"])]
    except: Vec<String>,
    /// Put the targets back to the generation before the current one, or to this one, and pin them: later runs leave them alone.
    #[expect(
        clippy::option_option,
        reason = "how clap knows an option whose value may be left out"
    )]
    #[arg(long, value_name = "GENERATION", num_args = 0..=1)]
    rollback: Option<Option<GenerationId>>,
    /// How long they stay pinned: 2h, 2026-12-01T18:00 (UTC) or RFC 3339; without it until --resume.
    #[arg(long, value_name = "TIME", requires = "rollback")]
    until: Option<TimeArg>,
    /// Why; shown to whoever wonders.
    #[arg(long, value_name = "TEXT", requires = "rollback", default_value = "")]
    reason: String,
    /// Let pinned targets go, and publish to them.
    #[arg(long)]
    resume: bool,
    /// Show what each target answers from; change nothing.
    #[arg(long)]
    status: bool,
    /// Try the way to a target: ssh, rsync, space, server; change nothing.
    #[arg(long, value_name = "TARGET")]
    check: Option<String>,
    /// Only remove old generations from the targets.
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What a run has to say.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum SyncOutput {
    /// Of a push, a rollback or a pruning.
    Sync(publish::SyncReport),
    /// Of `--status`.
    Status(inspect::StatusReport),
    /// Of `--check`.
    Check(inspect::TargetTestReport),
}

impl Report for SyncOutput {
    fn exit(&self) -> ExitStatus {
        match self {
            Self::Sync(report) => report.exit(),
            Self::Status(report) => report.exit(),
            Self::Check(report) => report.exit(),
        }
    }

    fn is_query(&self) -> bool {
        match self {
            Self::Sync(report) => report.is_query(),
            Self::Status(report) => report.is_query(),
            Self::Check(report) => report.is_query(),
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        match self {
            Self::Sync(report) => report.write_text(out),
            Self::Status(report) => report.write_text(out),
            Self::Check(report) => report.write_text(out),
        }
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-sync-out";
    const JOB: Option<&'static str> = Some("publish");
    type Report = SyncOutput;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, ctx: &Context) -> Result<SyncOutput, Error> {
        if let Some(name) = &self.check {
            let targets = targets(ctx, std::slice::from_ref(name), &[])?;
            return Ok(SyncOutput::Check(inspect::check(ctx, &targets)?));
        }
        let targets = targets(ctx, &self.only, &self.except)?;
        if self.status {
            return Ok(SyncOutput::Status(inspect::status(ctx, &targets)?));
        }
        publish::run(ctx, &self, &targets).map(SyncOutput::Sync)
    }
}

/// Asks the servers of so many targets.
fn agent(ctx: &Context, targets: usize) -> Agent {
    Agent::new(&HttpLimits {
        user_agent: ctx.config.user_agent(),
        connections: targets,
        connect: crate::sync::push::HEALTH_TIMEOUT,
        total: crate::sync::push::HEALTH_TIMEOUT,
        // The addresses are those of the config, which an admin wrote.
        allow_private: true,
    })
}

/// The targets that are meant, each with its place.
fn targets(ctx: &Context, only: &[String], except: &[String]) -> Result<Vec<(TargetConfig, TargetAddress)>, Error> {
    let all = &ctx.config.sync.target;
    if all.is_empty() {
        return Err(UsageError("the config names no target; add a [[sync.target]] with name and to".to_owned()).into());
    }
    for name in only.iter().chain(except) {
        if !all.iter().any(|t| t.name == *name) {
            let known: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
            return Err(UsageError(format!("there is no target {name}; there are {}", known.join(", "))).into());
        }
    }
    if all.iter().all(|t| except.contains(&t.name)) {
        return Err(UsageError("--except leaves no target".to_owned()).into());
    }
    all.iter()
        .filter(|t| (only.is_empty() || only.contains(&t.name)) && !except.contains(&t.name))
        .map(|t| match t.to.parse() {
            Ok(place) => Ok((t.clone(), place)),
            Err(e) => Err(UsageError(format!("sync.target {}: {e}", t.name)).into()),
        })
        .collect()
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
