//! Durations in the config and on the command line, such as `90s`, `15m`, `12h`, `7d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A duration in whole seconds, written as `90s`, `15m`, `12h`, `7d` or a sum such as `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HumanDuration(Duration);

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl HumanDuration {
    /// A duration in seconds.
    pub(crate) const fn secs(n: u64) -> Self {
        Self(Duration::from_secs(n))
    }

    /// A duration in minutes.
    pub(crate) const fn mins(n: u64) -> Self {
        Self::secs(n * 60)
    }

    pub(crate) const fn hours(n: u64) -> Self {
        Self::secs(n * 3_600)
    }

    /// A duration in days of 24 hours.
    pub(crate) const fn days(n: u64) -> Self {
        Self::secs(n * 86_400)
    }

    /// Rounds down to the largest unit with a count of at least two, for ages in reports.
    pub(crate) fn rounded(d: Duration) -> Self {
        let seconds = d.as_secs();
        let unit = UNITS.iter().map(|(_, unit)| *unit).find(|unit| seconds >= 2 * unit);
        let unit = unit.unwrap_or(1);
        Self::secs(seconds / unit * unit)
    }

    pub(crate) const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for HumanDuration {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let invalid = || format!("invalid duration '{s}'; expected 90s, 15m, 12h, 7d or a sum such as 1h30m");
        let seconds = |part: &str| {
            let in_unit = |(unit, secs)| Some((part.strip_suffix(unit)?, secs));
            let (digits, secs): (&str, u64) = UNITS.into_iter().find_map(in_unit)?;
            digits.parse::<u64>().ok()?.checked_mul(secs)
        };
        let parts = s.split_inclusive(|c: char| !c.is_ascii_digit());
        let total = parts.map(seconds).try_fold(0, |sum: u64, part| sum.checked_add(part?));
        total.filter(|_| !s.is_empty()).map(Self::secs).ok_or_else(invalid)
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, secs) in UNITS {
            if rest >= secs {
                write!(f, "{}{unit}", rest / secs)?;
                rest %= secs;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for HumanDuration {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<HumanDuration> for String {
    fn from(s: HumanDuration) -> Self {
        s.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_agree() {
        for (text, secs) in [
            ("90s", 90),
            ("15m", 900),
            ("12h", 43_200),
            ("7d", 604_800),
            ("1h30m", 5_400),
            ("0s", 0),
        ] {
            assert_eq!(
                text.parse::<HumanDuration>().unwrap(),
                HumanDuration::secs(secs),
                "{text}"
            );
            assert_eq!(
                HumanDuration::secs(secs).to_string().parse::<HumanDuration>().unwrap(),
                HumanDuration::secs(secs)
            );
        }
        assert_eq!(HumanDuration::secs(90).to_string(), "1m30s");
    }

    #[test]
    fn invalid_durations_are_rejected() {
        for bad in ["", "10", "h", "5x", "1h30", "-5s", "99999999999999999999d", "1.5h"] {
            assert!(bad.parse::<HumanDuration>().is_err(), "{bad}");
        }
    }
}
