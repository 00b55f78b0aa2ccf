//! `mm-crawl --apply-pending` and `--revert`: what a person decides about a crawl that lost too much.

use anyhow::Error;

use super::{CrawlOutput, ageing};
use crate::cli::exit::UsageError;
use crate::cli::run::Context;
use crate::db::crawl::Reverted;
use crate::db::{self, Db, DbError};
use crate::job::Job;
use crate::model::ids::RunId;

/// The scopes of a decision about a run: those of the run, so that nobody asks its mirrors meanwhile and the problem that it is ends where
/// it began; `all` where they are not known any more.
pub(super) fn scopes(db: &mut Db, run: RunId, all: Vec<String>) -> Result<Vec<String>, DbError> {
    let row = db.read(|tx| db::run::of(tx, run))?;
    let of_run: Vec<String> = row
        .map(|r| r.scope.split(", ").map(str::to_owned).collect())
        .unwrap_or_default();
    let known = !of_run.is_empty() && of_run.iter().all(|scope| all.contains(scope));
    Ok(if known { of_run } else { all })
}

/// Puts in force what waits of a run.
pub(super) fn apply(ctx: &Context, job: &mut Job, run: RunId) -> Result<CrawlOutput, Error> {
    let waiting = job.db.read(db::crawl::pending)?;
    let of_run: Vec<String> = waiting
        .iter()
        .filter(|p| p.run == run)
        .map(|p| p.host.clone())
        .collect();
    if of_run.is_empty() {
        let mut runs: Vec<String> = waiting.iter().map(|p| p.run.to_string()).collect();
        runs.dedup();
        let advice = if runs.is_empty() {
            "nothing waits of any run".to_owned()
        } else {
            format!("what waits is of run {}", runs.join(" and "))
        };
        return Err(UsageError(format!("nothing of run {run} waits for a confirmation; {advice}")).into());
    }
    let mut output = CrawlOutput::empty(ctx);
    if job.run.is_none() {
        output.dry_run = true;
        output.to_confirm = of_run;
        return Ok(output);
    }
    output.confirmed = Some(
        job.db
            .write(|tx| db::crawl::confirm(tx, run, &|name| ageing(ctx, name)))?,
    );
    Ok(output)
}

/// Takes a run back.
pub(super) fn revert(ctx: &Context, job: &mut Job, run: RunId) -> Result<CrawlOutput, Error> {
    let row = job.db.read(|tx| db::run::of(tx, run))?;
    let Some(row) = row.filter(|r| r.job == "crawl") else {
        return Err(UsageError(format!(
            "there is no crawl with the number {run}; see: mm-admin runs --job crawl"
        ))
        .into());
    };
    let disabled: Vec<String> = row
        .stats
        .get("disabled")
        .and_then(|d| serde_json::from_value(d.clone()).ok())
        .unwrap_or_default();
    let mut output = CrawlOutput::empty(ctx);
    let author = ctx.author();
    let act = |tx: &db::Tx<'_>| db::crawl::revert(tx, run, &disabled, &author);
    if job.run.is_some() {
        output.reverted = Some(job.db.write(act)?);
        return Ok(output);
    }
    output.dry_run = true;
    match job
        .db
        .write(|tx| Err::<(), _>(act(tx).map_or_else(Tried::Failed, Tried::Done)))
    {
        Ok(()) => {}
        Err(Tried::Failed(e)) => return Err(e.into()),
        Err(Tried::Done(reverted)) => output.reverted = Some(reverted),
    }
    Ok(output)
}

/// How an act ended that is never to be kept.
enum Tried {
    Done(Reverted),
    Failed(DbError),
}

impl From<DbError> for Tried {
    fn from(e: DbError) -> Self {
        Self::Failed(e)
    }
}
