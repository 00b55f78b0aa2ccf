//! The public list: static HTML pages with JSON, rendered from the same [`Publication`] as the snapshot and written to `public/`
//! of the generation.
//!
//! | page | content |
//! |---|---|
//! | `index.html` | products, their versions, statistics, how to use a mirror |
//! | `PRODUCT/index.html` | the versions of a product |
//! | `PRODUCT/VERSION/index.html` | the architectures of a version |
//! | `PRODUCT/VERSION/ARCH/index.html` | its repositories, and the mirrors that have them, by continent and country |
//! | `mirrors/index.html` | all public mirrors by country, with their states |
//! | `mirrors/HOST/index.html` | one mirror: states, findings, and advice for its administrator |
//! | `versions/index.html` | all versions, most recently detected first |
//! | `propagation/index.html` | how far the newest pushes have propagated |
//! | `PRODUCT/VERSION/propagation/index.html` | the same for a version over time, with a chart for each repository |
//! | `…/index.json` | the data of the page next to it |
//! | `mirrors.json`, `versions.json` | all mirrors, all versions |
//! | `generation.json` | the snapshot ID and statistics |
//!
//! All links are relative, so that the pages work on any web server and in any directory. They load nothing from other servers
//! and contain no scripts. Private hosts, private URLs and directories that are not world-readable on the master never appear.
//!
//! Pages contain no time of rendering, so that equal data gives equal pages. The ID of the generation is a hash over the pages
//! and cannot appear on them; they show the snapshot ID instead: the first 16 digits of the SHA-256 of the snapshot.
//!
//! Templates and style sheet are embedded; files of the same names in `publish.templates_dir` replace them.

use minijinja::{Value, context};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config::PublishConfig;
use crate::model::history::History;
use crate::snapshot::generation::GenerationSink;
use crate::snapshot::publication::Publication;

mod arch_mirrors;
mod catalog;
mod chart;
mod continents;
mod escape;
mod finding_text;
mod hidden;
mod mirror;
mod natural_sort;
mod propagation;
mod propagation_counts;
mod public_view;
mod push_lag;
mod renderer;
mod slug;
mod sparkline;
mod text;

use arch_mirrors::ArchMirrorView;
use catalog::{ArchView, Catalog, RepositoryView, SiteStats, VersionView};
use mirror::{MirrorPageBuilder, MirrorView};
use public_view::PublicView;
use renderer::{Breadcrumb, PageRenderer, view};
use sparkline::Sparkline;

pub(crate) use renderer::PagesError;

/// The content of `generation.json`.
#[derive(Debug, Serialize)]
struct GenerationInfo<'a> {
    snapshot_id: &'a str,
    snapshot_sha256: &'a str,
    snapshot_size: usize,
    numbers: &'a SiteStats,
}

#[derive(Debug, Serialize)]
struct VersionsDocument<'a> {
    versions: &'a [&'a VersionView],
}

#[derive(Debug, Serialize)]
struct MirrorsDocument<'a> {
    mirrors: &'a [MirrorView<'a>],
}

#[derive(Debug, Serialize)]
struct ArchDocument<'a> {
    product: &'a str,
    version: &'a str,
    arch: &'a str,
    repositories: &'a [RepositoryView],
    mirrors: &'a [ArchMirrorView],
}

/// The public list without the pages that show the snapshot ID, which [`Self::finish`] adds.
pub(crate) struct PublicList<'c> {
    renderer: PageRenderer<'c>,
    catalog: Catalog,
}

impl<'c> PublicList<'c> {
    /// Renders the pages of a publication in parallel and adds them to `sink`; their paths begin with `public/`.
    pub(crate) fn render(
        publication: &Publication<'_>,
        history: &History,
        config: &'c PublishConfig,
        sink: &'c dyn GenerationSink,
    ) -> Result<Self, PagesError> {
        let threads = ThreadPoolBuilder::new().thread_name(|n| format!("pages-{n}")).build()?;
        threads.install(|| {
            let public = PublicView::from_publication(publication);
            let catalog = catalog::build(&public, &history.propagation, &config.title);
            let renderer = PageRenderer::new(config, sink)?;
            render_versions(&renderer, &catalog)?;
            render_mirrors(&renderer, &public, history)?;
            render_products(&renderer, &public, &catalog)?;
            propagation::render(&renderer, &catalog, &history.propagation)?;
            Ok(Self { renderer, catalog })
        })
    }

    /// Renders the remaining pages. `snapshot` is the encoded snapshot of the same publication.
    pub(crate) fn finish(self, snapshot: &[u8]) -> Result<(), PagesError> {
        let sha256 = hex::encode(Sha256::digest(snapshot));
        let snapshot_id = sha256.get(..16).unwrap_or_default();
        let content = context! { catalog => view(&self.catalog), snapshot_id };
        let crumbs = Value::from(Vec::<Value>::new());
        self.renderer
            .render("index.html", "", &crumbs, &content, &self.catalog)?;
        let info = GenerationInfo {
            snapshot_id,
            snapshot_sha256: &sha256,
            snapshot_size: snapshot.len(),
            numbers: &self.catalog.numbers,
        };
        self.renderer.put_json("generation.json", &info)
    }
}

fn render_versions(renderer: &PageRenderer<'_>, catalog: &Catalog) -> Result<(), PagesError> {
    let versions = catalog.newest_first();
    let content = context! { versions => view(&versions), recent => view(&Catalog::recent(&versions)) };
    let crumbs = view(&[renderer.start()]);
    let json = VersionsDocument { versions: &versions };
    renderer.render("versions.html", "versions/", &crumbs, &content, &json)?;
    renderer.put_json("versions.json", &json)
}

fn render_mirrors(renderer: &PageRenderer<'_>, public: &PublicView<'_>, history: &History) -> Result<(), PagesError> {
    let mirrors_page = Breadcrumb {
        name: "All mirrors",
        page: mirror::ALL_MIRRORS,
    };
    let crumbs = view(&[renderer.start(), mirrors_page]);
    let builder = MirrorPageBuilder::new(public, history);
    let hosts: Vec<_> = public_view::public_hosts(public.publication.registry).collect();
    let mirrors = hosts.par_iter().filter_map(|(host, site)| builder.page(host, site));
    let mirrors: Vec<MirrorView<'_>> = mirrors
        .map(|mirror| {
            let sparklines: Vec<_> = (mirror.categories.iter())
                .map(|c| Sparkline::new(c.crawls.unwrap_or_default()))
                .collect();
            let content = context! { mirror => view(&mirror), sparklines => view(&sparklines) };
            renderer.render("mirror.html", &mirror.page, &crumbs, &content, &mirror)?;
            Ok(mirror.without_details())
        })
        .collect::<Result<_, PagesError>>()?;
    let sorted = mirror::sort_by_country(&mirrors);
    let content = context! { countries => view(&mirror::group_by_country(&sorted)), count => mirrors.len() };
    let json = MirrorsDocument { mirrors: &mirrors };
    let crumbs = view(&[renderer.start()]);
    renderer.render("mirrors.html", mirror::ALL_MIRRORS, &crumbs, &content, &json)?;
    renderer.put_json("mirrors.json", &json)
}

/// The page of an architecture before it is rendered.
struct ArchPage<'a> {
    version: &'a VersionView,
    version_value: Value,
    crumbs: Value,
    arch: &'a ArchView,
}

/// Renders the pages of products, versions and architectures. The last are by far the largest and rendered in parallel.
fn render_products(renderer: &PageRenderer<'_>, public: &PublicView<'_>, catalog: &Catalog) -> Result<(), PagesError> {
    let mut arches = Vec::new();
    for product in &catalog.products {
        let product_crumb = Breadcrumb {
            name: &product.name,
            page: &product.page,
        };
        let content = context! { product => view(product) };
        let crumbs = view(&[renderer.start()]);
        renderer.render("product.html", &product.page, &crumbs, &content, product)?;
        let version_crumbs = view(&[renderer.start(), product_crumb.clone()]);
        for version in &product.versions {
            let version_value = view(version);
            let content = context! { version => version_value.clone() };
            renderer.render("version.html", &version.page, &version_crumbs, &content, version)?;
            let version_crumb = Breadcrumb {
                name: &version.name,
                page: &version.page,
            };
            let crumbs = view(&[renderer.start(), product_crumb.clone(), version_crumb]);
            arches.extend(version.arches.iter().map(|arch| ArchPage {
                version,
                version_value: version_value.clone(),
                crumbs: crumbs.clone(),
                arch,
            }));
        }
    }
    arches.par_iter().try_for_each(|page| {
        // Collected per page: the lists of all pages together are large.
        let mirrors = arch_mirrors::collect(public, &page.arch.repositories);
        let content = context! {
            version => page.version_value.clone(), arch => view(page.arch),
            continents => view(&arch_mirrors::group_by_continent(&mirrors)),
        };
        let json = ArchDocument {
            product: &page.version.product,
            version: &page.version.name,
            arch: &page.arch.name,
            repositories: &page.arch.repositories,
            mirrors: &mirrors,
        };
        renderer.render("arch.html", &page.arch.page, &page.crumbs, &content, &json)
    })
}

#[cfg(test)]
mod tests;
