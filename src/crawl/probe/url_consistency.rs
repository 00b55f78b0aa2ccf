//! The other URLs of a mirror: clients are sent to all of them, but only one is probed.
//!
//! The inventory is kept per host category, not per URL, and the results at the probed URL stand. If another URL serves other content,
//! that is a finding: one `repomd.xml`, or one file, is requested from each.

use sha2::{Digest, Sha256};

use super::transport::RequestKind;
use super::{CategoryProber, DirectoryResult, Interruption};
use crate::crawl::classify::{Classification, Expected, ProbeResult, REPOMD};
use crate::model::plan::Finding;
use crate::sys::http::HttpResponse;

/// The file that is requested from the other URLs.
enum Sample<'a> {
    /// A `repomd.xml` with this SHA-256.
    Repomd(&'a str),
    /// A file with this size.
    File(u64),
}

impl CategoryProber<'_> {
    /// Requests one file that is correct at the URL in use from every other URL.
    pub(super) fn compare_urls(&mut self) -> Result<(), Interruption> {
        if self.transport.urls.len() < 2 {
            return Ok(());
        }
        let Some((at, directory)) = self.select_sample().and_then(|at| Some((at, self.tree.directory(at)?))) else {
            return Ok(());
        };
        let expected = Expected::of(directory, self.context.now, self.tree.plan.retention);
        let file = directory.files.iter().find(|f| f.size.is_some());
        let (sample, kind, name) = match (&expected.repomd, file) {
            (Some(versions), _) => (Sample::Repomd(versions.newest_hash()), RequestKind::Get, REPOMD),
            (None, Some(file)) => (
                Sample::File(file.size.unwrap_or_default()),
                RequestKind::Head,
                file.name,
            ),
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
            if let Some((expected, seen)) = find_difference(&sample, &response) {
                self.category_findings.push(Finding {
                    directory: Some(directory.id),
                    url: self.transport.address.clone(),
                    reason: "urls-inconsistent".to_owned(),
                    expected,
                    seen,
                });
            }
        }
        Ok(())
    }

    /// Selects a random directory that is current at the URL in use, with metadata if there is one.
    fn select_sample(&self) -> Option<usize> {
        let current = DirectoryResult::Classified(Classification::Current);
        let select = |is_wanted: fn(&Expected<'_>) -> bool| -> Vec<usize> {
            (0..self.results.len())
                .filter(|at| self.results.get(*at) == Some(&current))
                .filter(|at| {
                    let directory = self.tree.directory(*at);
                    directory.is_some_and(|d| is_wanted(&Expected::of(d, self.context.now, self.tree.plan.retention)))
                })
                .collect()
        };
        let mut candidates = select(|e| e.repomd.is_some());
        if candidates.is_empty() {
            candidates = select(|e| e.files.iter().any(|f| f.size.is_some()));
        }
        if candidates.is_empty() {
            return None;
        }
        candidates.get(rand::random_range(0..candidates.len())).copied()
    }
}

/// Returns the expected and the actual content if they differ and the response is conclusive.
fn find_difference(sample: &Sample<'_>, response: &HttpResponse) -> Option<(String, String)> {
    let expected = match sample {
        Sample::Repomd(hash) => (*hash).to_owned(),
        Sample::File(size) => format!("{size} bytes"),
    };
    let seen = match (ProbeResult::from(response), sample) {
        (ProbeResult::Absent(status), _) => format!("status {status}"),
        (ProbeResult::Present(_), Sample::Repomd(_)) => hex::encode(Sha256::digest(&response.body)),
        (ProbeResult::Present(length), Sample::File(_)) => format!("{} bytes", length?),
        (ProbeResult::Unclear(_), _) => return None,
    };
    (expected != seen).then_some((expected, seen))
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
        let hash = hex::encode(Sha256::digest("new"));
        let (repomd, file) = (Sample::Repomd(&hash), Sample::File(7));
        let old = hex::encode(Sha256::digest("old"));
        for (sample, response, want) in [
            (&repomd, response(200, None, "new"), None),
            (&repomd, response(200, None, "old"), Some(old.as_str())),
            (&repomd, response(404, Some(9), ""), Some("status 404")),
            (&repomd, response(503, None, ""), None),
            (&file, response(200, Some(7), ""), None),
            (&file, response(200, None, ""), None),
            (&file, response(200, Some(8), ""), Some("8 bytes")),
            (&file, response(403, None, ""), Some("status 403")),
            (&file, response(429, None, ""), None),
        ] {
            let seen = find_difference(sample, &response).map(|(_, seen)| seen);
            assert_eq!(seen.as_deref(), want, "{response:?}");
        }
    }
}
