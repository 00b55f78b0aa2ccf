//! Small registries for tests, built row by row.

use roaring::RoaringBitmap;

use crate::config::Config;
use crate::model::Timestamp;
use crate::model::file::{FileDetail, Hashes, ScannedDetail};
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, FileDetailId, HostCategoryId, HostId, ProductId, RepositoryId, ScanSeq, SiteId,
    UrlId, VersionId,
};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::registry::{Arch, Category, Host, HostCategory, HostCategoryUrl, Product, Repository, Site, Version};
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::publish::policy::Policy;

/// The category of every [`Sample`].
pub(crate) const CATEGORY: CategoryId = CategoryId(1);
/// The architecture of every [`Sample`].
pub(crate) const ARCH: ArchId = ArchId(1);
/// The product of every [`Sample`].
pub(crate) const PRODUCT: ProductId = ProductId(1);

/// A registry that tests extend.
pub(crate) struct Sample {
    pub(crate) registry: RegistryData,
    next: i64,
}

impl Sample {
    /// Creates a registry with one product, `Fedora`; one architecture, `x86_64`; one category, `Fedora Linux` at `pub/fedora/linux`.
    pub(crate) fn new() -> Self {
        let mut registry = RegistryData::default();
        registry.products.insert(
            PRODUCT,
            Product {
                id: PRODUCT,
                name: "Fedora".parse().unwrap(),
                publiclist: true,
            },
        );
        registry.arches.insert(
            ARCH,
            Arch {
                id: ARCH,
                name: "x86_64".parse().unwrap(),
                publiclist: true,
                primary_arch: true,
            },
        );
        registry.categories.insert(
            CATEGORY,
            Category {
                id: CATEGORY,
                name: "Fedora Linux".parse().unwrap(),
                product: PRODUCT,
                topdir: "pub/fedora/linux".parse().unwrap(),
                canonicalhost: None,
                publiclist: true,
                admin_only: false,
            },
        );
        Self { registry, next: 100 }
    }

    fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// Adds a world-readable directory.
    pub(crate) fn directory(&mut self, path: &str) -> DirectoryId {
        let id = DirectoryId(u32::try_from(self.id()).unwrap());
        self.registry.directories.insert(
            id,
            PublishedDirectory {
                id,
                category: CATEGORY,
                path: path.parse().unwrap(),
                readable: true,
                files: Some(Vec::new()),
                changed_seq: ScanSeq(1),
            },
        );
        id
    }

    /// Adds a version of `repomd.xml` that scan `first` found at `seen`; superseded at (scan sequence, time).
    pub(crate) fn repomd(
        &mut self,
        dir: DirectoryId,
        first: i64,
        seen: i64,
        superseded: Option<(i64, i64)>,
    ) -> FileDetailId {
        let id = FileDetailId(self.id());
        let sha256 = format!("{:064x}", id.0);
        self.registry.details.entry(dir).or_default().push(FileDetail {
            id,
            directory: dir,
            file: ScannedDetail {
                filename: "repomd.xml".into(),
                timestamp: seen,
                size: 1_000,
                hashes: Hashes {
                    sha256: Some(sha256),
                    ..Hashes::default()
                },
            },
            first_seq: ScanSeq(first),
            superseded_seq: superseded.map(|s| ScanSeq(s.0)),
            first_seen: Timestamp(seen),
            superseded_at: superseded.map(|s| Timestamp(s.1)),
        });
        id
    }

    /// Adds a version of the product.
    pub(crate) fn version(&mut self, name: &str) -> VersionId {
        let id = VersionId(self.id());
        self.registry.versions.insert(
            id,
            Version {
                id,
                product: PRODUCT,
                name: name.parse().unwrap(),
                codename: None,
                display_name: None,
                is_test: false,
                display: true,
                sortorder: id.0,
                first_seen: Timestamp(1_700_000_000 + id.0 * 86_400),
            },
        );
        id
    }

    pub(crate) fn repository(&mut self, prefix: &str, version: VersionId, arch: ArchId, dir: DirectoryId) {
        let id = RepositoryId(self.id());
        self.registry.repositories.push(Repository {
            id,
            name: prefix.to_owned(),
            prefix: Some(prefix.parse().unwrap()),
            category: CATEGORY,
            version,
            arch,
            directory: Some(dir),
            disabled: false,
            newest_only_until: None,
            first_seen: Timestamp(1_700_000_000),
        });
    }

    /// Adds an active public host with its own site, and the category at one https URL.
    pub(crate) fn host(&mut self, name: &str, country: &str) -> HostCategoryId {
        let (site, host, hc) = (SiteId(self.id()), HostId(self.id()), HostCategoryId(self.id()));
        self.registry.sites.insert(
            site,
            Site {
                id: site,
                name: format!("Site of {name}").parse().unwrap(),
                org_url: None,
                private: false,
                admin_active: true,
                user_active: true,
                comment: None,
            },
        );
        self.registry.hosts.insert(
            host,
            Host {
                id: host,
                site,
                name: name.parse().unwrap(),
                country: Some(country.parse().unwrap()),
                bandwidth: 1_000,
                private: false,
                admin_active: true,
                user_active: true,
                disabled_by: None,
                disable_reason: None,
                internet2: false,
                internet2_clients: false,
                asn: None,
                asn_clients: true,
                max_connections: 1,
                crawl_connections: None,
                crawl_rate: None,
                crawl_budget: None,
                crawl_window: None,
                crawl_probe: None,
                robot_email: None,
                comment: None,
                last_crawled: None,
                last_crawl_duration: None,
                crawl_failures: 0,
            },
        );
        self.registry.host_categories.insert(
            hc,
            HostCategory {
                id: hc,
                host,
                category: CATEGORY,
                always_current: false,
            },
        );
        self.url(hc, &format!("https://{name}/linux"), false);
        hc
    }

    /// Adds a URL of a host category.
    pub(crate) fn url(&mut self, hc: HostCategoryId, url: &str, private: bool) {
        let id = UrlId(self.id());
        self.registry.urls.push(HostCategoryUrl {
            id,
            host_category: hc,
            url: url.parse().unwrap(),
            private,
        });
    }

    /// Sets the inventory of a host category, verified against the scan `scan_seq`.
    pub(crate) fn set_inventory(
        &mut self,
        hc: HostCategoryId,
        scan_seq: i64,
        present: &[DirectoryId],
    ) -> &mut Inventory {
        let mut inventory = Inventory::new(hc);
        inventory.scan_seq = ScanSeq(scan_seq);
        inventory.checked_at = Timestamp(1_700_000_000);
        inventory.present = present.iter().map(|d| d.0).collect::<RoaringBitmap>();
        self.registry.inventories.insert(hc, inventory);
        self.registry.inventories.get_mut(&hc).unwrap()
    }

    pub(crate) fn host_of(&mut self, hc: HostCategoryId) -> &mut Host {
        let host = self.registry.host_categories[&hc].host;
        self.registry.hosts.get_mut(&host).unwrap()
    }

    /// Returns the policy of the default config.
    pub(crate) fn policy(&self) -> Policy {
        Policy::new(&Config::default(), &self.registry)
    }
}

/// Creates an exception with one attempt since the epoch.
pub(crate) fn exception(state: ExceptionState, detail: Option<FileDetailId>) -> DirectoryException {
    DirectoryException {
        state,
        since: Timestamp(0),
        tries: 1,
        detail,
        sha256: None,
    }
}
