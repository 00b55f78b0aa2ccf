//! What a country database must say before it is used.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::names::CountryCode;

/// An address whose country an admin knows: `192.0.2.1=DE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GeoCheck {
    pub ip: IpAddr,
    pub country: CountryCode,
}

impl fmt::Display for GeoCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.ip, self.country)
    }
}

impl FromStr for GeoCheck {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let read = || {
            let (ip, country) = s.split_once('=')?;
            Some(Self {
                ip: ip.trim().parse().ok()?,
                country: country.trim().parse().ok()?,
            })
        };
        read().ok_or_else(|| format!("invalid check {s:?}; expected ADDRESS=COUNTRY, e.g. 192.0.2.1=DE"))
    }
}

impl TryFrom<String> for GeoCheck {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<GeoCheck> for String {
    fn from(check: GeoCheck) -> Self {
        check.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_country() {
        for (text, read) in [
            ("192.0.2.1=DE", "192.0.2.1=DE"),
            ("192.0.2.1=de", "192.0.2.1=DE"),
            ("2001:db8::1 = se", "2001:db8::1=SE"),
        ] {
            assert_eq!(text.parse::<GeoCheck>().unwrap().to_string(), read);
        }
        for bad in [
            "",
            "1.2.3.4",
            "1.2.3.4=",
            "1.2.3.4=DEU",
            "1.2.3=DE",
            "DE=1.2.3.4",
            "1.2.3.4=1E",
        ] {
            let error = bad.parse::<GeoCheck>().unwrap_err();
            assert!(error.contains("192.0.2.1=DE"), "{bad}: {error}");
        }
    }
}
