//! The report of `mm-update-mirrorlist`.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use itertools::Itertools as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::master::MasterReport;
use crate::cli::output::{Report, Style, TextOutput, and_more, or_dash};
use crate::config::Config;
use crate::job::JobReport;
use crate::job::exit::ExitStatus;
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::ids::DirectoryId;
use crate::model::names::HostName;
use crate::model::registry::Repository;
use crate::publish::diff::{SnapshotCounts, SnapshotDiff};
use crate::publish::guard::Loss;
use crate::snapshot::generation::GenerationId;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

/// Prefix of the keys of alerts about repositories without mirrors.
const NO_MIRRORS: &str = "no-mirrors: ";
/// Prefix of the keys of alerts about repositories that lost mirrors.
const LOST: &str = "lost: ";
/// Time that mirrors have to copy a new repository.
const NEW_REPOSITORY_GRACE: Duration = Duration::from_hours(24);
/// The most hosts that an alert names.
const MAX_NAMES: usize = 5;

/// The result of a run, or of a dry run.
#[derive(Debug, Serialize)]
pub(super) struct UpdateReport {
    pub(super) generation: GenerationId,
    /// The generation that was published before.
    pub(super) before: Option<GenerationId>,
    /// True if it differs from the generation published before.
    pub(super) changed: bool,
    /// True if it is published now, or would be without a dry run.
    pub(super) published: bool,
    pub(super) dry_run: bool,
    pub(super) numbers: SnapshotCounts,
    /// The base of `diff`: the published generation, or the one that `--diff` names.
    pub(super) compared_with: Option<GenerationId>,
    /// `None` if no other generation could be read.
    pub(super) diff: Option<SnapshotDiff>,
    #[serde(skip)]
    pub(super) only_diff: bool,
    /// Repositories with a mass loss.
    pub(super) losses: Vec<Loss>,
    /// The comparison with the master, with `--verify-master`.
    pub(super) master: Option<MasterReport>,
    /// Old generations that were removed.
    pub(super) removed: Vec<GenerationId>,
    pub(super) newest_only: Vec<NewestOnly>,
    /// Repositories that clients request and no mirror has, as `prefix/arch`.
    pub(super) without_mirrors: BTreeSet<String>,
    /// Those of them that were never listed, and are so new that mirrors may still be copying them.
    #[serde(skip)]
    pub(super) new_without_mirrors: BTreeSet<String>,
    /// The reason why nothing was published, by a stable key.
    pub(super) refused: BTreeMap<String, String>,
    /// Omitted rows, incomplete settings, and files that could not be removed.
    pub(super) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct NewestOnly {
    /// The repository as `prefix/arch`.
    repository: String,
    until: Timestamp,
    /// The number of hosts with the newest metadata.
    mirrors: usize,
}

impl NewestOnly {
    pub(super) fn collect(publication: &Publication<'_>, now: Timestamp) -> Vec<Self> {
        // Not computed for a run without such a repository.
        let mirrors = LazyCell::new(|| RepositoryMirrors::new(publication));
        let active = publication
            .registry
            .repositories
            .iter()
            .filter(|r| r.is_newest_only(now));
        let row = |r: &Repository| {
            Some(Self {
                repository: publication.registry.repository_name(r),
                until: r.newest_only_until?,
                mirrors: r.directory.map_or(0, |d| mirrors.hosts_for(d).len()),
            })
        };
        active.filter_map(row).collect()
    }

    /// Returns the same text in every run, so that the alert is repeated only once a day.
    pub(super) fn warning(&self) -> String {
        format!(
            "repository {0} is newest-only until {1}: only mirrors with the newest metadata are listed; end it with: mm-admin repo newest-only {0} --off",
            self.repository, self.until
        )
    }
}

impl UpdateReport {
    /// Finds the repositories that clients request, and no mirror has.
    pub(super) fn find_without_mirrors(&mut self, publication: &Publication<'_>, now: Timestamp) {
        let registry = publication.registry;
        let is_displayed = |r: &Repository| registry.versions.get(&r.version).is_none_or(|v| v.display);
        let requested = registry.repositories.iter();
        let requested = requested.filter(|r| r.prefix.is_some() && !r.disabled && is_displayed(r));
        let mirrors = RepositoryMirrors::new(publication);
        for r in requested {
            let is_readable = |d: &DirectoryId| registry.directories.get(d).is_some_and(|d| d.readable);
            let Some(directory) = r.directory.filter(is_readable) else {
                continue;
            };
            if !mirrors.hosts_for(directory).is_empty() {
                continue;
            }
            let name = registry.repository_name(r);
            let mut changes = self.diff.iter().flat_map(|d| &d.repositories);
            let was_listed = changes.any(|c| c.repository == name && c.before.is_some_and(|n| n > 0));
            if !was_listed && now.since(r.first_seen) < NEW_REPOSITORY_GRACE {
                self.new_without_mirrors.insert(name.clone());
            }
            self.without_mirrors.insert(name);
        }
    }
}

impl JobReport for UpdateReport {
    /// The checks of `mm-admin` read `published`, and the list of pending items `losses` and `refused`.
    fn stats(&self) -> serde_json::Result<Value> {
        Ok(json!({
            "hosts": self.numbers.hosts,
            "repositories": self.numbers.repositories,
            "directories": self.numbers.directories,
            "published": self.published,
            "retained": self.losses.iter().filter(|l| !l.retained.is_empty()).count(),
            "losses": self.losses.iter().map(loss_stats).collect::<Vec<_>>(),
            "refused": self.refused.values().collect::<Vec<_>>(),
        }))
    }

    fn alerts(&self) -> BTreeMap<String, String> {
        if self.dry_run {
            return BTreeMap::new();
        }
        let losses = self
            .losses
            .iter()
            .map(|l| (format!("{LOST}{}", l.repository), describe_loss(l)));
        let master = self.master.iter().flat_map(MasterReport::alerts);
        let warnings = self
            .warnings
            .iter()
            .map(|text| (format!("warning {text}"), text.clone()));
        let lonely = self.without_mirrors.difference(&self.new_without_mirrors).map(|name| {
            let text = format!("repository {name} has no mirror; see: mm-admin mirrors {name}");
            (format!("{NO_MIRRORS}{name}"), text)
        });
        let refused = self.refused.clone().into_iter();
        refused
            .chain(lonely)
            .chain(losses)
            .chain(master)
            .chain(warnings)
            .collect()
    }

    /// Hosts that are no longer retained are lost; that is not the end of a problem.
    fn is_final(&self, key: &str) -> bool {
        let name = key.strip_prefix(LOST);
        name.is_some_and(|name| {
            let mut losses = self.losses.iter();
            losses.any(|l| l.repository == name && l.retained.is_empty())
        })
    }

    /// A repository that is no longer in the published generation may have lost its mirrors before it was a day old.
    fn is_checked(&self, key: &str, _config: &Config) -> bool {
        let name = key.strip_prefix(NO_MIRRORS);
        name.is_none_or(|name| !self.new_without_mirrors.contains(name))
    }
}

impl Report for UpdateReport {
    fn exit(&self) -> ExitStatus {
        let complete = self.published && self.losses.is_empty();
        if complete && self.master.as_ref().is_none_or(MasterReport::is_equal) {
            ExitStatus::Done
        } else {
            ExitStatus::Partial
        }
    }

    fn is_query(&self) -> bool {
        self.dry_run
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = match (self.published, self.dry_run, self.changed) {
            (false, _, _) => out.paint(Style::Bad, "not published:"),
            (true, false, true) => out.paint(Style::Good, "published"),
            (true, true, true) => "would publish".to_owned(),
            (true, false, false) => "unchanged:".to_owned(),
            (true, true, false) => "would not change:".to_owned(),
        };
        let SnapshotCounts {
            hosts,
            repositories,
            directories,
        } = self.numbers;
        out.line(format!(
            "{verb} generation {}: {}, {}, {}",
            self.generation,
            format_count(hosts, "host"),
            format_count(repositories, "repository"),
            format_count(directories, "directory")
        ))?;
        for text in self.refused.values() {
            out.line(out.paint(Style::Bad, text))?;
        }
        for loss in &self.losses {
            out.line(out.paint(Style::Bad, &describe_loss(loss)))?;
        }
        if let Some(master) = &self.master {
            for (_, text) in master.alerts() {
                out.line(out.paint(Style::Bad, &text))?;
            }
            out.line(master.summary())?;
        }
        if let Some(diff) = &self.diff {
            if self.only_diff
                && let Some(id) = &self.compared_with
            {
                out.line(format!("compared with generation {id}:"))?;
            }
            write_diff(diff, self.only_diff, out)?;
        }
        if !self.removed.is_empty() {
            out.line(format!("removed old generations: {}", self.removed.iter().format(", ")))?;
        }
        for r in &self.newest_only {
            out.line(format!(
                "newest-only: {}, {} until {}",
                r.repository,
                format_count(r.mirrors, "host"),
                r.until
            ))?;
        }
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        Ok(())
    }
}

fn write_diff(diff: &SnapshotDiff, with_lists: bool, out: &mut TextOutput<'_>) -> io::Result<()> {
    for (sign, style, hosts) in [
        ("+", Style::Good, &diff.hosts_gained),
        ("-", Style::Bad, &diff.hosts_lost),
    ] {
        for host in hosts {
            out.line(out.paint(style, &format!("{sign} host {host}")))?;
        }
    }
    if with_lists {
        write_lists(diff, out)?;
    }
    if diff.repositories.is_empty() {
        if with_lists && *diff == SnapshotDiff::default() {
            out.line("no difference in hosts, repositories, their mirrors and directories")?;
        }
        return Ok(());
    }
    let rows = diff.repositories.iter().map(|r| {
        let (before, now) = (or_dash(r.before), or_dash(r.mirrors));
        [r.repository.clone(), before, now, r.gained.join(" "), r.lost.join(" ")]
    });
    out.table("REPOSITORY | BEFORE | NOW | GAINED | LOST", rows)
}

/// Writes the repositories and directories that were added and removed; a tree is summarized by its top.
fn write_lists(diff: &SnapshotDiff, out: &mut TextOutput<'_>) -> io::Result<()> {
    for (sign, style, is_added) in [("+", Style::Good, true), ("-", Style::Bad, false)] {
        for r in &diff.repositories {
            let (before, now) = (r.before.is_some(), r.mirrors.is_some());
            if before != is_added && now == is_added {
                out.line(out.paint(style, &format!("{sign} repository {}", r.repository)))?;
            }
        }
    }
    for (sign, style, all) in [
        ("+", Style::Good, &diff.directories_gained),
        ("-", Style::Bad, &diff.directories_lost),
    ] {
        for (top, below) in top_directories(all) {
            let suffix = match below {
                0 => String::new(),
                n => format!(" and {} below it", format_count(n, "directory")),
            };
            out.line(out.paint(style, &format!("{sign} directory {top}{suffix}")))?;
        }
    }
    Ok(())
}

/// Returns the names that are not below another one, each with the number of names below it.
fn top_directories(names: &[String]) -> Vec<(&str, usize)> {
    let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut out: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let mut top = name.as_str();
        let mut path = name.as_str();
        while let Some((parent, _)) = path.rsplit_once('/') {
            if all.contains(parent) {
                top = parent;
            }
            path = parent;
        }
        let below = out.entry(top).or_default();
        *below += usize::from(top != name);
    }
    out.into_iter().collect()
}

/// The part of a loss that is stored with the run: with many repositories and hosts, all names would be megabytes.
fn loss_stats(loss: &Loss) -> Value {
    json!({
        "repository": loss.repository,
        "before": loss.before,
        "mirrors": loss.mirrors,
        "retained": loss.retained.len(),
        "hosts": loss.retained.iter().take(MAX_NAMES).collect::<Vec<_>>(),
        "since": loss.since,
        "until": loss.until,
    })
}

/// Describes a loss with the same text in every run, so that the alert is repeated only once a day.
fn describe_loss(loss: &Loss) -> String {
    let Loss {
        repository,
        before,
        mirrors,
        retained,
        lost,
        until,
        ..
    } = loss;
    let names =
        |hosts: &[HostName]| hosts.iter().take(MAX_NAMES).join(", ") + &and_more(hosts.len().saturating_sub(MAX_NAMES));
    let host = lost.first().map_or("HOST", HostName::as_str);
    let summary =
        format!("repository {repository} lost mirrors: {mirrors} left of {before} in the published generation");
    let why = format!("find the reason with: mm-admin why {host}");
    if retained.is_empty() {
        return format!("{summary}; no longer retained: {}; {why}", names(lost));
    }
    format!(
        "{summary}; retained until {until}: {}; {why}; accept the loss with: mm-update-mirrorlist --accept-loss \
         repo={repository}, or --accept-loss host=NAME",
        names(retained)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_summarized_by_its_top() {
        let names = ["a/b", "a/b/c", "a/b/c/d", "a/bc", "x"].map(str::to_owned);
        assert_eq!(top_directories(&names), [("a/b", 2), ("a/bc", 0), ("x", 0)]);
        assert!(top_directories(&[]).is_empty());
    }
}
