//! What is known of each host that carries the category of a directory: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::cli::admin::why::inactive;
use crate::db::crawl_history::FindingRow;
use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{DirectoryId, HostCategoryId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::DirPath;
use crate::model::plan::{MirroredVersion, PlannedDirectory, PlannedFiles, mirrored_version};
use crate::model::registry::{Host, HostCategory, Site};
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot::publication::{Publication, REPOMD};

/// What is known; the order is that of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DirectoryState {
    /// As the master has it.
    Holds,
    /// A version that the master has and no scan has recorded yet.
    Ahead,
    /// On an admin's word.
    AlwaysCurrent,
    /// Held it before the master changed it; not asked since.
    Outdated,
    /// An older version.
    Lagging,
    /// No answer when last asked.
    Unanswered,
    /// Keeps it closed, as the master did.
    Staged,
    /// Absent, or not as the master has it.
    NotHeld,
    /// A repomd.xml that the master never had.
    Foreign,
    /// Nobody has asked yet.
    NeverCrawled,
}

impl fmt::Display for DirectoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::Ahead => "ahead",
            Self::AlwaysCurrent => "trusted",
            Self::Outdated => "earlier",
            Self::Lagging => "lagging",
            Self::Unanswered => "unanswered",
            Self::Staged => "staged",
            Self::NotHeld => "not held",
            Self::Foreign => "foreign",
            Self::NeverCrawled => "never crawled",
        })
    }
}

/// A version of `repomd.xml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RepomdVersion {
    sha256: Option<String>,
    /// What it says of its time; `None` where it says nothing, or no scan has recorded it.
    timestamp: Option<Timestamp>,
    /// When a scan saw it first.
    first_seen: Option<Timestamp>,
    /// How many versions came after it; `None` where no scan has recorded it.
    behind: Option<usize>,
}

impl RepomdVersion {
    fn recorded(all: &[FileDetail], detail: &FileDetail) -> Self {
        let later = all
            .iter()
            .filter(|d| d.file.filename == REPOMD && (d.first_seq, d.id) > (detail.first_seq, detail.id));
        Self {
            sha256: detail.file.hashes.sha256.clone(),
            timestamp: Some(Timestamp(detail.file.timestamp)).filter(|t| t.0 > 0),
            first_seen: Some(detail.first_seen),
            behind: Some(later.count()),
        }
    }

    /// Which it is, in few words.
    fn summary(&self) -> String {
        match self.timestamp.or(self.first_seen) {
            Some(at) => format!("of {at}"),
            None => self.of(),
        }
    }

    /// Which it is, in words.
    pub(super) fn of(&self) -> String {
        let hash: String = self.sha256.iter().flat_map(|h| h.chars().take(12)).collect();
        let at = |what: &str, t: Option<Timestamp>| t.map(|t| format!("{what} {t}"));
        let words = [
            at("of", self.timestamp),
            at("first seen at", self.first_seen),
            Some(format!("SHA-256 {hash}…")).filter(|_| !hash.is_empty()),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// One host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct HostRow {
    pub(super) host: String,
    site: String,
    pub(super) country: Option<String>,
    /// Mbit/s.
    pub(super) bandwidth: u32,
    pub(super) state: DirectoryState,
    /// Whether it holds the directory in some version, by what was last known.
    pub(super) holds: bool,
    /// Whether the master changed the directory after what this is known from.
    outdated: bool,
    /// Since when it is in this state, where that is known.
    pub(super) since: Option<Timestamp>,
    /// Crawls in a row that found it so, or got no answer.
    tries: Option<u32>,
    /// The version of `repomd.xml` that it holds.
    version: Option<RepomdVersion>,
    /// When the category was last checked there.
    pub(super) checked_at: Option<Timestamp>,
    /// Against which scan generation.
    checked_against: Option<i64>,
    /// Whether clients are sent there for it.
    pub(super) listed: bool,
    private: bool,
    /// Why it is listed for nothing at all; empty = it is active.
    inactive: Vec<String>,
    /// The topmost directory that is absent or closed there, with this one below it.
    from: Option<DirPath>,
    /// What the last crawl found wrong.
    finding: Option<FindingRow>,
}

impl HostRow {
    /// What does not fit the columns, in words.
    pub(super) fn note(&self) -> String {
        let mut out = Vec::new();
        if self.state == DirectoryState::Unanswered {
            let tries = self.tries.map_or(String::new(), |n| format!("{n} tries; "));
            let stands = if self.holds {
                "it held it before"
            } else {
                "it did not hold it before"
            };
            out.push(format!("{tries}{stands}"));
        }
        if let Some(v) = &self.version {
            let behind = match v.behind {
                None => "not yet recorded".to_owned(),
                Some(0) => "the newest".to_owned(),
                Some(1) => "1 push behind".to_owned(),
                Some(n) => format!("{n} pushes behind"),
            };
            if self.state != DirectoryState::Holds {
                out.push(format!("repomd.xml {}: {behind}", v.summary()));
            }
        }
        if let Some(from) = &self.from {
            let what = if self.state == DirectoryState::Staged {
                "closed"
            } else {
                "absent"
            };
            let from = if from.is_top() { "the top" } else { from.as_str() };
            out.push(format!("{what} from {from} on"));
        }
        if self.outdated && self.state == DirectoryState::NotHeld {
            out.push("not asked since the master changed it".to_owned());
        }
        if let Some(f) = &self.finding {
            let dash = |t: &str| if t.is_empty() { "-".to_owned() } else { t.to_owned() };
            out.push(format!(
                "{}: expected {}, seen {}",
                f.reason,
                dash(&f.expected),
                dash(&f.seen)
            ));
        }
        if self.private {
            out.push("private".to_owned());
        }
        out.extend(self.inactive.iter().cloned());
        out.join("; ")
    }
}

/// The newest version of a directory's `repomd.xml`.
pub(super) fn newest(world: &RegistryData, directory: &PublishedDirectory) -> Option<RepomdVersion> {
    let all = world.details.get(&directory.id)?;
    let is_newest = |d: &&FileDetail| d.file.filename == REPOMD && d.superseded_seq.is_none();
    all.iter().find(is_newest).map(|d| RepomdVersion::recorded(all, d))
}

/// What is known of every host that carries the directory's category, those that hold it first. `findings` = what the last crawls
/// found wrong with it there.
pub(super) fn assess(
    listing: &Publication<'_>,
    directory: &PublishedDirectory,
    findings: &BTreeMap<HostCategoryId, FindingRow>,
) -> Vec<HostRow> {
    let world = listing.registry;
    let urls = listing.public_urls();
    let listed: BTreeSet<HostCategoryId> = listing
        .mirrors_for(directory.id)
        .filter(|hc| urls.contains_key(hc))
        .collect();
    let subject = DirectoryContext::new(world, directory);
    let mut out = Vec::new();
    for hc in world
        .host_categories
        .values()
        .filter(|hc| hc.category == directory.category)
    {
        let Some((host, site)) = (world.hosts.get(&hc.host)).and_then(|h| Some((h, world.sites.get(&h.site)?))) else {
            continue;
        };
        let mut row = subject.row(hc, host, site);
        row.listed = listed.contains(&hc.id);
        if !matches!(row.state, DirectoryState::Holds | DirectoryState::AlwaysCurrent) {
            row.finding = findings
                .get(&hc.id)
                .filter(|f| f.directory.is_some() || row.state == DirectoryState::Unanswered)
                .cloned();
        }
        out.push(row);
    }
    out.sort_by(|a, b| (!a.holds, a.state, &a.host).cmp(&(!b.holds, b.state, &b.host)));
    out
}

/// A directory, with what is needed to judge every host by it.
struct DirectoryContext<'w> {
    world: &'w RegistryData,
    directory: &'w PublishedDirectory,
    planned: PlannedDirectory,
    /// The directories above it, the nearest first.
    above: Vec<(DirectoryId, &'w DirPath)>,
}

impl<'w> DirectoryContext<'w> {
    fn new(world: &'w RegistryData, directory: &'w PublishedDirectory) -> Self {
        let up: Vec<DirPath> = std::iter::successors(directory.path.parent(), DirPath::parent).collect();
        let mut above: Vec<(DirectoryId, &DirPath)> = (world.directories.values())
            .filter(|d| d.category == directory.category && up.contains(&d.path))
            .map(|d| (d.id, &d.path))
            .collect();
        above.sort_by_key(|(_, path)| std::cmp::Reverse(path.as_str().len()));
        let details = world.details.get(&directory.id).into_iter().flatten();
        Self {
            world,
            directory,
            planned: PlannedDirectory {
                id: directory.id,
                path: directory.path.clone(),
                readable: directory.readable,
                changed_seq: directory.changed_seq,
                files: PlannedFiles::default(),
                repomd: details.filter(|d| d.file.filename == REPOMD).cloned().collect(),
            },
            above,
        }
    }

    fn row(&self, hc: &HostCategory, host: &Host, site: &Site) -> HostRow {
        let mut row = HostRow {
            host: host.name.to_string(),
            site: site.name.to_string(),
            country: host.country.as_ref().map(ToString::to_string),
            bandwidth: host.bandwidth,
            state: DirectoryState::NeverCrawled,
            holds: false,
            outdated: false,
            since: None,
            tries: None,
            version: None,
            checked_at: None,
            checked_against: None,
            listed: false,
            private: host.is_private(site),
            inactive: inactive(host, site),
            from: None,
            finding: None,
        };
        if hc.always_up2date {
            (row.state, row.holds) = (DirectoryState::AlwaysCurrent, true);
        } else if let Some(holding) = self.world.inventories.get(&hc.id) {
            self.judge(holding, &mut row);
        }
        row
    }

    fn judge(&self, holding: &Inventory, row: &mut HostRow) {
        let id = self.directory.id;
        let holds = holding.present.contains(id.0);
        let exception = holding.exceptions.get(&id);
        row.holds = holds;
        row.outdated = self.directory.changed_seq > holding.scan_seq;
        if holding.checked_at.0 > 0 {
            row.checked_at = Some(holding.checked_at);
            row.checked_against = Some(holding.scan_seq.0);
        }
        if holds {
            row.version = self.version(holding);
        } else {
            let absent = |(id, _): &&(DirectoryId, &DirPath)| holding.missing.contains(id.0);
            row.from = self.above.iter().rfind(absent).map(|(_, path)| (*path).clone());
        }
        row.state = match exception.map(|e| e.state) {
            Some(ExceptionState::UnknownHash) => DirectoryState::Foreign,
            Some(ExceptionState::Staged) => DirectoryState::Staged,
            _ if holding.inconclusive_since.is_some() => {
                (row.since, row.tries) = (holding.inconclusive_since, Some(holding.inconclusive_tries));
                row.state = DirectoryState::Unanswered;
                return;
            }
            Some(ExceptionState::Inconclusive) => DirectoryState::Unanswered,
            Some(ExceptionState::OutdatedAllowed) => DirectoryState::Lagging,
            Some(ExceptionState::Ahead) => DirectoryState::Ahead,
            None if holds && row.outdated => DirectoryState::Outdated,
            None if holds => DirectoryState::Holds,
            None => {
                // What lies below a closed directory is not asked for.
                let closed = |(id, _): &&(DirectoryId, &DirPath)| {
                    let state = holding.exceptions.get(id).map(|e| e.state);
                    state == Some(ExceptionState::Staged)
                };
                if let Some((door, path)) = self.above.iter().rfind(closed) {
                    row.from = Some((*path).clone());
                    row.since = holding.exceptions.get(door).map(|e| e.since);
                    row.state = DirectoryState::Staged;
                    return;
                }
                DirectoryState::NotHeld
            }
        };
        if let Some(e) = exception {
            (row.since, row.tries) = (Some(e.since), Some(e.tries));
        }
    }

    /// The version of `repomd.xml` that a state says is held.
    fn version(&self, holding: &Inventory) -> Option<RepomdVersion> {
        match mirrored_version(holding, &self.planned)? {
            MirroredVersion::Recorded(id) => {
                let detail = self.planned.repomd.iter().find(|d| d.id == id)?;
                Some(RepomdVersion::recorded(&self.planned.repomd, detail))
            }
            MirroredVersion::Unrecorded(sha256) => Some(RepomdVersion {
                sha256: Some(sha256),
                timestamp: None,
                first_seen: None,
                behind: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
