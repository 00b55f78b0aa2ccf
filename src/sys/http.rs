//! The HTTP client, with limits for everything that it fetches.
//!
//! Connections are kept alive and shared. Responses are not trusted: each request has one time limit (name lookup, connection, TLS,
//! redirects and body together), bodies have a size limit, redirects are followed within the same site only, and private addresses
//! are contacted only with [`HttpLimits::allow_private`]. Proxies of the environment are ignored. No content coding is
//! requested; a body that is compressed anyway is decompressed up to the limit. A status of 4xx or 5xx is an [`HttpResponse`]; a
//! [`FetchError`] means that there is no usable response. Nothing is stored on disk.

use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strum::IntoStaticStr;
use thiserror::Error;

use crate::sys::{activity, clock};

mod headers;
pub(crate) mod resolve;
mod server_time;
mod tls;

pub(crate) use headers::date;
use resolve::{CachingResolver, NoAddress};
pub(crate) use server_time::witness_times;

/// Limit for the redirects of a request.
const MAX_HOPS: u32 = 5;

/// Limit for reading an unwanted body, in bytes, so that its connection can be reused.
const MAX_DRAIN: u64 = 64 << 10;

/// Idle connections per pool.
const POOL: usize = 8;

/// Settings and limits of an [`Agent`].
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// The header `User-Agent`.
    pub user_agent: String,
    /// Number of idle connections: at least the number of threads that use the agent.
    pub connections: usize,
    /// Timeout of a name lookup, and of a connection with TLS.
    pub connect: Duration,
    /// Timeout of a request with redirects and body.
    pub total: Duration,
    /// Allows private, loopback and link-local addresses.
    pub allow_private: bool,
}

/// The response of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status after redirects.
    pub status: u16,
    /// `Content-Length`, if it is valid and not the length of an encoded body.
    pub content_length: Option<u64>,
    /// The header `Location`.
    pub location: Option<String>,
    /// The URL of the response, if it was redirected.
    pub moved_to: Option<String>,
    /// Number of redirects, each of which was another request.
    pub hops: u32,
    /// The header `Last-Modified`, unparsed.
    pub last_modified: Option<String>,
    /// `Last-Modified`, or else `ETag`: a different text means different content.
    pub validator: Option<String>,
    /// The pause that the server requests by `Retry-After`; at most a day.
    pub retry_after: Option<Duration>,
    /// The body of a response to [`Agent::get`] with status 200; otherwise empty.
    pub body: Vec<u8>,
}

/// The reason why there is no usable response. As text, it is a stable identifier for findings.
#[derive(Debug, Clone, PartialEq, Eq, Error, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum FetchError {
    /// The connection was refused, reset or closed, or the address is unreachable.
    #[error("connection failed: {0}")]
    #[strum(serialize = "connection")]
    Refused(String),
    /// A timeout.
    #[error("timed out: {0}")]
    Timeout(String),
    /// The name does not resolve.
    #[error("name not found: {0}")]
    Dns(String),
    /// A TLS error: an invalid certificate, or another protocol than TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// The body exceeds the limit.
    #[error("body exceeds {0} bytes")]
    #[strum(serialize = "size")]
    TooLarge(u64),
    /// The name has only private, loopback or link-local addresses, which are not allowed.
    #[error("{0} has private addresses only")]
    PrivateAddress(String),
    /// A redirect to another site, or too many or invalid redirects.
    #[error("redirect: {0}")]
    Redirect(String),
    /// The response is not valid HTTP, or the request cannot be sent.
    #[error("invalid HTTP: {0}")]
    Protocol(String),
}

impl FetchError {
    /// Returns true if the server responded, though unusably.
    pub(crate) const fn is_answer(&self) -> bool {
        matches!(self, Self::Redirect(_) | Self::TooLarge(_))
    }
}

/// The HTTP client. Clones share connections and resolved names.
#[derive(Clone)]
pub struct Agent {
    /// Servers are distributed to several pools, because searching a pool takes quadratic time.
    first: ureq::Agent,
    others: Arc<[ureq::Agent]>,
    names: CachingResolver,
    connect: Duration,
    total: Duration,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Head,
    Get(u64),
    /// A range request for the first byte.
    FirstByte,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectionMode {
    /// An idle connection if possible.
    Any,
    New,
}

impl Agent {
    /// An agent without connections.
    pub fn new(limits: &HttpLimits) -> Self {
        Self::with_roots(limits, ureq::tls::RootCerts::WebPki)
    }

    /// An agent that trusts these issuers.
    fn with_roots(limits: &HttpLimits, issuers: ureq::tls::RootCerts) -> Self {
        Self::with_tls(limits, ureq::tls::TlsConfig::builder().root_certs(issuers).build())
    }

    fn with_tls(limits: &HttpLimits, tls: ureq::tls::TlsConfig) -> Self {
        let kept = limits.connections.min(POOL);
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls)
            .user_agent(&limits.user_agent)
            .accept_encoding("identity")
            .timeout_connect(Some(limits.connect))
            // With our resolver, this does not start a thread per request.
            .timeout_global(Some(limits.total))
            .max_response_header_size(32 << 10)
            .input_buffer_size(32 << 10)
            .output_buffer_size(8 << 10)
            .max_idle_connections(kept)
            .max_idle_connections_per_host(kept)
            .build();
        let names = CachingResolver::new(limits.allow_private, limits.connect);
        let pool = || {
            let connector = ureq::unversioned::transport::DefaultConnector::default();
            ureq::Agent::with_parts(config.clone(), connector, names.clone())
        };
        Self {
            first: pool(),
            others: (POOL..limits.connections).step_by(POOL).map(|_| pool()).collect(),
            names,
            connect: limits.connect,
            total: limits.total,
        }
    }

    /// Sends a HEAD request. It times out after the total time of the agent, or at `deadline` if that is earlier.
    pub fn head(&self, url: &str, deadline: Option<Instant>) -> Result<HttpResponse, FetchError> {
        self.ask(Method::Head, url, deadline, &mut std::io::sink())
    }

    /// Requests the first byte of `url` to determine its length: some servers return no length to [`Agent::head`] (Apache for 0
    /// bytes). A response with status 200, 206 or 416 may have it as `content_length`. Limits as in [`Agent::head`].
    pub(crate) fn first_byte(&self, url: &str, deadline: Option<Instant>) -> Result<HttpResponse, FetchError> {
        self.ask(Method::FirstByte, url, deadline, &mut std::io::sink())
    }

    /// Fetches `url`, with at most `cap` bytes of body. The body of another status than 200 is discarded. Limits as in
    /// [`Agent::head`].
    pub(crate) fn get(&self, url: &str, cap: u64, deadline: Option<Instant>) -> Result<HttpResponse, FetchError> {
        let mut body = Vec::new();
        let response = self.get_into(url, cap, deadline, &mut body)?;
        Ok(HttpResponse { body, ..response })
    }

    /// Fetches `url` into `sink`. Limits as in [`Agent::get`]; after an error, `sink` has a part of the body.
    pub(crate) fn get_into(
        &self,
        url: &str,
        cap: u64,
        deadline: Option<Instant>,
        sink: &mut dyn Write,
    ) -> Result<HttpResponse, FetchError> {
        self.ask(Method::Get(cap), url, deadline, sink)
    }

    /// Sends a request with the method PURGE, for proxy caches, and returns the status. Limits as in [`Agent::head`]; redirects are not
    /// followed.
    pub(crate) fn purge(&self, url: &str, deadline: Option<Instant>) -> Result<u16, FetchError> {
        let left = deadline.map_or(self.total, |d| d.saturating_duration_since(Instant::now()));
        let request = ureq::http::Request::builder().method("PURGE").uri(url).body(());
        let request = request.map_err(|e| FetchError::Protocol(format!("{url}: {e}")))?;
        let pool = self.pool(url);
        let request = pool
            .configure_request(request)
            .allow_non_standard_methods(true)
            .timeout_global(Some(left.min(self.total)))
            .build();
        let response = pool.run(request).map_err(|e| classify(e, url).error)?;
        Ok(response.status().as_u16())
    }

    /// Closes all connections: running requests of other threads fail, and so do new ones.
    pub(crate) fn close(&self) {
        for pool in self.others.iter().chain([&self.first]) {
            pool.clone().shutdown();
        }
    }

    /// Returns the pool for the server of `url`.
    fn pool(&self, url: &str) -> &ureq::Agent {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(authority(url));
        let others = u64::try_from(self.others.len()).unwrap_or(0);
        let at = usize::try_from(hash % (others + 1)).unwrap_or(0);
        self.others.get(at).unwrap_or(&self.first)
    }

    fn ask(
        &self,
        method: Method,
        url: &str,
        deadline: Option<Instant>,
        sink: &mut dyn Write,
    ) -> Result<HttpResponse, FetchError> {
        let begun = Instant::now();
        let end = deadline.map_or(begun + self.total, |d| d.min(begun + self.total));
        let mut request = |url: &str, begun: Instant| {
            match self.send_request(method, url, (begun, end), ConnectionMode::Any, sink) {
                // If the server closed the idle connection meanwhile, others may be closed as well.
                Err(failure) if failure.may_be_stale => {
                    self.send_request(method, url, (Instant::now(), end), ConnectionMode::New, sink)
                }
                other => other,
            }
            .map_err(|failure| failure.error)
        };
        let mut answer = request(url, begun)?;
        let mut here: Option<url::Url> = None;
        let mut hops = 0;
        while let Some(target) = redirect_target(&answer) {
            hops += 1;
            if hops > MAX_HOPS {
                return Err(FetchError::Redirect(format!(
                    "more than {MAX_HOPS} in a row from {url}"
                )));
            }
            let from = match here {
                Some(url) => url,
                None => url::Url::parse(url).map_err(|e| FetchError::Protocol(format!("{url}: {e}")))?,
            };
            let next = from
                .join(target)
                .map_err(|e| FetchError::Redirect(format!("to {target:?}: {e}")))?;
            if !same_site(&from, &next) {
                return Err(FetchError::Redirect(format!("to another site: {next}")));
            }
            answer = request(next.as_str(), Instant::now())?;
            answer.moved_to = Some(next.to_string());
            answer.hops = hops;
            here = Some(next);
        }
        Ok(answer)
    }

    fn send_request(
        &self,
        method: Method,
        url: &str,
        (now, end): (Instant, Instant),
        over: ConnectionMode,
        sink: &mut dyn Write,
    ) -> Result<HttpResponse, Failure> {
        let left = end.saturating_duration_since(now);
        if left.is_zero() {
            return Err(FetchError::Timeout("deadline reached".to_owned()).into());
        }
        let pool = self.pool(url);
        let mut request = match method {
            Method::Head => pool.head(url),
            Method::Get(_) => pool.get(url),
            Method::FirstByte => pool.get(url).header("range", "bytes=0-0"),
        };
        if left < self.total {
            request = request.config().timeout_global(Some(left)).build();
        }
        if over == ConnectionMode::New {
            request = request.config().max_idle_age(Duration::ZERO).build();
        }
        let mut response = request.call().map_err(|e| classify(e, url))?;
        activity::record_progress();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        let status = response.status().as_u16();
        let length = if method == Method::FirstByte && matches!(status, 206 | 416) {
            header("content-range").and_then(headers::complete_length)
        } else {
            header("content-length")
        };
        let answer = HttpResponse {
            status,
            content_length: headers::length(length, header("content-encoding"), url),
            location: header("location").map(str::to_owned),
            moved_to: None,
            hops: 0,
            last_modified: header("last-modified").map(str::to_owned),
            validator: header("last-modified").or_else(|| header("etag")).map(str::to_owned),
            retry_after: header("retry-after").and_then(|v| headers::retry_after(v, clock::now())),
            body: Vec::new(),
        };
        match method {
            Method::Head => {}
            Method::Get(cap) if status == 200 => read_body(&mut response, cap, url, sink)?,
            // Larger than the limit for draining: the connection is not reusable.
            Method::FirstByte if status == 200 => {}
            Method::Get(_) if answer.content_length.is_some_and(|n| n > MAX_DRAIN) => {}
            Method::Get(_) | Method::FirstByte => {
                let mut rest = response.body_mut().as_reader().take(MAX_DRAIN);
                // An error only means that the connection is not reused.
                drop(std::io::copy(&mut rest, &mut std::io::sink()));
            }
        }
        Ok(answer)
    }
}

fn read_body(
    response: &mut ureq::http::Response<ureq::Body>,
    cap: u64,
    url: &str,
    sink: &mut dyn Write,
) -> Result<(), FetchError> {
    let mut reader = ProgressReader(response.body_mut().as_reader().take(cap.saturating_add(1)));
    let copied = std::io::copy(&mut reader, sink);
    let length = copied.map_err(|e| classify(ureq::Error::from(e), url).error)?;
    if length > cap {
        return Err(FetchError::TooLarge(cap));
    }
    Ok(())
}

/// A reader whose reads count as progress.
struct ProgressReader<R>(R);

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.0.read(buffer)?;
        activity::record_progress();
        Ok(length)
    }
}

/// The failure of a request.
struct Failure {
    error: FetchError,
    /// True if the connection may have been closed before the request. An error within a body has another cause.
    may_be_stale: bool,
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self {
            error,
            may_be_stale: false,
        }
    }
}

fn classify(e: ureq::Error, url: &str) -> Failure {
    let text = e.to_string();
    if let ureq::Error::Io(io) = e {
        return classify_io(&io);
    }
    let is_tls = matches!(e, ureq::Error::Tls(_) | ureq::Error::Pem(_) | ureq::Error::TlsRequired);
    let error = if let ureq::Error::Rustls(e) = &e {
        FetchError::Tls(tls::explain(e))
    } else if let ureq::Error::Timeout(what) = e {
        FetchError::Timeout(what.to_string())
    } else if matches!(e, ureq::Error::HostNotFound) {
        FetchError::Dns(authority(url).to_owned())
    } else if is_tls {
        FetchError::Tls(text)
    } else if matches!(&e, ureq::Error::Other(inner) if inner.is::<NoAddress>()) {
        FetchError::PrivateAddress(authority(url).to_owned())
    } else if matches!(e, ureq::Error::ConnectionFailed) {
        FetchError::Refused(text)
    } else {
        FetchError::Protocol(text)
    };
    error.into()
}

fn classify_io(io: &std::io::Error) -> Failure {
    use std::io::ErrorKind as K;
    let (kind, text, cause) = (io.kind(), io.to_string(), io.get_ref());
    let broken = [
        K::UnexpectedEof,
        K::ConnectionReset,
        K::ConnectionAborted,
        K::BrokenPipe,
        K::NotConnected,
    ];
    let error = if let Some(e) = cause.and_then(|cause| cause.downcast_ref()) {
        FetchError::Tls(tls::explain(e))
    } else if cause.and_then(|cause| cause.downcast_ref::<ureq::Error>()).is_some() {
        FetchError::Protocol(text)
    } else if broken.contains(&kind) {
        return Failure {
            error: FetchError::Refused(text),
            may_be_stale: true,
        };
    } else if [K::TimedOut, K::WouldBlock].contains(&kind) {
        FetchError::Timeout(text)
    } else {
        FetchError::Refused(text)
    };
    error.into()
}

/// Returns `host:port` of a URL for messages.
fn authority(url: &str) -> &str {
    url.split_once("://")
        .map_or(url, |(_, rest)| rest.split_once('/').map_or(rest, |(host, _)| host))
}

fn redirect_target(answer: &HttpResponse) -> Option<&str> {
    match answer.status {
        301 | 302 | 303 | 307 | 308 => answer.location.as_deref(),
        _ => None,
    }
}

/// Returns true if a redirect stays on its site: the same host (except for `www.`) and port, or a change from http to https.
fn same_site(from: &url::Url, to: &url::Url) -> bool {
    fn bare(u: &url::Url) -> Option<&str> {
        u.host_str().map(|h| h.strip_prefix("www.").unwrap_or(h))
    }
    let scheme = match (from.scheme(), to.scheme()) {
        (a, b) if a == b => from.port_or_known_default() == to.port_or_known_default(),
        ("http", "https") => to.port_or_known_default() == Some(443) || to.port() == from.port(),
        _ => false,
    };
    scheme && bare(from).is_some() && bare(from) == bare(to) && to.username().is_empty() && to.password().is_none()
}

#[cfg(test)]
mod tests;
