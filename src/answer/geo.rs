//! Tables that do not belong to a generation: GeoIP, origin systems of address blocks, continents of countries.
//!
//! Each is read and checked as a whole before it takes the place of the old one; a file that is damaged or cut off is refused
//! with its line or the reason.

use crate::model::continents::Continents;
use std::net::IpAddr;
use std::sync::Arc;

use thiserror::Error;

use crate::model::Timestamp;

use super::prefix::RangeTable;
use crate::model::packed_country::PackedCountry;

mod asn;
mod geo;
#[cfg(test)]
pub(crate) mod mmdb;

pub use asn::{check_asns, parse_asns};
pub use geo::{GeoIp, GeoIpRejected, MAX_CHANGED, check_geoip};

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

/// Reads `country,continent` lines; lines whose first field is not two characters are left out, as MirrorManager does.
pub fn parse_continents(text: &[u8]) -> Result<Continents, InputError> {
    let text = std::str::from_utf8(text).map_err(|e| InputError::File(format!("it is no text: {e}")))?;
    let mut out = Continents::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut fields = line.split(',').map(|f| f.trim().trim_matches('"'));
        let Some(country) = fields.next().and_then(PackedCountry::parse) else {
            continue;
        };
        let Some(continent) = fields.next().and_then(PackedCountry::parse) else {
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
pub struct GeoData {
    /// Countries of addresses.
    pub geoip: Option<Arc<GeoIp>>,
    /// Origin systems of addresses.
    pub asns: Option<Arc<RangeTable>>,
    /// When these were written, as far as that is known.
    pub asns_built: Option<Timestamp>,
    /// Continents of countries.
    pub continents: Arc<Continents>,
}

impl GeoData {
    /// The country of an address.
    pub fn country(&self, ip: IpAddr) -> Option<PackedCountry> {
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
    use crate::model::continents::built_in_continents;

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
            assert_eq!(
                table.get(PackedCountry::parse(country).unwrap()).unwrap().as_str(),
                continent
            );
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
