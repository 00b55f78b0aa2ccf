//! `mm-admin mirrors PATH`: the status of every mirror for a directory.

use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use super::{edit_error, write_warnings};
use crate::cli::exit::UsageError;
use crate::cli::output::{Report, Style, TextOutput, printable};
use crate::cli::run::Context;
use crate::db::registry::edit::{EditError, Editor};
use crate::db::{self, DbError, crawl_history, directory};
use crate::inspect::mirrors::resolve_path::{PathError, resolve_path};
use crate::inspect::mirrors::{DirectoryMirror, DirectoryReport};
use crate::model::names::{DirPath, Name};
use crate::model::status::DirectoryStatus;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::snapshot::publication::Publication;

/// Options of `mirrors`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin mirrors pub/fedora/linux/releases/43/Everything/x86_64/os/repodata\n  mm-admin mirrors \
                  releases/43 --category \"Fedora Linux\" --format json",
    after_long_help = "States:\n  current           as on the master\n  ahead             a newer version that no scan has \
                       recorded yet\n  always-current    not crawled; an administrator vouches for it (always_up2date)\n  stale             \
                       present before the last change on the master, not probed since\n  outdated-allowed  an older version \
                       that is still offered\n  inconclusive      no result of the last probe; the earlier one is kept\n  \
                       staged            unreadable, as on the master\n  outdated          neither the newest version nor one that \
                       is still offered\n  missing           absent\n  unknown-hash      a repomd.xml that the master never \
                       had\n  never-crawled     no crawl yet\n\nPUBLISHED means that the next generation lists the host for the \
                       directory; private hosts only for their own networks.\n\nExamples:\n  mm-admin mirrors \
                       pub/fedora/linux/releases/43/Everything/x86_64/os/repodata\n  mm-admin mirrors releases/43 --category \
                       \"Fedora Linux\" --format json"
)]
pub(super) struct MirrorsArgs {
    /// Directory, with or without the topdir of its category in front.
    path: DirPath,
    /// Category of the directory.
    #[arg(long)]
    category: Option<Name>,
}

#[derive(Debug, Serialize)]
pub(super) struct MirrorsReport {
    #[serde(flatten)]
    directory: DirectoryReport,
    /// Rows of the database that cannot be read.
    warnings: Vec<String>,
}

impl MirrorsArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<MirrorsReport, Error> {
        let mut db = ctx.open_db()?;
        if let Some(category) = &self.category {
            let author = ctx.author();
            // The editor's error suggests similar names.
            db.read(|tx| {
                Editor::new(tx, &author)
                    .find(Entity::Category, &vec![category.to_string()])
                    .map(|_| ())
            })
            .map_err(|e: EditError| edit_error(e))?;
        }
        let (registry, warnings) = db::registry_data::read(&mut db, ctx.now).context("reading the database")?;
        let place = resolve_path(&registry, self.category.as_ref(), &self.path).map_err(|e| match e {
            PathError::Ambiguous { .. } => UsageError(e.to_string()).into(),
            PathError::Unknown { .. } => Error::from(e),
        })?;
        let (findings, scan_seq) = db.read(|tx| {
            let findings = crawl_history::findings_at(tx, place.directory.id, place.category.id)?;
            Ok::<_, DbError>((findings, directory::scan_seq(tx, place.category.id)?))
        })?;
        let publication = Publication::from_registry(&registry, &Policy::new(&ctx.config, &registry), ctx.now);
        Ok(MirrorsReport {
            directory: DirectoryReport::new(&publication, &place, scan_seq, &findings),
            warnings,
        })
    }
}

impl Report for MirrorsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        let directory = &self.directory;
        let title = out.paint(Style::Bold, &printable(&directory.path));
        out.line(format!("{title} ({})", directory.category))?;
        out.line(format!(
            "  last changed in scan {}, last scan: {}",
            directory.changed_seq, directory.scan_seq
        ))?;
        if let Some(version) = &directory.newest_repomd {
            out.line(format!("  newest repomd.xml: {}", version.describe()))?;
        }
        if !directory.readable {
            let text = "  unreadable on the master: no mirror is listed for it";
            out.line(out.paint(Style::Warn, text))?;
        }
        if !directory.repositories.is_empty() {
            out.line(format!("  repository {}", directory.repositories.join(", ")))?;
        }
        if let Some(repodata) = &directory.repodata {
            out.line(printable(&format!("  clients get the mirrors of {repodata}")))?;
        }
        if directory.hosts.is_empty() {
            return out.line(format!("  no host carries {}", directory.category));
        }
        out.line("")?;
        let rows: Vec<Vec<String>> = directory.hosts.iter().map(|h| cells(out, h)).collect();
        let header = [
            "HOST",
            "COUNTRY",
            "MBIT/S",
            "STATE",
            "STATE SINCE",
            "LAST CHECKED",
            "PUBLISHED",
            "DETAILS",
        ];
        out.table(&header, &rows)?;
        out.line("")?;
        let counts = directory.count_by_state().into_iter();
        let counts: Vec<String> = counts.map(|(state, n)| format!("{state}: {n}")).collect();
        out.line(format!(
            "{} hosts, {} with the directory, {} published ({})",
            directory.hosts.len(),
            directory.present,
            directory.published,
            counts.join(", ")
        ))
    }
}

fn cells(out: &TextOutput<'_>, mirror: &DirectoryMirror) -> Vec<String> {
    let dash = || "-".to_owned();
    let tone = match mirror.state {
        DirectoryStatus::Current | DirectoryStatus::Ahead | DirectoryStatus::AlwaysCurrent => Style::Good,
        DirectoryStatus::Stale
        | DirectoryStatus::OutdatedAllowed
        | DirectoryStatus::Staged
        | DirectoryStatus::Inconclusive => Style::Warn,
        DirectoryStatus::Outdated | DirectoryStatus::Missing | DirectoryStatus::UnknownHash => Style::Bad,
        DirectoryStatus::NeverCrawled => Style::Dim,
    };
    vec![
        mirror.host.clone(),
        mirror.country.clone().unwrap_or_else(dash),
        mirror.bandwidth.to_string(),
        out.paint(tone, mirror.state.as_str()),
        mirror.state_since.map_or_else(dash, |t| t.to_string()),
        mirror.last_checked.map_or_else(dash, |t| t.to_string()),
        if mirror.published { "yes" } else { "no" }.to_owned(),
        mirror.details(),
    ]
}
