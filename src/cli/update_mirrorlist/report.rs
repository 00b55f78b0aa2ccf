//! What a run of `mm-update-mirrorlist` has to say.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;

use super::master::MasterReport;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::model::Timestamp;
use crate::model::names::HostName;
use crate::publish::diff::{SnapshotCounts, SnapshotDiff};
use crate::publish::guard::Loss;
use crate::snapshot::generation::GenerationId;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

/// What a run did, or would do.
#[derive(Debug, Serialize)]
pub struct UpdateReport {
    /// The generation that the facts give.
    pub(super) generation: GenerationId,
    /// The one that was published before.
    pub(super) before: Option<GenerationId>,
    /// Whether it differs from the one published before.
    pub(super) changed: bool,
    /// Whether it is (or, in a dry run, would be) the published one now.
    pub(super) published: bool,
    pub(super) dry_run: bool,
    pub(super) numbers: SnapshotCounts,
    /// With what it was compared: the published generation, or the one that `--diff` names.
    pub(super) against: Option<GenerationId>,
    /// Against that; `None` when there was none that could be read.
    pub(super) diff: Option<SnapshotDiff>,
    /// Whether nothing but the difference was asked for.
    #[serde(skip)]
    pub(super) only_diff: bool,
    /// Repositories that lost more of their hosts than goes without a person.
    pub(super) losses: Vec<Loss>,
    /// What the master holds now, where that was asked for.
    pub(super) master: Option<MasterReport>,
    /// Generations that were removed.
    pub(super) removed: Vec<GenerationId>,
    /// Repositories in an emergency: only holders of the newest metadata are listed.
    pub(super) newest_only: Vec<NewestOnly>,
    /// Why nothing was published, by a stable key.
    pub(super) refused: BTreeMap<String, String>,
    /// Rows that were left out, and what looks forgotten.
    pub(super) warnings: Vec<String>,
}

/// A repository in an emergency.
#[derive(Debug, Serialize)]
pub(super) struct NewestOnly {
    /// `prefix/arch`.
    repository: String,
    /// When it lapses.
    until: Timestamp,
    /// Hosts that clients are sent to.
    holders: usize,
}

impl NewestOnly {
    /// Those in force.
    pub(super) fn in_force(listing: &Publication<'_>, now: Timestamp) -> Vec<Self> {
        let in_force: Vec<_> = (listing.registry.repositories.iter())
            .filter_map(|r| Some((r, r.newest_only_until.filter(|_| r.is_newest_only(now))?)))
            .collect();
        if in_force.is_empty() {
            return Vec::new();
        }
        let holders = RepositoryMirrors::new(listing);
        in_force
            .into_iter()
            .map(|(r, until)| Self {
                repository: listing.registry.repository_name(r),
                until,
                holders: r.directory.map_or(0, |d| holders.hosts_for(d).len()),
            })
            .collect()
    }

    /// The same in every run, so that cron repeats it once a day.
    pub(super) fn warning(&self) -> String {
        format!(
            "repository {0} lists only holders of the newest metadata until {1}; end it with: mm-admin repo newest-only {0} --off",
            self.repository, self.until
        )
    }
}

impl UpdateReport {
    /// The run's own numbers, and whether anything went out: `mm-admin doctor` goes by that.
    pub(super) fn counts(&self) -> serde_json::Value {
        serde_json::json!({
            "hosts": self.numbers.hosts,
            "repositories": self.numbers.repositories,
            "directories": self.numbers.directories,
            "published": self.published,
            "retained": self.losses.iter().filter(|l| !l.retained.is_empty()).count(),
        })
    }
}

impl Report for UpdateReport {
    fn exit(&self) -> ExitStatus {
        let whole = self.published && self.losses.is_empty();
        if whole && self.master.as_ref().is_none_or(MasterReport::is_good) {
            ExitStatus::Done
        } else {
            ExitStatus::Partial
        }
    }

    fn is_query(&self) -> bool {
        self.only_diff
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
            "{verb} generation {}: {hosts} hosts, {repositories} repositories, {directories} directories",
            self.generation
        ))?;
        for text in self.refused.values() {
            out.line(out.paint(Style::Bad, text))?;
        }
        for loss in &self.losses {
            out.line(out.paint(Style::Bad, &loss_in_words(loss)))?;
        }
        if let Some(master) = &self.master {
            for (_, text) in master.problems() {
                out.line(out.paint(Style::Bad, &text))?;
            }
            out.line(master.summary())?;
        }
        if let Some(diff) = &self.diff {
            if self.only_diff
                && let Some(id) = &self.against
            {
                out.line(format!("against generation {id}:"))?;
            }
            write_diff(diff, self.only_diff, out)?;
        }
        if !self.removed.is_empty() {
            let ids: Vec<&str> = self.removed.iter().map(GenerationId::as_str).collect();
            out.line(format!("removed old generations: {}", ids.join(", ")))?;
        }
        for r in &self.newest_only {
            out.line(format!(
                "newest only: {}, {} hosts until {}",
                r.repository, r.holders, r.until
            ))?;
        }
        for text in &self.warnings {
            out.line(format!("{} {text}", out.paint(Style::Warn, "warning:")))?;
        }
        Ok(())
    }
}

fn write_diff(diff: &SnapshotDiff, whole: bool, out: &mut TextOutput<'_>) -> io::Result<()> {
    for (sign, tone, hosts) in [
        ("+", Style::Good, &diff.hosts_gained),
        ("-", Style::Bad, &diff.hosts_lost),
    ] {
        for host in hosts {
            out.line(out.paint(tone, &format!("{sign} host {host}")))?;
        }
    }
    if whole {
        write_lists(diff, out)?;
    }
    if diff.repositories.is_empty() {
        if whole && *diff == SnapshotDiff::default() {
            out.line("no difference in hosts, repositories, their holders and directories")?;
        }
        return Ok(());
    }
    let count = |n: Option<usize>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let rows: Vec<Vec<String>> = diff
        .repositories
        .iter()
        .map(|r| {
            vec![
                r.repository.clone(),
                count(r.before),
                count(r.mirrors),
                r.gained.join(" "),
                r.lost.join(" "),
            ]
        })
        .collect();
    out.table(&["REPOSITORY", "BEFORE", "NOW", "GAINED", "LOST"], &rows)
}

/// Repositories and directories that came and went. Of a whole tree its top stands for all of it.
fn write_lists(diff: &SnapshotDiff, out: &mut TextOutput<'_>) -> io::Result<()> {
    for (sign, tone, present) in [("+", Style::Good, true), ("-", Style::Bad, false)] {
        for r in &diff.repositories {
            let came = r.before.is_none() && r.mirrors.is_some();
            let went = r.before.is_some() && r.mirrors.is_none();
            if (present && came) || (!present && went) {
                out.line(out.paint(tone, &format!("{sign} repository {}", r.repository)))?;
            }
        }
    }
    for (sign, tone, all) in [
        ("+", Style::Good, &diff.directories_gained),
        ("-", Style::Bad, &diff.directories_lost),
    ] {
        for (top, below) in topmost(all) {
            let more = match below {
                0 => String::new(),
                1 => " and 1 directory below it".to_owned(),
                n => format!(" and {n} directories below it"),
            };
            out.line(out.paint(tone, &format!("{sign} directory {top}{more}")))?;
        }
    }
    Ok(())
}

/// Of sorted names those that lie below no other of them, each with the number of those that lie below it.
fn topmost(names: &[String]) -> Vec<(&str, usize)> {
    let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut out: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let mut top = name.as_str();
        let mut at = name.as_str();
        while let Some((up, _)) = at.rsplit_once('/') {
            if all.contains(up) {
                top = up;
            }
            at = up;
        }
        let below = out.entry(top).or_default();
        *below += usize::from(top != name);
    }
    out.into_iter().collect()
}

/// The same in every run, so that cron repeats it once a day.
pub(super) fn loss_in_words(loss: &Loss) -> String {
    let Loss {
        repository,
        before,
        mirrors,
        retained,
        lost,
        until,
        ..
    } = loss;
    let now = match mirrors {
        0 => "no host holds it".to_owned(),
        1 => "1 host holds it".to_owned(),
        n => format!("{n} hosts hold it"),
    };
    let names = |hosts: &[HostName]| {
        let shown: Vec<&str> = hosts.iter().take(5).map(HostName::as_str).collect();
        let more = hosts.len().saturating_sub(shown.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let why = format!(
        "see why with: mm-admin why {}",
        lost.first().map_or("HOST", HostName::as_str)
    );
    if retained.is_empty() {
        return format!(
            "repository {repository}: {now} by what is known now, {before} do in the published generation; none of those that went \
             is kept any longer: {}; {why}",
            names(lost)
        );
    }
    format!(
        "repository {repository}: {now} by what is known now, {before} do in the published generation; until {until} it keeps {}; \
         {why}; to let them go: mm-update-mirrorlist --accept-loss repo={repository}, or --accept-loss host=NAME",
        names(retained)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_tree_its_top_stands_for_all_of_it() {
        let names = ["a/b", "a/b/c", "a/b/c/d", "a/bc", "x"].map(str::to_owned);
        assert_eq!(topmost(&names), [("a/b", 2), ("a/bc", 0), ("x", 0)]);
        assert!(topmost(&[]).is_empty());
    }
}
