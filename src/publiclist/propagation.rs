//! How far pushes have come: a page over all versions, and for each version one with a picture for each of its repositories.
//!
//! What is shown was counted by `mm-crawl --propagation`. A version of which nothing was counted has no page.

use std::collections::BTreeMap;

use minijinja::context;
use rayon::prelude::*;
use serde::Serialize;

use super::catalog::{Catalog, VersionView};
use super::chart::{self, ChartAxes};
use super::{Breadcrumb, PageRenderer, PagesError, json, view};
use crate::model::ids::RepositoryId;
use crate::model::propagation::{PropagationCounts, PropagationSample};

/// Where the pages lie, below the top and below each version.
pub(super) const DIR: &str = "propagation";

/// What was counted, by repository, the oldest first.
pub(super) type PropagationSamples = BTreeMap<RepositoryId, Vec<PropagationSample>>;

/// A spread in numbers and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct PropagationView {
    newest: u64,
    one_behind: u64,
    two_behind: u64,
    older: u64,
    no_answer: u64,
    /// Of all of these the share that carries the newest, in whole percent; none of nobody.
    percent: Option<u64>,
}

/// A version in the overview.
#[derive(Debug, Serialize)]
struct RowView<'a> {
    product: &'a str,
    name: &'a str,
    test: bool,
    href: String,
    repositories: usize,
    /// Of all its repositories together: a mirror counts once for each.
    now: PropagationView,
}

/// A repository on the page of its version.
#[derive(Debug, Serialize)]
struct ChartView<'a> {
    name: String,
    #[serde(skip)]
    counted: &'a [PropagationSample],
    counted_at: String,
    now: PropagationView,
    /// None while it was counted at one moment only.
    svg: Option<String>,
}

/// One moment, for programs.
#[derive(Debug, Serialize)]
struct JsonMoment {
    /// Seconds since 1970.
    at: i64,
    newest: u32,
    one_behind: u32,
    two_behind: u32,
    older: u32,
    no_answer: u32,
}

#[derive(Debug, Serialize)]
struct JsonRepository<'a> {
    name: &'a str,
    counted: Vec<JsonMoment>,
}

#[derive(Debug, Serialize)]
struct JsonVersion<'a> {
    format: u32,
    product: &'a str,
    version: &'a str,
    repositories: Vec<JsonRepository<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonOverview<'a> {
    format: u32,
    versions: &'a [RowView<'a>],
}

impl PropagationView {
    fn of(all: impl Iterator<Item = PropagationCounts>) -> Self {
        let [newest, one_behind, two_behind, older, no_answer] = all.fold([0; 5], |mut sums, spread| {
            for (sum, part) in sums.iter_mut().zip(spread.parts()) {
                *sum += u64::from(part);
            }
            sums
        });
        let total = newest + one_behind + two_behind + older + no_answer;
        Self {
            newest,
            one_behind,
            two_behind,
            older,
            no_answer,
            percent: (newest * 100).checked_div(total),
        }
    }
}

/// The share of mirrors that carry the newest push of the repositories of a version, in whole percent.
pub(super) fn newest(counted: &PropagationSamples, repositories: impl Iterator<Item = RepositoryId>) -> Option<u64> {
    let last = repositories.filter_map(|id| counted.get(&id)?.last());
    PropagationView::of(last.map(|c| c.counts)).percent
}

/// Draws all of it.
pub(super) fn draw(pages: &PageRenderer<'_>, tree: &Catalog, counted: &PropagationSamples) -> Result<(), PagesError> {
    let start = pages.start();
    let mut rows = Vec::new();
    for version in tree.products.iter().flat_map(|p| &p.versions) {
        let charts = charts(version, counted)?;
        if charts.is_empty() {
            continue;
        }
        let row = RowView {
            product: &version.product,
            name: &version.name,
            test: version.test,
            href: format!("{}/{DIR}/index.html", version.dir()),
            repositories: charts.len(),
            now: PropagationView::of(charts.iter().filter_map(|c| c.counted.last()).map(|c| c.counts)),
        };
        draw_version(pages, version, &charts, &row, &start)?;
        rows.push(row);
    }
    let counted_at = counted.values().filter_map(|all| all.last()).map(|c| c.taken_at).max();
    let path = format!("{DIR}/index.html");
    let page = context! { versions => view(&rows), counted_at => counted_at.map(|at| at.to_string()) };
    pages.render("propagation.html", &path, std::slice::from_ref(&start), &page)?;
    let json = json::to_bytes(&JsonOverview {
        format: 1,
        versions: &rows,
    })?;
    pages.put(&json::json_path(&path), &json)
}

/// The repositories of a version of which something was counted, with their pictures, in the order of its pages.
fn charts<'a>(version: &'a VersionView, counted: &'a PropagationSamples) -> Result<Vec<ChartView<'a>>, PagesError> {
    let repositories = version
        .arches
        .iter()
        .flat_map(|a| a.repositories.iter().map(move |r| (a, r)));
    let known: Vec<(String, &[PropagationSample], PropagationSample)> = repositories
        .filter_map(|(arch, r)| {
            let all = counted.get(&r.id)?;
            Some((format!("{}/{}", r.name, arch.name), all.as_slice(), *all.last()?))
        })
        .collect();
    let frame = ChartAxes::from_samples(known.iter().flat_map(|(_, all, _)| all.iter().copied()));
    let draw = |(name, all, last): (String, &'a [PropagationSample], PropagationSample)| {
        let frame = frame.filter(|_| all.len() > 1);
        let svg = frame.map(|frame| chart::stacked(all, frame)).transpose();
        Ok(ChartView {
            svg: svg.map_err(|why| PagesError::Picture {
                name: name.clone(),
                why,
            })?,
            name,
            counted: all,
            counted_at: last.taken_at.to_string(),
            now: PropagationView::of(std::iter::once(last.counts)),
        })
    };
    known.into_par_iter().map(draw).collect()
}

fn draw_version(
    pages: &PageRenderer<'_>,
    version: &VersionView,
    charts: &[ChartView<'_>],
    row: &RowView<'_>,
    start: &Breadcrumb,
) -> Result<(), PagesError> {
    let crumbs = [
        start.clone(),
        Breadcrumb {
            name: "Propagation".to_owned(),
            href: format!("{DIR}/index.html"),
        },
    ];
    let frame = ChartAxes::from_samples(charts.iter().flat_map(|c| c.counted.iter().copied()));
    let page = context! { version => view(version), charts => view(charts), now => view(&row.now), days => frame.map(ChartAxes::days) };
    pages.render("spread.html", &row.href, &crumbs, &page)?;
    let repositories = charts.iter().map(|c| JsonRepository {
        name: &c.name,
        counted: c.counted.iter().map(moment).collect(),
    });
    let json = JsonVersion {
        format: 1,
        product: row.product,
        version: row.name,
        repositories: repositories.collect(),
    };
    pages.put(&json::json_path(&row.href), &json::to_bytes(&json)?)
}

fn moment(counted: &PropagationSample) -> JsonMoment {
    let [newest, one_behind, two_behind, older, no_answer] = counted.counts.parts();
    JsonMoment {
        at: counted.taken_at.0,
        newest,
        one_behind,
        two_behind,
        older,
        no_answer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Small, small};
    use super::*;
    use crate::model::Timestamp;

    const OVERVIEW: &str = "public/propagation/index.html";
    const PAGE: &str = "public/Fedora/43/propagation/index.html";

    fn counted(at: i64, [newest, one_behind, two_behind, older, no_info]: [u32; 5]) -> PropagationSample {
        PropagationSample {
            taken_at: Timestamp(at),
            counts: PropagationCounts {
                newest,
                one_behind,
                two_behind,
                older,
                inconclusive: no_info,
            },
        }
    }

    fn with(all: &[PropagationSample]) -> Small {
        let mut s = small();
        let id = s.s.world.repositories[0].id;
        s.history.propagation.insert(id, all.to_vec());
        s
    }

    #[test]
    fn what_was_counted_stands_in_pictures_and_numbers() {
        let s = with(&[
            counted(1_700_000_000, [1, 69, 0, 0, 0]),
            counted(1_700_086_400, [60, 5, 3, 1, 1]),
        ]);
        let page = s.page(PAGE);
        assert_eq!(page.matches("<svg").count(), 1, "{page}");
        assert!(
            page.contains("85 % carry the newest push: 60 newest, 5 one behind, 3 two behind, 1 older, 1 no answer"),
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
        assert_eq!(json["repositories"][0]["counted"][1]["one_behind"], 5);
        let json: serde_json::Value = serde_json::from_str(&s.page("public/propagation/index.json")).unwrap();
        assert_eq!(
            (&json["format"], &json["versions"][0]["now"]["percent"]),
            (&1.into(), &85.into())
        );
    }

    #[test]
    fn what_was_counted_once_is_no_picture_yet() {
        let page = with(&[counted(1_700_000_000, [0; 5])]).page(PAGE);
        assert!(!page.contains("<svg") && !page.contains("% carry"), "{page}");
        assert!(
            page.contains("Counted once, at <time datetime=\"2023-11-14T22:13:20Z\">"),
            "{page}"
        );
    }

    #[test]
    fn what_was_not_counted_has_no_page() {
        let s = small();
        assert!(s.page(OVERVIEW).contains("Nothing was counted yet."));
        assert!(!s.files().contains_key(PAGE));
        assert!(s.page("public/versions/index.html").contains("not counted"));
        assert!(!s.page("public/index.html").contains("newest push"));
        // Nor has what the pages do not show.
        let mut s = with(&[counted(1, [1; 5]), counted(2, [1; 5])]);
        s.s.world.versions.values_mut().for_each(|v| v.display = false);
        assert!(!s.files().keys().any(|path| path.contains("43")));
    }
}
