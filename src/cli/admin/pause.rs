//! `mm-admin pause` and `mm-admin resume`: keep jobs from starting for a while.

use std::io;

use anyhow::Error;
use clap::{Args, Subcommand};
use itertools::Itertools as _;
use serde::Serialize;

use super::edits::write_unless_dry_run;
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::audit_log::Author;
use crate::db::{self, DbError, Tx};
use crate::job::exit::{NothingDone, UsageError};
use crate::model::pause::{JobPause, PausableJob};
use crate::model::registry::Category;

#[derive(Debug, Subcommand)]
pub(super) enum PauseCommand {
    /// Pause mm-scan-master: what mirrors should have stays as recorded.
    Scan(ScopedPauseArgs),
    /// Pause mm-crawl; a crawl that is already running continues.
    ///
    /// The inventories of mirrors stay as they are. A running crawl can be terminated with `mm-locks --kill crawl`;
    /// `mm-crawl --apply-pending` and `--revert` work during a pause.
    Crawl(ScopedPauseArgs),
    /// Pause mm-sync-out: all targets stay as they are. mm-update-mirrorlist still builds generations.
    Publish(PauseArgs),
    /// List the jobs that are paused.
    List,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin pause scan --until 4h --reason 'moving the master'\n  mm-admin pause crawl --category EPEL"
)]
pub(super) struct ScopedPauseArgs {
    /// Only this category (repeatable).
    #[arg(long = "category", value_name = "NAME")]
    categories: Vec<String>,
    #[command(flatten)]
    pause: PauseArgs,
}

#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    /// End of the pause: 2026-12-01T18:00 (UTC), or 4h from now [default: until it is resumed].
    #[arg(long, value_name = "TIME")]
    until: Option<TimeArg>,
    /// Reason, shown in status output.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// Show what would be paused; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mm-admin resume scan\n  mm-admin resume crawl --category EPEL")]
pub(super) struct ResumeArgs {
    /// scan, crawl or publish.
    job: PausableJob,
    /// Only the pause of this category [default: all pauses of the job].
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Show what would be resumed; change nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct PauseReport {
    /// Those that are active after the command.
    pauses: Vec<JobPause>,
    resumed: Vec<JobPause>,
    dry_run: bool,
    #[serde(skip)]
    is_query: bool,
}

impl PauseCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<PauseReport, Error> {
        match self {
            Self::Scan(args) => pause(ctx, PausableJob::Scan, &args.categories, &args.pause),
            Self::Crawl(args) => pause(ctx, PausableJob::Crawl, &args.categories, &args.pause),
            Self::Publish(args) => pause(ctx, PausableJob::Publish, &[], &args),
            Self::List => Ok(PauseReport {
                pauses: ctx.open_db()?.read(|tx| db::pause::active(tx, ctx.now))?,
                resumed: Vec::new(),
                dry_run: false,
                is_query: true,
            }),
        }
    }
}

impl ResumeArgs {
    pub(super) fn run(self, ctx: &Context) -> Result<PauseReport, Error> {
        let report = edit_pauses(ctx, self.dry_run, |tx, author| {
            db::pause::resume(tx, author, self.job, self.category.as_deref())
        })?;
        if report.resumed.is_empty() {
            let category = self.category.map_or_else(String::new, |c| format!(" of {c}"));
            let job = self.job;
            return Err(NothingDone(format!("{job}{category} is not paused; see: mm-admin pause list")).into());
        }
        Ok(report)
    }
}

/// Runs `work`, which returns the pauses that it ended.
fn edit_pauses(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&Tx<'_>, &Author) -> Result<Vec<JobPause>, DbError>,
) -> Result<PauseReport, Error> {
    let report = write_unless_dry_run(ctx, dry_run, |tx, author| {
        Ok::<_, DbError>(PauseReport {
            resumed: work(tx, author)?,
            pauses: db::pause::active(tx, ctx.now)?,
            dry_run,
            is_query: dry_run,
        })
    });
    Ok(report?)
}

fn pause(ctx: &Context, job: PausableJob, categories: &[String], args: &PauseArgs) -> Result<PauseReport, Error> {
    let until = args.until.map(|u| u.resolve(ctx.now)).transpose();
    let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
    let known = ctx.open_db()?.read(db::registry::categories)?;
    let find = |name: &String| {
        let unknown = || {
            UsageError(format!(
                "unknown category {name:?}; known: {}",
                known.iter().map(|c| &c.name).join(", ")
            ))
        };
        known
            .iter()
            .find(|c| c.name.as_str() == name)
            .map(Some)
            .ok_or_else(unknown)
    };
    let mut scopes: Vec<Option<&Category>> = categories.iter().map(find).try_collect()?;
    if scopes.is_empty() {
        scopes.push(None);
    }
    edit_pauses(ctx, args.dry_run, |tx, author| {
        for category in scopes {
            let pause = JobPause {
                job,
                category: category.map(|c| c.name.to_string()),
                until,
                reason: args.reason.clone(),
                user: author.user.clone(),
                since: ctx.now,
            };
            db::pause::set(tx, author, &pause, category.map(|c| c.id))?;
        }
        Ok(Vec::new())
    })
}

impl Report for PauseReport {
    fn is_query(&self) -> bool {
        self.is_query
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed; the result would be:")?;
        }
        for pause in &self.resumed {
            out.line(format!("{} {}", out.paint(Style::Good, "resumed:"), pause.describe()))?;
        }
        if self.pauses.is_empty() {
            return out.line("no job is paused");
        }
        out.write_table(
            "JOB | CATEGORY | SINCE | UNTIL | USER | REASON",
            &self.pauses,
            |_, p| {
                [
                    p.job.to_string(),
                    or_dash(p.category.as_ref()),
                    p.since.to_string(),
                    or_dash(p.until),
                    p.user.clone(),
                    p.reason.clone(),
                ]
            },
        )
    }
}
