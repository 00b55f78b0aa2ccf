//! The effect of making repositories newest-only.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, HostId, RepositoryId};
use crate::model::names::{Name, RepoPrefix};
use crate::model::registry_data::RegistryData;
use crate::publish::policy::Policy;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

/// The mirrors of a repository, with and without the restriction.
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
    let repositories: Vec<(RepositoryId, String, Option<DirectoryId>, CategoryId)> = (registry.repositories.iter())
        .filter(|r| {
            let arch = registry.arches.get(&r.arch);
            (r.prefix.as_ref().zip(arch)).is_some_and(|(prefix, arch)| is_wanted(prefix, &arch.name))
        })
        .map(|r| (r.id, registry.repository_name(r), r.directory, r.category))
        .collect();
    let ids: BTreeSet<RepositoryId> = repositories.iter().map(|r| r.0).collect();
    // For each repository: the listed hosts, and whether its newest version is known.
    let mut inspect = |until: Option<Timestamp>| -> Vec<(BTreeSet<HostId>, bool)> {
        for r in registry.repositories.iter_mut().filter(|r| ids.contains(&r.id)) {
            r.newest_only_until = until;
        }
        let publication = Publication::from_registry(registry, policy, now);
        let mirrors = RepositoryMirrors::new(&publication);
        let directories = repositories.iter().map(|(_, _, directory, _)| directory);
        directories
            .map(|d| {
                d.map(|d| (mirrors.hosts_for(d), mirrors.newest(d).is_some()))
                    .unwrap_or_default()
            })
            .collect()
    };
    let without = inspect(None);
    let with = inspect(Some(Timestamp(i64::MAX)));
    let always_current: BTreeSet<(CategoryId, HostId)> = (registry.host_categories.values())
        .filter(|hc| hc.always_up2date)
        .map(|hc| (hc.category, hc.host))
        .collect();
    (repositories.into_iter().zip(without.into_iter().zip(with)))
        .map(
            |((_, repository, _, category), ((all, _), (newest, is_known)))| NewestOnlyRow {
                repository,
                mirrors: all.len(),
                with_newest: newest.len(),
                always_current: (newest.iter())
                    .filter(|h| always_current.contains(&(category, **h)))
                    .count(),
                refused: if !is_known {
                    Some("no scan has recorded a repomd.xml, so the newest version is unknown".to_owned())
                } else if newest.is_empty() {
                    Some("no mirror has the newest version; crawl first: mm-crawl".to_owned())
                } else {
                    None
                },
            },
        )
        .collect()
}
