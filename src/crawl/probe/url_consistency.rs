//! The other URLs of a mirror: clients are sent to all of them, but only one is probed.
//!
//! The inventory is kept per host category, not per URL, and the results at the probed URL stand. If another URL serves other content,
//! that is a finding: one `repomd.xml`, or one file, is requested from each.

use rand::seq::IteratorRandom as _;
use sha2::{Digest, Sha256};

use super::transport::RequestKind;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{Classification, Expected, ProbeResult, REPOMD};
use crate::model::plan::Finding;
use crate::sys::http::HttpResponse;

impl CategoryProber<'_> {
    /// Requests one file that is correct at the URL in use from every other URL.
    pub(super) fn compare_urls(&mut self) -> Result<(), Interruption> {
        if self.transport.urls.len() < 2 {
            return Ok(());
        }
        let Some((at, directory)) = self.select_sample().and_then(|at| Some((at, self.tree.directory(at)?))) else {
            return Ok(());
        };
        let versions = Expected::new(directory, self.context.now, self.tree.plan.retention).repomd;
        let sized_file = directory.files.iter().find_map(|f| Some((f.name, f.size?)));
        let (kind, name, expected) = match (&versions, sized_file) {
            (Some(versions), _) => (RequestKind::Get, REPOMD, versions.newest_hash().to_owned()),
            (None, Some((name, size))) => (RequestKind::Head, name, format!("{size} bytes")),
            (None, None) => return Ok(()),
        };
        for index in 0..self.transport.urls.len() {
            if index == self.transport.current {
                continue;
            }
            // The error of a URL that fails is a finding already.
            let Ok(response) = self.transport.send_to(index, kind, self.tree.url_path(at), name)? else {
                continue;
            };
            if let Some(received) = describe_content(kind, &response).filter(|received| *received != expected) {
                self.probe.category_findings.push(Finding {
                    directory: Some(directory.id),
                    ..Finding::new(&self.transport.address, "urls-inconsistent", &expected, received)
                });
            }
        }
        Ok(())
    }

    /// Selects a random directory that is current at the URL in use, with metadata if there is one.
    fn select_sample(&self) -> Option<usize> {
        let current = DirectoryResult::Classified(Classification::Current);
        let select = |is_wanted: fn(&Expected<'_>) -> bool| {
            let is_candidate = |at: &usize| {
                let directory = self.tree.directory(*at);
                self.probe.results.get(*at) == Some(&current)
                    && directory
                        .is_some_and(|d| is_wanted(&Expected::new(d, self.context.now, self.tree.plan.retention)))
            };
            let candidates = (0..self.probe.results.len()).filter(is_candidate);
            candidates.choose(&mut rand::rng())
        };
        select(|e| e.repomd.is_some()).or_else(|| select(|e| e.files.iter().any(|f| f.size.is_some())))
    }
}

/// Describes the served content: the SHA-256 of a body, or the length from HEAD. Returns `None` if the response is inconclusive.
fn describe_content(kind: RequestKind, response: &HttpResponse) -> Option<String> {
    Some(match (ProbeResult::from(response), kind) {
        (ProbeResult::Absent(status), _) => format!("status {status}"),
        (ProbeResult::Present(length), RequestKind::Head) => format!("{} bytes", length?),
        (ProbeResult::Present(_), _) => hex::encode(Sha256::digest(&response.body)),
        (ProbeResult::Unclear(_), _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, content_length: Option<u64>, body: &str) -> HttpResponse {
        HttpResponse {
            status,
            content_length,
            location: None,
            moved_to: None,
            hops: 0,
            last_modified: None,
            validator: None,
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn only_conclusive_responses_differ() {
        let (new, old) = ["new", "old"].map(|text| hex::encode(Sha256::digest(text))).into();
        let size = "7 bytes".to_owned();
        for (kind, expected, response, difference) in [
            (RequestKind::Get, &new, response(200, None, "new"), None),
            (RequestKind::Get, &new, response(200, None, "old"), Some(old.as_str())),
            (RequestKind::Get, &new, response(404, Some(9), ""), Some("status 404")),
            (RequestKind::Get, &new, response(503, None, ""), None),
            (RequestKind::Head, &size, response(200, Some(7), ""), None),
            (RequestKind::Head, &size, response(200, None, ""), None),
            (RequestKind::Head, &size, response(200, Some(8), ""), Some("8 bytes")),
            (RequestKind::Head, &size, response(403, None, ""), Some("status 403")),
            (RequestKind::Head, &size, response(429, None, ""), None),
        ] {
            let received = describe_content(kind, &response).filter(|received| received != expected);
            assert_eq!(received.as_deref(), difference, "{response:?}");
        }
    }
}
