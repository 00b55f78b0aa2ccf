//! `mm-admin mirrors PATH`: the status of every mirror for a directory.

use std::io;

use anyhow::Error;
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use super::{read_registry, read_registry_data, write_warnings};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::db::{DbError, crawl_history, directory};
use crate::inspect::mirrors::resolve_path::{PathError, resolve_path};
use crate::inspect::mirrors::{DirectoryMirror, DirectoryReport};
use crate::job::exit::UsageError;
use crate::model::count::format_count;
use crate::model::names::{DirPath, Name};
use crate::model::status::DirectoryStatus;
use crate::publish::policy::Policy;
use crate::registry::entity::Entity;
use crate::snapshot::publication::Publication;

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
    warnings: Vec<String>,
}

impl MirrorsArgs {
    pub(super) fn run(&self, ctx: &Context) -> Result<MirrorsReport, Error> {
        if let Some(category) = &self.category {
            read_registry(ctx, |editor, _| {
                editor.find(Entity::Category, &vec![category.to_string()])
            })?;
        }
        let (registry, warnings) = read_registry_data(ctx)?;
        let place = resolve_path(&registry, self.category.as_ref(), &self.path).map_err(|e| match e {
            PathError::Ambiguous { .. } => UsageError(e.to_string()).into(),
            PathError::Unknown { .. } => Error::from(e),
        })?;
        let (findings, scan_seq) = ctx.open_db()?.read(|tx| {
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
        let title = out.paint(Style::Bold, &directory.path);
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
            out.line(format!("  clients get the mirrors of {repodata}"))?;
        }
        if directory.hosts.is_empty() {
            return out.line(format!("  no host carries {}", directory.category));
        }
        out.line("")?;
        let titles = "HOST | COUNTRY | MBIT/S | STATE | STATE SINCE | LAST CHECKED | PUBLISHED | DETAILS";
        out.write_table(titles, &directory.hosts, cells)?;
        out.line("")?;
        let states = directory
            .hosts
            .iter()
            .map(|host| host.state)
            .counts()
            .into_iter()
            .sorted();
        out.line(format!(
            "{}, {} with the directory, {} published ({})",
            format_count(directory.hosts.len(), "host"),
            directory.present,
            directory.published,
            states.map(|(state, n)| format!("{state}: {n}")).join(", ")
        ))
    }
}

fn cells(out: &TextOutput<'_>, mirror: &DirectoryMirror) -> [String; 8] {
    let style = match mirror.state {
        DirectoryStatus::Current | DirectoryStatus::Ahead | DirectoryStatus::AlwaysCurrent => Style::Good,
        DirectoryStatus::Stale
        | DirectoryStatus::OutdatedAllowed
        | DirectoryStatus::Staged
        | DirectoryStatus::Inconclusive => Style::Warn,
        DirectoryStatus::Outdated | DirectoryStatus::Missing | DirectoryStatus::UnknownHash => Style::Bad,
        DirectoryStatus::NeverCrawled => Style::Dim,
    };
    [
        mirror.host.clone(),
        or_dash(mirror.country.as_ref()),
        mirror.bandwidth.to_string(),
        out.paint(style, mirror.state.into_str()),
        or_dash(mirror.state_since),
        or_dash(mirror.last_checked),
        if mirror.published { "yes" } else { "no" }.to_owned(),
        mirror.details(),
    ]
}
