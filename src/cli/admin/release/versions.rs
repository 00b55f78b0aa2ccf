//! `mm-admin versions`: all versions, also those that no public page shows.

use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use super::readiness::{VersionStats, tally};
use crate::cli::exit::UsageError;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db;
use crate::model::Timestamp;
use crate::model::names::Name;
use crate::model::registry::{Product, Version};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;

/// Options of `versions`.
#[derive(Debug, Args)]
#[command(
    after_help = "The marks:\n  test    a test release\n  hidden  the public pages do not show it: display is false, or publiclist of its \
                  product\n  staged  the master keeps its directories closed, all or so many; clients and pages do not see them\n  \
                  gone    the directories of so many repositories are not there any more\n  empty   it has no repository\n\nMIRRORS = \
                  clients are sent there for one of its repositories; STAGED = mirrors that have one and keep it closed.\n\nExamples:\n  \
                  mm-admin versions\n  mm-admin versions --product Fedora --format json"
)]
pub(in super::super) struct VersionsArgs {
    /// Only of this product.
    #[arg(long)]
    product: Option<Name>,
}

/// One version.
#[derive(Debug, Serialize)]
pub(in super::super) struct VersionRow {
    product: Name,
    version: Name,
    /// What pages call it instead.
    display_name: Option<String>,
    codename: Option<String>,
    is_test: bool,
    /// Whether the public pages leave it out, whatever the master shows.
    hidden: bool,
    repositories: usize,
    /// So many of them the master keeps closed.
    staged: usize,
    /// So many have no directory any more.
    gone: usize,
    arches: Vec<Name>,
    first_seen: Timestamp,
    /// Hosts that clients are sent to for one of its repositories.
    mirrors: usize,
    /// Mirrors that have one and keep it closed.
    staged_mirrors: usize,
}

/// All of them.
#[derive(Debug, Serialize)]
pub(in super::super) struct VersionsReport {
    /// By product; in each as on the public pages.
    versions: Vec<VersionRow>,
    /// Rows of the database that could not be read.
    warnings: Vec<String>,
}

impl VersionsArgs {
    pub(in super::super) fn run(&self, ctx: &Context) -> Result<VersionsReport, Error> {
        let (world, warnings) =
            db::registry_data::read(&mut ctx.open_db()?, ctx.now).context("reading the database")?;
        if let Some(name) = &self.product
            && !world.products.values().any(|p| p.name == *name)
        {
            let known: Vec<&str> = world.products.values().map(|p| p.name.as_str()).collect();
            return Err(UsageError(format!("there is no product {name}; there are: {}", known.join(", "))).into());
        }
        let listing = Publication::from_registry(&world, &Policy::new(&ctx.config, &world), ctx.now);
        let (tallies, none) = (tally(&listing), VersionStats::default());
        let mut found: Vec<(&Product, &Version)> = (world.versions.values())
            .filter_map(|v| Some((world.products.get(&v.product)?, v)))
            .filter(|(p, _)| self.product.as_ref().is_none_or(|name| p.name == *name))
            .collect();
        found.sort_by(|(p, v), (q, w)| {
            let order = |v: &Version| (std::cmp::Reverse(v.sortorder), v.name.clone());
            p.name.cmp(&q.name).then_with(|| order(v).cmp(&order(w)))
        });
        let row = |(p, v): (&Product, &Version)| row(&world, p, v, tallies.get(&v.id).unwrap_or(&none));
        Ok(VersionsReport {
            versions: found.into_iter().map(row).collect(),
            warnings,
        })
    }
}

fn row(world: &RegistryData, product: &Product, version: &Version, tally: &VersionStats) -> VersionRow {
    let arches = tally.arches.iter().filter_map(|id| world.arches.get(id));
    let mut arches: Vec<Name> = arches.map(|a| a.name.clone()).collect();
    arches.sort();
    VersionRow {
        product: product.name.clone(),
        version: version.name.clone(),
        display_name: version.display_name.clone().filter(|n| !n.is_empty()),
        codename: version.codename.clone().filter(|n| !n.is_empty()),
        is_test: version.is_test,
        hidden: !version.display || !product.publiclist,
        repositories: tally.repositories,
        staged: tally.staged,
        gone: tally.gone,
        arches,
        first_seen: version.first_seen,
        mirrors: tally.mirrors.len(),
        staged_mirrors: tally.closed.len(),
    }
}

impl VersionRow {
    /// In words.
    fn marks(&self) -> String {
        let part = |word: &str, n: usize| match n {
            0 => None,
            n if n == self.repositories => Some(word.to_owned()),
            n => Some(format!("{word} {n}")),
        };
        let plain = |word: &str, is: bool| is.then(|| word.to_owned());
        let marks = [
            plain("test", self.is_test),
            plain("hidden", self.hidden),
            part("staged", self.staged),
            part("gone", self.gone),
            plain("empty", self.repositories == 0),
        ];
        marks.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Report for VersionsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        if self.versions.is_empty() {
            return out.line("no version is on record; mm-scan-master and mm-detect-release find them");
        }
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let rows: Vec<Vec<String>> = (self.versions.iter())
            .map(|v| {
                let day: String = v.first_seen.to_string().chars().take_while(|c| *c != 'T').collect();
                let arches: Vec<&str> = v.arches.iter().map(Name::as_str).collect();
                vec![
                    v.product.to_string(),
                    v.display_name.clone().unwrap_or_else(|| v.version.to_string()),
                    dash(v.codename.clone().unwrap_or_default()),
                    out.paint(Style::Warn, &dash(v.marks())),
                    v.repositories.to_string(),
                    dash(arches.join(", ")),
                    day,
                    v.mirrors.to_string(),
                    v.staged_mirrors.to_string(),
                ]
            })
            .collect();
        let header = [
            "PRODUCT",
            "VERSION",
            "CODENAME",
            "MARKS",
            "REPOSITORIES",
            "ARCHES",
            "FIRST SEEN",
            "MIRRORS",
            "STAGED",
        ];
        out.table(&header, &rows)
    }
}
