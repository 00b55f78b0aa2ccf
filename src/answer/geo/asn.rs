//! Origin systems of address blocks: text lines `prefix asn`, or a database in the `mmdb` format.

use ipnet::IpNet;
use maxminddb::WithinOptions;

use super::InputError;
use super::geo::open;
use crate::answer::prefix::{RangeTable, RangeTableBuilder};

/// What stands before the metadata of every mmdb file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// A new table with a smaller share of the old one's ranges is refused; percent.
const MIN_LEFT: usize = 90;

/// Reads a file of either kind: an mmdb file is known by its marker.
pub fn parse_asns(bytes: &[u8]) -> Result<RangeTable, InputError> {
    if bytes.windows(MARKER.len()).rev().take(128 << 10).any(|w| w == MARKER) {
        from_mmdb(bytes.to_vec())
    } else {
        from_text(bytes)
    }
}

/// Reads `prefix asn` lines. Blocks of length 0 are left out; the file must end with a line feed, or it was cut off.
fn from_text(text: &[u8]) -> Result<RangeTable, InputError> {
    let text = std::str::from_utf8(text).map_err(|e| InputError::File(format!("it is no text: {e}")))?;
    if text.is_empty() {
        return Err(InputError::File("it is empty".into()));
    }
    if !text.ends_with('\n') {
        return Err(InputError::File(
            "its last line does not end: the file was cut off".into(),
        ));
    }
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let mut blocks = RangeTableBuilder::with_capacity(lines);
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((begin, length, asn)) = plain_line(line.as_bytes()) {
            blocks.add_v4(begin, length, asn);
            continue;
        }
        if let Some((begin, length, asn)) = plain_line_v6(line.as_bytes()) {
            blocks.add_v6(begin, length, asn);
            continue;
        }
        let why = |why: &str| InputError::Line {
            line: number,
            why: format!("{:?} {why}", line.chars().take(60).collect::<String>()),
        };
        let mut fields = line.split_ascii_whitespace();
        let (Some(prefix), Some(asn), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(why("is not a prefix and an AS number"));
        };
        let net: IpNet = prefix
            .parse()
            .map_err(|_| why("does not begin with a prefix such as 192.0.2.0/24"))?;
        let asn: u32 = asn.parse().map_err(|_| why("does not end with an AS number"))?;
        if net.prefix_len() > 0 {
            blocks.add(net.trunc(), asn);
        }
    }
    Ok(blocks.flatten())
}

/// A line of IPv4 as almost all of a million are, read in one go: `192.0.2.0/24 64500`, with a length that is not 0. Whatever
/// looks otherwise in any way is none, and is read with care.
fn plain_line(line: &[u8]) -> Option<(u32, u8, u32)> {
    let mut rest = line;
    let mut begin = 0;
    for end in [b'.', b'.', b'.', b'/'] {
        begin = begin << 8 | u32::from(u8::try_from(number(&mut rest, end)?).ok()?);
    }
    let length = u8::try_from(number(&mut rest, b' ')?)
        .ok()
        .filter(|n| (1..=32).contains(n))?;
    let asn = number(&mut rest, b'\n')?;
    let mask = u32::MAX << (32 - u32::from(length));
    Some((begin & mask, length, asn))
}

/// The same of IPv6, where most blocks are some groups and a `::` at the end: `2001:db8:7::/48 64500`.
fn plain_line_v6(line: &[u8]) -> Option<(u128, u8, u32)> {
    let mut rest = line;
    let (mut begin, mut group) = (0_u128, 0_u128);
    let (mut groups, mut digits) = (0_u32, 0_u32);
    loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        if *first == b':' {
            // Between groups, or the end of them: then the other of two.
            if digits == 0 {
                break;
            }
            begin |= group << (112 - 16 * groups);
            (group, digits) = (0, 0);
            groups += 1;
        } else {
            group = group << 4 | u128::from(char::from(*first).to_digit(16)?);
            digits += 1;
        }
        if groups == 7 || digits > 4 {
            return None;
        }
    }
    rest = rest.strip_prefix(b"/").filter(|_| groups > 0)?;
    let length = u8::try_from(number(&mut rest, b' ')?)
        .ok()
        .filter(|n| (1..=128).contains(n))?;
    let asn = number(&mut rest, b'\n')?;
    let mask = u128::MAX << (128 - u32::from(length));
    Some((begin & mask, length, asn))
}

/// A number without a leading zero, and what ends it: that byte, or for a line feed the end of the line.
fn number(rest: &mut &[u8], end: u8) -> Option<u32> {
    let mut value = 0_u32;
    let mut digits = 0_usize;
    loop {
        let next = match rest.split_first() {
            Some((first, behind)) => {
                *rest = behind;
                *first
            }
            None => b'\n',
        };
        if next == end && digits > 0 {
            return Some(value);
        }
        if !next.is_ascii_digit() || (digits > 0 && value == 0) {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u32::from(next - b'0'))?;
        digits += 1;
    }
}

/// Takes the blocks out of an mmdb file: GeoLite2-ASN's `autonomous_system_number`, else `asn` as a number or as `AS64500`.
fn from_mmdb(bytes: Vec<u8>) -> Result<RangeTable, InputError> {
    let bad = |e| InputError::File(format!("it is no sound MaxMind database: {e}"));
    let reader = open(bytes)?;
    let mut blocks = Vec::new();
    for found in reader.networks(WithinOptions::default()).map_err(bad)? {
        let found = found.map_err(bad)?;
        let number: Option<u32> = found
            .decode_path(&maxminddb::path!["autonomous_system_number"])
            .map_err(bad)?;
        let number = match number {
            Some(n) => Some(n),
            None => plain(&found),
        };
        let net = found.network().map_err(bad)?;
        if let (Some(asn), Ok(net)) = (number, IpNet::new(net.ip(), net.prefix()))
            && net.prefix_len() > 0
        {
            blocks.push((net.trunc(), asn));
        }
    }
    if blocks.is_empty() {
        return Err(InputError::File(
            "it names no AS number; is it a country database? GeoLite2-ASN.mmdb is one of AS numbers".into(),
        ));
    }
    Ok(RangeTable::new(blocks))
}

fn plain(found: &maxminddb::LookupResult<'_, Vec<u8>>) -> Option<u32> {
    let path = maxminddb::path!["asn"];
    if let Ok(Some(number)) = found.decode_path::<u32>(&path) {
        return Some(number);
    }
    let text: &str = found.decode_path(&path).ok()??;
    text.trim_start_matches("AS").parse().ok()
}

/// Whether a sound table may take the place of the old one: a text that was cut between two lines is sound, and shorter.
pub fn check_asns(new: &RangeTable, old: Option<&RangeTable>) -> Result<(), InputError> {
    let before = old.map_or(0, RangeTable::len);
    if new.len().saturating_mul(100) < before.saturating_mul(MIN_LEFT) {
        return Err(InputError::File(format!(
            "it has {} ranges and the one before has {before}, at least {MIN_LEFT} % of which must be left; was it cut off? If the \
             new file is right, restart the server, which then has nothing to compare with",
            new.len()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::answer::geo::mmdb::{Mmdb, MmdbValue};

    fn ip(s: &str) -> IpAddr {
        s.parse().unwrap()
    }

    #[test]
    fn asn_lines_are_read_or_refused_with_their_number() {
        let t = parse_asns(b"0.0.0.0/0 1\n10.0.0.0/8 64999\n10.2.0.0/16 64501\n2001:db8::/32 7\n").unwrap();
        assert_eq!(t.get(ip("10.2.3.4")), Some(64_501));
        assert_eq!(t.get(ip("10.3.3.4")), Some(64_999));
        assert_eq!(t.get(ip("9.9.9.9")), None);
        assert_eq!(t.get(ip("2001:db8::1")), Some(7));
        for (bad, says) in [
            ("10.0.0.0/8 1\n\n", "line 2"),
            ("\n", "line 1"),
            ("10.0.0.0/8\n", "line 1"),
            ("10.0.0.0/8 1 2\n", "line 1"),
            ("10.0.0.0/99 1\n", "line 1"),
            ("10.0.0.0/8 x\n", "line 1"),
            ("10.0.0.0/8 64", "cut off"),
            ("", "empty"),
        ] {
            let e = parse_asns(bad.as_bytes()).unwrap_err().to_string();
            assert!(e.contains(says), "{bad:?}: {e}");
        }
        assert!(parse_asns(b"\xff\n").is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_in_one_go_is_what_is_read_with_care(line in "[0-9]{1,3}\\.(0|1|25[0-9]|01)\\.[0-9]{0,3}\\.[0-9]{1,2}[/ ][0-9]{0,2}[ /]{1,2}[0-9]{1,11} ?") {
            let careful = || {
                let mut fields = line.split_ascii_whitespace();
                let net: IpNet = fields.next()?.parse().ok()?;
                let asn: u32 = fields.next()?.parse().ok()?;
                let IpNet::V4(net) = net.trunc() else { return None };
                fields.next().is_none().then(|| (net.network().to_bits(), net.prefix_len(), asn))
            };
            if let Some(plain) = plain_line(line.as_bytes()) {
                prop_assert_eq!(Some(plain), careful());
            }
        }

        #[test]
        fn so_it_is_with_ipv6(line in "([0-9a-fA-F]{0,5}:){0,7}[0-9a-f]{0,2}:{0,2}/[0-9]{1,3} [0-9]{1,11} ?") {
            let careful = || {
                let mut fields = line.split_ascii_whitespace();
                let net: IpNet = fields.next()?.parse().ok()?;
                let asn: u32 = fields.next()?.parse().ok()?;
                let IpNet::V6(net) = net.trunc() else { return None };
                fields.next().is_none().then(|| (net.network().to_bits(), net.prefix_len(), asn))
            };
            if let Some(plain) = plain_line_v6(line.as_bytes()) {
                prop_assert_eq!(Some(plain), careful());
            }
        }
    }

    #[test]
    fn most_blocks_of_ipv6_are_read_in_one_go() {
        let wanted = 0x2001_0db8_00c7_u128 << 80;
        assert_eq!(plain_line_v6(b"2001:db8:C7::/48 64500"), Some((wanted, 48, 64_500)));
        for other in [
            "",
            "::/8 1",
            "2001:db8/32 1",
            "2001:::/32 1",
            "2001:db8:7::1/48 1",
            "12345::/32 1",
            "2001::/0 1",
        ] {
            assert_eq!(plain_line_v6(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn plain_lines_are_read_in_one_go() {
        assert_eq!(plain_line(b"192.0.2.77/24 64500"), Some((0xc000_0200, 24, 64_500)));
        assert_eq!(
            plain_line(b"255.255.255.255/32 4294967295"),
            Some((u32::MAX, 32, u32::MAX))
        );
        for other in [
            "",
            "10.0.0.0/0 1",
            "10.0.0.0/33 1",
            "010.0.0.0/8 1",
            "10.0.0/8 1",
            "10.0.0.0/8  1",
            "10.0.0.0/8 1 2",
            "10.0.0.0/8 1\r",
        ] {
            assert_eq!(plain_line(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn databases_of_as_numbers_give_the_same_table_as_text() {
        let blocks = [("10.0.0.0/8", 64_999), ("10.2.0.0/16", 64_501), ("2001:db8::/32", 7)];
        for kind in ["autonomous_system_number", "asn", "text"] {
            let mut made = Mmdb::new("Test-ASN", 7);
            for (net, asn) in blocks {
                made.insert(
                    net,
                    &match kind {
                        "text" => MmdbValue::Map(vec![("asn".into(), MmdbValue::Text(format!("AS{asn}")))]),
                        key => MmdbValue::Map(vec![(key.into(), MmdbValue::Number(asn))]),
                    },
                );
            }
            let t = parse_asns(&made.bytes()).unwrap();
            for (ask, asn) in [
                ("10.2.3.4", Some(64_501)),
                ("10.3.3.4", Some(64_999)),
                ("10.255.255.255", Some(64_999)),
                ("11.0.0.0", None),
                ("2001:db8::1", Some(7)),
                ("2001:db9::1", None),
            ] {
                assert_eq!(t.get(ip(ask)), asn, "{kind} {ask}");
            }
        }
        let mut made = Mmdb::new("Test-Country", 7);
        made.insert("10.0.0.0/8", &MmdbValue::country("DE"));
        let e = parse_asns(&made.bytes()).unwrap_err().to_string();
        assert!(e.contains("country database"), "{e}");
    }

    #[test]
    fn no_truncation_takes_the_place_of_the_whole() {
        let lines: Vec<String> = (0..50).map(|n| format!("10.{n}.0.0/16 {}\n", 64_500 + n)).collect();
        let text = lines.concat();
        let whole = parse_asns(text.as_bytes()).unwrap();
        let mut taken = 0;
        for end in 0..text.len() {
            if let Ok(t) = parse_asns(&text.as_bytes()[..end])
                && check_asns(&t, Some(&whole)).is_ok()
            {
                taken += 1;
                assert!(end > text.len() * 8 / 10, "cut at {end} of {}", text.len());
            }
        }
        assert!(taken <= 5, "only between lines, and near the end: {taken}");
        assert!(check_asns(&whole, Some(&whole)).is_ok() && check_asns(&whole, None).is_ok());
        let mut made = Mmdb::new("Test-ASN", 7);
        made.insert(
            "10.0.0.0/8",
            &MmdbValue::Map(vec![("asn".into(), MmdbValue::Number(1))]),
        );
        let bytes = made.bytes();
        for end in 0..bytes.len() {
            assert!(parse_asns(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_flipped_bit_is_never_fatal() {
        let text = b"10.0.0.0/8 64999\n2001:db8::/32 7\n";
        let mut made = Mmdb::new("Test-ASN", 7);
        made.insert(
            "10.0.0.0/8",
            &MmdbValue::Map(vec![("asn".into(), MmdbValue::Number(1))]),
        );
        for bytes in [text.to_vec(), made.bytes()] {
            for bit in 0..bytes.len() * 8 {
                let mut bad = bytes.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                if let Ok(t) = parse_asns(&bad) {
                    let _: Option<u32> = t.get(ip("10.0.0.1"));
                }
            }
        }
    }
}
