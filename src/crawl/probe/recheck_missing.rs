//! Directories that were missing with all below them, asked for again: one request for many of them, the page of the directory above,
//! or one for each.
//!
//! That they are missing is known already, by more than a page. All that is asked is whether one came back; that one is looked at as
//! ever. Where everything is to be asked for, all of these are looked at too.

use super::base::DirectoryBehaviour;
use super::index_page::MIN_DIRECTORIES;
use super::{DirectoryResult, Interruption, ProbeSession};
use crate::crawl::classify::{Classification, Evidence, Expected, ProbeResult, fault, status_text};
use crate::crawl::tree::Tree;
use crate::model::plan::PlannedDirectory;

impl ProbeSession<'_> {
    /// The verdict on a directory that was missing, where it plainly still is; `None` = it is to be looked at.
    pub(super) fn recheck_missing(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
    ) -> Result<Option<Classification>, Interruption> {
        let was_missing = self.previous.missing.contains(dir.id.0) && !tree.is_top(at);
        if self.out.is_full || !was_missing || !dir.readable {
            return Ok(None);
        }
        if let Some(up) = tree.parent(at) {
            self.read_parent_listing(tree, up)?;
        }
        if is_in(&self.absent_in_listing, at) {
            let seen = "the page of the directory above does not show it";
            return Ok(Some(Classification::Missing(fault(
                "",
                "missing",
                "the directory",
                seen,
            ))));
        }
        let file = expected.files.first().map_or("", |f| f.name);
        // Where nothing is told of directories, one that is there is as silent as one that is not.
        if file.is_empty() && self.directories(tree)? == DirectoryBehaviour::Unknown {
            return Ok(None);
        }
        Ok(match self.head(tree.url_path(at), file, None)? {
            ProbeResult::Absent(status @ (404 | 410)) => {
                let what = if file.is_empty() { "the directory" } else { "the file" };
                Some(Classification::Missing(fault(
                    file,
                    "missing",
                    what,
                    status_text(status),
                )))
            }
            ProbeResult::Present(_) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => None,
        })
    }

    /// Notes which of the missing directories right below one its page does not show, where that saves requests. Once for each.
    fn read_parent_listing(&mut self, tree: &Tree, up: usize) -> Result<(), Interruption> {
        let is_new = u32::try_from(up).is_ok_and(|up| self.listed_parents.insert(up));
        let Some(above) = tree.directory(up).filter(|d| is_new && d.readable) else {
            return Ok(());
        };
        if self.is_soft_404() || self.pages.are_useless() {
            return Ok(());
        }
        let missing: Vec<usize> = tree
            .below(above.path.as_str())
            .filter(|at| tree.parent(*at) == Some(up) && self.out.results.get(*at) == Some(&DirectoryResult::NotProbed))
            .filter(|at| {
                let below = tree.directory(*at);
                below.is_some_and(|d| self.previous.missing.contains(d.id.0) && is_right_below(above, d))
            })
            .collect();
        if missing.len() < MIN_DIRECTORIES {
            return Ok(());
        }
        let Some(index) = self.index(tree.url_path(up), &mut Evidence::default())? else {
            return Ok(());
        };
        // What is not shown because there is too much, or because nothing is, may well be there.
        if index.is_cut() || index.is_empty() {
            return Ok(());
        }
        self.pages.note_useful();
        for at in missing {
            // Servers hide names that begin with a dot.
            let name = tree.directory(at).map_or("", |d| d.path.file_name());
            if !name.starts_with('.')
                && index.get(name).is_none()
                && let Ok(at) = u32::try_from(at)
            {
                self.absent_in_listing.insert(at);
            }
        }
        Ok(())
    }
}

fn is_right_below(above: &PlannedDirectory, below: &PlannedDirectory) -> bool {
    below.path.parent().is_some_and(|path| path == above.path)
}

fn is_in(positions: &roaring::RoaringBitmap, at: usize) -> bool {
    u32::try_from(at).is_ok_and(|at| positions.contains(at))
}
