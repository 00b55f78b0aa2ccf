//! The registry: what admins keep. One struct per table, named as the tables are.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::crawl_prefs::{CrawlWindow, ProbeKind};
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, HostCategoryId, HostId, ProductId, RepositoryId, SiteId, UrlId, VersionId,
};
use crate::model::names::{CountryCode, DirPath, HostName, MirrorUrl, Name, Netblock, RepoPrefix};

/// A product, such as `Fedora` or `EPEL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its row.
    pub id: ProductId,
    /// Its name, unique.
    pub name: Name,
    /// Whether the public pages show it.
    pub publiclist: bool,
}

/// A version of a product; made by release detection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its row.
    pub id: VersionId,
    /// Of which product.
    pub product: ProductId,
    /// Its name, unique within the product; `development` is the rolling one.
    pub name: Name,
    /// A code name, if people use one.
    pub codename: Option<String>,
    /// What pages call it instead of its name.
    pub display_name: Option<String>,
    /// A test release.
    pub is_test: bool,
    /// Whether the public pages show it.
    pub display: bool,
    /// Pages list higher numbers first; equal ones by name.
    pub sortorder: i64,
    /// When detection created it.
    pub first_seen: Timestamp,
}

/// An architecture, `source` among them; never created by detection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arch {
    /// Its row.
    pub id: ArchId,
    /// Its name, unique.
    pub name: Name,
    /// Whether the public pages show it.
    pub publiclist: bool,
    /// A primary architecture of the distribution.
    pub primary_arch: bool,
}

/// A tree that mirrors can carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its row.
    pub id: CategoryId,
    /// Its name, unique.
    pub name: Name,
    /// To which product its releases belong.
    pub product: ProductId,
    /// The path that clients ask for in front of its directories, such as `pub/fedora/linux`; may be empty.
    pub topdir: DirPath,
    /// Where the master is reachable for the world, for pages.
    pub canonicalhost: Option<String>,
    /// Whether the public pages show it.
    pub publiclist: bool,
    /// Whether only admins may add it to a host.
    pub admin_only: bool,
}

/// What `repo=prefix&arch=` stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its row.
    pub id: RepositoryId,
    /// The directory's full name when it was created.
    pub name: String,
    /// What clients send as `repo=`; `None` = recorded but not addressable. Unique with the arch.
    pub prefix: Option<RepoPrefix>,
    /// In which category it lies.
    pub category: CategoryId,
    /// Of which version.
    pub version: VersionId,
    /// For which architecture.
    pub arch: ArchId,
    /// Where it lies; `None` when the directory is gone.
    pub directory: Option<DirectoryId>,
    /// Clients are told that it is disabled.
    pub disabled: bool,
    /// Until then only holders of its newest metadata are listed, and no older version is offered; `None` = no such emergency.
    pub newest_only_until: Option<Timestamp>,
    /// When detection created it.
    pub first_seen: Timestamp,
}

impl Repository {
    /// Whether only holders of its newest metadata are listed at `now`: an emergency that an admin declared.
    pub fn is_newest_only(&self, now: Timestamp) -> bool {
        self.newest_only_until.is_some_and(|until| now < until)
    }
}

/// An alias of a repository prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryRedirect {
    /// What clients ask for; unique.
    pub from_repo: RepoPrefix,
    /// What they are given; `None` = nowhere.
    pub to_repo: Option<RepoPrefix>,
}

/// Who runs mirrors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its row.
    pub id: SiteId,
    /// Its name, unique.
    pub name: Name,
    /// Its page.
    pub org_url: Option<String>,
    /// Its hosts are for netblocks and ASNs an admin gave them, never on public lists.
    pub private: bool,
    /// Switched on by an admin.
    pub admin_active: bool,
    /// Switched on by its owner.
    pub user_active: bool,
    /// Free text.
    pub comment: Option<String>,
}

/// Who switched a host off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisabledBy {
    /// After failing crawls; a good crawl brings it back.
    Crawler,
    /// An admin; only an admin brings it back.
    Admin,
    /// Its owner; only its owner or an admin brings it back.
    Owner,
}

/// A mirror.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its row.
    pub id: HostId,
    /// Whose it is.
    pub site: SiteId,
    /// Its name, unique, folded to lower case.
    pub name: HostName,
    /// Where it stands.
    pub country: Option<CountryCode>,
    /// Its uplink in Mbit/s: the weight in the draw.
    pub bandwidth: u32,
    /// For netblocks and ASNs an admin gave it, never on public lists.
    pub private: bool,
    /// Switched on by an admin.
    pub admin_active: bool,
    /// Switched on by its owner (and by the crawler: see `disabled_by`).
    pub user_active: bool,
    /// Who switched it off, while `user_active` is false.
    pub disabled_by: Option<DisabledBy>,
    /// Why.
    pub disable_reason: Option<String>,
    /// Reachable over Internet2.
    pub internet2: bool,
    /// A private host that also serves Internet2 clients.
    pub internet2_clients: bool,
    /// The autonomous system it stands in.
    pub asn: Option<u32>,
    /// Whether clients of that system are sent to it first.
    pub asn_clients: bool,
    /// How many connections a client may open.
    pub max_connections: u32,
    /// The most connections that the crawler opens to it at once; `None` = as the config says, as in all that follow.
    pub crawl_connections: Option<u32>,
    /// The most requests a second that the crawler makes.
    pub crawl_rate: Option<u32>,
    /// The most requests in 24 hours that the crawler makes.
    pub crawl_budget: Option<u32>,
    /// When it may be crawled; `None` = at any time.
    pub crawl_window: Option<CrawlWindow>,
    /// How it wants to be asked; `None` = as the crawler likes.
    pub crawl_probe: Option<ProbeKind>,
    /// Whom to write to.
    pub robot_email: Option<String>,
    /// Free text.
    pub comment: Option<String>,
    /// When it was last crawled to an end.
    pub last_crawled: Option<Timestamp>,
    /// How long that took, in seconds.
    pub last_crawl_duration: Option<u32>,
    /// Crawls in a row in which no category of it was reachable.
    pub crawl_failures: u32,
}

impl Host {
    /// Whether it and its site are switched on by everybody who can switch them off.
    pub fn is_active(&self, site: &Site) -> bool {
        self.admin_active && self.user_active && site.admin_active && site.user_active
    }

    /// Whether it may be named only to the netblocks and ASNs it was given.
    pub fn is_private(&self, site: &Site) -> bool {
        self.private || site.private
    }
}

/// A category that a host carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCategory {
    /// Its row.
    pub id: HostCategoryId,
    /// Which host.
    pub host: HostId,
    /// Which category.
    pub category: CategoryId,
    /// An admin's word that it is always current: never crawled, always listed.
    pub always_up2date: bool,
}

/// One address of a category on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCategoryUrl {
    /// Its row; lower ones are older.
    pub id: UrlId,
    /// Of which category on which host.
    pub host_category: HostCategoryId,
    /// The address, unique in the whole registry.
    pub url: MirrorUrl,
    /// For mirrors and the crawler only, never in an answer or on a page.
    pub private: bool,
}

/// A netblock whose clients are sent to a host first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostNetblock {
    /// Which host.
    pub host: HostId,
    /// The block.
    pub netblock: Netblock,
    /// What it is called.
    pub name: Option<String>,
}

/// An autonomous system whose clients are sent to a host first; set by admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPeerAsn {
    /// Which host.
    pub host: HostId,
    /// The system's number.
    pub asn: u32,
    /// What it is called.
    pub name: Option<String>,
}

/// A country in a host's list of allowed or of denied clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCountry {
    /// Which host.
    pub host: HostId,
    /// The country.
    pub country: CountryCode,
}

/// A country for a netblock, over what GeoIP says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetblockCountry {
    /// The block.
    pub netblock: Netblock,
    /// Its country.
    pub country: CountryCode,
}

/// A continent for a country, over the built-in table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryContinent {
    /// The country.
    pub country: CountryCode,
    /// Its continent: AF AN AS EU NA OC SA.
    pub continent: String,
}
