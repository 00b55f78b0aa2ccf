//! Collects the evidence for one directory: from single files, from its index, or from an rsync listing.

use super::Target;
use super::server_traits::DirectoryBehavior;
use super::spot_check::ListingSource;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{
    Classification, Evidence, Expected, ProbeResult, REPOMD, RepomdProbe, VersionMatch, classify,
};
use crate::crawl::outage::control_check::ExpectedContent;
use crate::crawl::tree::bitmap_index;
use crate::model::plan::PlannedDirectory;

/// The number of files of a directory that are probed before it counts as missing.
const FILES_TO_CONFIRM_ABSENCE: usize = 3;

impl CategoryProber<'_> {
    pub(super) fn probe_directory(
        &mut self,
        at: usize,
        directory: &PlannedDirectory,
    ) -> Result<DirectoryResult, Interruption> {
        let target = &Target {
            at,
            directory,
            path: self.tree.url_path(at),
            expected: Expected::new(directory, self.context.now, self.tree.plan.retention),
        };
        if !directory.readable {
            return self.probe_staged(target);
        }
        if self.is_still_staged(target)? {
            return Ok(DirectoryResult::Classified(Classification::Staged));
        }
        let has_repomd = target.expected.repomd.is_some();
        let mut evidence = Evidence::default();
        if let Some(mut listed) = self.rsync_evidence(at) {
            let is_complete = listed.index.is_some();
            if is_complete && has_repomd && listed.repomd.is_none() {
                self.probe_repomd(target, &mut listed)?;
            }
            if self.verify_listing(ListingSource::Rsync, target, &listed.files)? {
                if is_complete {
                    return Ok(self.classify_directory(target, &listed));
                }
                evidence = listed;
            }
        }
        if evidence.files.is_empty()
            && let Some(classification) = self.recheck_missing(target)?
        {
            return Ok(DirectoryResult::Classified(classification));
        }
        if directory.files.is_empty() && !has_repomd {
            return self.probe_without_files(target);
        }
        if self.probe_repomd(target, &mut evidence)? {
            // An index also shows files that the server cannot read, so it adds nothing where rsync left only these open.
            if evidence.files.is_empty() {
                self.read_files_from_index(target, &mut evidence)?;
            }
            self.probe_files(target, &mut evidence)?;
        }
        if has_missing_files(&evidence) {
            self.confirm_absent(target, &mut evidence)?;
        }
        Ok(self.classify_directory(target, &evidence))
    }

    /// Probes a directory whose status only its page and the directories below can show.
    fn probe_without_files(&mut self, target: &Target<'_>) -> Result<DirectoryResult, Interruption> {
        let (at, directory) = (target.at, target.directory);
        let mut evidence = Evidence::default();
        self.probe_page(target.path, &mut evidence)?;
        let is_elsewhere = matches!(&evidence.index, Some(ProbeResult::Unclear(error)) if error.code == "redirect");
        let is_forbidden = evidence.index == Some(ProbeResult::Absent(403));
        let is_gone = evidence.index.as_ref().is_some_and(ProbeResult::is_gone);
        if !is_elsewhere && !is_forbidden && !is_gone {
            return Ok(self.classify_directory(target, &evidence));
        }
        // The page counts as far as the server responds differently for directories that exist.
        let is_meaningful = self.directory_behavior()? != DirectoryBehavior::LooksMissing && !is_elsewhere;
        if is_forbidden && self.previous.missing.contains(directory.id.0) {
            self.add_descendants(at);
        } else if !is_forbidden && (is_meaningful || self.tree.has_below(at)) {
            evidence.below = self.probe_descendants(at)?;
        }
        Ok(self.classify_directory(target, &evidence))
    }

    pub(super) fn classify_directory(&mut self, target: &Target<'_>, evidence: &Evidence) -> DirectoryResult {
        if evidence.is_there() {
            self.responded.insert(bitmap_index(target.at));
        }
        let classification = classify(&target.expected, evidence);
        DirectoryResult::Classified(self.recheck_against_master(target, evidence, classification))
    }

    /// Probes the `repomd.xml`, if the directory should have one. Returns true if it is the newest, so that the other files count.
    fn probe_repomd(&mut self, target: &Target<'_>, evidence: &mut Evidence) -> Result<bool, Interruption> {
        let Some(versions) = &target.expected.repomd else {
            return Ok(true);
        };
        let repomd = self.fetch_repomd(target.path)?;
        let mut is_newest = false;
        if let RepomdProbe::Hash(hash) = &repomd {
            is_newest = hash == versions.newest_hash();
            if versions.find(hash) == VersionMatch::Unknown {
                let (category, directory) = (self.tree.plan.id, target.directory);
                let master = self.context.master;
                evidence.master = Some(master.compare(category, directory.id, &directory.path, hash));
            } else {
                self.record_control(ExpectedContent::Hash(hash.clone()));
            }
        }
        evidence.repomd = Some(repomd);
        Ok(is_newest)
    }

    /// Probes the listed files without a result, until one is wrong.
    fn probe_files(&mut self, target: &Target<'_>, evidence: &mut Evidence) -> Result<(), Interruption> {
        for (position, file) in target.expected.files.iter().enumerate() {
            if has_result(&target.expected, evidence, position) {
                continue;
            }
            let result = self.probe_file(target.path, *file)?;
            self.traits.record_head();
            let has_size = |length: Option<u64>| length.is_none() || file.size.is_none() || length == file.size;
            let is_good = matches!(result, ProbeResult::Present(length) if has_size(length));
            if let ProbeResult::Present(Some(length)) = &result
                && is_good
                && file.size.is_some_and(|size| size > 0)
            {
                self.record_control(ExpectedContent::Length(*length));
            }
            evidence.files.push((position, result));
            if !is_good {
                break;
            }
        }
        Ok(())
    }

    /// Checks whether only a file is missing or the directory with everything below it, by its page, further files and one below.
    fn confirm_absent(&mut self, target: &Target<'_>, evidence: &mut Evidence) -> Result<(), Interruption> {
        if evidence.index.is_none() {
            self.probe_page(target.path, evidence)?;
        }
        if !evidence.index.as_ref().is_some_and(ProbeResult::is_gone) {
            return Ok(());
        }
        let files = target.expected.files.iter().enumerate();
        for (position, file) in files.take(FILES_TO_CONFIRM_ABSENCE) {
            if has_result(&target.expected, evidence, position) {
                continue;
            }
            let result = self.probe_file(target.path, *file)?;
            let is_gone = result.is_gone();
            evidence.files.push((position, result));
            if !is_gone {
                return Ok(());
            }
        }
        evidence.below = self.probe_descendants(target.at)?;
        Ok(())
    }

    pub(super) fn probe_page(&mut self, path: &str, evidence: &mut Evidence) -> Result<(), Interruption> {
        if path.is_empty() {
            evidence.index.clone_from(&self.base);
            return Ok(());
        }
        let page = self.head(path, "", None)?;
        if matches!(page, ProbeResult::Present(_)) {
            self.traits.directories = Some(DirectoryBehavior::Success);
        }
        evidence.index = Some(page);
        Ok(())
    }
}

/// Returns true if the file at this position was probed, or is the `repomd.xml`, which is probed on its own.
fn has_result(expected: &Expected<'_>, evidence: &Evidence, position: usize) -> bool {
    let is_repomd = || expected.files.get(position).is_some_and(|file| file.name == REPOMD);
    (expected.repomd.is_some() && is_repomd()) || evidence.files.iter().any(|(known, _)| *known == position)
}

/// Returns true if something is missing, so that the whole directory may be.
fn has_missing_files(evidence: &Evidence) -> bool {
    matches!(evidence.repomd, Some(RepomdProbe::Absent(404 | 410))) || evidence.files.iter().any(|(_, f)| f.is_gone())
}
