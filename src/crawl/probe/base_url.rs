//! The first requests of a probe: is the category present, at which URL, and does the server have directory pages?
//!
//! A category is missing only if every URL returns 404 or 410 twice, for its base and for every sample file. Any other response
//! (server error, timeout, redirect, 403) does not prove that.

use super::server_traits::DirectoryBehavior;
use super::transport::RequestKind;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{ChildProbes, Classification, Evidence, ProbeError, ProbeResult};
use crate::crawl::tree::Tree;
use crate::sys::http::FetchError;

/// The number of directories that are sampled for a category, or for everything below a directory.
const SAMPLES: usize = 3;

/// The result of one round over all URLs.
enum BaseProbe {
    Responds(ProbeResult),
    /// A URL has no page there, which alone proves little.
    NoPage {
        seen: ProbeResult,
        /// Every URL returned 404 or 410.
        everywhere: bool,
    },
    Unresponsive(ProbeError),
}

impl CategoryProber<'_> {
    /// Returns the response for the base; `None` if the category is missing.
    pub(super) fn find_base_url(&mut self, use_rsync: bool) -> Result<Option<ProbeResult>, Interruption> {
        if use_rsync && self.transport.urls.is_empty() {
            return self.list_rsync_only_mirror();
        }
        let mut last_error = None;
        let mut was_missing = false;
        for is_retry in [false, true] {
            if is_retry {
                self.transport.pause()?;
            }
            let (seen, everywhere) = match self.probe_base()? {
                BaseProbe::Responds(seen) => return Ok(Some(seen)),
                BaseProbe::NoPage { seen, everywhere } => (seen, everywhere),
                BaseProbe::Unresponsive(error) => {
                    last_error = Some(error);
                    continue;
                }
            };
            match self.probe_samples()? {
                ProbeResult::Present(_) => {
                    self.has_listed_file = true;
                    return Ok(Some(seen));
                }
                ProbeResult::Absent(_) if everywhere && was_missing => return Ok(None),
                ProbeResult::Absent(_) => was_missing = everywhere,
                ProbeResult::Unclear(error) => last_error = Some(error),
            }
            if let ProbeResult::Unclear(error) = seen {
                last_error = Some(error);
            }
        }
        let mixed = || ProbeError::new("status", "the base was missing once and inconclusive once");
        Err(Interruption::Silent(last_error.unwrap_or_else(mixed)))
    }

    fn probe_base(&mut self) -> Result<BaseProbe, Interruption> {
        let mut last_error = ProbeError::no_usable_url();
        let mut no_page = None;
        let mut unclear = None;
        let mut missing = 0;
        for index in 0..self.transport.urls.len() {
            match self.transport.send_to(index, RequestKind::Head, "", "")? {
                Err(e @ FetchError::Redirect(_)) => no_page = Some(ProbeResult::Unclear(ProbeError::from(&e))),
                Err(e) => last_error = ProbeError::from(&e),
                Ok(response) => match ProbeResult::from(&response) {
                    seen @ ProbeResult::Absent(404 | 410) => {
                        missing += 1;
                        no_page.get_or_insert(seen);
                    }
                    // The server fails temporarily; another URL may work.
                    ProbeResult::Unclear(error) => {
                        self.transport.record_url_error(self.transport.url(index), &error);
                        unclear.get_or_insert((index, error));
                    }
                    seen @ (ProbeResult::Present(_) | ProbeResult::Absent(_)) => {
                        self.transport.current = index;
                        return Ok(BaseProbe::Responds(seen));
                    }
                },
            }
        }
        if let Some((index, error)) = unclear {
            self.transport.current = index;
            return Ok(BaseProbe::Responds(ProbeResult::Unclear(error)));
        }
        Ok(
            no_page.map_or(BaseProbe::Unresponsive(last_error), |seen| BaseProbe::NoPage {
                seen,
                everywhere: missing == self.transport.urls.len(),
            }),
        )
    }

    /// Probes some listed files at each URL: a server without directory pages has them anyway. The result is present if one is, and
    /// absent if none is at any URL.
    fn probe_samples(&mut self) -> Result<ProbeResult, Interruption> {
        let samples = self.tree.samples(SAMPLES);
        let mut unclear = samples.is_empty().then(|| {
            let message = "the base is missing, and the category has no file to probe instead";
            ProbeError::new("status", message)
        });
        for index in 0..self.transport.urls.len() {
            for at in &samples {
                let (dir, file) = (self.tree.url_path(*at), first_file(self.tree, *at));
                let error = match self.transport.send_to(index, RequestKind::Head, dir, file)? {
                    Err(e) => ProbeError::from(&e),
                    Ok(response) => match ProbeResult::from(&response) {
                        present @ ProbeResult::Present(_) => {
                            self.transport.current = index;
                            return Ok(present);
                        }
                        ProbeResult::Absent(404 | 410) => continue,
                        ProbeResult::Absent(status) => ProbeError::from_status(status),
                        ProbeResult::Unclear(error) => error,
                    },
                };
                unclear.get_or_insert(error);
            }
        }
        Ok(unclear.map_or(ProbeResult::Absent(404), ProbeResult::Unclear))
    }

    /// If nothing was established, and the base gave an error or a refusal: checks whether some of its files are present.
    pub(super) fn check_reachable(&mut self) -> Result<(), Interruption> {
        let is_open = |result: &DirectoryResult| {
            *result == DirectoryResult::Unchanged
                || matches!(result, DirectoryResult::Classified(Classification::NeedsContext(_)))
        };
        if !self.is_reached && !self.is_soft_404() && self.probe.results.iter().all(is_open) {
            self.is_reached = matches!(self.probe_samples()?, ProbeResult::Present(_));
        }
        Ok(())
    }

    /// Determines the response for directories that exist, so that a missing page can be interpreted.
    pub(super) fn directory_behavior(&mut self) -> Result<DirectoryBehavior, Interruption> {
        if let Some(known) = self.traits.directories {
            return Ok(known);
        }
        // The index of the top, if it is one; a page for visitors says nothing about other directories.
        if !self.is_soft_404() && self.read_index("", &mut Evidence::default())?.is_some() {
            return Ok(DirectoryBehavior::Success);
        }
        let mut behavior = DirectoryBehavior::LooksMissing;
        for at in self.tree.samples(SAMPLES) {
            let path = self.tree.url_path(at);
            if path.is_empty() {
                continue;
            }
            match self.head(path, "", None)? {
                ProbeResult::Present(_) => {
                    behavior = DirectoryBehavior::Success;
                    break;
                }
                ProbeResult::Absent(403) => behavior = DirectoryBehavior::Forbidden,
                ProbeResult::Absent(_) | ProbeResult::Unclear(_) => {}
            }
        }
        self.traits.directories = Some(behavior);
        Ok(behavior)
    }

    /// Probes listed files below a directory that has no page. On a server without directory pages, each directory below is probed
    /// itself, because a mirror may have some of them only. A directory that was missing stays missing until something below it is
    /// present; then everything below it is probed. The top is never probed in this way: it has responded already.
    pub(super) fn probe_descendants(&mut self, at: usize) -> Result<ChildProbes, Interruption> {
        if self.tree.is_top(at) {
            return Ok(ChildProbes::NotProbed);
        }
        if !self.tree.has_below(at) {
            return Ok(ChildProbes::NoChildren);
        }
        let directory = self.tree.directory(at);
        let was_missing = directory.is_some_and(|d| self.previous.missing.contains(d.id.0));
        if !was_missing && self.directory_behavior()? == DirectoryBehavior::LooksMissing {
            return Ok(ChildProbes::NotProbed);
        }
        let mut probes = Vec::new();
        for below in self.tree.sample_descendants(at, SAMPLES) {
            let seen = self.head(self.tree.url_path(below), first_file(self.tree, below), None)?;
            let is_gone = seen.is_gone();
            probes.push(seen);
            if !is_gone {
                if was_missing {
                    self.add_descendants(at);
                }
                break;
            }
        }
        Ok(ChildProbes::Probed(probes))
    }
}

fn first_file(tree: &Tree, at: usize) -> &str {
    let directory = tree.directory(at);
    directory.and_then(|d| d.files.first()).map_or("", |f| f.name)
}
