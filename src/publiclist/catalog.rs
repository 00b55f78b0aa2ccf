//! The tree of pages: product → version → architecture, with the numbers that stand on each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::Breadcrumb;
use super::natural_sort;
use super::propagation::{self, PropagationSamples};
use super::public_view::{PublicRepository, PublicView, RepositoryView, day};
use super::slug::Slugs;
use crate::model::Timestamp;
use crate::model::ids::{ArchId, HostId, ProductId, VersionId};
use crate::model::registry::{Product, Version};

/// Names that other pages have at the top.
const RESERVED: [&str; 9] = [
    "index.html",
    "index.json",
    "versions",
    "versions.json",
    "mirrors",
    "mirrors.json",
    "propagation",
    "style.css",
    "generation.json",
];

/// Names that every page has beside those below it.
const PAGES: [&str; 2] = ["index.html", "index.json"];
/// What came within so much time of the last version stands on top of their page.
const RECENT: Duration = Duration::from_hours(14 * 24);

/// All that the pages show but the mirrors themselves.
#[derive(Debug, Serialize)]
pub(super) struct Catalog {
    /// In the order in which they came into the registry: the main one first.
    pub(super) products: Vec<ProductView>,
    pub(super) numbers: SiteStats,
    /// A repository to show how one is asked for: of a numbered version that is no test and that most mirrors hold.
    example: Option<Example>,
}

/// What the start page counts.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SiteStats {
    mirrors: usize,
    countries: usize,
    versions: usize,
    repositories: usize,
    /// The share of mirrors that carry the newest push of each repository, in whole percent.
    newest: Option<u64>,
    /// The day when a mirror was last checked.
    verified: Option<String>,
    /// The minute when the newest metadata of any repository came.
    newest_push: Option<String>,
}

#[derive(Debug, Serialize)]
struct Example {
    prefix: String,
    arch: String,
}

/// A product.
#[derive(Debug, Serialize)]
pub(super) struct ProductView {
    pub(super) name: String,
    pub(super) href: String,
    /// Highest sort order first; of equal ones those with numbers, the highest first, then tests, then those without a number.
    pub(super) versions: Vec<VersionView>,
    pub(super) mirrors: usize,
}

/// A version of a product.
#[derive(Debug, Clone, Serialize)]
pub(super) struct VersionView {
    pub(super) product: String,
    pub(super) name: String,
    pub(super) codename: Option<String>,
    pub(super) test: bool,
    pub(super) href: String,
    pub(super) first_seen: String,
    /// By name, primary ones first.
    pub(super) arches: Vec<ArchView>,
    pub(super) repositories: usize,
    pub(super) mirrors: usize,
    pub(super) countries: usize,
    /// The share of mirrors that carry the newest push, over all repositories, in whole percent; none where nothing was counted.
    pub(super) newest: Option<u64>,
    #[serde(skip)]
    pub(super) sortorder: i64,
    #[serde(skip)]
    pub(super) seen: Timestamp,
}

/// An architecture of a version.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ArchView {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) repositories: Vec<RepositoryView>,
    pub(super) mirrors: usize,
    pub(super) countries: usize,
}

impl ProductView {
    pub(super) fn crumb(&self) -> Breadcrumb {
        Breadcrumb {
            name: self.name.clone(),
            href: self.href.clone(),
        }
    }
}

impl VersionView {
    /// The directory of its pages.
    pub(super) fn dir(&self) -> &str {
        self.href.trim_end_matches("/index.html")
    }

    /// Without a number of its own, such as Rawhide: never *the* current version.
    fn is_development(&self) -> bool {
        !self.name.contains(|c: char| c.is_ascii_digit())
    }

    pub(super) fn crumb(&self) -> Breadcrumb {
        Breadcrumb {
            name: self.name.clone(),
            href: self.href.clone(),
        }
    }
}

impl Catalog {
    /// All versions, the last detected first; of those of one day, the newest by its name.
    pub(super) fn newest_first(&self) -> Vec<&VersionView> {
        let mut all: Vec<&VersionView> = self.products.iter().flat_map(|p| &p.versions).collect();
        all.sort_by_cached_key(|v| {
            let order = (
                v.first_seen.clone(),
                v.sortorder,
                !v.is_development(),
                natural_sort::key(&v.name),
            );
            (Reverse(order), v.product.clone())
        });
        all
    }

    /// Of these, the ones that came within two weeks of the last.
    pub(super) fn recent<'v>(newest_first: &[&'v VersionView]) -> Vec<&'v VersionView> {
        let last = newest_first.iter().map(|v| v.seen).max().unwrap_or_default();
        let since = last.minus(RECENT);
        newest_first.iter().copied().filter(|v| v.seen > since).collect()
    }
}

type ByArch<'f> = BTreeMap<ArchId, Vec<&'f PublicRepository<'f>>>;
type ByVersion<'f> = BTreeMap<VersionId, ByArch<'f>>;
type ByProduct<'f> = BTreeMap<ProductId, ByVersion<'f>>;

/// Arranges the repositories. Names of pages are given in the order of the rows, so that what comes later changes none.
pub(super) fn build(facts: &PublicView<'_>, counted: &PropagationSamples) -> Catalog {
    let world = facts.listing.registry;
    let mut rows: ByProduct<'_> = BTreeMap::new();
    for product in world.products.values().filter(|p| p.publiclist) {
        rows.entry(product.id).or_default();
    }
    // One that has repositories, none of which the world may see, is staged: it stays hidden.
    let begun: BTreeSet<VersionId> = world.repositories.iter().map(|r| r.version).collect();
    for version in world.versions.values().filter(|v| v.display && !begun.contains(&v.id)) {
        if let Some(versions) = rows.get_mut(&version.product) {
            versions.entry(version.id).or_default();
        }
    }
    for r in &facts.repositories {
        let versions = rows.entry(r.product.id).or_default();
        let arches = versions.entry(r.version.id).or_default();
        arches.entry(r.arch.id).or_default().push(r);
    }
    let mut slugs = Slugs::new(&RESERVED);
    let products: Vec<ProductView> = (rows.iter())
        .filter_map(|(id, versions)| Some(product(facts, world.products.get(id)?, versions, counted, &mut slugs)))
        .collect();
    let hosts = facts.hosts();
    Catalog {
        numbers: SiteStats {
            mirrors: hosts.len(),
            countries: facts.countries(&hosts),
            versions: products.iter().map(|p| p.versions.len()).sum(),
            repositories: facts.repositories.len(),
            newest: propagation::newest(counted, facts.repositories.iter().map(|r| r.row.id)),
            verified: facts.last_verified(),
            newest_push: facts.newest_push(),
        },
        example: example(&products),
        products,
    }
}

fn product(
    facts: &PublicView<'_>,
    row: &Product,
    rows: &ByVersion<'_>,
    counted: &PropagationSamples,
    slugs: &mut Slugs,
) -> ProductView {
    let slug = slugs.unique(row.name.as_str());
    let mut slugs = Slugs::new(&PAGES);
    let known = &facts.listing.registry.versions;
    let mut versions: Vec<VersionView> = (rows.iter())
        .filter_map(|(id, arches)| {
            Some(version(
                facts,
                (row, known.get(id)?),
                arches,
                counted,
                (&slug, &mut slugs),
            ))
        })
        .collect();
    versions.sort_by_cached_key(|v| {
        let current = (v.sortorder, !v.is_development(), !v.test, natural_sort::key(&v.name));
        Reverse(current)
    });
    let all = rows.values().flat_map(BTreeMap::values);
    ProductView {
        name: row.name.to_string(),
        href: format!("{slug}/index.html"),
        versions,
        mirrors: holders(all).len(),
    }
}

/// `above` = the directory above, and the names that are taken there.
fn version(
    facts: &PublicView<'_>,
    (product, v): (&Product, &Version),
    rows: &ByArch<'_>,
    counted: &PropagationSamples,
    (above, slugs): (&str, &mut Slugs),
) -> VersionView {
    let slug = format!("{above}/{}", slugs.unique(v.name.as_str()));
    let mut slugs = Slugs::new(&[PAGES.as_slice(), &[propagation::DIR]].concat());
    let mut arches: Vec<(bool, ArchView)> = rows
        .values()
        .filter_map(|list| arch(facts, list, &slug, &mut slugs))
        .collect();
    arches.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let hosts = holders(rows.values());
    VersionView {
        product: product.name.to_string(),
        name: label(v),
        codename: v.codename.clone().filter(|c| !c.is_empty()),
        test: v.is_test,
        href: format!("{slug}/index.html"),
        first_seen: day(v.first_seen),
        arches: arches.into_iter().map(|(_, a)| a).collect(),
        repositories: rows.values().map(Vec::len).sum(),
        mirrors: hosts.len(),
        countries: facts.countries(&hosts),
        newest: propagation::newest(counted, rows.values().flatten().map(|r| r.row.id)),
        sortorder: v.sortorder,
        seen: v.first_seen,
    }
}

fn arch(
    facts: &PublicView<'_>,
    rows: &[&PublicRepository<'_>],
    above: &str,
    slugs: &mut Slugs,
) -> Option<(bool, ArchView)> {
    let any = rows.first()?;
    let slug = slugs.unique(any.arch.name.as_str());
    let hosts = holders([rows].into_iter());
    let view = ArchView {
        name: any.arch.name.to_string(),
        href: format!("{above}/{slug}/index.html"),
        repositories: rows.iter().map(|r| repository(facts, r)).collect(),
        mirrors: hosts.len(),
        countries: facts.countries(&hosts),
    };
    Some((any.arch.primary_arch, view))
}

fn repository(facts: &PublicView<'_>, r: &PublicRepository<'_>) -> RepositoryView {
    let prefix = r.row.prefix.as_ref().map(ToString::to_string);
    RepositoryView {
        name: prefix.clone().unwrap_or_else(|| r.path.as_str().to_owned()),
        prefix,
        path: facts.full_path(r.row.category, r.path),
        mirrors: r.hosts.len(),
        below: match r.path.to_url_path() {
            top if top.is_empty() => top,
            path => format!("{path}/"),
        },
        id: r.row.id,
        directory: r.directory,
    }
}

fn label(v: &Version) -> String {
    let shown = v.display_name.as_deref().filter(|n| !n.is_empty());
    shown.unwrap_or(v.name.as_str()).to_owned()
}

/// The hosts that hold any of the repositories.
fn holders<'a, 'f: 'a, L: AsRef<[&'f PublicRepository<'f>]> + ?Sized + 'a>(
    lists: impl Iterator<Item = &'a L>,
) -> BTreeSet<HostId> {
    lists
        .flat_map(AsRef::as_ref)
        .flat_map(|r| r.hosts.iter().copied())
        .collect()
}

fn example(products: &[ProductView]) -> Option<Example> {
    let mut versions: Vec<&VersionView> = products.iter().flat_map(|p| &p.versions).collect();
    let numbered = |v: &VersionView| v.name.starts_with(|c: char| c.is_ascii_digit());
    versions.sort_by_key(|v| (v.test, !numbered(v), Reverse(v.mirrors)));
    let arches = versions.into_iter().flat_map(|v| &v.arches);
    arches
        .flat_map(|a| a.repositories.iter().map(move |r| (a, r)))
        .find_map(|(a, r)| {
            Some(Example {
                prefix: r.prefix.clone()?,
                arch: a.name.clone(),
            })
        })
}
