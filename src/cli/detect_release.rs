//! `mm-detect-release`: versions and repositories from what the scan found.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Error;
use clap::Parser;
use serde::Serialize;

use self::check::RuleTestReport;
use self::explain::ExplainReport;
use self::report::DetectReport;
use super::args::{CommonArgs, JobArgs};
use super::exit::{ExitStatus, UsageError};
use super::output::{Report, TextOutput};
use super::run::{Context, Program};
use crate::config;
use crate::config::HumanDuration;
use crate::db::{self, DbError, Tx};
use crate::detect::plan::{Candidate, KnownRepository};
use crate::detect::{MovePolicy, RegistryState, Rules, plan};
use crate::job::Job;
use crate::model::ids::CategoryId;
use crate::model::names::{Name, RepoPrefix};

mod apply;
mod check;
mod explain;
mod report;
mod trees;

/// Create versions and repositories for what is new on the master.
///
/// A directory with a repodata below it is a repository; the rules of the config, and the rule sets that it includes, say which.
/// What no rule knows is stored, listed, and stops nothing. What a tree says of itself, in .treeinfo and .composeinfo, is held
/// against its path. A published prefix is never pointed at another directory: that is proposed, and done by --apply-moves.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-detect-release --dry-run                    what would be created, moved, and what no rule knows\n  \
    mm-detect-release --explain pub/linux/odd/os   every step from the path to the name\n  \
    mm-detect-release --check rules/site.tsv       whether the rules give these directories these names\n  \
    mm-detect-release --apply-moves=fedora-44      let this prefix go to its new place\n  \
    mm-detect-release --ack pub/odd                this path is as it should be: say no more about it"
)]
pub struct Args {
    /// Acknowledge what waits at a path, or with a slash at the end at all paths below: one that no rule knows or that its tree
    /// contradicts is not told of again; a repository whose directory is gone is removed. May be given more than once.
    #[arg(long, value_name = "PATH")]
    ack: Vec<String>,
    /// Make the proposed moves, or those of these prefixes only. Without a prefix, a move back to an older directory is left out.
    #[arg(long, value_name = "PREFIX", num_args = 0.., require_equals = true, value_delimiter = ',')]
    apply_moves: Option<Vec<RepoPrefix>>,
    /// Tell what the rules make of the directory and why, whether it is in the database or not; change nothing.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["ack", "apply_moves", "check"])]
    explain: Option<String>,
    /// With --explain: the category of the path, if it is not the one whose topdir the path begins with.
    #[arg(long, value_name = "NAME", requires = "explain")]
    category: Option<String>,
    /// Hold the rules against a table of directories and names (tab-separated: category, directory, version, arch, prefix), and
    /// tell of each row that comes out otherwise; change nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ack", "apply_moves"])]
    check: Option<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What the program has to say.
#[derive(Debug)]
pub enum DetectAnswer {
    /// Of a run.
    Detected(Box<DetectReport>),
    /// To `--explain`.
    Explained(Box<ExplainReport>),
    /// To `--check`.
    Checked(RuleTestReport),
}

impl Serialize for DetectAnswer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Detected(r) => r.serialize(serializer),
            Self::Explained(r) => r.serialize(serializer),
            Self::Checked(r) => r.serialize(serializer),
        }
    }
}

impl Report for DetectAnswer {
    fn exit(&self) -> ExitStatus {
        match self {
            Self::Detected(r) => r.exit(),
            Self::Explained(r) => r.exit(),
            Self::Checked(r) => r.exit(),
        }
    }

    fn is_query(&self) -> bool {
        match self {
            Self::Detected(r) => r.is_query(),
            Self::Explained(_) | Self::Checked(_) => true,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        match self {
            Self::Detected(r) => r.write_text(out),
            Self::Explained(r) => r.write_text(out),
            Self::Checked(r) => r.write_text(out),
        }
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-detect-release";
    const JOB: Option<&'static str> = Some("detect");
    type Report = DetectAnswer;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, ctx: &Context) -> Result<DetectAnswer, Error> {
        let sets = config::rule_sets(&ctx.config.detect, &self.common.config)?;
        let rules = Rules::new(&sets).map_err(UsageError)?;
        if let Some(path) = &self.explain {
            let report = explain::run(ctx, &rules, path, self.category.as_deref())?;
            return Ok(DetectAnswer::Explained(Box::new(report)));
        }
        if let Some(table) = &self.check {
            return check::run(ctx, &rules, table).map(DetectAnswer::Checked);
        }
        let mut job = ctx.start_job(&self.job, "detect", &[], HumanDuration::hours(1))?;
        match detect(ctx, &mut job, &rules, &self) {
            Ok(report) => {
                job.finish(report.exit(), &report.counts(), report.problems())?;
                Ok(DetectAnswer::Detected(Box::new(report)))
            }
            Err(e) => Err(job.fail(e)),
        }
    }
}

fn detect(ctx: &Context, job: &mut Job, rules: &Rules, args: &Args) -> Result<DetectReport, Error> {
    let author = ctx.author();
    let mut acknowledged = Vec::new();
    if !args.job.dry_run {
        acknowledged = job.db.write(|tx| apply::acknowledge(tx, &args.ack, &author))?;
    }
    let state = job.db.read(read_state)?;
    let accept = match &args.apply_moves {
        None => MovePolicy::None,
        Some(prefixes) if prefixes.is_empty() => MovePolicy::All,
        Some(prefixes) => MovePolicy::Named(prefixes.iter().cloned().collect()),
    };
    let names = state.categories.iter().map(|(id, (name, _))| (*id, name.clone()));
    let mut witness = trees::metadata_reader(&ctx.config, names.collect());
    let plan = plan(rules, &state, &mut witness, &accept);
    known_moves(&accept, &plan.moves.iter().map(|m| &m.prefix).collect())?;
    if !args.job.dry_run {
        job.db.write(|tx| apply::apply(tx, &plan, &author))?;
    }
    Ok(DetectReport {
        plan,
        acknowledged,
        dry_run: args.job.dry_run,
    })
}

/// A prefix that nothing moves is a mistake of the caller.
fn known_moves(accept: &MovePolicy, proposed: &BTreeSet<&RepoPrefix>) -> Result<(), UsageError> {
    let MovePolicy::Named(wanted) = accept else {
        return Ok(());
    };
    match wanted.iter().find(|p| !proposed.contains(p)) {
        None => Ok(()),
        Some(prefix) => Err(UsageError(format!(
            "no move of {prefix} is proposed; see the proposed moves with: mm-detect-release --dry-run"
        ))),
    }
}

/// What the database holds that matters for detection.
fn read_state(tx: &Tx<'_>) -> Result<RegistryState, DbError> {
    let products: BTreeMap<_, Name> = db::registry::products(tx)?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let categories: BTreeMap<CategoryId, (Name, Name)> = db::registry::categories(tx)?
        .into_iter()
        .filter_map(|c| Some((c.id, (c.name, products.get(&c.product)?.clone()))))
        .collect();
    Ok(RegistryState {
        categories,
        arches: db::registry::arches(tx)?.into_iter().map(|a| a.name).collect(),
        versions: db::registry::versions(tx)?
            .into_iter()
            .filter_map(|v| Some((products.get(&v.product)?.clone(), v.name)))
            .collect(),
        repositories: db::detect::recorded(tx)?
            .into_iter()
            .map(|r| KnownRepository {
                id: r.id,
                name: r.name,
                prefix: r.prefix,
                version: r.version,
                arch: r.arch,
                directory: r.directory,
                gone: r.gone,
            })
            .collect(),
        candidates: db::detect::repository_directories(tx)?
            .into_iter()
            .map(|d| Candidate {
                directory: d.id,
                category: d.category,
                path: d.path,
                below: d.below,
                first_seen: d.first_seen,
            })
            .collect(),
        open: db::detect::unresolved(tx)?
            .into_iter()
            .map(|u| ((u.category, u.path), u.acknowledged_at.is_some()))
            .collect(),
    })
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
