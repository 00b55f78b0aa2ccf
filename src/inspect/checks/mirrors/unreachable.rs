//! The common cause of unreachable hosts: their AS or their address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use itertools::Itertools as _;

use crate::answer::geo;
use crate::sys::http::resolve;
use crate::sys::{parallel, regular_file};

/// A group of fewer hosts is a coincidence.
const MIN_GROUP: usize = 3;
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_LOOKUPS: usize = 256;

/// Where an unreachable host is, as far as known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UnreachableHost {
    pub(super) asn: Option<u32>,
    pub(super) addresses: BTreeSet<IpAddr>,
}

/// The AS of a host in the registry, and the host names and ports of its URLs.
pub(super) type RegisteredHost = (Option<u32>, BTreeSet<(String, u16)>);

/// Describes the AS and the address that most of the hosts have in common, if there is one.
pub(super) fn describe_groups(hosts: &[UnreachableHost]) -> Vec<String> {
    let all = hosts.len();
    let by_asn = hosts.iter().filter_map(|h| h.asn).counts();
    let by_address = hosts.iter().flat_map(|h| &h.addresses).counts();
    let asn = largest(by_asn, all).map(|(asn, n)| format!("{n} of {all} unreachable mirrors are in AS {asn}"));
    let address =
        largest(by_address, all).map(|(ip, n)| format!("{n} of {all} unreachable mirrors have the address {ip}"));
    asn.into_iter().chain(address).collect()
}

/// Returns the largest group if it has more than half of all members.
fn largest<K: Ord>(groups: impl IntoIterator<Item = (K, usize)>, all: usize) -> Option<(K, usize)> {
    let largest = groups
        .into_iter()
        .max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
    largest.filter(|(_, n)| *n >= MIN_GROUP && n * 2 > all)
}

/// Looks up the addresses of each host, and the AS of those whose AS the registry does not have.
/// Lookups take at most a few seconds; what they do not find is left out.
pub(super) fn locate(asn_table: &Path, hosts: Vec<RegisteredHost>) -> Vec<UnreachableHost> {
    if hosts.len() < MIN_GROUP {
        return hosts
            .into_iter()
            .map(|(asn, _)| UnreachableHost {
                asn,
                ..Default::default()
            })
            .collect();
    }
    let names: BTreeSet<&(String, u16)> = hosts
        .iter()
        .flat_map(|(_, servers)| servers)
        .take(MAX_LOOKUPS)
        .collect();
    let lookup = |(host, port): &(String, u16)| {
        let found = resolve::addresses(&format!("{host}:{port}"), LOOKUP_TIMEOUT, true);
        found.map(|all| all.iter().map(std::net::SocketAddr::ip).collect::<BTreeSet<_>>())
    };
    let found = parallel::map(&names, names.len(), |name| lookup(name));
    let found = names
        .iter()
        .zip(found)
        .filter_map(|(name, found)| Some((*name, found.ok()?.ok()?)));
    let addresses: BTreeMap<&(String, u16), BTreeSet<IpAddr>> = found.collect();
    let needs_table = hosts.iter().any(|(asn, _)| asn.is_none()) && !asn_table.as_os_str().is_empty();
    let table = needs_table
        .then(|| regular_file::read(asn_table, geo::MAX_BYTES).ok())
        .flatten();
    let table = table.and_then(|bytes| geo::parse_asns(bytes).ok());
    let locate = |(asn, servers): &RegisteredHost| {
        let addresses: BTreeSet<IpAddr> = servers
            .iter()
            .filter_map(|s| addresses.get(s))
            .flatten()
            .copied()
            .collect();
        let from_table = || {
            addresses
                .iter()
                .find_map(|ip| table.as_ref()?.get(*ip))
                .filter(|asn| *asn != 0)
        };
        UnreachableHost {
            asn: asn.or_else(from_table),
            addresses,
        }
    };
    hosts.iter().map(locate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(asn: Option<u32>, addresses: &[&str]) -> UnreachableHost {
        UnreachableHost {
            asn,
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn the_group_with_most_hosts_is_named() {
        let mut hosts = vec![host(Some(64_500), &[]); 58];
        hosts.extend([
            host(Some(64_501), &["192.0.2.1"]),
            host(None, &["192.0.2.1"]),
            host(None, &[]),
        ]);
        assert_eq!(
            describe_groups(&hosts),
            ["58 of 61 unreachable mirrors are in AS 64500"]
        );
        let one_server = vec![
            host(None, &["192.0.2.1", "2001:db8::1"]),
            host(Some(1), &["192.0.2.1"]),
            host(None, &["192.0.2.1"]),
        ];
        assert_eq!(
            describe_groups(&one_server),
            ["3 of 3 unreachable mirrors have the address 192.0.2.1"]
        );
        for coincidence in [
            vec![host(Some(1), &["192.0.2.1"]); 2],
            vec![
                host(Some(1), &[]),
                host(Some(1), &[]),
                host(Some(1), &[]),
                host(Some(2), &[]),
                host(None, &[]),
                host(None, &[]),
            ],
            vec![],
        ] {
            assert_eq!(describe_groups(&coincidence), [""; 0], "{coincidence:?}");
        }
    }

    #[test]
    fn addresses_and_as_numbers_are_looked_up() {
        let dir = tempfile::tempdir().unwrap();
        let table = dir.path().join("asn.txt");
        std::fs::write(&table, "192.0.2.0/24 64500\n198.51.100.0/24 64501\n").unwrap();
        let server = |host: &str| BTreeSet::from([(host.to_owned(), 80)]);
        let hosts = vec![
            (None, server("192.0.2.7")),
            (Some(1), server("192.0.2.7")),
            (None, server("203.0.113.1")),
            (None, BTreeSet::new()),
        ];
        let expected = [
            host(Some(64_500), &["192.0.2.7"]),
            host(Some(1), &["192.0.2.7"]),
            host(None, &["203.0.113.1"]),
            host(None, &[]),
        ];
        assert_eq!(locate(&table, hosts), expected);
    }
}
