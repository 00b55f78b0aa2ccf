//! Tables that are not part of a generation: countries and ASNs of addresses, and continents of countries.
//!
//! Each is read and checked as a whole before it replaces the old one; a damaged or truncated file is rejected with
//! the line or the reason.

use std::net::IpAddr;
use std::sync::Arc;

use thiserror::Error;

use crate::model::Timestamp;
use crate::model::continents::Continents;
use crate::model::packed_country::PackedCountry;

use super::prefix::RangeTable;

mod asn;
mod geoip;

pub(crate) use asn::{check_asns, parse_asns};
pub use geoip::GeoIp;
pub(crate) use geoip::check_geoip;

/// Size limit of a table in bytes.
pub(crate) const MAX_BYTES: u64 = 1 << 30;

/// Reason why a file is rejected.
#[derive(Debug, Error)]
pub enum InputError {
    /// A line of a text file is invalid.
    #[error("line {line}: {why}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// Description of the error.
        why: String,
    },
    /// The file as a whole is invalid.
    #[error("{0}")]
    File(String),
}

/// Reads `country,continent` lines. Lines whose first field is not two characters are ignored, as in MirrorManager.
pub(crate) fn parse_continents(text: &[u8]) -> Result<Continents, InputError> {
    let text = std::str::from_utf8(text).map_err(|e| InputError::File(format!("not a text file: {e}")))?;
    let mut out = Continents::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut fields = line.split(',').map(|f| f.trim().trim_matches('"'));
        let Some(country) = fields.next().and_then(PackedCountry::parse) else {
            continue;
        };
        let Some(continent) = fields.next().and_then(PackedCountry::parse) else {
            return Err(InputError::Line {
                line: number,
                why: format!("expected a country and a continent, such as DE,EU: {line:?}"),
            });
        };
        out.insert(country, continent);
    }
    if out.is_empty() {
        return Err(InputError::File("the file contains no country".into()));
    }
    Ok(out)
}

/// Loaded tables; lookups in a missing table return none.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeoData {
    pub(crate) geoip: Option<Arc<GeoIp>>,
    pub(crate) asns: Option<Arc<RangeTable>>,
    /// Modification time of the ASN table, if known.
    pub(crate) asns_built: Option<Timestamp>,
    pub(crate) continents: Arc<Continents>,
}

impl GeoData {
    pub(crate) fn country(&self, ip: IpAddr) -> Option<PackedCountry> {
        self.geoip.as_ref()?.country(ip)
    }

    pub(crate) fn asn(&self, ip: IpAddr) -> Option<u32> {
        self.asns.as_ref()?.get(ip)
    }
}

#[cfg(test)]
pub(crate) mod tests;
