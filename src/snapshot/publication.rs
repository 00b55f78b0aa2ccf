//! The publication: the directories that each mirror is listed for, and the file versions that are offered.
//!
//! `publish` computes it from the registry and the inventories; the snapshot and the public pages are both written from it, so
//! that they never differ.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use crate::model::file::FileDetail;
use crate::model::history::HostDowntime;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId};
use crate::model::names::MirrorUrl;
use crate::model::registry_data::RegistryData;

mod inverted_index;
mod repository_mirrors;

pub(crate) use inverted_index::InvertedIndex;
pub(crate) use repository_mirrors::RepositoryMirrors;

/// The file whose versions make a repository current, outdated or of unknown hash.
pub(crate) const REPOMD: &str = "repomd.xml";
/// The directory of a repository that contains [`REPOMD`].
pub(crate) const REPODATA: &str = "repodata";

/// The offered versions of the files of one directory: name → versions, newest first.
pub(crate) type OfferedFiles<'r> = BTreeMap<&'r str, Vec<&'r FileDetail>>;

/// Each directory with a `repodata` directly below it → that `repodata`.
pub(crate) type RepodataDirs = BTreeMap<DirectoryId, DirectoryId>;

/// Listed mirrors and offered file versions.
#[derive(Debug, Clone)]
pub struct Publication<'r> {
    /// The registry it was computed from.
    pub registry: &'r RegistryData,
    /// The hosts that are not listed because of a downtime.
    pub(crate) downtimes: BTreeMap<HostId, &'r HostDowntime>,
    /// The directories (by ID) that each host category is listed for; host categories without any are left out.
    pub listed: BTreeMap<HostCategoryId, RoaringBitmap>,
    /// Offered files by directory; files without an offered version are left out.
    pub offered: BTreeMap<DirectoryId, OfferedFiles<'r>>,
    /// Includes directories that are not world-readable.
    pub(crate) repodata: RepodataDirs,
}

impl Publication<'_> {
    /// Returns true if a host may be listed at all: it is active, and in no downtime that takes it off.
    pub(crate) fn may_be_listed(&self, host: HostId) -> bool {
        host_is_active(self.registry, host) && !self.downtimes.contains_key(&host)
    }

    /// Returns the host categories that are listed for a directory, sorted by ID.
    pub fn mirrors_for(&self, directory: DirectoryId) -> impl Iterator<Item = HostCategoryId> + '_ {
        self.listed
            .iter()
            .filter(move |(_, set)| set.contains(directory.0))
            .map(|(id, _)| *id)
    }

    /// Returns an index of the host categories that are listed for each of `directories`, sorted by ID.
    pub(crate) fn index_mirrors(&self, directories: &RoaringBitmap) -> InvertedIndex<HostCategoryId> {
        InvertedIndex::new(self.listed.iter().map(|(id, set)| (*id, set)), directories)
    }

    /// Returns the host categories that a response can name: listed for at least one directory, with a public URL.
    pub(crate) fn named_host_categories(&self) -> BTreeMap<HostCategoryId, HostId> {
        let urls = self.public_urls();
        let named = self.listed.keys().filter(|id| urls.contains_key(id));
        named
            .filter_map(|id| Some((*id, self.registry.host_categories.get(id)?.host)))
            .collect()
    }

    /// Returns the hosts that a response can name.
    pub(crate) fn named_hosts(&self) -> BTreeSet<HostId> {
        self.named_host_categories().into_values().collect()
    }

    /// Returns the public URLs of each host category that has any, sorted by protocol (https first) and then by age.
    pub(crate) fn public_urls(&self) -> BTreeMap<HostCategoryId, Vec<MirrorUrl>> {
        let mut out: BTreeMap<HostCategoryId, Vec<MirrorUrl>> = BTreeMap::new();
        for u in self.registry.urls.iter().filter(|u| !u.private) {
            out.entry(u.host_category).or_default().push(u.url.clone());
        }
        for urls in out.values_mut() {
            urls.sort_by_key(MirrorUrl::protocol);
        }
        out
    }
}

/// Returns true if a host is active: it and its site are enabled, and its country is not embargoed.
pub(crate) fn host_is_active(registry: &RegistryData, host: HostId) -> bool {
    let Some(host) = registry.hosts.get(&host) else {
        return false;
    };
    let active = registry.sites.get(&host.site).is_some_and(|site| host.is_active(site));
    active && host.country.as_ref().is_none_or(|c| !registry.embargoed.contains(c))
}
