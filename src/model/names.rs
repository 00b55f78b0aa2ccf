//! Checked strings: [`MirrorUrl`], [`CountryCode`], [`DirPath`], [`RepoPrefix`], [`HostName`],
//! [`EmailAddress`], [`Netblock`] and [`Name`] are parsed once, at the I/O boundary.
//!
//! Each is created by `FromStr` (or serde), which rejects invalid text with a message that shows a valid form.

use std::net::IpAddr;
use std::str::FromStr;

use derive_more::{AsRef, Display};
use serde::{Deserialize, Serialize};

mod dir_path;
mod mirror_url;

pub use dir_path::DirPath;
pub(crate) use dir_path::{encode_url_path, escape_name, percent_decode};
pub(crate) use mirror_url::{MirrorUrl, Protocol};

/// Implements the conversions of a newtype over `String` whose check is `$check(String) -> Result<String, String>`.
macro_rules! checked_string {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, AsRef, Display)]
        #[serde(try_from = "String", into = "String")]
        #[as_ref(str)]
        pub struct $name(String);

        impl $name {
            /// Returns the checked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(s: &str) -> Result<Self, String> {
                $check(s).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(s: String) -> Result<Self, String> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(v: $name) -> Self {
                v.0
            }
        }
    };
}

checked_string! {
    /// The name of a product, version, architecture, category or site: 1 to 200 characters, without control
    /// characters and without a blank at either end.
    Name, check_name
}

checked_string! {
    /// A country code: two letters of ISO 3166-1 alpha-2, in upper case. Registry edits check that the code is
    /// assigned ([`crate::model::country`]); stored data may contain former codes.
    CountryCode, check_country
}

checked_string! {
    /// A repository prefix, which clients send as `repo=`: 1 to 200 letters, digits and `._+:~-`.
    RepoPrefix, check_prefix
}

checked_string! {
    /// An e-mail address in the plain form `user@host`, without quotes, comments and display name (a part of RFC 5322).
    EmailAddress, check_email
}

checked_string! {
    /// A host name in lower case: dot-separated labels of letters, digits, `-` and `_`, at most 253
    /// characters (RFC 1123 §2.1; underscores occur in the field).
    HostName, check_host_name
}

fn check_name(s: &str) -> Result<String, String> {
    let n = s.chars().count();
    if n == 0 || n > 200 {
        return Err(format!("a name must have 1 to 200 characters, this one has {n}"));
    }
    if s.trim() != s || s.chars().any(char::is_control) {
        return Err(format!("invalid name {s:?}: control characters or a blank at an end"));
    }
    Ok(s.to_owned())
}

fn check_country(s: &str) -> Result<String, String> {
    if s.len() == 2 && s.bytes().all(|b| b.is_ascii_alphabetic()) {
        Ok(s.to_ascii_uppercase())
    } else {
        Err(format!(
            "invalid country code {s:?}; expected two letters of ISO 3166, e.g. DE"
        ))
    }
}

fn check_prefix(s: &str) -> Result<String, String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._+:~-".contains(&b);
    if (1..=200).contains(&s.len()) && s.bytes().all(fits) {
        Ok(s.to_owned())
    } else {
        Err(format!(
            "invalid repository prefix {s:?}; expected at most 200 letters, digits and . _ + : ~ -"
        ))
    }
}

fn check_email(text: &str) -> Result<String, String> {
    let is_harmless = |b: u8| b.is_ascii_graphic() && !b"<>()[],;:\\\"'`".contains(&b);
    let is_valid = text.len() <= 254
        && text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && user.bytes().all(is_harmless) && host.parse::<HostName>().is_ok()
        });
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "invalid e-mail address {text:?}; expected an address such as admin@example.org"
        ))
    }
}

fn check_host_name(s: &str) -> Result<String, String> {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if s.len() <= 253 && s.split('.').all(label) {
        Ok(s.to_ascii_lowercase())
    } else {
        Err(format!(
            "invalid host name {s:?}; expected a name such as mirror.example.org"
        ))
    }
}

/// An IP network: `192.0.2.0/24`, `2001:db8::/32`, a bare address or `address/netmask`. Host bits are cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display)]
#[serde(try_from = "String", into = "String")]
pub struct Netblock(ipnet::IpNet);

impl Netblock {
    /// Returns the network as parsed.
    pub(crate) fn net(&self) -> ipnet::IpNet {
        self.0
    }
}

impl FromStr for Netblock {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let bad = || format!("invalid netblock {s:?}; expected 192.0.2.0/24, 2001:db8::/32 or an address");
        if let Ok(net) = s.parse::<ipnet::IpNet>() {
            return Ok(Self(net.trunc()));
        }
        if let Ok(addr) = s.parse::<IpAddr>() {
            return Ok(Self(ipnet::IpNet::from(addr)));
        }
        let (addr, mask) = s.split_once('/').ok_or_else(bad)?;
        let (addr, mask) = (addr.parse::<IpAddr>(), mask.parse::<IpAddr>());
        let (Ok(addr), Ok(mask)) = (addr, mask) else {
            return Err(bad());
        };
        ipnet::IpNet::with_netmask(addr, mask)
            .map(|n| Self(n.trunc()))
            .map_err(|_| bad())
    }
}

impl TryFrom<String> for Netblock {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<Netblock> for String {
    fn from(n: Netblock) -> Self {
        n.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_codes_are_converted_to_upper_case() {
        assert_eq!("de".parse::<CountryCode>().unwrap().as_str(), "DE");
        for bad in ["", "D", "DEU", "1A", "д€"] {
            assert!(bad.parse::<CountryCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn host_names_are_converted_to_lower_case() {
        assert_eq!(
            "Mirror.Example.ORG".parse::<HostName>().unwrap().as_str(),
            "mirror.example.org"
        );
        for bad in ["", "a..b", "-a.b", "a b", "a/b", "<script>", &"a".repeat(64)] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn netblocks_accept_the_usual_forms() {
        for (text, want) in [
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("10.1.0.0/255.255.0.0", "10.1.0.0/16"),
            ("2001:db8::1/32", "2001:db8::/32"),
        ] {
            assert_eq!(text.parse::<Netblock>().unwrap().to_string(), want);
        }
        for bad in ["", "1.2.3.4/99", "mirror.example.org", "1.2.3.4/255.0.255.0", "1.2.3/8"] {
            assert!(bad.parse::<Netblock>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes_have_a_limited_alphabet() {
        assert!("updates-released-f43".parse::<RepoPrefix>().is_ok());
        for bad in ["", "a b", "a&b", "a\n", "ä"] {
            assert!(bad.parse::<RepoPrefix>().is_err(), "{bad}");
        }
    }
}
