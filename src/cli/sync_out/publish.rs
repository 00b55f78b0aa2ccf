//! Pushing to targets: the current generation, or an older one that they are put back to; emptying the proxy caches.

use std::collections::BTreeMap;
use std::io;

use anyhow::Error;
use serde::Serialize;

use super::source::{SourceGeneration, newest, older};
use super::{Args, agent};
use crate::cli::exit::{ExitStatus, UsageError};
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::progress;
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::config::TargetConfig;
use crate::db::pin::{self, Pin};
use crate::job::Job;
use crate::snapshot::generation::GenerationId;
use crate::sync::purge::{PurgeResult, purge};
use crate::sync::{Publisher, TargetAddress, TargetReport, TargetStatus};

/// How the keys of problems begin: of a target, and of one that is pinned.
const TARGET: &str = "target ";
const PIN: &str = "pinned ";

/// What became of every target.
#[derive(Debug, Serialize)]
pub struct SyncReport {
    generation: GenerationId,
    targets: Vec<TargetReport>,
    /// The proxy caches that were to be emptied.
    proxies: Vec<PurgeResult>,
    /// Targets that were left alone.
    #[serde(skip)]
    pinned: Vec<Pin>,
    /// What brings each target that is in trouble up to date, when that is mended.
    #[serde(skip)]
    heals: BTreeMap<String, String>,
    dry_run: bool,
}

impl SyncReport {
    fn failed(&self) -> impl Iterator<Item = &TargetReport> {
        self.targets.iter().filter(|o| {
            matches!(
                o.state,
                TargetStatus::Failed
                    | TargetStatus::Unverified
                    | TargetStatus::RolledBack
                    | TargetStatus::RollbackFailed
                    | TargetStatus::Skipped
            )
        })
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let n = |state| self.targets.iter().filter(|o| o.state == state).count();
        BTreeMap::from([
            ("current", n(TargetStatus::Current)),
            ("updated", n(TargetStatus::Updated)),
            ("unproven", n(TargetStatus::Unverified)),
            ("restored", n(TargetStatus::RolledBack)),
            ("unrestored", n(TargetStatus::RollbackFailed)),
            ("failed", n(TargetStatus::Failed)),
            ("skipped", n(TargetStatus::Skipped)),
            ("pinned", n(TargetStatus::Pinned)),
        ])
    }

    fn problems(&self) -> BTreeMap<String, String> {
        let pinned = self.pinned.iter().map(|p| {
            let key = format!("{PIN}{}", p.target);
            (
                key,
                format!(
                    "{}; publish to it again with: mm-sync-out --resume --only {}",
                    describe_pin(p),
                    p.target
                ),
            )
        });
        let proxies = self.proxies.iter().filter(|p| !p.message.is_empty()).map(|p| {
            let (key, heal) = (
                format!("proxy {}", p.proxy),
                "it may go on answering from before; when it is mended run: mm-sync-out",
            );
            (key, format!("proxy {}: {}; {heal}", p.proxy, p.message))
        });
        let targets = self.failed().map(|o| {
            let heal = if o.message.contains("--only") {
                String::new()
            } else {
                let only = || format!("mm-sync-out --only {}", o.target);
                let heals = self.heals.get(&o.target).cloned().unwrap_or_else(only);
                format!("; when it is mended run: {heals}")
            };
            (
                format!("{TARGET}{}", o.target),
                format!("target {} ({}): {}{heal}", o.target, o.to, o.message),
            )
        });
        targets.chain(proxies).chain(pinned).collect()
    }
}

impl SyncReport {
    /// Whether this run looked at what the problem `key` is about. A target that the config does not name any more is over.
    fn judged(&self, ctx: &Context, key: &str) -> bool {
        let Some(name) = key.strip_prefix(TARGET).or_else(|| key.strip_prefix(PIN)) else {
            return true;
        };
        self.targets.iter().any(|o| o.target == name) || !ctx.config.sync.target.iter().any(|t| t.name == name)
    }
}

impl Report for SyncReport {
    fn exit(&self) -> ExitStatus {
        let failed = self.targets.iter().filter(|o| o.state == TargetStatus::Failed).count();
        let is_purged = self.proxies.iter().all(|p| p.message.is_empty());
        if self.failed().next().is_none() && is_purged {
            ExitStatus::Done
        } else if failed == self.targets.len() {
            ExitStatus::Failed
        } else {
            ExitStatus::Partial
        }
    }

    fn is_query(&self) -> bool {
        false
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("generation {}", self.generation))?;
        let rows: Vec<Vec<String>> = self.targets.iter().map(|o| row(o, out)).collect();
        out.table(&["TARGET", "STATE", "BEFORE", "SECONDS", "MESSAGE"], &rows)?;
        for proxy in &self.proxies {
            let (tone, word) = match proxy.message.as_str() {
                "" => (Style::Good, "emptied"),
                why => (Style::Bad, why),
            };
            out.line(format!("proxy {}: {}", proxy.proxy, out.paint(tone, word)))?;
        }
        Ok(())
    }
}

fn row(o: &TargetReport, out: &TextOutput<'_>) -> Vec<String> {
    let (tone, word) = match o.state {
        TargetStatus::Current => (Style::Dim, "current"),
        TargetStatus::Updated => (Style::Good, "updated"),
        TargetStatus::Unverified => (Style::Warn, "unproven"),
        TargetStatus::RolledBack => (Style::Bad, "restored"),
        TargetStatus::RollbackFailed => (Style::Bad, "unrestored"),
        TargetStatus::Failed => (Style::Bad, "failed"),
        TargetStatus::Pending => (Style::Warn, "would update"),
        TargetStatus::Pinned => (Style::Warn, "pinned"),
        TargetStatus::Skipped => (Style::Bad, "skipped"),
    };
    vec![
        o.target.clone(),
        out.paint(tone, word),
        o.before.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        format!("{:.1}", o.seconds),
        o.message.clone(),
    ]
}

/// Who pinned a target, to what, until when and why.
pub(super) fn describe_pin(p: &Pin) -> String {
    let until = p.until.map_or_else(String::new, |t| format!(" until {t}"));
    let reason = if p.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", p.reason)
    };
    format!(
        "target {} is pinned to {} by {} since {}{until}{reason}",
        p.target, p.generation, p.by, p.at
    )
}

/// A target, and where it lies.
type TargetAt = (TargetConfig, TargetAddress);

pub(super) fn run(ctx: &Context, args: &Args, targets: &[TargetAt]) -> Result<SyncReport, Error> {
    let until = args.until.map(|u| u.resolve(ctx.now)).transpose();
    let until = until.map_err(|e| UsageError(format!("--until: {e}")))?;
    let mut options = args.job.clone();
    // A rollback is a reason for a pause, and must work during it.
    options.ignore_pause |= args.rollback.is_some();
    let mut job = ctx.start_job(&options, "publish", &[], HumanDuration::hours(1))?;
    let done = match &args.rollback {
        _ if args.prune => super::inspect::prune(ctx, &job, targets, args.job.dry_run),
        Some(id) => rollback(ctx, &mut job, args, targets, id.as_ref(), until),
        None => publish(ctx, &mut job, args, targets),
    };
    match done {
        Ok(report) => {
            let judged = |key: &str| report.judged(ctx, key);
            job.finish_part(report.exit(), &report.counts(), report.problems(), &judged)?;
            Ok(report)
        }
        Err(e) => Err(job.fail(e)),
    }
}

/// Publishes the current generation to all that are not pinned.
fn publish(ctx: &Context, job: &mut Job, args: &Args, targets: &[TargetAt]) -> Result<SyncReport, Error> {
    let source = newest(ctx)?;
    let mut pins = job.db.read(|tx| pin::active(tx, ctx.now))?;
    if args.resume {
        let names: Vec<String> = targets.iter().map(|(t, _)| t.name.clone()).collect();
        if !args.job.dry_run {
            job.db
                .write(|tx| names.iter().try_for_each(|name| pin::remove(tx, name).map(drop)))?;
        }
        pins.retain(|name, _| !names.contains(name));
    }
    let free: Vec<TargetAt> = targets
        .iter()
        .filter(|(t, _)| !pins.contains_key(&t.name))
        .cloned()
        .collect();
    let mut report = push(ctx, job, source, &free, args);
    for (target, place) in targets {
        let Some(pin) = pins.remove(&target.name) else { continue };
        report.targets.push(TargetReport {
            target: target.name.clone(),
            to: place.to_string(),
            state: TargetStatus::Pinned,
            before: pin.generation.parse().ok(),
            seconds: 0.0,
            message: describe_pin(&pin),
            rejected: false,
        });
        report.pinned.push(pin);
    }
    Ok(report)
}

/// Puts targets back to an older generation. They are pinned first: whatever becomes of the rest, the next run is not to bring back what
/// a person took away. One that is pinned to the same generation stays so for as long, and why, unless something else is said.
fn rollback(
    ctx: &Context,
    job: &mut Job,
    args: &Args,
    targets: &[TargetAt],
    id: Option<&GenerationId>,
    until: Option<crate::model::Timestamp>,
) -> Result<SyncReport, Error> {
    let source = older(ctx, id)?;
    if !args.job.dry_run {
        job.db.write(|tx| {
            let pinned = pin::active(tx, ctx.now)?;
            let is_said = until.is_some() || !args.reason.is_empty();
            let to = source.manifest.id.as_str();
            let is_so = |name: &str| !is_said && pinned.get(name).is_some_and(|p| p.generation == to);
            targets
                .iter()
                .filter(|(t, _)| !is_so(&t.name))
                .try_for_each(|(target, _)| {
                    let pin = Pin {
                        target: target.name.clone(),
                        generation: source.manifest.id.to_string(),
                        until,
                        reason: args.reason.clone(),
                        by: ctx.user.clone(),
                        at: ctx.now,
                    };
                    pin::put(tx, &pin)
                })
        })?;
    }
    Ok(push(ctx, job, source, targets, args))
}

fn push(ctx: &Context, job: &Job, source: SourceGeneration, targets: &[TargetAt], args: &Args) -> SyncReport {
    let dry_run = args.job.dry_run;
    let id = source.manifest.id.clone();
    let publisher = Publisher {
        config: &ctx.config.sync,
        source: source.place,
        manifest: source.manifest,
        probe: source.probe,
        agent: agent(ctx, targets.len()),
        dry_run,
        is_rollback: args.rollback.is_some(),
        // In the shortest of all directories: the path of a socket has at most a hundred characters.
        control: tempfile::Builder::new().prefix("mm-").tempdir_in("/tmp").ok(),
        stop: job.stop.clone(),
    };
    let bar = progress::bar(&ctx.output, u64::try_from(targets.len()).unwrap_or(0), "targets");
    let outcomes = publisher.run(targets, &|o: &TargetReport| {
        tracing::info!(target = o.target, state = ?o.state, seconds = o.seconds, message = o.message, "target done");
        bar.inc(1);
    });
    bar.finish_and_clear();
    // Earlier, a server that is not up to date would fill them again.
    let is_news = outcomes.iter().any(|o| o.state == TargetStatus::Updated);
    let is_over = !outcomes.iter().any(|o| o.state == TargetStatus::Skipped) && !job.stop.is_requested();
    let proxies = if is_news && is_over && !dry_run {
        purge(&ctx.config.sync, &publisher.agent, &job.stop)
    } else {
        Vec::new()
    };
    let heals = outcomes
        .iter()
        .map(|o| (o.target.clone(), publisher.retry_command(&o.target)));
    SyncReport {
        generation: id,
        heals: heals.collect(),
        targets: outcomes,
        proxies,
        pinned: Vec::new(),
        dry_run,
    }
}

/// What is said of a run that pushed nothing.
pub(super) fn pruned(generation: GenerationId, targets: Vec<TargetReport>, dry_run: bool) -> SyncReport {
    SyncReport {
        generation,
        targets,
        proxies: Vec::new(),
        pinned: Vec::new(),
        heals: BTreeMap::new(),
        dry_run,
    }
}
