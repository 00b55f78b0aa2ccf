//! One request after the other, and what its answer says.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Interruption, MAX_CONSECUTIVE_FAILURES, MAX_CONSECUTIVE_INCONCLUSIVE, ProbeSession};
use crate::crawl::classify::{
    ProbeError, ProbeResult, RATE_LIMITED, REPOMD, RepomdProbe, STATUS_IS_DIRECTORY, sanitize_remote_text,
};
use crate::crawl::tree::push_url_path;
use crate::formats::repomd;
use crate::model::names::MirrorUrl;
use crate::model::plan::PlannedFile;
use crate::sys::http::{FetchError, HttpResponse};
use crate::sys::rate_limit;

/// Answers in a row that say that the server has too much to do, after which it is taken at its word.
const MAX_RETRIES_WHEN_BUSY: u32 = 3;
/// Files in a row of which a server does not tell the length in any way, after which it is not asked for lengths any more.
const MAX_UNKNOWN_LENGTHS: u32 = 3;
/// Then some more requests are made, each once, because it may be for that one file; after so many in all the host is left alone.
const MAX_BUSY_RESPONSES: u32 = MAX_RETRIES_WHEN_BUSY + 3;
/// The longest pause that is waited for.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// No mirror has a file of this name.
const SOFT_404_PROBE_PATH: &str = "mirrormanager-asks-for-what-is-not-there";

#[derive(Clone, Copy)]
pub(super) enum RequestKind {
    Head,
    Get,
    FirstByte,
}

impl ProbeSession<'_> {
    /// Asks for what is not there. A server that says 200 all the same (a portal, a page that tells visitors where else to look)
    /// says nothing by that; what it said of the base is taken back.
    pub(super) fn detect_soft_404(&mut self, base: ProbeResult) -> Result<ProbeResult, Interruption> {
        if self.urls.is_empty() {
            return Ok(base);
        }
        self.know()?;
        // It knows what it has. (The top of a server is there anywhere.)
        let url = self.urls.get(self.at).map_or("", MirrorUrl::as_str);
        if matches!(base, ProbeResult::Present(_)) && !is_top(url) && self.has_real_404 {
            self.mark_verified();
        }
        Ok(self.believed(base, None))
    }

    /// Whether the server in use says 200 for a name that no mirror has: found out once for each URL, before anything that it says
    /// is believed.
    fn know(&mut self) -> Result<(), Interruption> {
        if self.soft_404.get(self.at) != Some(&None) {
            return Ok(());
        }
        let answer = self.request_on(self.at, RequestKind::Head, "", SOFT_404_PROBE_PATH)?;
        let seen = answer.ok().map(|a| seen_of(&a));
        self.has_real_404 = seen.as_ref().is_some_and(ProbeResult::is_gone);
        if let Some(yes) = self.soft_404.get_mut(self.at) {
            *yes = Some(matches!(seen, Some(ProbeResult::Present(_))));
        }
        Ok(())
    }

    /// Whether the server in use says 200 for a name that no mirror has, so that its 200 alone means nothing.
    pub(super) fn is_soft_404(&self) -> bool {
        self.soft_404.get(self.at) == Some(&Some(true))
    }

    /// What is left of an answer of a server that says yes to everything: where a length is told and known, they can be compared.
    fn believed(&self, seen: ProbeResult, known: Option<u64>) -> ProbeResult {
        match seen {
            ProbeResult::Present(length) if self.is_soft_404() && (length.is_none() || known.is_none()) => {
                ProbeResult::Unclear(says_yes())
            }
            ProbeResult::Present(_) | ProbeResult::Absent(_) | ProbeResult::Unclear(_) => seen,
        }
    }

    /// The page of a directory: only whether it is there.
    pub(super) fn head_of_page(&mut self, dir: &str) -> Result<ProbeResult, Interruption> {
        self.head(dir, "", None)
    }

    /// A file, or a page where `file` is empty. `known` = the length that it should have.
    pub(super) fn head(&mut self, dir: &str, file: &str, known: Option<u64>) -> Result<ProbeResult, Interruption> {
        let seen = match self.request_any_url(RequestKind::Head, dir, file)? {
            Ok(answer) if !file.is_empty() && !self.is_soft_404() && is_directory(&answer) => {
                ProbeResult::Absent(STATUS_IS_DIRECTORY)
            }
            Ok(answer) => self.believed(seen_of(&answer), known),
            // Servers that lead from their pages to a site for visitors may have the files all the same.
            Err(e) if e.is_answer() && file.is_empty() => return Ok(ProbeResult::Unclear(trouble_of(&e))),
            Err(e) => ProbeResult::Unclear(trouble_of(&e)),
        };
        self.note_clarity(match &seen {
            ProbeResult::Unclear(trouble) => Some(trouble),
            ProbeResult::Present(_) | ProbeResult::Absent(_) => None,
        })?;
        Ok(seen)
    }

    /// A file that should have this size. A length that HEAD does not tell is asked for in another way.
    pub(super) fn file(&mut self, dir: &str, file: PlannedFile<'_>) -> Result<ProbeResult, Interruption> {
        let seen = self.head(dir, file.name, file.size)?;
        let is_open = seen == ProbeResult::Present(None) && file.size.is_some_and(|size| size > 0);
        if !is_open || self.unknown_lengths >= MAX_UNKNOWN_LENGTHS {
            return Ok(seen);
        }
        let length = match self.request_any_url(RequestKind::FirstByte, dir, file.name)? {
            Ok(answer) if matches!(answer.status, 200 | 206 | 416) => answer.content_length,
            Ok(_) | Err(_) => None,
        };
        self.unknown_lengths = if length.is_some() { 0 } else { self.unknown_lengths + 1 };
        Ok(ProbeResult::Present(length))
    }

    pub(super) fn repomd(&mut self, dir: &str) -> Result<RepomdProbe, Interruption> {
        let seen = match self.request_any_url(RequestKind::Get, dir, REPOMD)? {
            // A page that answers for everything is no repomd.xml, and no tampering either.
            Ok(answer) if answer.status == 200 && self.is_soft_404() && !repomd::looks_like_repomd(&answer.body) => {
                RepomdProbe::Unclear(says_yes())
            }
            Ok(answer) if !self.is_soft_404() && is_directory(&answer) => RepomdProbe::Absent(STATUS_IS_DIRECTORY),
            // Nobody said how long it is: whether all of it came is told by its end alone.
            Ok(answer) if answer.status == 200 && answer.content_length.is_none() && repomd::is_cut(&answer.body) => {
                RepomdProbe::Unclear(ProbeError::new("truncated", "it begins as a repomd.xml and breaks off"))
            }
            Ok(answer) if answer.status == 200 => RepomdProbe::Hash(hex::encode(Sha256::digest(&answer.body))),
            Ok(answer) => match seen_of(&answer) {
                ProbeResult::Absent(status) => RepomdProbe::Absent(status),
                ProbeResult::Unclear(trouble) => RepomdProbe::Unclear(trouble),
                ProbeResult::Present(_) => RepomdProbe::Unclear(status_trouble(answer.status)),
            },
            Err(FetchError::TooLarge(cap)) => RepomdProbe::TooLong(cap),
            Err(e) => RepomdProbe::Unclear(trouble_of(&e)),
        };
        self.note_clarity(match &seen {
            RepomdProbe::Unclear(trouble) => Some(trouble),
            RepomdProbe::Hash(_) | RepomdProbe::Metadata { .. } | RepomdProbe::Absent(_) | RepomdProbe::TooLong(_) => {
                None
            }
        })?;
        Ok(seen)
    }

    /// Gives the category up when nothing comes that could be relied on.
    pub(super) fn note_clarity(&mut self, trouble: Option<&ProbeError>) -> Result<(), Interruption> {
        let Some(trouble) = trouble else {
            self.unclear = 0;
            return Ok(());
        };
        self.unclear += 1;
        if self.silent >= MAX_CONSECUTIVE_FAILURES || self.unclear >= MAX_CONSECUTIVE_INCONCLUSIVE {
            return Err(Interruption::Silent(trouble.clone()));
        }
        Ok(())
    }

    /// One request, at the URL in use; where that fails or gives no clear answer, at the others in turn.
    pub(super) fn request_any_url(
        &mut self,
        how: RequestKind,
        dir: &str,
        file: &str,
    ) -> Result<Result<HttpResponse, FetchError>, Interruption> {
        let mut last = FetchError::Protocol("no URL".to_owned());
        let (mut refused, mut unclear) = (None, None);
        for _ in 0..self.urls.len() {
            self.know()?;
            match self.request_on(self.at, how, dir, file)? {
                // It is there, and cannot do it just now; another URL may.
                Ok(answer) if matches!(seen_of(&answer), ProbeResult::Unclear(_)) => {
                    unclear.get_or_insert(answer);
                }
                answer @ (Ok(_) | Err(FetchError::TooLarge(_))) => {
                    self.silent = 0;
                    return Ok(answer);
                }
                // The server is there and sends visitors elsewhere; another URL may have what was asked for.
                Err(e) if e.is_answer() => refused = Some(e),
                Err(e) => last = e,
            }
            self.at = (self.at + 1) % self.urls.len().max(1);
        }
        let heard = refused.is_some() || unclear.is_some();
        self.silent = if heard { 0 } else { self.silent + 1 };
        Ok(match unclear {
            Some(answer) => Ok(answer),
            None => Err(refused.unwrap_or(last)),
        })
    }

    /// One request at one URL. A server that has too much to do is left alone for as long as it says, else a little longer each
    /// time, and asked again; one that does not want to be asked for minutes is not waited for.
    pub(super) fn request_on(
        &mut self,
        at: usize,
        how: RequestKind,
        dir: &str,
        file: &str,
    ) -> Result<Result<HttpResponse, FetchError>, Interruption> {
        loop {
            let answer = self.request(at, how, dir, file)?;
            let Ok(said) = &answer else { return Ok(answer) };
            if !matches!(said.status, 429 | 503) {
                self.busy = 0;
                return Ok(answer);
            }
            let wants = said.retry_after.filter(|pause| *pause > LONGEST_PAUSE);
            if let Some(pause) = wants.or((self.busy >= MAX_BUSY_RESPONSES).then_some(LONGEST_PAUSE)) {
                self.means.retry_at.set(Some(Instant::now() + pause));
                return Err(Interruption::Silent(status_trouble(said.status)));
            }
            if self.busy >= MAX_RETRIES_WHEN_BUSY {
                self.busy += 1;
                return Ok(answer);
            }
            let pause = rate_limit::backoff(self.busy, said.retry_after, rand::random(), LONGEST_PAUSE);
            self.busy += 1;
            self.means.rate_limiter.hold(Instant::now() + pause);
        }
    }

    fn request(
        &mut self,
        at: usize,
        how: RequestKind,
        dir: &str,
        file: &str,
    ) -> Result<Result<HttpResponse, FetchError>, Interruption> {
        let base = self.urls.get(at).map_or("", MirrorUrl::as_str);
        self.url.clear();
        self.url.push_str(base);
        self.url.push('/');
        push_url_path(&mut self.url, dir, file);
        self.send(at, how)
    }

    /// One request for what stands at `path` from the base in use, which may lead upwards.
    pub(super) fn request_alternate(
        &mut self,
        how: RequestKind,
        path: &str,
    ) -> Result<Result<HttpResponse, FetchError>, Interruption> {
        let base = self.urls.get(self.at).map_or("", MirrorUrl::as_str);
        let target = url::Url::parse(base).and_then(|mut url| {
            url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
            url.join(path)
        });
        match target {
            Ok(url) => {
                self.url.clear();
                self.url.push_str(url.as_str());
                self.send(self.at, how)
            }
            Err(e) => Ok(Err(FetchError::Protocol(e.to_string()))),
        }
    }

    /// Sends the request for the address at hand, which belongs to this of the URLs.
    fn send(&mut self, at: usize, how: RequestKind) -> Result<Result<HttpResponse, FetchError>, Interruption> {
        self.check_limits()?;
        if self.means.retry_at.get().is_some_and(|until| until > Instant::now()) {
            return Err(Interruption::Silent(left_alone()));
        }
        let base = self.urls.get(at).map_or("", MirrorUrl::as_str);
        let (means, deadline) = (self.means, self.means.deadline);
        let turn = means.rate_limiter.wait(deadline, means.shutdown);
        let slot = turn.then(|| {
            means
                .connection_limiter
                .take(server_of(base), means.max_connections, deadline, means.shutdown)
        });
        // Held until the answer is there.
        let Some(_slot) = slot.flatten() else {
            self.check_limits()?;
            return Err(Interruption::HostDeadline);
        };
        self.asked_at = Some(Instant::now());
        self.out.requests += 1;
        means.budget.set(means.budget.get().saturating_sub(1));
        let answer = match how {
            RequestKind::Head => means.agent.head(&self.url, Some(deadline)),
            RequestKind::Get => means.agent.get(&self.url, means.max_repomd_bytes, Some(deadline)),
            RequestKind::FirstByte => means.agent.first_byte(&self.url, Some(deadline)),
        };
        if let Err(e) = &answer {
            // A request that we ended ourselves says nothing about the mirror.
            self.check_limits()?;
            if e.is_answer() {
                self.out.last_response = Some(Instant::now());
            }
            if !matches!(e, FetchError::TooLarge(_)) {
                self.note_url(at, &trouble_of(e));
            }
        } else {
            self.out.last_response = Some(Instant::now());
        }
        if let Ok(HttpResponse {
            moved_to: Some(to),
            hops,
            ..
        }) = &answer
        {
            if to.strip_suffix('/') != Some(&self.url) {
                self.out
                    .redirect
                    .get_or_insert_with(|| (self.url.clone(), sanitize_remote_text(to)));
            }
            let hops = u64::from(*hops);
            self.out.requests += hops;
            means.budget.set(means.budget.get().saturating_sub(hops));
        }
        Ok(answer)
    }
}

/// Whether what was asked for as a file is a directory there: it was answered by one.
fn is_directory(answer: &HttpResponse) -> bool {
    let to = answer.moved_to.as_deref().unwrap_or_default();
    answer.status == 200 && to.split(['?', '#']).next().is_some_and(|path| path.ends_with('/'))
}

/// The host and port of an address, as it is written there.
pub(super) fn server_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Whether an address is that of a server, without a path.
fn is_top(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/') == server_of(url)
}

fn left_alone() -> ProbeError {
    ProbeError {
        code: RATE_LIMITED,
        message: "not asked: it said before that it has too much to do".to_owned(),
    }
}

fn says_yes() -> ProbeError {
    ProbeError {
        code: "soft-404",
        message: "status 200, as for a name that no mirror has".to_owned(),
    }
}

pub(super) fn seen_of(answer: &HttpResponse) -> ProbeResult {
    match answer.status {
        200 => ProbeResult::Present(answer.content_length),
        status @ (403 | 404 | 410) => ProbeResult::Absent(status),
        status => ProbeResult::Unclear(status_trouble(status)),
    }
}

pub(super) fn status_trouble(status: u16) -> ProbeError {
    ProbeError {
        code: if status == 429 { "too-many-requests" } else { "status" },
        message: format!("status {status}"),
    }
}

pub(super) fn trouble_of(e: &FetchError) -> ProbeError {
    ProbeError::new(e.code(), &e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_by_server_and_path() {
        for (url, server, top) in [
            ("http://m.org", "m.org", true),
            ("https://m.org:8443/", "m.org:8443", true),
            ("http://m.org/pub/fedora", "m.org", false),
            ("http://[::1]:80/x", "[::1]:80", false),
        ] {
            assert_eq!((server_of(url), is_top(url)), (server, top), "{url}");
        }
    }
}
