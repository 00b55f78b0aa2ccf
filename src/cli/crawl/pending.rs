//! `mm-crawl --apply-pending`, `--reject-pending` and `--revert`: the decision of an operator about the results of an earlier run;
//! and the end of the time for it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Error, bail};
use itertools::Itertools as _;

use super::{CrawlOutput, version_retention};
use crate::cli::run::Context;
use crate::db::crawl::Confirmed;
use crate::db::{self, Db, DbError};
use crate::job::exit::{NothingDone, UsageError};
use crate::job::{self, Job};
use crate::locks::{self, KeptLock, LockError};
use crate::model::count::format_count;
use crate::model::ids::RunId;

/// Returns the scopes to lock: those of the run, so that no other crawl of them is running and its alert is resolved in the same
/// scope; `all` if a category of the run no longer exists.
pub(super) fn scopes(db: &mut Db, run: RunId, all: Vec<String>) -> Result<Vec<String>, DbError> {
    let row = db.read(|tx| db::run::find(tx, run))?;
    let of_run: Vec<String> = row
        .map(|r| r.scope.split(", ").map(str::to_owned).collect())
        .unwrap_or_default();
    let known = !of_run.is_empty() && of_run.iter().all(|scope| all.contains(scope));
    Ok(if known { of_run } else { all })
}

/// A decision of an operator about the results of a run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decision {
    Apply(RunId),
    Reject(RunId),
    Revert(RunId),
}

impl Decision {
    pub(super) const fn run(self) -> RunId {
        match self {
            Self::Apply(run) | Self::Reject(run) | Self::Revert(run) => run,
        }
    }

    /// Carries it out under the locks of the hosts concerned, each of which is waited for.
    pub(super) fn carry_out(self, ctx: &Context, job: &mut Job, lock_wait: Duration) -> Result<CrawlOutput, Error> {
        check_ended(ctx, job, self.run())?;
        match self {
            Self::Apply(run) => apply(ctx, job, run, lock_wait),
            Self::Reject(run) => reject(ctx, job, run),
            Self::Revert(run) => revert(ctx, job, run, lock_wait),
        }
    }
}

/// Takes the locks of hosts, so that no crawl of them is in progress.
fn lock_hosts(ctx: &Context, job: &Job, hosts: &[String], wait: Duration) -> Result<Vec<KeptLock>, LockError> {
    let hosts = hosts.iter().sorted().dedup();
    let lock = |host: &String| {
        let request = job::lock_request(ctx, "crawl-host", Some(host.clone()), job::LIFE_CYCLE_LIMIT);
        job.lock_set().acquire(&request, wait, &job.stop)
    };
    hosts.map(lock).collect()
}

/// Fails if the run is in progress: it would continue after the decision.
fn check_ended(ctx: &Context, job: &mut Job, run: RunId) -> Result<(), Error> {
    let row = job.db.read(|tx| db::run::find(tx, run))?;
    let Some(row) = row.filter(|r| r.ended_at.is_none()) else {
        return Ok(());
    };
    let all = locks::list(&ctx.config.lock_dir, ctx.now)?;
    let is_its_lock = |e: &locks::LockEntry| {
        let pid = e.owner.as_ref().map(|o| i64::from(o.process.pid));
        e.state.is_held() && pid == Some(row.pid)
    };
    if all.iter().any(is_its_lock) {
        bail!(
            "run {run} is in progress; wait for its end (mm-locks --wait crawl), or terminate it (mm-locks --kill crawl)"
        );
    }
    Ok(())
}

/// Returns the hosts with pending results of a run; none is an error.
fn pending_hosts(job: &mut Job, run: RunId) -> Result<Vec<String>, Error> {
    let pending = job.db.read(db::crawl::pending)?;
    let of_run = pending.iter().filter(|p| p.run == run);
    let hosts: Vec<String> = of_run.map(|p| p.host.clone()).collect();
    if hosts.is_empty() {
        let advice = match pending.iter().map(|p| p.run).dedup().join(" and ").as_str() {
            "" => "no run has any".to_owned(),
            runs => format!("run {runs} has"),
        };
        return Err(NothingDone(format!("run {run} has no pending results; {advice}")).into());
    }
    Ok(hosts)
}

fn apply(ctx: &Context, job: &mut Job, run: RunId, lock_wait: Duration) -> Result<CrawlOutput, Error> {
    let hosts = pending_hosts(job, run)?;
    let mut output = CrawlOutput::default();
    if job.run.is_none() {
        output.dry_run = true;
        output.would_apply = hosts;
        return Ok(output);
    }
    let _locks = lock_hosts(ctx, job, &hosts, lock_wait)?;
    let retention = |name: &str| version_retention(ctx, name);
    let author = ctx.author();
    output.applied = Some(job.db.write(|tx| db::crawl::confirm(tx, run, &retention, &author))?);
    Ok(output)
}

fn reject(ctx: &Context, job: &mut Job, run: RunId) -> Result<CrawlOutput, Error> {
    pending_hosts(job, run)?;
    let (dry_run, author) = (job.run.is_none(), ctx.author());
    let rejected = job.db.write(|tx| {
        tx.is_dry_run.set(dry_run);
        db::crawl::reject(tx, run, &author)
    })?;
    Ok(CrawlOutput {
        dry_run,
        rejected: Some(rejected),
        ..CrawlOutput::default()
    })
}

/// Applies the results of these scopes on which nobody decided in time, if later runs found the same.
pub(super) fn apply_agreed(
    ctx: &Context,
    job: &mut Job,
    scopes: &[String],
) -> Result<BTreeMap<RunId, Confirmed>, Error> {
    let min_age = ctx.config.crawl.apply_pending_after.get();
    if min_age.is_zero() {
        return Ok(BTreeMap::new());
    }
    let pending = job.db.read(db::crawl::pending)?;
    let hosts: Vec<String> = pending.into_iter().map(|p| p.host).collect();
    let _locks = match lock_hosts(ctx, job, &hosts, Duration::ZERO) {
        Ok(locks) => locks,
        // Another run crawls one of them; the next crawl applies the results.
        Err(LockError::Held { .. }) => return Ok(BTreeMap::new()),
        Err(e) => return Err(e.into()),
    };
    let (author, retention) = (ctx.author(), |name: &str| version_retention(ctx, name));
    let applied = (job.db).write(|tx| db::crawl::confirm_agreed(tx, scopes, min_age, &retention, &author))?;
    for (run, confirmed) in &applied {
        let hosts = confirmed.hosts.len();
        tracing::warn!(%run, hosts, "pending results were applied without confirmation: later runs found the same");
    }
    Ok(applied)
}

/// Restores the state from before a run.
fn revert(ctx: &Context, job: &mut Job, run: RunId, lock_wait: Duration) -> Result<CrawlOutput, Error> {
    let row = job.db.read(|tx| db::run::find(tx, run))?;
    let Some(row) = row.filter(|r| r.job == "crawl") else {
        return Err(UsageError(format!("run {run} is not a crawl; see: mm-admin runs --job crawl")).into());
    };
    let hosts = job.db.read(|tx| db::crawl::hosts_of_run(tx, run))?;
    let _locks = if job.run.is_some() {
        lock_hosts(ctx, job, &hosts, lock_wait)?
    } else {
        Vec::new()
    };
    let disabled = row.stats.get("disabled").cloned().unwrap_or_default();
    let disabled: Vec<String> = serde_json::from_value(disabled).unwrap_or_default();
    let (dry_run, author) = (job.run.is_none(), ctx.author());
    let reverted = job.db.write(|tx| {
        tx.is_dry_run.set(dry_run);
        let reverted = db::crawl::revert(tx, run, &disabled, &author)?;
        if reverted.is_empty() {
            let later = format_count(reverted.superseded, "state");
            let reason = format!("no result of run {run} is in effect: later crawls superseded {later} of it");
            return Err(NothingDone(reason).into());
        }
        Ok::<_, Error>(reverted)
    })?;
    Ok(CrawlOutput {
        dry_run,
        reverted: Some(reverted),
        ..CrawlOutput::default()
    })
}
