//! The effect of making repositories newest-only.

use std::collections::BTreeSet;

use itertools::izip;
use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::{CategoryId, HostId, RepositoryId};
use crate::model::names::{Name, RepoPrefix};
use crate::model::registry::Repository;
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

#[derive(Debug, Serialize)]
pub(crate) struct NewestOnlyRow {
    pub(crate) repository: String,
    /// The number of hosts that are listed while older versions are offered.
    pub(crate) mirrors: usize,
    /// The number of hosts that are listed if only the newest version is offered.
    pub(crate) with_newest: usize,
    /// The number of these that an administrator vouches for.
    pub(crate) always_current: usize,
    /// The reason why the repository cannot be newest-only.
    pub(crate) refused: Option<String>,
}

/// Computes the effect for the repositories that `is_wanted` selects by prefix and architecture. Changes `newest_only_until` of
/// these in `registry`.
pub(crate) fn preview_newest_only(
    registry: &mut RegistryData,
    policy: &Policy,
    now: Timestamp,
    is_wanted: impl Fn(&RepoPrefix, &Name) -> bool,
) -> Vec<NewestOnlyRow> {
    let is_selected = |r: &&Repository| {
        let arch = registry.arches.get(&r.arch);
        (r.prefix.as_ref().zip(arch)).is_some_and(|(prefix, arch)| is_wanted(prefix, &arch.name))
    };
    let selected: Vec<Repository> = registry.repositories.iter().filter(is_selected).cloned().collect();
    let ids: BTreeSet<RepositoryId> = selected.iter().map(|r| r.id).collect();
    // For each repository: the listed hosts, and whether its newest version is known.
    let mut inspect = |until: Option<Timestamp>| -> Vec<(BTreeSet<HostId>, bool)> {
        for r in registry.repositories.iter_mut().filter(|r| ids.contains(&r.id)) {
            r.newest_only_until = until;
        }
        let publication = Publication::from_registry(registry, policy, now);
        let mirrors = RepositoryMirrors::new(&publication);
        let inspect_directory = |d| (mirrors.hosts_for(d), mirrors.newest(d).is_some());
        let directories = selected.iter().map(|r| r.directory);
        directories
            .map(|d| d.map(inspect_directory).unwrap_or_default())
            .collect()
    };
    let without = inspect(None);
    let with = inspect(Some(Timestamp(i64::MAX)));
    let always_current: BTreeSet<(CategoryId, HostId)> = (registry.host_categories.values())
        .filter(|hc| hc.always_current)
        .map(|hc| (hc.category, hc.host))
        .collect();
    izip!(&selected, without, with)
        .map(|(r, (all, _), (newest, is_known))| NewestOnlyRow {
            repository: registry.repository_name(r),
            mirrors: all.len(),
            with_newest: newest.len(),
            always_current: newest
                .iter()
                .filter(|h| always_current.contains(&(r.category, **h)))
                .count(),
            refused: if !is_known {
                Some("no scan has recorded a repomd.xml, so the newest version is unknown".to_owned())
            } else if newest.is_empty() {
                Some("no mirror has the newest version; crawl first: mm-crawl".to_owned())
            } else {
                None
            },
        })
        .collect()
}
