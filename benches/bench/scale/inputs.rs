//! Generated inputs of a server: a routing table, a country database, and the addresses of clients.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::mmdb::{Mmdb, MmdbValue};
use super::random::{COUNTRIES, Random};

/// The build time of the country database, in 2025.
const COUNTRY_DATABASE_BUILT_AT: u64 = 1_750_000_000;
/// The first /16 of each group of [`IPV6_GROUP_SIZE`] successive ones from which IPv6 addresses are taken.
const IPV6_GROUPS: [u16; 5] = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00];
const IPV6_GROUP_SIZE: u16 = 16;
/// (percent, length)
const IPV4_PREFIX_LENGTHS: [(usize, u8); 9] = [
    (60, 24),
    (10, 23),
    (11, 22),
    (5, 21),
    (4, 20),
    (4, 19),
    (2, 18),
    (1, 17),
    (3, 16),
];
/// (percent, length)
const IPV6_PREFIX_LENGTHS: [(usize, u8); 5] = [(48, 48), (14, 44), (12, 40), (6, 36), (20, 32)];

/// Returns an ASN; low ones are more frequent, as a few autonomous systems have most of the routes.
pub(super) fn random_asn(random: &mut Random) -> u32 {
    let all = 75_000_usize;
    let skewed = random.below(all) * random.below(all) / all;
    u32::try_from(1_000 + skewed).unwrap()
}

/// Returns a unicast address that is neither in 10.0.0.0/8 nor in 127.0.0.0/8. The other private networks, such as 192.168.0.0/16,
/// are not left out.
pub(super) fn random_ipv4(random: &mut Random) -> u32 {
    let first_byte = match 1 + random.below(222) {
        excluded @ (10 | 127) => excluded + 1,
        other => other,
    };
    let rest = random.below(1 << 24);
    u32::try_from(first_byte << 24 | rest).unwrap()
}

/// Returns an address in [`IPV6_GROUPS`] whose last 48 bits are zero.
fn random_ipv6(random: &mut Random) -> u128 {
    let group = IPV6_GROUPS[random.below(IPV6_GROUPS.len())];
    let first_segment = usize::from(group) + random.below(usize::from(IPV6_GROUP_SIZE));
    u128::try_from(first_segment).unwrap() << 112 | u128::from(random.next()) << 48
}

/// Returns a routing table of `count` lines `prefix asn`: sorted, with prefixes within others, one in five of IPv6.
pub(super) fn routing_table(count: usize) -> String {
    let mut random = Random::from_seed(8);
    let mut v4: BTreeSet<(u32, u8)> = BTreeSet::new();
    while v4.len() < count * 4 / 5 {
        let length = *random.weighted(&IPV4_PREFIX_LENGTHS);
        v4.insert((random_ipv4(&mut random) >> (32 - length) << (32 - length), length));
    }
    let mut v6: BTreeSet<(u128, u8)> = BTreeSet::new();
    while v4.len() + v6.len() < count {
        let length = *random.weighted(&IPV6_PREFIX_LENGTHS);
        v6.insert((random_ipv6(&mut random) >> (128 - length) << (128 - length), length));
    }
    let mut out = String::new();
    for (network, length) in v4 {
        writeln!(out, "{}/{length} {}", Ipv4Addr::from(network), random_asn(&mut random)).unwrap();
    }
    for (network, length) in v6 {
        writeln!(out, "{}/{length} {}", Ipv6Addr::from(network), random_asn(&mut random)).unwrap();
    }
    out
}

/// Returns a country database with every unicast IPv4 /16 except those in 10.0.0.0/8 and 127.0.0.0/8, as a whole or in equal parts,
/// and with every /24 of [`IPV6_GROUPS`].
pub(super) fn country_database() -> Vec<u8> {
    let mut random = Random::from_seed(9);
    let mut database = Mmdb::new("Test-Country", COUNTRY_DATABASE_BUILT_AT);
    for block in 1_u32 << 8..224 << 8 {
        if matches!(block >> 8, 10 | 127) {
            continue;
        }
        let length = [16_u8, 16, 16, 18, 18, 19, 20, 21][random.below(8)];
        let main_country = *random.weighted(&COUNTRIES);
        for part in 0..1_u32 << (length - 16) {
            let country = if random.chance_percent(70) {
                main_country
            } else {
                random.weighted(&COUNTRIES)
            };
            let network = Ipv4Addr::from(block << 16 | part << (32 - length));
            database.insert(&format!("{network}/{length}"), &MmdbValue::country(country));
        }
    }
    for group in IPV6_GROUPS {
        for offset in 0..IPV6_GROUP_SIZE {
            // The first 24 bits are the first segment and half of the second.
            for second_segment in (0..=u16::MAX).step_by(256) {
                let network = Ipv6Addr::new(group + offset, second_segment, 0, 0, 0, 0, 0, 0);
                let country = *random.weighted(&COUNTRIES);
                database.insert(&format!("{network}/24"), &MmdbValue::country(country));
            }
        }
    }
    database.bytes()
}

/// Returns addresses of clients, one per line, nine of ten of IPv4.
pub(super) fn client_addresses(count: usize) -> String {
    let mut random = Random::from_seed(10);
    let mut out = String::new();
    for n in 0..count {
        let ip = if n % 10 == 9 {
            // The address that ends in zeros is that of the network.
            IpAddr::from(Ipv6Addr::from(random_ipv6(&mut random) | 1))
        } else {
            IpAddr::from(Ipv4Addr::from(random_ipv4(&mut random)))
        };
        writeln!(out, "{ip}").unwrap();
    }
    out
}
