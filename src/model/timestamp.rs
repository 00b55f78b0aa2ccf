//! Points in time, in whole seconds since 1970-01-01 UTC.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds since the Unix epoch. The database, the snapshot and every report use this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Parses RFC 3339: `2026-11-24T01:02:03Z`, `2026-11-24T01:02` and `2026-11-24`. Without a zone it is UTC, without a time of
    /// day it is 00:00.
    pub(crate) fn from_date(text: &str) -> Option<Self> {
        ["", "Z", ":00Z", "T00:00:00Z"]
            .iter()
            .find_map(|rest| format!("{text}{rest}").parse::<jiff::Timestamp>().ok())
            .map(|at| Self(at.as_second()))
    }

    /// Adds a duration, saturating.
    #[must_use]
    pub(crate) fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(span.as_secs()))
    }

    /// Subtracts a duration, saturating.
    #[must_use]
    pub(crate) fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(span.as_secs()))
    }

    /// Returns the time since `earlier`; zero if that is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second: `2026-11-24T01:02:03Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = String;

    /// Parses epoch seconds, or a date like [`Timestamp::from_date`].
    fn from_str(s: &str) -> Result<Self, String> {
        let secs = s.parse().ok().map(Self);
        secs.or_else(|| Self::from_date(s))
            .ok_or_else(|| format!("invalid time '{s}'; expected 2026-11-24T18:00:00Z, 2026-11-24 or epoch seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_formatted_and_parsed() {
        let t = Timestamp(1_700_000_000);
        assert_eq!(t.to_string(), "2023-11-14T22:13:20Z");
        assert_eq!("2023-11-14T22:13:20Z".parse::<Timestamp>().unwrap(), t);
        assert_eq!("1700000000".parse::<Timestamp>().unwrap(), t);
        assert_eq!("2023-11-14T22:13".parse(), Ok(Timestamp(1_699_999_980)));
        assert_eq!("2023-11-14".parse(), Ok(Timestamp(1_699_920_000)));
        assert_eq!("20231114".parse(), Ok(Timestamp(20_231_114)));
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(Timestamp(i64::MAX).plus(Duration::from_secs(9)), Timestamp(i64::MAX));
        assert_eq!(Timestamp(10).minus(Duration::from_secs(4)), Timestamp(6));
    }
}
