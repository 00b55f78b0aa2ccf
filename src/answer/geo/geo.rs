//! Countries of addresses: a database in the `mmdb` format, and what a new one must stand before it takes the place of the old.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use maxminddb::{LookupResult, WithinOptions};
use thiserror::Error;

use super::InputError;
use crate::answer::prefix::{RangeTable, RangeTableBuilder};
use crate::config::GeoCheck;
use crate::model::Timestamp;
use crate::model::packed_country::PackedCountry;

/// A new database in which this share of the sample has another country is refused; percent.
pub const MAX_CHANGED: usize = 10;

/// A country database in the `mmdb` format, held in memory.
#[derive(Debug)]
pub struct GeoIp {
    reader: maxminddb::Reader<Vec<u8>>,
    /// What it says of IPv4, found with two or three looks into memory where the database takes a walk of some twenty: one more
    /// than the place of a code.
    v4: RangeTable,
}

impl GeoIp {
    /// Takes the bytes of an mmdb file, after checking all of it.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InputError> {
        let reader = open(bytes)?;
        let bad = |e| InputError::File(format!("it is no sound MaxMind database: {e}"));
        let all = "0.0.0.0/0"
            .parse()
            .map_err(|_| InputError::File("there is no IPv4".into()))?;
        let mut blocks = RangeTableBuilder::default();
        // Many networks have the same data.
        let mut codes: HashMap<Option<usize>, u32> = HashMap::new();
        for found in reader.within(all, WithinOptions::default()).map_err(bad)? {
            let found = found.map_err(bad)?;
            let read = || code(&found).map_or(0, |code| u32::try_from(code.index() + 1).unwrap_or(0));
            let number = *codes.entry(found.offset()).or_insert_with(read);
            let net = found.network().map_err(bad)?;
            match net.ip() {
                IpAddr::V4(begin) => blocks.add_v4(begin.to_bits(), net.prefix(), number),
                // A network that all of IPv4 is a part of.
                IpAddr::V6(_) => blocks.add_v4(0, 0, number),
            }
        }
        let v4 = blocks.flatten();
        Ok(Self { reader, v4 })
    }

    /// The country of an address, if the database knows it.
    pub fn country(&self, ip: IpAddr) -> Option<PackedCountry> {
        match ip {
            IpAddr::V4(_) => Some(PackedCountry::from_index(
                usize::try_from(self.v4.get(ip)?).ok()?.checked_sub(1)?,
            )),
            IpAddr::V6(_) => code(&self.reader.lookup(ip).ok()?),
        }
    }

    /// When it was made, by its own word.
    pub fn built_at(&self) -> Timestamp {
        Timestamp(i64::try_from(self.reader.metadata().build_epoch).unwrap_or(0))
    }
}

/// The country that is said of an address.
fn code(found: &LookupResult<'_, Vec<u8>>) -> Option<PackedCountry> {
    let path = maxminddb::path!["country", "iso_code"];
    let code: Option<&str> = found.decode_path(&path).ok()?;
    PackedCountry::parse(code?)
}

/// Reads an mmdb file and checks all of it.
pub(super) fn open(bytes: Vec<u8>) -> Result<maxminddb::Reader<Vec<u8>>, InputError> {
    let bad = |e| InputError::File(format!("it is no sound MaxMind database: {e}"));
    let reader = maxminddb::Reader::from_source(bytes).map_err(bad)?;
    reader.verify().map_err(bad)?;
    Ok(reader)
}

/// Why a sound database is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GeoIpRejected {
    /// It does not know what an admin knows.
    #[error("it says that {ip} is in {found}, and geo_check says {wanted}", ip = .check.ip, wanted = .check.country, found = in_words(*.found))]
    Check {
        /// What should hold.
        check: GeoCheck,
        /// What it says.
        found: Option<PackedCountry>,
    },
    /// It moves too many addresses to other countries.
    #[error(
        "{changed} of {all} sample addresses have another country than before, and fewer than {MAX_CHANGED} % may change at once; \
         if the new file is right, restart the server, which then has nothing to compare with"
    )]
    Changed {
        /// Sample addresses with another country.
        changed: usize,
        /// Sample addresses of which the old or the new one knows the country.
        all: usize,
    },
}

fn in_words(country: Option<PackedCountry>) -> String {
    country.map_or_else(|| "no country that it knows".to_owned(), |c| c.to_string())
}

/// Whether a sound database may take the place of the old one: it passes every check, and less than [`MAX_CHANGED`] % of a fixed
/// sample of addresses change their country.
pub fn check_geoip(new: &GeoIp, old: Option<&GeoIp>, checks: &[GeoCheck]) -> Result<(), GeoIpRejected> {
    for check in checks {
        let found = new.country(check.ip);
        if found != Some(PackedCountry::from(&check.country)) {
            let check = check.clone();
            return Err(GeoIpRejected::Check { check, found });
        }
    }
    let Some(old) = old else { return Ok(()) };
    let (mut changed, mut all) = (0, 0);
    for ip in sample() {
        let (was, is) = (old.country(ip), new.country(ip));
        all += usize::from(was.is_some() || is.is_some());
        changed += usize::from(was != is);
    }
    if changed * 100 >= all * MAX_CHANGED && changed > 0 {
        return Err(GeoIpRejected::Changed { changed, all });
    }
    Ok(())
}

/// The fixed sample: an address of every /16 of IPv4, and some 6,000 of those parts of IPv6 that are given to networks.
fn sample() -> impl Iterator<Item = IpAddr> {
    let v4 = (0_u32..65_536).map(|n| {
        // Not always at the same place of the block.
        IpAddr::V4(Ipv4Addr::from_bits((n << 16) | (n.wrapping_mul(40_503) & 0xff00) | 1))
    });
    let first = [0x2400_u16, 0x2600, 0x2800, 0x2a00, 0x2c00];
    let large = first
        .into_iter()
        .flat_map(|word| word..word + 16)
        .flat_map(|word| (0_u16..64).map(move |n| (word, n * 1_021)));
    let old = (0_u16..1_024).map(|n| (0x2001, n * 64));
    let v6 = large.chain(old);
    v4.chain(v6.map(|(a, b)| IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 1))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::geo::mmdb::{Mmdb, MmdbValue};

    /// A database of one country for each /8 of IPv4, by the number of the block; `None` = not known.
    fn countries(of: impl Fn(u32) -> Option<&'static str>) -> GeoIp {
        let mut made = Mmdb::new("Test-Country", 1_700_000_000);
        for n in 1..224 {
            if let Some(country) = of(n) {
                made.insert(&format!("{n}.0.0.0/8"), &MmdbValue::country(country));
            }
        }
        made.insert("2001::/16", &MmdbValue::country("SE"));
        GeoIp::new(made.bytes()).unwrap()
    }

    fn ip(s: &str) -> IpAddr {
        s.parse().unwrap()
    }

    #[test]
    fn a_database_that_was_just_written_is_read() {
        let geo = countries(|n| Some(if n < 100 { "DE" } else { "US" }));
        let country = |s| geo.country(ip(s)).map(|c| c.to_string());
        assert_eq!(country("99.1.2.3").as_deref(), Some("DE"));
        assert_eq!(country("100.1.2.3").as_deref(), Some("US"));
        assert_eq!(country("2001:db8::1").as_deref(), Some("SE"));
        assert_eq!(country("240.0.0.1"), None);
        assert_eq!(geo.built_at(), Timestamp(1_700_000_000));
    }

    #[test]
    fn every_check_must_hold() {
        let geo = countries(|n| (n < 100).then_some("DE"));
        let check = |s: &str| check_geoip(&geo, None, &[s.parse().unwrap()]);
        assert_eq!(check("1.2.3.4=DE"), Ok(()));
        assert_eq!(check("1.2.3.4=de"), Ok(()));
        let wrong = check("1.2.3.4=FR").unwrap_err().to_string();
        assert_eq!(wrong, "it says that 1.2.3.4 is in DE, and geo_check says FR");
        let unknown = check("200.2.3.4=FR").unwrap_err().to_string();
        assert!(unknown.contains("no country that it knows"), "{unknown}");
    }

    #[test]
    fn less_than_a_tenth_may_change() {
        let old = countries(|_| Some("DE"));
        // 223 blocks and a part of IPv6: 22 of them are less than a tenth, 24 are more.
        for (moved, good) in [(0, true), (22, true), (24, false), (223, false)] {
            let new = countries(|n| Some(if n <= moved { "FR" } else { "DE" }));
            let found = check_geoip(&new, Some(&old), &[]);
            assert_eq!(found.is_ok(), good, "{moved}: {found:?}");
        }
        // What is no longer known, or only now, has changed as well.
        let half = countries(|n| (n % 2 == 0).then_some("DE"));
        assert!(check_geoip(&half, Some(&old), &[]).is_err());
        assert!(check_geoip(&old, Some(&half), &[]).is_err());
        assert_eq!(check_geoip(&half, None, &[]), Ok(()));
        assert_eq!(check_geoip(&half, Some(&half), &[]), Ok(()));
    }

    #[test]
    fn every_truncation_is_refused_and_no_flipped_bit_is_fatal() {
        let mut made = Mmdb::new("Test-Country", 7);
        made.insert("10.0.0.0/8", &MmdbValue::country("DE"));
        made.insert("2001:db8::/32", &MmdbValue::country("FR"));
        let bytes = made.bytes();
        for end in 0..bytes.len() {
            if let Ok(geo) = GeoIp::new(bytes[..end].to_vec()) {
                panic!("cut at {end} of {}: {:?}", bytes.len(), geo.country(ip("10.0.0.1")));
            }
        }
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            if let Ok(geo) = GeoIp::new(bad) {
                for ask in ["10.0.0.1", "192.0.2.1", "2001:db8::1", "::1"] {
                    let _: Option<PackedCountry> = geo.country(ip(ask));
                }
                drop(check_geoip(&geo, None, &["10.0.0.1=DE".parse().unwrap()]));
            }
        }
    }
}
