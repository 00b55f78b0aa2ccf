//! ASNs of address blocks: text lines `prefix asn`, or a database in the `mmdb` format.

use ipnet::IpNet;
use maxminddb::WithinOptions;

use super::geoip::open;
use super::{InputError, parse_text};
use crate::answer::prefix::{RangeTable, RangeTableBuilder};
use crate::model::memory_budget::MemoryBudget;

/// Marker before the metadata of every mmdb file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// Percentage of the old table's ranges that a new one must have at least.
const MIN_RANGES_PERCENT: usize = 90;

/// Reads a file in either format; an mmdb file is recognized by its marker.
pub(crate) fn parse_asns(bytes: Vec<u8>) -> Result<RangeTable, InputError> {
    if bytes.windows(MARKER.len()).rev().take(128 << 10).any(|w| w == MARKER) {
        from_mmdb(bytes)
    } else {
        from_text(&bytes)
    }
}

/// Reads `prefix asn` lines. Blocks of length 0 are ignored. A file that does not end with a line feed was truncated.
fn from_text(text: &[u8]) -> Result<RangeTable, InputError> {
    let text = parse_text(text)?;
    if text.is_empty() {
        return Err(InputError::new("the file is empty"));
    }
    if !text.ends_with('\n') {
        return Err(InputError::new("no line feed at the end: the file was truncated"));
    }
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let mut blocks = RangeTableBuilder::new(MemoryBudget::for_file(text.len()));
    blocks.reserve_v4(lines)?;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((begin, length, asn)) = parse_v4_line(line.as_bytes()) {
            blocks.add_v4(begin, length, asn)?;
            continue;
        }
        if let Some((begin, length, asn)) = parse_v6_line(line.as_bytes()) {
            blocks.add_v6(begin, length, asn)?;
            continue;
        }
        let error = |why| InputError::in_line(number, why, line.chars().take(60).collect::<String>());
        let mut fields = line.split_ascii_whitespace();
        let (Some(prefix), Some(asn), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(error("expected a prefix and an AS number"));
        };
        let net: IpNet = prefix
            .parse()
            .map_err(|_| error("invalid prefix; expected, for example, 192.0.2.0/24"))?;
        let asn: u32 = asn.parse().map_err(|_| error("invalid AS number"))?;
        if net.prefix_len() > 0 {
            blocks.add(net, asn)?;
        }
    }
    Ok(blocks.flatten())
}

/// Fast path for an IPv4 line in the usual form: `192.0.2.0/24 64500`, with a length other than 0. Returns none for
/// any other form, which is then parsed in full.
fn parse_v4_line(line: &[u8]) -> Option<(u32, u8, u32)> {
    let mut rest = line;
    let mut begin = 0;
    for end in [b'.', b'.', b'.', b'/'] {
        begin = begin << 8 | u32::from(u8::try_from(take_number(&mut rest, end)?).ok()?);
    }
    let length = u8::try_from(take_number(&mut rest, b' ')?)
        .ok()
        .filter(|n| (1..=32).contains(n))?;
    let asn = take_number(&mut rest, b'\n')?;
    let mask = u32::MAX << (32 - u32::from(length));
    Some((begin & mask, length, asn))
}

/// Fast path for an IPv6 line in the usual form, some groups and a `::` at the end: `2001:db8:7::/48 64500`.
fn parse_v6_line(line: &[u8]) -> Option<(u128, u8, u32)> {
    let mut rest = line;
    let (mut begin, mut group) = (0_u128, 0_u128);
    let (mut groups, mut digits) = (0_u32, 0_u32);
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        if *first == b':' {
            // Between groups, or the first colon of the final `::`.
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
    let length = u8::try_from(take_number(&mut rest, b' ')?)
        .ok()
        .filter(|n| (1..=128).contains(n))?;
    let asn = take_number(&mut rest, b'\n')?;
    let mask = u128::MAX << (128 - u32::from(length));
    Some((begin & mask, length, asn))
}

/// Takes a number without a leading zero and the byte after it, which must be `end`; a line feed stands for the end of
/// the line.
fn take_number(rest: &mut &[u8], end: u8) -> Option<u32> {
    let mut value = 0_u32;
    let mut digits = 0_usize;
    loop {
        let next = match rest.split_first() {
            Some((first, after)) => {
                *rest = after;
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

/// Reads the blocks of an mmdb file: `autonomous_system_number` as in GeoLite2-ASN, otherwise `asn` as a number or as
/// `AS64500`.
fn from_mmdb(bytes: Vec<u8>) -> Result<RangeTable, InputError> {
    let mut blocks = RangeTableBuilder::new(MemoryBudget::for_file(bytes.len()));
    let reader = open(bytes)?;
    let mut is_empty = true;
    for found in reader.networks(WithinOptions::default())? {
        let found = found?;
        let number: Option<u32> = found.decode_path(&maxminddb::path!["autonomous_system_number"])?;
        let number = number.or_else(|| asn_field(&found));
        let net = found.network()?;
        if let (Some(asn), Ok(net)) = (number, IpNet::new(net.ip(), net.prefix()))
            && net.prefix_len() > 0
        {
            blocks.add(net, asn)?;
            is_empty = false;
        }
    }
    if is_empty {
        return Err(InputError::new(
            "the file contains no AS number; is it a country database? GeoLite2-ASN.mmdb contains AS numbers",
        ));
    }
    Ok(blocks.flatten())
}

fn asn_field(found: &maxminddb::LookupResult<'_, Vec<u8>>) -> Option<u32> {
    let path = maxminddb::path!["asn"];
    if let Ok(Some(number)) = found.decode_path::<u32>(&path) {
        return Some(number);
    }
    let text: &str = found.decode_path(&path).ok()??;
    text.trim_start_matches("AS").parse().ok()
}

/// Checks if a valid table may replace the old one: a text file that was truncated between two lines is valid, but
/// shorter.
pub(crate) fn check_asns(new: &RangeTable, old: Option<&RangeTable>) -> Result<(), InputError> {
    let before = old.map_or(0, RangeTable::len);
    if new.len().saturating_mul(100) < before.saturating_mul(MIN_RANGES_PERCENT) {
        return Err(InputError(format!(
            "the table has {} ranges, less than {MIN_RANGES_PERCENT} % of the {before} of the old one; was it truncated? If the \
             new file is correct, restart the server, which then has no old table to compare with",
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
    use crate::answer::geo::tests::mmdb::{Mmdb, MmdbValue};

    fn ip(s: &str) -> IpAddr {
        s.parse().unwrap()
    }

    fn parse(bytes: &[u8]) -> Result<RangeTable, InputError> {
        parse_asns(bytes.to_vec())
    }

    #[test]
    fn invalid_lines_are_rejected_with_their_number() {
        let t = parse(b"0.0.0.0/0 1\n10.0.0.0/8 64999\n10.2.0.0/16 64501\n2001:db8::/32 7\n").unwrap();
        assert_eq!(t.get(ip("10.2.3.4")), Some(64_501));
        assert_eq!(t.get(ip("10.3.3.4")), Some(64_999));
        assert_eq!(t.get(ip("9.9.9.9")), None);
        assert_eq!(t.get(ip("2001:db8::1")), Some(7));
        for (text, expected) in [
            ("10.0.0.0/8 1\n\n", "line 2"),
            ("\n", "line 1"),
            ("10.0.0.0/8\n", "line 1"),
            ("10.0.0.0/8 1 2\n", "line 1"),
            ("10.0.0.0/99 1\n", "line 1"),
            ("10.0.0.0/8 x\n", "line 1"),
            ("10.0.0.0/8 64", "truncated"),
            ("", "empty"),
        ] {
            let e = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(e.contains(expected), "{text:?}: {e}");
        }
        assert!(parse(b"\xff\n").is_err());
    }

    proptest! {
        #[test]
        fn ipv4_fast_path_equals_the_full_parser(line in "[0-9]{1,3}\\.(0|1|25[0-9]|01)\\.[0-9]{0,3}\\.[0-9]{1,2}[/ ][0-9]{0,2}[ /]{1,2}[0-9]{1,11} ?") {
            let full = || {
                let mut fields = line.split_ascii_whitespace();
                let net: IpNet = fields.next()?.parse().ok()?;
                let asn: u32 = fields.next()?.parse().ok()?;
                let IpNet::V4(net) = net.trunc() else { return None };
                fields.next().is_none().then(|| (net.network().to_bits(), net.prefix_len(), asn))
            };
            if let Some(plain) = parse_v4_line(line.as_bytes()) {
                prop_assert_eq!(Some(plain), full());
            }
        }

        #[test]
        fn ipv6_fast_path_equals_the_full_parser(line in "([0-9a-fA-F]{0,5}:){0,7}[0-9a-f]{0,2}:{0,2}/[0-9]{1,3} [0-9]{1,11} ?") {
            let full = || {
                let mut fields = line.split_ascii_whitespace();
                let net: IpNet = fields.next()?.parse().ok()?;
                let asn: u32 = fields.next()?.parse().ok()?;
                let IpNet::V6(net) = net.trunc() else { return None };
                fields.next().is_none().then(|| (net.network().to_bits(), net.prefix_len(), asn))
            };
            if let Some(plain) = parse_v6_line(line.as_bytes()) {
                prop_assert_eq!(Some(plain), full());
            }
        }
    }

    #[test]
    fn ipv6_fast_path_accepts_the_usual_form() {
        let wanted = 0x2001_0db8_00c7_u128 << 80;
        assert_eq!(parse_v6_line(b"2001:db8:C7::/48 64500"), Some((wanted, 48, 64_500)));
        for other in [
            "",
            "::/8 1",
            "2001:db8/32 1",
            "2001:::/32 1",
            "2001:db8:7::1/48 1",
            "12345::/32 1",
            "2001::/0 1",
        ] {
            assert_eq!(parse_v6_line(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn ipv4_fast_path_accepts_the_usual_form() {
        assert_eq!(parse_v4_line(b"192.0.2.77/24 64500"), Some((0xc000_0200, 24, 64_500)));
        assert_eq!(
            parse_v4_line(b"255.255.255.255/32 4294967295"),
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
            assert_eq!(parse_v4_line(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn mmdb_and_text_give_the_same_table() {
        let blocks = [("10.0.0.0/8", 64_999), ("10.2.0.0/16", 64_501), ("2001:db8::/32", 7)];
        for kind in ["autonomous_system_number", "asn", "text"] {
            let mut writer = Mmdb::new("Test-ASN", 7);
            for (net, asn) in blocks {
                writer.insert(
                    net,
                    &match kind {
                        "text" => MmdbValue::Map(vec![("asn".into(), MmdbValue::Text(format!("AS{asn}")))]),
                        key => MmdbValue::Map(vec![(key.into(), MmdbValue::Number(asn))]),
                    },
                );
            }
            let t = parse(&writer.bytes()).unwrap();
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
        let mut writer = Mmdb::new("Test-Country", 7);
        writer.insert("10.0.0.0/8", &MmdbValue::country("DE"));
        let e = parse(&writer.bytes()).unwrap_err().to_string();
        assert!(e.contains("country database"), "{e}");
    }

    #[test]
    fn truncated_files_are_rejected() {
        let lines: Vec<String> = (0..50).map(|n| format!("10.{n}.0.0/16 {}\n", 64_500 + n)).collect();
        let text = lines.concat();
        let whole = parse(text.as_bytes()).unwrap();
        let mut accepted = 0;
        for end in 0..text.len() {
            if let Ok(t) = parse(&text.as_bytes()[..end])
                && check_asns(&t, Some(&whole)).is_ok()
            {
                accepted += 1;
                assert!(end > text.len() * 8 / 10, "cut at {end} of {}", text.len());
            }
        }
        assert!(accepted <= 5, "only between lines near the end: {accepted}");
        assert!(check_asns(&whole, Some(&whole)).is_ok() && check_asns(&whole, None).is_ok());
        let mut writer = Mmdb::new("Test-ASN", 7);
        writer.insert(
            "10.0.0.0/8",
            &MmdbValue::Map(vec![("asn".into(), MmdbValue::Number(1))]),
        );
        let bytes = writer.bytes();
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn flipped_bits_do_not_panic() {
        let text = b"10.0.0.0/8 64999\n2001:db8::/32 7\n";
        let mut writer = Mmdb::new("Test-ASN", 7);
        writer.insert(
            "10.0.0.0/8",
            &MmdbValue::Map(vec![("asn".into(), MmdbValue::Number(1))]),
        );
        for bytes in [text.to_vec(), writer.bytes()] {
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                if let Ok(t) = parse(&flipped) {
                    let _: Option<u32> = t.get(ip("10.0.0.1"));
                }
            }
        }
    }
}
