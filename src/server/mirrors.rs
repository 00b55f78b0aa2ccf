//! `…/mirrorlist` and `…/metalink`.

use std::net::IpAddr;

use hyper::header::{HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode};

use crate::mirrorlist::answer::{Endpoint, World, answer};
use crate::mirrorlist::query::Query;
use crate::model::Epoch;

use super::reply::{Reply, reply};
use super::state::State;

/// Answers one request. `peer` is who connected.
pub(super) fn mirrors(
    state: &State,
    endpoint: Endpoint,
    query: &str,
    headers: &HeaderMap,
    peer: IpAddr,
    now: Epoch,
) -> Reply {
    let serving = state.serving.load();
    let Some(content) = &serving.content else {
        let text = "no data is loaded yet\n";
        return reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain", text.into());
    };
    let query = Query::parse(query);
    let ip = client(&query, headers, peer, state.options.trusts(peer));
    let world = World {
        index: &content.index,
        inputs: &serving.inputs,
        minimum: state.options.minimum,
        created: content.as_of,
    };
    let (answer, visit) = answer(world, endpoint, &query, ip, now, &mut rand::rng());
    if let (Some(log), Some(visit)) = (&state.access_log, visit)
        && !log.write(visit, now)
    {
        state.metrics.dropped_lines.inc();
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = reply(status, answer.content_type, answer.body.into());
    if let Some(value) = answer.location.and_then(|l| HeaderValue::from_str(&l).ok()) {
        reply.headers_mut().insert(LOCATION, value);
    }
    reply
}

/// Whom the answer is for: `ip=`, else the last element of X-Forwarded-For, both only on the word of a trusted peer; else the
/// peer. None when what a trusted peer says is no address.
fn client(query: &Query, headers: &HeaderMap, peer: IpAddr, trusted: bool) -> Option<IpAddr> {
    if !trusted {
        return Some(peer);
    }
    if let Some(text) = &query.ip {
        return text.parse().ok();
    }
    match headers.get_all("x-forwarded-for").iter().next_back() {
        None => Some(peer),
        Some(value) => {
            let list = value.to_str().ok()?;
            list.rsplit(',').next().unwrap_or("").trim().parse().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str, forwarded: &[&str], trusted: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for f in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(f.as_bytes()).unwrap());
        }
        let peer = "192.0.2.1".parse().unwrap();
        client(&Query::parse(query), &headers, peer, trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn only_trusted_peers_speak_for_others() {
        assert_eq!(ask("ip=10.0.0.1", &["10.0.0.2"], false).unwrap(), "192.0.2.1");
        assert_eq!(ask("ip=10.0.0.1", &["10.0.0.2"], true).unwrap(), "10.0.0.1");
        assert_eq!(ask("", &["10.0.0.2, 10.0.0.3"], true).unwrap(), "10.0.0.3");
        assert_eq!(ask("", &["10.0.0.2", "2001:db8::1"], true).unwrap(), "2001:db8::1");
        assert_eq!(ask("", &[], true).unwrap(), "192.0.2.1");
    }

    #[test]
    fn what_is_no_address_is_none() {
        assert_eq!(ask("ip=999.1.1.1", &[], true), None);
        assert_eq!(ask("ip=", &[], true), None);
        assert_eq!(ask("", &["rubbish"], true), None);
        assert_eq!(ask("", &["10.0.0.1, \u{e4}"], true), None);
    }
}
