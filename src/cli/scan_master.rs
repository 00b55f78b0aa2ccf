//! `mm-scan-master`: records what mirrors should have.

use std::process::ExitCode;

use anyhow::Error;
use clap::Parser;

use super::args::{CommonArgs, JobArgs};
use super::exit::{ExitStatus, UsageError};
use super::output::Report as _;
use super::run::{Context, Program};
use crate::config::CategoryConfig;
use crate::config::HumanDuration;
use crate::db;
use crate::model::names::DirPath;
use crate::model::registry::Category;
use crate::scan::ScanError;
use crate::sys::errors::format_chain;

mod category;
mod report;

use category::Scan;
pub use report::ScanReport;
use report::{CategoryScan, Skipped};

/// The longest a scan may take when nobody says otherwise.
const MAX_RUNTIME: HumanDuration = HumanDuration::hours(12);

/// Record what mirrors should have: list the master trees and store directories, files and repository metadata.
///
/// The listing of a category comes from a walk of a local tree, from a fullfiletimelist or from rsync, as the config says. One that
/// did not end cleanly is refused. Additions, changes and new metadata of a clean one always go in; when more than a
/// share (`max_delete` of the config, and more than 50) of the known directories are missing, the removals wait for --confirm-removals; when more than half
/// are missing, nothing is written.
#[derive(Debug, Parser)]
#[command(after_long_help = "Examples:\n  \
    mm-scan-master -v                                   all categories, and what changed\n  \
    mm-scan-master --if-changed                         from cron: only what the watched files say has changed\n  \
    mm-scan-master --path pub/fedora/linux/updates/43   one subtree, minutes after a push\n  \
    mm-scan-master --category EPEL --dry-run            what a scan would write")]
pub struct Args {
    /// Scan this category only; may be given several times. Without it: all of the config.
    #[arg(long = "category", value_name = "NAME", action = clap::ArgAction::Append)]
    categories: Vec<String>,
    /// Scan this directory and what lies below it only: a full name, or below the top of the one category that is given.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "if_changed")]
    path: Option<String>,
    /// Scan only if the watched files of the category changed since its last scan, or that is long ago (`max_age`); and not while
    /// a `busy` file is there.
    #[arg(long)]
    if_changed: bool,
    /// Let the missing directories go that the last scan held back. What is missing since then is held back anew.
    #[arg(long)]
    confirm_removals: bool,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl Program for Args {
    const NAME: &'static str = "mm-scan-master";
    const JOB: Option<&'static str> = Some("scan");
    type Report = ScanReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, ctx: &Context) -> Result<ScanReport, Error> {
        let mut wanted = chosen(ctx, &self.categories)?;
        let mut categories = registered(ctx, &wanted)?;
        let below = match &self.path {
            None => DirPath::top(),
            Some(path) => {
                let (one, below) = subtree(path, &categories)?;
                wanted = wanted.get(one).copied().into_iter().collect();
                categories = categories.get(one).cloned().into_iter().collect();
                below
            }
        };
        let scopes: Vec<String> = wanted.iter().map(|c| c.name.clone()).collect();
        let mut job = ctx.start_job(&self.job, "scan", &scopes, MAX_RUNTIME)?;
        let mut report = ScanReport {
            dry_run: self.job.dry_run,
            categories: Vec::new(),
        };
        let all = wanted.iter().zip(&categories);
        let wanted: Vec<_> = all
            .filter(|(config, _)| !job.paused_scopes.contains_key(&config.name))
            .collect();
        for (n, (config, category)) in wanted.iter().enumerate() {
            let (done, total) = (count(n), count(wanted.len()));
            if let Err(e) = job.set_phase(&format!("listing {}", config.name), done, total) {
                return Err(job.fail(e.into()));
            }
            let scan = Scan {
                ctx,
                config,
                category: category.id,
                below: &below,
                if_changed: self.if_changed,
                confirmed: self.confirm_removals,
                dry_run: self.job.dry_run,
            };
            let mut line = CategoryScan::new(&config.name);
            if let Err(e) = scan.run(&mut job, &mut line) {
                let stopped = matches!(e.downcast_ref(), Some(ScanError::Stopped(_)));
                if self.path.is_some() && !stopped {
                    // Somebody waits for the answer, and nothing else is to be done.
                    return Err(job.fail(e));
                }
                line.exit = if stopped {
                    ExitStatus::Partial
                } else {
                    ExitStatus::Failed
                };
                line.error = Some(format_chain(e.as_ref()));
            }
            if let Some(Skipped::Busy(file)) = &line.skipped {
                tracing::info!(category = %config.name, %file, "being changed, not scanned");
            }
            report.categories.push(line);
        }
        let problems = report.problems();
        job.finish_part(report.exit(), &report, problems, &|key| report.judged(key))?;
        Ok(report)
    }
}

/// The categories of the config that are asked for.
fn chosen<'a>(ctx: &'a Context, names: &[String]) -> Result<Vec<&'a CategoryConfig>, UsageError> {
    let known = || {
        let names: Vec<&str> = ctx.config.category.iter().map(|c| c.name.as_str()).collect();
        names.join(", ")
    };
    if ctx.config.category.is_empty() {
        return Err(UsageError(
            "the config names no category to scan; add a [[category]] with name and path".to_owned(),
        ));
    }
    for name in names {
        if ctx.config.category(name).is_none() {
            return Err(UsageError(format!(
                "no category {name:?} in the config; known: {}",
                known()
            )));
        }
    }
    let all = ctx.config.category.iter();
    Ok(all.filter(|c| names.is_empty() || names.contains(&c.name)).collect())
}

/// Their rows in the registry.
fn registered(ctx: &Context, wanted: &[&CategoryConfig]) -> Result<Vec<Category>, Error> {
    let rows = ctx.open_db()?.read(db::registry::categories)?;
    let mut out = Vec::new();
    for config in wanted {
        let row = rows.iter().find(|r| r.name.as_str() == config.name).cloned();
        out.push(row.ok_or_else(|| {
            UsageError(format!(
                "category {0:?} of the config is not in the registry; create it with: mm-admin category add '{0}' --product PRODUCT \
                 --topdir TOPDIR",
                config.name
            ))
        })?);
    }
    Ok(out)
}

/// The category (its place among the chosen) that a path lies in, and the path below its top. A path that begins with no topdir
/// is one below the top of the only category.
fn subtree(path: &str, categories: &[Category]) -> Result<(usize, DirPath), UsageError> {
    let full: DirPath = path.parse().map_err(|e| UsageError(format!("--path {path:?}: {e}")))?;
    let by_topdir = categories.iter().enumerate().filter(|(_, c)| c.topdir.contains(&full));
    // Where one top lies in another, the longer one has it.
    let longest = by_topdir.max_by_key(|(_, c)| c.topdir.as_str().len());
    match (longest, categories) {
        (Some((n, c)), _) if !c.topdir.is_top() => Ok((n, full.below(&c.topdir))),
        (_, [_]) => Ok((0, full)),
        _ => Err(UsageError(format!(
            "--path {path:?} lies in no category of the config; give its full name, topdir included, or one --category"
        ))),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
