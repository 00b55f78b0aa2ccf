//! `mm-scan-master`: lists the master trees and records them.

use std::time::{Duration, Instant};

use anyhow::Error;
use clap::Parser;
use itertools::Itertools as _;

use super::args::JobArgs;
use super::run::{Context, Program};
use crate::config::{CategoryConfig, HumanDuration};
use crate::db;
use crate::job::Job;
use crate::job::exit::{ExitStatus, NothingDone, UsageError};
use crate::model::ids::CategoryId;
use crate::model::names::DirPath;
use crate::model::registry::Category;
use crate::scan::ScanError;
use crate::scan::diff::Confirmation;
use crate::sys::clock;
use crate::sys::errors::format_chain;

mod category;
mod report;

use category::{CONNECT, FETCHES, Scan};
use report::{CategoryScan, ScanReport, Skipped};

/// The default deadline of a scan.
const MAX_RUNTIME: HumanDuration = HumanDuration::hours(12);

/// List the master trees and record directories, files and repository metadata.
///
/// The listing of a category comes from a local tree, a fullfiletimelist or rsync, as configured. An incomplete listing is rejected.
/// Additions, changes and new metadata are always recorded. If more than `removal_percent` of the recorded directories (and
/// more than 50) are missing, or one that a repository needs, their removal needs confirmation: see `mm-admin pending`. For more
/// than half of a category their number must be named. Announce a removal with `mm-admin expect-removal`.
#[derive(Debug, Parser)]
#[command(after_long_help = "Examples:\n  \
    mm-scan-master -v                                   all categories\n  \
    mm-scan-master --if-changed                         from cron: only if the watched files changed\n  \
    mm-scan-master --path pub/fedora/linux/updates/43   one subtree, minutes after a push\n  \
    mm-scan-master --category EPEL --dry-run            what would change")]
pub struct Args {
    /// Scan only this category (repeatable) [default: all of the config]
    #[arg(long = "category", value_name = "NAME", action = clap::ArgAction::Append)]
    categories: Vec<String>,
    /// Scan only this directory and those below it; a full path, or one below the top of the only category
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "if_changed")]
    path: Option<String>,
    /// Scan a category only if its watched files changed since its last scan or `max_age` has passed, and no `busy_files` exist
    #[arg(long)]
    if_changed: bool,
    /// Apply the removals that the last scan held back, if they are N; directories that went missing since then are held back
    /// again
    #[expect(
        clippy::option_option,
        reason = "clap represents an option with an optional value like this"
    )]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    confirm_removals: Option<Option<u64>>,
    #[command(flatten)]
    job: JobArgs,
}

impl Program for Args {
    const NAME: &'static str = "mm-scan-master";
    const NOTHING_DONE: &'static str = "the named categories, or scans that are run by hand, are paused\n\
        --confirm-removals, and the last scan held no removal back";
    const JOB: Option<&'static str> = Some("scan");

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        let wanted = select_categories(ctx, &self.categories)?;
        if let (Some(Some(n)), false) = (self.confirm_removals, wanted.len() == 1) {
            return Err(UsageError(format!("--confirm-removals={n} needs one --category")).into());
        }
        let rows = registry_rows(ctx, &wanted)?;
        let mut categories: Vec<(&CategoryConfig, CategoryId)> =
            wanted.into_iter().zip(rows.iter().map(|row| row.id)).collect();
        let mut below = DirPath::top();
        if let Some(path) = &self.path {
            let index;
            (index, below) = subtree(path, &rows)?;
            categories = vec![categories.swap_remove(index)];
        }
        let scopes: Vec<String> = categories.iter().map(|(config, _)| config.name.clone()).collect();
        let mut options = self.job.options();
        options.is_named = !self.categories.is_empty() || self.path.is_some();
        let mut job = Job::start(ctx, &options, "scan", &scopes, MAX_RUNTIME)?;
        categories.retain(|(config, _)| !job.paused_scopes.contains_key(&config.name));
        let report = self
            .check_confirmation(&mut job, &categories)
            .and_then(|()| self.scan(ctx, &mut job, &categories, &below));
        ctx.end_job(job, report)
    }
}

impl Args {
    fn confirmation(&self) -> Option<Confirmation> {
        let named = self.confirm_removals?;
        Some(named.map_or(Confirmation::Uncounted, Confirmation::Count))
    }

    /// Fails if removals are to be confirmed, and none is pending in these categories.
    fn check_confirmation(&self, job: &mut Job, categories: &[(&CategoryConfig, CategoryId)]) -> Result<(), Error> {
        if self.confirm_removals.is_none() {
            return Ok(());
        }
        let pending = job.db.read(db::pending::removals)?;
        if pending
            .iter()
            .any(|row| categories.iter().any(|(_, id)| row.category == *id))
        {
            return Ok(());
        }
        let names = categories.iter().map(|(config, _)| &config.name).format(", ");
        let reason =
            format!("no removal from {names} was held back; list what is pending with: mm-admin pending --all");
        Err(NothingDone(reason).into())
    }

    fn scan(
        &self,
        ctx: &Context,
        job: &mut Job,
        categories: &[(&CategoryConfig, CategoryId)],
        below: &DirPath,
    ) -> Result<ScanReport, Error> {
        let mut report = ScanReport {
            dry_run: self.job.dry_run,
            categories: Vec::new(),
        };
        for (n, (config, category)) in categories.iter().enumerate() {
            job.set_phase(&format!("listing {}", config.name), n, categories.len())?;
            let left = Duration::from_secs(u64::try_from(job.deadline.0 - clock::now().0).unwrap_or(0));
            let scan = Scan {
                ctx,
                args: self,
                config,
                category: *category,
                below,
                agent: ctx.agent(FETCHES, CONNECT, left),
                deadline: Instant::now() + left,
            };
            let mut line = CategoryScan {
                category: config.name.clone(),
                ..CategoryScan::default()
            };
            if let Err(e) = scan.run(job, &mut line) {
                let stopped = matches!(e.downcast_ref(), Some(ScanError::Stopped(_)));
                if self.path.is_some() && !stopped {
                    // The only subtree failed, so there is nothing else to do.
                    return Err(e);
                }
                line.exit = if stopped {
                    ExitStatus::Partial
                } else {
                    ExitStatus::Failed
                };
                line.error = Some(format_chain(e.as_ref()));
            }
            if let Some(Skipped::Busy(file)) = &line.skipped {
                tracing::info!(category = %config.name, %file, "the master is being updated; category skipped");
            }
            report.categories.push(line);
        }
        Ok(report)
    }
}

fn select_categories<'a>(ctx: &'a Context, names: &[String]) -> Result<Vec<&'a CategoryConfig>, UsageError> {
    if ctx.config.category.is_empty() {
        return Err(UsageError(
            "no category in the config; add a [[category]] with name and path".to_owned(),
        ));
    }
    let all = ctx.config.category.iter();
    if let Some(name) = names.iter().find(|name| ctx.config.category(name).is_none()) {
        let known = all.map(|c| &c.name).format(", ");
        return Err(UsageError(format!(
            "unknown category {name:?}; the config has: {known}"
        )));
    }
    Ok(all.filter(|c| names.is_empty() || names.contains(&c.name)).collect())
}

fn registry_rows(ctx: &Context, wanted: &[&CategoryConfig]) -> Result<Vec<Category>, Error> {
    let rows = ctx.open_db()?.read(db::registry::categories)?;
    let row = |config: &&CategoryConfig| {
        let row = rows.iter().find(|r| r.name.as_str() == config.name).cloned();
        row.ok_or_else(|| {
            let text = format!(
                "category {0:?} of the config is not in the registry; add it with: mm-admin category add '{0}' --product PRODUCT \
                 topdir=PATH",
                config.name
            );
            UsageError(text).into()
        })
    };
    wanted.iter().map(row).collect()
}

/// Returns the category of a path (its index among the selected ones) and the path below its top. A path without a known topdir
/// is relative to the top of the only category.
fn subtree(path: &str, categories: &[Category]) -> Result<(usize, DirPath), UsageError> {
    let full: DirPath = path.parse().map_err(|e| UsageError(format!("--path {path:?}: {e}")))?;
    let by_topdir = categories.iter().enumerate().filter(|(_, c)| c.topdir.contains(&full));
    // If one top is inside another, the inner one wins.
    let longest = by_topdir.max_by_key(|(_, c)| c.topdir.as_str().len());
    match (longest, categories) {
        (Some((n, c)), _) if !c.topdir.is_top() => Ok((n, full.below(&c.topdir))),
        (_, [_]) => Ok((0, full)),
        _ => Err(UsageError(format!(
            "--path {path:?} is in no category of the config; use its full path with topdir, or add --category"
        ))),
    }
}
