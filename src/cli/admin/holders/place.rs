//! Which directory a path means: pure.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Error, anyhow};

use crate::cli::exit::UsageError;
use crate::model::ids::CategoryId;
use crate::model::names::{DirPath, Name};
use crate::model::registry::Category;
use crate::model::registry_data::{PublishedDirectory, RegistryData};
use crate::snapshot::full_name;

/// A directory, and where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResolvedPath<'w> {
    pub(super) category: &'w Category,
    pub(super) directory: &'w PublishedDirectory,
}

impl ResolvedPath<'_> {
    /// Its full name.
    pub(super) fn name(&self) -> String {
        full_name(self.category.topdir.as_str(), self.directory.path.as_str())
    }
}

type Directories<'w> = BTreeMap<(CategoryId, &'w DirPath), &'w PublishedDirectory>;

/// The directory at `path`: with the top of a category in front, or below it. The error says what looks alike. One that two
/// categories have wants to be told which.
pub(super) fn find<'w>(
    world: &'w RegistryData,
    category: Option<&Name>,
    path: &DirPath,
) -> Result<ResolvedPath<'w>, Error> {
    let directories: Directories<'w> = (world.directories.values())
        .map(|d| ((d.category, &d.path), d))
        .collect();
    let meant = meanings(world, category, path);
    let found: Vec<ResolvedPath<'w>> = (meant.iter())
        .filter_map(|(category, below)| {
            Some(ResolvedPath {
                category,
                directory: directories.get(&(category.id, below))?,
            })
        })
        .collect();
    match found.as_slice() {
        [place] => Ok(*place),
        [] => Err(unknown(&directories, &meant, path)),
        [..] => {
            let all: Vec<String> = found
                .iter()
                .map(|p| format!("{} ({})", p.category.name, p.name()))
                .collect();
            let what = format!(
                "{} may be {}; say which with --category, and the whole path",
                shown(path),
                all.join(" or ")
            );
            Err(UsageError(what).into())
        }
    }
}

/// What a path can mean: below each category's top, whether or not that stands in front of it.
fn meanings<'w>(world: &'w RegistryData, category: Option<&Name>, path: &DirPath) -> Vec<(&'w Category, DirPath)> {
    let mut out = Vec::new();
    for c in world.categories.values() {
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

fn shown(path: &DirPath) -> &str {
    if path.is_top() { "the top" } else { path.as_str() }
}

/// Says how far the path is known, and what it may have been meant to be.
fn unknown(directories: &Directories<'_>, meant: &[(&Category, DirPath)], path: &DirPath) -> Error {
    let known = |category: &Category, below: &DirPath| {
        let mut up = std::iter::successors(Some(below.clone()), DirPath::parent);
        up.find(|p| directories.contains_key(&(category.id, p)))
            .unwrap_or_default()
    };
    let known: Vec<(&Category, &DirPath, DirPath)> =
        meant.iter().map(|(c, below)| (*c, below, known(c, below))).collect();
    let deepest = known.iter().map(|(_, _, known)| depth(known)).max().unwrap_or(0);
    let best: Vec<_> = known.iter().filter(|(_, _, known)| depth(known) == deepest).collect();
    let near: Vec<String> = best
        .iter()
        .flat_map(|(category, below, known)| suggestions(directories, category, below, known))
        .collect();
    let there_is_no = format!("the master has no directory {}", shown(path));
    match best.first() {
        _ if !near.is_empty() => anyhow!("{there_is_no}; did you mean {}?", near.join(" or ")),
        Some((category, _, known)) if deepest > 0 => {
            let known = full_name(category.topdir.as_str(), known.as_str());
            anyhow!("{there_is_no}; {known} is, and nothing like it below")
        }
        Some(_) | None => anyhow!("{there_is_no}; see: mm-admin category list"),
    }
}

/// How many components a path has.
fn depth(path: &DirPath) -> usize {
    path.as_str().split('/').filter(|p| !p.is_empty()).count()
}

/// Directories right below `known` whose names look like the next component of `wanted`, best first; with the rest of it behind,
/// where that is there too.
fn suggestions(directories: &Directories<'_>, category: &Category, wanted: &DirPath, known: &DirPath) -> Vec<String> {
    let rest = wanted.below(known);
    let (next, behind) = rest.as_str().split_once('/').unwrap_or((rest.as_str(), ""));
    let children: BTreeSet<&str> = (directories.keys())
        .filter(|(c, p)| *c == category.id && p.parent().as_ref() == Some(known))
        .map(|(_, p)| p.file_name())
        .collect();
    let mut scored: Vec<(f64, &str)> = children
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&next.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored
        .into_iter()
        .take(3)
        .map(|(_, name)| {
            let child = full_name(known.as_str(), name);
            let whole = full_name(&child, behind);
            let there = whole
                .parse::<DirPath>()
                .is_ok_and(|p| directories.contains_key(&(category.id, &p)));
            full_name(category.topdir.as_str(), if there { &whole } else { &child })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::fixture::{CATEGORY, Sample};

    fn world() -> RegistryData {
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
            ..s.world.categories[&CATEGORY].clone()
        };
        s.world.categories.insert(epel.id, epel);
        for path in ["", "10", "epel"] {
            let id = s.directory(path);
            s.world.directories.get_mut(&id).unwrap().category = CategoryId(2);
        }
        s.world
    }

    #[test]
    fn a_path_is_known_with_and_without_its_top() {
        let world = world();
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
            let place = find(
                &world,
                category.as_ref(),
                &DirPath::from_bytes(path.as_bytes()).unwrap(),
            )
            .unwrap();
            assert_eq!(format!("{} {}", place.category.name, place.name()), name);
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_what_looks_alike() {
        let world = world();
        for (path, says) in [
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
                "pub/fedora/linux/releases/43/Everything is, and nothing like it below",
            ),
            (
                "releases/43/Everything/os/repodata/repomd.xml",
                "pub/fedora/linux/releases/43/Everything/os is,",
            ),
            ("nonsense", "mm-admin category list"),
            (
                "epel",
                "may be Fedora Linux (pub/fedora/linux/epel) or EPEL (pub/epel/epel); say which",
            ),
        ] {
            let e = find(&world, None, &path.parse().unwrap()).unwrap_err();
            assert!(e.to_string().contains(says), "{path}: {e}");
            assert_eq!(e.is::<UsageError>(), path == "epel");
        }
    }
}
