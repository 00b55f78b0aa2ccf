//! What is seen of one directory: its files one by one, or by its page, or by the listing of an rsync daemon.

use super::base::Directories;
use super::rsync::Listed;
use super::spot::Source;
use super::{ABSENT_FILES, End, Found, Session, Shows};
use crate::crawl::tree::Tree;
use crate::crawl::verdict::{Evidence, Expected, Match, REPOMD, RepomdSeen, Seen, judge};
use crate::model::plan::PlannedDirectory;

impl Session<'_> {
    pub(super) fn directory(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        base: &Seen,
    ) -> Result<Found, End> {
        let expected = Expected::of(dir, self.means.now, tree.plan.ageing);
        let path = tree.url_path(at);
        let listed = match self.listed(tree, at) {
            Some(Listed::All(mut seen)) => {
                if expected.repomd.is_some() && seen.repomd.is_none() {
                    self.repomd_too(tree, dir, path, &expected, &mut seen)?;
                }
                if self.is_true(Source::Listing, at, path, &expected, &seen.files)? {
                    return Ok(self.judged(tree, at, dir, &expected, &seen));
                }
                None
            }
            Some(Listed::Some(seen)) if self.is_true(Source::Listing, at, path, &expected, &seen.files)? => Some(seen),
            Some(Listed::Some(_)) | None => None,
        };
        let mut seen = listed.unwrap_or_default();
        if seen.files.is_empty()
            && let Some(verdict) = self.still_missing(tree, at, dir, &expected)?
        {
            return Ok(Found::Verdict(verdict));
        }
        if !dir.readable || (dir.files.is_empty() && expected.repomd.is_none()) {
            return self.without_files(tree, at, dir, &expected, base);
        }
        if self.repomd_too(tree, dir, path, &expected, &mut seen)? {
            // A page shows files too that the server may not read: where a listing left only these open, it tells no more.
            if seen.files.is_empty() {
                self.files_by_page(at, path, &expected, &mut seen)?;
            }
            self.files(path, &expected, &mut seen)?;
        }
        if lacks_something(&seen) {
            self.confirm_absent(tree, at, &expected, base, &mut seen)?;
        }
        Ok(self.judged(tree, at, dir, &expected, &seen))
    }

    /// A directory of which only its page and what lies below it can tell.
    fn without_files(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
        base: &Seen,
    ) -> Result<Found, End> {
        let mut seen = Evidence::default();
        self.page(tree.url_path(at), base, &mut seen)?;
        let is_elsewhere = matches!(&seen.index, Some(Seen::Unclear(trouble)) if trouble.word == "redirect");
        let is_there = seen.index == Some(Seen::Absent(403));
        let is_gone = seen.index.as_ref().is_some_and(Seen::is_gone);
        if !is_elsewhere && !is_there && !is_gone {
            return Ok(self.judged(tree, at, dir, expected, &seen));
        }
        // What its page says counts as far as the server says it of directories that are there, too.
        let is_told = self.directories(tree)? != Directories::Untold && !is_elsewhere;
        if !dir.readable && !is_told && !is_there {
            let is_known = self.previous.exceptions.contains_key(&dir.id);
            return Ok(if is_known { Found::Kept } else { Found::BelowClosed });
        }
        if is_there && self.previous.missing.contains(dir.id.0) {
            self.want_below(tree, at);
        } else if dir.readable && !is_there && (is_told || tree.has_below(at)) {
            seen.below = self.below(tree, at)?;
        }
        Ok(self.judged(tree, at, dir, expected, &seen))
    }

    fn judged(
        &mut self,
        tree: &Tree,
        at: usize,
        dir: &PlannedDirectory,
        expected: &Expected<'_>,
        seen: &Evidence,
    ) -> Found {
        if seen.is_there()
            && let Ok(at) = u32::try_from(at)
        {
            self.there.insert(at);
        }
        let verdict = judge(expected, seen);
        Found::Verdict(self.unless_unscanned(tree, dir, expected, seen, verdict))
    }

    /// The `repomd.xml`, where the directory should have one. Whether it is the newest, so that the other files count.
    fn repomd_too(
        &mut self,
        tree: &Tree,
        dir: &PlannedDirectory,
        path: &str,
        expected: &Expected<'_>,
        seen: &mut Evidence,
    ) -> Result<bool, End> {
        let Some(versions) = &expected.repomd else {
            return Ok(true);
        };
        let answer = self.repomd(path)?;
        let is_newest = matches!(&answer, RepomdSeen::Hash(h) if h == versions.newest_hash());
        if let RepomdSeen::Hash(hash) = &answer
            && versions.find(hash) != Match::Unknown
        {
            self.proves(Shows::Hash(hash.clone()));
        }
        if let RepomdSeen::Hash(hash) = &answer
            && versions.find(hash) == Match::Unknown
        {
            let (category, master) = (tree.plan.id, self.means.master);
            seen.master = Some(master.compare(category, dir.id, &dir.path, hash));
        }
        seen.repomd = Some(answer);
        Ok(is_newest)
    }

    /// The listed files of which nothing is known yet, until one is wrong.
    fn files(&mut self, path: &str, expected: &Expected<'_>, seen: &mut Evidence) -> Result<(), End> {
        for (position, file) in expected.files.iter().enumerate() {
            let is_repomd = expected.repomd.is_some() && file.name == REPOMD;
            if is_repomd || seen.files.iter().any(|(known, _)| *known == position) {
                continue;
            }
            let answer = self.file(path, *file)?;
            self.pages.note_head();
            let good = match &answer {
                Seen::Present(length) => length.is_none() || file.size.is_none() || *length == file.size,
                Seen::Absent(_) | Seen::Unclear(_) => false,
            };
            if let Seen::Present(Some(length)) = &answer
                && good
                && file.size.is_some_and(|size| size > 0)
            {
                self.proves(Shows::Length(*length));
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
        base: &Seen,
        seen: &mut Evidence,
    ) -> Result<(), End> {
        let path = tree.url_path(at);
        if seen.index.is_none() {
            self.page(path, base, seen)?;
        }
        if !seen.index.as_ref().is_some_and(Seen::is_gone) {
            return Ok(());
        }
        for (position, file) in expected.files.iter().enumerate().take(ABSENT_FILES) {
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
        seen.below = self.below(tree, at)?;
        Ok(())
    }

    fn page(&mut self, path: &str, base: &Seen, seen: &mut Evidence) -> Result<(), End> {
        seen.index = Some(if path.is_empty() {
            base.clone()
        } else {
            let page = self.head_of_page(path)?;
            if matches!(page, Seen::Present(_)) {
                self.directories = Some(Directories::Shown);
            }
            page
        });
        Ok(())
    }
}

/// Whether something answered that it is not there, so that it is worth asking whether the whole directory is missing.
fn lacks_something(seen: &Evidence) -> bool {
    matches!(seen.repomd, Some(RepomdSeen::Absent(404 | 410))) || seen.files.iter().any(|(_, f)| f.is_gone())
}
