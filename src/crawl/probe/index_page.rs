//! Pages of directories: all names of a directory with one request.
//!
//! What a page shows with an exact and right size is there. What it does not show, or shows otherwise, is asked for by itself:
//! servers hide names and round sizes, and pages are cached. So nothing is ever held against a mirror for its page alone; and what
//! pages show is held against what is served, now and then ([`super::spot_check`]).

use super::base::DirectoryBehaviour;
use super::request::{RequestKind, seen_of, trouble_of};
use super::spot_check::ListingSource;
use super::{Interruption, ProbeSession};
use crate::crawl::classify::{Evidence, Expected, ProbeResult, REPOMD};
use crate::formats::directory_index::{self, DirectoryIndex, Size};
use crate::sys::http::FetchError;

/// Pages in a row that were of no use, after which no more are fetched.
const MAX_USELESS: u32 = 3;
/// Names of a page that are read.
const MAX_NAMES: usize = 100_000;
/// A page saves requests from so many files on.
pub(super) const MIN_DIRECTORIES: usize = 2;

/// What the pages of a mirror are good for.
#[derive(Debug, Default)]
pub(super) struct IndexPages {
    /// In a row.
    useless: u32,
    useful: u64,
    heads: u64,
}

impl IndexPages {
    /// None is fetched.
    pub(super) const fn unwanted() -> Self {
        Self {
            useless: MAX_USELESS,
            useful: 0,
            heads: 0,
        }
    }

    /// How most was found out.
    pub(super) const fn by(&self) -> &'static str {
        if self.useful > self.heads / 4 { "index" } else { "head" }
    }

    /// What they tell is not what is served: no more are fetched.
    pub(super) const fn disable(&mut self) {
        *self = Self::unwanted();
    }

    /// No more are fetched.
    pub(super) const fn are_useless(&self) -> bool {
        self.useless >= MAX_USELESS
    }

    pub(super) const fn note_useful(&mut self) {
        (self.useless, self.useful) = (0, self.useful + 1);
    }

    pub(super) const fn note_head(&mut self) {
        self.heads += 1;
    }
}

impl ProbeSession<'_> {
    /// Takes from the page of a directory what it tells of the listed files, where that saves requests.
    pub(super) fn files_by_page(
        &mut self,
        at: usize,
        path: &str,
        expected: &Expected<'_>,
        seen: &mut Evidence,
    ) -> Result<(), Interruption> {
        let is_asked = |name: &str| expected.repomd.is_none() || name != REPOMD;
        let files = expected.files.iter().enumerate().filter(|(_, f)| is_asked(f.name));
        if self.is_soft_404() || self.pages.are_useless() || files.clone().count() < MIN_DIRECTORIES {
            return Ok(());
        }
        let Some(index) = self.index(path, seen)? else {
            return Ok(());
        };
        for (position, file) in files {
            let Some(listed) = index.get(file.name).filter(|l| !l.directory) else {
                continue;
            };
            if let Size::Exact(size) = listed.size
                && file.size.is_none_or(|wanted| wanted == size)
            {
                seen.files.push((position, ProbeResult::Present(Some(size))));
            }
        }
        if seen.files.is_empty() {
            self.pages.useless += 1;
        } else {
            self.mark_verified();
            self.pages.note_useful();
            if !self.verify_listing(ListingSource::Page, at, path, expected, &seen.files)? {
                seen.files.clear();
            }
        }
        Ok(())
    }

    /// The page as a list of names; `None` = there is none. What its status says of the directory is noted in `seen`.
    pub(super) fn index(&mut self, path: &str, seen: &mut Evidence) -> Result<Option<DirectoryIndex>, Interruption> {
        let answer = match self.request_any_url(RequestKind::Get, path, "")? {
            Ok(answer) => answer,
            // A page without end is one that is there.
            Err(FetchError::TooLarge(_)) => {
                self.pages.useless += 1;
                return Ok(None);
            }
            Err(e) => {
                let trouble = trouble_of(&e);
                if !e.is_answer() {
                    self.note_clarity(Some(&trouble))?;
                }
                self.pages.useless += 1;
                return Ok(None);
            }
        };
        let page = seen_of(&answer);
        let is_there = matches!(page, ProbeResult::Present(_));
        if let ProbeResult::Unclear(trouble) = &page {
            self.note_clarity(Some(trouble))?;
        } else {
            self.note_clarity(None)?;
        }
        seen.index = Some(match page {
            ProbeResult::Present(_) => ProbeResult::Present(None),
            ProbeResult::Absent(_) | ProbeResult::Unclear(_) => page,
        });
        if !is_there {
            // A directory that is not there has no page: that says nothing of the others.
            self.pages.useless += u32::from(!seen.index.as_ref().is_some_and(ProbeResult::is_gone));
            return Ok(None);
        }
        let address = answer.moved_to.as_deref().unwrap_or(&self.url);
        // Led to the page of another directory, it shows what is there.
        let is_its_own = path.is_empty() || address.strip_suffix('/').is_some_and(|address| address.ends_with(path));
        let index = is_its_own
            .then(|| directory_index::read(&answer.body, address, MAX_NAMES))
            .flatten();
        if index.is_some() {
            self.directories = Some(DirectoryBehaviour::Shown);
        } else {
            self.pages.useless += 1;
        }
        Ok(index)
    }
}
