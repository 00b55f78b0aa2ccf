//! `…/mirrorlist` and `…/metalink`.

use std::cell::RefCell;
use std::net::IpAddr;

use hyper::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::answer::query::Query;
use crate::answer::respond::{Endpoint, Requester, ServingData, respond};
use crate::answer::select::SelectionData;
use crate::model::Timestamp;

use super::client::{client_address, has_forwarded};
use super::reply::{Reply, compressed, text_reply};
use super::state::ServerState;

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
    let requester = identify_client(
        &query,
        headers,
        peer,
        |ip| state.is_trusted(ip),
        |ip| state.is_monitor(ip),
    );
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

/// Determines the client that mirrors are selected for: `ip=` from a trusted peer, otherwise the client of the request. None if a
/// trusted peer sends an invalid address.
///
/// A proxy is trusted for the address of the connection, but the query that it forwards comes from the client: an
/// `ip=` that came through a proxy sets the location and reveals no private hosts.
fn identify_client(
    query: &Query<'_>,
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
    is_monitor: impl Fn(IpAddr) -> bool,
) -> Option<Requester> {
    // Needed for this only: an address may be sent instead.
    let client = || client_address(headers, peer, &is_trusted);
    let may_explain = query.explain && client().is_some_and(|client| is_monitor(client.ip));
    if let Some(text) = query.ip.as_ref().filter(|_| is_trusted(peer)) {
        return Some(Requester {
            ip: text.parse::<IpAddr>().ok()?.to_canonical(),
            is_authenticated: !has_forwarded(headers),
            may_explain,
        });
    }
    client().map(|client| Requester {
        ip: client.ip,
        is_authenticated: true,
        may_explain,
    })
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn identify(query: &str, forwarded: &[&str], trusted: bool) -> Option<Requester> {
        let mut headers = HeaderMap::new();
        for f in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(f.as_bytes()).unwrap());
        }
        let peer: IpAddr = "192.0.2.1".parse().unwrap();
        let is_monitor = |ip| ip == peer || ip == IpAddr::from([10, 0, 0, 9]);
        identify_client(
            &Query::parse(query),
            &headers,
            peer,
            |ip| trusted && ip == peer,
            is_monitor,
        )
    }

    fn address(query: &str, forwarded: &[&str], trusted: bool) -> Option<String> {
        identify(query, forwarded, trusted).map(|requester| {
            let mark = if requester.is_authenticated { "" } else { "?" };
            format!("{}{mark}", requester.ip)
        })
    }

    #[test]
    fn only_trusted_peers_can_set_the_client() {
        assert_eq!(address("ip=10.0.0.1", &["10.0.0.2"], false).unwrap(), "192.0.2.1");
        assert_eq!(address("ip=10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(address("ip=::ffff:10.0.0.1", &[], true).unwrap(), "10.0.0.1");
        assert_eq!(address("", &["10.0.0.2"], true).unwrap(), "10.0.0.2");
        assert_eq!(address("ip=999.1.1.1", &[], true), None);
        assert_eq!(address("ip=", &[], true), None);
        assert_eq!(address("", &["rubbish"], true), None);
    }

    #[test]
    fn ip_parameter_through_a_proxy_is_not_authenticated() {
        assert_eq!(address("ip=10.0.0.1", &["10.0.0.2"], true).unwrap(), "10.0.0.1?");
        assert_eq!(address("ip=10.0.0.1", &["rubbish"], true).unwrap(), "10.0.0.1?");
    }

    #[test]
    fn only_monitors_get_explanations() {
        let may_explain = |query, forwarded, trusted| identify(query, forwarded, trusted).unwrap().may_explain;
        assert!(may_explain("explain=1", &[], false));
        assert!(may_explain("explain=1&ip=10.0.0.1", &[], true));
        assert!(may_explain("explain=1&ip=10.0.0.1", &["10.0.0.9"], true));
        assert!(!may_explain("explain=1&ip=10.0.0.9", &["10.0.0.1"], true));
        assert!(!may_explain("explain=1&ip=10.0.0.1", &["rubbish"], true));
        assert!(!may_explain("", &[], true));
    }
}
