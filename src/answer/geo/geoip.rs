//! Countries of addresses: a database in the `mmdb` format, and the checks that a new one must pass before it replaces
//! the old one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use maxminddb::{LookupResult, MaxMindDbError, WithinOptions};

use super::{InputError, search_tree};
use crate::answer::prefix::{RangeTable, RangeTableBuilder};
use crate::config::GeoCheck;
use crate::model::Timestamp;
use crate::model::memory_budget::MemoryBudget;
use crate::model::packed_country::PackedCountry;

/// Percentage of sample addresses that may change their country at once; a database with more is rejected.
const MAX_CHANGED_PERCENT: usize = 10;

/// A country database in memory.
#[derive(Debug)]
pub struct GeoIp {
    reader: maxminddb::Reader<Vec<u8>>,
    /// Countries of IPv4 addresses: the index of a country code plus one. A lookup takes two or three memory accesses
    /// instead of some twenty in the database.
    v4: RangeTable,
}

impl GeoIp {
    /// Reads the bytes of an mmdb file, and checks all of them.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InputError> {
        let mut blocks = RangeTableBuilder::new(MemoryBudget::for_file(bytes.len()));
        let reader = open(bytes)?;
        let all = "0.0.0.0/0".parse().map_err(|_| InputError::new("invalid IPv4 range"))?;
        // Many networks share the same data.
        let mut codes: HashMap<Option<usize>, u32> = HashMap::new();
        for entry in reader.within(all, WithinOptions::default())? {
            let entry = entry?;
            let number = || country_of(&entry).map_or(0, |code| u32::try_from(code.index() + 1).unwrap_or(0));
            let number = *codes.entry(entry.offset()).or_insert_with(number);
            let net = entry.network()?;
            match net.ip() {
                IpAddr::V4(begin) => blocks.add_v4(begin.to_bits(), net.prefix(), number)?,
                // A network that contains all of IPv4.
                IpAddr::V6(_) => blocks.add_v4(0, 0, number)?,
            }
        }
        let v4 = blocks.flatten();
        Ok(Self { reader, v4 })
    }

    /// Returns the country of an address; none if unknown.
    pub fn country(&self, ip: IpAddr) -> Option<PackedCountry> {
        match ip {
            IpAddr::V4(_) => Some(PackedCountry::from_index(
                usize::try_from(self.v4.get(ip)?).ok()?.checked_sub(1)?,
            )),
            IpAddr::V6(_) => country_of(&self.reader.lookup(ip).ok()?),
        }
    }

    pub(crate) fn built_at(&self) -> Timestamp {
        Timestamp(i64::try_from(self.reader.metadata().build_epoch).unwrap_or(0))
    }
}

/// Returns when an mmdb file was built; its content is not checked.
pub(crate) fn geoip_build_time(bytes: Vec<u8>) -> Result<Timestamp, InputError> {
    let epoch = maxminddb::Reader::from_source(bytes)?.metadata().build_epoch;
    Ok(Timestamp(i64::try_from(epoch).unwrap_or(0)))
}

fn country_of(entry: &LookupResult<'_, Vec<u8>>) -> Option<PackedCountry> {
    let path = maxminddb::path!["country", "iso_code"];
    let code: Option<&str> = entry.decode_path(&path).ok()?;
    PackedCountry::parse(code?)
}

impl From<MaxMindDbError> for InputError {
    fn from(error: MaxMindDbError) -> Self {
        Self(format!("not a valid MaxMind database: {error}"))
    }
}

/// Reads an mmdb file, and checks all of it.
pub(super) fn open(bytes: Vec<u8>) -> Result<maxminddb::Reader<Vec<u8>>, InputError> {
    let meta = maxminddb::Reader::from_source(bytes.as_slice())?;
    search_tree::check(&bytes, meta.metadata().node_count, meta.metadata().record_size)?;
    let reader = maxminddb::Reader::from_source(bytes)?;
    reader.verify()?;
    Ok(reader)
}

/// Checks if a valid database may replace the old one: it must pass every check, and less than [`MAX_CHANGED_PERCENT`]
/// % of a fixed sample of addresses may change their country.
pub(crate) fn check_geoip(new: &GeoIp, old: Option<&GeoIp>, checks: &[GeoCheck]) -> Result<(), InputError> {
    for check in checks {
        let found = new.country(check.ip);
        if found != Some(PackedCountry::from(&check.country)) {
            let country = found.map(|c| c.to_string());
            return Err(InputError(format!(
                "{} is in {}, but geo_check requires {}",
                check.ip,
                country.as_deref().unwrap_or("an unknown country"),
                check.country
            )));
        }
    }
    let Some(old) = old else { return Ok(()) };
    // Those whose country changed, and those whose country is known to the old or the new database.
    let (mut changed, mut all) = (0, 0);
    for ip in sample_addresses() {
        let (was, is) = (old.country(ip), new.country(ip));
        all += usize::from(was.is_some() || is.is_some());
        changed += usize::from(was != is);
    }
    if changed * 100 >= all * MAX_CHANGED_PERCENT && changed > 0 {
        return Err(InputError(format!(
            "{changed} of {all} sample addresses have another country than before, and fewer than {MAX_CHANGED_PERCENT} % may change \
             at once; if the new file is correct, restart the server, which then has no old database to compare with"
        )));
    }
    Ok(())
}

/// A fixed sample: an address of every /16 of IPv4, and some 6,000 in those parts of IPv6 that are assigned to
/// networks.
fn sample_addresses() -> impl Iterator<Item = IpAddr> {
    let v4 = (0_u32..65_536).map(|n| {
        // Vary the position within the block.
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
    use crate::answer::geo::tests::mmdb::{Mmdb, MmdbValue};

    /// A database with one country per /8 of IPv4, by the number of the block.
    fn country_database(country_of_block: impl Fn(u32) -> Option<&'static str>) -> GeoIp {
        let mut made = Mmdb::new("Test-Country", 1_700_000_000);
        for n in 1..224 {
            if let Some(country) = country_of_block(n) {
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
    fn lookups_return_the_stored_countries() {
        let geo = country_database(|n| Some(if n < 100 { "DE" } else { "US" }));
        let country = |s| geo.country(ip(s)).map(|c| c.to_string());
        assert_eq!(country("99.1.2.3").as_deref(), Some("DE"));
        assert_eq!(country("100.1.2.3").as_deref(), Some("US"));
        assert_eq!(country("2001:db8::1").as_deref(), Some("SE"));
        assert_eq!(country("240.0.0.1"), None);
        assert_eq!(geo.built_at(), Timestamp(1_700_000_000));
    }

    #[test]
    fn every_geo_check_must_pass() {
        let geo = country_database(|n| (n < 100).then_some("DE"));
        let check = |s: &str| check_geoip(&geo, None, &[s.parse().unwrap()]);
        assert_eq!(check("1.2.3.4=DE"), Ok(()));
        assert_eq!(check("1.2.3.4=de"), Ok(()));
        let wrong = check("1.2.3.4=FR").unwrap_err().to_string();
        assert_eq!(wrong, "1.2.3.4 is in DE, but geo_check requires FR");
        let unknown = check("200.2.3.4=FR").unwrap_err().to_string();
        assert!(unknown.contains("an unknown country"), "{unknown}");
    }

    #[test]
    fn less_than_a_tenth_of_the_sample_may_change() {
        let old = country_database(|_| Some("DE"));
        // 223 blocks and a part of IPv6: 22 of them are less than a tenth, 24 are more.
        for (moved, good) in [(0, true), (22, true), (24, false), (223, false)] {
            let new = country_database(|n| Some(if n <= moved { "FR" } else { "DE" }));
            let entry = check_geoip(&new, Some(&old), &[]);
            assert_eq!(entry.is_ok(), good, "{moved}: {entry:?}");
        }
        // A country that becomes known or unknown counts as a change.
        let half = country_database(|n| (n % 2 == 0).then_some("DE"));
        assert!(check_geoip(&half, Some(&old), &[]).is_err());
        assert!(check_geoip(&old, Some(&half), &[]).is_err());
        assert_eq!(check_geoip(&half, None, &[]), Ok(()));
        assert_eq!(check_geoip(&half, Some(&half), &[]), Ok(()));
    }

    #[test]
    fn truncations_are_rejected_and_flipped_bits_do_not_panic() {
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
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(geo) = GeoIp::new(flipped) {
                for ask in ["10.0.0.1", "192.0.2.1", "2001:db8::1", "::1"] {
                    let _: Option<PackedCountry> = geo.country(ip(ask));
                }
                drop(check_geoip(&geo, None, &["10.0.0.1=DE".parse().unwrap()]));
            }
        }
    }
}
