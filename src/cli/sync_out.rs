//! `mm-sync-out`: deploys the current generation to all targets.

use anyhow::{Context as _, Error};
use clap::{ArgGroup, Parser};
use itertools::Itertools as _;

use super::args::JobArgs;
use super::run::{Context, Program};
use crate::cli::time_arg::TimeArg;
use crate::job::exit::{ExitStatus, UsageError};
use crate::snapshot::generation::GenerationId;
use crate::sync::target::Target;

mod inspect;
mod publish;
mod report;
mod source;

/// Deploy the current generation to all configured targets.
///
/// On each target the generation is uploaded, compared with its manifest, and made current by renaming a link. Then it is verified:
/// the server must report the generation, and its metalink must contain the newest hash. Canaries are updated first. A target that
/// fails is left unchanged or rolled back, is reported, and is updated by the next run. Finally the proxy caches are purged.
///
/// The files of `sync.extra_files` are compared with those of each target by content, and sent if they differ. A target is
/// `current` if it has the generation and equal files.
#[derive(Debug, Parser)]
#[command(
    group = ArgGroup::new("action").args(["rollback", "unpin", "status", "test", "prune"]),
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out     regenerate and publish\n  \
    mm-sync-out --only proxy03             update a target that was down\n  \
    mm-sync-out --exclude proxy03          continue without a target that rejects the generation\n  \
    mm-sync-out --dry-run                  show which targets would be updated\n  \
    mm-sync-out --status                   show the generation of each target\n  \
    mm-sync-out --rollback --until 2h      return to the previous generation, pinned for two hours\n  \
    mm-sync-out --unpin                    unpin the targets, and publish to them"
)]
pub struct Args {
    /// Publish only to this target (repeatable).
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    /// Exclude this target (repeatable).
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["only", "test"])]
    exclude: Vec<String>,
    /// Roll the targets back to GENERATION, or to the one before the current, and pin them to it.
    #[expect(
        clippy::option_option,
        reason = "clap represents an option with an optional value like this"
    )]
    #[arg(long, value_name = "GENERATION", num_args = 0..=1)]
    rollback: Option<Option<GenerationId>>,
    /// Unpin the targets at TIME: 2h, 2026-12-01T18:00 (UTC) or RFC 3339; without it, they stay pinned until --unpin.
    #[arg(long, value_name = "TIME", requires = "rollback")]
    until: Option<TimeArg>,
    /// Reason, shown in status output.
    #[arg(long, value_name = "TEXT", requires = "rollback", default_value = "")]
    reason: String,
    /// Unpin the targets and publish to them.
    #[arg(long)]
    unpin: bool,
    /// Show the generation that each target serves, and those to roll back to, without changing anything.
    #[arg(long)]
    status: bool,
    /// Test the connection to a target (ssh, rsync, free space, server) without changing anything.
    #[arg(long, value_name = "TARGET")]
    test: Option<String>,
    /// Remove old generations from the targets, without publishing.
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    job: JobArgs,
}

impl Program for Args {
    const NAME: &'static str = "mm-sync-out";
    const NOTHING_DONE: &'static str = "the named targets, or all targets of a run by hand, are pinned or paused\n\
        --unpin, and none of the targets is pinned\n\
        --rollback, and all targets are pinned to that generation and serve it";
    const JOB: Option<&'static str> = Some("publish");

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        if let Some(name) = &self.test {
            let targets = select_targets(ctx, std::slice::from_ref(name), &[])?;
            let target = targets.first().context("no target selected")?;
            return ctx.print(&inspect::test(ctx, target)?);
        }
        let targets = select_targets(ctx, &self.only, &self.exclude)?;
        if self.status {
            return ctx.print(&inspect::status(ctx, &targets)?);
        }
        publish::run(ctx, &self, &targets)
    }
}

impl Args {
    /// Returns true if the command line says what to do to which targets.
    fn is_named(&self) -> bool {
        !self.only.is_empty() || !self.exclude.is_empty() || self.unpin
    }
}

/// Selects targets of the config, and parses their addresses.
fn select_targets(ctx: &Context, only: &[String], exclude: &[String]) -> Result<Vec<Target>, UsageError> {
    let all = &ctx.config.sync.target;
    if all.is_empty() {
        return Err(UsageError(
            "the config has no target; add a [[sync.target]] with name and address".to_owned(),
        ));
    }
    let mut names = only.iter().chain(exclude);
    if let Some(name) = names.find(|name| !all.iter().any(|t| t.name == **name)) {
        let known = all.iter().map(|t| &t.name).format(", ");
        return Err(UsageError(format!("unknown target {name}; known: {known}")));
    }
    if all.iter().all(|t| exclude.contains(&t.name)) {
        return Err(UsageError("--exclude leaves no target".to_owned()));
    }
    all.iter()
        .filter(|t| (only.is_empty() || only.contains(&t.name)) && !exclude.contains(&t.name))
        .map(|t| {
            let address = t.address.parse();
            Ok(Target {
                config: t.clone(),
                address: address.map_err(|e| UsageError(format!("sync.target {}: {e}", t.name)))?,
            })
        })
        .collect()
}
