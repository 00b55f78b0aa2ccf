//! Addresses: who routes them, where they are, and who asks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::mmdb::{Mmdb, MmdbValue};
use super::random::{COUNTRIES, Random};

/// A system: a few have most of the blocks.
pub(super) fn asn(random: &mut Random) -> u32 {
    let all = 75_000_usize;
    let skewed = random.below(all) * random.below(all) / all;
    u32::try_from(1_000 + skewed).unwrap()
}

/// An address of IPv4 that may be routed.
pub(super) fn address(random: &mut Random) -> u32 {
    let first = 1 + random.below(222);
    let rest = random.below(1 << 24);
    u32::try_from(if matches!(first, 10 | 127) { first + 1 } else { first } << 24 | rest).unwrap()
}

fn address6(random: &mut Random) -> u128 {
    const FIRST: [u128; 5] = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00];
    let upper = (FIRST[random.below(5)] + u128::try_from(random.below(16)).unwrap()) << 112;
    upper | u128::from(random.next()) << 48
}

/// Lines of `prefix asn`, as tables of routes have them: sorted, blocks within blocks, one in five of IPv6.
pub(super) fn prefixes(count: usize) -> String {
    const LENGTHS: [(usize, u8); 9] = [
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
    const LENGTHS6: [(usize, u8); 5] = [(48, 48), (14, 44), (12, 40), (6, 36), (20, 32)];
    let mut random = Random::new(8);
    let mut v4: BTreeSet<(u32, u8)> = BTreeSet::new();
    while v4.len() < count * 4 / 5 {
        let length = *random.weighted(&LENGTHS);
        v4.insert((address(&mut random) >> (32 - length) << (32 - length), length));
    }
    let mut v6: BTreeSet<(u128, u8)> = BTreeSet::new();
    while v4.len() + v6.len() < count {
        let length = *random.weighted(&LENGTHS6);
        v6.insert((address6(&mut random) >> (128 - length) << (128 - length), length));
    }
    let mut out = String::new();
    for (bits, length) in v4 {
        writeln!(out, "{}/{length} {}", Ipv4Addr::from(bits), asn(&mut random)).unwrap();
    }
    for (bits, length) in v6 {
        writeln!(out, "{}/{length} {}", Ipv6Addr::from(bits), asn(&mut random)).unwrap();
    }
    out
}

/// A country database: blocks of a /16 and smaller ones for all of IPv4, blocks of a /24 for what is given of IPv6.
pub(super) fn countries() -> Vec<u8> {
    let mut random = Random::new(9);
    let mut made = Mmdb::new("Test-Country", 1_750_000_000);
    for block in 1_u32 << 8..224 << 8 {
        if matches!(block >> 8, 10 | 127) {
            continue;
        }
        // One country for many of them; others are in pieces.
        let length = [16_u8, 16, 16, 18, 18, 19, 20, 21][random.below(8)];
        let home = *random.weighted(&COUNTRIES);
        for piece in 0..1_u32 << (length - 16) {
            let country = if random.percent(70) {
                home
            } else {
                random.weighted(&COUNTRIES)
            };
            let begin = Ipv4Addr::from(block << 16 | piece << (32 - length));
            made.insert(&format!("{begin}/{length}"), &MmdbValue::country(country));
        }
    }
    for first in [0x2001_u16, 0x2400, 0x2600, 0x2800, 0x2a00] {
        for low in 0..16 {
            for second in (0..=u16::MAX).step_by(256) {
                let net = Ipv6Addr::new(first + low, second, 0, 0, 0, 0, 0, 0);
                let country = *random.weighted(&COUNTRIES);
                made.insert(&format!("{net}/24"), &MmdbValue::country(country));
            }
        }
    }
    made.bytes()
}

/// Addresses of clients, one a line: nine of ten of IPv4.
pub(super) fn clients(count: usize) -> String {
    let mut random = Random::new(10);
    let mut out = String::new();
    for n in 0..count {
        let ip = if n % 10 == 9 {
            IpAddr::from(Ipv6Addr::from(address6(&mut random) | 1))
        } else {
            IpAddr::from(Ipv4Addr::from(address(&mut random)))
        };
        writeln!(out, "{ip}").unwrap();
    }
    out
}
