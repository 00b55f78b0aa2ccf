//! Changes of the master that no scan has recorded yet. A mirror that follows them at once must not be compared with the last scan.

use super::CategoryProber;
use super::Target;
use crate::crawl::classify::{Classification, DirectoryIssue, Evidence, ProbeResult, REPOMD, UNSCANNED};

impl CategoryProber<'_> {
    /// Makes a directory that was present and differs from the last scan inconclusive if the files of the master differ in the same
    /// way: the next scan decides.
    pub(super) fn recheck_against_master(
        &self,
        target: &Target<'_>,
        evidence: &Evidence,
        classification: Classification,
    ) -> Classification {
        let Classification::Outdated(fault) = classification else {
            return classification;
        };
        if self.previous.present.contains(target.directory.id.0) && self.matches_master(target, evidence) {
            Classification::Inconclusive(DirectoryIssue {
                code: UNSCANNED,
                ..fault
            })
        } else {
            Classification::Outdated(fault)
        }
    }

    /// Returns true if at least one file differs from the last scan, and each that does is the same on the master.
    fn matches_master(&self, target: &Target<'_>, evidence: &Evidence) -> bool {
        let (category, directory) = (self.tree.plan.id, target.directory);
        let mut has_difference = false;
        for (position, result) in &evidence.files {
            let Some(wanted) = target.expected.files.get(*position) else {
                continue;
            };
            let length = match result {
                ProbeResult::Present(Some(length)) if wanted.size.is_some_and(|size| size != *length) => Some(*length),
                ProbeResult::Absent(404 | 410) => None,
                ProbeResult::Present(_) => continue,
                ProbeResult::Absent(_) | ProbeResult::Unclear(_) => return false,
            };
            // The content of a repository is defined by its repomd.xml, not by a length.
            let master = self.context.master;
            if wanted.name == REPOMD
                || master.length(category, directory.id, &directory.path, wanted.name) != Some(length)
            {
                return false;
            }
            has_difference = true;
        }
        has_difference
    }
}
