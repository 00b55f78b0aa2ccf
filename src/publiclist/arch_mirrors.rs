//! The mirrors of the repositories of one architecture.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::catalog::RepositoryView;
use super::continents;
use super::public_view::PublicView;
use super::text::{base_url, country_name, day, web_page};
use crate::model::ids::{HostCategoryId, HostId};
use crate::model::names::CountryCode;
use crate::model::registry::{Host, Site};

#[derive(Debug, Serialize)]
pub(super) struct ContinentView<'a> {
    code: Option<&'static str>,
    name: &'static str,
    /// The number of its mirrors.
    mirrors: usize,
    countries: Vec<CountryView<'a, ArchMirrorView>>,
}

#[derive(Debug, Serialize)]
pub(super) struct CountryView<'a, M> {
    pub(super) code: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) mirrors: &'a [M],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ArchMirrorView {
    host: String,
    page: Option<String>,
    site: String,
    site_url: Option<String>,
    country: Option<String>,
    #[serde(skip)]
    country_name: String,
    continent: Option<&'static str>,
    bandwidth_mbit: u32,
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

/// Returns the mirrors sorted by continent, country, bandwidth and name.
pub(super) fn collect(public: &PublicView<'_>, repositories: &[RepositoryView]) -> Vec<ArchMirrorView> {
    let mut by_host: BTreeMap<HostId, BTreeMap<HostCategoryId, Vec<MirrorRepositoryView>>> = BTreeMap::new();
    for (repository, r) in repositories.iter().enumerate() {
        for id in public.mirrors_for(r.directory_id) {
            let Some((host, _)) = public.host(id) else { continue };
            let behind = public.behind(id, r.directory_id);
            let categories = by_host.entry(host.id).or_default();
            let listed = categories.entry(id).or_default();
            listed.push(MirrorRepositoryView { repository, behind });
        }
    }
    let mut out: Vec<ArchMirrorView> = by_host
        .into_values()
        .filter_map(|categories| {
            let (host, site) = public.host(*categories.keys().next()?)?;
            Some(mirror(public, host, site, categories))
        })
        .collect();
    out.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    out
}

/// Unknown continents and countries come last.
fn sort_key(m: &ArchMirrorView) -> impl Ord + '_ {
    let continent = (m.continent.is_none(), continents::name(m.continent));
    let country = (m.country.is_none(), m.country_name.as_str(), m.country.as_deref());
    (continent, country, Reverse(m.bandwidth_mbit), m.host.as_str())
}

pub(super) fn group_by_continent(mirrors: &[ArchMirrorView]) -> Vec<ContinentView<'_>> {
    mirrors
        .chunk_by(|a, b| a.continent == b.continent)
        .map(|mirrors| {
            let code = mirrors.first().and_then(|m| m.continent);
            let countries = mirrors.chunk_by(|a, b| a.country == b.country);
            ContinentView {
                code,
                name: continents::name(code),
                mirrors: mirrors.len(),
                countries: countries.map(country_view).collect(),
            }
        })
        .collect()
}

fn country_view(mirrors: &[ArchMirrorView]) -> CountryView<'_, ArchMirrorView> {
    let first = mirrors.first();
    CountryView {
        code: first.and_then(|m| m.country.as_deref()),
        name: first.map_or("", |m| &m.country_name),
        mirrors,
    }
}

fn mirror(
    public: &PublicView<'_>,
    host: &Host,
    site: &Site,
    categories: BTreeMap<HostCategoryId, Vec<MirrorRepositoryView>>,
) -> ArchMirrorView {
    let verified = categories.keys().filter_map(|id| public.verified(*id)).min();
    let repositories = || categories.values().flatten();
    let country = host.country.as_ref().map(CountryCode::as_str);
    ArchMirrorView {
        host: host.name.to_string(),
        page: public.mirror_pages.get(&host.id).cloned(),
        site: site.name.to_string(),
        site_url: site.org_url.as_deref().and_then(web_page),
        country: country.map(str::to_owned),
        country_name: country_name(country),
        continent: public.continents.get(host.country.as_ref()),
        bandwidth_mbit: host.bandwidth,
        verified: verified.map(day),
        behind: repositories().filter_map(|r| r.behind).max(),
        repository_count: repositories().count(),
        carries: (categories.into_iter())
            .map(|(id, repositories)| MirrorRepositoriesView {
                urls: public.urls(id).map(base_url).collect(),
                repositories,
            })
            .collect(),
    }
}
