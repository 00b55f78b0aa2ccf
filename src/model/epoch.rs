//! A moment, in whole seconds since 1970-01-01 UTC.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds since the Unix epoch. The database, the snapshot and every report use this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub i64);

impl Epoch {
    /// This moment and `span` more; stops at the ends of the range.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(span.as_secs()))
    }

    /// This moment less `span`; stops at the ends of the range.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(span.as_secs()))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Epoch {
    /// RFC 3339 in UTC, to the second: `2026-11-24T01:02:03Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl std::str::FromStr for Epoch {
    type Err = String;

    /// Reads RFC 3339 (`2026-11-24T01:02:03Z`) or bare epoch seconds.
    fn from_str(s: &str) -> Result<Self, String> {
        if let Ok(secs) = s.parse::<i64>() {
            return Ok(Self(secs));
        }
        s.parse::<jiff::Timestamp>()
            .map(|t| Self(t.as_second()))
            .map_err(|_| format!("'{s}' is no time; write 2026-11-24T18:00:00Z or epoch seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_reads_rfc_3339() {
        let t = Epoch(1_700_000_000);
        assert_eq!(t.to_string(), "2023-11-14T22:13:20Z");
        assert_eq!("2023-11-14T22:13:20Z".parse::<Epoch>().unwrap(), t);
        assert_eq!("1700000000".parse::<Epoch>().unwrap(), t);
        assert!("yesterday".parse::<Epoch>().is_err());
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Epoch(5).since(Epoch(9)), Duration::ZERO);
        assert_eq!(Epoch(i64::MAX).plus(Duration::from_secs(9)), Epoch(i64::MAX));
        assert_eq!(Epoch(10).minus(Duration::from_secs(4)), Epoch(6));
    }
}
