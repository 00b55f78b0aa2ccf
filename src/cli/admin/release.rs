//! `mm-admin release`: the progress of a release before clients are sent to it, and its opening.

use std::collections::BTreeSet;
use std::{io, iter};

use anyhow::Error;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::repo::find_versions;
use super::{AdminReport, read_registry_data, report, write_warnings};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db::crawl_history::leaked_directories;
use crate::db::{DbError, directory};
use crate::inspect::moves::full_name;
use crate::inspect::readiness::{Capacity, Readiness, RepositoryReadiness, Verdict, verdict, version_readiness};
use crate::model::Timestamp;
use crate::model::ids::CategoryId;
use crate::model::names::Name;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;

pub(super) mod eol;
mod open;
mod versions;

pub(super) use versions::VersionsArgs;

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    Readiness(ReadinessArgs),
    Open(open::OpenArgs),
}

/// Show which mirrors have a version: listed for it, or staged until the master makes it readable.
///
/// For each repository: whether it is world-readable on the master, the age of its newest metadata, the number of listed hosts,
/// and the number of mirrors that have it unreadable, as the master has. Then the same by country, and a verdict. Always-current
/// hosts are not counted: nobody verifies what they have.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin release readiness 43 --product Fedora\n  mm-admin release readiness 43 --format json"
)]
pub(super) struct ReadinessArgs {
    /// Version, such as 43.
    version: Name,
    /// Only of this product.
    #[arg(long)]
    product: Option<Name>,
}

#[derive(Debug, Serialize)]
pub(super) struct ReadinessReport {
    version: Name,
    now: Timestamp,
    #[serde(flatten)]
    readiness: Readiness,
    verdict: Verdict,
    warnings: Vec<String>,
}

impl ReleaseCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<AdminReport, Error> {
        match self {
            Self::Readiness(args) => report(args.run(ctx)?),
            Self::Open(args) => report(args.run(ctx)?),
        }
    }
}

impl ReadinessArgs {
    fn run(self, ctx: &Context) -> Result<ReadinessReport, Error> {
        let (registry, warnings) = read_registry_data(ctx)?;
        let versions = find_versions(&registry, &self.version, self.product.as_ref())?;
        let publication = Publication::from_registry(&registry, &Policy::new(&ctx.config, &registry), ctx.now);
        let (leaks, unread) = ctx
            .open_db()?
            .read(|tx| Ok::<_, DbError>((leaked_directories(tx)?, directory::unread(tx)?)))?;
        let readiness = version_readiness(&publication, &versions, &leaks);
        let wanted = registry.repositories.iter().filter(|r| versions.contains(&r.version));
        let categories: BTreeSet<CategoryId> = wanted.map(|r| r.category).collect();
        let unread = unread.iter().filter(|(category, _)| categories.contains(category));
        let unread: Vec<String> = unread
            .map(|(category, path)| full_name(&registry, *category, path))
            .collect();
        Ok(ReadinessReport {
            version: self.version,
            now: ctx.now,
            verdict: verdict(&readiness, u64::from(ctx.config.server.min_mirrors), &unread),
            readiness,
            warnings,
        })
    }
}

impl Report for ReadinessReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        let Readiness {
            repositories,
            countries,
            staged,
            ..
        } = &self.readiness;
        if repositories.is_empty() {
            return self.write_verdict(out);
        }
        let titles = "REPOSITORY | STATE | METADATA AGE | MIRRORS | MBIT/S | STAGED | MBIT/S | LEAKED | DIRECTORY";
        out.write_table(titles, repositories, |out, r| {
            let state = match r.state {
                RepositoryReadiness::Readable => out.paint(Style::Good, "readable"),
                RepositoryReadiness::Staged => out.paint(Style::Warn, "staged"),
                RepositoryReadiness::Gone => out.paint(Style::Bad, "gone"),
            };
            let age = or_dash(r.repomd.map(|at| format_age(self.now, at)));
            let end = [r.leaked.hosts.to_string(), or_dash(r.directory.as_ref())];
            let numbers = numbers([r.mirrors, r.staged]);
            [r.repository.clone(), state, age].into_iter().chain(numbers).chain(end)
        })?;
        out.line("")?;
        let titles = "COUNTRY | MIRRORS | MBIT/S | STAGED | MBIT/S | COMPLETE | MBIT/S";
        out.write_table(titles, countries, |_, c| {
            iter::once(c.country.clone()).chain(numbers([c.mirrors, c.staged, c.complete]))
        })?;
        if !staged.is_empty() {
            out.line("")?;
            out.write_table("COUNTRY | MBIT/S | STAGED MIRROR | REPOSITORIES", staged, |_, m| {
                let repositories = format!("{} of {}", m.repositories, repositories.len());
                [m.country.clone(), m.bandwidth.to_string(), m.host.clone(), repositories]
            })?;
        }
        out.line("")?;
        self.write_verdict(out)
    }
}

impl ReadinessReport {
    fn write_verdict(&self, out: &TextOutput<'_>) -> io::Result<()> {
        let style = if self.verdict.is_ready { Style::Good } else { Style::Bad };
        let verdict = out.paint(style, "verdict:");
        out.line(format!("{verdict} version {} is {}", self.version, self.verdict.text))
    }
}

fn numbers<const N: usize>(capacities: [Capacity; N]) -> impl Iterator<Item = String> {
    (capacities.into_iter()).flat_map(|c| [c.hosts.to_string(), c.bandwidth.to_string()])
}

/// Rounds down to hours, or to minutes below one hour.
fn format_age(now: Timestamp, then: Timestamp) -> String {
    let secs = now.since(then).as_secs();
    let unit = if secs < 3_600 { 60 } else { 3_600 };
    HumanDuration::secs(secs / unit * unit).to_string()
}
