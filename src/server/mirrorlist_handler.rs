//! `…/mirrorlist` and `…/metalink`.

use std::cell::RefCell;
use std::net::IpAddr;

use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::answer::query::Query;
use crate::answer::respond::{Endpoint, Requester, ServingData, respond};
use crate::answer::select::SelectionData;
use crate::model::Timestamp;

use super::reply::{Reply, compressed, text_reply};
use super::state::ServerState;

/// Set by proxies to the address of the client.
static FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

thread_local! {
    /// Orders must be random, but not secret.
    static RANDOM: RefCell<SmallRng> = RefCell::new(SmallRng::from_rng(&mut rand::rng()));
}

/// Builds the response to a request from `peer`.
pub(super) fn mirrorlist_handler(
    state: &ServerState,
    endpoint: Endpoint,
    query: &str,
    headers: &HeaderMap,
    peer: IpAddr,
    now: Timestamp,
) -> Reply {
    let live = state.live.load();
    let Some(generation) = &live.generation else {
        return text_reply(StatusCode::SERVICE_UNAVAILABLE, "no data is loaded yet\n");
    };
    let query = Query::parse(query);
    let requester = identify_client(&query, headers, peer, |ip| state.is_trusted(ip));
    let config = &state.options.config;
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let data = ServingData {
        selection: SelectionData {
            index: &generation.index,
            continents: &live.continents,
            min_mirrors: count(config.min_mirrors),
        },
        geo: &live.geo,
        max_mirrors: count(config.max_mirrors),
        as_of: generation.as_of,
    };
    let (response, record) = RANDOM.with_borrow_mut(|random| respond(data, endpoint, &query, requester, now, random));
    if let (Some(log), Some(record)) = (&state.access_log, record)
        && !log.write(record, now)
    {
        state.metrics.dropped_lines.inc();
    }
    state.metrics.count_tier(response.tier);
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = compressed(status, response.content_type, response.body, headers);
    if response.tier.is_some()
        && let Some(value) = &state.cache_control
    {
        reply.headers_mut().insert(CACHE_CONTROL, value.clone());
    }
    if let Some(value) = response.location.and_then(|l| HeaderValue::from_str(&l).ok()) {
        reply.headers_mut().insert(LOCATION, value);
    }
    reply
}

/// Determines the client: `ip=`, otherwise the last entry of `X-Forwarded-For`, both only if the peer is trusted;
/// otherwise the peer. None if a trusted peer sends an invalid address. An IPv4 address written as IPv6 is treated as
/// IPv4.
///
/// A proxy is trusted for the address of the connection, but the query that it forwards comes from the client: an
/// `ip=` that came through a proxy sets the location and reveals no private hosts. `explain=1` requires that the
/// client itself is trusted.
fn identify_client(
    query: &Query<'_>,
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<Requester> {
    let requester_at = |ip: IpAddr| Requester {
        ip: ip.to_canonical(),
        is_authenticated: true,
        is_trusted: is_trusted(ip.to_canonical()),
    };
    if !is_trusted(peer) {
        return Some(requester_at(peer));
    }
    let forwarded = headers.get_all(&FORWARDED).iter().next_back();
    let parse = |value: &HeaderValue| {
        // Everything before the last comma comes from the client, and may be any bytes.
        let last = value.as_bytes().rsplit(|b| *b == b',').next().unwrap_or_default();
        std::str::from_utf8(last).ok()?.trim().parse().ok().map(requester_at)
    };
    if let Some(text) = &query.ip {
        let trusted_client = forwarded.map(|value| parse(value).is_some_and(|a| a.is_trusted));
        return Some(Requester {
            is_authenticated: trusted_client.is_none(),
            is_trusted: trusted_client.unwrap_or(true),
            ..requester_at(text.parse().ok()?)
        });
    }
    forwarded.map_or_else(|| Some(requester_at(peer)), parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identify(query: &str, forwarded: &[&str], trusted: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for f in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(f.as_bytes()).unwrap());
        }
        let peer = "192.0.2.1".parse().unwrap();
        identify_client(&Query::parse(query), &headers, peer, |ip| trusted && ip == peer).map(|requester| {
            let mark = if requester.is_authenticated { "" } else { "?" };
            format!("{}{mark}", requester.ip)
        })
    }

    #[test]
    fn only_trusted_peers_can_set_the_client() {
        assert_eq!(identify("ip=10.0.0.1", &["10.0.0.2"], false).unwrap(), "192.0.2.1");
        assert_eq!(identify("ip=10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(identify("", &["10.0.0.2, 10.0.0.3"], true).unwrap(), "10.0.0.3");
        assert_eq!(identify("", &["10.0.0.2", "2001:db8::1"], true).unwrap(), "2001:db8::1");
        assert_eq!(identify("", &[], true).unwrap(), "192.0.2.1");
    }

    #[test]
    fn ip_parameter_through_a_proxy_is_not_authenticated() {
        assert_eq!(identify("ip=10.0.0.1", &["10.0.0.2"], true).unwrap(), "10.0.0.1?");
        assert_eq!(identify("ip=10.0.0.1", &["rubbish"], true).unwrap(), "10.0.0.1?");
    }

    #[test]
    fn ipv4_mapped_addresses_are_unmapped() {
        assert_eq!(identify("ip=::ffff:10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(identify("", &["::ffff:10.0.0.2"], true).unwrap(), "10.0.0.2");
    }

    #[test]
    fn invalid_addresses_are_rejected() {
        assert_eq!(identify("ip=999.1.1.1", &[], true), None);
        assert_eq!(identify("ip=", &[], true), None);
        assert_eq!(identify("", &["rubbish"], true), None);
        assert_eq!(identify("", &["10.0.0.1, \u{e4}"], true), None);
        assert_eq!(identify("", &["\u{e4}, 10.0.0.1"], true).unwrap(), "10.0.0.1");
    }
}
