//! Directory indexes: all names in a directory with one request.
//!
//! A file that an index shows with its exact and correct size is present. A file that it does not show, or shows differently, is probed
//! itself: servers hide names and round sizes, and indexes are cached. An index alone therefore never counts against a mirror; and what
//! indexes show is compared with the served files now and then ([`super::spot_check`]).

use super::Target;
use super::server_traits::DirectoryBehavior;
use super::spot_check::ListingSource;
use super::transport::RequestKind;
use super::{CategoryProber, Interruption};
use crate::crawl::classify::{Evidence, ProbeError, ProbeResult, REPOMD};
use crate::formats::directory_index::{self, DirectoryIndex, Size};

const MAX_NAMES: usize = 100_000;
/// The number of files or directories from which an index saves requests.
pub(super) const MIN_ENTRIES: usize = 2;

impl CategoryProber<'_> {
    /// Records the listed files that the index of the directory shows, if that saves requests.
    pub(super) fn read_files_from_index(
        &mut self,
        target: &Target<'_>,
        evidence: &mut Evidence,
    ) -> Result<(), Interruption> {
        let expected = &target.expected;
        let is_probed = |name: &str| expected.repomd.is_none() || name != REPOMD;
        let files = expected.files.iter().enumerate().filter(|(_, f)| is_probed(f.name));
        if self.is_soft_404() || !self.traits.uses_indexes() || files.clone().count() < MIN_ENTRIES {
            return Ok(());
        }
        let Some(index) = self.read_index(target.path, evidence)? else {
            return Ok(());
        };
        for (position, file) in files {
            let Some(shown) = index.get(file.name).filter(|entry| !entry.is_directory) else {
                continue;
            };
            if let Size::Exact(size) = shown.size
                && file.size.is_none_or(|wanted| wanted == size)
            {
                evidence.files.push((position, ProbeResult::Present(Some(size))));
            }
        }
        if evidence.files.is_empty() {
            self.traits.record_useless_index();
        } else {
            self.mark_verified();
            self.traits.record_useful_index();
            if !self.verify_listing(ListingSource::Index, target, &evidence.files)? {
                evidence.files.clear();
            }
        }
        Ok(())
    }

    /// Reads the index of a directory, if it has one. The status of the page is recorded in `evidence`.
    pub(super) fn read_index(
        &mut self,
        path: &str,
        evidence: &mut Evidence,
    ) -> Result<Option<DirectoryIndex>, Interruption> {
        let response = match self.send_to_any_url(RequestKind::Get, path, "")? {
            Ok(response) => response,
            Err(e) => {
                // A page that is too long, or redirected, is a response.
                if !e.is_answer() {
                    self.transport.record_conclusiveness(Some(&ProbeError::from(&e)))?;
                }
                self.traits.record_useless_index();
                return Ok(None);
            }
        };
        let page = ProbeResult::from(&response);
        self.transport.record_conclusiveness(page.error())?;
        if !matches!(page, ProbeResult::Present(_)) {
            // The missing page of a missing directory says nothing about other directories.
            if !page.is_gone() {
                self.traits.record_useless_index();
            }
            evidence.index = Some(page);
            return Ok(None);
        }
        evidence.index = Some(ProbeResult::Present(None));
        let address = response.moved_to.as_deref().unwrap_or(&self.transport.address);
        // A redirect to another directory shows the content of that one.
        let is_same_directory = path.is_empty() || address.strip_suffix('/').is_some_and(|url| url.ends_with(path));
        let index = is_same_directory
            .then(|| directory_index::parse(&response.body, address, MAX_NAMES))
            .flatten();
        if index.is_some() {
            self.traits.directories = Some(DirectoryBehavior::Success);
        } else {
            self.traits.record_useless_index();
        }
        Ok(index)
    }
}
