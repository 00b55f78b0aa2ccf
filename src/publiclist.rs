//! The public list: static HTML pages with JSON, rendered from the same [`Publication`] as the snapshot and written to `public/`
//! of the generation.
//!
//! `docs/PUBLICLIST.md` lists the pages and describes their JSON.
//!
//! All links are relative, so that the pages work on any web server and in any directory. They load nothing from other servers
//! and contain no scripts. Private hosts, private URLs and directories that are not world-readable on the master never appear.
//!
//! Pages contain no time of rendering, so that equal data gives equal pages. The ID of the generation is a hash over the pages
//! and cannot appear on them; they show the snapshot ID instead: the first 16 digits of the SHA-256 of the snapshot.
//!
//! Templates and style sheet are embedded; files of the same names in `publish.templates_dir` replace them.

use std::collections::BTreeMap;

use itertools::Itertools;
use minijinja::context;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config::PublishConfig;
use crate::model::history::PageHistory;
use crate::snapshot::generation::GenerationSink;
use crate::snapshot::publication::Publication;

mod arch_mirrors;
mod catalog;
mod chart;
mod continents;
mod escape;
mod finding_text;
mod hidden;
mod host_view;
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
use catalog::{Catalog, ProductView, RepositoryView, SiteStats};
use host_view::group_by_country;
use mirror::{ALL_MIRRORS_PATH, MirrorPageBuilder, MirrorView};
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
struct ArchDocument<'a> {
    product: &'a str,
    version: &'a str,
    arch: &'a str,
    repositories: &'a [RepositoryView],
    mirrors: &'a [ArchMirrorView<'a>],
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
        history: &PageHistory,
        config: &'c PublishConfig,
        sink: &'c dyn GenerationSink,
    ) -> Result<Self, PagesError> {
        let threads = ThreadPoolBuilder::new().thread_name(|n| format!("pages-{n}")).build()?;
        threads.install(|| {
            let public = PublicView::new(publication, history);
            let catalog = catalog::build(&public, &config.title);
            let renderer = PageRenderer::new(config, sink)?;
            render_versions(&renderer, &catalog)?;
            render_mirrors(&renderer, &public)?;
            (catalog.products.par_iter()).try_for_each(|product| render_product(&renderer, &public, product))?;
            propagation::render(&renderer, &catalog, &history.propagation)?;
            Ok(Self { renderer, catalog })
        })
    }

    /// Renders the remaining pages. `snapshot` is the encoded snapshot of the same publication.
    pub(crate) fn finish(self, snapshot: &[u8]) -> Result<(), PagesError> {
        let sha256 = hex::encode(Sha256::digest(snapshot));
        let snapshot_id = sha256.get(..16).unwrap_or_default();
        let content = context! { catalog => view(&self.catalog), snapshot_id };
        self.renderer.render("index.html", "", &[], &content, &self.catalog)?;
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
    let json = BTreeMap::from([("versions", &versions)]);
    renderer.render("versions.html", "versions/", &[], &content, &json)?;
    renderer.put_json("versions.json", &json)
}

fn render_mirrors(renderer: &PageRenderer<'_>, public: &PublicView<'_>) -> Result<(), PagesError> {
    let all_mirrors = Breadcrumb {
        name: "All mirrors",
        page: ALL_MIRRORS_PATH,
    };
    let builder = MirrorPageBuilder::new(public);
    let hosts = public_view::public_hosts(public.publication.registry).collect_vec();
    let mirrors = hosts.par_iter().filter_map(|(host, site)| builder.page(host, site));
    let mirrors: Vec<MirrorView<'_>> = mirrors
        .map(|mirror| {
            let categories = mirror.categories.iter();
            let sparklines = categories.map(|c| Sparkline::new(c.crawls.unwrap_or_default()));
            let content = context! { mirror => view(&mirror), sparklines => view(&sparklines.collect_vec()) };
            let page = mirror.host.page.unwrap_or_default();
            renderer.render("mirror.html", page, &[all_mirrors], &content, &mirror)?;
            Ok(mirror.into_summary())
        })
        .collect::<Result<_, PagesError>>()?;
    let by_country = |a: &&MirrorView<'_>, b: &&MirrorView<'_>| {
        let countries = a.host.country_key().cmp(&b.host.country_key());
        countries.then_with(|| a.host.name.cmp(b.host.name))
    };
    let sorted = mirrors.iter().sorted_by(by_country).collect_vec();
    let content = context! { countries => view(&group_by_country(&sorted)), count => mirrors.len() };
    let json = BTreeMap::from([("mirrors", &mirrors)]);
    renderer.render("mirrors.html", ALL_MIRRORS_PATH, &[], &content, &json)?;
    renderer.put_json("mirrors.json", &json)
}

/// Renders the pages of a product, and of its versions and their architectures. The last are by far the largest.
fn render_product(
    renderer: &PageRenderer<'_>,
    public: &PublicView<'_>,
    product: &ProductView,
) -> Result<(), PagesError> {
    let content = context! { product => view(product) };
    renderer.render("product.html", &product.page, &[], &content, product)?;
    let product_crumb = Breadcrumb {
        name: &product.name,
        page: &product.page,
    };
    product.versions.par_iter().try_for_each(|version| {
        let content = context! { version => view(version) };
        renderer.render("version.html", &version.page, &[product_crumb], &content, version)?;
        let version_crumb = Breadcrumb {
            name: &version.name,
            page: &version.page,
        };
        version.arches.par_iter().try_for_each(|arch| {
            // Collected per page: the lists of all pages together are large.
            let mirrors = arch_mirrors::collect(public, &arch.repositories);
            let continents = arch_mirrors::group_by_continent(&mirrors);
            let content = context! { arch => view(arch), continents => view(&continents), ..content.clone() };
            let json = ArchDocument {
                product: &version.product,
                version: &version.name,
                arch: &arch.name,
                repositories: &arch.repositories,
                mirrors: &mirrors,
            };
            renderer.render(
                "arch.html",
                &arch.page,
                &[product_crumb, version_crumb],
                &content,
                &json,
            )
        })
    })
}

#[cfg(test)]
mod tests;
