//! What programs read: JSON beside every page. `docs/PUBLICLIST.md` describes it; keys are added, never renamed or removed, without
//! another `format`. These types stand apart from what templates see, so that a change of a page changes no key.

use serde::Serialize;

use super::PagesError;
use super::carriers::{ArchMirrors, CarriesView, MirrorView};
use super::facts::{LinkView, RepositoryView};
use super::mirror::{CategoryView, DowntimeView, MirrorPage, ReasonView, State};
use super::tree::{ArchView, Numbers, ProductView, Tree, VersionView};
use crate::model::history::{Crawl, CrawlOutcome};

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
    plain(&Document {
        format: FORMAT,
        content,
    })
}

/// The same of what tells its format itself.
pub(super) fn plain<T: Serialize>(content: &T) -> Result<Vec<u8>, PagesError> {
    let text = serde_json::to_string(content)?;
    // It stands in strings only. So nothing here is taken for HTML, whoever serves it and as what.
    let mut out = text.replace('<', "\\u003c").into_bytes();
    out.push(b'\n');
    Ok(out)
}

/// Where the JSON of a page is.
pub(super) fn beside(page: &str) -> String {
    format!("{}index.json", place(page))
}

/// The directory of a page, with a slash at its end.
fn place(page: &str) -> &str {
    page.strip_suffix("index.html").unwrap_or(page)
}

#[derive(Debug, Serialize)]
pub(super) struct Start<'p> {
    title: &'p str,
    numbers: &'p Numbers,
    products: Vec<Product<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Product<'p> {
    name: &'p str,
    page: &'p str,
    mirrors: usize,
    versions: Vec<Version<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Versions<'p> {
    versions: Vec<Version<'p>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Version<'p> {
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
    repositories: Vec<Repository<'p>>,
}

#[derive(Debug, Serialize)]
struct Repository<'p> {
    name: &'p str,
    prefix: Option<&'p str>,
    path: &'p str,
    directory: &'p str,
    mirrors: usize,
}

/// Of one architecture.
#[derive(Debug, Serialize)]
pub(super) struct Carried<'p> {
    product: &'p str,
    version: &'p str,
    arch: &'p str,
    repositories: Vec<Repository<'p>>,
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
    categories: Vec<Category<'p>>,
}

#[derive(Debug, Serialize)]
struct Category<'p> {
    name: &'p str,
    state: State,
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
    directories: Vec<Finding<'p>>,
}

#[derive(Debug, Serialize)]
struct Finding<'p> {
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

impl<'p> Start<'p> {
    pub(super) fn new(title: &'p str, tree: &'p Tree) -> Self {
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
            versions: p.versions.iter().map(Version::new).collect(),
        }
    }
}

impl<'p> Versions<'p> {
    pub(super) fn new(all: &[&'p VersionView]) -> Self {
        Self {
            versions: all.iter().map(|v| Version::new(v)).collect(),
        }
    }
}

impl<'p> Version<'p> {
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
            repositories: a.repositories.iter().map(Repository::new).collect(),
        }
    }
}

impl<'p> Repository<'p> {
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

impl<'p> Carried<'p> {
    pub(super) fn new(version: &'p VersionView, arch: &'p ArchView, mirrors: &'p ArchMirrors) -> Self {
        Self {
            product: &version.product,
            version: &version.name,
            arch: &arch.name,
            repositories: arch.repositories.iter().map(Repository::new).collect(),
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
    fn new(c: &'p CarriesView) -> Self {
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
            bandwidth_mbit: p.mbit,
            switched_off: p.off,
            downtimes: &p.downtimes,
            categories: p.categories.iter().map(|c| Category::new(c, whole)).collect(),
        }
    }
}

impl<'p> Category<'p> {
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
        let directories = r.directories.iter().map(|d| Finding {
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
    fn new(c: &Crawl) -> Self {
        Self {
            ended_at: c.at.0,
            outcome: match c.outcome {
                CrawlOutcome::Checked => "checked",
                CrawlOutcome::Gone => "gone",
                CrawlOutcome::Unanswered => "unanswered",
            },
            current: c.current,
            lagging: c.lagging,
            not_current: c.not_current,
            foreign: c.foreign,
            unanswered: c.unanswered,
        }
    }
}
