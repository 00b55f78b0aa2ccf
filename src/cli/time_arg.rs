//! Times on the command line: absolute, or as a duration from now.

use std::str::FromStr;

use crate::config::HumanDuration;
use crate::model::Timestamp;

/// A time: `2026-12-01T18:00:00Z`, `2026-12-01T18:00` or `2026-12-01` (both UTC), or `48h` from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeArg {
    /// An absolute point in time.
    At(Timestamp),
    /// A duration from now.
    In(HumanDuration),
}

impl TimeArg {
    /// The absolute time. Fails if it is not later than `now`.
    pub(crate) fn resolve(self, now: Timestamp) -> Result<Timestamp, String> {
        let at = match self {
            Self::At(at) => at,
            Self::In(duration) => now.plus(duration.get()),
        };
        if at > now {
            Ok(at)
        } else {
            Err(format!("{at} is not in the future; now is {now}"))
        }
    }
}

impl FromStr for TimeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(duration) = text.parse() {
            return Ok(Self::In(duration));
        }
        Timestamp::from_date(text).map(Self::At).ok_or_else(|| {
            format!("invalid time '{text}'; expected 2026-12-01T18:00:00Z, 2026-12-01T18:00, 2026-12-01 (UTC), or 48h (from now)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_times_and_durations_are_parsed() {
        let now = Timestamp(1_700_000_000); // 2023-11-14T22:13:20Z
        for (text, at) in [
            ("48h", now.0 + 172_800),
            ("1h30m", now.0 + 5_400),
            ("2023-11-15", 1_700_006_400),
            ("2023-11-15T01:00", 1_700_010_000),
            ("2023-11-15T01:00:05", 1_700_010_005),
            ("2023-11-15T01:00:00Z", 1_700_010_000),
            ("2023-11-15T02:00:00+01:00", 1_700_010_000),
        ] {
            assert_eq!(
                text.parse::<TimeArg>().unwrap().resolve(now),
                Ok(Timestamp(at)),
                "{text}"
            );
        }
        for text in ["0s", "2023-11-14", "2023-11-14T22:13:20Z"] {
            let e = text.parse::<TimeArg>().unwrap().resolve(now).unwrap_err();
            assert!(e.contains("not in the future"), "{text}: {e}");
        }
        for bad in [
            "",
            "tomorrow",
            "48",
            "1700000000",
            "2023-13-01",
            "2023-11",
            "12:00",
            "-5h",
        ] {
            assert!(bad.parse::<TimeArg>().is_err(), "{bad}");
        }
    }
}
