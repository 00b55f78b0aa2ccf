//! `mm-admin versions`: all versions, including those that no public page shows.

use std::io;

use anyhow::Error;
use clap::Args;
use itertools::Itertools as _;
use serde::Serialize;

use crate::cli::admin::{read_registry_data, write_warnings};
use crate::cli::output::{Report, Style, TextOutput, or_dash};
use crate::cli::run::Context;
use crate::inspect::readiness::{VersionRow, version_rows};
use crate::job::exit::UsageError;
use crate::model::names::Name;
use crate::publish::policy::Policy;
use crate::snapshot::publication::Publication;

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
pub(in super::super) struct VersionsReport {
    versions: Vec<VersionRow>,
    warnings: Vec<String>,
}

impl VersionsArgs {
    pub(in super::super) fn run(&self, ctx: &Context) -> Result<VersionsReport, Error> {
        let (registry, warnings) = read_registry_data(ctx)?;
        let publication = Publication::from_registry(&registry, &Policy::new(&ctx.config, &registry), ctx.now);
        let mut versions = version_rows(&publication);
        if let Some(name) = &self.product {
            if !registry.products.values().any(|p| p.name == *name) {
                let known = registry.products.values().map(|p| &p.name).join(", ");
                return Err(UsageError(format!("no product {name}; products: {known}")).into());
            }
            versions.retain(|v| v.product == *name);
        }
        Ok(VersionsReport { versions, warnings })
    }
}

fn marks(version: &VersionRow) -> String {
    let counted = |word: &str, n: usize| match n {
        0 => None,
        n if n == version.repositories => Some(word.to_owned()),
        n => Some(format!("{word} {n}")),
    };
    let mark = |word: &str, applies: bool| applies.then(|| word.to_owned());
    let marks = [
        mark("test", version.is_test),
        mark("hidden", version.hidden),
        counted("staged", version.staged),
        counted("gone", version.gone),
        mark("empty", version.repositories == 0),
    ];
    marks.into_iter().flatten().join(", ")
}

impl Report for VersionsReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        write_warnings(&self.warnings, out)?;
        if self.versions.is_empty() {
            return out.line("no version is recorded; run mm-scan-master and mm-detect-release");
        }
        let titles = "PRODUCT | VERSION | CODENAME | MARKS | REPOSITORIES | ARCHES | FIRST SEEN | MIRRORS | STAGED";
        out.write_table(titles, &self.versions, |out, v| {
            [
                v.product.to_string(),
                v.display_name.clone().unwrap_or_else(|| v.version.to_string()),
                or_dash(v.codename.as_ref()),
                out.paint(Style::Warn, &or_dash(Some(marks(v)))),
                v.repositories.to_string(),
                or_dash(Some(v.arches.iter().join(", "))),
                v.first_seen.to_string().chars().take_while(|c| *c != 'T').collect(),
                v.mirrors.len().to_string(),
                v.staged_mirrors.len().to_string(),
            ]
        })
    }
}
