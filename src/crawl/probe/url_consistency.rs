//! The other URLs of a mirror: clients are given all of them, and one is looked at.
//!
//! Facts are kept for a mirror, not for each of its URLs, and what the look found at its URL stands. But where another one serves
//! something else, whoever keeps the mirror is told: one `repomd.xml`, or one file, is asked for there.

use super::request::{RequestKind, seen_of};
use super::{DirectoryResult, Interruption, ProbeSession};
use crate::crawl::classify::{Classification, Expected, ProbeResult, REPOMD};
use crate::crawl::tree::Tree;
use crate::model::plan::{Finding, PlannedFile};
use crate::sys::http::HttpResponse;
use sha2::{Digest, Sha256};

/// What is asked for at another URL.
enum Sample<'a> {
    /// A `repomd.xml` with this SHA-256.
    Repomd(&'a str),
    File(PlannedFile<'a>, u64),
}

impl ProbeSession<'_> {
    /// Asks the URLs that were not in use for one thing that the one in use has.
    pub(super) fn others(&mut self, tree: &Tree) -> Result<(), Interruption> {
        let others: Vec<usize> = (0..self.urls.len()).filter(|at| *at != self.at).collect();
        if others.is_empty() {
            return Ok(());
        }
        let Some(at) = self.sample(tree) else { return Ok(()) };
        let Some(directory) = tree.directory(at) else {
            return Ok(());
        };
        let expected = Expected::of(directory, self.means.now, tree.plan.retention);
        let versions = expected.repomd.as_ref().map(|v| v.newest_hash().to_owned());
        let sample = match (&versions, directory.files.iter().find(|f| f.size.is_some())) {
            (Some(hash), _) => Sample::Repomd(hash),
            (None, Some(file)) => Sample::File(file, file.size.unwrap_or_default()),
            (None, None) => return Ok(()),
        };
        let path = tree.url_path(at);
        for other in others {
            let (how, name) = match sample {
                Sample::Repomd(_) => (RequestKind::Get, REPOMD),
                Sample::File(file, _) => (RequestKind::Head, file.name),
            };
            // A URL that fails is a finding already.
            let Ok(answer) = self.request_on(other, how, path, name)? else {
                continue;
            };
            if let Some((expected, seen)) = difference(&sample, &answer) {
                self.out.category_findings.push(Finding {
                    directory: Some(directory.id),
                    url: self.url.clone(),
                    reason: "urls-inconsistent".to_owned(),
                    expected,
                    seen,
                });
            }
        }
        Ok(())
    }

    /// A directory that is current at the URL in use: one with metadata before all others, another one each time.
    fn sample(&self, tree: &Tree) -> Option<usize> {
        let current =
            |at: &usize| self.out.results.get(*at) == Some(&DirectoryResult::Classified(Classification::Current));
        let has = |at: usize, what: fn(&Expected<'_>) -> bool| {
            let directory = tree.directory(at)?;
            what(&Expected::of(directory, self.means.now, tree.plan.retention)).then_some(at)
        };
        let all = |what: fn(&Expected<'_>) -> bool| -> Vec<usize> {
            (0..self.out.results.len())
                .filter(current)
                .filter_map(|at| has(at, what))
                .collect()
        };
        let mut places = all(|e| e.repomd.is_some());
        if places.is_empty() {
            places = all(|e| e.files.iter().any(|f| f.size.is_some()));
        }
        if places.is_empty() {
            return None;
        }
        places.get(rand::random_range(0..places.len())).copied()
    }
}

/// What should be there and what is, where these differ and that is clear.
fn difference(sample: &Sample<'_>, answer: &HttpResponse) -> Option<(String, String)> {
    let expected = match sample {
        Sample::Repomd(hash) => (*hash).to_owned(),
        Sample::File(_, size) => format!("{size} bytes"),
    };
    let seen = match (seen_of(answer), sample) {
        (ProbeResult::Absent(status), _) => format!("status {status}"),
        (ProbeResult::Present(_), Sample::Repomd(_)) => hex::encode(Sha256::digest(&answer.body)),
        (ProbeResult::Present(length), Sample::File(..)) => format!("{} bytes", length?),
        (ProbeResult::Unclear(_), _) => return None,
    };
    (expected != seen).then_some((expected, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_length: Option<u64>, body: &str) -> HttpResponse {
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
    fn only_what_is_clear_is_a_difference() {
        let hash = hex::encode(Sha256::digest("new"));
        let file = PlannedFile {
            name: "f",
            size: Some(7),
        };
        let (repomd, file) = (Sample::Repomd(&hash), Sample::File(file, 7));
        let old = hex::encode(Sha256::digest("old"));
        for (sample, answer, want) in [
            (&repomd, answer(200, None, "new"), None),
            (&repomd, answer(200, None, "old"), Some(old.as_str())),
            (&repomd, answer(404, Some(9), ""), Some("status 404")),
            (&repomd, answer(503, None, ""), None),
            (&file, answer(200, Some(7), ""), None),
            (&file, answer(200, None, ""), None),
            (&file, answer(200, Some(8), ""), Some("8 bytes")),
            (&file, answer(403, None, ""), Some("status 403")),
            (&file, answer(429, None, ""), None),
        ] {
            let seen = difference(sample, &answer).map(|(_, seen)| seen);
            assert_eq!(seen.as_deref(), want, "{answer:?}");
        }
    }
}
