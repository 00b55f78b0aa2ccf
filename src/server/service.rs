//! Which endpoint a request is for.

use std::net::IpAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::mirrorlist::answer::Endpoint;
use crate::mirrorlist::query::MAX_QUERY;

use super::health::{self, Question};
use super::metrics::{self, Kind};
use super::mirrors::mirrors;
use super::state::State;

/// An answer.
pub(super) type Reply = Response<Full<Bytes>>;

/// An answer with a body.
pub(super) fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Reply::new(Full::new(body));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// Answers a request; `peer` is who connected.
pub(super) fn handle<B>(state: &State, request: &Request<B>, peer: IpAddr) -> Reply {
    let (kind, reply) = route(state, request, peer);
    state.metrics.answered(kind, reply.status());
    reply
}

fn route<B>(state: &State, request: &Request<B>, peer: IpAddr) -> (Kind, Reply) {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are answered\n";
        let mut reply = reply(StatusCode::METHOD_NOT_ALLOWED, "text/plain", text.into());
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        // Nobody reads the body that may follow.
        reply
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        return (Kind::Other, reply);
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or(""));
    if path.len() + query.len() > MAX_QUERY {
        let text = "the request is too long\n";
        return (Kind::Other, reply(StatusCode::URI_TOO_LONG, "text/plain", text.into()));
    }
    let now = super::now();
    let question = match path {
        "/healthz" => Some(Question::Alive),
        "/readyz" => Some(Question::Ready),
        "/freshz" => Some(Question::Fresh),
        _ => None,
    };
    if let Some(question) = question {
        return (Kind::Health, health::answer(question, &state.serving.load(), now));
    }
    if path == "/metrics" {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        return (Kind::Health, reply(StatusCode::OK, kind, metrics::render(state).into()));
    }
    let headers = request.headers();
    if path.ends_with("/mirrorlist") {
        return (
            Kind::Mirrorlist,
            mirrors(state, Endpoint::Mirrorlist, query, headers, peer, now),
        );
    }
    if path.ends_with("/metalink") {
        return (
            Kind::Metalink,
            mirrors(state, Endpoint::Metalink, query, headers, peer, now),
        );
    }
    let serving = state.serving.load();
    let page = serving.content.as_ref().and_then(|c| {
        let path = crate::mirrorlist::query::decode_text(path)?;
        c.pages.answer(&path, headers)
    });
    if let Some(page) = page {
        return (Kind::Page, page);
    }
    let text = "We don't serve their kind here!";
    (Kind::Other, reply(StatusCode::NOT_FOUND, "text/plain", text.into()))
}
