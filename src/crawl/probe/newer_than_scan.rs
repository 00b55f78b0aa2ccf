//! What the master has changed and no scan has seen yet. A mirror that follows at once must not be held against what the last scan saw.

use super::ProbeSession;
use crate::crawl::classify::{Classification, DirectoryIssue, Evidence, Expected, ProbeResult, REPOMD, UNSCANNED};
use crate::crawl::tree::Tree;
use crate::model::plan::PlannedDirectory;

impl ProbeSession<'_> {
    /// A directory that was held, and is found not to be as the last scan has it: where the master's own files are as the mirror's now,
    /// nothing is known before the next scan.
    pub(super) fn recheck_against_master(
        &self,
        tree: &Tree,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
        seen: &Evidence,
        verdict: Classification,
    ) -> Classification {
        let Classification::Outdated(fault) = verdict else {
            return verdict;
        };
        if self.previous.present.contains(dir.id.0) && self.is_as_the_master(tree, dir, expected, seen) {
            Classification::Inconclusive(DirectoryIssue {
                reason: UNSCANNED,
                ..fault
            })
        } else {
            Classification::Outdated(fault)
        }
    }

    /// Whether each file that was found to be other than the last scan has it is so on the master, too; and there is one.
    fn is_as_the_master(&self, tree: &Tree, dir: &PlannedDirectory, expected: &Expected<'_>, seen: &Evidence) -> bool {
        let mut some = false;
        for (position, found) in &seen.files {
            let Some(wanted) = expected.files.get(*position) else {
                continue;
            };
            let length = match found {
                ProbeResult::Present(Some(length)) if wanted.size.is_some_and(|size| size != *length) => Some(*length),
                ProbeResult::Absent(404 | 410) => None,
                ProbeResult::Present(_) => continue,
                ProbeResult::Absent(_) | ProbeResult::Unclear(_) => return false,
            };
            // What a repository should hold is told by its repomd.xml.
            let is_repomd = wanted.name == REPOMD;
            if is_repomd || self.means.master.length(tree.plan.id, dir.id, &dir.path, wanted.name) != Some(length) {
                return false;
            }
            some = true;
        }
        some
    }
}
