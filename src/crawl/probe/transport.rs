//! Requests to the URLs of one host category, within the limits of the host and of the run: deadline, rate, connections,
//! daily budget, and the pauses that the server asks for.

use std::time::{Duration, Instant};

use super::{Interruption, ProbeContext};
use crate::crawl::classify::{ProbeError, RATE_LIMITED, sanitize_remote_text};
use crate::crawl::tree::push_url_path;
use crate::model::names::MirrorUrl;
use crate::sys::http::{FetchError, HttpResponse};
use crate::sys::rate_limit::{self, ConnectionPermit};

/// Consecutive requests that failed on every URL, after which a category is given up.
const MAX_CONSECUTIVE_FAILURES: u32 = 3;
/// Consecutive requests without a reliable response (server errors included), after which a category is given up.
const MAX_CONSECUTIVE_INCONCLUSIVE: u32 = 10;
/// Consecutive responses with status 429 or 503, after which they are no longer retried.
const MAX_RETRIES_WHEN_BUSY: u32 = 3;
/// Consecutive responses with status 429 or 503, after which the host is left alone. Between the two limits each request
/// is sent once, because the server may be busy for a single file only.
const MAX_BUSY_RESPONSES: u32 = MAX_RETRIES_WHEN_BUSY + 3;
/// The longest delay that a request is postponed by.
const MAX_RETRY_DELAY: Duration = Duration::from_mins(2);
/// The delay between two attempts to find the base of a category.
const BASE_RETRY_DELAY: Duration = Duration::from_millis(250);

/// The response to a request, unless the probe is interrupted.
pub(super) type Sent = Result<Result<HttpResponse, FetchError>, Interruption>;

#[derive(Clone, Copy)]
pub(super) enum RequestKind {
    Head,
    Get,
    FirstByte,
}

/// Sender of requests, with the counters and observations that do not depend on what was requested.
pub(super) struct Transport<'a> {
    context: &'a ProbeContext<'a>,
    pub(super) urls: &'a [MirrorUrl],
    /// Index of the URL in use.
    pub(super) current: usize,
    /// The address of the last request. The buffer is reused.
    pub(super) address: String,
    /// When the last request was sent.
    pub(super) sent_at: Option<Instant>,
    /// Consecutive responses with status 429 or 503.
    busy_responses: u32,
    /// Consecutive requests that failed on every URL.
    pub(super) failures: u32,
    /// Consecutive requests without a reliable response.
    pub(super) inconclusive: u32,
    pub(super) requests: u64,
    pub(super) redirect: Option<(String, String)>,
    pub(super) url_errors: Vec<(String, ProbeError)>,
    pub(super) last_response: Option<Instant>,
}

impl<'a> Transport<'a> {
    pub(super) fn new(context: &'a ProbeContext<'a>, urls: &'a [MirrorUrl]) -> Self {
        Self {
            context,
            urls,
            current: 0,
            address: String::with_capacity(256),
            sent_at: None,
            busy_responses: 0,
            failures: 0,
            inconclusive: 0,
            requests: 0,
            redirect: None,
            url_errors: Vec::new(),
            last_response: None,
        }
    }

    pub(super) fn url(&self, index: usize) -> &'a str {
        self.urls.get(index).map_or("", MirrorUrl::as_str)
    }

    pub(super) fn check_limits(&self) -> Result<(), Interruption> {
        if self.context.shutdown.is_requested() {
            return Err(Interruption::Stopped);
        }
        if Instant::now() >= self.context.deadline {
            return Err(Interruption::HostDeadline);
        }
        if self.context.budget.get() == 0 {
            return Err(Interruption::Budget);
        }
        Ok(())
    }

    pub(super) fn pause(&self) -> Result<(), Interruption> {
        self.check_limits()?;
        std::thread::sleep(BASE_RETRY_DELAY);
        self.check_limits()
    }

    /// Takes a connection to the server of `url`; `None` if none is free before `deadline`.
    pub(super) fn take_connection(&self, url: &str, deadline: Instant) -> Option<ConnectionPermit> {
        let context = self.context;
        let limiter = context.connection_limiter;
        limiter.take(server_name(url), context.max_connections, deadline, context.shutdown)
    }

    /// Counts a request that is about to be sent.
    pub(super) fn count_request(&mut self) {
        self.sent_at = Some(Instant::now());
        self.add_requests(1);
    }

    fn add_requests(&mut self, n: u64) {
        self.requests += n;
        self.context.budget.set(self.context.budget.get().saturating_sub(n));
    }

    pub(super) fn record_response(&mut self) {
        self.last_response = Some(Instant::now());
    }

    /// Records the first error of each URL.
    pub(super) fn record_url_error(&mut self, url: &str, error: &ProbeError) {
        if !self.url_errors.iter().any(|(known, _)| known == url) {
            self.url_errors.push((url.to_owned(), error.clone()));
        }
    }

    /// Counts consecutive inconclusive results, and gives the category up after too many.
    pub(super) fn record_conclusiveness(&mut self, error: Option<&ProbeError>) -> Result<(), Interruption> {
        let Some(error) = error else {
            self.inconclusive = 0;
            return Ok(());
        };
        self.inconclusive += 1;
        if self.failures >= MAX_CONSECUTIVE_FAILURES || self.inconclusive >= MAX_CONSECUTIVE_INCONCLUSIVE {
            return Err(Interruption::Silent(error.clone()));
        }
        Ok(())
    }

    /// Requests a file or directory page at one URL. Responses with status 429 or 503 are retried after the delay that the
    /// server asks for, or else with backoff; a delay of minutes is not waited for and interrupts the probe.
    pub(super) fn send_to(&mut self, index: usize, kind: RequestKind, dir: &str, file: &str) -> Sent {
        loop {
            self.address.clear();
            self.address.push_str(self.url(index));
            self.address.push('/');
            push_url_path(&mut self.address, dir, file);
            let sent = self.send(index, kind)?;
            let Ok(response) = &sent else { return Ok(sent) };
            if !matches!(response.status, 429 | 503) {
                self.busy_responses = 0;
                return Ok(sent);
            }
            let requested = response.retry_after.filter(|delay| *delay > MAX_RETRY_DELAY);
            if let Some(delay) = requested.or((self.busy_responses >= MAX_BUSY_RESPONSES).then_some(MAX_RETRY_DELAY)) {
                self.context.retry_at.set(Some(Instant::now() + delay));
                return Err(Interruption::Silent(ProbeError::from_status(response.status)));
            }
            if self.busy_responses >= MAX_RETRIES_WHEN_BUSY {
                self.busy_responses += 1;
                return Ok(sent);
            }
            let delay = rate_limit::backoff(
                self.busy_responses,
                response.retry_after,
                rand::random(),
                MAX_RETRY_DELAY,
            );
            self.busy_responses += 1;
            self.context.rate_limiter.pause(Instant::now() + delay);
        }
    }

    /// Requests `path`, which may begin with `../`, relative to the URL in use.
    pub(super) fn send_relative(&mut self, kind: RequestKind, path: &str) -> Sent {
        let target = url::Url::parse(self.url(self.current)).and_then(|mut url| {
            url.set_path(&format!("{}/", url.path().trim_end_matches('/')));
            url.join(path)
        });
        match target {
            Ok(url) => {
                self.address.clear();
                self.address.push_str(url.as_str());
                self.send(self.current, kind)
            }
            Err(e) => Ok(Err(FetchError::Protocol(e.to_string()))),
        }
    }

    /// Requests `self.address`, which belongs to the URL with this index.
    fn send(&mut self, index: usize, kind: RequestKind) -> Sent {
        self.check_limits()?;
        let (context, deadline) = (self.context, self.context.deadline);
        if context.retry_at.get().is_some_and(|until| until > Instant::now()) {
            let error = ProbeError::new(RATE_LIMITED, "not probed: the server asked for a pause");
            return Err(Interruption::Silent(error));
        }
        let has_turn = context.rate_limiter.wait(deadline, context.shutdown);
        let permit = has_turn
            .then(|| self.take_connection(self.url(index), deadline))
            .flatten();
        // Kept until the response is complete.
        let Some(_permit) = permit else {
            self.check_limits()?;
            return Err(Interruption::HostDeadline);
        };
        self.count_request();
        let sent = match kind {
            RequestKind::Head => context.agent.head(&self.address, Some(deadline)),
            RequestKind::Get => context
                .agent
                .get(&self.address, context.config.max_repomd_bytes, Some(deadline)),
            RequestKind::FirstByte => context.agent.first_byte(&self.address, Some(deadline)),
        };
        match &sent {
            Ok(response) => {
                self.record_response();
                self.record_redirect(response);
            }
            Err(e) => {
                // A request that was aborted locally says nothing about the mirror.
                self.check_limits()?;
                if e.is_answer() {
                    self.record_response();
                }
                if !matches!(e, FetchError::TooLarge(_)) {
                    self.record_url_error(self.url(index), &ProbeError::from(e));
                }
            }
        }
        Ok(sent)
    }

    fn record_redirect(&mut self, response: &HttpResponse) {
        let Some(to) = &response.moved_to else { return };
        if to.strip_suffix('/') != Some(&self.address) {
            self.redirect
                .get_or_insert_with(|| (self.address.clone(), sanitize_remote_text(to)));
        }
        self.add_requests(u64::from(response.hops));
    }
}

/// The host and port of a URL, as written there.
fn server_name(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Returns true if a URL names a server without a path.
pub(super) fn has_no_path(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/') == server_name(url)
}

impl ProbeError {
    pub(super) fn from_status(status: u16) -> Self {
        let code = if status == 429 { "too-many-requests" } else { "status" };
        Self::new(code, &format!("status {status}"))
    }
}

impl From<&FetchError> for ProbeError {
    fn from(e: &FetchError) -> Self {
        Self::new(e.into(), &e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_server_and_path() {
        for (url, server, no_path) in [
            ("http://m.org", "m.org", true),
            ("https://m.org:8443/", "m.org:8443", true),
            ("http://m.org/pub/fedora", "m.org", false),
            ("http://[::1]:80/x", "[::1]:80", false),
        ] {
            assert_eq!((server_name(url), has_no_path(url)), (server, no_path), "{url}");
        }
    }
}
