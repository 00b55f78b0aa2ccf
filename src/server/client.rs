//! The client of a request: the peer, or the address that trusted proxies forward.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

/// Set by proxies to the address of the client.
static FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientAddress {
    pub(super) ip: IpAddr,
    /// True if a trusted proxy forwarded the request.
    pub(super) is_forwarded: bool,
}

/// Returns true if a request came through a proxy, judged by its headers only.
pub(super) fn has_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(&FORWARDED)
}

/// Determines the client: the peer or, if the peer is a trusted proxy, the rightmost entry of `X-Forwarded-For` that is not a trusted
/// proxy itself; the leftmost if all are. `None` if that entry is not an address. An IPv4 address written as IPv6 is treated as IPv4.
pub(super) fn client_address(
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<ClientAddress> {
    let direct = ClientAddress {
        ip: peer.to_canonical(),
        is_forwarded: false,
    };
    if !has_forwarded(headers) || !is_trusted(direct.ip) {
        return Some(direct);
    }
    // Everything to the left of an untrusted entry comes from the client, and may be any bytes.
    let entries = headers.get_all(&FORWARDED).iter().rev().map(HeaderValue::as_bytes);
    let mut leftmost = None;
    for entry in entries.flat_map(|value| value.rsplit(|b| *b == b',')) {
        let ip = parse_address(entry)?;
        leftmost = Some(ip);
        if !is_trusted(ip) {
            break;
        }
    }
    leftmost.map(|ip| ClientAddress { ip, is_forwarded: true })
}

/// Parses an address, with or without a port: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let ip = text.parse().or_else(|_| parse_with_port(text).ok_or(())).ok()?;
    Some(IpAddr::to_canonical(&ip))
}

#[cold]
fn parse_with_port(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse::<SocketAddr>().ok().map(|a| a.ip()).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client of a request from 192.0.2.1, where 192.0.2.0/24 and loopback are trusted.
    fn client(forwarded: &[&str], trusted: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for f in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(f.as_bytes()).unwrap());
        }
        let is_trusted = |ip: IpAddr| trusted && (ip.is_loopback() || ip.to_string().starts_with("192.0.2."));
        let found = client_address(&headers, "192.0.2.1".parse().unwrap(), is_trusted)?;
        assert_eq!(found.is_forwarded, trusted && !forwarded.is_empty());
        Some(found.ip.to_string())
    }

    #[test]
    fn only_trusted_proxies_can_set_the_client() {
        assert_eq!(client(&["10.0.0.2"], false).unwrap(), "192.0.2.1");
        assert_eq!(client(&[], true).unwrap(), "192.0.2.1");
        for (forwarded, expected) in [
            (&["10.0.0.3"][..], "10.0.0.3"),
            (&["10.0.0.2, 10.0.0.3"], "10.0.0.3"),
            (&["10.0.0.2", "2001:db8::1"], "2001:db8::1"),
            // Entries that trusted proxies made of each other are skipped.
            (&["10.0.0.2, 10.0.0.3, 192.0.2.9,127.0.0.1"], "10.0.0.3"),
            (&["10.0.0.2, 10.0.0.3", "192.0.2.9", "::1"], "10.0.0.3"),
            (&["192.0.2.8, 192.0.2.9"], "192.0.2.8"),
            (&["::ffff:10.0.0.2"], "10.0.0.2"),
        ] {
            assert_eq!(client(forwarded, true).unwrap(), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn ports_are_dropped() {
        for (entry, expected) in [
            ("10.0.0.2:80", "10.0.0.2"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(client(&[entry], true).unwrap(), expected);
        }
    }

    #[test]
    fn invalid_addresses_are_rejected() {
        for entry in [
            "rubbish",
            "",
            "10.0.0.1, \u{e4}",
            "10.0.0.1, unknown, 127.0.0.1",
            "10.0.0.1:x",
            "[10.0.0.1",
        ] {
            assert_eq!(client(&[entry], true), None, "{entry}");
        }
        assert_eq!(client(&["\u{e4}, 10.0.0.1"], true).unwrap(), "10.0.0.1");
    }
}
