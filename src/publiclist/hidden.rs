//! Directories of versions that the pages do not show: readable on the master, and still nobody's business yet.
//!
//! A version is more than the directories of its repositories. So the highest directory that has repositories below it, and none of
//! a version that is shown, is hidden with all that is in it.

use std::collections::BTreeSet;

use crate::model::ids::CategoryId;
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};

/// What is not to be named.
#[derive(Debug)]
pub(super) struct HiddenPaths<'w>(BTreeSet<(CategoryId, &'w str)>);

impl<'w> HiddenPaths<'w> {
    pub(super) fn of(world: &'w RegistryData) -> Self {
        let is_shown = |r: &Repository| {
            let version = world.versions.get(&r.version).filter(|v| v.display);
            version.is_some_and(|v| world.products.get(&v.product).is_some_and(|p| p.publiclist))
        };
        let directory = |r: &Repository| world.directories.get(&r.directory?);
        let (shown, hidden): (Vec<&Repository>, Vec<&Repository>) =
            world.repositories.iter().partition(|r| is_shown(r));
        let shown: BTreeSet<(CategoryId, &str)> = (shown.into_iter().filter_map(directory))
            .flat_map(|d| way(&d.path).map(|path| (d.category, path)))
            .collect();
        let tops = hidden.into_iter().filter_map(directory).filter_map(|d| {
            let own = way(&d.path).take_while(|path| !shown.contains(&(d.category, *path)));
            Some((d.category, own.last()?))
        });
        Self(tops.collect())
    }

    /// Whether a directory is one of them, or lies in one.
    pub(super) fn has(&self, directory: &PublishedDirectory) -> bool {
        way(&directory.path).any(|path| self.0.contains(&(directory.category, path)))
    }
}

/// A directory and all those above it, up to one right below the top.
fn way(path: &DirPath) -> impl Iterator<Item = &str> {
    let some = |path: &str| !path.is_empty();
    std::iter::successors(Some(path.as_str()).filter(|p| some(p)), |path| {
        path.rsplit_once('/').map(|(above, _)| above)
    })
}
