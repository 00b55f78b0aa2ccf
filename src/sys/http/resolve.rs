//! Name resolution: once per agent, with a timeout, and without private addresses unless they are allowed. [`addresses`] applies the same
//! policy for programs that connect by themselves.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::FetchError;

/// The error for a name with private addresses only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OnlyPrivateAddresses;

impl fmt::Display for OnlyPrivateAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("private addresses only")
    }
}

impl std::error::Error for OnlyPrivateAddresses {}

#[derive(Debug, Clone)]
enum Found {
    Addresses(Vec<SocketAddr>),
    Nothing,
    Private,
}

impl Found {
    /// Selects the allowed addresses of a name.
    fn from_addresses(all: Vec<SocketAddr>, allow_private: bool) -> Self {
        let some = !all.is_empty();
        let usable: Vec<SocketAddr> = all
            .into_iter()
            .filter(|a| allow_private || !is_private(a.ip()))
            .collect();
        match (usable.is_empty(), some) {
            (false, _) => Self::Addresses(usable),
            (true, true) => Self::Private,
            (true, false) => Self::Nothing,
        }
    }
}

/// The reason why a name has no usable address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAddress {
    /// The name does not resolve.
    Unknown,
    /// It has only private addresses.
    Private,
    /// The lookup timed out.
    Late,
}

/// Returns the allowed addresses of `name` (`host:port`, IPv6 in brackets), in the order of the system.
pub(in crate::sys) fn addresses(
    name: &str,
    timeout: Duration,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, NoAddress> {
    match lookup(name, timeout) {
        Lookup::Late => Err(NoAddress::Late),
        Lookup::Failed => Err(NoAddress::Unknown),
        Lookup::Addresses(all) => match Found::from_addresses(all, allow_private) {
            Found::Addresses(usable) => Ok(usable),
            Found::Nothing => Err(NoAddress::Unknown),
            Found::Private => Err(NoAddress::Private),
        },
    }
}

/// Remembers every name for the life of the agent. Clones remember the same.
#[derive(Debug, Clone)]
pub(super) struct CachingResolver {
    allow_private: bool,
    timeout: Duration,
    known: Arc<Mutex<HashMap<String, Found>>>,
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
        match self.find(&format!("{host}:{port}")) {
            Ok(Found::Addresses(all)) => Ok(all),
            Ok(Found::Nothing) => Err(FetchError::Dns(host.to_owned())),
            Ok(Found::Private) => Err(FetchError::PrivateAddress(host.to_owned())),
            Err(e) => Err(FetchError::Timeout(e.to_string())),
        }
    }

    fn find(&self, name: &str) -> Result<Found, ureq::Error> {
        if let Some(found) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(found.clone());
        }
        let found = match lookup(name, self.timeout) {
            Lookup::Late => return Err(ureq::Error::Timeout(ureq::Timeout::Resolve)),
            // Not cached, as it may be a temporary local error.
            Lookup::Failed => return Ok(Found::Nothing),
            Lookup::Addresses(all) => Found::from_addresses(all, self.allow_private),
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

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
        let all = match self.find(&format!("{}:{port}", authority.host()))? {
            Found::Addresses(all) => all,
            Found::Nothing => return Err(ureq::Error::HostNotFound),
            Found::Private => return Err(ureq::Error::Other(Box::new(OnlyPrivateAddresses))),
        };
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

enum Lookup {
    Addresses(Vec<SocketAddr>),
    Failed,
    Late,
}

/// Resolves a name by the system. The system call cannot be interrupted, so it runs in a thread that is abandoned after the timeout.
/// A numeric address needs no call.
fn lookup(name: &str, timeout: Duration) -> Lookup {
    if let Ok(address) = name.parse::<SocketAddr>() {
        return Lookup::Addresses(vec![address]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let owned = name.to_owned();
    let started = std::thread::Builder::new().name("lookup".to_owned()).spawn(move || {
        // The receiver is gone after the timeout.
        drop(sender.send(owned.to_socket_addrs().map(Vec::from_iter)));
    });
    if started.is_err() {
        return Lookup::Failed;
    }
    match receiver.recv_timeout(timeout) {
        Ok(Ok(all)) => Lookup::Addresses(all),
        Ok(Err(_)) => Lookup::Failed,
        Err(_) => Lookup::Late,
    }
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
