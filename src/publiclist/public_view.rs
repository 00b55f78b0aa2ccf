//! What the pages may show: repositories the world may see, and the public mirrors that really hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::continents::Continents;
use super::mirror;
use super::push_lag::PushHistory;
use crate::model::Timestamp;
use crate::model::country;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId, RepositoryId};
use crate::model::inventory::Inventory;
use crate::model::names::{DirPath, MirrorUrl};
use crate::model::registry::{Arch, Host, Product, Repository, Site, Version};
use crate::snapshot::publication::{InvertedIndex, Publication};

/// A repository that the pages show.
#[derive(Debug, Clone)]
pub(super) struct PublicRepository<'w> {
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
pub(super) struct PublicView<'w> {
    pub(super) listing: &'w Publication<'w>,
    /// Where the pages of hosts are.
    pub(super) mirror_pages: BTreeMap<HostId, String>,
    pub(super) pushes: PushHistory<'w>,
    pub(super) continents: Continents,
    /// Categories of public hosts, with the URLs that pages may show.
    mirrors: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    /// Of the directories of repositories.
    holders: InvertedIndex<HostCategoryId>,
    /// In order of their names and directories.
    pub(super) repositories: Vec<PublicRepository<'w>>,
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
    /// What follows the address of its category on a mirror, with a slash at the end.
    pub(super) below: String,
    #[serde(skip)]
    pub(super) id: RepositoryId,
    #[serde(skip)]
    pub(super) directory: DirectoryId,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LinkView {
    pub(super) protocol: &'static str,
    pub(super) url: String,
}

impl<'w> PublicView<'w> {
    /// Sorts out what is public.
    pub(super) fn from_publication(listing: &'w Publication<'w>) -> Self {
        let world = listing.registry;
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
            mirror_pages: mirror::places(world),
            pushes: PushHistory::of(world),
            continents: Continents::of(world),
            mirrors,
            holders: listing.index_mirrors(&tops),
            repositories: Vec::new(),
        };
        let rows = world.repositories.iter();
        facts.repositories = rows.filter_map(|row| facts.shown(row)).collect();
        facts.repositories.sort_by_key(|r| (&r.row.prefix, r.path, r.row.id));
        facts
    }

    fn shown(&self, row: &'w Repository) -> Option<PublicRepository<'w>> {
        let world = self.listing.registry;
        let version = world.versions.get(&row.version).filter(|v| v.display)?;
        let product = world.products.get(&version.product).filter(|p| p.publiclist)?;
        let arch = world.arches.get(&row.arch).filter(|a| a.publiclist)?;
        let category = world.categories.get(&row.category).filter(|c| c.publiclist)?;
        let directory = world.directories.get(&row.directory?)?;
        if row.disabled || !directory.readable || directory.category != category.id {
            return None;
        }
        let holders = self.holders(directory.id);
        Some(PublicRepository {
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
    pub(super) fn holders(&self, directory: DirectoryId) -> impl Iterator<Item = HostCategoryId> + '_ {
        let holders = self.holders.get(directory.0).iter().copied();
        holders.filter(|id| self.mirrors.contains_key(id))
    }

    pub(super) fn host(&self, id: HostCategoryId) -> Option<(&'w Host, &'w Site)> {
        let world = self.listing.registry;
        let host = world.hosts.get(&world.host_categories.get(&id)?.host)?;
        Some((host, world.sites.get(&host.site)?))
    }

    /// The addresses of a public category of a host.
    pub(super) fn urls(&self, id: HostCategoryId) -> impl Iterator<Item = &MirrorUrl> {
        self.mirrors.get(&id).into_iter().flatten()
    }

    /// The public hosts that are listed for anything.
    pub(super) fn hosts(&self) -> BTreeSet<HostId> {
        let ids = self.mirrors.keys();
        ids.filter_map(|id| self.host(*id)).map(|(h, _)| h.id).collect()
    }

    /// In how many countries hosts stand.
    pub(super) fn countries(&self, hosts: &BTreeSet<HostId>) -> usize {
        let hosts = hosts.iter().filter_map(|id| self.listing.registry.hosts.get(id));
        hosts.filter_map(|h| h.country.as_ref()).collect::<BTreeSet<_>>().len()
    }

    /// The day of the last check of any public mirror.
    pub(super) fn last_verified(&self) -> Option<String> {
        let ids = self.mirrors.keys();
        ids.filter_map(|id| self.verified(*id)).max().map(day)
    }

    /// The full path of a directory.
    pub(super) fn full_path(&self, category: CategoryId, path: &DirPath) -> String {
        let topdir = self
            .listing
            .registry
            .categories
            .get(&category)
            .map(|c| c.topdir.as_str());
        crate::snapshot::full_name(topdir.unwrap_or_default(), path.as_str())
    }

    /// What the last crawl saw of a category; `None` where nobody looks.
    fn seen(&self, id: HostCategoryId) -> Option<&'w Inventory> {
        let world = self.listing.registry;
        let always = world.host_categories.get(&id).is_some_and(|hc| hc.always_up2date);
        world.inventories.get(&id).filter(|_| !always)
    }

    /// When a category was last checked; `None` where nobody looks.
    pub(super) fn verified(&self, id: HostCategoryId) -> Option<Timestamp> {
        self.seen(id).map(|h| h.checked_at).filter(|at| at.0 > 0)
    }

    /// How many pushes it is behind in a repository.
    pub(super) fn behind(&self, id: HostCategoryId, repository: DirectoryId) -> Option<usize> {
        self.pushes.behind(self.seen(id)?, repository)
    }

    /// When the newest metadata of any shown repository came.
    pub(super) fn newest_push(&self) -> Option<String> {
        let pushes = self.repositories.iter().filter_map(|r| self.pushes.newest(r.directory));
        pushes.max().map(minute)
    }
}

/// The UTC day of a moment: what changes with every crawl would make every page a new one.
pub(super) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The UTC minute of a moment.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let shown = text.get(..16).unwrap_or(&text);
    shown.replace('T', " ")
}

/// The name of a country, for people.
pub(super) fn place(code: Option<&str>) -> String {
    match code {
        None => "Country not known".to_owned(),
        Some(code) if country::is_assigned(code) => country::name(code).to_owned(),
        Some(code) => format!("{code} (no country has this code)"),
    }
}

impl LinkView {
    pub(super) fn new(base: &MirrorUrl, path: &DirPath) -> Self {
        let mut url = base.as_str().to_owned();
        if !path.is_top() {
            url.push('/');
            url.push_str(&path.to_url_path());
        }
        url.push('/');
        Self {
            protocol: base.protocol().as_str(),
            url,
        }
    }
}

/// An address typed by a person, if it is a page of the web.
pub(super) fn web_page(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty());
    (web && url.password().is_none()).then(|| url.to_string())
}

/// `100 Mbit/s`, `2.5 Gbit/s`.
pub(super) fn bandwidth(mbit: u32) -> String {
    let (whole, tenth) = (mbit / 1_000, mbit % 1_000 / 100);
    match (whole, tenth) {
        (0, _) => format!("{mbit} Mbit/s"),
        (_, 0) => format!("{whole} Gbit/s"),
        (_, _) => format!("{whole}.{tenth} Gbit/s"),
    }
}
