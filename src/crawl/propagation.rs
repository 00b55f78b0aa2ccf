//! How far a push has come: for each repository, how many mirrors carry its newest `repomd.xml`, and how many pushes the others are
//! behind. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::classify::REPOMD;
use crate::model::Timestamp;
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, RepositoryId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::DirPath;
use crate::model::plan::{MirroredVersion, PlannedDirectory, PlannedFiles, mirrored_version};
use crate::model::propagation::PropagationCounts;
use crate::model::registry::Repository;
use crate::model::registry_data::RegistryData;

/// One repository at one moment: a row of `propagation_stat`. Private mirrors, and those that are switched off, are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Propagation {
    /// Its row.
    #[serde(skip)]
    pub repository: RepositoryId,
    /// `prefix/arch`.
    pub name: String,
    /// Mirrors that carry the newest, or what no scan has recorded yet.
    pub newest: u32,
    /// The one before.
    pub one_behind: u32,
    /// The one before that.
    pub two_behind: u32,
    /// An older one, or one that is not known any more.
    pub older: u32,
    /// Mirrors that carried it and gave no answer when they were asked last.
    pub no_info: u32,
}

/// Of all repositories that clients can ask for, in order of their names. `old` = directories in which a category of a host was seen
/// to hold a version that is no longer offered.
pub fn propagation(world: &RegistryData, old: &[(HostCategoryId, DirectoryId)]) -> Vec<Propagation> {
    let directories: BTreeMap<(CategoryId, &DirPath), DirectoryId> = world
        .directories
        .values()
        .map(|d| ((d.category, &d.path), d.id))
        .collect();
    let mut out: Vec<Propagation> = world
        .repositories
        .iter()
        .filter(|r| !r.disabled && r.prefix.is_some())
        .filter_map(|r| of_repository(world, &directories, r, old))
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn of_repository(
    world: &RegistryData,
    directories: &BTreeMap<(CategoryId, &DirPath), DirectoryId>,
    repository: &Repository,
    old: &[(HostCategoryId, DirectoryId)],
) -> Option<Propagation> {
    let top = world.directories.get(&repository.directory?)?;
    let path: DirPath = if top.path.is_top() {
        "repodata".parse().ok()?
    } else {
        format!("{}/repodata", top.path).parse().ok()?
    };
    let id = *directories.get(&(repository.category, &path))?;
    let mut versions: Vec<FileDetail> = world
        .details
        .get(&id)?
        .iter()
        .filter(|d| d.file.filename == REPOMD)
        .cloned()
        .collect();
    versions.sort_by_key(|d| std::cmp::Reverse(d.id));
    let mut out = Propagation {
        repository: repository.id,
        name: world.repository_name(repository),
        newest: 0,
        one_behind: 0,
        two_behind: 0,
        older: 0,
        no_info: 0,
    };
    let seen_old: BTreeSet<HostCategoryId> = old.iter().filter(|(_, d)| *d == id).map(|(hc, _)| *hc).collect();
    let directory = PlannedDirectory {
        id,
        path,
        readable: top.readable,
        changed_seq: top.changed_seq,
        files: PlannedFiles::default(),
        repomd: versions,
    };
    for holding in count_hosts(world, repository.category) {
        if holding.present.contains(id.0) {
            out.count(holding, &directory);
        } else if seen_old.contains(&holding.host_category) {
            out.older += 1;
        }
    }
    Some(out)
}

/// The states of the public mirrors of a category that are switched on.
fn count_hosts(world: &RegistryData, category: CategoryId) -> impl Iterator<Item = &Inventory> {
    world
        .host_categories
        .values()
        .filter(move |hc| hc.category == category)
        .filter_map(|hc| {
            let host = world.hosts.get(&hc.host)?;
            let site = world.sites.get(&host.site)?;
            let counts = host.is_active(site) && !host.is_private(site);
            world.inventories.get(&hc.id).filter(|_| counts)
        })
}

impl Propagation {
    /// The numbers alone.
    pub fn spread(&self) -> PropagationCounts {
        PropagationCounts {
            newest: self.newest,
            one_behind: self.one_behind,
            two_behind: self.two_behind,
            older: self.older,
            inconclusive: self.no_info,
        }
    }

    fn count(&mut self, holding: &Inventory, directory: &PlannedDirectory) {
        let silent = holding.inconclusive_tries > 0
            || holding
                .exceptions
                .get(&directory.id)
                .is_some_and(|e| e.state == ExceptionState::Inconclusive && e.tries > 0);
        let behind = match mirrored_version(holding, directory) {
            Some(MirroredVersion::Recorded(id)) => directory.repomd.iter().position(|d| d.id == id),
            Some(MirroredVersion::Unrecorded(_)) => Some(0),
            None => None,
        };
        *match behind {
            _ if silent => &mut self.no_info,
            Some(0) => &mut self.newest,
            Some(1) => &mut self.one_behind,
            Some(2) => &mut self.two_behind,
            Some(_) | None => &mut self.older,
        } += 1;
    }
}

/// When it was taken, and what it says; what `mm-crawl --propagation` shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PropagationReport {
    /// When.
    pub taken_at: Timestamp,
    /// By repository.
    pub repositories: Vec<Propagation>,
}
