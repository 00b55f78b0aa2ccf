//! `mm-admin hold`: tells jobs to do nothing for a while.

use std::io;

use anyhow::Error;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::exit::UsageError;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::cli::time_arg::TimeArg;
use crate::db::change::Author;
use crate::db::{self, DbError, Tx};
use crate::model::ids::CategoryId;
use crate::model::pause::{JobPause, PausableJob};

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum HoldCommand {
    /// Let mm-scan-master do nothing: what mirrors should have stays as it is.
    Scan(SetArgs),
    /// Let mm-crawl do nothing: what mirrors hold stays as it is. A crawl under way goes on: see
    /// mm-locks --kill crawl. mm-crawl --apply-pending and --revert work all the same.
    Crawl(SetArgs),
    /// Let mm-sync-out do nothing: all targets stay as they are. mm-update-mirrorlist goes on making generations.
    Publish(PublishArgs),
    /// List what is held.
    List,
    /// Let a job go on.
    Release(ReleaseArgs),
}

/// How a job is held.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin hold scan --until 4h --reason 'the master is moved'\n  mm-admin hold crawl --category EPEL"
)]
pub(super) struct SetArgs {
    /// Only this category; may be given several times.
    #[arg(long = "category", value_name = "NAME")]
    categories: Vec<String>,
    #[command(flatten)]
    how: PublishArgs,
}

/// For how long, and why.
#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// When it ends by itself: 2026-12-01T18:00 (UTC), or 4h from now on. Without it: when it is released.
    #[arg(long, value_name = "TIME")]
    until: Option<TimeArg>,
    /// Why: everybody who wonders is told.
    #[arg(long, default_value = "")]
    reason: String,
    /// Show what would be held; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What is released.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mm-admin hold release scan\n  mm-admin hold release crawl --category EPEL")]
pub(super) struct ReleaseArgs {
    /// scan, crawl or publish.
    what: PausableJob,
    /// Only the hold of this category. Without it all holds of the job end.
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Show what would be released; change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What is held, and what was released.
#[derive(Debug, Serialize)]
pub(super) struct HoldReport {
    holds: Vec<JobPause>,
    released: Vec<JobPause>,
    dry_run: bool,
    /// Whether it is an answer to a question.
    #[serde(skip)]
    asked: bool,
}

/// Why a transaction is taken back.
enum Rollback {
    Refused(DbError),
    DryRun(HoldReport),
}

impl From<DbError> for Rollback {
    fn from(e: DbError) -> Self {
        Self::Refused(e)
    }
}

impl HoldCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<HoldReport, Error> {
        match self {
            Self::Scan(args) => set(ctx, PausableJob::Scan, &args.categories, &args.how),
            Self::Crawl(args) => set(ctx, PausableJob::Crawl, &args.categories, &args.how),
            Self::Publish(how) => set(ctx, PausableJob::Publish, &[], &how),
            Self::List => Ok(HoldReport {
                holds: ctx.open_db()?.read(|tx| db::pause::active(tx, ctx.now))?,
                released: Vec::new(),
                dry_run: false,
                asked: true,
            }),
            Self::Release(args) => release(ctx, args),
        }
    }
}

/// Changes holds in one transaction, and tells what is held then. A dry run does it too, and takes it back.
fn change(
    ctx: &Context,
    dry_run: bool,
    work: impl FnOnce(&Tx<'_>, &Author) -> Result<Vec<JobPause>, DbError>,
) -> Result<HoldReport, Error> {
    let author = ctx.author();
    let done = ctx.open_db()?.write(|tx| {
        let report = HoldReport {
            released: work(tx, &author)?,
            holds: db::pause::active(tx, ctx.now)?,
            dry_run,
            asked: dry_run,
        };
        if dry_run {
            return Err(Rollback::DryRun(report));
        }
        Ok(report)
    });
    match done {
        Ok(report) | Err(Rollback::DryRun(report)) => Ok(report),
        Err(Rollback::Refused(e)) => Err(e.into()),
    }
}

fn release(ctx: &Context, args: ReleaseArgs) -> Result<HoldReport, Error> {
    let report = change(ctx, args.dry_run, |tx, author| {
        db::pause::release(tx, author, args.what, args.category.as_deref())
    })?;
    if report.released.is_empty() {
        let of = args.category.map_or_else(String::new, |c| format!(" of {c}"));
        return Err(UsageError(format!("{}{of} is not held; what is: mm-admin hold list", args.what)).into());
    }
    Ok(report)
}

fn set(ctx: &Context, what: PausableJob, categories: &[String], how: &PublishArgs) -> Result<HoldReport, Error> {
    let until = how.until.map(|u| u.resolve(ctx.now)).transpose();
    let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
    let known = ctx.open_db()?.read(db::registry::categories)?;
    let mut wanted: Vec<(Option<String>, Option<CategoryId>)> = Vec::new();
    for name in categories {
        let Some(row) = known.iter().find(|c| c.name.as_str() == name) else {
            let names: Vec<&str> = known.iter().map(|c| c.name.as_str()).collect();
            return Err(UsageError(format!("there is no category {name:?}; there are {}", names.join(", "))).into());
        };
        wanted.push((Some(name.clone()), Some(row.id)));
    }
    if wanted.is_empty() {
        wanted.push((None, None));
    }
    change(ctx, how.dry_run, |tx, author| {
        for (category, id) in wanted {
            let hold = JobPause {
                what,
                category,
                until,
                reason: how.reason.clone(),
                by: author.user.clone(),
                since: ctx.now,
            };
            db::pause::set(tx, author, &hold, id)?;
        }
        Ok(Vec::new())
    })
}

impl Report for HoldReport {
    fn is_query(&self) -> bool {
        self.asked
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed; it would be:")?;
        }
        for hold in &self.released {
            out.line(format!("{} {}", out.paint(Style::Good, "released:"), hold.describe()))?;
        }
        if self.holds.is_empty() {
            return out.line("nothing is held");
        }
        let dash = || "-".to_owned();
        let rows: Vec<Vec<String>> = (self.holds.iter())
            .map(|h| {
                vec![
                    h.what.to_string(),
                    h.category.clone().unwrap_or_else(dash),
                    h.since.to_string(),
                    h.until.map_or_else(dash, |u| u.to_string()),
                    h.by.clone(),
                    h.reason.clone(),
                ]
            })
            .collect();
        out.table(&["HELD", "CATEGORY", "SINCE", "UNTIL", "BY", "REASON"], &rows)
    }
}
