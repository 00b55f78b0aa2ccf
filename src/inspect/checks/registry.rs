//! Checks of the registry: categories of the config, emergency settings.

use std::path::Path;
use std::time::Duration;

use super::{Check, Environment, Severity};
use crate::config::{CategoryConfig, SourceKind};
use crate::db::refused_version::RefusedNow;
use crate::db::{self, DbError, Tx};
use crate::model::count::format_count;
use crate::model::file::REPOMD;
use crate::model::names::RepoPrefix;
use crate::model::registry::{Host, Repository};
use crate::scan::filelist;
use crate::sys::shell;

/// The age from which refused metadata is critical: mirrors that follow the master are unlisted.
const CRITICAL_REFUSAL: Duration = Duration::from_hours(1);

/// The number of all hosts, and the active ones.
pub(super) fn read_hosts(tx: &Tx<'_>) -> Result<(usize, Vec<Host>), DbError> {
    let (mut hosts, sites) = (db::registry::hosts(tx)?, db::registry::sites(tx)?);
    let all = hosts.len();
    hosts.retain(|h| sites.iter().any(|s| s.id == h.site && h.is_active(s)));
    Ok((all, hosts))
}

/// Checks that config and registry have the same categories, that their masters exist, and that there are active hosts.
pub(super) fn check_categories(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let config = environment.config;
    let (categories, (hosts, active)) = (db::registry::categories(tx)?, read_hosts(tx)?);
    let mut out = Vec::new();
    for configured in &config.category {
        let name = &configured.name;
        if !categories.iter().any(|c| c.name.as_str() == name) {
            let message = format!(
                "{name:?} is in the config, but not in the registry; add it with its product and topdir (mm-admin category add \
                 --help), or remove it from the config"
            );
            out.push(Check::critical("category", message));
        }
        out.extend(check_master(configured));
    }
    for name in categories.iter().map(|c| c.name.as_str()) {
        if config.category(name).is_none() {
            let message = format!(
                "{name:?} is in the registry, but not in the config; add a [[category]] with its name and path"
            );
            out.push(Check::warning("category", message));
        }
    }
    let (categories, active) = (categories.len(), active.len());
    let message = format!(
        "{}, {active} of {} active",
        format_count(categories, "category"),
        format_count(hosts, "host")
    );
    out.push(if categories == 0 || active == 0 {
        let message = format!("{message}; add them, or write a registry file and apply it (mm-admin apply --help)");
        Check::warning("registry", message)
    } else {
        Check::ok("registry", message)
    });
    Ok(out)
}

/// Checks that the local source of a category exists. Remote ones are checked by scans.
fn check_master(category: &CategoryConfig) -> Option<Check> {
    let (name, path) = (&category.name, &category.path);
    if !path.as_os_str().is_empty() && !path.is_dir() {
        let path = path.display();
        let message =
            format!("master tree of {name:?} is not a directory: {path}; mount it, or correct `path` in the config");
        return Some(Check::critical("category", message));
    }
    if category.source != SourceKind::Filelist || CategoryConfig::is_url(&category.file_list) {
        return None;
    }
    let reason = match filelist::resolve_pattern(Path::new(&category.file_list)) {
        Ok(list) if list.is_file() => return None,
        Ok(_) => "no such file".to_owned(),
        Err(e) => e,
    };
    let list = &category.file_list;
    let message = format!(
        "file list of {name:?}, {list}: {reason}; check that the master writes it, or correct `file_list` in the config"
    );
    Some(Check::critical("category", message))
}

/// Checks whether scans refuse metadata of the master: a warning at once, critical after an hour.
pub(super) fn check_refused_versions(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    const NAME: &str = "master metadata";
    let found = db::refused_version::refused_now(tx)?;
    if found.is_empty() {
        return Ok(vec![Check::ok(NAME, "no version is refused")]);
    }
    let check = |refused: &RefusedNow| {
        let age = environment.now.since(refused.first_seen);
        let RefusedNow {
            category,
            path,
            reason,
            explanation,
            ..
        } = refused;
        let message = format!(
            "{reason} since {}: {path}/{REPOMD} {explanation}; the version before is offered; correct it on the master",
            refused.first_seen
        );
        let severity = if age >= CRITICAL_REFUSAL {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let (category, path) = (shell::quote(category), shell::quote(path.as_str()));
        Check::new(NAME, severity, message).with_command(format!("mm-scan-master --category {category} --path {path}"))
    };
    Ok(found.iter().map(check).collect())
}

pub(super) fn check_newest_only(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let (repositories, arches) = (db::registry::repositories(tx)?, db::registry::arches(tx)?);
    let check = |r: &Repository| {
        let until = r.newest_only_until?;
        let prefix = r.prefix.as_ref().map_or(r.name.as_str(), RepoPrefix::as_str);
        let arch = arches.iter().find(|a| a.id == r.arch);
        let name = format!("{prefix}/{}", arch.map_or("", |a| a.name.as_str()));
        let message = format!(
            "{name} lists only mirrors with the newest metadata until {until}; end it when the emergency is over"
        );
        let command = format!("mm-admin repo newest-only {} --off", shell::quote(&name));
        Some(Check::warning("newest-only", message).with_command(command))
    };
    let active = repositories.iter().filter(|r| r.is_newest_only(environment.now));
    Ok(active.filter_map(check).collect())
}
