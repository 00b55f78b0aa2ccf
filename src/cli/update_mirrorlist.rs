//! `mm-update-mirrorlist`: writes a generation, whole or not at all.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Error, bail};
use clap::Parser;
use serde::Serialize;

use super::args::{CommonArgs, JobArgs};
use super::exit::Exit;
use super::job::Job;
use super::output::{Page, Report, Tone};
use super::run::{Context, Program};
use crate::db;
use crate::db::published::Published;
use crate::mirrorlist::build::{Holders, Listing, Policy};
use crate::mirrorlist::generation::{self, Files, GenerationId, Manifest};
use crate::mirrorlist::snapshot::Snapshot;
use crate::model::{Epoch, Span};
use crate::publiclist;

mod diff;

pub use diff::{Diff, Numbers, RepositoryChange};

/// How long a run may take when nobody says otherwise.
const LIMIT: Span = Span::mins(10);

/// Write a generation of the mirrorlist: the snapshot that servers answer from, and the public pages.
///
/// Decides from what was scanned and crawled which hosts are listed for what, writes that beside the published generation and
/// switches to it in one step. When anything fails, the published generation stays. Rows that cannot be read are left out and
/// named.
///
/// Nothing is published when no host at all would be listed, or when a repository that at least five hosts hold in the
/// published generation would be held by none: then the exit status is 3, and a person decides.
#[derive(Debug, Parser)]
pub struct Args {
    /// Publish although no host at all is listed.
    #[arg(long)]
    accept_empty: bool,
    /// Publish although this repository lost all of its hosts: repo=PREFIX/ARCH; may be given several times.
    #[arg(long, value_name = "repo=PREFIX/ARCH", value_parser = accepted)]
    accept: Vec<String>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    common: CommonArgs,
}

fn accepted(text: &str) -> Result<String, String> {
    text.strip_prefix("repo=")
        .filter(|name| name.contains('/'))
        .map(str::to_owned)
        .ok_or_else(|| "write repo=PREFIX/ARCH, such as repo=fedora-43/x86_64".to_owned())
}

/// What a run did, or would do.
#[derive(Debug, Serialize)]
pub struct UpdateReport {
    /// The generation that the facts give.
    generation: GenerationId,
    /// The one that was published before.
    before: Option<GenerationId>,
    /// Whether it differs from the one published before.
    changed: bool,
    /// Whether it is (or, in a dry run, would be) the published one now.
    published: bool,
    dry_run: bool,
    numbers: Numbers,
    /// Against the published generation; `None` when there was none that could be read.
    diff: Option<Diff>,
    /// Generations that were removed.
    removed: Vec<GenerationId>,
    /// Repositories in an emergency: only holders of the newest metadata are listed.
    newest_only: Vec<NewestOnly>,
    /// Why nothing was published, by a stable key.
    refused: BTreeMap<String, String>,
    /// Rows that were left out, and what looks forgotten.
    warnings: Vec<String>,
}

/// A repository in an emergency.
#[derive(Debug, Serialize)]
struct NewestOnly {
    /// `prefix/arch`.
    repository: String,
    /// When it lapses.
    until: Epoch,
    /// Hosts that clients are sent to.
    holders: usize,
}

impl NewestOnly {
    /// Those in force.
    fn in_force(listing: &Listing<'_>, now: Epoch) -> Vec<Self> {
        let in_force: Vec<_> = (listing.world.repositories.iter())
            .filter_map(|r| Some((r, r.newest_only_until.filter(|_| r.is_newest_only(now))?)))
            .collect();
        if in_force.is_empty() {
            return Vec::new();
        }
        let holders = Holders::new(listing);
        in_force
            .into_iter()
            .map(|(r, until)| Self {
                repository: listing.world.repository_name(r),
                until,
                holders: r.directory.map_or(0, |d| holders.of(d).len()),
            })
            .collect()
    }

    /// The same in every run, so that cron repeats it once a day.
    fn warning(&self) -> String {
        format!(
            "repository {0} lists only holders of the newest metadata until {1}; end it with: mm-admin repo newest-only {0} --off",
            self.repository, self.until
        )
    }
}

impl UpdateReport {
    /// The run's own numbers, and whether anything went out: `mm-admin doctor` goes by that.
    fn counts(&self) -> serde_json::Value {
        serde_json::json!({
            "hosts": self.numbers.hosts,
            "repositories": self.numbers.repositories,
            "directories": self.numbers.directories,
            "published": self.published,
        })
    }
}

impl Report for UpdateReport {
    fn exit(&self) -> Exit {
        if self.published { Exit::Done } else { Exit::Partial }
    }

    fn is_answer(&self) -> bool {
        false
    }

    fn write_text(&self, out: &mut Page<'_>) -> io::Result<()> {
        let verb = match (self.published, self.dry_run, self.changed) {
            (false, _, _) => out.paint(Tone::Bad, "not published:"),
            (true, false, true) => out.paint(Tone::Good, "published"),
            (true, true, true) => "would publish".to_owned(),
            (true, false, false) => "unchanged:".to_owned(),
            (true, true, false) => "would not change:".to_owned(),
        };
        let Numbers {
            hosts,
            repositories,
            directories,
        } = self.numbers;
        out.line(format!(
            "{verb} generation {}: {hosts} hosts, {repositories} repositories, {directories} directories",
            self.generation
        ))?;
        for text in self.refused.values() {
            out.line(out.paint(Tone::Bad, text))?;
        }
        if let Some(diff) = &self.diff {
            write_diff(diff, out)?;
        }
        if !self.removed.is_empty() {
            let ids: Vec<&str> = self.removed.iter().map(GenerationId::as_str).collect();
            out.line(format!("removed old generations: {}", ids.join(", ")))?;
        }
        for r in &self.newest_only {
            out.line(format!(
                "newest only: {}, {} hosts until {}",
                r.repository, r.holders, r.until
            ))?;
        }
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Tone::Warn, "warning:")))?;
        }
        Ok(())
    }
}

fn write_diff(diff: &Diff, out: &mut Page<'_>) -> io::Result<()> {
    for (sign, tone, hosts) in [
        ("+", Tone::Good, &diff.hosts_gained),
        ("-", Tone::Bad, &diff.hosts_lost),
    ] {
        for host in hosts {
            out.line(out.paint(tone, &format!("{sign} host {host}")))?;
        }
    }
    if diff.repositories.is_empty() {
        return Ok(());
    }
    let count = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let rows: Vec<Vec<String>> = diff
        .repositories
        .iter()
        .map(|r| {
            vec![
                r.repository.clone(),
                count(r.before),
                count(r.holders),
                r.gained.join(" "),
                r.lost.join(" "),
            ]
        })
        .collect();
    out.table(&["REPOSITORY", "BEFORE", "NOW", "GAINED", "LOST"], &rows)
}

impl Program for Args {
    const NAME: &'static str = "mm-update-mirrorlist";
    const JOB: Option<&'static str> = Some("update");
    type Report = UpdateReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn dry_run(&self) -> bool {
        self.job.dry_run
    }

    fn run(self, cx: &Context) -> Result<UpdateReport, Error> {
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
    let warnings = report
        .warnings
        .iter()
        .map(|text| (format!("warning {text}"), text.clone()));
    // In a dry run all of it stands in the report.
    if report.dry_run {
        return BTreeMap::new();
    }
    refused.into_iter().chain(warnings).collect()
}

impl Args {
    fn work(&self, cx: &Context, job: &mut Job) -> Result<UpdateReport, Error> {
        let dir = cx.config.generations_dir.as_path();
        job.phase("reading", 0, 0)?;
        let (world, mut warnings) = db::world::read(&mut job.db, cx.now).context("reading the database")?;
        job.phase("deciding", 0, 0)?;
        let listing = Listing::decide(&world, &Policy::new(&cx.config, &world), cx.now);
        let snapshot = listing.snapshot(&mut warnings);
        let newest_only = NewestOnly::in_force(&listing, cx.now);
        warnings.extend(newest_only.iter().map(NewestOnly::warning));
        let files = files(cx, &listing, &snapshot)?;
        let manifest = Manifest::of(&files, cx.now);
        let before = generation::current_id(dir);
        let numbers = diff::numbers(&snapshot);
        let published = published_snapshot(dir, &mut warnings);
        let diff = published.as_ref().map(|old| diff::compare(old, &snapshot));
        let hosts_before = match &published {
            Some(old) => diff::numbers(old).hosts,
            None => last_hosts(job, before.as_ref())?,
        };
        let mut report = UpdateReport {
            changed: before.as_ref() != Some(&manifest.id),
            generation: manifest.id,
            before,
            published: true,
            dry_run: self.job.dry_run,
            numbers,
            removed: Vec::new(),
            newest_only,
            refused: self.refuse(numbers, hosts_before, diff.as_ref()),
            diff,
            warnings,
        };
        report.published = report.refused.is_empty();
        if report.published && !self.job.dry_run {
            if job.stop.asked() {
                bail!("asked to stop before anything was written; the published generation is unchanged");
            }
            job.phase("writing", 0, 0)?;
            publish(cx, job, &files, &mut report)?;
        }
        Ok(report)
    }

    /// Why this must not be published without a person.
    fn refuse(&self, numbers: Numbers, hosts_before: usize, diff: Option<&Diff>) -> BTreeMap<String, String> {
        if numbers.hosts == 0 && hosts_before > 0 {
            if self.accept_empty {
                return BTreeMap::new();
            }
            let text = format!(
                "no host at all would be listed, the published generation lists {hosts_before}; it stays. See what happened with: \
                 mm-admin runs; to publish it all the same: mm-update-mirrorlist --accept-empty"
            );
            return BTreeMap::from([("refused: empty".to_owned(), text)]);
        }
        let emptied = diff.map(Diff::emptied).unwrap_or_default();
        emptied
            .into_iter()
            .filter(|r| !self.accept.contains(&r.repository))
            .map(|r| {
                let text = format!(
                    "repository {0} would be held by no host, {1} hold it in the published generation; nothing is published. \
                     See why with: mm-admin why HOST; to publish it all the same: mm-update-mirrorlist --accept repo={0}",
                    r.repository,
                    r.before.unwrap_or_default()
                );
                (format!("refused: {}", r.repository), text)
            })
            .collect()
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
fn files(cx: &Context, listing: &Listing<'_>, snapshot: &Snapshot) -> Result<Files, Error> {
    let bytes = snapshot.encode().context("writing the snapshot")?;
    let mut files = publiclist::render(listing, &cx.config.update, &bytes).context("drawing the public list")?;
    files.insert(generation::SNAPSHOT.to_owned(), bytes);
    Ok(files)
}

/// The snapshot of the published generation. One that cannot be read is a warning: the new generation takes its place.
fn published_snapshot(dir: &Path, warnings: &mut Vec<String>) -> Option<Snapshot> {
    let read = || -> Result<Option<Snapshot>, Error> {
        let Some((place, manifest)) = generation::current(dir)? else {
            return Ok(None);
        };
        let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
        Ok(Some(Snapshot::decode(&bytes)?))
    };
    read().unwrap_or_else(|e| {
        warnings.push(format!("cannot compare with the published generation: {e:#}"));
        None
    })
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
