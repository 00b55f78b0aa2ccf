//! The registry: rows that administrators edit. One struct per table, one field per column that a program needs.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::crawl_prefs::{CrawlWindow, ProbeKind};
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, HostCategoryId, HostId, ProductId, RepositoryId, SiteId, UrlId, VersionId,
};
use crate::model::names::{CountryCode, DirPath, HostName, MirrorUrl, Name, Netblock, RepoPrefix};

/// A product, such as `Fedora` or `EPEL`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Product {
    pub id: ProductId,
    /// The name, which is unique.
    pub name: Name,
    /// True if public pages show it.
    pub publiclist: bool,
}

/// A version of a product, created by release detection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Version {
    pub id: VersionId,
    pub product: ProductId,
    /// The name, unique within the product; `development` is the rolling release.
    pub name: Name,
    /// The code name, if it has one.
    pub codename: Option<String>,
    /// The name on pages, if not `name`.
    pub display_name: Option<String>,
    /// True for a test release.
    pub is_test: bool,
    /// True if public pages show it.
    pub display: bool,
    /// Pages list higher numbers first, equal ones by name.
    pub sortorder: i64,
    /// The time when detection created it.
    pub first_seen: Timestamp,
}

/// An architecture, including `source`; never created by detection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the name in the registry")]
pub struct Arch {
    pub id: ArchId,
    /// The name, which is unique.
    pub name: Name,
    /// True if public pages show it.
    pub publiclist: bool,
    /// True for a primary architecture of the distribution.
    pub primary_arch: bool,
}

/// A part of the master tree that hosts carry as a unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    /// The name, which is unique.
    pub name: Name,
    /// The product that its releases belong to.
    pub product: ProductId,
    /// The path of the tree as clients request it, such as `pub/fedora/linux`; may be empty.
    pub topdir: DirPath,
    /// The public URL of the master, for pages.
    pub canonicalhost: Option<String>,
    /// True if public pages show it.
    pub publiclist: bool,
    /// True if only administrators may add it to a host.
    pub admin_only: bool,
}

/// A (prefix, architecture) pair and its directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    pub id: RepositoryId,
    /// The path of the directory at creation, topdir included.
    pub name: String,
    /// The name that clients send as `repo=`, unique with the architecture; `None` = clients cannot request it.
    pub prefix: Option<RepoPrefix>,
    /// The category of the directory.
    pub category: CategoryId,
    pub version: VersionId,
    /// The ID of the architecture.
    pub arch: ArchId,
    /// The directory; `None` if it was removed.
    pub directory: Option<DirectoryId>,
    /// True if responses state that it is disabled.
    pub disabled: bool,
    /// Until then only mirrors of the newest metadata are listed, and no older version is offered.
    pub newest_only_until: Option<Timestamp>,
    /// The time when detection created it.
    pub first_seen: Timestamp,
}

impl Repository {
    /// Returns true if only mirrors of the newest metadata are listed at `now`.
    pub(crate) fn is_newest_only(&self, now: Timestamp) -> bool {
        self.newest_only_until.is_some_and(|until| now < until)
    }
}

/// A prefix that is answered as if another one had been requested.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryRedirect {
    /// The requested prefix, unique.
    pub from_repo: RepoPrefix,
    /// The prefix to answer with; `None` = not found.
    pub to_repo: Option<RepoPrefix>,
}

/// An organization that runs hosts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Site {
    pub id: SiteId,
    /// The name, which is unique.
    pub name: Name,
    /// The home page URL.
    pub org_url: Option<String>,
    /// True if its hosts are returned only to their netblocks and ASNs.
    pub private: bool,
    /// Set to false by administrators to disable it.
    pub admin_active: bool,
    /// Set to false by the owner to disable it.
    pub user_active: bool,
    /// Free text for administrators.
    pub comment: Option<String>,
}

/// The party that disabled a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisabledBy {
    /// After failing crawls; a good crawl brings it back.
    Crawler,
    /// An admin; only an admin brings it back.
    Admin,
    /// The owner; only the owner or an administrator re-enables it.
    Owner,
}

/// A registered mirror server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub id: HostId,
    /// The site that runs it.
    pub site: SiteId,
    /// The unique name, in lower case.
    pub name: HostName,
    pub country: Option<CountryCode>,
    /// The uplink in Mbit/s: the weight in the order of responses.
    pub bandwidth: u32,
    /// True if it is returned only to its netblocks and ASNs, never on public lists.
    pub private: bool,
    /// Set to false by administrators to disable it.
    pub admin_active: bool,
    /// Set to false by the owner or the crawler to disable it; see `disabled_by`.
    pub user_active: bool,
    /// The party that disabled it, while `user_active` is false.
    pub disabled_by: Option<DisabledBy>,
    pub disable_reason: Option<String>,
    /// True if reachable over Internet2.
    pub internet2: bool,
    /// A private host that also serves Internet2 clients.
    pub internet2_clients: bool,
    /// The number of its autonomous system.
    pub asn: Option<u32>,
    /// True if clients of that ASN are sent to it first.
    pub asn_clients: bool,
    /// The number of connections that a client may open.
    pub max_connections: u32,
    /// Maximum simultaneous connections of the crawler; here and below, `None` = as configured.
    pub crawl_connections: Option<u32>,
    /// Maximum requests per second of the crawler.
    pub crawl_rate: Option<u32>,
    /// Maximum requests of the crawler in 24 hours.
    pub crawl_budget: Option<u32>,
    /// The hours in which it may be crawled; `None` = any time.
    pub crawl_window: Option<CrawlWindow>,
    /// The probe method; `None` = the crawler chooses.
    pub crawl_probe: Option<ProbeKind>,
    /// The e-mail address for automatic messages.
    pub robot_email: Option<String>,
    /// Free text for administrators.
    pub comment: Option<String>,
    /// The end of the last complete crawl.
    pub last_crawled: Option<Timestamp>,
    /// The duration of that crawl, in seconds.
    pub last_crawl_duration: Option<u32>,
    /// Consecutive crawls in which no category was reachable.
    pub crawl_failures: u32,
}

impl Host {
    /// Returns true if neither the host nor its site is disabled.
    pub(crate) fn is_active(&self, site: &Site) -> bool {
        self.admin_active && self.user_active && site.admin_active && site.user_active
    }

    /// Returns true if it may be returned only to its netblocks and ASNs.
    pub(crate) fn is_private(&self, site: &Site) -> bool {
        self.private || site.private
    }
}

/// A category that a host carries.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostCategory {
    pub id: HostCategoryId,
    pub host: HostId,
    pub category: CategoryId,
    /// True if an administrator vouches for it: not crawled, always listed.
    #[serde(rename = "always_up2date")]
    pub always_current: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostCategoryUrl {
    /// The ID of the row; lower IDs are older.
    pub id: UrlId,
    pub host_category: HostCategoryId,
    /// The URL, unique in the registry.
    pub url: MirrorUrl,
    /// True if only for mirrors and the crawler, never in a response or on a page.
    pub private: bool,
}

/// A netblock whose clients are sent to a host first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostNetblock {
    pub host: HostId,
    /// The network of the clients.
    pub netblock: Netblock,
    /// A name for administrators.
    pub name: Option<String>,
}

/// An autonomous system whose clients are sent to a host first; set by administrators.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostPeerAsn {
    pub host: HostId,
    /// The number of the autonomous system.
    pub asn: u32,
    /// A name for administrators.
    pub name: Option<String>,
}

/// A country in a host's list of allowed or of denied clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostCountry {
    pub host: HostId,
    pub country: CountryCode,
}

/// The country of a network, instead of the one in the GeoIP database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NetblockCountry {
    /// The network of the clients.
    pub netblock: Netblock,
    /// The country of the network.
    pub country: CountryCode,
}

/// The continent of a country, instead of the one in the built-in table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CountryContinent {
    pub country: CountryCode,
    /// The continent: AF AN AS EU NA OC SA.
    pub continent: String,
}
