//! Reads all data that publishing needs, in one transaction.
//!
//! Publishing continues with the readable rows: a row that is unreadable, or refers to an unreadable one, is left out
//! with a warning that names it. Only an unreadable database is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::connection::{BadRow, Db, DbError, Tx};
use super::{crawl_history, directory, file_detail, inventory, registry};
use crate::model::Timestamp;
use crate::model::ids::HostId;
use crate::model::registry_data::RegistryData;

/// Returns the registry data, and a warning for each row that was left out. Vanished directories are not included.
pub fn read(db: &mut Db, now: Timestamp) -> Result<(RegistryData, Vec<String>), DbError> {
    let (mut registry, bad) = db.read_tolerant(|tx| read_all(tx, now))?;
    let mut warnings: Vec<String> = bad.iter().map(|row| describe(&registry, row)).collect();
    prune(&mut registry, &mut warnings);
    Ok((registry, warnings))
}

fn read_all(tx: &Tx<'_>, now: Timestamp) -> Result<RegistryData, DbError> {
    let mut registry = RegistryData {
        read_at: now,
        products: by(registry::products(tx)?, |p| p.id),
        versions: by(registry::versions(tx)?, |v| v.id),
        arches: by(registry::arches(tx)?, |a| a.id),
        categories: by(registry::categories(tx)?, |c| c.id),
        directories: BTreeMap::new(),
        details: BTreeMap::new(),
        repositories: registry::repositories(tx)?,
        redirects: registry::redirects(tx)?,
        sites: by(registry::sites(tx)?, |s| s.id),
        hosts: by(registry::hosts(tx)?, |h| h.id),
        host_categories: by(registry::host_categories(tx)?, |c| c.id),
        urls: registry::urls(tx)?,
        inventories: inventory::current(tx)?,
        netblocks: registry::netblocks(tx)?,
        peer_asns: registry::peer_asns(tx)?,
        allowed_countries: registry::allowed_countries(tx)?,
        denied_countries: registry::denied_countries(tx)?,
        netblock_countries: registry::netblock_countries(tx)?,
        country_continents: registry::country_continents(tx)?,
        embargoed: registry::embargoed(tx)?,
        downtimes: crawl_history::all_downtimes(tx, now)?,
    };
    registry.redirects.sort_by(|a, b| a.from_repo.cmp(&b.from_repo));
    registry.netblocks.sort_by_key(|n| (n.host, n.netblock));
    registry.peer_asns.sort_by_key(|p| (p.host, p.asn));
    for category in registry.categories.keys() {
        let directories = directory::published_of_category(tx, *category)?;
        registry.directories.extend(directories.into_iter().map(|d| (d.id, d)));
        for detail in file_detail::of_category(tx, *category)? {
            if registry.directories.contains_key(&detail.directory) {
                registry.details.entry(detail.directory).or_default().push(detail);
            }
        }
    }
    Ok(registry)
}

fn by<K: Ord, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> BTreeMap<K, V> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Describes a row that was left out, by its name if known.
fn describe(registry: &RegistryData, row: &BadRow) -> String {
    let id: i64 = row.key.parse().unwrap_or(0);
    let host = |id| registry.hosts.get(&id).map(|h| h.name.to_string());
    let name = match row.column.as_str() {
        "host_id" => host(HostId(id)).map(|n| format!("host {n}")),
        "host_category_id" => host_category(registry, id),
        _ => None,
    };
    let name = name.unwrap_or_else(|| format!("{} {}", row.column, row.key));
    format!("left out ({name}): {}", row.what)
}

fn host_category(registry: &RegistryData, id: i64) -> Option<String> {
    let hc = registry.host_categories.get(&crate::model::ids::HostCategoryId(id))?;
    let host = registry.hosts.get(&hc.host)?;
    let category = registry.categories.get(&hc.category)?;
    Some(format!("category {} of host {}", category.name, host.name))
}

/// Removes rows that refer to missing rows, and adds warnings about them and about categories without hosts.
fn prune(registry: &mut RegistryData, warnings: &mut Vec<String>) {
    let mut is_kept = |is_valid: bool, row: fmt::Arguments<'_>, missing: fmt::Arguments<'_>| {
        if !is_valid {
            warnings.push(format!("left out {row}: it refers to {missing}, which does not exist"));
        }
        is_valid
    };
    let RegistryData {
        products,
        versions,
        arches,
        categories,
        directories,
        repositories,
        sites,
        hosts,
        host_categories,
        urls,
        inventories,
        ..
    } = registry;
    versions.retain(|_, v| {
        let (row, missing) = (
            format_args!("version {}", v.name),
            format_args!("product {}", v.product),
        );
        is_kept(products.contains_key(&v.product), row, missing)
    });
    repositories.retain(|r| {
        let (version, arch, category) = (r.version, r.arch, r.category);
        is_kept(
            versions.contains_key(&version) && arches.contains_key(&arch) && categories.contains_key(&category),
            format_args!("repository {}", r.name),
            format_args!("version {version}, arch {arch} or category {category}"),
        )
    });
    for r in repositories.iter_mut() {
        // Repositories of vanished directories are not published; their rows are kept in case the directory returns.
        r.directory = r.directory.filter(|d| directories.contains_key(d));
    }
    hosts.retain(|_, h| {
        let (row, missing) = (format_args!("host {}", h.name), format_args!("site {}", h.site));
        is_kept(sites.contains_key(&h.site), row, missing)
    });
    host_categories.retain(|_, hc| {
        let is_valid = hosts.contains_key(&hc.host) && categories.contains_key(&hc.category);
        let row = format_args!("category {} of host {}", hc.category, hc.host);
        is_kept(is_valid, row, format_args!("its host or category"))
    });
    urls.retain(|u| {
        let is_valid = host_categories.contains_key(&u.host_category);
        let (row, missing) = (
            format_args!("URL {}", u.url),
            format_args!("host category {}", u.host_category),
        );
        is_kept(is_valid, row, missing)
    });
    inventories.retain(|id, _| host_categories.contains_key(id));
    registry.netblocks.retain(|n| {
        let (row, missing) = (format_args!("netblock {}", n.netblock), format_args!("host {}", n.host));
        is_kept(hosts.contains_key(&n.host), row, missing)
    });
    registry.peer_asns.retain(|p| hosts.contains_key(&p.host));
    registry.allowed_countries.retain(|c| hosts.contains_key(&c.host));
    registry.denied_countries.retain(|c| hosts.contains_key(&c.host));
    let carried: BTreeSet<_> = host_categories.values().map(|hc| hc.category).collect();
    for c in categories.values().filter(|c| !carried.contains(&c.id)) {
        warnings.push(format!("category {} has no host: no mirror is listed for it", c.name));
    }
}
