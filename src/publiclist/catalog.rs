//! The catalog of the pages: products, versions, architectures and repositories, with statistics.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use itertools::Itertools;
use serde::Serialize;

use super::natural_sort;
use super::propagation_counts::{self, PropagationTotals};
use super::public_view::{PublicRepository, PublicView};
use super::slug::{PAGE_FILES, Slugs};
use super::text::day;
use crate::model::Timestamp;
use crate::model::ids::{ArchId, DirectoryId, HostId, RepositoryId, VersionId};
use crate::model::registry::{Product, Version};

/// Names at the top that products cannot have.
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

/// Versions detected this long before the most recent one are listed as recent.
const RECENT: Duration = Duration::from_hours(14 * 24);

/// Everything on the pages except the mirrors.
#[derive(Debug, Serialize)]
pub(super) struct Catalog {
    title: String,
    pub(super) numbers: SiteStats,
    /// Sorted by ID: the main product comes first.
    pub(super) products: Vec<ProductView>,
    /// An example of a request: a repository of the numbered version, preferably no test release, with the most mirrors.
    example: Option<Example>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SiteStats {
    mirrors: usize,
    countries: usize,
    versions: usize,
    repositories: usize,
    /// The percentage of mirrors with the newest push, over all repositories.
    newest: Option<u64>,
    /// The day of the last crawl of any mirror.
    verified: Option<String>,
    /// The minute of the newest push of any repository.
    newest_push: Option<String>,
}

#[derive(Debug, Serialize)]
struct Example {
    prefix: String,
    arch: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ProductView {
    pub(super) name: String,
    pub(super) page: String,
    pub(super) mirrors: usize,
    /// Sorted by `sortorder`, then numbered versions before others, releases before tests, and higher numbers first.
    pub(super) versions: Vec<VersionView>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct VersionView {
    pub(super) product: String,
    pub(super) name: String,
    codename: Option<String>,
    pub(super) test: bool,
    pub(super) page: String,
    first_seen: String,
    mirrors: usize,
    countries: usize,
    /// The percentage of mirrors with the newest push, over all repositories; `None` without propagation statistics.
    newest: Option<u64>,
    repository_count: usize,
    /// Primary architectures first, then by name.
    pub(super) arches: Vec<ArchView>,
    #[serde(skip)]
    sortorder: i64,
    #[serde(skip)]
    first_seen_at: Timestamp,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct ArchView {
    pub(super) name: String,
    pub(super) page: String,
    mirrors: usize,
    countries: usize,
    pub(super) repositories: Vec<RepositoryView>,
    #[serde(skip)]
    is_primary: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RepositoryView {
    /// The prefix, or the path of a repository without a prefix.
    pub(super) name: String,
    /// The value of `repo=` in requests.
    prefix: Option<String>,
    /// The value of `path=` in requests.
    path: String,
    /// The path to append to a URL of the category, with a slash at the end.
    directory: String,
    mirrors: usize,
    #[serde(skip)]
    pub(super) id: RepositoryId,
    #[serde(skip)]
    pub(super) directory_id: DirectoryId,
}

impl VersionView {
    /// Returns true for a version without a number, such as Rawhide, which is never the current version.
    fn is_development(&self) -> bool {
        !self.name.contains(|c: char| c.is_ascii_digit())
    }
}

impl Catalog {
    /// Returns all versions, most recently detected first, then by version number.
    pub(super) fn newest_first(&self) -> Vec<&VersionView> {
        let all = self.products.iter().flat_map(|p| &p.versions);
        all.sorted_by_cached_key(|v| {
            let name = natural_sort::key(&v.name);
            let order = (v.first_seen.clone(), v.sortorder, !v.is_development(), name);
            (Reverse(order), v.product.clone())
        })
        .collect()
    }

    /// Returns the versions that were detected within [`RECENT`] of the last one.
    pub(super) fn recent<'v>(newest_first: &[&'v VersionView]) -> Vec<&'v VersionView> {
        let last = newest_first.iter().map(|v| v.first_seen_at).max().unwrap_or_default();
        let since = last.minus(RECENT);
        let recent = newest_first.iter().filter(|v| v.first_seen_at > since);
        recent.copied().collect()
    }
}

type ByArch<'p> = BTreeMap<ArchId, Vec<&'p PublicRepository<'p>>>;
type ByVersion<'p> = BTreeMap<VersionId, ByArch<'p>>;

/// Builds the catalog. Page names are assigned in the order of the rows, so that later rows change no page name.
pub(super) fn build(public: &PublicView<'_>, title: &str) -> Catalog {
    let registry = public.publication.registry;
    // A version with repositories of which none is world-readable is staged, and stays hidden.
    let with_repositories: BTreeSet<VersionId> = registry.repositories.iter().map(|r| r.version).collect();
    let empty = registry.versions.values();
    let empty = empty.filter(|v| v.display && !with_repositories.contains(&v.id));
    let mut versions: ByVersion<'_> = empty.map(|v| (v.id, ByArch::new())).collect();
    for r in &public.repositories {
        let arches = versions.entry(r.version.id).or_default();
        arches.entry(r.arch.id).or_default().push(r);
    }
    let mut slugs = Slugs::new(&RESERVED);
    let products = registry.products.values().filter(|p| p.publiclist);
    let products: Vec<ProductView> = products
        .map(|row| product(public, row, &versions, &slugs.unique(row.name.as_str())))
        .collect();
    let hosts = public.hosts();
    Catalog {
        title: title.to_owned(),
        numbers: SiteStats {
            mirrors: hosts.len(),
            countries: public.count_countries(&hosts),
            versions: products.iter().map(|p| p.versions.len()).sum(),
            repositories: public.repositories.len(),
            newest: newest_percent(public, &public.repositories),
            verified: public.last_verified(),
            newest_push: public.newest_push(),
        },
        example: example(&products),
        products,
    }
}

fn product(public: &PublicView<'_>, row: &Product, by_version: &ByVersion<'_>, slug: &str) -> ProductView {
    let mut slugs = Slugs::new(&PAGE_FILES);
    let rows = public.publication.registry.versions.values();
    let rows = rows.filter(|v| v.product == row.id);
    let rows = rows.filter_map(|v| Some((v, by_version.get(&v.id)?))).collect_vec();
    let versions = rows.iter().map(|(v, arches)| {
        let page = format!("{slug}/{}/", slugs.unique(v.name.as_str()));
        version(public, row, v, arches, page)
    });
    let newest_first = versions
        .sorted_by_cached_key(|v| Reverse((v.sortorder, !v.is_development(), !v.test, natural_sort::key(&v.name))));
    ProductView {
        name: row.name.to_string(),
        page: format!("{slug}/"),
        versions: newest_first.collect(),
        mirrors: hosts_of(rows.iter().flat_map(|(_, arches)| arches.values().flatten())).len(),
    }
}

fn version(public: &PublicView<'_>, product: &Product, v: &Version, rows: &ByArch<'_>, page: String) -> VersionView {
    let mut slugs = Slugs::new(&[PAGE_FILES.as_slice(), &[propagation_counts::DIR]].concat());
    let arches = rows.values().filter_map(|list| arch(public, list, &page, &mut slugs));
    let arches = arches.sorted_by(|a, b| (!a.is_primary, &a.name).cmp(&(!b.is_primary, &b.name)));
    let arches = arches.collect();
    let hosts = hosts_of(rows.values().flatten());
    let display_name = v.display_name.as_deref().filter(|n| !n.is_empty());
    VersionView {
        product: product.name.to_string(),
        name: display_name.unwrap_or(v.name.as_str()).to_owned(),
        codename: v.codename.clone().filter(|c| !c.is_empty()),
        test: v.is_test,
        page,
        first_seen: day(v.first_seen),
        mirrors: hosts.len(),
        countries: public.count_countries(&hosts),
        newest: newest_percent(public, rows.values().flatten().copied()),
        repository_count: rows.values().map(Vec::len).sum(),
        arches,
        sortorder: v.sortorder,
        first_seen_at: v.first_seen,
    }
}

fn arch(public: &PublicView<'_>, rows: &[&PublicRepository<'_>], parent: &str, slugs: &mut Slugs) -> Option<ArchView> {
    let arch = rows.first()?.arch;
    let hosts = hosts_of(rows);
    Some(ArchView {
        name: arch.name.to_string(),
        page: format!("{parent}{}/", slugs.unique(arch.name.as_str())),
        mirrors: hosts.len(),
        countries: public.count_countries(&hosts),
        repositories: rows.iter().map(|r| repository(public, r)).collect(),
        is_primary: arch.primary_arch,
    })
}

fn repository(public: &PublicView<'_>, r: &PublicRepository<'_>) -> RepositoryView {
    let prefix = r.row.prefix.as_ref().map(ToString::to_string);
    RepositoryView {
        name: prefix.clone().unwrap_or_else(|| r.path.as_str().to_owned()),
        prefix,
        path: public.full_path(r.row.category, r.path),
        directory: match r.path.to_url_path() {
            top if top.is_empty() => top,
            path => format!("{path}/"),
        },
        mirrors: r.hosts.len(),
        id: r.row.id,
        directory_id: r.directory,
    }
}

/// Returns the hosts that are listed for any of the repositories.
fn hosts_of<'a>(repositories: impl IntoIterator<Item = &'a &'a PublicRepository<'a>>) -> BTreeSet<HostId> {
    repositories.into_iter().flat_map(|r| &r.hosts).copied().collect()
}

/// Returns the percentage of mirrors with the newest push of these repositories.
fn newest_percent<'a>(
    public: &PublicView<'_>,
    repositories: impl IntoIterator<Item = &'a PublicRepository<'a>>,
) -> Option<u64> {
    let samples = &public.history.propagation;
    let last = repositories.into_iter().filter_map(|r| samples.get(&r.row.id)?.last());
    PropagationTotals::new(last.copied()).percent
}

fn example(products: &[ProductView]) -> Option<Example> {
    let is_numbered = |v: &VersionView| v.name.starts_with(|c: char| c.is_ascii_digit());
    let versions = products.iter().flat_map(|p| &p.versions);
    let versions = versions.sorted_by_key(|v| (v.test, !is_numbered(v), Reverse(v.mirrors)));
    versions.flat_map(|v| &v.arches).find_map(|a| {
        Some(Example {
            prefix: a.repositories.iter().find_map(|r| r.prefix.clone())?,
            arch: a.name.clone(),
        })
    })
}
