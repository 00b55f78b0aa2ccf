//! The mirrors of the repositories of one architecture.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use derive_more::AsRef;
use itertools::Itertools;
use serde::Serialize;

use super::catalog::RepositoryView;
use super::continents;
use super::host_view::{CountryView, HostView, group_by_country};
use super::public_view::PublicView;
use super::text::{base_url, day};
use crate::model::ids::{HostCategoryId, HostId};

#[derive(Debug, Serialize)]
pub(super) struct ContinentView<'a> {
    code: Option<&'static str>,
    name: &'static str,
    /// The number of its mirrors.
    mirrors: usize,
    countries: Vec<CountryView<'a, ArchMirrorView<'a>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, AsRef)]
pub(super) struct ArchMirrorView<'a> {
    #[as_ref]
    #[serde(flatten)]
    host: HostView<'a>,
    /// The day of the last crawl; `None` if the mirror is always-current.
    verified: Option<String>,
    /// The largest number of pushes that it is behind in one of the repositories.
    behind: Option<usize>,
    repository_count: usize,
    carries: Vec<MirrorRepositoriesView>,
}

/// The repositories of one category on a mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MirrorRepositoriesView {
    /// URLs of the category, with a slash at the end.
    urls: Vec<String>,
    repositories: Vec<MirrorRepositoryView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MirrorRepositoryView {
    /// The index in the list of repositories of the page.
    repository: usize,
    /// The number of pushes that it is behind, if known.
    behind: Option<usize>,
}

type ByCategory = BTreeMap<HostCategoryId, Vec<MirrorRepositoryView>>;

/// Returns the mirrors sorted by continent, country, bandwidth and name.
pub(super) fn collect<'a>(public: &'a PublicView<'_>, repositories: &[RepositoryView]) -> Vec<ArchMirrorView<'a>> {
    let mut by_host: BTreeMap<HostId, ByCategory> = BTreeMap::new();
    for (repository, r) in repositories.iter().enumerate() {
        for id in public.mirrors_for(r.directory_id) {
            let Some((host, _)) = public.host(id) else { continue };
            let behind = public.behind(id, r.directory_id);
            let listed = by_host.entry(host.id).or_default().entry(id).or_default();
            listed.push(MirrorRepositoryView { repository, behind });
        }
    }
    let mirrors = by_host
        .into_values()
        .filter_map(|categories| mirror(public, categories));
    mirrors.sorted_by(|a, b| sort_key(a).cmp(&sort_key(b))).collect()
}

/// Unknown continents and countries come last.
fn sort_key(ArchMirrorView { host, .. }: &ArchMirrorView<'_>) -> impl Ord {
    let continent = (host.continent.is_none(), continents::name(host.continent));
    (continent, host.country_key(), Reverse(host.bandwidth_mbit), host.name)
}

pub(super) fn group_by_continent<'a>(mirrors: &'a [ArchMirrorView<'_>]) -> Vec<ContinentView<'a>> {
    mirrors
        .chunk_by(|a, b| a.host.continent == b.host.continent)
        .map(|mirrors| {
            let code = mirrors.first().and_then(|m| m.host.continent);
            ContinentView {
                code,
                name: continents::name(code),
                mirrors: mirrors.len(),
                countries: group_by_country(mirrors),
            }
        })
        .collect()
}

fn mirror<'a>(public: &'a PublicView<'_>, categories: ByCategory) -> Option<ArchMirrorView<'a>> {
    let (host, site) = public.host(*categories.keys().next()?)?;
    let verified = categories.keys().filter_map(|id| public.verified(*id)).min();
    let repositories = || categories.values().flatten();
    Some(ArchMirrorView {
        host: HostView::new(public, host, site),
        verified: verified.map(day),
        behind: repositories().filter_map(|r| r.behind).max(),
        repository_count: repositories().count(),
        carries: (categories.into_iter())
            .map(|(id, repositories)| MirrorRepositoriesView {
                urls: public.urls(id).map(base_url).collect(),
                repositories,
            })
            .collect(),
    })
}
