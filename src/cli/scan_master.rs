//! `mm-scan-master`: records what mirrors should have.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use anyhow::{Context as _, Error};
use clap::Parser;
use serde::Serialize;

use super::args::{CommonArgs, JobArgs};
use super::exit::{Exit, UsageError};
use super::job::Job;
use super::output::{Page, Report, Tone};
use super::progress;
use super::run::{Context, Program};
use crate::config::{CategoryConfig, SourceKind};
use crate::db::{self, DbError};
use crate::master::diff::{self, HeldBack, Policy};
use crate::master::walk::{Walk, WalkError};
use crate::model::Span;
use crate::model::ids::CategoryId;
use crate::model::listing::ScanOutcome;
use crate::model::registry::Category;
use crate::sys::clock;

/// The longest a scan may take when nobody says otherwise.
const MAX_RUNTIME: Span = Span::hours(12);

/// Record what mirrors should have: walk the master trees and store directories, files and repository metadata.
///
/// A listing that did not end cleanly is refused. Additions, changes and new metadata of a clean one always go in; when more than
/// 10 % (and more than 50) of the known directories are missing, the removals wait for --confirm-removals; when more than half
/// are missing, nothing is written.
#[derive(Debug, Parser)]
pub struct Args {
    /// Scan this category only; may be given several times. Without it: all of the config.
    #[arg(long = "category", value_name = "NAME", action = clap::ArgAction::Append)]
    categories: Vec<String>,
    /// Let the missing directories go, although they are many.
    #[arg(long)]
    confirm_removals: bool,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What became of each category.
#[derive(Debug, Serialize)]
pub struct ScanReport {
    dry_run: bool,
    categories: Vec<CategoryScan>,
}

/// What became of one.
#[derive(Debug, Serialize)]
struct CategoryScan {
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<ScanOutcome>,
    /// Removals that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_back: Option<HeldBack>,
    /// Why nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Files that could not be recorded.
    warnings: Vec<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Report for ScanReport {
    fn exit(&self) -> Exit {
        let worst = |exit: &Exit| match exit {
            Exit::Done => 0,
            Exit::Partial => 1,
            Exit::Failed | Exit::Usage | Exit::Locked => 2,
        };
        self.categories
            .iter()
            .map(|c| c.exit)
            .max_by_key(worst)
            .unwrap_or(Exit::Done)
    }

    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was written")?;
        }
        let mut rows = Vec::new();
        for scan in &self.categories {
            let (tone, state) = match scan.exit {
                Exit::Done => (Tone::Good, "done"),
                Exit::Partial => (Tone::Warn, "in part"),
                Exit::Failed | Exit::Usage | Exit::Locked => (Tone::Bad, "failed"),
            };
            let mut row = vec![scan.category.clone(), out.paint(tone, state)];
            if let Some(o) = &scan.outcome {
                row.push(o.generation.0.to_string());
                let counts = [
                    o.directories,
                    o.added,
                    o.changed,
                    o.returned,
                    o.vanished,
                    o.removed,
                    o.new_details,
                ];
                row.extend(counts.iter().map(u64::to_string));
            }
            rows.push(row);
        }
        let header = [
            "CATEGORY",
            "STATE",
            "GENERATION",
            "DIRECTORIES",
            "NEW",
            "CHANGED",
            "RETURNED",
            "VANISHED",
            "REMOVED",
            "METADATA",
        ];
        out.table(&header, &rows)
    }

    fn is_answer(&self) -> bool {
        false
    }
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

    fn run(self, cx: &Context) -> Result<ScanReport, Error> {
        let wanted = chosen(cx, &self.categories)?;
        let categories = registered(cx, &wanted)?;
        let scopes: Vec<String> = wanted.iter().map(|c| c.name.clone()).collect();
        let mut job = Job::begin(cx, &self.job, "scan", &scopes, MAX_RUNTIME)?;
        let mut report = ScanReport {
            dry_run: self.job.dry_run,
            categories: Vec::new(),
        };
        for (n, (config, category)) in wanted.iter().zip(&categories).enumerate() {
            let (done, total) = (count(n), count(wanted.len()));
            if let Err(e) = job.phase(&format!("walking {}", config.name), done, total) {
                return Err(job.fail(cx, e.into()));
            }
            let scan = Scan {
                cx,
                config,
                category: category.id,
                confirmed: self.confirm_removals,
                dry_run: self.job.dry_run,
            };
            let mut line = CategoryScan::new(&config.name);
            if let Err(e) = scan.run(&mut job, &mut line) {
                line.exit = match e.downcast_ref() {
                    Some(WalkError::Stopped(_)) => Exit::Partial,
                    _ => Exit::Failed,
                };
                line.error = Some(format!("{e:#}"));
            }
            report.categories.push(line);
        }
        let problems = report.problems();
        job.finish(cx, report.exit(), &report, problems)?;
        Ok(report)
    }
}

impl CategoryScan {
    fn new(category: &str) -> Self {
        Self {
            category: category.to_owned(),
            outcome: None,
            held_back: None,
            error: None,
            warnings: Vec::new(),
            exit: Exit::Done,
        }
    }
}

impl ScanReport {
    fn problems(&self) -> BTreeMap<String, String> {
        let mut problems = BTreeMap::new();
        for scan in &self.categories {
            let name = &scan.category;
            if let Some(error) = &scan.error {
                problems.insert(format!("error {name}"), format!("category {name}: {error}"));
            }
            if let Some(HeldBack { gone, known }) = scan.held_back {
                problems.insert(
                    format!("held back {name}"),
                    format!(
                        "category {name}: {gone} of {known} directories are missing from the master; they stay for now. If they are \
                         gone for good: mm-scan-master --category '{name}' --confirm-removals"
                    ),
                );
            }
            for (n, warning) in scan.warnings.iter().enumerate() {
                problems.insert(format!("warning {name} {n}"), format!("category {name}: {warning}"));
            }
        }
        problems
    }
}

/// The categories of the config that are asked for.
fn chosen<'a>(cx: &'a Context, names: &[String]) -> Result<Vec<&'a CategoryConfig>, UsageError> {
    let known = || {
        let names: Vec<&str> = cx.config.category.iter().map(|c| c.name.as_str()).collect();
        names.join(", ")
    };
    if cx.config.category.is_empty() {
        return Err(UsageError(
            "the config names no category to scan; add a [[category]] with name and path".to_owned(),
        ));
    }
    for name in names {
        if cx.config.category(name).is_none() {
            return Err(UsageError(format!(
                "no category {name:?} in the config; known: {}",
                known()
            )));
        }
    }
    let all = cx.config.category.iter();
    Ok(all.filter(|c| names.is_empty() || names.contains(&c.name)).collect())
}

/// Their rows in the registry.
fn registered(cx: &Context, wanted: &[&CategoryConfig]) -> Result<Vec<Category>, Error> {
    let rows = cx.open_db()?.read(db::registry::categories)?;
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

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The scan of one category.
struct Scan<'a> {
    cx: &'a Context,
    config: &'a CategoryConfig,
    category: CategoryId,
    confirmed: bool,
    dry_run: bool,
}

impl Scan<'_> {
    /// Lists, compares, and writes what changed; tells it in `line`.
    fn run(&self, job: &mut Job, line: &mut CategoryScan) -> Result<(), Error> {
        let excludes = self.config.excludes().map_err(UsageError)?;
        let known = job.db.read(|tx| db::scan::known(tx, self.category))?;
        let bar = progress::bar(&self.cx.output, 0, &self.config.name);
        let walk = Walk {
            root: &self.config.path,
            excludes: &excludes,
            known: &known.directories,
            lanes: lanes(),
            stop: &job.stop,
            progress: &|n| bar.set_position(n),
        };
        let walked = match self.config.source {
            SourceKind::Walk => walk.run(clock::now()),
        };
        bar.finish_and_clear();
        let walked = walked?;
        line.warnings = walked.warnings.into_values().collect();
        let ids = diff::to_compare(&known, &walked.listing);
        let stored = job.db.read(|tx| db::scan::stored(tx, &ids))?;
        let policy = Policy {
            excludes: &excludes,
            grace: self.cx.config.vanish_grace.get(),
            confirmed: self.confirmed,
            now: clock::now(),
        };
        let (plan, held_back) = diff::plan(&known, walked.listing, &stored, policy)
            .with_context(|| format!("the tree {}", self.config.path.display()))?;
        line.held_back = held_back;
        if held_back.is_some() {
            line.exit = Exit::Partial;
        }
        line.outcome = Some(if self.dry_run {
            let raised = if plan.changes_something() {
                plan.base.next()
            } else {
                plan.base
            };
            plan.outcome(raised)
        } else {
            let at = clock::now();
            job.db
                .write(|tx| -> Result<ScanOutcome, DbError> { db::scan::apply(tx, &plan, at) })?
        });
        Ok(())
    }
}

/// How many directories are read at the same time. File servers take their time to answer, so more than there are processors.
fn lanes() -> usize {
    std::thread::available_parallelism().map_or(4, |n| n.get().saturating_mul(2).clamp(4, 32))
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
