//! `mm-sync-out`: gets the current generation live on every target.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use anyhow::{Context as _, Error, anyhow};
use clap::Parser;
use serde::Serialize;

use super::args::{CommonArgs, JobArgs};
use super::exit::{Exit, UsageError};
use super::job::Job;
use super::output::{Page, Report, Tone};
use super::progress;
use super::run::{Context, Program};
use crate::config::TargetConfig;
use crate::mirrorlist::generation::{self, GenerationId};
use crate::model::Span;
use crate::sync::{Outcome, Place, Publisher, State};
use crate::sys::http::{Agent, Limits};

/// How the key of a target's problem begins.
const TARGET: &str = "target ";

/// Get the current generation live on every target of the config.
///
/// On each target the generation is pushed beside the others, compared with its manifest, made current by renaming a link, and
/// proven: the server there has to say that it answers from it. A target that fails stays as it was, is reported, and is
/// brought up to date by the next run.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out     regenerate and publish\n  \
    mm-sync-out --only proxy03             bring up to date what was down\n  \
    mm-sync-out --dry-run                  which targets have which generation"
)]
pub struct Args {
    /// Only this target; may be given more than once.
    #[arg(long, value_name = "TARGET")]
    only: Vec<String>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What became of every target.
#[derive(Debug, Serialize)]
pub struct SyncReport {
    generation: GenerationId,
    targets: Vec<Outcome>,
    dry_run: bool,
}

impl SyncReport {
    fn troubled(&self) -> impl Iterator<Item = &Outcome> {
        self.targets.iter().filter(|o| {
            matches!(
                o.state,
                State::Failed | State::Unproven | State::Restored | State::Unrestored
            )
        })
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let n = |state| self.targets.iter().filter(|o| o.state == state).count();
        BTreeMap::from([
            ("current", n(State::Current)),
            ("updated", n(State::Updated)),
            ("unproven", n(State::Unproven)),
            ("restored", n(State::Restored)),
            ("unrestored", n(State::Unrestored)),
            ("failed", n(State::Failed)),
        ])
    }

    fn problems(&self) -> BTreeMap<String, String> {
        self.troubled()
            .map(|o| {
                let heal = if o.message.contains("--only") {
                    String::new()
                } else {
                    format!("; when it is mended run: mm-sync-out --only {}", o.target)
                };
                (
                    format!("{TARGET}{}", o.target),
                    format!("target {} ({}): {}{heal}", o.target, o.to, o.message),
                )
            })
            .collect()
    }
}

impl SyncReport {
    /// Whether this run looked at what the problem `key` is about. A target that the config does not name any more is over.
    fn judged(&self, cx: &Context, key: &str) -> bool {
        let Some(name) = key.strip_prefix(TARGET) else {
            return true;
        };
        self.targets.iter().any(|o| o.target == name) || !cx.config.sync.target.iter().any(|t| t.name == name)
    }
}

impl Report for SyncReport {
    fn exit(&self) -> Exit {
        let failed = self.targets.iter().filter(|o| o.state == State::Failed).count();
        if self.troubled().next().is_none() {
            Exit::Done
        } else if failed == self.targets.len() {
            Exit::Failed
        } else {
            Exit::Partial
        }
    }

    fn is_answer(&self) -> bool {
        false
    }

    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        out.line(format!("generation {}", self.generation))?;
        let rows: Vec<Vec<String>> = self.targets.iter().map(|o| row(o, out)).collect();
        out.table(&["TARGET", "STATE", "BEFORE", "SECONDS", "MESSAGE"], &rows)
    }
}

fn row(o: &Outcome, out: &Page<'_>) -> Vec<String> {
    let (tone, word) = match o.state {
        State::Current => (Tone::Dim, "current"),
        State::Updated => (Tone::Good, "updated"),
        State::Unproven => (Tone::Warn, "unproven"),
        State::Restored => (Tone::Bad, "restored"),
        State::Unrestored => (Tone::Bad, "unrestored"),
        State::Failed => (Tone::Bad, "failed"),
        State::Pending => (Tone::Warn, "would update"),
    };
    vec![
        o.target.clone(),
        out.paint(tone, word),
        o.before.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        format!("{:.1}", o.seconds),
        o.message.clone(),
    ]
}

impl Program for Args {
    const NAME: &'static str = "mm-sync-out";
    const JOB: Option<&'static str> = Some("publish");
    type Report = SyncReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, cx: &Context) -> Result<SyncReport, Error> {
        let targets = targets(cx, &self.only)?;
        let job = Job::begin(cx, &self.job, "publish", &[], Span::hours(1))?;
        match sync(cx, &job, &targets, self.job.dry_run) {
            Ok(report) => {
                let judged = |key: &str| report.judged(cx, key);
                job.finish_part(cx, report.exit(), &report.counts(), report.problems(), &judged)?;
                Ok(report)
            }
            Err(e) => Err(job.fail(cx, e)),
        }
    }
}

/// The targets that are meant, each with its place.
fn targets(cx: &Context, only: &[String]) -> Result<Vec<(TargetConfig, Place)>, Error> {
    let all = &cx.config.sync.target;
    if all.is_empty() {
        return Err(UsageError("the config names no target; add a [[sync.target]] with name and to".to_owned()).into());
    }
    for name in only {
        if !all.iter().any(|t| t.name == *name) {
            let known: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
            return Err(UsageError(format!("there is no target {name}; there are {}", known.join(", "))).into());
        }
    }
    all.iter()
        .filter(|t| only.is_empty() || only.contains(&t.name))
        .map(|t| match t.to.parse() {
            Ok(place) => Ok((t.clone(), place)),
            Err(e) => Err(UsageError(format!("sync.target {}: {e}", t.name)).into()),
        })
        .collect()
}

fn sync(cx: &Context, job: &Job, targets: &[(TargetConfig, Place)], dry_run: bool) -> Result<SyncReport, Error> {
    let dir = &cx.config.generations_dir;
    let (source, _) = generation::current(dir)
        .context("reading the current generation; nothing was pushed, make it anew with: mm-update-mirrorlist")?
        .ok_or_else(|| {
            anyhow!(
                "there is no generation in {} yet; make one with: mm-update-mirrorlist",
                dir.display()
            )
        })?;
    let manifest = generation::verify(&source)
        .context("checking the current generation before it is pushed; nothing was pushed, make it anew with: mm-update-mirrorlist")?;
    let agent = Agent::new(&Limits {
        user_agent: cx.config.user_agent(),
        connections: targets.len(),
        connect: crate::sync::push::ANSWER,
        total: crate::sync::push::ANSWER,
        // The addresses are those of the config, which an admin wrote.
        allow_private: true,
    });
    let id = manifest.id.clone();
    let publisher = Publisher {
        config: &cx.config.sync,
        source,
        manifest,
        agent,
        dry_run,
        stop: job.stop.clone(),
    };
    let bar = progress::bar(&cx.output, u64::try_from(targets.len()).unwrap_or(0), "targets");
    let outcomes = publisher.run(targets, &|o: &Outcome| {
        tracing::info!(target = o.target, state = ?o.state, seconds = o.seconds, message = o.message, "target done");
        bar.inc(1);
    });
    bar.finish_and_clear();
    Ok(SyncReport {
        generation: id,
        targets: outcomes,
        dry_run,
    })
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
