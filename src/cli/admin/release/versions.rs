//! `mm-admin versions`: all versions, including those that no public page shows.

use std::io;

use anyhow::{Context as _, Error};
use clap::Args;
use serde::Serialize;

use crate::cli::admin::write_warnings;
use crate::cli::exit::UsageError;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::db;
use crate::inspect::readiness::{VersionStats, version_stats};
use crate::model::Timestamp;
use crate::model::names::Name;
use crate::model::registry::{Product, Version};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;

/// Options of `versions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mm-admin versions\n  mm-admin versions --product Fedora --format json",
    after_long_help = "Marks:\n  test    a test release\n  hidden  not on public pages: `display` of the version or `publiclist` of \
                       the product is false\n  staged  the directories of all, or of that many, repositories are unreadable on the \
                       master\n  gone    all, or that many, repositories have no directory\n  empty   no repositories\n\nMIRRORS are \
                       listed for at least one repository; STAGED are mirrors that have one unreadable.\n\nExamples:\n  mm-admin \
                       versions\n  mm-admin versions --product Fedora --format json"
)]
pub(in super::super) struct VersionsArgs {
    /// Only versions of this product.
    #[arg(long)]
    product: Option<Name>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct VersionRow {
    product: Name,
    version: Name,
    display_name: Option<String>,
    codename: Option<String>,
    is_test: bool,
    /// True if public pages never show the version.
    hidden: bool,
    repositories: usize,
    /// Repositories that are unreadable on the master.
    staged: usize,
    /// Repositories without a directory.
    gone: usize,
    arches: Vec<Name>,
    first_seen: Timestamp,
    /// Hosts that are listed for at least one repository.
    mirrors: usize,
    /// Hosts that have at least one repository staged.
    staged_mirrors: usize,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct VersionsReport {
    /// Sorted by product, then as on public pages.
    versions: Vec<VersionRow>,
    /// Rows of the database that cannot be read.
    warnings: Vec<String>,
}

impl VersionsArgs {
    pub(in super::super) fn run(&self, ctx: &Context) -> Result<VersionsReport, Error> {
        let (registry, warnings) =
            db::registry_data::read(&mut ctx.open_db()?, ctx.now).context("reading the database")?;
        if let Some(name) = &self.product
            && !registry.products.values().any(|p| p.name == *name)
        {
            let known: Vec<&str> = registry.products.values().map(|p| p.name.as_str()).collect();
            return Err(UsageError(format!("no product {name}; products: {}", known.join(", "))).into());
        }
        let publication = Publication::from_registry(&registry, &Policy::new(&ctx.config, &registry), ctx.now);
        let (stats, none) = (version_stats(&publication), VersionStats::default());
        let mut found: Vec<(&Product, &Version)> = (registry.versions.values())
            .filter_map(|v| Some((registry.products.get(&v.product)?, v)))
            .filter(|(p, _)| self.product.as_ref().is_none_or(|name| p.name == *name))
            .collect();
        found.sort_by(|(p, v), (q, w)| {
            let order = |v: &Version| (std::cmp::Reverse(v.sortorder), v.name.clone());
            p.name.cmp(&q.name).then_with(|| order(v).cmp(&order(w)))
        });
        let row = |(p, v): (&Product, &Version)| version_row(&registry, p, v, stats.get(&v.id).unwrap_or(&none));
        Ok(VersionsReport {
            versions: found.into_iter().map(row).collect(),
            warnings,
        })
    }
}

fn version_row(registry: &RegistryData, product: &Product, version: &Version, stats: &VersionStats) -> VersionRow {
    let arches = stats.arches.iter().filter_map(|id| registry.arches.get(id));
    let mut arches: Vec<Name> = arches.map(|a| a.name.clone()).collect();
    arches.sort();
    VersionRow {
        product: product.name.clone(),
        version: version.name.clone(),
        display_name: version.display_name.clone().filter(|n| !n.is_empty()),
        codename: version.codename.clone().filter(|n| !n.is_empty()),
        is_test: version.is_test,
        hidden: !version.display || !product.publiclist,
        repositories: stats.repositories,
        staged: stats.staged,
        gone: stats.gone,
        arches,
        first_seen: version.first_seen,
        mirrors: stats.mirrors.len(),
        staged_mirrors: stats.staged_mirrors.len(),
    }
}

impl VersionRow {
    fn marks(&self) -> String {
        let counted = |word: &str, n: usize| match n {
            0 => None,
            n if n == self.repositories => Some(word.to_owned()),
            n => Some(format!("{word} {n}")),
        };
        let mark = |word: &str, applies: bool| applies.then(|| word.to_owned());
        let marks = [
            mark("test", self.is_test),
            mark("hidden", self.hidden),
            counted("staged", self.staged),
            counted("gone", self.gone),
            mark("empty", self.repositories == 0),
        ];
        marks.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Report for VersionsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        if self.versions.is_empty() {
            return out.line("no version is recorded; run mm-scan-master and mm-detect-release");
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
