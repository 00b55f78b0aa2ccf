//! Countries and continents as two bytes, for tables that are looked into with every request.

use std::fmt;

use crate::model::names::CountryCode;

/// A country or continent code: two letters or digits, folded to upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 2]);

impl Code {
    /// Reads a code of exactly two characters.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphanumeric)
            .then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// Its two characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl From<&CountryCode> for Code {
    fn from(c: &CountryCode) -> Self {
        Self::parse(c.as_str()).unwrap_or(Self(*b"??"))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
