//! The mirrors that still have directories which the master is going to remove.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::ids::{CategoryId, DirectoryId, HostId};
use crate::model::names::DirPath;
use crate::model::registry_data::RegistryData;

/// A mirror with directories of an old tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Carrier {
    pub(crate) host: String,
    pub(crate) country: Option<String>,
    /// The number of directories of the old trees that it has.
    pub(crate) old: u64,
    /// The number of new directories that it has.
    pub(crate) new: u64,
}

/// Returns the mirrors that have a directory of the `old` trees, those with the most directories first. An always-current mirror has
/// all of its category.
pub(crate) fn carriers(
    registry: &RegistryData,
    old: &BTreeSet<(CategoryId, DirPath)>,
    new: &BTreeSet<DirectoryId>,
) -> Vec<Carrier> {
    let is_old = |d: DirectoryId| {
        let directory = registry.directories.get(&d);
        directory.is_some_and(|d| {
            old.iter()
                .any(|(category, top)| *category == d.category && top.contains(&d.path))
        })
    };
    let old: BTreeSet<DirectoryId> = registry.directories.keys().copied().filter(|d| is_old(*d)).collect();
    let mut counts: BTreeMap<HostId, (u64, u64)> = BTreeMap::new();
    for (id, hc) in &registry.host_categories {
        let inventory = registry.inventories.get(id);
        let has = |d: &&DirectoryId| {
            let is_of_category = registry
                .directories
                .get(d)
                .is_some_and(|known| known.category == hc.category);
            let is_present = inventory.is_some_and(|i| i.present.contains(d.0));
            is_of_category && (hc.always_current || is_present)
        };
        let count = |all: &BTreeSet<DirectoryId>| u64::try_from(all.iter().filter(has).count()).unwrap_or(u64::MAX);
        let (has_old, has_new) = counts.entry(hc.host).or_default();
        *has_old += count(&old);
        *has_new += count(new);
    }
    let row = |(host, (old, new)): (HostId, (u64, u64))| {
        let host = registry.hosts.get(&host).filter(|_| old > 0)?;
        Some(Carrier {
            host: host.name.to_string(),
            country: host.country.as_ref().map(ToString::to_string),
            old,
            new,
        })
    };
    let mut out: Vec<Carrier> = counts.into_iter().filter_map(row).collect();
    out.sort_by(|a, b| (b.old, &a.host).cmp(&(a.old, &b.host)));
    out
}
