//! What programs read: JSON beside every page. `docs/PUBLICLIST.md` describes it; keys are added, never renamed or removed, without
//! another `format`. These types stand apart from what templates see, so that a change of a page changes no key.

use serde::Serialize;

use super::PagesError;
use super::catalog::{ArchView, Catalog, ProductView, SiteStats, VersionView};
use super::mirror::{CategoryView, DowntimeView, MirrorPage, MirrorState, ReasonView};
use super::mirrors_by_country::{ArchMirrors, MirrorRepositoriesView, MirrorView};
use super::public_view::{LinkView, RepositoryView};
use crate::model::history::PastCrawl;
use crate::model::plan::CategoryOutcome;

/// The number of this form.
const FORMAT: u32 = 1;

/// The form, and what is told.
#[derive(Debug, Serialize)]
struct Document<T> {
    format: u32,
    #[serde(flatten)]
    content: T,
}

/// The bytes of a document.
pub(super) fn bytes<T: Serialize>(content: T) -> Result<Vec<u8>, PagesError> {
    to_bytes(&Document {
        format: FORMAT,
        content,
    })
}

/// The same of what tells its format itself.
pub(super) fn to_bytes<T: Serialize>(content: &T) -> Result<Vec<u8>, PagesError> {
    let text = serde_json::to_string(content)?;
    // It stands in strings only. So nothing here is taken for HTML, whoever serves it and as what.
    let mut out = text.replace('<', "\\u003c").into_bytes();
    out.push(b'\n');
    Ok(out)
}

/// Where the JSON of a page is.
pub(super) fn json_path(page: &str) -> String {
    format!("{}index.json", place(page))
}

/// The directory of a page, with a slash at its end.
fn place(page: &str) -> &str {
    page.strip_suffix("index.html").unwrap_or(page)
}

#[derive(Debug, Serialize)]
pub(super) struct IndexDocument<'p> {
    title: &'p str,
    numbers: &'p SiteStats,
    products: Vec<Product<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Product<'p> {
    name: &'p str,
    page: &'p str,
    mirrors: usize,
    versions: Vec<VersionDocument<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct VersionsDocument<'p> {
    versions: Vec<VersionDocument<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct VersionDocument<'p> {
    product: &'p str,
    name: &'p str,
    codename: Option<&'p str>,
    test: bool,
    page: &'p str,
    first_seen: &'p str,
    mirrors: usize,
    countries: usize,
    newest: Option<u64>,
    arches: Vec<Arch<'p>>,
}

#[derive(Debug, Serialize)]
struct Arch<'p> {
    name: &'p str,
    page: &'p str,
    mirrors: usize,
    countries: usize,
    repositories: Vec<RepositoryDocument<'p>>,
}

#[derive(Debug, Serialize)]
struct RepositoryDocument<'p> {
    name: &'p str,
    prefix: Option<&'p str>,
    path: &'p str,
    directory: &'p str,
    mirrors: usize,
}

/// Of one architecture.
#[derive(Debug, Serialize)]
pub(super) struct ArchDocument<'p> {
    product: &'p str,
    version: &'p str,
    arch: &'p str,
    repositories: Vec<RepositoryDocument<'p>>,
    mirrors: Vec<Carrier<'p>>,
}

#[derive(Debug, Serialize)]
struct Carrier<'p> {
    host: &'p str,
    page: Option<&'p str>,
    site: &'p str,
    country: Option<&'p str>,
    continent: Option<&'p str>,
    bandwidth_mbit: u32,
    verified: Option<&'p str>,
    carries: Vec<Carries<'p>>,
}

#[derive(Debug, Serialize)]
struct Carries<'p> {
    urls: Vec<&'p str>,
    repositories: Vec<Held>,
}

#[derive(Debug, Serialize)]
struct Held {
    repository: usize,
    behind: Option<usize>,
}

/// All mirrors.
#[derive(Debug, Serialize)]
pub(super) struct Mirrors<'p> {
    mirrors: Vec<Mirror<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Mirror<'p> {
    host: &'p str,
    page: &'p str,
    site: &'p str,
    site_url: Option<&'p str>,
    country: Option<&'p str>,
    continent: Option<&'p str>,
    bandwidth_mbit: u32,
    switched_off: bool,
    downtimes: &'p [DowntimeView],
    categories: Vec<CategoryDocument<'p>>,
}

#[derive(Debug, Serialize)]
struct CategoryDocument<'p> {
    name: &'p str,
    state: MirrorState,
    urls: Vec<&'p str>,
    checked: Option<&'p str>,
    directories: u64,
    held: u64,
    listed: u64,
    behind: usize,
    /// On the page of one mirror only.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Findings<'p>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crawls: Option<Vec<Crawled>>,
}

#[derive(Debug, Serialize)]
struct Findings<'p> {
    reason: &'p str,
    count: usize,
    directories: Vec<FindingDocument<'p>>,
}

#[derive(Debug, Serialize)]
struct FindingDocument<'p> {
    path: &'p str,
    detail: Option<&'p str>,
}

#[derive(Debug, Serialize)]
struct Crawled {
    ended_at: i64,
    outcome: &'static str,
    current: u64,
    lagging: u64,
    not_current: u64,
    foreign: u64,
    unanswered: u64,
}

impl<'p> IndexDocument<'p> {
    pub(super) fn new(title: &'p str, tree: &'p Catalog) -> Self {
        Self {
            title,
            numbers: &tree.numbers,
            products: tree.products.iter().map(Product::new).collect(),
        }
    }
}

impl<'p> Product<'p> {
    pub(super) fn new(p: &'p ProductView) -> Self {
        Self {
            name: &p.name,
            page: place(&p.href),
            mirrors: p.mirrors,
            versions: p.versions.iter().map(VersionDocument::new).collect(),
        }
    }
}

impl<'p> VersionsDocument<'p> {
    pub(super) fn new(all: &[&'p VersionView]) -> Self {
        Self {
            versions: all.iter().map(|v| VersionDocument::new(v)).collect(),
        }
    }
}

impl<'p> VersionDocument<'p> {
    pub(super) fn new(v: &'p VersionView) -> Self {
        Self {
            product: &v.product,
            name: &v.name,
            codename: v.codename.as_deref(),
            test: v.test,
            page: place(&v.href),
            first_seen: &v.first_seen,
            mirrors: v.mirrors,
            countries: v.countries,
            newest: v.newest,
            arches: v.arches.iter().map(Arch::new).collect(),
        }
    }
}

impl<'p> Arch<'p> {
    fn new(a: &'p ArchView) -> Self {
        Self {
            name: &a.name,
            page: place(&a.href),
            mirrors: a.mirrors,
            countries: a.countries,
            repositories: a.repositories.iter().map(RepositoryDocument::new).collect(),
        }
    }
}

impl<'p> RepositoryDocument<'p> {
    fn new(r: &'p RepositoryView) -> Self {
        Self {
            name: &r.name,
            prefix: r.prefix.as_deref(),
            path: &r.path,
            directory: &r.below,
            mirrors: r.mirrors,
        }
    }
}

impl<'p> ArchDocument<'p> {
    pub(super) fn new(version: &'p VersionView, arch: &'p ArchView, mirrors: &'p ArchMirrors) -> Self {
        Self {
            product: &version.product,
            version: &version.name,
            arch: &arch.name,
            repositories: arch.repositories.iter().map(RepositoryDocument::new).collect(),
            mirrors: mirrors.each().map(Carrier::new).collect(),
        }
    }
}

impl<'p> Carrier<'p> {
    fn new((continent, country, m): (Option<&'p str>, Option<&'p str>, &'p MirrorView)) -> Self {
        Self {
            host: &m.host,
            page: m.page.as_deref().map(place),
            site: &m.site,
            country,
            continent,
            bandwidth_mbit: m.mbit,
            verified: m.verified.as_deref(),
            carries: m.carries.iter().map(Carries::new).collect(),
        }
    }
}

impl<'p> Carries<'p> {
    fn new(c: &'p MirrorRepositoriesView) -> Self {
        let held = c.holds.iter();
        Self {
            urls: urls(&c.bases),
            repositories: held
                .map(|h| Held {
                    repository: h.place,
                    behind: h.behind,
                })
                .collect(),
        }
    }
}

fn urls(links: &[LinkView]) -> Vec<&str> {
    links.iter().map(|l| l.url.as_str()).collect()
}

impl<'p> Mirrors<'p> {
    pub(super) fn new(pages: &'p [MirrorPage]) -> Self {
        Self {
            mirrors: pages.iter().map(|p| Mirror::new(p, false)).collect(),
        }
    }
}

impl<'p> Mirror<'p> {
    /// `whole` = with findings and crawls.
    pub(super) fn new(p: &'p MirrorPage, whole: bool) -> Self {
        Self {
            host: &p.host,
            page: place(&p.href),
            site: &p.site,
            site_url: p.site_url.as_deref(),
            country: p.country.as_deref(),
            continent: p.continent,
            bandwidth_mbit: p.bandwidth_mbit,
            switched_off: p.disabled,
            downtimes: &p.downtimes,
            categories: p.categories.iter().map(|c| CategoryDocument::new(c, whole)).collect(),
        }
    }
}

impl<'p> CategoryDocument<'p> {
    fn new(c: &'p CategoryView, whole: bool) -> Self {
        Self {
            name: &c.name,
            state: c.state,
            urls: urls(&c.urls),
            checked: c.checked.as_deref(),
            directories: c.all,
            held: c.held,
            listed: c.listed,
            behind: c.behind,
            findings: whole.then(|| c.reasons.iter().map(Findings::new).collect()),
            crawls: whole.then(|| c.crawls.iter().map(Crawled::new).collect()),
        }
    }
}

impl<'p> Findings<'p> {
    fn new(r: &'p ReasonView) -> Self {
        let directories = r.directories.iter().map(|d| FindingDocument {
            path: &d.path,
            detail: d.detail.as_deref(),
        });
        Self {
            reason: &r.reason,
            count: r.count,
            directories: directories.collect(),
        }
    }
}

impl Crawled {
    fn new(c: &PastCrawl) -> Self {
        Self {
            ended_at: c.ended_at.0,
            outcome: match c.outcome {
                CategoryOutcome::Complete => "complete",
                CategoryOutcome::CategoryMissing => "category-missing",
                CategoryOutcome::Inconclusive => "inconclusive",
            },
            current: c.current,
            lagging: c.outdated_allowed,
            not_current: c.outdated,
            foreign: c.unknown_hash,
            unanswered: c.inconclusive,
        }
    }
}
