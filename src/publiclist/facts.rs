//! What the pages may show: repositories the world may see, and the public mirrors that really hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::mirrorlist::build::{Inverted, Listing};
use crate::model::Epoch;
use crate::model::country;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, RepositoryId};
use crate::model::names::{DirPath, MirrorUrl};
use crate::model::registry::{Arch, Host, Product, Repository, Site, Version};

/// A repository that the pages show.
#[derive(Debug, Clone)]
pub(super) struct Shown<'w> {
    /// Its row.
    pub(super) row: &'w Repository,
    /// Of which product.
    pub(super) product: &'w Product,
    /// Of which version.
    pub(super) version: &'w Version,
    /// For which architecture.
    pub(super) arch: &'w Arch,
    /// Its directory.
    pub(super) directory: DirectoryId,
    /// Where that lies below the top of its category.
    pub(super) path: &'w DirPath,
    /// The public hosts that are listed for it.
    pub(super) hosts: BTreeSet<HostId>,
}

/// The public part of a listing.
#[derive(Debug)]
pub(super) struct Facts<'w> {
    listing: &'w Listing<'w>,
    /// Categories of public hosts, with the URLs that pages may show.
    mirrors: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    /// Of the directories of repositories.
    holders: Inverted<HostCategoryId>,
    /// In order of their names and directories.
    pub(super) repositories: Vec<Shown<'w>>,
}

/// A repository on the page of its version and architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RepositoryView {
    /// What clients ask for; else where it lies.
    pub(super) name: String,
    /// What clients send as `repo=`, if they can.
    pub(super) prefix: Option<String>,
    /// Its full path, as clients ask for it with `path=`.
    pub(super) path: String,
    /// How many mirrors hold it.
    pub(super) mirrors: usize,
    #[serde(skip)]
    pub(super) id: RepositoryId,
    #[serde(skip)]
    pub(super) directory: DirectoryId,
}

/// The mirrors of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CountryView {
    /// Two letters; `none` for hosts without a country.
    code: String,
    name: String,
    mirrors: Vec<MirrorView>,
}

/// One mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MirrorView {
    host: String,
    site: String,
    /// The page of the site, if it is one of the web.
    site_url: Option<String>,
    bandwidth: String,
    /// The day when it was last checked; none where an admin vouches for it.
    verified: Option<String>,
    holds: Vec<HeldView>,
}

/// A repository that a mirror holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct HeldView {
    name: String,
    links: Vec<LinkView>,
}

/// A link right into the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LinkView {
    protocol: &'static str,
    url: String,
}

/// Whether it is not known (these come last), name, code.
type CountryKey<'a> = (bool, &'a str, &'a str);

impl<'w> Facts<'w> {
    /// Sorts out what is public.
    pub(super) fn gather(listing: &'w Listing<'w>) -> Self {
        let world = listing.world;
        let mut mirrors = listing.public_urls();
        mirrors.retain(|id, _| {
            let Some(hc) = world.host_categories.get(id) else {
                return false;
            };
            let host = world.hosts.get(&hc.host);
            let public = host.is_some_and(|h| world.sites.get(&h.site).is_some_and(|s| !h.is_private(s)));
            let shown = world.categories.get(&hc.category).is_some_and(|c| c.publiclist);
            public && shown && listing.listed.contains_key(id)
        });
        let tops = world.repositories.iter().filter_map(|r| r.directory);
        let tops = tops.map(|d| d.0).collect();
        let mut facts = Self {
            listing,
            mirrors,
            holders: listing.holders_of(&tops),
            repositories: Vec::new(),
        };
        let rows = world.repositories.iter();
        facts.repositories = rows.filter_map(|row| facts.shown(row)).collect();
        facts.repositories.sort_by_key(|r| (&r.row.prefix, r.path, r.row.id));
        facts
    }

    fn shown(&self, row: &'w Repository) -> Option<Shown<'w>> {
        let world = self.listing.world;
        let version = world.versions.get(&row.version).filter(|v| v.display)?;
        let product = world.products.get(&version.product).filter(|p| p.publiclist)?;
        let arch = world.arches.get(&row.arch).filter(|a| a.publiclist)?;
        let category = world.categories.get(&row.category).filter(|c| c.publiclist)?;
        let directory = world.directories.get(&row.directory?)?;
        if row.disabled || !directory.readable || directory.category != category.id {
            return None;
        }
        let holders = self.holders(directory.id);
        Some(Shown {
            row,
            product,
            version,
            arch,
            directory: directory.id,
            path: &directory.path,
            hosts: holders.filter_map(|id| self.host(id)).map(|(h, _)| h.id).collect(),
        })
    }

    /// The public categories of hosts that are listed for a directory.
    fn holders(&self, directory: DirectoryId) -> impl Iterator<Item = HostCategoryId> + '_ {
        let holders = self.holders.of(directory.0).iter().copied();
        holders.filter(|id| self.mirrors.contains_key(id))
    }

    fn host(&self, id: HostCategoryId) -> Option<(&'w Host, &'w Site)> {
        let world = self.listing.world;
        let host = world.hosts.get(&world.host_categories.get(&id)?.host)?;
        Some((host, world.sites.get(&host.site)?))
    }

    /// The public hosts that are listed for anything.
    pub(super) fn hosts(&self) -> BTreeSet<HostId> {
        let ids = self.mirrors.keys();
        ids.filter_map(|id| self.host(*id)).map(|(h, _)| h.id).collect()
    }

    /// In how many countries hosts stand.
    pub(super) fn countries(&self, hosts: &BTreeSet<HostId>) -> usize {
        let hosts = hosts.iter().filter_map(|id| self.listing.world.hosts.get(id));
        hosts.filter_map(|h| h.country.as_ref()).collect::<BTreeSet<_>>().len()
    }

    /// The day of the last check of any public mirror.
    pub(super) fn last_verified(&self) -> Option<String> {
        let ids = self.mirrors.keys();
        ids.filter_map(|id| self.listing.world.holdings.get(id))
            .map(|h| h.checked_at)
            .max()
            .map(day)
    }

    /// The full path of a directory.
    pub(super) fn full_path(&self, category: CategoryId, path: &DirPath) -> String {
        let topdir = self.listing.world.categories.get(&category).map(|c| c.topdir.as_str());
        crate::mirrorlist::snapshot::full_name(topdir.unwrap_or_default(), path.as_str())
    }

    /// Who holds any of these repositories, by country: countries by name, mirrors by bandwidth and name.
    pub(super) fn mirrors_of(&self, repositories: &[RepositoryView]) -> Vec<CountryView> {
        let mut by_host: BTreeMap<HostId, (HostCategoryId, Vec<HeldView>)> = BTreeMap::new();
        for r in repositories {
            let Some(directory) = self.listing.world.directories.get(&r.directory) else {
                continue;
            };
            for id in self.holders(r.directory) {
                let Some((host, _)) = self.host(id) else { continue };
                let urls = self.mirrors.get(&id).into_iter().flatten();
                by_host
                    .entry(host.id)
                    .or_insert_with(|| (id, Vec::new()))
                    .1
                    .push(HeldView {
                        name: r.name.clone(),
                        links: urls.map(|u| link(u, &directory.path)).collect(),
                    });
            }
        }
        // Hosts without a country come last.
        let mut countries: BTreeMap<CountryKey<'_>, Vec<(u32, MirrorView)>> = BTreeMap::new();
        for (id, holds) in by_host.into_values() {
            let Some((host, site)) = self.host(id) else { continue };
            let key = match &host.country {
                Some(code) => (false, country::name(code.as_str()), code.as_str()),
                None => (true, "Country not known", "none"),
            };
            let mirror = self.mirror(id, host, site, holds);
            countries.entry(key).or_default().push((host.bandwidth, mirror));
        }
        countries
            .into_iter()
            .map(|((_, name, code), mut mirrors)| {
                mirrors.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.host.cmp(&b.1.host)));
                CountryView {
                    code: code.to_owned(),
                    name: name.to_owned(),
                    mirrors: mirrors.into_iter().map(|(_, m)| m).collect(),
                }
            })
            .collect()
    }

    fn mirror(&self, id: HostCategoryId, host: &Host, site: &Site, holds: Vec<HeldView>) -> MirrorView {
        MirrorView {
            host: host.name.to_string(),
            site: site.name.to_string(),
            site_url: site.org_url.as_deref().and_then(web_page),
            bandwidth: bandwidth(host.bandwidth),
            verified: self.listing.world.holdings.get(&id).map(|h| day(h.checked_at)),
            holds,
        }
    }
}

/// The UTC day of a moment: what changes with every crawl would make every page a new one.
pub(super) fn day(at: Epoch) -> String {
    let text = at.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

fn link(base: &MirrorUrl, path: &DirPath) -> LinkView {
    let mut url = base.as_str().to_owned();
    if !path.is_top() {
        url.push('/');
        url.push_str(&path.to_url_path());
    }
    url.push('/');
    LinkView {
        protocol: base.protocol().as_str(),
        url,
    }
}

/// An address typed by a person, if it is a page of the web.
fn web_page(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty());
    (web && url.password().is_none()).then(|| url.to_string())
}

/// `100 Mbit/s`, `2.5 Gbit/s`.
fn bandwidth(mbit: u32) -> String {
    let (whole, tenth) = (mbit / 1_000, mbit % 1_000 / 100);
    match (whole, tenth) {
        (0, _) => format!("{mbit} Mbit/s"),
        (_, 0) => format!("{whole} Gbit/s"),
        (_, _) => format!("{whole}.{tenth} Gbit/s"),
    }
}
