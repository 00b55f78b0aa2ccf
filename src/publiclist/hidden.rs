//! Directories of hidden versions, which are world-readable on the master but must not be named on pages.
//!
//! A version is more than the directories of its repositories: the topmost directory with repositories of hidden versions only
//! is hidden with everything below it.

use std::collections::BTreeSet;

use crate::model::ids::CategoryId;
use crate::model::names::DirPath;
use crate::model::registry::Repository;
use crate::model::registry_data::{PublishedDirectory, RegistryData};

#[derive(Debug)]
pub(super) struct HiddenPaths<'r>(BTreeSet<(CategoryId, &'r str)>);

impl<'r> HiddenPaths<'r> {
    pub(super) fn new(registry: &'r RegistryData) -> Self {
        let is_shown = |r: &Repository| {
            let version = registry.versions.get(&r.version).filter(|v| v.display);
            version.is_some_and(|v| registry.products.get(&v.product).is_some_and(|p| p.publiclist))
        };
        let directory = |r: &Repository| registry.directories.get(&r.directory?);
        let (shown, hidden): (Vec<&Repository>, Vec<&Repository>) =
            registry.repositories.iter().partition(|r| is_shown(r));
        let shown: BTreeSet<(CategoryId, &str)> = (shown.into_iter().filter_map(directory))
            .flat_map(|d| ancestors(&d.path).map(|path| (d.category, path)))
            .collect();
        let tops = hidden.into_iter().filter_map(directory).filter_map(|d| {
            let hidden = ancestors(&d.path).take_while(|path| !shown.contains(&(d.category, *path)));
            Some((d.category, hidden.last()?))
        });
        Self(tops.collect())
    }

    /// Returns true if a directory or one of its ancestors is hidden.
    pub(super) fn contains(&self, directory: &PublishedDirectory) -> bool {
        ancestors(&directory.path).any(|path| self.0.contains(&(directory.category, path)))
    }
}

/// Returns the path and its ancestors, without the top.
fn ancestors(path: &DirPath) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path.as_str()).filter(|p| !p.is_empty()), |path| {
        path.rsplit_once('/').map(|(parent, _)| parent)
    })
}
