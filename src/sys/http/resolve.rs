//! Name resolution: once per agent, with a timeout, and without private addresses unless they are allowed. [`addresses`] applies the same
//! policy for programs that connect by themselves.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::FetchError;

/// The reason why a name has no usable address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NoAddress {
    #[error("name not found")]
    Unknown,
    #[error("private addresses only")]
    Private,
    #[error("name lookup timed out")]
    Late,
}

type Addresses = Result<Vec<SocketAddr>, NoAddress>;

/// Returns the allowed addresses of `name` (`host:port`, IPv6 in brackets), in the order of the system.
pub(crate) fn addresses(name: &str, timeout: Duration, allow_private: bool) -> Addresses {
    select_allowed(lookup(name, timeout)?, allow_private)
}

fn select_allowed(mut addresses: Vec<SocketAddr>, allow_private: bool) -> Addresses {
    if addresses.is_empty() {
        return Err(NoAddress::Unknown);
    }
    addresses.retain(|a| allow_private || !is_private(a.ip()));
    if addresses.is_empty() {
        Err(NoAddress::Private)
    } else {
        Ok(addresses)
    }
}

/// Remembers every name for the life of the agent. Clones remember the same.
#[derive(Debug, Clone)]
pub(super) struct CachingResolver {
    allow_private: bool,
    timeout: Duration,
    known: Arc<Mutex<HashMap<String, Addresses>>>,
}

impl CachingResolver {
    pub(super) fn new(allow_private: bool, timeout: Duration) -> Self {
        Self {
            allow_private,
            timeout,
            known: Arc::default(),
        }
    }

    /// Returns the allowed addresses of a host name or address (IPv6 in brackets).
    pub(super) fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        self.find(&format!("{host}:{port}")).map_err(|why| match why {
            NoAddress::Unknown => FetchError::Dns(host.to_owned()),
            NoAddress::Private => FetchError::PrivateAddress(host.to_owned()),
            NoAddress::Late => FetchError::Timeout(LOOKUP_TIMEOUT.to_string()),
        })
    }

    fn find(&self, name: &str) -> Addresses {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(name) {
            return found.clone();
        }
        // A failed lookup is not remembered, as it may be a temporary local error.
        let found = select_allowed(lookup(name, self.timeout)?, self.allow_private);
        known().insert(name.to_owned(), found.clone());
        found
    }
}

const LOOKUP_TIMEOUT: ureq::Error = ureq::Error::Timeout(ureq::Timeout::Resolve);

impl Resolver for CachingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let bad = || ureq::Error::BadUri(uri.to_string());
        let authority = uri.authority().ok_or_else(bad)?;
        let port = match (authority.port_u16(), uri.scheme_str()) {
            (Some(port), _) => port,
            (None, Some("http")) => 80,
            (None, Some("https")) => 443,
            (None, _) => return Err(bad()),
        };
        let found = self.find(&format!("{}:{port}", authority.host()));
        let all = found.map_err(|why| match why {
            NoAddress::Unknown => ureq::Error::HostNotFound,
            NoAddress::Private => ureq::Error::Other(Box::new(why)),
            NoAddress::Late => LOOKUP_TIMEOUT,
        })?;
        let mut out = self.empty();
        for address in config.ip_family().keep_wanted(all.into_iter()).take(16) {
            out.push(address);
        }
        if out.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(out)
    }
}

/// Resolves a name by the system. The system call cannot be interrupted, so it runs in a thread that is abandoned after the timeout.
/// A numeric address needs no call.
fn lookup(name: &str, timeout: Duration) -> Addresses {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let owned = name.to_owned();
    let started = std::thread::Builder::new().name("lookup".to_owned()).spawn(move || {
        // The receiver is dropped after the timeout.
        drop(sender.send(owned.to_socket_addrs().map(Vec::from_iter)));
    });
    started.map_err(|_| NoAddress::Unknown)?;
    let found = receiver.recv_timeout(timeout).map_err(|_| NoAddress::Late)?;
    found.map_err(|_| NoAddress::Unknown)
}

/// Returns true for an address outside the public Internet: private, loopback, link-local, shared, benchmark, multicast, reserved, or an
/// IPv6 address that embeds such an IPv4 address.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => is_private_v4(a),
        IpAddr::V6(a) => is_private_v6(a),
    }
}

fn is_private_v4(a: Ipv4Addr) -> bool {
    let [first, second, third, _] = a.octets();
    a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_multicast()
        || a.is_documentation()
        || first == 0
        || first >= 240
        || (first == 100 && second & 0xc0 == 64)
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && second & 0xfe == 18)
}

fn is_private_v6(a: Ipv6Addr) -> bool {
    let [s0, s1, s2, _, _, _, s6, s7] = a.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    a.is_loopback()
        || a.is_unspecified()
        || a.is_multicast()
        || a.is_unique_local()
        || a.is_unicast_link_local()
        // Site-local, deprecated but still in use (RFC 3879); local NAT64 (RFC 8215); Teredo (RFC 4380), which embeds the
        // address of the other end.
        || s0 & 0xffc0 == 0xfec0
        || (s0 == 0x64 && s1 == 0xff9b && s2 == 1)
        || (s0 == 0x2001 && s1 == 0)
        // Documentation, NAT64, 6to4, IPv4 mapped and IPv4 compatible.
        || (s0 == 0x2001 && s1 == 0x0db8)
        || (s0 == 0x64 && s1 == 0xff9b && embedded(s6, s7))
        || (s0 == 0x2002 && embedded(s1, s2))
        || (a.to_ipv4().is_some_and(is_private_v4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_detected_in_all_forms() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:ffff::1",
            "fec0::1",
            "feff::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001::1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "2a00:1450::1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:2::8.8.8.8",
            "2001:1::1",
            "2001:470::1",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
