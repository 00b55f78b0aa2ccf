//! Moves of repositories to other directories, and their effect on clients.

use std::collections::{BTreeMap, BTreeSet};

use itertools::izip;
use serde::Serialize;

use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::ids::{CategoryId, DirectoryId, RepositoryId, VersionId};
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::publish::policy::Policy;
use crate::snapshot;
use crate::snapshot::publication::{Publication, RepositoryMirrors};

/// The relation between old and new directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathMapping {
    /// Replaces components of the path within the category.
    Replace {
        /// Consecutive components anywhere in the path, such as `development/43`.
        from: DirPath,
        /// Their replacement, such as `releases/43`.
        to: DirPath,
    },
    /// Moves the full name, without `strip` at its beginning, below the topdir of another category.
    ToCategory { category: CategoryId, strip: DirPath },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepositoryMove {
    repository: RepositoryId,
    name: String,
    pub(crate) from: DirectoryId,
    /// The category of the new directory.
    pub(crate) category: CategoryId,
    /// The path of the new directory below the topdir.
    pub(crate) path: DirPath,
    /// The new directory, or the reason why the move is impossible.
    to: Result<DirectoryId, String>,
    /// Another repository that clients know and that has the new directory already.
    owner: Option<String>,
}

impl RepositoryMove {
    /// The new directory, if the move is possible.
    pub(crate) fn target(&self) -> Option<DirectoryId> {
        self.to.clone().ok()
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MoveRow {
    pub(crate) repository: String,
    /// The full names of the directories.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) mirrors_now: usize,
    pub(crate) mirrors_after: usize,
    /// True if both directories have the same newest `repomd.xml`; `None` if one of them is unknown.
    pub(crate) same_metadata: Option<bool>,
    /// The reason why this repository is not moved, although others are.
    pub(crate) skipped: Option<String>,
    /// The reason why nothing is moved at all.
    pub(crate) refused: Option<String>,
}

/// Plans the moves of those repositories of the versions that clients can request, limited to `categories` unless that is empty.
/// Repositories without a directory, or whose path the mapping does not change, are not part of the result.
pub(crate) fn plan_moves(
    registry: &RegistryData,
    versions: &BTreeSet<VersionId>,
    categories: &BTreeSet<CategoryId>,
    mapping: &PathMapping,
) -> Vec<RepositoryMove> {
    let by_path: BTreeMap<(CategoryId, &DirPath), &PublishedDirectory> = (registry.directories.values())
        .map(|d| ((d.category, &d.path), d))
        .collect();
    let is_wanted = |r: &&Repository| {
        r.prefix.is_some()
            && versions.contains(&r.version)
            && (categories.is_empty() || categories.contains(&r.category))
    };
    let plan = |r: &Repository| {
        let from = registry.directories.get(&r.directory?)?;
        let (category, path) = mapping.map_directory(registry, from)?;
        let to = find_target(&by_path, from, category, &path);
        let owner = to.as_ref().ok().and_then(|to| {
            let is_other = |o: &&Repository| o.directory == Some(*to) && o.id != r.id && o.prefix.is_some();
            let owner = registry.repositories.iter().find(is_other);
            owner.map(|o| registry.repository_name(o))
        });
        Some(RepositoryMove {
            repository: r.id,
            name: registry.repository_name(r),
            from: from.id,
            category,
            path,
            to,
            owner,
        })
    };
    (registry.repositories.iter().filter(is_wanted))
        .filter_map(plan)
        .collect()
}

/// The directory at the new path, if clients may be sent there.
fn find_target(
    by_path: &BTreeMap<(CategoryId, &DirPath), &PublishedDirectory>,
    from: &PublishedDirectory,
    category: CategoryId,
    path: &DirPath,
) -> Result<DirectoryId, String> {
    let repodata = |category, path: &DirPath| {
        let below = path.child(b"repodata").ok()?;
        by_path.get(&(category, &below)).copied()
    };
    let to = by_path
        .get(&(category, path))
        .ok_or("the last scan did not find the directory")?;
    if !to.readable {
        return Err("the directory is not world-readable".to_owned());
    }
    match (repodata(category, path), repodata(from.category, &from.path)) {
        (Some(below), _) if !below.readable => Err("its repodata is not world-readable".to_owned()),
        (None, Some(_)) => Err("the directory has no repodata".to_owned()),
        (_, _) => Ok(to.id),
    }
}

impl PathMapping {
    /// Returns `None` for a directory that stays where it is.
    fn map_directory(&self, registry: &RegistryData, from: &PublishedDirectory) -> Option<(CategoryId, DirPath)> {
        match self {
            Self::Replace { from: old, to } => Some((from.category, replace_components(&from.path, old, to)?)),
            Self::ToCategory { category, .. } if from.category == *category => None,
            Self::ToCategory { category, strip } => {
                let name = full_name(registry, from.category, &from.path);
                let rest = name
                    .strip_prefix(strip.as_str())
                    .filter(|_| !strip.is_top())
                    .and_then(|rest| rest.strip_prefix('/'))
                    .unwrap_or(&name);
                Some((*category, rest.parse().ok()?))
            }
        }
    }
}

pub(crate) fn full_name(registry: &RegistryData, category: CategoryId, path: &DirPath) -> String {
    let topdir = registry.categories.get(&category).map_or("", |c| c.topdir.as_str());
    snapshot::full_name(topdir, path.as_str())
}

/// Replaces the first occurrence of the components `old`.
fn replace_components(path: &DirPath, old: &DirPath, new: &DirPath) -> Option<DirPath> {
    let mut components: Vec<&str> = path.as_str().split('/').collect();
    let old: Vec<&str> = old.as_str().split('/').collect();
    let at = components.windows(old.len()).position(|w| w == old)?;
    components.splice(at..at + old.len(), new.as_str().split('/').filter(|c| !c.is_empty()));
    components.join("/").parse().ok()
}

/// Computes the effect of the moves. Afterwards the repositories of `registry` have their new directories.
pub(crate) fn preview_moves(
    registry: &mut RegistryData,
    policy: &Policy,
    moves: &[RepositoryMove],
    min_mirrors: usize,
    now: Timestamp,
) -> Vec<MoveRow> {
    type Seen = (usize, Option<String>);
    let inspect = |registry: &RegistryData, place: &dyn Fn(&RepositoryMove) -> Option<DirectoryId>| -> Vec<Seen> {
        let publication = Publication::from_registry(registry, policy, now);
        let mirrors = RepositoryMirrors::new(&publication);
        let inspect_directory = |d| {
            let sha256 = mirrors.newest(d).and_then(|n| n.file.hashes.sha256.clone());
            (mirrors.hosts_for(d).len(), sha256)
        };
        (moves.iter())
            .map(|m| place(m).map(inspect_directory).unwrap_or_default())
            .collect()
    };
    let before = inspect(registry, &|m| Some(m.from));
    let targets: BTreeMap<_, DirectoryId> = (moves.iter())
        .filter_map(|m| Some((m.repository, *m.to.as_ref().ok()?)))
        .collect();
    for r in &mut registry.repositories {
        r.directory = targets.get(&r.id).copied().or(r.directory);
    }
    let after = inspect(registry, &|m| m.to.clone().ok());
    izip!(moves, before, after)
        .map(|(m, (mirrors_now, old), (mirrors_after, new))| {
            let owner = m.owner.as_ref();
            let skipped = owner.map(|o| format!("repository {o} has that directory already"));
            let refused = match &m.to {
                Err(reason) => Some(reason.clone()),
                Ok(_) => (skipped.is_none() && mirrors_after < min_mirrors).then(|| {
                    format!(
                        "{} would be listed, fewer than {min_mirrors}; to accept that: --min-mirrors {mirrors_after}",
                        format_count(mirrors_after, "mirror")
                    )
                }),
            };
            let from = registry.directories.get(&m.from);
            MoveRow {
                repository: m.name.clone(),
                from: from.map_or_else(String::new, |d| full_name(registry, d.category, &d.path)),
                to: full_name(registry, m.category, &m.path),
                mirrors_now,
                mirrors_after,
                same_metadata: old.zip(new).map(|(old, new)| old == new),
                skipped,
                refused,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::publish::tests::{CATEGORY, Sample};

    fn path(text: &str) -> DirPath {
        text.parse().unwrap()
    }

    #[test]
    fn whole_components_are_replaced() {
        let replace =
            |p: &str| replace_components(&path(p), &path("development/4"), &path("releases/4")).map(|p| p.to_string());
        for (from, to) in [
            (
                "development/4/Everything/x86_64/os",
                Some("releases/4/Everything/x86_64/os"),
            ),
            ("development/4", Some("releases/4")),
            ("fedora/linux/development/4/os", Some("fedora/linux/releases/4/os")),
            ("development/4/development/4", Some("releases/4/development/4")),
            // MirrorManager2 takes 4 for the beginning of 43.
            ("development/43/os", None),
            ("old-development/4/os", None),
            ("development/rawhide/os", None),
            ("development", None),
            ("", None),
        ] {
            assert_eq!(replace(from).as_deref(), to, "{from}");
        }
        let up = replace_components(&path("development/4/os"), &path("development/4"), &path(""));
        assert_eq!(up, Some(path("os")));
    }

    #[test]
    fn archive_path_is_the_full_name_without_the_stripped_prefix() {
        let mut s = Sample::new();
        let id = s.directory("releases/38/os");
        let from = s.registry.directories[&id].clone();
        let map = |strip: &str, category| {
            let strip = path(strip);
            let to = PathMapping::ToCategory { category, strip }.map_directory(&s.registry, &from);
            to.map(|(_, path)| path.to_string())
        };
        for (strip, to) in [
            ("pub", "fedora/linux/releases/38/os"),
            ("pub/fedora", "linux/releases/38/os"),
            ("", "pub/fedora/linux/releases/38/os"),
            ("pu", "pub/fedora/linux/releases/38/os"),
        ] {
            assert_eq!(map(strip, CategoryId(3)).as_deref(), Some(to), "{strip}");
        }
        assert_eq!(map("pub", CATEGORY), None, "it is there already");
    }

    proptest! {
        #[test]
        fn a_move_is_undone_by_its_reverse(
            before in proptest::collection::vec("[a-c]{1,2}", 0..3),
            after in proptest::collection::vec("[a-c]{1,2}", 0..3),
        ) {
            let all = |mid: &str| {
                let parts = before.iter().map(String::as_str).chain([mid]).chain(after.iter().map(String::as_str));
                path(&parts.collect::<Vec<_>>().join("/"))
            };
            let (old, new) = (path("development/43"), path("releases/43"));
            let moved = replace_components(&all("development/43"), &old, &new).unwrap();
            prop_assert_eq!(&moved, &all("releases/43"));
            prop_assert_eq!(replace_components(&moved, &new, &old).unwrap(), all("development/43"));
        }
    }
}
