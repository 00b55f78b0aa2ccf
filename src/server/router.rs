//! Which endpoint a request is for.

use std::net::IpAddr;
use std::time::Instant;

use hyper::header::{ALLOW, CONNECTION, HeaderValue};
use hyper::{Method, Request, StatusCode};

use crate::answer::index::IndexSource;
use crate::answer::query::MAX_QUERY;
use crate::answer::respond::Endpoint;

use super::health::{self, HealthProbe};
use super::metrics::{Handler, ServedData};
use super::mirrorlist_handler::mirrorlist_handler;
use super::reply::{Reply, reply};
use super::state::ServerState;

/// Answers a request; `peer` is who connected.
pub(super) fn handle<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> Reply {
    let begun = Instant::now();
    let (kind, reply) = route(state, request, peer);
    state.metrics.answered(kind, reply.status(), begun.elapsed());
    reply
}

/// The text of `/metrics`, with what is served now.
fn metrics(state: &ServerState) -> String {
    let serving = state.serving.load();
    let content = serving.content.as_ref();
    let served = ServedData {
        generation: content.and_then(|c| match &c.index.source {
            IndexSource::Generation(id) => Some(id.as_str()),
            IndexSource::Mm2Cache => None,
        }),
        as_of: content.map(|c| c.as_of),
        loaded_at: content.map(|c| c.loaded_at),
        geoip: serving.inputs.geoip.is_some(),
        asns: serving.inputs.asns.is_some(),
        built: [
            serving.inputs.geoip.as_ref().map(|g| g.built_at()),
            serving.inputs.asns_built,
        ],
    };
    state.metrics.render(served).unwrap_or_default()
}

fn route<B>(state: &ServerState, request: &Request<B>, peer: IpAddr) -> (Handler, Reply) {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are answered\n";
        let mut reply = reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain", text.into());
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        // Nobody reads the body that may follow.
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
    let now = super::now();
    let question = match path {
        "/healthz" => Some(HealthProbe::Alive),
        "/readyz" => Some(HealthProbe::Ready),
        "/freshz" => Some(HealthProbe::Fresh),
        _ => None,
    };
    if let Some(question) = question {
        return (Handler::Health, health::answer(question, &state.serving.load(), now));
    }
    if path == "/metrics" {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        return (Handler::Health, reply(StatusCode::OK, kind, metrics(state).into()));
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
    let serving = state.serving.load();
    let page = serving.content.as_ref().and_then(|c| {
        let path = crate::answer::query::decode_text(path)?;
        c.pages.answer(&path, headers)
    });
    if let Some(page) = page {
        return (Handler::Page, page);
    }
    let text = "We don't serve their kind here!";
    (Handler::Other, reply(StatusCode::NOT_FOUND, "text/plain", text.into()))
}
