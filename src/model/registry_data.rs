//! Everything that publishing decides from, read in one transaction.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, HostCategoryId, HostId, ProductId, ScanSeq, SiteId, VersionId,
};
use crate::model::inventory::Inventory;
use crate::model::names::{CountryCode, DirPath};
use crate::model::registry::{
    Arch, Category, CountryContinent, Host, HostCategory, HostCategoryUrl, HostCountry, HostNetblock, HostPeerAsn,
    NetblockCountry, Product, Repository, RepositoryRedirect, Site, Version,
};

/// A directory of the master as publishing sees it; vanished ones are not in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedDirectory {
    /// Its row.
    pub id: DirectoryId,
    /// In which category.
    pub category: CategoryId,
    /// Below its top.
    pub path: DirPath,
    /// Whether the world may read it.
    pub readable: bool,
    /// Names of all files in it, sorted; none where its short list does not name every file.
    pub files: Option<Vec<String>>,
    /// In which generation it last changed.
    pub changed_seq: ScanSeq,
}

/// The database in memory, at one moment.
#[derive(Debug, Clone, Default)]
pub struct RegistryData {
    /// When it was read.
    pub read_at: Timestamp,
    /// By id.
    pub products: BTreeMap<ProductId, Product>,
    /// By id.
    pub versions: BTreeMap<VersionId, Version>,
    /// By id.
    pub arches: BTreeMap<ArchId, Arch>,
    /// By id.
    pub categories: BTreeMap<CategoryId, Category>,
    /// By id.
    pub directories: BTreeMap<DirectoryId, PublishedDirectory>,
    /// All versions of files, by directory.
    pub details: BTreeMap<DirectoryId, Vec<FileDetail>>,
    /// In order of their ids.
    pub repositories: Vec<Repository>,
    /// In order of `from_repo`.
    pub redirects: Vec<RepositoryRedirect>,
    /// By id.
    pub sites: BTreeMap<SiteId, Site>,
    /// By id.
    pub hosts: BTreeMap<HostId, Host>,
    /// By id.
    pub host_categories: BTreeMap<HostCategoryId, HostCategory>,
    /// In order of their ids.
    pub urls: Vec<HostCategoryUrl>,
    /// The last state of each crawled category of a host.
    pub inventories: BTreeMap<HostCategoryId, Inventory>,
    /// In order of host and block.
    pub netblocks: Vec<HostNetblock>,
    /// In order of host and number.
    pub peer_asns: Vec<HostPeerAsn>,
    /// Clients a host is for; a host without a row is for all.
    pub allowed_countries: Vec<HostCountry>,
    /// Clients a host is not for.
    pub denied_countries: Vec<HostCountry>,
    /// Over GeoIP.
    pub netblock_countries: Vec<NetblockCountry>,
    /// Over the built-in table.
    pub country_continents: Vec<CountryContinent>,
    /// Countries whose mirrors and clients are not served.
    pub embargoed: BTreeSet<CountryCode>,
}

impl RegistryData {
    /// What a repository is called: `prefix/arch`, or the full name of its directory where clients cannot ask for it.
    pub fn repository_name(&self, repository: &Repository) -> String {
        match (&repository.prefix, self.arches.get(&repository.arch)) {
            (Some(prefix), Some(arch)) => format!("{prefix}/{}", arch.name),
            (_, _) => repository.name.clone(),
        }
    }
}
