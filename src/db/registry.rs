//! The typed rows of the registry: one function per table, rows by ID.

use std::collections::BTreeSet;

use super::connection::{DbError, ResultRow, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::{
    ArchId, CategoryId, DirectoryId, HostCategoryId, HostId, ProductId, RepositoryId, SiteId, UrlId, VersionId,
};
use crate::model::names::CountryCode;
use crate::model::registry::{
    Arch, Category, CountryContinent, DisabledBy, Host, HostCategory, HostCategoryUrl, HostCountry, HostNetblock,
    HostPeerAsn, NetblockCountry, Product, Repository, RepositoryRedirect, Site, Version,
};

pub(crate) mod edit;

/// Reads all rows of `product`.
pub(crate) fn products(tx: &Tx<'_>) -> Result<Vec<Product>, DbError> {
    tx.all("SELECT id, name, publiclist FROM product ORDER BY id", params![], |r| {
        Ok(Product {
            id: ProductId(r.get(0)?),
            name: r.parsed("product", 1)?,
            publiclist: r.get(2)?,
        })
    })
}

/// Reads all rows of `version`.
pub(crate) fn versions(tx: &Tx<'_>) -> Result<Vec<Version>, DbError> {
    tx.all(
        "SELECT id, product_id, name, codename, display_name, is_test, display, sortorder, first_seen FROM version \
         ORDER BY id",
        params![],
        |r| {
            Ok(Version {
                id: VersionId(r.get(0)?),
                product: ProductId(r.get(1)?),
                name: r.parsed("version", 2)?,
                codename: r.get(3)?,
                display_name: r.get(4)?,
                is_test: r.get(5)?,
                display: r.get(6)?,
                sortorder: r.get(7)?,
                first_seen: Timestamp(r.get(8)?),
            })
        },
    )
}

/// Reads all rows of `arch`.
pub(crate) fn arches(tx: &Tx<'_>) -> Result<Vec<Arch>, DbError> {
    tx.all(
        "SELECT id, name, publiclist, primary_arch FROM arch ORDER BY id",
        params![],
        |r| {
            Ok(Arch {
                id: ArchId(r.get(0)?),
                name: r.parsed("arch", 1)?,
                publiclist: r.get(2)?,
                primary_arch: r.get(3)?,
            })
        },
    )
}

/// Reads all rows of `category`.
pub fn categories(tx: &Tx<'_>) -> Result<Vec<Category>, DbError> {
    tx.all(
        "SELECT id, name, product_id, topdir, canonicalhost, publiclist, admin_only FROM category ORDER BY id",
        params![],
        |r| {
            Ok(Category {
                id: CategoryId(r.get(0)?),
                name: r.parsed("category", 1)?,
                product: ProductId(r.get(2)?),
                topdir: r.parsed("category", 3)?,
                canonicalhost: r.get(4)?,
                publiclist: r.get(5)?,
                admin_only: r.get(6)?,
            })
        },
    )
}

/// Reads all rows of `repository`.
pub(crate) fn repositories(tx: &Tx<'_>) -> Result<Vec<Repository>, DbError> {
    tx.all(
        "SELECT id, name, prefix, category_id, version_id, arch_id, directory_id, disabled, first_seen, \
         newest_only_until FROM repository ORDER BY id",
        params![],
        |r| {
            let directory: Option<i64> = r.get(6)?;
            let directory = directory.map(u32::try_from).transpose();
            Ok(Repository {
                id: RepositoryId(r.get(0)?),
                name: r.get(1)?,
                prefix: r.parsed_opt("repository", 2)?,
                category: CategoryId(r.get(3)?),
                version: VersionId(r.get(4)?),
                arch: ArchId(r.get(5)?),
                directory: directory
                    .map_err(|e| DbError::BadRow {
                        table: "repository",
                        what: e.to_string(),
                    })?
                    .map(DirectoryId),
                disabled: r.get(7)?,
                first_seen: Timestamp(r.get(8)?),
                newest_only_until: r.get::<Option<i64>>(9)?.map(Timestamp),
            })
        },
    )
}

/// Reads all rows of `repository_redirect`.
pub(crate) fn redirects(tx: &Tx<'_>) -> Result<Vec<RepositoryRedirect>, DbError> {
    tx.all(
        "SELECT from_repo, to_repo FROM repository_redirect ORDER BY id",
        params![],
        |r| {
            Ok(RepositoryRedirect {
                from_repo: r.parsed("repository_redirect", 0)?,
                to_repo: r.parsed_opt("repository_redirect", 1)?,
            })
        },
    )
}

/// Reads all rows of `site`.
pub(crate) fn sites(tx: &Tx<'_>) -> Result<Vec<Site>, DbError> {
    tx.all(
        "SELECT id, name, org_url, private, admin_active, user_active, comment FROM site ORDER BY id",
        params![],
        |r| {
            Ok(Site {
                id: SiteId(r.get(0)?),
                name: r.parsed("site", 1)?,
                org_url: r.get(2)?,
                private: r.get(3)?,
                admin_active: r.get(4)?,
                user_active: r.get(5)?,
                comment: r.get(6)?,
            })
        },
    )
}

/// A SELECT of all columns of `host`, with the given end.
macro_rules! host_rows {
    ($end:literal) => {
        concat!(
            "SELECT id, site_id, name, country, bandwidth, private, admin_active, user_active, disabled_by, disable_reason, \
             internet2, internet2_clients, asn, asn_clients, max_connections, robot_email, comment, last_crawled, \
             last_crawl_duration, crawl_failures, crawl_connections, crawl_rate, crawl_budget, crawl_window, crawl_probe \
             FROM host ",
            $end
        )
    };
}

/// Reads all rows of `host`.
pub fn hosts(tx: &Tx<'_>) -> Result<Vec<Host>, DbError> {
    tx.all(host_rows!("ORDER BY id"), params![], host_row)
}

/// Returns one row of `host`, if it exists.
pub(crate) fn host(tx: &Tx<'_>, id: HostId) -> Result<Option<Host>, DbError> {
    tx.first(host_rows!("WHERE id = $1"), params![id], host_row)
}

fn host_row(r: &ResultRow<'_, '_>) -> Result<Host, DbError> {
    let opt_u32 = |n: usize| -> Result<Option<u32>, DbError> {
        let v: Option<i64> = r.get(n)?;
        v.map(u32::try_from).transpose().map_err(|e| DbError::BadRow {
            table: "host",
            what: e.to_string(),
        })
    };
    Ok(Host {
        id: HostId(r.get(0)?),
        site: SiteId(r.get(1)?),
        name: r.parsed("host", 2)?,
        country: r.parsed_opt("host", 3)?,
        bandwidth: r.int("host", 4)?,
        private: r.get(5)?,
        admin_active: r.get(6)?,
        user_active: r.get(7)?,
        disabled_by: match r.get::<Option<String>>(8)?.as_deref() {
            Some("crawler") => Some(DisabledBy::Crawler),
            Some("admin") => Some(DisabledBy::Admin),
            Some("owner") => Some(DisabledBy::Owner),
            _ => None,
        },
        disable_reason: r.get(9)?,
        internet2: r.get(10)?,
        internet2_clients: r.get(11)?,
        asn: opt_u32(12)?,
        asn_clients: r.get(13)?,
        max_connections: r.int("host", 14)?,
        crawl_connections: opt_u32(20)?,
        crawl_rate: opt_u32(21)?,
        crawl_budget: opt_u32(22)?,
        crawl_window: r.parsed_opt("host", 23)?,
        crawl_probe: r.parsed_opt("host", 24)?,
        robot_email: r.get(15)?,
        comment: r.get(16)?,
        last_crawled: r.get::<Option<i64>>(17)?.map(Timestamp),
        last_crawl_duration: opt_u32(18)?,
        crawl_failures: r.int("host", 19)?,
    })
}

/// Reads all rows of `host_category`.
pub fn host_categories(tx: &Tx<'_>) -> Result<Vec<HostCategory>, DbError> {
    tx.all(
        "SELECT id, host_id, category_id, always_up2date FROM host_category ORDER BY id",
        params![],
        host_category_row,
    )
}

pub(crate) fn categories_of(tx: &Tx<'_>, host: HostId) -> Result<Vec<HostCategory>, DbError> {
    tx.all(
        "SELECT id, host_id, category_id, always_up2date FROM host_category WHERE host_id = $1 ORDER BY id",
        params![host],
        host_category_row,
    )
}

fn host_category_row(r: &ResultRow<'_, '_>) -> Result<HostCategory, DbError> {
    Ok(HostCategory {
        id: HostCategoryId(r.get(0)?),
        host: HostId(r.get(1)?),
        category: CategoryId(r.get(2)?),
        always_up2date: r.get(3)?,
    })
}

/// Reads all rows of `host_category_url`.
pub(crate) fn urls(tx: &Tx<'_>) -> Result<Vec<HostCategoryUrl>, DbError> {
    tx.all(
        "SELECT id, host_category_id, url, private FROM host_category_url ORDER BY id",
        params![],
        |r| {
            Ok(HostCategoryUrl {
                id: UrlId(r.get(0)?),
                host_category: HostCategoryId(r.get(1)?),
                url: r.parsed("host_category_url", 2)?,
                private: r.get(3)?,
            })
        },
    )
}

/// Reads all rows of `host_netblock`.
pub(crate) fn netblocks(tx: &Tx<'_>) -> Result<Vec<HostNetblock>, DbError> {
    tx.all(
        "SELECT host_id, netblock, name FROM host_netblock ORDER BY id",
        params![],
        |r| {
            Ok(HostNetblock {
                host: HostId(r.get(0)?),
                netblock: r.parsed("host_netblock", 1)?,
                name: r.get(2)?,
            })
        },
    )
}

/// Reads all rows of `host_peer_asn`.
pub(crate) fn peer_asns(tx: &Tx<'_>) -> Result<Vec<HostPeerAsn>, DbError> {
    tx.all(
        "SELECT host_id, asn, name FROM host_peer_asn ORDER BY id",
        params![],
        |r| {
            Ok(HostPeerAsn {
                host: HostId(r.get(0)?),
                asn: r.int("host_peer_asn", 1)?,
                name: r.get(2)?,
            })
        },
    )
}

/// Reads all rows of `host_country_allowed`.
pub(crate) fn allowed_countries(tx: &Tx<'_>) -> Result<Vec<HostCountry>, DbError> {
    tx.all(
        "SELECT host_id, country FROM host_country_allowed ORDER BY id",
        params![],
        |r| {
            Ok(HostCountry {
                host: HostId(r.get(0)?),
                country: r.parsed("host_country_allowed", 1)?,
            })
        },
    )
}

/// Reads all rows of `host_country_denied`.
pub(crate) fn denied_countries(tx: &Tx<'_>) -> Result<Vec<HostCountry>, DbError> {
    tx.all(
        "SELECT host_id, country FROM host_country_denied ORDER BY id",
        params![],
        |r| {
            Ok(HostCountry {
                host: HostId(r.get(0)?),
                country: r.parsed("host_country_denied", 1)?,
            })
        },
    )
}

/// Reads all rows of `netblock_country`.
pub(crate) fn netblock_countries(tx: &Tx<'_>) -> Result<Vec<NetblockCountry>, DbError> {
    tx.all(
        "SELECT netblock, country FROM netblock_country ORDER BY id",
        params![],
        |r| {
            Ok(NetblockCountry {
                netblock: r.parsed("netblock_country", 0)?,
                country: r.parsed("netblock_country", 1)?,
            })
        },
    )
}

/// Reads all rows of `country_continent_redirect`.
pub(crate) fn country_continents(tx: &Tx<'_>) -> Result<Vec<CountryContinent>, DbError> {
    tx.all(
        "SELECT country, continent FROM country_continent_redirect ORDER BY id",
        params![],
        |r| {
            Ok(CountryContinent {
                country: r.parsed("country_continent_redirect", 0)?,
                continent: r.get(1)?,
            })
        },
    )
}

/// Reads all rows of `embargoed_country`.
pub(crate) fn embargoed(tx: &Tx<'_>) -> Result<BTreeSet<CountryCode>, DbError> {
    let rows = tx.all(
        "SELECT country_code FROM embargoed_country ORDER BY id",
        params![],
        |r| r.parsed("embargoed_country", 0),
    )?;
    Ok(rows.into_iter().collect())
}
