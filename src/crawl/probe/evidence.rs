//! What is seen of one directory: its files one by one, or by its page, or by the listing of an rsync daemon.

use super::base::DirectoryBehaviour;
use super::rsync::RsyncListing;
use super::spot_check::ListingSource;
use super::{DirectoryResult, FILES_TO_CONFIRM_ABSENCE, Interruption, ProbeSession};
use crate::crawl::classify::{Evidence, Expected, ProbeResult, REPOMD, RepomdProbe, VersionMatch, classify};
use crate::crawl::outage::control_sample::ExpectedContent;
use crate::crawl::tree::Tree;
use crate::model::plan::PlannedDirectory;

impl ProbeSession<'_> {
    pub(super) fn directory(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        base: &ProbeResult,
    ) -> Result<DirectoryResult, Interruption> {
        let expected = Expected::of(dir, self.means.now, tree.plan.retention);
        let path = tree.url_path(at);
        let listed = match self.listed(tree, at) {
            Some(RsyncListing::All(mut seen)) => {
                if expected.repomd.is_some() && seen.repomd.is_none() {
                    self.probe_repomd(tree, dir, path, &expected, &mut seen)?;
                }
                if self.verify_listing(ListingSource::Listing, at, path, &expected, &seen.files)? {
                    return Ok(self.classify_directory(tree, at, dir, &expected, &seen));
                }
                None
            }
            Some(RsyncListing::Some(seen))
                if self.verify_listing(ListingSource::Listing, at, path, &expected, &seen.files)? =>
            {
                Some(seen)
            }
            Some(RsyncListing::Some(_)) | None => None,
        };
        let mut seen = listed.unwrap_or_default();
        if seen.files.is_empty()
            && let Some(verdict) = self.recheck_missing(tree, at, dir, &expected)?
        {
            return Ok(DirectoryResult::Classified(verdict));
        }
        if !dir.readable || (dir.files.is_empty() && expected.repomd.is_none()) {
            return self.without_files(tree, at, dir, &expected, base);
        }
        if self.probe_repomd(tree, dir, path, &expected, &mut seen)? {
            // A page shows files too that the server may not read: where a listing left only these open, it tells no more.
            if seen.files.is_empty() {
                self.files_by_page(at, path, &expected, &mut seen)?;
            }
            self.files(path, &expected, &mut seen)?;
        }
        if has_missing_files(&seen) {
            self.confirm_absent(tree, at, &expected, base, &mut seen)?;
        }
        Ok(self.classify_directory(tree, at, dir, &expected, &seen))
    }

    /// A directory of which only its page and what lies below it can tell.
    fn without_files(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
        base: &ProbeResult,
    ) -> Result<DirectoryResult, Interruption> {
        let mut seen = Evidence::default();
        self.page(tree.url_path(at), base, &mut seen)?;
        let is_elsewhere = matches!(&seen.index, Some(ProbeResult::Unclear(trouble)) if trouble.code == "redirect");
        let is_there = seen.index == Some(ProbeResult::Absent(403));
        let is_gone = seen.index.as_ref().is_some_and(ProbeResult::is_gone);
        if !is_elsewhere && !is_there && !is_gone {
            return Ok(self.classify_directory(tree, at, dir, expected, &seen));
        }
        // What its page says counts as far as the server says it of directories that are there, too.
        let is_told = self.directories(tree)? != DirectoryBehaviour::Unknown && !is_elsewhere;
        if !dir.readable && !is_told && !is_there {
            let is_known = self.previous.exceptions.contains_key(&dir.id);
            return Ok(if is_known {
                DirectoryResult::Unchanged
            } else {
                DirectoryResult::BelowClosed
            });
        }
        if is_there && self.previous.missing.contains(dir.id.0) {
            self.add_descendants(tree, at);
        } else if dir.readable && !is_there && (is_told || tree.has_below(at)) {
            seen.below = self.probe_descendants(tree, at)?;
        }
        Ok(self.classify_directory(tree, at, dir, expected, &seen))
    }

    fn classify_directory(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
        seen: &Evidence,
    ) -> DirectoryResult {
        if seen.is_there()
            && let Ok(at) = u32::try_from(at)
        {
            self.responded.insert(at);
        }
        let verdict = classify(expected, seen);
        DirectoryResult::Classified(self.recheck_against_master(tree, dir, expected, seen, verdict))
    }

    /// The `repomd.xml`, where the directory should have one. Whether it is the newest, so that the other files count.
    fn probe_repomd(
        &mut self,
        tree: &Tree,
        dir: &PlannedDirectory,
        path: &str,
        expected: &Expected<'_>,
        seen: &mut Evidence,
    ) -> Result<bool, Interruption> {
        let Some(versions) = &expected.repomd else {
            return Ok(true);
        };
        let answer = self.repomd(path)?;
        let is_newest = matches!(&answer, RepomdProbe::Hash(h) if h == versions.newest_hash());
        if let RepomdProbe::Hash(hash) = &answer
            && versions.find(hash) != VersionMatch::Unknown
        {
            self.record_control(ExpectedContent::Hash(hash.clone()));
        }
        if let RepomdProbe::Hash(hash) = &answer
            && versions.find(hash) == VersionMatch::Unknown
        {
            let (category, master) = (tree.plan.id, self.means.master);
            seen.master = Some(master.compare(category, dir.id, &dir.path, hash));
        }
        seen.repomd = Some(answer);
        Ok(is_newest)
    }

    /// The listed files of which nothing is known yet, until one is wrong.
    fn files(&mut self, path: &str, expected: &Expected<'_>, seen: &mut Evidence) -> Result<(), Interruption> {
        for (position, file) in expected.files.iter().enumerate() {
            let is_repomd = expected.repomd.is_some() && file.name == REPOMD;
            if is_repomd || seen.files.iter().any(|(known, _)| *known == position) {
                continue;
            }
            let answer = self.file(path, *file)?;
            self.pages.note_head();
            let good = match &answer {
                ProbeResult::Present(length) => length.is_none() || file.size.is_none() || *length == file.size,
                ProbeResult::Absent(_) | ProbeResult::Unclear(_) => false,
            };
            if let ProbeResult::Present(Some(length)) = &answer
                && good
                && file.size.is_some_and(|size| size > 0)
            {
                self.record_control(ExpectedContent::Length(*length));
            }
            seen.files.push((position, answer));
            if !good {
                break;
            }
        }
        Ok(())
    }

    /// Is it only the file, or the directory and all that lies below? Its page, some more of its files and one below it tell.
    fn confirm_absent(
        &mut self,
        tree: &Tree,
        at: usize,
        expected: &Expected<'_>,
        base: &ProbeResult,
        seen: &mut Evidence,
    ) -> Result<(), Interruption> {
        let path = tree.url_path(at);
        if seen.index.is_none() {
            self.page(path, base, seen)?;
        }
        if !seen.index.as_ref().is_some_and(ProbeResult::is_gone) {
            return Ok(());
        }
        for (position, file) in expected.files.iter().enumerate().take(FILES_TO_CONFIRM_ABSENCE) {
            let asked = (expected.repomd.is_some() && file.name == REPOMD)
                || seen.files.iter().any(|(known, _)| *known == position);
            if asked {
                continue;
            }
            let answer = self.file(path, *file)?;
            let gone = answer.is_gone();
            seen.files.push((position, answer));
            if !gone {
                return Ok(());
            }
        }
        seen.below = self.probe_descendants(tree, at)?;
        Ok(())
    }

    fn page(&mut self, path: &str, base: &ProbeResult, seen: &mut Evidence) -> Result<(), Interruption> {
        seen.index = Some(if path.is_empty() {
            base.clone()
        } else {
            let page = self.head_of_page(path)?;
            if matches!(page, ProbeResult::Present(_)) {
                self.directories = Some(DirectoryBehaviour::Shown);
            }
            page
        });
        Ok(())
    }
}

/// Whether something answered that it is not there, so that it is worth asking whether the whole directory is missing.
fn has_missing_files(seen: &Evidence) -> bool {
    matches!(seen.repomd, Some(RepomdProbe::Absent(404 | 410))) || seen.files.iter().any(|(_, f)| f.is_gone())
}
