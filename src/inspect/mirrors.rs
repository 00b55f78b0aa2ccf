//! The status of every mirror for one directory.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use serde::Serialize;

use self::resolve_path::ResolvedPath;
use super::host::{exception_status, inactive_reasons};
use crate::db::crawl_history::FindingRow;
use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::history::HostDowntime;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId, ScanSeq};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::names::{DirPath, Name};
use crate::model::plan::{MirroredVersion, PlannedDirectory, PlannedFiles, mirrored_version};
use crate::model::registry::{Host, HostCategory, Site};
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::model::status::DirectoryStatus;
use crate::snapshot::full_name;
use crate::snapshot::publication::{Publication, REPOMD, RepositoryMirrors};

pub(crate) mod resolve_path;

/// A directory and every host that carries its category.
#[derive(Debug, Serialize)]
pub(crate) struct DirectoryReport {
    /// The full name, which begins with the topdir of the category.
    pub(crate) path: String,
    pub(crate) category: Name,
    /// The path below the topdir.
    pub(crate) directory: DirPath,
    pub(crate) readable: bool,
    pub(crate) changed_seq: i64,
    pub(crate) scan_seq: i64,
    pub(crate) newest_repomd: Option<RepomdVersion>,
    pub(crate) repositories: Vec<String>,
    /// The directory that decides which mirrors clients of these repositories get.
    pub(crate) repodata: Option<String>,
    /// The number of hosts that have any version of the directory.
    pub(crate) present: usize,
    pub(crate) published: usize,
    /// Hosts with the directory come first.
    pub(crate) hosts: Vec<DirectoryMirror>,
}

impl DirectoryReport {
    /// `findings` are those of the last crawl of each host for this directory, or for the category as a whole.
    pub(crate) fn new(
        publication: &Publication<'_>,
        place: &ResolvedPath<'_>,
        scan_seq: ScanSeq,
        findings: &BTreeMap<HostCategoryId, FindingRow>,
    ) -> Self {
        let (registry, directory) = (publication.registry, place.directory);
        let hosts = directory_mirrors(publication, directory, findings);
        let here = (registry.repositories.iter()).filter(|r| r.directory == Some(directory.id));
        let repositories: Vec<String> = here.map(|r| registry.repository_name(r)).collect();
        let repodata = RepositoryMirrors::new(publication)
            .repodata(directory.id)
            .filter(|_| !repositories.is_empty())
            .and_then(|id| registry.directories.get(&id))
            .map(|d| full_name(place.category.topdir.as_str(), d.path.as_str()));
        Self {
            path: place.full_name(),
            category: place.category.name.clone(),
            directory: directory.path.clone(),
            readable: directory.readable,
            changed_seq: directory.changed_seq.0,
            scan_seq: scan_seq.0,
            newest_repomd: newest_repomd(registry, directory),
            repositories,
            repodata,
            present: hosts.iter().filter(|h| h.present).count(),
            published: hosts.iter().filter(|h| h.published).count(),
            hosts,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RepomdVersion {
    sha256: Option<String>,
    /// The time that the file names; `None` if it names none, or if no scan has recorded it.
    timestamp: Option<Timestamp>,
    /// The time of the first scan that found it.
    first_seen: Option<Timestamp>,
    /// The number of later versions; `None` if no scan has recorded this one.
    behind: Option<usize>,
}

impl RepomdVersion {
    fn from_detail(all: &[FileDetail], detail: &FileDetail) -> Self {
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

    fn summary(&self) -> String {
        match self.timestamp.or(self.first_seen) {
            Some(at) => format!("of {at}"),
            None => self.describe(),
        }
    }

    pub(crate) fn describe(&self) -> String {
        let hash: String = self.sha256.iter().flat_map(|h| h.chars().take(12)).collect();
        let parts = [
            self.timestamp.map(|t| format!("of {t}")),
            self.first_seen.map(|t| format!("first seen at {t}")),
            Some(format!("SHA-256 {hash}…")).filter(|_| !hash.is_empty()),
        ];
        parts.into_iter().flatten().join(", ")
    }
}

/// One host that carries the category of the directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct DirectoryMirror {
    pub(crate) host: String,
    site: String,
    pub(crate) country: Option<String>,
    pub(crate) bandwidth: u32,
    pub(crate) state: DirectoryStatus,
    /// True if the last known fact is that the host has some version of the directory.
    pub(crate) present: bool,
    /// True if the master changed the directory after the scan that the last crawl compared with.
    changed_since: bool,
    pub(crate) state_since: Option<Timestamp>,
    /// The number of consecutive crawls with this result.
    tries: Option<u32>,
    version: Option<RepomdVersion>,
    pub(crate) last_checked: Option<Timestamp>,
    checked_seq: Option<i64>,
    pub(crate) published: bool,
    private: bool,
    /// The reasons why the host is listed for nothing at all; empty for an active host.
    inactive: Vec<String>,
    /// The topmost parent directory that is missing or unreadable on the host.
    missing_from: Option<DirPath>,
    finding: Option<FindingRow>,
}

impl DirectoryMirror {
    /// The content of the column DETAILS.
    pub(crate) fn details(&self) -> String {
        let mut out = Vec::new();
        if self.state == DirectoryStatus::Inconclusive {
            let tries = (self.tries).map_or(String::new(), |n| format!("crawls without a result: {n}; "));
            let before = if self.present { "present" } else { "absent" };
            out.push(format!("{tries}{before} before"));
        }
        if let Some(v) = (self.version.as_ref()).filter(|_| self.state != DirectoryStatus::Current) {
            let behind = match v.behind {
                None => "not recorded by a scan yet".to_owned(),
                Some(0) => "the newest".to_owned(),
                Some(1) => "1 push behind".to_owned(),
                Some(n) => format!("{n} pushes behind"),
            };
            out.push(format!("repomd.xml {}: {behind}", v.summary()));
        }
        if let Some(from) = &self.missing_from {
            let from = if from.is_top() { "the topdir" } else { from.as_str() };
            let is_staged = self.state == DirectoryStatus::Staged;
            let problem = if is_staged { "unreadable" } else { "missing" };
            out.push(format!("{from} is {problem}"));
        }
        if self.changed_since && matches!(self.state, DirectoryStatus::Outdated | DirectoryStatus::Missing) {
            out.push("not probed since the master changed it".to_owned());
        }
        if let Some(f) = &self.finding {
            let [expected, received] = [&f.expected, &f.received].map(|t| if t.is_empty() { "-" } else { t });
            out.push(format!("{}: expected {expected}, received {received}", f.code));
        }
        if self.private {
            out.push("private".to_owned());
        }
        out.extend(self.inactive.iter().cloned());
        out.join("; ")
    }
}

fn newest_repomd(registry: &RegistryData, directory: &PublishedDirectory) -> Option<RepomdVersion> {
    let all = registry.details.get(&directory.id)?;
    let is_newest = |d: &&FileDetail| d.file.filename == REPOMD && d.superseded_seq.is_none();
    all.iter().find(is_newest).map(|d| RepomdVersion::from_detail(all, d))
}

fn directory_mirrors(
    publication: &Publication<'_>,
    directory: &PublishedDirectory,
    findings: &BTreeMap<HostCategoryId, FindingRow>,
) -> Vec<DirectoryMirror> {
    let registry = publication.registry;
    let urls = publication.public_urls();
    let listed: BTreeSet<HostCategoryId> = publication.mirrors_for(directory.id).collect();
    let context = DirectoryContext::new(publication, directory);
    let mut out: Vec<DirectoryMirror> = (registry.host_categories.values())
        .filter(|hc| hc.category == directory.category)
        .filter_map(|hc| {
            let host = registry.hosts.get(&hc.host)?;
            let mut row = context.mirror(hc, host, registry.sites.get(&host.site)?);
            row.published = listed.contains(&hc.id) && urls.contains_key(&hc.id);
            if !matches!(row.state, DirectoryStatus::Current | DirectoryStatus::AlwaysCurrent) {
                // A finding about the whole category explains nothing but a missing result.
                let explains = |f: &&FindingRow| f.directory.is_some() || row.state == DirectoryStatus::Inconclusive;
                row.finding = findings.get(&hc.id).filter(explains).cloned();
            }
            Some(row)
        })
        .collect();
    out.sort_by(|a, b| (!a.present, a.state, &a.host).cmp(&(!b.present, b.state, &b.host)));
    out
}

/// A directory, with the data that is needed to compute the status of each host.
struct DirectoryContext<'w> {
    registry: &'w RegistryData,
    downtimes: &'w BTreeMap<HostId, &'w HostDowntime>,
    directory: &'w PublishedDirectory,
    planned: PlannedDirectory,
    /// The parent directories, the nearest first.
    parents: Vec<(DirectoryId, &'w DirPath)>,
}

impl<'w> DirectoryContext<'w> {
    fn new(publication: &'w Publication<'w>, directory: &'w PublishedDirectory) -> Self {
        let registry = publication.registry;
        let up: Vec<DirPath> = std::iter::successors(directory.path.parent(), DirPath::parent).collect();
        let mut parents: Vec<(DirectoryId, &DirPath)> = (registry.directories.values())
            .filter(|d| d.category == directory.category && up.contains(&d.path))
            .map(|d| (d.id, &d.path))
            .collect();
        parents.sort_by_key(|(_, path)| std::cmp::Reverse(path.as_str().len()));
        let details = registry.details.get(&directory.id).into_iter().flatten();
        Self {
            registry,
            downtimes: &publication.downtimes,
            directory,
            planned: PlannedDirectory {
                id: directory.id,
                path: directory.path.clone(),
                readable: directory.readable,
                changed_seq: directory.changed_seq,
                files: PlannedFiles::default(),
                repomd: details.filter(|d| d.file.filename == REPOMD).cloned().collect(),
                refused: Vec::new(),
            },
            parents,
        }
    }

    fn mirror(&self, hc: &HostCategory, host: &Host, site: &Site) -> DirectoryMirror {
        let mut row = DirectoryMirror {
            host: host.name.to_string(),
            site: site.name.to_string(),
            country: host.country.as_ref().map(ToString::to_string),
            bandwidth: host.bandwidth,
            private: host.is_private(site),
            inactive: inactive_reasons(host, site, self.downtimes.get(&host.id).copied()),
            ..DirectoryMirror::default()
        };
        if hc.always_current {
            (row.state, row.present) = (DirectoryStatus::AlwaysCurrent, true);
        } else if let Some(inventory) = self.registry.inventories.get(&hc.id) {
            self.apply_inventory(inventory, &mut row);
        }
        row
    }

    fn apply_inventory(&self, inventory: &Inventory, row: &mut DirectoryMirror) {
        let id = self.directory.id;
        row.present = inventory.present.contains(id.0);
        row.changed_since = self.directory.changed_seq > inventory.scan_seq;
        if inventory.checked_at.0 > 0 {
            row.last_checked = Some(inventory.checked_at);
            row.checked_seq = Some(inventory.scan_seq.0);
        }
        if row.present {
            row.version = self.version(inventory);
        } else {
            let missing_from = self.topmost_parent(|id| inventory.missing.contains(id.0));
            row.missing_from = missing_from.map(|(_, path)| path.clone());
        }
        let exception = inventory.exceptions.get(&id);
        let status = exception.map(|e| exception_status(e.state));
        let decided = matches!(status, Some(DirectoryStatus::UnknownHash | DirectoryStatus::Staged));
        if !decided && inventory.inconclusive_since.is_some() {
            row.state = DirectoryStatus::Inconclusive;
            (row.state_since, row.tries) = (inventory.inconclusive_since, Some(inventory.inconclusive_tries));
            return;
        }
        if let Some(e) = exception {
            (row.state_since, row.tries) = (Some(e.since), Some(e.tries));
        }
        row.state = match status {
            Some(status) => status,
            None if row.present && row.changed_since => DirectoryStatus::Stale,
            None if row.present => DirectoryStatus::Current,
            None => match self.staged_parent(inventory) {
                Some((path, exception)) => {
                    row.missing_from = Some(path.clone());
                    row.state_since = Some(exception.since);
                    DirectoryStatus::Staged
                }
                None if row.missing_from.is_some() || inventory.missing.contains(id.0) => DirectoryStatus::Missing,
                None => DirectoryStatus::Outdated,
            },
        };
    }

    /// Crawls do not probe what is below an unreadable directory.
    fn staged_parent<'i>(&self, inventory: &'i Inventory) -> Option<(&'w DirPath, &'i DirectoryException)> {
        let staged = |id: DirectoryId| {
            let exception = inventory.exceptions.get(&id)?;
            (exception.state == ExceptionState::Staged).then_some(exception)
        };
        let (id, path) = self.topmost_parent(|id| staged(id).is_some())?;
        Some((path, staged(id)?))
    }

    fn topmost_parent(&self, is_wanted: impl Fn(DirectoryId) -> bool) -> Option<(DirectoryId, &'w DirPath)> {
        self.parents.iter().rfind(|(id, _)| is_wanted(*id)).copied()
    }

    fn version(&self, inventory: &Inventory) -> Option<RepomdVersion> {
        match mirrored_version(inventory, &self.planned)? {
            MirroredVersion::Recorded(id) => {
                let detail = self.planned.repomd.iter().find(|d| d.id == id)?;
                Some(RepomdVersion::from_detail(&self.planned.repomd, detail))
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
