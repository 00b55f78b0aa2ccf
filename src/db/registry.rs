//! The typed rows of the registry: one function per table, rows by ID.

use std::collections::BTreeSet;

use super::connection::{DbError, Tx, params};
use crate::model::ids::{HostId, RepositoryId};
use crate::model::names::CountryCode;
use crate::model::registry::{
    Arch, Category, CountryContinent, Host, HostCategory, HostCategoryUrl, HostCountry, HostNetblock, HostPeerAsn,
    NetblockCountry, Product, Repository, RepositoryRedirect, Site, Version,
};

pub(crate) mod edit;

/// Reads all rows of `product`.
pub(crate) fn products(tx: &Tx<'_>) -> Result<Vec<Product>, DbError> {
    tx.all_rows("SELECT id, name, publiclist FROM product ORDER BY id")
}

/// Reads all rows of `version`.
pub(crate) fn versions(tx: &Tx<'_>) -> Result<Vec<Version>, DbError> {
    tx.all_rows(
        "SELECT id, product_id, name, codename, display_name, is_test, display, sortorder, first_seen FROM version \
         ORDER BY id",
    )
}

/// Reads all rows of `arch`.
pub(crate) fn arches(tx: &Tx<'_>) -> Result<Vec<Arch>, DbError> {
    tx.all_rows("SELECT id, name, publiclist, primary_arch FROM arch ORDER BY id")
}

/// Reads all rows of `category`.
pub fn categories(tx: &Tx<'_>) -> Result<Vec<Category>, DbError> {
    tx.all_rows("SELECT id, name, product_id, topdir, canonicalhost, publiclist, admin_only FROM category ORDER BY id")
}

/// Reads all rows of `repository`.
pub(crate) fn repositories(tx: &Tx<'_>) -> Result<Vec<Repository>, DbError> {
    tx.all_rows(
        "SELECT id, name, prefix, category_id, version_id, arch_id, directory_id, disabled, newest_only_until, \
         first_seen FROM repository ORDER BY id",
    )
}

/// Returns the repositories whose directory is not world-readable on the master.
pub(crate) fn staged_repositories(tx: &Tx<'_>) -> Result<BTreeSet<RepositoryId>, DbError> {
    let rows: Vec<(RepositoryId,)> =
        tx.all_rows("SELECT r.id FROM repository r JOIN directory d ON d.id = r.directory_id WHERE d.readable = 0")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Reads all rows of `repository_redirect`.
pub(crate) fn redirects(tx: &Tx<'_>) -> Result<Vec<RepositoryRedirect>, DbError> {
    tx.all_rows("SELECT from_repo, to_repo FROM repository_redirect ORDER BY id")
}

/// Reads all rows of `site`.
pub(crate) fn sites(tx: &Tx<'_>) -> Result<Vec<Site>, DbError> {
    tx.all_rows("SELECT id, name, org_url, private, admin_active, user_active, comment FROM site ORDER BY id")
}

/// A SELECT of all columns of `host`, with the given end.
macro_rules! host_rows {
    ($end:literal) => {
        concat!(
            "SELECT id, site_id, name, country, bandwidth, private, admin_active, user_active, disabled_by, disable_reason, \
             internet2, internet2_clients, asn, asn_clients, max_connections, crawl_connections, crawl_rate, crawl_budget, \
             crawl_window, crawl_probe, robot_email, comment, last_crawled, last_crawl_duration, crawl_failures FROM host ",
            $end
        )
    };
}

/// Reads all rows of `host`.
pub fn hosts(tx: &Tx<'_>) -> Result<Vec<Host>, DbError> {
    tx.all_rows(host_rows!("ORDER BY id"))
}

/// Returns one row of `host`, if it exists.
pub(crate) fn host(tx: &Tx<'_>, id: HostId) -> Result<Option<Host>, DbError> {
    tx.optional_row(host_rows!("WHERE id = $1"), params![id])
}

/// Reads all rows of `host_category`.
pub fn host_categories(tx: &Tx<'_>) -> Result<Vec<HostCategory>, DbError> {
    tx.all_rows("SELECT id, host_id, category_id, always_up2date FROM host_category ORDER BY id")
}

pub(crate) fn categories_of(tx: &Tx<'_>, host: HostId) -> Result<Vec<HostCategory>, DbError> {
    tx.rows(
        "SELECT id, host_id, category_id, always_up2date FROM host_category WHERE host_id = $1 ORDER BY id",
        params![host],
    )
}

/// Reads all rows of `host_category_url`.
pub(crate) fn urls(tx: &Tx<'_>) -> Result<Vec<HostCategoryUrl>, DbError> {
    tx.all_rows("SELECT id, host_category_id, url, private FROM host_category_url ORDER BY id")
}

/// Reads all rows of `host_netblock`.
pub(crate) fn netblocks(tx: &Tx<'_>) -> Result<Vec<HostNetblock>, DbError> {
    tx.all_rows("SELECT host_id, netblock, name FROM host_netblock ORDER BY id")
}

/// Reads all rows of `host_peer_asn`.
pub(crate) fn peer_asns(tx: &Tx<'_>) -> Result<Vec<HostPeerAsn>, DbError> {
    tx.all_rows("SELECT host_id, asn, name FROM host_peer_asn ORDER BY id")
}

/// Reads all rows of `host_country_allowed`.
pub(crate) fn allowed_countries(tx: &Tx<'_>) -> Result<Vec<HostCountry>, DbError> {
    tx.all_rows("SELECT host_id, country FROM host_country_allowed ORDER BY id")
}

/// Reads all rows of `host_country_denied`.
pub(crate) fn denied_countries(tx: &Tx<'_>) -> Result<Vec<HostCountry>, DbError> {
    tx.all_rows("SELECT host_id, country FROM host_country_denied ORDER BY id")
}

/// Reads all rows of `netblock_country`.
pub(crate) fn netblock_countries(tx: &Tx<'_>) -> Result<Vec<NetblockCountry>, DbError> {
    tx.all_rows("SELECT netblock, country FROM netblock_country ORDER BY id")
}

/// Reads all rows of `country_continent_redirect`.
pub(crate) fn country_continents(tx: &Tx<'_>) -> Result<Vec<CountryContinent>, DbError> {
    tx.all_rows("SELECT country, continent FROM country_continent_redirect ORDER BY id")
}

/// Reads all rows of `embargoed_country`.
pub(crate) fn embargoed(tx: &Tx<'_>) -> Result<BTreeSet<CountryCode>, DbError> {
    let rows = tx.all_rows("SELECT country_code FROM embargoed_country ORDER BY id")?;
    Ok(rows.into_iter().collect())
}
