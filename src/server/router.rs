//! Dispatch of requests to endpoints.

use std::net::IpAddr;
use std::time::Instant;

use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::{Method, Request, StatusCode};

use crate::answer::query::{MAX_QUERY_BYTES, decode_request_path};
use crate::answer::respond::Endpoint;
use crate::sys::clock;

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
    if let Ok(probe) = path.parse() {
        return (Handler::Health, health_response(probe, &state.live.load(), now));
    }
    if path == "/metrics" {
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let text = state.metrics.render(&state.live.load()).unwrap_or_default();
        return (Handler::Health, reply(StatusCode::OK, content_type, text.into()));
    }
    let live = state.live.load();
    let page = live.generation.as_ref().and_then(|c| {
        let path = decode_request_path(path)?;
        c.pages.reply(&path, headers)
    });
    if let Some(page) = page {
        return (Handler::Page, page);
    }
    let reply = text_reply(StatusCode::NOT_FOUND, "We don't serve their kind here!");
    (Handler::Other, reply)
}
