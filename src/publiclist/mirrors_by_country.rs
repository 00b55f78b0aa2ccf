//! Who carries the repositories of one architecture: continents and countries by name, mirrors by bandwidth and name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::continents;
use super::public_view::{LinkView, PublicView, RepositoryView, bandwidth, day, place, web_page};
use crate::model::ids::{HostCategoryId, HostId};
use crate::model::names::{CountryCode, DirPath};
use crate::model::registry::{Host, Site};

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ArchMirrors {
    continents: Vec<ContinentView>,
}

/// A continent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ContinentView {
    /// Two letters; none where it is not known, which comes last.
    code: Option<&'static str>,
    name: &'static str,
    mirrors: usize,
    countries: Vec<CountryView>,
}

/// A country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CountryView {
    /// Two letters; none for hosts without a country.
    code: Option<String>,
    name: String,
    mirrors: Vec<MirrorView>,
}

/// One mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MirrorView {
    pub(super) host: String,
    /// Its page.
    pub(super) page: Option<String>,
    pub(super) site: String,
    /// The page of the site, if it is one of the web.
    site_url: Option<String>,
    bandwidth: String,
    #[serde(skip)]
    pub(super) mbit: u32,
    /// The day when it was last checked; none where an admin vouches for it.
    pub(super) verified: Option<String>,
    /// The most pushes that it is behind in any of these.
    behind: Option<usize>,
    /// Of how many repositories it has anything.
    holds: usize,
    pub(super) carries: Vec<MirrorRepositoriesView>,
}

/// What it carries of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MirrorRepositoriesView {
    /// The top of the category, with a slash at the end.
    pub(super) bases: Vec<LinkView>,
    pub(super) holds: Vec<MirrorRepositoryView>,
}

/// A repository that a mirror holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MirrorRepositoryView {
    /// Its place among the repositories of the page.
    pub(super) place: usize,
    /// How many pushes it is behind, where that is known.
    pub(super) behind: Option<usize>,
}

/// Unknown last, then by name.
type Key<'w> = ((bool, &'static str), (bool, String, Option<&'w str>));

impl ArchMirrors {
    pub(super) fn of(facts: &PublicView<'_>, repositories: &[RepositoryView]) -> Self {
        let mut by_host: BTreeMap<HostId, BTreeMap<HostCategoryId, Vec<MirrorRepositoryView>>> = BTreeMap::new();
        for (place, r) in repositories.iter().enumerate() {
            for id in facts.holders(r.directory) {
                let Some((host, _)) = facts.host(id) else { continue };
                let behind = facts.behind(id, r.directory);
                let own = by_host.entry(host.id).or_default();
                own.entry(id).or_default().push(MirrorRepositoryView { place, behind });
            }
        }
        let mut grouped: BTreeMap<Key<'_>, Vec<MirrorView>> = BTreeMap::new();
        for carried in by_host.into_values() {
            let first = carried.keys().next().and_then(|id| facts.host(*id));
            let Some((host, site)) = first else { continue };
            let code = host.country.as_ref().map(CountryCode::as_str);
            let continent = facts.continents.get(host.country.as_ref());
            let key = (
                (continent.is_none(), continents::name(continent)),
                (code.is_none(), place(code), code),
            );
            grouped.entry(key).or_default().push(mirror(facts, host, site, carried));
        }
        let mut out: Vec<ContinentView> = Vec::new();
        for (((_, continent), (_, name, code)), mut mirrors) in grouped {
            mirrors.sort_by(|a, b| b.mbit.cmp(&a.mbit).then_with(|| a.host.cmp(&b.host)));
            if out.last().is_none_or(|last| last.name != continent) {
                out.push(ContinentView {
                    code: continents::code(continent),
                    name: continent,
                    mirrors: 0,
                    countries: Vec::new(),
                });
            }
            if let Some(last) = out.last_mut() {
                last.mirrors += mirrors.len();
                last.countries.push(CountryView {
                    code: code.map(str::to_owned),
                    name,
                    mirrors,
                });
            }
        }
        Self { continents: out }
    }

    /// Each mirror with the codes of its continent and country.
    pub(super) fn each(&self) -> impl Iterator<Item = (Option<&str>, Option<&str>, &MirrorView)> {
        self.continents.iter().flat_map(|continent| {
            (continent.countries.iter()).flat_map(move |country| {
                let mirrors = country.mirrors.iter();
                mirrors.map(move |m| (continent.code, country.code.as_deref(), m))
            })
        })
    }
}

fn mirror(
    facts: &PublicView<'_>,
    host: &Host,
    site: &Site,
    carried: BTreeMap<HostCategoryId, Vec<MirrorRepositoryView>>,
) -> MirrorView {
    let verified = carried.keys().filter_map(|id| facts.verified(*id)).min();
    let held = || carried.values().flatten();
    MirrorView {
        host: host.name.to_string(),
        page: facts.mirror_pages.get(&host.id).cloned(),
        site: site.name.to_string(),
        site_url: site.org_url.as_deref().and_then(web_page),
        bandwidth: bandwidth(host.bandwidth),
        mbit: host.bandwidth,
        verified: verified.map(day),
        behind: held().filter_map(|h| h.behind).max(),
        holds: held().count(),
        carries: (carried.into_iter())
            .map(|(id, holds)| MirrorRepositoriesView {
                bases: facts.urls(id).map(|u| LinkView::new(u, &DirPath::top())).collect(),
                holds,
            })
            .collect(),
    }
}
