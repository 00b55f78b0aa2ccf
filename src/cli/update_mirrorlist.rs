//! `mm-update-mirrorlist`: writes a generation atomically.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Error, bail};
use clap::Parser;

use super::args::JobArgs;
use super::run::{Context, Program};
use crate::config::HumanDuration;
use crate::db;
use crate::db::DbError;
use crate::db::published_generation::PublishedGeneration;
use crate::job::Job;
use crate::job::exit::{ExitStatus, NothingDone};
use crate::mm2;
use crate::model::count::format_count;
use crate::model::history::PageHistory;
use crate::model::names::HostName;
use crate::model::registry_data::RegistryData;
use crate::publiclist::PublicList;
use crate::publish::diff::{SnapshotCounts, SnapshotDiff};
use crate::publish::guard::{AcceptedLosses, Loss, RetainedSince};
use crate::publish::policy::Policy;
use crate::publish::retained;
use crate::publish::writer::{DryRunSink, GenerationWriter};
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, GenerationSink};
use crate::snapshot::publication::Publication;
use crate::sys::file_error::FileError;
use crate::sys::{atomic, parallel};

mod master;
mod previous;
mod report;

use previous::PreviousGenerationData;
use report::{NewestOnly, UpdateReport};

/// The default limit of the run time.
const MAX_RUNTIME: HumanDuration = HumanDuration::mins(10);

/// Write a generation: the snapshot that servers answer from, and the public pages.
///
/// Decides from scans and crawls for which directories each host is listed, writes a new generation and switches to it
/// atomically. If a step fails, the published generation stays current. Invalid rows are omitted and named in warnings.
///
/// Nothing is published if no host would be listed: the exit status is 3, and an operator must confirm. If a repository with at
/// least five mirrors loses more than `publish.guard_percent` percent of them, or of their bandwidth, at once, the active ones are
/// retained for at most `publish.retain_lost_hosts`; the repository is named, everything else is published, and the exit status
/// is 3.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out\n  mm-update-mirrorlist --diff\n  mm-update-mirrorlist \
                       --accept-loss repo=fedora-43/x86_64 --accept-loss host=mirror.example.org"
)]
pub struct Args {
    /// Publish even if no host is listed.
    #[arg(long)]
    accept_empty: bool,
    /// Accept the loss of mirrors of this repository, or of this host in all repositories (repeatable).
    #[arg(long, value_name = "repo=PREFIX/ARCH|host=NAME", value_parser = parse_accept_loss)]
    accept_loss: Vec<AcceptLoss>,
    /// Show differences from the published generation, or from another kept one, and write nothing.
    #[arg(long, value_name = "GENERATION", num_args = 0..=1, default_missing_value = generation::CURRENT, value_parser = parse_base)]
    diff: Option<DiffBase>,
    /// Compare the newest repomd.xml of each repository with the master's; exit with 3 if they differ.
    #[arg(long)]
    verify_master: bool,
    /// Also write the data as a cache file of MirrorManager2.
    #[arg(long, value_name = "FILE")]
    mm2_cache: Option<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
}

/// The generation to compare with.
#[derive(Debug, Clone)]
enum DiffBase {
    Published,
    Kept(GenerationId),
}

fn parse_base(text: &str) -> Result<DiffBase, String> {
    if text == generation::CURRENT {
        return Ok(DiffBase::Published);
    }
    text.parse().map(DiffBase::Kept)
}

#[derive(Debug, Clone)]
enum AcceptLoss {
    /// A repository as `prefix/arch`.
    Repository(String),
    Host(HostName),
}

fn parse_accept_loss(text: &str) -> Result<AcceptLoss, String> {
    let expected = || "expected repo=PREFIX/ARCH or host=NAME, such as repo=fedora-43/x86_64".to_owned();
    match text.split_once('=').ok_or_else(expected)? {
        ("repo", name) if name.contains('/') => Ok(AcceptLoss::Repository(name.to_owned())),
        ("host", name) => name.parse().map(AcceptLoss::Host),
        _ => Err(expected()),
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-update-mirrorlist";
    const NOTHING_DONE: &'static str = "there is no loss that --accept-loss names";
    const JOB: Option<&'static str> = Some("update");

    fn run(mut self, ctx: &Context) -> Result<ExitStatus, Error> {
        self.job.dry_run |= self.diff.is_some();
        let mut job = Job::start(ctx, &self.job.options(), "update", &[], MAX_RUNTIME)?;
        let report = self.work(ctx, &mut job);
        ctx.end_job(job, report)
    }
}

impl Args {
    fn work(&self, ctx: &Context, job: &mut Job) -> Result<UpdateReport, Error> {
        let dir = ctx.config.generations_dir.as_path();
        let other = match &self.diff {
            Some(DiffBase::Kept(id)) => Some(PreviousGenerationData::find(dir, id)?),
            Some(DiffBase::Published) | None => None,
        };
        job.set_phase("reading the database", 0, 0)?;
        let mut warnings = Vec::new();
        let (registry, history, previous) = read_inputs(ctx, job, &mut warnings)?;
        job.set_phase("selecting mirrors", 0, 0)?;
        let policy = Policy::new(&ctx.config, &registry);
        let mut publication = Publication::from_registry(&registry, &policy, ctx.now);
        let refused = self.refuse(ctx, job, publication.named_hosts().len(), previous.as_ref())?;
        let losses = if refused.is_empty() {
            self.retain(ctx, &mut publication, previous.as_ref())?
        } else {
            Vec::new()
        };
        let mut master = None;
        if self.verify_master {
            job.set_phase("comparing with the master", 0, 0)?;
            master = Some(master::verify(ctx, &publication, &job.stop)?);
        }
        let newest_only = NewestOnly::collect(&publication, ctx.now);
        warnings.extend(newest_only.iter().map(NewestOnly::warning));
        let retained = retained_since(&losses);
        job.set_phase("rendering pages", 0, 0)?;
        let is_written = refused.is_empty() && !self.job.dry_run;
        let writer = is_written.then(|| GenerationWriter::new(dir)).transpose()?;
        let dry_run_sink = DryRunSink::default();
        let sink: &dyn GenerationSink = writer.as_ref().map_or(&dry_run_sink, |writer| writer);
        let base = other.or(previous);
        let render = || PublicList::render(&publication, &history, &ctx.config.publish, sink);
        let (pages, (snapshot, bytes, diff)) = parallel::join(render, || {
            let snapshot = publication.snapshot(&mut warnings);
            let bytes = snapshot.encode();
            let diff = base.as_ref().map(|g| SnapshotDiff::new(&g.snapshot, &snapshot));
            (snapshot, bytes, diff)
        });
        let pages = pages.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // Not needed for the remaining pages.
        drop(history);
        let compared_with = base.map(|g| g.id);
        let bytes = bytes.context("encoding the snapshot")?;
        put_remaining_files(sink, pages.context("rendering the public list")?, &bytes, &retained)?;
        let id = sink.manifest(ctx.now).id;
        let before = generation::current_id(dir);
        let mut report = UpdateReport {
            changed: before.as_ref() != Some(&id),
            generation: id,
            before,
            published: refused.is_empty(),
            dry_run: self.job.dry_run,
            numbers: SnapshotCounts::new(&snapshot),
            compared_with,
            diff,
            only_diff: self.diff.is_some(),
            losses,
            master,
            removed: Vec::new(),
            newest_only,
            without_mirrors: BTreeSet::new(),
            new_without_mirrors: BTreeSet::new(),
            refused,
            warnings,
        };
        if report.published {
            report.find_without_mirrors(&publication, ctx.now);
        }
        if let Some(writer) = writer {
            if job.stop.is_requested() {
                bail!("interrupted before publishing; the published generation is unchanged");
            }
            job.set_phase("writing", 0, 0)?;
            publish(ctx, job, writer, &mut report)?;
            self.record_decisions(ctx, job)?;
            self.write_mm2_cache(ctx, &snapshot)?;
        }
        Ok(report)
    }

    /// Returns the reason why publishing needs confirmation, by a stable key; empty if it does not.
    fn refuse(
        &self,
        ctx: &Context,
        job: &mut Job,
        hosts: usize,
        previous: Option<&PreviousGenerationData>,
    ) -> Result<BTreeMap<String, String>, Error> {
        if hosts > 0 || self.accept_empty {
            return Ok(BTreeMap::new());
        }
        let hosts_before = match previous {
            Some(previous) => count(previous.snapshot.hosts.len()),
            None if generation::current_id(&ctx.config.generations_dir).is_none() => 0,
            // Its snapshot cannot be read.
            None => {
                let last = job.db.read(|tx| db::published_generation::latest(tx, 1))?;
                last.first().map_or(0, |p| p.hosts)
            }
        };
        let text = format!(
            "no host would be listed; the published generation with {} is unchanged. Check the last runs with: mm-admin runs; to \
             publish anyway: mm-update-mirrorlist --accept-empty",
            format_count(hosts_before, "host")
        );
        let reason = (hosts_before > 0).then(|| ("refused: empty".to_owned(), text));
        Ok(reason.into_iter().collect())
    }

    /// Retains the mirrors of mass losses, except those that an operator accepts.
    fn retain(
        &self,
        ctx: &Context,
        publication: &mut Publication<'_>,
        previous: Option<&PreviousGenerationData>,
    ) -> Result<Vec<Loss>, NothingDone> {
        self.check_accepted(ctx, publication, previous)?;
        let Some(PreviousGenerationData { snapshot, retained, .. }) = previous else {
            return Ok(Vec::new());
        };
        Ok(publication.retain_mass_losses(snapshot, retained, &ctx.config.publish, &self.accepted(), ctx.now))
    }

    /// Fails if nothing is lost of what an operator accepts: it was mistyped, has ended, or is not in the published generation.
    fn check_accepted(
        &self,
        ctx: &Context,
        publication: &Publication<'_>,
        previous: Option<&PreviousGenerationData>,
    ) -> Result<(), NothingDone> {
        let Some(first) = self.accept_loss.first() else {
            return Ok(());
        };
        let found = previous.map(|previous| {
            publication.find_accepted_losses(&previous.snapshot, &ctx.config.publish, &self.accepted(), ctx.now)
        });
        if found.is_some_and(|found| !found.repositories.is_empty() || !found.hosts.is_empty()) {
            return Ok(());
        }
        let what = match first {
            AcceptLoss::Repository(name) => format!("repository {name} has no loss"),
            AcceptLoss::Host(host) => format!("host {host} is not part of a loss"),
        };
        let reason = format!("{what} that could be accepted; list the losses with: mm-admin pending");
        Err(NothingDone(reason))
    }

    /// Records what an operator accepted.
    fn record_decisions(&self, ctx: &Context, job: &mut Job) -> Result<(), DbError> {
        if self.accept_loss.is_empty() && !self.accept_empty {
            return Ok(());
        }
        let author = ctx.author();
        job.db.write(|tx| {
            let ids = db::pending::repository_ids(tx)?;
            for loss in &self.accept_loss {
                let id = match loss {
                    AcceptLoss::Repository(name) => {
                        ids.get(name).map_or_else(|| name.clone(), |id| format!("loss-{id}"))
                    }
                    AcceptLoss::Host(host) => format!("loss of {host}"),
                };
                db::pending::record_decision(tx, &author, &id, "confirmed", &serde_json::json!({"run": job.run}))?;
            }
            if self.accept_empty {
                let effect = serde_json::json!({"run": job.run});
                db::pending::record_decision(tx, &author, "empty-generation", "confirmed", &effect)?;
            }
            Ok(())
        })
    }

    fn accepted(&self) -> AcceptedLosses {
        let mut out = AcceptedLosses::default();
        for loss in &self.accept_loss {
            match loss {
                AcceptLoss::Repository(name) => drop(out.repositories.insert(name.clone())),
                AcceptLoss::Host(name) => drop(out.hosts.insert(name.clone())),
            }
        }
        out
    }

    fn write_mm2_cache(&self, ctx: &Context, snapshot: &Snapshot) -> Result<(), Error> {
        let Some(path) = &self.mm2_cache else { return Ok(()) };
        atomic::write(path, &mm2::write(snapshot, ctx.now), 0o640)
            .map_err(FileError::at("write", path))
            .with_context(|| {
                let path = path.display();
                format!("writing {path}; the file is unchanged, and the generation is published")
            })
    }
}

/// Returns the repositories with retained hosts, with the time of their loss.
fn retained_since(losses: &[Loss]) -> RetainedSince {
    let retained = losses.iter().filter(|l| !l.retained.is_empty());
    retained.map(|l| (l.repository.clone(), l.since)).collect()
}

/// Writes the generation, makes it current, and records it in the database.
fn publish(ctx: &Context, job: &mut Job, writer: GenerationWriter, report: &mut UpdateReport) -> Result<(), Error> {
    let result = writer.publish(ctx.now, ctx.config.publish.keep_generations)?;
    report.removed = result.removed;
    report.warnings.extend(result.cleanup_warnings);
    if !result.changed {
        return Ok(());
    }
    let row = PublishedGeneration {
        generation: result.id.to_string(),
        published_at: ctx.now,
        run: job.run,
        hosts: count(report.numbers.hosts),
        repositories: count(report.numbers.repositories),
        directories: count(report.numbers.directories),
    };
    job.db
        .write(|tx| db::published_generation::record(tx, &row))
        .context("recording the generation, which is published")?;
    tracing::info!(generation = %result.id, hosts = report.numbers.hosts, "published");
    Ok(())
}

/// Reads the database and the published generation. The history, which is only shown on pages, is read in parallel on its own
/// connection and may be slightly newer.
fn read_inputs(
    ctx: &Context,
    job: &mut Job,
    warnings: &mut Vec<String>,
) -> Result<(RegistryData, PageHistory, Option<PreviousGenerationData>), Error> {
    let read_others = || {
        let history = ctx.open_db().and_then(|mut db| db::history::read(&mut db));
        (history, PreviousGenerationData::published(&ctx.config.generations_dir))
    };
    let (others, registry) = parallel::join(read_others, || db::registry_data::read(&mut job.db, ctx.now));
    let others = others.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let (registry, omitted) = registry.context("reading the database")?;
    let (history, (previous, unreadable)) = others;
    let (history, skipped) = history.context("reading the results of crawls")?;
    warnings.extend(omitted.into_iter().chain(unreadable).chain(skipped));
    Ok((registry, history, previous))
}

/// Adds the files that depend on the encoded snapshot.
fn put_remaining_files(
    sink: &dyn GenerationSink,
    pages: PublicList<'_>,
    snapshot: &[u8],
    retained: &RetainedSince,
) -> Result<(), Error> {
    pages.finish(snapshot).context("rendering the start page")?;
    sink.put(generation::SNAPSHOT, snapshot)?;
    if !retained.is_empty() {
        sink.put(generation::RETAINED_HOSTS, &retained::to_bytes(retained))?;
    }
    Ok(())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
