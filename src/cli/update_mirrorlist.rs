//! `mm-update-mirrorlist`: writes a generation, whole or not at all.

use crate::job::Job;
use crate::publish::retained;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::ScopedJoinHandle;

use anyhow::{Context as _, Error, bail};
use clap::Parser;

use super::args::{CommonArgs, JobArgs};
use super::output::Report;
use super::run::{Context, Program};
use crate::config::HumanDuration;
use crate::db;
use crate::db::published_generation::PublishedGeneration;
use crate::mm2;
use crate::model::history::History;
use crate::model::names::HostName;
use crate::model::registry_data::RegistryData;
use crate::publiclist::PublicList;
use crate::publish::diff::{SnapshotCounts, SnapshotDiff};
use crate::publish::guard::{AcceptedLosses, LossGuardConfig, RetainedSince};
use crate::publish::policy::Policy;
use crate::publish::writer::{DryRunSink, GenerationWriter};
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, GenerationSink};
use crate::snapshot::publication::Publication;
use crate::sys::atomic;

mod earlier;
mod master;
mod report;

use earlier::BaseGeneration;
pub use report::UpdateReport;
use report::{NewestOnly, loss_in_words};

/// How long a run may take when nobody says otherwise.
const LIMIT: HumanDuration = HumanDuration::mins(10);

/// Write a generation of the mirrorlist: the snapshot that servers answer from, and the public pages.
///
/// Decides from what was scanned and crawled which hosts are listed for what, writes that beside the published generation and
/// switches to it in one step. When anything fails, the published generation stays. Rows that cannot be read are left out and
/// named.
///
/// Nothing is published when no host at all would be listed: then the exit status is 3, and a person decides. A repository of at
/// least five hosts that lost more than `publish.guard_percent` percent of them, or of their bandwidth, keeps those that are still
/// active for at most `publish.retain_lost_hosts`; it is named, the rest is published, and the exit status is 3.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out\n  mm-update-mirrorlist --diff\n  mm-update-mirrorlist \
                       --accept-loss repo=fedora-43/x86_64 --accept-loss host=mirror.example.org"
)]
pub struct Args {
    /// Publish although no host at all is listed.
    #[arg(long)]
    accept_empty: bool,
    /// Let the lost hosts of this repository go, or this host from all repositories: repo=PREFIX/ARCH or host=NAME; may be given
    /// several times.
    #[arg(long, value_name = "repo=PREFIX/ARCH|host=NAME", value_parser = acceptance)]
    accept_loss: Vec<AcceptLoss>,
    /// Show which hosts, repositories and directories would be gained and lost against the published generation, or against
    /// another one that is kept; write nothing.
    #[arg(long, value_name = "GENERATION", num_args = 0..=1, default_missing_value = generation::CURRENT, value_parser = against)]
    diff: Option<DiffBase>,
    /// Compare the newest repomd.xml of each repository with the one that the master holds now; exit status 3 when they differ.
    #[arg(long)]
    verify_master: bool,
    /// Write the same as a cache of MirrorManager2, too.
    #[arg(long, value_name = "FILE")]
    mm2_cache: Option<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// What is compared with.
#[derive(Debug, Clone)]
enum DiffBase {
    Published,
    Kept(GenerationId),
}

fn against(text: &str) -> Result<DiffBase, String> {
    if text == generation::CURRENT {
        return Ok(DiffBase::Published);
    }
    text.parse().map(DiffBase::Kept)
}

/// What a person lets go.
#[derive(Debug, Clone)]
enum AcceptLoss {
    /// `prefix/arch`.
    Repository(String),
    Host(HostName),
}

fn acceptance(text: &str) -> Result<AcceptLoss, String> {
    let wanted = || "write repo=PREFIX/ARCH or host=NAME, such as repo=fedora-43/x86_64".to_owned();
    match text.split_once('=').ok_or_else(wanted)? {
        ("repo", name) if name.contains('/') => Ok(AcceptLoss::Repository(name.to_owned())),
        ("host", name) => name.parse().map(AcceptLoss::Host),
        _ => Err(wanted()),
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-update-mirrorlist";
    const JOB: Option<&'static str> = Some("update");
    type Report = UpdateReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run || self.diff.is_some()
    }

    fn run(mut self, ctx: &Context) -> Result<UpdateReport, Error> {
        self.job.dry_run = Program::dry_run(&self);
        let mut job = ctx.start_job(&self.job, "update", &[], LIMIT)?;
        match self.work(ctx, &mut job) {
            Ok(report) => {
                let problems = problems(&report);
                job.finish(report.exit(), &report.counts(), problems)?;
                Ok(report)
            }
            Err(e) => Err(job.fail(e)),
        }
    }
}

/// What a person should hear of, by a stable key.
fn problems(report: &UpdateReport) -> BTreeMap<String, String> {
    let refused = report.refused.clone();
    let losses = (report.losses.iter()).map(|loss| (format!("lost: {}", loss.repository), loss_in_words(loss)));
    let master = report.master.iter().flat_map(master::MasterReport::problems);
    let warnings = report
        .warnings
        .iter()
        .map(|text| (format!("warning {text}"), text.clone()));
    // In a dry run all of it stands in the report.
    if report.dry_run {
        return BTreeMap::new();
    }
    refused
        .into_iter()
        .chain(losses)
        .chain(master)
        .chain(warnings)
        .collect()
}

impl Args {
    fn work(&self, ctx: &Context, job: &mut Job) -> Result<UpdateReport, Error> {
        let dir = ctx.config.generations_dir.as_path();
        let other = match &self.diff {
            Some(DiffBase::Kept(id)) => Some(earlier::other(dir, id)?),
            Some(DiffBase::Published) | None => None,
        };
        job.set_phase("reading", 0, 0)?;
        let PublishInputs {
            world,
            history,
            earlier,
            mut warnings,
        } = PublishInputs::read(ctx, job)?;
        job.set_phase("deciding", 0, 0)?;
        let mut listing = Publication::from_registry(&world, &Policy::new(&ctx.config, &world), ctx.now);
        let hosts_before = match &earlier {
            Some(earlier) => SnapshotCounts::new(&earlier.snapshot).hosts,
            None => last_hosts(job, generation::current_id(dir).as_ref())?,
        };
        let refused = self.refuse(listing.named_hosts().len(), hosts_before);
        let losses = match &earlier {
            Some(earlier) if refused.is_empty() => {
                listing.retain_mass_losses(earlier.last(), guard(ctx), &self.accepted(), ctx.now)
            }
            Some(_) | None => Vec::new(),
        };
        let master = if self.verify_master {
            job.set_phase("looking at the master", 0, 0)?;
            Some(master::verify(ctx, &listing, &job.stop)?)
        } else {
            None
        };
        let newest_only = NewestOnly::in_force(&listing, ctx.now);
        warnings.extend(newest_only.iter().map(NewestOnly::warning));
        let carried = (losses.iter().filter(|l| !l.retained.is_empty()))
            .map(|l| (l.repository.clone(), l.since))
            .collect();
        job.set_phase("drawing", 0, 0)?;
        let is_wanted = refused.is_empty() && !self.job.dry_run;
        let draft = is_wanted.then(|| GenerationWriter::new(dir)).transpose()?;
        let imagined = DryRunSink::default();
        let files: &dyn GenerationSink = draft.as_ref().map_or(&imagined, |draft| draft);
        let (pages, written) = std::thread::scope(|scope| {
            let pages = scope.spawn(|| PublicList::render(&listing, &history, &ctx.config.publish, files));
            let written = EncodedSnapshot::encode(&listing, other.or(earlier));
            (join_or_resume_panic(pages).context("drawing the public list"), written)
        });
        // The pages hold what they tell of it.
        drop(history);
        let written = written?;
        warnings.extend(written.warnings);
        write_remaining_files(files, pages?, &written.bytes, &carried)?;
        let id = files.manifest(ctx.now).id;
        let before = generation::current_id(dir);
        let mut report = UpdateReport {
            changed: before.as_ref() != Some(&id),
            generation: id,
            before,
            published: refused.is_empty(),
            dry_run: self.job.dry_run,
            numbers: SnapshotCounts::new(&written.snapshot),
            against: written.against,
            diff: written.diff,
            only_diff: self.diff.is_some(),
            losses,
            master,
            removed: Vec::new(),
            newest_only,
            refused,
            warnings,
        };
        if let Some(draft) = draft {
            if job.stop.is_requested() {
                bail!("asked to stop before anything was published; the published generation is unchanged");
            }
            job.set_phase("writing", 0, 0)?;
            publish(ctx, job, draft, &mut report)?;
            self.write_mm2_cache(ctx, &written.snapshot)?;
        }
        Ok(report)
    }

    /// Why this must not be published without a person.
    fn refuse(&self, hosts: usize, hosts_before: usize) -> BTreeMap<String, String> {
        if hosts > 0 || hosts_before == 0 || self.accept_empty {
            return BTreeMap::new();
        }
        let text = format!(
            "no host at all would be listed, the published generation lists {hosts_before}; it stays. See what happened with: \
             mm-admin runs; to publish it all the same: mm-update-mirrorlist --accept-empty"
        );
        BTreeMap::from([("refused: empty".to_owned(), text)])
    }

    fn accepted(&self) -> AcceptedLosses {
        let mut out = AcceptedLosses::default();
        for one in &self.accept_loss {
            match one {
                AcceptLoss::Repository(name) => drop(out.repositories.insert(name.clone())),
                AcceptLoss::Host(name) => drop(out.hosts.insert(name.clone())),
            }
        }
        out
    }

    fn write_mm2_cache(&self, ctx: &Context, snapshot: &Snapshot) -> Result<(), Error> {
        let Some(path) = &self.mm2_cache else { return Ok(()) };
        atomic::write(path, &mm2::write(snapshot, ctx.now), 0o644).with_context(|| {
            format!(
                "writing {}; what was there is unchanged, and the generation is published",
                path.display()
            )
        })
    }
}

fn guard(ctx: &Context) -> LossGuardConfig {
    LossGuardConfig {
        percent: ctx.config.publish.guard_percent,
        retention: ctx.config.publish.retain_lost_hosts.get(),
    }
}

/// Writes the generation, switches to it, and records that it went out.
fn publish(ctx: &Context, job: &mut Job, draft: GenerationWriter, report: &mut UpdateReport) -> Result<(), Error> {
    let written = draft.publish(ctx.now, ctx.config.publish.keep_generations)?;
    report.removed = written.removed;
    report.warnings.extend(written.cleanup_warnings);
    if !written.changed {
        return Ok(());
    }
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let row = PublishedGeneration {
        generation: written.id.to_string(),
        published_at: ctx.now,
        run: job.run,
        hosts: count(report.numbers.hosts),
        repositories: count(report.numbers.repositories),
        directories: count(report.numbers.directories),
    };
    job.db
        .write(|tx| db::published_generation::record(tx, &row))
        .context("the generation is published, but that could not be recorded")?;
    tracing::info!(generation = %written.id, hosts = report.numbers.hosts, "published");
    Ok(())
}

/// What a run decides from.
struct PublishInputs {
    world: RegistryData,
    history: History,
    earlier: Option<BaseGeneration>,
    warnings: Vec<String>,
}

impl PublishInputs {
    /// Reads all of it. What the pages tell beside the world is read meanwhile, by a connection of its own: it decides nothing, so
    /// that it may be a moment younger.
    fn read(ctx: &Context, job: &mut Job) -> Result<Self, Error> {
        let (world, beside) = std::thread::scope(|scope| {
            let beside = scope.spawn(|| {
                let history = ctx.open_db().and_then(|mut db| db::history::read(&mut db, ctx.now));
                (history, earlier::published(&ctx.config.generations_dir))
            });
            (
                db::registry_data::read(&mut job.db, ctx.now),
                join_or_resume_panic(beside),
            )
        });
        let (world, mut warnings) = world.context("reading the database")?;
        let (history, (earlier, unread)) = beside;
        let (history, left_out) = history.context("reading what crawls found")?;
        warnings.extend(unread.into_iter().chain(left_out));
        Ok(Self {
            world,
            history,
            earlier,
            warnings,
        })
    }
}

/// A snapshot, what it changes against which generation, and what did not fit into it.
struct EncodedSnapshot {
    snapshot: Snapshot,
    bytes: Vec<u8>,
    against: Option<GenerationId>,
    diff: Option<SnapshotDiff>,
    warnings: Vec<String>,
}

impl EncodedSnapshot {
    /// Writes a listing down, and compares that with an earlier generation.
    fn encode(listing: &Publication<'_>, against: Option<BaseGeneration>) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let snapshot = listing.snapshot(&mut warnings);
        Ok(Self {
            bytes: snapshot.encode().context("writing the snapshot")?,
            diff: against.as_ref().map(|g| SnapshotDiff::new(&g.snapshot, &snapshot)),
            against: against.map(|g| g.id),
            snapshot,
            warnings,
        })
    }
}

/// What a thread made. A panic in it goes on here, where it would have been without a thread.
fn join_or_resume_panic<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The files of the generation beside most of its pages.
fn write_remaining_files(
    files: &dyn GenerationSink,
    pages: PublicList<'_>,
    snapshot: &[u8],
    carried: &RetainedSince,
) -> Result<(), Error> {
    pages.finish(snapshot).context("drawing the start page")?;
    files.put(generation::SNAPSHOT, snapshot)?;
    if !carried.is_empty() {
        files.put(generation::RETAINED_HOSTS, &retained::to_bytes(carried))?;
    }
    Ok(())
}

/// How many hosts the published generation lists by the books, where its snapshot cannot be read.
fn last_hosts(job: &mut Job, before: Option<&GenerationId>) -> Result<usize, Error> {
    if before.is_none() {
        return Ok(0);
    }
    let last = job.db.read(|tx| db::published_generation::latest(tx, 1))?;
    Ok(last
        .first()
        .map_or(0, |p| usize::try_from(p.hosts).unwrap_or(usize::MAX)))
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
