//! One request after the other, and what its answer says.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{End, MAX_SILENT, MAX_UNCLEAR, Session};
use crate::crawl::tree::push_place;
use crate::crawl::verdict::{A_DIRECTORY, LEFT_ALONE, REPOMD, RepomdSeen, Seen, Trouble, told};
use crate::formats::repomd;
use crate::model::names::MirrorUrl;
use crate::model::plan::PlannedFile;
use crate::sys::http::{FetchError, HttpResponse};
use crate::sys::rate_limit;

/// Answers in a row that say that the server has too much to do, after which it is taken at its word.
const MAX_BUSY: u32 = 3;
/// Files in a row of which a server does not tell the length in any way, after which it is not asked for lengths any more.
const MAX_MUTE: u32 = 3;
/// Then some more requests are made, each once, because it may be for that one file; after so many in all the host is left alone.
const TOO_BUSY: u32 = MAX_BUSY + 3;
/// The longest pause that is waited for.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// No mirror has a file of this name.
const NOT_THERE: &str = "mirrormanager-asks-for-what-is-not-there";

#[derive(Clone, Copy)]
pub(super) enum How {
    Head,
    Get,
    FirstByte,
}

impl Session<'_> {
    /// Asks for what is not there. A server that says 200 all the same (a portal, a page that tells visitors where else to look)
    /// says nothing by that; what it said of the base is taken back.
    pub(super) fn try_it(&mut self, base: Seen) -> Result<Seen, End> {
        if self.urls.is_empty() {
            return Ok(base);
        }
        self.know()?;
        // It knows what it has. (The top of a server is there anywhere.)
        let url = self.urls.get(self.at).map_or("", MirrorUrl::as_str);
        if matches!(base, Seen::Present(_)) && !is_top(url) && self.says_no {
            self.proved();
        }
        Ok(self.believed(base, None))
    }

    /// Whether the server in use says 200 for a name that no mirror has: found out once for each URL, before anything that it says
    /// is believed.
    fn know(&mut self) -> Result<(), End> {
        if self.yes.get(self.at) != Some(&None) {
            return Ok(());
        }
        let answer = self.one(self.at, How::Head, "", NOT_THERE)?;
        let seen = answer.ok().map(|a| seen_of(&a));
        self.says_no = seen.as_ref().is_some_and(Seen::is_gone);
        if let Some(yes) = self.yes.get_mut(self.at) {
            *yes = Some(matches!(seen, Some(Seen::Present(_))));
        }
        Ok(())
    }

    /// Whether the server in use says 200 for a name that no mirror has, so that its 200 alone means nothing.
    pub(super) fn says_yes(&self) -> bool {
        self.yes.get(self.at) == Some(&Some(true))
    }

    /// What is left of an answer of a server that says yes to everything: where a length is told and known, they can be compared.
    fn believed(&self, seen: Seen, known: Option<u64>) -> Seen {
        match seen {
            Seen::Present(length) if self.says_yes() && (length.is_none() || known.is_none()) => {
                Seen::Unclear(says_yes())
            }
            Seen::Present(_) | Seen::Absent(_) | Seen::Unclear(_) => seen,
        }
    }

    /// The page of a directory: only whether it is there.
    pub(super) fn head_of_page(&mut self, dir: &str) -> Result<Seen, End> {
        self.head(dir, "", None)
    }

    /// A file, or a page where `file` is empty. `known` = the length that it should have.
    pub(super) fn head(&mut self, dir: &str, file: &str, known: Option<u64>) -> Result<Seen, End> {
        let seen = match self.any(How::Head, dir, file)? {
            Ok(answer) if !file.is_empty() && !self.says_yes() && is_directory(&answer) => Seen::Absent(A_DIRECTORY),
            Ok(answer) => self.believed(seen_of(&answer), known),
            // Servers that lead from their pages to a site for visitors may have the files all the same.
            Err(e) if e.is_answer() && file.is_empty() => return Ok(Seen::Unclear(trouble_of(&e))),
            Err(e) => Seen::Unclear(trouble_of(&e)),
        };
        self.note_clarity(match &seen {
            Seen::Unclear(trouble) => Some(trouble),
            Seen::Present(_) | Seen::Absent(_) => None,
        })?;
        Ok(seen)
    }

    /// A file that should have this size. A length that HEAD does not tell is asked for in another way.
    pub(super) fn file(&mut self, dir: &str, file: PlannedFile<'_>) -> Result<Seen, End> {
        let seen = self.head(dir, file.name, file.size)?;
        let is_open = seen == Seen::Present(None) && file.size.is_some_and(|size| size > 0);
        if !is_open || self.mute >= MAX_MUTE {
            return Ok(seen);
        }
        let length = match self.any(How::FirstByte, dir, file.name)? {
            Ok(answer) if matches!(answer.status, 200 | 206 | 416) => answer.content_length,
            Ok(_) | Err(_) => None,
        };
        self.mute = if length.is_some() { 0 } else { self.mute + 1 };
        Ok(Seen::Present(length))
    }

    pub(super) fn repomd(&mut self, dir: &str) -> Result<RepomdSeen, End> {
        let seen = match self.any(How::Get, dir, REPOMD)? {
            // A page that answers for everything is no repomd.xml, and no tampering either.
            Ok(answer) if answer.status == 200 && self.says_yes() && !repomd::looks_like_repomd(&answer.body) => {
                RepomdSeen::Unclear(says_yes())
            }
            Ok(answer) if !self.says_yes() && is_directory(&answer) => RepomdSeen::Absent(A_DIRECTORY),
            // Nobody said how long it is: whether all of it came is told by its end alone.
            Ok(answer) if answer.status == 200 && answer.content_length.is_none() && repomd::is_cut(&answer.body) => {
                RepomdSeen::Unclear(Trouble::new("cut", "it begins as a repomd.xml and breaks off"))
            }
            Ok(answer) if answer.status == 200 => RepomdSeen::Hash(hex::encode(Sha256::digest(&answer.body))),
            Ok(answer) => match seen_of(&answer) {
                Seen::Absent(status) => RepomdSeen::Absent(status),
                Seen::Unclear(trouble) => RepomdSeen::Unclear(trouble),
                Seen::Present(_) => RepomdSeen::Unclear(status_trouble(answer.status)),
            },
            Err(FetchError::TooLarge(cap)) => RepomdSeen::TooLong(cap),
            Err(e) => RepomdSeen::Unclear(trouble_of(&e)),
        };
        self.note_clarity(match &seen {
            RepomdSeen::Unclear(trouble) => Some(trouble),
            RepomdSeen::Hash(_) | RepomdSeen::Like { .. } | RepomdSeen::Absent(_) | RepomdSeen::TooLong(_) => None,
        })?;
        Ok(seen)
    }

    /// Gives the category up when nothing comes that could be relied on.
    pub(super) fn note_clarity(&mut self, trouble: Option<&Trouble>) -> Result<(), End> {
        let Some(trouble) = trouble else {
            self.unclear = 0;
            return Ok(());
        };
        self.unclear += 1;
        if self.silent >= MAX_SILENT || self.unclear >= MAX_UNCLEAR {
            return Err(End::Silent(trouble.clone()));
        }
        Ok(())
    }

    /// One request, at the URL in use; where that fails or gives no clear answer, at the others in turn.
    pub(super) fn any(&mut self, how: How, dir: &str, file: &str) -> Result<Result<HttpResponse, FetchError>, End> {
        let mut last = FetchError::Protocol("no URL".to_owned());
        let (mut refused, mut unclear) = (None, None);
        for _ in 0..self.urls.len() {
            self.know()?;
            match self.one(self.at, how, dir, file)? {
                // It is there, and cannot do it just now; another URL may.
                Ok(answer) if matches!(seen_of(&answer), Seen::Unclear(_)) => {
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
    pub(super) fn one(
        &mut self,
        at: usize,
        how: How,
        dir: &str,
        file: &str,
    ) -> Result<Result<HttpResponse, FetchError>, End> {
        loop {
            let answer = self.request(at, how, dir, file)?;
            let Ok(said) = &answer else { return Ok(answer) };
            if !matches!(said.status, 429 | 503) {
                self.busy = 0;
                return Ok(answer);
            }
            let wants = said.retry_after.filter(|pause| *pause > LONGEST_PAUSE);
            if let Some(pause) = wants.or((self.busy >= TOO_BUSY).then_some(LONGEST_PAUSE)) {
                self.means.left_alone.set(Some(Instant::now() + pause));
                return Err(End::Silent(status_trouble(said.status)));
            }
            if self.busy >= MAX_BUSY {
                self.busy += 1;
                return Ok(answer);
            }
            let pause = rate_limit::backoff(self.busy, said.retry_after, rand::random(), LONGEST_PAUSE);
            self.busy += 1;
            self.means.pace.hold(Instant::now() + pause);
        }
    }

    fn request(&mut self, at: usize, how: How, dir: &str, file: &str) -> Result<Result<HttpResponse, FetchError>, End> {
        let base = self.urls.get(at).map_or("", MirrorUrl::as_str);
        self.url.clear();
        self.url.push_str(base);
        self.url.push('/');
        push_place(&mut self.url, dir, file);
        self.send(at, how)
    }

    /// One request for what stands at `path` from the base in use, which may lead upwards.
    pub(super) fn beside(&mut self, how: How, path: &str) -> Result<Result<HttpResponse, FetchError>, End> {
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
    fn send(&mut self, at: usize, how: How) -> Result<Result<HttpResponse, FetchError>, End> {
        self.may_go_on()?;
        if self.means.left_alone.get().is_some_and(|until| until > Instant::now()) {
            return Err(End::Silent(left_alone()));
        }
        let base = self.urls.get(at).map_or("", MirrorUrl::as_str);
        let (means, deadline) = (self.means, self.means.deadline);
        let turn = means.pace.wait(deadline, means.stop);
        let slot = turn.then(|| {
            means
                .slots
                .take(server_of(base), means.connections, deadline, means.stop)
        });
        // Held until the answer is there.
        let Some(_slot) = slot.flatten() else {
            self.may_go_on()?;
            return Err(End::HostDeadline);
        };
        self.asked_at = Some(Instant::now());
        self.out.requests += 1;
        means.budget.set(means.budget.get().saturating_sub(1));
        let answer = match how {
            How::Head => means.agent.head(&self.url, Some(deadline)),
            How::Get => means.agent.get(&self.url, means.max_body, Some(deadline)),
            How::FirstByte => means.agent.first_byte(&self.url, Some(deadline)),
        };
        if let Err(e) = &answer {
            // A request that we ended ourselves says nothing about the mirror.
            self.may_go_on()?;
            if e.is_answer() {
                self.out.last_heard = Some(Instant::now());
            }
            if !matches!(e, FetchError::TooLarge(_)) {
                self.note_url(at, &trouble_of(e));
            }
        } else {
            self.out.last_heard = Some(Instant::now());
        }
        if let Ok(HttpResponse {
            moved_to: Some(to),
            hops,
            ..
        }) = &answer
        {
            if to.strip_suffix('/') != Some(&self.url) {
                self.out.redirect.get_or_insert_with(|| (self.url.clone(), told(to)));
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

fn left_alone() -> Trouble {
    Trouble {
        word: LEFT_ALONE,
        text: "not asked: it said before that it has too much to do".to_owned(),
    }
}

fn says_yes() -> Trouble {
    Trouble {
        word: "says-yes",
        text: "status 200, as for a name that no mirror has".to_owned(),
    }
}

pub(super) fn seen_of(answer: &HttpResponse) -> Seen {
    match answer.status {
        200 => Seen::Present(answer.content_length),
        status @ (403 | 404 | 410) => Seen::Absent(status),
        status => Seen::Unclear(status_trouble(status)),
    }
}

pub(super) fn status_trouble(status: u16) -> Trouble {
    Trouble {
        word: if status == 429 { "too-many-requests" } else { "status" },
        text: format!("status {status}"),
    }
}

pub(super) fn trouble_of(e: &FetchError) -> Trouble {
    Trouble::new(e.code(), &e.to_string())
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
