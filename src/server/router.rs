//! Dispatch of requests to endpoints.

use std::net::IpAddr;
use std::time::Instant;

use hyper::header::{ALLOW, CONNECTION, CONTENT_SECURITY_POLICY, HOST, HeaderValue, REFERRER_POLICY};
use hyper::{HeaderMap, Method, Request, StatusCode};

use crate::answer::query::{MAX_QUERY_BYTES, decode_request_path};
use crate::answer::respond::Endpoint;
use crate::sys::clock;

use super::client::client_address;
use super::health::health_response;
use super::metrics::Handler;
use super::mirrorlist_handler::mirrorlist_handler;
use super::reply::{Reply, reply, text_reply};
use super::state::ServerState;

/// Builds the response to a request from `peer`, and counts it.
pub(super) fn handle<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> Reply {
    let started = Instant::now();
    let (handler, reply) = route(state, request, peer);
    state.metrics.count_response(handler, reply.status(), started.elapsed());
    reply
}

fn route<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> (Handler, Reply) {
    if has_several_hosts(request.headers()) {
        return (
            Handler::Other,
            text_reply(StatusCode::BAD_REQUEST, "more than one Host header\n"),
        );
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut reply = text_reply(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are supported\n");
        let headers = reply.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        // A body that may follow is not read.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        return (Handler::Other, reply);
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    if path.len() + query.len() > MAX_QUERY_BYTES {
        let reply = text_reply(StatusCode::URI_TOO_LONG, "the request is too long\n");
        return (Handler::Other, reply);
    }
    let (headers, now) = (request.headers(), clock::now());
    let mirrors = |endpoint| mirrorlist_handler(state, endpoint, query, headers, peer, now);
    if path.ends_with("/mirrorlist") {
        return (Handler::Mirrorlist, mirrors(Endpoint::Mirrorlist));
    }
    if path.ends_with("/metalink") {
        return (Handler::Metalink, mirrors(Endpoint::Metalink));
    }
    let is_monitor = || {
        let client = client_address(headers, peer, |ip| state.is_trusted(ip));
        client.is_some_and(|client| state.is_monitor(client.ip))
    };
    if let Ok(probe) = path.parse() {
        let reply = health_response(probe, &state.live.load(), is_monitor(), now);
        return (Handler::Health, reply);
    }
    if path == "/metrics" {
        if !is_monitor() {
            let reply = text_reply(StatusCode::FORBIDDEN, "not for your address: see server.monitor_from\n");
            return (Handler::Health, reply);
        }
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let text = state.metrics.render(&state.live.load()).unwrap_or_default();
        return (Handler::Health, reply(StatusCode::OK, content_type, text.into()));
    }
    let live = state.live.load();
    let page = live.generation.as_ref().and_then(|c| {
        let path = decode_request_path(path)?;
        c.pages.reply(&path, headers)
    });
    let page = page.map(|page| with_page_headers(page, state.content_security_policy.as_ref()));
    if let Some(page) = page {
        return (Handler::Page, page);
    }
    let reply = text_reply(StatusCode::NOT_FOUND, "We don't serve their kind here!");
    (Handler::Other, reply)
}

/// Two proxies could understand such a request differently (RFC 9112, section 3.2).
fn has_several_hosts(headers: &HeaderMap) -> bool {
    headers.get_all(HOST).iter().nth(1).is_some()
}

/// Adds the headers that restrict what a page can do in a browser.
fn with_page_headers(mut page: Reply, content_security_policy: Option<&HeaderValue>) -> Reply {
    let headers = page.headers_mut();
    if let Some(policy) = content_security_policy {
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    page
}
