//! Checks of the repositories in the published generation: does each have mirrors?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use itertools::Itertools as _;
use roaring::RoaringBitmap;

use super::{Check, Environment, Severity};
use crate::db::{self, DbError, Tx};
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::ids::RepositoryId;
use crate::snapshot::Snapshot;
use crate::snapshot::generation;
use crate::sys::shell;

const NAME: &str = "repositories";
/// A repository with fewer mirrors is reported, if more hosts have its category.
const FEW_MIRRORS: usize = 5;
/// Time for mirrors to copy a new repository.
const NEW_FOR: Duration = Duration::from_hours(24);
const MAX_NAMED: usize = 10;

/// A repository that clients can request, with the numbers of mirrors that it has and could have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RepositoryMirrors {
    prefix: String,
    arch: String,
    mirrors: usize,
    /// Hosts that have its category.
    hosts: usize,
    /// True if it appeared recently and never had a mirror.
    is_new: bool,
}

/// Checks the displayed repositories with a prefix that had a mirror or are older than a day.
pub(super) fn check(environment: &Environment<'_>, tx: &Tx<'_>) -> Result<Vec<Check>, DbError> {
    let dir = &environment.config.generations_dir;
    let snapshot = match generation::current(dir) {
        Ok(Some((place, manifest))) => generation::read_file(&place, &manifest, generation::SNAPSHOT),
        // The check of the generation reports it.
        Ok(None) => return Ok(Vec::new()),
        Err(e) => Err(e),
    };
    let snapshot = match snapshot.map(|bytes| Snapshot::decode(&bytes)) {
        Ok(Ok(snapshot)) => snapshot,
        Ok(Err(e)) => {
            return Ok(vec![
                Check::critical(NAME, e.to_string()).with_command("mm-update-mirrorlist"),
            ]);
        }
        Err(e) => {
            return Ok(vec![
                Check::critical(NAME, e.to_string()).with_command("mm-update-mirrorlist"),
            ]);
        }
    };
    let all = count_mirrors(tx, &snapshot, environment.now)?;
    Ok(evaluate(&all))
}

fn count_mirrors(tx: &Tx<'_>, snapshot: &Snapshot, now: Timestamp) -> Result<Vec<RepositoryMirrors>, DbError> {
    let versions = db::registry::versions(tx)?;
    let displayed: BTreeSet<_> = versions.iter().filter(|v| v.display).map(|v| v.id).collect();
    let arches: BTreeMap<_, _> = db::registry::arches(tx)?.into_iter().map(|a| (a.id, a.name)).collect();
    let with_mirrors: BTreeSet<RepositoryId> = (db::propagation::all(tx)?.into_iter())
        .filter(|(_, sample)| sample.counts.parts().iter().take(4).any(|n| *n > 0))
        .map(|(id, _)| id)
        .collect();
    let published: BTreeMap<(&str, &str), u32> = (snapshot.repositories.iter())
        .filter_map(|r| Some(((r.prefix.as_str(), r.arch.as_str()), r.directory?)))
        .collect();
    // No mirror has a release before it comes out.
    let staged = db::registry::staged_repositories(tx)?;
    let mut out = Vec::new();
    for row in db::registry::repositories(tx)? {
        let (Some(prefix), Some(arch)) = (&row.prefix, arches.get(&row.arch)) else {
            continue;
        };
        if row.disabled || staged.contains(&row.id) || !displayed.contains(&row.version) {
            continue;
        }
        let directory = published.get(&(prefix.as_str(), arch.as_str()));
        let (mirrors, hosts) = directory.map_or((0, 0), |d| count_public_hosts(snapshot, *d));
        out.push(RepositoryMirrors {
            prefix: prefix.to_string(),
            arch: arch.to_string(),
            mirrors,
            hosts,
            is_new: now.since(row.first_seen) <= NEW_FOR && !with_mirrors.contains(&row.id),
        });
    }
    Ok(out)
}

/// Returns how many public hosts are listed for a directory, and how many for any directory of its category.
fn count_public_hosts(snapshot: &Snapshot, directory: u32) -> (usize, usize) {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let category = snapshot.directories.get(at(directory)).map(|d| d.category);
    let is_public = |host: u32| snapshot.hosts.get(at(host)).is_some_and(|h| !h.private);
    let of_category = snapshot.host_categories.iter();
    let of_category =
        of_category.filter(|hc| Some(hc.category) == category && is_public(hc.host) && !hc.urls.is_empty());
    let listed: Vec<&RoaringBitmap> = of_category.map(|hc| &hc.listed).collect();
    let mirrors = listed.iter().filter(|listed| listed.contains(directory)).count();
    (mirrors, listed.len())
}

fn evaluate(all: &[RepositoryMirrors]) -> Vec<Check> {
    let counted = |wanted: &dyn Fn(&&RepositoryMirrors) -> bool| -> Vec<&RepositoryMirrors> {
        all.iter().filter(|r| !r.is_new).filter(wanted).collect()
    };
    let without = counted(&|r| r.mirrors == 0);
    let few = counted(&|r| (1..FEW_MIRRORS.min(r.hosts)).contains(&r.mirrors));
    let mut out = Vec::new();
    if !without.is_empty() {
        out.push(report(Severity::Critical, &without, "without a mirror"));
    }
    if !few.is_empty() {
        let few_mirrors = format!("with fewer than {FEW_MIRRORS} mirrors");
        out.push(report(Severity::Warning, &few, &few_mirrors));
    }
    if out.is_empty() {
        let message = format!("all of {} have mirrors", all.len());
        out.push(Check::ok(NAME, message));
    }
    out
}

fn report(severity: Severity, found: &[&RepositoryMirrors], problem: &str) -> Check {
    let all = found.iter().map(|r| format!("{}/{}", r.prefix, r.arch));
    let named = all.take(MAX_NAMED).join(", ");
    let more = match found.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let counted = format_count(found.len(), "repository");
    let message = format!("{counted} {problem}: {named}{more}");
    let prefixes: BTreeSet<&str> = found.iter().map(|r| r.prefix.as_str()).collect();
    let prefixes = match prefixes.len() {
        n if n > MAX_NAMED => String::new(),
        _ => prefixes.iter().map(|p| format!(" --repo {}", shell::quote(p))).join(""),
    };
    let command = format!("mm-crawl{prefixes}; mm-update-mirrorlist; mm-sync-out");
    Check::new(NAME, severity, message).with_command(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(prefix: &str, mirrors: usize, hosts: usize, is_new: bool) -> RepositoryMirrors {
        RepositoryMirrors {
            prefix: prefix.to_owned(),
            arch: "x86_64".to_owned(),
            mirrors,
            hosts,
            is_new,
        }
    }

    #[test]
    fn repositories_without_mirrors_are_critical_unless_they_are_new() {
        let severities =
            |all: &[RepositoryMirrors]| -> Vec<Severity> { evaluate(all).iter().map(|c| c.severity).collect() };
        for (all, expected) in [
            (vec![], vec![Severity::Ok]),
            (vec![repository("a", 9, 9, false)], vec![Severity::Ok]),
            (vec![repository("a", 0, 9, true)], vec![Severity::Ok]),
            (vec![repository("a", 0, 0, false)], vec![Severity::Critical]),
            (vec![repository("a", 4, 5, false)], vec![Severity::Warning]),
            // A small network has all the mirrors that it can have.
            (vec![repository("a", 3, 3, false)], vec![Severity::Ok]),
            (vec![repository("a", 2, 3, false)], vec![Severity::Warning]),
            (
                vec![repository("a", 0, 9, false), repository("b", 1, 9, false)],
                vec![Severity::Critical, Severity::Warning],
            ),
        ] {
            assert_eq!(severities(&all), expected, "{all:?}");
        }
        let checks = evaluate(&[repository("a", 0, 9, false), repository("b", 0, 9, false)]);
        assert!(
            checks[0]
                .message
                .starts_with("2 repositories without a mirror: a/x86_64, b/x86_64"),
            "{checks:?}"
        );
        let command = checks[0].command.as_deref();
        assert_eq!(
            command,
            Some("mm-crawl --repo a --repo b; mm-update-mirrorlist; mm-sync-out")
        );
    }
}
