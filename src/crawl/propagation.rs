//! The propagation of pushes: for each repository, the number of mirrors with its newest `repomd.xml`, and with older versions.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use serde::Serialize;

use super::classify::REPOMD;
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, RepositoryId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::DirPath;
use crate::model::plan::{MirroredVersion, PlannedDirectory, PlannedFiles, mirrored_version};
use crate::model::propagation::PropagationCounts;
use crate::model::registry::Repository;
use crate::model::registry_data::RegistryData;

/// The number of mirrors with each version of a repository: a row of `propagation_stat`. Private and disabled mirrors do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Propagation {
    #[serde(skip)]
    pub repository: RepositoryId,
    /// The name as `prefix/arch`.
    pub name: String,
    /// A version that no scan has recorded yet counts as the newest.
    #[serde(flatten)]
    pub counts: PropagationCounts,
}

/// Computes the propagation of all enabled repositories, in order of their names. `outdated` lists directories in which a host
/// category has a version that is no longer offered.
pub(crate) fn propagation(registry: &RegistryData, outdated: &[(HostCategoryId, DirectoryId)]) -> Vec<Propagation> {
    let directories = registry.directories.values();
    let directories = directories.map(|d| ((d.category, &d.path), d.id)).collect();
    let enabled = registry
        .repositories
        .iter()
        .filter(|r| !r.disabled && r.prefix.is_some());
    let all = enabled.filter_map(|r| repository_propagation(registry, &directories, r, outdated));
    all.sorted_by(|a, b| a.name.cmp(&b.name)).collect()
}

fn repository_propagation(
    registry: &RegistryData,
    directories: &BTreeMap<(CategoryId, &DirPath), DirectoryId>,
    repository: &Repository,
    outdated: &[(HostCategoryId, DirectoryId)],
) -> Option<Propagation> {
    let top = registry.directories.get(&repository.directory?)?;
    let path: DirPath = if top.path.is_top() {
        "repodata".parse().ok()?
    } else {
        format!("{}/repodata", top.path).parse().ok()?
    };
    let id = *directories.get(&(repository.category, &path))?;
    let details = registry.details.get(&id)?.iter();
    let versions = details.filter(|d| d.file.filename == REPOMD);
    let versions = versions.sorted_by_key(|d| std::cmp::Reverse(d.id));
    let mut out = Propagation {
        repository: repository.id,
        name: registry.repository_name(repository),
        counts: PropagationCounts::default(),
    };
    let is_outdated: BTreeSet<HostCategoryId> = outdated.iter().filter(|(_, d)| *d == id).map(|(hc, _)| *hc).collect();
    let directory = PlannedDirectory {
        id,
        path,
        readable: top.readable,
        changed_seq: top.changed_seq,
        files: PlannedFiles::default(),
        repomd: versions.cloned().collect(),
        refused: Vec::new(),
    };
    for inventory in public_inventories(registry, repository.category) {
        if inventory.present.contains(id.0) {
            out.count(inventory, &directory);
        } else if is_outdated.contains(&inventory.host_category) {
            out.counts.older += 1;
        }
    }
    Some(out)
}

/// Returns the inventories of the public, enabled mirrors of a category.
fn public_inventories(registry: &RegistryData, category: CategoryId) -> impl Iterator<Item = &Inventory> {
    registry
        .host_categories
        .values()
        .filter(move |hc| hc.category == category)
        .filter_map(|hc| {
            let host = registry.hosts.get(&hc.host)?;
            let site = registry.sites.get(&host.site)?;
            let counts = host.is_active(site) && !host.is_private(site);
            registry.inventories.get(&hc.id).filter(|_| counts)
        })
}

impl Propagation {
    fn count(&mut self, inventory: &Inventory, directory: &PlannedDirectory) {
        let is_inconclusive = inventory.inconclusive_tries > 0
            || inventory
                .exceptions
                .get(&directory.id)
                .is_some_and(|e| e.state == ExceptionState::Inconclusive && e.tries > 0);
        let behind = match mirrored_version(inventory, directory) {
            Some(MirroredVersion::Recorded(id)) => directory.repomd.iter().position(|d| d.id == id),
            Some(MirroredVersion::Unrecorded(_)) => Some(0),
            None => None,
        };
        *match behind {
            _ if is_inconclusive => &mut self.counts.inconclusive,
            Some(0) => &mut self.counts.newest,
            Some(1) => &mut self.counts.one_behind,
            Some(2) => &mut self.counts.two_behind,
            Some(_) | None => &mut self.counts.older,
        } += 1;
    }
}

/// The output of `mm-crawl --propagation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PropagationReport {
    pub taken_at: Timestamp,
    pub repositories: Vec<Propagation>,
}
