//! `mm-detect-release`: derives versions and repositories from scanned directories.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Error;
use clap::Parser;

use self::report::DetectReport;
use super::args::JobArgs;
use super::run::{Context, Program};
use crate::config;
use crate::config::HumanDuration;
use crate::db::{self, DbError, Tx};
use crate::detect::{MovePolicy, RegistryState, Rules, plan};
use crate::job::Job;
use crate::job::exit::{ExitStatus, NothingDone, UsageError};
use crate::model::names::{Name, RepoPrefix};

mod apply;
mod check;
mod explain;
mod report;
mod trees;

/// Create versions and repositories for new directories on the master.
///
/// A directory with a repodata below it is a repository; the rules of the config and of the included rule sets name it.
/// A path that no rule matches is recorded and listed, and blocks nothing. Metadata of the tree (.treeinfo, .composeinfo) is
/// compared with the path. A published prefix is never pointed at another directory: a move is proposed, and applied by --apply-moves.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-detect-release --dry-run                    what would be created, moved, or is unresolved\n  \
    mm-detect-release --explain pub/linux/odd/os   every step from the path to the name\n  \
    mm-detect-release --test-rules rules/site.tsv  test the rules against expected names\n  \
    mm-detect-release --apply-moves=fedora-44      move this prefix to its new directory\n  \
    mm-detect-release --acknowledge pub/odd        stop reporting this path"
)]
pub struct Args {
    /// Acknowledge an unresolved path, or all below it with a trailing slash (repeatable): it is not reported again, and a
    /// repository whose directory is missing is removed
    #[arg(long, value_name = "PATH")]
    acknowledge: Vec<String>,
    /// Apply all proposed moves, or those of these prefixes; without a prefix, no move back to an older directory
    #[arg(long, value_name = "PREFIX", num_args = 0.., require_equals = true, value_delimiter = ',')]
    apply_moves: Option<Vec<RepoPrefix>>,
    /// Explain the result of the rules for a directory, recorded or not, without changing anything
    #[arg(long, value_name = "PATH", conflicts_with_all = ["acknowledge", "apply_moves", "test_rules"])]
    explain: Option<String>,
    /// With --explain: the category of the path [default: the one whose topdir contains it]
    #[arg(long, value_name = "NAME", requires = "explain")]
    category: Option<String>,
    /// Test the rules against a table of expected names (tab-separated columns category, directory, version, arch, prefix) and
    /// report every mismatch
    #[arg(long, value_name = "FILE", conflicts_with_all = ["acknowledge", "apply_moves"])]
    test_rules: Option<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
}

impl Program for Args {
    const NAME: &'static str = "mm-detect-release";
    const NOTHING_DONE: &'static str = "no proposed move is applied, or nothing is unresolved at a path to acknowledge";
    const JOB: Option<&'static str> = Some("detect");

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        let sets = config::rule_sets(&ctx.config.detect, &ctx.config_path)?;
        let rules = Rules::new(&sets).map_err(UsageError)?;
        if let Some(path) = &self.explain {
            return ctx.print(&explain::explain(ctx, &rules, path, self.category.as_deref())?);
        }
        if let Some(table) = &self.test_rules {
            return ctx.print(&check::test_rules(ctx, &rules, table)?);
        }
        let mut job = Job::start(ctx, &self.job.options(), "detect", &[], HumanDuration::hours(1))?;
        let report = detect(ctx, &mut job, &rules, &self);
        ctx.end_job(job, report)
    }
}

fn detect(ctx: &Context, job: &mut Job, rules: &Rules, args: &Args) -> Result<DetectReport, Error> {
    let author = ctx.author();
    let mut acknowledged = Vec::new();
    if !args.job.dry_run {
        acknowledged = job.db.write(|tx| apply::acknowledge(tx, &args.acknowledge, &author))?;
    }
    let state = job.db.read(read_state)?;
    let accept = match &args.apply_moves {
        None => MovePolicy::None,
        Some(prefixes) if prefixes.is_empty() => MovePolicy::All,
        Some(prefixes) => MovePolicy::Named(prefixes.iter().cloned().collect()),
    };
    let names = state.categories.iter().map(|(id, (name, _))| (*id, name));
    let mut metadata = trees::metadata_reader(ctx, names);
    let plan = plan(rules, &state, &mut metadata, &accept);
    if let MovePolicy::Named(prefixes) = &accept
        && let Some(prefix) = prefixes.iter().find(|p| plan.moves.iter().all(|m| m.prefix != **p))
    {
        let text = format!("no proposed move of {prefix}; list the proposed moves with: mm-detect-release --dry-run");
        return Err(NothingDone(text).into());
    }
    if !args.job.dry_run {
        job.db.write(|tx| apply::apply(tx, &plan, &author))?;
    }
    Ok(DetectReport {
        plan,
        acknowledged,
        applies_moves: accept != MovePolicy::None,
        dry_run: args.job.dry_run,
    })
}

/// Reads the part of the database that detection depends on.
fn read_state(tx: &Tx<'_>) -> Result<RegistryState, DbError> {
    let products = db::registry::products(tx)?.into_iter();
    let products: BTreeMap<_, Name> = products.map(|p| (p.id, p.name)).collect();
    let product_of = |id| products.get(&id).cloned();
    let categories = db::registry::categories(tx)?.into_iter();
    let versions = db::registry::versions(tx)?.into_iter();
    Ok(RegistryState {
        categories: categories
            .filter_map(|c| Some((c.id, (c.name, product_of(c.product)?))))
            .collect(),
        arches: db::registry::arches(tx)?.into_iter().map(|a| a.name).collect(),
        versions: versions
            .filter_map(|v| Some((product_of(v.product)?, v.name)))
            .collect(),
        repositories: db::detect::recorded(tx)?,
        candidates: db::detect::repository_directories(tx)?,
        unresolved: db::detect::unresolved(tx)?,
        rejected_moves: db::pending::rejected_moves(tx)?,
    })
}
