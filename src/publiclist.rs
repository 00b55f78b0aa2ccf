//! Stage 4b: the public pages.
//!
//! Static HTML and one style sheet, drawn from the same [`Publication`] as the snapshot and written into `public/` of the
//! generation:
//!
//! | page | what |
//! |---|---|
//! | `index.html` | products, their versions, the numbers, how to use a mirror |
//! | `PRODUCT/index.html` | the versions of a product |
//! | `PRODUCT/VERSION/index.html` | the architectures of a version |
//! | `PRODUCT/VERSION/ARCH/index.html` | its repositories, and who really holds them, by continent and country |
//! | `mirrors/index.html` | all public mirrors by country, with their state |
//! | `mirrors/HOST/index.html` | a mirror: why it is listed for what, what is not well, and what its admin can do |
//! | `versions/index.html` | all versions, the last detected on top |
//! | `propagation/index.html` | how far the newest pushes have come |
//! | `PRODUCT/VERSION/propagation/index.html` | the same of a version over time, with a picture for each repository |
//! | `generation.json` | the edition and its numbers, for programs |
//! | `…/index.json` | what the page beside it tells, for programs |
//! | `mirrors.json`, `versions.json` | all mirrors, all versions |
//!
//! All links are relative: the pages work from any web server and any directory. Nothing is fetched from elsewhere, there is no
//! script. Private hosts, private URLs and what the master does not show the world never appear.
//!
//! The pages hold no time but that of the facts, so that equal facts give equal pages. No page can name the ID of its
//! generation, which is a hash over the pages; `index.html` and `generation.json` name the *edition* instead: the first 16
//! digits of the SHA-256 of the snapshot, which stands in the manifest too.
//!
//! Templates and style sheet are embedded; files of the same names in `publish.templates_dir` take their places.

use std::path::PathBuf;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rayon::prelude::*;
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::config::PublishConfig;
use crate::model::history::History;
use crate::snapshot::generation::{GenerationError, GenerationSink, PUBLIC};
use crate::snapshot::publication::Publication;

mod catalog;
mod chart;
mod continents;
mod escape;
mod finding_text;
mod hidden;
mod json;
mod mirror;
mod mirrors;
mod mirrors_by_country;
mod natural_sort;
mod propagation;
mod public_view;
mod push_lag;
mod slug;
mod sparkline;

use catalog::{ArchView, Catalog, SiteStats, VersionView};
use mirror::{MirrorPage, MirrorPageBuilder};
use mirrors_by_country::ArchMirrors;
use public_view::PublicView;

const STYLE: &str = "style.css";
const START: &str = "index.html";
const VERSIONS: &str = "versions/index.html";
const TEMPLATES: [(&str, &str); 10] = [
    ("base.html", include_str!("publiclist/templates/base.html")),
    ("index.html", include_str!("publiclist/templates/index.html")),
    ("product.html", include_str!("publiclist/templates/product.html")),
    ("version.html", include_str!("publiclist/templates/version.html")),
    ("arch.html", include_str!("publiclist/templates/arch.html")),
    ("mirror.html", include_str!("publiclist/templates/mirror.html")),
    ("mirrors.html", include_str!("publiclist/templates/mirrors.html")),
    ("versions.html", include_str!("publiclist/templates/versions.html")),
    (
        "propagation.html",
        include_str!("publiclist/templates/propagation.html"),
    ),
    ("spread.html", include_str!("publiclist/templates/spread.html")),
];
const STYLE_SHEET: &str = include_str!("publiclist/templates/style.css");

/// Why the pages could not be drawn.
#[derive(Debug, Error)]
pub enum PagesError {
    /// The directory of the config or a file in it cannot be read.
    #[error("cannot read {path}: {why}; correct publish.templates_dir in the config")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        why: std::io::Error,
    },
    /// A template is wrong.
    #[error("the template {name} is wrong: {why}")]
    Template {
        /// Which.
        name: String,
        /// Where and why.
        why: String,
    },
    /// What programs read could not be written.
    #[error("writing JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A picture could not be drawn.
    #[error("the picture of {name}: {why}")]
    Picture {
        /// Of which repository.
        name: String,
        /// Why.
        why: String,
    },
    /// A page could not be put where the others are.
    #[error(transparent)]
    Shelf(#[from] GenerationError),
    /// There were no threads to draw with.
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// What `generation.json` says.
#[derive(Debug, Serialize)]
struct GenerationInfo<'a> {
    format: u32,
    snapshot_id: &'a str,
    snapshot_sha256: &'a str,
    snapshot_size: usize,
    numbers: &'a SiteStats,
}

/// One step of the way from the start page to a page.
#[derive(Debug, Clone, Serialize)]
struct Breadcrumb {
    name: String,
    href: String,
}

/// All pages but those that name the edition are drawn.
pub struct PublicList<'c> {
    pages: PageRenderer<'c>,
    tree: Catalog,
}

impl<'c> PublicList<'c> {
    /// Draws the pages of a listing, several at a time, and puts them on `shelf`; their paths begin with `public/`.
    pub fn render(
        listing: &Publication<'_>,
        history: &History,
        config: &'c PublishConfig,
        shelf: &'c dyn GenerationSink,
    ) -> Result<Self, PagesError> {
        let threads = ThreadPoolBuilder::new().thread_name(|n| format!("pages-{n}")).build()?;
        threads.install(|| {
            let facts = PublicView::from_publication(listing);
            let tree = catalog::build(&facts, &history.propagation);
            let pages = PageRenderer::open(config, shelf)?;
            draw_versions(&pages, &tree)?;
            draw_mirrors(&pages, &facts, history)?;
            draw_products(&pages, &facts, &tree)?;
            propagation::draw(&pages, &tree, &history.propagation)?;
            Ok(Self { pages, tree })
        })
    }

    /// Draws the others. `snapshot` are the bytes of the snapshot of the same listing.
    pub fn finish(self, snapshot: &[u8]) -> Result<(), PagesError> {
        let sha256 = hex::encode(Sha256::digest(snapshot));
        let edition = sha256.get(..16).unwrap_or_default();
        draw_start(&self.pages, &self.tree, edition)?;
        let about = GenerationInfo {
            format: 1,
            snapshot_id: edition,
            snapshot_sha256: &sha256,
            snapshot_size: snapshot.len(),
            numbers: &self.tree.numbers,
        };
        self.pages.put("generation.json", &json::to_bytes(&about)?)
    }
}

fn draw_start(pages: &PageRenderer<'_>, tree: &Catalog, edition: &str) -> Result<(), PagesError> {
    let page = context! { tree => view(tree), edition };
    pages.render("index.html", START, &[], &page)?;
    let json = json::bytes(json::IndexDocument::new(&pages.config.title, tree))?;
    pages.put("index.json", &json)
}

fn draw_versions(pages: &PageRenderer<'_>, tree: &Catalog) -> Result<(), PagesError> {
    let newest = tree.newest_first();
    let page = context! { versions => view(&newest), lately => view(&Catalog::recent(&newest)) };
    let crumbs = [pages.start()];
    pages.render("versions.html", VERSIONS, &crumbs, &page)?;
    let json = json::bytes(json::VersionsDocument::new(&newest))?;
    pages.put("versions.json", &json)?;
    pages.put(&json::json_path(VERSIONS), &json)
}

/// Draws the pages of mirrors, and the page of all of them.
fn draw_mirrors(pages: &PageRenderer<'_>, facts: &PublicView<'_>, history: &History) -> Result<(), PagesError> {
    let mut crumbs = vec![pages.start()];
    let teller = MirrorPageBuilder::new(facts, history);
    let hosts: Vec<_> = mirror::hosts(facts.listing.registry).collect();
    let told: Vec<MirrorPage> = (hosts.par_iter().filter_map(|(host, site)| teller.page(host, site))).collect();
    let countries = view(&mirrors::by_country(&told));
    let page = context! { countries, count => told.len() };
    pages.render("mirrors.html", mirrors::HREF, &crumbs, &page)?;
    let json = json::bytes(json::Mirrors::new(&told))?;
    pages.put("mirrors.json", &json)?;
    pages.put(&json::json_path(mirrors::HREF), &json)?;
    drop(json);
    crumbs.push(Breadcrumb {
        name: "All mirrors".to_owned(),
        href: mirrors::HREF.to_owned(),
    });
    let crumbs = view(&crumbs);
    told.par_iter().try_for_each(|mirror| {
        let page = context! { mirror => view(mirror) };
        pages.draw_in("mirror.html", &mirror.href, &crumbs, &page)?;
        let json = json::bytes(json::Mirror::new(mirror, true))?;
        pages.put(&json::json_path(&mirror.href), &json)
    })
}

/// A page of an architecture that is to be drawn.
struct ArchPage<'t> {
    version: &'t VersionView,
    arch: &'t ArchView,
    /// What the page says of its version, and the way to it.
    page: Value,
    crumbs: Value,
}

/// Draws the pages of products, versions and architectures. The last are by far the largest: several at a time.
fn draw_products(pages: &PageRenderer<'_>, facts: &PublicView<'_>, tree: &Catalog) -> Result<(), PagesError> {
    let mut arches = Vec::new();
    for product in &tree.products {
        let mut crumbs = vec![pages.start()];
        let p = view(product);
        let page = context! { product => p.clone() };
        pages.render("product.html", &product.href, &crumbs, &page)?;
        pages.put(
            &json::json_path(&product.href),
            &json::bytes(json::Product::new(product))?,
        )?;
        crumbs.push(product.crumb());
        for version in &product.versions {
            let page = context! { product => p.clone(), version => view(version) };
            pages.render("version.html", &version.href, &crumbs, &page)?;
            pages.put(
                &json::json_path(&version.href),
                &json::bytes(json::VersionDocument::new(version))?,
            )?;
            crumbs.push(version.crumb());
            let crumbs_here = view(&crumbs);
            arches.extend(version.arches.iter().map(|arch| ArchPage {
                version,
                arch,
                page: page.clone(),
                crumbs: crumbs_here.clone(),
            }));
            crumbs.pop();
        }
    }
    arches.par_iter().try_for_each(|a| {
        // Drawn up one at a time: the lists of all pages together are large.
        let mirrors = ArchMirrors::of(facts, &a.arch.repositories);
        let page = context! {
            arch => view(a.arch), repositories => view(&a.arch.repositories), mirrors => view(&mirrors),
            ..a.page.clone()
        };
        pages.draw_in("arch.html", &a.arch.href, &a.crumbs, &page)?;
        let json = json::bytes(json::ArchDocument::new(a.version, a.arch, &mirrors))?;
        pages.put(&json::json_path(&a.arch.href), &json)
    })
}

/// What a template sees of `data`.
fn view<T: Serialize + ?Sized>(data: &T) -> Value {
    Value::from(Serde(data))
}

/// What pages are drawn with, and where they go.
struct PageRenderer<'c> {
    env: Environment<'static>,
    config: &'c PublishConfig,
    sink: &'c dyn GenerationSink,
}

impl<'c> PageRenderer<'c> {
    fn open(config: &'c PublishConfig, shelf: &'c dyn GenerationSink) -> Result<Self, PagesError> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_formatter(escape::format);
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        env.set_syntax(syntax.build().map_err(|e| template_error("the syntax", &e))?);
        for (name, built_in) in TEMPLATES {
            let source = template_override(config, name)?.unwrap_or_else(|| built_in.to_owned());
            env.add_template_owned(name, source)
                .map_err(|e| template_error(name, &e))?;
        }
        let style = template_override(config, STYLE)?.unwrap_or_else(|| STYLE_SHEET.to_owned());
        let pages = Self {
            env,
            config,
            sink: shelf,
        };
        pages.put(STYLE, style.as_bytes())?;
        Ok(pages)
    }

    /// Draws the page at `path` (below `public/`).
    fn render(
        &self,
        template: &'static str,
        path: &str,
        crumbs: &[Breadcrumb],
        page: &Value,
    ) -> Result<(), PagesError> {
        self.draw_in(template, path, &view(&crumbs), page)
    }

    /// Where every way begins.
    fn start(&self) -> Breadcrumb {
        Breadcrumb {
            name: self.config.title.clone(),
            href: START.to_owned(),
        }
    }

    /// The same, with crumbs as templates see them.
    fn draw_in(&self, template: &'static str, path: &str, crumbs: &Value, page: &Value) -> Result<(), PagesError> {
        let root = "../".repeat(path.matches('/').count());
        let site = self.config.title.as_str();
        let text = self
            .env
            .get_template(template)
            .and_then(|t| t.render(context! { root, site, crumbs, path, ..page.clone() }))
            .map_err(|e| template_error(template, &e))?;
        self.put(path, text.as_bytes())
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), PagesError> {
        Ok(self.sink.put(&format!("{PUBLIC}/{path}"), bytes)?)
    }
}

/// The file of that name in the directory of the config, if there is one.
fn template_override(config: &PublishConfig, name: &str) -> Result<Option<String>, PagesError> {
    if config.templates_dir.as_os_str().is_empty() {
        return Ok(None);
    }
    // A directory that is not there at all is a mistake; one without the file is not.
    if let Err(why) = std::fs::metadata(&config.templates_dir) {
        let path = config.templates_dir.clone();
        return Err(PagesError::Read { path, why });
    }
    let path = config.templates_dir.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(PagesError::Read { path, why }),
    }
}

fn template_error(name: &str, e: &minijinja::Error) -> PagesError {
    PagesError::Template {
        name: e.name().unwrap_or(name).to_owned(),
        why: e.to_string(),
    }
}

#[cfg(test)]
mod tests;
