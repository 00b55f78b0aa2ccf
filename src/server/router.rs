//! Dispatch of requests to endpoints.

use std::net::IpAddr;
use std::time::Instant;

use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::{Method, Request, StatusCode};

use crate::answer::index::IndexSource;
use crate::answer::query::{MAX_QUERY, decode_text};
use crate::answer::respond::Endpoint;
use crate::sys::clock;

use super::health::{self, HealthProbe};
use super::metrics::{Handler, ServedData};
use super::mirrorlist_handler::mirrorlist_handler;
use super::reply::{Reply, reply};
use super::state::ServerState;

/// Builds the response to a request from `peer`, and counts it.
pub(super) fn handle<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> Reply {
    let started = Instant::now();
    let (handler, reply) = route(state, request, peer);
    state.metrics.count_response(handler, reply.status(), started.elapsed());
    reply
}

fn metrics(state: &ServerState) -> String {
    let live = state.live.load();
    let generation = live.generation.as_ref();
    let served = ServedData {
        generation: generation.and_then(|c| match &c.index.source {
            IndexSource::Generation(id) => Some(id.as_str()),
            IndexSource::Mm2Cache => None,
        }),
        as_of: generation.map(|c| c.as_of),
        loaded_at: generation.map(|c| c.loaded_at),
        geoip: live.geo.geoip.is_some(),
        asns: live.geo.asns.is_some(),
        inputs_built: [live.geo.geoip.as_ref().map(|g| g.built_at()), live.geo.asns_built],
    };
    state.metrics.render(served).unwrap_or_default()
}

fn route<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> (Handler, Reply) {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are supported\n";
        let mut reply = reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain", text.into());
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        // A body that may follow is not read.
        reply
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        return (Handler::Other, reply);
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    if path.len() + query.len() > MAX_QUERY {
        let text = "the request is too long\n";
        return (
            Handler::Other,
            reply(StatusCode::URI_TOO_LONG, "text/plain", text.into()),
        );
    }
    let now = clock::now();
    let probe = match path {
        "/healthz" => Some(HealthProbe::Alive),
        "/readyz" => Some(HealthProbe::Ready),
        "/freshz" => Some(HealthProbe::Fresh),
        _ => None,
    };
    if let Some(probe) = probe {
        return (Handler::Health, health::health_response(probe, &state.live.load(), now));
    }
    if path == "/metrics" {
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        return (
            Handler::Health,
            reply(StatusCode::OK, content_type, metrics(state).into()),
        );
    }
    let headers = request.headers();
    if path.ends_with("/mirrorlist") {
        return (
            Handler::Mirrorlist,
            mirrorlist_handler(state, Endpoint::Mirrorlist, query, headers, peer, now),
        );
    }
    if path.ends_with("/metalink") {
        return (
            Handler::Metalink,
            mirrorlist_handler(state, Endpoint::Metalink, query, headers, peer, now),
        );
    }
    let live = state.live.load();
    let page = live.generation.as_ref().and_then(|c| {
        let path = decode_text(path)?;
        c.pages.reply(&path, headers)
    });
    if let Some(page) = page {
        return (Handler::Page, page);
    }
    let text = "We don't serve their kind here!";
    (Handler::Other, reply(StatusCode::NOT_FOUND, "text/plain", text.into()))
}
