//! Looking at targets without publishing: `--status`, `--check`; and tidying them: `--prune`.

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use anyhow::Error;
use serde::Serialize;

use super::agent;
use super::publish::{SyncReport, describe_pin, pruned};
use super::source::newest;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::config::TargetConfig;
use crate::db::pin::{self, Pin};
use crate::job::Job;
use crate::model::Timestamp;
use crate::snapshot::generation::{self, GenerationId};
use crate::sync::verify::health;
use crate::sync::{TargetAddress, TargetReport, TargetStatus, inspect};
use crate::sys::http::Agent;
use crate::sys::signals::ShutdownFlag;

/// A target as it is now.
#[derive(Debug, Serialize)]
pub(super) struct TargetRow {
    target: String,
    to: String,
    /// What its server answers from; of a target without a server, what lies there.
    generation: Option<String>,
    /// When that was true.
    as_of: Option<Timestamp>,
    /// Whether that is the generation that is current here.
    current: bool,
    pinned: Option<Pin>,
    reachable: bool,
    /// The version of the server.
    version: Option<String>,
    /// Why it could not be reached.
    message: String,
}

/// All targets.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    now: Timestamp,
    /// What is current here.
    generation: Option<GenerationId>,
    targets: Vec<TargetRow>,
}

pub(super) fn status(ctx: &Context, targets: &[(TargetConfig, TargetAddress)]) -> Result<StatusReport, Error> {
    let here = generation::current_id(&ctx.config.generations_dir);
    // Without a database there are no pins to tell of; everything else is worth the more.
    let pins = ctx.open_db().and_then(|mut db| db.read(|tx| pin::active(tx, ctx.now)));
    let pins = pins.unwrap_or_else(|e| {
        crate::cli::output::eprint(&format!("{}: pins are not known: {e}", ctx.program));
        BTreeMap::new()
    });
    let (agent, stop) = (agent(ctx, targets.len()), crate::sys::signals::watch()?);
    let rows = std::thread::scope(|scope| {
        let (agent, stop) = (&agent, &stop);
        let threads: Vec<_> = (targets.iter())
            .map(|(target, place)| (target, place, scope.spawn(move || ask(ctx, target, place, agent, stop))))
            .collect();
        let rows = threads.into_iter().map(|(target, place, thread)| {
            let found = thread
                .join()
                .unwrap_or_else(|_| Err("its thread ended badly".to_owned()));
            row(target, place, found, here.as_ref(), pins.get(&target.name))
        });
        rows.collect()
    });
    Ok(StatusReport {
        now: ctx.now,
        generation: here,
        targets: rows,
    })
}

/// What is there: generation, when it was true, version.
type Present = (Option<String>, Option<Timestamp>, Option<String>);

fn ask(
    ctx: &Context,
    target: &TargetConfig,
    place: &TargetAddress,
    agent: &Agent,
    stop: &ShutdownFlag,
) -> Result<Present, String> {
    if target.healthz.is_empty() {
        let found = inspect::current(&ctx.config.sync, place, stop)?;
        return Ok(found.map_or((None, None, None), |m| (Some(m.id.to_string()), Some(m.as_of), None)));
    }
    let health = health(agent, &target.healthz, None)?;
    Ok((health.generation, health.as_of.map(Timestamp), health.version))
}

fn row(
    target: &TargetConfig,
    place: &TargetAddress,
    found: Result<Present, String>,
    here: Option<&GenerationId>,
    pin: Option<&Pin>,
) -> TargetRow {
    let (message, (generation, as_of, version), reachable) = match found {
        Ok(present) => (String::new(), present, true),
        Err(why) => (why, (None, None, None), false),
    };
    TargetRow {
        target: target.name.clone(),
        to: place.to_string(),
        current: generation.is_some() && generation.as_deref() == here.map(GenerationId::as_str),
        generation,
        as_of,
        pinned: pin.cloned(),
        reachable,
        version,
        message,
    }
}

impl Report for StatusReport {
    fn exit(&self) -> ExitStatus {
        let is_good = |r: &TargetRow| r.reachable && (r.current || r.pinned.is_some());
        if self.targets.iter().all(is_good) {
            ExitStatus::Done
        } else if self.targets.iter().any(is_good) {
            ExitStatus::Partial
        } else {
            ExitStatus::Failed
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let dash = || "-".to_owned();
        let here = self
            .generation
            .as_ref()
            .map_or_else(|| "none".to_owned(), ToString::to_string);
        out.line(format!("current here: {here}"))?;
        let rows: Vec<Vec<String>> = (self.targets.iter())
            .map(|r| {
                let tone = match (r.reachable, r.current) {
                    (true, true) => Style::Good,
                    (true, false) => Style::Warn,
                    (false, _) => Style::Bad,
                };
                let reachable = if r.reachable {
                    "yes".to_owned()
                } else {
                    format!("no: {}", r.message)
                };
                vec![
                    r.target.clone(),
                    out.paint(tone, r.generation.as_deref().unwrap_or("-")),
                    r.as_of
                        .map_or_else(dash, |at| HumanDuration::rounded(self.now.since(at)).to_string()),
                    r.pinned.as_ref().map_or_else(dash, describe_pin),
                    reachable,
                    r.version.clone().unwrap_or_else(dash),
                ]
            })
            .collect();
        out.table(
            &["TARGET", "GENERATION", "AGE", "PINNED", "REACHABLE", "VERSION"],
            &rows,
        )
    }
}

/// One step of the way to a target.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    name: &'static str,
    /// What was found.
    says: String,
    good: bool,
}

/// The way to a target.
#[derive(Debug, Serialize)]
pub struct TargetTestReport {
    target: String,
    to: String,
    steps: Vec<Step>,
}

pub(super) fn check(ctx: &Context, targets: &[(TargetConfig, TargetAddress)]) -> Result<TargetTestReport, Error> {
    let stop = crate::sys::signals::watch()?;
    let mut report = TargetTestReport {
        target: String::new(),
        to: String::new(),
        steps: Vec::new(),
    };
    for (target, place) in targets {
        (report.target, report.to) = (target.name.clone(), place.to_string());
        let mut steps = inspect::check(&ctx.config.sync, place, &stop);
        if !target.healthz.is_empty() {
            let says = health(&agent(ctx, 1), &target.healthz, None)
                .map(|h| format!("answers from {}", h.generation.as_deref().unwrap_or("nothing")));
            steps.push(("server", says));
        }
        report.steps.extend(steps.into_iter().map(|(name, found)| {
            let good = found.is_ok();
            Step {
                name,
                says: found.unwrap_or_else(|why| why),
                good,
            }
        }));
    }
    Ok(report)
}

impl Report for TargetTestReport {
    fn exit(&self) -> ExitStatus {
        if self.steps.iter().all(|s| s.good) {
            ExitStatus::Done
        } else {
            ExitStatus::Failed
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("target {} ({})", self.target, self.to))?;
        let rows: Vec<Vec<String>> = (self.steps.iter())
            .map(|s| {
                let (tone, word) = if s.good {
                    (Style::Good, "ok")
                } else {
                    (Style::Bad, "bad")
                };
                vec![s.name.to_owned(), out.paint(tone, word), s.says.clone()]
            })
            .collect();
        out.table(&["STEP", "STATE", "FOUND"], &rows)
    }
}

/// Removes old generations from targets.
pub(super) fn prune(
    ctx: &Context,
    job: &Job,
    targets: &[(TargetConfig, TargetAddress)],
    dry_run: bool,
) -> Result<SyncReport, Error> {
    let id = newest(ctx)?.manifest.id;
    let outcomes = targets.iter().map(|(target, place)| {
        let begun = Instant::now();
        let found = if dry_run {
            Ok(())
        } else {
            inspect::prune(&ctx.config.sync, place, &job.stop)
        };
        TargetReport {
            target: target.name.clone(),
            to: place.to_string(),
            state: if found.is_ok() {
                TargetStatus::Current
            } else {
                TargetStatus::Failed
            },
            before: None,
            seconds: begun.elapsed().as_secs_f64(),
            message: found.err().unwrap_or_default(),
            rejected: false,
        }
    });
    Ok(pruned(id, outcomes.collect(), dry_run))
}
