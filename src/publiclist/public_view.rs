//! The public part of a publication: world-readable repositories, and the public mirrors that are listed for them.

use std::collections::{BTreeMap, BTreeSet};

use super::continents::Continents;
use super::push_lag::PushHistory;
use super::slug::{PAGE_FILES, Slugs};
use super::text::{day, format_minute};
use crate::model::Timestamp;
use crate::model::history::PageHistory;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::Inventory;
use crate::model::names::{DirPath, MirrorUrl};
use crate::model::registry::{Arch, DisabledBy, Host, Repository, Site, Version};
use crate::model::registry_data::RegistryData;
use crate::snapshot::full_name;
use crate::snapshot::publication::{InvertedIndex, Publication, host_is_active};

/// A repository on the pages.
#[derive(Debug, Clone)]
pub(super) struct PublicRepository<'r> {
    pub(super) row: &'r Repository,
    pub(super) version: &'r Version,
    pub(super) arch: &'r Arch,
    pub(super) directory: DirectoryId,
    /// The path of the directory below the topdir of its category.
    pub(super) path: &'r DirPath,
    /// The public hosts that are listed for it.
    pub(super) hosts: BTreeSet<HostId>,
}

#[derive(Debug)]
pub(super) struct PublicView<'r> {
    pub(super) publication: &'r Publication<'r>,
    pub(super) history: &'r PageHistory,
    pub(super) mirror_pages: BTreeMap<HostId, String>,
    pub(super) pushes: PushHistory<'r>,
    pub(super) continents: Continents,
    /// Listed host categories of public hosts, with their public URLs.
    host_categories: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    /// Covers the directories of repositories.
    mirrors: InvertedIndex<HostCategoryId>,
    /// Sorted by prefix and path.
    pub(super) repositories: Vec<PublicRepository<'r>>,
}

/// Returns the public hosts that have a page: enabled ones, and those that the crawler disabled and can re-enable.
pub(super) fn public_hosts(registry: &RegistryData) -> impl Iterator<Item = (&Host, &Site)> {
    registry.hosts.values().filter_map(|host| {
        let site = registry.sites.get(&host.site)?;
        let has_page = host_is_active(registry, host.id) || is_disabled_by_crawler(registry, host, site);
        (has_page && !host.is_private(site)).then_some((host, site))
    })
}

fn is_disabled_by_crawler(registry: &RegistryData, host: &Host, site: &Site) -> bool {
    let by_crawler = !host.user_active && host.disabled_by == Some(DisabledBy::Crawler);
    let embargoed = host.country.as_ref().is_some_and(|c| registry.embargoed.contains(c));
    by_crawler && host.admin_active && site.admin_active && site.user_active && !embargoed
}

impl<'r> PublicView<'r> {
    pub(super) fn new(publication: &'r Publication<'r>, history: &'r PageHistory) -> Self {
        let registry = publication.registry;
        let mut host_categories = publication.public_urls();
        host_categories.retain(|id, _| {
            let Some(hc) = registry.host_categories.get(id) else {
                return false;
            };
            let host = registry.hosts.get(&hc.host);
            let public = host.is_some_and(|h| registry.sites.get(&h.site).is_some_and(|s| !h.is_private(s)));
            let shown = registry.categories.get(&hc.category).is_some_and(|c| c.publiclist);
            public && shown && publication.listed.contains_key(id)
        });
        let directories = registry.repositories.iter().filter_map(|r| r.directory);
        let directories = directories.map(|d| d.0).collect();
        let mut slugs = Slugs::new(&PAGE_FILES);
        let mut page = |host: &Host| format!("mirrors/{}/", slugs.unique(host.name.as_str()));
        let mut view = Self {
            publication,
            history,
            mirror_pages: public_hosts(registry).map(|(h, _)| (h.id, page(h))).collect(),
            pushes: PushHistory::new(publication),
            continents: Continents::new(registry),
            host_categories,
            mirrors: publication.index_mirrors(&directories),
            repositories: Vec::new(),
        };
        let rows = registry.repositories.iter();
        view.repositories = rows.filter_map(|row| view.public_repository(row)).collect();
        view.repositories.sort_by_key(|r| (&r.row.prefix, r.path, r.row.id));
        view
    }

    fn public_repository(&self, row: &'r Repository) -> Option<PublicRepository<'r>> {
        let registry = self.publication.registry;
        let version = registry.versions.get(&row.version).filter(|v| v.display)?;
        registry.products.get(&version.product).filter(|p| p.publiclist)?;
        let arch = registry.arches.get(&row.arch).filter(|a| a.publiclist)?;
        let category = registry.categories.get(&row.category).filter(|c| c.publiclist)?;
        let directory = registry.directories.get(&row.directory?)?;
        if row.disabled || !directory.readable || directory.category != category.id {
            return None;
        }
        let mirrors = self.mirrors_for(directory.id);
        Some(PublicRepository {
            row,
            version,
            arch,
            directory: directory.id,
            path: &directory.path,
            hosts: mirrors.filter_map(|id| self.host(id)).map(|(h, _)| h.id).collect(),
        })
    }

    /// Returns the public host categories that are listed for the directory of a repository.
    pub(super) fn mirrors_for(&self, directory: DirectoryId) -> impl Iterator<Item = HostCategoryId> + '_ {
        let mirrors = self.mirrors.get(directory.0).iter().copied();
        mirrors.filter(|id| self.host_categories.contains_key(id))
    }

    pub(super) fn host(&self, id: HostCategoryId) -> Option<(&'r Host, &'r Site)> {
        let registry = self.publication.registry;
        let host = registry.hosts.get(&registry.host_categories.get(&id)?.host)?;
        Some((host, registry.sites.get(&host.site)?))
    }

    pub(super) fn urls(&self, id: HostCategoryId) -> impl Iterator<Item = &MirrorUrl> {
        self.host_categories.get(&id).into_iter().flatten()
    }

    /// Returns the public hosts that are listed for at least one directory.
    pub(super) fn hosts(&self) -> BTreeSet<HostId> {
        let ids = self.host_categories.keys();
        ids.filter_map(|id| self.host(*id)).map(|(h, _)| h.id).collect()
    }

    pub(super) fn count_countries(&self, hosts: &BTreeSet<HostId>) -> usize {
        let hosts = hosts.iter().filter_map(|id| self.publication.registry.hosts.get(id));
        hosts.filter_map(|h| h.country.as_ref()).collect::<BTreeSet<_>>().len()
    }

    /// Returns the day of the last crawl of any public mirror.
    pub(super) fn last_verified(&self) -> Option<String> {
        let ids = self.host_categories.keys();
        ids.filter_map(|id| self.verified(*id)).max().map(day)
    }

    pub(super) fn full_path(&self, category: CategoryId, path: &DirPath) -> String {
        let category = self.publication.registry.categories.get(&category);
        full_name(category.map_or("", |c| c.topdir.as_str()), path.as_str())
    }

    /// Returns the inventory of a host category; `None` if it is not crawled.
    fn inventory(&self, id: HostCategoryId) -> Option<&'r Inventory> {
        let registry = self.publication.registry;
        let is_crawled = !registry.host_categories.get(&id).is_some_and(|hc| hc.always_current);
        registry.inventories.get(&id).filter(|_| is_crawled)
    }

    /// Returns the time of the last crawl of a host category; `None` if it is not crawled.
    pub(super) fn verified(&self, id: HostCategoryId) -> Option<Timestamp> {
        self.inventory(id).map(|i| i.checked_at).filter(|at| at.0 > 0)
    }

    /// Returns the number of pushes that a host category is behind in a repository.
    pub(super) fn behind(&self, id: HostCategoryId, repository: DirectoryId) -> Option<usize> {
        self.pushes.behind(self.inventory(id)?, repository)
    }

    /// Returns the minute of the newest push of any public repository.
    pub(super) fn newest_push(&self) -> Option<String> {
        let pushes = self.repositories.iter().filter_map(|r| self.pushes.newest(r.directory));
        pushes.max().map(format_minute)
    }
}
