//! The propagation pages: one for all versions, and one per version with a chart for each repository.
//!
//! The samples come from `mm-crawl --propagation`. A version without samples has no page.

use std::collections::BTreeMap;

use minijinja::context;
use rayon::prelude::*;
use serde::Serialize;

use super::catalog::{Catalog, VersionView};
use super::chart::{self, ChartAxes};
use super::propagation_counts::{DIR, PropagationSamples, PropagationTotals};
use super::renderer::{Breadcrumb, PageRenderer, PagesError, view};
use crate::model::propagation::PropagationSample;

const ALL_VERSIONS: &str = "propagation/";

#[derive(Debug, Serialize)]
struct VersionTotalsView<'a> {
    product: &'a str,
    name: &'a str,
    test: bool,
    page: String,
    repository_count: usize,
    now: PropagationTotals,
}

/// A repository on the page of its version.
#[derive(Debug, Serialize)]
struct RepositoryPropagation<'a> {
    name: String,
    samples: &'a [PropagationSample],
}

#[derive(Debug, Serialize)]
struct ChartView<'a> {
    name: &'a str,
    last_sample: String,
    now: PropagationTotals,
    /// `None` with a single sample.
    svg: Option<String>,
}

#[derive(Debug, Serialize)]
struct VersionDocument<'a> {
    product: &'a str,
    version: &'a str,
    repositories: &'a [RepositoryPropagation<'a>],
}

pub(super) fn render(
    renderer: &PageRenderer<'_>,
    catalog: &Catalog,
    samples: &PropagationSamples,
) -> Result<(), PagesError> {
    let mut versions = Vec::new();
    for version in catalog.products.iter().flat_map(|p| &p.versions) {
        let repositories = repositories(version, samples);
        if repositories.is_empty() {
            continue;
        }
        let last = repositories.iter().filter_map(|r| r.samples.last());
        let totals = VersionTotalsView {
            product: &version.product,
            name: &version.name,
            test: version.test,
            page: format!("{}{DIR}/", version.page),
            repository_count: repositories.len(),
            now: PropagationTotals::new(last.copied()),
        };
        render_version(renderer, version, &totals.page, &repositories)?;
        versions.push(totals);
    }
    let last_sample = samples.values().filter_map(|all| all.last()).map(|s| s.taken_at).max();
    let content = context! { versions => view(&versions), last_sample => last_sample.map(|at| at.to_string()) };
    let json = BTreeMap::from([("versions", &versions)]);
    renderer.render("propagation.html", ALL_VERSIONS, &[], &content, &json)
}

/// Returns the repositories of a version that have samples, in the order of its pages.
fn repositories<'a>(version: &VersionView, samples: &'a PropagationSamples) -> Vec<RepositoryPropagation<'a>> {
    let repositories = version.arches.iter().flat_map(|arch| {
        arch.repositories.iter().filter_map(|r| {
            Some(RepositoryPropagation {
                name: format!("{}/{}", r.name, arch.name),
                samples: samples.get(&r.id).filter(|all| !all.is_empty())?,
            })
        })
    });
    repositories.collect()
}

fn render_version(
    renderer: &PageRenderer<'_>,
    version: &VersionView,
    page: &str,
    repositories: &[RepositoryPropagation<'_>],
) -> Result<(), PagesError> {
    let axes = ChartAxes::from_samples(repositories.iter().flat_map(|r| r.samples.iter().copied()));
    let charts: Vec<ChartView<'_>> = (repositories.par_iter())
        .map(|r| chart_view(r, axes))
        .collect::<Result<_, _>>()?;
    let overview = Breadcrumb {
        name: "Propagation",
        page: ALL_VERSIONS,
    };
    let content = context! {
        version => view(version), charts => view(&charts), days => axes.map(ChartAxes::days)
    };
    let json = VersionDocument {
        product: &version.product,
        version: &version.name,
        repositories,
    };
    renderer.render("version_propagation.html", page, &[overview], &content, &json)
}

fn chart_view<'a>(r: &'a RepositoryPropagation<'_>, axes: Option<ChartAxes>) -> Result<ChartView<'a>, PagesError> {
    let axes = axes.filter(|_| r.samples.len() > 1);
    let svg = axes.map(|axes| chart::render_stacked(r.samples, axes)).transpose();
    let last = r.samples.last();
    Ok(ChartView {
        name: &r.name,
        last_sample: last.map_or_else(String::new, |s| s.taken_at.to_string()),
        now: PropagationTotals::new(last.copied().into_iter()),
        svg: svg.map_err(|why| PagesError::Chart {
            repository: r.name.clone(),
            why,
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Small, small};
    use super::*;
    use crate::model::Timestamp;
    use crate::model::propagation::PropagationCounts;

    const OVERVIEW: &str = "public/propagation/index.html";
    const PAGE: &str = "public/Fedora/43/propagation/index.html";

    fn sample(at: i64, [newest, one_behind, two_behind, older, inconclusive]: [u32; 5]) -> PropagationSample {
        PropagationSample {
            taken_at: Timestamp(at),
            counts: PropagationCounts {
                newest,
                one_behind,
                two_behind,
                older,
                inconclusive,
            },
        }
    }

    fn with_samples(all: &[PropagationSample]) -> Small {
        let mut s = small();
        let id = s.s.registry.repositories[0].id;
        s.history.propagation.insert(id, all.to_vec());
        s
    }

    #[test]
    fn samples_give_charts_and_counts() {
        let s = with_samples(&[
            sample(1_700_000_000, [1, 69, 0, 0, 0]),
            sample(1_700_086_400, [60, 5, 3, 1, 1]),
        ]);
        let page = s.page(PAGE);
        assert_eq!(page.matches("<svg").count(), 1, "{page}");
        assert!(
            page.contains("85 % have the newest push: 60 newest, 5 one behind, 3 two behind, 1 older, 1 inconclusive"),
            "{page}"
        );
        assert!(
            page.contains("<strong>fedora-43/x86_64</strong>") && page.contains("over 1 day."),
            "{page}"
        );
        let overview = s.page(OVERVIEW);
        assert!(
            overview.contains("href=\"../Fedora/43/propagation/index.html\""),
            "{overview}"
        );
        assert!(overview.contains("2023-11-15T22:13:20Z"), "{overview}");
        for (page, share) in [
            ("public/index.html", "<dd>85 %</dd>"),
            ("public/versions/index.html", ">85 %</td>"),
        ] {
            assert!(s.page(page).contains(share), "{}", s.page(page));
        }
        let json: serde_json::Value = serde_json::from_str(&s.page("public/Fedora/43/propagation/index.json")).unwrap();
        assert_eq!(json["repositories"][0]["name"], "fedora-43/x86_64");
        assert_eq!(json["repositories"][0]["samples"][1]["counts"]["one_behind"], 5);
        let json: serde_json::Value = serde_json::from_str(&s.page("public/propagation/index.json")).unwrap();
        assert_eq!(
            (&json["format"], &json["versions"][0]["now"]["percent"]),
            (&1.into(), &85.into())
        );
    }

    #[test]
    fn a_single_sample_gives_no_chart() {
        let page = with_samples(&[sample(1_700_000_000, [0; 5])]).page(PAGE);
        assert!(!page.contains("<svg") && !page.contains("% have"), "{page}");
        assert!(
            page.contains("One sample so far, taken at <time datetime=\"2023-11-14T22:13:20Z\">"),
            "{page}"
        );
    }

    #[test]
    fn versions_without_samples_have_no_page() {
        let s = small();
        assert!(s.page(OVERVIEW).contains("No samples yet."));
        assert!(!s.files().contains_key(PAGE));
        assert!(s.page("public/versions/index.html").contains("no data"));
        assert!(!s.page("public/index.html").contains("newest push"));
        // Hidden versions have no page either.
        let mut s = with_samples(&[sample(1, [1; 5]), sample(2, [1; 5])]);
        s.s.registry.versions.values_mut().for_each(|v| v.display = false);
        assert!(!s.files().keys().any(|path| path.contains("43")));
    }
}
