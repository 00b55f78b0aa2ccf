//! Which repositories are moved, from where to where: pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ids::{CategoryId, DirectoryId, RepositoryId, VersionId};
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot;

/// Where repositories go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathMapping {
    /// From below one directory to below another one of the same category.
    Below {
        /// Such as `development/43`: these components, one after the other, anywhere in the path.
        from: DirPath,
        /// Such as `releases/43`: what stands in their place.
        to: DirPath,
    },
    /// To another category: below its top lies the whole old name, less what stands in front of it.
    Into {
        /// The category.
        category: CategoryId,
        /// Such as `pub`.
        strip: DirPath,
    },
}

/// One repository, and where it would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) repository: RepositoryId,
    pub(super) from: DirectoryId,
    /// The category it goes to.
    pub(super) category: CategoryId,
    /// Below the top of that category.
    pub(super) path: DirPath,
    /// What lies there; or why it cannot be moved there.
    pub(super) to: Result<DirectoryId, String>,
    /// Another repository that clients know has that directory already: this one stays.
    pub(super) owner: Option<String>,
}

/// The moves of the repositories of these versions that clients can ask for; of these categories, if any are named. Those that
/// the route does not concern, and those without a directory, are not among them.
pub(super) fn plan(
    world: &RegistryData,
    versions: &BTreeSet<VersionId>,
    categories: &BTreeSet<CategoryId>,
    route: &PathMapping,
) -> Vec<Move> {
    let by_path: BTreeMap<(CategoryId, &DirPath), &PublishedDirectory> = (world.directories.values())
        .map(|d| ((d.category, &d.path), d))
        .collect();
    let wanted = |r: &&Repository| {
        r.prefix.is_some()
            && versions.contains(&r.version)
            && (categories.is_empty() || categories.contains(&r.category))
    };
    let mut out = Vec::new();
    for r in world.repositories.iter().filter(wanted) {
        let Some(from) = r.directory.and_then(|d| world.directories.get(&d)) else {
            continue;
        };
        let Some((category, path)) = route.target(world, from) else {
            continue;
        };
        let to = target_path(&by_path, from, category, &path);
        let owner = to.as_ref().ok().and_then(|to| {
            let other = |o: &&Repository| o.directory == Some(*to) && o.id != r.id && o.prefix.is_some();
            world.repositories.iter().find(other).map(|o| world.repository_name(o))
        });
        out.push(Move {
            repository: r.id,
            from: from.id,
            category,
            path,
            to,
            owner,
        });
    }
    out
}

/// What lies at the target, if clients may be sent there.
fn target_path(
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
        .ok_or_else(|| "it does not exist by the last scan".to_owned())?;
    if !to.readable {
        return Err("it is not readable to the world".to_owned());
    }
    match (repodata(category, path), repodata(from.category, &from.path)) {
        (Some(below), _) if !below.readable => Err("its repodata is not readable to the world".to_owned()),
        (None, Some(_)) => Err("it has no repodata".to_owned()),
        (_, _) => Ok(to.id),
    }
}

impl PathMapping {
    /// Where a directory goes; `None` = it is not concerned.
    fn target(&self, world: &RegistryData, from: &PublishedDirectory) -> Option<(CategoryId, DirPath)> {
        match self {
            Self::Below { from: old, to } => Some((from.category, swapped(&from.path, old, to)?)),
            Self::Into { category, .. } if from.category == *category => None,
            Self::Into { category, strip } => {
                let name = full_name(world, from.category, &from.path);
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

/// The full name of a directory: the top of its category, and its path.
pub(super) fn full_name(world: &RegistryData, category: CategoryId, path: &DirPath) -> String {
    let top = world.categories.get(&category).map_or("", |c| c.topdir.as_str());
    snapshot::full_name(top, path.as_str())
}

/// The path with the components `new` in the place of the first occurrence of the components `old`.
fn swapped(path: &DirPath, old: &DirPath, new: &DirPath) -> Option<DirPath> {
    let components: Vec<&str> = path.as_str().split('/').collect();
    let old: Vec<&str> = old.as_str().split('/').collect();
    let at = components.windows(old.len()).position(|w| w == old)?;
    let new = new.as_str().split('/').filter(|c| !c.is_empty());
    let mut out: Vec<&str> = components.iter().take(at).copied().collect();
    out.extend(new);
    out.extend(components.iter().skip(at + old.len()));
    out.join("/").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::publish::fixture::{CATEGORY, Sample};

    fn path(text: &str) -> DirPath {
        text.parse().unwrap()
    }

    #[test]
    fn whole_components_are_swapped() {
        let go = |p: &str| swapped(&path(p), &path("development/4"), &path("releases/4")).map(|p| p.to_string());
        for (from, to) in [
            (
                "development/4/Everything/x86_64/os",
                Some("releases/4/Everything/x86_64/os"),
            ),
            ("development/4", Some("releases/4")),
            ("fedora/linux/development/4/os", Some("fedora/linux/releases/4/os")),
            ("development/4/development/4", Some("releases/4/development/4")),
            // MirrorManager took 4 for the beginning of 43.
            ("development/43/os", None),
            ("old-development/4/os", None),
            ("development/rawhide/os", None),
            ("development", None),
            ("", None),
        ] {
            assert_eq!(go(from).as_deref(), to, "{from}");
        }
        let up = swapped(&path("development/4/os"), &path("development/4"), &path(""));
        assert_eq!(up, Some(path("os")));
    }

    #[test]
    fn the_archive_has_the_whole_name_less_what_stands_in_front() {
        let mut s = Sample::new();
        let id = s.directory("releases/38/os");
        let from = s.world.directories[&id].clone();
        let go = |strip: &str, category| {
            let strip = path(strip);
            let to = PathMapping::Into { category, strip }.target(&s.world, &from);
            to.map(|(_, path)| path.to_string())
        };
        for (strip, to) in [
            ("pub", "fedora/linux/releases/38/os"),
            ("pub/fedora", "linux/releases/38/os"),
            ("", "pub/fedora/linux/releases/38/os"),
            ("pu", "pub/fedora/linux/releases/38/os"),
        ] {
            assert_eq!(go(strip, CategoryId(3)).as_deref(), Some(to), "{strip}");
        }
        assert_eq!(go("pub", CATEGORY), None, "it lies there already");
    }

    proptest! {
        /// There and back again.
        #[test]
        fn a_move_and_its_reverse_are_nothing(
            before in proptest::collection::vec("[a-c]{1,2}", 0..3),
            after in proptest::collection::vec("[a-c]{1,2}", 0..3),
        ) {
            let all = |mid: &str| {
                let parts = before.iter().map(String::as_str).chain([mid]).chain(after.iter().map(String::as_str));
                path(&parts.collect::<Vec<_>>().join("/"))
            };
            let (old, new) = (path("development/43"), path("releases/43"));
            let there = swapped(&all("development/43"), &old, &new).unwrap();
            prop_assert_eq!(&there, &all("releases/43"));
            prop_assert_eq!(swapped(&there, &new, &old).unwrap(), all("development/43"));
        }
    }
}
