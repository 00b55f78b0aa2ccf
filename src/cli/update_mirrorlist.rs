//! `mm-update-mirrorlist`: writes a generation, whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Error, bail};
use clap::Parser;

use super::args::{CommonArgs, JobArgs};
use super::job::Job;
use super::output::Report;
use super::run::{Context, Program};
use crate::db;
use crate::db::published::Published;
use crate::mirrorlist::build::{Accepted, Carried, Guard, Last, Listing, Policy};
use crate::mirrorlist::generation::{self, Files, GenerationId, Manifest};
use crate::mirrorlist::mm2;
use crate::mirrorlist::snapshot::Snapshot;
use crate::model::Span;
use crate::model::history::History;
use crate::model::names::HostName;
use crate::publiclist;
use crate::sys::atomic;

mod diff;
mod master;
mod report;

pub use diff::{Diff, Numbers, RepositoryChange};
pub use report::UpdateReport;
use report::{NewestOnly, loss_in_words};

/// How long a run may take when nobody says otherwise.
const LIMIT: Span = Span::mins(10);

/// Write a generation of the mirrorlist: the snapshot that servers answer from, and the public pages.
///
/// Decides from what was scanned and crawled which hosts are listed for what, writes that beside the published generation and
/// switches to it in one step. When anything fails, the published generation stays. Rows that cannot be read are left out and
/// named.
///
/// Nothing is published when no host at all would be listed: then the exit status is 3, and a person decides. A repository of at
/// least five hosts that lost more than `update.guard_share` percent of them, or of their bandwidth, keeps those that are still
/// active for at most `update.carry_max`; it is named, the rest is published, and the exit status is 3.
#[derive(Debug, Parser)]
#[command(
    after_long_help = "Examples:\n  mm-update-mirrorlist; mm-sync-out\n  mm-update-mirrorlist --diff\n  mm-update-mirrorlist \
                       --accept repo=fedora-43/x86_64 --accept host=mirror.example.org"
)]
pub struct Args {
    /// Publish although no host at all is listed.
    #[arg(long)]
    accept_empty: bool,
    /// Let the lost hosts of this repository go, or this host from all repositories: repo=PREFIX/ARCH or host=NAME; may be given
    /// several times.
    #[arg(long, value_name = "repo=PREFIX/ARCH|host=NAME", value_parser = acceptance)]
    accept: Vec<Acceptance>,
    /// Show which hosts, repositories and directories would be gained and lost against the published generation, or against
    /// another one that is kept; write nothing.
    #[arg(long, value_name = "GENERATION", num_args = 0..=1, default_missing_value = generation::CURRENT, value_parser = against)]
    diff: Option<Against>,
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
enum Against {
    Published,
    Kept(GenerationId),
}

fn against(text: &str) -> Result<Against, String> {
    if text == generation::CURRENT {
        return Ok(Against::Published);
    }
    text.parse().map(Against::Kept)
}

/// What a person lets go.
#[derive(Debug, Clone)]
enum Acceptance {
    /// `prefix/arch`.
    Repository(String),
    Host(HostName),
}

fn acceptance(text: &str) -> Result<Acceptance, String> {
    let wanted = || "write repo=PREFIX/ARCH or host=NAME, such as repo=fedora-43/x86_64".to_owned();
    match text.split_once('=').ok_or_else(wanted)? {
        ("repo", name) if name.contains('/') => Ok(Acceptance::Repository(name.to_owned())),
        ("host", name) => name.parse().map(Acceptance::Host),
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

    fn run(mut self, cx: &Context) -> Result<UpdateReport, Error> {
        self.job.dry_run = Program::dry_run(&self);
        let mut job = Job::begin(cx, &self.job, "update", &[], LIMIT)?;
        match self.work(cx, &mut job) {
            Ok(report) => {
                let problems = problems(&report);
                job.finish(cx, report.exit(), &report.counts(), problems)?;
                Ok(report)
            }
            Err(e) => Err(job.fail(cx, e)),
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

/// A generation that was published.
struct Earlier {
    id: GenerationId,
    snapshot: Snapshot,
    carried: Carried,
}

impl Args {
    fn work(&self, cx: &Context, job: &mut Job) -> Result<UpdateReport, Error> {
        let dir = cx.config.generations_dir.as_path();
        let other = match &self.diff {
            Some(Against::Kept(id)) => Some(other_generation(dir, id)?),
            Some(Against::Published) | None => None,
        };
        job.phase("reading", 0, 0)?;
        let (world, (earlier, unread)) = std::thread::scope(|scope| {
            let earlier = scope.spawn(|| published_generation(dir));
            let world = db::world::read(&mut job.db, cx.now).context("reading the database");
            // What panics there would have panicked here.
            (
                world,
                earlier.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            )
        });
        let (world, mut warnings) = world?;
        let (history, left_out) = db::history::read(&mut job.db, cx.now).context("reading what crawls found")?;
        warnings.extend(unread.into_iter().chain(left_out));
        job.phase("deciding", 0, 0)?;
        let mut listing = Listing::decide(&world, &Policy::new(&cx.config, &world), cx.now);
        let hosts_before = match &earlier {
            Some(earlier) => diff::numbers(&earlier.snapshot).hosts,
            None => last_hosts(job, generation::current_id(dir).as_ref())?,
        };
        let refused = self.refuse(listing.named_hosts().len(), hosts_before);
        let losses = match &earlier {
            Some(earlier) if refused.is_empty() => listing.guard(earlier.last(), guard(cx), &self.accepted(), cx.now),
            Some(_) | None => Vec::new(),
        };
        let snapshot = listing.snapshot(&mut warnings);
        let master = if self.verify_master {
            job.phase("looking at the master", 0, 0)?;
            Some(master::verify(cx, &listing, &job.stop)?)
        } else {
            None
        };
        let newest_only = NewestOnly::in_force(&listing, cx.now);
        warnings.extend(newest_only.iter().map(NewestOnly::warning));
        let carried = (losses.iter().filter(|l| !l.kept.is_empty()))
            .map(|l| (l.repository.clone(), l.since))
            .collect();
        let files = files(cx, &listing, &history, &snapshot, &carried)?;
        let manifest = Manifest::of(&files, cx.now);
        let before = generation::current_id(dir);
        let against = other.as_ref().or(earlier.as_ref());
        let mut report = UpdateReport {
            changed: before.as_ref() != Some(&manifest.id),
            generation: manifest.id,
            before,
            published: refused.is_empty(),
            dry_run: self.job.dry_run,
            numbers: diff::numbers(&snapshot),
            against: against.map(|g| g.id.clone()),
            diff: against.map(|g| diff::compare(&g.snapshot, &snapshot)),
            only_diff: self.diff.is_some(),
            losses,
            master,
            removed: Vec::new(),
            newest_only,
            refused,
            warnings,
        };
        if report.published && !self.job.dry_run {
            if job.stop.asked() {
                bail!("asked to stop before anything was written; the published generation is unchanged");
            }
            job.phase("writing", 0, 0)?;
            publish(cx, job, &files, &mut report)?;
            self.write_mm2_cache(cx, &snapshot)?;
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

    fn accepted(&self) -> Accepted {
        let mut out = Accepted::default();
        for one in &self.accept {
            match one {
                Acceptance::Repository(name) => drop(out.repositories.insert(name.clone())),
                Acceptance::Host(name) => drop(out.hosts.insert(name.clone())),
            }
        }
        out
    }

    fn write_mm2_cache(&self, cx: &Context, snapshot: &Snapshot) -> Result<(), Error> {
        let Some(path) = &self.mm2_cache else { return Ok(()) };
        atomic::write(path, &mm2::write(snapshot, cx.now), 0o644).with_context(|| {
            format!(
                "writing {}; what was there is unchanged, and the generation is published",
                path.display()
            )
        })
    }
}

impl Earlier {
    fn last(&self) -> Last<'_> {
        Last {
            snapshot: &self.snapshot,
            carried: &self.carried,
        }
    }

    fn read(place: &Path, manifest: &Manifest) -> Result<Self, Error> {
        let bytes = generation::read_file(place, manifest, generation::SNAPSHOT)?;
        let carried = match manifest.file(generation::CARRIED) {
            Some(_) => {
                let bytes = generation::read_file(place, manifest, generation::CARRIED)?;
                let path = place.join(generation::CARRIED);
                let read = generation::carried::from_bytes(&bytes).map_err(Error::msg);
                read.with_context(|| format!("reading {}", path.display()))?
            }
            None => Carried::new(),
        };
        Ok(Self {
            id: manifest.id.clone(),
            snapshot: Snapshot::decode(&bytes)?,
            carried,
        })
    }
}

fn guard(cx: &Context) -> Guard {
    Guard {
        share: cx.config.update.guard_share,
        carry_max: cx.config.update.carry_max.get(),
    }
}

/// Writes the generation, switches to it, and records that it went out.
fn publish(cx: &Context, job: &mut Job, files: &Files, report: &mut UpdateReport) -> Result<(), Error> {
    let keep = cx.config.update.keep;
    let written = generation::write(&cx.config.generations_dir, files, cx.now, keep)?;
    report.removed = written.removed;
    report.warnings.extend(written.left);
    if !written.changed {
        return Ok(());
    }
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let row = Published {
        generation: written.id.to_string(),
        published_at: cx.now,
        run: job.run,
        hosts: count(report.numbers.hosts),
        repositories: count(report.numbers.repositories),
        directories: count(report.numbers.directories),
    };
    job.db
        .write(|tx| db::published::record(tx, &row))
        .context("the generation is published, but that could not be recorded")?;
    tracing::info!(generation = %written.id, hosts = report.numbers.hosts, "published");
    Ok(())
}

/// The files of the generation.
fn files(
    cx: &Context,
    listing: &Listing<'_>,
    history: &History,
    snapshot: &Snapshot,
    carried: &Carried,
) -> Result<Files, Error> {
    let bytes = snapshot.encode().context("writing the snapshot")?;
    let mut files =
        publiclist::render(listing, history, &cx.config.update, &bytes).context("drawing the public list")?;
    files.insert(generation::SNAPSHOT.to_owned(), bytes);
    if !carried.is_empty() {
        files.insert(generation::CARRIED.to_owned(), generation::carried::to_bytes(carried));
    }
    Ok(files)
}

/// The published generation. One that cannot be read is a warning: the new generation takes its place.
fn published_generation(dir: &Path) -> (Option<Earlier>, Option<String>) {
    let read = || -> Result<Option<Earlier>, Error> {
        let Some((place, manifest)) = generation::current(dir)? else {
            return Ok(None);
        };
        Earlier::read(&place, &manifest).map(Some)
    };
    match read() {
        Ok(earlier) => (earlier, None),
        Err(e) => (
            None,
            Some(format!("cannot compare with the published generation: {e:#}")),
        ),
    }
}

/// The generation that `--diff` names.
fn other_generation(dir: &Path, id: &GenerationId) -> Result<Earlier, Error> {
    let (place, manifest) = generation::at(dir, id).with_context(|| {
        let mut kept: Vec<Manifest> = generation::list(dir).unwrap_or_default();
        kept.sort_by_key(|m| std::cmp::Reverse(m.as_of));
        let kept: Vec<String> = kept.iter().map(|m| format!("{} as of {}", m.id, m.as_of)).collect();
        format!("reading generation {id}; those that are kept: {}", kept.join(", "))
    })?;
    Earlier::read(&place, &manifest)
}

/// How many hosts the published generation lists by the books, where its snapshot cannot be read.
fn last_hosts(job: &mut Job, before: Option<&GenerationId>) -> Result<usize, Error> {
    if before.is_none() {
        return Ok(0);
    }
    let last = job.db.read(|tx| db::published::latest(tx, 1))?;
    Ok(last
        .first()
        .map_or(0, |p| usize::try_from(p.hosts).unwrap_or(usize::MAX)))
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
