//! Checks of the registry: categories of the config, hosts, emergency settings.

use std::cmp::Reverse;
use std::path::Path;

use itertools::Itertools as _;

use super::Check;
use crate::config::{CategoryConfig, Config, SourceKind};
use crate::db::{self, Db, DbError, Tx};
use crate::model::Timestamp;
use crate::model::names::RepoPrefix;
use crate::model::registry::{Host, Repository};
use crate::scan::filelist;

/// The number of all hosts, and the active ones.
fn read_hosts(tx: &Tx<'_>) -> Result<(usize, Vec<Host>), DbError> {
    let (mut hosts, sites) = (db::registry::hosts(tx)?, db::registry::sites(tx)?);
    let all = hosts.len();
    hosts.retain(|h| sites.iter().any(|s| s.id == h.site && h.is_active(s)));
    Ok((all, hosts))
}

/// Checks that config and registry have the same categories, that their masters exist, and that there are active hosts.
pub(super) fn check_categories(config: &Config, db: &mut Db) -> Result<Vec<Check>, DbError> {
    let (categories, (hosts, active)) =
        db.read(|tx| Ok::<_, DbError>((db::registry::categories(tx)?, read_hosts(tx)?)))?;
    let mut out = Vec::new();
    for configured in &config.category {
        let name = &configured.name;
        if !categories.iter().any(|c| c.name.as_str() == name) {
            out.push(Check::bad(
                "category",
                format!("{name:?} is in the config, but not in the registry"),
                &format!("mm-admin category add \"{name}\" --product PRODUCT topdir=PATH"),
            ));
        }
        out.extend(check_master(configured));
    }
    for name in categories.iter().map(|c| c.name.as_str()) {
        if config.category(name).is_none() {
            out.push(Check::warn(
                "category",
                format!("{name:?} is in the registry, but not in the config"),
                "add a [[category]] with its name and path to the config",
            ));
        }
    }
    let (categories, active) = (categories.len(), active.len());
    let message = format!("{categories} categories, {active} of {hosts} hosts active");
    out.push(if categories == 0 || active == 0 {
        Check::warn("registry", message, "mm-admin apply registry.toml")
    } else {
        Check::ok("registry", message)
    });
    Ok(out)
}

/// Checks that the local source of a category exists. Remote ones are checked by scans.
fn check_master(category: &CategoryConfig) -> Option<Check> {
    let (name, path) = (&category.name, &category.path);
    if !path.as_os_str().is_empty() && !path.is_dir() {
        return Some(Check::bad(
            "category",
            format!("master tree of {name:?} is not a directory: {}", path.display()),
            "mount it, or correct `path` in the config",
        ));
    }
    if category.source != SourceKind::Filelist || CategoryConfig::is_url(&category.file_list) {
        return None;
    }
    let reason = match filelist::resolve_pattern(Path::new(&category.file_list)) {
        Ok(list) if list.is_file() => return None,
        Ok(_) => "no such file".to_owned(),
        Err(e) => e,
    };
    Some(Check::bad(
        "category",
        format!("file list of {name:?}, {}: {reason}", category.file_list),
        "check that the master writes it, or correct `file_list` in the config",
    ))
}

pub(super) fn check_newest_only(db: &mut Db, now: Timestamp) -> Result<Vec<Check>, DbError> {
    let (repositories, arches) =
        db.read(|tx| Ok::<_, DbError>((db::registry::repositories(tx)?, db::registry::arches(tx)?)))?;
    let check = |r: &Repository| {
        let until = r.newest_only_until?;
        let prefix = r.prefix.as_ref().map_or(r.name.as_str(), RepoPrefix::as_str);
        let arch = arches.iter().find(|a| a.id == r.arch);
        let name = format!("{prefix}/{}", arch.map_or("", |a| a.name.as_str()));
        Some(Check::warn(
            "newest-only",
            format!("{name} lists only mirrors with the newest metadata until {until}"),
            &format!("when the emergency is over: mm-admin repo newest-only {name} --off"),
        ))
    };
    let active = repositories.iter().filter(|r| r.is_newest_only(now));
    Ok(active.filter_map(check).collect())
}

/// The active hosts whose last crawl failed. A fifth of them is normal.
pub(super) fn check_hosts(db: &mut Db) -> Result<Check, DbError> {
    /// The number of hosts that are named, those with the most failed crawls.
    const MAX_NAMED: usize = 5;
    let (_, active) = db.read(read_hosts)?;
    let failing = active.iter().filter(|h| h.crawl_failures > 0);
    let failing: Vec<&Host> = failing.sorted_by_key(|h| Reverse(h.crawl_failures)).collect();
    let message = format!("{} of {} did not answer the last crawl", failing.len(), active.len());
    let Some(worst) = failing.first() else {
        return Ok(Check::ok("hosts", message));
    };
    let named = failing
        .iter()
        .take(MAX_NAMED)
        .map(|h| format!("{} ({})", h.name, h.crawl_failures))
        .join(", ");
    let message = format!("{message}: {named}");
    Ok(if failing.len() * 5 < active.len() {
        Check::ok("hosts", message)
    } else {
        Check::warn("hosts", message, &format!("mm-admin why {}", worst.name))
    })
}
