//! Repeated probes of directories that were missing with everything below them: one request for many of them, the index of their
//! parent, or one for each.
//!
//! More than an index has shown that they are missing. The only question is whether one is present again; that one is probed as
//! usual. In a full probe, all of them are.

use super::Target;
use super::index_page::MIN_ENTRIES;
use super::server_traits::DirectoryBehavior;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{Classification, Evidence, ProbeResult, fault, status_text};
use crate::crawl::tree::bitmap_index;
use crate::model::plan::PlannedDirectory;

impl CategoryProber<'_> {
    /// Returns the status of a directory that was missing and clearly still is; `None` if it must be probed.
    pub(super) fn recheck_missing(&mut self, target: &Target<'_>) -> Result<Option<Classification>, Interruption> {
        let (at, directory) = (target.at, target.directory);
        let was_missing = self.previous.missing.contains(directory.id.0) && !self.tree.is_top(at);
        if self.probe.is_full || !was_missing || !directory.readable {
            return Ok(None);
        }
        if let Some(parent) = self.tree.parent(at) {
            self.read_parent_listing(parent)?;
        }
        let missing =
            |file, what, received: String| Some(Classification::Missing(fault(file, "missing", what, received)));
        if self.absent_in_listing.contains(bitmap_index(at)) {
            let received = "not in the index of the parent directory";
            return Ok(missing("", "the directory", received.to_owned()));
        }
        let file = target.expected.files.first().map_or("", |f| f.name);
        // If existing directories look missing, the page of a directory proves nothing.
        if file.is_empty() && self.directory_behavior()? == DirectoryBehavior::LooksMissing {
            return Ok(None);
        }
        let what = if file.is_empty() { "the directory" } else { "the file" };
        Ok(match self.head(target.path, file, None)? {
            ProbeResult::Absent(status @ (404 | 410)) => missing(file, what, status_text(status)),
            ProbeResult::Present(_) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => None,
        })
    }

    /// Records which missing children of a directory are not in its index, if that saves requests. Once per directory.
    fn read_parent_listing(&mut self, parent: usize) -> Result<(), Interruption> {
        let is_new = self.listed_parents.insert(bitmap_index(parent));
        let Some(above) = self.tree.directory(parent).filter(|d| is_new && d.readable) else {
            return Ok(());
        };
        if self.is_soft_404() || !self.traits.uses_indexes() {
            return Ok(());
        }
        let is_missing_child = |d: &PlannedDirectory| {
            self.previous.missing.contains(d.id.0) && d.path.parent().is_some_and(|path| path == above.path)
        };
        let missing: Vec<usize> = self
            .tree
            .below(above.path.as_str())
            .filter(|at| self.tree.parent(*at) == Some(parent))
            .filter(|at| self.probe.results.get(*at) == Some(&DirectoryResult::NotProbed))
            .filter(|at| self.tree.directory(*at).is_some_and(is_missing_child))
            .collect();
        if missing.len() < MIN_ENTRIES {
            return Ok(());
        }
        let Some(index) = self.read_index(self.tree.url_path(parent), &mut Evidence::default())? else {
            return Ok(());
        };
        // An incomplete or empty index proves no absence.
        if index.is_truncated() || index.is_empty() {
            return Ok(());
        }
        self.traits.record_useful_index();
        for at in missing {
            // Servers hide names that begin with a dot.
            let name = self.tree.directory(at).map_or("", |d| d.path.file_name());
            if !name.starts_with('.') && index.get(name).is_none() {
                self.absent_in_listing.insert(bitmap_index(at));
            }
        }
        Ok(())
    }
}
