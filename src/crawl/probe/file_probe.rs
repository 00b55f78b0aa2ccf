//! Probes of single files and directory pages, and the test for soft 404.

use sha2::{Digest, Sha256};

use super::transport::{RequestKind, Sent, has_no_path};
use super::{CategoryProber, Interruption};
use crate::crawl::classify::{ProbeError, ProbeResult, REPOMD, RepomdProbe, STATUS_IS_DIRECTORY};
use crate::formats::repomd;
use crate::model::plan::PlannedFile;
use crate::sys::http::{FetchError, HttpResponse};

const SOFT_404_PROBE_PATH: &str = "mirrormanager-asks-for-what-is-not-there";

impl CategoryProber<'_> {
    /// Requests a file that no mirror has. A server that returns 200 for it (a portal, a page that redirects visitors) proves nothing
    /// by a 200 for the base, which becomes inconclusive.
    pub(super) fn detect_soft_404(&mut self, base: ProbeResult) -> Result<ProbeResult, Interruption> {
        if self.transport.urls.is_empty() {
            return Ok(base);
        }
        self.test_soft_404()?;
        // The root of a server exists everywhere, and verifies nothing.
        let has_path = !has_no_path(self.transport.url(self.transport.current));
        if matches!(base, ProbeResult::Present(_)) && has_path && self.traits.has_real_404 {
            self.mark_verified();
        }
        Ok(self.discount_soft_404(base, None))
    }

    /// Tests the URL in use for soft 404, once, before any of its responses is believed.
    fn test_soft_404(&mut self) -> Result<(), Interruption> {
        let url = self.transport.current;
        if self.traits.needs_soft_404_test(url) {
            let sent = self
                .transport
                .send_to(url, RequestKind::Head, "", SOFT_404_PROBE_PATH)?;
            let seen = sent.ok().map(|response| ProbeResult::from(&response));
            self.traits.record_soft_404_test(url, seen.as_ref());
        }
        Ok(())
    }

    pub(super) fn is_soft_404(&self) -> bool {
        self.traits.is_soft_404(self.transport.current)
    }

    /// Makes a 200 of a server with soft 404 inconclusive, unless both its length and the expected one are known.
    fn discount_soft_404(&self, seen: ProbeResult, expected_size: Option<u64>) -> ProbeResult {
        match seen {
            ProbeResult::Present(length) if self.is_soft_404() && (length.is_none() || expected_size.is_none()) => {
                ProbeResult::Unclear(soft_404_error())
            }
            ProbeResult::Present(_) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => seen,
        }
    }

    /// Probes a file, or a directory page if `file` is empty, with HEAD.
    pub(super) fn head(
        &mut self,
        dir: &str,
        file: &str,
        expected_size: Option<u64>,
    ) -> Result<ProbeResult, Interruption> {
        let seen = match self.send_to_any_url(RequestKind::Head, dir, file)? {
            Ok(response) if !file.is_empty() && !self.is_soft_404() && is_directory(&response) => {
                ProbeResult::Absent(STATUS_IS_DIRECTORY)
            }
            Ok(response) => self.discount_soft_404(ProbeResult::from(&response), expected_size),
            // A server that redirects its directory pages to a site for visitors may still have the files.
            Err(e) if e.is_answer() && file.is_empty() => return Ok(ProbeResult::Unclear(ProbeError::from(&e))),
            Err(e) => ProbeResult::Unclear(ProbeError::from(&e)),
        };
        self.transport.record_conclusiveness(seen.error())?;
        Ok(seen)
    }

    /// Probes a listed file. A length that HEAD does not return is requested with a GET of the first byte.
    pub(super) fn probe_file(&mut self, dir: &str, file: PlannedFile<'_>) -> Result<ProbeResult, Interruption> {
        let seen = self.head(dir, file.name, file.size)?;
        let needs_length = seen == ProbeResult::Present(None) && file.size.is_some_and(|size| size > 0);
        if !needs_length || !self.traits.reports_lengths() {
            return Ok(seen);
        }
        let length = match self.send_to_any_url(RequestKind::FirstByte, dir, file.name)? {
            Ok(response) if matches!(response.status, 200 | 206 | 416) => response.content_length,
            Ok(_) | Err(_) => None,
        };
        self.traits.record_length(length.is_some());
        Ok(ProbeResult::Present(length))
    }

    pub(super) fn fetch_repomd(&mut self, dir: &str) -> Result<RepomdProbe, Interruption> {
        let seen = match self.send_to_any_url(RequestKind::Get, dir, REPOMD)? {
            // A page that is returned for any name is neither a repomd.xml nor tampering.
            Ok(response)
                if response.status == 200 && self.is_soft_404() && !repomd::looks_like_repomd(&response.body) =>
            {
                RepomdProbe::Unclear(soft_404_error())
            }
            Ok(response) if !self.is_soft_404() && is_directory(&response) => RepomdProbe::Absent(STATUS_IS_DIRECTORY),
            // Without a length, only the end of the document shows that it is complete.
            Ok(response)
                if response.status == 200
                    && response.content_length.is_none()
                    && repomd::is_truncated(&response.body) =>
            {
                RepomdProbe::Unclear(ProbeError::new("truncated", "incomplete repomd.xml"))
            }
            Ok(response) if response.status == 200 => RepomdProbe::Hash(hex::encode(Sha256::digest(&response.body))),
            Ok(response) => match ProbeResult::from(&response) {
                ProbeResult::Absent(status) => RepomdProbe::Absent(status),
                ProbeResult::Unclear(error) => RepomdProbe::Unclear(error),
                ProbeResult::Present(_) => RepomdProbe::Unclear(ProbeError::from_status(response.status)),
            },
            Err(FetchError::TooLarge(cap)) => RepomdProbe::TooLong(cap),
            Err(e) => RepomdProbe::Unclear(ProbeError::from(&e)),
        };
        self.transport.record_conclusiveness(match &seen {
            RepomdProbe::Unclear(error) => Some(error),
            RepomdProbe::Hash(_) | RepomdProbe::Metadata { .. } | RepomdProbe::Absent(_) | RepomdProbe::TooLong(_) => {
                None
            }
        })?;
        Ok(seen)
    }

    /// Sends one request to the URL in use or, if that fails or is inconclusive, to each other URL.
    pub(super) fn send_to_any_url(&mut self, kind: RequestKind, dir: &str, file: &str) -> Sent {
        let mut last = FetchError::Protocol("no URL".to_owned());
        let (mut refused, mut unclear) = (None, None);
        for _ in 0..self.transport.urls.len() {
            self.test_soft_404()?;
            match self.transport.send_to(self.transport.current, kind, dir, file)? {
                Ok(response) if matches!(ProbeResult::from(&response), ProbeResult::Unclear(_)) => {
                    unclear.get_or_insert(response);
                }
                sent @ (Ok(_) | Err(FetchError::TooLarge(_))) => {
                    self.transport.failures = 0;
                    return Ok(sent);
                }
                // The server redirects visitors; another URL may have the file.
                Err(e) if e.is_answer() => refused = Some(e),
                Err(e) => last = e,
            }
            self.transport.current = (self.transport.current + 1) % self.transport.urls.len();
        }
        let has_response = refused.is_some() || unclear.is_some();
        self.transport.failures = if has_response { 0 } else { self.transport.failures + 1 };
        Ok(match unclear {
            Some(response) => Ok(response),
            None => Err(refused.unwrap_or(last)),
        })
    }
}

/// Returns true if a request for a file was redirected to a directory.
fn is_directory(response: &HttpResponse) -> bool {
    let to = response.moved_to.as_deref().unwrap_or_default();
    response.status == 200 && to.split(['?', '#']).next().is_some_and(|path| path.ends_with('/'))
}

fn soft_404_error() -> ProbeError {
    ProbeError::new("soft-404", "status 200, also for a name that no mirror has")
}

impl From<&HttpResponse> for ProbeResult {
    fn from(response: &HttpResponse) -> Self {
        match response.status {
            200 => Self::Present(response.content_length),
            status @ (403 | 404 | 410) => Self::Absent(status),
            status => Self::Unclear(ProbeError::from_status(status)),
        }
    }
}

impl ProbeResult {
    pub(super) const fn error(&self) -> Option<&ProbeError> {
        match self {
            Self::Unclear(error) => Some(error),
            Self::Present(_) | Self::Absent(_) => None,
        }
    }
}
