//! The tree of pages: product → version → architecture, with the numbers that stand on each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Crumb;
use super::facts::{Facts, RepositoryView, Shown, day};
use super::propagation::{self, Counted};
use super::slug::Slugs;
use crate::model::ids::{ArchId, HostId, ProductId, VersionId};
use crate::model::registry::Version;

/// Names that other pages have at the top.
const RESERVED: [&str; 5] = ["index.html", "versions", "propagation", "style.css", "generation.json"];

/// All that the pages show but the mirrors themselves.
#[derive(Debug, Serialize)]
pub(super) struct Tree {
    /// In the order in which they came into the registry: the main one first.
    pub(super) products: Vec<ProductView>,
    pub(super) numbers: Numbers,
    /// A repository to show how one is asked for: of a numbered version that is no test and that most mirrors hold.
    example: Option<Example>,
}

/// What the start page counts.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Numbers {
    mirrors: usize,
    countries: usize,
    versions: usize,
    repositories: usize,
    /// The share of mirrors that carry the newest push of each repository, in whole percent.
    newest: Option<u64>,
    /// The day when a mirror was last checked.
    verified: Option<String>,
}

#[derive(Debug, Serialize)]
struct Example {
    prefix: String,
    arch: String,
}

/// A product.
#[derive(Debug, Serialize)]
pub(super) struct ProductView {
    name: String,
    pub(super) href: String,
    /// Highest sort order first.
    pub(super) versions: Vec<VersionView>,
    mirrors: usize,
}

/// A version of a product.
#[derive(Debug, Clone, Serialize)]
pub(super) struct VersionView {
    pub(super) product: String,
    pub(super) name: String,
    codename: Option<String>,
    pub(super) test: bool,
    pub(super) href: String,
    first_seen: String,
    /// By name, primary ones first.
    pub(super) arches: Vec<ArchView>,
    repositories: usize,
    mirrors: usize,
    countries: usize,
    /// The share of mirrors that carry the newest push, over all repositories, in whole percent; none where nothing was counted.
    newest: Option<u64>,
    #[serde(skip)]
    order: (i64, i64),
}

/// An architecture of a version.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ArchView {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) repositories: Vec<RepositoryView>,
    mirrors: usize,
    countries: usize,
}

impl ProductView {
    pub(super) fn crumb(&self) -> Crumb {
        Crumb {
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

    pub(super) fn crumb(&self) -> Crumb {
        Crumb {
            name: self.name.clone(),
            href: self.href.clone(),
        }
    }
}

impl Tree {
    /// All versions, the last detected first.
    pub(super) fn newest_first(&self) -> Vec<&VersionView> {
        let mut all: Vec<&VersionView> = self.products.iter().flat_map(|p| &p.versions).collect();
        all.sort_by(|a, b| b.order.1.cmp(&a.order.1).then(b.order.0.cmp(&a.order.0)));
        all
    }
}

type ByArch<'f> = BTreeMap<ArchId, Vec<&'f Shown<'f>>>;
type ByProduct<'f> = BTreeMap<ProductId, BTreeMap<VersionId, ByArch<'f>>>;

/// Arranges the repositories. Names of pages are given in the order of the rows, so that what comes later changes none.
pub(super) fn plant(facts: &Facts<'_>, counted: &Counted) -> Tree {
    let mut rows: ByProduct<'_> = BTreeMap::new();
    for r in &facts.repositories {
        let versions = rows.entry(r.product.id).or_default();
        let arches = versions.entry(r.version.id).or_default();
        arches.entry(r.arch.id).or_default().push(r);
    }
    let mut slugs = Slugs::new(&RESERVED);
    let products: Vec<ProductView> = rows
        .values()
        .filter_map(|versions| product(facts, versions, counted, &mut slugs))
        .collect();
    let hosts = facts.hosts();
    Tree {
        numbers: Numbers {
            mirrors: hosts.len(),
            countries: facts.countries(&hosts),
            versions: products.iter().map(|p| p.versions.len()).sum(),
            repositories: facts.repositories.len(),
            newest: propagation::newest(counted, facts.repositories.iter().map(|r| r.row.id)),
            verified: facts.last_verified(),
        },
        example: example(&products),
        products,
    }
}

fn product(
    facts: &Facts<'_>,
    rows: &BTreeMap<VersionId, ByArch<'_>>,
    counted: &Counted,
    slugs: &mut Slugs,
) -> Option<ProductView> {
    let any = first(rows.values().flat_map(BTreeMap::values))?;
    let slug = slugs.give(any.product.name.as_str());
    let mut slugs = Slugs::new(&["index.html"]);
    let mut versions: Vec<VersionView> = rows
        .values()
        .filter_map(|arches| version(facts, arches, counted, (&slug, &mut slugs)))
        .collect();
    versions.sort_by(|a, b| b.order.0.cmp(&a.order.0).then_with(|| a.name.cmp(&b.name)));
    let all = rows.values().flat_map(BTreeMap::values);
    Some(ProductView {
        name: any.product.name.to_string(),
        href: format!("{slug}/index.html"),
        versions,
        mirrors: holders(all).len(),
    })
}

/// `place` = the directory above, and the names that are taken there.
fn version(
    facts: &Facts<'_>,
    rows: &ByArch<'_>,
    counted: &Counted,
    (above, slugs): (&str, &mut Slugs),
) -> Option<VersionView> {
    let any = first(rows.values())?;
    let v = any.version;
    let slug = format!("{above}/{}", slugs.give(v.name.as_str()));
    let mut slugs = Slugs::new(&["index.html", "propagation"]);
    let mut arches: Vec<(bool, ArchView)> = rows
        .values()
        .filter_map(|list| arch(facts, list, &slug, &mut slugs))
        .collect();
    arches.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let hosts = holders(rows.values());
    Some(VersionView {
        product: any.product.name.to_string(),
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
        order: (v.sortorder, v.first_seen.0),
    })
}

fn arch(facts: &Facts<'_>, rows: &[&Shown<'_>], above: &str, slugs: &mut Slugs) -> Option<(bool, ArchView)> {
    let any = rows.first()?;
    let slug = slugs.give(any.arch.name.as_str());
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

fn repository(facts: &Facts<'_>, r: &Shown<'_>) -> RepositoryView {
    let prefix = r.row.prefix.as_ref().map(ToString::to_string);
    RepositoryView {
        name: prefix.clone().unwrap_or_else(|| r.path.as_str().to_owned()),
        prefix,
        path: facts.full_path(r.row.category, r.path),
        mirrors: r.hosts.len(),
        id: r.row.id,
        directory: r.directory,
    }
}

fn label(v: &Version) -> String {
    let shown = v.display_name.as_deref().filter(|n| !n.is_empty());
    shown.unwrap_or(v.name.as_str()).to_owned()
}

fn first<'a, 'f: 'a>(mut lists: impl Iterator<Item = &'a Vec<&'f Shown<'f>>>) -> Option<&'f Shown<'f>> {
    lists.find_map(|list| list.first().copied())
}

/// The hosts that hold any of the repositories.
fn holders<'a, 'f: 'a, L: AsRef<[&'f Shown<'f>]> + ?Sized + 'a>(
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
    versions.sort_by_key(|v| (v.test, !numbered(v), std::cmp::Reverse(v.mirrors)));
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
