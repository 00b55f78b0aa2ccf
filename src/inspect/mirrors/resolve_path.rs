//! The directory that a path on the command line names.

use std::collections::BTreeMap;

use itertools::Itertools as _;

use crate::model::ids::CategoryId;
use crate::model::names::{DirPath, Name};
use crate::model::registry::Category;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot::full_name;

#[derive(Debug, Clone, Copy)]
pub(crate) struct ResolvedPath<'w> {
    pub(crate) category: &'w Category,
    pub(crate) directory: &'w PublishedDirectory,
}

impl ResolvedPath<'_> {
    pub(super) fn full_name(&self) -> String {
        full_name(self.category.topdir.as_str(), self.directory.path.as_str())
    }
}

/// A path that does not name exactly one directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PathError {
    #[error("{path} is ambiguous: {candidates}; choose one with --category and the full path")]
    Ambiguous { path: String, candidates: String },
    #[error("no directory {path} on the master; {hint}")]
    Unknown { path: String, hint: String },
}

type Directories<'w> = BTreeMap<(CategoryId, &'w DirPath), &'w PublishedDirectory>;

/// Finds the directory at `path`, which may begin with the topdir of its category. An error suggests similar directories.
pub(crate) fn resolve_path<'w>(
    registry: &'w RegistryData,
    category: Option<&Name>,
    path: &DirPath,
) -> Result<ResolvedPath<'w>, PathError> {
    let directories: Directories<'w> = (registry.directories.values())
        .map(|d| ((d.category, &d.path), d))
        .collect();
    let meanings = possible_meanings(registry, category, path);
    let found: Vec<ResolvedPath<'w>> = (meanings.iter())
        .filter_map(|(category, below)| {
            let directory = directories.get(&(category.id, below))?;
            Some(ResolvedPath { category, directory })
        })
        .collect();
    let shown = if path.is_top() { "the topdir" } else { path.as_str() };
    match found.as_slice() {
        [place] => Ok(*place),
        [] => Err(PathError::Unknown {
            path: shown.to_owned(),
            hint: hint(&directories, &meanings),
        }),
        [..] => {
            let all = (found.iter()).map(|p| format!("{} ({})", p.category.name, p.full_name()));
            Err(PathError::Ambiguous {
                path: shown.to_owned(),
                candidates: all.into_iter().join(" or "),
            })
        }
    }
}

/// The path below the topdir of each category, read with and without the topdir in front.
fn possible_meanings<'w>(
    registry: &'w RegistryData,
    category: Option<&Name>,
    path: &DirPath,
) -> Vec<(&'w Category, DirPath)> {
    let mut out = Vec::new();
    for c in registry.categories.values() {
        if category.is_some_and(|name| c.name != *name) {
            continue;
        }
        if !c.topdir.is_top() && c.topdir.contains(path) {
            out.push((c, path.below(&c.topdir)));
        }
        out.push((c, path.clone()));
    }
    out
}

/// Names similar directories, or the nearest parent that exists.
fn hint(directories: &Directories<'_>, meanings: &[(&Category, DirPath)]) -> String {
    let nearest_parent = |category: &Category, below: &DirPath| {
        let mut up = std::iter::successors(Some(below.clone()), DirPath::parent);
        up.find(|p| directories.contains_key(&(category.id, p)))
            .unwrap_or_default()
    };
    let parents = (meanings.iter()).map(|(c, below)| (*c, below, nearest_parent(c, below)));
    let best = parents.max_set_by_key(|(_, _, parent)| depth(parent));
    let similar: Vec<String> = (best.iter())
        .flat_map(|(category, below, parent)| suggestions(directories, category, below, parent))
        .collect();
    match best.first() {
        _ if !similar.is_empty() => format!("did you mean {}?", similar.join(" or ")),
        Some((category, _, parent)) if !parent.is_top() => {
            let parent = full_name(category.topdir.as_str(), parent.as_str());
            format!("{parent} exists, but has no similar directory")
        }
        Some(_) | None => "see: mm-admin category list".to_owned(),
    }
}

fn depth(path: &DirPath) -> usize {
    path.as_str().split('/').filter(|p| !p.is_empty()).count()
}

/// Children of `parent` whose names are similar to the next component of `wanted`, best first, each with the rest of `wanted`
/// appended if that exists.
fn suggestions(directories: &Directories<'_>, category: &Category, wanted: &DirPath, parent: &DirPath) -> Vec<String> {
    let rest = wanted.below(parent);
    let (next, rest) = rest.as_str().split_once('/').unwrap_or((rest.as_str(), ""));
    (directories.keys())
        .filter(|(c, p)| *c == category.id && p.parent().as_ref() == Some(parent))
        .map(|(_, p)| p.file_name())
        .map(|name| (strsim::jaro_winkler(&next.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.7)
        .sorted_by(|a, b| b.0.total_cmp(&a.0))
        .take(3)
        .map(|(_, name)| {
            let child = full_name(parent.as_str(), name);
            let whole = full_name(&child, rest);
            let exists = whole
                .parse::<DirPath>()
                .is_ok_and(|p| directories.contains_key(&(category.id, &p)));
            full_name(category.topdir.as_str(), if exists { &whole } else { &child })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::tests::{CATEGORY, Sample};

    fn sample_registry() -> RegistryData {
        let mut s = Sample::new();
        for path in [
            "",
            "releases",
            "releases/43",
            "releases/43/Everything",
            "releases/43/Everything/os",
            "epel",
        ] {
            s.directory(path);
        }
        let epel = Category {
            id: CategoryId(2),
            name: "EPEL".parse().unwrap(),
            topdir: "pub/epel".parse().unwrap(),
            ..s.registry.categories[&CATEGORY].clone()
        };
        s.registry.categories.insert(epel.id, epel);
        for path in ["", "10", "epel"] {
            let id = s.directory(path);
            s.registry.directories.get_mut(&id).unwrap().category = CategoryId(2);
        }
        s.registry
    }

    #[test]
    fn path_resolves_with_and_without_topdir() {
        let registry = sample_registry();
        for (path, category, name) in [
            (
                "pub/fedora/linux/releases/43",
                None,
                "Fedora Linux pub/fedora/linux/releases/43",
            ),
            ("/releases//43/", None, "Fedora Linux pub/fedora/linux/releases/43"),
            ("pub/epel", None, "EPEL pub/epel"),
            ("10", None, "EPEL pub/epel/10"),
            ("epel", Some("EPEL"), "EPEL pub/epel/epel"),
            ("pub/fedora/linux/epel", None, "Fedora Linux pub/fedora/linux/epel"),
        ] {
            let category = category.map(|c: &str| c.parse().unwrap());
            let place = resolve_path(
                &registry,
                category.as_ref(),
                &DirPath::from_bytes(path.as_bytes()).unwrap(),
            )
            .unwrap();
            assert_eq!(format!("{} {}", place.category.name, place.full_name()), name);
        }
    }

    #[test]
    fn unknown_path_gets_suggestions() {
        let registry = sample_registry();
        for (path, message) in [
            (
                "releases/43/Everthing/os",
                "did you mean pub/fedora/linux/releases/43/Everything/os?",
            ),
            (
                "pub/fedora/linux/relaeses/43",
                "did you mean pub/fedora/linux/releases/43?",
            ),
            ("relaeses/43", "did you mean pub/fedora/linux/releases/43?"),
            (
                "releases/43/Everything/sources",
                "pub/fedora/linux/releases/43/Everything exists, but has no similar directory",
            ),
            (
                "releases/43/Everything/os/repodata/repomd.xml",
                "pub/fedora/linux/releases/43/Everything/os exists,",
            ),
            ("nonsense", "mm-admin category list"),
            (
                "epel",
                "ambiguous: Fedora Linux (pub/fedora/linux/epel) or EPEL (pub/epel/epel); choose",
            ),
        ] {
            let e = resolve_path(&registry, None, &path.parse().unwrap()).unwrap_err();
            assert!(e.to_string().contains(message), "{path}: {e}");
            assert_eq!(matches!(e, PathError::Ambiguous { .. }), path == "epel");
        }
    }
}
