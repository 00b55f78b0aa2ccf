//! The mirrors of repositories.

use std::collections::{BTreeMap, BTreeSet};

use super::{Publication, REPOMD};
use crate::model::file::FileDetail;
use crate::model::ids::{DirectoryId, HostCategoryId, HostId};

/// Looks up the mirrors of repositories in a publication; built once for any number of repositories.
#[derive(Debug)]
pub(crate) struct RepositoryMirrors<'p, 'r> {
    publication: &'p Publication<'r>,
    named: BTreeMap<HostCategoryId, HostId>,
}

impl<'p, 'r> RepositoryMirrors<'p, 'r> {
    /// Creates the lookup for a publication.
    pub(crate) fn new(publication: &'p Publication<'r>) -> Self {
        Self {
            publication,
            named: publication.named_host_categories(),
        }
    }

    /// Returns the hosts that clients of the repository in `directory` are sent to: those listed for its `repodata`, or for
    /// itself if it has none.
    pub(crate) fn hosts_for(&self, directory: DirectoryId) -> BTreeSet<HostId> {
        let directories = &self.publication.registry.directories;
        let readable = |d: &DirectoryId| directories.get(d).is_some_and(|d| d.readable);
        let target = self.repodata(directory).filter(readable).unwrap_or(directory);
        let mirrors = self.publication.mirrors_for(target);
        mirrors.filter_map(|id| self.named.get(&id).copied()).collect()
    }

    /// Returns the `repodata` directly below a directory.
    pub(crate) fn repodata(&self, directory: DirectoryId) -> Option<DirectoryId> {
        self.publication.repodata.get(&directory).copied()
    }

    /// Returns the newest version of the repository's `repomd.xml`, even if it is not world-readable.
    pub(crate) fn newest(&self, directory: DirectoryId) -> Option<&'r FileDetail> {
        let details = self.publication.registry.details.get(&self.repodata(directory)?)?;
        details
            .iter()
            .find(|d| d.file.filename == REPOMD && d.superseded_seq.is_none())
    }
}
