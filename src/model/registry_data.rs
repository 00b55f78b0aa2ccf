//! All data that publishing needs, read in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::history::HostDowntime;
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, HostCategoryId, HostId, ProductId, ScanSeq, SiteId, VersionId,
};
use crate::model::inventory::Inventory;
use crate::model::names::{CountryCode, DirPath};
use crate::model::registry::{
    Arch, Category, CountryContinent, Host, HostCategory, HostCategoryUrl, HostCountry, HostNetblock, HostPeerAsn,
    NetblockCountry, Product, Repository, RepositoryRedirect, Site, Version,
};

/// A directory of the master, as publishing needs it; vanished ones are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedDirectory {
    pub id: DirectoryId,
    pub category: CategoryId,
    /// The path below the topdir.
    pub path: DirPath,
    /// True if it is world-readable, with all directories above it.
    pub readable: bool,
    /// The names of all files in it, sorted; `None` if the file sample is incomplete.
    pub files: Option<Vec<String>>,
    /// The scan sequence of its last change.
    pub changed_seq: ScanSeq,
}

/// The database in memory at one moment. The maps are by the IDs of the rows.
#[derive(Debug, Clone, Default)]
pub struct RegistryData {
    pub read_at: Timestamp,
    pub products: BTreeMap<ProductId, Product>,
    pub versions: BTreeMap<VersionId, Version>,
    pub arches: BTreeMap<ArchId, Arch>,
    pub categories: BTreeMap<CategoryId, Category>,
    pub directories: BTreeMap<DirectoryId, PublishedDirectory>,
    /// All versions of files, by directory.
    pub details: BTreeMap<DirectoryId, Vec<FileDetail>>,
    /// In order of their ids.
    pub repositories: Vec<Repository>,
    /// In order of `from_repo`.
    pub redirects: Vec<RepositoryRedirect>,
    pub sites: BTreeMap<SiteId, Site>,
    pub hosts: BTreeMap<HostId, Host>,
    pub host_categories: BTreeMap<HostCategoryId, HostCategory>,
    /// In order of their ids.
    pub urls: Vec<HostCategoryUrl>,
    /// The current inventory of each crawled host category.
    pub inventories: BTreeMap<HostCategoryId, Inventory>,
    /// In order of host and block.
    pub netblocks: Vec<HostNetblock>,
    /// In order of host and number.
    pub peer_asns: Vec<HostPeerAsn>,
    /// Countries whose clients a host serves; without a row, all of them.
    pub allowed_countries: Vec<HostCountry>,
    /// Countries whose clients a host does not serve.
    pub denied_countries: Vec<HostCountry>,
    /// Exceptions from the GeoIP database.
    pub netblock_countries: Vec<NetblockCountry>,
    /// Exceptions from the built-in table.
    pub country_continents: Vec<CountryContinent>,
    /// Countries whose mirrors and clients are not served.
    pub embargoed: BTreeSet<CountryCode>,
    /// Downtimes that have not ended, also those that have not started, by start.
    pub downtimes: BTreeMap<HostId, Vec<HostDowntime>>,
}

impl RegistryData {
    /// Returns the name of a repository: `prefix/arch`, or the path of its directory if clients cannot request it.
    pub(crate) fn repository_name(&self, repository: &Repository) -> String {
        match (&repository.prefix, self.arches.get(&repository.arch)) {
            (Some(prefix), Some(arch)) => format!("{prefix}/{}", arch.name),
            (_, _) => repository.name.clone(),
        }
    }
}
