//! Checks of the mirrors: unreachable and disabled ones, unexpected content, and mirrors that are no longer listed.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use itertools::Itertools as _;

use super::{Check, Environment, Measurement, Severity, Unit};
use crate::config::Config;
use crate::db::crawl_history::{self, FindingRow};
use crate::db::{self, DbError, Tx, audit_log, published_generation};
use crate::model::count::{agree, format_count};
use crate::model::names::MirrorUrl;
use crate::model::registry::{DisabledBy, Host};
use crate::sys::shell;

mod unreachable;

use unreachable::{UnreachableHost, describe_groups};

/// The number of mirrors that a message or a command names.
const MAX_NAMED: usize = 5;
const DAY: Duration = Duration::from_hours(24);

/// The active hosts.
fn active_hosts(tx: &Tx<'_>) -> Result<Vec<Host>, DbError> {
    let (mut hosts, sites) = (db::registry::hosts(tx)?, db::registry::sites(tx)?);
    hosts.retain(|h| sites.iter().any(|s| s.id == h.site && h.is_active(s)));
    Ok(hosts)
}

/// `a, b, c and 3 more`
pub(super) fn name_some(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let text = names.iter().take(MAX_NAMED).join(", ");
    match names.len().saturating_sub(MAX_NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The command that crawls some hosts again; all of them if they are too many to type.
fn crawl_command(options: &str, hosts: &BTreeSet<&str>) -> String {
    let options = if options.is_empty() {
        String::new()
    } else {
        format!(" {options}")
    };
    if hosts.len() > MAX_NAMED {
        return format!("mm-crawl{options}");
    }
    let hosts = hosts.iter().map(|h| format!(" --host {}", shell::quote(h))).join("");
    format!("mm-crawl{options}{hosts}")
}

/// Checks how many active hosts did not answer their last crawl. A fifth of them is normal.
pub(super) fn check_unreachable(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    const WARNING_PERCENT: u64 = 20;
    const CRITICAL_PERCENT: u64 = 50;
    let active = active_hosts(tx)?;
    let mut failing: Vec<&Host> = active.iter().filter(|h| h.crawl_failures > 0).collect();
    failing.sort_by_key(|h| Reverse(h.crawl_failures));
    let mut message = format!(
        "{} of {} did not answer {} last crawl",
        failing.len(),
        format_count(active.len(), "mirror"),
        agree(failing.len(), "its", "their")
    );
    let measurement = Measurement {
        value: percent(failing.len(), active.len()),
        unit: Unit::Percent,
        warning: WARNING_PERCENT,
        critical: CRITICAL_PERCENT,
    };
    let groups = describe_groups(&locate(environment.config, tx, &failing)?);
    for group in groups {
        message = format!("{message}; {group}");
    }
    if !failing.is_empty() {
        let named = failing.iter().map(|h| format!("{} ({})", h.name, h.crawl_failures));
        message = format!("{message}; failed crawls: {}", name_some(named));
    }
    // Few crawl results of a small network are a large share.
    let mut check = Check::measured("unreachable mirrors", measurement, message);
    if failing.len() < 3 {
        check.severity = check.severity.min(Severity::Warning);
    }
    let command = crawl_command("--canary", &failing.iter().map(|h| h.name.as_str()).collect());
    Ok(vec![check.with_command(command)])
}

/// Finds the AS and the addresses of hosts, from the registry, by name lookup and from the ASN table.
fn locate(config: &Config, tx: &Tx<'_>, hosts: &[&Host]) -> Result<Vec<UnreachableHost>, DbError> {
    let categories = db::registry::host_categories(tx)?;
    let urls = db::registry::urls(tx)?;
    let servers = |host: &Host| -> BTreeSet<(String, u16)> {
        let ids: BTreeSet<_> = categories
            .iter()
            .filter(|hc| hc.host == host.id)
            .map(|hc| hc.id)
            .collect();
        let urls = urls.iter().filter(|u| ids.contains(&u.host_category));
        urls.filter_map(|u| MirrorUrl::server(&u.url)).collect()
    };
    let hosts = hosts.iter().map(|h| (h.asn, servers(h))).collect();
    Ok(unreachable::locate(&config.server.asn_table, hosts))
}

fn percent(part: usize, all: usize) -> u64 {
    let percent = part.saturating_mul(100).checked_div(all).unwrap_or(0);
    u64::try_from(percent).unwrap_or(100)
}

/// Checks for mirrors that the crawler disabled within a day. Older ones are only counted: they are enabled when they answer again.
pub(super) fn check_disabled(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let hosts = db::registry::hosts(tx)?;
    let is_by_crawler = |h: &&Host| !h.user_active && h.disabled_by == Some(DisabledBy::Crawler);
    let by_crawler: Vec<&Host> = hosts.iter().filter(is_by_crawler).collect();
    let others = hosts
        .iter()
        .filter(|h| !(is_by_crawler(h) || h.user_active && h.admin_active))
        .count();
    let changed = audit_log::last_changes(tx, "host", "mm-crawl")?;
    let is_new = |h: &&&Host| {
        changed
            .get(h.name.as_str())
            .is_some_and(|at| environment.now.since(*at) <= DAY)
    };
    let new: BTreeSet<&str> = by_crawler.iter().filter(is_new).map(|h| h.name.as_str()).collect();
    let counted = format!(
        "{} {} disabled by the crawler, {others} by administrators and owners",
        format_count(by_crawler.len(), "mirror"),
        agree(by_crawler.len(), "is", "are")
    );
    if new.is_empty() {
        return Ok(vec![Check::ok("disabled mirrors", counted)]);
    }
    let named = name_some(new.iter().map(|n| (*n).to_owned()));
    let message = format!("{counted}; by the crawler in the last 24 hours: {named}");
    let command = crawl_command("--include-disabled", &new);
    Ok(vec![Check::warning("disabled mirrors", message).with_command(command)])
}

/// Checks for mirrors that serve metadata which the master never had: such a mirror may have been tampered with.
pub(super) fn check_unknown_hash(_: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let found = findings_about_active(tx, "unknown-hash")?;
    let mut check = check_findings(
        "unknown metadata",
        "serve a repomd.xml that the master never had, and are not listed for it",
        &found,
    );
    let all = crawl_history::findings_with_code(tx, "unknown-hash")?;
    let active: BTreeSet<&str> = found.iter().map(|(host, _)| host.as_str()).collect();
    let disabled: BTreeSet<&str> = all.iter().map(|(host, _)| host.as_str()).collect();
    let disabled = disabled.difference(&active).count();
    if disabled > 0 && check.severity == Severity::Ok {
        check.message = format!(
            "{}, and {} served it",
            check.message,
            format_count(disabled, "disabled mirror")
        );
    }
    Ok(vec![check])
}

/// Checks for mirrors that serve directories which the master still keeps unreadable.
pub(super) fn check_leaked(_: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let found = findings_about_active(tx, "leaked")?;
    Ok(vec![check_findings(
        "leaked releases",
        "serve a directory that is unreadable on the master",
        &found,
    )])
}

fn findings_about_active(tx: &Tx<'_>, code: &str) -> Result<Vec<(String, FindingRow)>, DbError> {
    let active: BTreeSet<String> = active_hosts(tx)?.into_iter().map(|h| h.name.to_string()).collect();
    let mut found = crawl_history::findings_with_code(tx, code)?;
    found.retain(|(host, _)| active.contains(host));
    Ok(found)
}

fn check_findings(name: &str, problem: &str, found: &[(String, FindingRow)]) -> Check {
    let hosts: BTreeSet<&str> = found.iter().map(|(host, _)| host.as_str()).collect();
    if hosts.is_empty() {
        return Check::ok(name, "no mirror");
    }
    let first = found.iter().unique_by(|(host, _)| host);
    let named = name_some(first.map(|(host, finding)| format!("{host} ({})", finding.url)));
    let problem = if hosts.len() == 1 {
        problem.replacen("serve", "serves", 1).replace("are not", "is not")
    } else {
        problem.to_owned()
    };
    let message = format!(
        "{} {problem}: {named}; after the owner has fixed it, crawl it again",
        format_count(hosts.len(), "mirror")
    );
    Check::warning(name, message).with_command(crawl_command("", &hosts))
}

/// Checks how many of the hosts that were listed in the last day are not listed now.
pub(super) fn check_unlisted(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    const WARNING_PERCENT: u64 = 5;
    const CRITICAL_PERCENT: u64 = 15;
    /// With fewer hosts, each is a large share.
    const MIN_HOSTS: u64 = 20;
    let generations = published_generation::current_since(tx, environment.now.minus(DAY))?;
    let Some(current) = generations.first() else {
        return Ok(Vec::new());
    };
    let most = generations.iter().map(|g| g.hosts).max().unwrap_or(0);
    let lost = most.saturating_sub(current.hosts);
    let value = (lost * 100)
        .checked_div(most)
        .filter(|_| most >= MIN_HOSTS)
        .unwrap_or(0);
    let measurement = Measurement {
        value,
        unit: Unit::Percent,
        warning: WARNING_PERCENT,
        critical: CRITICAL_PERCENT,
    };
    let mut message = format!(
        "{} {} listed, {lost} fewer than in the last 24 hours",
        format_count(current.hosts, "host"),
        agree(current.hosts, "is", "are")
    );
    let before = generations
        .iter()
        .find(|g| g.hosts == most)
        .filter(|_| measurement.severity() != Severity::Ok);
    if let Some(before) = before {
        message = format!("{message}; names: mm-update-mirrorlist --diff {}", before.generation);
    }
    let check = Check::measured("listed mirrors", measurement, message);
    Ok(vec![check.with_command("mm-crawl; mm-update-mirrorlist; mm-sync-out")])
}
