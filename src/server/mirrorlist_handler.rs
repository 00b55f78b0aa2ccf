//! `…/mirrorlist` and `…/metalink`.

use std::cell::RefCell;
use std::net::IpAddr;

use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::answer::query::Query;
use crate::answer::respond::{Endpoint, Requester, ServingData, respond};
use crate::model::Timestamp;

use super::reply::{Reply, compressed, reply};
use super::state::ServerState;

/// In which proxies tell for whom they ask.
static FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

thread_local! {
    /// Orders need not be secret, only random.
    static RANDOM: RefCell<SmallRng> = RefCell::new(SmallRng::from_rng(&mut rand::rng()));
}

/// Answers one request. `peer` is who connected.
pub(super) fn mirrorlist_handler(
    state: &ServerState,
    endpoint: Endpoint,
    query: &str,
    headers: &HeaderMap,
    peer: IpAddr,
    now: Timestamp,
) -> Reply {
    let serving = state.serving.load();
    let Some(content) = &serving.content else {
        let text = "no data is loaded yet\n";
        return reply(StatusCode::SERVICE_UNAVAILABLE, "text/plain", text.into());
    };
    let query = Query::parse(query);
    let asker = identify_client(&query, headers, peer, |ip| state.options.trusts(ip));
    let world = ServingData {
        index: &content.index,
        atlas: &serving.atlas,
        inputs: &serving.inputs,
        minimum: state.options.minimum,
        max_mirrors: state.options.max_mirrors,
        created: content.as_of,
    };
    let (answer, visit) = RANDOM.with_borrow_mut(|random| respond(world, endpoint, &query, asker, now, random));
    if let (Some(log), Some(visit)) = (&state.access_log, visit)
        && !log.write(visit, now)
    {
        state.metrics.dropped_lines.inc();
    }
    state.metrics.tier(answer.tier);
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = compressed(status, answer.content_type, answer.body, headers);
    if answer.tier.is_some()
        && let Some(value) = &state.cache_control
    {
        reply.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    if let Some(value) = answer.location.and_then(|l| HeaderValue::from_str(&l).ok()) {
        reply.headers_mut().insert(LOCATION, value);
    }
    reply
}

/// Whom the answer is for: `ip=`, else the last element of X-Forwarded-For, both only on the word of a trusted peer; else the
/// peer. None when what a trusted peer says is no address. An IPv4 address in the guise of an IPv6 one is taken for what it is.
///
/// A proxy is trusted for what it says of the connection; the query that it hands on is the client's own. So an `ip=` that came
/// through a proxy chooses a place, and opens no private host. Why it is sent where it is sent, only a client that is trusted
/// itself is told.
fn identify_client(
    query: &Query<'_>,
    headers: &HeaderMap,
    peer: IpAddr,
    trusts: impl Fn(IpAddr) -> bool,
) -> Option<Requester> {
    let known = |ip: IpAddr| Requester {
        ip: ip.to_canonical(),
        is_authenticated: true,
        is_trusted: trusts(ip.to_canonical()),
    };
    if !trusts(peer) {
        return Some(known(peer));
    }
    let forwarded = headers.get_all(&FORWARDED).iter().next_back();
    let read = |value: &HeaderValue| {
        // What stands before the last comma is the client's own, whatever bytes it is of.
        let last = value.as_bytes().rsplit(|b| *b == b',').next().unwrap_or_default();
        std::str::from_utf8(last).ok()?.trim().parse().ok().map(known)
    };
    if let Some(text) = &query.ip {
        let behind = forwarded.map(|value| read(value).is_some_and(|a| a.is_trusted));
        return Some(Requester {
            is_authenticated: behind.is_none(),
            is_trusted: behind.unwrap_or(true),
            ..known(text.parse().ok()?)
        });
    }
    forwarded.map_or_else(|| Some(known(peer)), read)
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
        identify_client(&Query::parse(query), &headers, peer, |ip| trusted && ip == peer).map(|asker| {
            let guess = if asker.is_authenticated { "" } else { "?" };
            format!("{}{guess}", asker.ip)
        })
    }

    #[test]
    fn only_trusted_peers_speak_for_others() {
        assert_eq!(ask("ip=10.0.0.1", &["10.0.0.2"], false).unwrap(), "192.0.2.1");
        assert_eq!(ask("ip=10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(ask("", &["10.0.0.2, 10.0.0.3"], true).unwrap(), "10.0.0.3");
        assert_eq!(ask("", &["10.0.0.2", "2001:db8::1"], true).unwrap(), "2001:db8::1");
        assert_eq!(ask("", &[], true).unwrap(), "192.0.2.1");
    }

    #[test]
    fn what_a_client_says_through_a_proxy_is_a_guess() {
        assert_eq!(ask("ip=10.0.0.1", &["10.0.0.2"], true).unwrap(), "10.0.0.1?");
        assert_eq!(ask("ip=10.0.0.1", &["rubbish"], true).unwrap(), "10.0.0.1?");
    }

    #[test]
    fn mapped_addresses_are_taken_for_what_they_are() {
        assert_eq!(ask("ip=::ffff:10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(ask("", &["::ffff:10.0.0.2"], true).unwrap(), "10.0.0.2");
    }

    #[test]
    fn what_is_no_address_is_none() {
        assert_eq!(ask("ip=999.1.1.1", &[], true), None);
        assert_eq!(ask("ip=", &[], true), None);
        assert_eq!(ask("", &["rubbish"], true), None);
        assert_eq!(ask("", &["10.0.0.1, \u{e4}"], true), None);
        assert_eq!(ask("", &["\u{e4}, 10.0.0.1"], true).unwrap(), "10.0.0.1");
    }
}
