//! Publishing the current generation, rolling back to an older one, and pruning.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::Error;
use itertools::Itertools as _;
use tempfile::TempDir;

use super::Args;
use super::report::{SyncReport, describe_pin};
use super::source::{SourceGeneration, current_generation, older_generation};
use crate::cli::progress;
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db::DbError;
use crate::db::pin::{self, Pin};
use crate::job::Job;
use crate::job::exit::{ExitStatus, NothingDone, UsageError};
use crate::model::Timestamp;
use crate::snapshot::generation::GenerationId;
use crate::sync::inspect;
use crate::sync::purge::purge;
use crate::sync::push::{Publisher, TargetReport, TargetStatus};
use crate::sync::target::Target;
use crate::sync::verify::HEALTH_TIMEOUT;
use crate::sys::atomic;

pub(super) fn run(ctx: &Context, args: &Args, targets: &[Target]) -> Result<ExitStatus, Error> {
    let until = args.until.map(|u| u.resolve(ctx.now)).transpose();
    let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
    let mut options = args.job.clone();
    // A rollback has the purpose of a pause: to keep a bad generation away.
    options.ignore_pause |= args.rollback.is_some();
    let mut options = options.options();
    options.is_named = args.is_named();
    let mut job = Job::start(ctx, &options, "publish", &[], HumanDuration::hours(1))?;
    let result = match &args.rollback {
        _ if args.prune => prune(ctx, &job, targets, args.job.dry_run),
        Some(id) => roll_back(ctx, &mut job, args, targets, id.as_ref(), until),
        None => publish(ctx, &mut job, args, targets),
    };
    ctx.end_job(job, result)
}

/// Publishes the current generation to all targets that are not pinned.
fn publish(ctx: &Context, job: &mut Job, args: &Args, targets: &[Target]) -> Result<SyncReport, Error> {
    let source = current_generation(ctx)?;
    let mut pins = job.db.read(|tx| pin::active(tx, ctx.now))?;
    if args.unpin {
        if !targets.iter().any(|t| pins.contains_key(&t.config.name)) {
            let names = targets.iter().map(|t| &t.config.name).format(", ");
            let reason = format!("nothing is pinned: {names}; publish the current generation with: mm-sync-out");
            return Err(NothingDone(reason).into());
        }
        let names: Vec<&String> = targets.iter().map(|t| &t.config.name).collect();
        if !args.job.dry_run {
            let author = ctx.author();
            job.db
                .write(|tx| names.iter().try_for_each(|name| pin::remove(tx, &author, name)))?;
        }
        pins.retain(|name, _| !names.contains(&name));
    }
    let is_free = |t: &&Target| !pins.contains_key(&t.config.name);
    let free: Vec<Target> = targets.iter().filter(is_free).cloned().collect();
    let mut report = push(ctx, job, source, &free, args);
    report.is_asked_for = args.is_named() || ctx.is_interactive;
    for target in targets {
        let Some(pin) = pins.remove(&target.config.name) else {
            continue;
        };
        report.targets.push(TargetReport {
            previous: pin.generation.parse().ok(),
            ..TargetReport::new(target, TargetStatus::Pinned, describe_pin(&pin))
        });
        report.pinned.push(pin);
    }
    Ok(report)
}

/// Rolls targets back to an older generation. They are pinned first, so that later runs do not publish the bad generation again,
/// even if this run fails. A target that is pinned to the same generation keeps its pin, unless a time or reason is given.
fn roll_back(
    ctx: &Context,
    job: &mut Job,
    args: &Args,
    targets: &[Target],
    id: Option<&GenerationId>,
    until: Option<Timestamp>,
) -> Result<SyncReport, Error> {
    let (source, author) = (older_generation(ctx, id)?, ctx.author());
    let mut keeps_pins = false;
    if !args.job.dry_run {
        keeps_pins = job.db.write(|tx| {
            let pinned = pin::active(tx, ctx.now)?;
            let generation = source.manifest.id.as_str();
            let is_changed = until.is_some() || !args.reason.is_empty();
            let keeps_pin = |name: &str| !is_changed && pinned.get(name).is_some_and(|p| p.generation == generation);
            let names = targets.iter().map(|t| &t.config.name);
            let changed: Vec<&String> = names.filter(|name| !keeps_pin(name)).collect();
            changed.iter().try_for_each(|&name| {
                let pin = Pin {
                    target: name.clone(),
                    generation: generation.to_owned(),
                    until,
                    reason: args.reason.clone(),
                    by: ctx.user.clone(),
                    at: ctx.now,
                };
                pin::put(tx, &author, &pin)
            })?;
            Ok::<_, DbError>(changed.is_empty())
        })?;
    }
    let mut report = push(ctx, job, source, targets, args);
    if keeps_pins && report.targets.iter().all(|t| t.state == TargetStatus::Current) {
        let names = targets.iter().map(|t| &t.config.name).format(", ");
        report.unchanged = Some(format!(
            "{names}: pinned to {} already, and serving it; for an older one see mm-sync-out --status, then run \
             mm-sync-out --rollback GENERATION",
            report.generation
        ));
    }
    Ok(report)
}

/// Creates a directory for the sockets of ssh, and removes those of killed runs. It is in the shortest directory: the path of a socket
/// is limited to about a hundred characters.
fn create_control_dir() -> Option<TempDir> {
    const PREFIX: &str = "mm-ssh-";
    let dir = Path::new("/tmp");
    atomic::remove_leftovers(dir, PREFIX);
    let prefix = format!("{PREFIX}{}.", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(dir).ok()
}

fn push(ctx: &Context, job: &Job, source: SourceGeneration, targets: &[Target], args: &Args) -> SyncReport {
    let dry_run = args.job.dry_run;
    let publisher = Publisher {
        config: &ctx.config.sync,
        source: source.path,
        manifest: source.manifest,
        metalink_check: source.metalink_check,
        agent: ctx.agent(targets.len(), HEALTH_TIMEOUT, HEALTH_TIMEOUT),
        dry_run,
        is_rollback: args.rollback.is_some(),
        control_dir: create_control_dir(),
        stop: job.stop.clone(),
    };
    let bar = progress::bar(&ctx.output, targets.len(), "targets");
    let reports = publisher.run(targets, &|t: &TargetReport| {
        tracing::info!(target = t.target, state = ?t.state, seconds = t.seconds, message = t.message, "target finished");
        bar.inc(1);
    });
    bar.finish_and_clear();
    // Not earlier: an outdated server would fill the caches again.
    let is_updated = reports.iter().any(|t| t.state == TargetStatus::Updated);
    let is_complete = !reports.iter().any(|t| t.state == TargetStatus::Skipped) && !job.stop.is_requested();
    let proxies = if is_updated && is_complete && !dry_run {
        purge(&ctx.config.sync, &publisher.agent, &job.stop)
    } else {
        Vec::new()
    };
    let names = reports.iter().map(|t| t.target.clone());
    SyncReport {
        retry_commands: names.map(|n| (n.clone(), publisher.retry_command(&n))).collect(),
        generation: publisher.manifest.id,
        targets: reports,
        proxies,
        pinned: Vec::new(),
        unchanged: None,
        is_asked_for: false,
        dry_run,
    }
}

/// Removes old generations from targets.
fn prune(ctx: &Context, job: &Job, targets: &[Target], dry_run: bool) -> Result<SyncReport, Error> {
    let generation = current_generation(ctx)?.manifest.id;
    let prune = |target: &Target| {
        let started = Instant::now();
        let result = if dry_run {
            Ok(())
        } else {
            inspect::prune(&ctx.config.sync, &target.address, &job.stop)
        };
        let (state, message) = match result {
            Ok(()) => (TargetStatus::Current, String::new()),
            Err(why) => (TargetStatus::Failed, why),
        };
        TargetReport {
            seconds: started.elapsed().as_secs_f64(),
            ..TargetReport::new(target, state, message)
        }
    };
    Ok(SyncReport {
        generation,
        targets: targets.iter().map(prune).collect(),
        proxies: Vec::new(),
        pinned: Vec::new(),
        unchanged: None,
        is_asked_for: false,
        retry_commands: BTreeMap::new(),
        dry_run,
    })
}
