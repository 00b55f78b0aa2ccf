//! The end of something, as people write it on the command line: a moment, or a length of time from now on.

use std::str::FromStr;

use crate::config::HumanDuration;
use crate::model::Timestamp;

/// When something ends: `2026-12-01T18:00:00Z`, `2026-12-01T18:00` and `2026-12-01` (both in UTC), or from now on `48h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeArg {
    /// At this moment.
    At(Timestamp),
    /// So long after now.
    In(HumanDuration),
}

impl TimeArg {
    /// The moment that is meant. One that is not ahead of `now` is refused.
    pub fn resolve(self, now: Timestamp) -> Result<Timestamp, String> {
        let at = match self {
            Self::At(at) => at,
            Self::In(span) => now.plus(span.get()),
        };
        if at > now {
            Ok(at)
        } else {
            Err(format!("{at} is not ahead of us; it is {now} now"))
        }
    }
}

impl FromStr for TimeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse() {
            return Ok(Self::In(span));
        }
        Timestamp::of_date(text).map(Self::At).ok_or_else(|| {
            format!("'{text}' is no time; write 2026-12-01T18:00:00Z, 2026-12-01T18:00, 2026-12-01 (UTC), or 48h from now on")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_are_told_apart() {
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
            assert!(e.contains("not ahead of us"), "{text}: {e}");
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
