//! Who clients of a repository are sent to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::file::FileDetail;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId};
use crate::publish::policy::{Publication, REPOMD};

/// The holders of repositories, by a listing. Made once for as many repositories as are asked for.
#[derive(Debug)]
pub struct RepositoryMirrors<'l, 'w> {
    listing: &'l Publication<'w>,
    /// Categories of hosts that have an address an answer can name.
    carried: BTreeMap<HostCategoryId, HostId>,
}

impl<'l, 'w> RepositoryMirrors<'l, 'w> {
    /// By this listing.
    pub fn new(listing: &'l Publication<'w>) -> Self {
        let with_url = listing.public_urls();
        let carried = listing
            .listed
            .keys()
            .filter(|id| with_url.contains_key(id))
            .filter_map(|id| Some((*id, listing.world.host_categories.get(id)?.host)))
            .collect();
        Self { listing, carried }
    }

    /// The hosts that clients of a repository in this directory are sent to: those listed for its `repodata`, or for itself
    /// where it has none.
    pub fn of(&self, directory: DirectoryId) -> BTreeSet<HostId> {
        let readable = |d: &DirectoryId| self.listing.world.directories.get(d).is_some_and(|d| d.readable);
        let asked = self.repodata(directory).filter(readable).unwrap_or(directory);
        let holders = self.listing.mirrors_for(asked);
        holders.filter_map(|id| self.carried.get(&id).copied()).collect()
    }

    /// The `repodata` right below a directory.
    pub fn repodata(&self, directory: DirectoryId) -> Option<DirectoryId> {
        self.listing.repodata.get(&directory).copied()
    }

    /// The newest version of its `repomd.xml`, whether or not the world may read it.
    pub fn newest(&self, directory: DirectoryId) -> Option<&'w FileDetail> {
        let details = self.listing.world.details.get(&self.repodata(directory)?)?;
        details
            .iter()
            .find(|d| d.file.filename == REPOMD && d.superseded_gen.is_none())
    }
}
