//! Tables that do not belong to a generation: GeoIP, origin systems of address blocks, continents of countries.
//!
//! Each is read and checked as a whole before it takes the place of the old one; a file that is damaged or cut off is refused
//! with its line or the reason.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use thiserror::Error;

use super::country::{Code, CodeMap};
use super::prefix::RangeTable;

mod continents;

/// Larger files are refused.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why a file is refused.
#[derive(Debug, Error)]
pub enum InputError {
    /// A line of a text file.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The file as a whole.
    #[error("{0}")]
    File(String),
}

/// A country database in the `mmdb` format, held in memory.
#[derive(Debug)]
pub struct GeoIp(maxminddb::Reader<Vec<u8>>);

impl GeoIp {
    /// Takes the bytes of an mmdb file, after checking all of it.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InputError> {
        let bad = |e| InputError::File(format!("it is no sound MaxMind database: {e}"));
        let reader = maxminddb::Reader::from_source(bytes).map_err(bad)?;
        reader.verify().map_err(bad)?;
        Ok(Self(reader))
    }

    /// The country of an address, if the database knows it.
    pub fn country(&self, ip: IpAddr) -> Option<Code> {
        let found = self.0.lookup(ip).ok()?;
        let path = maxminddb::path!["country", "iso_code"];
        let code: Option<&str> = found.decode_path(&path).ok()?;
        Code::parse(code?)
    }
}

/// Reads `prefix asn` lines. Blocks of length 0 are left out; the file must end with a line feed, or it was cut off.
pub fn parse_asns(text: &[u8]) -> Result<RangeTable, InputError> {
    let text = std::str::from_utf8(text).map_err(|e| InputError::File(format!("it is no text: {e}")))?;
    if text.is_empty() {
        return Err(InputError::File("it is empty".into()));
    }
    if !text.ends_with('\n') {
        return Err(InputError::File(
            "its last line does not end: the file was cut off".into(),
        ));
    }
    let mut blocks = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let why = |why: &str| InputError::Line {
            line: number,
            why: format!("{line:?} {why}"),
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
            blocks.push((net.trunc(), asn));
        }
    }
    Ok(RangeTable::new(blocks))
}

/// Continents by country.
pub type Continents = CodeMap<Code>;

/// The table that is built in: every assigned code of ISO 3166-1.
pub fn built_in_continents() -> Continents {
    continents::TABLE
        .iter()
        .flat_map(|(continent, countries)| {
            countries
                .split_ascii_whitespace()
                .filter_map(|c| Some((Code::parse(c)?, Code::parse(continent)?)))
        })
        .collect()
}

/// Reads `country,continent` lines; lines whose first field is not two characters are left out, as MirrorManager does.
pub fn parse_continents(text: &[u8]) -> Result<Continents, InputError> {
    let text = std::str::from_utf8(text).map_err(|e| InputError::File(format!("it is no text: {e}")))?;
    let mut out = Continents::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut fields = line.split(',').map(|f| f.trim().trim_matches('"'));
        let Some(country) = fields.next().and_then(Code::parse) else {
            continue;
        };
        let Some(continent) = fields.next().and_then(Code::parse) else {
            return Err(InputError::Line {
                line: number,
                why: format!("{line:?} is not a country and a continent, such as DE,EU"),
            });
        };
        out.insert(country, continent);
    }
    if out.is_empty() {
        return Err(InputError::File("it names no country".into()));
    }
    Ok(out)
}

/// All of them; what is not there answers nothing.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Countries of addresses.
    pub geoip: Option<Arc<GeoIp>>,
    /// Origin systems of addresses.
    pub asns: Option<Arc<RangeTable>>,
    /// Continents of countries.
    pub continents: Arc<Continents>,
}

impl Inputs {
    /// The country of an address.
    pub fn country(&self, ip: IpAddr) -> Option<Code> {
        self.geoip.as_ref()?.country(ip)
    }

    /// The system an address belongs to.
    pub fn asn(&self, ip: IpAddr) -> Option<u32> {
        self.asns.as_ref()?.get(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asn_lines_are_read_or_refused_with_their_number() {
        let t = parse_asns(b"0.0.0.0/0 1\n10.0.0.0/8 64999\n10.2.0.0/16 64501\n2001:db8::/32 7\n").unwrap();
        assert_eq!(t.get("10.2.3.4".parse().unwrap()), Some(64_501));
        assert_eq!(t.get("10.3.3.4".parse().unwrap()), Some(64_999));
        assert_eq!(t.get("9.9.9.9".parse().unwrap()), None);
        assert_eq!(t.get("2001:db8::1".parse().unwrap()), Some(7));
        for (bad, says) in [
            ("10.0.0.0/8 1\n\n", "line 2"),
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

    #[test]
    fn continents_are_known_for_every_country() {
        let table = built_in_continents();
        assert_eq!(table.len(), 249, "ISO 3166-1 assigns 249 codes");
        for (country, continent) in [
            ("DE", "EU"),
            ("US", "NA"),
            ("BR", "SA"),
            ("NZ", "OC"),
            ("KE", "AF"),
            ("JP", "AS"),
        ] {
            assert_eq!(table.get(Code::parse(country).unwrap()).unwrap().as_str(), continent);
        }
    }

    #[test]
    fn continent_lines_are_read_as_mirrormanager_reads_them() {
        let t = parse_continents(b"\"iso code\",\"cont\"\nDE,EU\nfr,EU\n--,--\n").unwrap();
        assert_eq!(t.len(), 2);
        assert!(parse_continents(b"DE\n").unwrap_err().to_string().contains("line 1"));
        assert!(parse_continents(b"").is_err());
    }

    #[test]
    fn a_damaged_database_is_refused() {
        assert!(GeoIp::new(Vec::new()).is_err());
        assert!(GeoIp::new(vec![0; 4_000]).is_err());
    }
}
