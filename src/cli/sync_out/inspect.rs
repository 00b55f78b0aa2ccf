//! Inspection of targets: `--status` and `--test`.

use std::collections::BTreeMap;
use std::io;

use anyhow::Error;
use serde::Serialize;

use super::report::describe_pin;
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db::pin::{self, Pin};
use crate::db::published_generation::{self, PublishedGeneration};
use crate::job::exit::ExitStatus;
use crate::model::Timestamp;
use crate::snapshot::generation::{self, GenerationId};
use crate::sync::inspect;
use crate::sync::target::Target;
use crate::sync::verify::{HEALTH_TIMEOUT, TargetHealth, fetch_health};
use crate::sys::http::Agent;
use crate::sys::parallel;
use crate::sys::signals::{self, ShutdownFlag};

/// The number of published generations that are searched for those that are kept.
const RECORDED: u32 = 200;

#[derive(Debug, Default, Serialize)]
struct TargetRow {
    target: String,
    address: String,
    /// The generation of its server; without a server, the current one of its directory.
    generation: Option<String>,
    as_of: Option<Timestamp>,
    /// True if that is the current local generation.
    current: bool,
    pinned: Option<Pin>,
    reachable: bool,
    /// The version of the server program.
    version: Option<String>,
    /// The error of a target that is not reachable.
    message: String,
}

/// The status of all targets.
#[derive(Debug, Serialize)]
pub(super) struct StatusReport {
    now: Timestamp,
    /// The current local generation.
    generation: Option<GenerationId>,
    targets: Vec<TargetRow>,
    /// The generations on this machine, newest first.
    kept: Vec<KeptGeneration>,
}

/// A generation to which targets can be rolled back.
#[derive(Debug, Serialize)]
struct KeptGeneration {
    generation: GenerationId,
    as_of: Timestamp,
    /// The number of listed hosts; `None` = it is not recorded.
    hosts: Option<u64>,
}

fn kept_generations(ctx: &Context, recorded: &[PublishedGeneration]) -> Vec<KeptGeneration> {
    let mut kept = generation::list(&ctx.config.generations_dir).unwrap_or_default();
    generation::sort_newest_first(&mut kept, ctx.now);
    let hosts = |id: &GenerationId| recorded.iter().find(|g| g.generation == id.as_str()).map(|g| g.hosts);
    kept.into_iter()
        .map(|manifest| KeptGeneration {
            hosts: hosts(&manifest.id),
            as_of: manifest.as_of,
            generation: manifest.id,
        })
        .collect()
}

pub(super) fn status(ctx: &Context, targets: &[Target]) -> Result<StatusReport, Error> {
    let generation = generation::current_id(&ctx.config.generations_dir);
    // Without the database the status is needed even more; only the pins and the numbers of hosts are missing.
    let recorded = ctx
        .open_db()
        .and_then(|mut db| db.read(|tx| Ok((pin::active(tx, ctx.now)?, published_generation::latest(tx, RECORDED)?))));
    let (pins, recorded) = recorded.unwrap_or_else(|e| {
        crate::sys::stderr::print_line(&format!("{}: cannot read the pins: {e}", ctx.program));
        (BTreeMap::new(), Vec::new())
    });
    let agent = ctx.agent(targets.len(), HEALTH_TIMEOUT, HEALTH_TIMEOUT);
    let stop = signals::watch()?;
    let results = parallel::map(targets, targets.len(), |t| fetch_state(ctx, t, &agent, &stop));
    let rows = targets.iter().zip(results).map(|(target, state)| {
        let mut row = TargetRow {
            target: target.config.name.clone(),
            address: target.address.to_string(),
            pinned: pins.get(&target.config.name).cloned(),
            ..TargetRow::default()
        };
        match state {
            Ok(Ok(state)) => {
                row.reachable = true;
                row.current = generation
                    .as_ref()
                    .is_some_and(|id| state.generation.as_deref() == Some(id.as_str()));
                row.generation = state.generation;
                row.as_of = state.as_of;
                row.version = state.version;
            }
            Ok(Err(why)) => row.message = why,
            Err(panic) => row.message = panic.to_string(),
        }
        row
    });
    Ok(StatusReport {
        now: ctx.now,
        targets: rows.collect(),
        kept: kept_generations(ctx, &recorded),
        generation,
    })
}

/// Returns the state of the server of a target; without a server, that of its directory.
fn fetch_state(ctx: &Context, target: &Target, agent: &Agent, stop: &ShutdownFlag) -> Result<TargetHealth, String> {
    if !target.config.healthz.is_empty() {
        return fetch_health(agent, &target.config.healthz, None);
    }
    let manifest = inspect::current(&ctx.config.sync, &target.address, stop)?;
    Ok(TargetHealth {
        generation: manifest.as_ref().map(|m| m.id.to_string()),
        as_of: manifest.map(|m| m.as_of),
        ..TargetHealth::default()
    })
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
        let current = self.generation.as_ref().map_or("none", GenerationId::as_str);
        out.line(format!("current local generation: {current}"))?;
        let rows = self.targets.iter().map(|r| {
            let (style, reachable) = match (r.reachable, r.current) {
                (true, true) => (Style::Good, "yes".to_owned()),
                (true, false) => (Style::Warn, "yes".to_owned()),
                (false, _) => (Style::Bad, format!("no: {}", r.message)),
            };
            [
                r.target.clone(),
                out.paint(style, r.generation.as_deref().unwrap_or("-")),
                or_dash(r.as_of.map(|at| HumanDuration::rounded(self.now.since(at)))),
                or_dash(r.pinned.as_ref().map(describe_pin)),
                reachable,
                or_dash(r.version.as_ref()),
            ]
        });
        out.table("TARGET | GENERATION | AGE | PINNED | REACHABLE | VERSION", rows)?;
        if self.kept.len() > 1 {
            out.line("kept on this machine; to return to one: mm-sync-out --rollback GENERATION")?;
            let row =
                |kept: &KeptGeneration| [kept.generation.to_string(), kept.as_of.to_string(), or_dash(kept.hosts)];
            out.table("GENERATION | AS OF | HOSTS", self.kept.iter().map(row))?;
        }
        Ok(())
    }
}

/// One step of a connection test.
#[derive(Debug, Serialize)]
struct TestStep {
    name: &'static str,
    ok: bool,
    message: String,
}

/// The result of a connection test.
#[derive(Debug, Serialize)]
pub(super) struct TargetTestReport {
    target: String,
    address: String,
    steps: Vec<TestStep>,
}

pub(super) fn test(ctx: &Context, target: &Target) -> Result<TargetTestReport, Error> {
    let mut steps = inspect::test_connection(&ctx.config.sync, &target.address, &signals::watch()?);
    if !target.config.healthz.is_empty() {
        let health = fetch_health(
            &ctx.agent(1, HEALTH_TIMEOUT, HEALTH_TIMEOUT),
            &target.config.healthz,
            None,
        );
        let served = health.map(|h| format!("serves {}", h.generation.as_deref().unwrap_or("no generation")));
        steps.push(("server", served));
    }
    let steps = steps.into_iter().map(|(name, result)| TestStep {
        name,
        ok: result.is_ok(),
        message: result.unwrap_or_else(|why| why),
    });
    Ok(TargetTestReport {
        target: target.config.name.clone(),
        address: target.address.to_string(),
        steps: steps.collect(),
    })
}

impl Report for TargetTestReport {
    fn exit(&self) -> ExitStatus {
        if self.steps.iter().all(|s| s.ok) {
            ExitStatus::Done
        } else {
            ExitStatus::Failed
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line(format!("target {} ({})", self.target, self.address))?;
        let rows = self.steps.iter().map(|s| {
            let (style, state) = if s.ok {
                (Style::Good, "ok")
            } else {
                (Style::Bad, "failed")
            };
            [s.name.to_owned(), out.paint(style, state), s.message.clone()]
        });
        out.table("STEP | STATE | MESSAGE", rows)
    }
}
