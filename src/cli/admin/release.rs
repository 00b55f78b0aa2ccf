//! `mm-admin release`: where a release stands before clients are sent to it.

use std::io;

use anyhow::{Context as _, Error};
use clap::{Args, Subcommand};
use serde::Serialize;

use self::readiness::{Readiness, RepositoryReadiness, assess};
use super::repo::versions;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::config::HumanDuration;
use crate::db;
use crate::model::Timestamp;
use crate::model::names::Name;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;

mod readiness;
mod versions;

pub(super) use versions::VersionsArgs;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    Readiness(ReadinessArgs),
}

/// Tell which mirrors have a version: listed for it, or staged until the master opens it.
///
/// For each repository: whether the world can read it, how old its newest metadata is, how many hosts clients are sent to, and
/// how many mirrors have it and keep it closed as the master does. Then the same by country.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin release readiness 43 --product Fedora\n  mm-admin release readiness 43 --format json"
)]
pub(super) struct ReadinessArgs {
    /// The version, such as 43.
    version: Name,
    /// Only of this product.
    #[arg(long)]
    product: Option<Name>,
}

/// What was found. Bandwidths are in Mbit/s.
#[derive(Debug, Serialize)]
pub(super) struct ReadinessReport {
    version: Name,
    /// When.
    now: Timestamp,
    #[serde(flatten)]
    found: Readiness,
    /// Rows of the database that could not be read.
    warnings: Vec<String>,
}

impl ReleaseCommand {
    pub(super) fn run(self, ctx: &Context) -> Result<ReadinessReport, Error> {
        let Self::Readiness(args) = self;
        let (world, warnings) =
            db::registry_data::read(&mut ctx.open_db()?, ctx.now).context("reading the database")?;
        let versions = versions(&world, &args.version, args.product.as_ref())?;
        let listing = Publication::from_registry(&world, &Policy::new(&ctx.config, &world), ctx.now);
        Ok(ReadinessReport {
            version: args.version,
            now: ctx.now,
            found: assess(&listing, &versions),
            warnings,
        })
    }
}

impl Report for ReadinessReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        let Readiness {
            repositories,
            countries,
            staged,
        } = &self.found;
        if repositories.is_empty() {
            return out.line(format!("no repository of version {} is on record", self.version));
        }
        let header = [
            "REPOSITORY",
            "STATE",
            "REPOMD",
            "HOLDERS",
            "MBIT/S",
            "STAGED",
            "MBIT/S",
            "OPEN EARLY",
            "DIRECTORY",
        ];
        let rows: Vec<Vec<String>> = (repositories.iter())
            .map(|r| {
                vec![
                    r.repository.clone(),
                    match r.state {
                        RepositoryReadiness::Readable => out.paint(Style::Good, "readable"),
                        RepositoryReadiness::Staged => out.paint(Style::Warn, "staged"),
                        RepositoryReadiness::Gone => out.paint(Style::Bad, "gone"),
                    },
                    r.repomd.map_or_else(|| "-".to_owned(), |at| age(self.now, at)),
                    r.holders.hosts.to_string(),
                    r.holders.bandwidth.to_string(),
                    r.staged.hosts.to_string(),
                    r.staged.bandwidth.to_string(),
                    r.open_early.hosts.to_string(),
                    r.directory.clone().unwrap_or_else(|| "-".to_owned()),
                ]
            })
            .collect();
        out.table(&header, &rows)?;
        out.line("")?;
        let rows: Vec<Vec<String>> = (countries.iter())
            .map(|c| {
                let mut cells = vec![c.country.clone()];
                let numbers = [
                    c.holders.hosts,
                    c.holders.bandwidth,
                    c.staged.hosts,
                    c.staged.bandwidth,
                    c.complete.hosts,
                    c.complete.bandwidth,
                ];
                cells.extend(numbers.map(|n| n.to_string()));
                cells
            })
            .collect();
        out.table(
            &["COUNTRY", "HOLDERS", "MBIT/S", "STAGED", "MBIT/S", "COMPLETE", "MBIT/S"],
            &rows,
        )?;
        if !staged.is_empty() {
            out.line("")?;
            let rows: Vec<Vec<String>> = (staged.iter())
                .map(|m| {
                    vec![
                        m.country.clone(),
                        m.bandwidth.to_string(),
                        m.host.clone(),
                        format!("{} of {}", m.repositories, repositories.len()),
                    ]
                })
                .collect();
            out.table(&["COUNTRY", "MBIT/S", "STAGED MIRROR", "REPOSITORIES"], &rows)?;
        }
        Ok(())
    }
}

/// In whole hours, or minutes where it is less.
fn age(now: Timestamp, then: Timestamp) -> String {
    let secs = now.since(then).as_secs();
    let unit = if secs < 3_600 { 60 } else { 3_600 };
    HumanDuration::secs(secs / unit * unit).to_string()
}
