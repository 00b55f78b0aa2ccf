//! Tables that are not part of a generation: countries and ASNs of addresses, and continents of countries.
//!
//! Each is read and checked as a whole before it replaces the old one; a damaged or truncated file is rejected with
//! the line or the reason.

use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;

use thiserror::Error;

use crate::model::Timestamp;
use crate::model::continents::Continents;
use crate::model::memory_budget::OverBudget;
use crate::model::packed_country::PackedCountry;

use super::prefix::RangeTable;

mod asn;
mod geoip;
mod search_tree;

pub(crate) use asn::{check_asns, parse_asns};
pub use geoip::GeoIp;
pub(crate) use geoip::{check_geoip, geoip_build_time};

/// Size limit of a table in bytes.
pub(crate) const MAX_BYTES: u64 = 512 << 20;

/// Reason why a file is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InputError(String);

impl InputError {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// An error in a line of a text file; lines are numbered from 1.
    fn in_line(number: usize, why: &str, line: impl Debug) -> Self {
        Self(format!("line {number}: {why}: {line:?}"))
    }
}

impl From<OverBudget> for InputError {
    fn from(over: OverBudget) -> Self {
        Self(over.to_string())
    }
}

fn parse_text(bytes: &[u8]) -> Result<&str, InputError> {
    std::str::from_utf8(bytes).map_err(|e| InputError(format!("not a text file: {e}")))
}

/// Reads `country,continent` lines. Lines whose first field is not two characters are ignored, as in MirrorManager.
pub(crate) fn parse_continents(text: &[u8]) -> Result<Continents, InputError> {
    let mut out = Continents::new();
    for (number, line) in (1..).zip(parse_text(text)?.lines()) {
        let mut fields = line.split(',').map(|f| f.trim().trim_matches('"'));
        let Some(country) = fields.next().and_then(PackedCountry::parse) else {
            continue;
        };
        let Some(continent) = fields.next().and_then(PackedCountry::parse) else {
            let why = "expected a country and a continent, such as DE,EU";
            return Err(InputError::in_line(number, why, line));
        };
        out.insert(country, continent);
    }
    if out.is_empty() {
        return Err(InputError::new("the file contains no country"));
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
