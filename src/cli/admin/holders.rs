//! `mm-admin holders PATH`: which mirrors hold a directory, and what is known of the others.

use std::collections::BTreeMap;
use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use self::assess::{DirectoryState, HostRow, RepomdVersion, assess, newest};
use self::place::{ResolvedPath, find};
use super::edit_error;
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::db::{self, DbError, crawl_history, directory};
use crate::model::names::{DirPath, Name};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::snapshot::full_name;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

mod assess;
mod place;

/// Options of `holders`.
#[derive(Debug, Args)]
#[command(
    after_help = "The states:\n  holds          as the master has it\n  ahead          a version that the master has and no scan \
                  has recorded yet\n  trusted        on an admin's word (always_up2date), never asked\n  earlier        held it \
                  before the master changed it; not asked since\n  lagging        an older version\n  unanswered     no answer \
                  when last asked; what was known stands\n  staged         keeps it closed, as the master did\n  not held       \
                  absent, or not as the master has it\n  foreign        a repomd.xml that the master never had\n  never crawled  \
                  nobody has asked yet\n\nLISTED = clients are sent there for it by the next generation, private hosts only from \
                  their own networks.\n\nExamples:\n  mm-admin holders pub/fedora/linux/releases/43/Everything/x86_64/os/repodata\n  \
                  mm-admin holders releases/43 --category \"Fedora Linux\" --format json"
)]
pub(super) struct HoldersArgs {
    /// The directory: below the top of a category, or with the top in front of it.
    path: DirPath,
    /// In this category.
    #[arg(long)]
    category: Option<Name>,
}

/// Who holds a directory.
#[derive(Debug, Serialize)]
pub(super) struct HoldersReport {
    /// Its full name.
    path: String,
    category: Name,
    /// Its path below the top of the category.
    directory: DirPath,
    /// Whether the world may read it on the master.
    readable: bool,
    /// The scan generation in which the master last changed it.
    changed_in: i64,
    /// The one that the master is at.
    generation: i64,
    /// The newest version of its repomd.xml, if it has one.
    newest: Option<RepomdVersion>,
    /// Repositories that lie here.
    repositories: Vec<String>,
    /// The full name of the directory by which clients of these are sent to mirrors.
    repodata: Option<String>,
    /// Hosts that hold it in some version, by what is known.
    holders: usize,
    /// Hosts that clients are sent to for it.
    listed: usize,
    /// Those that hold it first.
    hosts: Vec<HostRow>,
    /// Rows of the database that could not be read.
    warnings: Vec<String>,
}

impl HoldersArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<HoldersReport, Error> {
        let mut db = ctx.open_db()?;
        if let Some(category) = &self.category {
            let author = ctx.author();
            // Looked up by the editor, which knows what looks alike.
            db.read(|tx| {
                Editor::new(tx, &author)
                    .find(Entity::Category, &vec![category.to_string()])
                    .map(|_| ())
            })
            .map_err(|e: EditError| edit_error(e))?;
        }
        let (world, warnings) = db::registry_data::read(&mut db, ctx.now).context("reading the database")?;
        let place = find(&world, self.category.as_ref(), &self.path)?;
        let (findings, generation) = db.read(|tx| {
            let findings = crawl_history::findings_at(tx, place.directory.id, place.category.id)?;
            Ok::<_, DbError>((findings, directory::scan_seq(tx, place.category.id)?.0))
        })?;
        let listing = Publication::from_registry(&world, &Policy::new(&ctx.config, &world), ctx.now);
        let hosts = assess(&listing, place.directory, &findings);
        let (repositories, repodata) = repositories(&world, &RepositoryMirrors::new(&listing), &place);
        Ok(HoldersReport {
            path: place.name(),
            category: place.category.name.clone(),
            directory: place.directory.path.clone(),
            readable: place.directory.readable,
            changed_in: place.directory.changed_seq.0,
            generation,
            newest: newest(&world, place.directory),
            repositories,
            repodata,
            holders: hosts.iter().filter(|h| h.holds).count(),
            listed: hosts.iter().filter(|h| h.listed).count(),
            hosts,
            warnings,
        })
    }
}

/// The repositories in this directory, and where their repomd.xml lies.
fn repositories(
    world: &RegistryData,
    holders: &RepositoryMirrors<'_, '_>,
    place: &ResolvedPath<'_>,
) -> (Vec<String>, Option<String>) {
    let here = world
        .repositories
        .iter()
        .filter(|r| r.directory == Some(place.directory.id));
    let names: Vec<String> = here.map(|r| world.repository_name(r)).collect();
    let repodata = holders.repodata(place.directory.id).filter(|_| !names.is_empty());
    let repodata = repodata.and_then(|id| world.directories.get(&id));
    let top = place.category.topdir.as_str();
    (names, repodata.map(|d| full_name(top, d.path.as_str())))
}

impl Report for HoldersReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        let title = out.paint(Style::Bold, &printable(&self.path));
        out.line(format!("{title} ({})", self.category))?;
        out.line(format!(
            "  the master changed it in scan generation {}, and is at {}",
            self.changed_in, self.generation
        ))?;
        if let Some(v) = &self.newest {
            out.line(format!("  its newest repomd.xml is {}", v.of()))?;
        }
        if !self.readable {
            out.line(out.paint(
                Style::Warn,
                "  the master keeps it closed: no client is sent anywhere for it",
            ))?;
        }
        if !self.repositories.is_empty() {
            out.line(format!("  repository {}", self.repositories.join(", ")))?;
        }
        if let Some(repodata) = &self.repodata {
            out.line(printable(&format!(
                "  its clients are sent to the holders of {repodata}"
            )))?;
        }
        if self.hosts.is_empty() {
            return out.line(format!("  no host carries {}", self.category));
        }
        out.line("")?;
        let rows: Vec<Vec<String>> = self.hosts.iter().map(|h| cells(out, h)).collect();
        let header = [
            "HOST", "COUNTRY", "MBIT/S", "STATE", "SINCE", "CHECKED", "LISTED", "NOTE",
        ];
        out.table(&header, &rows)?;
        out.line("")?;
        let counts: Vec<String> = self.counts().into_iter().map(|(s, n)| format!("{s}: {n}")).collect();
        out.line(format!(
            "{} of {} hosts hold it, clients are sent to {} of them ({})",
            self.holders,
            self.hosts.len(),
            self.listed,
            counts.join(", ")
        ))
    }
}

impl HoldersReport {
    fn counts(&self) -> BTreeMap<DirectoryState, usize> {
        let mut out = BTreeMap::new();
        for host in &self.hosts {
            *out.entry(host.state).or_default() += 1;
        }
        out
    }
}

fn cells(out: &TextOutput<'_>, h: &HostRow) -> Vec<String> {
    let dash = || "-".to_owned();
    let tone = match h.state {
        DirectoryState::Holds | DirectoryState::Ahead | DirectoryState::AlwaysCurrent => Style::Good,
        DirectoryState::Outdated | DirectoryState::Lagging | DirectoryState::Staged | DirectoryState::Unanswered => {
            Style::Warn
        }
        DirectoryState::NotHeld | DirectoryState::Foreign => Style::Bad,
        DirectoryState::NeverCrawled => Style::Dim,
    };
    vec![
        h.host.clone(),
        h.country.clone().unwrap_or_else(dash),
        h.bandwidth.to_string(),
        out.paint(tone, &h.state.to_string()),
        h.since.map_or_else(dash, |t| t.to_string()),
        h.checked_at.map_or_else(dash, |t| t.to_string()),
        if h.listed { "yes" } else { "no" }.to_owned(),
        h.note(),
    ]
}
