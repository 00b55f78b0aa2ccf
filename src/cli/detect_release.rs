//! `mm-detect-release`: versions and repositories from what the scan found.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use anyhow::Error;
use clap::Parser;
use serde::Serialize;

use super::args::{CommonArgs, JobArgs};
use super::exit::{Exit, UsageError};
use super::job::Job;
use super::output::{Page, Report, Tone};
use super::run::{Context, Program};
use crate::db::change::Author;
use crate::db::release::{RepositoryRow, VersionRow};
use crate::db::{self, DbError, Tx};
use crate::model::Span;
use crate::model::ids::{ArchId, CategoryId};
use crate::model::names::Name;
use crate::release::plan::{Candidate, NewRepository, Recorded, Unmatched};
use crate::release::{Plan, Rules, State, plan};

/// Create versions and repositories for what is new on the master.
///
/// A directory with a repodata below it is a repository; the rules of the config say which. What no rule knows is stored, listed,
/// and stops nothing. A published prefix is never pointed at another directory.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-detect-release --dry-run        what would be created, and what no rule knows\n  \
    mm-detect-release --ack pub/odd    this path is as it should be: say no more about it"
)]
pub struct Args {
    /// Acknowledge a path that no rule knows; may be given more than once.
    #[arg(long, value_name = "PATH")]
    ack: Vec<String>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What was created, and what was not understood.
#[derive(Debug, Serialize)]
pub struct DetectReport {
    plan: Plan,
    acknowledged: Vec<String>,
    dry_run: bool,
}

impl DetectReport {
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("versions", self.plan.versions.len()),
            ("repositories", self.plan.repositories.len()),
            ("relinked", self.plan.relinked.len()),
            ("taken", self.plan.taken.len()),
            ("unmatched", self.plan.unmatched.len()),
        ])
    }

    fn open(&self) -> impl Iterator<Item = &Unmatched> {
        self.plan.unmatched.iter().filter(|u| !u.acknowledged)
    }

    fn problems(&self) -> BTreeMap<String, String> {
        let open: Vec<&str> = self.open().map(|u| u.path.as_str()).collect();
        let Some(first) = open.first() else {
            return BTreeMap::new();
        };
        let rest = if open.len() > 1 {
            format!(" and {} more", open.len() - 1)
        } else {
            String::new()
        };
        let text = format!(
            "no rule knows {first}{rest}; see mm-detect-release --dry-run, add a detect.rule, or --ack what is as it should be"
        );
        BTreeMap::from([("unmatched".to_owned(), text)])
    }
}

impl Report for DetectReport {
    fn exit(&self) -> Exit {
        if self.open().any(|u| u.is_new) {
            Exit::Partial
        } else {
            Exit::Done
        }
    }

    fn is_answer(&self) -> bool {
        false
    }

    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        let verb = if self.dry_run { "would create" } else { "created" };
        for v in &self.plan.versions {
            let test = if v.is_test { ", a test release" } else { "" };
            out.line(format!("{verb} version {} of {}{test}", v.version, v.product))?;
        }
        let rows: Vec<Vec<String>> = self
            .plan
            .repositories
            .iter()
            .map(|r| row(out.paint(Tone::Good, "new"), r))
            .chain(self.plan.relinked.iter().map(|r| row(out.paint(Tone::Good, "back"), r)))
            .chain(self.plan.taken.iter().map(|t| {
                let state = out.paint(Tone::Warn, "taken");
                vec![
                    state,
                    t.prefix.to_string(),
                    t.arch.to_string(),
                    t.path.clone(),
                    format!("held by {}", t.held_by),
                ]
            }))
            .chain(self.plan.unmatched.iter().map(|u| {
                let tone = if u.acknowledged { Tone::Dim } else { Tone::Bad };
                vec![
                    out.paint(tone, "unmatched"),
                    "-".into(),
                    "-".into(),
                    u.path.clone(),
                    u.reason.clone(),
                ]
            }))
            .collect();
        if !rows.is_empty() {
            out.table(&["STATE", "PREFIX", "ARCH", "PATH", "WHY"], &rows)?;
        }
        for path in &self.acknowledged {
            out.line(format!("acknowledged {path}"))?;
        }
        let n = |k| self.counts().get(k).copied().unwrap_or(0);
        out.line(format!(
            "{} new versions, {} new repositories, {} taken, {} unmatched",
            n("versions"),
            n("repositories"),
            n("taken"),
            n("unmatched")
        ))
    }
}

fn row(state: String, r: &NewRepository) -> Vec<String> {
    let prefix = r.prefix.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    vec![
        state,
        prefix,
        r.arch.to_string(),
        r.path.clone(),
        format!("rule {}", r.rule),
    ]
}

impl Program for Args {
    const NAME: &'static str = "mm-detect-release";
    const JOB: Option<&'static str> = Some("detect");
    type Report = DetectReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, cx: &Context) -> Result<DetectReport, Error> {
        let mut job = Job::begin(cx, &self.job, "detect", &[], Span::hours(1))?;
        match detect(cx, &mut job, &self) {
            Ok(report) => {
                job.finish(cx, report.exit(), &report.counts(), report.problems())?;
                Ok(report)
            }
            Err(e) => Err(job.fail(cx, e)),
        }
    }
}

fn detect(cx: &Context, job: &mut Job, args: &Args) -> Result<DetectReport, Error> {
    let rules = Rules::new(&cx.config.detect).map_err(UsageError)?;
    let author = cx.author();
    if !args.job.dry_run {
        job.db.write(|tx| acknowledge(tx, &args.ack, &author))?;
    }
    let state = job.db.read(read_state)?;
    let plan = plan(&rules, &state);
    if !args.job.dry_run {
        job.db.write(|tx| apply(tx, &plan, &author))?;
    }
    let acknowledged = if args.job.dry_run { Vec::new() } else { args.ack.clone() };
    Ok(DetectReport {
        plan,
        acknowledged,
        dry_run: args.job.dry_run,
    })
}

/// All or none of the paths; one that nobody reported is a mistake of the caller.
fn acknowledge(tx: &Tx<'_>, paths: &[String], author: &Author) -> Result<(), Error> {
    for path in paths {
        if !db::release::acknowledge(tx, path, author)? {
            let text = format!("{path} is not among the unmatched paths; see them with: mm-detect-release --dry-run");
            return Err(UsageError(text).into());
        }
    }
    Ok(())
}

/// What the database holds that matters for detection.
fn read_state(tx: &Tx<'_>) -> Result<State, DbError> {
    let products: BTreeMap<_, Name> = db::registry::products(tx)?
        .into_iter()
        .map(|p| (p.id, p.name))
        .collect();
    let arches: BTreeMap<ArchId, Name> = db::registry::arches(tx)?.into_iter().map(|a| (a.id, a.name)).collect();
    let categories: BTreeMap<CategoryId, (Name, Name)> = db::registry::categories(tx)?
        .into_iter()
        .filter_map(|c| Some((c.id, (c.name, products.get(&c.product)?.clone()))))
        .collect();
    Ok(State {
        categories,
        versions: db::registry::versions(tx)?
            .into_iter()
            .filter_map(|v| Some((products.get(&v.product)?.clone(), v.name)))
            .collect(),
        repositories: db::registry::repositories(tx)?
            .into_iter()
            .filter_map(|r| {
                let arch = arches.get(&r.arch)?.clone();
                Some(Recorded {
                    name: r.name,
                    prefix: r.prefix,
                    arch,
                    directory: r.directory,
                })
            })
            .collect(),
        candidates: db::release::repository_directories(tx)?
            .into_iter()
            .map(|d| Candidate {
                directory: d.id,
                category: d.category,
                path: d.path,
            })
            .collect(),
        unmatched: db::release::unmatched(tx)?
            .into_iter()
            .map(|u| ((u.category, u.path), u.acknowledged_at.is_some()))
            .collect(),
        arches: arches.into_values().collect(),
    })
}

/// Writes the plan, in one transaction.
fn apply(tx: &Tx<'_>, plan: &Plan, author: &Author) -> Result<(), DbError> {
    for v in &plan.versions {
        let row = VersionRow {
            product: &v.product,
            name: &v.version,
            is_test: v.is_test,
            display: v.display,
        };
        db::release::add_version(tx, author, &row)?;
    }
    for r in &plan.repositories {
        let row = RepositoryRow {
            name: &r.path,
            prefix: r.prefix.as_ref(),
            category: r.category,
            product: &r.product,
            version: &r.version,
            arch: &r.arch,
            directory: r.directory,
        };
        db::release::add_repository(tx, author, &row)?;
    }
    for r in &plan.relinked {
        db::release::relink(tx, author, &r.path, r.directory)?;
    }
    for u in &plan.unmatched {
        db::release::put_unmatched(tx, u.category, &u.path, &u.reason, author.at)?;
    }
    for (category, path) in &plan.settled {
        db::release::drop_unmatched(tx, *category, path)?;
    }
    Ok(())
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
